/*
 * What the module does with the core: connect, prove, read, store, renew,
 * forget.  Mirrors ngx_http_healthcode_redis.c and ngx_http_healthcode_risk.c,
 * rule for rule; who changes a rule there changes it here.
 * Knows no server.  CONTRIBUTING.md, "The model".
 */

#include <string.h>

#include "model.h"


static void model_glue_read(model_worker_t *worker);
static void model_glue_timers(model_worker_t *worker, uint64_t now);
static void model_glue_request(model_worker_t *worker, unsigned holder);
static bool model_glue_is_hit(model_worker_t *worker, unsigned holder);
static uint64_t model_glue_now(void *data);
static bool model_glue_join(model_worker_t *worker, unsigned holder,
    uint64_t came);
static model_lookup_t *model_glue_push(model_worker_t *worker, unsigned kind);
static void model_glue_lookup(model_worker_t *worker, unsigned holder,
    uint64_t came);
static void model_glue_heartbeat(model_worker_t *worker);
static void model_glue_connect(model_worker_t *worker);
static void model_glue_message(model_worker_t *worker,
    const model_message_t *message);
static void model_glue_spoil(model_worker_t *worker);
static void model_glue_changed(model_worker_t *worker, unsigned key);
static void model_glue_changed_all(model_worker_t *worker);
static void model_glue_reply(model_worker_t *worker,
    const model_message_t *message);
static void model_glue_done(model_worker_t *worker, model_lookup_t *lookup);
static void model_glue_done_lookup(model_worker_t *worker,
    const model_lookup_t *lookup);
static void model_glue_answer(model_worker_t *worker,
    const model_lookup_t *lookup);
static void model_glue_fail(model_worker_t *worker);


static model_lookup_t *
model_glue_pending(model_worker_t *worker, unsigned i)
{
    return &worker->lookups[(worker->first_lookup + i) % MODEL_LOOKUPS];
}


/* A worker begins: nothing that was in its place before counts. */
void
model_glue_start(model_worker_t *worker)
{
    healthcode_owner_t  *owner = &worker->owner;

    worker->state = MODEL_DOWN;
    worker->nlookups = 0;
    worker->again = 0;
    worker->control_known = false;
    worker->writes = -1;

    memset(owner, 0, sizeof(healthcode_owner_t));
    owner->absence = &model.absence;
    owner->number = worker->number;
    owner->length = model.terms.lease;
    owner->max_age = model.terms.max_age;

    model_arm(MODEL_LEASING);
    healthcode_owner_start(owner);
    model_arm(MODEL_IDLE);
}


/* One turn of the event loop. */
void
model_glue_turn(model_worker_t *worker)
{
    unsigned        n, holder;
    model_store_t  *store = &model.stores[worker->store];

    model_arm(MODEL_IDLE);
    worker->cached = model_clock(worker);

    if (model_chance(model.terms.read)) {
        model_glue_read(worker);
    }

    model_glue_timers(worker, worker->cached);

    for (n = model_roll(2 * model.terms.burst); n; n--) {
        holder = model_chance(128) ? store->hot
                                    : model_roll(model.terms.holders);
        model_glue_request(worker, holder);
    }
}


static void
model_glue_read(model_worker_t *worker)
{
    model_link_t     *link = &worker->link;
    model_message_t   message;

    while (worker->state != MODEL_DOWN) {

        if (!model_link_receive(link, &message)) {
            if (link->cut && link->nmessages == 0) {
                model_glue_fail(worker);
            }

            return;
        }

        worker->received = worker->cached;
        model_glue_message(worker, &message);
    }
}


static void
model_glue_timers(model_worker_t *worker, uint64_t now)
{
    if (worker->state == MODEL_DOWN) {
        if (now >= worker->again) {
            model_glue_connect(worker);
        }

        return;
    }

    if (worker->state == MODEL_LIVE && now >= worker->heartbeat) {
        model_glue_heartbeat(worker);
    }

    /* what has come may lie in the socket while this worker was busy */
    if (worker->nlookups && now > worker->received + 2 * model.terms.lease) {
        model_glue_read(worker);

        if (worker->state != MODEL_DOWN
            && worker->cached > worker->received + 2 * model.terms.lease)
        {
            model.count.silent++;
            model_glue_fail(worker);
        }
    }
}


static void
model_glue_connect(model_worker_t *worker)
{
    model_lookup_t  *lookup = model_glue_push(worker, MODEL_HANDSHAKE);

    if (lookup == NULL) {
        return;
    }

    lookup->expected = 3;
    worker->state = MODEL_GREETING;
    worker->received = worker->cached;

    model.count.connects++;
    model_link_connect(&worker->link, worker->number, worker->store);

    model_link_send(&worker->link, MODEL_COMMAND_TRACKING, 0);
    model_link_send(&worker->link, MODEL_COMMAND_ROLE, 0);
    model_link_send(&worker->link, MODEL_COMMAND_META, MODEL_META);
}


