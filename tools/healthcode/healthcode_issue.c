/*
 * healthcode issue: claims -> a signed code (RFC 7515, RFC 7519).
 * Knows no store.  docs/token-format.md, "Claims".
 */

#include <openssl/rand.h>
#include <stdlib.h>
#include <time.h>
#include <yyjson.h>

#include "core/healthcode_base64url.h"
#include "core/healthcode_claims.h"
#include "core/healthcode_key.h"
#include "healthcode_commands.h"
#include "healthcode_file.h"
#include "healthcode_jwk.h"
#include "healthcode_subject.h"
#include "healthcode_time.h"


#define HEALTHCODE_ISSUE_TTL        900     /* s; gates take no more */
#define HEALTHCODE_ISSUE_JTI        16      /* bytes */
#define HEALTHCODE_ISSUE_SM2_ID     8190    /* bytes; OpenSSL's limit */


typedef struct {
    const char         *key;
    const char         *alg;
    const char         *sm2_id;
    const char         *iss;
    const char         *sub;
    bool                exact;     /* sub is meant as it is */
    const char         *ttl;
    const char         *jti;
    const char         *iat;
    const char         *exp;
    const char         *nbf;
    const char         *kid;
    const char         *typ;
    healthcode_list_t   aud;
    healthcode_list_t   regions;
    healthcode_list_t   claims;
} healthcode_issue_options_t;


static healthcode_exit_e healthcode_issue_run(
    const healthcode_issue_options_t *options);
static bool healthcode_issue_read_key(
    const healthcode_issue_options_t *options, healthcode_jwk_t *jwk,
    healthcode_exit_e *rc);
static bool healthcode_issue_fits(const healthcode_issue_options_t *options,
    const healthcode_jwk_t *jwk, const healthcode_algorithm_t *named);
static char *healthcode_issue_header(const healthcode_issue_options_t *options,
    const healthcode_jwk_t *jwk);
static healthcode_exit_e healthcode_issue_payload(
    const healthcode_issue_options_t *options, char **payload);
static bool healthcode_issue_times(const healthcode_issue_options_t *options,
    yyjson_mut_doc *doc, yyjson_mut_val *root);
static bool healthcode_issue_add_time(yyjson_mut_doc *doc,
    yyjson_mut_val *root, const char *option, const char *text, int64_t now);
static bool healthcode_issue_add_jti(const char *jti, yyjson_mut_doc *doc,
    yyjson_mut_val *root);
static void healthcode_issue_add_aud(const healthcode_list_t *aud,
    yyjson_mut_doc *doc, yyjson_mut_val *root);
static bool healthcode_issue_add_regions(const healthcode_list_t *regions,
    yyjson_mut_doc *doc, yyjson_mut_val *root);
static bool healthcode_issue_add_claim(const char *claim, yyjson_mut_doc *doc,
    yyjson_mut_val *root);
static healthcode_exit_e healthcode_issue_print(
    const healthcode_issue_options_t *options, const healthcode_jwk_t *jwk,
    const char *header, const char *payload);
static size_t healthcode_issue_sign(const healthcode_issue_options_t *options,
    const healthcode_jwk_t *jwk, healthcode_str_t text, uint8_t *signature);


healthcode_exit_e
healthcode_issue(int argc, char **argv)
{
    healthcode_arguments_t       arguments = { .n = 0 };
    healthcode_issue_options_t   o = { .key = NULL };

    const healthcode_option_t  options[] = {
        { .name = "key", .hint = "FILE", .value = &o.key, .required = true },
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
        { .name = "iat", .hint = "TIME", .value = &o.iat },
        { .name = "exp", .hint = "TIME", .value = &o.exp },
        { .name = "nbf", .hint = "TIME", .value = &o.nbf },
        { .name = "kid", .hint = "NAME", .value = &o.kid },
        { .name = "typ", .hint = "TYPE", .value = &o.typ },
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
                                       "for byte as gates are told");
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
    char               *header, *payload = NULL;
    healthcode_jwk_t    jwk;
    healthcode_exit_e   rc;

    /* what is wrong with the words is said before a file is looked for */
    rc = healthcode_issue_payload(options, &payload);

    if (rc != HEALTHCODE_EXIT_OK
        || !healthcode_issue_read_key(options, &jwk, &rc))
    {
        free(payload);
        return rc;
    }

    header = healthcode_issue_header(options, &jwk);

    rc = header ? healthcode_issue_print(options, &jwk, header, payload)
                : healthcode_output_usage("--alg, --kid, --typ: write UTF-8");

    free(header);
    free(payload);
    healthcode_jwk_free(&jwk);

    return rc;
}


