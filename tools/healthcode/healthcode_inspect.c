/*
 * healthcode inspect: what is in a code, whether it holds, and why not.
 * Judges as gates do, by core/; asks no store.
 * docs/token-format.md, "Inspecting a code".
 */

#include <stdlib.h>
#include <time.h>

#include "healthcode_commands.h"
#include "healthcode_describe.h"
#include "healthcode_explain.h"
#include "healthcode_file.h"
#include "healthcode_inspect.h"


/* What was found; a reason is OK if nothing speaks against the code. */
typedef struct {
    healthcode_token_memory_t     token_memory;
    healthcode_claims_memory_t    claims_memory;
    healthcode_token_t            token;
    healthcode_claims_t           claims;
    healthcode_claims_faults_t    faults;
    healthcode_reason_e           text;
    healthcode_reason_e           payload;
    healthcode_reason_e           issuer;
    healthcode_reason_e           signature;
    healthcode_reason_e           rules;
} healthcode_inspect_found_t;


static healthcode_exit_e healthcode_inspect_run(
    const healthcode_inspect_options_t *options, const char *code);
static bool healthcode_inspect_certificate(const char *path,
    healthcode_inspect_t *inspect);
static healthcode_str_t healthcode_inspect_trim(healthcode_str_t text);
static healthcode_exit_e healthcode_inspect_code(healthcode_inspect_t *inspect,
    healthcode_str_t text);
static healthcode_reason_e healthcode_inspect_judge(
    healthcode_inspect_t *inspect, healthcode_str_t text,
    healthcode_inspect_found_t *found);
static healthcode_reason_e healthcode_inspect_signature(
    healthcode_inspect_t *inspect, const healthcode_token_t *token);
static void healthcode_inspect_explain(const healthcode_inspect_t *inspect,
    healthcode_str_t text, const healthcode_inspect_found_t *found);


