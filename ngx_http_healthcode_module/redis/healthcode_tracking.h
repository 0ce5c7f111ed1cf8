/*
 * A push of Redis -> what has changed (CLIENT TRACKING in its default mode).
 * Knows no connection and keeps nothing.  docs/request-path.md, "The cache".
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
    HEALTHCODE_TRACKING_PUSH          /* the key that is changed for a push */
} healthcode_tracking_e;


/* How many changes a push tells of; 0 where it is no invalidation. */
size_t healthcode_tracking_changes(const redisReply *push);

/*
 * What change number i is; of _HOLDER the HEALTHCODE_HOLDER_LEN bytes are
 * written to holder.
 */
healthcode_tracking_e healthcode_tracking_change(const redisReply *push,
    size_t i, uint8_t *holder);

#endif
