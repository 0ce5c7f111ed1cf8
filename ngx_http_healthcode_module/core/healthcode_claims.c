/*
 * The payload of a code (RFC 7519 section 4.1) and the rules of time,
 * audience and status.  Knows no signature and no clock: the time is given.
 * docs/token-format.md, "Claims".
 */

#include "healthcode_claims.h"


static bool healthcode_claims_strings(healthcode_claims_t *claims);
static bool healthcode_claims_times(healthcode_claims_t *claims);
static bool healthcode_claims_audience(healthcode_claims_t *claims);
static bool healthcode_claims_regions(healthcode_claims_t *claims);
static healthcode_reason_e healthcode_claims_judge_times(
    const healthcode_claims_facts_t *facts,
    const healthcode_claims_policy_t *policy, int64_t now);
static bool healthcode_claims_audience_holds(const healthcode_claims_t *claims,
    const healthcode_claims_policy_t *policy);
static bool healthcode_claims_audience_names(yyjson_val *aud,
    const healthcode_claims_policy_t *policy);
static bool healthcode_claims_is_meant(yyjson_val *member,
    healthcode_str_t name);


healthcode_reason_e
healthcode_claims_parse(healthcode_str_t payload,
    healthcode_claims_memory_t *memory, healthcode_claims_t *claims)
{
    healthcode_claims_t  c;

    memset(&c, 0, offsetof(healthcode_claims_t, regions));

    c.object = healthcode_json_read(payload, memory->json,
                                    sizeof(memory->json));

    if (c.object == NULL || !healthcode_claims_strings(&c)
        || !healthcode_claims_times(&c) || !healthcode_claims_audience(&c)
        || !healthcode_claims_regions(&c))
    {
        return HEALTHCODE_REASON_MALFORMED;
    }

    memcpy(claims, &c, offsetof(healthcode_claims_t, regions)
                       + c.nregions * sizeof(healthcode_region_t));

    return HEALTHCODE_REASON_OK;
}


static bool
healthcode_claims_strings(healthcode_claims_t *claims)
{
    yyjson_val  *object = claims->object;

    return healthcode_json_string(object, "iss", &claims->iss) == 1
           && claims->iss.len > 0
           && healthcode_json_string(object, "sub", &claims->sub) == 1
           && claims->sub.len > 0
           && healthcode_json_string(object, "jti", &claims->jti) >= 0
           && healthcode_json_string(object, "status", &claims->status) >= 0;
}


static bool
healthcode_claims_times(healthcode_claims_t *claims)
{
    yyjson_val  *object = claims->object;
    int64_t      max = HEALTHCODE_CLAIMS_TIME_MAX;

    return healthcode_json_integer(object, "iat", 0, max, &claims->iat) == 1
           && healthcode_json_integer(object, "exp", 0, max, &claims->exp) == 1
           && healthcode_json_integer(object, "nbf", 0, max, &claims->nbf) >= 0;
}


static bool
healthcode_claims_audience(healthcode_claims_t *claims)
{
    size_t       i, n;
    yyjson_val  *item;

    claims->aud = yyjson_obj_get(claims->object, "aud");

    if (claims->aud == NULL || yyjson_is_str(claims->aud)) {
        return true;
    }

    if (!yyjson_is_arr(claims->aud)) {
        return false;
    }

    yyjson_arr_foreach(claims->aud, i, n, item) {
        if (!yyjson_is_str(item)) {
            return false;
        }
    }

    return true;
}


static bool
healthcode_claims_regions(healthcode_claims_t *claims)
{
    size_t                i, n;
    yyjson_val           *item, *regions;
    healthcode_region_t   region;

    regions = yyjson_obj_get(claims->object, "regions");

    if (regions == NULL) {
        return true;
    }

    if (!yyjson_is_arr(regions)
        || yyjson_arr_size(regions) > HEALTHCODE_CLAIMS_REGIONS_MAX)
    {
        return false;
    }

    yyjson_arr_foreach(regions, i, n, item) {

        region = healthcode_region_parse(healthcode_json_text(item));

        if (region == 0) {
            return false;
        }

        claims->regions[claims->nregions++] = region;
    }

    return true;
}


healthcode_reason_e
healthcode_claims_check(const healthcode_claims_t *claims,
    const healthcode_claims_policy_t *policy, int64_t now)
{
    healthcode_claims_facts_t  facts = {
        .iat = claims->iat,
        .exp = claims->exp,
        .nbf = claims->nbf,
        .audience = healthcode_claims_audience_holds(claims, policy),
        .normal = healthcode_claims_is_normal(claims)
    };

    return healthcode_claims_judge(&facts, policy, now);
}


bool
healthcode_claims_is_normal(const healthcode_claims_t *claims)
{
    return claims->status.data == NULL
           || healthcode_str_equal(claims->status, healthcode_str("normal"));
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

    return facts->normal ? HEALTHCODE_REASON_OK : HEALTHCODE_REASON_STATUS;
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


yyjson_val *
healthcode_claims_find(yyjson_val *object, healthcode_str_t name)
{
    yyjson_val       *member, *found;
    yyjson_obj_iter   iter = yyjson_obj_iter_with(object);

    found = yyjson_obj_getn(object, (const char *) name.data, name.len);

    if (found != NULL) {
        return found;
    }

    while ((member = yyjson_obj_iter_next(&iter)) != NULL) {

        if (!healthcode_claims_is_meant(member, name)) {
            continue;
        }

        if (found != NULL) {
            return NULL;
        }

        found = yyjson_obj_iter_get_val(member);
    }

    return found;
}


static bool
healthcode_claims_is_meant(yyjson_val *member, healthcode_str_t name)
{
    uint8_t           byte;
    healthcode_str_t  text = healthcode_json_text(member);

    if (text.len != name.len) {
        return false;
    }

    for (size_t i = 0; i < name.len; i++) {

        byte = text.data[i];

        if (byte >= 'A' && byte <= 'Z') {
            byte |= 0x20;

        } else if ((byte < 'a' || byte > 'z') && (byte < '0' || byte > '9')) {
            byte = '_';
        }

        if (byte != name.data[i]) {
            return false;
        }
    }

    return true;
}


bool
healthcode_claims_text(yyjson_val *value, void *memory, size_t size,
    healthcode_str_t *text)
{
    healthcode_str_t  t;

    if (value == NULL || yyjson_is_null(value)) {
        return false;
    }

    if (yyjson_is_str(value)) {
        t = healthcode_json_text(value);

    } else if (!healthcode_json_write(value, memory, size, &t)) {
        return false;
    }

    for (size_t i = 0; i < t.len; i++) {
        if (t.data[i] < 0x20 || t.data[i] == 0x7f) {
            return false;
        }
    }

    *text = t;

    return true;
}
