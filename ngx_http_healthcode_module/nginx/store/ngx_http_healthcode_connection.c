/*
 * One worker's connection to one store, a machine of states: it goes from one
 * to the next, fails, and tries again.  Which states there are, and who asks,
 * is above it.  Knows no: request, holder.  docs/connection.md, "States".
 */

#include "ngx_http_healthcode_clock.h"
#include "ngx_http_healthcode_connection.h"
#include "ngx_http_healthcode_tally.h"


static void ngx_http_healthcode_connection_timer_handler(ngx_event_t *ev);
static ngx_uint_t ngx_http_healthcode_connection_is_hopeful(
    const ngx_http_healthcode_connection_t *connection);
static void ngx_http_healthcode_connection_resolved(void *data,
    ngx_int_t state);
static void ngx_http_healthcode_connection_renewed(void *data,
    ngx_int_t state);
static void ngx_http_healthcode_connection_targets(
    ngx_http_healthcode_connection_t *connection);
static void ngx_http_healthcode_connection_ended(void *data);
static void ngx_http_healthcode_connection_failed(void *data, ngx_err_t err);
static void ngx_http_healthcode_connection_insecure(void *data,
    const healthcode_tls_failure_t *failure);
static void ngx_http_healthcode_connection_sending(void *data);
static void ngx_http_healthcode_connection_refused(void *data,
    healthcode_reason_e reason, const char *cause);
static void ngx_http_healthcode_connection_lost(void *data, ngx_err_t err);
static void ngx_http_healthcode_connection_unused(void *data);
static ngx_uint_t ngx_http_healthcode_connection_turn(
    ngx_http_healthcode_connection_t *connection, const char *cause);
static void ngx_http_healthcode_connection_close(
    ngx_http_healthcode_connection_t *connection, healthcode_reason_e reason);


static const ngx_http_healthcode_resolve_handlers_t
    ngx_http_healthcode_connection_resolver =
{
    .resolved = ngx_http_healthcode_connection_resolved,
    .renewed = ngx_http_healthcode_connection_renewed
};


static const ngx_http_healthcode_wire_handlers_t
    ngx_http_healthcode_connection_wire =
{
    .connected = ngx_http_healthcode_connection_ended,
    .unreached = ngx_http_healthcode_connection_failed,
    .secured = ngx_http_healthcode_connection_ended,
    .insecure = ngx_http_healthcode_connection_insecure,
    .sending = ngx_http_healthcode_connection_sending,
    .proven = ngx_http_healthcode_connection_ended,
    .left = ngx_http_healthcode_connection_ended,
    .refused = ngx_http_healthcode_connection_refused,
    .lost = ngx_http_healthcode_connection_lost,
    .unused = ngx_http_healthcode_connection_unused
};


ngx_int_t
ngx_http_healthcode_connection_init(
    ngx_http_healthcode_connection_t *connection,
    const ngx_http_healthcode_store_t *store,
    const ngx_http_healthcode_connection_row_t *rows,
    const ngx_http_healthcode_connection_handlers_t *handlers, void *data,
    healthcode_tracker_note_pt note, ngx_log_t *log)
{
    connection->rows = rows;
    connection->handlers = handlers;
    connection->data = data;
    connection->store = store;
    connection->log = log;
    connection->dummy.fd = (ngx_socket_t) -1;
    connection->dummy.data = connection;

    connection->timer.handler = ngx_http_healthcode_connection_timer_handler;
    connection->timer.data = &connection->dummy;
    connection->timer.log = log;
    connection->timer.cancelable = 1;

    healthcode_tracker_init(&connection->tracker, &store->handshake,
                            store->timeout, (size_t) store->max_pending, note,
                            connection);
    connection->tracker.pipeline.breaker.chance = (uint32_t) ngx_random();

    ngx_http_healthcode_outage_init(&connection->outage, store, log);
    ngx_http_healthcode_wire_init(&connection->wire, &connection->tracker,
                                  &ngx_http_healthcode_connection_wire,
                                  connection, log);
    ngx_http_healthcode_resolve_init(&connection->resolve,
                                     &connection->addresses,
                                     store->resolver, store->resolver_timeout,
                                     &ngx_http_healthcode_connection_resolver,
                                     connection, log);

    return ngx_http_healthcode_address_list_init(&connection->addresses,
                                                 &store->server, log);
}


