/*
 * The bytes of one connection to a server, by nginx's events: connect, speak
 * TLS, send, receive, close.  Knows no: store, holder, request, hiredis, timer,
 * clock.
 * docs/connection.md, "Transport".
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event_connect.h>

#include "ngx_http_healthcode_transport.h"


/* Reads of one connection, one after the other in a turn of the event loop. */
#define NGX_HTTP_HEALTHCODE_TRANSPORT_READS  4

/* Before somebody is called late, of what may have waited here meanwhile. */
#define NGX_HTTP_HEALTHCODE_TRANSPORT_DRAIN  64


static void ngx_http_healthcode_transport_write_handler(ngx_event_t *wev);
static void ngx_http_healthcode_transport_read_handler(ngx_event_t *rev);
static void ngx_http_healthcode_transport_handshake(
    ngx_http_healthcode_transport_t *transport);
static void ngx_http_healthcode_transport_keep(ngx_connection_t *c);
static ngx_uint_t ngx_http_healthcode_transport_is_ready(
    const ngx_http_healthcode_transport_t *transport);
static void ngx_http_healthcode_transport_receive(
    ngx_http_healthcode_transport_t *transport, ngx_uint_t reads);
static ngx_err_t ngx_http_healthcode_transport_errno(
    const ngx_http_healthcode_transport_t *transport);


void
ngx_http_healthcode_transport_init(ngx_http_healthcode_transport_t *transport,
    const ngx_http_healthcode_transport_handlers_t *handlers, void *data,
    ngx_log_t *log)
{
    transport->handlers = handlers;
    transport->data = data;
    transport->connection = NULL;
    transport->log = log;
    transport->quiet = *log;
    transport->quiet.log_level = NGX_LOG_ALERT;

    ngx_memzero(&transport->tls, sizeof(ngx_http_healthcode_tls_t));
}


ngx_int_t
ngx_http_healthcode_transport_connect(
    ngx_http_healthcode_transport_t *transport, struct sockaddr *sockaddr,
    socklen_t socklen, ngx_str_t *name)
{
    ngx_int_t               rc;
    ngx_connection_t       *c;
    ngx_peer_connection_t   peer;

    ngx_memzero(&peer, sizeof(ngx_peer_connection_t));

    peer.sockaddr = sockaddr;
    peer.socklen = socklen;
    peer.name = name;
    peer.get = ngx_event_get_peer;
    peer.log = &transport->quiet;
    peer.log_error = NGX_ERROR_INFO;

    rc = ngx_event_connect_peer(&peer);

    c = peer.connection;
    transport->connection = c;

    if (rc != NGX_OK && rc != NGX_AGAIN) {
        /* of connect(): what nginx has called since then has not failed */
        transport->error = (rc == NGX_DECLINED) ? ngx_socket_errno
                                                : NGX_ENOMEM;
        return NGX_ERROR;
    }

    transport->is_connecting = 1;
    transport->is_unix = (sockaddr->sa_family == AF_UNIX);

    c->data = transport;
    c->idle = 1;
    c->read->handler = ngx_http_healthcode_transport_read_handler;
    c->write->handler = ngx_http_healthcode_transport_write_handler;

    return rc;
}


ngx_int_t
ngx_http_healthcode_transport_test(ngx_http_healthcode_transport_t *transport)
{
    int                error;
    socklen_t          len = sizeof(int);
    ngx_connection_t  *c = transport->connection;

    transport->is_connecting = 0;

    error = 0;

    if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, (void *) &error, &len) == -1) {
        error = ngx_socket_errno;
    }

    if (error == 0 && !transport->is_unix && ngx_tcp_nodelay(c) != NGX_OK) {
        error = ngx_socket_errno;
    }

    transport->error = error;

    return error ? NGX_ERROR : NGX_OK;
}


void
ngx_http_healthcode_transport_secure(
    ngx_http_healthcode_transport_t *transport, ngx_ssl_t *ssl,
    const ngx_str_t *name)
{
    if (ngx_http_healthcode_tls_begin(&transport->tls, transport->connection,
                                      ssl, name,
                                      ngx_http_healthcode_transport_keep,
                                      transport->log)
        != NGX_OK)
    {
        transport->handlers->secured(transport->data, NGX_ERROR);
        return;
    }

    transport->is_securing = 1;

    ngx_http_healthcode_transport_handshake(transport);
}


static void
ngx_http_healthcode_transport_handshake(
    ngx_http_healthcode_transport_t *transport)
{
    ngx_int_t          rc;
    ngx_connection_t  *c = transport->connection;

    rc = ngx_http_healthcode_tls_handshake(&transport->tls, c);

    /* nginx's own would not tell us that the worker is leaving */

    c->read->handler = ngx_http_healthcode_transport_read_handler;
    c->write->handler = ngx_http_healthcode_transport_write_handler;

    if (rc == NGX_AGAIN) {
        return;
    }

    transport->is_securing = 0;

    if (rc == NGX_OK) {
        /* OpenSSL may have read more than the handshake */
        ngx_post_event(c->read, &ngx_posted_events);
    }

    transport->handlers->secured(transport->data, rc);
}


static void
ngx_http_healthcode_transport_keep(ngx_connection_t *c)
{
    ngx_http_healthcode_transport_t  *transport = c->data;

    ngx_http_healthcode_tls_keep(&transport->tls, c);
}


