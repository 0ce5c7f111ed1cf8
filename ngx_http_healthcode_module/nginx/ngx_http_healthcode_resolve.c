/*
 * The name of a store that says "resolve": its address, and whether that is
 * still the one that is connected to.  Knows no request and no reply.
 * README.md, "server".
 */

#include "ngx_http_healthcode_redis_private.h"


/* Milliseconds: a name is asked for again no sooner. */
#define NGX_HTTP_HEALTHCODE_RESOLVE_MIN  1000


static ngx_resolver_ctx_t *ngx_http_healthcode_resolve_ctx(
    ngx_http_healthcode_redis_t *redis, ngx_resolver_handler_pt handler);
static void ngx_http_healthcode_resolve_handler(ngx_resolver_ctx_t *ctx);
static void ngx_http_healthcode_resolve_failed(
    ngx_http_healthcode_redis_t *redis, ngx_int_t state);
static void ngx_http_healthcode_resolve_take(
    ngx_http_healthcode_redis_t *redis, ngx_resolver_ctx_t *ctx);
static void ngx_http_healthcode_resolve_renew_handler(ngx_event_t *ev);
static void ngx_http_healthcode_resolve_renewed(ngx_resolver_ctx_t *ctx);
static void ngx_http_healthcode_resolve_say(
    ngx_http_healthcode_redis_t *redis, ngx_int_t state);
static ngx_uint_t ngx_http_healthcode_resolve_is_there(
    ngx_http_healthcode_redis_t *redis, ngx_resolver_ctx_t *ctx);
static void ngx_http_healthcode_resolve_leave(
    ngx_http_healthcode_redis_t *redis);


void
ngx_http_healthcode_resolve_init(ngx_http_healthcode_redis_t *redis)
{
    redis->renew.handler = ngx_http_healthcode_resolve_renew_handler;
    redis->renew.data = &redis->dummy;
    redis->renew.log = redis->log;
    redis->renew.cancelable = 1;
}


void
ngx_http_healthcode_resolve_stop(ngx_http_healthcode_redis_t *redis)
{
    if (redis->resolving) {
        ngx_resolve_name_done(redis->resolving);
        redis->resolving = NULL;
    }

    if (redis->renew.timer_set) {
        ngx_del_timer(&redis->renew);
    }
}


/* NULL: no memory. */
static ngx_resolver_ctx_t *
ngx_http_healthcode_resolve_ctx(ngx_http_healthcode_redis_t *redis,
    ngx_resolver_handler_pt handler)
{
    ngx_resolver_ctx_t           *ctx, temp;
    ngx_http_healthcode_store_t  *store = redis->store;

    ngx_memzero(&temp, sizeof(ngx_resolver_ctx_t));
    temp.name = store->url.host;

    ctx = ngx_resolve_start(store->resolver, &temp);

    if (ctx == NULL || ctx == NGX_NO_RESOLVER) {
        return NULL;
    }

    ctx->name = store->url.host;
    ctx->handler = handler;
    ctx->data = redis;
    ctx->timeout = store->resolver_timeout;
    ctx->cancelable = 1;

    redis->resolving = ctx;

    return ctx;
}


/* ---- to connect ---- */

void
ngx_http_healthcode_resolve_start(ngx_http_healthcode_redis_t *redis)
{
    ngx_resolver_ctx_t  *ctx;

    redis->state = NGX_HTTP_HEALTHCODE_REDIS_RESOLVING;

    ctx = ngx_http_healthcode_resolve_ctx(redis,
                                          ngx_http_healthcode_resolve_handler);

    if (ctx == NULL || ngx_resolve_name(ctx) != NGX_OK) {
        /* the resolver has freed ctx */
        redis->resolving = NULL;
        ngx_http_healthcode_resolve_failed(redis, NGX_OK);
    }
}


static void
ngx_http_healthcode_resolve_handler(ngx_resolver_ctx_t *ctx)
{
    ngx_int_t                     state = ctx->state;
    ngx_http_healthcode_redis_t  *redis = ctx->data;

    redis->resolving = NULL;

    if (state == NGX_OK && ctx->naddrs == 0) {
        state = NGX_RESOLVE_NXDOMAIN;
    }

    if (state == NGX_OK) {
        ngx_http_healthcode_resolve_take(redis, ctx);
    }

    ngx_resolve_name_done(ctx);

    if (state != NGX_OK) {
        ngx_http_healthcode_resolve_failed(redis, state);
        return;
    }

    ngx_http_healthcode_redis_connect(redis, &redis->sockaddr.sockaddr,
                                      redis->socklen, &redis->store->url.url);
}


/* state is that of the resolver; NGX_OK: it was not even asked. */
static void
ngx_http_healthcode_resolve_failed(ngx_http_healthcode_redis_t *redis,
    ngx_int_t state)
{
    char  what[HEALTHCODE_REFUSAL_SIZE];

    (void) ngx_snprintf((u_char *) what, sizeof(what),
                        "its name could not be resolved (%i: %s); check the "
                        "name in \"server\", and \"resolver\"%Z", state,
                        state == NGX_OK ? "no memory"
                                        : ngx_resolver_strerror(state));

    ngx_http_healthcode_redis_fail(redis, HEALTHCODE_REASON_STORE_UNAVAILABLE,
                                   what);
}


