/*
 * One worker's connection to one store: connect, prove, read and write, fail,
 * back off.  Knows no lookup and no request.
 * docs/request-path.md, "Redis".
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event_connect.h>

#include "ngx_http_healthcode_redis_private.h"


/* Milliseconds between attempts to connect: doubled from MIN up to MAX. */
#define NGX_HTTP_HEALTHCODE_BACKOFF_MIN   50
#define NGX_HTTP_HEALTHCODE_BACKOFF_MAX   1000


static void ngx_http_healthcode_redis_connected(
    ngx_http_healthcode_redis_t *redis);
static void ngx_http_healthcode_redis_unreached(
    ngx_http_healthcode_redis_t *redis, ngx_err_t err);
static void ngx_http_healthcode_redis_flush_handler(ngx_event_t *ev);
static void ngx_http_healthcode_redis_write_handler(ngx_event_t *wev);
static void ngx_http_healthcode_redis_read_handler(ngx_event_t *rev);
static void ngx_http_healthcode_redis_read(ngx_http_healthcode_redis_t *redis);
static ngx_int_t ngx_http_healthcode_redis_feed(
    ngx_http_healthcode_redis_t *redis, u_char *data, size_t len);
static ngx_int_t ngx_http_healthcode_redis_reply(
    ngx_http_healthcode_redis_t *redis, redisReply *reply);
static ngx_int_t ngx_http_healthcode_redis_greet(
    ngx_http_healthcode_redis_t *redis, redisReply *reply);
static void ngx_http_healthcode_redis_note(ngx_http_healthcode_redis_t *redis,
    ngx_uint_t i, redisReply *reply);
static void ngx_http_healthcode_redis_live(ngx_http_healthcode_redis_t *redis);
static void ngx_http_healthcode_redis_timer_handler(ngx_event_t *ev);
static void ngx_http_healthcode_redis_late(ngx_http_healthcode_redis_t *redis);
static ngx_uint_t ngx_http_healthcode_redis_has_lasted(
    ngx_http_healthcode_redis_t *redis);
static void ngx_http_healthcode_redis_lost(ngx_http_healthcode_redis_t *redis,
    ngx_err_t err);
static void ngx_http_healthcode_redis_again(ngx_http_healthcode_redis_t *redis,
    healthcode_reason_e reason);
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
    redis->handshake = store->handshake;
    redis->reason = HEALTHCODE_REASON_STORE_UNAVAILABLE;
    redis->dummy.fd = (ngx_socket_t) -1;
    redis->dummy.data = redis;

    redis->flush.handler = ngx_http_healthcode_redis_flush_handler;
    redis->flush.data = &redis->dummy;
    redis->flush.log = redis->log;

    redis->timer.handler = ngx_http_healthcode_redis_timer_handler;
    redis->timer.data = &redis->dummy;
    redis->timer.log = redis->log;
    redis->timer.cancelable = 1;

    ngx_http_healthcode_lookup_init(redis);
    ngx_http_healthcode_heartbeat_init(redis);
    ngx_http_healthcode_resolve_init(redis);

    if (ngx_http_healthcode_absence_init(redis) != NGX_OK) {
        return NULL;
    }

    ngx_http_healthcode_redis_start(redis);

    return redis;
}


void
ngx_http_healthcode_redis_destroy(ngx_http_healthcode_redis_t *redis)
{
    ngx_http_healthcode_redis_close(redis, HEALTHCODE_REASON_STORE_UNAVAILABLE);
    redis->state = NGX_HTTP_HEALTHCODE_REDIS_DESTROYED;

    if (redis->timer.timer_set) {
        ngx_del_timer(&redis->timer);
    }

    ngx_http_healthcode_lookup_free(redis);
    ngx_http_healthcode_absence_free(redis);

    healthcode_redis_buf_free(&redis->out);
    healthcode_redis_buf_free(&redis->held);
}


void
ngx_http_healthcode_redis_start(ngx_http_healthcode_redis_t *redis)
{
    ngx_addr_t                   *addr;
    ngx_http_healthcode_store_t  *store = redis->store;

    if (redis->timer.timer_set) {
        ngx_del_timer(&redis->timer);
    }

    if (store->resolve) {
        ngx_http_healthcode_resolve_start(redis);
        return;
    }

    addr = &store->url.addrs[redis->address++ % store->url.naddrs];

    ngx_http_healthcode_redis_connect(redis, addr->sockaddr, addr->socklen,
                                      &addr->name);
}


