/*
 * The lookups of one connection: sent in one write, matched to replies in
 * their order, joined, late, cancelled.  Knows no request and no socket.
 * docs/request-path.md, "Redis".
 */

#include "ngx_http_healthcode_redis_private.h"


static ngx_http_healthcode_lookup_t *ngx_http_healthcode_lookup_start(
    ngx_http_healthcode_redis_t *redis, const healthcode_risk_query_t *query);
static ngx_uint_t ngx_http_healthcode_lookup_key(
    const healthcode_risk_query_t *query,
    ngx_http_healthcode_lookup_key_t *key);
static void ngx_http_healthcode_lookup_watch(
    ngx_http_healthcode_redis_t *redis);
static ngx_uint_t ngx_http_healthcode_lookup_is_same(
    const ngx_http_healthcode_lookup_key_t *a,
    const ngx_http_healthcode_lookup_key_t *b);
static ngx_uint_t ngx_http_healthcode_lookup_is_open(
    const ngx_http_healthcode_lookup_t *lookup);
static ngx_queue_t *ngx_http_healthcode_lookup_list(
    ngx_http_healthcode_redis_t *redis,
    const ngx_http_healthcode_lookup_key_t *key);
static ngx_http_healthcode_lookup_t *ngx_http_healthcode_lookup_join(
    ngx_http_healthcode_redis_t *redis,
    const ngx_http_healthcode_lookup_key_t *key);
static void ngx_http_healthcode_lookup_withdraw(
    ngx_http_healthcode_lookup_t *lookup);
static void ngx_http_healthcode_lookup_offer(
    ngx_http_healthcode_lookup_t *lookup,
    const ngx_http_healthcode_lookup_key_t *key);
static ngx_http_healthcode_lookup_t *ngx_http_healthcode_lookup_take(
    ngx_http_healthcode_redis_t *redis);
static void ngx_http_healthcode_lookup_tell(
    ngx_http_healthcode_lookup_t *lookup, healthcode_reason_e reason);
static void ngx_http_healthcode_lookup_end(ngx_http_healthcode_lookup_t *lookup,
    healthcode_reason_e reason);
static void ngx_http_healthcode_lookup_late_handler(ngx_event_t *ev);
static void ngx_http_healthcode_lookup_unhold(
    ngx_http_healthcode_redis_t *redis);
static ngx_uint_t ngx_http_healthcode_lookup_expire(
    ngx_http_healthcode_redis_t *redis, ngx_queue_t *queue);


void
ngx_http_healthcode_lookup_init(ngx_http_healthcode_redis_t *redis)
{
    ngx_uint_t  i;

    ngx_queue_init(&redis->lookups);
    ngx_queue_init(&redis->unsent);
    ngx_queue_init(&redis->spare);

    for (i = 0; i < NGX_HTTP_HEALTHCODE_LOOKUP_LISTS; i++) {
        ngx_queue_init(&redis->lists[i]);
    }

    /*
     * Not cancelable: without it, a worker told to quit would leave while
     * requests are suspended.
     */
    redis->late.handler = ngx_http_healthcode_lookup_late_handler;
    redis->late.data = &redis->dummy;
    redis->late.log = redis->log;
}


void
ngx_http_healthcode_lookup_free(ngx_http_healthcode_redis_t *redis)
{
    ngx_queue_t  *q;

    while (!ngx_queue_empty(&redis->spare)) {
        q = ngx_queue_head(&redis->spare);
        ngx_queue_remove(q);
        ngx_free(ngx_queue_data(q, ngx_http_healthcode_lookup_t, queue));
    }
}


healthcode_reason_e
ngx_http_healthcode_redis_lookup(ngx_http_healthcode_redis_t *redis,
    const healthcode_risk_query_t *query,
    ngx_http_healthcode_lookup_done_pt done, void *data,
    ngx_http_healthcode_lookup_t **lookup)
{
    ngx_uint_t                         has_key;
    ngx_http_healthcode_lookup_t      *l;
    ngx_http_healthcode_lookup_key_t   key;

    if (redis->state == NGX_HTTP_HEALTHCODE_REDIS_DOWN) {

        if (redis->failures == 0) {
            ngx_http_healthcode_redis_start(redis);
        }

        if (redis->failures) {
            return redis->reason;
        }
    }

    has_key = ngx_http_healthcode_lookup_key(query, &key);

    l = has_key ? ngx_http_healthcode_lookup_join(redis, &key) : NULL;

    if (l == NULL) {

        if (redis->pending >= (ngx_uint_t) redis->store->max_pending) {
            return HEALTHCODE_REASON_STORE_BUSY;
        }

        l = ngx_http_healthcode_lookup_start(redis, query);
        if (l == NULL) {
            return HEALTHCODE_REASON_FAULT;
        }

        if (has_key) {
            ngx_http_healthcode_lookup_offer(l, &key);
        }
    }

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, redis->log, 0,
                   "healthcode: store \"%V\": lookup joined: %d, pending: %ui",
                   &redis->store->name, (int) l->is_joined, redis->pending);

    l->done = done;
    l->data = data;
    *lookup = l;

    return HEALTHCODE_REASON_OK;
}


