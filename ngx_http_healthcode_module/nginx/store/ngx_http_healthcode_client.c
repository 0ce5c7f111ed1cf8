/*
 * What a gate asks of a store: what this worker knows of a holder, else a live
 * read.  Which reply is whose, who joins whom and what is kept is decided in
 * redis/.  Knows no: request, socket.  docs/connection.md.
 */

#include "ngx_http_healthcode_client.h"
#include "ngx_http_healthcode_clock.h"
#include "ngx_http_healthcode_heartbeat.h"
#include "ngx_http_healthcode_lead.h"
#include "ngx_http_healthcode_notes.h"
#include "ngx_http_healthcode_rotate.h"
#include "ngx_http_healthcode_standing.h"
#include "ngx_http_healthcode_state.h"


struct ngx_http_healthcode_client_s {
    ngx_http_healthcode_connection_t   connection;
    ngx_http_healthcode_client_changed_pt  changed;   /* or NULL */
    void                              *watcher;
    ngx_http_healthcode_heartbeat_t    heartbeat;
    ngx_http_healthcode_standing_t     standing;
    ngx_event_t                        late;     /* the oldest who waits */
    ngx_connection_t                   dummy;    /* late logs its fd */
};


static ngx_int_t ngx_http_healthcode_client_own(
    ngx_http_healthcode_client_t *client,
    const ngx_http_healthcode_store_t *store);
static void ngx_http_healthcode_client_asked(
    ngx_http_healthcode_client_t *client, const healthcode_lookup_t *lookup);
static void ngx_http_healthcode_client_tell(
    ngx_http_healthcode_client_t *client);
static void ngx_http_healthcode_client_live(void *data);
static void ngx_http_healthcode_client_lost(void *data);
static void ngx_http_healthcode_client_failed(void *data,
    healthcode_reason_e reason);
static void ngx_http_healthcode_client_late_handler(ngx_event_t *ev);
static void ngx_http_healthcode_client_slow(
    ngx_http_healthcode_client_t *client);
static uint64_t ngx_http_healthcode_client_clock(void *data);


static const ngx_http_healthcode_connection_handlers_t
    ngx_http_healthcode_client_handlers =
{
    .live = ngx_http_healthcode_client_live,
    .lost = ngx_http_healthcode_client_lost,
    .failed = ngx_http_healthcode_client_failed
};


ngx_http_healthcode_client_t *
ngx_http_healthcode_client_create(ngx_pool_t *pool, ngx_log_t *log,
    ngx_http_healthcode_store_t *store)
{
    ngx_http_healthcode_client_t      *client;
    ngx_http_healthcode_connection_t  *connection;

    client = ngx_pcalloc(pool, sizeof(ngx_http_healthcode_client_t));
    if (client == NULL) {
        return NULL;
    }

    client->dummy.fd = (ngx_socket_t) -1;
    client->dummy.data = client;

    /*
     * Not cancelable: otherwise a worker that was asked to quit would leave
     * while requests are suspended.
     */
    client->late.handler = ngx_http_healthcode_client_late_handler;
    client->late.data = &client->dummy;
    client->late.log = log;

    connection = &client->connection;

    if (ngx_http_healthcode_connection_init(connection, store,
                                        ngx_http_healthcode_state_rows,
                                        &ngx_http_healthcode_client_handlers,
                                        client, ngx_http_healthcode_notes_write,
                                        log)
        != NGX_OK)
    {
        return NULL;
    }

    ngx_http_healthcode_heartbeat_init(&client->heartbeat, connection);
    ngx_http_healthcode_standing_init(&client->standing, connection);

    if (ngx_http_healthcode_client_own(client, store) != NGX_OK
        || ngx_http_healthcode_lead_begin(connection, pool) != NGX_OK)
    {
        return NULL;
    }

    ngx_http_healthcode_rotate_init(connection, store);

    return client;
}


void
ngx_http_healthcode_client_start(ngx_http_healthcode_client_t *client)
{
    ngx_http_healthcode_connection_start(&client->connection);
}


void
ngx_http_healthcode_client_watch(ngx_http_healthcode_client_t *client,
    ngx_http_healthcode_client_changed_pt changed, void *data)
{
    client->changed = changed;
    client->watcher = data;
}


static void
ngx_http_healthcode_client_tell(ngx_http_healthcode_client_t *client)
{
    if (client->changed) {
        client->changed(client->watcher);
    }
}


ngx_http_healthcode_connection_t *
ngx_http_healthcode_client_connection(ngx_http_healthcode_client_t *client)
{
    return &client->connection;
}


void
ngx_http_healthcode_client_flush(ngx_http_healthcode_client_t *client)
{
    ngx_http_healthcode_heartbeat_t  *heartbeat = &client->heartbeat;

    ngx_http_healthcode_connection_flush(heartbeat->connection);
    ngx_http_healthcode_heartbeat_wake(heartbeat);
}


