/*
 * One connection's protocol: what a store must prove first and again and again,
 * what its replies answer and its pushes change, when it is believed.
 * Knows no: nginx, socket, request.  docs/connection.md, docs/cache.md.
 */

#include <stdio.h>
#include <stdlib.h>

#include "healthcode_tracker_private.h"
#include "healthcode_tracking.h"


static void healthcode_tracker_epoch(healthcode_tracker_t *tracker);
static healthcode_tracker_e healthcode_tracker_read(
    healthcode_tracker_t *tracker, redisReply *reply, uint64_t now,
    int64_t date);
static healthcode_tracker_e healthcode_tracker_push(
    healthcode_tracker_t *tracker, const redisReply *push);
static bool healthcode_tracker_change(healthcode_tracker_t *tracker,
    const redisReply *push, size_t i);
static healthcode_tracker_e healthcode_tracker_answer(
    healthcode_tracker_t *tracker, redisReply *reply, uint64_t now,
    int64_t date);
static healthcode_reason_e healthcode_tracker_end(
    healthcode_tracker_t *tracker, healthcode_lookup_t *lookup, uint64_t now,
    int64_t date);
static void healthcode_tracker_called(healthcode_tracker_t *tracker,
    healthcode_lookup_t *lookup, int64_t date);
static void healthcode_tracker_complain(healthcode_tracker_t *tracker,
    const healthcode_lookup_t *lookup, int64_t date);
static healthcode_reason_e healthcode_tracker_done(
    healthcode_tracker_t *tracker, healthcode_lookup_t *lookup, uint64_t now);
static void healthcode_tracker_turn(healthcode_tracker_t *tracker,
    healthcode_lookup_t *lookup);
static healthcode_reason_e healthcode_tracker_asked(
    healthcode_tracker_t *tracker, healthcode_lookup_t *lookup,
    const healthcode_risk_query_t *query);
static healthcode_reason_e healthcode_tracker_proofs(
    healthcode_tracker_t *tracker, const healthcode_lookup_t *lookup);


void
healthcode_tracker_init(healthcode_tracker_t *tracker,
    const healthcode_handshake_t *handshake, uint64_t timeout,
    size_t max_pending, healthcode_tracker_note_pt note, void *data)
{
    memset(tracker, 0, sizeof(healthcode_tracker_t));

    tracker->handshake = *handshake;
    tracker->note = note;
    tracker->data = data;
    tracker->until = UINT64_MAX;
    tracker->apart = HEALTHCODE_REASON_OK;

    tracker->ticks.started = INT64_MAX;

    healthcode_pipeline_init(&tracker->pipeline, timeout, 0, max_pending);
    tracker->pipeline.has_ticks = healthcode_tracker_is_replica(tracker);
}


bool
healthcode_tracker_own(healthcode_tracker_t *tracker,
    const healthcode_memo_terms_t *terms)
{
    if (!healthcode_memo_init(&tracker->memo, terms)) {
        return false;
    }

    tracker->pipeline.lease = terms->lease;

    healthcode_tracker_epoch(tracker);

    return true;
}


void
healthcode_tracker_free(healthcode_tracker_t *tracker)
{
    free(tracker->instance);
    healthcode_memo_free(&tracker->memo);
    healthcode_pipeline_free(&tracker->pipeline);
}


void
healthcode_tracker_say(healthcode_tracker_t *tracker,
    healthcode_tracker_note_e kind, uint64_t number)
{
    healthcode_tracker_note_t  note = {
        .kind = kind, .number = number,
        .epoch = healthcode_memo_epoch(&tracker->memo)
    };

    tracker->note(tracker->data, &note);
}


void
healthcode_tracker_say_text(healthcode_tracker_t *tracker,
    healthcode_tracker_note_e kind, const char *text)
{
    healthcode_tracker_note_t  note = { .kind = kind, .text = text };

    tracker->note(tracker->data, &note);
}


/* A new epoch has begun. */
static void
healthcode_tracker_epoch(healthcode_tracker_t *tracker)
{
    healthcode_tracker_say(tracker, HEALTHCODE_TRACKER_NOTE_EPOCH, 0);

    if (healthcode_owner_is_spent(&tracker->memo.owner)
        && !tracker->is_spent_noted)
    {
        tracker->is_spent_noted = true;
        healthcode_tracker_say(tracker, HEALTHCODE_TRACKER_NOTE_SPENT, 0);
    }
}


