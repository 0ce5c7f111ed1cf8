/*
 * The oracle: which answers must not be given, whatever happened.  It alone
 * knows since when a flag has been acknowledged.
 * Knows no entry.  CONTRIBUTING.md, "The model".
 */

#include "model.h"


static bool model_oracle_is_late(const model_store_t *store, unsigned key,
    uint64_t at);


/*
 * A hit, decided now, when the last word was read that it depends on: with the
 * clock read last, by that clock.
 */
void
model_oracle_hit(model_worker_t *worker, unsigned holder)
{
    uint64_t        max_age = model.terms.max_age * MODEL_TICKS;
    model_store_t  *store = &model.stores[worker->store];

    model.count.hits++;
    model.count.hits_parted +=
        (model.terms.nodes == 0
         && worker->tracker.state != HEALTHCODE_TRACKER_LIVE);
    model.count.hits_stopping += worker->late;
    model.count.hits_woken += store->stored[holder] < worker->woken;
    model.count.hits_authed += worker->reads == worker->number
                               && store->stored[holder] < worker->authed;

    if (store->flagged[holder] != MODEL_NEVER) {
        model.count.hits_flagged++;
        model_trace("worker %u lets holder %u pass, flagged for %u ticks",
                    worker->number, holder,
                    (unsigned) (model.tick - store->flagged[holder]));
    }

    model.count.hits_control += store->flagged[MODEL_CONTROL] != MODEL_NEVER;
    model.count.hits_region += store->flagged[MODEL_REGION] != MODEL_NEVER;

    if (store->flagged[holder] != MODEL_NEVER
        && model_sentinel_bound(store, model.tick) != model_lease_ticks())
    {
        model.count.hits_led++;
    }

    if (model_oracle_is_late(store, holder,
                             model.tick + model_lease_ticks() / 10))
    {
        model.count.hits_latest++;
    }

    if (model_oracle_is_late(store, holder, model.tick)) {
        model.wrong = "a hit on a holder who was flagged a lease ago";

    } else if (model_oracle_is_late(store, MODEL_CONTROL, model.tick)) {
        model.wrong = "a hit though control was flagged a lease ago";

    } else if (model_oracle_is_late(store, MODEL_REGION, model.tick)) {
        model.wrong = "a hit though region was flagged a lease ago";

    } else if (store->stored[holder] + max_age <= model.tick) {
        model.wrong = "a hit on what is older than max_age";
    }
}


/*
 * A pass in an outage, by what was known within over ms.  What its owner or the
 * worker itself has read from the store since ends it, unless that came in
 * between.
 */
void
model_oracle_stale(const model_worker_t *worker, unsigned holder,
    uint64_t over)
{
    uint64_t              ticks = over * MODEL_TICKS;
    const model_store_t  *store = &model.stores[worker->store];
    const model_worker_t *owner = &model.workers[worker->reads
                                                 % MODEL_WORKERS];

    model.count.stale++;
    model.count.stale_other += (owner != worker);

    if (store->flagged[holder] != MODEL_NEVER) {
        model.count.stale_flagged++;
        model_trace("worker %u lets holder %u pass, flagged for %u ticks, in "
                    "an outage", worker->number, holder,
                    (unsigned) (model.tick - store->flagged[holder]));
    }

    if (model.tick >= ticks
        && (model_oracle_is_late(store, holder, model.tick - ticks)
            || model_oracle_is_late(store, MODEL_CONTROL, model.tick - ticks)
            || model_oracle_is_late(store, MODEL_REGION, model.tick - ticks)))
    {
        model.wrong = "a stale pass though a flag is older than it may be";

    } else if (store->stored[holder] + ticks
               + model.terms.max_age * MODEL_TICKS <= model.tick)
    {
        model.wrong = "a stale pass by what was too old before";

    } else if (model.terms.nodes) {
        return;

    } else if (owner->told <= worker->began
               && owner->kept[holder] <= owner->told)
    {
        model.wrong = "a stale pass by what its owner must have dropped";

    } else if (worker->controls <= worker->told) {
        model.wrong = "a stale pass by controls that are over";
    }
}


/*
 * An answer that lets a request pass, which came then.  A former master does
 * not know what its successor has acknowledged: the bound holds per master.
 */
void
model_oracle_answer(model_worker_t *worker, unsigned holder, uint64_t came)
{
    model_store_t  *store = &model.stores[worker->store];

    model.count.answers++;

    if (model.terms.nodes == 0 && model.terms.sentinels == 0
        && worker->link.server != store->current)
    {
        model.count.answers_demoted++;
        return;
    }

    if (store->flagged[holder] != MODEL_NEVER) {
        model.count.answers_flagged++;
        model_trace("worker %u lets holder %u pass, who came %u ticks ago, "
                    "flagged for %u", worker->number, holder,
                    (unsigned) (model.tick - came),
                    (unsigned) (model.tick - store->flagged[holder]));
    }

    if (model_oracle_is_late(store, holder, came)) {
        model.wrong = "an answer though the holder was flagged a lease before "
                      "the request came";

    } else if (model_oracle_is_late(store, MODEL_CONTROL, came)) {
        model.wrong = "an answer though control was flagged a lease before "
                      "the request came";

    } else if (model_oracle_is_late(store, MODEL_REGION, came)) {
        model.wrong = "an answer though region was flagged a lease before "
                      "the request came";
    }
}


static bool
model_oracle_is_late(const model_store_t *store, unsigned key, uint64_t at)
{
    uint64_t  since;

    if (model.terms.lag_ms) {
        return model_tick_is_late(key, at);
    }

    since = model.terms.nodes ? store->since[key] : store->flagged[key];

    return since != MODEL_NEVER
           && since + model_sentinel_bound(store, at) <= at;
}
