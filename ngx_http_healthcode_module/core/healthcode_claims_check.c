/*
 * The rules of time, audience, key and status for claims that were read.  The
 * time is an argument.  Knows no: clock, signature, request.
 * docs/token-format.md, "Times".
 */

#include "healthcode_claims.h"


static healthcode_reason_e healthcode_claims_judge_times(
    const healthcode_claims_facts_t *facts,
    const healthcode_claims_policy_t *policy, int64_t now);
static bool healthcode_claims_audience_holds(const healthcode_claims_t *claims,
    const healthcode_claims_policy_t *policy);
static bool healthcode_claims_audience_names(yyjson_val *aud,
    const healthcode_claims_policy_t *policy);


healthcode_reason_e
healthcode_claims_check(const healthcode_claims_t *claims,
    const healthcode_claims_policy_t *policy, int64_t now)
{
    healthcode_claims_facts_t  facts = {
        .iat = claims->iat,
        .exp = claims->exp,
        .nbf = claims->nbf,
        .audience = healthcode_claims_audience_holds(claims, policy),
        .bound = claims->cnf
                 && healthcode_bound_fault(claims->cnf, policy->certificate,
                                           policy->jkt),
        .normal = claims->is_normal,
        .foreign = claims->is_foreign
    };

    return healthcode_claims_judge(&facts, policy, now);
}


healthcode_reason_e
healthcode_claims_judge(const healthcode_claims_facts_t *facts,
    const healthcode_claims_policy_t *policy, int64_t now)
{
    healthcode_reason_e  reason;

    reason = healthcode_claims_judge_times(facts, policy, now);

    if (reason != HEALTHCODE_REASON_OK) {
        return reason;
    }

    if (!facts->audience) {
        return HEALTHCODE_REASON_AUDIENCE;
    }

    if (facts->bound) {
        return HEALTHCODE_REASON_BOUND;
    }

    if (facts->normal) {
        return HEALTHCODE_REASON_OK;
    }

    return facts->foreign ? HEALTHCODE_REASON_STATUS_UNSUPPORTED
                          : HEALTHCODE_REASON_STATUS;
}


static healthcode_reason_e
healthcode_claims_judge_times(const healthcode_claims_facts_t *facts,
    const healthcode_claims_policy_t *policy, int64_t now)
{
    int64_t  leeway = policy->leeway;

    if (facts->exp < facts->iat
        || facts->exp - facts->iat > policy->lifetime_max)
    {
        return HEALTHCODE_REASON_LIFETIME;
    }

    if (facts->iat > now + leeway || facts->nbf > now + leeway) {
        return HEALTHCODE_REASON_NOT_YET_VALID;
    }

    if (now >= facts->exp + leeway) {
        return HEALTHCODE_REASON_EXPIRED;
    }

    if (now - facts->iat > policy->max_age + leeway) {
        return HEALTHCODE_REASON_TOO_OLD;
    }

    return HEALTHCODE_REASON_OK;
}


static bool
healthcode_claims_audience_holds(const healthcode_claims_t *claims,
    const healthcode_claims_policy_t *policy)
{
    size_t       i, n;
    yyjson_val  *item;

    if (policy->naudience == 0) {
        return true;
    }

    if (yyjson_is_str(claims->aud)) {
        return healthcode_claims_audience_names(claims->aud, policy);
    }

    yyjson_arr_foreach(claims->aud, i, n, item) {
        if (healthcode_claims_audience_names(item, policy)) {
            return true;
        }
    }

    return false;
}


static bool
healthcode_claims_audience_names(yyjson_val *aud,
    const healthcode_claims_policy_t *policy)
{
    healthcode_str_t  name = healthcode_json_text(aud);

    for (size_t i = 0; i < policy->naudience; i++) {
        if (policy->audience[i].len > 0
            && healthcode_str_equal(name, policy->audience[i]))
        {
            return true;
        }
    }

    return false;
}
