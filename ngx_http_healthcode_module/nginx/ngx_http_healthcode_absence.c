/*
 * What this worker's connection to a store owns in the cache: it stores who
 * has no flag, forgets whom Redis says has changed, and finds.  Knows no
 * request.  docs/request-path.md, "The cache".
 */

#include "ngx_http_healthcode_redis_private.h"


static void ngx_http_healthcode_absence_epoch(
    ngx_http_healthcode_redis_t *redis);
static void ngx_http_healthcode_absence_forget_answers(
    ngx_http_healthcode_redis_t *redis);
static ngx_int_t ngx_http_healthcode_absence_store_id(
    ngx_http_healthcode_redis_t *redis, healthcode_str_t instance,
    uint64_t *id);
static void ngx_http_healthcode_absence_query(
    const ngx_http_healthcode_lookup_key_t *key,
    healthcode_risk_query_t *query);
static ngx_uint_t ngx_http_healthcode_absence_is_same(
    ngx_http_healthcode_redis_t *redis, const redisReply *meta);
static uint64_t ngx_http_healthcode_absence_clock(void *data);


ngx_int_t
ngx_http_healthcode_absence_init(ngx_http_healthcode_redis_t *redis)
{
    healthcode_owner_t           *owner = &redis->owner;
    ngx_http_healthcode_store_t  *store = redis->store;

    if (store->cache == NULL) {
        return NGX_OK;
    }

    redis->answers = healthcode_answers_create();
    if (redis->answers == NULL) {
        return NGX_ERROR;
    }

    owner->absence = &store->cache->absence;
    owner->number = ngx_http_healthcode_cache_owner(store->number);
    owner->length = store->lease;
    owner->max_age = store->cache_max_age;

    redis->counters = ngx_http_healthcode_cache_counters(store->cache);

    /* whoever had this place before is dead, and so is what it stored */
    healthcode_owner_start(owner);
    ngx_http_healthcode_absence_epoch(redis);

    return NGX_OK;
}


/* All that the owner has stored is dead, and a new epoch has begun. */
static void
ngx_http_healthcode_absence_epoch(ngx_http_healthcode_redis_t *redis)
{
    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, redis->log, 0,
                   "healthcode: store \"%V\": owner %ui begins epoch %uL",
                   &redis->store->name, (ngx_uint_t) redis->owner.number,
                   healthcode_owner_epoch(&redis->owner));

    if (healthcode_owner_is_spent(&redis->owner) && !redis->is_spent_told) {
        redis->is_spent_told = 1;

        ngx_log_error(NGX_LOG_ERR, redis->log, 0,
                      "healthcode: store \"%V\": this worker has used up the "
                      "epochs of its lease and reads every holder live from "
                      "now on; restart nginx, which makes zone \"%V\" anew",
                      &redis->store->name, &redis->store->cache->name);
    }
}


void
ngx_http_healthcode_absence_free(ngx_http_healthcode_redis_t *redis)
{
    healthcode_answers_free(redis->answers);
    redis->answers = NULL;
}


ngx_int_t
ngx_http_healthcode_absence_live(ngx_http_healthcode_redis_t *redis,
    const redisReply *meta)
{
    uint64_t          id;
    healthcode_str_t  instance;

    if (redis->counters == NULL) {
        return NGX_OK;
    }

    instance = healthcode_risk_codec_instance(meta);

    if (ngx_http_healthcode_absence_store_id(redis, instance, &id) != NGX_OK) {
        return NGX_ERROR;
    }

    redis->instance.len = instance.len;
    redis->instance.data = ngx_alloc(instance.len, redis->log);

    if (redis->instance.data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(redis->instance.data, instance.data, instance.len);

    healthcode_owner_live(&redis->owner, id);

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, redis->log, 0,
                   "healthcode: store \"%V\": owner %ui is live in epoch %uL",
                   &redis->store->name, (ngx_uint_t) redis->owner.number,
                   healthcode_owner_epoch(&redis->owner));

    return NGX_OK;
}


/*
 * Another server, database, user, pepper or instance is another store; so is
 * another address of one name, whose server may have been promoted since; and
 * another lease, or what an owner of a longer one has read would be believed
 * for that long.
 */
