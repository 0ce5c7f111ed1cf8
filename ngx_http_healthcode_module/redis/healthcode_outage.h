/*
 * Whether the log needs another line about a store: once when it goes down or
 * the cause changes, once when it is up, and never a flood.  Knows no clock, no
 * connection.  docs/request-path.md, "Outage".
 */

#ifndef HEALTHCODE_OUTAGE_H
#define HEALTHCODE_OUTAGE_H

#include "../core/healthcode_str.h"
#include "healthcode_refusal.h"


/* Lines that may follow each other at once, and ms until there is one more. */
#define HEALTHCODE_OUTAGE_LINES  20
#define HEALTHCODE_OUTAGE_EVERY  10000


/* All zero: the store is up, and nothing was said. */
typedef struct {
    bool      down;         /* by the last line */
    unsigned  spent;        /* lines */
    uint64_t  refilled;     /* ms: when spent last became less */
    uint64_t  since;        /* ms: the first line of this outage */
    char      cause[HEALTHCODE_REFUSAL_SIZE];
} healthcode_outage_t;


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
