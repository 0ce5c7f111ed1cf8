/*
 * How lookups end: answered, late, or failed with their connection.  Each
 * caller that waits is called back once.  Knows no: clock, socket, request.
 * docs/connection.md.
 */

#include "healthcode_pipeline_private.h"


/* A lookup that is unanswered for so many timeouts ends the connection. */
#define HEALTHCODE_PIPELINE_STALLED  5


static bool healthcode_pipeline_hold(healthcode_lookup_t *lookup);
static void healthcode_pipeline_expire_waiting(healthcode_list_t *list,
    uint64_t now);
static void healthcode_pipeline_tell(healthcode_lookup_t *lookup,
    healthcode_reason_e reason, const healthcode_risk_reading_t *reading);
static bool healthcode_pipeline_is_awaited(const healthcode_lookup_t *lookup);
static bool healthcode_pipeline_expire_list(healthcode_list_t *list,
    uint64_t now, uint64_t *left);


void
healthcode_pipeline_done(healthcode_lookup_t *lookup,
    healthcode_reason_e reason, const healthcode_risk_reading_t *reading)
{
    healthcode_pipeline_end(lookup, reason,
                            reason == HEALTHCODE_REASON_OK ? reading : NULL);
}


void
healthcode_pipeline_answered(healthcode_lookup_t *lookup)
{
    healthcode_pipeline_t  *pipeline = lookup->pipeline;

    if (lookup->is_heartbeat) {

        if (pipeline->heard - lookup->sent <= pipeline->timeout) {
            healthcode_breaker_beaten(&pipeline->breaker, pipeline->heard);
        }

    } else if (pipeline->heard < lookup->due
               || healthcode_pipeline_is_awaited(lookup))
    {
        healthcode_breaker_answered(&pipeline->breaker);
    }
}


static bool
healthcode_pipeline_is_awaited(const healthcode_lookup_t *lookup)
{
    return lookup->done || !healthcode_list_is_empty(&lookup->joined);
}


void
healthcode_pipeline_spoil(healthcode_pipeline_t *pipeline)
{
    healthcode_lookup_t  *lookup = healthcode_pipeline_first(pipeline);

    if (healthcode_pipeline_is_partial(pipeline)) {
        lookup->is_keepable = false;
        healthcode_pipeline_withdraw(lookup);
    }
}


void
healthcode_pipeline_untick(healthcode_pipeline_t *pipeline)
{
    healthcode_lookup_t  *lookup = healthcode_pipeline_first(pipeline);

    if (lookup && lookup->is_ticked) {
        lookup->tick = 0;
    }
}


void
healthcode_pipeline_leave(healthcode_pipeline_t *pipeline)
{
    healthcode_list_t    *link;
    healthcode_lookup_t  *lookup;

    for (link = pipeline->sent.next;
         link != &pipeline->sent;
         link = link->next)
    {
        lookup = healthcode_pipeline_lookup(link);
        lookup->is_keepable = false;
        healthcode_pipeline_withdraw(lookup);
    }
}


bool
healthcode_pipeline_expire(healthcode_pipeline_t *pipeline, uint64_t now,
    uint64_t *left)
{
    bool                waits = false;
    uint64_t            next;
    healthcode_list_t  *lists[] = {
        &pipeline->sent, &pipeline->unsent, &pipeline->waiting
    };

    healthcode_pipeline_expire_waiting(&pipeline->waiting, now);

    /* what is held may be due before what the socket had no room for */

    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {

        if (healthcode_pipeline_expire_list(lists[i], now, &next)) {
            *left = (waits && *left < next) ? *left : next;
            waits = true;
        }
    }

    return waits;
}


/* None of it is written: these leave no tombstone. */
static void
healthcode_pipeline_expire_waiting(healthcode_list_t *list, uint64_t now)
{
    healthcode_lookup_t  *lookup;

    while (!healthcode_list_is_empty(list)) {

        lookup = healthcode_pipeline_lookup(list->next);

        if (lookup->due > now) {
            return;
        }

        lookup->pipeline->late++;
        healthcode_breaker_late(&lookup->pipeline->breaker,
                                lookup->due - lookup->pipeline->timeout, now);
        healthcode_pipeline_end(lookup, HEALTHCODE_REASON_STORE_TIMEOUT, NULL);
    }
}


/* They stay as tombstones, so that the order of replies holds. */
static bool
healthcode_pipeline_expire_list(healthcode_list_t *list, uint64_t now,
    uint64_t *left)
{
    healthcode_list_t      *link;
    healthcode_lookup_t    *lookup;
    healthcode_pipeline_t  *pipeline;

    for (link = list->next; link != list; link = link->next) {

        lookup = healthcode_pipeline_lookup(link);

        if (!healthcode_pipeline_is_awaited(lookup)) {
            continue;
        }

        if (lookup->due > now) {
            *left = lookup->due - now;
            return true;
        }

        pipeline = lookup->pipeline;
        pipeline->late++;
        healthcode_breaker_late(&pipeline->breaker,
                                lookup->due - pipeline->timeout, now);
        healthcode_pipeline_tell(lookup, HEALTHCODE_REASON_STORE_TIMEOUT,
                                 NULL);
    }

    return false;
}


