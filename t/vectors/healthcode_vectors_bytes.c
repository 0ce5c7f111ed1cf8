/*
 * Test vectors of bytes and their signature: healthcode_keyring_create() makes
 * the keys, healthcode_signature_verify() judges.  Knows no code and no issuer.
 * CONTRIBUTING.md, "Test vectors"; docs/token-format.md, "Signature".
 */

#include "healthcode_vectors.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "../../ngx_http_healthcode_module/core/healthcode_signature.h"


/* The forms of one key: JWK and PEM. */
#define VECTORS_FORMS_MAX  2


/* Which groups of a file are for which algorithm; NULL: says nothing. */
typedef struct {
    const char  *type;
    const char  *curve;
    const char  *hash;
    const char  *alg;
} vectors_kind_t;


/* Why a gate refuses even what is valid; text is NULL: it does not. */
typedef struct {
    const char  *text;
    const char  *key_error;        /* NULL: the key is taken all the same */
    bool         foreign;          /* what is invalid there may be valid here */
} vectors_rule_t;


typedef struct {
    const healthcode_algorithm_t  *row;
    vectors_rule_t                 rule;
    size_t                         nforms;
    healthcode_keyring_t          *forms[VECTORS_FORMS_MAX];  /* or refused */
    char                           errors[VECTORS_FORMS_MAX][256];
} vectors_key_t;


typedef enum {
    VECTORS_REFUSED,
    VECTORS_ACCEPTED,
    VECTORS_DIFFERS                /* from one form of the key to the other */
} vectors_answer_e;


static const vectors_kind_t  vectors_kinds[] = {
    { "EcdsaP1363Verify", "secp256r1", "SHA-256", "ES256" },
    { "EcdsaP1363Verify", "secp384r1", "SHA-384", "ES384" },
    { "EcdsaP1363Verify", "secp521r1", "SHA-512", "ES512" },
    { "EddsaVerify", "edwards25519", NULL, "EdDSA" },
    { "RsassaPkcs1Verify", NULL, "SHA-256", "RS256" },
    { "RsassaPkcs1Verify", NULL, "SHA-384", "RS384" },
    { "RsassaPkcs1Verify", NULL, "SHA-512", "RS512" },
    { "RsassaPkcs1Generate", NULL, "SHA-256", "RS256" },
    { "RsassaPkcs1Generate", NULL, "SHA-384", "RS384" },
    { "RsassaPkcs1Generate", NULL, "SHA-512", "RS512" },
    { "RsassaPssVerify", NULL, "SHA-256", "PS256" },
    { "RsassaPssVerify", NULL, "SHA-384", "PS384" },
    { "RsassaPssVerify", NULL, "SHA-512", "PS512" },
    { "MacTest", NULL, "HMACSHA256", "HS256" },
    { "MacTest", NULL, "HMACSHA384", "HS384" },
    { "MacTest", NULL, "HMACSHA512", "HS512" },
};


static const vectors_rule_t  vectors_secret_rule = {
    "the secret is shorter than the hash, so it is no key (RFC 7518 section "
    "3.2)", "shorter than the hash", false
};

static const vectors_rule_t  vectors_tag_rule = {
    "the tag is cut, so it is no signature (RFC 7518 section 3.2)", NULL,
    false
};

static const vectors_rule_t  vectors_weak_rule = {
    "RSA of fewer than 2048 bits (RFC 7518 section 3.3)",
    "fewer than 2048 bits", false
};

static const vectors_rule_t  vectors_large_rule = {
    "RSA of more than 8192 bits (docs/token-format.md)", "more than 8192 bits",
    false
};

static const vectors_rule_t  vectors_salt_rule = {
    "PSS with another salt length or mask hash than that of the hash (RFC 7518 "
    "section 3.5)", NULL, true
};


