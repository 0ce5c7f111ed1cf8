/*
 * What is wrong with the claims of a code, in words and numbers.
 * Knows no keys and no signature.  docs/token-format.md, "Claims", "Times".
 */

#include <stdlib.h>

#include "healthcode_explain.h"


static void healthcode_explain_status(const healthcode_claims_t *claims,
    const healthcode_claims_names_t *names);
static void healthcode_explain_not_yet(const healthcode_claims_t *claims,
    const healthcode_claims_policy_t *policy, int64_t now);
static void healthcode_explain_audience(const healthcode_claims_t *claims,
    const healthcode_claims_policy_t *policy);


void
healthcode_explain_payload(healthcode_str_t payload,
    const healthcode_claims_faults_t *faults)
{
    void        *memory;
    size_t       offset, size = healthcode_json_memory(payload.len);
    yyjson_val  *object;

    memory = malloc(size);

    if (memory == NULL) {
        return;
    }

    object = healthcode_json_read_at(payload, memory, size, &offset);

    if (object == NULL) {
        healthcode_explain_json("payload", payload, offset);
    }

    for (size_t i = 0; object && i < faults->n; i++) {
        healthcode_explain_begin();
        healthcode_output_text(stdout, faults->faults[i].claim);
        printf(" %s\n", faults->faults[i].what);
    }

    free(memory);
}


void
healthcode_explain_claims(const healthcode_claims_t *claims,
    const healthcode_claims_names_t *names,
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
                               "%lld s, as \"max_age\" of its issuer does at a "
                               "gate", (long long) (claims->exp - claims->iat),
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

    case HEALTHCODE_REASON_BOUND:
        healthcode_explain("its cnf %s",
                           healthcode_bound_fault(claims->cnf,
                                                  policy->certificate,
                                                  policy->jkt));
        break;

    case HEALTHCODE_REASON_STATUS:
        healthcode_explain_status(claims, names);
        break;

    case HEALTHCODE_REASON_STATUS_UNSUPPORTED:
        healthcode_explain_begin();
        healthcode_output_text(stdout, names->status);
        puts(" is an object: another mechanism, such as a Token Status List, "
             "which a gate does not ask; \"status off;\" in the issuer's "
             "block, here --status off, lets it pass");
        break;

    default:
        break;
    }
}


/* Names the claim, what it has, and what would pass. */
static void
healthcode_explain_status(const healthcode_claims_t *claims,
    const healthcode_claims_names_t *names)
{
    healthcode_explain_begin();
    healthcode_output_text(stdout, names->status);
    fputs(" is \"", stdout);
    healthcode_output_text(stdout, claims->status);
    fputs("\"; only", stdout);

    for (size_t i = 0; i < names->nnormal; i++) {
        fputs(i ? ", \"" : " \"", stdout);
        healthcode_output_text(stdout, names->normal[i]);
        putchar('"');
    }

    puts(names->nnormal > 1 ? " pass" : " passes");
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
