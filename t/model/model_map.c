/*
 * Who has which partition of a cluster: maps, one after the other, and which
 * nodes know the newest one.  A partition that is taken over tells nobody who
 * has read it, so the bound on a flag counts from when most masters know.
 * Knows no worker.  CONTRIBUTING.md, "The model".
 */

#include <string.h>

#include "model.h"


static void model_map_learn(model_store_t *store, unsigned i);
static void model_map_leave(model_store_t *store, unsigned i,
    const uint8_t *before, const uint8_t *now);
static void model_map_hear(model_store_t *store);
static bool model_map_has(const uint8_t *map, unsigned server);


/* Dealt out to the first masters; each has one without a holder. */
void
model_map_begin(model_store_t *store)
{
    unsigned  server;

    bool      together = model_chance(64) || model.terms.faults == 1U << 2;

    store->nmaps = 1;

    for (unsigned part = 0; part < MODEL_PARTS; part++) {
        server = (part < MODEL_FLAGS)
                 ? together ? 0 : model_roll(model.terms.nodes)
                 : (part - MODEL_FLAGS) % model.terms.nodes;
        store->maps[0][part] = (uint8_t) server;
    }
}


/* By the newest map. */
unsigned
model_map_owner(const model_store_t *store, unsigned part)
{
    return store->maps[store->nmaps - 1][part];
}


/* Whether all that are not cut off know the newest map, and one more fits. */
bool
model_map_is_settled(const model_store_t *store)
{
    const model_server_t  *server;

    for (unsigned i = 0; i < MODEL_NODES; i++) {

        server = &store->servers[i];

        if (server->used && !server->isolated
            && server->map + 1 != store->nmaps)
        {
            return false;
        }
    }

    for (unsigned part = 0; part < MODEL_PARTS; part++) {
        if (store->unknown[part]) {
            return false;
        }
    }

    return store->nmaps < MODEL_MAPS;
}


static void
model_map_next(model_store_t *store)
{
    memcpy(store->maps[store->nmaps], store->maps[store->nmaps - 1],
           MODEL_PARTS);
    store->nmaps++;
}


void
model_map_move(model_store_t *store, unsigned part, unsigned server)
{
    model_map_next(store);
    store->maps[store->nmaps - 1][part] = (uint8_t) server;
    model_map_spread(store, server);
}


void
model_map_promote(model_store_t *store, unsigned from, unsigned to)
{
    uint8_t  *map;

    model_map_next(store);
    map = store->maps[store->nmaps - 1];

    for (unsigned part = 0; part < MODEL_PARTS; part++) {
        if (map[part] == from) {
            map[part] = (uint8_t) to;
            model_map_hide(store, part);
        }
    }

    model_map_spread(store, to);
}


/* Whoever acts knows; others do when they can be reached. */
void
model_map_spread(model_store_t *store, unsigned actor)
{
    model_server_t  *server;

    for (unsigned i = 0; i < MODEL_NODES; i++) {

        server = &store->servers[i];

        if (i == actor) {
            model_map_learn(store, i);

        } else if (!server->isolated) {
            server->learns = model.tick + model_roll(model.terms.learn);
        }
    }

    model_map_hear(store);
}


/* What is flagged there from now on is not known to be there. */
void
model_map_hide(model_store_t *store, unsigned part)
{
    store->unknown[part] = true;
}


void
model_map_turn(model_store_t *store)
{
    bool             has = false;
    model_server_t  *server;

    for (unsigned i = 0; i < MODEL_NODES; i++) {

        server = &store->servers[i];

        if (server->used && server->map + 1 != store->nmaps
            && !server->isolated && server->learns <= model.tick
            && !model_node_is_out(server))
        {
            model_map_learn(store, i);
            has = true;
        }
    }

    if (has) {
        model_map_hear(store);
    }
}


static void
model_map_learn(model_store_t *store, unsigned i)
{
    const uint8_t   *before, *now = store->maps[store->nmaps - 1];
    model_server_t  *server = &store->servers[i];

    before = store->maps[server->map];
    server->map = store->nmaps - 1;

    model_trace("node %u knows map %u", i, server->map);
    model_map_leave(store, i, before, now);
}


/* What it had and has no more it deletes, with a word or without. */
static void
model_map_leave(model_store_t *store, unsigned i, const uint8_t *before,
    const uint8_t *now)
{
    bool             seen = model_chance(128);
    model_server_t  *server = &store->servers[i];

    for (unsigned part = 0; part < MODEL_PARTS; part++) {

        if (before[part] != i || now[part] == i) {
            continue;
        }

        server->to[part] = 0;

        if (seen && !(server->lost >> part & 1)) {
            model_node_push(i, MODEL_META + part);
        }

        server->lost |= 1U << part;

        for (unsigned key = 0; key < MODEL_FLAGS; key++) {
            if (model_resp_part(key) == part) {
                server->flags &= ~(1U << key);
            }
        }
    }

    if (server->master && !model_map_has(now, i)) {
        model_trace("node %u is a replica", i);
        server->master = false;
        server->flags = 0;
        server->lost = (1U << MODEL_PARTS) - 1;
        model_node_push_all(i);
    }
}


static bool
model_map_has(const uint8_t *map, unsigned server)
{
    return memchr(map, (int) server, MODEL_PARTS) != NULL;
}


/* Whether those who do not know are at most a half of any map's masters. */
static void
model_map_hear(model_store_t *store)
{
    unsigned        n, all;
    const uint8_t  *map;

    for (unsigned i = 0; i + 1 < store->nmaps; i++) {

        map = store->maps[i];
        n = all = 0;

        for (unsigned k = 0; k < MODEL_NODES; k++) {
            if (model_map_has(map, k)) {
                all++;
                n += store->servers[k].map == i;
            }
        }

        if (2 * n > all) {
            return;
        }
    }

    for (unsigned key = 0; key < MODEL_FLAGS; key++) {
        if (store->unheard[key]) {
            store->unheard[key] = false;
            store->since[key] = model.tick;
        }
    }

    memset(store->unknown, 0, sizeof(store->unknown));
}


void
model_map_flagged(model_store_t *store, unsigned key, bool flag)
{
    unsigned  part = model_resp_part(key);

    if (!flag) {
        store->flagged[key] = MODEL_NEVER;
        store->since[key] = MODEL_NEVER;
        store->unheard[key] = false;

    } else if (store->flagged[key] == MODEL_NEVER) {
        store->flagged[key] = model.tick;
        store->unheard[key] = store->unknown[part];
        store->since[key] = store->unknown[part] ? MODEL_NEVER : model.tick;
    }
}