/* The bytes of a hexadecimal member, which the caller frees; NULL: no hex. */
static uint8_t *
vectors_hex(yyjson_val *object, const char *name, size_t *len)
{
    long         n;
    uint8_t     *bytes;
    yyjson_val  *member = yyjson_obj_get(object, name);

    if (!yyjson_is_str(member)) {
        return NULL;
    }

    /* OpenSSL takes no empty text */
    if (healthcode_json_text(member).len == 0) {
        *len = 0;
        return OPENSSL_zalloc(1);
    }

    bytes = OPENSSL_hexstr2buf(vectors_text(object, name), &n);
    *len = bytes ? (size_t) n : 0;

    return bytes;
}


/* The row of the table, or NULL: the gate does not have its algorithm. */
static const healthcode_algorithm_t *
vectors_row(yyjson_val *root, yyjson_val *group)
{
    const char            *type, *hash, *curve;
    const vectors_kind_t  *kind;

    type = vectors_text(group, "type");
    curve = vectors_text(yyjson_obj_get(group, "publicKey"), "curve");
    hash = strcmp(type, "MacTest") ? vectors_text(group, "sha")
                                   : vectors_text(root, "algorithm");

    for (size_t i = 0; i < sizeof(vectors_kinds) / sizeof(*kind); i++) {
        kind = &vectors_kinds[i];

        if (strcmp(kind->type, type) == 0
            && (kind->curve == NULL || strcmp(kind->curve, curve) == 0)
            && (kind->hash == NULL || strcmp(kind->hash, hash) == 0))
        {
            return healthcode_algorithm_find(
                             healthcode_str_from(kind->alg, strlen(kind->alg)));
        }
    }

    return NULL;
}


/* Why there is no row: by the format, or else by the algorithm. */
static void
vectors_skip_group(vectors_file_t *file, yyjson_val *root, yyjson_val *group,
    size_t n)
{
    char         why[128];
    bool         known = false;
    const char  *type = vectors_text(group, "type");
    const char  *curve, *hash;

    for (size_t i = 0; i < sizeof(vectors_kinds) / sizeof(vectors_kinds[0]);
         i++)
    {
        known |= strcmp(vectors_kinds[i].type, type) == 0;
    }

    if (!known) {
        snprintf(why, sizeof(why), "of another format, \"%.80s\"", type);

    } else {
        curve = vectors_text(yyjson_obj_get(group, "publicKey"), "curve");
        hash = vectors_text(group, "sha");

        snprintf(why, sizeof(why), "no algorithm of a gate: "
                 "%.32s%s%.32s%s%.32s", vectors_text(root, "algorithm"),
                 *curve ? ", " : "", curve, *hash ? ", " : "", hash);
    }

    vectors_skip(file, n, why);
}


static vectors_rule_t
vectors_rule(const healthcode_algorithm_t *row, yyjson_val *group,
    size_t secret_len)
{
    char            salt[32];
    int             digits;
    int64_t         bits = vectors_number(group, "keySize");
    vectors_rule_t  none = { NULL, NULL, false };

    if (row->family == &healthcode_family_hmac) {
        bits = vectors_number(group, "tagSize");

        return (secret_len < row->secret_min) ? vectors_secret_rule
               : (bits < (int64_t) row->part_len * 8) ? vectors_tag_rule : none;
    }

    if (row->family != &healthcode_family_rsa
        && row->family != &healthcode_family_pss)
    {
        return none;
    }

    if (bits < HEALTHCODE_KEY_RSA_MIN) {
        return vectors_weak_rule;
    }

    if (bits > HEALTHCODE_KEY_RSA_MAX) {
        return vectors_large_rule;
    }

    if (row->family == &healthcode_family_rsa) {
        return none;
    }

    /* "PS256" has 256 bits of hash and of salt */
    digits = atoi(row->name + 2);
    snprintf(salt, sizeof(salt), "SHA-%d", digits);

    return (vectors_number(group, "sLen") * 8 == digits
            && strcmp(vectors_text(group, "mgfSha"), salt) == 0)
           ? none : vectors_salt_rule;
}


