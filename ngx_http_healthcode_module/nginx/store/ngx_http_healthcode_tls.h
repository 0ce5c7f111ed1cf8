/*
 * TLS on a connection to a server, by nginx's OpenSSL layer: its handshake, its
 * session, its end.  Knows no: store, holder, request, hiredis, timer, clock.
 * docs/connection.md, "TLS".
 */

#ifndef NGX_HTTP_HEALTHCODE_TLS_H
#define NGX_HTTP_HEALTHCODE_TLS_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "../../redis/healthcode_tls.h"
#include "../../redis/healthcode_tls_files.h"


/* Bytes of what OpenSSL says of a failure. */
#define NGX_HTTP_HEALTHCODE_TLS_SAID  256


/* All zero before the first handshake. */
typedef struct {
    ngx_log_t                 log;        /* of handshakes: kept, not written */
    ngx_log_t                *alerts;     /* where what is alarming goes */
    healthcode_tls_failure_t  failure;
    char                      said[NGX_HTTP_HEALTHCODE_TLS_SAID];
    void                     *session;    /* of the last connection, or NULL */
    unsigned                  is_on:1;    /* this connection has TLS */
    unsigned                  is_heard:1; /* the server has said something */
    unsigned                  is_old:1;   /* its certificates were replaced */
} ngx_http_healthcode_tls_t;


/*
 * Whether this nginx has TLS: it may be built without, also where the module
 * was built with it.
 */
ngx_uint_t ngx_http_healthcode_tls_is_there(void);

/*
 * Prepares TLS on a connected c, whose certificate ssl verifies.  name is sent
 * as the server's (SNI, RFC 6066 section 3), ends with a NUL, or is empty.
 * keep(c) is called when there is a session to be kept.  What is alarming is
 * logged in log.  NGX_OK, or NGX_ERROR: no memory.
 */
ngx_int_t ngx_http_healthcode_tls_begin(ngx_http_healthcode_tls_t *tls,
    ngx_connection_t *c, ngx_ssl_t *ssl, const ngx_str_t *name,
    ngx_connection_handler_pt keep, ngx_log_t *log);

/*
 * Goes on with the handshake.  NGX_OK: it is done, and the certificate holds;
 * c->send and c->recv speak TLS.  NGX_AGAIN: call it again on the next event of
 * c, whose handlers are other ones now.  NGX_ERROR: tls->failure says why.
 */
ngx_int_t ngx_http_healthcode_tls_handshake(ngx_http_healthcode_tls_t *tls,
    ngx_connection_t *c);

/* From keep(): the session of c is offered to the server next time, unless its
   certificates were replaced meanwhile. */
void ngx_http_healthcode_tls_keep(ngx_http_healthcode_tls_t *tls,
    ngx_connection_t *c);

/*
 * From now on handshakes of ssl use files, whose references are copied; no
 * session of a connection that was begun before is offered again.  NGX_OK;
 * NGX_ERROR: OpenSSL does not take them, and all is as it was.
 */
ngx_int_t ngx_http_healthcode_tls_replace(ngx_http_healthcode_tls_t *tls,
    ngx_ssl_t *ssl, const healthcode_tls_files_t *files);

/* Likewise of another connection with the same ssl. */
void ngx_http_healthcode_tls_outdate(ngx_http_healthcode_tls_t *tls);

/* The next connection has a session of its own. */
void ngx_http_healthcode_tls_forget(ngx_http_healthcode_tls_t *tls);

/* Says farewell, if it can without waiting; c is to be closed. */
void ngx_http_healthcode_tls_end(ngx_http_healthcode_tls_t *tls,
    ngx_connection_t *c);

#endif
