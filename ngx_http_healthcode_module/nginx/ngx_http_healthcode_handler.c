/*
 * The conductor: calls the stages of one request in order, and decides.
 * Reads no bytes of a code itself.  docs/request-path.md.
 */

#include "ngx_http_healthcode_keys.h"


/* Large, but touched only as far as the code is long. */
typedef struct {
    healthcode_token_memory_t    token;
    healthcode_claims_memory_t   claims;
} ngx_http_healthcode_memory_t;


static ngx_int_t ngx_http_healthcode_handler_judge(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record);
static healthcode_reason_e ngx_http_healthcode_handler_verify(
    ngx_http_request_t *r, ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record);
static healthcode_reason_e ngx_http_healthcode_handler_rules(
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record,
    const healthcode_claims_t *claims);
static ngx_http_healthcode_issuer_t *ngx_http_healthcode_handler_issuer(
    ngx_http_healthcode_loc_conf_t *lcf, healthcode_str_t iss);
static healthcode_reason_e ngx_http_healthcode_handler_keep(
    ngx_http_request_t *r, ngx_http_healthcode_record_t *record,
    const healthcode_key_t *key, const healthcode_claims_t *claims);
static ngx_int_t ngx_http_healthcode_handler_keep_regions(
    ngx_http_request_t *r, ngx_http_healthcode_record_t *record,
    const healthcode_claims_t *claims);
static void ngx_http_healthcode_handler_decide(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record);
static u_char *ngx_http_healthcode_handler_log_error(ngx_http_request_t *r,
    ngx_http_request_t *sr, u_char *buf, size_t len);
static void ngx_http_healthcode_handler_mask(ngx_http_request_t *r);


/* nginx's own, the same for every request of this process */
static ngx_http_log_handler_pt  ngx_http_healthcode_handler_log_next;


/*
 * A location that is off may have been reached by our own error page or from a
 * gated one; only the next phase, once passed, ends that.
 */
ngx_int_t
ngx_http_healthcode_handler_access(ngx_http_request_t *r)
{
    ngx_http_healthcode_record_t    *record;
    ngx_http_healthcode_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_healthcode_module);

    if (lcf->mode == NGX_HTTP_HEALTHCODE_OFF) {
        return NGX_DECLINED;
    }

    record = ngx_http_healthcode_record_get(r);
    if (record == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (record->refused) {
        return NGX_DECLINED;
    }

    if (record->lookup || record->is_waiting) {
        return NGX_AGAIN;
    }

    if (!record->judged || record->policy != lcf->policy) {

        if (!record->answered
            && ngx_http_healthcode_handler_judge(r, lcf, record) == NGX_AGAIN)
        {
            return NGX_AGAIN;
        }

        ngx_http_healthcode_handler_decide(r, lcf, record);
    }

    return ngx_http_healthcode_response_send(r, lcf, record);
}


/*
 * NGX_OK: the evidence is complete; NGX_AGAIN: a live read is under way, or a
 * key is, with which all of it is judged again.
 */
static ngx_int_t
ngx_http_healthcode_handler_judge(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record)
{
    healthcode_evidence_t  *evidence = &record->evidence;

    ngx_memzero(evidence, sizeof(healthcode_evidence_t));
    healthcode_risk_clear(&record->risk);

    record->issuer = NULL;
    record->verified.len = 0;
    record->unmet = NULL;
    record->holder.len = 0;
    record->looked_up = 0;
    record->ending = 0;

    evidence->code = ngx_http_healthcode_handler_verify(r, lcf, record);

    if (record->verified.len == 0
        && ngx_http_healthcode_keys_wait(r, record, &evidence->code)
           == NGX_AGAIN)
    {
        return NGX_AGAIN;
    }

    if (evidence->code != HEALTHCODE_REASON_OK) {
        return NGX_OK;
    }

    if (lcf->store == NULL) {
        evidence->live = HEALTHCODE_LIVE_OFF;
        return NGX_OK;
    }

    return ngx_http_healthcode_risk_ask(r, lcf, record);
}


