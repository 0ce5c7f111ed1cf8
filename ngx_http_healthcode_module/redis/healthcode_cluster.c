/*
 * The map of a Redis Cluster that one worker believes, and its nodes: whose
 * word makes another map, when a map counts, and which leases it renews.
 * Knows no: nginx, socket, clock, request.  docs/connection.md, "Cluster".
 */

#include "healthcode_cluster.h"


#define HEALTHCODE_CLUSTER_NONE  HEALTHCODE_CLUSTER_MAP_NONE

_Static_assert(HEALTHCODE_CLUSTER_NODES < HEALTHCODE_CLUSTER_NONE,
               "the number of a node is a byte");


static uint64_t healthcode_cluster_name(
    const healthcode_cluster_master_t *master);
static void healthcode_cluster_look(healthcode_cluster_view_t *view,
    const healthcode_cluster_map_t *map);
static bool healthcode_cluster_is_view(const healthcode_cluster_view_t *a,
    const healthcode_cluster_view_t *b);
static bool healthcode_cluster_is_named(const healthcode_cluster_t *cluster,
    const healthcode_cluster_node_t *node);
static void healthcode_cluster_link(healthcode_cluster_t *cluster);
static void healthcode_cluster_take(healthcode_cluster_t *cluster,
    const healthcode_cluster_map_t *map, const healthcode_cluster_view_t *view);
static bool healthcode_cluster_has_tag_of(const healthcode_cluster_t *cluster,
    const healthcode_cluster_node_t *node,
    const healthcode_cluster_view_t *view);
static const char *healthcode_cluster_said(void *data,
    const redisReply *slots);
static bool healthcode_cluster_is_news(const healthcode_cluster_node_t *node,
    const healthcode_cluster_view_t *view);
static void healthcode_cluster_beaten(void *data, uint64_t epoch,
    uint64_t sent);
static size_t healthcode_cluster_voices(const healthcode_cluster_t *cluster,
    uint64_t now);
static uint64_t healthcode_cluster_said_since(
    const healthcode_cluster_t *cluster);
static bool healthcode_cluster_is_disputed(
    const healthcode_cluster_t *cluster);
static const char *healthcode_cluster_proven(void *data,
    healthcode_str_t instance);
static size_t healthcode_cluster_proof(void *data, bool is_next);


static const healthcode_tracker_hooks_t  healthcode_cluster_hooks = {
    .said = healthcode_cluster_said,
    .beaten = healthcode_cluster_beaten,
    .proven = healthcode_cluster_proven,
    .proof = healthcode_cluster_proof
};


void
healthcode_cluster_init(healthcode_cluster_t *cluster, uint64_t window,
    const healthcode_cluster_handlers_t *handlers, void *data)
{
    memset(cluster, 0, sizeof(healthcode_cluster_t));
    memset(cluster->tags, HEALTHCODE_CLUSTER_NONE, sizeof(cluster->tags));

    cluster->window = window;
    cluster->handlers = handlers;
    cluster->data = data;
}


/* ---- views ---- */

/* A node that has moved is another one: so is its tracking. */
static uint64_t
healthcode_cluster_name(const healthcode_cluster_master_t *master)
{
    uint64_t                             name;
    const healthcode_cluster_address_t  *address = &master->address;

    name = healthcode_str_hash(address->port,
                               healthcode_str_from(address->host,
                                                   strlen(address->host)));
    name = healthcode_str_hash(name, healthcode_str_from(master->id,
                                                         strlen(master->id)));

    return name ? name : 1;
}


static void
healthcode_cluster_look(healthcode_cluster_view_t *view,
    const healthcode_cluster_map_t *map)
{
    uint64_t  names[HEALTHCODE_CLUSTER_MAP_MAX];

    for (size_t i = 0; i < map->n; i++) {
        names[i] = healthcode_cluster_name(&map->masters[i]);
    }

    for (size_t tag = 0; tag < HEALTHCODE_SLOT_TAGS; tag++) {
        view->owners[tag] = (map->tags[tag] < map->n) ? names[map->tags[tag]]
                                                      : 0;
    }
}


static bool
healthcode_cluster_is_view(const healthcode_cluster_view_t *a,
    const healthcode_cluster_view_t *b)
{
    return memcmp(a, b, sizeof(healthcode_cluster_view_t)) == 0;
}


/* ---- nodes ---- */

