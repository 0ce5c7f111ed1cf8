/*
 * The key of "healthcode issue": a file -> a private key that may sign this
 * code.  Knows no claims.  docs/token-format.md, "Keys".
 */

#include "healthcode_file.h"
#include "healthcode_issue.h"


#define HEALTHCODE_ISSUE_ERROR_MAX  256


static bool healthcode_issue_read(const healthcode_issue_options_t *options,
    healthcode_str_t text, const healthcode_algorithm_t *named,
    healthcode_jwk_t *jwk);
static bool healthcode_issue_fits(const healthcode_issue_options_t *options,
    const healthcode_jwk_t *jwk, const healthcode_algorithm_t *named);


healthcode_exit_e
healthcode_issue_key(const healthcode_issue_options_t *options,
    healthcode_jwk_t *jwk)
{
    bool                           ok;
    healthcode_jwk_t               new;
    healthcode_str_t               file;
    const healthcode_algorithm_t  *named = NULL;

    if (!healthcode_file_read("--key", options->key, &file)) {
        return HEALTHCODE_EXIT_FAILED;
    }

    if (options->alg) {
        named = healthcode_algorithm_find(
                     healthcode_str_from(options->alg, strlen(options->alg)));
    }

    ok = healthcode_issue_read(options, file, named, &new);
    healthcode_file_free(&file);

    if (!ok) {
        return HEALTHCODE_EXIT_FAILED;
    }

    if (!healthcode_issue_fits(options, &new, named)) {
        healthcode_jwk_free(&new);
        return HEALTHCODE_EXIT_USAGE;
    }

    *jwk = new;

    return HEALTHCODE_EXIT_OK;
}


/* From PEM or a JWK; prints a message on failure. */
static bool
healthcode_issue_read(const healthcode_issue_options_t *options,
    healthcode_str_t text, const healthcode_algorithm_t *named,
    healthcode_jwk_t *jwk)
{
    bool              ok;
    char              error[HEALTHCODE_ISSUE_ERROR_MAX];
    healthcode_str_t  password = healthcode_str_from(NULL, 0);

    if (!healthcode_jwk_is_pem(text)) {
        ok = healthcode_jwk_read(text, named, jwk, error, sizeof(error));

    } else if (options->password_file
               && !healthcode_file_read("--password-file",
                                        options->password_file, &password))
    {
        return false;

    } else {
        ok = healthcode_jwk_read_pem(text, healthcode_str_chomp(password),
                                     named, jwk, error, sizeof(error));
        healthcode_file_free(&password);
    }

    if (!ok) {
        healthcode_output_failed("--key: \"%s\" cannot sign: %s", options->key,
                                 error);
    }

    return ok;
}


/* An alias may stand for any algorithm, another algorithm's name may not. */
static bool
healthcode_issue_fits(const healthcode_issue_options_t *options,
    const healthcode_jwk_t *jwk, const healthcode_algorithm_t *named)
{
    if (named && named != jwk->algorithm) {
        healthcode_output_usage("--alg: the key is for %s and cannot sign %s; "
                                "leave --alg out, or write a name of the "
                                "issuer's own", jwk->alg, options->alg);
        return false;
    }

    if (options->sm2_id && jwk->algorithm->family != &healthcode_family_sm2) {
        healthcode_output_usage("--sm2-id: the key is for %s, not for SM2; "
                                "leave it out", jwk->alg);
        return false;
    }

    return true;
}
