/*
 * The nodes of a Redis Cluster behind one connection: who has a key, and what
 * to do when that changes.  Knows no flags.  docs/operations.md, "Cluster".
 */

#ifndef HEALTHCODE_NODES_H
#define HEALTHCODE_NODES_H

#include "healthcode_connection.h"
#include "redis/healthcode_cluster_map.h"


/* Masters of a map, and those that have come since. */
#define HEALTHCODE_NODES_MAX  (2 * HEALTHCODE_CLUSTER_MAP_MAX)


/*
 * Asks the hosts of url, one after the other, for the map of the cluster, until
 * one has answered; connects to the node with the controls and takes its
 * proofs.  handshake may go afterwards.  Prints a message on failure;
 * healthcode_nodes_close() has to follow, whatever happened.
 */
healthcode_exit_e healthcode_nodes_open(healthcode_connection_t *connection,
    const healthcode_secure_options_t *secure, const healthcode_url_t *url,
    const healthcode_handshake_t *handshake);
void healthcode_nodes_close(healthcode_connection_t *connection);

/* The map that counts now. */
const healthcode_cluster_map_t *healthcode_nodes_map(
    const healthcode_connection_t *connection);

/* As healthcode_connection_ask(), _nodes() and _use(). */
redisReply *healthcode_nodes_ask(healthcode_connection_t *connection,
    const char *key, int argc, const char **argv, const size_t *lens,
    healthcode_connection_how_e how);
size_t healthcode_nodes_masters(const healthcode_connection_t *connection);
healthcode_exit_e healthcode_nodes_use(healthcode_connection_t *connection,
    size_t i);

/*
 * The number of the node that has key now; connection->redis is that node's
 * from then on.  -1, with a message printed: it cannot be reached, or nobody
 * has it.
 */
int healthcode_nodes_route(healthcode_connection_t *connection,
    const char *key);

/* The connection of the node with this number, which _route() has returned. */
redisContext *healthcode_nodes_redis(
    const healthcode_connection_t *connection, int number);

/* Something was written at the node with this number. */
void healthcode_nodes_wrote(healthcode_connection_t *connection, int number);

/*
 * For i from 0 on: connection->redis becomes that of a node, or NULL if nothing
 * was written there.  False: there are no more nodes.
 */
bool healthcode_nodes_written(healthcode_connection_t *connection, size_t i);

/*
 * Whether an answer is ASK or TRYAGAIN: keys of a slot that is on its way can
 * only be written alone.
 */
bool healthcode_nodes_is_parted(const redisReply *reply);

/* Whether an answer is another node's matter, or a later moment's. */
bool healthcode_nodes_is_elsewhere(const redisReply *reply);

/* What to do about an error of a cluster, with "; " before it; or nothing. */
const char *healthcode_nodes_advice(const redisReply *reply);

#endif