void
ngx_http_healthcode_connection_destroy(
    ngx_http_healthcode_connection_t *connection)
{
    ngx_http_healthcode_connection_close(connection,
                                         HEALTHCODE_REASON_STORE_UNAVAILABLE);
    connection->state = NGX_HTTP_HEALTHCODE_CONNECTION_DESTROYED;

    ngx_http_healthcode_connection_stop_timer(connection);
    ngx_http_healthcode_wire_destroy(&connection->wire);
    ngx_http_healthcode_address_list_free(&connection->addresses);

    healthcode_tracker_lose(&connection->tracker);
    healthcode_tracker_free(&connection->tracker);
}


/* ---- from state to state ---- */

void
ngx_http_healthcode_connection_go(ngx_http_healthcode_connection_t *connection,
    ngx_http_healthcode_connection_state_e state)
{
    connection->state = state;
    connection->rows[state].begin(connection);
}


void
ngx_http_healthcode_connection_next(
    ngx_http_healthcode_connection_t *connection)
{
    ngx_http_healthcode_connection_go(connection,
                                   connection->rows[connection->state].next);
}


/* The step of a state is done. */
static void
ngx_http_healthcode_connection_ended(void *data)
{
    ngx_http_healthcode_connection_next(data);
}


static void
ngx_http_healthcode_connection_timer_handler(ngx_event_t *ev)
{
    ngx_connection_t                  *dummy = ev->data;
    ngx_http_healthcode_connection_t  *connection = dummy->data;

    connection->rows[connection->state].late(connection);
}


void
ngx_http_healthcode_connection_wait(
    ngx_http_healthcode_connection_t *connection, ngx_msec_t ms)
{
    ngx_time_update();
    ngx_add_timer(&connection->timer, ms);
}


void
ngx_http_healthcode_connection_stop_timer(
    ngx_http_healthcode_connection_t *connection)
{
    if (connection->timer.timer_set) {
        ngx_del_timer(&connection->timer);
    }
}


void
ngx_http_healthcode_connection_start(
    ngx_http_healthcode_connection_t *connection)
{
    ngx_http_healthcode_connection_stop_timer(connection);
    ngx_http_healthcode_address_list_begin(&connection->addresses,
                                           ngx_http_healthcode_clock());

    connection->begun = ngx_http_healthcode_clock();

    if (connection->lead) {
        ngx_http_healthcode_connection_go(connection,
                                       NGX_HTTP_HEALTHCODE_CONNECTION_NAMING);
        return;
    }

    ngx_http_healthcode_connection_go(connection,
                      ngx_http_healthcode_resolve_is_due(&connection->resolve)
                      ? NGX_HTTP_HEALTHCODE_CONNECTION_RESOLVING
                      : NGX_HTTP_HEALTHCODE_CONNECTION_CONNECTING);
}


healthcode_reason_e
ngx_http_healthcode_connection_want(
    ngx_http_healthcode_connection_t *connection)
{
    ngx_http_healthcode_outage_t  *outage = &connection->outage;

    if (connection->state != NGX_HTTP_HEALTHCODE_CONNECTION_DOWN) {
        return HEALTHCODE_REASON_OK;
    }

    if (outage->failures == 0
        || ngx_http_healthcode_connection_is_hopeful(connection))
    {
        ngx_http_healthcode_connection_start(connection);
    }

    return (connection->state == NGX_HTTP_HEALTHCODE_CONNECTION_DOWN)
           ? outage->reason : HEALTHCODE_REASON_OK;
}


/*
 * Workers come back one after another, and each ends what others know by it:
 * who is asked for that does not wait for the end of a pause.
 */
static ngx_uint_t
ngx_http_healthcode_connection_is_hopeful(
    const ngx_http_healthcode_connection_t *connection)
{
    uint64_t  now = ngx_http_healthcode_clock();

    return healthcode_tracker_is_fresh(&connection->tracker, now)
           && now - connection->begun >= HEALTHCODE_OUTAGE_MIN;
}


/* ---- the name ---- */

static void
ngx_http_healthcode_connection_resolved(void *data, ngx_int_t state)
{
    ngx_http_healthcode_cause_t        cause;
    ngx_http_healthcode_connection_t  *connection = data;

    ngx_http_healthcode_connection_targets(connection);

    if (state == NGX_OK) {
        ngx_http_healthcode_connection_next(connection);
        return;
    }

    ngx_http_healthcode_outage_unresolved(&cause, state,
                                    &connection->store->server,
                                    connection->resolve.nempty
                                    ? connection->resolve.empty : NULL);
    ngx_http_healthcode_connection_fail(connection,
                                        HEALTHCODE_REASON_STORE_UNAVAILABLE,
                                        cause.text);
}