static model_lookup_t *
model_glue_push(model_worker_t *worker, unsigned kind)
{
    model_lookup_t  *lookup;

    if (worker->nlookups == MODEL_LOOKUPS) {
        return NULL;
    }

    lookup = model_glue_pending(worker, worker->nlookups++);
    memset(lookup, 0, sizeof(model_lookup_t));
    lookup->kind = kind;

    return lookup;
}


static void
model_glue_heartbeat(model_worker_t *worker)
{
    model_lookup_t  *lookup = model_glue_push(worker, MODEL_HEARTBEAT);

    if (lookup == NULL) {
        return;
    }

    lookup->expected = 2;

    model_arm(MODEL_SENDING);
    lookup->epoch = healthcode_owner_epoch(&worker->owner);
    lookup->sent = model_clock(worker);
    model_step();

    model_link_send(&worker->link, MODEL_COMMAND_META, MODEL_META);
    model_link_send(&worker->link, MODEL_COMMAND_ROLE, 0);

    worker->heartbeat = worker->cached + model.terms.lease / 4;
    model_arm(MODEL_IDLE);
}


static void
model_glue_request(model_worker_t *worker, unsigned holder)
{
    uint64_t  came = model.tick;

    if (worker->state != MODEL_LIVE) {
        return;
    }

    worker->late = false;
    worker->asks = holder;
    model_arm(MODEL_FINDING);

    if (model_glue_is_hit(worker, holder)) {
        if (!worker->control) {
            model_oracle_hit(worker, holder);
        }

        model_arm(MODEL_IDLE);
        return;
    }

    model_arm(MODEL_SENDING);
    model.count.misses++;

    if (!model_glue_join(worker, holder, came)) {
        model_glue_lookup(worker, holder, came);
    }

    model_arm(MODEL_IDLE);
}


/* What region and control say was read in this epoch, or is not known. */
static bool
model_glue_is_hit(model_worker_t *worker, unsigned holder)
{
    return worker->control_known
           && worker->control_epoch == healthcode_owner_epoch(&worker->owner)
           && healthcode_owner_finds(&worker->owner,
                                     model.holders[holder],
                                     model_glue_now, worker);
}


/* Not the time that the event loop has noted. */
static uint64_t
model_glue_now(void *data)
{
    model_worker_t  *worker = data;

    return model_clock(worker);
}


/* Only with what was sent less than a lease ago, by the clock itself. */
static bool
model_glue_join(model_worker_t *worker, unsigned holder, uint64_t came)
{
    uint64_t         now = model_glue_now(worker);
    model_lookup_t  *lookup;

    for (unsigned i = 0; i < worker->nlookups; i++) {
        lookup = model_glue_pending(worker, i);

        if (lookup->kind != MODEL_LOOKUP || lookup->holder != holder
            || lookup->nwaiters == MODEL_WAITERS)
        {
            continue;
        }

        if (now - lookup->sent >= worker->owner.length) {
            model.count.joined_not++;
            continue;
        }

        lookup->waiters[lookup->nwaiters++] = came;
        model.count.joined++;
        return true;
    }

    return false;
}


/* In the order of healthcode_risk_codec_format(). */
static void
model_glue_lookup(model_worker_t *worker, unsigned holder, uint64_t came)
{
    model_lookup_t  *lookup = model_glue_push(worker, MODEL_LOOKUP);

    if (lookup == NULL) {
        return;
    }

    lookup->expected = 3;
    lookup->holder = holder;
    lookup->waiters[lookup->nwaiters++] = came;

    lookup->epoch = healthcode_owner_epoch(&worker->owner);
    lookup->sent = model_clock(worker);
    model_step();

    model_link_send(&worker->link, MODEL_COMMAND_RISK, holder);
    model_link_send(&worker->link, MODEL_COMMAND_CONTROL, MODEL_CONTROL);
    model_link_send(&worker->link, MODEL_COMMAND_META, MODEL_META);
}


static void
model_glue_message(model_worker_t *worker, const model_message_t *message)
{
    switch (message->type) {

    case MODEL_PUSH:
        model.count.pushes++;
        model_glue_changed(worker, message->key);
        break;

    case MODEL_PUSH_ALL:
        model.count.pushes_all++;
        model_glue_changed_all(worker);
        break;

    default:
        model_glue_reply(worker, message);
        break;
    }

    model_arm(MODEL_IDLE);
}


/*
 * The replies to one lookup come one by one, and a push may come between: what
 * was read before it is not kept when the last of them has come.  A lookup that
 * has no reply yet was read later than the change.
 */
static void
model_glue_spoil(model_worker_t *worker)
{
    model_lookup_t  *lookup = model_glue_pending(worker, 0);

    if (worker->nlookups && lookup->received) {
        lookup->changed = true;
    }
}


