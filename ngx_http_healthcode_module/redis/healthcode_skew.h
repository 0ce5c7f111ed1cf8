/*
 * Whether the clock of a store and that of the gate agree: Redis deletes by its
 * own.  Both times are arguments.  Knows no: nginx, clock, socket.
 * docs/redis-keys.md, "Clocks".
 */

#ifndef HEALTHCODE_SKEW_H
#define HEALTHCODE_SKEW_H

#include <hiredis/hiredis.h>

#include "../core/healthcode_str.h"


/* Seconds: further apart is a fault; it is over once they are so near. */
#define HEALTHCODE_SKEW_MAX   60
#define HEALTHCODE_SKEW_OVER  30


typedef enum {
    HEALTHCODE_SKEW_FINE = 0,
    HEALTHCODE_SKEW_APART,
    HEALTHCODE_SKEW_UNKNOWN       /* the store does not say its time */
} healthcode_skew_e;


/*
 * What the reply to TIME says, which came at now, Unix seconds, when it was
 * last before.  *ahead is by how many seconds the store is ahead, 0 if that
 * is unknown; a reply of another shape is unknown, too.
 */
healthcode_skew_e healthcode_skew_read(healthcode_skew_e last,
    const redisReply *reply, int64_t now, int64_t *ahead);

/*
 * Reads the time in a reply to TIME, in microseconds since 1970, into *us.
 * False: the reply has another shape.
 */
bool healthcode_skew_clock(const redisReply *reply, uint64_t *us);

#endif