static ngx_int_t
ngx_http_healthcode_absence_store_id(ngx_http_healthcode_redis_t *redis,
    healthcode_str_t instance, uint64_t *id)
{
    uint8_t                       hash[HEALTHCODE_DIGEST_LEN];
    ngx_http_healthcode_store_t  *store = redis->store;
    healthcode_str_t              parts[] = {
        redis->peer,
        ngx_http_healthcode_view(&store->user),
        healthcode_str_from(&store->database, sizeof(store->database)),
        healthcode_str_from(&store->lease, sizeof(store->lease)),
        healthcode_str_from(store->handshake.pepper_check,
                            HEALTHCODE_HOLDER_HEX),
        instance
    };

    if (!healthcode_digest_parts(store->digest, parts,
                                 sizeof(parts) / sizeof(parts[0]), hash))
    {
        return NGX_ERROR;
    }

    ngx_memcpy(id, hash, sizeof(uint64_t));

    return NGX_OK;
}


void
ngx_http_healthcode_absence_lose(ngx_http_healthcode_redis_t *redis)
{
    if (redis->counters == NULL) {
        return;
    }

    if (redis->owner.live) {
        redis->counters->epochs++;
        healthcode_owner_lose(&redis->owner);
        ngx_http_healthcode_absence_epoch(redis);
    }

    ngx_http_healthcode_absence_forget_answers(redis);

    if (redis->instance.data) {
        ngx_free(redis->instance.data);
        ngx_str_null(&redis->instance);
    }
}


static void
ngx_http_healthcode_absence_forget_answers(ngx_http_healthcode_redis_t *redis)
{
    healthcode_answers_forget_regions(redis->answers);
    healthcode_answers_forget_controls(redis->answers);
}


void
ngx_http_healthcode_absence_renew(ngx_http_healthcode_lookup_t *lookup,
    const redisReply *meta)
{
    ngx_http_healthcode_redis_t  *redis = lookup->redis;

    if (redis->counters && ngx_http_healthcode_absence_is_same(redis, meta)) {
        healthcode_owner_renew(&redis->owner, lookup->epoch, lookup->clock);

        ngx_log_debug3(NGX_LOG_DEBUG_HTTP, redis->log, 0,
                       "healthcode: store \"%V\": lease of epoch %uL renewed, "
                       "sent at %uL", &redis->store->name, lookup->epoch,
                       lookup->clock);
    }
}


/* Only absence is kept: a flag, even one that is over, is read live. */
void
ngx_http_healthcode_absence_keep(ngx_http_healthcode_lookup_t *lookup)
{
    uint8_t                       holder[HEALTHCODE_HOLDER_LEN];
    healthcode_risk_query_t       query;
    healthcode_risk_answer_t      answer;
    ngx_http_healthcode_redis_t  *redis = lookup->redis;

    if (redis->counters == NULL
        || !lookup->has_key
        || healthcode_risk_codec_meta(lookup->replies[lookup->expected - 1],
                                      redis->store->handshake.pepper_check)
           != HEALTHCODE_REASON_OK
        || !ngx_http_healthcode_absence_is_same(redis,
                                      lookup->replies[lookup->expected - 1])
        || lookup->epoch != healthcode_owner_epoch(&redis->owner))
    {
        return;
    }

    ngx_http_healthcode_absence_query(&lookup->key, &query);

    if (!healthcode_risk_codec_answer(&query, lookup->replies, &answer)) {
        return;
    }

    healthcode_answers_keep(redis->answers, &query, &answer);

    if (healthcode_risk_codec_is_absent(lookup->replies)
        && healthcode_holder_parse(healthcode_str_from(query.holder,
                                                       HEALTHCODE_HOLDER_HEX),
                                   holder))
    {
        redis->counters->holders_stored++;
        redis->counters->holders_evicted +=
            healthcode_owner_store(&redis->owner, lookup->epoch, holder,
                                   ngx_http_healthcode_clock());
    }
}