void
healthcode_tracker_lose(healthcode_tracker_t *tracker)
{
    tracker->has_keys = false;

    if (healthcode_memo_lose(&tracker->memo)) {
        healthcode_tracker_epoch(tracker);
    }
}


healthcode_tracker_e
healthcode_tracker_refuse(healthcode_tracker_t *tracker, const char *what)
{
    tracker->reason = HEALTHCODE_REASON_STORE_UNAVAILABLE;
    snprintf(tracker->what, sizeof(tracker->what), "%s", what);

    return HEALTHCODE_TRACKER_BROKEN;
}


/* ---- the connection ---- */

void
healthcode_tracker_connect(healthcode_tracker_t *tracker,
    healthcode_str_t peer)
{
    tracker->state = HEALTHCODE_TRACKER_DOWN;
    tracker->peer = peer;
}


bool
healthcode_tracker_greet(healthcode_tracker_t *tracker)
{
    if (tracker->hooks && tracker->handshake.is_node) {
        /* the last one may be on its way to another node */
        tracker->handshake.proof = tracker->hooks->proof(tracker->hooks_data,
                                                         true);
    }

    if (!healthcode_handshake_format(&tracker->handshake,
                                     &tracker->pipeline.out))
    {
        return false;
    }

    tracker->state = HEALTHCODE_TRACKER_GREETING;
    tracker->greeted = 0;
    tracker->is_auth_due = false;
    tracker->handshake.is_new = tracker->is_auth_unsaid;
    tracker->is_push_due = false;
    tracker->is_pushed = false;
    tracker->tick = 0;
    tracker->ticks.started = INT64_MAX;

    return true;
}


void
healthcode_tracker_renounce(healthcode_tracker_t *tracker)
{
    if (healthcode_memo_is_on(&tracker->memo)) {
        healthcode_memo_renounce(&tracker->memo);
        healthcode_tracker_epoch(tracker);
        healthcode_pipeline_spoil(&tracker->pipeline);
    }
}


void
healthcode_tracker_renew(healthcode_tracker_t *tracker, uint64_t epoch,
    uint64_t sent, uint64_t until)
{
    if (healthcode_memo_is_on(&tracker->memo)) {
        healthcode_memo_renew(&tracker->memo, epoch, sent, until);
    }
}


void
healthcode_tracker_leave(healthcode_tracker_t *tracker)
{
    tracker->state = HEALTHCODE_TRACKER_LEAVING;

    healthcode_tracker_lose(tracker);
    healthcode_pipeline_leave(&tracker->pipeline);
}


void
healthcode_tracker_disconnect(healthcode_tracker_t *tracker)
{
    /* what is not written yet is not held, either: it counts as sent */

    if (tracker->state == HEALTHCODE_TRACKER_LIVE) {
        (void) healthcode_tracker_send(tracker, 0);
    }

    tracker->state = HEALTHCODE_TRACKER_DOWN;
    tracker->has_keys = false;
    tracker->is_offline = false;
    tracker->auths = 0;
    tracker->apart = HEALTHCODE_REASON_OK;

    healthcode_memo_part(&tracker->memo);
    healthcode_pipeline_disconnect(&tracker->pipeline);
}


/*
 * A store that says what it should not may have lost what it had, whether it
 * was believed so far or is about to be: what was kept of it dies with that.
 */
healthcode_tracker_e
healthcode_tracker_reply(healthcode_tracker_t *tracker, redisReply *reply,
    uint64_t now, int64_t date)
{
    healthcode_tracker_e  rc;

    rc = healthcode_tracker_read(tracker, reply, now, date);

    if (rc == HEALTHCODE_TRACKER_BROKEN) {
        healthcode_tracker_lose(tracker);
    }

    return rc;
}


