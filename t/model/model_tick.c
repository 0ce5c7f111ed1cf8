/*
 * Clocks of a gate, a replica and a centre, which differ; what is said by them;
 * and the oracle of a site: who may still pass although he was flagged, by the
 * last tick before that.  Knows no entry.  CONTRIBUTING.md, "The model".
 */

#include <stdio.h>
#include <string.h>

#include "model_site.h"


/* Replies of a worker that may be in use at a time. */
#define MODEL_TICK_REPLIES  64

/* Ms by which no clock of a good tick is ahead, however it is measured. */
#define MODEL_TICK_FAR      (MODEL_SITE_FAR / 2)


typedef struct {
    redisReply   reply, parts[5];
    redisReply  *elements[5];
    char         text[48], more[16];
} model_tick_reply_t;


static redisReply *model_tick_text(redisReply *reply, char *text);
static redisReply *model_tick_list(model_tick_reply_t *reply, size_t n);


/* Unix ms of who is so many ms ahead. */
int64_t
model_tick_wall(int64_t ahead, uint64_t at)
{
    return MODEL_DATE * INT64_C(1000) + (int64_t) (at / MODEL_TICKS) + ahead;
}


/* Until when, by a gate's clock, who is flagged now may pass. */
int64_t
model_tick_until(void)
{
    int64_t  lag = model.terms.lag_ms;
    int64_t  apart = model.terms.gate - model.terms.replica;

    return model_site.latest + lag
           + (apart > lag ? lag : apart < -lag ? -lag : apart);
}


/* The clocks are not read at one moment. */
void
model_tick_clock(model_worker_t *worker, uint64_t now)
{
    int64_t  wall;

    model_step();
    worker->heard = model.tick;
    wall = model_tick_wall(model.terms.gate, model.tick);
    healthcode_tracker_clock(&worker->tracker, now, wall,
                             model_clock(worker));
}


/* ---- what a replica says ---- */

/* Its clock is one of whole seconds, where it says since when it runs. */
void
model_tick_answer(model_message_t *reply)
{
    const model_state_t  *state = &model_site.states[model_site.has];

    switch (reply->command) {

    case MODEL_COMMAND_TICK:
        reply->value = model_site.is_empty ? 0 : (uint64_t) state->time;
        reply->ticked = state->ticked;
        reply->had = model_site.had;
        break;

    case MODEL_COMMAND_TIME:
        reply->value = (uint64_t) model_tick_wall(model.terms.replica,
                                                  model.tick);
        break;

    case MODEL_COMMAND_SERVER:
        reply->value = (uint64_t)
            (model_tick_wall(model.terms.replica, model.tick) / 1000
             - model_tick_wall(model.terms.replica, model_site.started)
               / 1000);
        break;

    default:
        reply->value = model_site.role;
        break;
    }
}


redisReply *
model_tick_reply(const model_message_t *message)
{
    static model_tick_reply_t   replies[MODEL_WORKERS][MODEL_TICK_REPLIES];
    static unsigned             next[MODEL_WORKERS];
    static const char          *states[] = { "connected", "connect", "sync" };

    unsigned             worker = model.current->number;
    model_tick_reply_t  *r;

    r = &replies[worker][next[worker]++ % MODEL_TICK_REPLIES];
    memset(r, 0, sizeof(model_tick_reply_t));

    switch (message->command) {

    case MODEL_COMMAND_TICK:
        if (message->value == 0) {
            r->reply.type = REDIS_REPLY_NIL;
            return &r->reply;
        }

        snprintf(r->text, sizeof(r->text), "%llu",
                 (unsigned long long) message->value);
        return model_tick_text(&r->reply, r->text);

    case MODEL_COMMAND_TIME:
        snprintf(r->text, sizeof(r->text), "%llu",
                 (unsigned long long) message->value / 1000);
        snprintf(r->more, sizeof(r->more), "%u",
                 (unsigned) (message->value % 1000 * 1000));
        (void) model_tick_text(&r->parts[0], r->text);
        (void) model_tick_text(&r->parts[1], r->more);
        return model_tick_list(r, 2);

    case MODEL_COMMAND_SERVER:
        snprintf(r->text, sizeof(r->text),
                 "# Server\r\nuptime_in_seconds:%llu\r\n",
                 (unsigned long long) message->value);
        return model_tick_text(&r->reply, r->text);

    default:
        snprintf(r->text, sizeof(r->text), "%s",
                 message->value == MODEL_SITE_MASTER ? "master" : "slave");
        snprintf(r->more, sizeof(r->more), "%s",
                 message->value == MODEL_SITE_MASTER
                 ? "" : states[message->value]);

        for (unsigned i = 0; i < 5; i++) {
            (void) model_tick_text(&r->parts[i],
                                   i == 0 ? r->text : r->more);
        }

        return model_tick_list(r, message->value == MODEL_SITE_MASTER ? 3 : 5);
    }
}


