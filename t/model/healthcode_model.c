/*
 * The protocol of the cache on trial: runs episodes, each of which another
 * seed draws, and reports what the oracle found and what was tried.
 * Knows no rule.  CONTRIBUTING.md, "The model".
 *
 *     healthcode_model [-e EPISODES] [-h HITS] [-s SEED] [-t SEED] [-c]
 *
 * -e, -h: at least so many; -s: the first seed; -t: one episode alone, with
 * what happened in it; -c: a count that stays 0 is a failure.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "model.h"


static void model_run(uint64_t seed);
static void model_begin(uint64_t seed);
static void model_draw(model_terms_t *terms);
static void model_draw_writers(model_terms_t *terms);
static void model_draw_restores(model_terms_t *terms);
static void model_begin_holders(void);
static void model_begin_workers(void);
static void model_turn(model_worker_t *worker);
static void model_work(void *data);
static void model_draw_nodes(model_terms_t *terms);
static void model_draw_takeovers(model_terms_t *terms);
static void model_draw_site(model_terms_t *terms);
static void model_draw_only(model_terms_t *terms);
static void model_calm(void);
static unsigned model_report(double seconds, uint64_t first, bool all);


model_t  model;


int
main(int argc, char **argv)
{
    int              option;
    bool             all = false;
    unsigned         failed;
    const char      *found;
    uint64_t         first = 1, seed, episodes = 1, hits = 0;
    struct timespec  from, to;

    while ((option = getopt(argc, argv, "ce:h:s:t:")) != -1) {

        switch (option) {
        case 'c': all = true;                               break;
        case 'e': episodes = strtoull(optarg, NULL, 0);     break;
        case 'h': hits = strtoull(optarg, NULL, 0);         break;
        case 's': first = strtoull(optarg, NULL, 0);        break;
        case 't': first = strtoull(optarg, NULL, 0);
                  model.tracing = true;                     break;
        default:  return 2;
        }
    }

    model.digest = healthcode_digest_create();
    if (model.digest == NULL) {
        return 2;
    }

    clock_gettime(CLOCK_MONOTONIC, &from);

    for (seed = first;
         model.wrong == NULL
         && (seed - first < episodes || model.count.hits < hits);
         seed++)
    {
        model_run(seed);
    }

    clock_gettime(CLOCK_MONOTONIC, &to);

    found = model.wrong;

    if (found && !model.tracing) {
        model.tracing = true;
        model_run(seed - 1);

        if (model.wrong != found) {
            printf("seed %llu does not come again: the model is broken\n",
                   (unsigned long long) model.seed);
            model.wrong = found;
        }
    }

    if (model.tracing) {
        model_trace_print();
    }

    failed = model_report((double) (to.tv_sec - from.tv_sec)
                          + (double) (to.tv_nsec - from.tv_nsec) / 1e9, first,
                          all);

    return failed ? 1 : 0;
}


static void
model_run(uint64_t seed)
{
    model_worker_t  *worker;

    model_begin(seed);

    for (unsigned turn = 0; turn < model.terms.turns; turn++) {

        model.tick += model_roll(model.terms.pace);

        if (model_chance(1)) {
            model.tick += model_roll(model.terms.stop);
        }

        model_store_turn();

        worker = &model.workers[model_roll(model.terms.workers)];

        if (worker->stopped <= model.tick) {
            model_turn(worker);
        }

        if (model.wrong) {
            break;
        }
    }

    if ((model.terms.nodes || model.terms.lag_ms) && model.wrong == NULL) {
        model_calm();
    }

    model.count.turns += model.terms.turns;
    model.count.episodes++;
}


static void
model_begin(uint64_t seed)
{
    model.seed = seed;
    model_random_seed(&model.random, seed);
    model_draw(&model.terms);
    model_trace_begin();

    model.wrong = NULL;
    model.tick = 1000;
    model.moment = 0;
    model.instances = 0;
    model.calm = false;

    model_store_begin();
    model_begin_holders();
    model_begin_workers();
}


/* Each episode is of another kind: what is rare in all would be rare. */
static void
model_draw(model_terms_t *terms)
{
    static const unsigned  interrupts[] = { 0, 2, 8, 32, 128 };
    static const unsigned  faults[] = { 0, 1, 8, 32 };
    static const unsigned  holders[] = { 1, 2, 3, 4, 6, MODEL_HOLDERS };
    static const unsigned  kills[] = { 0, 0, 4, 64 };

    memset(terms, 0, sizeof(model_terms_t));

    terms->workers = 2 + model_roll(MODEL_WORKERS - 1);
    terms->stores = 1 + model_chance(64);
    terms->holders = holders[model_roll(6)];
    terms->turns = 1500;
    terms->burst = 1U << model_roll(5);
    terms->lease = 16U << model_roll(4);
    terms->pace = 2U << model_roll(3);
    terms->stop = terms->lease * MODEL_TICKS << model_roll(3);
    terms->max_age = terms->lease << (1 + model_roll(6));
    terms->stale.timeout = (uint64_t) terms->lease * model_roll(9) / 2;
    terms->stale.refused = (uint64_t) terms->lease * model_roll(9) / 2;
    terms->again = model_roll(256);
    terms->longer = model_roll(256);
    terms->kill = kills[model_roll(4)];
    terms->focus = interrupts[model_roll(5)];
    terms->gang = model_roll(256);
    terms->second = interrupts[model_roll(5)];
    terms->held = interrupts[model_roll(5)];
    terms->faults = model_roll(1U << 13) | model_roll(1U << 13);
    terms->fault = faults[model_roll(4)];
    terms->write = 1U << model_roll(6);
    terms->hot = model_roll(256);
    terms->crowd = 64;
    terms->soon = interrupts[model_roll(5)];
    terms->serve = 64U + model_roll(192);
    terms->arrive = 64U + model_roll(192);
    terms->lag = 1U << model_roll(6);
    terms->read = 64U + model_roll(192);
    terms->rest = interrupts[model_roll(4)];

    terms->sentinels = model_chance(64) ? MODEL_SENTINELS : 0;
    terms->silence = terms->lease * (2 + model_roll(4));
    terms->learn = terms->lease * MODEL_TICKS * (1 + model_roll(2));
    terms->deaf = interrupts[model_roll(4)];

    for (unsigned i = 0; i < MODEL_DOING; i++) {
        terms->interrupt[i] = interrupts[model_roll(5)];
    }

    terms->rotate = model_chance(48) ? 1U << model_roll(3) : 0;

    if (model_chance(80)) {
        model_draw_writers(terms);

    } else if (model_chance(24)) {
        model_draw_restores(terms);
    }

    if (model.seed / MODEL_WORLD == 1) {
        model_draw_nodes(terms);

    } else if (model.seed / MODEL_WORLD == 2) {
        model_draw_site(terms);
    }
}


