/*
 * Whether a store that does not answer in time is asked at all: after some late
 * reads nobody waits for it but one, now and then.  Time and chance are
 * arguments.  Knows no: nginx, clock, socket.  docs/connection.md, "Breaker".
 */

#include "healthcode_breaker.h"
#include "healthcode_outage.h"


static void healthcode_breaker_pause(healthcode_breaker_t *breaker,
    uint64_t now);


bool
healthcode_breaker_is_shut(const healthcode_breaker_t *breaker, uint64_t now)
{
    return breaker->is_open && now < breaker->until;
}


void
healthcode_breaker_asked(healthcode_breaker_t *breaker, uint64_t now,
    uint64_t timeout)
{
    if (breaker->is_open) {
        breaker->is_tried = true;
        breaker->since = now;
        breaker->until = now + timeout;
    }
}


/*
 * Those that wait side by side are late together, which says no more than one
 * of them does: a store may hold its breath once.
 */
void
healthcode_breaker_late(healthcode_breaker_t *breaker, uint64_t asked,
    uint64_t now)
{
    if (asked < breaker->since) {
        return;
    }

    if (breaker->is_open) {

        if (breaker->is_tried) {
            healthcode_breaker_pause(breaker, now);
        }

        return;
    }

    breaker->since = now;
    breaker->late++;

    if (breaker->late == HEALTHCODE_BREAKER_LATE) {
        breaker->is_open = true;
        breaker->pauses = 0;
        healthcode_breaker_pause(breaker, now);
    }
}


static void
healthcode_breaker_pause(healthcode_breaker_t *breaker, uint64_t now)
{
    breaker->pauses++;
    breaker->chance = breaker->chance * 1664525 + 1013904223;
    breaker->is_tried = false;
    breaker->until = now + healthcode_outage_wait(breaker->pauses,
                                                  breaker->chance >> 16);
}


void
healthcode_breaker_answered(healthcode_breaker_t *breaker)
{
    breaker->late = 0;
    breaker->is_open = false;
    breaker->is_tried = false;
}


void
healthcode_breaker_beaten(healthcode_breaker_t *breaker, uint64_t now)
{
    if (now - breaker->since >= HEALTHCODE_BREAKER_IDLE) {
        healthcode_breaker_answered(breaker);
    }
}


void
healthcode_breaker_connected(healthcode_breaker_t *breaker)
{
    breaker->until = 0;
}
