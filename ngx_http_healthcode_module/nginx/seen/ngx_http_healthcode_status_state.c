/*
 * How stores stand, for healthcode_status, whichever worker answers.  Changes
 * nothing.
 * Knows no: header, token, verdict.
 * docs/monitoring/metrics.md, "State of stores".
 */

#include "../store/ngx_http_healthcode_ask.h"
#include "../store/ngx_http_healthcode_standing.h"
#include "ngx_http_healthcode_status_format.h"


/* A metric of a store: what it is in ms or as it is; 0: it is not known. */
typedef struct {
    healthcode_exposition_t   metric;
    ngx_uint_t              (*read)(
        const ngx_http_healthcode_status_state_t *state, int64_t *value);
    ngx_uint_t                is_ms;
} ngx_http_healthcode_status_state_metric_t;


static void ngx_http_healthcode_status_state_sum(
    const ngx_http_healthcode_store_t *store,
    ngx_http_healthcode_status_state_t *sum);
static void ngx_http_healthcode_status_state_add(
    ngx_http_healthcode_status_state_t *sum,
    const ngx_http_healthcode_status_state_t *state);
static void ngx_http_healthcode_status_workers(const ngx_array_t *stores,
    healthcode_sink_t *text);


#define ngx_http_healthcode_status_state_read(name, is_known, number)         \
    static ngx_uint_t                                                         \
    ngx_http_healthcode_status_state_##name(                                  \
        const ngx_http_healthcode_status_state_t *state, int64_t *value)      \
    {                                                                         \
        *value = (int64_t) (number);                                          \
                                                                              \
        return (is_known) != 0;                                               \
    }

ngx_http_healthcode_status_state_read(up, 1, state->is_up)
ngx_http_healthcode_status_state_read(since, state->since, state->since)
ngx_http_healthcode_status_state_read(age, state->has_beaten, state->age)
ngx_http_healthcode_status_state_read(ahead, state->is_timed, state->ahead)
ngx_http_healthcode_status_state_read(keys, state->has_keys, state->keys)
ngx_http_healthcode_status_state_read(max_keys, state->max_keys,
                                      state->max_keys)
ngx_http_healthcode_status_state_read(tick_age, state->has_tick,
                                      state->tick_age)
ngx_http_healthcode_status_state_read(offline, state->has_tick,
                                      state->is_offline)
ngx_http_healthcode_status_state_read(sentinels, state->lead.sentinels,
                                      state->lead.sentinels)
ngx_http_healthcode_status_state_read(reachable, state->lead.sentinels,
                                      state->lead.reachable)
ngx_http_healthcode_status_state_read(agreeing, state->lead.sentinels,
                                      state->lead.agreeing)
ngx_http_healthcode_status_state_read(epoch, state->lead.len,
                                      state->lead.epoch)
ngx_http_healthcode_status_state_read(named, state->lead.len,
                                      state->lead.since)


