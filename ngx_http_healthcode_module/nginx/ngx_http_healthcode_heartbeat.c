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
        || !healthcode_handshake_again_format(&redis->handshake, memory,
                                              &redis->out))
    {
        ngx_http_healthcode_redis_fail(redis,
                                       HEALTHCODE_REASON_STORE_UNAVAILABLE,
                                       "there is no memory");
        return;
    }

    lookup->is_heartbeat = 1;
    lookup->asks_memory = memory;
    lookup->expected = healthcode_handshake_again(&redis->handshake, memory);

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
    healthcode_handshake_seen_t   seen;
    ngx_http_healthcode_redis_t  *redis = lookup->redis;

    if (redis->state == NGX_HTTP_HEALTHCODE_REDIS_LEAVING) {
        return;
    }

    redis->judgement = healthcode_handshake_again_read(
                           &redis->handshake, lookup->asks_memory,
                           lookup->replies, &seen, redis->what,
                           sizeof(redis->what));

    if (redis->judgement != HEALTHCODE_REASON_OK) {
        return;
    }

    ngx_http_healthcode_absence_renew(lookup, seen.meta);

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, redis->log, 0,
                   "healthcode: store \"%V\": proves itself again, memory: %ui",
                   &redis->store->name, (ngx_uint_t) lookup->asks_memory);

    if (seen.time) {
        ngx_http_healthcode_heartbeat_skew(redis, seen.time);
    }

    /* where the line that it is up was one too many when it came up */
    ngx_http_healthcode_redis_say_up(redis);
}


void
ngx_http_healthcode_heartbeat_judge(ngx_http_healthcode_lookup_t *lookup,
    const redisReply *reply)
{
    char                          what[HEALTHCODE_REFUSAL_SIZE];
    healthcode_reason_e           reason;
    ngx_http_healthcode_redis_t  *redis = lookup->redis;

    if (redis->state == NGX_HTTP_HEALTHCODE_REDIS_LEAVING) {
        return;
    }

    reason = healthcode_handshake_read_live(&redis->handshake,
                                            lookup->received, lookup->expected,
                                            reply, what, sizeof(what));

    if (reason != HEALTHCODE_REASON_OK) {
        /* what refuses a read does not refuse the handshake, unless it reads */
        redis->handshake.reads = true;
        redis->judgement = reason;
        ngx_cpystrn((u_char *) redis->what, (u_char *) what, sizeof(what));
        return;
    }

    if (reply->type == REDIS_REPLY_ERROR && redis->complained != ngx_time()) {
        /* this lookup alone will fail: a key of a wrong type is one holder's */
        redis->complained = ngx_time();

        (void) healthcode_refusal_text(reply, redis->handshake.password, what,
                                       sizeof(what));
        ngx_log_error(NGX_LOG_ERR, redis->log, 0,
                      "healthcode: store \"%V\" at %V answers with an error: "
                      "%s", &redis->store->name, &redis->store->url.url, what);
    }
}


void
ngx_http_healthcode_heartbeat_skew(ngx_http_healthcode_redis_t *redis,
    const redisReply *reply)
{
    int64_t                       ahead;
    healthcode_skew_e             last = redis->skew;
    ngx_http_healthcode_store_t  *store = redis->store;

    redis->skew = healthcode_skew_read(last, reply, ngx_time(), &ahead);

    if (redis->skew == last) {
        return;
    }

    switch (redis->skew) {

    case HEALTHCODE_SKEW_APART:
        ngx_log_error(NGX_LOG_WARN, redis->log, 0,
                      "healthcode: the clock of store \"%V\" at %V is %L s "
                      "%s ours; set both, Redis deletes flags by its own",
                      &store->name, &store->url.url,
                      ahead < 0 ? -ahead : ahead,
                      ahead < 0 ? "behind" : "ahead of");
        break;

    case HEALTHCODE_SKEW_UNKNOWN:
        ngx_log_error(NGX_LOG_WARN, redis->log, 0,
                      "healthcode: the clock of store \"%V\" at %V cannot be "
                      "compared with ours; give the gate's user the right "
                      "\"+time\"", &store->name, &store->url.url);
        break;

    case HEALTHCODE_SKEW_FINE:
        ngx_log_error(NGX_LOG_WARN, redis->log, 0,
                      "healthcode: the clock of store \"%V\" at %V agrees "
                      "with ours again", &store->name, &store->url.url);
        break;
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
    char                           what[HEALTHCODE_REFUSAL_SIZE];
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

    (void) ngx_snprintf((u_char *) what, sizeof(what),
                        "it does not answer in \"timeout\" (%M ms); is Redis "
                        "stopped or busy, or the way to it?%Z", silence);

    ngx_http_healthcode_redis_fail(redis, HEALTHCODE_REASON_STORE_TIMEOUT,
                                   what);
}
