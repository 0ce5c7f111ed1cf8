/*
 * From the bytes of a code to what is known of it: verified, or found among
 * those that were.  Decides nothing and asks no store.
 * docs/request-path.md, "Token, Signature, Claims" and "The cache".
 */

#include "ngx_http_healthcode_keys.h"


/* Large, but touched only as far as the code is long. */
typedef struct {
    healthcode_token_memory_t    token;
    healthcode_claims_memory_t   claims;
} ngx_http_healthcode_memory_t;


static healthcode_reason_e ngx_http_healthcode_verify_cold(
    ngx_http_request_t *r, ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record, ngx_str_t *code);
static ngx_uint_t ngx_http_healthcode_verify_recall(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record,
    ngx_str_t *code, healthcode_reason_e *reason);
static healthcode_reason_e ngx_http_healthcode_verify_known(
    ngx_http_request_t *r, ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record, const healthcode_key_t *key,
    const healthcode_code_t *known);
static healthcode_reason_e ngx_http_healthcode_verify_again(
    ngx_http_request_t *r, ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record, const healthcode_key_t *key);
static void ngx_http_healthcode_verify_remember(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record,
    const healthcode_key_t *key, const healthcode_token_t *token,
    const healthcode_claims_t *claims);
static healthcode_reason_e ngx_http_healthcode_verify_rules(
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record,
    const healthcode_claims_t *claims, const healthcode_code_t *known);
static ngx_http_healthcode_issuer_t *ngx_http_healthcode_verify_issuer(
    ngx_http_healthcode_loc_conf_t *lcf, healthcode_str_t iss);
static healthcode_reason_e ngx_http_healthcode_verify_keep(
    ngx_http_request_t *r, ngx_http_healthcode_record_t *record,
    const healthcode_key_t *key, const healthcode_claims_t *claims);
static ngx_int_t ngx_http_healthcode_verify_keep_key(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record, const healthcode_key_t *key);
static ngx_int_t ngx_http_healthcode_verify_keep_regions(
    ngx_http_request_t *r, ngx_http_healthcode_record_t *record,
    const healthcode_region_t *regions, size_t n);


healthcode_reason_e
ngx_http_healthcode_verify(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record)
{
    ngx_str_t            code;
    healthcode_reason_e  reason;

    reason = ngx_http_healthcode_source_code(record, &code);

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "healthcode: source: %*s",
                   healthcode_reason_word(reason).len,
                   healthcode_reason_word(reason).data);

    if (reason != HEALTHCODE_REASON_OK) {
        return reason;
    }

    if (lcf->rules.codes
        && ngx_http_healthcode_verify_recall(r, lcf, record, &code, &reason))
    {
        ngx_log_debug3(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                       "healthcode: known code of issuer \"%V\": %*s",
                       &record->found.issuer->name,
                       healthcode_reason_word(reason).len,
                       healthcode_reason_word(reason).data);
        return reason;
    }

    reason = ngx_http_healthcode_verify_cold(r, lcf, record, &code);

    ngx_log_debug4(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "healthcode: code is read, an issuer's: %d, signed: %d: %*s",
                   record->found.issuer != NULL,
                   record->found.verified.len != 0,
                   healthcode_reason_word(reason).len,
                   healthcode_reason_word(reason).data);

    return reason;
}


static healthcode_reason_e
ngx_http_healthcode_verify_cold(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record,
    ngx_str_t *code)
{
    healthcode_token_t              token;
    healthcode_claims_t             claims;
    healthcode_reason_e             reason;
    const healthcode_key_t         *key;
    ngx_http_healthcode_issuer_t   *issuer;
    ngx_http_healthcode_memory_t    memory;

    reason = healthcode_token_parse(ngx_http_healthcode_view(code),
                                    &memory.token, &token);

    if (reason != HEALTHCODE_REASON_OK) {
        return reason;
    }

    reason = healthcode_claims_parse(token.payload, &memory.claims, &claims);

    if (reason != HEALTHCODE_REASON_OK) {
        return reason;
    }

    issuer = ngx_http_healthcode_verify_issuer(lcf, claims.iss);

    if (issuer == NULL) {
        return HEALTHCODE_REASON_ISSUER;
    }

    record->found.issuer = issuer;

    reason = healthcode_issuer_verify(&issuer->core,
                                      ngx_http_healthcode_keys_now(issuer),
                                      &token, &key);

    if (reason != HEALTHCODE_REASON_OK) {
        return reason;
    }

    record->found.verified = *code;

    reason = ngx_http_healthcode_verify_keep(r, record, key, &claims);

    if (reason != HEALTHCODE_REASON_OK) {
        return reason;
    }

    reason = ngx_http_healthcode_verify_rules(lcf, record, &claims, NULL);

    /* only what passes, so that nobody else's codes take its place */

    if (reason == HEALTHCODE_REASON_OK && record->found.code_sought) {
        ngx_http_healthcode_verify_remember(r, lcf, record, key, &token,
                                            &claims);
    }

    return reason;
}


