/*
 * One worker's connection to one store: connect, prove, pipeline, time out,
 * back off.  Knows no request.  docs/request-path.md, "Redis".
 */

#include "ngx_http_healthcode_redis.h"

#include <ngx_event_connect.h>


/* A lookup that is unanswered for so many timeouts ends the connection. */
#define NGX_HTTP_HEALTHCODE_STALLED       5

/* Milliseconds between heartbeats. */
#define NGX_HTTP_HEALTHCODE_HEARTBEAT     1000

/* Milliseconds between attempts to connect: doubled from MIN up to MAX. */
#define NGX_HTTP_HEALTHCODE_BACKOFF_MIN   50
#define NGX_HTTP_HEALTHCODE_BACKOFF_MAX   1000


typedef enum {
    NGX_HTTP_HEALTHCODE_REDIS_DOWN = 0,    /* waiting to try again */
    NGX_HTTP_HEALTHCODE_REDIS_RESOLVING,
    NGX_HTTP_HEALTHCODE_REDIS_CONNECTING,
    NGX_HTTP_HEALTHCODE_REDIS_HANDSHAKE,
    NGX_HTTP_HEALTHCODE_REDIS_LIVE,
    NGX_HTTP_HEALTHCODE_REDIS_DESTROYED
} ngx_http_healthcode_redis_state_e;


struct ngx_http_healthcode_lookup_s {
    ngx_queue_t                          queue;
    ngx_http_healthcode_redis_t         *redis;
    ngx_http_healthcode_lookup_done_pt   done;    /* NULL: nobody waits */
    void                                *data;
    ngx_msec_t                           due;     /* of ngx_current_msec */
    ngx_msec_t                           sent;
    ngx_uint_t                           held;    /* until the store is live */
    ngx_uint_t                           expected;
    ngx_uint_t                           received;
    redisReply                          *replies[HEALTHCODE_RISK_REPLIES_MAX];
};


struct ngx_http_healthcode_redis_s {
    ngx_http_healthcode_redis_state_e    state;
    ngx_http_healthcode_store_t         *store;
    ngx_log_t                           *log;
    ngx_log_t                            quiet;     /* while it stays down */

    ngx_connection_t                    *connection;
    healthcode_reply_reader_t           *reader;
    ngx_uint_t                           handshaken;
    ngx_msec_t                           received;  /* when anything last was */

    healthcode_redis_buf_t               out;       /* to be written */
    healthcode_redis_buf_t               held;      /* to follow a handshake */
    ngx_queue_t                          lookups;   /* in the order sent */
    ngx_queue_t                          unsent;    /* of them, none written */
    ngx_queue_t                          spare;
    ngx_uint_t                           pending;

    ngx_event_t                          flush;
    ngx_event_t                          timer;     /* connect; silence; try
                                                       again */
    ngx_event_t                          heartbeat;
    ngx_event_t                          late;      /* the oldest who waits */
    ngx_uint_t                           failures;  /* one after another */
    ngx_msec_t                           live;      /* since when */
    healthcode_reason_e                  reason;    /* why it is down */
    healthcode_reason_e                  judgement; /* of the heartbeat */
    char                                 what[256];
    ngx_uint_t                           told;      /* that it is down */
    time_t                               complained;   /* of an error reply */
    ngx_uint_t                           address;   /* the next to try */

    ngx_resolver_ctx_t                  *resolving;
    ngx_sockaddr_t                       sockaddr;
    socklen_t                            socklen;

    ngx_connection_t                     dummy;     /* timers log its fd */
};


static void ngx_http_healthcode_redis_start(ngx_http_healthcode_redis_t *redis);
static void ngx_http_healthcode_redis_resolve(
    ngx_http_healthcode_redis_t *redis);
static void ngx_http_healthcode_redis_resolved(ngx_resolver_ctx_t *ctx);
static void ngx_http_healthcode_redis_connect(
    ngx_http_healthcode_redis_t *redis, struct sockaddr *sockaddr,
    socklen_t socklen, ngx_str_t *name);
static ngx_int_t ngx_http_healthcode_redis_connected(
    ngx_http_healthcode_redis_t *redis);
static void ngx_http_healthcode_redis_flush_handler(ngx_event_t *ev);
static void ngx_http_healthcode_redis_write_handler(ngx_event_t *wev);
static void ngx_http_healthcode_redis_write(ngx_http_healthcode_redis_t *redis);
static void ngx_http_healthcode_redis_sent(ngx_http_healthcode_redis_t *redis);
static void ngx_http_healthcode_redis_read_handler(ngx_event_t *rev);
static void ngx_http_healthcode_redis_read(ngx_http_healthcode_redis_t *redis);
static void ngx_http_healthcode_redis_drain(ngx_http_healthcode_redis_t *redis);
static ngx_int_t ngx_http_healthcode_redis_feed(
    ngx_http_healthcode_redis_t *redis, u_char *data, size_t len);
