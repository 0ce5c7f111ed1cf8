/*
 * The rules of the issuer and of the location for a code whose signature held:
 * its times, its audience, its key, its claims.
 * Knows no: connection, header, store, verdict.
 * docs/request-path.md, "Token, Signature, Claims".
 */

#include "ngx_http_healthcode_bound.h"
#include "ngx_http_healthcode_proof.h"
#include "ngx_http_healthcode_rules.h"
#include "ngx_http_healthcode_sunset.h"
#include "ngx_http_healthcode_values.h"


static ngx_int_t ngx_http_healthcode_rules_audience(
    ngx_http_healthcode_record_t *record, ngx_uint_t is_known,
    healthcode_claims_policy_t *policy);
static healthcode_reason_e ngx_http_healthcode_rules_proof(
    ngx_http_healthcode_loc_conf_t *lcf, ngx_http_healthcode_record_t *record,
    const healthcode_claims_t *claims, healthcode_claims_policy_t *policy,
    time_t now);
static void ngx_http_healthcode_rules_fault(
    ngx_http_healthcode_record_t *record, const healthcode_claims_t *claims,
    const healthcode_claims_policy_t *policy, healthcode_reason_e reason);
static healthcode_require_t *ngx_http_healthcode_rules_require(
    ngx_http_healthcode_record_t *record);


healthcode_reason_e
ngx_http_healthcode_rules_check(ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record, const healthcode_claims_t *claims,
    const healthcode_known_t *known)
{
    time_t                       now;
    uint8_t                      certificate[HEALTHCODE_BOUND_LEN];
    ngx_uint_t                   ending;
    healthcode_reason_e          reason;
    healthcode_require_t        *require;
    healthcode_claims_policy_t   policy;

    /* the real clock: nginx's cached one lags behind in a long turn */
    now = record->found.code.now = time(NULL);

    reason = ngx_http_healthcode_sunset_check(record->found.code.issuer, now,
                                              &ending);
    record->found.code.ending = ending;

    if (reason != HEALTHCODE_REASON_OK) {
        return reason;
    }

    policy = lcf->claims_policy;
    policy.lifetime_max = record->found.code.issuer->core.lifetime_max;

    if (lcf->audience_values
        && ngx_http_healthcode_rules_audience(record, known != NULL, &policy)
           != NGX_OK)
    {
        return HEALTHCODE_REASON_FAULT;
    }

    /* a known code is not bound */

    if (claims && claims->cnf
        && lcf->rules.bound == NGX_HTTP_HEALTHCODE_BOUND_TLS
        && ngx_http_healthcode_bound_certificate(record->request, certificate))
    {
        policy.certificate = certificate;
    }

    reason = known ? healthcode_known_check(known, &policy, now)
                   : healthcode_claims_check(claims, &policy, now);

    if (reason == HEALTHCODE_REASON_BOUND
        && lcf->rules.bound == NGX_HTTP_HEALTHCODE_BOUND_DPOP)
    {
        reason = ngx_http_healthcode_rules_proof(lcf, record, claims, &policy,
                                                 now);
    }

    if (reason != HEALTHCODE_REASON_OK) {
        ngx_http_healthcode_rules_fault(record, claims, &policy, reason);
        return reason;
    }

    if (lcf->rules.require == NULL) {
        return HEALTHCODE_REASON_OK;
    }

    require = lcf->require_values ? ngx_http_healthcode_rules_require(record)
                                  : lcf->rules.require->elts;
    if (require == NULL) {
        return HEALTHCODE_REASON_FAULT;
    }

    record->found.code.unmet = healthcode_require_check(require,
                                             lcf->rules.require->nelts,
                                             claims->object);

    return record->found.code.unmet ? HEALTHCODE_REASON_CLAIM
                                    : HEALTHCODE_REASON_OK;
}


/*
 * Judges a code once more that is bound to a key, if all that comes before its
 * key holds: a proof costs more than that.
 */
