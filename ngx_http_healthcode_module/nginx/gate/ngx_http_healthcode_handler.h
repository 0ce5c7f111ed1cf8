/*
 * What nginx calls in its phases, for each request.
 * Knows no: header, store, token, verdict.
 * docs/request-path.md, "Phases of nginx".
 */

#ifndef NGX_HTTP_HEALTHCODE_HANDLER_H
#define NGX_HTTP_HEALTHCODE_HANDLER_H

#include "../ngx_http_healthcode.h"


ngx_int_t ngx_http_healthcode_handler_server_rewrite(ngx_http_request_t *r);
ngx_int_t ngx_http_healthcode_handler_rewrite(ngx_http_request_t *r);
ngx_int_t ngx_http_healthcode_handler_access(ngx_http_request_t *r);
ngx_int_t ngx_http_healthcode_handler_access_last(ngx_http_request_t *r);
ngx_int_t ngx_http_healthcode_handler_precontent(ngx_http_request_t *r);
ngx_int_t ngx_http_healthcode_handler_log(ngx_http_request_t *r);

#endif
