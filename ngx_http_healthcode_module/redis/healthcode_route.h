/*
 * A call of a script on a Redis Cluster: at the node that has the tag of its
 * keys, or at the one to which that moves.  It ends once, and what may have
 * been done is never done again.
 * Knows no: nginx, socket, request.  docs/connection.md, "Cluster".
 */

#ifndef HEALTHCODE_ROUTE_H
#define HEALTHCODE_ROUTE_H

#include "healthcode_read.h"


typedef struct healthcode_route_s  healthcode_route_t;


/* What routes call above them; data is that of the reads. */
typedef struct {
    /* As healthcode_tracker_call(), of the node's connection. */
    healthcode_reason_e  (*call)(void *data, healthcode_cluster_node_t *node,
                                 const healthcode_call_t *call,
                                 healthcode_lookup_t **lookup);

    /* As healthcode_tracker_calling(), likewise. */
    healthcode_reason_e  (*calling)(void *data,
                                    healthcode_cluster_node_t *node,
                                    const healthcode_call_t *call,
                                    healthcode_lookup_t **lookup);
} healthcode_route_handlers_t;


/* The asker's, until its call is done or it is cancelled. */
struct healthcode_route_s {
    healthcode_waiter_t                 waiter;
    const healthcode_route_handlers_t  *handlers;
    healthcode_reads_t                 *reads;
    const healthcode_call_t            *call;
    healthcode_call_t                   own;        /* that a node is asked */
    uint64_t                            serial;     /* of the node of the tag */
    const healthcode_tracker_t         *asked;      /* it, or the target */
    healthcode_lookup_t                *lookup;     /* or NULL */
    bool                                is_moved;   /* once more already */
    bool                                is_asking;  /* of the target */
};


/*
 * Calls *call, whose tag is that of all of its keys, where reads say; both and
 * *route stay as they are until it is done or cancelled.  HEALTHCODE_REASON_OK:
 * it is under way, and call->done will be called, never from within this call,
 * with the reply of a node that had the tag before and has it still, by a map
 * that counts; or with an error of one.  Otherwise an outage, or _FAULT:
 * nothing was sent.
 */
healthcode_reason_e healthcode_route_call(healthcode_route_t *route,
    healthcode_reads_t *reads, const healthcode_route_handlers_t *handlers,
    const healthcode_call_t *call);

/* call->done is not called any more; what is not written never is. */
void healthcode_route_cancel(healthcode_route_t *route);

#endif