/* NGX_OK, or NGX_ERROR: no memory. */
static ngx_int_t
ngx_http_healthcode_client_own(ngx_http_healthcode_client_t *client,
    const ngx_http_healthcode_store_t *store)
{
    healthcode_memo_terms_t  terms;

    if (store->cache == NULL) {
        return NGX_OK;
    }

    terms.absence = &store->cache->absence;
    terms.number = ngx_http_healthcode_cache_owner(store->number);
    terms.lease = store->lease;
    terms.max_age = store->cache_max_age;
    terms.digest = store->digest;
    terms.counters =
        &ngx_http_healthcode_cache_counters(store->cache)->holders;

    return healthcode_tracker_own(&client->connection.tracker, &terms)
           ? NGX_OK : NGX_ERROR;
}


void
ngx_http_healthcode_client_destroy(ngx_http_healthcode_client_t *client)
{
    ngx_http_healthcode_lead_end(&client->connection);
    ngx_http_healthcode_connection_destroy(&client->connection);
    ngx_http_healthcode_rotate_destroy(&client->connection);
    ngx_http_healthcode_standing_end(&client->standing);
}


ngx_uint_t
ngx_http_healthcode_client_is_up(const ngx_http_healthcode_client_t *client)
{
    return ngx_http_healthcode_connection_is_up(&client->connection);
}


const healthcode_data_t *
ngx_http_healthcode_client_data(const ngx_http_healthcode_client_t *client)
{
    return healthcode_tracker_data(&client->connection.tracker);
}


ngx_uint_t
ngx_http_healthcode_client_find(ngx_http_healthcode_client_t *client,
    const healthcode_risk_query_t *query, const healthcode_risk_terms_t *terms,
    healthcode_risk_t *risk, struct timespec *decided)
{
    return healthcode_tracker_find(&client->connection.tracker, query, terms,
                                   risk, ngx_http_healthcode_client_clock,
                                   decided);
}


ngx_uint_t
ngx_http_healthcode_client_find_stale(ngx_http_healthcode_client_t *client,
    const healthcode_risk_query_t *query, const healthcode_risk_terms_t *terms,
    uint64_t over, healthcode_risk_t *risk, struct timespec *decided)
{
    return healthcode_tracker_find_stale(&client->connection.tracker, query,
                                         terms, over, risk,
                                         ngx_http_healthcode_client_clock,
                                         decided);
}


static uint64_t
ngx_http_healthcode_client_clock(void *data)
{
    return ngx_http_healthcode_clock_read(data);
}


healthcode_reason_e
ngx_http_healthcode_client_ask(ngx_http_healthcode_client_t *client,
    const healthcode_risk_query_t *query, healthcode_lookup_done_pt done,
    void *data, healthcode_lookup_t **lookup)
{
    healthcode_reason_e                reason;
    ngx_http_healthcode_connection_t  *connection = &client->connection;

    reason = ngx_http_healthcode_connection_want(connection);

    if (reason == HEALTHCODE_REASON_OK) {
        reason = healthcode_tracker_ask(&connection->tracker, query,
                                        ngx_http_healthcode_clock(), done,
                                        data, lookup);
    }

    if (reason == HEALTHCODE_REASON_OK) {
        ngx_http_healthcode_client_asked(client, *lookup);
    }

    return reason;
}


healthcode_reason_e
ngx_http_healthcode_client_asking(ngx_http_healthcode_client_t *client,
    const healthcode_risk_query_t *query, healthcode_lookup_done_pt done,
    void *data, healthcode_lookup_t **lookup)
{
    healthcode_reason_e                reason;
    ngx_http_healthcode_connection_t  *connection = &client->connection;

    reason = healthcode_tracker_asking(&connection->tracker, query,
                                       ngx_http_healthcode_clock(), done, data,
                                       lookup);

    if (reason == HEALTHCODE_REASON_OK) {
        ngx_http_healthcode_client_asked(client, *lookup);
    }

    return reason;
}


healthcode_reason_e
ngx_http_healthcode_client_call(ngx_http_healthcode_client_t *client,
    const healthcode_call_t *call, healthcode_lookup_t **lookup)
{
    healthcode_reason_e                reason;
    ngx_http_healthcode_connection_t  *connection = &client->connection;

    reason = ngx_http_healthcode_connection_want(connection);

    if (reason == HEALTHCODE_REASON_OK) {
        reason = healthcode_tracker_call(&connection->tracker, call,
                                         ngx_http_healthcode_clock(), lookup);
    }

    if (reason == HEALTHCODE_REASON_OK) {
        ngx_http_healthcode_client_asked(client, *lookup);
    }

    return reason;
}


