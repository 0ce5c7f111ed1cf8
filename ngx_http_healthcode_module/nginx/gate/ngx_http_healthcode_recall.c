/*
 * Codes that were verified before: recalled from the cache of codes, and
 * remembered there.
 * Knows no: connection, header, verdict.  docs/cache.md.
 */

#include "../keys/ngx_http_healthcode_keys.h"
#include "ngx_http_healthcode_keep.h"
#include "ngx_http_healthcode_recall.h"
#include "ngx_http_healthcode_rules.h"


static healthcode_reason_e ngx_http_healthcode_recall_known(
    ngx_http_request_t *r, ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record, const healthcode_key_t *key,
    const healthcode_known_t *known);
static healthcode_reason_e ngx_http_healthcode_recall_again(
    ngx_http_request_t *r, ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record, const healthcode_key_t *key);


ngx_uint_t
ngx_http_healthcode_recall(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record,
    ngx_str_t *code, healthcode_reason_e *reason)
{
    healthcode_known_t                known;
    const healthcode_key_t           *key;
    healthcode_known_scope_t          scope;
    ngx_http_healthcode_issuer_t    **issuers;
    ngx_http_healthcode_counters_t   *counters;
    ngx_http_healthcode_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_healthcode_module);

    scope.identities = ngx_http_healthcode_keys_identities(mcf);
    scope.accepted = lcf->accepted;
    scope.n = mcf->issuers.nelts;

    if (scope.identities == NULL
        || !healthcode_known_key(&lcf->rules.codes->codes,
                                 ngx_http_healthcode_view(code), mcf->digest,
                                 record->found.code.key))
    {
        return 0;
    }

    record->found.code.sought = 1;
    counters = ngx_http_healthcode_cache_counters(lcf->rules.codes);

    if (!healthcode_known_find(&lcf->rules.codes->codes,
                               record->found.code.key, &scope, &known))
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

    record->found.code.known = 1;
    record->found.code.issuer = issuers[known.issuer];
    record->found.code.text = *code;

    /* rules about claims need the claims */
    *reason = (known.is_whole && lcf->rules.require == NULL)
              ? ngx_http_healthcode_recall_known(r, lcf, record, key, &known)
              : ngx_http_healthcode_recall_again(r, lcf, record, key);

    return 1;
}


static healthcode_reason_e
ngx_http_healthcode_recall_known(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record,
    const healthcode_key_t *key, const healthcode_known_t *known)
{
    record->found.code.iat = known->iat;
    record->found.code.exp = known->exp;

    if (ngx_http_healthcode_keep_key(r, record, key) != NGX_OK
        || ngx_http_healthcode_keep_regions(r, record, known->regions,
                                                   known->nregions)
           != NGX_OK)
    {
        return HEALTHCODE_REASON_FAULT;
    }

    record->found.code.has_holder = known->has_holder;
    ngx_memcpy(record->found.code.query.holder, known->holder,
               HEALTHCODE_HOLDER_LEN);

    return ngx_http_healthcode_rules_check(lcf, record, NULL, known);
}


/* Reads the payload once more, and skips the signature. */
static healthcode_reason_e
ngx_http_healthcode_recall_again(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record,
    const healthcode_key_t *key)
{
    healthcode_str_t               payload;
    healthcode_claims_t            claims;
    healthcode_reason_e            reason;
    healthcode_claims_faults_t     faults;
    healthcode_token_memory_t      token_memory;
    healthcode_claims_memory_t     claims_memory;

    if (!healthcode_token_payload(ngx_http_healthcode_view(
                                      &record->found.code.text),
                                  token_memory.parts, &payload))
    {
        return HEALTHCODE_REASON_FAULT;
    }

    reason = healthcode_claims_parse(payload, &claims_memory,
                                     &record->found.code.issuer->core.claims,
                                     &claims, &faults);

    if (reason != HEALTHCODE_REASON_OK) {
        return reason;
    }

    reason = ngx_http_healthcode_keep_claims(r, record, key, &claims);

    if (reason != HEALTHCODE_REASON_OK) {
        return reason;
    }

    return ngx_http_healthcode_rules_check(lcf, record, &claims, NULL);
}


void
ngx_http_healthcode_recall_remember(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record,
    const healthcode_key_t *key, const healthcode_token_t *token,
    const healthcode_claims_t *claims)
{
    const uint64_t                   *identity;
    healthcode_known_t                code;
    ngx_http_healthcode_issuer_t     *issuer = record->found.code.issuer;
    ngx_http_healthcode_counters_t   *counters;
    ngx_http_healthcode_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_healthcode_module);

    identity = ngx_http_healthcode_keys_identities(mcf)[issuer->number];

    if (!healthcode_known_from_claims(&code, claims, mcf->digest)) {
        return;
    }

    code.issuer = (unsigned) issuer->number;
    code.signer = (unsigned) healthcode_keyring_number(
                                  ngx_http_healthcode_keys_now(issuer), key);
    code.has_holder = record->found.code.has_holder;
    ngx_memcpy(code.holder, record->found.code.query.holder,
               HEALTHCODE_HOLDER_LEN);

    counters = ngx_http_healthcode_cache_counters(lcf->rules.codes);
    counters->codes_stored++;
    counters->codes_evicted +=
        healthcode_known_store(&lcf->rules.codes->codes,
                               record->found.code.key, identity, &code,
                               record->found.code.now);

    healthcode_issuer_learn(&issuer->core, key, token, mcf->digest);
}
