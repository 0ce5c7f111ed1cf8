/*
 * Suspend, resume and cancel the live read of one request.
 * Knows no connection and no bytes.  docs/request-path.md, "Risk".
 */

#include "ngx_http_healthcode_redis.h"


static ngx_uint_t ngx_http_healthcode_risk_find(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record);
static void ngx_http_healthcode_risk_terms(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record,
    time_t now, healthcode_risk_terms_t *terms);
static void ngx_http_healthcode_risk_done(void *data,
    healthcode_reason_e reason, redisReply **replies);
static ngx_uint_t ngx_http_healthcode_risk_elapsed(struct timespec *since);


/*
 * NGX_AGAIN: the request is suspended, and its phases run again when the
 * answer is there.  NGX_OK: the evidence is complete already.
 */
ngx_int_t
ngx_http_healthcode_risk_ask(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record)
{
    healthcode_reason_e           reason;
    ngx_http_healthcode_redis_t  *redis = lcf->rules.store->redis;

    if (lcf->rules.store->cache
        && ngx_http_healthcode_risk_find(r, lcf, record))
    {
        ngx_log_debug1(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                       "healthcode: holder is known in store \"%V\"",
                       &lcf->rules.store->name);
        return NGX_OK;
    }

    clock_gettime(CLOCK_MONOTONIC, &record->found.asked);

    healthcode_holder_format(record->found.holder, record->found.query.holder);

    reason = redis ? ngx_http_healthcode_redis_lookup(redis,
                                              &record->found.query,
                                              ngx_http_healthcode_risk_done,
                                              record, &record->lookup)
                   : HEALTHCODE_REASON_STORE_UNAVAILABLE;

    if (reason != HEALTHCODE_REASON_OK) {
        record->found.evidence.live = HEALTHCODE_LIVE_OUTAGE;
        record->found.evidence.risk = reason;
        return NGX_OK;
    }

    ngx_http_healthcode_suspend(r);

    return NGX_AGAIN;
}


/* Whether the cache knows all that would be asked. */
static ngx_uint_t
ngx_http_healthcode_risk_find(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record)
{
    healthcode_risk_terms_t       terms;
    ngx_http_healthcode_redis_t  *redis = lcf->rules.store->redis;

    record->found.holder_sought = 1;

    if (redis == NULL) {
        return 0;
    }

    /* no longer ago than a lease, or nothing is found */
    ngx_http_healthcode_risk_terms(r, lcf, record, record->found.now, &terms);

    if (!ngx_http_healthcode_redis_find(redis, &record->found.query,
                                        record->found.holder, &terms,
                                        &record->found.risk,
                                        &record->found.decided))
    {
        return 0;
    }

    record->found.holder_found = 1;
    record->found.has_decided = 1;

    record->found.evidence.live = HEALTHCODE_LIVE_READ;
    record->found.evidence.risk = healthcode_risk_reason(&record->found.risk);

    return 1;
}


static void
ngx_http_healthcode_risk_terms(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record,
    time_t now, healthcode_risk_terms_t *terms)
{
    ngx_http_healthcode_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_healthcode_module);

    terms->policy = &lcf->risk_policy;
    terms->pepper_check = mcf->pepper_check;
    terms->iat = record->found.iat;
    terms->now = now;
}


void
ngx_http_healthcode_risk_cancel(ngx_http_healthcode_record_t *record)
{
    if (record->lookup) {
        ngx_http_healthcode_redis_cancel(record->lookup);
        record->lookup = NULL;
    }
}


static void
ngx_http_healthcode_risk_done(void *data, healthcode_reason_e reason,
    redisReply **replies)
{
    healthcode_risk_terms_t          terms;
    ngx_http_request_t              *r;
    ngx_http_healthcode_record_t    *record = data;

    r = record->request;
    record->lookup = NULL;
    record->found.lookup_us =
        ngx_http_healthcode_risk_elapsed(&record->found.asked);

    if (reason == HEALTHCODE_REASON_OK) {
        /* r may be in another location by now */
        ngx_http_healthcode_risk_terms(r, record->gate, record, time(NULL),
                                       &terms);

        reason = healthcode_risk_codec_read(&record->found.query, replies,
                                            &terms, &record->found.risk);
    }

    if (reason == HEALTHCODE_REASON_OK) {
        record->found.evidence.live = HEALTHCODE_LIVE_READ;
        record->found.evidence.risk =
            healthcode_risk_reason(&record->found.risk);

    } else {
        record->found.evidence.live = HEALTHCODE_LIVE_OUTAGE;
        record->found.evidence.risk = reason;
    }

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "healthcode: live read took %ui us: %*s",
                   record->found.lookup_us,
                   healthcode_reason_word(record->found.evidence.risk).len,
                   healthcode_reason_word(record->found.evidence.risk).data);

    record->found.answered = 1;
    record->found.looked_up = 1;

    ngx_http_healthcode_resume(record);
}


static ngx_uint_t
ngx_http_healthcode_risk_elapsed(struct timespec *since)
{
    struct timespec  now;

    clock_gettime(CLOCK_MONOTONIC, &now);

    return (ngx_uint_t) ((now.tv_sec - since->tv_sec) * 1000000
                         + (now.tv_nsec - since->tv_nsec) / 1000);
}