static void
ngx_http_healthcode_transport_write_handler(ngx_event_t *wev)
{
    ngx_connection_t                 *c = wev->data;
    ngx_http_healthcode_transport_t  *transport = c->data;

    if (transport->is_connecting) {
        transport->handlers->connected(transport->data);

    } else if (transport->is_securing) {
        ngx_http_healthcode_transport_handshake(transport);
    }

    if (ngx_http_healthcode_transport_is_ready(transport)) {
        transport->handlers->writable(transport->data);
    }
}


static void
ngx_http_healthcode_transport_read_handler(ngx_event_t *rev)
{
    ngx_connection_t                 *c = rev->data;
    ngx_http_healthcode_transport_t  *transport = c->data;

    if (c->close) {
        c->close = 0;
        transport->handlers->unused(transport->data);
        return;
    }

    if (transport->is_connecting) {
        transport->handlers->connected(transport->data);

    } else if (transport->is_securing) {
        ngx_http_healthcode_transport_handshake(transport);
    }

    if (ngx_http_healthcode_transport_is_ready(transport)) {
        ngx_http_healthcode_transport_receive(transport,
                                         NGX_HTTP_HEALTHCODE_TRANSPORT_READS);
    }
}


/* What was called may have closed it, and connected to another server. */
static ngx_uint_t
ngx_http_healthcode_transport_is_ready(
    const ngx_http_healthcode_transport_t *transport)
{
    return transport->connection && !transport->is_connecting
           && !transport->is_securing;
}


ngx_int_t
ngx_http_healthcode_transport_send(ngx_http_healthcode_transport_t *transport,
    const void *data, size_t len, size_t *sent)
{
    u_char            *p = (u_char *) data;
    ssize_t            n = 0;
    ngx_connection_t  *c = transport->connection;

    *sent = 0;

    ngx_set_socket_errno(0);

    while (*sent < len) {

        n = c->send(c, p + *sent, len - *sent);

        if (n <= 0) {
            break;
        }

        *sent += n;
    }

    if (n == NGX_ERROR || ngx_handle_write_event(c->write, 0) != NGX_OK) {
        transport->error = ngx_http_healthcode_transport_errno(transport);
        return NGX_ERROR;
    }

    return NGX_OK;
}


void
ngx_http_healthcode_transport_break(ngx_http_healthcode_transport_t *transport)
{
    ngx_err_t          err = transport->error;
    ngx_atomic_uint_t  number = transport->connection->number;

    ngx_http_healthcode_transport_drain(transport);

    if (transport->connection && transport->connection->number == number) {
        transport->handlers->lost(transport->data, err);
    }
}


/*
 * A store that sends without an end must not hold the worker: what is left
 * after so many reads is read in the next turn of the event loop.
 */
static void
ngx_http_healthcode_transport_receive(
    ngx_http_healthcode_transport_t *transport, ngx_uint_t reads)
{
    u_char             data[16384];
    ssize_t            n;
    ngx_connection_t  *c = transport->connection;

    /* it may be posted, and ready anew: that is one turn, too */

    if (c->read->posted) {
        ngx_delete_posted_event(c->read);
    }

    for ( ;; ) {

        ngx_set_socket_errno(0);

        n = c->recv(c, data, sizeof(data));

        if (n == NGX_AGAIN) {
            break;
        }

        if (n <= 0) {
            transport->handlers->lost(transport->data,
                         n ? ngx_http_healthcode_transport_errno(transport)
                           : 0);
            return;
        }

        if (transport->handlers->received(transport->data, data, n) != NGX_OK) {
            return;
        }

        if (!c->read->ready) {
            break;
        }

        if (--reads == 0) {
            ngx_post_event(c->read, &ngx_posted_next_events);
            break;
        }
    }

    if (ngx_handle_read_event(c->read, 0) != NGX_OK) {
        transport->handlers->lost(transport->data, ngx_errno);
    }
}


/* The system has no number for what TLS finds wrong. */
static ngx_err_t
ngx_http_healthcode_transport_errno(
    const ngx_http_healthcode_transport_t *transport)
{
    ngx_err_t  err = ngx_socket_errno;

    if (transport->tls.is_on && (err == 0 || err == NGX_EAGAIN)) {
        return EPROTO;
    }

    return err;
}


void
ngx_http_healthcode_transport_drain(ngx_http_healthcode_transport_t *transport)
{
    if (transport->is_securing) {
        ngx_http_healthcode_transport_handshake(transport);
        return;
    }

    transport->connection->read->available = -1;
    transport->connection->read->ready = 1;

    ngx_http_healthcode_transport_receive(transport,
                                         NGX_HTTP_HEALTHCODE_TRANSPORT_DRAIN);
}


void
ngx_http_healthcode_transport_log(ngx_http_healthcode_transport_t *transport)
{
    ngx_connection_t  *c = transport->connection;

    c->log = transport->log;
    c->read->log = transport->log;
    c->write->log = transport->log;
}


void
ngx_http_healthcode_transport_close(ngx_http_healthcode_transport_t *transport)
{
    if (transport->connection) {
        ngx_http_healthcode_tls_end(&transport->tls, transport->connection);
        ngx_close_connection(transport->connection);
        transport->connection = NULL;
    }

    transport->is_connecting = 0;
    transport->is_securing = 0;
}


void
ngx_http_healthcode_transport_destroy(
    ngx_http_healthcode_transport_t *transport)
{
    ngx_http_healthcode_transport_close(transport);
    ngx_http_healthcode_tls_forget(&transport->tls);
}