static bool
healthcode_cluster_is_named(const healthcode_cluster_t *cluster,
    const healthcode_cluster_node_t *node)
{
    for (size_t i = 0; i < cluster->map.n; i++) {
        if (healthcode_cluster_name(&cluster->map.masters[i]) == node->name) {
            return true;
        }
    }

    return false;
}


const healthcode_cluster_master_t *
healthcode_cluster_missing(const healthcode_cluster_t *cluster, size_t *from)
{
    bool                                is_full = true, has_node;
    size_t                              n;
    const healthcode_cluster_master_t  *master;

    for (n = 0; n < HEALTHCODE_CLUSTER_NODES; n++) {
        is_full = is_full && cluster->nodes[n].is_used;
    }

    while (*from < cluster->map.n && !is_full) {

        has_node = false;
        master = &cluster->map.masters[(*from)++];

        for (n = 0; n < HEALTHCODE_CLUSTER_NODES; n++) {
            has_node = has_node
                       || (cluster->nodes[n].is_used
                           && cluster->nodes[n].name
                              == healthcode_cluster_name(master));
        }

        if (!has_node) {
            return master;
        }
    }

    return NULL;
}


healthcode_cluster_node_t *
healthcode_cluster_extra(healthcode_cluster_t *cluster)
{
    for (size_t i = 0; i < HEALTHCODE_CLUSTER_NODES; i++) {
        if (cluster->nodes[i].is_used
            && !healthcode_cluster_is_named(cluster, &cluster->nodes[i]))
        {
            return &cluster->nodes[i];
        }
    }

    return NULL;
}


healthcode_cluster_node_t *
healthcode_cluster_add(healthcode_cluster_t *cluster,
    const healthcode_cluster_master_t *master, healthcode_tracker_t *tracker,
    void *data)
{
    healthcode_cluster_node_t  *node = cluster->nodes;

    while (node->is_used) {
        node++;
    }

    memset(node, 0, sizeof(healthcode_cluster_node_t));

    node->cluster = cluster;
    node->is_used = true;
    node->serial = ++cluster->serials;
    node->name = healthcode_cluster_name(master);
    node->master = *master;
    node->tracker = tracker;
    node->data = data;

    tracker->hooks = &healthcode_cluster_hooks;
    tracker->hooks_data = node;
    tracker->host = healthcode_str_from(node->master.address.host,
                                        strlen(node->master.address.host));

    healthcode_cluster_link(cluster);

    return node;
}


void
healthcode_cluster_drop(healthcode_cluster_node_t *node)
{
    node->is_used = false;

    healthcode_cluster_link(node->cluster);
}


void
healthcode_cluster_settled(healthcode_cluster_t *cluster)
{
    cluster->is_settled = true;
}


/* Which node has which tag. */
static void
healthcode_cluster_link(healthcode_cluster_t *cluster)
{
    memset(cluster->tags, HEALTHCODE_CLUSTER_NONE, sizeof(cluster->tags));

    for (size_t tag = 0; tag < HEALTHCODE_SLOT_TAGS; tag++) {
        for (size_t i = 0; i < HEALTHCODE_CLUSTER_NODES; i++) {
            if (cluster->nodes[i].is_used
                && cluster->nodes[i].name == cluster->view.owners[tag])
            {
                cluster->tags[tag] = (uint8_t) i;
            }
        }
    }
}


healthcode_cluster_node_t *
healthcode_cluster_find(healthcode_cluster_t *cluster,
    const healthcode_cluster_address_t *address)
{
    for (size_t i = 0; i < HEALTHCODE_CLUSTER_NODES; i++) {
        if (cluster->nodes[i].is_used
            && healthcode_cluster_address_is(
                   &cluster->nodes[i].master.address, address))
        {
            return &cluster->nodes[i];
        }
    }

    return NULL;
}


size_t
healthcode_cluster_live(const healthcode_cluster_t *cluster)
{
    size_t  n = 0;

    for (size_t i = 0; i < HEALTHCODE_CLUSTER_NODES; i++) {
        n += healthcode_cluster_is_live(&cluster->nodes[i]);
    }

    return n;
}


/* ---- maps ---- */

