/*
 * What happens to a cluster: slots move, key by key or at once, and do not; a
 * replica takes over from a master that is killed, paused or cut off.
 * Knows no worker.  CONTRIBUTING.md, "The model".
 */

#include <string.h>

#include "model.h"


static void model_shift_migrate(model_store_t *store);
static void model_shift_step(model_store_t *store, unsigned part,
    unsigned from, unsigned to);
static void model_shift_key(model_store_t *store, unsigned key, unsigned from,
    unsigned to);
static void model_shift_proof(model_store_t *store, unsigned part,
    unsigned from, unsigned to);
static void model_shift_finish(model_store_t *store, unsigned part,
    unsigned from, unsigned to);
static void model_shift_abort(model_store_t *store, unsigned part,
    unsigned from, unsigned to);
static void model_shift_at_once(model_store_t *store);
static void model_shift_promote(model_store_t *store);
static void model_shift_isolate(model_store_t *store, unsigned i);
static void model_shift_join(model_store_t *store);
static bool model_shift_is_busy(const model_store_t *store, unsigned i);


/* So many of each kind, among all. */
static const struct {
    unsigned   weight;
    void     (*happens)(model_store_t *store);
} model_shift_kinds[] = {
    { 8, model_shift_migrate },
    { 2, model_shift_at_once },
    { 3, model_shift_promote },
    { 3, model_shift_join },
    { 1, model_loss_empty },
    { 2, model_loss_restore },
    { 1, model_loss_lose },
};

#define MODEL_SHIFT_KINDS                                                     \
    (sizeof(model_shift_kinds) / sizeof(model_shift_kinds[0]))


void
model_shift(model_store_t *store)
{
    unsigned  i = model_roll(MODEL_SHIFT_KINDS);

    model_loss_link();

    if ((model.terms.faults >> i & 1)
        && model_chance(32 * model_shift_kinds[i].weight))
    {
        model_shift_kinds[i].happens(store);
    }
}


/* ---- a partition on its way ---- */

/* One that is, goes on; or one begins to. */
static void
model_shift_migrate(model_store_t *store)
{
    unsigned         part, from, to;
    model_server_t  *server;

    part = model_resp_part(model_chance(160) ? store->hot
                                             : model_roll(MODEL_FLAGS));

    for (unsigned i = 0; i < MODEL_FLAGS; i++) {
        if (model_resp_is_part(i)
            && store->servers[model_map_owner(store, i)].to[i])
        {
            part = i;
        }
    }

    from = model_map_owner(store, part);
    server = &store->servers[from];

    if (model_node_is_out(server) || server->isolated) {
        return;
    }

    if (server->to[part]) {
        to = server->to[part] - 1;

        /* who loads an empty one again does so before it is given more */

        if (!model_node_is_out(&store->servers[to])
            && !store->servers[to].isolated && !store->servers[to].empty)
        {
            model_shift_step(store, part, from, to);
        }

        return;
    }

    to = model_roll(MODEL_NODES);

    /* an ASK of before that was not followed yet would lead to this one */

    if (to == from || store->aborted[part] || !store->servers[to].master
        || !model_map_is_settled(store) || store->servers[to].isolated
        || model_node_is_out(&store->servers[to]))
    {
        return;
    }

    model.count.migrations++;
    model_trace("%s: its partition goes from node %u to %u",
                model_trace_key(part), from, to);
    store->servers[to].from[part] = from + 1;
    server->to[part] = to + 1;
}


static void
model_shift_step(model_store_t *store, unsigned part, unsigned from,
    unsigned to)
{
    bool             rest = false;
    model_server_t  *source = &store->servers[from];

    if (model_chance(24)) {
        model_shift_abort(store, part, from, to);
        return;
    }

    for (unsigned key = 0; key < MODEL_FLAGS; key++) {
        if (model_resp_part(key) == part && source->flags >> key & 1) {

            if (model_chance(128)) {
                model_shift_key(store, key, from, to);
            } else {
                rest = true;
            }
        }
    }

    if (!(source->lost >> part & 1)) {

        if (model_chance(96)) {
            model_shift_proof(store, part, from, to);
        } else {
            rest = true;
        }
    }

    if (!rest && model_map_is_settled(store) && model_chance(128)) {
        model_shift_finish(store, part, from, to);
    }
}


