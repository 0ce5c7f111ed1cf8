/*
 * A push of Redis -> what has changed (CLIENT TRACKING in its default mode);
 * and how many keys it tracks.  Nothing is kept.
 * Knows no: nginx, socket, clock.  docs/cache.md.
 */

#ifndef HEALTHCODE_TRACKING_H
#define HEALTHCODE_TRACKING_H

#include <hiredis/hiredis.h>

#include "../core/healthcode_holder.h"


typedef enum {
    HEALTHCODE_TRACKING_BROKEN = 0,   /* a key that no gate reads */
    HEALTHCODE_TRACKING_ALL,          /* the store was flushed */
    HEALTHCODE_TRACKING_META,
    HEALTHCODE_TRACKING_HOLDER,
    HEALTHCODE_TRACKING_REGIONS,
    HEALTHCODE_TRACKING_CONTROLS,
    HEALTHCODE_TRACKING_PUSH,         /* the key that is changed for a push */
    HEALTHCODE_TRACKING_TICK,
    HEALTHCODE_TRACKING_DATA,         /* somebody has touched the store */
    HEALTHCODE_TRACKING_HALL          /* somebody has passed, or shown
                                         a proof */
} healthcode_tracking_e;


/* The number of changes in a push; 0 if it is not an invalidation. */
size_t healthcode_tracking_changes(const redisReply *push);

/*
 * What change number i is; of _HOLDER the HEALTHCODE_HOLDER_LEN bytes are
 * written to holder.
 */
healthcode_tracking_e healthcode_tracking_change(const redisReply *push,
    size_t i, uint8_t *holder);

/*
 * How many keys the server tracks for all its clients, out of its answer to
 * INFO stats.  False, and *keys as it was: it does not say, or that is not
 * a number.
 */
bool healthcode_tracking_keys(const redisReply *info, uint64_t *keys);

#endif
