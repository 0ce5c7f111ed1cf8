/*
 * What a node of a Redis Cluster answers in place of a reply: who has the slot,
 * or why nobody answers now.
 * Knows no: nginx, socket, clock, memory.
 * docs/operations.md, "Cluster"; the Redis Cluster specification, "Redirection
 * and resharding".
 */

#ifndef HEALTHCODE_REDIRECT_H
#define HEALTHCODE_REDIRECT_H

#include <hiredis/hiredis.h>

#include "healthcode_cluster_address.h"
#include "healthcode_redis_buf.h"


typedef enum {
    HEALTHCODE_REDIRECT_NONE = 0,   /* another error, or no error */
    HEALTHCODE_REDIRECT_BROKEN,     /* MOVED or ASK, and nobody knows where */
    HEALTHCODE_REDIRECT_MOVED,      /* this node has the slot, for good */
    HEALTHCODE_REDIRECT_ASK,        /* this node has it for this command */
    HEALTHCODE_REDIRECT_TRYAGAIN,   /* keys of the slot are on both */
    HEALTHCODE_REDIRECT_DOWN,       /* CLUSTERDOWN */
    HEALTHCODE_REDIRECT_LOADING,    /* it reads its data, or its master does */
    HEALTHCODE_REDIRECT_READONLY    /* it is a replica */
} healthcode_redirect_e;


typedef struct {
    uint16_t                      slot;
    healthcode_cluster_address_t  address;
} healthcode_redirect_t;


/*
 * What a reply is, and on _MOVED and _ASK whereto, in *to.  An empty host is
 * that of the node that answers, asked; if it is empty as well that is _BROKEN.
 */
healthcode_redirect_e healthcode_redirect_read(const redisReply *reply,
    healthcode_str_t asked, healthcode_redirect_t *to);

/*
 * Appends ASKING: the next command, and it alone, is of a slot that moves to
 * this node.  False, and the buffer as it was: there is no memory.
 */
bool healthcode_redirect_format_asking(healthcode_redis_buf_t *buf);

#endif