/* The connection is live. */
static void
ngx_http_healthcode_connection_renewed(void *data, ngx_int_t state)
{
    ngx_http_healthcode_connection_t   *connection = data;
    const ngx_http_healthcode_store_t  *store = connection->store;

    if (state != NGX_OK && !connection->is_unresolved_said) {
        ngx_log_error(NGX_LOG_WARN, connection->log, 0,
                      "healthcode: store \"%V\" at %V: its name could not be "
                      "resolved again (%i: %s); the connection is kept",
                      &store->name, &store->server.text, state,
                      ngx_resolver_strerror(state));
    }

    connection->is_unresolved_said = (state != NGX_OK);
    ngx_http_healthcode_connection_targets(connection);

    /* without an answer the list is as it was */

    if (ngx_http_healthcode_address_list_has(&connection->addresses,
                                             &connection->address))
    {
        ngx_http_healthcode_resolve_renew(&connection->resolve);
        return;
    }

    ngx_log_error(NGX_LOG_NOTICE, connection->log, 0,
                  "healthcode: the name of store \"%V\" at %V leads to another "
                  "address; connecting there", &store->name,
                  &store->server.text);

    ngx_http_healthcode_connection_write(connection);

    if (ngx_http_healthcode_connection_is_live(connection)) {
        ngx_http_healthcode_connection_next(connection);
    }
}


/* Says which target of SRV records is left out, once, if others are not. */
static void
ngx_http_healthcode_connection_targets(
    ngx_http_healthcode_connection_t *connection)
{
    const ngx_http_healthcode_resolve_t  *resolve = &connection->resolve;

    if (resolve->nempty == resolve->ntargets) {
        return;
    }

    if (resolve->nempty && !connection->is_empty_said) {
        ngx_http_healthcode_outage_target(&connection->outage, resolve->empty,
                                          resolve->empty_state);
    }

    connection->is_empty_said = (resolve->nempty != 0);
}


/* ---- bytes ---- */

void
ngx_http_healthcode_connection_drain(
    ngx_http_healthcode_connection_t *connection)
{
    if (connection->rows[connection->state].is_open) {
        ngx_http_healthcode_wire_drain(&connection->wire);
    }
}


/* From now on the store may not be silent for too long. */
static void
ngx_http_healthcode_connection_sending(void *data)
{
    ngx_http_healthcode_connection_t  *connection = data;

    if (!connection->timer.timer_set) {
        ngx_http_healthcode_connection_wait(connection,
            (ngx_msec_t) healthcode_tracker_silence(&connection->tracker));
    }
}


/* Stays for those who still wait. */
static void
ngx_http_healthcode_connection_unused(void *data)
{
    ngx_http_healthcode_connection_t  *connection = data;

    if (connection->tracker.pipeline.pending == 0) {
        ngx_http_healthcode_connection_close(connection,
                                         HEALTHCODE_REASON_STORE_UNAVAILABLE);

        /* whoever still comes makes it anew */
        connection->outage.failures = 0;
    }
}


/* ---- failures ---- */

static void
ngx_http_healthcode_connection_lost(void *data, ngx_err_t err)
{
    ngx_http_healthcode_connection_t  *connection = data;

    connection->rows[connection->state].lost(connection, err);
}


static void
ngx_http_healthcode_connection_failed(void *data, ngx_err_t err)
{
    ngx_http_healthcode_connection_unreached(data, err);
}


void
ngx_http_healthcode_connection_unreached(
    ngx_http_healthcode_connection_t *connection, ngx_err_t err)
{
    ngx_http_healthcode_cause_t  cause;

    ngx_http_healthcode_outage_unreached(&cause, err,
                     ngx_http_healthcode_address_is_unix(&connection->address));
    ngx_http_healthcode_connection_fail(connection,
                                        HEALTHCODE_REASON_STORE_UNAVAILABLE,
                                        cause.text);
}


static void
ngx_http_healthcode_connection_insecure(void *data,
    const healthcode_tls_failure_t *failure)
{
    ngx_http_healthcode_cause_t        cause;
    ngx_http_healthcode_connection_t  *connection = data;

    ngx_http_healthcode_outage_insecure(&cause, failure,
                                        &connection->store->tls.name);
    ngx_http_healthcode_connection_fail(connection,
                                        HEALTHCODE_REASON_STORE_UNAVAILABLE,
                                        cause.text);
}


