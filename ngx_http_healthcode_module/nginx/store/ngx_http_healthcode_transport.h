/*
 * The bytes of one connection to a server, by nginx's events: connect, speak
 * TLS, send, receive, close.  Knows no: store, holder, request, hiredis, timer,
 * clock.
 * docs/connection.md, "Transport".
 */

#ifndef NGX_HTTP_HEALTHCODE_TRANSPORT_H
#define NGX_HTTP_HEALTHCODE_TRANSPORT_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_http_healthcode_tls.h"


/*
 * What a transport calls above it; data is that of _init().  Each may close the
 * transport, and connect it anew.
 */
typedef struct {
    /* connect() has ended: _test() says how. */
    void       (*connected)(void *data);

    /* The handshake of TLS has ended: NGX_OK, or NGX_ERROR and tls.failure. */
    void       (*secured)(void *data, ngx_int_t rc);

    /* Bytes can be sent again. */
    void       (*writable)(void *data);

    /* n bytes arrived.  NGX_OK: go on; NGX_ERROR: the transport was closed. */
    ngx_int_t  (*received)(void *data, u_char *bytes, size_t n);

    /* The connection broke; err is 0: the server closed it. */
    void       (*lost)(void *data, ngx_err_t err);

    /* The worker is leaving and has no request: close it if nobody waits. */
    void       (*unused)(void *data);
} ngx_http_healthcode_transport_handlers_t;


typedef struct {
    const ngx_http_healthcode_transport_handlers_t  *handlers;
    void                                            *data;

    ngx_connection_t                                *connection;   /* or NULL */
    ngx_log_t                                       *log;
    ngx_log_t                                        quiet;
    ngx_http_healthcode_tls_t                        tls;

    /* of what failed last */
    ngx_err_t                                        error;

    unsigned                                         is_connecting:1;
    unsigned                                         is_securing:1;
    unsigned                                         is_unix:1;
} ngx_http_healthcode_transport_t;


/*
 * A closed one.  Until ngx_http_healthcode_transport_log() nginx writes
 * nothing of its own about the connection to the log.
 */
void ngx_http_healthcode_transport_init(
    ngx_http_healthcode_transport_t *transport,
    const ngx_http_healthcode_transport_handlers_t *handlers, void *data,
    ngx_log_t *log);

/*
 * Connects to sockaddr; name is for debug lines, and must stay valid until
 * the connection is closed.  NGX_AGAIN: connected() will be called.  NGX_OK: it
 * was at once, and connected() is left to the caller.  NGX_ERROR:
 * transport->error says why, and the transport is closed.
 */
ngx_int_t ngx_http_healthcode_transport_connect(
    ngx_http_healthcode_transport_t *transport, struct sockaddr *sockaddr,
    socklen_t socklen, ngx_str_t *name);

/*
 * Whether connect() has succeeded, once it has ended.  NGX_OK, or NGX_ERROR and
 * transport->error; the transport is not closed.
 */
ngx_int_t ngx_http_healthcode_transport_test(
    ngx_http_healthcode_transport_t *transport);

/*
 * Speaks TLS from now on, of an open one that is connected: secured() will be
 * called, or is called at once.  ssl verifies the certificate of the server;
 * name is sent to it, ends with a NUL, or is empty.
 */
void ngx_http_healthcode_transport_secure(
    ngx_http_healthcode_transport_t *transport, ngx_ssl_t *ssl,
    const ngx_str_t *name);

/*
 * Sends what the socket has room for of the len bytes at data; *sent is how
 * many.  NGX_OK: writable() will be called if that was not all.  NGX_ERROR: the
 * connection broke; call _break(), which says so above.
 */
ngx_int_t ngx_http_healthcode_transport_send(
    ngx_http_healthcode_transport_t *transport, const void *data, size_t len,
    size_t *sent);

/*
 * The connection broke while it was written to: receives what the server said
 * before, which is the cause, then calls lost() unless the cause was found.
 */
void ngx_http_healthcode_transport_break(
    ngx_http_healthcode_transport_t *transport);

/*
 * Receives what has arrived since the event loop last looked; goes on with the
 * handshake of TLS.
 */
void ngx_http_healthcode_transport_drain(
    ngx_http_healthcode_transport_t *transport);

/* From now on what nginx says of the connection is in the log. */
void ngx_http_healthcode_transport_log(
    ngx_http_healthcode_transport_t *transport);

/*
 * Nothing is called above from within it.  With TLS the next connection offers
 * the session of this one, until _destroy().
 */
void ngx_http_healthcode_transport_close(
    ngx_http_healthcode_transport_t *transport);
void ngx_http_healthcode_transport_destroy(
    ngx_http_healthcode_transport_t *transport);


static ngx_inline ngx_uint_t
ngx_http_healthcode_transport_is_open(
    const ngx_http_healthcode_transport_t *transport)
{
    return transport->connection != NULL;
}

#endif
