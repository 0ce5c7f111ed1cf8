/*
 * From the bytes of a code to what it says: recalled, or verified.
 * Decides nothing.
 * Knows no: connection, header, store, verdict.
 * docs/request-path.md, "Token, Signature, Claims".
 */

#include "../keys/ngx_http_healthcode_keys.h"
#include "../source/ngx_http_healthcode_source.h"
#include "../store/ngx_http_healthcode_tally.h"
#include "ngx_http_healthcode_keep.h"
#include "ngx_http_healthcode_recall.h"
#include "ngx_http_healthcode_rules.h"
#include "ngx_http_healthcode_verify.h"


/* Large, but touched only as far as the code is long. */
typedef struct {
    healthcode_token_memory_t    token;
    healthcode_claims_memory_t   claims;
} ngx_http_healthcode_memory_t;


static healthcode_reason_e ngx_http_healthcode_verify_cold(
    ngx_http_request_t *r, ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record, ngx_str_t *code);
static void ngx_http_healthcode_verify_foreign(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record, healthcode_str_t iss);
static void ngx_http_healthcode_verify_near(
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record,
    healthcode_str_t iss);
static void ngx_http_healthcode_verify_fault(
    ngx_http_healthcode_record_t *record, const char *name, const char *what);
static healthcode_reason_e ngx_http_healthcode_verify_signature(
    ngx_http_request_t *r, const ngx_http_healthcode_issuer_t *issuer,
    const healthcode_token_t *token, const healthcode_key_t **key);
static ngx_http_healthcode_issuer_t *ngx_http_healthcode_verify_issuer(
    ngx_http_healthcode_loc_conf_t *lcf, healthcode_str_t iss);


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
        && ngx_http_healthcode_recall(r, lcf, record, &code, &reason))
    {
        ngx_log_debug3(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                       "healthcode: known code of issuer \"%V\": %*s",
                       &record->found.code.issuer->name,
                       healthcode_reason_word(reason).len,
                       healthcode_reason_word(reason).data);
        return reason;
    }

    reason = ngx_http_healthcode_verify_cold(r, lcf, record, &code);

    ngx_log_debug4(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "healthcode: code is read, an issuer's: %d, signed: %d: %*s",
                   record->found.code.issuer != NULL,
                   record->found.code.text.len != 0,
                   healthcode_reason_word(reason).len,
                   healthcode_reason_word(reason).data);

    return reason;
}


static healthcode_reason_e
ngx_http_healthcode_verify_cold(ngx_http_request_t *r,
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record,
    ngx_str_t *code)
{
    yyjson_val                     *object;
    healthcode_str_t                iss;
    healthcode_token_t              token;
    healthcode_claims_t             claims;
    healthcode_reason_e             reason;
    const healthcode_key_t         *key;
    healthcode_claims_faults_t      faults;
    ngx_http_healthcode_issuer_t   *issuer;
    ngx_http_healthcode_memory_t    memory;

    reason = healthcode_token_parse(ngx_http_healthcode_view(code),
                                    &memory.token, &token);

    if (reason != HEALTHCODE_REASON_OK) {
        if (reason == HEALTHCODE_REASON_MALFORMED) {
            ngx_http_healthcode_verify_fault(record, "code",
                healthcode_token_fault(ngx_http_healthcode_view(code),
                                       &memory.token));
        }

        return reason;
    }

    object = healthcode_claims_open(token.payload, &memory.claims, &iss);
    issuer = ngx_http_healthcode_verify_issuer(lcf, iss);

    /* of a malformed payload, too: the log says whose code it claims to be */
    record->found.code.issuer = issuer;

    if (issuer == NULL) {
        ngx_http_healthcode_verify_foreign(r, record, iss);
    }

    reason = healthcode_claims_read(object, &memory.claims,
                                    issuer ? &issuer->core.claims
                                           : healthcode_claims_usual(),
                                    &claims, &faults);

    if (reason != HEALTHCODE_REASON_OK) {
        record->found.code.fault = faults.faults[0];
        return reason;
    }

    if (issuer == NULL) {
        if (record->found.code.foreign) {
            ngx_http_healthcode_verify_fault(record, "iss",
                "is not one of the location's (healthcode_issuers)");
        } else {
            ngx_http_healthcode_verify_near(lcf, record, iss);
        }

        return HEALTHCODE_REASON_ISSUER;
    }

    reason = ngx_http_healthcode_verify_signature(r, issuer, &token, &key);

    if (reason != HEALTHCODE_REASON_OK) {
        if (reason == HEALTHCODE_REASON_TYPE) {
            ngx_http_healthcode_verify_fault(record, "typ",
                                       healthcode_token_type_fault(&token));
        }

        return reason;
    }

    record->found.code.text = *code;

    reason = ngx_http_healthcode_keep_claims(r, record, key, &claims);

    if (reason != HEALTHCODE_REASON_OK) {
        return reason;
    }

    reason = ngx_http_healthcode_rules_check(lcf, record, &claims, NULL);

    if (reason == HEALTHCODE_REASON_AUDIENCE && claims.aud == NULL) {
        ngx_http_healthcode_verify_fault(record, "aud", "is missing");
    }

    /* only what passes, so that nobody else's codes take its place */

    if (reason == HEALTHCODE_REASON_OK && record->found.code.sought) {
        ngx_http_healthcode_recall_remember(r, lcf, record, key, &token,
                                            &claims);
    }

    return reason;
}


