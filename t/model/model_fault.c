/*
 * What happens to a store: flags are set and cleared, and an adversary cuts
 * connections, stops, fails over, loses and replaces data.
 * Knows no worker.  CONTRIBUTING.md, "The model".
 */

#include "model.h"


/* Kinds of them. */
#define MODEL_FAULTS  13


static unsigned model_fault_flags(void);
static void model_fault_push_proofs(unsigned store);
static model_link_t *model_fault_link(unsigned store, unsigned i);
static void model_fault_replace(unsigned store, unsigned flags,
    uint64_t instance);
static void model_fault_evict(unsigned store);
static void model_fault_failover(unsigned store);
static void model_fault_lose(unsigned store);
static void model_fault_lose_part(unsigned store);


static model_server_t *
model_fault_master(unsigned store)
{
    return &model.stores[store].servers[model.stores[store].current];
}


/* Acknowledged at once, which is the strictest. */
void
model_fault_write(unsigned store, unsigned key, bool flag)
{
    model_store_t   *s = &model.stores[store];
    model_server_t  *server = model_fault_master(store);

    /* writers look at the proof, too */

    if (server->instance == 0
        || (server->lost | server->strange) >> model_resp_part(key) & 1)
    {
        return;
    }

    if (flag) {
        server->flags |= 1U << key;

        if (s->flagged[key] == MODEL_NEVER) {
            s->flagged[key] = model.tick;
        }

    } else {
        server->flags &= ~(1U << key);
        s->flagged[key] = MODEL_NEVER;
    }

    if (key < MODEL_HOLDERS) {
        s->hot = key;
    }

    model.count.writes++;
    model_trace("store %u: %s is %s", store, model_trace_key(key),
                flag ? "flagged" : "cleared");
    model_fault_push(store, key);
}


/* By whoever feeds it; gates read that as well. */
void
model_fault_touch(unsigned store)
{
    model.count.touches++;
    model_trace("store %u: touched", store);
    model_fault_push(store, MODEL_DATA);
}


/* Another password beside the one of now, or in its place; or it alone. */
void
model_fault_rotate(unsigned store)
{
    model_store_t  *s = &model.stores[store];

    if (s->both) {
        s->both = false;

    } else {
        s->password = s->password % MODEL_PASSWORDS + 1;
        s->both = model_chance(192);
        model.count.rotations++;
    }

    model_trace("store %u: password %u%s", store, (unsigned) s->password,
                s->both ? ", and the one before it" : "");
}


void
model_fault(unsigned store)
{
    unsigned         flags, kind = model_roll(MODEL_FAULTS);
    model_link_t    *link;
    model_store_t   *s = &model.stores[store];
    model_server_t  *server = model_fault_master(store);

    if (server->instance == 0
        || ((server->lost | server->strange) && model_chance(64)))
    {
        if (model_chance(64)) {
            /* from a copy that has all, or what is known now */
            model.count.inits++;
            model_trace("store %u: made anew", store);
            model_fault_replace(store, model_fault_flags(), ++model.instances);
            model_fault_push_proofs(store);
        }

        return;
    }

    flags = model_fault_flags() & model_fault_flags();

    if (!(model.terms.faults >> kind & 1)) {
        return;
    }

    switch (kind) {

    case 0:
    case 1:
        link = model_fault_link(store, model_roll(MODEL_WORKERS));

        if (link) {
            model.count.cuts++;
            model_trace("store %u: a connection is cut", store);
            link->cut = true;
            link->nmessages = link->arrived;
        }

        break;

    case 2:
        link = model_fault_link(store, model_roll(MODEL_WORKERS));

        if (link) {
            model.count.halves++;
            model_trace("store %u: a connection is half cut", store);
            link->half = true;
        }

        break;

    case 3:
        model.count.pauses++;
        s->stopped = model.tick + model_roll_less(model.terms.stop);
        model_trace("store %u: stopped", store);
        break;

    case 4:
    case 5:
        model_fault_evict(store);
        break;

    case 6:
        model_fault_failover(store);
        break;

    case 7:
        model.count.moves++;
        model_trace("store %u: another machine", store);
        model_fault_links(store, model_chance(128));
        model_fault_replace(store, flags, model_chance(128)
                                          ? server->instance
                                          : ++model.instances);
        break;

    case 8:
        model.count.swaps++;
        model_trace("store %u: other data, unseen", store);
        model_fault_replace(store, flags, ++model.instances);
        break;

    case 9:
    case 10:
        /* in one transaction */
        model.count.restores++;
        model_trace("store %u: other data, same instance", store);
        model_fault_push_all(store);
        model_fault_replace(store, flags, server->instance);
        break;

    case 11:
        model_fault_lose(store);
        break;

    case 12:
        model_fault_lose_part(store);
        break;
    }
}


/* Regions are seldom flagged, or everybody was denied. */
static unsigned
model_fault_flags(void)
{
    unsigned  flags = model_roll(1U << MODEL_FLAGS);

    return model_chance(192) ? flags & ~(1U << MODEL_REGION) : flags;
}


