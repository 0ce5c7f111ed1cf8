/*
 * healthcode issue: payload and key -> a signed code (RFC 7515).
 * Knows no claims and no store.  docs/token-format.md, "How to make a code".
 */

#include <errno.h>
#include <stdlib.h>

#include "core/healthcode_base64url.h"
#include "core/healthcode_key.h"
#include "core/healthcode_token.h"
#include "healthcode_commands.h"
#include "healthcode_issue.h"
#include "healthcode_qr.h"


#define HEALTHCODE_ISSUE_SM2_ID  8190    /* bytes; OpenSSL's limit */


static healthcode_exit_e healthcode_issue_run(
    const healthcode_issue_options_t *options);
static healthcode_exit_e healthcode_issue_write(
    const healthcode_issue_options_t *options, const healthcode_jwk_t *jwk,
    const char *header, const char *payload, char **made);
static healthcode_exit_e healthcode_issue_draw(const char *code,
    healthcode_qr_draw_pt draw);
static size_t healthcode_issue_sign(const healthcode_issue_options_t *options,
    const healthcode_jwk_t *jwk, healthcode_str_t text, uint8_t *signature);


healthcode_exit_e
healthcode_issue(int argc, char **argv)
{
    healthcode_arguments_t       arguments = { .n = 0 };
    healthcode_issue_options_t   o = { .key = NULL };

    const healthcode_option_t  options[] = {
        { .name = "key", .hint = "FILE", .value = &o.key, .required = true },
        { .name = "password-file", .hint = "FILE", .value = &o.password_file },
        { .name = "alg", .hint = "NAME", .value = &o.alg },
        { .name = "sm2-id", .hint = "ID", .value = &o.sm2_id },
        { .name = "iss", .hint = "ISS", .value = &o.iss, .required = true },
        { .name = "sub", .hint = "SUB", .value = &o.sub, .required = true },
        { .name = "exact", .is_set = &o.exact },
        { .name = "aud", .hint = "AUD", .list = &o.aud },
        { .name = "ttl", .hint = "15m", .value = &o.ttl },
        { .name = "jti", .hint = "ID", .value = &o.jti },
        { .name = "region", .hint = "CODE", .list = &o.regions },
        { .name = "claim", .hint = "NAME=VALUE", .list = &o.claims },
        { .name = "header", .hint = "NAME=VALUE", .list = &o.header },
        { .name = "iat", .hint = "TIME", .value = &o.iat },
        { .name = "exp", .hint = "TIME", .value = &o.exp },
        { .name = "nbf", .hint = "TIME", .value = &o.nbf },
        { .name = "kid", .hint = "NAME", .value = &o.kid },
        { .name = "typ", .hint = "TYPE", .value = &o.typ },
        { .name = "qr", .hint = "svg", .value = &o.qr },
    };

    if (!healthcode_options_parse(argc, argv, options,
                                  sizeof(options) / sizeof(options[0]),
                                  &arguments))
    {
        return HEALTHCODE_EXIT_USAGE;
    }

    if (o.ttl && o.exp) {
        return healthcode_output_usage("--ttl and --exp say the same thing; "
                                       "write one of them");
    }

    if (o.iss[0] == '\0') {
        return healthcode_output_usage("--iss: write the issuer's name, byte "
                                       "for byte as in the gates");
    }

    if (o.alg && o.alg[0] == '\0') {
        return healthcode_output_usage("--alg: write the name that the header "
                                       "gets");
    }

    if (o.sm2_id && strlen(o.sm2_id) > HEALTHCODE_ISSUE_SM2_ID) {
        return healthcode_output_usage("--sm2-id: write at most %d bytes",
                                       HEALTHCODE_ISSUE_SM2_ID);
    }

    return healthcode_issue_run(&o);
}