static const ngx_http_healthcode_status_state_metric_t
    ngx_http_healthcode_status_states[] =
{
    { { "healthcode_store_up", "gauge",
        "0 while the store is down for a worker, otherwise 1." },
      ngx_http_healthcode_status_state_up, 0 },

    { { "healthcode_store_state_since_time_seconds", "gauge",
        "Since when the store is up or down as it is, in Unix seconds." },
      ngx_http_healthcode_status_state_since, 0 },

    { { "healthcode_store_heartbeat_age_seconds", "gauge",
        "Time since the last heartbeat that the store answered well." },
      ngx_http_healthcode_status_state_age, 1 },

    { { "healthcode_store_clock_difference_seconds", "gauge",
        "How far the clock of the store is ahead of the one of nginx." },
      ngx_http_healthcode_status_state_ahead, 1 },

    { { "healthcode_store_tracking_keys", "gauge",
        "Keys that the server tracks for those who keep what they read." },
      ngx_http_healthcode_status_state_keys, 0 },

    { { "healthcode_store_tracking_max_keys", "gauge",
        "Keys that the server tracks at most, as the configuration says." },
      ngx_http_healthcode_status_state_max_keys, 0 },

    { { "healthcode_store_tick_age_seconds", "gauge",
        "How old what a replica says was when it was last asked." },
      ngx_http_healthcode_status_state_tick_age, 1 },

    { { "healthcode_store_offline", "gauge",
        "1 while a replica is cut off and its answers count, otherwise 0." },
      ngx_http_healthcode_status_state_offline, 0 },

    { { "healthcode_store_sentinels", "gauge",
        "Sentinels of the store, as the configuration says." },
      ngx_http_healthcode_status_state_sentinels, 0 },

    { { "healthcode_store_sentinels_reachable", "gauge",
        "Sentinels that answered lately, for the worker with the fewest." },
      ngx_http_healthcode_status_state_reachable, 0 },

    { { "healthcode_store_sentinels_agreeing", "gauge",
        "Sentinels that name the master, for the worker with the fewest." },
      ngx_http_healthcode_status_state_agreeing, 0 },

    { { "healthcode_store_master_epoch", "gauge",
        "Configuration epoch in which sentinels name the master." },
      ngx_http_healthcode_status_state_epoch, 0 },

    { { "healthcode_store_master_since_time_seconds", "gauge",
        "Since when sentinels name the master, in Unix seconds." },
      ngx_http_healthcode_status_state_named, 0 }
};

static const healthcode_exposition_t  ngx_http_healthcode_status_worker = {
    "healthcode_store_workers", "gauge",
    "Workers for which the store is up, and those for which it is down."
};


void
ngx_http_healthcode_status_state(const ngx_http_healthcode_store_t *store,
    ngx_http_healthcode_status_state_t *state)
{
    uint64_t                   now;
    healthcode_standing_sum_t  sum;

    if (store->is_cluster && store->node.len == 0) {
        ngx_http_healthcode_status_state_sum(store, state);
        state->max_keys = store->cache ? (uint64_t) store->max_tracked : 0;
        return;
    }

    ngx_memzero(state, sizeof(ngx_http_healthcode_status_state_t));

    state->reason = HEALTHCODE_REASON_STORE_UNAVAILABLE;
    state->max_keys = store->cache ? (uint64_t) store->max_tracked : 0;

    if (store->sentinel.servers) {
        state->lead.sentinels = (unsigned) store->sentinel.servers->nelts;
    }

    if (!ngx_http_healthcode_standing_sum(store, &sum, &now)) {
        state->is_up = ngx_http_healthcode_ask_is_up(store);
        return;
    }

    state->is_up = sum.standing.is_up;
    state->since = sum.standing.since;
    state->workers_up = sum.up;
    state->workers_down = sum.down;

    if (!state->is_up) {
        state->reason = sum.standing.reason;
    }

    state->has_beaten = (sum.standing.beat != 0);
    state->age = (sum.standing.beat < now) ? now - sum.standing.beat : 0;

    state->is_timed = sum.standing.is_timed;
    state->ahead = sum.standing.ahead;

    state->has_keys = sum.standing.has_keys;
    state->keys = sum.standing.keys;

    state->has_tick = sum.standing.is_replica;
    state->is_offline = sum.standing.is_offline;
    state->tick_age = sum.standing.tick_age;

    if (state->lead.sentinels) {
        state->lead = sum.standing.lead;
    }
}


/* Down if one of them is, for its reason; of the rest, the worst of all. */
static void
ngx_http_healthcode_status_state_sum(const ngx_http_healthcode_store_t *store,
    ngx_http_healthcode_status_state_t *sum)
{
    ngx_uint_t                           i;
    const ngx_http_healthcode_store_t   *node;
    ngx_http_healthcode_status_state_t   state;

    ngx_memzero(sum, sizeof(ngx_http_healthcode_status_state_t));

    for (i = 0;
         store->cluster
         && (node = ngx_http_healthcode_cluster_node(store->cluster, i));
         i++)
    {
        ngx_http_healthcode_status_state(node, &state);

        if (i == 0) {
            *sum = state;

        } else {
            ngx_http_healthcode_status_state_add(sum, &state);
        }
    }

    /* tags that nobody has are nobody's fault */

    if (sum->is_up && !ngx_http_healthcode_ask_is_up(store)) {
        sum->is_up = 0;
        sum->reason = HEALTHCODE_REASON_STORE_UNAVAILABLE;
        sum->since = 0;
    }

    if (i == 0) {
        sum->reason = HEALTHCODE_REASON_STORE_UNAVAILABLE;
    }
}


