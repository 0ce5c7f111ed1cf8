/*
 * Text that grows up to a size, which the caller owns: what does not fit is
 * counted, and not written.
 * Knows no: clock, nginx, memory, request.  docs/monitoring/metrics.md.
 */

#ifndef HEALTHCODE_SINK_H
#define HEALTHCODE_SINK_H

#include "healthcode_str.h"


/*
 * data is NULL and size 0 to learn how long a text is.  Whoever writes numbers
 * that grow meanwhile tries again while len > size.
 */
typedef struct {
    uint8_t  *data;
    size_t    len;      /* of all of it: more than size if it is too long */
    size_t    size;
} healthcode_sink_t;


/* Adds one byte. */
void healthcode_sink_byte(healthcode_sink_t *sink, uint8_t byte);

/* Adds bytes, or a string with a NUL. */
void healthcode_sink_bytes(healthcode_sink_t *sink,
    healthcode_str_t bytes);
void healthcode_sink_string(healthcode_sink_t *sink, const char *string);

/* Adds a decimal number. */
void healthcode_sink_number(healthcode_sink_t *sink, uint64_t number);

/* Adds us microseconds as seconds, with six digits behind the point. */
void healthcode_sink_seconds(healthcode_sink_t *sink, uint64_t us);

/* Adds ms milliseconds as seconds, with a sign and three digits. */
void healthcode_sink_milliseconds(healthcode_sink_t *sink, int64_t ms);

#endif
