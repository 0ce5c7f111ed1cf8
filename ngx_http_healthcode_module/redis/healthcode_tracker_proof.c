/*
 * What a store must prove: first, in the handshake; in each live read; and
 * again and again, in heartbeats.  Knows no: nginx, socket, request.
 * docs/connection.md, docs/redis-keys.md.
 */

#include <stdio.h>
#include <stdlib.h>

#include "healthcode_data_codec.h"
#include "healthcode_tracker_private.h"
#include "healthcode_tracking.h"


/* Milliseconds between questions for the policy. */
#define HEALTHCODE_TRACKER_MEMORY   1000


static void healthcode_tracker_greeting_note(healthcode_tracker_t *tracker,
    unsigned i, const redisReply *reply, uint64_t now, int64_t date);
static healthcode_tracker_e healthcode_tracker_live(
    healthcode_tracker_t *tracker, const redisReply *meta, uint64_t now);
static bool healthcode_tracker_prove(healthcode_tracker_t *tracker,
    healthcode_str_t instance);
static void healthcode_tracker_again(healthcode_tracker_t *tracker,
    const healthcode_lookup_t *lookup, const healthcode_handshake_seen_t *seen,
    int64_t date);
static void healthcode_tracker_voice(healthcode_tracker_t *tracker,
    const healthcode_lookup_t *lookup, bool is_moved);
static healthcode_reason_e healthcode_tracker_said(
    healthcode_tracker_t *tracker, const redisReply *map);
static void healthcode_tracker_skew(healthcode_tracker_t *tracker,
    const redisReply *reply, uint64_t sent, int64_t date);


/* ---- the handshake ---- */

healthcode_tracker_e
healthcode_tracker_greeting(healthcode_tracker_t *tracker,
    const redisReply *reply, uint64_t now, int64_t date)
{
    unsigned                       i = tracker->greeted++;
    const healthcode_handshake_t  *handshake = &tracker->handshake;

    tracker->reason = healthcode_handshake_read(handshake, i, reply,
                                                tracker->what,
                                                sizeof(tracker->what));

    if (tracker->reason != HEALTHCODE_REASON_OK) {
        return HEALTHCODE_TRACKER_BROKEN;
    }

    healthcode_tracker_greeting_note(tracker, i, reply, now, date);

    if (healthcode_handshake_is_map(handshake, i)
        && healthcode_tracker_said(tracker, reply) != HEALTHCODE_REASON_OK)
    {
        return HEALTHCODE_TRACKER_BROKEN;
    }

    if (tracker->greeted < healthcode_handshake_replies(handshake)) {
        return HEALTHCODE_TRACKER_GOES_ON;
    }

    if (tracker->is_push_due && !tracker->is_pushed) {
        tracker->reason = healthcode_handshake_silent(tracker->what,
                                                      sizeof(tracker->what));
        return HEALTHCODE_TRACKER_BROKEN;
    }

    if (handshake->is_scout) {
        return HEALTHCODE_TRACKER_PROVEN;
    }

    tracker->reason = healthcode_tracker_timely(tracker, tracker->tick, now);

    if (tracker->reason != HEALTHCODE_REASON_OK) {
        return HEALTHCODE_TRACKER_BROKEN;
    }

    /* the last one is the proof by which the connection is known */

    return healthcode_tracker_live(tracker, reply, now);
}


