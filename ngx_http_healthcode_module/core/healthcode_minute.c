/*
 * What is summed by minute: requests by verdict and reason, and the times of
 * lookups; made from counters.
 * Knows no: clock, nginx, memory, request.
 * docs/monitoring/metrics.md, "The last hour".
 */

#include "healthcode_minute.h"


/* Labels of requests and of times, by their place in a series. */
#define HEALTHCODE_MINUTE_VERDICT  3
#define HEALTHCODE_MINUTE_REASON   4
#define HEALTHCODE_MINUTE_BUCKET   1


static void healthcode_minute_request(healthcode_minute_t *minute,
    healthcode_str_t verdict, healthcode_str_t reason, uint64_t count);
static void healthcode_minute_deny(healthcode_minute_t *minute,
    healthcode_str_t reason, uint64_t count);


void
healthcode_minute_add(healthcode_minute_t *minute,
    const healthcode_series_t *series, uint64_t count)
{
    unsigned  bucket;

    if (series->what == HEALTHCODE_SERIES_REQUESTS && series->n == 5) {
        healthcode_minute_request(minute,
                                  series->values[HEALTHCODE_MINUTE_VERDICT],
                                  series->values[HEALTHCODE_MINUTE_REASON],
                                  count);

    } else if (series->what == HEALTHCODE_SERIES_LOOKUP_TIME
               && series->n == 2)
    {
        bucket = healthcode_histogram_find(
                     series->values[HEALTHCODE_MINUTE_BUCKET]);

        if (bucket < HEALTHCODE_HISTOGRAM_BUCKETS) {
            minute->lookups[bucket] += count;
        }
    }
}


static void
healthcode_minute_request(healthcode_minute_t *minute, healthcode_str_t verdict,
    healthcode_str_t reason, uint64_t count)
{
    static const healthcode_str_t  audit = {
        (const uint8_t *) "audit_", sizeof("audit_") - 1
    };

    if (healthcode_str_equal(verdict, healthcode_str("allow"))) {
        minute->allow += count;

    } else if (healthcode_str_equal(verdict, healthcode_str("deny"))) {
        healthcode_minute_deny(minute, reason, count);

    } else if (healthcode_str_equal(verdict, healthcode_str("overruled"))) {
        minute->overruled += count;

    } else if (healthcode_str_equal(verdict, healthcode_str("none"))) {
        minute->none += count;

    } else if (verdict.len > audit.len
               && memcmp(verdict.data, audit.data, audit.len) == 0)
    {
        minute->audit += count;

    } else {
        minute->other += count;
    }
}


/* An older module, before an upgrade, may have had other reasons. */
static void
healthcode_minute_deny(healthcode_minute_t *minute, healthcode_str_t reason,
    uint64_t count)
{
    for (unsigned i = 0; i < HEALTHCODE_REASON_COUNT; i++) {
        if (healthcode_str_equal(healthcode_reason_word(i), reason)) {
            minute->deny[i] += count;
            return;
        }
    }

    minute->other += count;
}


uint64_t
healthcode_minute_meaning(void)
{
    uint64_t  hash = healthcode_reason_hash(0);

    for (unsigned i = 0; i < HEALTHCODE_HISTOGRAM_BUCKETS; i++) {
        hash = healthcode_str_hash(hash, healthcode_histogram_bound(i));
        hash = healthcode_str_hash(hash, healthcode_str(" "));
    }

    return hash;
}


uint64_t
healthcode_minute_busy(const healthcode_minute_t *minute)
{
    uint64_t  sum = 0;

    for (unsigned i = 0; i < HEALTHCODE_REASON_COUNT; i++) {
        if (healthcode_reason_status(i) == 503) {
            sum += minute->deny[i];
        }
    }

    return sum;
}


uint64_t
healthcode_minute_lookups(const healthcode_minute_t *minute)
{
    uint64_t  sum = 0;

    for (unsigned i = 0; i < HEALTHCODE_HISTOGRAM_BUCKETS; i++) {
        sum += minute->lookups[i];
    }

    return sum;
}
