/*
 * The requests of a worker: what it is asked, and what the oracle then hears.
 * Knows no rule and no connection.
 * CONTRIBUTING.md, "The model".
 */

#include "model.h"


static void model_ask_stale(model_worker_t *worker, unsigned holder,
    healthcode_reason_e reason);
static void model_ask_nodes(model_worker_t *worker,
    const healthcode_risk_query_t *query, model_ask_t *ask);
static void model_ask_done(void *data, healthcode_reason_e reason,
    const healthcode_risk_reading_t *reading);


static const healthcode_str_t          model_ask_deny[] = {
    { (const uint8_t *) MODEL_FLAG, sizeof(MODEL_FLAG) - 1 }
};
static const healthcode_risk_policy_t  model_ask_policy = {
    .deny = model_ask_deny, .ndeny = 1,
    .region_deny = HEALTHCODE_RISK_LEVEL_HIGH
};
static const healthcode_risk_terms_t   model_ask_terms = {
    .policy = &model_ask_policy, .iat = MODEL_DATE, .now = MODEL_DATE
};


void
model_ask_begin(model_worker_t *worker)
{
    worker->free = NULL;

    for (unsigned i = 0; i < MODEL_ASKS; i++) {
        worker->asked[i].next = worker->free;
        worker->free = &worker->asked[i];
    }
}


void
model_ask(model_worker_t *worker, unsigned holder)
{
    uint64_t                  beaten, next;
    model_ask_t              *ask = worker->free;
    healthcode_risk_t         risk;
    healthcode_lookup_t      *lookup;
    healthcode_risk_query_t   query = model_resp_query(holder);

    if (ask == NULL) {
        return;
    }

    healthcode_risk_clear(&risk);
    worker->late = false;
    worker->asks = holder;
    worker->began = ++model.moment;
    *ask = (model_ask_t) { worker, holder, model.tick, ask->next };

    if (model.terms.nodes
        ? model_cluster_find(worker, &query, &model_ask_terms, &risk)
        : healthcode_tracker_find(&worker->tracker, &query, &model_ask_terms,
                                  &risk, model_clock, worker))
    {
        worker->served = true;

        if (healthcode_risk_reason(&risk) == HEALTHCODE_REASON_OK) {
            model_oracle_hit(worker, holder);
        }

        return;
    }

    model.count.misses++;
    beaten = worker->tracker.beaten;

    if (model.terms.nodes) {
        model_ask_nodes(worker, &query, ask);
        return;
    }

    if (!worker->link.open) {
        model_ask_stale(worker, holder, worker->reason);
        return;
    }

    if (healthcode_tracker_ask(&worker->tracker, &query, model_clock(worker),
                               model_ask_done, ask, &lookup)
        == HEALTHCODE_REASON_OK)
    {
        worker->free = ask->next;
        model_watch_asked(lookup);
        model_watch_woken(worker, beaten);
        next = worker->cached + healthcode_tracker_wait(&worker->tracker,
                                                        model_clock(worker));
        worker->heartbeat = (next < worker->heartbeat) ? next
                                                       : worker->heartbeat;
    }
}


static void
model_ask_nodes(model_worker_t *worker, const healthcode_risk_query_t *query,
    model_ask_t *ask)
{
    healthcode_reason_e  reason;

    worker->free = ask->next;
    reason = model_cluster_ask(worker, query, ask, model_ask_done);

    if (reason != HEALTHCODE_REASON_OK) {
        ask->next = worker->free;
        worker->free = ask;
        model_ask_stale(worker, ask->holder, reason);
    }
}


/* There is no answer: what the cache knew may do. */
static void
model_ask_stale(model_worker_t *worker, unsigned holder,
    healthcode_reason_e reason)
{
    uint64_t                 over;
    healthcode_risk_t        risk;
    healthcode_risk_query_t  query = model_resp_query(holder);

    over = healthcode_verdict_stale(&model.terms.stale, reason);

    if (over == 0) {
        return;
    }

    healthcode_risk_clear(&risk);
    worker->asks = holder;
    worker->began = ++model.moment;

    if ((model.terms.nodes
         ? model_cluster_find_stale(worker, &query, &model_ask_terms, over,
                                    &risk)
         : healthcode_tracker_find_stale(&worker->tracker, &query,
                                         &model_ask_terms, over, &risk,
                                         model_clock, worker))
        && healthcode_risk_reason(&risk) == HEALTHCODE_REASON_OK)
    {
        model_oracle_stale(worker, holder, over);
    }
}


/* The answer to one request, or none. */
static void
model_ask_done(void *data, healthcode_reason_e reason,
    const healthcode_risk_reading_t *reading)
{
    model_ask_t              *ask = data;
    healthcode_risk_t         risk;
    healthcode_risk_query_t   query = model_resp_query(ask->holder);

    ask->next = ask->worker->free;
    ask->worker->free = ask;

    if (reason != HEALTHCODE_REASON_OK) {
        model.count.late += (reason == HEALTHCODE_REASON_STORE_TIMEOUT);

        if (ask->worker->is_made) {
            model_ask_stale(ask->worker, ask->holder, reason);
        }

        return;
    }

    ask->worker->served = true;
    model_tick_shown(ask->worker);
    healthcode_risk_clear(&risk);
    healthcode_risk_add_reading(&risk, &query, reading, &model_ask_terms);

    if (healthcode_risk_reason(&risk) != HEALTHCODE_REASON_OK) {
        model.count.denials++;

    } else if (model.terms.lag_ms) {
        model_tick_oracle(ask->worker, ask->holder, reading->is_offline);

    } else {
        model_oracle_answer(ask->worker, ask->holder, ask->came);
    }
}
