/*
 * The nodes of a cluster: which of them answers, and which turns away, by the
 * map that it knows; what changes is pushed by the node that it changes at.
 * Knows no worker.  CONTRIBUTING.md, "The model".
 */

#include "model.h"


static unsigned model_node_links(void);


void
model_node_begin(model_store_t *store)
{
    model_server_t  *server;

    model_map_begin(store);

    for (unsigned i = 0; i < MODEL_NODES; i++) {
        server = &store->servers[i];
        server->used = true;
        server->master = i < model.terms.nodes;
        server->instance = model.instances;
        server->lost = (1U << MODEL_PARTS) - 1;
    }

    for (unsigned part = 0; part < MODEL_PARTS; part++) {
        store->servers[store->maps[0][part]].lost &= ~(1U << part);
    }

    for (unsigned key = 0; key < MODEL_FLAGS; key++) {
        store->since[key] = MODEL_NEVER;
    }
}


void
model_node_turn(model_store_t *store)
{
    model_server_t  *server;
    model_link_t    *link;

    for (unsigned i = 0; i < MODEL_NODES; i++) {

        server = &store->servers[i];

        if (server->dead && server->stopped <= model.tick) {
            model_trace("node %u is there again", i);
            server->dead = false;
        }
    }

    for (unsigned i = 0; i < model_node_links(); i++) {

        link = model_cluster_link(i);

        if (link) {
            model_store_link(link);
        }
    }

    model_map_turn(store);
    model_writer_turn(store);

    if (!model.calm && model_chance(model.terms.fault) && model_chance(64)) {
        model_shift(store);
    }
}


static unsigned
model_node_links(void)
{
    return MODEL_WORKERS * (MODEL_NODES + 1);
}


/* Paused, or not there. */
bool
model_node_is_out(const model_server_t *server)
{
    return server->stopped > model.tick;
}


bool
model_node_has(const model_server_t *server, unsigned key)
{
    if (key < MODEL_FLAGS) {
        return server->flags >> key & 1;
    }

    return key >= MODEL_META && key < MODEL_META + MODEL_PARTS
           && model_store_proof(server, key - MODEL_META) != 0;
}


/* Whether the server of link does not carry out command; reply says so. */
bool
model_node_turns(model_link_t *link, const model_message_t *command,
    model_message_t *reply)
{
    bool                   asking = link->asking;
    unsigned               owner, part = command->part;
    const model_store_t   *store = &model.stores[link->store];
    const model_server_t  *server = &store->servers[link->server];

    link->asking = (command->command == MODEL_COMMAND_ASKING);

    if (part == MODEL_PARTS) {
        return false;
    }

    if (server->isolated
        && server->isolated + model.terms.down <= model.tick)
    {
        reply->turn = MODEL_TURN_DOWN;
        return true;
    }

    owner = store->maps[server->map][part];
    reply->part = part;

    if (owner == link->server) {

        if (!server->to[part] || model_node_has(server, command->key)) {
            return false;
        }

        reply->turn = MODEL_TURN_ASK;
        reply->where = server->to[part] - 1;
        model.count.asks++;
        return true;
    }

    if (asking && server->from[part]) {
        return false;
    }

    reply->turn = MODEL_TURN_MOVED;
    reply->where = owner;
    model.count.moveds++;

    return true;
}


/* ---- pushes ---- */

/* The connection number i, if it leads there and is whole. */
static model_link_t *
model_node_link(unsigned server, unsigned i)
{
    model_link_t  *link = model_cluster_link(i);

    return (link && link->server == server && !link->cut && !link->half)
           ? link : NULL;
}


void
model_node_push(unsigned server, unsigned key)
{
    model_link_t  *link;

    for (unsigned i = 0; i < model_node_links(); i++) {

        link = model_node_link(server, i);

        if (link && link->registered >> key & 1) {
            link->registered &= ~(UINT64_C(1) << key);
            model_link_push(link, MODEL_PUSH, key);
        }
    }
}


void
model_node_push_all(unsigned server)
{
    model_link_t  *link;

    for (unsigned i = 0; i < model_node_links(); i++) {

        link = model_node_link(server, i);

        if (link && link->tracking) {
            link->registered = 0;
            model_link_push(link, MODEL_PUSH_ALL, 0);
        }
    }
}


/* What has been answered a holder is answered his proof as well. */
void
model_node_finish(unsigned server)
{
    model_link_t           *link;
    const model_message_t  *command;

    for (unsigned i = 0; i < model_node_links(); i++) {

        link = model_node_link(server, i);

        while (link && link->ncommands) {

            command = &link->commands[link->first_command];

            if ((command->command != MODEL_COMMAND_META
                 && command->command != MODEL_COMMAND_ASKING)
                || link->nmessages > MODEL_QUEUE - 2 * MODEL_FLAGS)
            {
                break;
            }

            model_store_serve(link);
        }
    }
}


void
model_node_cut(unsigned server, bool half)
{
    model_link_t  *link;

    for (unsigned i = 0; i < model_node_links(); i++) {

        link = model_node_link(server, i);

        if (link && half) {
            link->half = true;

        } else if (link) {
            link->cut = true;
            link->nmessages = link->arrived;
        }
    }
}