static healthcode_reason_e
ngx_http_healthcode_rules_proof(ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record, const healthcode_claims_t *claims,
    healthcode_claims_policy_t *policy, time_t now)
{
    const char        *what;
    healthcode_str_t   jkt;

    if (!healthcode_bound_jkt(claims->cnf, &jkt)) {
        return HEALTHCODE_REASON_BOUND;
    }

    what = ngx_http_healthcode_proof_fault(lcf, record, jkt, now);

    if (what) {
        record->found.code.fault.claim = healthcode_str("DPoP");
        record->found.code.fault.what = what;
        return HEALTHCODE_REASON_BOUND;
    }

    policy->jkt = jkt;

    return healthcode_claims_check(claims, policy, now);
}


/*
 * Sets the audience of policy, and its digests for a known code, from the
 * values of this request.  NGX_OK, or NGX_ERROR.
 */
static ngx_int_t
ngx_http_healthcode_rules_audience(ngx_http_healthcode_record_t *record,
    ngx_uint_t is_known, healthcode_claims_policy_t *policy)
{
    ngx_uint_t                        i, n;
    healthcode_str_t                 *audience;
    ngx_http_request_t               *r = record->request;
    healthcode_known_digest_t        *digests;
    ngx_http_healthcode_main_conf_t  *mcf;

    n = record->gate->audience_values->nelts;
    mcf = ngx_http_get_module_main_conf(r, ngx_http_healthcode_module);

    audience = ngx_palloc(r->pool, n * sizeof(healthcode_str_t));
    digests = ngx_palloc(r->pool, n * sizeof(healthcode_known_digest_t));

    if (audience == NULL || digests == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < n; i++) {
        audience[i] = ngx_http_healthcode_view(&record->values[i]);

        if (is_known
            && !healthcode_known_audience(audience[i], mcf->digest, digests[i]))
        {
            return NGX_ERROR;
        }
    }

    policy->audience = audience;
    policy->naudience = n;
    policy->digests = is_known ? (const uint64_t (*)[2]) digests : NULL;

    return NGX_OK;
}


/* What the log says of a reason that the configuration can be the cause of. */
static void
ngx_http_healthcode_rules_fault(ngx_http_healthcode_record_t *record,
    const healthcode_claims_t *claims,
    const healthcode_claims_policy_t *policy, healthcode_reason_e reason)
{
    healthcode_claims_fault_t  *fault = &record->found.code.fault;

    switch (reason) {

    case HEALTHCODE_REASON_BOUND:

        /* a proof that does not hold has said so */

        if (fault->what == NULL) {
            fault->claim = healthcode_str("cnf");
            fault->what = healthcode_bound_fault(claims->cnf,
                                                 policy->certificate,
                                                 policy->jkt);
        }

        break;

    case HEALTHCODE_REASON_LIFETIME:
        fault->claim = healthcode_str("exp");
        fault->what = (record->found.code.exp < record->found.code.iat)
                      ? "is before iat"
                      : "is later than \"max_age\" of the issuer allows";
        break;

    case HEALTHCODE_REASON_TOO_OLD:
        fault->claim = healthcode_str("iat");
        fault->what = "is longer ago than \"healthcode_max_age\" of the "
                      "location allows";
        break;

    default:
        break;
    }
}


/* The rules about claims with the values of this request; NULL: no memory. */
static healthcode_require_t *
ngx_http_healthcode_rules_require(ngx_http_healthcode_record_t *record)
{
    ngx_str_t                       *text;
    ngx_uint_t                       i;
    ngx_http_request_t              *r = record->request;
    healthcode_require_t            *rule;
    healthcode_require_value_t      *value;
    ngx_http_healthcode_loc_conf_t  *lcf = record->gate;

    text = ngx_http_healthcode_values_of_require(lcf, record->values);

    rule = ngx_palloc(r->pool, lcf->rules.require->nelts
                               * sizeof(healthcode_require_t));
    value = ngx_palloc(r->pool, lcf->require_values->nelts
                                * sizeof(healthcode_require_value_t));

    if (rule == NULL || value == NULL) {
        return NULL;
    }

    ngx_memcpy(rule, lcf->rules.require->elts,
               lcf->rules.require->nelts * sizeof(healthcode_require_t));

    for (i = 0; i < lcf->rules.require->nelts; i++) {

        ngx_http_healthcode_values_fill(&rule[i], text, value);

        value += rule[i].nvalues;
        text += rule[i].nvalues;
    }

    return rule;
}
