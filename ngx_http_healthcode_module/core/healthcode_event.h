/*
 * A request that a gate judged, as one line of JSON for the access log; and
 * such a line, read back.
 * Knows no: nginx, clock, memory, request.  docs/monitoring/log.md.
 */

#ifndef HEALTHCODE_EVENT_H
#define HEALTHCODE_EVENT_H

#include "healthcode_json.h"


/* What became of a request; docs/monitoring/metrics.md has the words. */
typedef enum {
    HEALTHCODE_EVENT_ALLOW,
    HEALTHCODE_EVENT_DENY,
    HEALTHCODE_EVENT_OVERRULED,
    HEALTHCODE_EVENT_NONE,
    HEALTHCODE_EVENT_AUDIT_ALLOW,
    HEALTHCODE_EVENT_AUDIT_DENY,
    HEALTHCODE_EVENT_AUDIT_NONE,

    HEALTHCODE_EVENT_VERDICTS       /* how many there are */
} healthcode_event_verdict_e;


typedef enum {
    HEALTHCODE_EVENT_NOT_SOUGHT,    /* null */
    HEALTHCODE_EVENT_MISS,
    HEALTHCODE_EVENT_HIT
} healthcode_event_cache_e;


typedef struct {
    int64_t                   time;         /* Unix milliseconds */
    healthcode_str_t          gate;
    healthcode_str_t          server;
    healthcode_str_t          issuer;
    healthcode_str_t          verdict;
    healthcode_str_t          reason;
    healthcode_str_t          kid;          /* data is NULL: null */
    healthcode_str_t          pseudonym;    /* likewise */
    uint64_t                  lookup;       /* microseconds */
    healthcode_event_cache_e  code;
    healthcode_event_cache_e  holder;
    bool                      was_asked;    /* lookup is known; else null */
    bool                      has_pseudonym;   /* there is such a member */
} healthcode_event_t;


/* The word of a verdict. */
healthcode_str_t healthcode_event_word(healthcode_event_verdict_e verdict);

/* False, and *verdict unchanged, if word is not that of a verdict. */
bool healthcode_event_verdict(healthcode_str_t word,
    healthcode_event_verdict_e *verdict);

/*
 * Writes event as one object of JSON, without a newline, into size bytes at
 * out.  Characters that are not seen, or that turn what is around them, are
 * written as \uXXXX, and a byte that is not UTF-8 as U+FFFD.  Returns the bytes
 * of all of it: more than size if it was cut, and out is then of no use.
 */
size_t healthcode_event_write(const healthcode_event_t *event, uint8_t *out,
    size_t size);

/*
 * Reads the time and the five labels of a line into event, whose other members
 * are cleared; the strings live in memory, of healthcode_json_memory(line.len)
 * bytes, aligned as malloc aligns.  False, and *event unchanged, if line is not
 * an object with these members, or its verdict is an unknown word.
 */
bool healthcode_event_read(healthcode_str_t line, void *memory, size_t size,
    healthcode_event_t *event);

#endif
