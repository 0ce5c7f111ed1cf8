/*
 * What is summed by minute: requests by verdict and reason, and the times of
 * lookups; made from counters.
 * Knows no: clock, nginx, memory, request.
 * docs/monitoring/metrics.md, "The last hour".
 */

#ifndef HEALTHCODE_MINUTE_H
#define HEALTHCODE_MINUTE_H

#include "healthcode_histogram.h"
#include "healthcode_history.h"
#include "healthcode_reason.h"
#include "healthcode_series.h"


/* Words alone: healthcode_history.h keeps them as such. */
typedef struct {
    uint64_t  allow;
    uint64_t  overruled;
    uint64_t  none;
    uint64_t  audit;      /* whatever an audit has found */
    uint64_t  other;      /* without a counter of their own */
    uint64_t  deny[HEALTHCODE_REASON_COUNT];
    uint64_t  lookups[HEALTHCODE_HISTOGRAM_BUCKETS];
} healthcode_minute_t;

#define HEALTHCODE_MINUTE_WORDS                                               \
    (sizeof(healthcode_minute_t) / sizeof(uint64_t))

_Static_assert(HEALTHCODE_MINUTE_WORDS <= HEALTHCODE_HISTORY_VALUES
               && sizeof(healthcode_minute_t) % sizeof(uint64_t) == 0,
               "the history has no room for a minute");


/* Adds what a counter has counted, if it is one of those that are summed. */
void healthcode_minute_add(healthcode_minute_t *minute,
    const healthcode_series_t *series, uint64_t count);

/*
 * A number that says what the words mean: another one where reasons or buckets
 * are others.
 */
uint64_t healthcode_minute_meaning(void);

/* Requests that were answered 503. */
uint64_t healthcode_minute_busy(const healthcode_minute_t *minute);

/* Lookups that were measured. */
uint64_t healthcode_minute_lookups(const healthcode_minute_t *minute);

#endif
