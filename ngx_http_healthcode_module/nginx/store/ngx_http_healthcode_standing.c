/*
 * What this worker says of a store to all, and what all say of it.
 * Knows no: request, holder, socket.
 * docs/monitoring/metrics.md, "State of stores".
 */

#include "ngx_http_healthcode_clock.h"
#include "ngx_http_healthcode_lead.h"
#include "ngx_http_healthcode_standing.h"


static void ngx_http_healthcode_standing_handler(ngx_event_t *ev);
static uint64_t ngx_http_healthcode_standing_since(
    const ngx_http_healthcode_standing_t *standing,
    const healthcode_standing_sum_t *sum, bool is_up);
static uint64_t ngx_http_healthcode_standing_name(
    const ngx_http_healthcode_store_t *store);


void
ngx_http_healthcode_standing_init(ngx_http_healthcode_standing_t *standing,
    ngx_http_healthcode_connection_t *connection)
{
    standing->connection = connection;
    standing->dummy.fd = (ngx_socket_t) -1;
    standing->dummy.data = standing;

    standing->timer.handler = ngx_http_healthcode_standing_handler;
    standing->timer.data = &standing->dummy;
    standing->timer.log = connection->log;
    standing->timer.cancelable = 1;
}


static void
ngx_http_healthcode_standing_handler(ngx_event_t *ev)
{
    ngx_connection_t  *dummy = ev->data;

    ngx_http_healthcode_standing_say(dummy->data);
}


void
ngx_http_healthcode_standing_say(ngx_http_healthcode_standing_t *standing)
{
    uint64_t                                  now;
    healthcode_standing_t                    *said = &standing->said;
    healthcode_standing_sum_t                 sum;
    const ngx_http_healthcode_store_t        *store;
    const ngx_http_healthcode_connection_t   *connection;

    connection = standing->connection;
    store = connection->store;

    if (store->standings == NULL) {
        return;
    }

    ngx_memzero(&sum, sizeof(healthcode_standing_sum_t));

    if (!standing->is_said) {
        (void) ngx_http_healthcode_standing_sum(store, &sum, &now);
    }

    said->since = ngx_http_healthcode_standing_since(standing, &sum,
                        ngx_http_healthcode_connection_is_up(connection));
    said->is_up = ngx_http_healthcode_connection_is_up(connection);
    said->reason = said->is_up ? HEALTHCODE_REASON_OK
                               : connection->outage.reason;
    said->beat = connection->beat;
    said->is_timed = connection->is_timed;
    said->ahead = connection->ahead;
    said->is_replica = healthcode_tracker_is_replica(&connection->tracker)
                       && connection->tracker.tick;
    said->is_offline = connection->tracker.is_offline;
    said->tick_age = connection->tracker.age;
    said->has_keys = healthcode_tracker_keys(&connection->tracker, &said->keys);
    ngx_http_healthcode_lead_say(connection, &sum.standing.lead, &said->lead);
    standing->is_said = 1;

    (void) healthcode_standing_say(store->standings, &standing->seat,
                                   store->configuration, (uint64_t) ngx_pid,
                                   ngx_http_healthcode_standing_name(store),
                                   said, ngx_http_healthcode_clock());

    ngx_add_timer(&standing->timer, HEALTHCODE_STANDING_PERIOD);
}


/*
 * Since when it is up, or down.  A worker that begins goes on with what the
 * others say, those of an older configuration among them.
 */
static uint64_t
ngx_http_healthcode_standing_since(
    const ngx_http_healthcode_standing_t *standing,
    const healthcode_standing_sum_t *sum, bool is_up)
{
    if (standing->is_said) {
        return (standing->said.is_up == is_up) ? standing->said.since
                                               : (uint64_t) ngx_time();
    }

    return sum->up + sum->down && sum->standing.is_up == is_up
           ? sum->standing.since : (uint64_t) ngx_time();
}


void
ngx_http_healthcode_standing_end(ngx_http_healthcode_standing_t *standing)
{
    const ngx_http_healthcode_store_t  *store = standing->connection->store;

    if (standing->timer.timer_set) {
        ngx_del_timer(&standing->timer);
    }

    if (store->standings) {
        healthcode_standing_leave(store->standings, &standing->seat);
    }
}


ngx_uint_t
ngx_http_healthcode_standing_sum(const ngx_http_healthcode_store_t *store,
    healthcode_standing_sum_t *sum, uint64_t *now)
{
    *now = ngx_http_healthcode_clock();

    if (store->standings == NULL) {
        return 0;
    }

    healthcode_standing_sum(store->standings,
                            ngx_http_healthcode_standing_name(store), *now,
                            sum);

    return sum->up + sum->down;
}


static uint64_t
ngx_http_healthcode_standing_name(const ngx_http_healthcode_store_t *store)
{
    uint64_t  name;

    name = healthcode_str_hash(0, ngx_http_healthcode_view(&store->name));

    return store->node.len
           ? healthcode_str_hash(name, ngx_http_healthcode_view(&store->node))
           : name;
}
