/*
 * How the store of a location may name the code of a request, to revoke it.
 * Knows no: connection, header, location, store, verdict.
 * docs/redis-keys.md, "Revoked codes".
 */

#ifndef NGX_HTTP_HEALTHCODE_REVOCATION_H
#define NGX_HTTP_HEALTHCODE_REVOCATION_H

#include "../request/ngx_http_healthcode_record.h"


/*
 * Writes the names of record->found.code, whose signature held.  Reads its
 * payload once more: only for a holder of whom some code is revoked.
 * NGX_OK, or NGX_ERROR: OpenSSL fails.
 */
ngx_int_t ngx_http_healthcode_revocation_names(
    const ngx_http_healthcode_record_t *record,
    healthcode_revocation_names_t *names);

/*
 * Writes the HEALTHCODE_HOLDER_LEN bytes of the digest by which that code
 * passes a hall once.  NGX_OK, or NGX_ERROR, likewise.
 */
ngx_int_t ngx_http_healthcode_revocation_once(
    const ngx_http_healthcode_record_t *record, uint8_t *out);

#endif
