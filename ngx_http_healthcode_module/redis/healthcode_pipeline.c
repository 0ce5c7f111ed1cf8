/*
 * The lookups of one connection: asked, joined, sent in one write, matched to
 * replies in their order.  Knows no: clock, socket, request.
 * docs/connection.md.
 */

#include <stdlib.h>

#include "healthcode_pipeline_private.h"


static healthcode_lookup_t *healthcode_pipeline_start(
    healthcode_pipeline_t *pipeline, const healthcode_risk_query_t *query,
    bool is_live, uint64_t now);
static bool healthcode_pipeline_tick(healthcode_lookup_t *lookup,
    healthcode_redis_buf_t *buf);
static healthcode_lookup_t *healthcode_pipeline_push(
    healthcode_pipeline_t *pipeline);
static bool healthcode_pipeline_is_open(const healthcode_lookup_t *lookup,
    uint64_t now);
static healthcode_list_t *healthcode_pipeline_list(
    healthcode_pipeline_t *pipeline, const healthcode_question_t *question);
static healthcode_lookup_t *healthcode_pipeline_join(
    healthcode_pipeline_t *pipeline, const healthcode_question_t *question,
    uint64_t now, bool *is_behind);
static void healthcode_pipeline_offer(healthcode_lookup_t *lookup);


void
healthcode_pipeline_init(healthcode_pipeline_t *pipeline, uint64_t timeout,
    uint64_t lease, size_t max_pending)
{
    memset(pipeline, 0, sizeof(healthcode_pipeline_t));

    pipeline->timeout = timeout;
    pipeline->lease = lease;
    pipeline->max_pending = max_pending;

    healthcode_list_init(&pipeline->sent);
    healthcode_list_init(&pipeline->unsent);
    healthcode_list_init(&pipeline->waiting);
    healthcode_list_init(&pipeline->spare);

    for (size_t i = 0; i < HEALTHCODE_PIPELINE_LISTS; i++) {
        healthcode_list_init(&pipeline->lists[i]);
    }
}


void
healthcode_pipeline_free(healthcode_pipeline_t *pipeline)
{
    healthcode_list_t  *link;

    while (!healthcode_list_is_empty(&pipeline->spare)) {
        link = pipeline->spare.next;
        healthcode_list_remove(link);
        free(healthcode_pipeline_lookup(link));
    }

    healthcode_redis_buf_free(&pipeline->out);
    healthcode_redis_buf_free(&pipeline->held);
}


/* ---- asking ---- */

healthcode_reason_e
healthcode_pipeline_ask(healthcode_pipeline_t *pipeline,
    const healthcode_risk_query_t *query, bool is_live, uint64_t now,
    healthcode_lookup_done_pt done, void *data, healthcode_lookup_t **lookup)
{
    bool                   has_question, is_behind = false;
    healthcode_lookup_t   *l;
    healthcode_question_t  question;

    if (healthcode_breaker_is_shut(&pipeline->breaker, now)) {
        return (pipeline->pending >= pipeline->max_pending)
               ? HEALTHCODE_REASON_STORE_BUSY
               : HEALTHCODE_REASON_STORE_TIMEOUT;
    }

    has_question = healthcode_question_make(&question, query);

    l = has_question ? healthcode_pipeline_join(pipeline, &question, now,
                                                &is_behind)
                     : NULL;

    if (l == NULL) {

        if (pipeline->pending >= pipeline->max_pending) {
            return HEALTHCODE_REASON_STORE_BUSY;
        }

        l = healthcode_pipeline_start(pipeline, query, is_live, now);
        if (l == NULL) {
            return HEALTHCODE_REASON_FAULT;
        }

        healthcode_breaker_asked(&pipeline->breaker, now, pipeline->timeout);
        healthcode_question_copy(&l->question, &question);
        l->is_behind = is_behind;

        if (has_question) {
            healthcode_pipeline_offer(l);
        }
    }

    l->done = done;
    l->data = data;
    *lookup = l;

    return HEALTHCODE_REASON_OK;
}


