/*
 * From the bytes of a code to what it says.
 * Knows no: connection, header, store, verdict.
 * docs/request-path.md, "Token, Signature, Claims".
 */

#ifndef NGX_HTTP_HEALTHCODE_VERIFY_H
#define NGX_HTTP_HEALTHCODE_VERIFY_H

#include "../request/ngx_http_healthcode_record.h"


/*
 * Judges the bytes shown: their form, signature, times, audience and claims.
 * HEALTHCODE_REASON_OK, or why the code does not pass; what was found is in
 * record.
 */
healthcode_reason_e ngx_http_healthcode_verify(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record);

#endif