/* Strictly in order: a change that was pushed comes before later replies. */
static healthcode_tracker_e
healthcode_tracker_read(healthcode_tracker_t *tracker, redisReply *reply,
    uint64_t now, int64_t date)
{
    /* nobody can tell whether it is still the one that counts */

    if (now >= tracker->until) {
        (void) healthcode_tracker_refuse(tracker, "its sentinels are silent");
        tracker->reason = HEALTHCODE_REASON_STORE_TIMEOUT;
        return HEALTHCODE_TRACKER_BROKEN;
    }

    if (reply->type == REDIS_REPLY_PUSH) {
        return healthcode_tracker_push(tracker, reply);
    }

    if (tracker->state == HEALTHCODE_TRACKER_GREETING) {
        return healthcode_tracker_greeting(tracker, reply, now, date);
    }

    return healthcode_tracker_answer(tracker, reply, now, date);
}


/* ---- pushes ---- */

static healthcode_tracker_e
healthcode_tracker_push(healthcode_tracker_t *tracker, const redisReply *push)
{
    size_t  n = healthcode_tracking_changes(push);

    healthcode_tracker_say(tracker, HEALTHCODE_TRACKER_NOTE_PUSH, n);

    if (!healthcode_memo_is_on(&tracker->memo) || n == 0) {
        return healthcode_tracker_refuse(tracker,
                                         "it sent what nobody asked for");
    }

    for (size_t i = 0; i < n; i++) {
        if (!healthcode_tracker_change(tracker, push, i)) {
            return HEALTHCODE_TRACKER_BROKEN;
        }
    }

    /* it may be about what a half of a lookup has read already */

    healthcode_pipeline_spoil(&tracker->pipeline);

    return HEALTHCODE_TRACKER_GOES_ON;
}


/* False: the connection is to be closed. */
static bool
healthcode_tracker_change(healthcode_tracker_t *tracker,
    const redisReply *push, size_t i)
{
    uint8_t                 holder[HEALTHCODE_HOLDER_LEN];
    healthcode_memo_t      *memo = &tracker->memo;
    healthcode_tracking_e   change;

    change = healthcode_tracking_change(push, i, holder);

    /* the tick that came before says nothing of what comes behind this */

    if (change == HEALTHCODE_TRACKING_ALL
        || change == HEALTHCODE_TRACKING_META)
    {
        healthcode_pipeline_untick(&tracker->pipeline);
    }

    /* of a store that is left nothing is known that could have changed */

    if (tracker->state == HEALTHCODE_TRACKER_LEAVING) {
        return true;
    }

    switch (change) {

    case HEALTHCODE_TRACKING_HOLDER:
        healthcode_memo_forget(memo, holder);
        return true;

    case HEALTHCODE_TRACKING_REGIONS:
        healthcode_answers_forget_regions(memo->answers);
        return true;

    case HEALTHCODE_TRACKING_CONTROLS:
        healthcode_answers_forget_controls(memo->answers);
        return true;

    case HEALTHCODE_TRACKING_PUSH:
        tracker->is_pushed = true;
        return true;

    case HEALTHCODE_TRACKING_TICK:
        tracker->is_pushed = true;
        tracker->is_moved = true;
        return true;

    case HEALTHCODE_TRACKING_DATA:
        /* soon read again, and older until then */
        return true;

    case HEALTHCODE_TRACKING_HALL:
        /* a script has read it, and nobody keeps that */
        return true;

    case HEALTHCODE_TRACKING_ALL:
    case HEALTHCODE_TRACKING_META:

        /* the proof may predate this change */

        if (tracker->state != HEALTHCODE_TRACKER_LIVE) {
            (void) healthcode_tracker_refuse(tracker, "it changed while it "
                                             "proved itself");
            return false;
        }

        healthcode_memo_renounce(memo);
        healthcode_tracker_epoch(tracker);
        return true;

    default:
        (void) healthcode_tracker_refuse(tracker, "it pushed a key that no "
                                         "gate reads");
        return false;
    }
}


/* ---- answers ---- */

healthcode_reason_e
healthcode_tracker_ask(healthcode_tracker_t *tracker,
    const healthcode_risk_query_t *query, uint64_t now,
    healthcode_lookup_done_pt done, void *data, healthcode_lookup_t **lookup)
{
    if (!healthcode_tracker_stand(tracker, now)) {
        return HEALTHCODE_REASON_FAULT;
    }

    return healthcode_pipeline_ask(&tracker->pipeline, query,
                                   tracker->state == HEALTHCODE_TRACKER_LIVE,
                                   now, done, data, lookup);
}