healthcode_reason_e
ngx_http_healthcode_client_calling(ngx_http_healthcode_client_t *client,
    const healthcode_call_t *call, healthcode_lookup_t **lookup)
{
    healthcode_reason_e                reason;
    ngx_http_healthcode_connection_t  *connection = &client->connection;

    reason = healthcode_tracker_calling(&connection->tracker, call,
                                        ngx_http_healthcode_clock(), lookup);

    if (reason == HEALTHCODE_REASON_OK) {
        ngx_http_healthcode_client_asked(client, *lookup);
    }

    return reason;
}


/* One more waits: what there is leaves at the end of this turn. */
static void
ngx_http_healthcode_client_asked(ngx_http_healthcode_client_t *client,
    const healthcode_lookup_t *lookup)
{
    healthcode_tracker_t              *tracker = &client->connection.tracker;
    ngx_http_healthcode_connection_t  *connection = &client->connection;

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, connection->log, 0,
                   "healthcode: store \"%V\": lookup joined: %d, pending: %uz",
                   &connection->store->name, (int) lookup->is_joined,
                   tracker->pipeline.pending);

    if (ngx_http_healthcode_connection_is_live(connection)
        && healthcode_pipeline_has_unsent(&tracker->pipeline))
    {
        ngx_http_healthcode_connection_flush(connection);
    }

    ngx_http_healthcode_heartbeat_wake(&client->heartbeat);

    /* all wait equally long, so one timer serves them in turn */

    if (!client->late.timer_set) {
        ngx_add_timer(&client->late, connection->store->timeout);
    }
}


static void
ngx_http_healthcode_client_live(void *data)
{
    ngx_http_healthcode_client_t  *client = data;

    ngx_http_healthcode_heartbeat_start(&client->heartbeat);
    ngx_http_healthcode_standing_say(&client->standing);
    ngx_http_healthcode_client_tell(client);
}


static void
ngx_http_healthcode_client_lost(void *data)
{
    ngx_http_healthcode_client_t  *client = data;

    ngx_http_healthcode_heartbeat_stop(&client->heartbeat);
}


static void
ngx_http_healthcode_client_failed(void *data, healthcode_reason_e reason)
{
    ngx_http_healthcode_client_t      *client = data;
    ngx_http_healthcode_connection_t  *connection = &client->connection;

    if (client->late.timer_set) {
        ngx_del_timer(&client->late);
    }

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, connection->log, 0,
                   "healthcode: store \"%V\": all lookups end: %*s",
                   &connection->store->name,
                   healthcode_reason_word(reason).len,
                   healthcode_reason_word(reason).data);

    ngx_http_healthcode_standing_say(&client->standing);
    ngx_http_healthcode_client_tell(client);

    healthcode_pipeline_fail(&connection->tracker.pipeline, reason);
}


static void
ngx_http_healthcode_client_late_handler(ngx_event_t *ev)
{
    bool                               is_open;
    size_t                             late;
    uint64_t                           left;
    ngx_connection_t                  *dummy = ev->data;
    healthcode_pipeline_t             *pipeline;
    ngx_http_healthcode_client_t      *client = dummy->data;
    ngx_http_healthcode_connection_t  *connection = &client->connection;

    pipeline = &connection->tracker.pipeline;

    /* read before judging: the answer may be here and only we are late */

    ngx_http_healthcode_connection_drain(connection);

    /* likewise write: the store may have proved itself just now */

    if (ngx_http_healthcode_connection_is_live(connection)
        && (pipeline->out.len || healthcode_pipeline_has_unsent(pipeline)))
    {
        healthcode_pipeline_unhold(pipeline);
        ngx_http_healthcode_connection_write(connection);
    }

    late = pipeline->late;
    is_open = pipeline->breaker.is_open;

    if (healthcode_pipeline_expire(pipeline, ngx_http_healthcode_clock(),
                                   &left))
    {
        ngx_time_update();
        ngx_add_timer(&client->late, (ngx_msec_t) left);
    }

    if (pipeline->late != late) {
        ngx_log_debug2(NGX_LOG_DEBUG_HTTP, connection->log, 0,
                       "healthcode: store \"%V\": late lookups end: %uz",
                       &connection->store->name, pipeline->late - late);
    }

    if (pipeline->breaker.is_open && !is_open) {
        ngx_http_healthcode_client_slow(client);
    }
}


/* From now on lookups end at once, except one now and then. */
static void
ngx_http_healthcode_client_slow(ngx_http_healthcode_client_t *client)
{
    ngx_http_healthcode_cause_t        cause;
    ngx_http_healthcode_connection_t  *connection = &client->connection;

    /* if it is not live, why it is not will be said */

    if (ngx_http_healthcode_connection_is_live(connection)
        && !connection->outage.lines.down)
    {
        ngx_http_healthcode_outage_slow(&cause, connection->store->timeout);
        ngx_http_healthcode_outage_down(&connection->outage, cause.text);
    }

    connection->outage.reason = HEALTHCODE_REASON_STORE_TIMEOUT;
    ngx_http_healthcode_standing_say(&client->standing);
}