bool
healthcode_cluster_scouted(healthcode_cluster_t *cluster,
    const healthcode_cluster_map_t *map)
{
    healthcode_cluster_view_t  view;

    if (healthcode_cluster_live(cluster)) {
        return false;
    }

    healthcode_cluster_look(&view, map);

    if (!cluster->has_map
        || !healthcode_cluster_is_view(&view, &cluster->view))
    {
        healthcode_cluster_take(cluster, map, &view);
    }

    return true;
}


/*
 * What was read of a tag that moves begins a new epoch, on the node that had it
 * and on the one that gets it: a holder without flags has no key, and nothing
 * is pushed when that moves.
 */
static void
healthcode_cluster_take(healthcode_cluster_t *cluster,
    const healthcode_cluster_map_t *map, const healthcode_cluster_view_t *view)
{
    healthcode_cluster_node_t  *node;

    for (size_t i = 0; i < HEALTHCODE_CLUSTER_NODES; i++) {

        node = &cluster->nodes[i];

        if (healthcode_cluster_is_live(node)
            && healthcode_cluster_has_tag_of(cluster, node, view))
        {
            healthcode_tracker_renounce(node->tracker);
        }
    }

    cluster->map = *map;
    cluster->view = *view;
    cluster->has_map = true;
    cluster->is_settled = false;
    cluster->changes++;

    healthcode_cluster_link(cluster);
    cluster->handlers->changed(cluster->data);
}


/* Whether node loses a tag by view, or gets one. */
static bool
healthcode_cluster_has_tag_of(const healthcode_cluster_t *cluster,
    const healthcode_cluster_node_t *node,
    const healthcode_cluster_view_t *view)
{
    for (size_t tag = 0; tag < HEALTHCODE_SLOT_TAGS; tag++) {
        if (cluster->view.owners[tag] != view->owners[tag]
            && (cluster->view.owners[tag] == node->name
                || view->owners[tag] == node->name))
        {
            return true;
        }
    }

    return false;
}


/* A node has said its map: in its handshake, or in a heartbeat. */
static const char *
healthcode_cluster_said(void *data, const redisReply *slots)
{
    const char                 *error;
    healthcode_cluster_map_t    map;
    healthcode_cluster_view_t   view;
    healthcode_cluster_node_t  *node = data;
    healthcode_cluster_t       *cluster = node->cluster;

    error = healthcode_cluster_map_read(&map, slots, node->tracker->host);
    if (error) {
        return error;
    }

    healthcode_cluster_look(&view, &map);

    if (!healthcode_cluster_is_view(&view, &cluster->view)
        && healthcode_cluster_is_news(node, &view))
    {
        healthcode_cluster_take(cluster, &map, &view);
    }

    node->has_said = true;
    node->view = view;

    return NULL;
}


/*
 * A node that says what it said before is behind the others, which have gone
 * on; unless it is the map that is behind most of those that are live: who is
 * not may be no master any more, and never say so.
 */
static bool
healthcode_cluster_is_news(const healthcode_cluster_node_t *node,
    const healthcode_cluster_view_t *view)
{
    size_t                            n = 0, all = 0;
    const healthcode_cluster_node_t  *other;

    if (!node->has_said || !healthcode_cluster_is_view(&node->view, view)) {
        return true;
    }

    for (size_t i = 0; i < HEALTHCODE_CLUSTER_NODES; i++) {

        other = &node->cluster->nodes[i];

        if (healthcode_cluster_is_live(other)) {
            all++;
            n += other->has_said
                 && healthcode_cluster_is_view(&other->view, view);
        }
    }

    return 2 * n > all;
}


/*
 * A node has proved itself again, asked at sent in epoch, after it said its
 * map.  Leases are renewed by the last heartbeats of all, since only together
 * they tell whether the map counts.
 */
static void
healthcode_cluster_beaten(void *data, uint64_t epoch, uint64_t sent)
{
    bool                        is_disputed;
    uint64_t                    until;
    healthcode_cluster_node_t  *other, *node = data;
    healthcode_cluster_t       *cluster = node->cluster;

    node->beat.epoch = epoch;
    node->beat.sent = sent;

    if (!healthcode_cluster_is_agreed(cluster, sent)) {
        return;
    }

    is_disputed = healthcode_cluster_is_disputed(cluster);
    until = healthcode_cluster_said_since(cluster) + cluster->window;

    for (size_t i = 0; i < HEALTHCODE_CLUSTER_NODES; i++) {

        other = &cluster->nodes[i];

        if (healthcode_cluster_is_live(other) && other->beat.sent
            && !is_disputed)
        {
            healthcode_tracker_renew(other->tracker, other->beat.epoch,
                                     other->beat.sent, until);
        }
    }

    cluster->handlers->agreed(cluster->data);
}