healthcode_reason_e
healthcode_tracker_asking(healthcode_tracker_t *tracker,
    const healthcode_risk_query_t *query, uint64_t now,
    healthcode_lookup_done_pt done, void *data, healthcode_lookup_t **lookup)
{
    return healthcode_pipeline_asking(&tracker->pipeline, query,
                                      tracker->handshake.proof, now, done,
                                      data, lookup);
}


healthcode_reason_e
healthcode_tracker_call(healthcode_tracker_t *tracker,
    const healthcode_call_t *call, uint64_t now, healthcode_lookup_t **lookup)
{
    if (!healthcode_tracker_stand(tracker, now)) {
        return HEALTHCODE_REASON_FAULT;
    }

    return healthcode_pipeline_call(&tracker->pipeline, call,
                                    tracker->state == HEALTHCODE_TRACKER_LIVE,
                                    healthcode_tracker_instance(tracker), now,
                                    lookup);
}


healthcode_reason_e
healthcode_tracker_calling(healthcode_tracker_t *tracker,
    const healthcode_call_t *call, uint64_t now, healthcode_lookup_t **lookup)
{
    return healthcode_pipeline_calling(&tracker->pipeline, call,
                                       healthcode_tracker_instance(tracker),
                                       now, lookup);
}


bool
healthcode_tracker_send(healthcode_tracker_t *tracker, uint64_t now)
{
    return healthcode_pipeline_send(&tracker->pipeline, now,
                                    healthcode_memo_epoch(&tracker->memo));
}


static healthcode_tracker_e
healthcode_tracker_answer(healthcode_tracker_t *tracker, redisReply *reply,
    uint64_t now, int64_t date)
{
    bool                    proves = false;
    healthcode_reason_e     end, reason = HEALTHCODE_REASON_OK;
    healthcode_lookup_t    *lookup;
    healthcode_pipeline_t  *pipeline = &tracker->pipeline;

    lookup = healthcode_pipeline_first(pipeline);

    if (lookup == NULL) {
        return healthcode_tracker_refuse(tracker,
                                         "it sent what nobody asked for");
    }

    if (healthcode_lookup_awaits_tick(lookup)) {
        return healthcode_tracker_ticked(tracker, lookup, reply);
    }

    /* what is refused of a call is nobody else's */

    if (!lookup->is_heartbeat && lookup->call == NULL) {
        reason = healthcode_tracker_judge(tracker, lookup, reply, date);
    }

    if (reason != HEALTHCODE_REASON_OK) {
        /* before who asked hears of it; nobody reads on */
        healthcode_tracker_lose(tracker);
        healthcode_tracker_refute(tracker, lookup);
    }

    if (healthcode_pipeline_reply(lookup, reply)) {

        healthcode_pipeline_answered(lookup);

        proves = !lookup->is_heartbeat && lookup->call == NULL
                 && (lookup->question.parts & HEALTHCODE_RISK_CONTROLS);
        end = healthcode_tracker_end(tracker, lookup, now, date);
        reason = (reason == HEALTHCODE_REASON_OK) ? end : reason;
    }

    if (tracker->state == HEALTHCODE_TRACKER_LEAVING) {
        return healthcode_pipeline_first(pipeline) ? HEALTHCODE_TRACKER_GOES_ON
                                                   : HEALTHCODE_TRACKER_LEFT;
    }

    if (reason != HEALTHCODE_REASON_OK) {
        tracker->reason = reason;
        return HEALTHCODE_TRACKER_BROKEN;
    }

    if (proves) {
        healthcode_tracker_apart_say(tracker, date);
    }

    return HEALTHCODE_TRACKER_GOES_ON;
}


/* All replies have come.  Not OK: the store is out. */
static healthcode_reason_e
healthcode_tracker_end(healthcode_tracker_t *tracker,
    healthcode_lookup_t *lookup, uint64_t now, int64_t date)
{
    if (lookup->is_heartbeat) {
        return healthcode_tracker_beaten(tracker, lookup, now, date);
    }

    if (lookup->call) {
        healthcode_tracker_called(tracker, lookup, date);
        return HEALTHCODE_REASON_OK;
    }

    return healthcode_tracker_done(tracker, lookup, now);
}


