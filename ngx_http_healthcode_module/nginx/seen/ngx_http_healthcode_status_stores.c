/*
 * Connections, lookups and times, for healthcode_status as Prometheus' text
 * format.  Changes nothing.
 * Knows no: connection, header, token, verdict.
 * docs/monitoring/metrics.md, "Stores".
 */

#include "ngx_http_healthcode_status_format.h"


/* A metric that counters of the table are, and its labels. */
typedef struct {
    healthcode_exposition_t  metric;
    healthcode_series_e      what;
    ngx_uint_t               n;
    const char              *labels[2];
} ngx_http_healthcode_status_series_t;


static void ngx_http_healthcode_status_series(
    const ngx_http_healthcode_status_facts_t *facts,
    const ngx_http_healthcode_status_series_t *series,
    healthcode_sink_t *text);
static void ngx_http_healthcode_status_times(
    const ngx_http_healthcode_status_facts_t *facts,
    const ngx_http_healthcode_status_series_t *series,
    healthcode_sink_t *text);


static const ngx_http_healthcode_status_series_t
    ngx_http_healthcode_status_counted[] =
{
    { { "healthcode_store_connects_total", "counter",
        "Connections on which the store proved itself." },
      HEALTHCODE_SERIES_CONNECTS, 1, { "store" } },

    { { "healthcode_store_failures_total", "counter",
        "Connections that failed, or could not be made, by reason." },
      HEALTHCODE_SERIES_FAILURES, 2, { "store", "reason" } },

    { { "healthcode_store_passwords_total", "counter",
        "New passwords that are in use, each once for each worker." },
      HEALTHCODE_SERIES_PASSWORDS, 1, { "store" } },

    { { "healthcode_lookups_total", "counter",
        "Lookups that a cache could not answer, by what came of them." },
      HEALTHCODE_SERIES_LOOKUPS, 2, { "store", "result" } },

    { { "healthcode_lookups_joined_total", "counter",
        "Lookups that shared the question of another one." },
      HEALTHCODE_SERIES_JOINED, 1, { "store" } },

    { { "healthcode_lookups_stale_total", "counter",
        "Lookups that found the same question asked a lease ago or more." },
      HEALTHCODE_SERIES_STALE, 1, { "store" } },

    { { "healthcode_lookups_offline_total", "counter",
        "Lookups that a replica answered while it was cut off." },
      HEALTHCODE_SERIES_OFFLINE, 1, { "store" } },

    { { "healthcode_passages_total", "counter",
        "Passages of halls that were asked for, by what came of them." },
      HEALTHCODE_SERIES_PASSAGES, 2, { "store", "result" } }
};

static const ngx_http_healthcode_status_series_t
    ngx_http_healthcode_status_timed[] =
{
    { { "healthcode_lookup_seconds", "histogram",
        "Time from the question to the store until its answer or failure." },
      HEALTHCODE_SERIES_LOOKUP_TIME, 2, { "store" } },

    { { "healthcode_verify_seconds", "histogram",
        "Time that it took to check a signature." },
      HEALTHCODE_SERIES_VERIFY_TIME, 2, { "issuer" } }
};


void
ngx_http_healthcode_status_stores(
    const ngx_http_healthcode_status_facts_t *facts, healthcode_sink_t *text)
{
    ngx_uint_t  i;

    ngx_http_healthcode_status_standings(&facts->mcf->stores, text);
    ngx_http_healthcode_status_nodes(&facts->mcf->stores, text);
    ngx_http_healthcode_status_data(&facts->mcf->stores, text);

    for (i = 0; i < sizeof(ngx_http_healthcode_status_counted)
                    / sizeof(ngx_http_healthcode_status_counted[0]);
         i++)
    {
        ngx_http_healthcode_status_series(facts,
                               &ngx_http_healthcode_status_counted[i], text);
    }

    ngx_http_healthcode_status_halls(facts, text);

    for (i = 0; i < sizeof(ngx_http_healthcode_status_timed)
                    / sizeof(ngx_http_healthcode_status_timed[0]);
         i++)
    {
        ngx_http_healthcode_status_times(facts,
                                 &ngx_http_healthcode_status_timed[i], text);
    }
}


static void
ngx_http_healthcode_status_series(
    const ngx_http_healthcode_status_facts_t *facts,
    const ngx_http_healthcode_status_series_t *series, healthcode_sink_t *text)
{
    ngx_uint_t                               i;
    const ngx_http_healthcode_counts_row_t  *row = facts->row;

    healthcode_exposition_metric(text, &series->metric);

    for (i = 0; i < facts->n; i++) {
        if (row[i].series.what == series->what && row[i].series.n == series->n)
        {
            healthcode_exposition_sample(text, &series->metric, series->labels,
                                         row[i].series.values, series->n,
                                         row[i].sum);
        }
    }
}


static void
ngx_http_healthcode_status_times(
    const ngx_http_healthcode_status_facts_t *facts,
    const ngx_http_healthcode_status_series_t *series, healthcode_sink_t *text)
{
    ngx_uint_t                          i = 0;
    ngx_http_healthcode_counts_times_t  times;

    healthcode_exposition_metric(text, &series->metric);

    while (ngx_http_healthcode_counts_times(facts->row, facts->n, series->what,
                                            &i, &times))
    {
        healthcode_exposition_histogram(text, &series->metric,
                                        series->labels[0], times.label,
                                        times.counts, times.sum);
    }
}