/* What a good reply says beside. */
static void
healthcode_tracker_greeting_note(healthcode_tracker_t *tracker, unsigned i,
    const redisReply *reply, uint64_t now, int64_t date)
{
    char                           what[HEALTHCODE_REFUSAL_SIZE];
    const healthcode_handshake_t  *handshake = &tracker->handshake;

    if (healthcode_handshake_is_time(handshake, i)) {
        healthcode_tracker_skew(tracker, reply, tracker->asked, date);

    } else if (healthcode_handshake_is_tick(handshake, i)) {
        healthcode_tracker_ticked_first(tracker, reply);

    } else if (healthcode_handshake_is_server(handshake, i)) {
        healthcode_tracker_started(tracker, reply, now);

    } else if (healthcode_handshake_is_data(handshake, i)
               && !healthcode_handshake_is_moved(handshake, reply))
    {
        healthcode_data_codec_read(reply, &tracker->greeting_data);

    } else if (healthcode_handshake_is_push_due(handshake, i, reply)) {
        tracker->is_push_due = true;

    } else if (!tracker->is_less_noted
               && healthcode_handshake_is_less(handshake, i, reply, what,
                                               sizeof(what)))
    {
        healthcode_tracker_say_text(tracker, HEALTHCODE_TRACKER_NOTE_LESS,
                                    what);
    }
}


static healthcode_tracker_e
healthcode_tracker_live(healthcode_tracker_t *tracker, const redisReply *meta,
    uint64_t now)
{
    const char        *error;
    healthcode_str_t   instance = healthcode_risk_codec_instance(meta);

    if (tracker->hooks) {
        error = tracker->hooks->proven(tracker->hooks_data, instance);

        if (error) {
            (void) healthcode_tracker_refuse(tracker, error);
            tracker->reason = HEALTHCODE_REASON_STORE_UNPROVEN;
            return HEALTHCODE_TRACKER_BROKEN;
        }
    }

    if (!healthcode_tracker_prove(tracker, instance)) {
        return healthcode_tracker_refuse(tracker, "there is no memory");
    }

    /* on another connection nobody has heard what changed since the last one */

    healthcode_tracker_lose(tracker);

    if (healthcode_memo_is_on(&tracker->memo)) {

        if (!healthcode_memo_live(&tracker->memo, tracker->peer,
                                  &tracker->handshake, instance))
        {
            return healthcode_tracker_refuse(tracker, "there is no memory");
        }

        healthcode_tracker_say(tracker, HEALTHCODE_TRACKER_NOTE_OWNER, 0);
    }

    tracker->state = HEALTHCODE_TRACKER_LIVE;
    healthcode_breaker_connected(&tracker->pipeline.breaker);
    tracker->handshake.reads = false;
    tracker->is_less_noted = true;
    tracker->memory = now;
    tracker->beaten = now;
    tracker->store_data = tracker->greeting_data;

    if (healthcode_handshake_is_open(&tracker->handshake)
        && !tracker->is_open_noted)
    {
        tracker->is_open_noted = true;
        healthcode_tracker_say(tracker, HEALTHCODE_TRACKER_NOTE_OPEN, 0);
    }

    /* with a cache nothing is fresh until a heartbeat is answered */
    tracker->is_first_due = healthcode_memo_is_on(&tracker->memo)
                            || tracker->hooks;

    healthcode_tracker_say(tracker, HEALTHCODE_TRACKER_NOTE_DATA, 0);
    healthcode_pipeline_release(&tracker->pipeline);
    healthcode_pipeline_release_calls(&tracker->pipeline,
                                      healthcode_tracker_instance(tracker));

    if (!healthcode_tracker_logged_in(tracker)) {
        return healthcode_tracker_refuse(tracker, "there is no memory");
    }

    return HEALTHCODE_TRACKER_PROVEN;
}


/* By what all that the connection answers is known.  False: no memory. */
static bool
healthcode_tracker_prove(healthcode_tracker_t *tracker,
    healthcode_str_t instance)
{
    uint8_t  *copy = realloc(tracker->instance, instance.len + 1);

    if (copy == NULL) {
        return false;
    }

    if (instance.len) {
        memcpy(copy, instance.data, instance.len);
    }

    tracker->instance = copy;
    tracker->instance_len = instance.len;

    return true;
}


/* ---- live reads ---- */

/*
 * An error may be one holder's, or mean that the store is out: then the reason
 * why, and tracker->what.
 */
