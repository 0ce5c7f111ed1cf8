/*
 * healthcode_status as JSON: what was counted, what this machine has done with
 * the keys of each issuer, and what its caches did.  Changes nothing.
 * Knows no: header, token, verdict.  docs/directives.md, "healthcode_status".
 */

#include "../keys/ngx_http_healthcode_keys.h"
#include "ngx_http_healthcode_status_format.h"
#include "../../core/healthcode_version.h"


/*
 * The number of the schema: another one when a member changes its meaning or is
 * gone; a new member changes nothing.
 */
#define NGX_HTTP_HEALTHCODE_STATUS_SCHEMA  1


static void ngx_http_healthcode_status_json_write(
    const ngx_http_healthcode_status_facts_t *facts, healthcode_sink_t *sink);
static void ngx_http_healthcode_status_json_issuers(
    const ngx_array_t *issuers, healthcode_json_writer_t *json);
static void ngx_http_healthcode_status_json_issuer(
    const ngx_http_healthcode_issuer_t *issuer,
    healthcode_json_writer_t *json);
static void ngx_http_healthcode_status_json_generation(
    const healthcode_keyring_t *keyring, healthcode_json_writer_t *json);
static void ngx_http_healthcode_status_json_caches(const ngx_array_t *caches,
    healthcode_json_writer_t *json);
static void ngx_http_healthcode_status_json_cache(
    const ngx_http_healthcode_cache_t *cache, healthcode_json_writer_t *json);
static void ngx_http_healthcode_status_json_requests(
    const ngx_http_healthcode_status_facts_t *facts,
    healthcode_json_writer_t *json);


ngx_buf_t *
ngx_http_healthcode_status_json(ngx_http_request_t *r)
{
    return ngx_http_healthcode_status_text(r,
                                       ngx_http_healthcode_status_json_write);
}


static void
ngx_http_healthcode_status_json_write(
    const ngx_http_healthcode_status_facts_t *facts, healthcode_sink_t *sink)
{
    healthcode_json_writer_t                json = { sink, false };
    const ngx_http_healthcode_main_conf_t  *mcf = facts->mcf;

    healthcode_json_writer_open(&json, '{');
    healthcode_json_writer_name(&json, "version");
    healthcode_json_writer_string(&json, healthcode_str(HEALTHCODE_VERSION));
    healthcode_json_writer_member(&json, "schema",
                                  NGX_HTTP_HEALTHCODE_STATUS_SCHEMA);
    healthcode_json_writer_member(&json, "time", (uint64_t) facts->now);

    ngx_http_healthcode_status_json_issuers(&mcf->issuers, &json);
    ngx_http_healthcode_status_json_caches(&mcf->caches, &json);
    ngx_http_healthcode_status_json_stores(facts, &json);

    healthcode_json_writer_known(&json, "counting_since", mcf->counters,
        mcf->counters ? healthcode_counters_since(mcf->counters) : 0);
    ngx_http_healthcode_status_json_requests(facts, &json);
    ngx_http_healthcode_status_json_minutes(facts, &json);

    healthcode_json_writer_close(&json, '}');
    healthcode_sink_byte(sink, '\n');
}


static void
ngx_http_healthcode_status_json_issuers(const ngx_array_t *issuers,
    healthcode_json_writer_t *json)
{
    ngx_uint_t                      i;
    ngx_http_healthcode_issuer_t  **issuer = issuers->elts;

    healthcode_json_writer_name(json, "keys");
    healthcode_json_writer_open(json, '[');

    for (i = 0; i < issuers->nelts; i++) {
        healthcode_json_writer_line(json);
        ngx_http_healthcode_status_json_issuer(issuer[i], json);
    }

    healthcode_json_writer_close(json, ']');
}


/* The keys are those of this worker, the counters those of the machine. */
static void
ngx_http_healthcode_status_json_issuer(
    const ngx_http_healthcode_issuer_t *issuer, healthcode_json_writer_t *json)
{
    ngx_http_healthcode_keys_facts_t  facts;

    ngx_http_healthcode_keys_facts(issuer, &facts);

    healthcode_json_writer_open(json, '{');
    healthcode_json_writer_name(json, "issuer");
    healthcode_json_writer_string(json,
                                  ngx_http_healthcode_view(&issuer->name));

    healthcode_json_writer_member(json, "keys",
        facts.keyring ? healthcode_keyring_count(facts.keyring) : 0);
    healthcode_json_writer_member(json, "skipped",
        facts.keyring ? healthcode_keyring_skipped(facts.keyring) : 0);

    healthcode_json_writer_name(json, "generation");
    ngx_http_healthcode_status_json_generation(facts.keyring, json);
    healthcode_json_writer_known(json, "since", facts.keyring,
                                 (uint64_t) facts.since);

    healthcode_json_writer_member(json, "loads", facts.loads);
    healthcode_json_writer_member(json, "failures", facts.failures);
    healthcode_json_writer_member(json, "fetches", facts.fetches);
    healthcode_json_writer_member(json, "fetch_failures", facts.misses);
    healthcode_json_writer_known(json, "sunset", issuer->core.sunset > 0,
                                 (uint64_t) issuer->core.sunset);

    healthcode_json_writer_close(json, '}');
}


