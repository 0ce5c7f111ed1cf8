/*
 * Who is flagged since when, by what passed the relays, and whether an answer
 * of the gate was wrong.  Sends nothing and reads no socket.
 * docs/benchmarks.md, "Live".
 */

#include "healthcode_live.h"


#define LIVE_TRUTH_TOLD  20        /* wrong answers, printed one by one */


static int64_t live_truth_since(const live_answer_t *answer);
static void live_truth_allow(live_t *live, const live_holder_t *holder,
    const live_worker_t *worker, const live_answer_t *answer);
static void live_truth_deny(live_t *live, const live_holder_t *holder,
    const live_worker_t *worker, const live_answer_t *answer);
static void live_truth_wrong(live_t *live, const live_holder_t *holder,
    const live_worker_t *worker, const live_answer_t *answer, int64_t since,
    const char *what);
static void live_truth_note(const live_holder_t *holder, live_seen_t *seen,
    const live_answer_t *answer);


void
live_truth_call(live_t *live, live_holder_t *holder, int store, int64_t now)
{
    pthread_mutex_lock(&live->lock);

    holder->called = now;

    if (holder->sets) {
        holder->truth[store].cleared = 0;

    } else if (holder->truth[store].freed == 0) {
        holder->truth[store].freed = now;
    }

    pthread_mutex_unlock(&live->lock);
}


/* A flag that is set anew is flagged since it was set first. */
void
live_truth_ack(live_t *live, live_holder_t *holder, int store, int64_t now)
{
    live_truth_t  *truth = &holder->truth[store];

    pthread_mutex_lock(&live->lock);

    holder->acked = now;

    if (!holder->sets) {
        truth->cleared = now;

    } else if (truth->flagged == 0 || truth->freed) {
        *truth = (live_truth_t) { .flagged = now };
    }

    pthread_mutex_unlock(&live->lock);
}


void
live_truth_global_call(live_t *live, int store, int64_t now)
{
    live_truth_t  *truth;

    pthread_mutex_lock(&live->lock);

    for (unsigned i = 0; i < live->nholders; i++) {
        truth = &live->holders[i].truth[store];

        if (live->holders[i].turn == LIVE_BECOMES_FREE && truth->freed == 0) {
            truth->freed = now;

        } else if (live->holders[i].turn == LIVE_BECOMES_FLAGGED) {
            truth->cleared = 0;
        }
    }

    pthread_mutex_unlock(&live->lock);
}


/* Nobody may pass a store that was made to lose its data or its role. */
void
live_truth_global_ack(live_t *live, int store, int64_t now)
{
    live_holder_t  *holder;

    pthread_mutex_lock(&live->lock);

    for (unsigned i = 0; i < live->nholders; i++) {
        holder = &live->holders[i];

        if (holder->turn == LIVE_BECOMES_FLAGGED) {
            holder->truth[store] = (live_truth_t) { .flagged = now };

        } else if (holder->turn == LIVE_BECOMES_FREE) {
            holder->truth[store].cleared = now;
        }

        holder->turn = LIVE_STAYS;
    }

    if (live->shut[store] < 0) {
        live->shut[store] = now;
    }

    pthread_mutex_unlock(&live->lock);
}


void
live_truth_judge(live_t *live, live_holder_t *holder, unsigned n,
    const live_answer_t *answer)
{
    live_stats_t   *stats = &live->stats;
    live_worker_t  *worker = &live->workers[n];

    worker->answers++;
    worker->answered = live_now();

    stats->code_hits += answer->code_hit;

    pthread_mutex_lock(&live->lock);

    if (holder->never) {
        if (answer->allow) {
            live_truth_wrong(live, holder, worker, answer, 0, "bad code");

        } else if (answer->status == 401) {
            stats->bad++;

        } else {
            stats->other++;
        }

    } else if (answer->allow) {
        live_truth_allow(live, holder, worker, answer);

    } else if (answer->flagged) {
        live_truth_deny(live, holder, worker, answer);

    } else if (answer->status == 503) {
        stats->busy++;
        stats->others += !holder->touched;
        stats->refused = stats->refused ? stats->refused : answer->decided;
        stats->allowed = 0;

    } else {
        stats->other++;
    }

    live_truth_note(holder, &holder->seen[n], answer);

    pthread_mutex_unlock(&live->lock);
}