/* An iss that other locations take. */
static void
ngx_http_healthcode_verify_foreign(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record, healthcode_str_t iss)
{
    size_t                            i;
    ngx_http_healthcode_issuer_t    **issuers;
    ngx_http_healthcode_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_healthcode_module);

    i = healthcode_index_first(mcf->issuer_index, iss);

    if (i != HEALTHCODE_INDEX_NONE) {
        issuers = mcf->issuers.elts;
        record->found.code.foreign = issuers[i];
    }
}


/* An iss of no issuer of the location that is nearly that of one. */
static void
ngx_http_healthcode_verify_near(ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record, healthcode_str_t iss)
{
    const char                     *what = NULL;
    ngx_uint_t                      i;
    ngx_http_healthcode_issuer_t  **issuers = lcf->issuers->elts;

    for (i = 0; i < lcf->issuers->nelts && what == NULL; i++) {
        what = healthcode_issuer_near(&issuers[i]->core, iss);
    }

    if (what) {
        ngx_http_healthcode_verify_fault(record, "iss", what);
    }
}


/* Both are constant. */
static void
ngx_http_healthcode_verify_fault(ngx_http_healthcode_record_t *record,
    const char *name, const char *what)
{
    record->found.code.fault.claim = healthcode_str_from(name, strlen(name));
    record->found.code.fault.what = what;
}


/* Counts how long it takes, unless the code is refused without computing. */
static healthcode_reason_e
ngx_http_healthcode_verify_signature(ngx_http_request_t *r,
    const ngx_http_healthcode_issuer_t *issuer, const healthcode_token_t *token,
    const healthcode_key_t **key)
{
    struct timespec                   began;
    healthcode_reason_e               reason;
    ngx_http_healthcode_main_conf_t  *mcf;

    clock_gettime(CLOCK_MONOTONIC, &began);

    reason = healthcode_issuer_verify(&issuer->core,
                                      ngx_http_healthcode_keys_now(issuer),
                                      token, key);

    if (reason == HEALTHCODE_REASON_OK || reason == HEALTHCODE_REASON_SIGNATURE)
    {
        mcf = ngx_http_get_module_main_conf(r, ngx_http_healthcode_module);

        ngx_http_healthcode_tally_time(mcf->tally,
                                    HEALTHCODE_SERIES_VERIFY_TIME,
                                    &issuer->name,
                                    ngx_http_healthcode_tally_elapsed(&began));
    }

    return reason;
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