healthcode_exit_e
healthcode_inspect(int argc, char **argv)
{
    const char                    *names[] = { "CODE" };
    healthcode_arguments_t         arguments = { names, 0, 1, { .n = 0 } };
    healthcode_inspect_options_t   o = { .iss = NULL };

    const healthcode_option_t  options[] = {
        { .name = "keys", .hint = "FILE", .list = &o.keys },
        { .name = "alg-alias", .hint = "NAME=ALG", .list = &o.aliases },
        { .name = "sm2-id", .hint = "ID", .value = &o.sm2_id },
        { .name = "iss", .hint = "ISS", .value = &o.iss },
        { .name = "audience", .hint = "AUDIENCE", .list = &o.audience },
        { .name = "typ", .hint = "TYPE", .list = &o.types },
        { .name = "subject", .hint = "CLAIM", .list = &o.subjects },
        { .name = "status", .hint = "CLAIM=VALUE", .list = &o.status },
        { .name = "kind", .hint = "CLAIM", .value = &o.kind },
        { .name = "certificate", .hint = "FILE", .value = &o.certificate },
        { .name = "regions", .hint = "CLAIM", .value = &o.regions },
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

    rc = HEALTHCODE_EXIT_FAILED;

    if (healthcode_keyset_read(&inspect.keyset, &options->keys)
        && healthcode_inspect_certificate(options->certificate, &inspect))
    {
        rc = healthcode_inspect_code(&inspect, healthcode_inspect_trim(text));
    }

    healthcode_keyring_free(inspect.keyring);
    healthcode_keyset_free(&inspect.keyset);
    healthcode_file_free(&file);

    return rc;
}


/* path is NULL: the client has shown none. */
static bool
healthcode_inspect_certificate(const char *path, healthcode_inspect_t *inspect)
{
    bool              ok;
    healthcode_str_t  pem;

    if (path == NULL) {
        return true;
    }

    if (!healthcode_file_read("--certificate", path, &pem)) {
        return false;
    }

    ok = healthcode_bound_thumbprint(pem, inspect->certificate);
    healthcode_file_free(&pem);

    if (!ok) {
        healthcode_output_failed("--certificate: \"%s\" does not begin with a "
                                 "certificate in PEM", path);
        return false;
    }

    inspect->policy.certificate = inspect->certificate;

    return true;
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
healthcode_inspect_code(healthcode_inspect_t *inspect, healthcode_str_t text)
{
    healthcode_str_t             word, title;
    healthcode_reason_e          reason;
    healthcode_inspect_found_t  *found;

    found = calloc(1, sizeof(healthcode_inspect_found_t));

    if (found == NULL) {
        return healthcode_output_failed("no memory");
    }

    reason = healthcode_inspect_judge(inspect, text, found);
    word = healthcode_reason_word(reason);
    title = healthcode_reason_title(reason);

    if (reason != HEALTHCODE_REASON_OK) {
        printf("verdict    it does not hold: %.*s: %.*s\n", (int) word.len,
               (const char *) word.data, (int) title.len,
               (const char *) title.data);

        healthcode_inspect_explain(inspect, text, found);

    } else if (inspect->keyset.nfiles == 0) {
        puts("verdict    not known: without --keys nobody knows who wrote it");

    } else {
        puts("verdict    it holds; live flags are not looked at here");
    }

    free(found);

    return (reason == HEALTHCODE_REASON_OK && inspect->keyset.nfiles)
           ? HEALTHCODE_EXIT_OK : HEALTHCODE_EXIT_NO;
}


/* Prints what can be read and returns the first reason against it. */
static healthcode_reason_e
healthcode_inspect_judge(healthcode_inspect_t *inspect, healthcode_str_t text,
    healthcode_inspect_found_t *found)
{
    healthcode_str_t  iss;

    found->payload = found->issuer = HEALTHCODE_REASON_OK;
    found->signature = found->rules = HEALTHCODE_REASON_OK;
    found->text = healthcode_token_parse(text, &found->token_memory,
                                         &found->token);

    if (found->text != HEALTHCODE_REASON_OK) {
        healthcode_describe_broken(text);
        return found->text;
    }

    healthcode_describe_header(&found->token);

    found->payload = healthcode_claims_parse(found->token.payload,
                                             &found->claims_memory,
                                             &inspect->issuer.claims,
                                             &found->claims, &found->faults);

    if (found->payload != HEALTHCODE_REASON_OK) {
        healthcode_describe_text("payload", found->token.payload);
        found->signature = healthcode_inspect_signature(inspect,
                                                        &found->token);
        return found->payload;
    }

    healthcode_describe_claims(&found->claims, inspect->now);

    if (inspect->iss) {
        iss = healthcode_str_from(inspect->iss, strlen(inspect->iss));

        if (!healthcode_str_equal(found->claims.iss, iss)) {
            puts("issuer     it is not the one that --iss names");
            found->issuer = HEALTHCODE_REASON_ISSUER;
            return found->issuer;
        }
    }

    found->signature = healthcode_inspect_signature(inspect, &found->token);
    found->rules = healthcode_claims_check(&found->claims, &inspect->policy,
                                           inspect->now);

    if (found->rules != HEALTHCODE_REASON_OK) {
        healthcode_describe_reason("rules", found->rules);
    }

    return (found->signature == HEALTHCODE_REASON_OK) ? found->rules
                                                      : found->signature;
}


static healthcode_reason_e
healthcode_inspect_signature(healthcode_inspect_t *inspect,
    const healthcode_token_t *token)
{
    healthcode_reason_e            reason = HEALTHCODE_REASON_FAULT;
    healthcode_issuer_t           *issuer = &inspect->issuer;
    const healthcode_key_t        *key;
    const healthcode_algorithm_t  *algorithm;

    if (inspect->keyset.nfiles == 0) {
        puts("signature  not checked; add --keys FILE");
        return HEALTHCODE_REASON_OK;
    }

    /* a gate, too, knows by the issuer's algorithms what its keys are for */
    issuer->rules = inspect->keyset.rules;
    algorithm = healthcode_algorithm_set_find(&issuer->rules.algorithms,
                                              token->alg);
    issuer->rules.algorithms.bits = healthcode_keyset_algorithms(
                                                            &inspect->keyset);
    inspect->keyring = healthcode_keyset_ring(&inspect->keyset, algorithm);

    if (inspect->keyring) {
        reason = healthcode_issuer_verify(issuer, inspect->keyring, token,
                                          &key);
    }

    if (reason != HEALTHCODE_REASON_OK) {
        healthcode_describe_reason("signature", reason);
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


/* All that speaks against it, not only the first. */
static void
healthcode_inspect_explain(const healthcode_inspect_t *inspect,
    healthcode_str_t text, const healthcode_inspect_found_t *found)
{
    if (found->text != HEALTHCODE_REASON_OK) {
        healthcode_explain_text(text);
    }

    if (found->payload != HEALTHCODE_REASON_OK) {
        healthcode_explain_payload(found->token.payload, &found->faults);
    }

    if (found->issuer != HEALTHCODE_REASON_OK) {
        healthcode_explain_quoted("its iss is ", found->claims.iss,
                                  "; every byte counts, a slash at the end "
                                  "too");
    }

    switch (found->signature) {

    case HEALTHCODE_REASON_TYPE:
        healthcode_explain_type(&inspect->issuer, &found->token);
        break;

    case HEALTHCODE_REASON_ALGORITHM:
    case HEALTHCODE_REASON_KEY:
    case HEALTHCODE_REASON_SIGNATURE:
        healthcode_explain_key(&inspect->keyset, inspect->keyring,
                               &found->token, found->signature);
        break;

    default:
        break;
    }

    healthcode_explain_claims(&found->claims, &inspect->issuer.claims,
                              &inspect->policy, inspect->now, found->rules);
}
