/*
 * Stores, lookups and times, for healthcode_status as JSON.  Changes nothing.
 * Knows no: connection, header, token, verdict.
 * docs/directives.md, "healthcode_status".
 */

#include "ngx_http_healthcode_status_format.h"


static void ngx_http_healthcode_status_json_store(
    const ngx_http_healthcode_status_facts_t *facts,
    const ngx_http_healthcode_store_t *store, healthcode_json_writer_t *json);
static void ngx_http_healthcode_status_json_state(
    const ngx_http_healthcode_store_t *store, healthcode_json_writer_t *json);
static void ngx_http_healthcode_status_json_sentinel(
    const ngx_http_healthcode_store_t *store,
    const healthcode_standing_lead_t *lead, healthcode_json_writer_t *json);
static uint64_t ngx_http_healthcode_status_json_sum(
    const ngx_http_healthcode_status_facts_t *facts, healthcode_series_e what,
    healthcode_str_t label);
static void ngx_http_healthcode_status_json_words(
    const ngx_http_healthcode_status_facts_t *facts, healthcode_series_e what,
    healthcode_str_t label, healthcode_json_writer_t *json);
static void ngx_http_healthcode_status_json_lookups(
    const ngx_http_healthcode_status_facts_t *facts, healthcode_str_t label,
    healthcode_json_writer_t *json);
static void ngx_http_healthcode_status_json_verified(
    const ngx_http_healthcode_status_facts_t *facts,
    healthcode_json_writer_t *json);
static void ngx_http_healthcode_status_json_times(
    const ngx_http_healthcode_counts_times_t *times,
    healthcode_json_writer_t *json);


void
ngx_http_healthcode_status_json_stores(
    const ngx_http_healthcode_status_facts_t *facts,
    healthcode_json_writer_t *json)
{
    ngx_uint_t                     i;
    ngx_http_healthcode_store_t  **store = facts->mcf->stores.elts;

    healthcode_json_writer_name(json, "stores");
    healthcode_json_writer_open(json, '[');

    for (i = 0; i < facts->mcf->stores.nelts; i++) {
        healthcode_json_writer_line(json);
        ngx_http_healthcode_status_json_store(facts, store[i], json);
    }

    healthcode_json_writer_close(json, ']');

    ngx_http_healthcode_status_json_verified(facts, json);
}


static void
ngx_http_healthcode_status_json_store(
    const ngx_http_healthcode_status_facts_t *facts,
    const ngx_http_healthcode_store_t *store, healthcode_json_writer_t *json)
{
    uint8_t           name[HEALTHCODE_SERIES_ISSUER];
    healthcode_str_t  label;

    label = ngx_http_healthcode_status_label(&store->name, name);

    healthcode_json_writer_open(json, '{');
    healthcode_json_writer_name(json, "store");
    healthcode_json_writer_string(json, ngx_http_healthcode_view(&store->name));

    ngx_http_healthcode_status_json_state(store, json);

    healthcode_json_writer_member(json, "connects",
        ngx_http_healthcode_status_json_sum(facts, HEALTHCODE_SERIES_CONNECTS,
                                            label));

    healthcode_json_writer_name(json, "failures");
    ngx_http_healthcode_status_json_words(facts, HEALTHCODE_SERIES_FAILURES,
                                          label, json);

    healthcode_json_writer_name(json, "lookups");
    ngx_http_healthcode_status_json_words(facts, HEALTHCODE_SERIES_LOOKUPS,
                                          label, json);

    healthcode_json_writer_member(json, "joined",
        ngx_http_healthcode_status_json_sum(facts, HEALTHCODE_SERIES_JOINED,
                                            label));
    healthcode_json_writer_member(json, "offline_lookups",
        ngx_http_healthcode_status_json_sum(facts, HEALTHCODE_SERIES_OFFLINE,
                                            label));
    healthcode_json_writer_member(json, "stale",
        ngx_http_healthcode_status_json_sum(facts, HEALTHCODE_SERIES_STALE,
                                            label));

    ngx_http_healthcode_status_json_lookups(facts, label, json);
    ngx_http_healthcode_status_json_data(store, facts->now, json);
    ngx_http_healthcode_status_json_halls(facts, store, json);

    healthcode_json_writer_close(json, '}');
}


