/*
 * The answer of a node of a Redis Cluster to CLUSTER SLOTS -> which master has
 * the keys of which tag.
 * Knows no: nginx, socket, clock, memory.
 * docs/operations.md, "Cluster".
 */

#ifndef HEALTHCODE_CLUSTER_MAP_H
#define HEALTHCODE_CLUSTER_MAP_H

#include <hiredis/hiredis.h>

#include "healthcode_cluster_address.h"
#include "healthcode_slot.h"


/* Masters that have a key of a store; a worker has a connection to each. */
#define HEALTHCODE_CLUSTER_MAP_MAX   64

/* Digits of the name of a node, without a NUL. */
#define HEALTHCODE_CLUSTER_MAP_ID    40

/* In place of a master: nobody has this tag, or nobody can reach who has it. */
#define HEALTHCODE_CLUSTER_MAP_NONE  UINT8_MAX


typedef struct {
    char                          id[HEALTHCODE_CLUSTER_MAP_ID + 1];
    healthcode_cluster_address_t  address;
} healthcode_cluster_master_t;


/* Owns all that it says; a copy of it is another map. */
typedef struct {
    size_t                       n;         /* masters, each with a tag */
    size_t                       out;       /* tags that nobody has */
    uint8_t                      tags[HEALTHCODE_SLOT_TAGS];
    healthcode_cluster_master_t  masters[HEALTHCODE_CLUSTER_MAP_MAX];
} healthcode_cluster_map_t;


/* A map before anybody has answered: all tags are out. */
void healthcode_cluster_map_init(healthcode_cluster_map_t *map);

/*
 * Reads the answer, of RESP2 or RESP3, into map; asked is the host of the node
 * that gave it, which an empty host or none stands for.  Returns NULL, or what
 * is wrong with the answer, for a log; then nothing is written.  Masters are in
 * the order of the answer; those without a tag are not among them.  The tags of
 * a master without an address ("?", port 0) are out.
 */
const char *healthcode_cluster_map_read(healthcode_cluster_map_t *map,
    const redisReply *reply, healthcode_str_t asked);

/* The master of a tag; NULL: it is out. */
const healthcode_cluster_master_t *healthcode_cluster_map_master(
    const healthcode_cluster_map_t *map, size_t tag);

/* The number of the master with this address; _NONE: none has it. */
uint8_t healthcode_cluster_map_find(const healthcode_cluster_map_t *map,
    const healthcode_cluster_address_t *address);

/* Whether it is one and the same node, at the same address. */
bool healthcode_cluster_map_is_node(const healthcode_cluster_master_t *a,
    const healthcode_cluster_master_t *b);

/* Whether each tag has the same node at the same address in both, or none. */
bool healthcode_cluster_map_is_same(const healthcode_cluster_map_t *a,
    const healthcode_cluster_map_t *b);

/*
 * Writes the tags whose master is not the same in both to tags, in their order,
 * and returns their number.
 */
size_t healthcode_cluster_map_changes(const healthcode_cluster_map_t *a,
    const healthcode_cluster_map_t *b, uint16_t tags[HEALTHCODE_SLOT_TAGS]);

#endif