/* One of the addresses, in turn. */
static void
ngx_http_healthcode_resolve_take(ngx_http_healthcode_redis_t *redis,
    ngx_resolver_ctx_t *ctx)
{
    ngx_resolver_addr_t  *addr;

    addr = &ctx->addrs[redis->address++ % ctx->naddrs];

    redis->socklen = ngx_min(addr->socklen, (socklen_t) sizeof(ngx_sockaddr_t));
    ngx_memcpy(&redis->sockaddr, addr->sockaddr, redis->socklen);
    ngx_inet_set_port(&redis->sockaddr.sockaddr, redis->store->url.port);

    redis->valid = ctx->valid;
}


/* ---- while it is connected ---- */

/* The resolver does not ask again in the last second of its answer. */
void
ngx_http_healthcode_resolve_live(ngx_http_healthcode_redis_t *redis)
{
    ngx_msec_int_t  left;

    if (redis->store->resolve) {
        left = (ngx_msec_int_t) (redis->valid - ngx_time() + 1) * 1000;

        ngx_add_timer(&redis->renew,
                      (ngx_msec_t) ngx_max(left,
                                           NGX_HTTP_HEALTHCODE_RESOLVE_MIN));
    }
}


static void
ngx_http_healthcode_resolve_renew_handler(ngx_event_t *ev)
{
    ngx_connection_t             *dummy = ev->data;
    ngx_resolver_ctx_t           *ctx;
    ngx_http_healthcode_redis_t  *redis = dummy->data;

    ctx = ngx_http_healthcode_resolve_ctx(redis,
                                          ngx_http_healthcode_resolve_renewed);

    if (ctx == NULL || ngx_resolve_name(ctx) != NGX_OK) {
        redis->resolving = NULL;
        ngx_http_healthcode_resolve_live(redis);
    }
}


/* No answer says nothing against the connection. */
static void
ngx_http_healthcode_resolve_renewed(ngx_resolver_ctx_t *ctx)
{
    ngx_int_t                     state = ctx->state;
    ngx_uint_t                    stays;
    ngx_http_healthcode_redis_t  *redis = ctx->data;

    redis->resolving = NULL;
    redis->valid = ctx->valid;

    stays = (state != NGX_OK || ctx->naddrs == 0
             || ngx_http_healthcode_resolve_is_there(redis, ctx));

    if (!stays) {
        ngx_http_healthcode_resolve_take(redis, ctx);
    }

    ngx_resolve_name_done(ctx);

    ngx_http_healthcode_resolve_say(redis, state);

    if (stays) {
        ngx_http_healthcode_resolve_live(redis);

    } else {
        ngx_http_healthcode_resolve_leave(redis);
    }
}


static void
ngx_http_healthcode_resolve_say(ngx_http_healthcode_redis_t *redis,
    ngx_int_t state)
{
    if (state != NGX_OK && !redis->is_unresolved_told) {
        ngx_log_error(NGX_LOG_WARN, redis->log, 0,
                      "healthcode: store \"%V\" at %V: its name could not be "
                      "resolved again (%i: %s); the connection is kept",
                      &redis->store->name, &redis->store->url.url, state,
                      ngx_resolver_strerror(state));
    }

    redis->is_unresolved_told = (state != NGX_OK);
}


static ngx_uint_t
ngx_http_healthcode_resolve_is_there(ngx_http_healthcode_redis_t *redis,
    ngx_resolver_ctx_t *ctx)
{
    ngx_uint_t  i;

    for (i = 0; i < ctx->naddrs; i++) {
        if (ngx_cmp_sockaddr(ctx->addrs[i].sockaddr, ctx->addrs[i].socklen,
                             &redis->sockaddr.sockaddr, redis->socklen, 0)
            == NGX_OK)
        {
            return 1;
        }
    }

    return 0;
}


/* ---- to leave ---- */

/*
 * Those who have asked are answered here; those who ask from now on wait for
 * the other address.  What is known is of this one.
 */
static void
ngx_http_healthcode_resolve_leave(ngx_http_healthcode_redis_t *redis)
{
    ngx_log_error(NGX_LOG_NOTICE, redis->log, 0,
                  "healthcode: the name of store \"%V\" at %V leads to another "
                  "address; connecting there", &redis->store->name,
                  &redis->store->url.url);

    ngx_http_healthcode_redis_write(redis);

    if (redis->state != NGX_HTTP_HEALTHCODE_REDIS_LIVE) {
        return;
    }

    redis->state = NGX_HTTP_HEALTHCODE_REDIS_LEAVING;

    ngx_http_healthcode_absence_lose(redis);
    ngx_http_healthcode_lookup_leave(redis);

    if (redis->heartbeat.timer_set) {
        ngx_del_timer(&redis->heartbeat);
    }

    ngx_add_timer(&redis->timer, redis->store->timeout);

    (void) ngx_http_healthcode_resolve_left(redis);
}


ngx_int_t
ngx_http_healthcode_resolve_left(ngx_http_healthcode_redis_t *redis)
{
    if (!ngx_queue_empty(&redis->lookups)) {
        return NGX_OK;
    }

    ngx_http_healthcode_resolve_move(redis);

    return NGX_ERROR;
}


void
ngx_http_healthcode_resolve_move(ngx_http_healthcode_redis_t *redis)
{
    ngx_http_healthcode_redis_disconnect(redis);

    /* not DOWN: whoever asks while others are told would connect as well */
    redis->state = NGX_HTTP_HEALTHCODE_REDIS_RESOLVING;
    redis->failures = 0;

    ngx_http_healthcode_lookup_abandon(redis, HEALTHCODE_REASON_STORE_TIMEOUT);

    ngx_http_healthcode_redis_connect(redis, &redis->sockaddr.sockaddr,
                                      redis->socklen, &redis->store->url.url);
}
