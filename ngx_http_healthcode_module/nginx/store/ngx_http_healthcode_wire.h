/*
 * What goes over one connection: commands of its tracker out, replies in.
 * Decides nothing about the store.  Knows no: store, request, holder, timer.
 * docs/connection.md, "Transport".
 */

#ifndef NGX_HTTP_HEALTHCODE_WIRE_H
#define NGX_HTTP_HEALTHCODE_WIRE_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "ngx_http_healthcode_transport.h"

#include "../../redis/healthcode_reply_reader.h"
#include "../../redis/healthcode_tracker.h"


/*
 * What a wire calls above it; data is that of _init().  Each may close the
 * wire, and open it anew.
 */
typedef struct {
    /* connect() has succeeded: bytes can be sent; or failed with err. */
    void       (*connected)(void *data);
    void       (*unreached)(void *data, ngx_err_t err);

    /* TLS is spoken from now on; or cannot be, for this reason. */
    void       (*secured)(void *data);
    void       (*insecure)(void *data,
                           const healthcode_tls_failure_t *failure);

    /* Lookups are being sent now. */
    void       (*sending)(void *data);

    /* This reply was the last proof of the store. */
    void       (*proven)(void *data);

    /* This reply was the last one due from a store that is left. */
    void       (*left)(void *data);

    /* A reply refuses the connection. */
    void       (*refused)(void *data, healthcode_reason_e reason,
                          const char *what);

    /* The connection broke; err is 0: the server closed it. */
    void       (*lost)(void *data, ngx_err_t err);

    /* The worker is leaving and has no request: close it if nobody waits. */
    void       (*unused)(void *data);
} ngx_http_healthcode_wire_handlers_t;


typedef struct {
    const ngx_http_healthcode_wire_handlers_t  *handlers;
    void                                       *data;

    ngx_http_healthcode_transport_t             transport;
    healthcode_reply_reader_t                  *reader;    /* NULL: closed */
    healthcode_tracker_t                       *tracker;
    ngx_event_t                                 flush;
    ngx_connection_t                            dummy;     /* flush logs its
                                                              fd */
    unsigned                                    is_heard:1;   /* a byte came */
} ngx_http_healthcode_wire_t;


/* A closed one; tracker outlives it. */
void ngx_http_healthcode_wire_init(ngx_http_healthcode_wire_t *wire,
    healthcode_tracker_t *tracker,
    const ngx_http_healthcode_wire_handlers_t *handlers, void *data,
    ngx_log_t *log);

/*
 * Connects to sockaddr; name is for debug lines, and must stay valid until
 * the wire is closed.  NGX_AGAIN: connected() or unreached() will be called.
 * NGX_OK: it was connected at once; call _test().  NGX_ERROR: *err says why,
 * and the wire has to be closed.
 */
ngx_int_t ngx_http_healthcode_wire_open(ngx_http_healthcode_wire_t *wire,
    struct sockaddr *sockaddr, socklen_t socklen, ngx_str_t *name,
    ngx_err_t *err);

/* Calls connected() or unreached(). */
void ngx_http_healthcode_wire_test(ngx_http_healthcode_wire_t *wire);

/*
 * Speaks TLS from now on, of a connected one, as ngx_http_healthcode_transport_
 * secure() does: calls secured() or insecure(), at once or later.
 */
void ngx_http_healthcode_wire_secure(ngx_http_healthcode_wire_t *wire,
    ngx_ssl_t *ssl, const ngx_str_t *name);

/*
 * The handshake of the tracker of a connected one is to be written.  NGX_OK, or
 * NGX_ERROR: no memory.
 */
ngx_int_t ngx_http_healthcode_wire_greet(ngx_http_healthcode_wire_t *wire);

/* Writes what is to be written, at the end of this turn of the event loop. */
void ngx_http_healthcode_wire_flush(ngx_http_healthcode_wire_t *wire);

/* Writes it now. */
void ngx_http_healthcode_wire_write(ngx_http_healthcode_wire_t *wire);

/* Reads what has come since the event loop last looked; only of an open one. */
void ngx_http_healthcode_wire_drain(ngx_http_healthcode_wire_t *wire);

/* Lookups stay as they are.  Nothing is called above from within it. */
void ngx_http_healthcode_wire_close(ngx_http_healthcode_wire_t *wire);

/* Of a closed one: it is not opened again. */
void ngx_http_healthcode_wire_destroy(ngx_http_healthcode_wire_t *wire);

#endif
