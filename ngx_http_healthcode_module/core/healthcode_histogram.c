/*
 * Times, counted in buckets: which one a time falls into, and its bound.
 * Knows no: clock, nginx, memory, request.
 * docs/monitoring/metrics.md, "Times".
 */

#include "healthcode_histogram.h"


static const struct {
    uint64_t     us;
    const char  *seconds;
} healthcode_histogram_rows[HEALTHCODE_HISTOGRAM_BUCKETS] = {
    { 10, "0.00001" }, { 25, "0.000025" }, { 50, "0.00005" },
    { 100, "0.0001" }, { 250, "0.00025" }, { 500, "0.0005" },
    { 1000, "0.001" }, { 2500, "0.0025" }, { 5000, "0.005" },
    { 10000, "0.01" }, { 25000, "0.025" }, { 50000, "0.05" },
    { 100000, "0.1" }, { 250000, "0.25" }, { 500000, "0.5" },
    { 1000000, "1" }, { 2500000, "2.5" }, { UINT64_MAX, "+Inf" }
};


unsigned
healthcode_histogram_bucket(uint64_t us)
{
    unsigned  i = 0;

    while (us > healthcode_histogram_rows[i].us) {
        i++;
    }

    return i;
}


healthcode_str_t
healthcode_histogram_bound(unsigned bucket)
{
    const char  *seconds = healthcode_histogram_rows[bucket].seconds;

    return healthcode_str_from(seconds, strlen(seconds));
}


unsigned
healthcode_histogram_find(healthcode_str_t bound)
{
    unsigned  i = 0;

    while (i < HEALTHCODE_HISTOGRAM_BUCKETS
           && !healthcode_str_equal(bound, healthcode_histogram_bound(i)))
    {
        i++;
    }

    return i;
}


bool
healthcode_histogram_quantile(
    const uint64_t counts[HEALTHCODE_HISTOGRAM_BUCKETS], unsigned permille,
    uint64_t *us)
{
    double    rank, below = 0, all = 0;
    uint64_t  low = 0, high;

    for (unsigned i = 0; i < HEALTHCODE_HISTOGRAM_BUCKETS; i++) {
        all += (double) counts[i];
    }

    if (all == 0) {
        return false;
    }

    rank = all * permille / 1000;

    for (unsigned i = 0; i < HEALTHCODE_HISTOGRAM_BUCKETS - 1; i++) {

        high = healthcode_histogram_rows[i].us;

        if (counts[i] && below + (double) counts[i] >= rank) {
            *us = low + (uint64_t) ((double) (high - low) * (rank - below)
                                    / (double) counts[i]);
            return true;
        }

        below += (double) counts[i];
        low = high;
    }

    *us = low;

    return true;
}