void
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
    peer.log = &redis->quiet;
    peer.log_error = NGX_ERROR_INFO;

    ngx_http_healthcode_absence_lose(redis);

    redis->state = NGX_HTTP_HEALTHCODE_REDIS_CONNECTING;
    redis->peer = healthcode_str_from(sockaddr, socklen);
    redis->reader = healthcode_reply_reader_create();

    rc = redis->reader ? ngx_event_connect_peer(&peer) : NGX_ERROR;

    c = peer.connection;
    redis->connection = c;

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, redis->log, 0,
                   "healthcode: store \"%V\": connect to %V: %i",
                   &redis->store->name, name, rc);

    if (rc != NGX_OK && rc != NGX_AGAIN) {
        /* of connect(): what nginx has called since then has not failed */
        ngx_http_healthcode_redis_unreached(redis, rc == NGX_DECLINED
                                                   ? ngx_socket_errno
                                                   : NGX_ENOMEM);
        return;
    }

    c->data = redis;
    c->idle = 1;
    c->read->handler = ngx_http_healthcode_redis_read_handler;
    c->write->handler = ngx_http_healthcode_redis_write_handler;

    ngx_add_timer(&redis->timer, redis->store->connect_timeout);

    if (rc == NGX_OK) {
        ngx_http_healthcode_redis_connected(redis);
    }
}


static void
ngx_http_healthcode_redis_connected(ngx_http_healthcode_redis_t *redis)
{
    int                error;
    socklen_t          len = sizeof(int);
    ngx_connection_t  *c = redis->connection;

    error = 0;

    if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, (void *) &error, &len) == -1) {
        error = ngx_socket_errno;
    }

    if (error == 0 && redis->store->url.family != AF_UNIX
        && ngx_tcp_nodelay(c) != NGX_OK)
    {
        error = ngx_socket_errno;
    }

    if (error == 0
        && !healthcode_handshake_format(&redis->handshake, &redis->out))
    {
        error = NGX_ENOMEM;
    }

    if (error) {
        ngx_http_healthcode_redis_unreached(redis, error);
        return;
    }

    redis->state = NGX_HTTP_HEALTHCODE_REDIS_HANDSHAKE;
    redis->handshaken = 0;
    redis->written = 0;
    redis->stuck = 0;
    redis->is_heard = 0;
    redis->is_push_due = 0;
    redis->is_pushed = 0;

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, redis->log, 0,
                   "healthcode: store \"%V\": connected, handshake of %uz "
                   "replies", &redis->store->name,
                   healthcode_handshake_replies(&redis->handshake));

    ngx_post_event(&redis->flush, &ngx_posted_events);
}


static void
ngx_http_healthcode_redis_unreached(ngx_http_healthcode_redis_t *redis,
    ngx_err_t err)
{
    char    what[HEALTHCODE_REFUSAL_SIZE];
    u_char  text[NGX_MAX_ERROR_STR / 8], *p;

    p = ngx_strerror(err, text, sizeof(text) - 1);
    *p = '\0';

    (void) ngx_snprintf((u_char *) what, sizeof(what),
                        "connect() failed (%d: %s); %s%Z", err, text,
                        healthcode_refusal_connect(err,
                                        redis->store->url.family == AF_UNIX));

    ngx_http_healthcode_redis_fail(redis, HEALTHCODE_REASON_STORE_UNAVAILABLE,
                                   what);
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

    if (redis->state == NGX_HTTP_HEALTHCODE_REDIS_CONNECTING) {
        ngx_http_healthcode_redis_connected(redis);
    }

    if (redis->connection) {
        ngx_http_healthcode_redis_write(redis);
    }
}