static void
model_glue_changed(model_worker_t *worker, unsigned key)
{
    model_glue_spoil(worker);

    if (key == MODEL_META) {
        model.count.pushes_meta++;
        model_arm(MODEL_LEASING);
        healthcode_owner_renounce(&worker->owner);
        return;
    }

    if (key == MODEL_CONTROL) {
        worker->control_known = false;
        return;
    }

    model_arm(MODEL_FORGETTING);

    model_trace("worker %u forgets holder %u", worker->number, key);

    if (healthcode_owner_forget(&worker->owner, model.holders[key])) {
        model.count.forgotten++;
    } else {
        model.count.forgotten_none++;
    }
}


static void
model_glue_changed_all(model_worker_t *worker)
{
    model_arm(MODEL_LEASING);
    healthcode_owner_renounce(&worker->owner);
}


static void
model_glue_reply(model_worker_t *worker, const model_message_t *message)
{
    model_lookup_t  *lookup;

    if (worker->nlookups == 0) {
        model.wrong = "a reply that nobody asked for: the model is broken";
        return;
    }

    lookup = model_glue_pending(worker, 0);

    switch (message->command) {

    case MODEL_COMMAND_ROLE:
        lookup->master = message->value;
        break;

    case MODEL_COMMAND_META:
        lookup->instance = message->value;
        break;

    case MODEL_COMMAND_RISK:
        lookup->flagged = message->value;
        break;

    case MODEL_COMMAND_CONTROL:
        lookup->control = message->value;
        break;

    default:
        break;
    }

    if (++lookup->received == lookup->expected) {
        model_glue_done(worker, lookup);
    }
}


static void
model_glue_done(model_worker_t *worker, model_lookup_t *lookup)
{
    healthcode_owner_t  *owner = &worker->owner;

    worker->first_lookup = (worker->first_lookup + 1) % MODEL_LOOKUPS;
    worker->nlookups--;

    if (lookup->kind == MODEL_HANDSHAKE) {

        if (lookup->instance == 0 || !lookup->master) {
            model.count.refused++;
            model_glue_fail(worker);
            return;
        }

        worker->state = MODEL_LIVE;
        worker->instance = lookup->instance;
        worker->heartbeat = 0;
        healthcode_owner_live(owner, (uint64_t) worker->store << 32
                                     | lookup->instance);
        model_trace("worker %u is live", worker->number);
        return;
    }

    if (lookup->instance != worker->instance) {
        model.count.unproven++;
        model_glue_fail(worker);
        return;
    }

    if (lookup->kind == MODEL_LOOKUP) {
        model_glue_done_lookup(worker, lookup);
        return;
    }

    if (!lookup->master) {
        model.count.unproven++;
        model_glue_fail(worker);
        return;
    }

    model_arm(MODEL_LEASING);

    if (lookup->epoch == healthcode_owner_epoch(owner)) {
        model.count.renewed++;
    } else {
        model.count.renewed_not++;
    }

    healthcode_owner_renew(owner, lookup->epoch, lookup->sent);
    model_trace("worker %u renews its lease from %u on", worker->number,
                (unsigned) lookup->sent * MODEL_TICKS);
}


static void
model_glue_done_lookup(model_worker_t *worker, const model_lookup_t *lookup)
{
    uint64_t             now;
    healthcode_owner_t  *owner = &worker->owner;

    model_glue_answer(worker, lookup);

    if (lookup->changed) {
        model.count.stored_changed++;
        return;
    }

    worker->control_known = true;
    worker->control = lookup->control;
    worker->control_epoch = lookup->epoch;

    if (lookup->flagged) {
        return;
    }

    worker->asks = lookup->holder;
    model_arm(MODEL_STORING);
    now = model_clock(worker);

    model.stores[worker->store].stored[lookup->holder] = model.tick;

    if (lookup->epoch == healthcode_owner_epoch(owner)) {
        model.count.stored++;
        model_trace("worker %u stores holder %u", worker->number,
                    lookup->holder);

    } else {
        model.count.stored_epoch++;
    }

    if (healthcode_owner_store(owner, lookup->epoch,
                               model.holders[lookup->holder], now))
    {
        model.count.stored_over++;
    }
}


static void
model_glue_answer(model_worker_t *worker, const model_lookup_t *lookup)
{
    if (lookup->flagged || lookup->control) {
        model.count.denials++;
        return;
    }

    for (unsigned i = 0; i < lookup->nwaiters; i++) {
        model_oracle_answer(worker, lookup->holder, lookup->waiters[i]);
    }
}


/* Nothing that was asked is waited for: it will not come on this connection. */
static void
model_glue_fail(model_worker_t *worker)
{
    if (worker->state == MODEL_LIVE) {
        model.count.lost++;
    }

    model_trace("worker %u loses its connection", worker->number);

    worker->state = MODEL_DOWN;
    worker->nlookups = 0;
    worker->control_known = false;
    worker->again = worker->cached + model_roll(model.terms.lease);
    model_link_close(&worker->link);

    model_arm(MODEL_LEASING);
    healthcode_owner_lose(&worker->owner);
    model_arm(MODEL_IDLE);
}
