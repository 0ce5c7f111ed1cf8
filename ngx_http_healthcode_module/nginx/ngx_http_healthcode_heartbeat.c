/*
 * Whether a store is still what it was: asked again and again, and never
 * silent for long.  Knows no request.  docs/request-path.md, "Redis".
 */

#include "ngx_http_healthcode_redis_private.h"


/* A lookup that is unanswered for so many timeouts ends the connection. */
#define NGX_HTTP_HEALTHCODE_STALLED           5

/* Milliseconds: between heartbeats, and between questions for the policy. */
#define NGX_HTTP_HEALTHCODE_HEARTBEAT         1000
#define NGX_HTTP_HEALTHCODE_HEARTBEAT_MEMORY  1000

/* A lease takes so many heartbeats. */
#define NGX_HTTP_HEALTHCODE_HEARTBEAT_LEASE   4

/* Milliseconds without a byte that a store with a cache has at most. */
#define NGX_HTTP_HEALTHCODE_HEARTBEAT_SILENCE 1000


static void ngx_http_healthcode_heartbeat_handler(ngx_event_t *ev);


void
ngx_http_healthcode_heartbeat_init(ngx_http_healthcode_redis_t *redis)
{
    redis->heartbeat.handler = ngx_http_healthcode_heartbeat_handler;
    redis->heartbeat.data = &redis->dummy;
    redis->heartbeat.log = redis->log;
    redis->heartbeat.cancelable = 1;
}


/* With a cache at once: nothing is fresh until it is answered. */
void
ngx_http_healthcode_heartbeat_start(ngx_http_healthcode_redis_t *redis)
{
    redis->memory = ngx_current_msec;

    if (redis->counters) {
        ngx_http_healthcode_heartbeat_handler(&redis->heartbeat);

    } else {
        ngx_add_timer(&redis->heartbeat, NGX_HTTP_HEALTHCODE_HEARTBEAT);
    }
}


/* The store is still a master that evicts nothing, and the way to it open. */
static void
ngx_http_healthcode_heartbeat_handler(ngx_event_t *ev)
{
    ngx_uint_t                     memory = 1;
    ngx_msec_t                     period = NGX_HTTP_HEALTHCODE_HEARTBEAT;
    ngx_connection_t              *dummy = ev->data;
    ngx_http_healthcode_redis_t   *redis = dummy->data;
    ngx_http_healthcode_lookup_t  *lookup;

    if (redis->state != NGX_HTTP_HEALTHCODE_REDIS_LIVE) {
        return;
    }

    if (redis->counters) {
        period = redis->store->lease / NGX_HTTP_HEALTHCODE_HEARTBEAT_LEASE;
        memory = (ngx_current_msec - redis->memory
                  >= NGX_HTTP_HEALTHCODE_HEARTBEAT_MEMORY);
    }

    lookup = ngx_http_healthcode_lookup_push(redis);

    if (lookup == NULL
        || !healthcode_handshake_again_format(&redis->store->handshake,
                                              memory, &redis->out))
    {
        ngx_http_healthcode_redis_fail(redis,
                                       HEALTHCODE_REASON_STORE_UNAVAILABLE,
                                       "there is no memory");
        return;
    }

    lookup->is_heartbeat = 1;
    lookup->asks_memory = memory;
    lookup->expected = healthcode_handshake_again(&redis->store->handshake,
                                                  memory);

    if (memory) {
        redis->memory = ngx_current_msec;
    }

    ngx_http_healthcode_lookup_appended(lookup);

    ngx_post_event(&redis->flush, &ngx_posted_events);
    ngx_add_timer(&redis->heartbeat, period);
}


void
ngx_http_healthcode_heartbeat_done(ngx_http_healthcode_lookup_t *lookup)
{
    const redisReply             *meta;
    ngx_http_healthcode_redis_t  *redis = lookup->redis;

    redis->judgement = healthcode_handshake_again_read(
                           &redis->store->handshake, lookup->asks_memory,
                           lookup->replies, &meta, redis->what,
                           sizeof(redis->what));

    if (redis->judgement == HEALTHCODE_REASON_OK) {
        ngx_http_healthcode_absence_renew(lookup, meta);
    }
}


ngx_msec_t
ngx_http_healthcode_heartbeat_silence(const ngx_http_healthcode_redis_t *redis)
{
    return redis->counters ? ngx_min(redis->store->timeout,
                                     NGX_HTTP_HEALTHCODE_HEARTBEAT_SILENCE)
                           : redis->store->timeout;
}


void
ngx_http_healthcode_heartbeat_watch(ngx_http_healthcode_redis_t *redis)
{
    ngx_msec_t                     since, silence;
    ngx_msec_int_t                 left;
    ngx_http_healthcode_lookup_t  *oldest;

    ngx_http_healthcode_redis_drain(redis);

    if (redis->state == NGX_HTTP_HEALTHCODE_REDIS_LIVE && redis->stuck) {
        ngx_http_healthcode_redis_write(redis);
    }

    if (redis->state != NGX_HTTP_HEALTHCODE_REDIS_LIVE
        || ngx_queue_empty(&redis->lookups))
    {
        return;
    }

    silence = ngx_http_healthcode_heartbeat_silence(redis);
    oldest = ngx_queue_data(ngx_queue_head(&redis->lookups),
                            ngx_http_healthcode_lookup_t, queue);

    ngx_time_update();

    since = ((ngx_msec_int_t) (redis->received - oldest->sent) > 0)
            ? redis->received : oldest->sent;
    left = (ngx_msec_int_t) (since + silence - ngx_current_msec);

    if (left > 0
        && ngx_current_msec - oldest->sent
           < NGX_HTTP_HEALTHCODE_STALLED * redis->store->timeout)
    {
        ngx_add_timer(&redis->timer, (ngx_msec_t) left);
        return;
    }

    ngx_http_healthcode_redis_fail(redis, HEALTHCODE_REASON_STORE_TIMEOUT,
                                   "it does not answer in timeout");
}
