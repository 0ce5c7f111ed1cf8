/*
 * What one worker's connection to a store has read and may still use.  Knows
 * no: socket, hiredis, request.  docs/cache.md.
 */

#include "healthcode_memo.h"
#include "healthcode_risk_codec.h"


static bool healthcode_memo_store(const healthcode_memo_t *memo,
    healthcode_str_t peer, const healthcode_handshake_t *handshake,
    healthcode_str_t instance, uint64_t *store);
static void healthcode_memo_forget_answers(healthcode_memo_t *memo);


bool
healthcode_memo_init(healthcode_memo_t *memo,
    const healthcode_memo_terms_t *terms)
{
    memo->answers = healthcode_answers_create();
    if (memo->answers == NULL) {
        return false;
    }

    memo->digest = terms->digest;
    memo->counters = terms->counters;

    memo->owner.absence = terms->absence;
    memo->owner.number = terms->number;
    memo->owner.length = terms->lease;
    memo->owner.max_age = terms->max_age;

    healthcode_owner_start(&memo->owner);

    return true;
}


void
healthcode_memo_free(healthcode_memo_t *memo)
{
    healthcode_answers_free(memo->answers);

    memset(memo, 0, sizeof(healthcode_memo_t));
}


bool
healthcode_memo_live(healthcode_memo_t *memo, healthcode_str_t peer,
    const healthcode_handshake_t *handshake, healthcode_str_t instance)
{
    uint64_t  store;

    if (!healthcode_memo_store(memo, peer, handshake, instance, &store)) {
        return false;
    }

    healthcode_owner_live(&memo->owner, store);

    return true;
}


/*
 * Which store it is.  The address is part of it, since the server behind a name
 * may have been promoted; so are the lease and the lag of a replica, or what an
 * owner of a longer one has read would be believed for that long.
 */
static bool
healthcode_memo_store(const healthcode_memo_t *memo, healthcode_str_t peer,
    const healthcode_handshake_t *handshake, healthcode_str_t instance,
    uint64_t *store)
{
    uint8_t           hash[HEALTHCODE_DIGEST_LEN];
    healthcode_str_t  parts[] = {
        peer,
        handshake->user,
        healthcode_str_from(&handshake->database, sizeof(handshake->database)),
        healthcode_str_from(&memo->owner.length, sizeof(memo->owner.length)),
        healthcode_str_from(handshake->pepper_check, HEALTHCODE_PEPPER_CHECK),
        instance,
        healthcode_str_from(&handshake->tick.lag, sizeof(handshake->tick.lag))
    };
    size_t            n = sizeof(parts) / sizeof(parts[0]);

    if (!healthcode_digest_parts(memo->digest, parts,
                                 handshake->tick.lag ? n : n - 1, hash))
    {
        return false;
    }

    memcpy(store, hash, sizeof(uint64_t));

    return true;
}


void
healthcode_memo_part(healthcode_memo_t *memo)
{
    if (healthcode_memo_is_on(memo)) {
        healthcode_owner_part(&memo->owner);
    }
}


bool
healthcode_memo_lose(healthcode_memo_t *memo)
{
    bool  counted = memo->owner.counts;

    if (!healthcode_memo_is_on(memo)) {
        return false;
    }

    if (counted) {
        memo->counters->epochs++;
        healthcode_owner_lose(&memo->owner);
    }

    healthcode_memo_forget_answers(memo);

    return counted;
}


void
healthcode_memo_renounce(healthcode_memo_t *memo)
{
    memo->counters->epochs++;
    healthcode_owner_renounce(&memo->owner);
    healthcode_memo_forget_answers(memo);
}


static void
healthcode_memo_forget_answers(healthcode_memo_t *memo)
{
    healthcode_answers_forget_regions(memo->answers);
    healthcode_answers_forget_controls(memo->answers);
}


void
healthcode_memo_renew(healthcode_memo_t *memo, uint64_t epoch, uint64_t sent,
    uint64_t until)
{
    healthcode_owner_renew(&memo->owner, epoch, sent, until);
}


/* Only absence is kept: a flag, even one that is over, is read live. */
void
healthcode_memo_keep(healthcode_memo_t *memo, uint64_t epoch,
    const healthcode_risk_query_t *query,
    const healthcode_risk_reading_t *reading, uint64_t now)
{
    if (epoch != healthcode_owner_epoch(&memo->owner)) {
        return;
    }

    healthcode_answers_keep(memo->answers, query, &reading->answer);

    if (healthcode_risk_codec_is_absent(reading)) {
        memo->counters->stored++;
        memo->counters->evicted += healthcode_owner_store(&memo->owner, epoch,
                                                          query->holder, now);
    }
}


void
healthcode_memo_forget(healthcode_memo_t *memo, const uint8_t *holder)
{
    memo->counters->forgotten += healthcode_owner_forget(&memo->owner, holder);
}


void
healthcode_memo_refute(healthcode_memo_t *memo, const uint8_t *holder)
{
    memo->counters->forgotten += healthcode_owner_refute(&memo->owner, holder);
}


bool
healthcode_memo_find(healthcode_memo_t *memo,
    const healthcode_risk_query_t *query,
    const healthcode_risk_terms_t *terms, healthcode_risk_t *risk,
    healthcode_clock_pt clock, void *data)
{
    healthcode_risk_answer_t  answer;

    if (!healthcode_memo_is_on(memo)) {
        return false;
    }

    /* what only this worker writes may be read before the clock is */

    if (healthcode_answers_find(memo->answers, query, &answer)
        && healthcode_owner_finds(&memo->owner, query->holder, clock, data))
    {
        memo->counters->hits++;
        healthcode_risk_add_answer(risk, query, &answer, terms);
        return true;
    }

    memo->counters->misses++;

    return false;
}


bool
healthcode_memo_find_stale(healthcode_memo_t *memo,
    const healthcode_risk_query_t *query,
    const healthcode_risk_terms_t *terms, uint64_t over,
    healthcode_risk_t *risk, healthcode_clock_pt clock, void *data)
{
    healthcode_memo_past_t    past = { clock, data, over };
    healthcode_risk_answer_t  answer;

    if (!healthcode_memo_is_on(memo)
        || !healthcode_answers_find(memo->answers, query, &answer)
        || !healthcode_owner_finds(&memo->owner, query->holder,
                                   healthcode_memo_past, &past))
    {
        return false;
    }

    healthcode_risk_add_answer(risk, query, &answer, terms);

    return true;
}


/* A lease that was never renewed ends at 0, and no time is before that. */
uint64_t
healthcode_memo_past(void *data)
{
    uint64_t                       now;
    const healthcode_memo_past_t  *past = data;

    now = past->clock(past->data);

    return (now > past->over) ? now - past->over : 0;
}