/* A lookup whose commands are to be written; NULL: no memory. */
static ngx_http_healthcode_lookup_t *
ngx_http_healthcode_lookup_start(ngx_http_healthcode_redis_t *redis,
    const healthcode_risk_query_t *query)
{
    healthcode_redis_buf_t        *buf;
    ngx_http_healthcode_lookup_t  *lookup;

    lookup = ngx_http_healthcode_lookup_push(redis);
    if (lookup == NULL) {
        return NULL;
    }

    lookup->held = (redis->state != NGX_HTTP_HEALTHCODE_REDIS_LIVE);
    buf = lookup->held ? &redis->held : &redis->out;

    if (!healthcode_risk_codec_format(query, buf)) {
        ngx_queue_remove(&lookup->queue);
        ngx_queue_insert_head(&redis->spare, &lookup->queue);
        return NULL;
    }

    lookup->expected = healthcode_risk_codec_replies(query);
    redis->pending++;

    ngx_http_healthcode_lookup_appended(lookup);

    if (!lookup->held) {
        ngx_post_event(&redis->flush, &ngx_posted_events);
    }

    /* all wait equally long, so one timer serves them in turn */

    lookup->due = ngx_current_msec + redis->store->timeout;
    ngx_http_healthcode_lookup_watch(redis);

    return lookup;
}


static void
ngx_http_healthcode_lookup_watch(ngx_http_healthcode_redis_t *redis)
{
    if (!redis->late.timer_set) {
        ngx_add_timer(&redis->late, redis->store->timeout);
    }
}


void
ngx_http_healthcode_redis_cancel(ngx_http_healthcode_lookup_t *lookup)
{
    lookup->done = NULL;

    if (lookup->is_joined) {
        ngx_queue_remove(&lookup->queue);
        ngx_queue_insert_head(&lookup->redis->spare, &lookup->queue);
    }
}


/* ---- joining: many who ask for one holder at once ask once ---- */

/* 0: a thumbprint of another length could stand for another key. */
static ngx_uint_t
ngx_http_healthcode_lookup_key(const healthcode_risk_query_t *query,
    ngx_http_healthcode_lookup_key_t *key)
{
    size_t  i;

    if (query->thumbprint.len != HEALTHCODE_THUMBPRINT_LEN) {
        return 0;
    }

    ngx_memzero(key, offsetof(ngx_http_healthcode_lookup_key_t, regions));

    ngx_memcpy(key->holder, query->holder, HEALTHCODE_HOLDER_HEX);
    ngx_memcpy(key->thumbprint, query->thumbprint.data,
               HEALTHCODE_THUMBPRINT_LEN);

    key->iss = query->iss;
    key->nregions = query->nregions;

    for (i = 0; i < query->nregions; i++) {
        key->regions[i] = query->regions[i];
    }

    return 1;
}


static ngx_queue_t *
ngx_http_healthcode_lookup_list(ngx_http_healthcode_redis_t *redis,
    const ngx_http_healthcode_lookup_key_t *key)
{
    uint64_t  digits;

    /* a holder is a keyed hash; the factor spreads its digits over all bits */

    ngx_memcpy(&digits, key->holder, sizeof(digits));

    return &redis->lists[(digits * UINT64_C(0x9e3779b97f4a7c15) >> 32)
                         % NGX_HTTP_HEALTHCODE_LOOKUP_LISTS];
}


static ngx_uint_t
ngx_http_healthcode_lookup_is_same(const ngx_http_healthcode_lookup_key_t *a,
    const ngx_http_healthcode_lookup_key_t *b)
{
    /* the number of regions is among what is compared first */

    return ngx_memcmp(a, b, offsetof(ngx_http_healthcode_lookup_key_t, regions))
           == 0
           && ngx_memcmp(a->regions, b->regions,
                         a->nregions * sizeof(healthcode_region_t))
              == 0;
}