/*
 * Whether the code was verified before, by an issuer of this location with the
 * keys and rules that it has now; then *reason is what it amounts to here.
 */
static ngx_uint_t
ngx_http_healthcode_verify_recall(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record,
    ngx_str_t *code, healthcode_reason_e *reason)
{
    healthcode_code_t                 known;
    const healthcode_key_t           *key;
    healthcode_code_scope_t           scope;
    ngx_http_healthcode_issuer_t    **issuers;
    ngx_http_healthcode_counters_t   *counters;
    ngx_http_healthcode_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_healthcode_module);

    scope.identities = ngx_http_healthcode_keys_identities(mcf);
    scope.accepted = lcf->accepted;
    scope.n = mcf->issuers.nelts;

    if (scope.identities == NULL
        || !healthcode_code_key(&lcf->rules.codes->codes,
                                ngx_http_healthcode_view(code), mcf->digest,
                                record->found.code_key))
    {
        return 0;
    }

    record->found.code_sought = 1;
    counters = ngx_http_healthcode_cache_counters(lcf->rules.codes);

    if (!healthcode_code_find(&lcf->rules.codes->codes,
                              record->found.code_key, &scope, &known))
    {
        counters->codes_misses++;
        return 0;
    }

    issuers = mcf->issuers.elts;

    /* there is one, since the keys are the same */
    key = healthcode_keyring_at(
              ngx_http_healthcode_keys_now(issuers[known.issuer]),
              known.signer);

    if (key == NULL) {
        counters->codes_misses++;
        return 0;
    }

    counters->codes_hits++;

    /* the rules are judged while the memory is on its way */
    if (lcf->rules.store && lcf->rules.store->cache) {
        healthcode_absence_prefetch(&lcf->rules.store->cache->absence,
                                    known.holder);
    }

    record->found.code_found = 1;
    record->found.issuer = issuers[known.issuer];
    record->found.verified = *code;

    /* rules about claims need the claims */
    *reason = (known.is_whole && lcf->rules.require == NULL)
              ? ngx_http_healthcode_verify_known(r, lcf, record, key, &known)
              : ngx_http_healthcode_verify_again(r, lcf, record, key);

    return 1;
}


static healthcode_reason_e
ngx_http_healthcode_verify_known(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record,
    const healthcode_key_t *key, const healthcode_code_t *known)
{
    record->found.iat = known->iat;
    record->found.exp = known->exp;

    if (ngx_http_healthcode_verify_keep_key(r, record, key) != NGX_OK
        || ngx_http_healthcode_verify_keep_regions(r, record, known->regions,
                                                   known->nregions)
           != NGX_OK)
    {
        return HEALTHCODE_REASON_FAULT;
    }

    record->found.has_holder = known->has_holder;
    ngx_memcpy(record->found.holder, known->holder, HEALTHCODE_HOLDER_LEN);

    return ngx_http_healthcode_verify_rules(lcf, record, NULL, known);
}


/* Reads the payload once more, and skips the signature. */
static healthcode_reason_e
ngx_http_healthcode_verify_again(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record,
    const healthcode_key_t *key)
{
    healthcode_str_t               payload;
    healthcode_claims_t            claims;
    healthcode_reason_e            reason;
    ngx_http_healthcode_memory_t   memory;

    if (!healthcode_token_payload(ngx_http_healthcode_view(
                                      &record->found.verified),
                                  memory.token.parts, &payload))
    {
        return HEALTHCODE_REASON_FAULT;
    }

    reason = healthcode_claims_parse(payload, &memory.claims, &claims);

    if (reason != HEALTHCODE_REASON_OK) {
        return reason;
    }

    reason = ngx_http_healthcode_verify_keep(r, record, key, &claims);

    if (reason != HEALTHCODE_REASON_OK) {
        return reason;
    }

    return ngx_http_healthcode_verify_rules(lcf, record, &claims, NULL);
}


static void
ngx_http_healthcode_verify_remember(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record,
    const healthcode_key_t *key, const healthcode_token_t *token,
    const healthcode_claims_t *claims)
{
    const uint64_t                   *identity;
    healthcode_code_t                 code;
    ngx_http_healthcode_issuer_t     *issuer = record->found.issuer;
    ngx_http_healthcode_counters_t   *counters;
    ngx_http_healthcode_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_healthcode_module);

    identity = ngx_http_healthcode_keys_identities(mcf)[issuer->number];

    if (!healthcode_code_from_claims(&code, claims, mcf->digest)) {
        return;
    }

    code.issuer = (unsigned) issuer->number;
    code.signer = (unsigned) healthcode_keyring_number(
                                  ngx_http_healthcode_keys_now(issuer), key);
    code.has_holder = record->found.has_holder;
    ngx_memcpy(code.holder, record->found.holder, HEALTHCODE_HOLDER_LEN);

    counters = ngx_http_healthcode_cache_counters(lcf->rules.codes);
    counters->codes_stored++;
    counters->codes_evicted +=
        healthcode_code_store(&lcf->rules.codes->codes,
                              record->found.code_key, identity, &code,
                              record->found.now);

    healthcode_issuer_learn(&issuer->core, key, token, mcf->digest);
}


