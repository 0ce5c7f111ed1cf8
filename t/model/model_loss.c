/*
 * What a cluster loses: connections, the data of a node or of a partition, and
 * who loads them again.  Knows no worker.  CONTRIBUTING.md, "The model".
 */

#include "model.h"


/* What is lost was not cleared: it is still true. */
void
model_loss_empty(model_store_t *store)
{
    unsigned         i = model_roll(MODEL_NODES);
    model_server_t  *server;

    for (unsigned part = 0; part < MODEL_FLAGS; part++) {
        if (store->servers[model_map_owner(store, part)].to[part]
            && model_chance(128))
        {
            i = store->servers[model_map_owner(store, part)].to[part] - 1;
        }
    }

    server = &store->servers[i];

    if (!server->master || server->isolated || model_node_is_out(server)) {
        return;
    }

    model.count.empties++;
    model_trace("node %u is empty", i);

    if (model_chance(128)) {
        model_node_cut(i, false);
    } else {
        model_node_push_all(i);
    }

    server->empty = true;
    server->flags = 0;
    server->strange = 0;
    server->lost = (1U << MODEL_PARTS) - 1;
}


/* The proof of a partition and all that it proves, or another's is there. */
void
model_loss_lose(model_store_t *store)
{
    bool             seen = model_chance(128);
    unsigned         part = model_resp_part(model_roll(MODEL_FLAGS));
    unsigned         owner = model_map_owner(store, part);
    model_server_t  *server = &store->servers[owner];

    if (server->isolated || server->to[part] || model_node_is_out(server)) {
        return;
    }

    model.count.parts++;
    model_trace("node %u: the partition of %s is lost", owner,
                model_trace_key(part));

    for (unsigned key = 0; key < MODEL_FLAGS; key++) {
        if (model_resp_part(key) == part) {

            if (seen && server->flags >> key & 1) {
                model_node_push(owner, key);
            }

            server->flags &= ~(1U << key);
        }
    }

    if (seen) {
        model_node_push(owner, MODEL_META + part);
    }

    server->lost |= 1U << part;

    if (model_chance(128)) {
        server->lost &= ~(1U << part);
        server->strange |= 1U << part;
        server->stranger = ++model.instances;
    }
}


/*
 * What is known is loaded where it belongs, then proofs are written, which
 * takes longer than there is between the commands of one read.
 */
void
model_loss_restore(model_store_t *store)
{
    unsigned         key, owner, part, bit;
    model_server_t  *server;

    for (unsigned i = 0; i < MODEL_NODES; i++) {

        if (model_node_is_out(&store->servers[i])) {
            return;
        }

        model_node_finish(i);
    }

    for (key = 0; key < MODEL_FLAGS; key++) {

        part = model_resp_part(key);
        owner = model_map_owner(store, part);
        server = &store->servers[owner];
        bit = 1U << key;

        if (server->to[part] && !(server->flags & bit)) {
            owner = server->to[part] - 1;
            server = &store->servers[owner];
        }

        if (store->flagged[key] != MODEL_NEVER && !(server->flags & bit)) {
            server->flags |= bit;
            model_node_push(owner, key);
        }
    }

    for (part = 0; part < MODEL_PARTS; part++) {

        owner = model_map_owner(store, part);
        server = &store->servers[owner];
        server->empty = false;

        if (!model_loss_is_whole(server, part) && !server->to[part]) {
            model.count.inits++;
            model_trace("node %u: a proof is written", owner);
            server->lost &= ~(1U << part);
            server->strange &= ~(1U << part);
            model_node_push(owner, MODEL_META + part);
        }
    }
}


bool
model_loss_is_whole(const model_server_t *server, unsigned part)
{
    return !((server->lost | server->strange) >> part & 1);
}


/* ---- connections ---- */

void
model_loss_link(void)
{
    unsigned       key, kind = model_roll(8);
    model_link_t  *link;

    link = model_cluster_link(model_roll(MODEL_WORKERS * (MODEL_NODES + 1)));

    if (link == NULL || link->cut || link->half) {
        return;
    }

    if (kind == 0) {
        model.count.cuts++;
        model_trace("worker %u: a connection is cut", link->worker);
        link->cut = true;
        link->nmessages = link->arrived;

    } else if (kind == 1) {
        model.count.halves++;
        model_trace("worker %u: a connection is half cut", link->worker);
        link->half = true;

    } else if (kind == 2) {
        link->lags = model.tick + model_roll_less(3 * model.terms.stop);

    } else if (kind == 3) {
        key = model_roll(MODEL_META + MODEL_FLAGS);

        if (link->registered >> key & 1) {
            model.count.evictions++;
            model_node_push(link->server, key);
        }
    }
}
