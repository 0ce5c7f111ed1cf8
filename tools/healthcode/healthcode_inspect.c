/*
 * healthcode inspect: what is in a code, whether it holds, and why not.
 * Judges as gates do, by core/; asks no store.
 * docs/token-format.md, "Inspecting a code".
 */

#include <stdlib.h>
#include <time.h>

#include "core/healthcode_claims.h"
#include "core/healthcode_issuer.h"
#include "healthcode_commands.h"
#include "healthcode_file.h"
#include "healthcode_report.h"
#include "healthcode_time.h"


#define HEALTHCODE_INSPECT_MAX_AGE  900000   /* ms */
#define HEALTHCODE_INSPECT_LEEWAY   5000


typedef struct {
    const char          *keys;
    const char          *iss;
    const char          *max_age;
    const char          *leeway;
    const char          *at;
    healthcode_list_t    audience;
    healthcode_list_t    types;
} healthcode_inspect_options_t;

/* By what a code is judged; the views belong to the command line. */
typedef struct {
    int64_t                       now;
    const char                   *iss;      /* NULL: any */
    healthcode_issuer_t           issuer;
    healthcode_keyring_t         *keyring;  /* NULL: no keys */
    healthcode_claims_policy_t    policy;
    healthcode_str_t              audience[HEALTHCODE_LIST_MAX];
    healthcode_str_t              types[HEALTHCODE_LIST_MAX];
} healthcode_inspect_t;


static healthcode_exit_e healthcode_inspect_run(
    const healthcode_inspect_options_t *options, const char *code);
static bool healthcode_inspect_terms(
    const healthcode_inspect_options_t *options, healthcode_inspect_t *inspect);
static void healthcode_inspect_types(const healthcode_list_t *types,
    healthcode_inspect_t *inspect);
static healthcode_exit_e healthcode_inspect_keys(const char *path,
    healthcode_inspect_t *inspect);
static healthcode_str_t healthcode_inspect_trim(healthcode_str_t text);
static healthcode_exit_e healthcode_inspect_code(
    const healthcode_inspect_t *inspect, healthcode_str_t text);
static healthcode_reason_e healthcode_inspect_judge(
    const healthcode_inspect_t *inspect, healthcode_str_t text);
static healthcode_reason_e healthcode_inspect_signature(
    const healthcode_inspect_t *inspect, const healthcode_token_t *token);


healthcode_exit_e
healthcode_inspect(int argc, char **argv)
{
    const char                    *names[] = { "CODE" };
    healthcode_arguments_t         arguments = { names, 0, 1, { .n = 0 } };
    healthcode_inspect_options_t   o = { .keys = NULL };

    const healthcode_option_t  options[] = {
        { .name = "keys", .hint = "FILE", .value = &o.keys },
        { .name = "iss", .hint = "ISS", .value = &o.iss },
        { .name = "audience", .hint = "AUDIENCE", .list = &o.audience },
        { .name = "typ", .hint = "TYPE", .list = &o.types },
        { .name = "max-age", .hint = "15m", .value = &o.max_age },
        { .name = "leeway", .hint = "5s", .value = &o.leeway },
        { .name = "at", .hint = "TIME", .value = &o.at },
    };

    if (!healthcode_options_parse(argc, argv, options,
                                  sizeof(options) / sizeof(options[0]),
                                  &arguments))
    {
        return HEALTHCODE_EXIT_USAGE;
    }

    return healthcode_inspect_run(&o, arguments.list.n
                                      ? arguments.list.items[0] : "-");
}


static healthcode_exit_e
healthcode_inspect_run(const healthcode_inspect_options_t *options,
    const char *code)
{
    healthcode_str_t       file = { NULL, 0 }, text;
    healthcode_exit_e      rc;
    healthcode_inspect_t   inspect = { .now = time(NULL) };

    if (!healthcode_inspect_terms(options, &inspect)) {
        return HEALTHCODE_EXIT_USAGE;
    }

    text = healthcode_str_from(code, strlen(code));

    if (strcmp(code, "-") == 0) {
        if (!healthcode_file_read("CODE", code, &file)) {
            return HEALTHCODE_EXIT_FAILED;
        }

        text = file;
    }

    rc = options->keys ? healthcode_inspect_keys(options->keys, &inspect)
                       : HEALTHCODE_EXIT_OK;

    if (rc == HEALTHCODE_EXIT_OK) {
        rc = healthcode_inspect_code(&inspect, healthcode_inspect_trim(text));
    }

    healthcode_keyring_free(inspect.keyring);
    healthcode_file_free(&file);

    return rc;
}


static bool
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
                                       &inspect->now)))
    {
        return false;
    }

    for (size_t i = 0; i < options->audience.n; i++) {
        inspect->audience[i] = healthcode_str_from(options->audience.items[i],
                                         strlen(options->audience.items[i]));
    }

    healthcode_inspect_types(&options->types, inspect);

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


