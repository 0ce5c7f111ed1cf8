/*
 * Options of "healthcode inspect" -> by what a gate with these lines judges.
 * Knows no code.  docs/token-format.md, "Inspecting a code".
 */

#include "healthcode_inspect.h"
#include "healthcode_time.h"


#define HEALTHCODE_INSPECT_MAX_AGE  900000   /* ms */
#define HEALTHCODE_INSPECT_LEEWAY   5000


static void healthcode_inspect_types(const healthcode_list_t *types,
    healthcode_inspect_t *inspect);
static bool healthcode_inspect_claims(
    const healthcode_inspect_options_t *options, healthcode_inspect_t *inspect);
static bool healthcode_inspect_name(const char *option, const char *text,
    healthcode_str_t *name);
static bool healthcode_inspect_status(const healthcode_list_t *status,
    healthcode_inspect_t *inspect);
static bool healthcode_inspect_value(const char *text,
    healthcode_claims_names_t *claims, healthcode_str_t *value);


bool
healthcode_inspect_terms(const healthcode_inspect_options_t *options,
    healthcode_inspect_t *inspect)
{
    int64_t  max_age = HEALTHCODE_INSPECT_MAX_AGE;
    int64_t  leeway = HEALTHCODE_INSPECT_LEEWAY;

    if ((options->max_age
         && !healthcode_options_duration("--max-age", options->max_age,
                                         &max_age))
        || (options->leeway
            && !healthcode_options_duration("--leeway", options->leeway,
                                            &leeway))
        || (options->at
            && !healthcode_time_option("--at", options->at, inspect->now,
                                       &inspect->now))
        || !healthcode_keyset_rules(&inspect->keyset, &options->aliases,
                                    options->sm2_id)
        || !healthcode_inspect_claims(options, inspect))
    {
        return false;
    }

    for (size_t i = 0; i < options->audience.n; i++) {
        inspect->audience[i] = healthcode_str_from(options->audience.items[i],
                                         strlen(options->audience.items[i]));
    }

    healthcode_inspect_types(&options->types, inspect);

    inspect->keyset.rules.now = inspect->now;
    inspect->iss = options->iss;
    inspect->policy.lifetime_max = max_age / 1000;
    inspect->policy.max_age = max_age / 1000;
    inspect->policy.leeway = leeway / 1000;
    inspect->policy.audience = inspect->audience;
    inspect->policy.naudience = options->audience.n;

    return true;
}


static void
healthcode_inspect_types(const healthcode_list_t *types,
    healthcode_inspect_t *inspect)
{
    const char           *type;
    healthcode_issuer_t  *issuer = &inspect->issuer;

    issuer->types = inspect->types;

    if (types->n == 0) {
        inspect->types[issuer->ntypes++] = healthcode_str("healthcode+jwt");
    }

    for (size_t i = 0; i < types->n; i++) {
        type = types->items[i];

        if (strcmp(type, "any") == 0) {
            issuer->type_any = true;

        } else if (strcmp(type, "none") == 0) {
            issuer->type_none = true;

        } else {
            inspect->types[issuer->ntypes++] = healthcode_str_from(type,
                                                                strlen(type));
        }
    }
}


/* As the lines subject_space, subject, status and regions say it. */
static bool
healthcode_inspect_claims(const healthcode_inspect_options_t *options,
    healthcode_inspect_t *inspect)
{
    const char                 *name;
    healthcode_claims_names_t  *claims = &inspect->issuer.claims;

    *claims = *healthcode_claims_usual();

    for (size_t i = 0; i < options->subjects.n; i++) {
        name = options->subjects.items[i];

        if (!healthcode_inspect_name("--subject", name, &inspect->subjects[i]))
        {
            return false;
        }

        claims->subjects = inspect->subjects;
        claims->nsubjects = i + 1;
        claims->subject_digits = true;
    }

    return healthcode_inspect_name("--kind", options->kind, &claims->kind)
           && healthcode_inspect_name("--regions", options->regions,
                                      &claims->regions)
           && (options->status.n == 0
               || healthcode_inspect_status(&options->status, inspect));
}


/* text is NULL: the option is not there. */
static bool
healthcode_inspect_name(const char *option, const char *text,
    healthcode_str_t *name)
{
    if (text && text[0] == '\0') {
        healthcode_output_usage("%s: write the name of a claim", option);
        return false;
    }

    if (text) {
        *name = healthcode_str_from(text, strlen(text));
    }

    return true;
}


/* CLAIM=VALUE, each of one CLAIM; or off. */
static bool
healthcode_inspect_status(const healthcode_list_t *status,
    healthcode_inspect_t *inspect)
{
    healthcode_claims_names_t  *claims = &inspect->issuer.claims;

    claims->status = healthcode_str_from(NULL, 0);
    claims->normal = NULL;
    claims->nnormal = 0;

    if (status->n == 1 && strcmp(status->items[0], "off") == 0) {
        return true;
    }

    for (size_t i = 0; i < status->n; i++) {
        if (!healthcode_inspect_value(status->items[i], claims,
                                      &inspect->normal[i]))
        {
            return false;
        }
    }

    claims->normal = inspect->normal;
    claims->nnormal = status->n;

    return true;
}


static bool
healthcode_inspect_value(const char *text, healthcode_claims_names_t *claims,
    healthcode_str_t *value)
{
    const char        *equals = strchr(text, '=');
    healthcode_str_t   name;

    if (equals == NULL || equals == text || equals[1] == '\0') {
        healthcode_output_usage("--status: \"%s\" names no claim and value; "
                                "write CLAIM=VALUE with a value that passes, "
                                "or off alone", text);
        return false;
    }

    name = healthcode_str_from(text, (size_t) (equals - text));

    if (claims->status.data && !healthcode_str_equal(claims->status, name)) {
        healthcode_output_usage("--status: \"%s\" names another claim than the "
                                "one before; an issuer has one", text);
        return false;
    }

    claims->status = name;
    *value = healthcode_str_from(equals + 1, strlen(equals + 1));

    return true;
}
