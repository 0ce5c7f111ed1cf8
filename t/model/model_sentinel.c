/*
 * Sentinels of a store: a new master is known to them one after the other, and
 * one of them may be old for ever; their answers to a worker are late or lost.
 * Who counts is decided in redis/.  Knows no lease.
 * CONTRIBUTING.md, "The model".
 */

#include <string.h>

#include "model.h"


/* The one that may be wrong for ever. */
#define MODEL_SENTINEL_OLD  0


static void model_sentinel_learn(model_sentinel_t *sentinel);
static void model_sentinel_question(model_worker_t *worker, unsigned i);
static healthcode_sentinel_address_t model_sentinel_address(unsigned store,
    unsigned server);


void
model_sentinel_begin(model_store_t *store)
{
    store->epoch = 1;

    for (unsigned i = 0; i < MODEL_SENTINELS; i++) {
        store->sentinels[i].epoch = 1;
        store->sentinels[i].learns = MODEL_NEVER;
    }
}


/* A majority knows in time; the one that is old may never. */
void
model_sentinel_failover(model_store_t *store)
{
    model_sentinel_t  *sentinel;

    store->epoch++;
    store->demoted = model.tick;

    for (unsigned i = 0; i < MODEL_SENTINELS; i++) {
        sentinel = &store->sentinels[i];

        model_sentinel_learn(sentinel);
        sentinel->later = store->current;
        sentinel->epoch_later = store->epoch;
        sentinel->learns = model.tick + model_roll(model.terms.learn);

        if (i == MODEL_SENTINEL_OLD && model_chance(128)) {
            sentinel->learns = MODEL_NEVER;
        }
    }
}


static void
model_sentinel_learn(model_sentinel_t *sentinel)
{
    if (sentinel->learns <= model.tick) {
        sentinel->server = sentinel->later;
        sentinel->epoch = sentinel->epoch_later;
        sentinel->learns = MODEL_NEVER;
    }
}


/*
 * Ticks after which a flag that was acknowledged denies at that time: a lease;
 * and while a former master may still be believed, for how long that is.
 */
uint64_t
model_sentinel_bound(const model_store_t *store, uint64_t at)
{
    uint64_t  bound = model_lease_ticks();
    uint64_t  more = model.terms.learn
                     + (uint64_t) model.terms.silence * MODEL_TICKS;

    if (model.terms.sentinels && store->demoted
        && at < store->demoted + more + bound)
    {
        return bound + more;
    }

    return bound;
}


/* ---- a worker ---- */

void
model_sentinel_start(model_worker_t *worker)
{
    healthcode_sentinel_init(&worker->sentinel, MODEL_SENTINELS,
                             model.terms.silence);
    memset(worker->questions, 0, sizeof(worker->questions));
}


/* Asks and hears, and says who is named now. */
healthcode_sentinel_e
model_sentinel_turn(model_worker_t *worker)
{
    uint64_t               left;
    healthcode_sentinel_e  rc;

    if (model_chance(model.terms.deaf) && model_chance(16)) {
        worker->deaf = model.tick + (uint64_t) (2 * model.terms.silence
                                                * MODEL_TICKS);
    }

    for (unsigned i = 0; i < MODEL_SENTINELS; i++) {
        model_sentinel_question(worker, i);
    }

    rc = healthcode_sentinel_judge(&worker->sentinel, model_clock(worker),
                                   &left);

    if (rc == HEALTHCODE_SENTINEL_NEW) {
        model.count.named++;
        model_trace("worker %u: server %u is named", worker->number,
                    model_sentinel_named(worker));

    } else if (rc == HEALTHCODE_SENTINEL_LOST) {
        model.count.unnamed++;
        model_trace("worker %u: nobody is named", worker->number);
    }

    return rc;
}


static void
model_sentinel_question(model_worker_t *worker, unsigned i)
{
    model_sentinel_t  *sentinel;
    model_question_t  *question = &worker->questions[i];

    if (!question->is_asked) {
        question->is_asked = true;
        question->is_answered = false;
        question->word.asked = model_clock(worker);
        question->arrives = model.tick + model_roll_less(model.terms.stop);
        return;
    }

    if (model.tick < worker->deaf && i != MODEL_SENTINEL_OLD) {
        return;
    }

    /* at some time between the question and its arrival */

    if (!question->is_answered) {
        sentinel = &model.stores[worker->store].sentinels[i];
        model_sentinel_learn(sentinel);

        question->word.master = model_sentinel_address(worker->store,
                                                       sentinel->server);
        question->word.epoch = sentinel->epoch;
        question->is_answered = true;
        return;
    }

    if (question->arrives <= model.tick) {
        healthcode_sentinel_hear(&worker->sentinel, i, &question->word);
        question->is_asked = false;
    }
}


static healthcode_sentinel_address_t
model_sentinel_address(unsigned store, unsigned server)
{
    healthcode_sentinel_address_t  address;

    memset(&address, 0, sizeof(address));
    address.len = 4;
    address.port = 1;
    address.bytes[0] = 10;
    address.bytes[2] = (uint8_t) store;
    address.bytes[3] = (uint8_t) server;

    return address;
}


unsigned
model_sentinel_named(const model_worker_t *worker)
{
    return worker->sentinel.master.bytes[3];
}
