/*
 * The states of a connection to a store, a row each: resolve, connect, secure,
 * hello, live, leave, move.  Knows no: request, holder.
 * docs/connection.md, "States".
 */

#include "ngx_http_healthcode_clock.h"
#include "ngx_http_healthcode_lead.h"
#include "ngx_http_healthcode_state.h"
#include "ngx_http_healthcode_tally.h"


static void ngx_http_healthcode_state_resolve(
    ngx_http_healthcode_connection_t *connection);
static void ngx_http_healthcode_state_connect(
    ngx_http_healthcode_connection_t *connection);
static void ngx_http_healthcode_state_connect_late(
    ngx_http_healthcode_connection_t *connection);
static void ngx_http_healthcode_state_secure(
    ngx_http_healthcode_connection_t *connection);
static void ngx_http_healthcode_state_secure_late(
    ngx_http_healthcode_connection_t *connection);
static void ngx_http_healthcode_state_hello(
    ngx_http_healthcode_connection_t *connection);
static void ngx_http_healthcode_state_hello_late(
    ngx_http_healthcode_connection_t *connection);
static void ngx_http_healthcode_state_hello_lost(
    ngx_http_healthcode_connection_t *connection, ngx_err_t err);
static void ngx_http_healthcode_state_live(
    ngx_http_healthcode_connection_t *connection);
static void ngx_http_healthcode_state_live_late(
    ngx_http_healthcode_connection_t *connection);
static void ngx_http_healthcode_state_live_lost(
    ngx_http_healthcode_connection_t *connection, ngx_err_t err);
static void ngx_http_healthcode_state_again(
    ngx_http_healthcode_connection_t *connection, ngx_err_t err);
static void ngx_http_healthcode_state_leave(
    ngx_http_healthcode_connection_t *connection);
static void ngx_http_healthcode_state_leave_late(
    ngx_http_healthcode_connection_t *connection);
static void ngx_http_healthcode_state_leave_lost(
    ngx_http_healthcode_connection_t *connection, ngx_err_t err);
static void ngx_http_healthcode_state_move(
    ngx_http_healthcode_connection_t *connection);
static void ngx_http_healthcode_state_late(
    ngx_http_healthcode_connection_t *connection, const char *advice);
static void ngx_http_healthcode_state_lost(
    ngx_http_healthcode_connection_t *connection, ngx_err_t err,
    ngx_uint_t is_mute);


const ngx_http_healthcode_connection_row_t  ngx_http_healthcode_state_rows[] = {

    [NGX_HTTP_HEALTHCODE_CONNECTION_DOWN] = {
        .late = ngx_http_healthcode_connection_start
    },

    [NGX_HTTP_HEALTHCODE_CONNECTION_NAMING] = {
        .begin = ngx_http_healthcode_lead_wait,
        .next = NGX_HTTP_HEALTHCODE_CONNECTION_CONNECTING,
        .late = ngx_http_healthcode_lead_late
    },

    /* the resolver has a timeout of its own */
    [NGX_HTTP_HEALTHCODE_CONNECTION_RESOLVING] = {
        .begin = ngx_http_healthcode_state_resolve,
        .next = NGX_HTTP_HEALTHCODE_CONNECTION_CONNECTING
    },

    [NGX_HTTP_HEALTHCODE_CONNECTION_CONNECTING] = {
        .begin = ngx_http_healthcode_state_connect,
        .next = NGX_HTTP_HEALTHCODE_CONNECTION_SECURING,
        .late = ngx_http_healthcode_state_connect_late
    },

    [NGX_HTTP_HEALTHCODE_CONNECTION_SECURING] = {
        .begin = ngx_http_healthcode_state_secure,
        .next = NGX_HTTP_HEALTHCODE_CONNECTION_HELLO,
        .late = ngx_http_healthcode_state_secure_late,
        .is_open = 1
    },

    [NGX_HTTP_HEALTHCODE_CONNECTION_HELLO] = {
        .begin = ngx_http_healthcode_state_hello,
        .next = NGX_HTTP_HEALTHCODE_CONNECTION_LIVE,
        .late = ngx_http_healthcode_state_hello_late,
        .lost = ngx_http_healthcode_state_hello_lost,
        .is_open = 1
    },

    [NGX_HTTP_HEALTHCODE_CONNECTION_LIVE] = {
        .begin = ngx_http_healthcode_state_live,
        .next = NGX_HTTP_HEALTHCODE_CONNECTION_LEAVING,
        .late = ngx_http_healthcode_state_live_late,
        .lost = ngx_http_healthcode_state_live_lost,
        .is_open = 1
    },

    [NGX_HTTP_HEALTHCODE_CONNECTION_LEAVING] = {
        .begin = ngx_http_healthcode_state_leave,
        .next = NGX_HTTP_HEALTHCODE_CONNECTION_MOVING,
        .late = ngx_http_healthcode_state_leave_late,
        .lost = ngx_http_healthcode_state_leave_lost,
        .is_open = 1
    },

    [NGX_HTTP_HEALTHCODE_CONNECTION_MOVING] = {
        .begin = ngx_http_healthcode_state_move,
        .next = NGX_HTTP_HEALTHCODE_CONNECTION_CONNECTING
    },

    [NGX_HTTP_HEALTHCODE_CONNECTION_DESTROYED] = { .begin = NULL }
};