/* A lookup whose commands are to be written; NULL: no memory. */
static healthcode_lookup_t *
healthcode_pipeline_start(healthcode_pipeline_t *pipeline,
    const healthcode_risk_query_t *query, bool is_live, uint64_t now)
{
    healthcode_lookup_t     *lookup;
    healthcode_redis_buf_t  *buf = is_live ? &pipeline->out : &pipeline->held;

    lookup = healthcode_pipeline_push(pipeline);
    if (lookup == NULL) {
        return NULL;
    }

    if (!healthcode_pipeline_format(lookup, query, buf)) {
        healthcode_pipeline_give(lookup);
        return NULL;
    }

    lookup->is_held = !is_live;
    lookup->end = is_live ? pipeline->written + buf->len : buf->len;
    lookup->expected = healthcode_risk_codec_replies(query);
    lookup->due = now + pipeline->timeout;

    pipeline->pending++;

    return lookup;
}


healthcode_reason_e
healthcode_pipeline_asking(healthcode_pipeline_t *pipeline,
    const healthcode_risk_query_t *query, size_t own, uint64_t now,
    healthcode_lookup_done_pt done, void *data, healthcode_lookup_t **lookup)
{
    healthcode_lookup_t  *l;

    if (pipeline->pending >= pipeline->max_pending) {
        return HEALTHCODE_REASON_STORE_BUSY;
    }

    l = healthcode_pipeline_push(pipeline);
    if (l == NULL) {
        return HEALTHCODE_REASON_FAULT;
    }

    if (!healthcode_risk_codec_format_asking(query, own, &pipeline->out)) {
        healthcode_pipeline_give(l);
        return HEALTHCODE_REASON_FAULT;
    }

    (void) healthcode_question_make(&l->question, query);

    l->is_asking = true;
    l->end = pipeline->written + pipeline->out.len;
    l->expected = HEALTHCODE_RISK_ASKING_REPLIES;
    l->due = now + pipeline->timeout;
    l->done = done;
    l->data = data;

    pipeline->pending++;
    *lookup = l;

    return HEALTHCODE_REASON_OK;
}


bool
healthcode_pipeline_format(healthcode_lookup_t *lookup,
    const healthcode_risk_query_t *query, healthcode_redis_buf_t *buf)
{
    size_t  len = buf->len;

    if (healthcode_pipeline_tick(lookup, buf)
        && healthcode_risk_codec_format(query, buf))
    {
        return true;
    }

    buf->len = len;

    return false;
}


/* What is read behind it is as new, or newer. */
static bool
healthcode_pipeline_tick(healthcode_lookup_t *lookup,
    healthcode_redis_buf_t *buf)
{
    lookup->has_tick = lookup->pipeline->has_ticks;
    lookup->is_ticked = false;

    return !lookup->has_tick || healthcode_tick_format(buf);
}


bool
healthcode_pipeline_beat(healthcode_pipeline_t *pipeline,
    const healthcode_handshake_t *handshake, bool memory)
{
    size_t                len = pipeline->out.len;
    healthcode_lookup_t  *lookup;

    lookup = healthcode_pipeline_push(pipeline);
    if (lookup == NULL) {
        return false;
    }

    if (!healthcode_pipeline_tick(lookup, &pipeline->out)
        || !healthcode_handshake_again_format(handshake, memory,
                                              &pipeline->out))
    {
        pipeline->out.len = len;
        healthcode_pipeline_give(lookup);
        return false;
    }

    lookup->is_heartbeat = true;
    lookup->asks_memory = memory;
    lookup->end = pipeline->written + pipeline->out.len;
    lookup->expected = healthcode_handshake_again(handshake, memory);

    return true;
}


bool
healthcode_pipeline_auth(healthcode_pipeline_t *pipeline,
    const healthcode_handshake_t *handshake)
{
    healthcode_lookup_t  *lookup;

    lookup = healthcode_pipeline_push(pipeline);
    if (lookup == NULL) {
        return false;
    }

    if (!healthcode_handshake_auth_format(handshake, &pipeline->out)) {
        healthcode_pipeline_give(lookup);
        return false;
    }

    lookup->is_heartbeat = true;
    lookup->is_auth = true;
    lookup->end = pipeline->written + pipeline->out.len;
    lookup->expected = 1;

    return true;
}