healthcode_reason_e
healthcode_tracker_judge(healthcode_tracker_t *tracker,
    healthcode_lookup_t *lookup, const redisReply *reply, int64_t date)
{
    char                   what[HEALTHCODE_REFUSAL_SIZE];
    healthcode_reason_e    reason;
    healthcode_redirect_t  to;

    if (tracker->state == HEALTHCODE_TRACKER_LEAVING) {
        return HEALTHCODE_REASON_OK;
    }

    if (healthcode_handshake_is_moved(&tracker->handshake, reply)) {

        if (lookup->turned == HEALTHCODE_REDIRECT_NONE) {
            lookup->turned = healthcode_redirect_read(reply, tracker->host,
                                                      &to);
        }

        return HEALTHCODE_REASON_OK;
    }

    /* of a tag that is on its way, nothing says how the node is */

    reason = HEALTHCODE_REASON_OK;

    if (!lookup->is_asking) {
        reason = healthcode_handshake_read_live(&tracker->handshake,
                                                lookup->question.parts,
                                                lookup->received, reply,
                                                tracker->what,
                                                sizeof(tracker->what));
    }

    if (healthcode_tracker_apart(tracker, lookup, reason)) {
        return HEALTHCODE_REASON_OK;
    }

    if (reason != HEALTHCODE_REASON_OK) {
        /* what refuses a read does not refuse the handshake, unless it reads */
        tracker->handshake.reads = true;
        return reason;
    }

    if (reply->type == REDIS_REPLY_ERROR && tracker->complained != date) {
        /* this lookup alone will fail: a key of a wrong type is one holder's */
        tracker->complained = date;

        healthcode_handshake_text(&tracker->handshake, reply, what,
                                  sizeof(what));
        healthcode_tracker_say_text(tracker, HEALTHCODE_TRACKER_NOTE_ERROR,
                                    what);
    }

    return HEALTHCODE_REASON_OK;
}


/* ---- heartbeats ---- */

bool
healthcode_tracker_beat(healthcode_tracker_t *tracker, uint64_t now)
{
    return healthcode_tracker_beat_for(tracker, now,
                                       healthcode_memo_is_on(&tracker->memo)
                                       ? HEALTHCODE_TRACKER_MEMORY : 0);
}


bool
healthcode_tracker_beat_for(healthcode_tracker_t *tracker, uint64_t now,
    uint64_t every)
{
    bool  memory = (now - tracker->memory >= every);

    if (!healthcode_pipeline_beat(&tracker->pipeline, &tracker->handshake,
                                  memory))
    {
        return false;
    }

    if (memory) {
        tracker->memory = now;
    }

    tracker->beaten = now;
    tracker->is_first_due = false;

    return true;
}


/* A heartbeat has all its replies. */
healthcode_reason_e
healthcode_tracker_beaten(healthcode_tracker_t *tracker,
    healthcode_lookup_t *lookup, uint64_t now, int64_t date)
{
    healthcode_reason_e          reason = HEALTHCODE_REASON_OK;
    healthcode_handshake_seen_t  seen;

    if (lookup->is_auth) {
        reason = healthcode_tracker_authed(tracker, lookup->replies[0]);

    } else if (tracker->state != HEALTHCODE_TRACKER_LEAVING) {

        reason = healthcode_handshake_again_read(
                     &tracker->handshake, lookup->asks_memory,
                     lookup->replies, &seen, tracker->what,
                     sizeof(tracker->what));

        if (reason == HEALTHCODE_REASON_OK && seen.map) {
            reason = healthcode_tracker_said(tracker, seen.map);
        }

        if (reason == HEALTHCODE_REASON_OK && !seen.is_moved) {
            reason = healthcode_tracker_same(tracker, seen.meta);
        }

        if (reason == HEALTHCODE_REASON_OK) {
            reason = healthcode_tracker_timely(tracker, lookup->tick, now);
        }

        if (reason == HEALTHCODE_REASON_OK) {
            healthcode_tracker_again(tracker, lookup, &seen, date);
        }
    }

    healthcode_pipeline_done(lookup, HEALTHCODE_REASON_OK, NULL);

    return reason;
}