void
ngx_http_healthcode_redis_write(ngx_http_healthcode_redis_t *redis)
{
    size_t              done = 0;
    ssize_t             n = 0;
    ngx_err_t           err;
    ngx_connection_t   *c = redis->connection;
    ngx_atomic_uint_t   number = c->number;

    if (redis->state == NGX_HTTP_HEALTHCODE_REDIS_LIVE) {
        ngx_http_healthcode_lookup_sent(redis);
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
    redis->written += done;

    if (redis->stuck && done) {
        ngx_http_healthcode_lookup_unstuck(redis, redis->written - done);
    }

    redis->stuck = (redis->out.len != 0);

    if (n == NGX_ERROR || ngx_handle_write_event(c->write, 0) != NGX_OK) {
        err = ngx_socket_errno;

        /* what Redis said before it closed is the cause */

        ngx_http_healthcode_redis_drain(redis);

        if (redis->connection && redis->connection->number == number) {
            ngx_http_healthcode_redis_lost(redis, err);
        }
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

    if (redis->state == NGX_HTTP_HEALTHCODE_REDIS_CONNECTING) {
        ngx_http_healthcode_redis_connected(redis);
    }

    if (redis->connection) {
        ngx_http_healthcode_redis_read(redis);
    }
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
            ngx_http_healthcode_redis_lost(redis, n ? ngx_socket_errno : 0);
            return;
        }

        redis->received = ngx_current_msec;

        if (ngx_http_healthcode_redis_feed(redis, data, n) != NGX_OK) {
            return;
        }

        redis->is_heard = 1;

        if (!c->read->ready) {
            break;
        }
    }

    if (ngx_handle_read_event(c->read, 0) != NGX_OK) {
        ngx_http_healthcode_redis_lost(redis, ngx_errno);
    }
}


/* Reads what has come since the event loop last looked. */
void
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
                                           redis->is_heard
                                           ? "it does not speak RESP3"
                                           : healthcode_refusal_stranger(data,
                                                                         len));
            return NGX_ERROR;
        }

        if (ngx_http_healthcode_redis_reply(redis, reply) != NGX_OK) {
            return NGX_ERROR;
        }
    }
}


/* Strictly in order: a change that was pushed comes before later replies. */
static ngx_int_t
ngx_http_healthcode_redis_reply(ngx_http_healthcode_redis_t *redis,
    redisReply *reply)
{
    const char  *what;

    if (reply->type == REDIS_REPLY_PUSH) {

        what = ngx_http_healthcode_absence_push(redis, reply);

        if (what) {
            ngx_http_healthcode_redis_fail(redis,
                                           HEALTHCODE_REASON_STORE_UNAVAILABLE,
                                           what);
            return NGX_ERROR;
        }

        /* it may have changed what a half of a lookup has read already */

        if (ngx_http_healthcode_lookup_is_partial(redis)) {
            ngx_http_healthcode_lookup_spoil(redis);

        } else {
            healthcode_reply_reader_reset(redis->reader);
        }

        return NGX_OK;
    }

    if (redis->state == NGX_HTTP_HEALTHCODE_REDIS_HANDSHAKE) {
        return ngx_http_healthcode_redis_greet(redis, reply);
    }

    if (ngx_queue_empty(&redis->lookups)) {
        ngx_http_healthcode_redis_fail(redis,
                                       HEALTHCODE_REASON_STORE_UNAVAILABLE,
                                       "it sent what nobody asked for");
        return NGX_ERROR;
    }

    ngx_http_healthcode_lookup_reply(redis, reply);

    if (redis->state == NGX_HTTP_HEALTHCODE_REDIS_LEAVING) {
        return ngx_http_healthcode_resolve_left(redis);
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
    char                     what[HEALTHCODE_REFUSAL_SIZE];
    ngx_uint_t               i = redis->handshaken++;
    healthcode_reason_e      reason;
    healthcode_handshake_t  *handshake = &redis->handshake;

    reason = healthcode_handshake_read(handshake, i, reply, what,
                                       sizeof(what));

    if (reason == HEALTHCODE_REASON_OK) {
        ngx_http_healthcode_redis_note(redis, i, reply);

        if (redis->handshaken == healthcode_handshake_replies(handshake)
            && redis->is_push_due && !redis->is_pushed)
        {
            reason = healthcode_handshake_silent(what, sizeof(what));
        }
    }

    if (reason != HEALTHCODE_REASON_OK) {
        ngx_http_healthcode_redis_fail(redis, reason, what);
        return NGX_ERROR;
    }

    if (redis->handshaken < healthcode_handshake_replies(handshake)) {
        healthcode_reply_reader_reset(redis->reader);
        return NGX_OK;
    }

    /* the last one is the proof */

    if (ngx_http_healthcode_absence_live(redis, reply) != NGX_OK) {
        ngx_http_healthcode_redis_fail(redis,
                                       HEALTHCODE_REASON_STORE_UNAVAILABLE,
                                       "there is no memory");
        return NGX_ERROR;
    }

    healthcode_reply_reader_reset(redis->reader);
    ngx_http_healthcode_redis_live(redis);

    return NGX_OK;
}


/* What a good reply says beside. */
static void
ngx_http_healthcode_redis_note(ngx_http_healthcode_redis_t *redis,
    ngx_uint_t i, redisReply *reply)
{
    char                     what[HEALTHCODE_REFUSAL_SIZE];
    healthcode_handshake_t  *handshake = &redis->handshake;

    if (healthcode_handshake_is_time(handshake, i)) {
        ngx_http_healthcode_heartbeat_skew(redis, reply);

    } else if (healthcode_handshake_is_push_due(handshake, i, reply)) {
        redis->is_push_due = 1;

    } else if (!redis->is_less_told
               && healthcode_handshake_is_less(handshake, i, reply, what,
                                               sizeof(what)))
    {
        ngx_log_error(NGX_LOG_WARN, redis->log, 0,
                      "healthcode: store \"%V\" at %V cannot prove that it "
                      "pushes changes: %s", &redis->store->name,
                      &redis->store->url.url, what);
    }
}


static void
ngx_http_healthcode_redis_live(ngx_http_healthcode_redis_t *redis)
{
    ngx_connection_t        *c = redis->connection;
    healthcode_redis_buf_t   empty;

    ngx_http_healthcode_redis_say_up(redis);

    redis->is_less_told = 1;
    redis->handshake.reads = false;

    c->log = redis->log;
    c->read->log = redis->log;
    c->write->log = redis->log;

    redis->state = NGX_HTTP_HEALTHCODE_REDIS_LIVE;
    redis->live = ngx_current_msec;
    redis->judgement = HEALTHCODE_REASON_OK;

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, redis->log, 0,
                   "healthcode: store \"%V\": proven, %ui lookups wait",
                   &redis->store->name, redis->pending);

    /* not set where its own handler found the answer in the socket */
    if (redis->timer.timer_set) {
        ngx_del_timer(&redis->timer);
    }

    /* the handshake has been answered, so nothing of it is left to write */
    empty = redis->out;
    redis->out = redis->held;
    redis->held = empty;
    redis->held.len = 0;

    ngx_http_healthcode_lookup_released(redis);

    ngx_post_event(&redis->flush, &ngx_posted_events);
    ngx_http_healthcode_heartbeat_start(redis);
    ngx_http_healthcode_resolve_live(redis);
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
        ngx_http_healthcode_heartbeat_watch(redis);
        return;
    }

    if (redis->state == NGX_HTTP_HEALTHCODE_REDIS_LEAVING) {
        ngx_http_healthcode_redis_drain(redis);

        if (redis->state == NGX_HTTP_HEALTHCODE_REDIS_LEAVING) {
            ngx_http_healthcode_resolve_move(redis);
        }

        return;
    }

    if (redis->state == NGX_HTTP_HEALTHCODE_REDIS_HANDSHAKE) {
        /* its answer may lie in the socket while this worker was busy */
        ngx_http_healthcode_redis_drain(redis);

        if (redis->state != NGX_HTTP_HEALTHCODE_REDIS_HANDSHAKE) {
            return;
        }
    }

    ngx_http_healthcode_redis_late(redis);
}