static healthcode_exit_e
healthcode_inspect_keys(const char *path, healthcode_inspect_t *inspect)
{
    char                           error[256];
    size_t                         i;
    healthcode_keyring_rules_t    *rules = &inspect->issuer.rules;
    healthcode_str_t               file;
    const healthcode_algorithm_t  *row;

    if (!healthcode_file_read("--keys", path, &file)) {
        return HEALTHCODE_EXIT_FAILED;
    }

    for (i = 0; (row = healthcode_algorithm_at(i)) != NULL; i++) {
        rules->algorithms.bits |= healthcode_algorithm_bit(row);
    }

    inspect->keyring = healthcode_keyring_create(file, rules, error,
                                                 sizeof(error));
    healthcode_file_free(&file);

    if (inspect->keyring == NULL) {
        return healthcode_output_failed("--keys: \"%s\" is no key set: %s",
                                        path, error);
    }

    return HEALTHCODE_EXIT_OK;
}


/* What a person copies has blanks about it, and often "Bearer" before it. */
static healthcode_str_t
healthcode_inspect_trim(healthcode_str_t text)
{
    healthcode_str_t  bearer = healthcode_str("Bearer ");

    while (text.len && memchr(" \t\r\n", text.data[0], 4)) {
        text = healthcode_str_from(text.data + 1, text.len - 1);
    }

    while (text.len && memchr(" \t\r\n", text.data[text.len - 1], 4)) {
        text.len--;
    }

    if (text.len > bearer.len
        && healthcode_str_equal_nocase(healthcode_str_from(text.data,
                                                           bearer.len),
                                       bearer))
    {
        return healthcode_inspect_trim(healthcode_str_from(
                                                    text.data + bearer.len,
                                                    text.len - bearer.len));
    }

    return text;
}


static healthcode_exit_e
healthcode_inspect_code(const healthcode_inspect_t *inspect,
    healthcode_str_t text)
{
    healthcode_str_t     word, title;
    healthcode_reason_e  reason;

    reason = healthcode_inspect_judge(inspect, text);

    if (reason == HEALTHCODE_REASON_OK && inspect->keyring == NULL) {
        puts("verdict    not known: without --keys nobody knows who wrote it");
        return HEALTHCODE_EXIT_NO;
    }

    if (reason == HEALTHCODE_REASON_OK) {
        puts("verdict    it holds; live flags are not looked at here");
        return HEALTHCODE_EXIT_OK;
    }

    word = healthcode_reason_word(reason);
    title = healthcode_reason_title(reason);

    printf("verdict    it does not hold: %.*s: %.*s\n", (int) word.len,
           (const char *) word.data, (int) title.len,
           (const char *) title.data);

    return HEALTHCODE_EXIT_NO;
}


/* Prints what can be read and returns the first reason against it. */
static healthcode_reason_e
healthcode_inspect_judge(const healthcode_inspect_t *inspect,
    healthcode_str_t text)
{
    healthcode_token_t          token;
    healthcode_claims_t         claims;
    healthcode_reason_e         reason, times;
    healthcode_claims_memory_t  claims_memory;
    healthcode_token_memory_t   token_memory;

    reason = healthcode_token_parse(text, &token_memory, &token);

    if (reason != HEALTHCODE_REASON_OK) {
        healthcode_report_broken(text);
        return reason;
    }

    healthcode_report_header(&token);

    reason = healthcode_claims_parse(token.payload, &claims_memory, &claims);

    if (reason != HEALTHCODE_REASON_OK) {
        healthcode_report_text("payload", token.payload);
        healthcode_inspect_signature(inspect, &token);
        return reason;
    }

    healthcode_report_claims(&claims, inspect->now);

    if (inspect->iss
        && !healthcode_str_equal(claims.iss,
                                 healthcode_str_from(inspect->iss,
                                                     strlen(inspect->iss))))
    {
        puts("issuer     it is not the one that --iss names");
        return HEALTHCODE_REASON_ISSUER;
    }

    reason = healthcode_inspect_signature(inspect, &token);
    times = healthcode_claims_check(&claims, &inspect->policy, inspect->now);

    if (times != HEALTHCODE_REASON_OK) {
        healthcode_report_reason("rules", times);
    }

    return (reason == HEALTHCODE_REASON_OK) ? times : reason;
}


static healthcode_reason_e
healthcode_inspect_signature(const healthcode_inspect_t *inspect,
    const healthcode_token_t *token)
{
    healthcode_reason_e      reason;
    const healthcode_key_t  *key;

    if (inspect->keyring == NULL) {
        puts("signature  not checked; add --keys FILE");
        return HEALTHCODE_REASON_OK;
    }

    reason = healthcode_issuer_verify(&inspect->issuer, inspect->keyring, token,
                                      &key);

    if (reason != HEALTHCODE_REASON_OK) {
        healthcode_report_reason("signature", reason);
        return reason;
    }

    printf("signature  holds, %s key ", key->algorithm->name);

    if (key->kid.data) {
        healthcode_output_text(stdout, key->kid);
    } else {
        fputs("without a kid", stdout);
    }

    printf("\n           thumbprint %s\n", key->thumbprint);

    return HEALTHCODE_REASON_OK;
}
