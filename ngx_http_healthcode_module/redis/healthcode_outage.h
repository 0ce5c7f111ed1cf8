/*
 * Whether the log needs another line about a store: one when it goes down or
 * the cause changes, one when it is up, and never a flood; when to connect
 * again.  Time and chance are arguments.  Knows no: nginx, clock, socket.
 * docs/connection.md, "Outage".
 */

#ifndef HEALTHCODE_OUTAGE_H
#define HEALTHCODE_OUTAGE_H

#include "../core/healthcode_str.h"
#include "healthcode_refusal.h"


/* Lines that may follow each other at once, and ms until there is one more. */
#define HEALTHCODE_OUTAGE_LINES  20
#define HEALTHCODE_OUTAGE_EVERY  10000


/* Milliseconds between attempts to connect: doubled from MIN up to MAX. */
#define HEALTHCODE_OUTAGE_MIN    50
#define HEALTHCODE_OUTAGE_MAX    1000


/* All zero: the store is up, and nothing was said. */
typedef struct {
    bool      down;         /* by the last line */
    unsigned  spent;        /* lines */
    uint64_t  refilled;     /* ms: when spent last became less */
    uint64_t  since;        /* ms: the first line of this outage */
    char      cause[HEALTHCODE_REFUSAL_SIZE];
} healthcode_outage_t;


/*
 * Milliseconds until the next attempt to connect after so many that failed in a
 * row, shortened by chance, a random number, by up to a half.  0: a connection
 * that had served has ended, and nobody asks: some time in the next second.
 */
uint64_t healthcode_outage_wait(uint64_t failures, uint32_t chance);

/*
 * It is down, for cause.  True: write a line.  False: the last line says the
 * same, or there were too many; then call it again, or _up(), when more is
 * known, and the line comes late.  now is of a clock that never goes back, ms.
 */
bool healthcode_outage_down(healthcode_outage_t *outage, uint64_t now,
    const char *cause);

/*
 * It is up.  True: write a line, and *lasted is for how many ms it was down.
 * False: nothing said otherwise, or there were too many lines; call it again.
 */
bool healthcode_outage_up(healthcode_outage_t *outage, uint64_t now,
    uint64_t *lasted);

#endif
