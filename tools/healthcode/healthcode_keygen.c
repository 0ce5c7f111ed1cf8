/*
 * healthcode keygen: a new signing key, and the key set that gates read.
 * Knows no codes.  docs/operations.md, "Keys".
 */

#include <openssl/crypto.h>
#include <stdlib.h>

#include "core/healthcode_keyring.h"
#include "healthcode_commands.h"
#include "healthcode_file.h"
#include "healthcode_jwk.h"
#include "healthcode_pair.h"


#define HEALTHCODE_KEYGEN_BITS  2048   /* of RSA; more are slow for gates */


typedef struct {
    const char  *alg;
    const char  *bits;
    const char  *kid;
    const char  *secret;     /* files */
    const char  *public;
    bool         force;
} healthcode_keygen_options_t;


static bool healthcode_keygen_is_right(
    const healthcode_keygen_options_t *options, size_t *bits);
static bool healthcode_keygen_thumbprint(const healthcode_jwk_t *jwk,
    char *thumbprint);
static healthcode_exit_e healthcode_keygen_make(
    const healthcode_keygen_options_t *options, healthcode_jwk_t *jwk);
static healthcode_exit_e healthcode_keygen_write(
    const healthcode_keygen_options_t *options, const healthcode_jwk_t *jwk);
static bool healthcode_keygen_write_pair(
    const healthcode_keygen_options_t *options, const healthcode_jwk_t *jwk,
    char *private, char *public);
static void healthcode_keygen_forget(char *text);


healthcode_exit_e
healthcode_keygen(int argc, char **argv)
{
    healthcode_exit_e            rc;
    healthcode_jwk_t             jwk = { .kid = NULL };
    healthcode_arguments_t       arguments = { .n = 0 };
    healthcode_keygen_options_t  o = { .alg = NULL };
    char                         names[HEALTHCODE_OPTIONS_ALGORITHMS_MAX];

    const healthcode_option_t  options[] = {
        { .name = "alg", .hint = names, .value = &o.alg, .required = true },
        { .name = "bits", .hint = "2048, 3072 or 4096", .value = &o.bits },
        { .name = "kid", .hint = "NAME", .value = &o.kid },
        { .name = "private", .hint = "FILE", .value = &o.secret,
          .required = true },
        { .name = "public", .hint = "FILE", .value = &o.public,
          .required = true },
        { .name = "force", .is_set = &o.force },
    };

    snprintf(names, sizeof(names), "one of: ");
    healthcode_options_algorithms(names + strlen(names));

    if (!healthcode_options_parse(argc, argv, options,
                                  sizeof(options) / sizeof(options[0]),
                                  &arguments))
    {
        return HEALTHCODE_EXIT_USAGE;
    }

    rc = healthcode_keygen_make(&o, &jwk);

    if (rc == HEALTHCODE_EXIT_OK) {
        rc = healthcode_keygen_write(&o, &jwk);
    }

    healthcode_jwk_free(&jwk);

    return rc;
}


static healthcode_exit_e
healthcode_keygen_make(const healthcode_keygen_options_t *options,
    healthcode_jwk_t *jwk)
{
    char    thumbprint[HEALTHCODE_THUMBPRINT_LEN + 1];
    size_t  bits;

    if (!healthcode_keygen_is_right(options, &bits)) {
        return HEALTHCODE_EXIT_USAGE;
    }

    if (!options->force
        && (!healthcode_file_is_new("--private", options->secret)
            || !healthcode_file_is_new("--public", options->public)))
    {
        return HEALTHCODE_EXIT_FAILED;
    }

    if (!healthcode_jwk_generate(healthcode_str_from(options->alg,
                                                     strlen(options->alg)),
                                 bits, jwk)
        || !healthcode_keygen_thumbprint(jwk, thumbprint))
    {
        return healthcode_output_failed("OpenSSL cannot make the key");
    }

    jwk->kid = strdup(options->kid ? options->kid : thumbprint);

    return jwk->kid ? HEALTHCODE_EXIT_OK : HEALTHCODE_EXIT_FAILED;
}