static void
model_shift_key(model_store_t *store, unsigned key, unsigned from, unsigned to)
{
    store->servers[to].flags |= 1U << key;
    store->servers[from].flags &= ~(1U << key);

    model_trace("%s goes from node %u to %u", model_trace_key(key), from, to);
    model_node_push(to, key);
    model_node_push(from, key);
}


static void
model_shift_proof(model_store_t *store, unsigned part, unsigned from,
    unsigned to)
{
    model_server_t  *source = &store->servers[from];
    model_server_t  *target = &store->servers[to];

    if (!(source->lost >> part & 1)) {
        target->lost &= ~(1U << part);
        target->strange &= ~(1U << part);
        target->strange |= source->strange & (1U << part);
        target->stranger = (source->strange >> part & 1) ? source->stranger
                                                         : target->stranger;
        model_node_push(to, MODEL_META + part);
        model_node_push(from, MODEL_META + part);
    }

    source->lost |= 1U << part;
    source->strange &= ~(1U << part);
    model_trace("%s: its proof goes from node %u to %u", model_trace_key(part),
                from, to);
}


/* The target knows first; the source goes on to turn away. */
static void
model_shift_finish(model_store_t *store, unsigned part, unsigned from,
    unsigned to)
{
    model_trace("%s: its partition is at node %u, from %u",
                model_trace_key(part), to, from);
    store->servers[to].from[part] = 0;
    model.count.migrated++;
    model_map_move(store, part, to);
}


/* What has gone comes back first. */
static void
model_shift_abort(model_store_t *store, unsigned part, unsigned from,
    unsigned to)
{
    model_server_t  *target = &store->servers[to];

    for (unsigned key = 0; key < MODEL_FLAGS; key++) {
        if (model_resp_part(key) == part && target->flags >> key & 1) {
            model_shift_key(store, key, to, from);
        }
    }

    if (!(target->lost >> part & 1)) {
        model_shift_proof(store, part, to, from);
    }

    model.count.aborts++;
    model_trace("%s: its partition stays at node %u", model_trace_key(part),
                from);
    store->servers[from].to[part] = 0;
    store->aborted[part] = true;
    target->from[part] = 0;
}


/* ---- partitions elsewhere, by a higher epoch ---- */

/* With all its keys; who had it learns of that later, maybe far later. */
static void
model_shift_at_once(model_store_t *store)
{
    unsigned         from, to = model_roll(MODEL_NODES);
    unsigned         part = model_resp_part(model_chance(128)
                                            ? store->hot
                                            : model_roll(MODEL_FLAGS));
    model_server_t  *source, *target = &store->servers[to];

    from = model_map_owner(store, part);
    source = &store->servers[from];

    if (to == from || !target->master || source->to[part]
        || model_shift_is_busy(store, to) || model_node_is_out(source)
        || source->isolated || !model_map_is_settled(store))
    {
        return;
    }

    model.count.takeovers++;
    model_trace("%s: node %u takes its partition over from %u",
                model_trace_key(part), to, from);

    for (unsigned key = 0; key < MODEL_FLAGS; key++) {
        if (model_resp_part(key) == part && source->flags >> key & 1) {
            target->flags |= 1U << key;
            model_node_push(to, key);
        }
    }

    if (model_loss_is_whole(source, part)) {
        target->lost &= ~(1U << part);
        target->strange &= ~(1U << part);
        model_node_push(to, MODEL_META + part);
    }

    if (model.terms.nodes > 2 && model_chance(128)) {
        model_shift_isolate(store, from);
    }

    model_map_hide(store, part);
    model_map_move(store, part, to);
}


