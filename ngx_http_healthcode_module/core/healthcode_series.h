/*
 * The name of a counter: what it counts, and the values of its labels, as bytes
 * for healthcode_counters.h, and read back.
 * Knows no: nginx, memory, request.  docs/monitoring/metrics.md.
 */

#ifndef HEALTHCODE_SERIES_H
#define HEALTHCODE_SERIES_H

#include "healthcode_counters.h"


/* Labels of one series, at most. */
#define HEALTHCODE_SERIES_LABELS  5

/* Longest values of the labels of requests, in bytes; together they fit. */
#define HEALTHCODE_SERIES_GATE    72
#define HEALTHCODE_SERIES_SERVER  72
#define HEALTHCODE_SERIES_ISSUER  64
#define HEALTHCODE_SERIES_WORD    20

/* Of a hall, which stands beside a store. */
#define HEALTHCODE_SERIES_HALL    128

/* In place of the bound of a bucket. */
#define HEALTHCODE_SERIES_SUM     "sum"

_Static_assert(1 + HEALTHCODE_SERIES_GATE + 1 + HEALTHCODE_SERIES_SERVER + 1
               + HEALTHCODE_SERIES_ISSUER + 1 + 2 * (HEALTHCODE_SERIES_WORD + 1)
               <= HEALTHCODE_COUNTERS_NAME,
               "a name is longer than names may be");

_Static_assert(1 + HEALTHCODE_SERIES_ISSUER + 1 + HEALTHCODE_SERIES_HALL + 1
               <= HEALTHCODE_COUNTERS_NAME
               && HEALTHCODE_SERIES_WORD <= HEALTHCODE_SERIES_HALL,
               "a name is longer than names may be");


/* The labels of requests, in their order: names of constant strings. */
#define HEALTHCODE_SERIES_REQUEST_LABELS                                      \
    "gate", "server", "issuer", "verdict", "reason"


/* What is counted; the first byte of a name, so a letter keeps its meaning. */
typedef enum {
    HEALTHCODE_SERIES_REQUESTS = 'r',  /* by gate, server, issuer, verdict
                                          and reason */
    HEALTHCODE_SERIES_LOOKUPS = 'l',   /* by store and result */
    HEALTHCODE_SERIES_JOINED = 'j',    /* by store */
    HEALTHCODE_SERIES_STALE = 's',     /* by store */
    HEALTHCODE_SERIES_OFFLINE = 'o',   /* by store */
    HEALTHCODE_SERIES_CONNECTS = 'c',  /* by store */
    HEALTHCODE_SERIES_FAILURES = 'f',  /* by store and reason */
    HEALTHCODE_SERIES_PASSWORDS = 'p', /* by store */
    HEALTHCODE_SERIES_PASSAGES = 'h',  /* by store and result */
    HEALTHCODE_SERIES_INSIDE = 'i',    /* by store and hall; set to a word of
                                          healthcode_inside.h */

    /* by a store or an issuer, and by the bound of a bucket; or by _SUM, which
       is in microseconds */
    HEALTHCODE_SERIES_LOOKUP_TIME = 't',
    HEALTHCODE_SERIES_VERIFY_TIME = 'v'
} healthcode_series_e;


typedef struct {
    healthcode_series_e  what;
    unsigned             n;
    healthcode_str_t     values[HEALTHCODE_SERIES_LABELS];
} healthcode_series_t;


/*
 * Writes text as the value of a label into out, at most max bytes, whole
 * characters: "?" for each one that is not UTF-8 or is not seen, "-" for an
 * empty text.  Returns the bytes written.
 */
size_t healthcode_series_value(healthcode_str_t text, uint8_t *out, size_t max);

/* Writes the name of series.  Returns its bytes; 0: it would be too long. */
size_t healthcode_series_write(const healthcode_series_t *series,
    uint8_t name[HEALTHCODE_COUNTERS_NAME]);

/*
 * Reads a name into series; its values are views of the name.  False: it is
 * not a name that _write() wrote.
 */
bool healthcode_series_read(healthcode_str_t name, healthcode_series_t *series);

#endif