static healthcode_exit_e
healthcode_issue_run(const healthcode_issue_options_t *options)
{
    char                   *code = NULL;
    healthcode_exit_e       rc = HEALTHCODE_EXIT_OK;
    healthcode_qr_draw_pt   draw = NULL;

    if (options->qr) {
        rc = healthcode_qr_find(options->qr, &draw);
    }

    if (rc == HEALTHCODE_EXIT_OK) {
        rc = healthcode_issue_make(options, &code);
    }

    if (rc == HEALTHCODE_EXIT_OK && draw) {
        rc = healthcode_issue_draw(code, draw);

    } else if (rc == HEALTHCODE_EXIT_OK) {
        puts(code);
    }

    if (rc == HEALTHCODE_EXIT_OK && strlen(code) > HEALTHCODE_TOKEN_MAX) {
        healthcode_output_warn("the code has %zu bytes; gates refuse more than "
                               "%d", strlen(code), HEALTHCODE_TOKEN_MAX);
    }

    free(code);

    return rc;
}


static healthcode_exit_e
healthcode_issue_draw(const char *code, healthcode_qr_draw_pt draw)
{
    healthcode_qr_t    qr;
    healthcode_exit_e  rc;

    rc = healthcode_qr_make(healthcode_str_from(code, strlen(code)), &qr);

    if (rc == HEALTHCODE_EXIT_OK) {
        if (!draw(&qr, stdout)) {
            rc = healthcode_output_failed("--qr: it cannot be written: %s",
                                          strerror(errno));
        }

        healthcode_qr_free(&qr);
    }

    return rc;
}


healthcode_exit_e
healthcode_issue_make(const healthcode_issue_options_t *options, char **code)
{
    char               *header = NULL, *payload = NULL;
    healthcode_jwk_t    jwk = { .kid = NULL };
    healthcode_exit_e   rc;

    /* what is wrong with the words is said before a file is looked for */
    rc = healthcode_issue_payload(options, &payload);

    if (rc == HEALTHCODE_EXIT_OK) {
        rc = healthcode_issue_check_header(options);
    }

    if (rc == HEALTHCODE_EXIT_OK) {
        rc = healthcode_issue_key(options, &jwk);
    }

    if (rc == HEALTHCODE_EXIT_OK) {
        rc = healthcode_issue_header(options, &jwk, &header);
    }

    if (rc == HEALTHCODE_EXIT_OK) {
        rc = healthcode_issue_write(options, &jwk, header, payload, code);
    }

    free(header);
    free(payload);
    healthcode_jwk_free(&jwk);

    return rc;
}


static healthcode_exit_e
healthcode_issue_write(const healthcode_issue_options_t *options,
    const healthcode_jwk_t *jwk, const char *header, const char *payload,
    char **made)
{
    char    *code;
    size_t   n, len;
    uint8_t  signature[HEALTHCODE_JWK_SIGNATURE_MAX];

    len = strlen(header) + strlen(payload) + sizeof(signature);

    code = malloc(healthcode_base64url_encoded_len(len) + 8);
    if (code == NULL) {
        return healthcode_output_failed("no memory");
    }

    n = healthcode_base64url_encode(
                         healthcode_str_from(header, strlen(header)), code);
    code[n++] = '.';
    n += healthcode_base64url_encode(
                         healthcode_str_from(payload, strlen(payload)),
                         code + n);

    len = healthcode_issue_sign(options, jwk, healthcode_str_from(code, n),
                                signature);

    if (len == 0) {
        free(code);
        return healthcode_output_failed("--key: OpenSSL cannot sign with it");
    }

    code[n++] = '.';
    n += healthcode_base64url_encode(healthcode_str_from(signature, len),
                                     code + n);
    code[n] = '\0';
    *made = code;

    return HEALTHCODE_EXIT_OK;
}


static size_t
healthcode_issue_sign(const healthcode_issue_options_t *options,
    const healthcode_jwk_t *jwk, healthcode_str_t text, uint8_t *signature)
{
    healthcode_str_t  id = healthcode_str(HEALTHCODE_KEY_SM2_ID);

    if (options->sm2_id) {
        id = healthcode_str_from(options->sm2_id, strlen(options->sm2_id));
    }

    return healthcode_jwk_sign(jwk, text, id, signature);
}