static void
healthcode_tracker_called(healthcode_tracker_t *tracker,
    healthcode_lookup_t *lookup, int64_t date)
{
    if (healthcode_call_is_unknown(lookup->replies[lookup->expected - 1])
        && healthcode_pipeline_load(lookup,
                                    tracker->state == HEALTHCODE_TRACKER_LIVE,
                                    healthcode_tracker_instance(tracker)))
    {
        return;
    }

    healthcode_tracker_complain(tracker, lookup, date);
    healthcode_pipeline_done(lookup, HEALTHCODE_REASON_OK, NULL);
}


/*
 * Of a call that is refused, once a second: who asks hears no words.  What
 * another node is asked for is not refused.
 */
static void
healthcode_tracker_complain(healthcode_tracker_t *tracker,
    const healthcode_lookup_t *lookup, int64_t date)
{
    char                       what[HEALTHCODE_REFUSAL_SIZE];
    unsigned                   i = 0;
    const redisReply          *reply;
    healthcode_redirect_t      to;
    healthcode_redirect_e      kind;
    healthcode_tracker_note_t  note = {
        .kind = HEALTHCODE_TRACKER_NOTE_CALL, .text = what
    };

    while (i < lookup->expected - 1
           && lookup->replies[i]->type != REDIS_REPLY_ERROR)
    {
        i++;
    }

    reply = lookup->replies[i];

    if (reply->type != REDIS_REPLY_ERROR || lookup->done == NULL
        || tracker->complained == date)
    {
        return;
    }

    kind = healthcode_redirect_read(reply, tracker->host, &to);

    if (tracker->hooks && (kind == HEALTHCODE_REDIRECT_MOVED
                           || kind == HEALTHCODE_REDIRECT_ASK))
    {
        return;
    }

    tracker->complained = date;

    healthcode_handshake_text(&tracker->handshake, reply, what, sizeof(what));

    if (healthcode_refusal_is_auth(reply)) {
        note.advice = lookup->call->script->rights;
    }

    tracker->note(tracker->data, &note);
}


/*
 * The replies are read once, for the memo and for all who wait.  Not OK: the
 * store is another one now, and its proofs say nothing of what was read before
 * them: the flags may have been lost, and the store be made anew between two
 * replies.
 */
static healthcode_reason_e
healthcode_tracker_done(healthcode_tracker_t *tracker,
    healthcode_lookup_t *lookup, uint64_t now)
{
    healthcode_reason_e        reason, same = HEALTHCODE_REASON_OK;
    healthcode_risk_query_t    query;
    healthcode_risk_reading_t  reading;

    healthcode_question_query(&lookup->question, &query);

    if (lookup->turned != HEALTHCODE_REDIRECT_NONE) {
        healthcode_tracker_turn(tracker, lookup);
        return HEALTHCODE_REASON_OK;
    }

    if (lookup->is_asking) {
        return healthcode_tracker_asked(tracker, lookup, &query);
    }

    reason = healthcode_risk_codec_read(&query, lookup->replies,
                                        tracker->handshake.pepper_check,
                                        &reading);

    if (reason == HEALTHCODE_REASON_OK) {
        same = healthcode_tracker_proofs(tracker, lookup);
        reason = same;
    }

    if (reason == HEALTHCODE_REASON_OK) {
        same = healthcode_tracker_timely(tracker, lookup->tick, now);
        reason = same;
        reading.is_offline = tracker->is_offline;
    }

    if (reason == HEALTHCODE_REASON_OK && lookup->is_keepable
        && healthcode_memo_is_on(&tracker->memo))
    {
        healthcode_memo_keep(&tracker->memo, lookup->epoch, &query, &reading,
                             now);
    }

    if (reason != HEALTHCODE_REASON_OK
        || !healthcode_risk_codec_is_absent(&reading))
    {
        healthcode_tracker_refute(tracker, lookup);
    }

    healthcode_tracker_say(tracker, HEALTHCODE_TRACKER_NOTE_LOOKUP, reason);
    healthcode_pipeline_done(lookup, reason, &reading);

    return same;
}


