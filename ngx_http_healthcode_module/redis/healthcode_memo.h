/*
 * What one worker's connection to a store has read and may still use: who has
 * no flag, in the zone that all workers share, and what the store says of
 * regions and controls.  One lease covers all of it.  Knows no: socket,
 * hiredis, request.  docs/cache.md.
 */

#ifndef HEALTHCODE_MEMO_H
#define HEALTHCODE_MEMO_H

#include "../core/healthcode_absence.h"
#include "../core/healthcode_answers.h"
#include "../core/healthcode_digest.h"

#include "healthcode_handshake.h"


/* What the memo needs of the zone and of the configuration. */
typedef struct {
    healthcode_absence_t           *absence;
    unsigned                        number;      /* of the owner's lease */
    uint64_t                        lease;       /* ms */
    uint64_t                        max_age;     /* ms */
    healthcode_digest_t            *digest;
    healthcode_absence_counters_t  *counters;
} healthcode_memo_terms_t;


typedef struct {
    healthcode_owner_t              owner;
    healthcode_answers_t           *answers;
    healthcode_digest_t            *digest;
    healthcode_absence_counters_t  *counters;    /* NULL: it keeps nothing */
} healthcode_memo_t;


/*
 * All zero is a memo that keeps nothing, of which only _free() and what says
 * so here may be called.  _init() makes it the owner of its lease and begins an
 * epoch: whoever had its number before is dead, and so is what that one stored.
 * What terms points to is the caller's and outlives the memo.  False: no
 * memory.
 */
bool healthcode_memo_init(healthcode_memo_t *memo,
    const healthcode_memo_terms_t *terms);
void healthcode_memo_free(healthcode_memo_t *memo);

/* Whether it keeps anything; of any memo. */
static inline bool
healthcode_memo_is_on(const healthcode_memo_t *memo)
{
    return memo->counters != NULL;
}

/* The epoch now, to be noted when something is sent; 0 of one that is off. */
static inline uint64_t
healthcode_memo_epoch(const healthcode_memo_t *memo)
{
    return healthcode_memo_is_on(memo) ? healthcode_owner_epoch(&memo->owner)
                                       : 0;
}

/*
 * The connection is tracked, and leads to the server at peer, the bytes of its
 * address, which has proved to be instance.  What is kept is of that store,
 * and another server, user, database, lease, pepper or instance is another
 * store.  False: OpenSSL fails.
 */
bool healthcode_memo_live(healthcode_memo_t *memo, healthcode_str_t peer,
    const healthcode_handshake_t *handshake, healthcode_str_t instance);

/*
 * The connection is gone: nothing is kept any more, and what was kept is good
 * until the lease ends, see healthcode_owner_part(); of any memo.
 */
void healthcode_memo_part(healthcode_memo_t *memo);

/*
 * The connection leads elsewhere, or the store is another one, or has said that
 * it proves nothing: all is dead.  Whether a new epoch began; of one that is
 * off nothing does.
 */
bool healthcode_memo_lose(healthcode_memo_t *memo);

/* Everything in the store may have changed: likewise, but it stays live. */
void healthcode_memo_renounce(healthcode_memo_t *memo);

/*
 * The store has proved itself in answer to what was sent at the time sent, ms,
 * in epoch: renews the lease, no further than until, ms, if the epoch is still
 * that one.
 */
void healthcode_memo_renew(healthcode_memo_t *memo, uint64_t epoch,
    uint64_t sent, uint64_t until);

/*
 * Keeps reading, the answer to query, by its parts, which was sent in epoch and
 * came at now, ms; nothing of it in another epoch.
 */
void healthcode_memo_keep(healthcode_memo_t *memo, uint64_t epoch,
    const healthcode_risk_query_t *query,
    const healthcode_risk_reading_t *reading, uint64_t now);

/* A holder, HEALTHCODE_HOLDER_LEN bytes, was flagged or cleared. */
void healthcode_memo_forget(healthcode_memo_t *memo, const uint8_t *holder);

/* A holder was read, and has a flag, whoever has stored otherwise. */
void healthcode_memo_refute(healthcode_memo_t *memo, const uint8_t *holder);

/*
 * Whether memo answers query in full: the holder has no flag, and everything
 * else that query asks for is kept; then the answers are added to risk by
 * terms.  clock is read last, see healthcode_owner_finds().  False if memo is
 * off.
 */
bool healthcode_memo_find(healthcode_memo_t *memo,
    const healthcode_risk_query_t *query,
    const healthcode_risk_terms_t *terms, healthcode_risk_t *risk,
    healthcode_clock_pt clock, void *data);

/* What is fresh by a clock that is slow by over ms is stale for no longer. */
typedef struct {
    healthcode_clock_pt  clock;
    void                *data;
    uint64_t             over;
} healthcode_memo_past_t;

/* That clock; data is a healthcode_memo_past_t. */
uint64_t healthcode_memo_past(void *data);

/*
 * Likewise for an outage: whether memo would have answered query at some
 * moment since over ms before now, and nothing but its connection has ended
 * since.  It counts as neither hit nor miss.
 */
bool healthcode_memo_find_stale(healthcode_memo_t *memo,
    const healthcode_risk_query_t *query,
    const healthcode_risk_terms_t *terms, uint64_t over,
    healthcode_risk_t *risk, healthcode_clock_pt clock, void *data);

#endif
