/*
 * What nodes of a cluster say of each other: MOVED, ASK, CLUSTERDOWN and maps,
 * as hiredis has them.  A map names the slots of partitions that there are.
 * Knows no worker and no rule.  CONTRIBUTING.md, "The model".
 */

#include <stdio.h>
#include <string.h>

#include "../../ngx_http_healthcode_module/redis/healthcode_slot.h"

#include "model.h"


#define MODEL_REDIRECT_PORT  7000


typedef struct {
    redisReply   range, first, last, node;
    redisReply  *elements[3];
} model_range_t;

typedef struct {
    bool            is_made;
    redisReply      reply;
    redisReply     *elements[MODEL_PARTS];
    model_range_t   ranges[MODEL_PARTS];
} model_slots_t;

typedef struct {
    redisReply   reply;
    char         text[64];
} model_error_t;

typedef struct {
    redisReply   host, port, id;
    redisReply  *elements[3];
    char         texts[2][HEALTHCODE_CLUSTER_MAP_ID + 1];
} model_address_t;


static uint16_t model_redirect_slot(unsigned part);


static redisReply  model_down = {
    .type = REDIS_REPLY_ERROR, .len = 31,
    .str = (char *) "CLUSTERDOWN The cluster is down"
};

static model_slots_t    model_slots[MODEL_MAPS];
static model_address_t  model_addresses[MODEL_NODES];
static model_error_t    model_errors[2][MODEL_PARTS][MODEL_NODES];


/* The first byte of the holders of a partition. */
unsigned
model_redirect_tag(unsigned part)
{
    return (part < MODEL_FLAGS) ? model.holders[part][0]
                                : 0xf0 + part - MODEL_FLAGS;
}


static uint16_t
model_redirect_slot(unsigned part)
{
    return healthcode_slot_tag(part == MODEL_CONTROL
                               ? HEALTHCODE_SLOT_CONTROLS
                               : part == MODEL_REGION
                               ? HEALTHCODE_SLOT_REGIONS
                               : model_redirect_tag(part));
}


static redisReply
model_redirect_text(int type, char *text)
{
    return (redisReply) { .type = type, .str = text, .len = strlen(text) };
}


void
model_redirect_begin(void)
{
    model_address_t  *address;

    for (unsigned i = 0; i < MODEL_NODES; i++) {
        address = &model_addresses[i];

        sprintf(address->texts[0], "10.0.0.%u", i + 1);
        sprintf(address->texts[1], "%040x", i + 1);
        address->host = model_redirect_text(REDIS_REPLY_STRING,
                                            address->texts[0]);
        address->id = model_redirect_text(REDIS_REPLY_STRING,
                                          address->texts[1]);
        address->port = (redisReply) { .type = REDIS_REPLY_INTEGER,
                                       .integer = MODEL_REDIRECT_PORT };
        address->elements[0] = &address->host;
        address->elements[1] = &address->port;
        address->elements[2] = &address->id;
    }

    memset(model_errors, 0, sizeof(model_errors));

    for (unsigned i = 0; i < MODEL_MAPS; i++) {
        model_slots[i].is_made = false;
    }
}


redisReply *
model_redirect_reply(const model_message_t *message)
{
    bool            asks = (message->turn == MODEL_TURN_ASK);
    model_error_t  *error;

    if (message->turn == MODEL_TURN_DOWN) {
        return &model_down;
    }

    error = &model_errors[asks][message->part][message->where];

    if (error->reply.str == NULL) {
        snprintf(error->text, sizeof(error->text), "%s %u 10.0.0.%u:%u",
                 asks ? "ASK" : "MOVED", model_redirect_slot(message->part),
                 message->where + 1, MODEL_REDIRECT_PORT);
        error->reply = model_redirect_text(REDIS_REPLY_ERROR, error->text);
    }

    return &error->reply;
}


redisReply *
model_redirect_map(uint64_t number)
{
    model_range_t   *range;
    model_slots_t   *slots = &model_slots[number];
    model_address_t *address;

    if (slots->is_made) {
        return &slots->reply;
    }

    memset(slots, 0, sizeof(model_slots_t));
    slots->is_made = true;
    slots->reply.type = REDIS_REPLY_ARRAY;
    slots->reply.element = slots->elements;

    for (unsigned part = 0; part < MODEL_PARTS; part++) {

        if (!model_resp_is_part(part)) {
            continue;
        }

        range = &slots->ranges[part];
        address = &model_addresses[model.stores[0].maps[number][part]];

        range->first.type = REDIS_REPLY_INTEGER;
        range->first.integer = model_redirect_slot(part);
        range->last = range->first;
        range->node.type = REDIS_REPLY_ARRAY;
        range->node.element = address->elements;
        range->node.elements = 3;
        range->elements[0] = &range->first;
        range->elements[1] = &range->last;
        range->elements[2] = &range->node;
        range->range.type = REDIS_REPLY_ARRAY;
        range->range.element = range->elements;
        range->range.elements = 3;
        slots->elements[slots->reply.elements++] = &range->range;
    }

    return &slots->reply;
}


void
model_redirect_address(healthcode_cluster_address_t *address, unsigned server)
{
    (void) healthcode_cluster_address_set(address,
               healthcode_str_from(model_addresses[server].texts[0],
                                   strlen(model_addresses[server].texts[0])),
               MODEL_REDIRECT_PORT);
}


unsigned
model_redirect_server(const healthcode_cluster_address_t *address)
{
    return (unsigned) (address->host[sizeof("10.0.0.") - 1] - '1');
}
