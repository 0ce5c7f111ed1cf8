/*
 * Whether a store that does not answer in time is asked at all: after some late
 * reads nobody waits for it but one, now and then.  Time and chance are
 * arguments.  Knows no: nginx, clock, socket.  docs/connection.md, "Breaker".
 */

#ifndef HEALTHCODE_BREAKER_H
#define HEALTHCODE_BREAKER_H

#include <stdbool.h>
#include <stdint.h>


/* So many late reads, each asked after the one before was late, open it. */
#define HEALTHCODE_BREAKER_LATE  3

/* Milliseconds without a late read after which a heartbeat closes it. */
#define HEALTHCODE_BREAKER_IDLE  10000


/* All zero, except chance: it is closed, which is to say that all may ask. */
typedef struct {
    uint32_t  chance;       /* to begin with any number */
    unsigned  late;         /* reads in a row */
    uint64_t  pauses;       /* since it opened: healthcode_outage_wait() */
    bool      is_open;
    bool      is_tried;     /* one that was let through is under way */
    uint64_t  since;        /* ms: open, when that one asked; else, when the
                               last one was late */
    uint64_t  until;        /* ms: nobody else may ask */
} healthcode_breaker_t;


/* Whether nobody may ask now. */
bool healthcode_breaker_is_shut(const healthcode_breaker_t *breaker,
    uint64_t now);

/*
 * One asks now who was not shut out, and is late in timeout ms.  While it is
 * open, nobody else may until then.
 */
void healthcode_breaker_asked(healthcode_breaker_t *breaker, uint64_t now,
    uint64_t timeout);

/* A read whose time began at asked is late now. */
void healthcode_breaker_late(healthcode_breaker_t *breaker, uint64_t asked,
    uint64_t now);

/* A read was answered in its time: it is closed. */
void healthcode_breaker_answered(healthcode_breaker_t *breaker);

/*
 * A heartbeat was answered in its time, now: if no read has been late for a
 * while, nobody asks, and all is forgotten.
 */
void healthcode_breaker_beaten(healthcode_breaker_t *breaker, uint64_t now);

/* There is a new connection: one may be let through at once. */
void healthcode_breaker_connected(healthcode_breaker_t *breaker);

#endif
