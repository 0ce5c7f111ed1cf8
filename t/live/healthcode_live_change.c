/*
 * One change of a flag: a hit proven in each worker, the flag set, refused by
 * each worker, cleared, and passed again.  Judges no answer.
 * docs/benchmarks.md, "Live".
 */

#include "healthcode_live.h"


/* A worker that was silent for so long is stopped, and not waited for. */
#define LIVE_CHANGE_SILENCE  (300 * LIVE_MS)

/* Refusals in a row until a worker is believed to refuse. */
#define LIVE_CHANGE_DENIES   3


static void live_change_enter(live_t *live, live_holder_t *holder,
    live_stage_e stage);
static void live_change_tell_set(live_t *live, const live_holder_t *holder);
static void live_change_tell_clear(live_t *live, const live_holder_t *holder);


bool
live_change_is_live(const live_worker_t *worker, int64_t now)
{
    return worker->connections && now - worker->answered < LIVE_CHANGE_SILENCE;
}


bool
live_change_waits(const live_holder_t *holder)
{
    return holder->stage == LIVE_ARMING || holder->stage == LIVE_SETTING
           || holder->stage == LIVE_CLEARING;
}


static void
live_change_enter(live_t *live, live_holder_t *holder, live_stage_e stage)
{
    holder->stage = stage;
    holder->hot = false;

    if (live_change_waits(holder) && !holder->active) {
        holder->active = true;
        live->active[live->nactive++] = holder;
    }
}


void
live_change_arm(live_t *live, live_holder_t *holder)
{
    for (unsigned i = 0; i < LIVE_WORKERS_MAX; i++) {
        holder->seen[i].hits = 0;
    }

    live_change_enter(live, holder, LIVE_ARMING);
}


/* Says what the next call to the holder is; the command follows. */
void
live_change_next(live_t *live, live_holder_t *holder, bool sets)
{
    live_seen_t  *seen;

    if (!sets && holder->stage != LIVE_CLEARING) {
        live_change_tell_set(live, holder);
    }

    pthread_mutex_lock(&live->lock);

    /* again, after it failed: the first acknowledgement counts */
    if (holder->stage != (sets ? LIVE_SETTING : LIVE_CLEARING)) {
        holder->called = 0;
        holder->acked = 0;
        holder->sets = sets;

        for (unsigned i = 0; i < LIVE_WORKERS_MAX; i++) {
            seen = &holder->seen[i];
            *seen = (live_seen_t) { .last_allow = seen->last_allow,
                                    .hits = seen->hits };
        }
    }

    pthread_mutex_unlock(&live->lock);

    live_change_enter(live, holder, sets ? LIVE_SETTING : LIVE_CLEARING);
}


/* Whether each worker has said what the stage waits for. */
void
live_change_look(live_t *live, live_holder_t *holder)
{
    bool                done = true;
    int64_t             now = live_now(), acked;
    unsigned            n = 0;
    const live_seen_t  *seen;

    pthread_mutex_lock(&live->lock);
    acked = holder->acked;
    holder->hot = holder->stage != LIVE_ARMING && holder->called;
    pthread_mutex_unlock(&live->lock);

    if (holder->stage != LIVE_ARMING
        && !(holder->stage == LIVE_SETTING && acked))
    {
        return;
    }

    for (unsigned i = 0; i < live->nworkers; i++) {
        if (!live_change_is_live(&live->workers[i], now)) {
            continue;
        }

        seen = &holder->seen[i];
        n++;

        done = done && (holder->stage == LIVE_ARMING
                        ? seen->hits > 0
                        : seen->denies >= LIVE_CHANGE_DENIES
                          && seen->first_deny);
    }

    if (!done || n < live->wanted) {
        return;
    }

    if (holder->stage == LIVE_ARMING) {
        live_change_tell_clear(live, holder);
        holder->stage = LIVE_ARMED;
        printf("armed %s\n", holder->hex);
        return;
    }

    holder->stage = LIVE_SETTLED;
    holder->hot = false;
    printf("settled %s\n", holder->hex);
}


/*
 * Nanoseconds from the acknowledgement to the last allow, to the first question
 * that the cache of the slower worker did not answer (the change lies between
 * these two), and to its first refusal; at most from an allow to such a
 * question in one worker, which is how exact all this is; hits before; allows
 * after.
 */
static void
live_change_tell_set(live_t *live, const live_holder_t *holder)
{
    int64_t             last = 0, miss = 0, deny = 0, gap = 0;
    unsigned            hits = 0, late = 0, n = 0;
    const live_seen_t  *seen;

    if (holder->acked == 0) {
        return;
    }

    for (unsigned i = 0; i < live->nworkers; i++) {
        seen = &holder->seen[i];
        late += seen->late;

        if (seen->last_allow > last) {
            last = seen->last_allow;
        }

        if (seen->first_deny == 0) {
            continue;
        }

        hits = (n++ == 0 || seen->hits < hits) ? seen->hits : hits;

        if (seen->first_deny > deny) {
            deny = seen->first_deny;
        }

        if (seen->first_miss > miss) {
            miss = seen->first_miss;
        }

        if (seen->last_allow && seen->first_miss - seen->last_allow > gap) {
            gap = seen->first_miss - seen->last_allow;
        }
    }

    printf("set %s %lld %lld %lld %lld %u %u %u\n", holder->hex,
           (long long) (last - holder->acked),
           (long long) (miss - holder->acked),
           (long long) (deny - holder->acked), (long long) gap, n, hits, late);
}


/* Nanoseconds from the acknowledgement until every worker lets pass. */
static void
live_change_tell_clear(live_t *live, const live_holder_t *holder)
{
    int64_t   first = 0;

    if (holder->sets || holder->acked == 0) {
        return;
    }

    for (unsigned i = 0; i < live->nworkers; i++) {
        if (holder->seen[i].first_allow > first) {
            first = holder->seen[i].first_allow;
        }
    }

    printf("cleared %s %lld\n", holder->hex,
           (long long) (first - holder->acked));
}
