/*
 * What is wrong with the claims of a code, in words and numbers.
 * Knows no keys and no signature.  docs/token-format.md, "Claims", "Times".
 */

#include <stdlib.h>

#include "healthcode_explain.h"


/* What a claim has to be. */
typedef enum {
    HEALTHCODE_EXPLAIN_TEXT,      /* a string */
    HEALTHCODE_EXPLAIN_NAME,      /* a string that is there and not empty */
    HEALTHCODE_EXPLAIN_TIME,
    HEALTHCODE_EXPLAIN_STAMP,     /* a time that is there */
    HEALTHCODE_EXPLAIN_LIST,      /* a string or an array of them */
    HEALTHCODE_EXPLAIN_REGIONS
} healthcode_explain_e;


static const char *healthcode_explain_claim(yyjson_val *object,
    const char *name, healthcode_explain_e kind);
static const char *healthcode_explain_time(yyjson_val *object,
    const char *name, bool required);
static void healthcode_explain_not_yet(const healthcode_claims_t *claims,
    const healthcode_claims_policy_t *policy, int64_t now);
static void healthcode_explain_audience(const healthcode_claims_t *claims,
    const healthcode_claims_policy_t *policy);


void
healthcode_explain_payload(healthcode_str_t payload)
{
    void        *memory;
    size_t       i, offset, size = healthcode_json_memory(payload.len);
    yyjson_val  *object;
    const char  *wrong;

    static const struct {
        const char            *name;
        healthcode_explain_e   kind;
    } claims[] = {
        { "iss", HEALTHCODE_EXPLAIN_NAME },
        { "sub", HEALTHCODE_EXPLAIN_NAME },
        { "iat", HEALTHCODE_EXPLAIN_STAMP },
        { "exp", HEALTHCODE_EXPLAIN_STAMP },
        { "nbf", HEALTHCODE_EXPLAIN_TIME },
        { "jti", HEALTHCODE_EXPLAIN_TEXT },
        { "status", HEALTHCODE_EXPLAIN_TEXT },
        { "aud", HEALTHCODE_EXPLAIN_LIST },
        { "regions", HEALTHCODE_EXPLAIN_REGIONS },
    };

    memory = malloc(size);

    if (memory == NULL) {
        return;
    }

    object = healthcode_json_read_at(payload, memory, size, &offset);

    if (object == NULL) {
        healthcode_explain_json("payload", payload, offset);
    }

    for (i = 0; object && i < sizeof(claims) / sizeof(claims[0]); i++) {
        wrong = healthcode_explain_claim(object, claims[i].name,
                                         claims[i].kind);
        if (wrong) {
            healthcode_explain("%s %s", claims[i].name, wrong);
        }
    }

    free(memory);
}


/* NULL: it is as it has to be. */
static const char *
healthcode_explain_claim(yyjson_val *object, const char *name,
    healthcode_explain_e kind)
{
    size_t       i, n;
    yyjson_val  *item, *value = yyjson_obj_get(object, name);

    switch (kind) {

    case HEALTHCODE_EXPLAIN_NAME:
        return value == NULL ? "is missing"
               : !yyjson_is_str(value) ? "is no string"
               : healthcode_json_text(value).len == 0 ? "is empty" : NULL;

    case HEALTHCODE_EXPLAIN_TEXT:
        return (value && !yyjson_is_str(value)) ? "is no string" : NULL;

    case HEALTHCODE_EXPLAIN_TIME:
    case HEALTHCODE_EXPLAIN_STAMP:
        return healthcode_explain_time(object, name,
                                       kind == HEALTHCODE_EXPLAIN_STAMP);

    case HEALTHCODE_EXPLAIN_LIST:
        yyjson_arr_foreach(value, i, n, item) {
            if (!yyjson_is_str(item)) {
                return "has a member that is no string";
            }
        }

        return (value && !yyjson_is_str(value) && !yyjson_is_arr(value))
               ? "is neither a string nor an array of strings" : NULL;

    case HEALTHCODE_EXPLAIN_REGIONS:
        break;
    }

    yyjson_arr_foreach(value, i, n, item) {

        if (healthcode_region_parse(healthcode_json_text(item)) == 0) {
            return "has a member that is no division code: 2, 4 or 6 digits in "
                   "quotes";
        }
    }

    return (value == NULL) ? NULL
           : !yyjson_is_arr(value) ? "is no array of division codes"
           : yyjson_arr_size(value) > HEALTHCODE_CLAIMS_REGIONS_MAX
             ? "has more than 64 members" : NULL;
}


static const char *
healthcode_explain_time(yyjson_val *object, const char *name, bool required)
{
    int64_t  seconds;

    switch (healthcode_json_integer(object, name, 0, HEALTHCODE_CLAIMS_TIME_MAX,
                                    &seconds))
    {
    case 1:
        return NULL;

    case 0:
        return required ? "is missing" : NULL;

    default:
        return yyjson_is_int(yyjson_obj_get(object, name))
               ? "is out of range: it is of Unix seconds, not of milliseconds, "
                 "from 0 on"
               : "is no integer of Unix seconds (12.0, 1e9 and \"12\" are "
                 "none)";
    }
}


void
healthcode_explain_claims(const healthcode_claims_t *claims,
    const healthcode_claims_policy_t *policy, int64_t now,
    healthcode_reason_e reason)
{
    switch (reason) {

    case HEALTHCODE_REASON_LIFETIME:
        if (claims->exp < claims->iat) {
            healthcode_explain("exp lies %lld s before iat",
                               (long long) (claims->iat - claims->exp));
        } else {
            healthcode_explain("it was made to live %lld s; --max-age accepts "
                               "%lld s", (long long) (claims->exp
                                                      - claims->iat),
                               (long long) policy->lifetime_max);
        }
        break;

    case HEALTHCODE_REASON_NOT_YET_VALID:
        healthcode_explain_not_yet(claims, policy, now);
        break;

    case HEALTHCODE_REASON_EXPIRED:
        healthcode_explain("it expired %lld s ago; a leeway of %lld s is over",
                           (long long) (now - claims->exp),
                           (long long) policy->leeway);
        break;

    case HEALTHCODE_REASON_AUDIENCE:
        healthcode_explain_audience(claims, policy);
        break;

    case HEALTHCODE_REASON_STATUS:
        healthcode_explain_quoted("its status is ", claims->status,
                                  "; only \"normal\" passes");
        break;

    default:
        break;
    }
}


static void
healthcode_explain_not_yet(const healthcode_claims_t *claims,
    const healthcode_claims_policy_t *policy, int64_t now)
{
    bool     iat = claims->iat > now + policy->leeway;
    int64_t  at = iat ? claims->iat : claims->nbf;

    healthcode_explain("%s lies %lld s in the future; the leeway is %lld s",
                       iat ? "iat" : "nbf", (long long) (at - now),
                       (long long) policy->leeway);
}


static void
healthcode_explain_audience(const healthcode_claims_t *claims,
    const healthcode_claims_policy_t *policy)
{
    if (claims->aud == NULL) {
        healthcode_explain("it names no audience");
    } else {
        healthcode_explain("its aud, above, names none of these:");
        fputs("          ", stdout);

        for (size_t i = 0; i < policy->naudience; i++) {
            putchar(' ');
            healthcode_output_text(stdout, policy->audience[i]);
        }

        putchar('\n');
    }
}
