/*
 * What goes over one connection: commands of its tracker out, replies in.
 * Decides nothing about the store.  Knows no: store, request, holder, timer.
 * docs/connection.md, "Transport".
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "ngx_http_healthcode_clock.h"
#include "ngx_http_healthcode_wire.h"


static void ngx_http_healthcode_wire_clock(
    const ngx_http_healthcode_wire_t *wire, uint64_t now);
static void ngx_http_healthcode_wire_connected(void *data);
static void ngx_http_healthcode_wire_secured(void *data, ngx_int_t rc);
static void ngx_http_healthcode_wire_writable(void *data);
static ngx_int_t ngx_http_healthcode_wire_received(void *data, u_char *bytes,
    size_t n);
static ngx_int_t ngx_http_healthcode_wire_reply(
    ngx_http_healthcode_wire_t *wire, redisReply *reply);
static ngx_int_t ngx_http_healthcode_wire_refuse(
    ngx_http_healthcode_wire_t *wire, const char *what);
static void ngx_http_healthcode_wire_lost(void *data, ngx_err_t err);
static void ngx_http_healthcode_wire_unused(void *data);
static void ngx_http_healthcode_wire_flush_handler(ngx_event_t *ev);


static const ngx_http_healthcode_transport_handlers_t
    ngx_http_healthcode_wire_transport =
{
    .connected = ngx_http_healthcode_wire_connected,
    .secured = ngx_http_healthcode_wire_secured,
    .writable = ngx_http_healthcode_wire_writable,
    .received = ngx_http_healthcode_wire_received,
    .lost = ngx_http_healthcode_wire_lost,
    .unused = ngx_http_healthcode_wire_unused
};


void
ngx_http_healthcode_wire_init(ngx_http_healthcode_wire_t *wire,
    healthcode_tracker_t *tracker,
    const ngx_http_healthcode_wire_handlers_t *handlers, void *data,
    ngx_log_t *log)
{
    ngx_memzero(wire, sizeof(ngx_http_healthcode_wire_t));

    wire->handlers = handlers;
    wire->data = data;
    wire->tracker = tracker;
    wire->dummy.fd = (ngx_socket_t) -1;
    wire->dummy.data = wire;

    wire->flush.handler = ngx_http_healthcode_wire_flush_handler;
    wire->flush.data = &wire->dummy;
    wire->flush.log = log;

    ngx_http_healthcode_transport_init(&wire->transport,
                                       &ngx_http_healthcode_wire_transport,
                                       wire, log);
}


ngx_int_t
ngx_http_healthcode_wire_open(ngx_http_healthcode_wire_t *wire,
    struct sockaddr *sockaddr, socklen_t socklen, ngx_str_t *name,
    ngx_err_t *err)
{
    ngx_int_t  rc;

    wire->is_heard = 0;
    wire->reader = healthcode_reply_reader_create();

    if (wire->reader == NULL) {
        *err = NGX_ENOMEM;
        return NGX_ERROR;
    }

    rc = ngx_http_healthcode_transport_connect(&wire->transport, sockaddr,
                                               socklen, name);
    *err = wire->transport.error;

    return rc;
}


static void
ngx_http_healthcode_wire_connected(void *data)
{
    ngx_http_healthcode_wire_test(data);
}


void
ngx_http_healthcode_wire_test(ngx_http_healthcode_wire_t *wire)
{
    if (ngx_http_healthcode_transport_test(&wire->transport) != NGX_OK) {
        wire->handlers->unreached(wire->data, wire->transport.error);
        return;
    }

    wire->handlers->connected(wire->data);
}


void
ngx_http_healthcode_wire_secure(ngx_http_healthcode_wire_t *wire,
    ngx_ssl_t *ssl, const ngx_str_t *name)
{
    ngx_http_healthcode_transport_secure(&wire->transport, ssl, name);
}


static void
ngx_http_healthcode_wire_secured(void *data, ngx_int_t rc)
{
    ngx_http_healthcode_wire_t  *wire = data;

    if (rc != NGX_OK) {
        wire->handlers->insecure(wire->data, &wire->transport.tls.failure);
        return;
    }

    wire->handlers->secured(wire->data);
}


void
ngx_http_healthcode_wire_close(ngx_http_healthcode_wire_t *wire)
{
    if (wire->flush.posted) {
        ngx_delete_posted_event(&wire->flush);
    }

    ngx_http_healthcode_transport_close(&wire->transport);

    healthcode_reply_reader_free(wire->reader);
    wire->reader = NULL;
}


void
ngx_http_healthcode_wire_destroy(ngx_http_healthcode_wire_t *wire)
{
    ngx_http_healthcode_transport_destroy(&wire->transport);
}


/* A replica is judged by both clocks, as if at one moment. */
static void
ngx_http_healthcode_wire_clock(const ngx_http_healthcode_wire_t *wire,
    uint64_t now)
{
    struct timespec  wall;

    if (!healthcode_tracker_is_replica(wire->tracker)) {
        return;
    }

    (void) clock_gettime(CLOCK_REALTIME, &wall);

    healthcode_tracker_clock(wire->tracker, now,
                             (int64_t) wall.tv_sec * 1000
                             + wall.tv_nsec / 1000000,
                             ngx_http_healthcode_clock());
}


/* ---- out ---- */