/* A replica, whose ticks take seconds: so does everything. */
static void
model_draw_site(model_terms_t *terms)
{
    static const int  apart[] = { 0, 0, 0, 200, -200, 900, -900 };

    terms->workers = 1 + model_roll(3);
    terms->stores = 1;
    terms->holders = 1 + model_roll(3);
    terms->turns = 3000;
    terms->burst = 1U << model_roll(3);
    terms->pace = 32U << model_roll(3);
    terms->lease = 256U << model_roll(3);
    terms->stop = terms->lease * MODEL_TICKS << model_roll(2);
    terms->max_age = terms->lease << (2 + model_roll(6));
    terms->lag = model_roll(4);
    terms->serve = terms->arrive = 128U + model_roll(128);
    terms->sentinels = 0;
    terms->rotate = 0;
    terms->kill &= 4;
    terms->write = 1U << model_roll(6);
    terms->fault = 1U << model_roll(8);
    terms->faults = 63;
    terms->stale = (healthcode_stale_t) { 0 };

    terms->lag_ms = 1500 + model_roll_less(3000);
    terms->offline = model_chance(160) ? 1000 + model_roll(8000) : 0;
    terms->gate = apart[model_roll(7)];
    terms->replica = model_chance(128) ? apart[model_roll(7)] / 2 : 0;
    terms->way = 1 + model_roll_less(400 * MODEL_TICKS);
    terms->trouble = MODEL_TICKS * (500 + model_roll(8000));
    terms->backlog = 1 + model_roll(64);

    if (model_chance(32)) {
        model_draw_only(terms);
    }
}


/* One kind of trouble: a replica that is started, or fed by one behind. */
static void
model_draw_only(model_terms_t *terms)
{
    terms->only = model_chance(128) ? MODEL_TROUBLE_RESTART
                                    : MODEL_TROUBLE_BACK;
    terms->turns = 8000;
    terms->pace = 16;
    terms->lease = 256;
    terms->offline = 8000;
    terms->gate = terms->replica = 0;
    terms->way = 1;
    terms->trouble = MODEL_TICKS
                     * (terms->only == MODEL_TROUBLE_BACK ? 500 : 8000);
    terms->write = 1;
    terms->lag_ms = 1500;
    terms->holders = (terms->only == MODEL_TROUBLE_BACK) ? 2 : MODEL_HOLDERS;
    terms->fault = (terms->only == MODEL_TROUBLE_BACK) ? 8 : 1;
    terms->kill = 0;
    terms->lag = 0;
    terms->serve = terms->arrive = 255;
    terms->rest = 0;

    memset(terms->interrupt, 0, sizeof(terms->interrupt));
}


