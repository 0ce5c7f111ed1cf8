/*
 * Asks an internal location of this nginx by a request that no client sent, and
 * hands over what it answers.
 * Knows no: location, verdict, key, issuer.  docs/keys.md, "A location".
 */

#ifndef NGX_HTTP_HEALTHCODE_FETCH_H
#define NGX_HTTP_HEALTHCODE_FETCH_H

#include "../ngx_http_healthcode.h"


typedef struct {
    ngx_uint_t   status;     /* of HTTP; 0: no answer in time */
    u_char      *text;       /* the whole body of a 200, from malloc(), which
                                the handler frees; NULL: there is none */
    size_t       len;
    time_t       max_age;    /* seconds, of Cache-Control; 0: it has none */
} ngx_http_healthcode_fetch_answer_t;


typedef void (*ngx_http_healthcode_fetch_pt)(void *data,
    ngx_http_healthcode_fetch_answer_t *answer);


/*
 * Asks for uri, with args, in the server of ctx, by a subrequest in memory, for
 * at most timeout ms.  uri and args outlive the fetch.  NGX_OK: handler is
 * called exactly once, maybe before this function returns.  NGX_ERROR: it is
 * not called.
 */
ngx_int_t ngx_http_healthcode_fetch(ngx_http_conf_ctx_t *ctx, ngx_str_t *uri,
    ngx_str_t *args, ngx_msec_t timeout, ngx_http_healthcode_fetch_pt handler,
    void *data);

#endif