static ngx_int_t ngx_http_healthcode_redis_reply(
    ngx_http_healthcode_redis_t *redis, redisReply *reply);
static ngx_int_t ngx_http_healthcode_redis_greet(
    ngx_http_healthcode_redis_t *redis, redisReply *reply);
static void ngx_http_healthcode_redis_live(ngx_http_healthcode_redis_t *redis);
static void ngx_http_healthcode_redis_timer_handler(ngx_event_t *ev);
static void ngx_http_healthcode_redis_watch(ngx_http_healthcode_redis_t *redis);
static void ngx_http_healthcode_redis_heartbeat_handler(ngx_event_t *ev);
static void ngx_http_healthcode_redis_heartbeat_done(void *data,
    healthcode_reason_e reason, redisReply **replies);
static void ngx_http_healthcode_redis_late_handler(ngx_event_t *ev);
static void ngx_http_healthcode_redis_unhold(
    ngx_http_healthcode_redis_t *redis);
static ngx_uint_t ngx_http_healthcode_redis_expire(
    ngx_http_healthcode_redis_t *redis, ngx_queue_t *queue);
static void ngx_http_healthcode_redis_late(
    ngx_http_healthcode_lookup_t *lookup);
static ngx_http_healthcode_lookup_t *ngx_http_healthcode_redis_push(
    ngx_http_healthcode_redis_t *redis);
static void ngx_http_healthcode_redis_end(ngx_http_healthcode_lookup_t *lookup,
    healthcode_reason_e reason);
static void ngx_http_healthcode_redis_fail(ngx_http_healthcode_redis_t *redis,
    healthcode_reason_e reason, const char *what);
static void ngx_http_healthcode_redis_close(ngx_http_healthcode_redis_t *redis,
    healthcode_reason_e reason);
static ngx_msec_t ngx_http_healthcode_redis_backoff(
    ngx_http_healthcode_redis_t *redis);


ngx_http_healthcode_redis_t *
ngx_http_healthcode_redis_create(ngx_cycle_t *cycle,
    ngx_http_healthcode_store_t *store)
{
    ngx_http_healthcode_redis_t  *redis;

    redis = ngx_pcalloc(cycle->pool, sizeof(ngx_http_healthcode_redis_t));
    if (redis == NULL) {
        return NULL;
    }

    redis->store = store;
    redis->log = cycle->log;
    redis->quiet = *cycle->log;
    redis->quiet.log_level = NGX_LOG_ALERT;
    redis->reason = HEALTHCODE_REASON_STORE_UNAVAILABLE;
    redis->dummy.fd = (ngx_socket_t) -1;
    redis->dummy.data = redis;

    ngx_queue_init(&redis->lookups);
    ngx_queue_init(&redis->unsent);
    ngx_queue_init(&redis->spare);

    redis->flush.handler = ngx_http_healthcode_redis_flush_handler;
    redis->flush.data = &redis->dummy;
    redis->flush.log = redis->log;

    redis->timer.handler = ngx_http_healthcode_redis_timer_handler;
    redis->timer.data = &redis->dummy;
    redis->timer.log = redis->log;
    redis->timer.cancelable = 1;

    redis->heartbeat.handler = ngx_http_healthcode_redis_heartbeat_handler;
    redis->heartbeat.data = &redis->dummy;
    redis->heartbeat.log = redis->log;
    redis->heartbeat.cancelable = 1;

    /*
     * Not cancelable: without it, a worker told to quit would leave while
     * requests are suspended.
     */
    redis->late.handler = ngx_http_healthcode_redis_late_handler;
    redis->late.data = &redis->dummy;
    redis->late.log = redis->log;

    ngx_http_healthcode_redis_start(redis);

    return redis;
}


void
ngx_http_healthcode_redis_destroy(ngx_http_healthcode_redis_t *redis)
{
    ngx_queue_t                   *q;
    ngx_http_healthcode_lookup_t  *lookup;

    ngx_http_healthcode_redis_close(redis, HEALTHCODE_REASON_STORE_UNAVAILABLE);
    redis->state = NGX_HTTP_HEALTHCODE_REDIS_DESTROYED;

    if (redis->timer.timer_set) {
        ngx_del_timer(&redis->timer);
    }

    while (!ngx_queue_empty(&redis->spare)) {
        q = ngx_queue_head(&redis->spare);
        ngx_queue_remove(q);
        lookup = ngx_queue_data(q, ngx_http_healthcode_lookup_t, queue);
        ngx_free(lookup);
    }

    healthcode_redis_buf_free(&redis->out);
    healthcode_redis_buf_free(&redis->held);
}