/* False, with the exit code in *rc, where it cannot sign this code. */
static bool
healthcode_issue_read_key(const healthcode_issue_options_t *options,
    healthcode_jwk_t *jwk, healthcode_exit_e *rc)
{
    bool                           ok;
    char                           error[256];
    healthcode_str_t               file;
    const healthcode_algorithm_t  *named = NULL;

    *rc = HEALTHCODE_EXIT_FAILED;

    if (!healthcode_file_read("--key", options->key, &file)) {
        return false;
    }

    if (options->alg) {
        named = healthcode_algorithm_find(
                     healthcode_str_from(options->alg, strlen(options->alg)));
    }

    ok = healthcode_jwk_read(file, named, jwk, error, sizeof(error));
    healthcode_file_free(&file);

    if (!ok) {
        healthcode_output_failed("--key: \"%s\" cannot sign: %s", options->key,
                                 error);
        return false;
    }

    if (!healthcode_issue_fits(options, jwk, named)) {
        *rc = HEALTHCODE_EXIT_USAGE;
        healthcode_jwk_free(jwk);
        return false;
    }

    return true;
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

    if (options->sm2_id && jwk->algorithm->family != HEALTHCODE_ALGORITHM_SM2) {
        healthcode_output_usage("--sm2-id: the key is for %s, not for SM2; "
                                "leave it out", jwk->alg);
        return false;
    }

    return true;
}


static char *
healthcode_issue_header(const healthcode_issue_options_t *options,
    const healthcode_jwk_t *jwk)
{
    char            *text;
    const char      *alg = options->alg ? options->alg : jwk->alg;
    const char      *kid = options->kid ? options->kid : jwk->kid;
    const char      *typ = options->typ ? options->typ : "healthcode+jwt";
    yyjson_mut_doc  *doc = yyjson_mut_doc_new(NULL);
    yyjson_mut_val  *root = yyjson_mut_obj(doc);

    yyjson_mut_doc_set_root(doc, root);
    yyjson_mut_obj_add_str(doc, root, "alg", alg);

    if (typ[0]) {
        yyjson_mut_obj_add_str(doc, root, "typ", typ);
    }

    if (kid && kid[0]) {
        yyjson_mut_obj_add_str(doc, root, "kid", kid);
    }

    text = yyjson_mut_write(doc, YYJSON_WRITE_NOFLAG, NULL);
    yyjson_mut_doc_free(doc);

    return text;
}


static healthcode_exit_e
healthcode_issue_payload(const healthcode_issue_options_t *options,
    char **payload)
{
    bool               ok;
    yyjson_mut_doc    *doc;
    yyjson_mut_val    *root;
    healthcode_str_t   owned, subject;
    healthcode_exit_e  rc;

    rc = healthcode_subject_read("--sub", options->sub, options->exact, &owned,
                                 &subject);

    if (rc != HEALTHCODE_EXIT_OK) {
        return rc;
    }

    doc = yyjson_mut_doc_new(NULL);
    root = yyjson_mut_obj(doc);
    yyjson_mut_doc_set_root(doc, root);

    yyjson_mut_obj_add_str(doc, root, "iss", options->iss);
    yyjson_mut_obj_add_strn(doc, root, "sub", (const char *) subject.data,
                            subject.len);
    healthcode_issue_add_aud(&options->aud, doc, root);

    ok = healthcode_issue_times(options, doc, root)
         && healthcode_issue_add_jti(options->jti, doc, root)
         && healthcode_issue_add_regions(&options->regions, doc, root);

    for (size_t i = 0; ok && i < options->claims.n; i++) {
        ok = healthcode_issue_add_claim(options->claims.items[i], doc, root);
    }

    if (ok) {
        *payload = yyjson_mut_write(doc, YYJSON_WRITE_NOFLAG, NULL);
    }

    yyjson_mut_doc_free(doc);
    healthcode_file_free(&owned);

    if (ok && *payload == NULL) {
        return healthcode_output_usage("--iss, --sub, --aud, --claim: write "
                                       "UTF-8");
    }

    return ok ? HEALTHCODE_EXIT_OK : HEALTHCODE_EXIT_USAGE;
}


/* exp counts from iat, so that a code made for a test has a whole life. */
static bool
healthcode_issue_times(const healthcode_issue_options_t *options,
    yyjson_mut_doc *doc, yyjson_mut_val *root)
{
    int64_t  now = time(NULL), iat = now, ttl = HEALTHCODE_ISSUE_TTL * 1000;

    if (options->iat && options->iat[0]
        && !healthcode_time_option("--iat", options->iat, now, &iat))
    {
        return false;
    }

    if (options->ttl
        && !healthcode_options_duration("--ttl", options->ttl, &ttl))
    {
        return false;
    }

    if (options->iat == NULL || options->iat[0]) {
        yyjson_mut_obj_add_int(doc, root, "iat", iat);
    }

    if (options->exp == NULL) {
        yyjson_mut_obj_add_int(doc, root, "exp", iat + ttl / 1000);

    } else if (!healthcode_issue_add_time(doc, root, "--exp", options->exp,
                                          now))
    {
        return false;
    }

    if (ttl > HEALTHCODE_ISSUE_TTL * 1000) {
        healthcode_output_warn("--ttl: gates refuse a code that lives longer "
                               "than 15m unless their max_age says otherwise");
    }

    return options->nbf == NULL
           || healthcode_issue_add_time(doc, root, "--nbf", options->nbf, now);
}


