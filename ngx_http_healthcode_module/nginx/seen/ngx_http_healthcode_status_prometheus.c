/*
 * healthcode_status as Prometheus' text format.  Changes nothing.
 * Knows no: header, token, verdict.  docs/monitoring/metrics.md.
 */

#include "ngx_http_healthcode_status_format.h"
#include "../../core/healthcode_version.h"


/* Of a table that a zone does not count this for. */
#define NGX_HTTP_HEALTHCODE_STATUS_NONE  (-1)


/* A metric of zones: where the uint64_t of each table is in _counters_t. */
typedef struct {
    healthcode_exposition_t  metric;
    ssize_t                  holders;
    ssize_t                  codes;
} ngx_http_healthcode_status_zone_metric_t;


static void ngx_http_healthcode_status_write(
    const ngx_http_healthcode_status_facts_t *facts, healthcode_sink_t *text);
static void ngx_http_healthcode_status_requests(
    const ngx_http_healthcode_status_facts_t *facts, healthcode_sink_t *text);
static void ngx_http_healthcode_status_zones(const ngx_array_t *caches,
    healthcode_sink_t *text);
static void ngx_http_healthcode_status_table(healthcode_sink_t *text,
    const healthcode_exposition_t *metric,
    const ngx_http_healthcode_cache_t *cache, const char *table,
    uint64_t value);


static const healthcode_exposition_t  ngx_http_healthcode_status_build = {
    "healthcode_build_info", "gauge",
    "Always 1; the label is the version of the module."
};

static const healthcode_exposition_t  ngx_http_healthcode_status_since = {
    "healthcode_counting_start_time_seconds", "gauge",
    "When counting of requests began, in Unix seconds."
};

static const healthcode_exposition_t  ngx_http_healthcode_status_counter = {
    "healthcode_requests_total", "counter",
    "Requests that a gate judged, each counted once, at its end."
};

static const healthcode_exposition_t  ngx_http_healthcode_status_places = {
    "healthcode_cache_places", "gauge",
    "Entries that a table of the zone has room for."
};