/* Neither connected nor proven in connect_timeout. */
static void
ngx_http_healthcode_redis_late(ngx_http_healthcode_redis_t *redis)
{
    char         what[HEALTHCODE_REFUSAL_SIZE];
    const char  *advice;

    advice = (redis->state == NGX_HTTP_HEALTHCODE_REDIS_HANDSHAKE)
             ? "it is connected: is Redis stopped or busy, or is it no Redis?"
             : healthcode_refusal_connect(NGX_ETIMEDOUT, 0);

    (void) ngx_snprintf((u_char *) what, sizeof(what),
                        "it does not answer in \"connect_timeout\" (%M ms); "
                        "%s%Z", redis->store->connect_timeout, advice);

    ngx_http_healthcode_redis_fail(redis, HEALTHCODE_REASON_STORE_TIMEOUT,
                                   what);
}


/* The connection is gone: closed if err is 0. */
static void
ngx_http_healthcode_redis_lost(ngx_http_healthcode_redis_t *redis,
    ngx_err_t err)
{
    char         what[HEALTHCODE_REFUSAL_SIZE];
    u_char       text[NGX_MAX_ERROR_STR / 8], *p;
    const char  *advice = "look into its log";

    if (redis->state == NGX_HTTP_HEALTHCODE_REDIS_LEAVING) {
        ngx_http_healthcode_resolve_move(redis);
        return;
    }

    /* nobody has noticed: whether it is an outage shows in a moment */

    if (redis->pending == 0 && ngx_http_healthcode_redis_has_lasted(redis)) {
        ngx_log_error(NGX_LOG_INFO, redis->log, err,
                      "healthcode: store \"%V\" at %V closed the connection "
                      "while nothing was asked; connecting again",
                      &redis->store->name, &redis->store->url.url);

        ngx_http_healthcode_redis_again(redis,
                                        HEALTHCODE_REASON_STORE_UNAVAILABLE);
        return;
    }

    if (redis->state == NGX_HTTP_HEALTHCODE_REDIS_HANDSHAKE
        && !redis->is_heard)
    {
        advice = "it has not said a word, as a port with TLS does, or a proxy "
                 "without a Redis; name a port without TLS";
    }

    /* a server that closes and leaves bytes unread resets, now and then */

    if (err && err != NGX_ECONNRESET && err != NGX_EPIPE) {
        p = ngx_strerror(err, text, sizeof(text) - 1);
        *p = '\0';

        (void) ngx_snprintf((u_char *) what, sizeof(what),
                            "the connection broke (%d: %s); %s%Z", err, text,
                            advice);

    } else {
        (void) ngx_snprintf((u_char *) what, sizeof(what),
                            "it closed the connection; %s%Z", advice);
    }

    ngx_http_healthcode_redis_fail(redis, HEALTHCODE_REASON_STORE_UNAVAILABLE,
                                   what);
}


