/*
 * Times, counted in buckets: which one a time falls into, and its bound.
 * Knows no: clock, nginx, memory, request.
 * docs/monitoring/metrics.md, "Times".
 */

#ifndef HEALTHCODE_HISTOGRAM_H
#define HEALTHCODE_HISTOGRAM_H

#include "healthcode_str.h"


/* From 10 us to 2.5 s, and one for all that takes longer. */
#define HEALTHCODE_HISTOGRAM_BUCKETS  18


/* The first bucket whose bound is not below us microseconds. */
unsigned healthcode_histogram_bucket(uint64_t us);

/*
 * The bound of a bucket in seconds, as Prometheus writes it; the last is
 * "+Inf".  A constant string.
 */
healthcode_str_t healthcode_histogram_bound(unsigned bucket);

/* The bucket with this bound; HEALTHCODE_HISTOGRAM_BUCKETS: none has it. */
unsigned healthcode_histogram_find(healthcode_str_t bound);

/*
 * The time in microseconds that permille of the times did not exceed, as if
 * those of a bucket lay evenly in it; of the last bucket, its lower bound.
 * counts has how many fell into each bucket; false: none did.
 */
bool healthcode_histogram_quantile(
    const uint64_t counts[HEALTHCODE_HISTOGRAM_BUCKETS], unsigned permille,
    uint64_t *us);

#endif
