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

/* Closes it for good; every lookup under way ends as unavailable. */
void ngx_http_healthcode_redis_destroy(ngx_http_healthcode_redis_t *redis);

/*
 * Starts a live read.  The commands of one turn of the event loop leave in one
 * write.  HEALTHCODE_REASON_OK: *lookup is under way and done will be called,
 * never from within this call; otherwise nothing was started and the reason
 * is an outage, or _FAULT where there is no memory.
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