healthcode_reason_e
ngx_http_healthcode_redis_lookup(ngx_http_healthcode_redis_t *redis,
    const healthcode_risk_query_t *query,
    ngx_http_healthcode_lookup_done_pt done, void *data,
    ngx_http_healthcode_lookup_t **lookup)
{
    healthcode_redis_buf_t        *buf;
    ngx_http_healthcode_lookup_t  *l;

    if (redis->state == NGX_HTTP_HEALTHCODE_REDIS_DOWN) {

        if (redis->failures == 0) {
            ngx_http_healthcode_redis_start(redis);
        }

        if (redis->failures) {
            return redis->reason;
        }
    }

    if (redis->pending >= (ngx_uint_t) redis->store->max_pending) {
        return HEALTHCODE_REASON_STORE_BUSY;
    }

    l = ngx_http_healthcode_redis_push(redis);
    if (l == NULL) {
        return HEALTHCODE_REASON_FAULT;
    }

    buf = (redis->state == NGX_HTTP_HEALTHCODE_REDIS_LIVE) ? &redis->out
                                                           : &redis->held;

    if (!healthcode_risk_codec_format(query, buf)) {
        ngx_queue_remove(&l->queue);
        ngx_queue_insert_head(&redis->spare, &l->queue);
        redis->pending--;
        return HEALTHCODE_REASON_FAULT;
    }

    l->done = done;
    l->data = data;
    l->expected = healthcode_risk_codec_replies(query);

    l->held = (buf == &redis->held);

    if (!l->held) {
        ngx_post_event(&redis->flush, &ngx_posted_events);
    }

    /* all wait equally long, so one timer serves them in turn */

    l->due = ngx_current_msec + redis->store->timeout;

    if (!redis->late.timer_set) {
        ngx_add_timer(&redis->late, redis->store->timeout);
    }

    *lookup = l;

    return HEALTHCODE_REASON_OK;
}


void
ngx_http_healthcode_redis_cancel(ngx_http_healthcode_lookup_t *lookup)
{
    lookup->done = NULL;
}


static ngx_http_healthcode_lookup_t *
ngx_http_healthcode_redis_push(ngx_http_healthcode_redis_t *redis)
{
    ngx_queue_t                   *q;
    ngx_http_healthcode_lookup_t  *lookup;

    if (ngx_queue_empty(&redis->spare)) {
        lookup = ngx_alloc(sizeof(ngx_http_healthcode_lookup_t), redis->log);
        if (lookup == NULL) {
            return NULL;
        }

    } else {
        q = ngx_queue_head(&redis->spare);
        ngx_queue_remove(q);
        lookup = ngx_queue_data(q, ngx_http_healthcode_lookup_t, queue);
    }

    ngx_memzero(lookup, sizeof(ngx_http_healthcode_lookup_t));

    lookup->redis = redis;

    ngx_queue_insert_tail(&redis->unsent, &lookup->queue);
    redis->pending++;

    return lookup;
}


/* Takes a lookup that is done or failed out of its queue. */
static void
ngx_http_healthcode_redis_end(ngx_http_healthcode_lookup_t *lookup,
    healthcode_reason_e reason)
{
    ngx_http_healthcode_redis_t  *redis = lookup->redis;

    if (lookup->done) {
        lookup->done(lookup->data, reason,
                     (reason == HEALTHCODE_REASON_OK) ? lookup->replies : NULL);
        lookup->done = NULL;
    }

    ngx_queue_remove(&lookup->queue);
    ngx_queue_insert_head(&redis->spare, &lookup->queue);
    redis->pending--;
}


static void
ngx_http_healthcode_redis_start(ngx_http_healthcode_redis_t *redis)
{
    ngx_addr_t                   *addr;
    ngx_http_healthcode_store_t  *store = redis->store;

    if (redis->timer.timer_set) {
        ngx_del_timer(&redis->timer);
    }

    if (store->resolve) {
        ngx_http_healthcode_redis_resolve(redis);
        return;
    }

    addr = &store->url.addrs[redis->address++ % store->url.naddrs];

    ngx_http_healthcode_redis_connect(redis, addr->sockaddr, addr->socklen,
                                      &addr->name);
}


static void
ngx_http_healthcode_redis_resolve(ngx_http_healthcode_redis_t *redis)
{
    ngx_resolver_ctx_t           *ctx, temp;
    ngx_http_healthcode_store_t  *store = redis->store;

    ngx_memzero(&temp, sizeof(ngx_resolver_ctx_t));
    temp.name = store->url.host;

    ctx = ngx_resolve_start(store->resolver, &temp);

    if (ctx == NULL || ctx == NGX_NO_RESOLVER) {
        ngx_http_healthcode_redis_fail(redis,
                                       HEALTHCODE_REASON_STORE_UNAVAILABLE,
                                       "its name cannot be resolved");
        return;
    }

    ctx->name = store->url.host;
    ctx->handler = ngx_http_healthcode_redis_resolved;
    ctx->data = redis;
    ctx->timeout = store->resolver_timeout;
    ctx->cancelable = 1;

    redis->state = NGX_HTTP_HEALTHCODE_REDIS_RESOLVING;
    redis->resolving = ctx;

    if (ngx_resolve_name(ctx) != NGX_OK) {
        /* the resolver has freed ctx */
        redis->resolving = NULL;
        ngx_http_healthcode_redis_fail(redis,
                                       HEALTHCODE_REASON_STORE_UNAVAILABLE,
                                       "its name cannot be resolved");
    }
}