/*
 * What an answer has to know at the latest: of a hit, what was acknowledged a
 * lease before the decision, likewise in an outage; of a live read, before the
 * gate received the request.  When it received it nobody tells, but it was
 * after the request was sent, and a live read that begins later must know more:
 * the later counts.
 */
static int64_t
live_truth_since(const live_answer_t *answer)
{
    int64_t  begun;

    if (answer->degraded) {
        return answer->decided;
    }

    if (answer->risk_hit || answer->lookup == 0) {
        return answer->risk_hit ? answer->decided : answer->sent;
    }

    begun = answer->decided - answer->lookup;

    return (begun > answer->sent) ? begun : answer->sent;
}


static void
live_truth_allow(live_t *live, const live_holder_t *holder,
    const live_worker_t *worker, const live_answer_t *answer)
{
    int64_t              shut, bound, since = live_truth_since(answer);
    live_stats_t        *stats = &live->stats;
    const live_truth_t  *truth = &holder->truth[worker->store];

    stats->allows++;
    stats->hits += answer->risk_hit;
    stats->degraded += answer->degraded;

    bound = live->lease + (answer->degraded ? live->over : 0);

    if (stats->refused && stats->allowed == 0) {
        stats->allowed = answer->decided;
    }

    shut = live->shut[worker->store];

    if (shut > 0 && since > shut) {
        stats->stale++;

        if (since - shut > stats->stale_max) {
            stats->stale_max = since - shut;
        }

        if (since > shut + bound) {
            live_truth_wrong(live, holder, worker, answer, since - shut,
                             "store");
            return;
        }
    }

    if (truth->flagged == 0 || since <= truth->flagged
        || (truth->freed && answer->decided >= truth->freed))
    {
        return;
    }

    stats->stale++;

    if (since - truth->flagged > stats->stale_max) {
        stats->stale_max = since - truth->flagged;
    }

    if (since > truth->flagged + bound) {
        live_truth_wrong(live, holder, worker, answer, since - truth->flagged,
                         "flagged");
    }
}


static void
live_truth_deny(live_t *live, const live_holder_t *holder,
    const live_worker_t *worker, const live_answer_t *answer)
{
    const live_truth_t  *truth = &holder->truth[worker->store];

    live->stats.flagged++;

    if (truth->cleared
        && live_truth_since(answer) > truth->cleared + live->lease
                                      + live->blind)
    {
        live->stats.wrong_deny++;
    }

    if (truth->flagged == 0 && holder->called == 0
        && holder->turn == LIVE_STAYS)
    {
        live->stats.wrong_deny++;
    }
}


static void
live_truth_wrong(live_t *live, const live_holder_t *holder,
    const live_worker_t *worker, const live_answer_t *answer, int64_t since,
    const char *what)
{
    if (live->stats.wrong++ < LIVE_TRUTH_TOLD) {
        printf("wrong %s %s worker %d %s %.3f ms after\n", holder->hex, what,
               worker->pid, answer->risk_hit ? "hit" : "live",
               (double) since / LIVE_MS);
    }
}


static void
live_truth_note(const live_holder_t *holder, live_seen_t *seen,
    const live_answer_t *answer)
{
    int64_t  asked;

    if (answer->allow) {
        seen->denies = 0;
        seen->hits += answer->risk_hit;

        if (answer->decided > seen->last_allow) {
            seen->last_allow = answer->decided;
        }

        if (seen->first_deny < seen->last_allow) {
            seen->first_deny = 0;
            seen->first_miss = 0;
        }

        if (holder->sets && holder->acked && answer->decided > holder->acked) {
            seen->late++;
        }

        if (!holder->sets && holder->acked && seen->first_allow == 0
            && answer->decided > holder->acked)
        {
            seen->first_allow = answer->decided;
        }

        return;
    }

    seen->denies++;

    if (answer->decided <= seen->last_allow) {
        return;
    }

    if (seen->first_deny == 0 || answer->decided < seen->first_deny) {
        seen->first_deny = answer->decided;
    }

    asked = answer->decided - answer->lookup;

    if (seen->first_miss == 0 || asked < seen->first_miss) {
        seen->first_miss = asked;
    }
}
