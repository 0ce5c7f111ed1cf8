/*
 * Lines of Prometheus' text format, version 0.0.4: the two that say what a
 * metric is, and samples with labels.
 * Knows no: nginx, memory, request.  docs/monitoring/metrics.md.
 */

#ifndef HEALTHCODE_EXPOSITION_H
#define HEALTHCODE_EXPOSITION_H

#include "healthcode_histogram.h"
#include "healthcode_sink.h"


/* A metric: constant strings without a quote, a backslash or a newline. */
typedef struct {
    const char  *name;
    const char  *type;      /* counter, gauge or histogram */
    const char  *help;
} healthcode_exposition_t;


/* Adds the lines "# HELP" and "# TYPE" of a metric. */
void healthcode_exposition_metric(healthcode_sink_t *text,
    const healthcode_exposition_t *metric);

/*
 * Adds a sample of a metric with n labels.  Their names are constant strings as
 * those of a metric, their values UTF-8 of any characters.
 */
void healthcode_exposition_sample(healthcode_sink_t *text,
    const healthcode_exposition_t *metric, const char *const *labels,
    const healthcode_str_t *values, size_t n, uint64_t value);

/* The same, of ms milliseconds as seconds. */
void healthcode_exposition_milliseconds(healthcode_sink_t *text,
    const healthcode_exposition_t *metric, const char *const *labels,
    const healthcode_str_t *values, size_t n, int64_t ms);

/*
 * Adds the samples of a histogram with one label: counts has how many times
 * fell into each bucket, and not into the ones below; sum is in microseconds.
 */
void healthcode_exposition_histogram(healthcode_sink_t *text,
    const healthcode_exposition_t *metric, const char *label,
    healthcode_str_t value, const uint64_t counts[HEALTHCODE_HISTOGRAM_BUCKETS],
    uint64_t sum);

#endif