static void
ngx_http_healthcode_redis_resolved(ngx_resolver_ctx_t *ctx)
{
    ngx_resolver_addr_t          *addr;
    ngx_http_healthcode_redis_t  *redis = ctx->data;

    redis->resolving = NULL;

    if (ctx->state || ctx->naddrs == 0) {
        ngx_resolve_name_done(ctx);
        ngx_http_healthcode_redis_fail(redis,
                                       HEALTHCODE_REASON_STORE_UNAVAILABLE,
                                       "its name cannot be resolved");
        return;
    }

    addr = &ctx->addrs[redis->address++ % ctx->naddrs];

    redis->socklen = ngx_min(addr->socklen, (socklen_t) sizeof(ngx_sockaddr_t));
    ngx_memcpy(&redis->sockaddr, addr->sockaddr, redis->socklen);
    ngx_inet_set_port(&redis->sockaddr.sockaddr, redis->store->url.port);

    ngx_resolve_name_done(ctx);

    ngx_http_healthcode_redis_connect(redis, &redis->sockaddr.sockaddr,
                                      redis->socklen, &redis->store->url.url);
}


static void
ngx_http_healthcode_redis_connect(ngx_http_healthcode_redis_t *redis,
    struct sockaddr *sockaddr, socklen_t socklen, ngx_str_t *name)
{
    ngx_int_t               rc;
    ngx_connection_t       *c;
    ngx_peer_connection_t   peer;

    ngx_memzero(&peer, sizeof(ngx_peer_connection_t));

    peer.sockaddr = sockaddr;
    peer.socklen = socklen;
    peer.name = name;
    peer.get = ngx_event_get_peer;
    peer.log = redis->told ? &redis->quiet : redis->log;
    peer.log_error = NGX_ERROR_ERR;

    redis->state = NGX_HTTP_HEALTHCODE_REDIS_CONNECTING;
    redis->reader = healthcode_reply_reader_create();

    rc = redis->reader ? ngx_event_connect_peer(&peer) : NGX_ERROR;

    c = peer.connection;
    redis->connection = c;

    if (rc != NGX_OK && rc != NGX_AGAIN) {
        ngx_http_healthcode_redis_fail(redis,
                                       HEALTHCODE_REASON_STORE_UNAVAILABLE,
                                       "it cannot be connected to");
        return;
    }

    c->data = redis;
    c->idle = 1;
    c->read->handler = ngx_http_healthcode_redis_read_handler;
    c->write->handler = ngx_http_healthcode_redis_write_handler;

    ngx_add_timer(&redis->timer, redis->store->connect_timeout);

    if (rc == NGX_OK && ngx_http_healthcode_redis_connected(redis) != NGX_OK) {
        ngx_http_healthcode_redis_fail(redis,
                                       HEALTHCODE_REASON_STORE_UNAVAILABLE,
                                       "it cannot be connected to");
    }
}


static ngx_int_t
ngx_http_healthcode_redis_connected(ngx_http_healthcode_redis_t *redis)
{
    int                error;
    socklen_t          len = sizeof(int);
    ngx_connection_t  *c = redis->connection;

    error = 0;

    if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, (void *) &error, &len) == -1) {
        error = ngx_socket_errno;
    }

    if (error) {
        return NGX_ERROR;
    }

    if (redis->store->url.family != AF_UNIX && ngx_tcp_nodelay(c) != NGX_OK) {
        return NGX_ERROR;
    }

    if (!healthcode_handshake_format(&redis->store->handshake, &redis->out)) {
        return NGX_ERROR;
    }

    redis->state = NGX_HTTP_HEALTHCODE_REDIS_HANDSHAKE;
    redis->handshaken = 0;

    ngx_post_event(&redis->flush, &ngx_posted_events);

    return NGX_OK;
}


static void
ngx_http_healthcode_redis_flush_handler(ngx_event_t *ev)
{
    ngx_connection_t             *dummy = ev->data;
    ngx_http_healthcode_redis_t  *redis = dummy->data;

    if (redis->connection) {
        ngx_http_healthcode_redis_write(redis);
    }
}