#define ngx_http_healthcode_status_sums(name, help, member)                   \
    { { "healthcode_cache_" name "_total", "counter", help },                 \
      offsetof(ngx_http_healthcode_counters_t, holders.member),               \
      offsetof(ngx_http_healthcode_counters_t, codes_##member) }

#define ngx_http_healthcode_status_sum(name, help, member)                    \
    { { "healthcode_cache_" name "_total", "counter", help },                 \
      offsetof(ngx_http_healthcode_counters_t, holders.member),               \
      NGX_HTTP_HEALTHCODE_STATUS_NONE }

static const ngx_http_healthcode_status_zone_metric_t
    ngx_http_healthcode_status_cached[] =
{
    ngx_http_healthcode_status_sums("hits",
        "Requests that found what they looked for in the table.", hits),
    ngx_http_healthcode_status_sums("misses",
        "Requests that did not find what they looked for.", misses),
    ngx_http_healthcode_status_sums("stored",
        "Entries written to the table.", stored),
    ngx_http_healthcode_status_sums("evicted",
        "Live entries dropped for lack of space.", evicted),
    ngx_http_healthcode_status_sum("forgotten",
        "Holders that changed in the store.", forgotten),
    ngx_http_healthcode_status_sum("epochs",
        "Times that a worker began anew with an empty cache.", epochs),
    { { "healthcode_cache_stale_total", "counter",
        "Requests that passed in an outage by what the table knew." },
      offsetof(ngx_http_healthcode_counters_t, holders_stale),
      NGX_HTTP_HEALTHCODE_STATUS_NONE }
};


ngx_buf_t *
ngx_http_healthcode_status_prometheus(ngx_http_request_t *r)
{
    return ngx_http_healthcode_status_text(r, ngx_http_healthcode_status_write);
}


static void
ngx_http_healthcode_status_write(
    const ngx_http_healthcode_status_facts_t *facts, healthcode_sink_t *text)
{
    healthcode_str_t                        version;
    static const char *const                label[] = { "version" };
    const ngx_http_healthcode_main_conf_t  *mcf = facts->mcf;

    version = healthcode_str(HEALTHCODE_VERSION);

    healthcode_exposition_metric(text, &ngx_http_healthcode_status_build);
    healthcode_exposition_sample(text, &ngx_http_healthcode_status_build,
                                 label, &version, 1, 1);

    if (mcf->counters) {
        healthcode_exposition_metric(text, &ngx_http_healthcode_status_since);
        healthcode_exposition_sample(text, &ngx_http_healthcode_status_since,
                                     NULL, NULL, 0,
                                     healthcode_counters_since(mcf->counters));
    }

    ngx_http_healthcode_status_requests(facts, text);
    ngx_http_healthcode_status_stores(facts, text);
    ngx_http_healthcode_status_issuers(&mcf->issuers, text);
    ngx_http_healthcode_status_zones(&mcf->caches, text);
}


static void
ngx_http_healthcode_status_requests(
    const ngx_http_healthcode_status_facts_t *facts, healthcode_sink_t *text)
{
    ngx_uint_t                               i;
    static const char *const                 labels[] = {
        HEALTHCODE_SERIES_REQUEST_LABELS
    };
    const ngx_http_healthcode_counts_row_t  *row = facts->row;

    healthcode_exposition_metric(text, &ngx_http_healthcode_status_counter);

    for (i = 0; i < facts->n; i++) {
        if (ngx_http_healthcode_counts_is_request(&row[i])) {
            healthcode_exposition_sample(text,
                                         &ngx_http_healthcode_status_counter,
                                         labels, row[i].series.values,
                                         row[i].series.n, row[i].sum);
        }
    }
}


static void
ngx_http_healthcode_status_zones(const ngx_array_t *caches,
    healthcode_sink_t *text)
{
    u_char                           *p;
    ngx_uint_t                        i, k;
    const healthcode_exposition_t    *metric;
    ngx_http_healthcode_cache_t     **cache = caches->elts;
    ngx_http_healthcode_counters_t    sum;

    if (caches->nelts == 0) {
        return;
    }

    metric = &ngx_http_healthcode_status_places;
    healthcode_exposition_metric(text, metric);

    for (i = 0; i < caches->nelts; i++) {
        ngx_http_healthcode_status_table(text, metric, cache[i], "holders",
                           healthcode_table_size(&cache[i]->absence.table));
        ngx_http_healthcode_status_table(text, metric, cache[i], "codes",
                           healthcode_table_size(&cache[i]->codes));
    }

    for (k = 0; k < sizeof(ngx_http_healthcode_status_cached)
                    / sizeof(ngx_http_healthcode_status_cached[0]);
         k++)
    {
        metric = &ngx_http_healthcode_status_cached[k].metric;
        healthcode_exposition_metric(text, metric);

        for (i = 0; i < caches->nelts; i++) {
            ngx_http_healthcode_cache_sum(cache[i], &sum);
            p = (u_char *) &sum;

            ngx_http_healthcode_status_table(text, metric, cache[i], "holders",
                *(uint64_t *) (p
                             + ngx_http_healthcode_status_cached[k].holders));

            if (ngx_http_healthcode_status_cached[k].codes
                == NGX_HTTP_HEALTHCODE_STATUS_NONE)
            {
                continue;
            }

            ngx_http_healthcode_status_table(text, metric, cache[i], "codes",
                *(uint64_t *) (p + ngx_http_healthcode_status_cached[k].codes));
        }
    }
}


static void
ngx_http_healthcode_status_table(healthcode_sink_t *text,
    const healthcode_exposition_t *metric,
    const ngx_http_healthcode_cache_t *cache, const char *table, uint64_t value)
{
    uint8_t                   zone[HEALTHCODE_SERIES_SERVER];
    healthcode_str_t          values[2];
    static const char *const  labels[] = { "zone", "table" };

    values[0] = healthcode_str_from(zone,
        healthcode_series_value(ngx_http_healthcode_view(&cache->name), zone,
                                sizeof(zone)));
    values[1] = healthcode_str_from(table, ngx_strlen(table));

    healthcode_exposition_sample(text, metric, labels, values, 2, value);
}
