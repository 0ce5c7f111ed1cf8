/*
 * What is kept of a code whose signature held.
 * Knows no: connection, header, location, verdict.
 * docs/request-path.md, "Token, Signature, Claims".
 */

#ifndef NGX_HTTP_HEALTHCODE_KEEP_H
#define NGX_HTTP_HEALTHCODE_KEEP_H

#include "../request/ngx_http_healthcode_record.h"


/*
 * Each copies into record->found.code, and if need be into r->pool, what
 * outlives its argument: the key may be replaced before the request ends, and
 * the claims lie in memory of the caller.  The issuer is there already.
 *
 * _claims() keeps the times, the key, the regions and the holder, which it
 * derives from the subject.  HEALTHCODE_REASON_OK, or _FAULT.  The others
 * return NGX_OK, or NGX_ERROR: no memory.
 */
healthcode_reason_e ngx_http_healthcode_keep_claims(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record, const healthcode_key_t *key,
    const healthcode_claims_t *claims);
ngx_int_t ngx_http_healthcode_keep_key(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record, const healthcode_key_t *key);
ngx_int_t ngx_http_healthcode_keep_regions(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record, const healthcode_region_t *regions,
    size_t n);

#endif