/*
 * Whether one more may wait for lookup.  Not sent yet: always, or whoever asks
 * much at once makes an outage.  Sent: while somebody waits, so that a timer
 * runs for it, and for less than a lease, by the real clock.
 */
static ngx_uint_t
ngx_http_healthcode_lookup_is_open(const ngx_http_healthcode_lookup_t *lookup)
{
    if (!lookup->is_sent) {
        return 1;
    }

    if (lookup->done == NULL && ngx_queue_empty(&lookup->joined)) {
        return 0;
    }

    return ngx_http_healthcode_clock() - lookup->clock
           < lookup->redis->store->lease;
}


/*
 * A lookup that waits for the replies to another one of the same key, and
 * for no longer than it; NULL where there is none.
 */
static ngx_http_healthcode_lookup_t *
ngx_http_healthcode_lookup_join(ngx_http_healthcode_redis_t *redis,
    const ngx_http_healthcode_lookup_key_t *key)
{
    ngx_queue_t                   *q, *list;
    ngx_http_healthcode_lookup_t  *lookup, *other;

    list = ngx_http_healthcode_lookup_list(redis, key);

    for (q = ngx_queue_head(list);
         q != ngx_queue_sentinel(list);
         q = ngx_queue_next(q))
    {
        other = ngx_queue_data(q, ngx_http_healthcode_lookup_t, peer);

        if (!ngx_http_healthcode_lookup_is_same(&other->key, key)
            || !ngx_http_healthcode_lookup_is_open(other))
        {
            continue;
        }

        lookup = ngx_http_healthcode_lookup_take(redis);

        if (lookup) {
            lookup->is_joined = 1;
            ngx_queue_insert_tail(&other->joined, &lookup->queue);
            ngx_http_healthcode_lookup_watch(redis);
        }

        return lookup;
    }

    return NULL;
}


static void
ngx_http_healthcode_lookup_offer(ngx_http_healthcode_lookup_t *lookup,
    const ngx_http_healthcode_lookup_key_t *key)
{
    ngx_memcpy(&lookup->key, key,
               offsetof(ngx_http_healthcode_lookup_key_t, regions)
               + key->nregions * sizeof(healthcode_region_t));
    lookup->has_key = 1;
    lookup->is_joinable = 1;

    ngx_queue_insert_tail(ngx_http_healthcode_lookup_list(lookup->redis, key),
                          &lookup->peer);
}


static void
ngx_http_healthcode_lookup_withdraw(ngx_http_healthcode_lookup_t *lookup)
{
    if (lookup->is_joinable) {
        lookup->is_joinable = 0;
        ngx_queue_remove(&lookup->peer);
    }
}


/* ---- in the order sent ---- */

ngx_http_healthcode_lookup_t *
ngx_http_healthcode_lookup_push(ngx_http_healthcode_redis_t *redis)
{
    ngx_http_healthcode_lookup_t  *lookup;

    lookup = ngx_http_healthcode_lookup_take(redis);

    if (lookup) {
        ngx_queue_insert_tail(&redis->unsent, &lookup->queue);
    }

    return lookup;
}


static ngx_http_healthcode_lookup_t *
ngx_http_healthcode_lookup_take(ngx_http_healthcode_redis_t *redis)
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

    ngx_memzero(lookup, offsetof(ngx_http_healthcode_lookup_t, key));

    lookup->redis = redis;
    ngx_queue_init(&lookup->joined);

    return lookup;
}


/*
 * The clock of a lookup starts when it is sent, by the real time: this turn of
 * the loop may have spent long on signatures, which is not Redis being slow.
 */
void
ngx_http_healthcode_lookup_sent(ngx_http_healthcode_redis_t *redis)
{
    uint64_t                       clock = 0, epoch = 0;
    ngx_queue_t                   *q;
    ngx_http_healthcode_lookup_t  *lookup;

    if (ngx_queue_empty(&redis->unsent)) {
        return;
    }

    ngx_time_update();

    if (redis->counters) {
        clock = ngx_http_healthcode_clock();
        epoch = healthcode_owner_epoch(&redis->owner);
    }

    for (q = ngx_queue_head(&redis->unsent);
         q != ngx_queue_sentinel(&redis->unsent);
         q = ngx_queue_next(q))
    {
        lookup = ngx_queue_data(q, ngx_http_healthcode_lookup_t, queue);
        lookup->is_sent = 1;
        lookup->sent = ngx_current_msec;
        lookup->clock = clock;
        lookup->epoch = epoch;

        /* without a lease nobody knows how long its answer will be true */

        if (redis->counters == NULL) {
            ngx_http_healthcode_lookup_withdraw(lookup);
        }

        if (!lookup->held) {
            lookup->due = ngx_current_msec + redis->store->timeout;
        }
    }

    ngx_queue_add(&redis->lookups, &redis->unsent);
    ngx_queue_init(&redis->unsent);

    if (!redis->timer.timer_set) {
        ngx_add_timer(&redis->timer,
                      ngx_http_healthcode_heartbeat_silence(redis));
    }
}