static void
ngx_http_healthcode_status_json_generation(const healthcode_keyring_t *keyring,
    healthcode_json_writer_t *json)
{
    u_char  text[2 * NGX_HTTP_HEALTHCODE_KEYS_GENERATION_SHOWN];

    if (keyring == NULL) {
        healthcode_json_writer_word(json, healthcode_str("null"));
        return;
    }

    (void) ngx_hex_dump(text, (u_char *) healthcode_keyring_generation(keyring),
                        NGX_HTTP_HEALTHCODE_KEYS_GENERATION_SHOWN);
    healthcode_json_writer_string(json,
                                  healthcode_str_from(text, sizeof(text)));
}


static void
ngx_http_healthcode_status_json_caches(const ngx_array_t *caches,
    healthcode_json_writer_t *json)
{
    ngx_uint_t                     i;
    ngx_http_healthcode_cache_t  **cache = caches->elts;

    healthcode_json_writer_name(json, "caches");
    healthcode_json_writer_open(json, '[');

    for (i = 0; i < caches->nelts; i++) {
        healthcode_json_writer_line(json);
        ngx_http_healthcode_status_json_cache(cache[i], json);
    }

    healthcode_json_writer_close(json, ']');
}


/* Of the machine, since the zone was made. */
static void
ngx_http_healthcode_status_json_cache(const ngx_http_healthcode_cache_t *cache,
    healthcode_json_writer_t *json)
{
    ngx_http_healthcode_counters_t  sum;

    ngx_http_healthcode_cache_sum(cache, &sum);

    healthcode_json_writer_open(json, '{');
    healthcode_json_writer_name(json, "zone");
    healthcode_json_writer_string(json,
                                  ngx_http_healthcode_view(&cache->name));

    healthcode_json_writer_name(json, "holders");
    healthcode_json_writer_open(json, '{');
    healthcode_json_writer_member(json, "places",
                                  healthcode_table_size(&cache->absence.table));
    healthcode_json_writer_member(json, "hits", sum.holders.hits);
    healthcode_json_writer_member(json, "misses", sum.holders.misses);
    healthcode_json_writer_member(json, "stored", sum.holders.stored);
    healthcode_json_writer_member(json, "evicted", sum.holders.evicted);
    healthcode_json_writer_member(json, "forgotten", sum.holders.forgotten);
    healthcode_json_writer_member(json, "epochs", sum.holders.epochs);
    healthcode_json_writer_member(json, "stale", sum.holders_stale);
    healthcode_json_writer_close(json, '}');

    healthcode_json_writer_name(json, "codes");
    healthcode_json_writer_open(json, '{');
    healthcode_json_writer_member(json, "places",
                                  healthcode_table_size(&cache->codes));
    healthcode_json_writer_member(json, "hits", sum.codes_hits);
    healthcode_json_writer_member(json, "misses", sum.codes_misses);
    healthcode_json_writer_member(json, "stored", sum.codes_stored);
    healthcode_json_writer_member(json, "evicted", sum.codes_evicted);
    healthcode_json_writer_close(json, '}');

    healthcode_json_writer_close(json, '}');
}


static void
ngx_http_healthcode_status_json_requests(
    const ngx_http_healthcode_status_facts_t *facts,
    healthcode_json_writer_t *json)
{
    ngx_uint_t                               i, k;
    const healthcode_series_t               *series;
    static const char *const                 labels[] = {
        HEALTHCODE_SERIES_REQUEST_LABELS
    };
    const ngx_http_healthcode_counts_row_t  *row = facts->row;

    healthcode_json_writer_name(json, "requests");
    healthcode_json_writer_open(json, '[');

    for (i = 0; i < facts->n; i++) {

        if (!ngx_http_healthcode_counts_is_request(&row[i])) {
            continue;
        }

        series = &row[i].series;

        healthcode_json_writer_line(json);
        healthcode_json_writer_open(json, '{');

        for (k = 0; k < series->n; k++) {
            healthcode_json_writer_name(json, labels[k]);
            healthcode_json_writer_string(json, series->values[k]);
        }

        healthcode_json_writer_member(json, "count", row[i].sum);
        healthcode_json_writer_close(json, '}');
    }

    healthcode_json_writer_close(json, ']');
}
