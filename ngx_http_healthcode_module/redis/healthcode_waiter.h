/*
 * Who waits for the map of a Redis Cluster: until it counts, or is another one,
 * or the time is over.  Each time is an argument, in ms of CLOCK_BOOTTIME.
 * Knows no: nginx, socket, clock, memory, request.
 * docs/connection.md, "Cluster".
 */

#ifndef HEALTHCODE_WAITER_H
#define HEALTHCODE_WAITER_H

#include "../core/healthcode_list.h"
#include "../core/healthcode_reason.h"


typedef struct healthcode_waiters_s  healthcode_waiters_t;
typedef struct healthcode_waiter_s   healthcode_waiter_t;


/* What is to be done for one that waits no longer; either may wait again. */
typedef struct {
    void  (*go)(healthcode_waiter_t *waiter);
    void  (*end)(healthcode_waiter_t *waiter, healthcode_reason_e reason);
} healthcode_waiter_handlers_t;


/* The asker's; link is its own to use while it does not wait. */
struct healthcode_waiter_s {
    healthcode_list_t                    link;
    healthcode_waiters_t                *waiters;
    const healthcode_waiter_handlers_t  *handlers;
    uint64_t                             due;      /* its time is over */
    uint64_t                             changes;  /* of the map that it waits
                                                      to change */
    bool                                 is_waiting;
};


struct healthcode_waiters_s {
    size_t                               max;
    size_t                               n;
    healthcode_list_t                    list;
};


void healthcode_waiters_init(healthcode_waiters_t *waiters, size_t max);

/* One that does not wait, and whose time is over at due. */
void healthcode_waiter_init(healthcode_waiter_t *waiter,
    healthcode_waiters_t *waiters, const healthcode_waiter_handlers_t *handlers,
    uint64_t due);

/*
 * It waits until the map is not number changes any more; UINT64_MAX: until
 * somebody is to look at it again.  If it waits already, it does so once.
 * HEALTHCODE_REASON_OK, or _STORE_BUSY: too many wait.
 */
healthcode_reason_e healthcode_waiter_wait(healthcode_waiter_t *waiter,
    uint64_t changes);

/* It does not wait any more, if it did; nothing is called. */
void healthcode_waiter_leave(healthcode_waiter_t *waiter);

/* The map, which is number changes by now, is settled, or counts again. */
void healthcode_waiters_wake(healthcode_waiters_t *waiters, uint64_t changes);

/* All that wait end for reason. */
void healthcode_waiters_fail(healthcode_waiters_t *waiters,
    healthcode_reason_e reason);

/*
 * Ends those that have waited for too long at now, as _STORE_TIMEOUT.  Whether
 * others wait: then the next one is late in *left ms.
 */
bool healthcode_waiters_expire(healthcode_waiters_t *waiters, uint64_t now,
    uint64_t *left);

#endif