ngx_int_t
ngx_http_healthcode_wire_greet(ngx_http_healthcode_wire_t *wire)
{
    ngx_http_healthcode_wire_clock(wire, ngx_http_healthcode_clock());

    return healthcode_tracker_greet(wire->tracker) ? NGX_OK : NGX_ERROR;
}


void
ngx_http_healthcode_wire_flush(ngx_http_healthcode_wire_t *wire)
{
    ngx_post_event(&wire->flush, &ngx_posted_events);
}


static void
ngx_http_healthcode_wire_flush_handler(ngx_event_t *ev)
{
    ngx_connection_t            *dummy = ev->data;
    ngx_http_healthcode_wire_t  *wire = dummy->data;

    if (ngx_http_healthcode_transport_is_open(&wire->transport)) {
        ngx_http_healthcode_wire_write(wire);
    }
}


static void
ngx_http_healthcode_wire_writable(void *data)
{
    ngx_http_healthcode_wire_write(data);
}


void
ngx_http_healthcode_wire_write(ngx_http_healthcode_wire_t *wire)
{
    size_t                            sent;
    ngx_int_t                         rc;
    healthcode_tracker_t             *tracker = wire->tracker;
    healthcode_redis_buf_t           *out = &tracker->pipeline.out;
    ngx_http_healthcode_transport_t  *transport = &wire->transport;

    if (tracker->state == HEALTHCODE_TRACKER_LIVE
        && healthcode_tracker_send(tracker, ngx_http_healthcode_clock()))
    {
        wire->handlers->sending(wire->data);
    }

    rc = ngx_http_healthcode_transport_send(transport, out->data, out->len,
                                            &sent);

    healthcode_pipeline_wrote(&tracker->pipeline, sent,
                              ngx_http_healthcode_clock());

    if (rc != NGX_OK) {
        ngx_http_healthcode_transport_break(transport);
    }
}


/* ---- in ---- */

void
ngx_http_healthcode_wire_drain(ngx_http_healthcode_wire_t *wire)
{
    ngx_http_healthcode_transport_drain(&wire->transport);
}


static ngx_int_t
ngx_http_healthcode_wire_received(void *data, u_char *bytes, size_t n)
{
    redisReply                  *reply;
    healthcode_reply_reader_e    rc;
    ngx_http_healthcode_wire_t  *wire = data;

    wire->tracker->pipeline.heard = ngx_http_healthcode_clock();
    ngx_http_healthcode_wire_clock(wire, wire->tracker->pipeline.heard);

    if (!healthcode_reply_reader_feed(wire->reader, bytes, n)) {
        return ngx_http_healthcode_wire_refuse(wire, "a reply is too long");
    }

    for ( ;; ) {

        rc = healthcode_reply_reader_next(wire->reader, &reply);

        if (rc == HEALTHCODE_REPLY_READER_MORE) {
            wire->is_heard = 1;
            break;
        }

        if (rc == HEALTHCODE_REPLY_READER_BROKEN) {
            return ngx_http_healthcode_wire_refuse(wire, wire->is_heard
                                        ? "it does not speak RESP3"
                                        : healthcode_refusal_stranger(bytes,
                                                                      n));
        }

        if (ngx_http_healthcode_wire_reply(wire, reply) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    /* a reply may ask for more */

    if (wire->tracker->state == HEALTHCODE_TRACKER_LIVE
        && healthcode_pipeline_has_unsent(&wire->tracker->pipeline))
    {
        ngx_http_healthcode_wire_flush(wire);
    }

    return NGX_OK;
}


/* NGX_OK: the next one; NGX_ERROR: the wire was closed. */
static ngx_int_t
ngx_http_healthcode_wire_reply(ngx_http_healthcode_wire_t *wire,
    redisReply *reply)
{
    healthcode_tracker_e   rc;
    healthcode_tracker_t  *tracker = wire->tracker;

    rc = healthcode_tracker_reply(tracker, reply, tracker->pipeline.heard,
                                  ngx_time());

    if (rc == HEALTHCODE_TRACKER_BROKEN) {
        wire->handlers->refused(wire->data, tracker->reason, tracker->what);
        return NGX_ERROR;
    }

    if (!healthcode_pipeline_is_partial(&tracker->pipeline)) {
        healthcode_reply_reader_reset(wire->reader);
    }

    if (rc == HEALTHCODE_TRACKER_LEFT) {
        wire->handlers->left(wire->data);
        return NGX_ERROR;
    }

    if (rc == HEALTHCODE_TRACKER_PROVEN) {
        wire->handlers->proven(wire->data);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_healthcode_wire_refuse(ngx_http_healthcode_wire_t *wire,
    const char *what)
{
    healthcode_tracker_lose(wire->tracker);
    wire->handlers->refused(wire->data, HEALTHCODE_REASON_STORE_UNAVAILABLE,
                            what);

    return NGX_ERROR;
}


static void
ngx_http_healthcode_wire_lost(void *data, ngx_err_t err)
{
    ngx_http_healthcode_wire_t      *wire = data;
    const healthcode_tls_failure_t  *failure = &wire->transport.tls.failure;

    /* TLS 1.3 asks for a certificate of ours when the handshake is over */

    if (failure->error) {
        wire->handlers->insecure(wire->data, failure);
        return;
    }

    wire->handlers->lost(wire->data, err);
}


static void
ngx_http_healthcode_wire_unused(void *data)
{
    ngx_http_healthcode_wire_t  *wire = data;

    wire->handlers->unused(wire->data);
}