/* Whether the options can be meant; *bits is for an RSA key. */
static bool
healthcode_keygen_is_right(const healthcode_keygen_options_t *options,
    size_t *bits)
{
    long                           n = HEALTHCODE_KEYGEN_BITS;
    const char                    *text = options->bits;
    const healthcode_algorithm_t  *algorithm;

    if (!healthcode_options_algorithm("--alg", options->alg, &algorithm)) {
        return false;
    }

    if (text && strcmp(algorithm->kty, "RSA") != 0) {
        healthcode_output_usage("--bits is for RSA; keys for %s have one size, "
                                "so leave it out", options->alg);
        return false;
    }

    if (text && strcmp(text, "2048") != 0 && strcmp(text, "3072") != 0
        && strcmp(text, "4096") != 0)
    {
        healthcode_output_usage("--bits: invalid size \"%s\"; write 2048, "
                                "3072 or 4096", text);
        return false;
    }

    if (text) {
        healthcode_options_number("--bits", text, 4096, &n);
    }

    if (options->kid && (options->kid[0] == '\0' || strlen(options->kid) > 128))
    {
        healthcode_output_usage("--kid: write 1 to 128 bytes");
        return false;
    }

    if (healthcode_pair_is_one(options->secret, options->public)) {
        healthcode_output_usage("--public names the same file as --private; "
                                "name another");
        return false;
    }

    *bits = (size_t) n;

    return true;
}


/* By the reader that gates use, so that a set which it refuses never leaves. */
static bool
healthcode_keygen_thumbprint(const healthcode_jwk_t *jwk, char *thumbprint)
{
    char                        *text, error[256];
    healthcode_keyring_t        *keyring = NULL;
    healthcode_keyring_rules_t   rules = { .sm2_id = { NULL, 0 } };

    rules.algorithms.bits = healthcode_algorithm_bit(jwk->algorithm);
    text = healthcode_jwk_write(jwk, false);

    if (text) {
        keyring = healthcode_keyring_create(
                                     healthcode_str_from(text, strlen(text)),
                                     &rules, error, sizeof(error));
        OPENSSL_cleanse(text, strlen(text));
        free(text);
    }

    if (keyring == NULL) {
        return false;
    }

    memcpy(thumbprint, healthcode_keyring_at(keyring, 0)->thumbprint,
           HEALTHCODE_THUMBPRINT_LEN + 1);
    healthcode_keyring_free(keyring);

    return true;
}


static healthcode_exit_e
healthcode_keygen_write(const healthcode_keygen_options_t *options,
    const healthcode_jwk_t *jwk)
{
    bool   ok, shared = jwk->algorithm->family == &healthcode_family_hmac;
    char   thumbprint[HEALTHCODE_THUMBPRINT_LEN + 1];
    char  *private = healthcode_jwk_write(jwk, true);
    char  *public = healthcode_jwk_write(jwk, false);

    ok = healthcode_keygen_write_pair(options, jwk, private, public);

    healthcode_keygen_forget(private);
    healthcode_keygen_forget(public);

    if (!ok) {
        return HEALTHCODE_EXIT_FAILED;
    }

    healthcode_keygen_thumbprint(jwk, thumbprint);

    printf("%s: the private key, mode 0600; for the issuer alone\n",
           options->secret);
    printf("%s: %s\n", options->public,
           shared ? "the key set for gates, mode 0600: it HOLDS THE SHARED "
                    "SECRET, and whoever reads it can issue codes"
                  : "the key set for gates");
    fputs("kid ", stdout);
    healthcode_output_string(stdout, jwk->kid);
    printf("\nthumbprint %s\n", thumbprint);

    return HEALTHCODE_EXIT_OK;
}


/* private and public are NULL if they could not be written as JSON. */
static bool
healthcode_keygen_write_pair(const healthcode_keygen_options_t *options,
    const healthcode_jwk_t *jwk, char *private, char *public)
{
    healthcode_pair_t  pair[2] = {
        { .name = "--private", .path = options->secret, .mode = 0600 },
        { .name = "--public", .path = options->public, .mode = 0644 },
    };

    if (private == NULL || public == NULL) {
        healthcode_output_failed("--kid: \"%s\" is not UTF-8, or no memory",
                                 jwk->kid);
        return false;
    }

    if (jwk->algorithm->family == &healthcode_family_hmac) {
        pair[1].mode = 0600;
    }

    pair[0].text = healthcode_str_from(private, strlen(private));
    pair[1].text = healthcode_str_from(public, strlen(public));

    return healthcode_pair_write(pair, options->force);
}


static void
healthcode_keygen_forget(char *text)
{
    if (text) {
        OPENSSL_cleanse(text, strlen(text));
        free(text);
    }
}
