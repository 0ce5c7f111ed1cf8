/*
 * Who sets and clears flags in a cluster, as the command does: where the slot
 * is on its way and the key is not there any more, the proof is rewritten at
 * the source before the flag is set at the target.
 * Knows no worker.  CONTRIBUTING.md, "The model".
 */

#include "model.h"


static void model_writer_begins(model_store_t *store);
static void model_writer_aims(model_store_t *store);
static void model_writer_asks(model_store_t *store);
static void model_writer_touch(model_store_t *store, unsigned server,
    unsigned part);
static void model_writer_write(model_store_t *store, unsigned server);


void
model_writer_turn(model_store_t *store)
{
    switch (store->writer.state) {
    case MODEL_WRITER_IDLE:  model_writer_begins(store);  break;
    case MODEL_WRITER_AIMS:  model_writer_aims(store);    break;
    case MODEL_WRITER_ASKS:  model_writer_asks(store);    break;
    }
}


static void
model_writer_begins(model_store_t *store)
{
    unsigned         key;
    model_writer_t  *writer = &store->writer;

    if (model.calm
        || (!model_chance(model.terms.write) && !store->soon))
    {
        return;
    }

    key = model_chance(model.terms.hot) ? store->hot
                                        : model_roll(model.terms.holders);

    if (store->flagged[MODEL_CONTROL] != MODEL_NEVER || model_chance(16)) {
        key = MODEL_CONTROL;

    } else if (store->flagged[MODEL_REGION] != MODEL_NEVER || model_chance(8)) {
        key = MODEL_REGION;
    }

    store->soon = false;
    writer->key = key;
    writer->flag = store->flagged[key] == MODEL_NEVER || model_chance(16);
    writer->state = MODEL_WRITER_AIMS;

    model_writer_aims(store);
}


/* It has the newest map; whoever is out is waited for. */
static void
model_writer_aims(model_store_t *store)
{
    unsigned         owner, part;
    model_writer_t  *writer = &store->writer;
    model_server_t  *server;

    part = model_resp_part(writer->key);
    owner = model_map_owner(store, part);
    server = &store->servers[owner];

    if (model_node_is_out(server)) {
        return;
    }

    if (server->to[part] && !(server->flags >> writer->key & 1)) {
        writer->target = server->to[part] - 1;
        writer->state = MODEL_WRITER_ASKS;
        model.count.writes_asked++;
        model_writer_touch(store, owner, part);
        return;
    }

    if (model_store_proof(server, part) == server->instance) {
        model_writer_write(store, owner);

    } else if (!server->to[part]) {
        writer->state = MODEL_WRITER_IDLE;
    }
}


static void
model_writer_touch(model_store_t *store, unsigned server, unsigned part)
{
    uint64_t  proof = model_store_proof(&store->servers[server], part);

    if (proof == store->servers[server].instance) {
        model_node_push(server, MODEL_META + part);
    }
}


static void
model_writer_asks(model_store_t *store)
{
    unsigned         part;
    model_writer_t  *writer = &store->writer;
    model_server_t  *server = &store->servers[writer->target];

    part = model_resp_part(writer->key);

    if (model_node_is_out(server)) {
        return;
    }

    if (server->from[part]
        || (model_map_owner(store, part) == writer->target
            && model_store_proof(server, part) == server->instance))
    {
        model_writer_write(store, writer->target);

    } else {
        writer->state = MODEL_WRITER_AIMS;
    }
}


/* Acknowledged at once, which is the strictest. */
static void
model_writer_write(model_store_t *store, unsigned server)
{
    unsigned  key = store->writer.key, bit = 1U << key;

    store->writer.state = MODEL_WRITER_IDLE;

    if (store->writer.flag) {
        store->servers[server].flags |= bit;
    } else {
        store->servers[server].flags &= ~bit;
    }

    if (key < MODEL_HOLDERS) {
        store->hot = key;
    }

    model.count.writes++;
    model_trace("node %u: %s is %s", server, model_trace_key(key),
                store->writer.flag ? "flagged" : "cleared");
    model_map_flagged(store, key, store->writer.flag);
    model_node_push(server, key);
}