void
ngx_http_healthcode_lookup_appended(ngx_http_healthcode_lookup_t *lookup)
{
    ngx_http_healthcode_redis_t  *redis = lookup->redis;

    lookup->end = lookup->held ? redis->held.len
                               : redis->written + redis->out.len;
}


void
ngx_http_healthcode_lookup_released(ngx_http_healthcode_redis_t *redis)
{
    ngx_queue_t                   *q;
    ngx_http_healthcode_lookup_t  *lookup;

    for (q = ngx_queue_head(&redis->unsent);
         q != ngx_queue_sentinel(&redis->unsent);
         q = ngx_queue_next(q))
    {
        lookup = ngx_queue_data(q, ngx_http_healthcode_lookup_t, queue);
        lookup->end += redis->written;
    }
}


void
ngx_http_healthcode_lookup_unstuck(ngx_http_healthcode_redis_t *redis,
    uint64_t before)
{
    ngx_queue_t                   *q;
    ngx_http_healthcode_lookup_t  *lookup;

    ngx_time_update();

    for (q = ngx_queue_last(&redis->lookups);
         q != ngx_queue_sentinel(&redis->lookups);
         q = ngx_queue_prev(q))
    {
        lookup = ngx_queue_data(q, ngx_http_healthcode_lookup_t, queue);

        if (lookup->end <= before) {
            break;
        }

        lookup->sent = ngx_current_msec;
        lookup->due = ngx_current_msec + redis->store->timeout;
    }
}


void
ngx_http_healthcode_lookup_reply(ngx_http_healthcode_redis_t *redis,
    redisReply *reply)
{
    ngx_queue_t                   *q;
    ngx_http_healthcode_lookup_t  *lookup;

    q = ngx_queue_head(&redis->lookups);
    lookup = ngx_queue_data(q, ngx_http_healthcode_lookup_t, queue);

    if (!lookup->is_heartbeat) {
        ngx_http_healthcode_heartbeat_judge(lookup, reply);
    }

    lookup->replies[lookup->received++] = reply;

    if (lookup->received < lookup->expected) {
        return;
    }

    if (lookup->is_heartbeat) {
        ngx_http_healthcode_heartbeat_done(lookup);

    } else {
        ngx_http_healthcode_absence_keep(lookup);
    }

    ngx_http_healthcode_lookup_end(lookup, HEALTHCODE_REASON_OK);
    healthcode_reply_reader_reset(redis->reader);
}


ngx_uint_t
ngx_http_healthcode_lookup_is_partial(ngx_http_healthcode_redis_t *redis)
{
    ngx_queue_t                   *q;
    ngx_http_healthcode_lookup_t  *lookup;

    if (ngx_queue_empty(&redis->lookups)) {
        return 0;
    }

    q = ngx_queue_head(&redis->lookups);
    lookup = ngx_queue_data(q, ngx_http_healthcode_lookup_t, queue);

    return lookup->received != 0;
}


void
ngx_http_healthcode_lookup_spoil(ngx_http_healthcode_redis_t *redis)
{
    ngx_queue_t                   *q;
    ngx_http_healthcode_lookup_t  *lookup;

    q = ngx_queue_head(&redis->lookups);
    lookup = ngx_queue_data(q, ngx_http_healthcode_lookup_t, queue);

    lookup->has_key = 0;
    ngx_http_healthcode_lookup_withdraw(lookup);
}


void
ngx_http_healthcode_lookup_leave(ngx_http_healthcode_redis_t *redis)
{
    ngx_queue_t                   *q;
    ngx_http_healthcode_lookup_t  *lookup;

    for (q = ngx_queue_head(&redis->lookups);
         q != ngx_queue_sentinel(&redis->lookups);
         q = ngx_queue_next(q))
    {
        lookup = ngx_queue_data(q, ngx_http_healthcode_lookup_t, queue);

        lookup->has_key = 0;
        ngx_http_healthcode_lookup_withdraw(lookup);
    }
}