static void
ngx_http_healthcode_status_json_state(const ngx_http_healthcode_store_t *store,
    healthcode_json_writer_t *json)
{
    ngx_http_healthcode_status_state_t  state;

    ngx_http_healthcode_status_state(store, &state);

    healthcode_json_writer_name(json, "up");
    healthcode_json_writer_word(json, state.is_up ? healthcode_str("true")
                                                  : healthcode_str("false"));

    healthcode_json_writer_name(json, "reason");

    if (state.is_up) {
        healthcode_json_writer_word(json, healthcode_str("null"));

    } else {
        healthcode_json_writer_string(json,
                                      healthcode_reason_word(state.reason));
    }

    healthcode_json_writer_known(json, "since", state.since, state.since);
    healthcode_json_writer_member(json, "workers_up", state.workers_up);
    healthcode_json_writer_member(json, "workers_down", state.workers_down);
    healthcode_json_writer_known(json, "lease_age_ms", state.has_beaten,
                                 state.age);

    healthcode_json_writer_name(json, "clock_difference_ms");

    if (state.is_timed) {
        healthcode_json_writer_signed(json, state.ahead);

    } else {
        healthcode_json_writer_word(json, healthcode_str("null"));
    }

    healthcode_json_writer_known(json, "tracking_keys", state.has_keys,
                                 state.keys);
    healthcode_json_writer_known(json, "tracking_max", state.max_keys,
                                 state.max_keys);

    healthcode_json_writer_name(json, "tick_age_ms");

    if (state.has_tick) {
        healthcode_json_writer_signed(json, state.tick_age);

    } else {
        healthcode_json_writer_word(json, healthcode_str("null"));
    }

    healthcode_json_writer_name(json, "offline");
    healthcode_json_writer_word(json, state.is_offline
                                      ? healthcode_str("true")
                                      : healthcode_str("false"));

    ngx_http_healthcode_status_json_sentinel(store, &state.lead, json);
    ngx_http_healthcode_status_json_nodes(store, json);
}


static void
ngx_http_healthcode_status_json_sentinel(
    const ngx_http_healthcode_store_t *store,
    const healthcode_standing_lead_t *lead, healthcode_json_writer_t *json)
{
    char                           text[HEALTHCODE_SENTINEL_TEXT];
    healthcode_sentinel_address_t  master;

    healthcode_json_writer_name(json, "sentinel");

    if (lead->sentinels == 0) {
        healthcode_json_writer_word(json, healthcode_str("null"));
        return;
    }

    healthcode_json_writer_open(json, '{');
    healthcode_json_writer_name(json, "name");
    healthcode_json_writer_string(json,
                               ngx_http_healthcode_view(&store->sentinel.name));
    healthcode_json_writer_member(json, "sentinels", lead->sentinels);
    healthcode_json_writer_member(json, "reachable", lead->reachable);
    healthcode_json_writer_member(json, "agreeing", lead->agreeing);
    healthcode_json_writer_name(json, "master");

    if (lead->len) {
        ngx_memcpy(master.bytes, lead->master, sizeof(master.bytes));
        master.len = lead->len;
        master.port = lead->port;

        (void) healthcode_sentinel_text(&master, text);
        healthcode_json_writer_string(json, healthcode_str_from(text,
                                                          ngx_strlen(text)));
    } else {
        healthcode_json_writer_word(json, healthcode_str("null"));
    }

    healthcode_json_writer_known(json, "epoch", lead->len, lead->epoch);
    healthcode_json_writer_known(json, "since", lead->len, lead->since);
    healthcode_json_writer_close(json, '}');
}


