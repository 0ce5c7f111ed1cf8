/*
 * A worker's connections to the nodes of a cluster: what the files of that
 * event loop share.  Knows no rule.  CONTRIBUTING.md, "The model".
 */

#ifndef MODEL_CLUSTER_H
#define MODEL_CLUSTER_H

#include "model.h"


typedef struct model_cluster_s  model_cluster_t;

/* A connection to a node, or the last of them: of the scout. */
typedef struct {
    model_cluster_t            *cluster;
    bool                        is_used;
    bool                        is_moving;   /* to another connection */
    healthcode_tracker_t        tracker;
    healthcode_cluster_node_t  *core;
    model_link_t                link;
    unsigned                    server, peer;
    uint64_t                    heartbeat, again, connected;    /* ms */
    healthcode_reason_e         reason;
} model_client_t;

struct model_cluster_s {
    model_worker_t         *worker;
    bool                    is_made, is_due;     /* to be settled */
    uint64_t                changes;
    uint64_t                wait;                /* ms; 0: nobody does */
    unsigned                seed;
    healthcode_cluster_t    core;
    healthcode_reads_t      reads;
    model_client_t          clients[MODEL_NODES + 1];
};


static inline model_client_t *
model_cluster_scout(model_cluster_t *cluster)
{
    return &cluster->clients[MODEL_NODES];
}


static inline bool
model_client_is_scout(const model_client_t *client)
{
    return client == model_cluster_scout(client->cluster);
}


/* model_client.c */
void model_client_init(model_client_t *client, unsigned server);
void model_client_connect(model_client_t *client);
void model_client_read(model_client_t *client);
void model_client_timers(model_client_t *client);
void model_client_write(model_client_t *client);
void model_client_wake(model_client_t *client);

#endif
