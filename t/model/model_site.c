/*
 * A site's replica: a centre where flags are set and somebody ticks, the way
 * from there, in order and later, and what changes here is pushed.
 * Knows no worker and no rule.  CONTRIBUTING.md, "The model".
 */

#include <string.h>

#include "model_site.h"


/* Milliseconds between two ticks. */
#define MODEL_SITE_TICK  1000


static void model_site_write(void);
static void model_site_ticker(void);
static void model_site_arrive(void);
static void model_site_way(void);


model_site_t  model_site;


static model_server_t *
model_site_replica(void)
{
    return &model.stores[0].servers[0];
}


void
model_site_begin(void)
{
    memset(&model_site, 0, sizeof(model_site_t));

    model_site.clock = (model.terms.only == MODEL_TROUBLE_RESTART)
                       ? MODEL_SITE_AHEAD : 0;
    model_site.ticks = model.tick + MODEL_SITE_TICK * MODEL_TICKS;
    model_site_append(0, MODEL_AGE, model_tick_wall(0, model.tick));
    model_site.has = model_site.last;
}


/* The centre has another state; flags are acknowledged with it. */
void
model_site_append(unsigned flags, unsigned key, int64_t time)
{
    model_state_t  *state;

    if (model_site.last == MODEL_SITE_STATES - 1) {
        return;
    }

    state = &model_site.states[model_site.last + 1];
    *state = model_site.states[model_site.last++];
    state->flags = flags;
    state->key = key;
    state->at = model.tick;

    if (key == MODEL_AGE) {
        state->time = time;
        state->ticked = 0;
    }

    if (time > model_site.latest) {
        model_site.latest = time;
        state->ticked = model_site.last;
    }
}


void
model_site_turn(void)
{
    for (unsigned i = 0; i < model.terms.workers; i++) {
        model_store_link(&model.workers[i].link);
    }

    model_site_ticker();
    model_site_way();

    if (model_chance(model.terms.write)
        && model_site.last < MODEL_SITE_STATES / 2)
    {
        model_site_write();
    }

    if (!model.calm && model_chance(model.terms.fault) && model_chance(32)) {
        model_trouble();
    }
}


/* Acknowledged at once, which is the strictest. */
static void
model_site_write(void)
{
    bool            flag;
    unsigned        key = model_roll(model.terms.holders);
    unsigned        flags = model_site.states[model_site.last].flags;
    model_store_t  *store = &model.stores[0];

    if (flags >> MODEL_CONTROL & 1 || model_chance(16)) {
        key = MODEL_CONTROL;

    } else if (flags >> MODEL_REGION & 1 || model_chance(8)) {
        key = MODEL_REGION;
    }

    flag = !(flags >> key & 1);
    flags ^= 1U << key;
    model_site_append(flags, key, 0);
    store->flagged[key] = flag ? model.tick : MODEL_NEVER;
    model_site.flagged[key] = model_site.last;
    model_site.until[key] = model_tick_until();

    if (key < MODEL_HOLDERS) {
        store->hot = key;
    }

    model.count.site_writes++;
    model_trace("centre: %s is %s, state %u", model_trace_key(key),
                flag ? "flagged" : "cleared", model_site.last);
}


/* Once a second: the time, of before it was sent, is never lowered. */
static void
model_site_ticker(void)
{
    int64_t               latest;
    const model_state_t  *state = &model_site.states[model_site.last];

    if (model_site.sends == 0 && model_site.ticks <= model.tick) {
        model_site.sends = model_tick_wall(model_site.clock, model.tick);
        model_site.arrives = model.tick + model_roll_less(model.terms.way);
        model_site.ticks = model.tick + MODEL_SITE_TICK * MODEL_TICKS;
    }

    if (model_site.sends == 0 || model.tick < model_site.arrives) {
        return;
    }

    latest = model_tick_wall(MODEL_SITE_AHEAD, model.tick);

    if (model_site.sends > latest) {
        model.count.ticks_refused++;

    } else if (state->time >= model_site.sends && state->time <= latest) {
        model.count.ticks_kept++;

    } else {
        model.count.ticks++;
        model_site_tick(model_site.sends);
    }

    model_site.sends = 0;
}


void
model_site_tick(int64_t time)
{
    int64_t  ahead = time - model_tick_wall(0, model.tick);

    if (ahead > model_site.ahead) {
        model_site.ahead = ahead;
    }

    model_site_append(model_site.states[model_site.last].flags, MODEL_AGE,
                      time);
    model_trace("centre: a tick %d ms ahead, state %u", (int) ahead,
                model_site.last);
}


/* Whether what the centre has comes here. */
bool
model_site_is_up(void)
{
    return model_site.cut <= model.tick
           && (model_site.role == MODEL_SITE_CONNECTED
               || model_site.role == MODEL_SITE_CONNECT);
}


static void
model_site_way(void)
{
    if (model_site.role == MODEL_SITE_SYNC) {

        if (model_site.cut > model.tick) {
            model_site.role = MODEL_SITE_CONNECT;

        } else if (model_site.synced <= model.tick) {
            model.count.syncs++;
            model_trace("replica: has all data anew");
            model_site.role = MODEL_SITE_CONNECTED;
            model_site_take(model_site.last, true);
        }

        return;
    }

    if (!model_site_is_up()) {
        return;
    }

    if (model_site.is_empty || model_site.has < model_site.whole
        || model_site.last - model_site.has > model.terms.backlog)
    {
        model_trace("replica: reads all data anew");
        model_site.role = MODEL_SITE_SYNC;
        model_site.synced = model.tick + model_roll_less(model.terms.way);
        return;
    }

    model_site.role = MODEL_SITE_CONNECTED;
    model_site_arrive();
}


static void
model_site_arrive(void)
{
    uint64_t  delay = model_roll_less(model.terms.way);

    while (model_site.has < model_site.last
           && model_site.states[model_site.has + 1].at + delay <= model.tick)
    {
        model_site_take(model_site.has + 1, false);
    }
}


/* The replica has another state: by what has changed, or all of it. */
void
model_site_take(unsigned state, bool all)
{
    const model_state_t  *now = &model_site.states[state];

    if (all) {
        model_fault_push_all(0);

    } else {
        model_fault_push(0, now->key);
    }

    if (state < model_site.has) {
        model_trace("replica: goes back to state %u from %u", state,
                    model_site.has);
    }

    model_site.has = state;
    model_site.is_empty = false;
    model_site_replica()->flags = now->flags;
    model_site_replica()->instance = 1;
}


/* All faults have ended, and clocks are right. */
void
model_site_calm(void)
{
    model.calm = true;
    model.stores[0].stopped = 0;
    model_site.cut = 0;
    model_site.clock = 0;
    model_site.ticks = model.tick;
    model_site.sends = 0;
    model.terms.write = 0;
    model.terms.way = 1;

    if (model_site.role == MODEL_SITE_MASTER) {
        model_site.role = MODEL_SITE_CONNECT;
        model_site.whole = model_site.last;
    }

    for (unsigned i = 0; i < model.terms.workers; i++) {
        model.workers[i].rests = 0;
    }

    /* "healthcode store tick --once --force" */
    model_site_tick(model_tick_wall(0, model.tick));
}