/* A cluster, whose slots move; its passwords do not change. */
static void
model_draw_nodes(model_terms_t *terms)
{
    terms->nodes = 2 + model_chance(192);
    terms->workers = 1 + model_roll(3);
    terms->stores = 1;
    terms->holders = 1 + model_roll(4);
    terms->turns = 2000;
    terms->burst = 1U << model_roll(4);
    terms->sentinels = 0;
    terms->rotate = 0;
    terms->fault = 8U << model_roll(6);
    terms->learn = 1 + model_roll(terms->lease * MODEL_TICKS);
    terms->down = terms->lease * MODEL_TICKS * (1 + model_roll(8));

    if (model_chance(48)) {
        model_draw_takeovers(terms);
    }
}


/* Replicas take over, and nothing else: hits for as long as there can be. */
static void
model_draw_takeovers(model_terms_t *terms)
{
    terms->nodes = 3;
    terms->holders = 2;
    terms->turns = 4000;
    terms->lease = 32;
    terms->stop = 64;
    terms->pace = 2;
    terms->max_age = terms->lease * 64;
    terms->kill = 0;
    terms->write = 64;
    terms->hot = 255;
    terms->fault = 64;
    terms->faults = 1U << 2;
    terms->learn = 1;
    terms->down = terms->lease * MODEL_TICKS * 8;
}


/* All faults have ended: each worker is answered soon. */
static void
model_calm(void)
{
    bool             served;
    uint64_t         end = model.tick + 40 * model_lease_ticks() + 2000;
    model_worker_t  *worker;

    if (model.terms.lag_ms) {
        model_site_calm();
        end += 8 * (uint64_t) model.terms.lag_ms * MODEL_TICKS;

    } else {
        model_shift_calm(&model.stores[0]);
    }

    model.terms.kill = 0;
    model.terms.lag = 0;
    memset(model.terms.interrupt, 0, sizeof(model.terms.interrupt));

    for (unsigned i = 0; i < model.terms.workers; i++) {
        model.workers[i].served = false;
        model.workers[i].stopped = 0;
    }

    do {
        served = true;
        model.tick += model_roll(model.terms.pace);
        model_store_turn();

        for (unsigned i = 0; i < model.terms.workers; i++) {
            worker = &model.workers[i];
            model_turn(worker);
            served = served && worker->served;
        }

    } while (!served && model.tick < end && model.wrong == NULL);

    if (!served && model.wrong == NULL) {
        model.wrong = "reads do not come back after all faults have ended";
    }

    model.count.calms += served;
}


/* Many who write at one place, where little else happens. */
static void
model_draw_writers(model_terms_t *terms)
{
    terms->workers = MODEL_WORKERS;
    terms->stores = 1;
    terms->holders = 2;
    terms->burst = 1 + model_roll(8);
    terms->lease = 16U << model_roll(2);
    terms->stop = terms->lease * MODEL_TICKS;
    terms->pace = 4;
    terms->focus = 128 + model_roll(128);
    terms->gang = 128 + model_roll(128);
    terms->again = 128 + model_roll(128);
    terms->longer = 128 + model_roll(128);
    terms->hot = 128;
    terms->crowd = 224;
    terms->write = 16 + model_roll(48);
    terms->kill = model_chance(128) ? 0 : 4;
    terms->fault = 0;
    terms->lag = 0;
    terms->held = 0;
    terms->serve = terms->arrive = terms->read = 192;

    memset(terms->interrupt, 0, sizeof(terms->interrupt));
}


/* Other data in the same instance, and few who ask. */
static void
model_draw_restores(model_terms_t *terms)
{
    terms->workers = MODEL_WORKERS;
    terms->stores = 1;
    terms->holders = 1 + model_roll(2);
    terms->burst = 1;
    terms->lease = 64U << model_roll(2);
    terms->max_age = 64 * terms->lease;
    terms->pace = 4U << model_roll(2);
    terms->write = 1;
    terms->kill = 0;
    terms->fault = 16U << model_roll(4);
    terms->faults = 1U << 9 | 1U << 10;
    terms->lag = 1;
    terms->held = 0;
    terms->read = 224;

    memset(terms->interrupt, 0, sizeof(terms->interrupt));
}