static void
ngx_http_healthcode_status_state_add(ngx_http_healthcode_status_state_t *sum,
    const ngx_http_healthcode_status_state_t *state)
{
    if (state->is_up != sum->is_up) {

        if (!state->is_up) {
            sum->is_up = 0;
            sum->reason = state->reason;
            sum->since = state->since;
        }

    } else if (state->is_up ? state->since > sum->since
                            : state->since < sum->since)
    {
        sum->since = state->since;
        sum->reason = state->reason;
    }

    if (state->workers_down > sum->workers_down) {
        sum->workers_up = state->workers_up;
        sum->workers_down = state->workers_down;
    }

    sum->has_beaten = sum->has_beaten && state->has_beaten;
    sum->age = (state->age > sum->age) ? state->age : sum->age;

    if (state->is_timed
        && (!sum->is_timed || llabs(state->ahead) > llabs(sum->ahead)))
    {
        sum->is_timed = 1;
        sum->ahead = state->ahead;
    }

    if (state->has_keys && (!sum->has_keys || state->keys > sum->keys)) {
        sum->has_keys = 1;
        sum->keys = state->keys;
    }
}


void
ngx_http_healthcode_status_standings(const ngx_array_t *stores,
    healthcode_sink_t *text)
{
    uint8_t                              name[HEALTHCODE_SERIES_ISSUER];
    int64_t                              value;
    ngx_uint_t                           i, k;
    healthcode_str_t                     label;
    static const char *const             labels[] = { "store" };
    const healthcode_exposition_t       *metric;
    ngx_http_healthcode_store_t        **store = stores->elts;
    ngx_http_healthcode_status_state_t   state;

    for (k = 0; k < sizeof(ngx_http_healthcode_status_states)
                    / sizeof(ngx_http_healthcode_status_states[0]);
         k++)
    {
        metric = &ngx_http_healthcode_status_states[k].metric;
        healthcode_exposition_metric(text, metric);

        for (i = 0; i < stores->nelts; i++) {

            ngx_http_healthcode_status_state(store[i], &state);

            if (!ngx_http_healthcode_status_states[k].read(&state, &value)) {
                continue;
            }

            label = ngx_http_healthcode_status_label(&store[i]->name, name);

            if (ngx_http_healthcode_status_states[k].is_ms) {
                healthcode_exposition_milliseconds(text, metric, labels,
                                                   &label, 1, value);
            } else {
                healthcode_exposition_sample(text, metric, labels, &label, 1,
                                             (uint64_t) value);
            }
        }
    }

    ngx_http_healthcode_status_workers(stores, text);
}


static void
ngx_http_healthcode_status_workers(const ngx_array_t *stores,
    healthcode_sink_t *text)
{
    uint8_t                              name[HEALTHCODE_SERIES_ISSUER];
    ngx_uint_t                           i;
    healthcode_str_t                     values[2];
    static const char *const             labels[] = { "store", "state" };
    const healthcode_exposition_t       *metric;
    ngx_http_healthcode_store_t        **store = stores->elts;
    ngx_http_healthcode_status_state_t   state;

    metric = &ngx_http_healthcode_status_worker;
    healthcode_exposition_metric(text, metric);

    for (i = 0; i < stores->nelts; i++) {

        ngx_http_healthcode_status_state(store[i], &state);

        values[0] = ngx_http_healthcode_status_label(&store[i]->name, name);
        values[1] = healthcode_str("up");
        healthcode_exposition_sample(text, metric, labels, values, 2,
                                     state.workers_up);
        values[1] = healthcode_str("down");
        healthcode_exposition_sample(text, metric, labels, values, 2,
                                     state.workers_down);
    }
}