static void
ngx_http_healthcode_redis_write_handler(ngx_event_t *wev)
{
    ngx_connection_t             *c = wev->data;
    ngx_http_healthcode_redis_t  *redis = c->data;

    if (redis->state == NGX_HTTP_HEALTHCODE_REDIS_CONNECTING
        && ngx_http_healthcode_redis_connected(redis) != NGX_OK)
    {
        ngx_http_healthcode_redis_fail(redis,
                                       HEALTHCODE_REASON_STORE_UNAVAILABLE,
                                       "it cannot be connected to");
        return;
    }

    ngx_http_healthcode_redis_write(redis);
}


static void
ngx_http_healthcode_redis_write(ngx_http_healthcode_redis_t *redis)
{
    size_t             done = 0;
    ssize_t            n = 0;
    ngx_connection_t  *c = redis->connection;

    if (redis->state == NGX_HTTP_HEALTHCODE_REDIS_LIVE) {
        ngx_http_healthcode_redis_sent(redis);
    }

    while (done < redis->out.len) {

        n = c->send(c, (u_char *) redis->out.data + done,
                    redis->out.len - done);

        if (n <= 0) {
            break;
        }

        done += n;
    }

    healthcode_redis_buf_consume(&redis->out, done);

    if (n == NGX_ERROR || ngx_handle_write_event(c->write, 0) != NGX_OK) {
        ngx_http_healthcode_redis_fail(redis,
                                       HEALTHCODE_REASON_STORE_UNAVAILABLE,
                                       "the connection broke");
    }
}


/*
 * The clock of a lookup starts when it is sent, by the real time: this turn of
 * the loop may have spent long on signatures, which is not Redis being slow.
 */
static void
ngx_http_healthcode_redis_sent(ngx_http_healthcode_redis_t *redis)
{
    ngx_queue_t                   *q;
    ngx_http_healthcode_lookup_t  *lookup;

    if (ngx_queue_empty(&redis->unsent)) {
        return;
    }

    ngx_time_update();

    for (q = ngx_queue_head(&redis->unsent);
         q != ngx_queue_sentinel(&redis->unsent);
         q = ngx_queue_next(q))
    {
        lookup = ngx_queue_data(q, ngx_http_healthcode_lookup_t, queue);
        lookup->sent = ngx_current_msec;

        if (!lookup->held) {
            lookup->due = ngx_current_msec + redis->store->timeout;
        }
    }

    ngx_queue_add(&redis->lookups, &redis->unsent);
    ngx_queue_init(&redis->unsent);

    if (!redis->timer.timer_set) {
        ngx_add_timer(&redis->timer, redis->store->timeout);
    }
}


static void
ngx_http_healthcode_redis_read_handler(ngx_event_t *rev)
{
    ngx_connection_t             *c = rev->data;
    ngx_http_healthcode_redis_t  *redis = c->data;

    if (c->close) {
        /* the worker is leaving: stay for those who still wait */
        c->close = 0;

        if (redis->pending == 0) {
            ngx_http_healthcode_redis_close(redis,
                                        HEALTHCODE_REASON_STORE_UNAVAILABLE);
            redis->failures = 0;   /* whoever still comes makes it anew */
        }

        return;
    }

    ngx_http_healthcode_redis_read(redis);
}


static void
ngx_http_healthcode_redis_read(ngx_http_healthcode_redis_t *redis)
{
    u_char             data[16384];
    ssize_t            n;
    ngx_connection_t  *c = redis->connection;

    for ( ;; ) {

        n = c->recv(c, data, sizeof(data));

        if (n == NGX_AGAIN) {
            break;
        }

        if (n <= 0) {
            ngx_http_healthcode_redis_fail(redis,
                                           HEALTHCODE_REASON_STORE_UNAVAILABLE,
                                           "it closed the connection");
            return;
        }

        redis->received = ngx_current_msec;

        if (ngx_http_healthcode_redis_feed(redis, data, n) != NGX_OK) {
            return;
        }

        if (!c->read->ready) {
            break;
        }
    }

    if (ngx_handle_read_event(c->read, 0) != NGX_OK) {
        ngx_http_healthcode_redis_fail(redis,
                                       HEALTHCODE_REASON_STORE_UNAVAILABLE,
                                       "the connection broke");
    }
}


/* Reads what has come since the event loop last looked. */
static void
ngx_http_healthcode_redis_drain(ngx_http_healthcode_redis_t *redis)
{
    redis->connection->read->available = -1;
    redis->connection->read->ready = 1;

    ngx_http_healthcode_redis_read(redis);
}


