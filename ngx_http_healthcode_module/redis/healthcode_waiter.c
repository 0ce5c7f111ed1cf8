/*
 * Who waits for the map of a Redis Cluster: until it counts, or is another one,
 * or the time is over.
 * Knows no: nginx, socket, clock, memory, request.
 * docs/connection.md, "Cluster".
 */

#include <string.h>

#include "healthcode_waiter.h"


static void healthcode_waiter_keep(healthcode_waiter_t *waiter);


void
healthcode_waiters_init(healthcode_waiters_t *waiters, size_t max)
{
    waiters->max = max;
    waiters->n = 0;
    healthcode_list_init(&waiters->list);
}


void
healthcode_waiter_init(healthcode_waiter_t *waiter,
    healthcode_waiters_t *waiters, const healthcode_waiter_handlers_t *handlers,
    uint64_t due)
{
    memset(waiter, 0, sizeof(healthcode_waiter_t));

    waiter->waiters = waiters;
    waiter->handlers = handlers;
    waiter->due = due;
}


healthcode_reason_e
healthcode_waiter_wait(healthcode_waiter_t *waiter, uint64_t changes)
{
    healthcode_waiters_t  *waiters = waiter->waiters;

    if (waiter->is_waiting) {
        /* for nodes to be added; a part of it has been moved since */
        waiter->changes = changes;
        return HEALTHCODE_REASON_OK;
    }

    if (waiters->n >= waiters->max) {
        return HEALTHCODE_REASON_STORE_BUSY;
    }

    waiter->changes = changes;
    waiter->is_waiting = true;
    waiters->n++;
    healthcode_list_append(&waiters->list, &waiter->link);

    return HEALTHCODE_REASON_OK;
}


void
healthcode_waiter_leave(healthcode_waiter_t *waiter)
{
    if (waiter->is_waiting) {
        waiter->is_waiting = false;
        waiter->waiters->n--;
        healthcode_list_remove(&waiter->link);
    }
}


/* It goes on to wait, behind those that do already. */
static void
healthcode_waiter_keep(healthcode_waiter_t *waiter)
{
    healthcode_list_remove(&waiter->link);
    healthcode_list_append(&waiter->waiters->list, &waiter->link);
}


void
healthcode_waiters_wake(healthcode_waiters_t *waiters, uint64_t changes)
{
    healthcode_list_t     all;
    healthcode_waiter_t  *waiter;

    healthcode_list_init(&all);
    healthcode_list_move(&all, &waiters->list);

    while (!healthcode_list_is_empty(&all)) {

        waiter = healthcode_list_entry(all.next, healthcode_waiter_t, link);

        if (waiter->changes == changes) {
            healthcode_waiter_keep(waiter);
            continue;
        }

        healthcode_waiter_leave(waiter);
        waiter->handlers->go(waiter);
    }
}


void
healthcode_waiters_fail(healthcode_waiters_t *waiters,
    healthcode_reason_e reason)
{
    healthcode_list_t     all;
    healthcode_waiter_t  *waiter;

    healthcode_list_init(&all);
    healthcode_list_move(&all, &waiters->list);

    while (!healthcode_list_is_empty(&all)) {

        waiter = healthcode_list_entry(all.next, healthcode_waiter_t, link);

        healthcode_waiter_leave(waiter);
        waiter->handlers->end(waiter, reason);
    }
}


bool
healthcode_waiters_expire(healthcode_waiters_t *waiters, uint64_t now,
    uint64_t *left)
{
    bool                  waits = false;
    healthcode_list_t     all;
    healthcode_waiter_t  *waiter;

    healthcode_list_init(&all);
    healthcode_list_move(&all, &waiters->list);

    while (!healthcode_list_is_empty(&all)) {

        waiter = healthcode_list_entry(all.next, healthcode_waiter_t, link);

        if (waiter->due <= now) {
            healthcode_waiter_leave(waiter);
            waiter->handlers->end(waiter, HEALTHCODE_REASON_STORE_TIMEOUT);
            continue;
        }

        healthcode_waiter_keep(waiter);

        if (!waits || waiter->due - now < *left) {
            *left = waiter->due - now;
        }

        waits = true;
    }

    return waits;
}
