/*
 * One worker's connection to one store: connect, prove, pipeline, time out,
 * back off.  Knows no request.  docs/request-path.md, "Redis".
 */

#ifndef NGX_HTTP_HEALTHCODE_REDIS_H
#define NGX_HTTP_HEALTHCODE_REDIS_H

#include "ngx_http_healthcode.h"


/*
 * Called once, from the event loop, when a lookup ends.  HEALTHCODE_REASON_OK:
 * replies holds healthcode_risk_codec_replies() of them, which live until the
 * function returns; otherwise replies is NULL and reason is an outage.
 */
typedef void (*ngx_http_healthcode_lookup_done_pt)(void *data,
    healthcode_reason_e reason, redisReply **replies);


/* Makes the connection of this worker and starts it; NULL: no memory. */
ngx_http_healthcode_redis_t *ngx_http_healthcode_redis_create(
    ngx_cycle_t *cycle, ngx_http_healthcode_store_t *store);

/*
 * Whether the store's cache knows that holder, HEALTHCODE_HOLDER_LEN bytes, has
 * no flag, and the answers to all else that query asks for, whose own holder is
 * not looked at.  1: what is known is added to risk by terms, and *decided is
 * when it was known.  0: ask the store.
 */
ngx_uint_t ngx_http_healthcode_redis_find(ngx_http_healthcode_redis_t *redis,
    const healthcode_risk_query_t *query, const uint8_t *holder,
    const healthcode_risk_terms_t *terms, healthcode_risk_t *risk,
    struct timespec *decided);

/* Closes it for good; every lookup under way ends as unavailable. */
void ngx_http_healthcode_redis_destroy(ngx_http_healthcode_redis_t *redis);

/*
 * Starts a live read, or where the store has a cache joins one for the same
 * holder and the same questions that is under way.  The commands of one turn
 * of the event loop leave in one write.  HEALTHCODE_REASON_OK: *lookup is under
 * way and done will be called, never from within this call; otherwise nothing
 * was started and the reason is an outage, or _FAULT where there is no memory.
 */
healthcode_reason_e ngx_http_healthcode_redis_lookup(
    ngx_http_healthcode_redis_t *redis, const healthcode_risk_query_t *query,
    ngx_http_healthcode_lookup_done_pt done, void *data,
    ngx_http_healthcode_lookup_t **lookup);

/*
 * Ends a lookup whose asker has left: done will not be called.  Its place in
 * the queue stays, so that later replies find their own lookups.
 */
void ngx_http_healthcode_redis_cancel(ngx_http_healthcode_lookup_t *lookup);

#endif