static healthcode_reason_e
ngx_http_healthcode_handler_verify(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record)
{
    ngx_str_t                       code;
    healthcode_token_t              token;
    healthcode_claims_t             claims;
    healthcode_reason_e             reason;
    const healthcode_key_t         *key;
    ngx_http_healthcode_issuer_t   *issuer;
    ngx_http_healthcode_memory_t    memory;

    reason = ngx_http_healthcode_source_code(record, &code);

    if (reason != HEALTHCODE_REASON_OK) {
        return reason;
    }

    reason = healthcode_token_parse(ngx_http_healthcode_view(&code),
                                    &memory.token, &token);

    if (reason != HEALTHCODE_REASON_OK) {
        return reason;
    }

    reason = healthcode_claims_parse(token.payload, &memory.claims, &claims);

    if (reason != HEALTHCODE_REASON_OK) {
        return reason;
    }

    issuer = ngx_http_healthcode_handler_issuer(lcf, claims.iss);

    if (issuer == NULL) {
        return HEALTHCODE_REASON_ISSUER;
    }

    record->issuer = issuer;

    reason = healthcode_issuer_verify(&issuer->core,
                                      ngx_http_healthcode_keys_now(issuer),
                                      &token, &key);

    if (reason != HEALTHCODE_REASON_OK) {
        return reason;
    }

    record->verified = code;

    reason = ngx_http_healthcode_handler_keep(r, record, key, &claims);

    if (reason != HEALTHCODE_REASON_OK) {
        return reason;
    }

    return ngx_http_healthcode_handler_rules(lcf, record, &claims);
}


/* The rules of the issuer and of the location, once the signature held. */
static healthcode_reason_e
ngx_http_healthcode_handler_rules(ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record, const healthcode_claims_t *claims)
{
    time_t                       now;
    healthcode_reason_e          reason;
    healthcode_claims_policy_t   policy;

    /* the real clock: nginx's cached one lags behind in a long turn */
    now = time(NULL);

    reason = ngx_http_healthcode_lifecycle_check(record, now);

    if (reason != HEALTHCODE_REASON_OK) {
        return reason;
    }

    policy = lcf->claims_policy;
    policy.lifetime_max = record->issuer->core.lifetime_max;

    reason = healthcode_claims_check(claims, &policy, now);

    if (reason != HEALTHCODE_REASON_OK || lcf->require == NULL) {
        return reason;
    }

    record->unmet = healthcode_require_check(lcf->require->elts,
                                             lcf->require->nelts,
                                             claims->object);

    return record->unmet ? HEALTHCODE_REASON_CLAIM : HEALTHCODE_REASON_OK;
}


static ngx_http_healthcode_issuer_t *
ngx_http_healthcode_handler_issuer(ngx_http_healthcode_loc_conf_t *lcf,
    healthcode_str_t iss)
{
    size_t                          i;
    ngx_http_healthcode_issuer_t  **issuers = lcf->issuers->elts;

    i = healthcode_index_first(lcf->issuer_index, iss);

    return (i == HEALTHCODE_INDEX_NONE) ? NULL : issuers[i];
}


/* Keeps of the key what outlives a swap of keys, and of the claims likewise. */
static ngx_int_t
ngx_http_healthcode_handler_keep_key(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record, const healthcode_key_t *key)
{
    ngx_memcpy(record->thumbprint, key->thumbprint, HEALTHCODE_THUMBPRINT_LEN);

    record->kid.len = key->kid.len;

    if (key->kid.len == 0) {
        return NGX_OK;
    }

    record->kid.data = ngx_pnalloc(r->pool, key->kid.len);
    if (record->kid.data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(record->kid.data, key->kid.data, key->kid.len);

    return NGX_OK;
}


/* Keeps of the claims what outlives their memory; never the subject. */
static healthcode_reason_e
ngx_http_healthcode_handler_keep(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record, const healthcode_key_t *key,
    const healthcode_claims_t *claims)
{
    ngx_http_healthcode_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_healthcode_module);

    record->iat = claims->iat;
    record->exp = claims->exp;

    record->query.iss = record->issuer->core.iss;
    record->query.thumbprint = healthcode_str_from(record->thumbprint,
                                                   HEALTHCODE_THUMBPRINT_LEN);

    if (ngx_http_healthcode_handler_keep_key(r, record, key) != NGX_OK
        || ngx_http_healthcode_handler_keep_regions(r, record, claims)
           != NGX_OK)
    {
        return HEALTHCODE_REASON_FAULT;
    }

    if (mcf->pepper == NULL) {
        return HEALTHCODE_REASON_OK;
    }

    if (!healthcode_holder_derive(mcf->pepper,
                                  record->issuer->core.subject_space,
                                  claims->sub, record->query.holder))
    {
        return HEALTHCODE_REASON_FAULT;
    }

    record->holder.data = (u_char *) record->query.holder;
    record->holder.len = HEALTHCODE_HOLDER_HEX;

    return HEALTHCODE_REASON_OK;
}