static void
ngx_http_healthcode_connection_refused(void *data, healthcode_reason_e reason,
    const char *cause)
{
    ngx_http_healthcode_connection_fail(data, reason, cause);
}


void
ngx_http_healthcode_connection_fail(
    ngx_http_healthcode_connection_t *connection, healthcode_reason_e reason,
    const char *cause)
{
    ngx_uint_t                   n = 0;
    ngx_http_healthcode_cause_t  all;

    if (ngx_http_healthcode_connection_is_trying(connection)) {
        n = connection->addresses.next;

        if (ngx_http_healthcode_connection_turn(connection, cause)) {
            return;
        }
    }

    if (n > 1) {
        ngx_http_healthcode_outage_all(&all, n, cause);
        cause = all.text;
    }

    ngx_http_healthcode_tally(connection->store->tally,
                              HEALTHCODE_SERIES_FAILURES,
                              &connection->store->name,
                              healthcode_reason_word(reason));
    ngx_http_healthcode_outage_down(&connection->outage, cause);
    ngx_http_healthcode_connection_again(connection, reason);
}


/* This address has failed; whether the next one is tried, and all wait on. */
static ngx_uint_t
ngx_http_healthcode_connection_turn(
    ngx_http_healthcode_connection_t *connection, const char *cause)
{
    ngx_http_healthcode_address_t  *address = &connection->address;

    ngx_http_healthcode_address_list_fails(&connection->addresses, address,
                                           ngx_http_healthcode_clock());

    if (!ngx_http_healthcode_address_list_has_next(&connection->addresses)) {
        return 0;
    }

    ngx_http_healthcode_outage_address(&connection->outage,
                                       &address->sockaddr.sockaddr,
                                       address->socklen, cause);

    ngx_http_healthcode_connection_disconnect(connection);
    ngx_http_healthcode_connection_go(connection,
                                   NGX_HTTP_HEALTHCODE_CONNECTION_CONNECTING);

    return 1;
}


ngx_uint_t
ngx_http_healthcode_connection_has_lasted(
    const ngx_http_healthcode_connection_t *connection)
{
    return ngx_http_healthcode_connection_is_live(connection)
           && ngx_current_msec - connection->live
              > HEALTHCODE_OUTAGE_MAX;
}


void
ngx_http_healthcode_connection_again(
    ngx_http_healthcode_connection_t *connection, healthcode_reason_e reason)
{
    ngx_uint_t                     has_lasted;
    ngx_http_healthcode_outage_t  *outage = &connection->outage;

    has_lasted = ngx_http_healthcode_connection_has_lasted(connection);

    if (!has_lasted && ngx_http_healthcode_connection_is_live(connection)) {
        ngx_http_healthcode_address_list_fails(&connection->addresses,
                                               &connection->address,
                                               ngx_http_healthcode_clock());
    }

    ngx_http_healthcode_outage_count(outage, reason, has_lasted);

    ngx_http_healthcode_connection_close(connection, reason);
    ngx_add_timer(&connection->timer, ngx_http_healthcode_outage_wait(outage));

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, connection->log, 0,
                   "healthcode: store \"%V\": connect again, failures: %ui",
                   &connection->store->name, outage->failures);
}


static void
ngx_http_healthcode_connection_close(
    ngx_http_healthcode_connection_t *connection, healthcode_reason_e reason)
{
    ngx_http_healthcode_connection_disconnect(connection);
    ngx_http_healthcode_resolve_stop(&connection->resolve);

    connection->handlers->failed(connection->data, reason);
}


void
ngx_http_healthcode_connection_disconnect(
    ngx_http_healthcode_connection_t *connection)
{
    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, connection->log, 0,
                   "healthcode: store \"%V\": disconnect in state %d, %uz "
                   "lookups wait", &connection->store->name,
                   (int) connection->state,
                   connection->tracker.pipeline.pending);

    connection->state = NGX_HTTP_HEALTHCODE_CONNECTION_DOWN;

    healthcode_tracker_disconnect(&connection->tracker);
    connection->handlers->lost(connection->data);

    ngx_http_healthcode_connection_stop_timer(connection);
    ngx_http_healthcode_wire_close(&connection->wire);
}