void
ngx_http_healthcode_lookup_abandon(ngx_http_healthcode_redis_t *redis,
    healthcode_reason_e reason)
{
    ngx_queue_t  *q;

    while (!ngx_queue_empty(&redis->lookups)) {
        q = ngx_queue_head(&redis->lookups);
        ngx_http_healthcode_lookup_end(ngx_queue_data(q,
                                                 ngx_http_healthcode_lookup_t,
                                                 queue),
                                       reason);
    }
}


void
ngx_http_healthcode_lookup_fail(ngx_http_healthcode_redis_t *redis,
    healthcode_reason_e reason)
{
    if (redis->late.timer_set) {
        ngx_del_timer(&redis->late);
    }

    if (!ngx_queue_empty(&redis->unsent)) {
        ngx_queue_add(&redis->lookups, &redis->unsent);
        ngx_queue_init(&redis->unsent);
    }

    ngx_http_healthcode_lookup_abandon(redis, reason);
}


/* Takes a lookup that is done or failed out of its queue. */
static void
ngx_http_healthcode_lookup_end(ngx_http_healthcode_lookup_t *lookup,
    healthcode_reason_e reason)
{
    ngx_http_healthcode_redis_t  *redis = lookup->redis;

    ngx_http_healthcode_lookup_tell(lookup, reason);

    ngx_queue_remove(&lookup->queue);
    ngx_queue_insert_head(&redis->spare, &lookup->queue);

    if (!lookup->is_heartbeat) {
        redis->pending--;
    }
}


/* Everybody who waits for it. */
static void
ngx_http_healthcode_lookup_tell(ngx_http_healthcode_lookup_t *lookup,
    healthcode_reason_e reason)
{
    redisReply                         **replies;
    ngx_queue_t                         *q;
    ngx_http_healthcode_lookup_t        *other;
    ngx_http_healthcode_lookup_done_pt   done = lookup->done;

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, lookup->redis->log, 0,
                   "healthcode: store \"%V\": lookup ends: %*s",
                   &lookup->redis->store->name,
                   healthcode_reason_word(reason).len,
                   healthcode_reason_word(reason).data);

    replies = (reason == HEALTHCODE_REASON_OK) ? lookup->replies : NULL;

    ngx_http_healthcode_lookup_withdraw(lookup);

    lookup->done = NULL;

    if (done) {
        done(lookup->data, reason, replies);
    }

    while (!ngx_queue_empty(&lookup->joined)) {

        q = ngx_queue_head(&lookup->joined);
        other = ngx_queue_data(q, ngx_http_healthcode_lookup_t, queue);

        ngx_queue_remove(q);
        ngx_queue_insert_head(&lookup->redis->spare, q);

        other->done(other->data, reason, replies);
    }
}


/* ---- late ---- */

static void
ngx_http_healthcode_lookup_late_handler(ngx_event_t *ev)
{
    ngx_connection_t             *dummy = ev->data;
    ngx_http_healthcode_redis_t  *redis = dummy->data;

    /* read before judging: the answer may be here and only we are late */

    if (redis->state >= NGX_HTTP_HEALTHCODE_REDIS_HANDSHAKE) {
        ngx_http_healthcode_redis_drain(redis);
    }

    /* likewise write: the store may have proved itself just now */

    if (redis->state == NGX_HTTP_HEALTHCODE_REDIS_LIVE
        && (redis->out.len || !ngx_queue_empty(&redis->unsent)))
    {
        ngx_http_healthcode_lookup_unhold(redis);
        ngx_http_healthcode_redis_write(redis);
    }

    ngx_time_update();

    if (!ngx_http_healthcode_lookup_expire(redis, &redis->lookups)) {
        (void) ngx_http_healthcode_lookup_expire(redis, &redis->unsent);
    }
}


/* Those who are sent only now get their whole time from now on. */
static void
ngx_http_healthcode_lookup_unhold(ngx_http_healthcode_redis_t *redis)
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


/*
 * Ends the wait of those whose time is over; 1: the next one has a timer.  The
 * lookup stays as a tombstone, so that the order of replies holds.
 */
static ngx_uint_t
ngx_http_healthcode_lookup_expire(ngx_http_healthcode_redis_t *redis,
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

        if (lookup->done == NULL && ngx_queue_empty(&lookup->joined)) {
            continue;
        }

        left = (ngx_msec_int_t) (lookup->due - ngx_current_msec);

        if (left > 0) {
            ngx_add_timer(&redis->late, (ngx_msec_t) left);
            return 1;
        }

        ngx_http_healthcode_lookup_tell(lookup,
                                        HEALTHCODE_REASON_STORE_TIMEOUT);
    }

    return 0;
}