/* Some of the workers are on its side. */
static void
model_shift_isolate(model_store_t *store, unsigned i)
{
    store->servers[i].isolated = model.tick;

    for (unsigned n = 0; n < MODEL_WORKERS; n++) {
        if (model_chance(128)) {
            store->apart[n] = model.tick
                              + model_roll(6) * model_lease_ticks();
        }
    }
}


/* Almost all of the flags are at the replica. */
static void
model_shift_promote(model_store_t *store)
{
    unsigned         kind = model_roll(3);
    unsigned         from = model_roll(MODEL_NODES);
    unsigned         to = model_roll(MODEL_NODES);
    model_server_t  *master = &store->servers[from];
    model_server_t  *replica = &store->servers[to];

    if (!master->master || replica->master || !model_map_is_settled(store)
        || model_shift_is_busy(store, from)
        || (model_shift_is_busy(store, to)))
    {
        return;
    }

    replica->master = true;
    replica->flags = master->flags;
    replica->lost = master->lost;
    replica->strange = master->strange;
    replica->stranger = master->stranger;
    replica->instance = master->instance;

    model.count.promotions++;
    model_trace("node %u takes over from %u, which is %s", to, from,
                kind == 0 ? "cut off" : kind == 1 ? "killed" : "paused");

    for (unsigned key = 0; key < MODEL_FLAGS; key++) {

        if (model_map_owner(store, model_resp_part(key)) != from) {
            continue;
        }

        if (model_chance(8) && replica->flags >> key & 1) {
            replica->flags &= ~(1U << key);
            model_map_flagged(store, key, false);
            model.count.flags_lost++;
        }
    }

    if (kind == 0) {
        model_shift_isolate(store, from);

    } else {
        master->stopped = model.tick
                          + model_roll_less(4 * model.terms.stop);
        master->dead = (kind == 1);
    }

    if (kind == 1) {
        model_node_cut(from, model_chance(64));
    }

    model_map_promote(store, from, to);

    if (kind != 0) {
        master->learns += master->stopped - model.tick;
    }
}


/* Who was cut off hears of all that has happened. */
static void
model_shift_join(model_store_t *store)
{
    model_server_t  *server;

    for (unsigned i = 0; i < MODEL_NODES; i++) {

        server = &store->servers[i];

        if (server->isolated) {
            model_trace("node %u is not cut off any more", i);
            server->isolated = 0;
            server->learns = model.tick + model_roll(model.terms.learn);
            return;
        }
    }

    /* or one is paused, and nobody takes over */

    server = &store->servers[model_roll(MODEL_NODES)];

    if (server->master && !model_node_is_out(server)) {
        model.count.pauses++;
        model_trace("node %u is paused", (unsigned) (server - store->servers));
        server->stopped = model.tick + model_roll_less(2 * model.terms.stop);
    }
}


/* Whether it is out, cut off, or part of a migration. */
static bool
model_shift_is_busy(const model_store_t *store, unsigned i)
{
    const model_server_t  *server = &store->servers[i];

    for (unsigned part = 0; part < MODEL_PARTS; part++) {
        if (server->to[part] || server->from[part]) {
            return true;
        }
    }

    return server->isolated || model_node_is_out(server);
}


/* ---- the end of it ---- */

/* All is as it should be, and stays so. */
void
model_shift_calm(model_store_t *store)
{
    model_server_t  *server;

    model.calm = true;
    memset(store->apart, 0, sizeof(store->apart));

    for (unsigned i = 0; i < MODEL_NODES; i++) {

        server = &store->servers[i];
        server->isolated = 0;
        server->stopped = 0;
        server->dead = false;
        server->learns = model.tick;
    }

    for (unsigned part = 0; part < MODEL_FLAGS; part++) {

        unsigned  owner = model_map_owner(store, part);

        server = &store->servers[owner];

        if (server->to[part]) {
            model_shift_abort(store, part, owner, server->to[part] - 1);
        }
    }

    model_loss_restore(store);
}
