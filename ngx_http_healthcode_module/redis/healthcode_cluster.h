/*
 * The map of a Redis Cluster that one worker believes, and its nodes: whose
 * word makes another map, when a map counts, and which leases it renews.  Each
 * time is an argument, in ms of CLOCK_BOOTTIME.
 * Knows no: nginx, socket, clock, request.  docs/connection.md, "Cluster".
 */

#ifndef HEALTHCODE_CLUSTER_H
#define HEALTHCODE_CLUSTER_H

#include "healthcode_cluster_map.h"
#include "healthcode_redirect.h"
#include "healthcode_tracker.h"


/* Masters that a worker has connections to. */
#define HEALTHCODE_CLUSTER_NODES  32


typedef struct healthcode_cluster_s  healthcode_cluster_t;


/* Whose each tag is: a hash of the node and its address; 0: nobody's. */
typedef struct {
    uint64_t                     owners[HEALTHCODE_SLOT_TAGS];
} healthcode_cluster_view_t;


/* What a good heartbeat of a node would renew. */
typedef struct {
    uint64_t                     epoch;
    uint64_t                     sent;     /* ms; 0: none yet */
} healthcode_cluster_beat_t;


typedef struct {
    healthcode_cluster_t        *cluster;
    bool                         is_used;
    uint64_t                     serial;   /* no other node ever has it */
    uint64_t                     name;     /* as in a view */
    healthcode_cluster_master_t  master;
    healthcode_tracker_t        *tracker;
    void                        *data;     /* the caller's */

    bool                         has_said;
    healthcode_cluster_view_t    view;     /* what it said last */
    healthcode_cluster_beat_t    beat;     /* the last one */
} healthcode_cluster_node_t;


/* What a cluster calls above it; data is that of _init(). */
typedef struct {
    /*
     * The map is another one: nodes that it names are to be added, others to be
     * dropped, and then _settled() is to be called; not from within this call.
     */
    void  (*changed)(void *data);

    /* The map counts: who waits for that may go on, likewise. */
    void  (*agreed)(void *data);
} healthcode_cluster_handlers_t;


struct healthcode_cluster_s {
    const healthcode_cluster_handlers_t  *handlers;
    void                                 *data;

    uint64_t                     window;   /* ms: a word counts so long */
    uint64_t                     serials;
    uint64_t                     changes;  /* of the map */
    bool                         has_map;
    bool                         is_settled;   /* its nodes are added */
    healthcode_cluster_map_t     map;
    healthcode_cluster_view_t    view;     /* of map */
    uint8_t                      tags[HEALTHCODE_SLOT_TAGS];   /* nodes, or
                                              HEALTHCODE_CLUSTER_MAP_NONE */
    healthcode_cluster_node_t    nodes[HEALTHCODE_CLUSTER_NODES];
};


/* One without a map; window is in ms.  handlers and data outlive it. */
void healthcode_cluster_init(healthcode_cluster_t *cluster, uint64_t window,
    const healthcode_cluster_handlers_t *handlers, void *data);


/* ---- nodes ---- */

/*
 * The next master of the map, from number *from on, that has no node yet; *from
 * goes on behind it.  NULL: there is none, or no place for more.
 */
const healthcode_cluster_master_t *healthcode_cluster_missing(
    const healthcode_cluster_t *cluster, size_t *from);

/* A node that the map does not name; NULL: it names all. */
healthcode_cluster_node_t *healthcode_cluster_extra(
    healthcode_cluster_t *cluster);

/*
 * Adds the node of master, which _missing() has returned; its tracker, which
 * gets its hooks here, outlives it.
 */
healthcode_cluster_node_t *healthcode_cluster_add(
    healthcode_cluster_t *cluster, const healthcode_cluster_master_t *master,
    healthcode_tracker_t *tracker, void *data);
void healthcode_cluster_drop(healthcode_cluster_node_t *node);

/* All that the map names and that can be added are there, and no others. */
void healthcode_cluster_settled(healthcode_cluster_t *cluster);

/* Number i of the nodes; NULL: there is none. */
static inline healthcode_cluster_node_t *
healthcode_cluster_at(healthcode_cluster_t *cluster, size_t i)
{
    return (i < HEALTHCODE_CLUSTER_NODES && cluster->nodes[i].is_used)
           ? &cluster->nodes[i] : NULL;
}

/* The node that has a tag; NULL: nobody, or it is not added yet. */
static inline healthcode_cluster_node_t *
healthcode_cluster_node(healthcode_cluster_t *cluster, size_t tag)
{
    return healthcode_cluster_at(cluster, cluster->tags[tag]);
}

/* The node at this address; NULL: there is none. */
healthcode_cluster_node_t *healthcode_cluster_find(
    healthcode_cluster_t *cluster,
    const healthcode_cluster_address_t *address);

/* Whether it has proved itself, and its connection lasts. */
static inline bool
healthcode_cluster_is_live(const healthcode_cluster_node_t *node)
{
    return node->is_used && node->tracker->state == HEALTHCODE_TRACKER_LIVE;
}

/* How many of them have. */
size_t healthcode_cluster_live(const healthcode_cluster_t *cluster);


/* ---- maps ---- */

/*
 * A server that is not among the nodes has said this map: it is taken if none
 * of them is live.  Whether it was.
 */
bool healthcode_cluster_scouted(healthcode_cluster_t *cluster,
    const healthcode_cluster_map_t *map);

/* What the connection has proved, and what the live nodes have; hashes. */
uint64_t healthcode_cluster_instance_of(const healthcode_tracker_t *tracker);
uint64_t healthcode_cluster_instance(healthcode_cluster_t *cluster);

/*
 * Whether the map counts at now: more than a half of the masters that it names
 * are live and have said this map, asked no longer ago than the window.
 */
bool healthcode_cluster_is_agreed(const healthcode_cluster_t *cluster,
    uint64_t now);

#endif