static ngx_int_t
ngx_http_healthcode_handler_keep_regions(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record, const healthcode_claims_t *claims)
{
    u_char            *p;
    ngx_uint_t         i;
    healthcode_str_t  *region;

    record->query.nregions = 0;

    if (claims->nregions == 0) {
        return NGX_OK;
    }

    region = ngx_palloc(r->pool, claims->nregions
                                 * (sizeof(healthcode_str_t) + 6));
    if (region == NULL) {
        return NGX_ERROR;
    }

    p = (u_char *) (region + claims->nregions);

    for (i = 0; i < claims->nregions; i++) {
        region[i] = healthcode_str_from(p, claims->regions[i].len);
        p = ngx_cpymem(p, claims->regions[i].data, claims->regions[i].len);
    }

    record->query.regions = region;
    record->query.nregions = claims->nregions;

    return NGX_OK;
}


static void
ngx_http_healthcode_handler_decide(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record)
{
    record->evidence.outage_allow = (lcf->on_outage != 0);
    record->verdict = healthcode_verdict_decide(&record->evidence);

    record->policy = lcf->policy;
    record->judged = 1;
    record->answered = 0;

    ngx_http_healthcode_response_log(r, lcf, record);
}


/*
 * Before limit_req and others that log the request line: takes the codes out.
 * A subrequest's access phase is skipped by nginx, so nothing is done for it.
 */
ngx_int_t
ngx_http_healthcode_handler_rewrite(ngx_http_request_t *r)
{
    ngx_http_healthcode_record_t    *record;
    ngx_http_healthcode_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_healthcode_module);

    if (lcf->mode == NGX_HTTP_HEALTHCODE_OFF || r != r->main) {
        return NGX_DECLINED;
    }

    record = ngx_http_healthcode_record_get(r);

    if (record == NULL
        || ngx_http_healthcode_source_take(r, lcf, record) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return NGX_DECLINED;
}


/*
 * nginx refuses a body that is too large before the rewrite phase, and logs
 * the request line with it: let the log take the codes out first.
 */
ngx_int_t
ngx_http_healthcode_handler_server_rewrite(ngx_http_request_t *r)
{
    if (r == r->main
        && r->log_handler != ngx_http_healthcode_handler_log_error)
    {
        ngx_http_healthcode_handler_log_next = r->log_handler;
        r->log_handler = ngx_http_healthcode_handler_log_error;
    }

    return NGX_DECLINED;
}


static u_char *
ngx_http_healthcode_handler_log_error(ngx_http_request_t *r,
    ngx_http_request_t *sr, u_char *buf, size_t len)
{
    ngx_http_healthcode_handler_mask(r);

    return ngx_http_healthcode_handler_log_next(r, sr, buf, len);
}


ngx_int_t
ngx_http_healthcode_handler_log(ngx_http_request_t *r)
{
    ngx_http_healthcode_handler_mask(r);

    return NGX_OK;
}


static void
ngx_http_healthcode_handler_mask(ngx_http_request_t *r)
{
    ngx_http_healthcode_record_t    *record;
    ngx_http_healthcode_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_healthcode_module);

    if (lcf->mode == NGX_HTTP_HEALTHCODE_OFF || r->pool == NULL) {
        return;
    }

    record = ngx_http_healthcode_record_get(r);

    if (record && !record->masking) {
        /* without memory the line is still logged, but this logs too */
        record->masking = 1;
        (void) ngx_http_healthcode_source_take(r, lcf, record);
        record->masking = 0;
    }
}


/*
 * Once a request has passed the access phase of any location, a redirect that
 * comes later is not the error page of our own refusal.  nginx skips the
 * access phase for a subrequest: it may enter a gated location only where its
 * main request has passed one of the same policy.
 */
ngx_int_t
ngx_http_healthcode_handler_precontent(ngx_http_request_t *r)
{
    ngx_http_healthcode_record_t    *record;
    ngx_http_healthcode_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_healthcode_module);
    record = ngx_http_healthcode_record_find(r);

    if (r == r->main) {

        if (record) {
            record->refused = 0;
        }

        if (record && lcf->mode == NGX_HTTP_HEALTHCODE_ON) {
            record->passed = lcf->policy;
        }

        return NGX_DECLINED;
    }

    if (lcf->mode == NGX_HTTP_HEALTHCODE_ON
        && (record == NULL || record->passed != lcf->policy))
    {
        ngx_log_error(NGX_LOG_NOTICE, r->connection->log, 0,
                      "healthcode: deny a subrequest to a location that its "
                      "request has not passed");
        return NGX_HTTP_FORBIDDEN;
    }

    return NGX_DECLINED;
}