/* A counter of a store alone; 0: nothing was counted. */
static uint64_t
ngx_http_healthcode_status_json_sum(
    const ngx_http_healthcode_status_facts_t *facts, healthcode_series_e what,
    healthcode_str_t label)
{
    ngx_uint_t                               i;
    const ngx_http_healthcode_counts_row_t  *row = facts->row;

    for (i = 0; i < facts->n; i++) {
        if (row[i].series.what == what && row[i].series.n == 1
            && healthcode_str_equal(row[i].series.values[0], label))
        {
            return row[i].sum;
        }
    }

    return 0;
}


/* Counters of a store by a word: an object. */
static void
ngx_http_healthcode_status_json_words(
    const ngx_http_healthcode_status_facts_t *facts, healthcode_series_e what,
    healthcode_str_t label, healthcode_json_writer_t *json)
{
    ngx_uint_t                               i;
    const ngx_http_healthcode_counts_row_t  *row = facts->row;

    healthcode_json_writer_open(json, '{');

    for (i = 0; i < facts->n; i++) {
        if (row[i].series.what == what && row[i].series.n == 2
            && healthcode_str_equal(row[i].series.values[0], label))
        {
            healthcode_json_writer_name_of(json, row[i].series.values[1]);
            healthcode_json_writer_number(json, row[i].sum);
        }
    }

    healthcode_json_writer_close(json, '}');
}


static void
ngx_http_healthcode_status_json_lookups(
    const ngx_http_healthcode_status_facts_t *facts, healthcode_str_t label,
    healthcode_json_writer_t *json)
{
    ngx_uint_t                          i = 0;
    ngx_http_healthcode_counts_times_t  times;

    do {
        if (!ngx_http_healthcode_counts_times(facts->row, facts->n,
                                              HEALTHCODE_SERIES_LOOKUP_TIME,
                                              &i, &times))
        {
            ngx_memzero(&times, sizeof(times));
            break;
        }

    } while (!healthcode_str_equal(times.label, label));

    healthcode_json_writer_name(json, "lookup_seconds");
    healthcode_json_writer_open(json, '{');
    ngx_http_healthcode_status_json_times(&times, json);
    healthcode_json_writer_close(json, '}');
}


static void
ngx_http_healthcode_status_json_verified(
    const ngx_http_healthcode_status_facts_t *facts,
    healthcode_json_writer_t *json)
{
    ngx_uint_t                          i = 0;
    ngx_http_healthcode_counts_times_t  times;

    healthcode_json_writer_name(json, "verify_seconds");
    healthcode_json_writer_open(json, '[');

    while (ngx_http_healthcode_counts_times(facts->row, facts->n,
                                            HEALTHCODE_SERIES_VERIFY_TIME, &i,
                                            &times))
    {
        healthcode_json_writer_line(json);
        healthcode_json_writer_open(json, '{');
        healthcode_json_writer_name(json, "issuer");
        healthcode_json_writer_string(json, times.label);
        ngx_http_healthcode_status_json_times(&times, json);
        healthcode_json_writer_close(json, '}');
    }

    healthcode_json_writer_close(json, ']');
}


/* Members; the last bucket is without a bound, which JSON has no number for. */
static void
ngx_http_healthcode_status_json_times(
    const ngx_http_healthcode_counts_times_t *times,
    healthcode_json_writer_t *json)
{
    uint64_t    below = 0;
    ngx_uint_t  i;

    for (i = 0; i < HEALTHCODE_HISTOGRAM_BUCKETS; i++) {
        below += times->counts[i];
    }

    healthcode_json_writer_member(json, "count", below);
    healthcode_json_writer_name(json, "sum");
    healthcode_json_writer_seconds(json, times->sum);

    healthcode_json_writer_name(json, "buckets");
    healthcode_json_writer_open(json, '[');

    below = 0;

    for (i = 0; i < HEALTHCODE_HISTOGRAM_BUCKETS - 1; i++) {
        below += times->counts[i];

        healthcode_json_writer_open(json, '[');
        healthcode_json_writer_word(json, healthcode_histogram_bound(i));
        healthcode_json_writer_number(json, below);
        healthcode_json_writer_close(json, ']');
    }

    healthcode_json_writer_close(json, ']');
}