void
healthcode_pipeline_cancel(healthcode_lookup_t *lookup)
{
    lookup->done = NULL;

    if (lookup->is_waiting) {
        lookup->pipeline->pending--;
    }

    if (lookup->is_joined || lookup->is_waiting) {
        healthcode_pipeline_give(lookup);
    }
}


/* One that is the last to be sent; NULL: no memory. */
static healthcode_lookup_t *
healthcode_pipeline_push(healthcode_pipeline_t *pipeline)
{
    healthcode_lookup_t  *lookup = healthcode_pipeline_take(pipeline);

    if (lookup) {
        healthcode_list_append(&pipeline->unsent, &lookup->link);
    }

    return lookup;
}


healthcode_lookup_t *
healthcode_pipeline_take(healthcode_pipeline_t *pipeline)
{
    healthcode_list_t    *link;
    healthcode_lookup_t  *lookup;

    if (healthcode_list_is_empty(&pipeline->spare)) {
        lookup = malloc(sizeof(healthcode_lookup_t));
        if (lookup == NULL) {
            return NULL;
        }

    } else {
        link = pipeline->spare.next;
        healthcode_list_remove(link);
        lookup = healthcode_pipeline_lookup(link);
    }

    memset(lookup, 0, offsetof(healthcode_lookup_t, question));

    lookup->pipeline = pipeline;
    healthcode_list_init(&lookup->joined);

    return lookup;
}


/* Takes it out of its list, and keeps its memory. */
void
healthcode_pipeline_give(healthcode_lookup_t *lookup)
{
    healthcode_list_remove(&lookup->link);
    healthcode_list_insert(&lookup->pipeline->spare, &lookup->link);
}


/* ---- joining: many who ask for one holder at once ask once ---- */


static healthcode_list_t *
healthcode_pipeline_list(healthcode_pipeline_t *pipeline,
    const healthcode_question_t *question)
{
    _Static_assert(HEALTHCODE_PIPELINE_LISTS == 256, "one for each byte");

    /* a holder is a keyed hash: any byte of it is spread evenly */

    return &pipeline->lists[question->holder[0]];
}


/* What it is answered may be stale; without a lease nobody says so. */
static bool
healthcode_pipeline_is_old(const healthcode_lookup_t *lookup, uint64_t now)
{
    return lookup->is_sent && lookup->pipeline->lease
           && now - lookup->sent >= lookup->pipeline->lease;
}


/*
 * Whether one more may wait for lookup.  Not sent yet: always, or whoever asks
 * much at once makes an outage.  Sent: while somebody waits, so that a timer
 * runs for it, and for less than a lease.
 */
static bool
healthcode_pipeline_is_open(const healthcode_lookup_t *lookup, uint64_t now)
{
    if (!lookup->is_sent) {
        return true;
    }

    if (lookup->done == NULL && healthcode_list_is_empty(&lookup->joined)) {
        return false;
    }

    return now - lookup->sent < lookup->pipeline->lease;
}


/*
 * A lookup that waits for the replies to another one of the same question, and
 * for no longer than it; NULL if there is none, or no memory.  *is_behind: the
 * answer to another one may be stale.
 */
static healthcode_lookup_t *
healthcode_pipeline_join(healthcode_pipeline_t *pipeline,
    const healthcode_question_t *question, uint64_t now, bool *is_behind)
{
    healthcode_list_t    *link, *list;
    healthcode_lookup_t  *lookup, *other;

    list = healthcode_pipeline_list(pipeline, question);

    for (link = list->next; link != list; link = link->next) {

        other = healthcode_list_entry(link, healthcode_lookup_t, peer);

        if (!healthcode_question_is_same(&other->question, question)) {
            continue;
        }

        if (!healthcode_pipeline_is_open(other, now)) {
            *is_behind = *is_behind || healthcode_pipeline_is_old(other, now);
            continue;
        }

        lookup = healthcode_pipeline_take(pipeline);

        if (lookup) {
            lookup->is_joined = true;
            healthcode_list_append(&other->joined, &lookup->link);
        }

        return lookup;
    }

    return NULL;
}