/* What is lost was not cleared: it is still true. */
static void
model_fault_lose(unsigned store)
{
    model_server_t  *server = model_fault_master(store);

    model.count.losses++;
    model_trace("store %u: data lost", store);

    if (model_chance(64)) {
        model_fault_push_proofs(store);         /* them alone */

    } else {
        model_fault_push_all(store);
        server->flags = 0;
    }

    server->instance = 0;
}


/*
 * What is lost of one partition is gone with its proof, or another store's
 * stands there: with a word, or without.
 */
static void
model_fault_lose_part(unsigned store)
{
    bool             seen = model_chance(128);
    unsigned         part = model_resp_part(model_roll(MODEL_FLAGS));
    model_server_t  *server = model_fault_master(store);

    model.count.parts++;
    model_trace("store %u: the partition of %s is lost", store,
                model_trace_key(part));

    for (unsigned key = 0; key < MODEL_FLAGS; key++) {

        if (model_resp_part(key) != part) {
            continue;
        }

        if (seen && server->flags >> key & 1) {
            model_fault_push(store, key);
        }

        server->flags &= ~(1U << key);
    }

    if (seen) {
        model_fault_push(store, MODEL_META + part);
    }

    server->lost &= ~(1U << part);
    server->strange &= ~(1U << part);

    if (model_chance(128)) {
        server->lost |= 1U << part;

    } else {
        server->strange |= 1U << part;
        server->stranger = ++model.instances;
    }
}


static void
model_fault_replace(unsigned store, unsigned flags, uint64_t instance)
{
    model_store_t   *s = &model.stores[store];
    model_server_t  *server = model_fault_master(store);

    server->flags = flags;
    server->instance = instance;
    server->lost = 0;
    server->strange = 0;

    for (unsigned key = 0; key < MODEL_FLAGS; key++) {
        if (!(flags >> key & 1)) {
            s->flagged[key] = MODEL_NEVER;

        } else if (s->flagged[key] == MODEL_NEVER) {
            s->flagged[key] = model.tick;
        }
    }
}


/* All of the flags, or almost, are on the new master. */
static void
model_fault_failover(unsigned store)
{
    unsigned         i, flags;
    model_link_t    *link;
    model_store_t   *s = &model.stores[store];
    model_server_t  *server = model_fault_master(store);

    i = (s->current + 1) % MODEL_SERVERS;

    if (model_sentinel_bound(s, model.tick) != model_lease_ticks()) {
        return;
    }

    for (unsigned n = 0; n < MODEL_WORKERS; n++) {
        link = &model.workers[n].link;

        if (link->open && link->store == store && link->server == i) {
            return;
        }
    }

    model.count.failovers++;
    model_trace("store %u: another master", store);

    flags = server->flags;

    if (model_chance(64)) {
        flags &= model_roll(1U << MODEL_FLAGS);
    }

    s->servers[i] = *server;
    server->master = (model.terms.sentinels != 0);    /* it says so, still */
    s->current = i;
    model_sentinel_failover(s);
    model_fault_replace(store, flags, server->instance);
}


/* The machine is gone, or the process. */
void
model_fault_links(unsigned store, bool half)
{
    model_link_t  *link;

    for (unsigned i = 0; i < MODEL_WORKERS; i++) {
        link = model_fault_link(store, i);

        if (link == NULL) {
            continue;
        }

        if (half) {
            link->half = true;

        } else {
            link->cut = true;
            link->nmessages = link->arrived;
        }
    }
}


/* The table of what is tracked is full. */
static void
model_fault_evict(unsigned store)
{
    unsigned       key = model_roll(MODEL_FLAGS);
    model_link_t  *link = model_fault_link(store, model_roll(MODEL_WORKERS));

    key += model_chance(32) ? MODEL_META : 0;

    if (link && link->registered >> key & 1) {
        model.count.evictions++;
        link->registered &= ~(UINT64_C(1) << key);
        model_link_push(link, MODEL_PUSH, key);
    }
}


void
model_fault_push(unsigned store, unsigned key)
{
    model_link_t  *link;

    for (unsigned i = 0; i < MODEL_WORKERS; i++) {
        link = model_fault_link(store, i);

        if (link && link->registered >> key & 1) {
            link->registered &= ~(UINT64_C(1) << key);
            model_link_push(link, MODEL_PUSH, key);
        }
    }
}


/* All of them: written, or deleted. */
static void
model_fault_push_proofs(unsigned store)
{
    for (unsigned part = 0; part < MODEL_FLAGS; part++) {
        model_fault_push(store, MODEL_META + part);
    }

    model_fault_push(store, MODEL_NOBODY + 1);
}


void
model_fault_push_all(unsigned store)
{
    model_link_t  *link;

    for (unsigned i = 0; i < MODEL_WORKERS; i++) {
        link = model_fault_link(store, i);

        if (link && link->tracking) {
            link->registered = 0;
            model_link_push(link, MODEL_PUSH_ALL, 0);
        }
    }
}


/* The connection of a worker to the master of store; NULL: it has none. */
static model_link_t *
model_fault_link(unsigned store, unsigned i)
{
    model_link_t  *link = &model.workers[i].link;

    return (link->open && !link->cut && !link->half && link->store == store
            && link->server == model.stores[store].current)
           ? link : NULL;
}