bool
healthcode_cluster_is_agreed(const healthcode_cluster_t *cluster, uint64_t now)
{
    return cluster->has_map
           && 2 * healthcode_cluster_voices(cluster, now) > cluster->map.n;
}


/* How many say this map, and have been asked lately. */
static size_t
healthcode_cluster_voices(const healthcode_cluster_t *cluster, uint64_t now)
{
    size_t                            n = 0;
    const healthcode_cluster_node_t  *node;

    for (size_t i = 0; i < HEALTHCODE_CLUSTER_NODES; i++) {

        node = &cluster->nodes[i];

        n += healthcode_cluster_is_live(node) && node->beat.sent
             && now < node->beat.sent + cluster->window
             && healthcode_cluster_is_view(&node->view, &cluster->view);
    }

    return n;
}


/*
 * Since when the map counts: the latest time since which a majority has been
 * asked.  A lease ends with that word: the node itself may be a former master
 * that is cut off, and go on to renew it until the others' words are old.
 */
static uint64_t
healthcode_cluster_said_since(const healthcode_cluster_t *cluster)
{
    uint64_t  sent, since = 0;

    for (size_t i = 0; i < HEALTHCODE_CLUSTER_NODES; i++) {

        sent = cluster->nodes[i].is_used ? cluster->nodes[i].beat.sent : 0;

        if (sent > since
            && 2 * healthcode_cluster_voices(cluster,
                                             sent + cluster->window - 1)
               > cluster->map.n)
        {
            since = sent;
        }
    }

    return since;
}


/* Whether a live node says another map. */
static bool
healthcode_cluster_is_disputed(const healthcode_cluster_t *cluster)
{
    const healthcode_cluster_node_t  *node;

    for (size_t i = 0; i < HEALTHCODE_CLUSTER_NODES; i++) {

        node = &cluster->nodes[i];

        if (healthcode_cluster_is_live(node) && node->has_said
            && !healthcode_cluster_is_view(&node->view, &cluster->view))
        {
            return true;
        }
    }

    return false;
}


/* ---- proofs ---- */

uint64_t
healthcode_cluster_instance_of(const healthcode_tracker_t *tracker)
{
    return healthcode_str_hash(0, healthcode_tracker_instance(tracker));
}


uint64_t
healthcode_cluster_instance(healthcode_cluster_t *cluster)
{
    const healthcode_cluster_node_t  *node;

    for (size_t i = 0; i < HEALTHCODE_CLUSTER_NODES; i++) {

        node = healthcode_cluster_at(cluster, i);

        if (node && healthcode_cluster_is_live(node)) {
            /* who has another one is refused */
            return healthcode_cluster_instance_of(node->tracker);
        }
    }

    return 0;
}


/* Nodes of one store have one instance. */
static const char *
healthcode_cluster_proven(void *data, healthcode_str_t instance)
{
    const healthcode_cluster_node_t  *other, *node = data;

    for (size_t i = 0; i < HEALTHCODE_CLUSTER_NODES; i++) {

        other = &node->cluster->nodes[i];

        if (other != node && healthcode_cluster_is_live(other)
            && !healthcode_str_equal(
                   healthcode_tracker_instance(other->tracker), instance))
        {
            return "its proof is of another instance than that of the other "
                   "nodes; if this node lost its data, load the flags first, "
                   "then run \"healthcode store init\"";
        }
    }

    return NULL;
}


/*
 * The tag by whose proof the node proves itself: its first one, or the next one
 * behind that of before, which may be on its way to another node.
 */
static size_t
healthcode_cluster_proof(void *data, bool is_next)
{
    size_t                      i, tag, first = is_next ? 1 : 0;
    healthcode_cluster_node_t  *node = data;
    healthcode_tracker_t       *tracker = node->tracker;

    for (i = first; i < first + HEALTHCODE_SLOT_TAGS; i++) {

        tag = (tracker->handshake.proof + i) % HEALTHCODE_SLOT_TAGS;

        if (node->cluster->view.owners[tag] == node->name) {
            return tag;
        }
    }

    return tracker->handshake.proof;
}
