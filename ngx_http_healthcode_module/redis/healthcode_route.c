/*
 * A call of a script on a Redis Cluster: at the node that has the tag of its
 * keys, or at the one to which that moves.
 * Knows no: nginx, socket, request.  docs/connection.md, "Cluster".
 */

#include "healthcode_route.h"


static healthcode_reason_e healthcode_route_go(healthcode_route_t *route);
static bool healthcode_route_format(void *data, healthcode_str_t instance,
    healthcode_redis_buf_t *buf);
static void healthcode_route_done(void *data, healthcode_reason_e reason,
    const redisReply *reply);
static healthcode_reason_e healthcode_route_again(healthcode_route_t *route);
static healthcode_reason_e healthcode_route_follow(healthcode_route_t *route,
    const healthcode_redirect_t *to);
static bool healthcode_route_counts(const healthcode_route_t *route);
static void healthcode_route_go_on(healthcode_waiter_t *waiter);
static void healthcode_route_fail(healthcode_waiter_t *waiter,
    healthcode_reason_e reason);
static void healthcode_route_end(const healthcode_route_t *route,
    healthcode_reason_e reason, const redisReply *reply);


static const healthcode_waiter_handlers_t  healthcode_route_waiter_handlers = {
    .go = healthcode_route_go_on,
    .end = healthcode_route_fail
};


/* The route whose waiter this is. */
static inline healthcode_route_t *
healthcode_route_of(healthcode_waiter_t *waiter)
{
    return healthcode_list_entry(&waiter->link, healthcode_route_t,
                                 waiter.link);
}


/* ---- asking ---- */

healthcode_reason_e
healthcode_route_call(healthcode_route_t *route, healthcode_reads_t *reads,
    const healthcode_route_handlers_t *handlers, const healthcode_call_t *call)
{
    memset(route, 0, sizeof(healthcode_route_t));

    healthcode_waiter_init(&route->waiter, &reads->waiters,
                           &healthcode_route_waiter_handlers,
                           reads->handlers->clock(reads->data)
                           + reads->timeout);

    route->handlers = handlers;
    route->reads = reads;
    route->call = call;

    route->own.script = call->script;
    route->own.tag = call->tag;
    route->own.format = healthcode_route_format;
    route->own.done = healthcode_route_done;
    route->own.data = route;

    healthcode_reads_stand(reads);

    return healthcode_route_go(route);
}


/*
 * Asks the node of the tag, or waits for a map that counts: what a former
 * master, which the others have left, would do is worth nothing.
 */
static healthcode_reason_e
healthcode_route_go(healthcode_route_t *route)
{
    healthcode_reads_t         *reads = route->reads;
    healthcode_reason_e         reason;
    healthcode_cluster_node_t  *node;

    if (!reads->cluster->has_map) {

        reason = reads->handlers->want(reads->data);

        return (reason == HEALTHCODE_REASON_OK)
               ? healthcode_reads_wait(reads, &route->waiter, UINT64_MAX)
               : reason;
    }

    if (!reads->cluster->is_settled
        || !healthcode_cluster_is_agreed(reads->cluster,
                                       reads->handlers->clock(reads->data)))
    {
        return healthcode_reads_wait(reads, &route->waiter, UINT64_MAX);
    }

    node = healthcode_cluster_node(reads->cluster, route->call->tag);

    if (node == NULL) {
        return HEALTHCODE_REASON_STORE_UNAVAILABLE;
    }

    route->serial = node->serial;
    route->asked = node->tracker;
    route->is_asking = false;

    return route->handlers->call(reads->data, node, &route->own,
                                 &route->lookup);
}


static bool
healthcode_route_format(void *data, healthcode_str_t instance,
    healthcode_redis_buf_t *buf)
{
    const healthcode_route_t  *route = data;

    return route->call->format(route->call->data, instance, buf);
}


/* ---- the reply ---- */

/*
 * What has moved was not done there.  Whatever else is not known to be done by
 * who has the tag may have been, and is not done again.
 */