/* ---- resolving, connecting ---- */

static void
ngx_http_healthcode_state_resolve(ngx_http_healthcode_connection_t *connection)
{
    ngx_http_healthcode_resolve_start(&connection->resolve);
}


/* To the next address in turn. */
static void
ngx_http_healthcode_state_connect(ngx_http_healthcode_connection_t *connection)
{
    ngx_err_t                       err;
    ngx_int_t                       rc;
    ngx_http_healthcode_wire_t     *wire = &connection->wire;
    ngx_http_healthcode_address_t  *address = &connection->address;

    ngx_http_healthcode_address_list_next(&connection->addresses, address);

    healthcode_tracker_connect(&connection->tracker,
                               ngx_http_healthcode_address_identity(address));

    rc = ngx_http_healthcode_wire_open(wire, &address->sockaddr.sockaddr,
                                       address->socklen, &address->name, &err);

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, connection->log, 0,
                   "healthcode: store \"%V\": connect to %V: %i",
                   &connection->store->name, &address->name, rc);

    if (rc == NGX_ERROR) {
        ngx_http_healthcode_connection_unreached(connection, err);
        return;
    }

    ngx_add_timer(&connection->timer, connection->store->connect_timeout);

    if (rc == NGX_OK) {
        ngx_http_healthcode_wire_test(wire);
    }
}


static void
ngx_http_healthcode_state_connect_late(
    ngx_http_healthcode_connection_t *connection)
{
    ngx_http_healthcode_state_late(connection,
                                   healthcode_refusal_connect(NGX_ETIMEDOUT,
                                                              0));
}


/* ---- TLS ---- */

static void
ngx_http_healthcode_state_secure(ngx_http_healthcode_connection_t *connection)
{
    const ngx_http_healthcode_store_t  *store = connection->store;

    if (store->tls.ssl == NULL) {
        ngx_http_healthcode_connection_next(connection);
        return;
    }

    ngx_http_healthcode_wire_secure(&connection->wire, store->tls.ssl,
                                    &store->tls.sni);
}


/* A Redis without TLS waits for the end of a line, and says nothing. */
static void
ngx_http_healthcode_state_secure_late(
    ngx_http_healthcode_connection_t *connection)
{
    ngx_http_healthcode_connection_drain(connection);

    if (connection->state == NGX_HTTP_HEALTHCODE_CONNECTION_SECURING) {
        ngx_http_healthcode_state_late(connection,
            connection->wire.transport.tls.is_heard
            ? "the handshake of TLS has begun: is Redis stopped or busy, or "
              "the way to it?"
            : "it is connected, but says nothing to TLS: name its "
              "\"tls-port\" as \"server\", or is Redis stopped or busy?");
    }
}


/* ---- hello ---- */

static void
ngx_http_healthcode_state_hello(ngx_http_healthcode_connection_t *connection)
{
    if (ngx_http_healthcode_wire_greet(&connection->wire) != NGX_OK) {
        ngx_http_healthcode_connection_unreached(connection, NGX_ENOMEM);
        return;
    }

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, connection->log, 0,
                   "healthcode: store \"%V\": connected, handshake of %uz "
                   "replies", &connection->store->name,
                   healthcode_handshake_replies(
                       &connection->tracker.handshake));

    /* it ended in TLS, which this worker was late to read */

    if (!connection->timer.timer_set) {
        ngx_http_healthcode_connection_wait(connection,
                                            connection->store->connect_timeout);
    }

    ngx_http_healthcode_connection_flush(connection);
}