static void
healthcode_pipeline_offer(healthcode_lookup_t *lookup)
{
    lookup->is_keepable = true;
    lookup->is_joinable = true;

    healthcode_list_append(healthcode_pipeline_list(lookup->pipeline,
                                                    &lookup->question),
                           &lookup->peer);
}


void
healthcode_pipeline_withdraw(healthcode_lookup_t *lookup)
{
    if (lookup->is_joinable) {
        lookup->is_joinable = false;
        healthcode_list_remove(&lookup->peer);
    }
}


/* ---- writing ---- */

void
healthcode_pipeline_disconnect(healthcode_pipeline_t *pipeline)
{
    pipeline->out.len = 0;
    pipeline->written = 0;
    pipeline->is_stuck = false;
}


/*
 * The time of a lookup begins when it is sent: this turn of the loop may have
 * spent long on signatures, which is not Redis being slow.
 */
bool
healthcode_pipeline_send(healthcode_pipeline_t *pipeline, uint64_t now,
    uint64_t epoch)
{
    healthcode_list_t    *link;
    healthcode_lookup_t  *lookup;

    if (healthcode_list_is_empty(&pipeline->unsent)) {
        return false;
    }

    for (link = pipeline->unsent.next;
         link != &pipeline->unsent;
         link = link->next)
    {
        lookup = healthcode_pipeline_lookup(link);
        lookup->is_sent = true;
        lookup->sent = now;
        lookup->since = now;
        lookup->epoch = epoch;

        /* without a lease nobody knows how long its answer will be true */

        if (pipeline->lease == 0) {
            healthcode_pipeline_withdraw(lookup);
        }

        if (!lookup->is_held && !lookup->is_again) {
            lookup->due = now + pipeline->timeout;
        }
    }

    healthcode_list_move(&pipeline->sent, &pipeline->unsent);

    return true;
}


void
healthcode_pipeline_wrote(healthcode_pipeline_t *pipeline, size_t n,
    uint64_t now)
{
    uint64_t              before = pipeline->written;
    healthcode_list_t    *link;
    healthcode_lookup_t  *lookup;

    healthcode_redis_buf_consume(&pipeline->out, n);
    pipeline->written += n;

    if (pipeline->is_stuck && n) {

        for (link = pipeline->sent.prev;
             link != &pipeline->sent;
             link = link->prev)
        {
            lookup = healthcode_pipeline_lookup(link);

            if (lookup->end <= before) {
                break;
            }

            lookup->since = now;

            if (!lookup->is_again) {
                lookup->due = now + pipeline->timeout;
            }
        }
    }

    pipeline->is_stuck = (pipeline->out.len != 0);
}


void
healthcode_pipeline_release(healthcode_pipeline_t *pipeline)
{
    healthcode_list_t       *link;
    healthcode_redis_buf_t   empty;

    /* the handshake has been answered, so nothing of it is left to write */

    empty = pipeline->out;
    pipeline->out = pipeline->held;
    pipeline->held = empty;
    pipeline->held.len = 0;

    for (link = pipeline->unsent.next;
         link != &pipeline->unsent;
         link = link->next)
    {
        healthcode_pipeline_lookup(link)->end += pipeline->written;
    }
}


void
healthcode_pipeline_unhold(healthcode_pipeline_t *pipeline)
{
    healthcode_list_t  *link;

    for (link = pipeline->unsent.next;
         link != &pipeline->unsent;
         link = link->next)
    {
        healthcode_pipeline_lookup(link)->is_held = false;
    }
}


/* ---- replies ---- */

bool
healthcode_pipeline_reply(healthcode_lookup_t *lookup, redisReply *reply)
{
    lookup->replies[lookup->received++] = reply;

    return lookup->received == lookup->expected;
}
