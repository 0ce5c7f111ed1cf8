/*
 * When a store is asked to prove itself again: often while somebody stands
 * here, hardly otherwise; and what a connection that was silent for long may
 * do.  Knows no: nginx, socket, request.  docs/connection.md, "Idle".
 */

#include "healthcode_tracker_private.h"


/* A lease takes so many heartbeats; without one, milliseconds between them. */
#define HEALTHCODE_TRACKER_BEATS    4
#define HEALTHCODE_TRACKER_PERIOD   1000

/* So many leases, or periods, without a hit and a read: nobody stands here. */
#define HEALTHCODE_TRACKER_REST     2

/* Milliseconds between heartbeats then, and between those that ask for all. */
#define HEALTHCODE_TRACKER_IDLE     30000
#define HEALTHCODE_TRACKER_ALL      120000

/* Milliseconds without a byte that a store with a cache has at most. */
#define HEALTHCODE_TRACKER_SILENCE  1000


static uint64_t healthcode_tracker_lease(const healthcode_tracker_t *tracker);
static bool healthcode_tracker_is_idle(const healthcode_tracker_t *tracker,
    uint64_t now);
static uint64_t healthcode_tracker_left(const healthcode_tracker_t *tracker,
    uint64_t now);
static bool healthcode_tracker_was_silent(const healthcode_tracker_t *tracker,
    uint64_t since);


uint64_t
healthcode_tracker_period(const healthcode_tracker_t *tracker)
{
    return healthcode_memo_is_on(&tracker->memo)
           ? tracker->pipeline.lease / HEALTHCODE_TRACKER_BEATS
           : HEALTHCODE_TRACKER_PERIOD;
}


/* Without a cache heartbeats are as far apart as a lease would be long. */
static uint64_t
healthcode_tracker_lease(const healthcode_tracker_t *tracker)
{
    return healthcode_memo_is_on(&tracker->memo) ? tracker->pipeline.lease
                                                 : HEALTHCODE_TRACKER_PERIOD;
}


static bool
healthcode_tracker_is_idle(const healthcode_tracker_t *tracker, uint64_t now)
{
    return now - tracker->stood
           >= HEALTHCODE_TRACKER_REST * healthcode_tracker_lease(tracker);
}


/* Milliseconds until a heartbeat is due; 0: it is. */
static uint64_t
healthcode_tracker_left(const healthcode_tracker_t *tracker, uint64_t now)
{
    uint64_t  every, passed = now - tracker->beaten;

    every = healthcode_tracker_is_idle(tracker, now)
            ? HEALTHCODE_TRACKER_IDLE : healthcode_tracker_period(tracker);

    return (tracker->is_first_due || passed >= every) ? 0 : every - passed;
}


/*
 * A hit writes nothing for this: the counter of hits is enough.  It is that of
 * the zone, so a worker's stores of one zone are idle together.
 */
bool
healthcode_tracker_tick(healthcode_tracker_t *tracker, uint64_t now)
{
    const healthcode_absence_counters_t  *counters = tracker->memo.counters;

    if (counters && counters->hits != tracker->hits) {
        tracker->hits = counters->hits;
        tracker->stood = now;
    }

    if (healthcode_tracker_left(tracker, now)) {
        return true;
    }

    return healthcode_tracker_is_idle(tracker, now)
           ? healthcode_tracker_beat_for(tracker, now, HEALTHCODE_TRACKER_ALL)
           : healthcode_tracker_beat(tracker, now);
}


/* While the lease may be fresh, hits are possible and looked for. */
uint64_t
healthcode_tracker_wait(const healthcode_tracker_t *tracker, uint64_t now)
{
    uint64_t  left = healthcode_tracker_left(tracker, now);
    uint64_t  period = healthcode_tracker_period(tracker);

    if (left > period
        && now - tracker->beaten < healthcode_tracker_lease(tracker))
    {
        left = period;
    }

    return left ? left : 1;
}


/* Without it a former master would answer, and no lease would begin. */
bool
healthcode_tracker_stand(healthcode_tracker_t *tracker, uint64_t now)
{
    const healthcode_pipeline_t  *pipeline = &tracker->pipeline;

    tracker->stood = now;

    if (tracker->state != HEALTHCODE_TRACKER_LIVE
        || pipeline->pending >= pipeline->max_pending
        || now - tracker->beaten < healthcode_tracker_period(tracker))
    {
        return true;
    }

    return healthcode_tracker_beat(tracker, now);
}


/* ---- silence ---- */

uint64_t
healthcode_tracker_silence(const healthcode_tracker_t *tracker)
{
    uint64_t                    silence = tracker->pipeline.timeout;
    const healthcode_lookup_t  *oldest;

    oldest = healthcode_pipeline_first(&tracker->pipeline);

    if (healthcode_memo_is_on(&tracker->memo)
        && silence > HEALTHCODE_TRACKER_SILENCE)
    {
        silence = HEALTHCODE_TRACKER_SILENCE;
    }

    return (oldest && healthcode_tracker_was_silent(tracker, oldest->since))
           ? (silence + 1) / 2 : silence;
}


bool
healthcode_tracker_was_idle(const healthcode_tracker_t *tracker, uint64_t now)
{
    const healthcode_lookup_t  *oldest;

    oldest = healthcode_pipeline_first(&tracker->pipeline);

    return tracker->state == HEALTHCODE_TRACKER_LIVE
           && healthcode_tracker_was_silent(tracker,
                                            oldest ? oldest->since : now);
}


/* The last byte came over a lease before then, and none since. */
static bool
healthcode_tracker_was_silent(const healthcode_tracker_t *tracker,
    uint64_t since)
{
    uint64_t  heard = tracker->pipeline.heard;

    return since > heard && since - heard > healthcode_tracker_lease(tracker);
}
