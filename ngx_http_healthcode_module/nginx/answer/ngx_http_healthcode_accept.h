/*
 * Which of several offers a client likes best, by all headers in which it says
 * so.
 * Knows no: connection, location, store, token, verdict.
 * docs/request-path.md, "Response"; RFC 9110 section 12.5.
 */

#ifndef NGX_HTTP_HEALTHCODE_ACCEPT_H
#define NGX_HTTP_HEALTHCODE_ACCEPT_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "../../core/healthcode_accept.h"


/*
 * The number of the best of n offers, by the Accept or the Accept-Language
 * headers of r, as healthcode_accept_best() says; offers are written to.
 */
ngx_uint_t ngx_http_healthcode_accept_type(ngx_http_request_t *r,
    healthcode_accept_t *offers, ngx_uint_t n);
ngx_uint_t ngx_http_healthcode_accept_language(ngx_http_request_t *r,
    healthcode_accept_t *offers, ngx_uint_t n);

#endif
