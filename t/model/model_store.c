/*
 * Servers, and connections to them: commands are carried out one at a time, in
 * order; what was read is tracked (RESP3, default mode), and a change of it is
 * pushed once.  Replies and pushes of a connection come in one order, when
 * they come.  Knows no worker.  CONTRIBUTING.md, "The model".
 */

#include <string.h>

#include "model.h"


static void model_store_answer(model_link_t *link,
    const model_message_t *command);


void
model_store_begin(void)
{
    model_store_t  *store;

    for (unsigned i = 0; i < MODEL_STORES; i++) {
        store = &model.stores[i];
        memset(store, 0, sizeof(model_store_t));
        store->password = 1;
        store->servers[0].used = true;
        store->servers[0].master = true;
        store->servers[0].instance = ++model.instances;

        if (model.terms.nodes) {
            model_node_begin(store);
        }

        for (unsigned key = 0; key < MODEL_FLAGS; key++) {
            store->flagged[key] = MODEL_NEVER;
        }

        model_sentinel_begin(store);
    }

    if (model.terms.lag_ms) {
        model_site_begin();
    }
}


void
model_store_turn(void)
{
    if (model.terms.nodes) {
        model_node_turn(&model.stores[0]);
        return;
    }

    if (model.terms.lag_ms) {
        model_site_turn();
        return;
    }

    for (unsigned i = 0; i < model.terms.workers; i++) {
        model_store_link(&model.workers[i].link);
    }

    for (unsigned i = 0; i < model.terms.stores; i++) {
        if (model.stores[i].stopped > model.tick) {
            continue;
        }

        if (model_chance(model.terms.write) || model.stores[i].soon) {
            unsigned  key = model_chance(model.terms.hot)
                            ? model.stores[i].hot
                            : model_roll(model.terms.holders);

            if (model.stores[i].flagged[MODEL_CONTROL] != MODEL_NEVER
                || model_chance(16))
            {
                key = MODEL_CONTROL;

            } else if (model.stores[i].flagged[MODEL_REGION] != MODEL_NEVER
                       || model_chance(8))
            {
                key = MODEL_REGION;
            }

            model.stores[i].soon = false;
            model_fault_write(i, key, model.stores[i].flagged[key]
                                      == MODEL_NEVER || model_chance(16));
        }

        if (model_chance(model.terms.write) && model_chance(16)) {
            model_fault_touch(i);
        }

        if (model_chance(model.terms.fault) && model_chance(32)) {
            model_fault(i);
        }

        if (model_chance(model.terms.rotate)) {
            model_fault_rotate(i);
        }
    }
}


/* What has come is answered, and what was answered arrives. */
void
model_store_link(model_link_t *link)
{
    unsigned              n;
    const model_store_t  *store = &model.stores[link->store];

    if (!link->open || link->half
        || (store->apart[link->worker] > model.tick
            && !store->servers[link->server].isolated))
    {
        return;
    }

    if (!link->cut && link->ncommands && store->stopped <= model.tick
        && store->servers[link->server].stopped <= model.tick
        && model_chance(model.terms.serve))
    {
        for (n = 1 + model_roll(link->ncommands); n; n--) {
            model_store_serve(link);
        }
    }

    if (link->lags <= model.tick && model_chance(model.terms.arrive)) {
        n = link->nmessages - link->arrived;

        link->arrived += (n && model_chance(128)) ? model_roll(n + 1) : n;

        if (model_chance(model.terms.lag)) {
            link->lags = model.tick + model_roll_less(model.terms.stop);
        }
    }
}


/* To the master, or now and then to whom it was before. */
void
model_link_connect(model_link_t *link, unsigned worker, unsigned store)
{
    unsigned  other = model_roll(MODEL_SERVERS);

    link->worker = worker;
    link->open = true;
    link->cut = false;
    link->half = false;
    link->tracking = false;
    link->authed = false;
    link->asking = false;
    link->store = store;
    link->server = model.stores[store].current;
    link->registered = 0;
    link->lags = model.tick;
    link->ncommands = 0;
    link->nmessages = 0;
    link->arrived = 0;

    if (model.terms.sentinels) {
        link->server = model_sentinel_named(&model.workers[worker]);

    } else if (model_chance(16) && model.stores[store].servers[other].used) {
        link->server = other;
    }
}


void
model_link_close(model_link_t *link)
{
    link->open = false;
}


void
model_link_push(model_link_t *link, unsigned type, unsigned key)
{
    model_message_t  *message;

    if (link->nmessages == MODEL_QUEUE) {
        link->cut = true;
        return;
    }

    message = &link->messages[(link->first_message + link->nmessages++)
                              % MODEL_QUEUE];
    message->type = type;
    message->key = key;
    message->turn = MODEL_TURN_NONE;

    if (!model.calm && model_chance(model.terms.held)) {
        link->lags = model.tick + model_roll_less(2 * model.terms.stop);
    }
}