/* Some that share a set, a place in it, or the first word of their names. */
static void
model_begin_holders(void)
{
    uint64_t  key[2];
    bool      together = model_chance(128);
    bool      crowded = model_chance(model.terms.crowd);

    for (unsigned i = 0; i < MODEL_HOLDERS; i++) {
        key[0] = (uint64_t) (i & 1) << 63 | (i + 1) * HEALTHCODE_TABLE_WAYS
                 | (crowded ? 0 : i);
        key[1] = (uint64_t) (i + 1) << 8 | (together ? 0 : i / 2);

        if (i == 2) {
            memcpy(key, model.holders[i - 2], sizeof(key[0]));
        }

        memcpy(model.holders[i], key, sizeof(key));
    }

    model_resp_begin();

    if (model.terms.nodes) {
        model_redirect_begin();
    }
}


static void
model_begin_workers(void)
{
    size_t           sets = 1 + model_roll(MODEL_SETS);
    bool             last = model_chance(16);
    model_worker_t  *worker;

    memset(model.memory, 0, sizeof(model.memory));
    healthcode_absence_table(&model.absence, model.memory,
                             sizeof(model.memory) / MODEL_SETS * sets);
    model.absence.leases = model.leases;
    model.absence.nleases = model.terms.nodes ? MODEL_OWNERS : MODEL_WORKERS;
    memset(model.leases, 0, sizeof(model.leases));

    for (unsigned i = 0; i < MODEL_WORKERS; i++) {
        worker = &model.workers[i];

        model_glue_end(worker);
        memset((char *) worker + sizeof(worker->fiber), 0,
               sizeof(model_worker_t) - sizeof(worker->fiber));
        worker->number = i;
        worker->dead = true;
        worker->writes = -1;

        model.leases[i] = last ? (HEALTHCODE_LEASE_EPOCH_LAST - model_roll(6))
                                 << HEALTHCODE_LEASE_UNTIL_BITS
                               : 0;
    }
}


static void
model_turn(model_worker_t *worker)
{
    if (worker->dead) {
        if (model_chance(224)) {
            return;
        }

        model_trace("worker %u begins", worker->number);

        worker->dead = false;
        worker->store = model_roll(model.terms.stores);
        model_fiber_reset(&worker->fiber, model_work, worker);
    }

    model.current = worker;
    model_fiber_resume(&worker->fiber);
    model.current = NULL;
}


static void
model_work(void *data)
{
    model_worker_t  *worker = data;

    model_glue_start(worker);

    for (;;) {
        model_glue_turn(worker);
        worker->doing = MODEL_IDLE;
        worker->since = model.tick;
        worker->stopped = 0;
        model_fiber_yield(&worker->fiber);
    }
}


static unsigned
model_report(double seconds, uint64_t first, bool all)
{
    unsigned  passed = 0, failed = 0;

#define MODEL_COUNT_PRINT(name, text)                                         \
    printf("%12llu  %s\n", (unsigned long long) model.count.name, text);      \
    if (all && model.count.name == 0) {                                       \
        printf("              this has not happened\n");                      \
        failed++;                                                             \
    } else {                                                                  \
        passed++;                                                             \
    }

    if (first / MODEL_WORLD == 0) {
        MODEL_COUNTS(MODEL_COUNT_PRINT)
    } else if (first / MODEL_WORLD == 1) {
        MODEL_NODE_COUNTS(MODEL_COUNT_PRINT)
    } else {
        MODEL_SITE_COUNTS(MODEL_COUNT_PRINT)
        MODEL_SITE_SHARED_COUNTS(MODEL_COUNT_PRINT)
    }

    if (model.wrong) {
        printf("seed %llu: %s\n", (unsigned long long) model.seed,
               model.wrong);
        failed++;
    } else {
        passed++;
    }

    if (model.tracing) {
        printf("    the lease is %u ticks, the time now %llu\n",
               model.terms.lease * MODEL_TICKS,
               (unsigned long long) model.tick);
    }

    printf("%llu hits, %llu steps, %llu kills, %llu stops, %u stale, in %llu "
           "episodes from seed %llu, %.1f s\n",
           (unsigned long long) model.count.hits,
           (unsigned long long) model.count.steps,
           (unsigned long long) model.count.kills,
           (unsigned long long) model.count.stops, model.wrong ? 1 : 0,
           (unsigned long long) model.count.episodes,
           (unsigned long long) first, seconds);
    printf("model: %u passed, %u failed\n", passed, failed);

    return failed;
}