/*
 * The rules of the issuer and of the location, once the signature held.  Where
 * the location has rules about claims, claims are there.
 */
static healthcode_reason_e
ngx_http_healthcode_verify_rules(ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record, const healthcode_claims_t *claims,
    const healthcode_code_t *known)
{
    time_t                       now;
    healthcode_reason_e          reason;
    healthcode_require_t        *require;
    healthcode_claims_policy_t   policy;

    /* the real clock: nginx's cached one lags behind in a long turn */
    now = record->found.now = time(NULL);

    reason = ngx_http_healthcode_lifecycle_check(record, now);

    if (reason != HEALTHCODE_REASON_OK) {
        return reason;
    }

    policy = lcf->claims_policy;
    policy.lifetime_max = record->found.issuer->core.lifetime_max;

    if (lcf->audience_values
        && ngx_http_healthcode_values_audience(record, known != NULL, &policy)
           != NGX_OK)
    {
        return HEALTHCODE_REASON_FAULT;
    }

    reason = known ? healthcode_code_check(known, &policy, now)
                   : healthcode_claims_check(claims, &policy, now);

    if (reason != HEALTHCODE_REASON_OK || lcf->rules.require == NULL) {
        return reason;
    }

    require = lcf->require_values ? ngx_http_healthcode_values_require(record)
                                  : lcf->rules.require->elts;
    if (require == NULL) {
        return HEALTHCODE_REASON_FAULT;
    }

    record->found.unmet = healthcode_require_check(require,
                                             lcf->rules.require->nelts,
                                             claims->object);

    return record->found.unmet ? HEALTHCODE_REASON_CLAIM : HEALTHCODE_REASON_OK;
}


static ngx_http_healthcode_issuer_t *
ngx_http_healthcode_verify_issuer(ngx_http_healthcode_loc_conf_t *lcf,
    healthcode_str_t iss)
{
    size_t                          i;
    ngx_http_healthcode_issuer_t  **issuers = lcf->issuers->elts;

    i = healthcode_index_first(lcf->issuer_index, iss);

    return (i == HEALTHCODE_INDEX_NONE) ? NULL : issuers[i];
}


/* Keeps of the key what outlives a swap of keys. */
static ngx_int_t
ngx_http_healthcode_verify_keep_key(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record, const healthcode_key_t *key)
{
    ngx_memcpy(record->found.thumbprint, key->thumbprint,
               HEALTHCODE_THUMBPRINT_LEN);

    record->found.query.iss = record->found.issuer->core.iss;
    record->found.query.thumbprint =
        healthcode_str_from(record->found.thumbprint,
                            HEALTHCODE_THUMBPRINT_LEN);

    record->found.kid.len = key->kid.len;

    if (key->kid.len == 0) {
        return NGX_OK;
    }

    record->found.kid.data = ngx_pnalloc(r->pool, key->kid.len);
    if (record->found.kid.data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(record->found.kid.data, key->kid.data, key->kid.len);

    return NGX_OK;
}


/* Keeps of the claims what outlives their memory; never the subject. */
static healthcode_reason_e
ngx_http_healthcode_verify_keep(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record, const healthcode_key_t *key,
    const healthcode_claims_t *claims)
{
    ngx_http_healthcode_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_healthcode_module);

    record->found.iat = claims->iat;
    record->found.exp = claims->exp;

    if (ngx_http_healthcode_verify_keep_key(r, record, key) != NGX_OK
        || ngx_http_healthcode_verify_keep_regions(r, record, claims->regions,
                                                   claims->nregions)
           != NGX_OK)
    {
        return HEALTHCODE_REASON_FAULT;
    }

    if (mcf->pepper == NULL) {
        return HEALTHCODE_REASON_OK;
    }

    if (!healthcode_holder_derive(mcf->pepper,
                                  record->found.issuer->core.subject_space,
                                  claims->sub, record->found.query.holder)
        || !healthcode_holder_parse(healthcode_str_from(
                                        record->found.query.holder,
                                        HEALTHCODE_HOLDER_HEX),
                                    record->found.holder))
    {
        return HEALTHCODE_REASON_FAULT;
    }

    record->found.has_holder = 1;

    return HEALTHCODE_REASON_OK;
}


static ngx_int_t
ngx_http_healthcode_verify_keep_regions(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record, const healthcode_region_t *regions,
    size_t n)
{
    healthcode_region_t  *copy;

    record->found.query.nregions = 0;

    if (n == 0) {
        return NGX_OK;
    }

    copy = ngx_palloc(r->pool, n * sizeof(healthcode_region_t));
    if (copy == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(copy, regions, n * sizeof(healthcode_region_t));

    record->found.query.regions = copy;
    record->found.query.nregions = n;

    return NGX_OK;
}
