/*
 * The answer of a node of a Redis Cluster to CLUSTER SLOTS -> which master has
 * the keys of which tag.
 * Knows no: nginx, socket, clock, memory.
 * docs/operations.md, "Cluster".
 */

#include "healthcode_cluster_map.h"


#define HEALTHCODE_CLUSTER_MAP_WORD   64
#define HEALTHCODE_CLUSTER_MAP_WORDS                                          \
    (HEALTHCODE_SLOT_MAX / HEALTHCODE_CLUSTER_MAP_WORD)


/* What is known while an answer is read; slots: which have been named. */
typedef struct {
    healthcode_cluster_map_t  map;
    healthcode_str_t          asked;
    uint64_t                  slots[HEALTHCODE_CLUSTER_MAP_WORDS];
} healthcode_cluster_map_read_t;


static const char *healthcode_cluster_map_range(
    healthcode_cluster_map_read_t *read, const redisReply *range);
static bool healthcode_cluster_map_take(healthcode_cluster_map_read_t *read,
    uint64_t first, uint64_t last);
static const char *healthcode_cluster_map_node(
    const healthcode_cluster_map_read_t *read, const redisReply *node,
    healthcode_cluster_master_t *master);
static bool healthcode_cluster_map_host(
    const healthcode_cluster_map_read_t *read, const redisReply *host,
    healthcode_str_t *text);
static bool healthcode_cluster_map_id(const redisReply *id, char *text);
static const char *healthcode_cluster_map_add(healthcode_cluster_map_t *map,
    const healthcode_cluster_master_t *master, uint8_t *number);
static bool healthcode_cluster_map_is_slot(const redisReply *slot);
static void healthcode_cluster_map_match(const healthcode_cluster_map_t *a,
    const healthcode_cluster_map_t *b, uint8_t *numbers);


void
healthcode_cluster_map_init(healthcode_cluster_map_t *map)
{
    memset(map, 0, sizeof(healthcode_cluster_map_t));
    memset(map->tags, HEALTHCODE_CLUSTER_MAP_NONE, sizeof(map->tags));

    map->out = HEALTHCODE_SLOT_TAGS;
}


const char *
healthcode_cluster_map_read(healthcode_cluster_map_t *map,
    const redisReply *reply, healthcode_str_t asked)
{
    const char                     *fault;
    healthcode_cluster_map_read_t   read;

    if (reply->type != REDIS_REPLY_ARRAY) {
        return "it is not a list";
    }

    memset(read.slots, 0, sizeof(read.slots));
    healthcode_cluster_map_init(&read.map);
    read.asked = asked;

    for (size_t i = 0; i < reply->elements; i++) {

        fault = healthcode_cluster_map_range(&read, reply->element[i]);
        if (fault != NULL) {
            return fault;
        }
    }

    *map = read.map;

    return NULL;
}


/* [first, last, [host, port, id, ...] of the master, replicas ...] */
static const char *
healthcode_cluster_map_range(healthcode_cluster_map_read_t *read,
    const redisReply *range)
{
    size_t                        i, end;
    uint8_t                       number;
    uint64_t                      first, last;
    const char                   *fault;
    healthcode_cluster_master_t   master;

    if (range->type != REDIS_REPLY_ARRAY || range->elements < 3
        || !healthcode_cluster_map_is_slot(range->element[0])
        || !healthcode_cluster_map_is_slot(range->element[1]))
    {
        return "it has no range of slots where one belongs";
    }

    first = (uint64_t) range->element[0]->integer;
    last = (uint64_t) range->element[1]->integer;

    if (first > last) {
        return "a range of slots ends before it begins";
    }

    if (!healthcode_cluster_map_take(read, first, last)) {
        return "two ranges have the same slot";
    }

    fault = healthcode_cluster_map_node(read, range->element[2], &master);
    if (fault != NULL) {
        return fault;
    }

    i = healthcode_slot_below(first);
    end = healthcode_slot_below(last + 1);

    if (i == end || master.address.port == 0) {
        return NULL;
    }

    fault = healthcode_cluster_map_add(&read->map, &master, &number);

    for ( /* void */ ; fault == NULL && i < end; i++) {
        read->map.tags[healthcode_slot_ordered(i)] = number;
        read->map.out--;
    }

    return fault;
}


static bool
healthcode_cluster_map_is_slot(const redisReply *slot)
{
    return slot->type == REDIS_REPLY_INTEGER && slot->integer >= 0
           && slot->integer < HEALTHCODE_SLOT_MAX;
}


/* False: one of them has been named.  No slot is looked at twice. */
static bool
healthcode_cluster_map_take(healthcode_cluster_map_read_t *read,
    uint64_t first, uint64_t last)
{
    uint64_t  bit, *word;

    for (uint64_t slot = first; slot <= last; slot++) {

        word = &read->slots[slot / HEALTHCODE_CLUSTER_MAP_WORD];
        bit = UINT64_C(1) << slot % HEALTHCODE_CLUSTER_MAP_WORD;

        if (*word & bit) {
            return false;
        }

        *word |= bit;
    }

    return true;
}


