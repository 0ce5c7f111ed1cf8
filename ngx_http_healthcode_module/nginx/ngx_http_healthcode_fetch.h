/*
 * Asks an internal location of this nginx, as a request of nobody's.
 * Knows no keys.  docs/request-path.md, "Keys".
 */

#ifndef NGX_HTTP_HEALTHCODE_FETCH_H
#define NGX_HTTP_HEALTHCODE_FETCH_H

#include "ngx_http_healthcode.h"


/* What came of it. */
typedef struct {
    ngx_uint_t   status;     /* of HTTP; 0: none in time */
    u_char      *text;       /* from malloc(), the handler's; NULL: none */
    size_t       len;
    time_t       max_age;    /* s, of Cache-Control; 0: it says nothing */
} ngx_http_healthcode_fetch_answer_t;


typedef void (*ngx_http_healthcode_fetch_pt)(void *data,
    ngx_http_healthcode_fetch_answer_t *answer);


/*
 * Asks for uri, with args, in the server of ctx, by a subrequest in memory,
 * for at most timeout milliseconds.  NGX_OK: handler is called exactly once,
 * maybe before this returns.  NGX_ERROR: it is not called.
 */
ngx_int_t ngx_http_healthcode_fetch(ngx_http_conf_ctx_t *ctx, ngx_str_t *uri,
    ngx_str_t *args, ngx_msec_t timeout, ngx_http_healthcode_fetch_pt handler,
    void *data);

#endif
