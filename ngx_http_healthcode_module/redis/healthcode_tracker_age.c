/*
 * How old what a replica says is: its tick, which is read before all that it
 * bounds, and whose changes prove that changes are pushed.  Knows no: nginx,
 * socket, request.  docs/connection.md, "A replica".
 */

#include <stdio.h>

#include "healthcode_tracker_private.h"


healthcode_tracker_e
healthcode_tracker_ticked(healthcode_tracker_t *tracker,
    healthcode_lookup_t *lookup, const redisReply *reply)
{
    bool     is_silent;
    int64_t  tick = 0;

    tracker->reason = healthcode_handshake_tick(&tracker->handshake, reply,
                                                &tick, tracker->what,
                                                sizeof(tracker->what));

    /* without a tick nothing counts, of one that is left either */

    healthcode_lookup_ticked(lookup, tick);

    if (tracker->state == HEALTHCODE_TRACKER_LEAVING) {
        return HEALTHCODE_TRACKER_GOES_ON;
    }

    if (tracker->reason != HEALTHCODE_REASON_OK) {
        return HEALTHCODE_TRACKER_BROKEN;
    }

    is_silent = healthcode_memo_is_on(&tracker->memo) && !tracker->is_moved
                && tick != tracker->tick;

    tracker->tick = tick;
    tracker->is_moved = false;

    if (is_silent) {
        tracker->reason = healthcode_handshake_silent(tracker->what,
                                                      sizeof(tracker->what));
        return HEALTHCODE_TRACKER_BROKEN;
    }

    return HEALTHCODE_TRACKER_GOES_ON;
}


void
healthcode_tracker_ticked_first(healthcode_tracker_t *tracker,
    const redisReply *reply)
{
    (void) healthcode_tick_read(reply, &tracker->tick);
    tracker->is_moved = false;
}


void
healthcode_tracker_started(healthcode_tracker_t *tracker,
    const redisReply *reply, uint64_t now)
{
    (void) healthcode_tick_started(reply, tracker->wall + (int64_t) now,
                                   &tracker->ticks.started);
}


/* A wall that is too late claims more than there is, and answers too old. */
void
healthcode_tracker_timed(healthcode_tracker_t *tracker, uint64_t us,
    uint64_t sent)
{
    int64_t  wall = tracker->wall - (int64_t) tracker->between;

    if (healthcode_tracker_is_replica(tracker)) {
        tracker->ticks.apart =
            healthcode_tick_apart(&tracker->handshake.tick, us,
                                  wall + (int64_t) sent);
    }
}


healthcode_reason_e
healthcode_tracker_timely(healthcode_tracker_t *tracker, int64_t tick,
    uint64_t now)
{
    bool               was_offline = tracker->is_offline;
    int64_t            wall = tracker->wall + (int64_t) now;
    healthcode_tick_e  judged;

    if (!healthcode_tracker_is_replica(tracker)) {
        return HEALTHCODE_REASON_OK;
    }

    judged = healthcode_tick_judge(&tracker->handshake.tick, &tracker->ticks,
                                   tick, wall);

    tracker->age = wall - tick - tracker->ticks.apart;
    tracker->is_offline = (judged == HEALTHCODE_TICK_OFFLINE);

    if (judged == HEALTHCODE_TICK_FRESH || tracker->is_offline) {

        healthcode_tick_note(&tracker->ticks, tick);

        if (tracker->is_offline != was_offline) {
            healthcode_tracker_say(tracker, HEALTHCODE_TRACKER_NOTE_OFFLINE,
                                   tracker->is_offline);
        }

        return HEALTHCODE_REASON_OK;
    }

    healthcode_tracker_lose(tracker);
    snprintf(tracker->what, sizeof(tracker->what), "%s",
             healthcode_tick_text(judged));

    return (judged == HEALTHCODE_TICK_EARLY)
           ? HEALTHCODE_REASON_STORE_UNPROVEN
           : HEALTHCODE_REASON_STORE_TIMEOUT;
}


/* Nothing is kept of a replica before it has pushed a change of its tick. */
uint64_t
healthcode_tracker_until(const healthcode_tracker_t *tracker,
    const healthcode_lookup_t *lookup)
{
    if (!healthcode_tracker_is_replica(tracker)) {
        return UINT64_MAX;
    }

    return tracker->is_pushed
           ? healthcode_tick_until(&tracker->handshake.tick, &tracker->ticks,
                                   lookup->tick,
                                   tracker->wall + (int64_t) lookup->sent,
                                   lookup->sent)
           : 0;
}