/* NGX_OK, or NGX_ERROR where the connection has been closed. */
static ngx_int_t
ngx_http_healthcode_redis_feed(ngx_http_healthcode_redis_t *redis,
    u_char *data, size_t len)
{
    redisReply                 *reply;
    healthcode_reply_reader_e   rc;

    if (!healthcode_reply_reader_feed(redis->reader, data, len)) {
        ngx_http_healthcode_redis_fail(redis,
                                       HEALTHCODE_REASON_STORE_UNAVAILABLE,
                                       "a reply is too long");
        return NGX_ERROR;
    }

    for ( ;; ) {

        rc = healthcode_reply_reader_next(redis->reader, &reply);

        if (rc == HEALTHCODE_REPLY_READER_MORE) {
            return NGX_OK;
        }

        if (rc == HEALTHCODE_REPLY_READER_BROKEN) {
            ngx_http_healthcode_redis_fail(redis,
                                           HEALTHCODE_REASON_STORE_UNAVAILABLE,
                                           "it does not speak RESP3");
            return NGX_ERROR;
        }

        if (ngx_http_healthcode_redis_reply(redis, reply) != NGX_OK) {
            return NGX_ERROR;
        }
    }
}


/* A reply belongs to the first lookup that waits for one. */
static ngx_int_t
ngx_http_healthcode_redis_reply(ngx_http_healthcode_redis_t *redis,
    redisReply *reply)
{
    ngx_queue_t                   *q;
    ngx_http_healthcode_lookup_t  *lookup;

    if (redis->state == NGX_HTTP_HEALTHCODE_REDIS_HANDSHAKE) {
        return ngx_http_healthcode_redis_greet(redis, reply);
    }

    if (reply->type == REDIS_REPLY_PUSH || ngx_queue_empty(&redis->lookups)) {
        ngx_http_healthcode_redis_fail(redis,
                                       HEALTHCODE_REASON_STORE_UNAVAILABLE,
                                       "it sent what nobody asked for");
        return NGX_ERROR;
    }

    if (reply->type == REDIS_REPLY_ERROR && redis->complained != ngx_time()) {
        /* this lookup alone will fail: a key of a wrong type is one holder's */
        redis->complained = ngx_time();
        ngx_log_error(NGX_LOG_ERR, redis->log, 0,
                      "healthcode: store \"%V\" at %V answers with an error: "
                      "%*s", &redis->store->name, &redis->store->url.url,
                      healthcode_handshake_error_len(reply), reply->str);
    }

    q = ngx_queue_head(&redis->lookups);
    lookup = ngx_queue_data(q, ngx_http_healthcode_lookup_t, queue);

    lookup->replies[lookup->received++] = reply;

    if (lookup->received == lookup->expected) {
        ngx_http_healthcode_redis_end(lookup, HEALTHCODE_REASON_OK);
        healthcode_reply_reader_reset(redis->reader);
    }

    if (redis->judgement != HEALTHCODE_REASON_OK) {
        ngx_http_healthcode_redis_fail(redis, redis->judgement, redis->what);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_healthcode_redis_greet(ngx_http_healthcode_redis_t *redis,
    redisReply *reply)
{
    char                     what[256];
    healthcode_reason_e      reason;
    healthcode_handshake_t  *handshake = &redis->store->handshake;

    reason = healthcode_handshake_read(handshake, redis->handshaken++, reply,
                                       what, sizeof(what));
    healthcode_reply_reader_reset(redis->reader);

    if (reason != HEALTHCODE_REASON_OK) {
        ngx_http_healthcode_redis_fail(redis, reason, what);
        return NGX_ERROR;
    }

    if (redis->handshaken == healthcode_handshake_replies(handshake)) {
        ngx_http_healthcode_redis_live(redis);
    }

    return NGX_OK;
}


static void
ngx_http_healthcode_redis_live(ngx_http_healthcode_redis_t *redis)
{
    ngx_connection_t        *c = redis->connection;
    healthcode_redis_buf_t   empty;

    if (redis->told) {
        ngx_log_error(NGX_LOG_NOTICE, redis->log, 0,
                      "healthcode: store \"%V\" is up", &redis->store->name);
        redis->told = 0;
    }

    c->log = redis->log;
    c->read->log = redis->log;
    c->write->log = redis->log;

    redis->state = NGX_HTTP_HEALTHCODE_REDIS_LIVE;
    redis->live = ngx_current_msec;
    redis->judgement = HEALTHCODE_REASON_OK;

    /* not set where its own handler found the answer in the socket */
    if (redis->timer.timer_set) {
        ngx_del_timer(&redis->timer);
    }

    /* the handshake has been answered, so nothing of it is left to write */
    empty = redis->out;
    redis->out = redis->held;
    redis->held = empty;
    redis->held.len = 0;

    ngx_post_event(&redis->flush, &ngx_posted_events);
    ngx_add_timer(&redis->heartbeat, NGX_HTTP_HEALTHCODE_HEARTBEAT);
}


static void
ngx_http_healthcode_redis_timer_handler(ngx_event_t *ev)
{
    ngx_connection_t             *dummy = ev->data;
    ngx_http_healthcode_redis_t  *redis = dummy->data;

    if (redis->state == NGX_HTTP_HEALTHCODE_REDIS_DOWN) {
        ngx_http_healthcode_redis_start(redis);
        return;
    }

    if (redis->state == NGX_HTTP_HEALTHCODE_REDIS_LIVE) {
        ngx_http_healthcode_redis_watch(redis);
        return;
    }

    if (redis->state == NGX_HTTP_HEALTHCODE_REDIS_HANDSHAKE) {
        /* its answer may lie in the socket while this worker was busy */
        ngx_http_healthcode_redis_drain(redis);

        if (redis->state != NGX_HTTP_HEALTHCODE_REDIS_HANDSHAKE) {
            return;
        }
    }

    ngx_http_healthcode_redis_fail(redis, HEALTHCODE_REASON_STORE_TIMEOUT,
                                   "it does not answer in connect_timeout");
}


/*
 * Whether the store still answers, which the timers of lookups do not tell:
 * whoever asked may have left, and a tombstone has no timer.
 */
static void
ngx_http_healthcode_redis_watch(ngx_http_healthcode_redis_t *redis)
{
    ngx_msec_t                     since;
    ngx_msec_int_t                 left;
    ngx_http_healthcode_lookup_t  *oldest;

    ngx_http_healthcode_redis_drain(redis);

    if (redis->state != NGX_HTTP_HEALTHCODE_REDIS_LIVE
        || ngx_queue_empty(&redis->lookups))
    {
        return;
    }

    oldest = ngx_queue_data(ngx_queue_head(&redis->lookups),
                            ngx_http_healthcode_lookup_t, queue);

    ngx_time_update();

    since = ((ngx_msec_int_t) (redis->received - oldest->sent) > 0)
            ? redis->received : oldest->sent;
    left = (ngx_msec_int_t) (since + redis->store->timeout - ngx_current_msec);

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


/* The store is still a master that evicts nothing, and the way to it open. */
static void
ngx_http_healthcode_redis_heartbeat_handler(ngx_event_t *ev)
{
    ngx_connection_t              *dummy = ev->data;
    ngx_http_healthcode_redis_t   *redis = dummy->data;
    ngx_http_healthcode_lookup_t  *lookup;

    if (redis->state != NGX_HTTP_HEALTHCODE_REDIS_LIVE) {
        return;
    }

    lookup = ngx_http_healthcode_redis_push(redis);

    if (lookup == NULL
        || !healthcode_handshake_format_again(&redis->out))
    {
        ngx_http_healthcode_redis_fail(redis,
                                       HEALTHCODE_REASON_STORE_UNAVAILABLE,
                                       "there is no memory");
        return;
    }

    lookup->done = ngx_http_healthcode_redis_heartbeat_done;
    lookup->data = redis;
    lookup->expected = HEALTHCODE_HANDSHAKE_AGAIN;

    ngx_post_event(&redis->flush, &ngx_posted_events);
    ngx_add_timer(ev, NGX_HTTP_HEALTHCODE_HEARTBEAT);
}


static void
ngx_http_healthcode_redis_heartbeat_done(void *data, healthcode_reason_e reason,
    redisReply **replies)
{
    ngx_http_healthcode_redis_t  *redis = data;

    if (reason == HEALTHCODE_REASON_OK) {
        redis->judgement =
            healthcode_handshake_read_again(&redis->store->handshake, replies,
                                            redis->what, sizeof(redis->what));
    }
}


static void
ngx_http_healthcode_redis_late_handler(ngx_event_t *ev)
{
    ngx_connection_t             *dummy = ev->data;
    ngx_http_healthcode_redis_t  *redis = dummy->data;

    /* read before judging: the answer may be here and only we are late */

    if (redis->state >= NGX_HTTP_HEALTHCODE_REDIS_HANDSHAKE) {
        ngx_http_healthcode_redis_drain(redis);
    }

    /* likewise write: the store may have proved itself just now */

    if (redis->state == NGX_HTTP_HEALTHCODE_REDIS_LIVE
        && !ngx_queue_empty(&redis->unsent))
    {
        ngx_http_healthcode_redis_unhold(redis);
        ngx_http_healthcode_redis_write(redis);
    }

    ngx_time_update();

    if (!ngx_http_healthcode_redis_expire(redis, &redis->lookups)) {
        (void) ngx_http_healthcode_redis_expire(redis, &redis->unsent);
    }
}


/* Those who are sent only now get their whole time from now on. */
static void
ngx_http_healthcode_redis_unhold(ngx_http_healthcode_redis_t *redis)
{
    ngx_queue_t                   *q;
    ngx_http_healthcode_lookup_t  *lookup;

    for (q = ngx_queue_head(&redis->unsent);
         q != ngx_queue_sentinel(&redis->unsent);
         q = ngx_queue_next(q))
    {
        lookup = ngx_queue_data(q, ngx_http_healthcode_lookup_t, queue);
        lookup->held = 0;
    }
}


/* Ends the wait of those whose time is over; 1: the next one has a timer. */
static ngx_uint_t
ngx_http_healthcode_redis_expire(ngx_http_healthcode_redis_t *redis,
    ngx_queue_t *queue)
{
    ngx_queue_t                   *q;
    ngx_msec_int_t                 left;
    ngx_http_healthcode_lookup_t  *lookup;

    for (q = ngx_queue_head(queue);
         q != ngx_queue_sentinel(queue);
         q = ngx_queue_next(q))
    {
        lookup = ngx_queue_data(q, ngx_http_healthcode_lookup_t, queue);

        if (lookup->done == NULL || lookup->data == redis) {
            continue;
        }

        left = (ngx_msec_int_t) (lookup->due - ngx_current_msec);

        if (left > 0) {
            ngx_add_timer(&redis->late, (ngx_msec_t) left);
            return 1;
        }

        ngx_http_healthcode_redis_late(lookup);
    }

    return 0;
}


/* The lookup stays as a tombstone, so that the order of replies holds. */
static void
ngx_http_healthcode_redis_late(ngx_http_healthcode_lookup_t *lookup)
{
    ngx_http_healthcode_lookup_done_pt  done = lookup->done;

    lookup->done = NULL;
    done(lookup->data, HEALTHCODE_REASON_STORE_TIMEOUT, NULL);
}


static void
ngx_http_healthcode_redis_fail(ngx_http_healthcode_redis_t *redis,
    healthcode_reason_e reason, const char *what)
{
    ngx_uint_t  lasted, level;

    /* a connection that has served a while is tried again at once */

    lasted = (redis->state == NGX_HTTP_HEALTHCODE_REDIS_LIVE
              && ngx_current_msec - redis->live
                 > NGX_HTTP_HEALTHCODE_BACKOFF_MAX);

    if (redis->told && redis->reason == reason) {
        level = NGX_LOG_INFO;

    } else if (lasted && redis->pending == 0) {
        level = NGX_LOG_NOTICE;   /* nobody has noticed, nor need to */

    } else {
        level = NGX_LOG_ERR;
    }

    ngx_log_error(level, redis->log, 0,
                  "healthcode: store \"%V\" at %V is down: %s",
                  &redis->store->name, &redis->store->url.url, what);

    redis->failures = lasted ? 0 : redis->failures + 1;
    redis->reason = reason;
    redis->told = 1;

    ngx_http_healthcode_redis_close(redis, reason);
    ngx_add_timer(&redis->timer, ngx_http_healthcode_redis_backoff(redis));
}


static void
ngx_http_healthcode_redis_close(ngx_http_healthcode_redis_t *redis,
    healthcode_reason_e reason)
{
    ngx_queue_t                   *q;
    ngx_http_healthcode_lookup_t  *lookup;

    redis->state = NGX_HTTP_HEALTHCODE_REDIS_DOWN;

    if (redis->resolving) {
        ngx_resolve_name_done(redis->resolving);
        redis->resolving = NULL;
    }

    if (redis->timer.timer_set) {
        ngx_del_timer(&redis->timer);
    }

    if (redis->heartbeat.timer_set) {
        ngx_del_timer(&redis->heartbeat);
    }

    if (redis->late.timer_set) {
        ngx_del_timer(&redis->late);
    }

    if (redis->flush.posted) {
        ngx_delete_posted_event(&redis->flush);
    }

    if (redis->connection) {
        ngx_close_connection(redis->connection);
        redis->connection = NULL;
    }

    healthcode_reply_reader_free(redis->reader);
    redis->reader = NULL;
    redis->out.len = 0;
    redis->held.len = 0;

    if (!ngx_queue_empty(&redis->unsent)) {
        ngx_queue_add(&redis->lookups, &redis->unsent);
        ngx_queue_init(&redis->unsent);
    }

    while (!ngx_queue_empty(&redis->lookups)) {
        q = ngx_queue_head(&redis->lookups);
        lookup = ngx_queue_data(q, ngx_http_healthcode_lookup_t, queue);
        ngx_http_healthcode_redis_end(lookup, reason);
    }
}


static ngx_msec_t
ngx_http_healthcode_redis_backoff(ngx_http_healthcode_redis_t *redis)
{
    ngx_uint_t  shift;
    ngx_msec_t  wait;

    if (redis->failures == 0) {
        return 1;
    }

    shift = ngx_min(redis->failures - 1, 5);
    wait = ngx_min(NGX_HTTP_HEALTHCODE_BACKOFF_MIN << shift,
                   NGX_HTTP_HEALTHCODE_BACKOFF_MAX);

    /* jitter: the workers of many gates must not come back all at once */
    return wait / 2 + (ngx_msec_t) ngx_random() % (wait / 2 + 1);
}