bool
healthcode_pipeline_is_silent(const healthcode_pipeline_t *pipeline,
    uint64_t now, uint64_t silence, uint64_t *left)
{
    uint64_t                    since, end, stalled;
    const healthcode_lookup_t  *oldest = healthcode_pipeline_first(pipeline);

    *left = 0;

    if (oldest == NULL) {
        return false;
    }

    since = (pipeline->heard > oldest->since) ? pipeline->heard
                                              : oldest->since;

    end = since + silence;
    stalled = oldest->since + HEALTHCODE_PIPELINE_STALLED * pipeline->timeout;

    if (stalled < end) {
        end = stalled;
    }

    if (end <= now) {
        return true;
    }

    *left = end - now;

    return false;
}


void
healthcode_pipeline_again(healthcode_pipeline_t *pipeline,
    healthcode_reason_e reason)
{
    healthcode_list_t     all;
    healthcode_lookup_t  *lookup;

    pipeline->held.len = 0;

    healthcode_list_init(&all);
    healthcode_list_move(&all, &pipeline->sent);
    healthcode_list_move(&all, &pipeline->unsent);

    while (!healthcode_list_is_empty(&all)) {

        lookup = healthcode_pipeline_lookup(all.next);

        if (!healthcode_pipeline_hold(lookup)) {
            healthcode_pipeline_end(lookup, reason, NULL);
        }
    }
}


/* What has no question of its own cannot be asked again. */
static bool
healthcode_pipeline_hold(healthcode_lookup_t *lookup)
{
    healthcode_pipeline_t    *pipeline = lookup->pipeline;
    healthcode_risk_query_t   query;

    if (lookup->is_again || !lookup->is_keepable
        || (lookup->done == NULL && healthcode_list_is_empty(&lookup->joined)))
    {
        return false;
    }

    healthcode_question_query(&lookup->question, &query);

    if (!healthcode_pipeline_format(lookup, &query, &pipeline->held)) {
        return false;
    }

    lookup->is_again = lookup->is_sent;
    lookup->is_sent = false;
    lookup->is_held = true;
    lookup->received = 0;
    lookup->end = pipeline->held.len;

    healthcode_list_remove(&lookup->link);
    healthcode_list_append(&pipeline->unsent, &lookup->link);

    return true;
}


void
healthcode_pipeline_abandon(healthcode_pipeline_t *pipeline,
    healthcode_reason_e reason)
{
    while (!healthcode_list_is_empty(&pipeline->sent)) {
        healthcode_pipeline_end(healthcode_pipeline_first(pipeline), reason,
                                NULL);
    }
}


void
healthcode_pipeline_fail(healthcode_pipeline_t *pipeline,
    healthcode_reason_e reason)
{
    pipeline->held.len = 0;

    healthcode_list_move(&pipeline->sent, &pipeline->unsent);
    healthcode_list_move(&pipeline->sent, &pipeline->waiting);
    healthcode_pipeline_abandon(pipeline, reason);
}


void
healthcode_pipeline_end(healthcode_lookup_t *lookup,
    healthcode_reason_e reason, const healthcode_risk_reading_t *reading)
{
    healthcode_pipeline_t  *pipeline = lookup->pipeline;

    /* a silent connection is closed as soon as its lookups are late */

    if (reason == HEALTHCODE_REASON_STORE_TIMEOUT && lookup->is_sent
        && !lookup->is_heartbeat && healthcode_pipeline_is_awaited(lookup))
    {
        healthcode_breaker_late(&pipeline->breaker,
                                lookup->due - pipeline->timeout, lookup->due);
    }

    /* done() may ask again: by then lookup is in no list and takes no place */

    healthcode_list_remove(&lookup->link);

    if (!lookup->is_heartbeat) {
        pipeline->pending--;
    }

    healthcode_pipeline_tell(lookup, reason, reading);

    healthcode_list_insert(&pipeline->spare, &lookup->link);
}


/* Everybody who waits for it. */
static void
healthcode_pipeline_tell(healthcode_lookup_t *lookup,
    healthcode_reason_e reason, const healthcode_risk_reading_t *reading)
{
    healthcode_lookup_t        *other;
    healthcode_lookup_done_pt   done = lookup->done;

    healthcode_pipeline_withdraw(lookup);

    lookup->done = NULL;

    if (done) {
        done(lookup->data, reason, reading);
    }

    while (!healthcode_list_is_empty(&lookup->joined)) {

        other = healthcode_pipeline_lookup(lookup->joined.next);
        healthcode_pipeline_give(other);

        other->done(other->data, reason, reading);
    }
}
