/*
 * Fuzzes healthcode_claims.c and _check.c: claims that are accepted keep to
 * their bounds, and no second outside their time passes, by another reckoning.
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


/* The number of this member, by another reckoning. */
static void
check_time(const healthcode_claims_t *c, const char *name, int64_t seconds)
{
    double       real;
    yyjson_val  *value = yyjson_obj_get(c->object, name);

    if (yyjson_is_real(value)) {
        real = yyjson_get_real(value);
        fuzz_must(!(real < (double) seconds) && !(real > (double) seconds));

    } else if (value && !yyjson_is_null(value)) {
        fuzz_must(yyjson_is_int(value)
                  && yyjson_get_uint(value) == (uint64_t) seconds);

    } else {
        fuzz_must(seconds == 0 && strcmp(name, "nbf") == 0);
    }
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
    check_time(c, "iat", c->iat);
    check_time(c, "exp", c->exp);
    check_time(c, "nbf", c->nbf);
    fuzz_must(c->cnf == NULL || !yyjson_is_null(c->cnf));
    fuzz_must((c->cnf != NULL)
              == (yyjson_obj_get(c->object, "cnf")
                  && !yyjson_is_null(yyjson_obj_get(c->object, "cnf"))));
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


/* Each claim once, and with words. */
static void
check_faults(const healthcode_claims_faults_t *f)
{
    fuzz_must(f->n >= 1 && f->n <= HEALTHCODE_CLAIMS_FAULTS_MAX);

    for (size_t i = 0; i < f->n; i++) {
        fuzz_must(f->faults[i].claim.len > 0 && f->faults[i].what[0]);

        for (size_t j = 0; j < i; j++) {
            fuzz_must(!healthcode_str_equal(f->faults[i].claim,
                                            f->faults[j].claim));
        }
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

    in_time = c->cnf == NULL && c->exp >= c->iat && c->exp <= c->iat + LIFETIME
              && now >= c->iat - LEEWAY && now >= c->nbf - LEEWAY
              && now - LEEWAY < c->exp && now - LEEWAY - MAX_AGE <= c->iat;

    passes = healthcode_claims_check(c, &policy, now) == HEALTHCODE_REASON_OK;
    fuzz_must(!c->is_foreign || c->status.data == NULL);
    fuzz_must(passes == (in_time && !c->is_foreign
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


/* For an issuer whose subjects are of kinds. */
static void
check_kinds(const uint8_t *data, size_t size)
{
    yyjson_val                  *value;
    healthcode_claims_t          c, usual;
    healthcode_reason_e          reason;
    healthcode_claims_names_t    names = *healthcode_claims_usual();
    healthcode_claims_faults_t   faults;

    names.kind = healthcode_str("x");
    reason = healthcode_claims_parse(guard(0, data, size), &memory, &names, &c,
                                     &faults);

    if (reason != HEALTHCODE_REASON_OK) {
        check_faults(&faults);
        return;
    }

    fuzz_must(c.kind.len > 0 && c.kind.len <= HEALTHCODE_CLAIMS_KIND_MAX);
    fuzz_must(memchr(c.kind.data, ':', c.kind.len) == NULL);

    for (size_t i = 0; i < c.kind.len; i++) {
        fuzz_must(c.kind.data[i] > ' ' && c.kind.data[i] != 0x7f);
    }

    value = yyjson_obj_get(c.object, "x");
    fuzz_must(yyjson_is_str(value)
              ? healthcode_str_equal(c.kind, healthcode_json_text(value))
              : yyjson_is_int(value)
                && strtoull(memory.kind_digits, NULL, 10)
                   == yyjson_get_uint(value));

    /* it is the same code without one */
    fuzz_must(healthcode_claims_parse(guard(0, data, size), &memory,
                                      healthcode_claims_usual(), &usual,
                                      &faults) == HEALTHCODE_REASON_OK
              && usual.kind.data == NULL);
}


/* For an issuer whose subject is in status or sub, and with no status. */
static void
check_other_names(const uint8_t *data, size_t size)
{
    yyjson_val                  *value;
    healthcode_claims_t          c;
    healthcode_reason_e          reason;
    healthcode_claims_faults_t   faults;

    static const healthcode_str_t  subjects[] = {
        { (const uint8_t *) "status", 6 }, { (const uint8_t *) "sub", 3 }
    };
    static const healthcode_claims_names_t  names = {
        .subjects = subjects, .nsubjects = 2, .subject_digits = true,
        .regions = { (const uint8_t *) "regions", 7 }
    };

    reason = healthcode_claims_parse(guard(0, data, size), &memory, &names, &c,
                                     &faults);

    if (reason != HEALTHCODE_REASON_OK) {
        check_faults(&faults);
        return;
    }

    fuzz_must(c.sub.len > 0 && c.is_normal && !c.is_foreign);
    fuzz_must(c.status.data == NULL);

    /* never of the second one if the first one is there */
    value = yyjson_obj_get(c.object, "status");

    if (value == NULL) {
        value = yyjson_obj_get(c.object, "sub");
    }

    fuzz_must(yyjson_is_str(value)
              ? healthcode_str_equal(c.sub, healthcode_json_text(value))
              : yyjson_is_int(value)
                && strtoull(memory.digits, NULL, 10) == yyjson_get_uint(value)
                && strspn(memory.digits, "0123456789") == c.sub.len);
}


size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    return mutate_json(data, 0, size, max, seed);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    healthcode_claims_t         c, before;
    healthcode_reason_e         reason;
    healthcode_claims_faults_t  faults;

    if (size > HEALTHCODE_TOKEN_MAX) {
        return 0;
    }

    check_other_names(data, size);
    check_kinds(data, size);

    memset(&c, 0x5a, sizeof(c));
    before = c;
    reason = healthcode_claims_parse(guard(0, data, size), &memory,
                                     healthcode_claims_usual(), &c, &faults);

    if (reason != HEALTHCODE_REASON_OK) {
        fuzz_must(reason == HEALTHCODE_REASON_MALFORMED);
        fuzz_must(memcmp(&c, &before, sizeof(c)) == 0);
        check_faults(&faults);
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