/* The port is 0 if it has no address. */
static const char *
healthcode_cluster_map_node(const healthcode_cluster_map_read_t *read,
    const redisReply *node, healthcode_cluster_master_t *master)
{
    long long         port;
    healthcode_str_t  host;

    memset(master, 0, sizeof(healthcode_cluster_master_t));

    if (node->type != REDIS_REPLY_ARRAY || node->elements < 3
        || node->element[1]->type != REDIS_REPLY_INTEGER
        || !healthcode_cluster_map_host(read, node->element[0], &host))
    {
        return "it has no master where one belongs";
    }

    if (!healthcode_cluster_map_id(node->element[2], master->id)) {
        return "the name of a node is not 40 hexadecimal digits";
    }

    port = node->element[1]->integer;

    if (port < 0 || port > UINT16_MAX) {
        return "a node has a port out of range";
    }

    if (port == 0 || healthcode_str_equal(host, healthcode_str("?"))) {
        return NULL;
    }

    return healthcode_cluster_address_set(&master->address, host,
                                          (uint64_t) port)
           ? NULL : "the host of a node is neither an address nor a name";
}


/* Empty before a node knows its address, and none by its configuration. */
static bool
healthcode_cluster_map_host(const healthcode_cluster_map_read_t *read,
    const redisReply *host, healthcode_str_t *text)
{
    if (host->type == REDIS_REPLY_NIL) {
        *text = read->asked;
        return true;
    }

    if (host->type != REDIS_REPLY_STRING) {
        return false;
    }

    *text = host->len ? healthcode_str_from(host->str, host->len)
                      : read->asked;

    return true;
}


static bool
healthcode_cluster_map_id(const redisReply *id, char *text)
{
    if (id->type != REDIS_REPLY_STRING
        || id->len != HEALTHCODE_CLUSTER_MAP_ID
        || strspn(id->str, "0123456789abcdef") != id->len)
    {
        return false;
    }

    memcpy(text, id->str, id->len);
    text[id->len] = '\0';

    return true;
}


/* The number of a master, which is new or has been named at this address. */
static const char *
healthcode_cluster_map_add(healthcode_cluster_map_t *map,
    const healthcode_cluster_master_t *master, uint8_t *number)
{
    size_t  i;

    for (i = 0; i < map->n; i++) {

        if (strcmp(map->masters[i].id, master->id) == 0) {
            *number = (uint8_t) i;

            return healthcode_cluster_map_is_node(&map->masters[i], master)
                   ? NULL : "one node has two addresses";
        }
    }

    if (map->n == HEALTHCODE_CLUSTER_MAP_MAX) {
        return "more than 64 masters have keys of this store";
    }

    map->masters[map->n++] = *master;
    *number = (uint8_t) i;

    return NULL;
}


const healthcode_cluster_master_t *
healthcode_cluster_map_master(const healthcode_cluster_map_t *map, size_t tag)
{
    uint8_t  number = map->tags[tag];

    return (number == HEALTHCODE_CLUSTER_MAP_NONE) ? NULL
                                                   : &map->masters[number];
}


uint8_t
healthcode_cluster_map_find(const healthcode_cluster_map_t *map,
    const healthcode_cluster_address_t *address)
{
    for (size_t i = 0; i < map->n; i++) {
        if (healthcode_cluster_address_is(&map->masters[i].address, address)) {
            return (uint8_t) i;
        }
    }

    return HEALTHCODE_CLUSTER_MAP_NONE;
}


bool
healthcode_cluster_map_is_node(const healthcode_cluster_master_t *a,
    const healthcode_cluster_master_t *b)
{
    return strcmp(a->id, b->id) == 0
           && healthcode_cluster_address_is(&a->address, &b->address);
}


bool
healthcode_cluster_map_is_same(const healthcode_cluster_map_t *a,
    const healthcode_cluster_map_t *b)
{
    uint16_t  tags[HEALTHCODE_SLOT_TAGS];

    return healthcode_cluster_map_changes(a, b, tags) == 0;
}


size_t
healthcode_cluster_map_changes(const healthcode_cluster_map_t *a,
    const healthcode_cluster_map_t *b, uint16_t tags[HEALTHCODE_SLOT_TAGS])
{
    size_t   n = 0;
    uint8_t  numbers[UINT8_MAX + 1];

    healthcode_cluster_map_match(a, b, numbers);

    for (size_t tag = 0; tag < HEALTHCODE_SLOT_TAGS; tag++) {
        if (numbers[a->tags[tag]] != b->tags[tag]) {
            tags[n++] = (uint16_t) tag;
        }
    }

    return n;
}


/* The number in b of each master of a; one that is gone gets one of nobody. */
static void
healthcode_cluster_map_match(const healthcode_cluster_map_t *a,
    const healthcode_cluster_map_t *b, uint8_t *numbers)
{
    size_t  i, j;

    numbers[HEALTHCODE_CLUSTER_MAP_NONE] = HEALTHCODE_CLUSTER_MAP_NONE;

    for (i = 0; i < a->n; i++) {
        numbers[i] = HEALTHCODE_CLUSTER_MAP_MAX;

        for (j = 0; j < b->n; j++) {
            if (healthcode_cluster_map_is_node(&a->masters[i],
                                               &b->masters[j]))
            {
                numbers[i] = (uint8_t) j;
                break;
            }
        }
    }
}
