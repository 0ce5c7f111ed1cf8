/*
 * Issuers and their keys, for healthcode_status as Prometheus' text format.
 * Changes nothing.
 * Knows no: connection, header, token, verdict.
 * docs/monitoring/metrics.md, "Keys and caches".
 */

#include "../keys/ngx_http_healthcode_keys.h"
#include "ngx_http_healthcode_status_format.h"


/* A metric of issuers, and what it is for one; 0: that is not known. */
typedef struct {
    healthcode_exposition_t   metric;
    ngx_uint_t              (*read)(const ngx_http_healthcode_issuer_t *issuer,
        const ngx_http_healthcode_keys_facts_t *facts, uint64_t *value);
} ngx_http_healthcode_status_issuer_metric_t;


#define ngx_http_healthcode_status_issuer_read(name, is_known, number)        \
    static ngx_uint_t                                                         \
    ngx_http_healthcode_status_issuer_##name(                                 \
        const ngx_http_healthcode_issuer_t *issuer,                           \
        const ngx_http_healthcode_keys_facts_t *facts, uint64_t *value)       \
    {                                                                         \
        if (!(is_known)) {                                                    \
            return 0;                                                         \
        }                                                                     \
                                                                              \
        *value = (uint64_t) (number);                                         \
                                                                              \
        return 1;                                                             \
    }

ngx_http_healthcode_status_issuer_read(keys, 1,
    facts->keyring ? healthcode_keyring_count(facts->keyring) : 0)
ngx_http_healthcode_status_issuer_read(skipped, 1,
    facts->keyring ? healthcode_keyring_skipped(facts->keyring) : 0)
ngx_http_healthcode_status_issuer_read(loaded, facts->keyring, facts->since)
ngx_http_healthcode_status_issuer_read(sunset, issuer->core.sunset > 0,
    issuer->core.sunset)
ngx_http_healthcode_status_issuer_read(loads, 1, facts->loads)
ngx_http_healthcode_status_issuer_read(failures, 1, facts->failures)
ngx_http_healthcode_status_issuer_read(fetches, 1, facts->fetches)
ngx_http_healthcode_status_issuer_read(misses, 1, facts->misses)


static const ngx_http_healthcode_status_issuer_metric_t
    ngx_http_healthcode_status_issued[] =
{
    { { "healthcode_keys", "gauge",
        "Keys of the issuer in the worker that answers." },
      ngx_http_healthcode_status_issuer_keys },

    { { "healthcode_keys_skipped", "gauge",
        "Keys of the issuer that the worker that answers cannot use." },
      ngx_http_healthcode_status_issuer_skipped },

    { { "healthcode_keys_loaded_time_seconds", "gauge",
        "When the worker that answers took these keys, in Unix seconds." },
      ngx_http_healthcode_status_issuer_loaded },

    { { "healthcode_issuer_sunset_time_seconds", "gauge",
        "When codes of the issuer end to be accepted, in Unix seconds." },
      ngx_http_healthcode_status_issuer_sunset },

    { { "healthcode_key_loads_total", "counter",
        "Sets of keys of the issuer that replaced another one." },
      ngx_http_healthcode_status_issuer_loads },

    { { "healthcode_key_failures_total", "counter",
        "Sets of keys of the issuer that could not be used." },
      ngx_http_healthcode_status_issuer_failures },

    { { "healthcode_key_fetches_total", "counter",
        "Good answers of the issuer's keys_location." },
      ngx_http_healthcode_status_issuer_fetches },

    { { "healthcode_key_fetch_failures_total", "counter",
        "Bad or late answers of the issuer's keys_location." },
      ngx_http_healthcode_status_issuer_misses }
};


/* The label is the one that requests of this issuer have. */
void
ngx_http_healthcode_status_issuers(const ngx_array_t *issuers,
    healthcode_sink_t *text)
{
    uint8_t                            name[HEALTHCODE_SERIES_ISSUER];
    uint64_t                           value;
    ngx_uint_t                         i, k;
    healthcode_str_t                   label;
    static const char *const           labels[] = { "issuer" };
    const healthcode_exposition_t     *metric;
    ngx_http_healthcode_issuer_t     **issuer = issuers->elts;
    ngx_http_healthcode_keys_facts_t   facts;

    for (k = 0; k < sizeof(ngx_http_healthcode_status_issued)
                    / sizeof(ngx_http_healthcode_status_issued[0]);
         k++)
    {
        metric = &ngx_http_healthcode_status_issued[k].metric;
        healthcode_exposition_metric(text, metric);

        for (i = 0; i < issuers->nelts; i++) {

            ngx_http_healthcode_keys_facts(issuer[i], &facts);

            if (ngx_http_healthcode_status_issued[k].read(issuer[i], &facts,
                                                          &value))
            {
                label = ngx_http_healthcode_status_label(&issuer[i]->name,
                                                         name);
                healthcode_exposition_sample(text, metric, labels, &label, 1,
                                             value);
            }
        }
    }
}