static void
vectors_key_add(vectors_key_t *key, const char *text, size_t len)
{
    size_t                      i = key->nforms++;
    healthcode_keyring_rules_t  rules = { .sm2_id = { NULL, 0 } };

    rules.algorithms.bits = healthcode_algorithm_bit(key->row);

    key->forms[i] = healthcode_keyring_create(guard(0, text, len), &rules,
                                              key->errors[i],
                                              sizeof(key->errors[i]));
}


static void
vectors_key_add_jwk(vectors_key_t *key, yyjson_val *group)
{
    char        *text;
    size_t       len;
    yyjson_val  *jwk = yyjson_obj_get(group, "publicKeyJwk");

    jwk = jwk ? jwk : yyjson_obj_get(group, "keyJwk");
    text = yyjson_is_obj(jwk) ? yyjson_val_write(jwk, 0, &len) : NULL;

    if (text) {
        vectors_key_add(key, text, len);
        free(text);
    }
}


static void
vectors_key_add_pem(vectors_key_t *key, yyjson_val *group)
{
    BIO      *bio;
    char     *text;
    long      len;
    size_t    der_len;
    uint8_t  *der = vectors_hex(group, "publicKeyDer", &der_len);

    der = der ? der : vectors_hex(group, "keyDer", &der_len);
    bio = BIO_new(BIO_s_mem());

    if (der && bio
        && PEM_write_bio(bio, PEM_STRING_PUBLIC, "", der, (long) der_len) > 0)
    {
        len = BIO_get_mem_data(bio, &text);
        vectors_key_add(key, text, (size_t) len);
    }

    BIO_free(bio);
    OPENSSL_free(der);
}


static void
vectors_key_add_secret(vectors_key_t *key, const uint8_t *secret, size_t len)
{
    int    n;
    char  *text = malloc(len * 2 + 64), *k;

    if (text == NULL) {
        return;
    }

    n = sprintf(text, "{\"kty\":\"oct\",\"k\":\"");
    k = text + n;
    n = EVP_EncodeBlock((uint8_t *) k, secret, (int) len);

    while (n && k[n - 1] == '=') {
        n--;
    }

    for (int i = 0; i < n; i++) {
        k[i] = (k[i] == '+') ? '-' : (k[i] == '/') ? '_' : k[i];
    }

    strcpy(k + n, "\"}");
    vectors_key_add(key, text, strlen(text));
    free(text);
}


static void
vectors_key_free(vectors_key_t *key)
{
    for (size_t i = 0; i < key->nforms; i++) {
        healthcode_keyring_free(key->forms[i]);
    }

    key->nforms = 0;
}


/* The key refused in each form, and as the rule says; true without such one. */
static bool
vectors_key_obeys(const vectors_key_t *key)
{
    for (size_t i = 0; key->rule.key_error && i < key->nforms; i++) {
        if (key->forms[i]
            || strstr(key->errors[i], key->rule.key_error) == NULL)
        {
            return false;
        }
    }

    return true;
}


static const char *
vectors_key_error(const vectors_key_t *key)
{
    for (size_t i = 0; i < key->nforms; i++) {
        if (key->forms[i] == NULL) {
            return key->errors[i];
        }
    }

    return NULL;
}


static vectors_answer_e
vectors_ask(const vectors_key_t *key, healthcode_str_t text,
    healthcode_str_t signature)
{
    size_t                   accepted = 0;
    const healthcode_key_t  *one;

    for (size_t i = 0; i < key->nforms; i++) {
        if (key->forms[i]) {
            one = healthcode_keyring_at(key->forms[i], 0);
            accepted += healthcode_signature_verify(one, text, signature);
        }
    }

    return (accepted == 0) ? VECTORS_REFUSED
           : (accepted == key->nforms) ? VECTORS_ACCEPTED : VECTORS_DIFFERS;
}