size_t
model_link_send(model_link_t *link, const char *bytes, size_t len)
{
    size_t            n = 0;
    model_message_t  *message;

    if (link->half || link->cut) {
        return len;
    }

    while (n < len && link->ncommands < MODEL_QUEUE) {

        message = &link->commands[(link->first_command + link->ncommands++)
                                  % MODEL_QUEUE];
        n += model_resp_read(bytes + n, len - n, message);

        /* the worst moment is when a lease begins */
        model.stores[link->store].soon |=
            message->command == MODEL_COMMAND_ROLE
            && model_chance(model.terms.soon);
    }

    return n;
}


redisReply *
model_link_receive(model_link_t *link)
{
    redisReply  *reply;

    if (link->arrived == 0) {
        return NULL;
    }

    model_tick_received(&model.workers[link->worker],
                        &link->messages[link->first_message]);
    reply = model_resp_reply(&link->messages[link->first_message]);
    link->first_message = (link->first_message + 1) % MODEL_QUEUE;
    link->nmessages--;
    link->arrived--;

    return reply;
}


void
model_store_serve(model_link_t *link)
{
    model_message_t  command;

    if (link->nmessages > MODEL_QUEUE - 2 * MODEL_FLAGS) {
        return;
    }

    command = link->commands[link->first_command];
    link->first_command = (link->first_command + 1) % MODEL_QUEUE;
    link->ncommands--;

    model_store_answer(link, &command);
}


/* Who was let in stays so, by whatever password: as with Redis. */
static bool
model_store_lets_in(model_link_t *link, const model_message_t *command)
{
    const model_store_t  *store = &model.stores[link->store];

    if (command->command > MODEL_COMMAND_AUTH) {
        return link->authed;
    }

    if (command->value != MODEL_WRONG
        && (command->value == store->password
            || (store->both
                && command->value % MODEL_PASSWORDS + 1 == store->password)))
    {
        link->authed = true;
        return true;
    }

    return false;
}


/* Which instance the proof of a partition names, 0: there is none. */
uint64_t
model_store_proof(const model_server_t *server, unsigned part)
{
    if (part >= MODEL_PARTS || server->instance == 0) {
        return server->instance;
    }

    return (server->lost >> part & 1) ? 0
           : (server->strange >> part & 1) ? server->stranger
                                           : server->instance;
}


static void
model_store_answer(model_link_t *link, const model_message_t *command)
{
    model_message_t  *reply;
    model_server_t   *server = &model.stores[link->store].servers[link->server];

    reply = &link->messages[(link->first_message + link->nmessages++)
                            % MODEL_QUEUE];
    *reply = *command;

    if (!model_store_lets_in(link, command)) {
        reply->refused = true;
        return;
    }

    if (model.terms.nodes && model_node_turns(link, command, reply)) {
        return;
    }

    switch (command->command) {

    case MODEL_COMMAND_SLOTS:
        reply->value = server->map;
        return;

    case MODEL_COMMAND_ASKING:
    case MODEL_COMMAND_HELLO:
    case MODEL_COMMAND_AUTH:
    case MODEL_COMMAND_INFO:
    case MODEL_COMMAND_STATS:
        return;

    case MODEL_COMMAND_TIME:
    case MODEL_COMMAND_SERVER:
        if (model.terms.lag_ms) {
            model_tick_answer(reply);
        }

        return;

    case MODEL_COMMAND_TICK:
        model_tick_answer(reply);
        break;

    case MODEL_COMMAND_TRACKING:
        link->tracking = command->value;
        return;

    case MODEL_COMMAND_TRACKED:
        reply->value = link->tracking;
        return;

    case MODEL_COMMAND_INCR:
        if (link->registered >> command->key & 1) {
            link->registered &= ~(UINT64_C(1) << command->key);
            reply = &link->messages[(link->first_message + link->nmessages++)
                                    % MODEL_QUEUE];
            reply->type = MODEL_PUSH;
            reply->key = command->key;
            reply->turn = MODEL_TURN_NONE;
        }

        return;

    case MODEL_COMMAND_ROLE:
        reply->value = server->master;

        if (model.terms.lag_ms) {
            model_tick_answer(reply);
        }

        return;

    case MODEL_COMMAND_META:
        reply->value = model_store_proof(server, command->key - MODEL_META);
        break;

    case MODEL_COMMAND_GET:
    case MODEL_COMMAND_DATA:
        break;

    default:
        reply->value = (command->key < MODEL_FLAGS)
                       ? server->flags >> command->key & 1 : 0;
        break;
    }

    if (link->tracking) {
        link->registered |= UINT64_C(1) << command->key;
    }

    if (command->command == MODEL_COMMAND_RISK) {
        model_trace("%s %u answers worker %u: holder %u is%s flagged",
                    model.terms.nodes ? "node" : "store",
                    model.terms.nodes ? link->server : link->store,
                    link->worker, command->key,
                    reply->value ? "" : " not");
    }
}