/*
 * Another node has what was asked, or a part of it: done() learns which one.
 * Nothing of it is kept.
 */
static void
healthcode_tracker_turn(healthcode_tracker_t *tracker,
    healthcode_lookup_t *lookup)
{
    redisReply                 *meta = lookup->replies[1];
    redisReply                 *reply = lookup->replies[0];
    healthcode_tracker_turn_t  *turn = &tracker->turn;

    if (healthcode_memo_is_on(&tracker->memo)
        && (lookup->question.parts & HEALTHCODE_RISK_HOLDER))
    {
        healthcode_memo_refute(&tracker->memo, lookup->question.holder);
    }

    turn->kind = healthcode_redirect_read(reply, tracker->host, &turn->to);
    turn->is_read = (turn->kind != HEALTHCODE_REDIRECT_NONE);
    turn->is_proven = healthcode_risk_codec_meta(meta,
                                       tracker->handshake.pepper_check)
                          == HEALTHCODE_REASON_OK
                      && healthcode_str_equal(
                             healthcode_risk_codec_instance(meta),
                             healthcode_tracker_instance(tracker));

    if (!turn->is_read) {
        turn->kind = lookup->turned;

        if (turn->kind == HEALTHCODE_REDIRECT_MOVED) {
            (void) healthcode_redirect_read(meta, tracker->host, &turn->to);
        }
    }

    healthcode_tracker_say(tracker, HEALTHCODE_TRACKER_NOTE_LOOKUP,
                           HEALTHCODE_REASON_STORE_UNAVAILABLE);
    healthcode_pipeline_done(lookup, HEALTHCODE_REASON_STORE_UNAVAILABLE,
                             NULL);

    memset(turn, 0, sizeof(healthcode_tracker_turn_t));
}


/*
 * What was read of a tag that is on its way here counts with the node's own
 * proof: it has not lost what it was given.
 */
static healthcode_reason_e
healthcode_tracker_asked(healthcode_tracker_t *tracker,
    healthcode_lookup_t *lookup, const healthcode_risk_query_t *query)
{
    const char                *pepper = tracker->handshake.pepper_check;
    const redisReply          *meta, *own;
    healthcode_reason_e        end, same = HEALTHCODE_REASON_OK;
    healthcode_risk_reading_t  reading;

    end = healthcode_risk_codec_read_asking(query, lookup->replies,
                                               &reading, &meta, &own);

    if (end == HEALTHCODE_REASON_OK) {
        end = healthcode_risk_codec_meta(own, pepper);
    }

    if (end == HEALTHCODE_REASON_OK) {
        same = healthcode_tracker_same(tracker, own);
        end = same;
    }

    if (end == HEALTHCODE_REASON_OK) {
        tracker->turn.is_proven =
            healthcode_risk_codec_meta(meta, pepper) == HEALTHCODE_REASON_OK
            && healthcode_str_equal(healthcode_risk_codec_instance(meta),
                                    healthcode_tracker_instance(tracker));
    }

    healthcode_tracker_say(tracker, HEALTHCODE_TRACKER_NOTE_LOOKUP, end);
    healthcode_pipeline_done(lookup, end, &reading);

    memset(&tracker->turn, 0, sizeof(healthcode_tracker_turn_t));

    return same;
}


/* Each part has its own proof: all must be of the store that is live. */
static healthcode_reason_e
healthcode_tracker_proofs(healthcode_tracker_t *tracker,
    const healthcode_lookup_t *lookup)
{
    healthcode_reason_e  same = HEALTHCODE_REASON_OK;

    for (unsigned i = 0; i < lookup->expected; i++) {

        if (same == HEALTHCODE_REASON_OK && healthcode_risk_codec_is_proof(i)) {
            same = healthcode_tracker_same(tracker, lookup->replies[i]);
        }
    }

    return same;
}


void
healthcode_tracker_refute(healthcode_tracker_t *tracker,
    const healthcode_lookup_t *lookup)
{
    if (healthcode_memo_is_on(&tracker->memo)
        && (lookup->question.parts & HEALTHCODE_RISK_HOLDER))
    {
        healthcode_memo_refute(&tracker->memo, lookup->question.holder);
    }
}