void
ngx_http_healthcode_redis_fail(ngx_http_healthcode_redis_t *redis,
    healthcode_reason_e reason, const char *what)
{
    ngx_uint_t  level;

    level = healthcode_outage_down(&redis->outage, ngx_current_msec, what)
            ? NGX_LOG_ERR : NGX_LOG_INFO;

    ngx_log_error(level, redis->log, 0,
                  "healthcode: store \"%V\" at %V is down: %s",
                  &redis->store->name, &redis->store->url.url, what);

    ngx_http_healthcode_redis_again(redis, reason);
}


void
ngx_http_healthcode_redis_say_up(ngx_http_healthcode_redis_t *redis)
{
    uint64_t  lasted;

    if (healthcode_outage_up(&redis->outage, ngx_current_msec, &lasted)) {
        ngx_log_error(NGX_LOG_WARN, redis->log, 0,
                      "healthcode: store \"%V\" at %V is up; it was down for "
                      "%uL s", &redis->store->name, &redis->store->url.url,
                      (lasted + 999) / 1000);
    }
}


/* A connection that has served a while is made anew at once. */
static ngx_uint_t
ngx_http_healthcode_redis_has_lasted(ngx_http_healthcode_redis_t *redis)
{
    return redis->state == NGX_HTTP_HEALTHCODE_REDIS_LIVE
           && ngx_current_msec - redis->live > NGX_HTTP_HEALTHCODE_BACKOFF_MAX;
}


/* Closes the connection, and makes another one in a while. */
static void
ngx_http_healthcode_redis_again(ngx_http_healthcode_redis_t *redis,
    healthcode_reason_e reason)
{
    redis->failures = ngx_http_healthcode_redis_has_lasted(redis)
                      ? 0 : redis->failures + 1;
    redis->reason = reason;

    ngx_http_healthcode_redis_close(redis, reason);
    ngx_add_timer(&redis->timer, ngx_http_healthcode_redis_backoff(redis));

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, redis->log, 0,
                   "healthcode: store \"%V\": connect again, failures: %ui",
                   &redis->store->name, redis->failures);
}


static void
ngx_http_healthcode_redis_close(ngx_http_healthcode_redis_t *redis,
    healthcode_reason_e reason)
{
    ngx_http_healthcode_redis_disconnect(redis);
    ngx_http_healthcode_resolve_stop(redis);

    redis->held.len = 0;

    ngx_http_healthcode_lookup_fail(redis, reason);
}


void
ngx_http_healthcode_redis_disconnect(ngx_http_healthcode_redis_t *redis)
{
    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, redis->log, 0,
                   "healthcode: store \"%V\": disconnect in state %d, %ui "
                   "lookups wait", &redis->store->name, (int) redis->state,
                   redis->pending);

    redis->state = NGX_HTTP_HEALTHCODE_REDIS_DOWN;

    ngx_http_healthcode_absence_lose(redis);

    if (redis->timer.timer_set) {
        ngx_del_timer(&redis->timer);
    }

    if (redis->heartbeat.timer_set) {
        ngx_del_timer(&redis->heartbeat);
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
