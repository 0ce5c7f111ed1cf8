/*
 * Lines of Prometheus' text format, version 0.0.4: the two that say what a
 * metric is, and samples with labels.
 * Knows no: nginx, memory, request.  docs/monitoring/metrics.md.
 */

#include "healthcode_exposition.h"


static void healthcode_exposition_labels(healthcode_sink_t *text,
    const char *const *labels, const healthcode_str_t *values, size_t n);
static void healthcode_exposition_value(healthcode_sink_t *text,
    healthcode_str_t value);


void
healthcode_exposition_metric(healthcode_sink_t *text,
    const healthcode_exposition_t *metric)
{
    healthcode_sink_string(text, "# HELP ");
    healthcode_sink_string(text, metric->name);
    healthcode_sink_string(text, " ");
    healthcode_sink_string(text, metric->help);
    healthcode_sink_string(text, "\n# TYPE ");
    healthcode_sink_string(text, metric->name);
    healthcode_sink_string(text, " ");
    healthcode_sink_string(text, metric->type);
    healthcode_sink_string(text, "\n");
}


void
healthcode_exposition_sample(healthcode_sink_t *text,
    const healthcode_exposition_t *metric, const char *const *labels,
    const healthcode_str_t *values, size_t n, uint64_t value)
{
    healthcode_sink_string(text, metric->name);
    healthcode_exposition_labels(text, labels, values, n);
    healthcode_sink_number(text, value);
    healthcode_sink_string(text, "\n");
}


void
healthcode_exposition_milliseconds(healthcode_sink_t *text,
    const healthcode_exposition_t *metric, const char *const *labels,
    const healthcode_str_t *values, size_t n, int64_t ms)
{
    healthcode_sink_string(text, metric->name);
    healthcode_exposition_labels(text, labels, values, n);
    healthcode_sink_milliseconds(text, ms);
    healthcode_sink_string(text, "\n");
}


void
healthcode_exposition_histogram(healthcode_sink_t *text,
    const healthcode_exposition_t *metric, const char *label,
    healthcode_str_t value, const uint64_t counts[HEALTHCODE_HISTOGRAM_BUCKETS],
    uint64_t sum)
{
    uint64_t                  below = 0;
    healthcode_str_t          values[2] = { value, { NULL, 0 } };
    const char *const         labels[2] = { label, "le" };

    for (unsigned i = 0; i < HEALTHCODE_HISTOGRAM_BUCKETS; i++) {
        below += counts[i];
        values[1] = healthcode_histogram_bound(i);

        healthcode_sink_string(text, metric->name);
        healthcode_sink_string(text, "_bucket");
        healthcode_exposition_labels(text, labels, values, 2);
        healthcode_sink_number(text, below);
        healthcode_sink_string(text, "\n");
    }

    healthcode_sink_string(text, metric->name);
    healthcode_sink_string(text, "_sum");
    healthcode_exposition_labels(text, labels, values, 1);
    healthcode_sink_seconds(text, sum);
    healthcode_sink_string(text, "\n");

    healthcode_sink_string(text, metric->name);
    healthcode_sink_string(text, "_count");
    healthcode_exposition_labels(text, labels, values, 1);
    healthcode_sink_number(text, below);
    healthcode_sink_string(text, "\n");
}


static void
healthcode_exposition_labels(healthcode_sink_t *text,
    const char *const *labels, const healthcode_str_t *values, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        healthcode_sink_string(text, i ? "," : "{");
        healthcode_sink_string(text, labels[i]);
        healthcode_sink_string(text, "=\"");
        healthcode_exposition_value(text, values[i]);
        healthcode_sink_string(text, "\"");
    }

    healthcode_sink_string(text, n ? "} " : " ");
}


/* The three characters that a value has as escapes. */
static void
healthcode_exposition_value(healthcode_sink_t *text,
    healthcode_str_t value)
{
    for (size_t i = 0; i < value.len; i++) {

        switch (value.data[i]) {

        case '\\':
            healthcode_sink_string(text, "\\\\");
            break;

        case '"':
            healthcode_sink_string(text, "\\\"");
            break;

        case '\n':
            healthcode_sink_string(text, "\\n");
            break;

        default:
            healthcode_sink_byte(text, value.data[i]);
        }
    }
}

