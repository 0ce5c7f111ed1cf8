/*
 * $healthcode_passed, $healthcode_passage_id, $healthcode_inside.
 * Knows no: connection, header, token.  docs/variables.md.
 */

#ifndef NGX_HTTP_HEALTHCODE_PASSAGE_VARIABLE_H
#define NGX_HTTP_HEALTHCODE_PASSAGE_VARIABLE_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


/* NGX_OK, or NGX_ERROR: no memory. */
ngx_int_t ngx_http_healthcode_passage_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
ngx_int_t ngx_http_healthcode_passage_variable_id(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
ngx_int_t ngx_http_healthcode_passage_variable_inside(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);

#endif
