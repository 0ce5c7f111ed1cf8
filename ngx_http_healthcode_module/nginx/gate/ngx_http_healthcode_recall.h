/*
 * Codes that were verified before.
 * Knows no: connection, header, verdict.  docs/cache.md.
 */

#ifndef NGX_HTTP_HEALTHCODE_RECALL_H
#define NGX_HTTP_HEALTHCODE_RECALL_H

#include "../request/ngx_http_healthcode_record.h"


/*
 * Whether the code was verified before, by an issuer of this location with the
 * keys and rules that it has now.  1: *reason is what it amounts to here, and
 * record->found.code is complete.  0: verify it; if record->found.code.sought,
 * it may then be remembered.  lcf has a cache of codes.
 */
ngx_uint_t ngx_http_healthcode_recall(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record,
    ngx_str_t *code, healthcode_reason_e *reason);

/* Remembers a code that was verified and passes all rules here. */
void ngx_http_healthcode_recall_remember(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record,
    const healthcode_key_t *key, const healthcode_token_t *token,
    const healthcode_claims_t *claims);

#endif