static void
healthcode_route_done(void *data, healthcode_reason_e reason,
    const redisReply *reply)
{
    healthcode_route_t     *route = data;
    healthcode_redirect_t   to;
    healthcode_redirect_e   kind = HEALTHCODE_REDIRECT_NONE;

    route->lookup = NULL;

    if (reason == HEALTHCODE_REASON_OK) {
        kind = healthcode_redirect_read(reply, route->asked->host, &to);
    }

    if (kind == HEALTHCODE_REDIRECT_MOVED) {
        reason = healthcode_route_again(route);

    } else if (kind == HEALTHCODE_REDIRECT_ASK) {
        reason = healthcode_route_follow(route, &to);

    } else {

        if (reason == HEALTHCODE_REASON_OK && !healthcode_route_counts(route)) {
            reason = HEALTHCODE_REASON_STORE_UNAVAILABLE;
        }

        healthcode_route_end(route, reason, reply);
        return;
    }

    if (reason != HEALTHCODE_REASON_OK) {
        healthcode_route_end(route, reason, NULL);
    }
}


/* Once more, when the map has changed; not OK: it was. */
static healthcode_reason_e
healthcode_route_again(healthcode_route_t *route)
{
    healthcode_reads_t         *reads = route->reads;
    healthcode_cluster_node_t  *node;

    if (route->is_moved) {
        return HEALTHCODE_REASON_STORE_UNAVAILABLE;
    }

    route->is_moved = true;

    node = healthcode_cluster_node(reads->cluster, route->call->tag);

    if (node == NULL || node->serial != route->serial) {
        return healthcode_route_go(route);
    }

    /* of the map that is, the same node would say the same */

    healthcode_reads_doubt_node(reads, node);

    return healthcode_reads_wait(reads, &route->waiter,
                                 reads->cluster->changes);
}


/*
 * The node has not all keys of the call, and the slot is moving.  The target
 * does it only if it has all of several keys, or none is there yet of a single
 * one; and the script only where the proof of the tag is: so it lies where the
 * next one will look, even if the slot comes back.
 */
static healthcode_reason_e
healthcode_route_follow(healthcode_route_t *route,
    const healthcode_redirect_t *to)
{
    healthcode_reads_t         *reads = route->reads;
    healthcode_cluster_node_t  *node;

    node = healthcode_cluster_find(reads->cluster, &to->address);

    if (route->is_asking || node == NULL || !healthcode_cluster_is_live(node)) {
        return HEALTHCODE_REASON_STORE_UNAVAILABLE;
    }

    route->asked = node->tracker;
    route->is_asking = true;

    return route->handlers->calling(reads->data, node, &route->own,
                                    &route->lookup);
}


/* Whether the tag is still where it was when the call was sent. */
static bool
healthcode_route_counts(const healthcode_route_t *route)
{
    healthcode_reads_t               *reads = route->reads;
    const healthcode_cluster_node_t  *node;

    node = healthcode_cluster_node(reads->cluster, route->call->tag);

    return node && node->serial == route->serial
           && healthcode_cluster_is_agreed(reads->cluster,
                                       reads->handlers->clock(reads->data));
}


/* ---- the end ---- */

static void
healthcode_route_go_on(healthcode_waiter_t *waiter)
{
    healthcode_route_t   *route = healthcode_route_of(waiter);
    healthcode_reason_e   reason = healthcode_route_go(route);

    if (reason != HEALTHCODE_REASON_OK) {
        healthcode_route_end(route, reason, NULL);
    }
}


static void
healthcode_route_fail(healthcode_waiter_t *waiter, healthcode_reason_e reason)
{
    healthcode_route_end(healthcode_route_of(waiter), reason, NULL);
}


static void
healthcode_route_end(const healthcode_route_t *route,
    healthcode_reason_e reason, const redisReply *reply)
{
    const healthcode_call_t  *call = route->call;

    call->done(call->data, reason,
               (reason == HEALTHCODE_REASON_OK) ? reply : NULL);
}


void
healthcode_route_cancel(healthcode_route_t *route)
{
    if (route->lookup) {
        healthcode_pipeline_cancel(route->lookup);
        route->lookup = NULL;
    }

    healthcode_waiter_leave(&route->waiter);
}