/* This worker may have been busy while the answer waited in the socket. */
static void
ngx_http_healthcode_state_hello_late(
    ngx_http_healthcode_connection_t *connection)
{
    ngx_http_healthcode_connection_drain(connection);

    if (connection->state == NGX_HTTP_HEALTHCODE_CONNECTION_HELLO) {
        ngx_http_healthcode_state_late(connection, "it is connected: is Redis "
                                       "stopped or busy, or is it no Redis?");
    }
}


static void
ngx_http_healthcode_state_hello_lost(
    ngx_http_healthcode_connection_t *connection, ngx_err_t err)
{
    ngx_http_healthcode_state_lost(connection, err,
                                   !connection->wire.is_heard
                                   && connection->store->tls.ssl == NULL);
}


/* ---- live ---- */

static void
ngx_http_healthcode_state_live(ngx_http_healthcode_connection_t *connection)
{
    ngx_http_healthcode_tally(connection->store->tally,
                              HEALTHCODE_SERIES_CONNECTS,
                              &connection->store->name,
                              healthcode_str_from(NULL, 0));
    ngx_http_healthcode_address_list_serves(&connection->addresses,
                                            &connection->address);
    ngx_http_healthcode_connection_say_up(connection);
    ngx_http_healthcode_transport_log(&connection->wire.transport);

    connection->live = ngx_current_msec;

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, connection->log, 0,
                   "healthcode: store \"%V\": proven, %uz lookups wait",
                   &connection->store->name,
                   connection->tracker.pipeline.pending);

    ngx_http_healthcode_connection_stop_timer(connection);

    ngx_http_healthcode_connection_flush(connection);
    connection->handlers->live(connection->data);
    ngx_http_healthcode_resolve_renew(&connection->resolve);
}


/*
 * Whether the store still answers, which the timers of lookups do not tell:
 * whoever asked may have left, and a tombstone has no timer.
 */
static void
ngx_http_healthcode_state_live_late(
    ngx_http_healthcode_connection_t *connection)
{
    uint64_t                      left;
    healthcode_tracker_t         *tracker = &connection->tracker;
    ngx_http_healthcode_cause_t   cause;

    ngx_http_healthcode_connection_drain(connection);

    if (ngx_http_healthcode_connection_is_live(connection)
        && tracker->pipeline.is_stuck)
    {
        ngx_http_healthcode_connection_write(connection);
    }

    if (!ngx_http_healthcode_connection_is_live(connection)) {
        return;
    }

    ngx_time_update();

    if (!healthcode_tracker_is_silent(tracker, ngx_http_healthcode_clock(),
                                      &left))
    {
        if (left) {
            ngx_add_timer(&connection->timer, (ngx_msec_t) left);
        }

        return;
    }

    if (healthcode_tracker_was_idle(tracker, ngx_http_healthcode_clock())) {
        ngx_http_healthcode_state_again(connection, NGX_ETIMEDOUT);
        return;
    }

    ngx_http_healthcode_outage_silent(&cause,
                           (ngx_msec_t) healthcode_tracker_silence(tracker));
    ngx_http_healthcode_connection_fail(connection,
                                        HEALTHCODE_REASON_STORE_TIMEOUT,
                                        cause.text);
}


static void
ngx_http_healthcode_state_live_lost(
    ngx_http_healthcode_connection_t *connection, ngx_err_t err)
{
    const ngx_http_healthcode_store_t  *store = connection->store;

    if (healthcode_tracker_was_idle(&connection->tracker,
                                    ngx_http_healthcode_clock()))
    {
        ngx_http_healthcode_state_again(connection, err);
        return;
    }

    if (connection->tracker.pipeline.pending
        || !ngx_http_healthcode_connection_has_lasted(connection))
    {
        ngx_http_healthcode_state_lost(connection, err, 0);
        return;
    }

    /* nobody has noticed: whether it is an outage shows in a moment */

    ngx_log_error(NGX_LOG_INFO, connection->log, err,
                  "healthcode: store \"%V\" at %V closed the connection while "
                  "nothing was asked; connecting again", &store->name,
                  &store->server.text);

    ngx_http_healthcode_connection_again(connection,
                                         HEALTHCODE_REASON_STORE_UNAVAILABLE);
}