/* A pass; what may look like more than it is gets a note. */
static void
vectors_pass(vectors_file_t *file, const vectors_key_t *key, yyjson_val *test)
{
    const char  *result = vectors_text(test, "result");

    file->passed++;

    if (strcmp(result, "acceptable") == 0) {
        vectors_note(file, 1, "acceptable, and held to be %s: %s",
                     vectors_is_valid(test) ? "valid" : "invalid",
                     vectors_text(test, "comment"));

    } else if (key->rule.text) {
        vectors_note(file, 1, "%s, and refused before its bytes matter: %s",
                     result, key->rule.text);
    }
}


/* What the answer says of a test with this label. */
static void
vectors_judge(vectors_file_t *file, const vectors_key_t *key, yyjson_val *test,
    vectors_answer_e answer)
{
    bool         valid = vectors_is_valid(test);
    const char  *result = vectors_text(test, "result"), *error;

    error = vectors_key_error(key);

    if (!vectors_has_label(file, test)) {
        return;
    }

    if (key->rule.foreign && !valid) {
        vectors_skip(file, 1, key->rule.text);

    } else if (answer == VECTORS_DIFFERS) {
        vectors_fail(file, test, "%s, and its JWK and its PEM differ in the "
                     "answer%s%s", result, error ? ": " : "",
                     error ? error : "");

    } else if (answer == VECTORS_ACCEPTED && key->rule.text) {
        vectors_fail(file, test, "%s, and accepted, although %s", result,
                     key->rule.text);

    } else if (answer == VECTORS_ACCEPTED && !valid) {
        vectors_fail(file, test, "%s, but accepted", result);

    } else if (!vectors_key_obeys(key)) {
        vectors_fail(file, test, "the key has to be refused: %s; but %s",
                     key->rule.text, error ? error : "it was taken");

    } else if (answer == VECTORS_REFUSED && valid && key->rule.text) {
        vectors_skip(file, 1, key->rule.text);

    } else if (answer == VECTORS_REFUSED && valid) {
        vectors_fail(file, test, "%s, but refused%s%s", result,
                     error ? ", with its key: " : "", error ? error : "");

    } else {
        vectors_pass(file, key, test);
    }
}


static void
vectors_run_test(vectors_file_t *file, vectors_key_t *key, yyjson_val *group,
    yyjson_val *test)
{
    bool      mac = key->row->family == &healthcode_family_hmac;
    size_t    text_len, len, secret_len;
    uint8_t  *text, *signature, *secret;

    text = vectors_hex(test, "msg", &text_len);
    signature = vectors_hex(test, mac ? "tag" : "sig", &len);
    secret = mac ? vectors_hex(test, "key", &secret_len) : NULL;

    if (text == NULL || signature == NULL || (mac && secret == NULL)
        || text_len > GUARD_ROOM || len > GUARD_ROOM)
    {
        vectors_fail(file, test, "its bytes cannot be read");

    } else {

        if (mac) {
            key->rule = vectors_rule(key->row, group, secret_len);
            vectors_key_add_secret(key, secret, secret_len);
        }

        if (key->nforms == 0) {
            vectors_fail(file, test, "there is no key for it");
        } else {
            vectors_judge(file, key, test,
                          vectors_ask(key, guard(1, text, text_len),
                                      guard(2, signature, len)));
        }

        if (mac) {
            vectors_key_free(key);
        }
    }

    OPENSSL_free(text);
    OPENSSL_free(signature);
    OPENSSL_free(secret);
}


void
vectors_run_bytes(vectors_file_t *file, yyjson_val *root, yyjson_val *group,
    yyjson_val *tests)
{
    size_t          i, n;
    yyjson_val     *test;
    vectors_key_t   key = { .row = vectors_row(root, group) };

    if (key.row == NULL) {
        vectors_skip_group(file, root, group, yyjson_arr_size(tests));
        return;
    }

    if (key.row->family != &healthcode_family_hmac) {
        key.rule = vectors_rule(key.row, group, 0);
        vectors_key_add_jwk(&key, group);
        vectors_key_add_pem(&key, group);
    }

    yyjson_arr_foreach(tests, i, n, test) {
        vectors_run_test(file, &key, group, test);
    }

    vectors_key_free(&key);
}
