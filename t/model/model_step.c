/*
 * The points at which others may run: before every word that is read from or
 * written to shared memory, and before the clock is read.
 * Does not know what a worker does.  CONTRIBUTING.md, "The model".
 */

#include "model.h"


#define MODEL_STEP_NEVER  INT64_MAX


static void model_step_interrupt(void);
static void model_step_die(model_worker_t *worker);
static void model_step_stopped(model_worker_t *worker);


/* How many steps each kind of doing takes, about. */
static const unsigned  model_step_spans[MODEL_DOING] = {
    [MODEL_IDLE] = 2,
    [MODEL_FINDING] = 26,
    [MODEL_STORING] = 64,
    [MODEL_WRITING] = 8,
    [MODEL_FORGETTING] = 24,
    [MODEL_LEASING] = 4,
    [MODEL_SENDING] = 4,
};


void
model_step(void)
{
    model.count.steps++;

    if (--model.budget == 0) {
        model_step_interrupt();
    }
}


/* What follows may be interrupted at one of its steps. */
void
model_arm(model_doing_e doing)
{
    model.current->doing = doing;

    model.budget = model_chance(model.terms.interrupt[doing])
                   ? 1 + model_roll(model_step_spans[doing])
                   : MODEL_STEP_NEVER;
}


/* One of the next steps is interrupted. */
void
model_arm_within(unsigned steps)
{
    model.budget = 1 + model_roll(steps);
}


/* CLOCK_BOOTTIME, which all workers share. */
uint64_t
model_clock(void *data)
{
    (void) data;

    model_step();

    return model.tick / MODEL_TICKS;
}


static void
model_step_interrupt(void)
{
    model_worker_t  *worker = model.current;

    if (model_chance(model.terms.kill)) {
        model_step_die(worker);
    }

    worker->since = model.tick;
    worker->stopped = model.tick;

    if (model_chance(model.terms.longer)) {
        worker->stopped += model_roll_less(model.terms.stop);
    }

    model.count.stops++;
    model_trace("worker %u is stopped for %u ticks, %s", worker->number,
                (unsigned) (worker->stopped - model.tick),
                model_trace_doing(worker->doing));

    model_fiber_yield(&worker->fiber);

    model_trace("worker %u goes on, %s", worker->number,
                model_trace_doing(worker->doing));
    model_step_stopped(worker);

    model.budget = model_chance(model.terms.again) ? 1 + model_roll_less(4)
                                                   : MODEL_STEP_NEVER;
}


static void
model_step_stopped(model_worker_t *worker)
{
    worker->late |= model.tick > worker->since;

    if (model.tick - worker->since <= model_lease_ticks()) {
        return;
    }

    switch (worker->doing) {
    case MODEL_FINDING:    model.count.stops_finding++;     break;
    case MODEL_STORING:    model.count.stops_storing++;     break;
    case MODEL_WRITING:    model.count.stops_writing++;     break;
    case MODEL_FORGETTING: model.count.stops_forgetting++;  break;
    case MODEL_LEASING:    model.count.stops_leasing++;     break;
    case MODEL_SENDING:    model.count.stops_sending++;     break;
    default:                                                break;
    }
}


static void
model_step_die(model_worker_t *worker)
{
    model.count.kills++;

    switch (worker->doing) {
    case MODEL_FINDING:    model.count.kills_finding++;     break;
    case MODEL_STORING:    model.count.kills_storing++;     break;
    case MODEL_WRITING:    model.count.kills_writing++;     break;
    case MODEL_FORGETTING: model.count.kills_forgetting++;  break;
    case MODEL_LEASING:    model.count.kills_leasing++;     break;
    default:                                                break;
    }

    model_trace("worker %u is killed, %s", worker->number,
                model_trace_doing(worker->doing));

    worker->dead = true;
    worker->killed = true;
    model_link_close(&worker->link);

    for (;;) {
        model_fiber_yield(&worker->fiber);
    }
}
