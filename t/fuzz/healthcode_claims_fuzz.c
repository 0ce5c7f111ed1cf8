/*
 * Fuzzes healthcode_claims.c: claims that are accepted keep to their bounds,
 * and no second outside their time passes, by another reckoning.
 * docs/token-format.md, "Claims".
 */

#include "fuzz.h"
#include "mutate.h"

#include "../../ngx_http_healthcode_module/core/healthcode_claims.h"


#define LIFETIME  900
#define MAX_AGE   600
#define LEEWAY    5

static healthcode_claims_memory_t  memory;


static void
check_str(healthcode_str_t text, bool may_be_absent)
{
    if (text.data == NULL && may_be_absent) {
        fuzz_must(text.len == 0);
        return;
    }

    fuzz_must(fuzz_lies_in(text, memory.json, sizeof(memory.json)));
    fuzz_must(memchr(text.data, '\0', text.len) == NULL);
}


/* Of this string, which is 2, 4 or 6 digits, the number with a 1 before. */
static void
check_region(yyjson_val *item, healthcode_region_t region)
{
    char         text[16] = "1";
    size_t       len = healthcode_json_text(item).len;
    const char  *digits = (const char *) healthcode_json_text(item).data;

    fuzz_must(digits != NULL);
    fuzz_must(len >= 2 && len <= 6 && len % 2 == 0);
    fuzz_must(strspn(digits, "0123456789") == len);
    memcpy(text + 1, digits, len);
    fuzz_must(strtoul(text, NULL, 10) == region);
    fuzz_must(healthcode_region_is_sound(region));
    fuzz_must(healthcode_region_format(region, text) == len
              && memcmp(text, digits, len) == 0);
}


static void
check_claims(const healthcode_claims_t *c)
{
    check_str(c->iss, false);
    check_str(c->sub, false);
    check_str(c->jti, true);
    check_str(c->status, true);
    fuzz_must(c->iss.len && c->sub.len);
    fuzz_must(c->iat >= 0 && c->iat <= HEALTHCODE_CLAIMS_TIME_MAX);
    fuzz_must(c->exp >= 0 && c->exp <= HEALTHCODE_CLAIMS_TIME_MAX);
    fuzz_must(c->nbf >= 0 && c->nbf <= HEALTHCODE_CLAIMS_TIME_MAX);
    fuzz_must(c->aud == NULL || yyjson_is_str(c->aud)
              || yyjson_is_arr(c->aud));
    fuzz_must(c->nregions <= HEALTHCODE_CLAIMS_REGIONS_MAX);
    fuzz_must(c->nregions
              == yyjson_arr_size(yyjson_obj_get(c->object, "regions")));

    for (size_t i = 0; i < c->nregions; i++) {
        check_region(yyjson_arr_get(yyjson_obj_get(c->object, "regions"), i),
                     c->regions[i]);
    }
}


static void
check_second(const healthcode_claims_t *c, healthcode_str_t audience,
    int64_t now)
{
    bool                        passes, in_time;
    healthcode_claims_policy_t  policy = {
        .lifetime_max = LIFETIME, .max_age = MAX_AGE, .leeway = LEEWAY
    };

    in_time = c->exp >= c->iat && c->exp <= c->iat + LIFETIME
              && now >= c->iat - LEEWAY && now >= c->nbf - LEEWAY
              && now - LEEWAY < c->exp && now - LEEWAY - MAX_AGE <= c->iat;

    passes = healthcode_claims_check(c, &policy, now) == HEALTHCODE_REASON_OK;
    fuzz_must(passes == (in_time
                         && (c->status.data == NULL
                             || (c->status.len == 6
                                 && memcmp(c->status.data, "normal", 6)
                                    == 0))));

    policy.audience = &audience;
    policy.naudience = 1;
    fuzz_must(passes || healthcode_claims_check(c, &policy, now)
                        != HEALTHCODE_REASON_OK);
    fuzz_must(c->aud != NULL || healthcode_claims_check(c, &policy, now)
                                != HEALTHCODE_REASON_OK);
}


size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    return mutate_json(data, 0, size, max, seed);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    healthcode_claims_t  c, before;
    healthcode_reason_e  reason;

    if (size > HEALTHCODE_TOKEN_MAX) {
        return 0;
    }

    memset(&c, 0x5a, sizeof(c));
    before = c;
    reason = healthcode_claims_parse(guard(0, data, size), &memory, &c);

    if (reason != HEALTHCODE_REASON_OK) {
        fuzz_must(reason == HEALTHCODE_REASON_MALFORMED);
        fuzz_must(memcmp(&c, &before, sizeof(c)) == 0);
        return 0;
    }

    check_claims(&c);

    for (int64_t d = -LEEWAY - 2; d <= LEEWAY + 2; d++) {
        check_second(&c, healthcode_str("gate"), c.iat + d);
        check_second(&c, healthcode_str("gate"), c.exp + d);
        check_second(&c, healthcode_str(""), c.nbf + d);
        check_second(&c, healthcode_str(""), c.iat + MAX_AGE + d);
        check_second(&c, healthcode_str("gate"), d);
    }

    return 0;
}