static bool
healthcode_issue_add_time(yyjson_mut_doc *doc, yyjson_mut_val *root,
    const char *option, const char *text, int64_t now)
{
    int64_t  seconds;

    if (text[0] == '\0') {
        return true;
    }

    if (!healthcode_time_option(option, text, now, &seconds)) {
        return false;
    }

    return yyjson_mut_obj_add_int(doc, root, option + 2, seconds);
}


static bool
healthcode_issue_add_jti(const char *jti, yyjson_mut_doc *doc,
    yyjson_mut_val *root)
{
    char     text[2 * HEALTHCODE_ISSUE_JTI];
    size_t   len;
    uint8_t  random[HEALTHCODE_ISSUE_JTI];

    if (jti) {
        return jti[0] == '\0' || yyjson_mut_obj_add_str(doc, root, "jti", jti);
    }

    if (RAND_bytes(random, sizeof(random)) != 1) {
        healthcode_output_failed("OpenSSL has no random bytes");
        return false;
    }

    len = healthcode_base64url_encode(healthcode_str_from(random,
                                                          sizeof(random)),
                                      text);

    return yyjson_mut_obj_add_strncpy(doc, root, "jti", text, len);
}


/* RFC 7519 section 4.1.3: one audience may stand without the array. */
static void
healthcode_issue_add_aud(const healthcode_list_t *aud, yyjson_mut_doc *doc,
    yyjson_mut_val *root)
{
    yyjson_mut_val  *array;

    if (aud->n == 1) {
        yyjson_mut_obj_add_str(doc, root, "aud", aud->items[0]);

    } else if (aud->n > 1) {
        array = yyjson_mut_obj_add_arr(doc, root, "aud");

        for (size_t i = 0; i < aud->n; i++) {
            yyjson_mut_arr_add_str(doc, array, aud->items[i]);
        }
    }
}


static bool
healthcode_issue_add_regions(const healthcode_list_t *regions,
    yyjson_mut_doc *doc, yyjson_mut_val *root)
{
    size_t           i;
    yyjson_mut_val  *array;

    if (regions->n == 0) {
        return true;
    }

    array = yyjson_mut_obj_add_arr(doc, root, "regions");

    for (i = 0; i < regions->n; i++) {

        if (healthcode_region_parse(
                healthcode_str_from(regions->items[i],
                                    strlen(regions->items[i])))
            == 0)
        {
            healthcode_output_usage("--region: \"%s\" is no division code; "
                                    "write 2, 4 or 6 digits",
                                    regions->items[i]);
            return false;
        }

        yyjson_mut_arr_add_str(doc, array, regions->items[i]);
    }

    if (i > HEALTHCODE_CLAIMS_REGIONS_MAX) {
        healthcode_output_usage("--region is given too often; gates read %d",
                                HEALTHCODE_CLAIMS_REGIONS_MAX);
        return false;
    }

    return true;
}


/* NAME=TEXT or NAME:=JSON; numbers go in as they are written. */
static bool
healthcode_issue_add_claim(const char *claim, yyjson_mut_doc *doc,
    yyjson_mut_val *root)
{
    size_t           len;
    yyjson_doc      *json;
    const char      *equals = strchr(claim, '=');
    yyjson_mut_val  *name, *value;

    if (equals == NULL || equals == claim || strcmp(claim, ":=") == 0) {
        healthcode_output_usage("--claim: \"%s\" names no claim; write "
                                "NAME=TEXT or NAME:=JSON", claim);
        return false;
    }

    len = (size_t) (equals - claim);

    if (claim[len - 1] != ':') {
        value = yyjson_mut_str(doc, equals + 1);

    } else {
        len--;
        json = yyjson_read(equals + 1, strlen(equals + 1),
                           YYJSON_READ_NUMBER_AS_RAW);
        value = yyjson_val_mut_copy(doc, yyjson_doc_get_root(json));
        yyjson_doc_free(json);
    }

    name = yyjson_mut_strncpy(doc, claim, len);

    if (value && yyjson_mut_obj_put(root, name, value)) {
        return true;
    }

    healthcode_output_usage("--claim: \"%s\" has no JSON after := (a text "
                            "goes after = alone)", claim);
    return false;
}


static healthcode_exit_e
healthcode_issue_print(const healthcode_issue_options_t *options,
    const healthcode_jwk_t *jwk, const char *header, const char *payload)
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
    puts(code);
    free(code);

    if (n > HEALTHCODE_TOKEN_MAX) {
        healthcode_output_warn("the code has %zu bytes; gates refuse more than "
                               "%d", n, HEALTHCODE_TOKEN_MAX);
    }

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