static redisReply *
model_tick_text(redisReply *reply, char *text)
{
    reply->type = REDIS_REPLY_STRING;
    reply->str = text;
    reply->len = strlen(text);

    return reply;
}


static redisReply *
model_tick_list(model_tick_reply_t *r, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        r->elements[i] = &r->parts[i];
    }

    r->reply.type = REDIS_REPLY_ARRAY;
    r->reply.element = r->elements;
    r->reply.elements = n;

    return &r->reply;
}


/* ---- the oracle ---- */

/* A reply has come to worker. */
void
model_tick_received(model_worker_t *worker, const model_message_t *message)
{
    if (message->type == MODEL_REPLY
        && message->command == MODEL_COMMAND_TICK)
    {
        worker->time = (int64_t) message->value;
        worker->ticked = message->ticked;
        worker->had = message->had;
    }
}


/* What worker was answered, it was answered behind a tick. */
void
model_tick_shown(model_worker_t *worker)
{
    if (worker->shown < worker->ticked) {
        worker->shown = worker->ticked;
    }
}


/* Whether who is flagged must not pass any more. */
bool
model_tick_is_late(unsigned key, uint64_t at)
{
    return model.stores[0].flagged[key] != MODEL_NEVER
           && model_tick_wall(model.terms.gate, at) >= model_site.until[key];
}


/*
 * A live answer lets holder pass; offline later, unless what flags him has been
 * here: before the replica was started anew, or before a tick that the worker
 * was shown.
 */
void
model_tick_oracle(model_worker_t *worker, unsigned holder, bool is_offline)
{
    bool      was_here;
    int64_t   now = model_tick_wall(model.terms.gate, worker->heard);
    int64_t   until;
    unsigned  keys[] = { holder, MODEL_CONTROL, MODEL_REGION };

    model.count.site_answers++;
    model.count.site_offline += is_offline;

    if (worker->time - (now - model.terms.gate + model.terms.replica)
        > MODEL_TICK_FAR)
    {
        model.wrong = "an answer behind a tick that lies far ahead";
    }

    for (unsigned i = 0; i < 3; i++) {

        if (model.stores[0].flagged[keys[i]] > worker->heard) {
            continue;
        }

        until = model_site.until[keys[i]];
        was_here = (model_site.flagged[keys[i]] <= worker->had
                    && model_site.ahead - model.terms.replica
                       <= MODEL_SITE_AHEAD)
                   || model_site.flagged[keys[i]] < worker->shown;

        model.count.site_flagged++;
        model.count.site_latest += now < until && until - now < 100;
        model_trace("worker %u lets holder %u pass, %s: %s is flagged for %u "
                    "ticks, late by %d ms", worker->number, holder,
                    is_offline ? "offline" : "live", model_trace_key(keys[i]),
                    (unsigned) (worker->heard
                                - model.stores[0].flagged[keys[i]]),
                    (int) (now - until));

        if (is_offline && was_here) {
            model.wrong = "an offline answer by less than was here";

        } else if (now >= until + (is_offline ? model.terms.offline : 0)) {
            model.wrong = is_offline ? "an offline answer later than that"
                          : "an answer longer than lag after a flag";
        }

        model.count.site_offline_flagged += is_offline;
    }
}