/*
 * Connects at once: this one may have been dead for long.  What was asked on it
 * is asked on the next one, in the time that it has left.
 */
static void
ngx_http_healthcode_state_again(ngx_http_healthcode_connection_t *connection,
    ngx_err_t err)
{
    ngx_log_error(NGX_LOG_INFO, connection->log, err,
                  "healthcode: store \"%V\" at %V has ended a connection that "
                  "was idle, or does not answer on it; connecting again",
                  &connection->store->name, &connection->store->server.text);

    ngx_http_healthcode_connection_disconnect(connection);
    ngx_http_healthcode_resolve_stop(&connection->resolve);

    /* not DOWN: a request that asks while lookups end would connect as well */

    connection->state = NGX_HTTP_HEALTHCODE_CONNECTION_MOVING;
    connection->outage.failures = 0;

    healthcode_pipeline_again(&connection->tracker.pipeline,
                              HEALTHCODE_REASON_STORE_UNAVAILABLE);

    ngx_http_healthcode_connection_start(connection);
}


/* ---- to another address ---- */

/*
 * Lookups that were sent are answered here; later ones wait for the other
 * address.  What the cache has is of this address, and ends with it.
 */
static void
ngx_http_healthcode_state_leave(ngx_http_healthcode_connection_t *connection)
{
    healthcode_tracker_t  *tracker = &connection->tracker;

    healthcode_tracker_leave(tracker);
    connection->handlers->lost(connection->data);

    /* the one of silence would stay, if it is nearly as long */

    ngx_http_healthcode_connection_stop_timer(connection);
    ngx_http_healthcode_connection_wait(connection, connection->store->timeout);

    if (healthcode_pipeline_first(&tracker->pipeline) == NULL) {
        ngx_http_healthcode_connection_next(connection);
    }
}


static void
ngx_http_healthcode_state_leave_late(
    ngx_http_healthcode_connection_t *connection)
{
    ngx_http_healthcode_connection_drain(connection);

    if (connection->state == NGX_HTTP_HEALTHCODE_CONNECTION_LEAVING) {
        ngx_http_healthcode_connection_next(connection);
    }
}


static void
ngx_http_healthcode_state_leave_lost(
    ngx_http_healthcode_connection_t *connection, ngx_err_t err)
{
    ngx_http_healthcode_connection_next(connection);
}


static void
ngx_http_healthcode_state_move(ngx_http_healthcode_connection_t *connection)
{
    ngx_http_healthcode_connection_disconnect(connection);

    /* not DOWN: a request that asks while lookups end would connect as well */

    connection->state = NGX_HTTP_HEALTHCODE_CONNECTION_MOVING;
    connection->outage.failures = 0;

    healthcode_pipeline_abandon(&connection->tracker.pipeline,
                                HEALTHCODE_REASON_STORE_TIMEOUT);

    ngx_http_healthcode_connection_next(connection);
}


/* ---- failures ---- */

/* Neither connected nor proven in connect_timeout. */
static void
ngx_http_healthcode_state_late(ngx_http_healthcode_connection_t *connection,
    const char *advice)
{
    ngx_http_healthcode_cause_t  cause;

    ngx_http_healthcode_outage_late(&cause, connection->store->connect_timeout,
                                    advice);
    ngx_http_healthcode_connection_fail(connection,
                                        HEALTHCODE_REASON_STORE_TIMEOUT,
                                        cause.text);
}


static void
ngx_http_healthcode_state_lost(ngx_http_healthcode_connection_t *connection,
    ngx_err_t err, ngx_uint_t is_mute)
{
    ngx_http_healthcode_cause_t  cause;

    ngx_http_healthcode_outage_lost(&cause, err, is_mute);
    ngx_http_healthcode_connection_fail(connection,
                                        HEALTHCODE_REASON_STORE_UNAVAILABLE,
                                        cause.text);
}