/* The store is still a master that evicts nothing, and the same one. */
static void
healthcode_tracker_again(healthcode_tracker_t *tracker,
    const healthcode_lookup_t *lookup, const healthcode_handshake_seen_t *seen,
    int64_t date)
{
    healthcode_tracker_note_t  note = {
        .kind = HEALTHCODE_TRACKER_NOTE_RENEWED,
        .epoch = lookup->epoch, .number = lookup->sent
    };

    if (tracker->hooks) {
        healthcode_tracker_voice(tracker, lookup, seen->is_moved);

    } else if (healthcode_memo_is_on(&tracker->memo)) {
        healthcode_memo_renew(&tracker->memo, lookup->epoch, lookup->sent,
                              healthcode_tracker_until(tracker, lookup));
    }

    if (healthcode_memo_is_on(&tracker->memo) && !seen->is_moved) {
        tracker->note(tracker->data, &note);
    }

    healthcode_tracker_say(tracker, HEALTHCODE_TRACKER_NOTE_AGAIN,
                           lookup->asks_memory);
    healthcode_tracker_apart_say(tracker, date);

    if (seen->time) {
        healthcode_tracker_skew(tracker, seen->time, lookup->sent, date);
    }

    if (seen->data) {
        healthcode_data_codec_read(seen->data, &tracker->store_data);
        healthcode_tracker_say(tracker, HEALTHCODE_TRACKER_NOTE_DATA, 0);
    }

    if (seen->stats) {
        tracker->has_keys = healthcode_tracking_keys(seen->stats,
                                                     &tracker->keys);
    }
}


/* Of a node all decide together whether its lease is renewed. */
static void
healthcode_tracker_voice(healthcode_tracker_t *tracker,
    const healthcode_lookup_t *lookup, bool is_moved)
{
    if (is_moved) {
        /* nothing is proved by it; another proof may be here still */
        tracker->handshake.proof = tracker->hooks->proof(tracker->hooks_data,
                                                         true);
        return;
    }

    tracker->hooks->beaten(tracker->hooks_data, lookup->epoch, lookup->sent);
}


/* A node has said its map. */
static healthcode_reason_e
healthcode_tracker_said(healthcode_tracker_t *tracker, const redisReply *map)
{
    const char  *error = tracker->hooks->said(tracker->hooks_data, map);

    if (error == NULL) {
        return HEALTHCODE_REASON_OK;
    }

    tracker->reason = HEALTHCODE_REASON_STORE_UNAVAILABLE;
    snprintf(tracker->what, sizeof(tracker->what),
             "its CLUSTER SLOTS cannot be used: %s", error);

    return tracker->reason;
}


/* A store that is another one now: what is known is of the one before. */
healthcode_reason_e
healthcode_tracker_same(healthcode_tracker_t *tracker, const redisReply *meta)
{
    if (healthcode_str_equal(healthcode_risk_codec_instance(meta),
                             healthcode_tracker_instance(tracker)))
    {
        return HEALTHCODE_REASON_OK;
    }

    healthcode_tracker_lose(tracker);
    (void) healthcode_tracker_refuse(tracker, "it is another store than a "
                                     "moment ago");

    return tracker->reason;
}


static void
healthcode_tracker_skew(healthcode_tracker_t *tracker, const redisReply *reply,
    uint64_t sent, int64_t date)
{
    uint64_t                   us;
    healthcode_skew_e          last = tracker->skew;
    healthcode_tracker_note_t  note = { .kind = HEALTHCODE_TRACKER_NOTE_SKEW };

    if (healthcode_skew_clock(reply, &us)) {
        healthcode_tracker_timed(tracker, us, sent);
        healthcode_tracker_say(tracker, HEALTHCODE_TRACKER_NOTE_CLOCK, us);
    }

    tracker->skew = healthcode_skew_read(last, reply, date, &note.ahead);

    if (tracker->skew != last) {
        tracker->note(tracker->data, &note);
    }
}