static void
ngx_http_healthcode_absence_query(const ngx_http_healthcode_lookup_key_t *key,
    healthcode_risk_query_t *query)
{
    ngx_memcpy(query->holder, key->holder, HEALTHCODE_HOLDER_HEX);

    query->iss = key->iss;
    query->thumbprint = healthcode_str_from(key->thumbprint,
                                            HEALTHCODE_THUMBPRINT_LEN);
    query->regions = key->regions;
    query->nregions = key->nregions;
}


/* A store that is another one now: what is known is of the one before. */
static ngx_uint_t
ngx_http_healthcode_absence_is_same(ngx_http_healthcode_redis_t *redis,
    const redisReply *meta)
{
    healthcode_str_t  instance = healthcode_risk_codec_instance(meta);

    if (healthcode_str_equal(instance,
                             ngx_http_healthcode_view(&redis->instance)))
    {
        return 1;
    }

    redis->counters->epochs++;
    healthcode_owner_lose(&redis->owner);
    ngx_http_healthcode_absence_epoch(redis);

    redis->judgement = HEALTHCODE_REASON_STORE_UNAVAILABLE;
    ngx_cpystrn((u_char *) redis->what,
                (u_char *) "it is another store than a moment ago",
                sizeof(redis->what));

    return 0;
}


const char *
ngx_http_healthcode_absence_push(ngx_http_healthcode_redis_t *redis,
    const redisReply *push)
{
    size_t   i, n;
    uint8_t  holder[HEALTHCODE_HOLDER_LEN];

    n = healthcode_tracking_changes(push);

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, redis->log, 0,
                   "healthcode: store \"%V\": %uz changes pushed",
                   &redis->store->name, n);

    if (redis->counters == NULL || n == 0) {
        return "it sent what nobody asked for";
    }

    /* nothing is known any more that could have changed */

    if (redis->state == NGX_HTTP_HEALTHCODE_REDIS_LEAVING) {
        return NULL;
    }

    for (i = 0; i < n; i++) {

        switch (healthcode_tracking_change(push, i, holder)) {

        case HEALTHCODE_TRACKING_HOLDER:
            redis->counters->holders_forgotten +=
                healthcode_owner_forget(&redis->owner, holder);
            break;

        case HEALTHCODE_TRACKING_REGIONS:
            healthcode_answers_forget_regions(redis->answers);
            break;

        case HEALTHCODE_TRACKING_CONTROLS:
            healthcode_answers_forget_controls(redis->answers);
            break;

        case HEALTHCODE_TRACKING_PUSH:
            redis->is_pushed = 1;
            break;

        case HEALTHCODE_TRACKING_ALL:
        case HEALTHCODE_TRACKING_META:

            /* the proof may predate this change */

            if (redis->state != NGX_HTTP_HEALTHCODE_REDIS_LIVE) {
                return "it changed while it proved itself";
            }

            redis->counters->epochs++;
            healthcode_owner_renounce(&redis->owner);
            ngx_http_healthcode_absence_epoch(redis);
            ngx_http_healthcode_absence_forget_answers(redis);
            break;

        case HEALTHCODE_TRACKING_BROKEN:
            return "it pushed a key that no gate reads";
        }
    }

    return NULL;
}


ngx_uint_t
ngx_http_healthcode_redis_find(ngx_http_healthcode_redis_t *redis,
    const healthcode_risk_query_t *query, const uint8_t *holder,
    const healthcode_risk_terms_t *terms, healthcode_risk_t *risk,
    struct timespec *decided)
{
    healthcode_risk_answer_t  answer;

    if (redis->counters == NULL) {
        return 0;
    }

    /* what only this worker writes may be read before the clock is */

    if (healthcode_answers_find(redis->answers, query, &answer)
        && healthcode_owner_finds(&redis->owner, holder,
                                  ngx_http_healthcode_absence_clock, decided))
    {
        redis->counters->holders_hits++;
        healthcode_risk_add_answer(risk, query, &answer, terms);
        return 1;
    }

    redis->counters->holders_misses++;

    return 0;
}


static uint64_t
ngx_http_healthcode_absence_clock(void *data)
{
    struct timespec  *now = data;

    return ngx_http_healthcode_clock_read(now);
}
