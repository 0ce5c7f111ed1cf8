/*
 * Calls of scripts among the lookups of one connection: formatted for the store
 * that is live, loaded where it does not know them, never repeated.
 * Knows no: clock, socket, request.  docs/connection.md, "Calls".
 */

#include "healthcode_pipeline_private.h"
#include "healthcode_redirect.h"


static healthcode_reason_e healthcode_pipeline_call_begin(
    healthcode_pipeline_t *pipeline, const healthcode_call_t *call,
    uint64_t now, healthcode_lookup_t **lookup);
static healthcode_reason_e healthcode_pipeline_call_end(
    healthcode_lookup_t *lookup, bool is_live, healthcode_str_t instance,
    uint64_t now);
static bool healthcode_pipeline_call_format(healthcode_lookup_t *lookup,
    healthcode_str_t instance);
static void healthcode_pipeline_call_wait(healthcode_lookup_t *lookup);
static void healthcode_pipeline_call_done(void *data,
    healthcode_reason_e reason, const healthcode_risk_reading_t *reading);


healthcode_reason_e
healthcode_pipeline_call(healthcode_pipeline_t *pipeline,
    const healthcode_call_t *call, bool is_live, healthcode_str_t instance,
    uint64_t now, healthcode_lookup_t **lookup)
{
    healthcode_reason_e  reason;

    reason = healthcode_pipeline_call_begin(pipeline, call, now, lookup);

    return (reason == HEALTHCODE_REASON_OK)
           ? healthcode_pipeline_call_end(*lookup, is_live, instance, now)
           : reason;
}


healthcode_reason_e
healthcode_pipeline_calling(healthcode_pipeline_t *pipeline,
    const healthcode_call_t *call, healthcode_str_t instance, uint64_t now,
    healthcode_lookup_t **lookup)
{
    healthcode_reason_e  reason;

    reason = healthcode_pipeline_call_begin(pipeline, call, now, lookup);

    if (reason != HEALTHCODE_REASON_OK) {
        return reason;
    }

    (*lookup)->is_asking = true;

    return healthcode_pipeline_call_end(*lookup, true, instance, now);
}


/* One that is in no list. */
static healthcode_reason_e
healthcode_pipeline_call_begin(healthcode_pipeline_t *pipeline,
    const healthcode_call_t *call, uint64_t now, healthcode_lookup_t **lookup)
{
    healthcode_lookup_t  *l;

    if (pipeline->pending >= pipeline->max_pending) {
        return HEALTHCODE_REASON_STORE_BUSY;
    }

    if (healthcode_breaker_is_shut(&pipeline->breaker, now)) {
        return HEALTHCODE_REASON_STORE_TIMEOUT;
    }

    l = healthcode_pipeline_take(pipeline);
    if (l == NULL) {
        return HEALTHCODE_REASON_FAULT;
    }

    l->call = call;
    l->done = healthcode_pipeline_call_done;
    l->data = l;
    l->due = now + pipeline->timeout;

    *lookup = l;

    return HEALTHCODE_REASON_OK;
}


static healthcode_reason_e
healthcode_pipeline_call_end(healthcode_lookup_t *lookup, bool is_live,
    healthcode_str_t instance, uint64_t now)
{
    healthcode_pipeline_t  *pipeline = lookup->pipeline;

    if (!is_live) {
        healthcode_pipeline_call_wait(lookup);

    } else if (healthcode_pipeline_call_format(lookup, instance)) {
        healthcode_list_append(&pipeline->unsent, &lookup->link);

    } else {
        healthcode_list_append(&pipeline->spare, &lookup->link);
        return HEALTHCODE_REASON_FAULT;
    }

    pipeline->pending++;
    healthcode_breaker_asked(&pipeline->breaker, now, pipeline->timeout);

    return HEALTHCODE_REASON_OK;
}


/* Into what is to be written; false: no memory, and nothing of it is. */
static bool
healthcode_pipeline_call_format(healthcode_lookup_t *lookup,
    healthcode_str_t instance)
{
    healthcode_redis_buf_t   *out = &lookup->pipeline->out;
    const size_t              len = out->len;
    const healthcode_call_t  *call = lookup->call;

    if ((lookup->is_loading && !healthcode_call_format_load(call->script, out))
        || (lookup->is_asking && !healthcode_redirect_format_asking(out))
        || !call->format(call->data, instance, out))
    {
        out->len = len;
        return false;
    }

    lookup->expected = 1u + lookup->is_loading + lookup->is_asking;
    lookup->received = 0;
    lookup->is_sent = false;
    lookup->end = lookup->pipeline->written + out->len;

    return true;
}


/* Its time goes on. */
static void
healthcode_pipeline_call_wait(healthcode_lookup_t *lookup)
{
    lookup->is_waiting = true;
    lookup->is_held = true;
    lookup->is_sent = false;
    healthcode_list_append(&lookup->pipeline->waiting, &lookup->link);
}


void
healthcode_pipeline_release_calls(healthcode_pipeline_t *pipeline,
    healthcode_str_t instance)
{
    healthcode_list_t     all;
    healthcode_lookup_t  *lookup;

    healthcode_list_init(&all);
    healthcode_list_move(&all, &pipeline->waiting);

    while (!healthcode_list_is_empty(&all)) {

        lookup = healthcode_pipeline_lookup(all.next);
        lookup->is_waiting = false;

        if (!healthcode_pipeline_call_format(lookup, instance)) {
            healthcode_pipeline_end(lookup, HEALTHCODE_REASON_FAULT, NULL);
            continue;
        }

        healthcode_list_remove(&lookup->link);
        healthcode_list_append(&pipeline->unsent, &lookup->link);
    }
}


bool
healthcode_pipeline_load(healthcode_lookup_t *lookup, bool is_live,
    healthcode_str_t instance)
{
    healthcode_pipeline_t  *pipeline = lookup->pipeline;

    if (lookup->done == NULL || lookup->is_loading) {
        return false;
    }

    lookup->is_loading = true;

    if (is_live) {

        if (!healthcode_pipeline_call_format(lookup, instance)) {
            return false;
        }

        /* in the time that it has left */
        lookup->is_again = true;
        healthcode_list_remove(&lookup->link);
        healthcode_list_append(&pipeline->unsent, &lookup->link);

    } else {
        healthcode_list_remove(&lookup->link);
        healthcode_pipeline_call_wait(lookup);
    }

    return true;
}


/* What was replied last answers it; of a text that is refused, the first. */
static void
healthcode_pipeline_call_done(void *data, healthcode_reason_e reason,
    const healthcode_risk_reading_t *reading)
{
    const redisReply           *reply = NULL;
    const healthcode_call_t    *call;
    const healthcode_lookup_t  *lookup = data;

    (void) reading;
    call = lookup->call;

    if (reason == HEALTHCODE_REASON_OK) {
        reply = lookup->replies[lookup->expected - 1];

        if (lookup->is_loading
            && lookup->replies[0]->type == REDIS_REPLY_ERROR)
        {
            reply = lookup->replies[0];
        }
    }

    call->done(call->data, reason, reply);
}
