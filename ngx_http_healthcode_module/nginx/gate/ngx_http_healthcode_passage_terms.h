/*
 * What a request asks for when it passes a hall.
 * Knows no: connection, header, token, store.
 * docs/directives.md, "healthcode_passage".
 */

#ifndef NGX_HTTP_HEALTHCODE_PASSAGE_TERMS_H
#define NGX_HTTP_HEALTHCODE_PASSAGE_TERMS_H

#include "../request/ngx_http_healthcode_record.h"
#include "../../redis/healthcode_passage.h"


/*
 * Writes all of *terms but the instance, for a request whose code holds, by the
 * passage of lcf, which has one.  HEALTHCODE_REASON_OK; _PASSAGE: the reader
 * does not say clearly what it is; or _FAULT.
 */
healthcode_reason_e ngx_http_healthcode_passage_terms(ngx_http_request_t *r,
    const ngx_http_healthcode_loc_conf_t *lcf,
    const ngx_http_healthcode_record_t *record, healthcode_passage_t *terms);

/* The digest of a hall by this name; NGX_OK, or NGX_ERROR: OpenSSL fails. */
ngx_int_t ngx_http_healthcode_passage_hall(ngx_http_request_t *r,
    const ngx_str_t *name, uint8_t *hall);

#endif
