/*
 * $healthcode_claim_NAME.
 * Knows no: header, store, verdict.
 * docs/variables.md, "$healthcode_claim_NAME".
 */

#ifndef NGX_HTTP_HEALTHCODE_CLAIM_VARIABLE_H
#define NGX_HTTP_HEALTHCODE_CLAIM_VARIABLE_H

#include "../ngx_http_healthcode.h"


ngx_int_t ngx_http_healthcode_claim_variable_get(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);

#endif
