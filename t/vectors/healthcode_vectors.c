/*
 * Runs a folder of test vectors in the format of project Wycheproof through
 * the code that a gate runs: healthcode_keyring_create() makes the keys,
 * healthcode_signature_verify() judges.  Knows no code, no issuer, no nginx.
 * CONTRIBUTING.md, "Test vectors"; docs/token-format.md, "Signature".
 */

#include "../unit/guard.h"

#include <dirent.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdarg.h>
#include <stdio.h>

#include "../../ngx_http_healthcode_module/core/healthcode_json.h"
#include "../../ngx_http_healthcode_module/core/healthcode_signature.h"


#define VECTORS_KINDS_MAX  32

/* The forms of one key: JWK and PEM. */
#define VECTORS_FORMS_MAX  2


/* Which groups of a file are for which algorithm; NULL: says nothing. */
typedef struct {
    const char  *type;
    const char  *curve;
    const char  *hash;
    const char  *alg;
} vectors_kind_t;


/* How often something was said of the tests of a file. */
typedef struct {
    char    text[192];
    size_t  n;
} vectors_note_t;


typedef struct {
    const char      *name;
    size_t           passed;
    size_t           failed;
    size_t           skipped;      /* not applicable */
    size_t           tests;
    vectors_note_t   notes[VECTORS_KINDS_MAX];
    size_t           nnotes;
    FILE            *failures;     /* a line each */
} vectors_file_t;


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


__attribute__((format(printf, 3, 4)))
static void
vectors_note(vectors_file_t *file, size_t n, const char *format, ...)
{
    size_t    i;
    char      text[sizeof(file->notes[0].text)];
    va_list   args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);

    for (i = 0; i < file->nnotes && strcmp(file->notes[i].text, text); i++) {
        /* void */
    }

    if (i == VECTORS_KINDS_MAX) {
        snprintf(file->notes[--i].text, sizeof(text), "for more reasons than "
                 "can be told here");
    } else if (i == file->nnotes) {
        memcpy(file->notes[file->nnotes++].text, text, sizeof(text));
    }

    file->notes[i].n += n;
}


static const char *
vectors_text(yyjson_val *object, const char *name)
{
    healthcode_str_t  text = healthcode_json_text(yyjson_obj_get(object, name));

    return text.data ? (const char *) text.data : "";
}


/* An integer member, 0 where there is none. */
static int64_t
vectors_number(yyjson_val *object, const char *name)
{
    int64_t  number = 0;

    (void) healthcode_json_whole(yyjson_obj_get(object, name), &number);

    return number;
}


/* One failure, with the tcId of the test where there is one. */
__attribute__((format(printf, 3, 4)))
static void
vectors_fail(vectors_file_t *file, yyjson_val *test, const char *format, ...)
{
    va_list      args;
    const char  *comment = vectors_text(test, "comment");

    file->failed++;
    fprintf(file->failures, "    failed: ");

    if (test) {
        fprintf(file->failures, "tcId %lld: ",
                (long long) vectors_number(test, "tcId"));
    }

    va_start(args, format);
    vfprintf(file->failures, format, args);
    va_end(args);

    if (*comment) {
        fprintf(file->failures, " (%s)", comment);
    }

    fputc('\n', file->failures);
}


static void
vectors_skip(vectors_file_t *file, size_t n, const char *why)
{
    file->skipped += n;
    vectors_note(file, n, "not applicable: %s", why);
}


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


/* The row of the table, or NULL: its algorithm is none of the gate's. */
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

    if (row->family == HEALTHCODE_ALGORITHM_HMAC) {
        bits = vectors_number(group, "tagSize");

        return (secret_len < row->secret_min) ? vectors_secret_rule
               : (bits < (int64_t) row->part_len * 8) ? vectors_tag_rule : none;
    }

    if (row->family != HEALTHCODE_ALGORITHM_RSA
        && row->family != HEALTHCODE_ALGORITHM_RSA_PSS)
    {
        return none;
    }

    if (bits < HEALTHCODE_KEY_RSA_MIN) {
        return vectors_weak_rule;
    }

    if (bits > HEALTHCODE_KEY_RSA_MAX) {
        return vectors_large_rule;
    }

    if (row->family == HEALTHCODE_ALGORITHM_RSA) {
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


/*
 * Whether a gate has to take the signature, if no rule is against it.  Of the
 * "acceptable" ones it takes those that are right in all but the taste of their
 * key, and none that is not exactly a signature, such as with "MissingNull".
 */
static bool
vectors_is_valid(yyjson_val *test)
{
    bool         weak = false;
    size_t       i, n;
    yyjson_val  *flag, *flags = yyjson_obj_get(test, "flags");
    const char  *result = vectors_text(test, "result");

    if (strcmp(result, "acceptable") != 0) {
        return strcmp(result, "valid") == 0;
    }

    yyjson_arr_foreach(flags, i, n, flag) {
        weak = yyjson_equals_str(flag, "SmallPublicKey")
               || yyjson_equals_str(flag, "SmallModulus");

        if (!weak) {
            break;
        }
    }

    return weak;
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

    if (strcmp(result, "valid") && strcmp(result, "invalid")
        && strcmp(result, "acceptable"))
    {
        vectors_fail(file, test, "its result is \"%s\"", result);

    } else if (key->rule.foreign && !valid) {
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
    bool      mac = key->row->family == HEALTHCODE_ALGORITHM_HMAC;
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


static void
vectors_run_group(vectors_file_t *file, yyjson_val *root, yyjson_val *group)
{
    size_t          i, n;
    yyjson_val     *test, *tests = yyjson_obj_get(group, "tests");
    vectors_key_t   key = { .row = vectors_row(root, group) };

    if (!yyjson_is_arr(tests)) {
        vectors_fail(file, NULL, "a group without \"tests\"");
        return;
    }

    file->tests += yyjson_arr_size(tests);

    if (key.row == NULL) {
        vectors_skip_group(file, root, group, yyjson_arr_size(tests));
        return;
    }

    if (key.row->family != HEALTHCODE_ALGORITHM_HMAC) {
        key.rule = vectors_rule(key.row, group, 0);
        vectors_key_add_jwk(&key, group);
        vectors_key_add_pem(&key, group);
    }

    yyjson_arr_foreach(tests, i, n, test) {
        vectors_run_test(file, &key, group, test);
    }

    vectors_key_free(&key);
}


static void
vectors_run_root(vectors_file_t *file, yyjson_val *root)
{
    size_t       i, n;
    yyjson_val  *group, *groups = yyjson_obj_get(root, "testGroups");
    yyjson_val  *number = yyjson_obj_get(root, "numberOfTests");

    if (!yyjson_is_arr(groups)) {
        vectors_skip(file, 1, "of another format, without \"testGroups\"");
        return;
    }

    yyjson_arr_foreach(groups, i, n, group) {
        vectors_run_group(file, root, group);
    }

    if (number && yyjson_get_uint(number) != file->tests) {
        vectors_fail(file, NULL, "it says that it has %llu tests, and has %zu",
                     (unsigned long long) yyjson_get_uint(number),
                     file->tests);
    }
}


static void
vectors_run_file(vectors_file_t *file, const char *path)
{
    char             *failures = NULL;
    size_t            size;
    yyjson_doc       *doc;
    yyjson_read_err   error;

    file->failures = open_memstream(&failures, &size);
    if (file->failures == NULL) {
        abort();
    }

    doc = yyjson_read_file(path, 0, NULL, &error);

    if (doc) {
        vectors_run_root(file, yyjson_doc_get_root(doc));
    } else {
        vectors_fail(file, NULL, "no JSON: %s at byte %zu", error.msg,
                     error.pos);
    }

    yyjson_doc_free(doc);
    fclose(file->failures);

    printf("%-44s %4zu passed, %zu failed, %zu not applicable\n", file->name,
           file->passed, file->failed, file->skipped);
    fputs(failures, stdout);

    for (size_t i = 0; i < file->nnotes; i++) {
        printf("    %zu %s\n", file->notes[i].n, file->notes[i].text);
    }

    free(failures);
}


static int
vectors_is_json(const struct dirent *entry)
{
    size_t  len = strlen(entry->d_name);

    return len > 5 && strcmp(entry->d_name + len - 5, ".json") == 0;
}


static void
vectors_run_entry(vectors_file_t *total, const char *folder, const char *name)
{
    char            *path;
    vectors_file_t   file = { .name = name };

    if (asprintf(&path, "%s/%s", folder, name) < 0) {
        abort();
    }

    vectors_run_file(&file, path);
    free(path);

    total->passed += file.passed;
    total->failed += file.failed;
    total->skipped += file.skipped;
}


int
main(int argc, char **argv)
{
    int              n;
    vectors_file_t   total = { .name = "vectors" };
    struct dirent  **entries;

    if (argc != 2 || argv[1][0] == '\0') {
        fprintf(stderr, "vectors: of which folder? Write make vectors "
                "VECTORS=DIR, where DIR has .json files in the format of "
                "project Wycheproof\n");
        return 2;
    }

    n = scandir(argv[1], &entries, vectors_is_json, alphasort);

    if (n < 0) {
        fprintf(stderr, "vectors: %s: %s; write make vectors VECTORS=DIR, "
                "where DIR has .json files in the format of project "
                "Wycheproof\n", argv[1], strerror(errno));
        return 2;
    }

    for (int i = 0; i < n; i++) {
        vectors_run_entry(&total, argv[1], entries[i]->d_name);
        free(entries[i]);
    }

    free(entries);

    if (total.passed + total.failed == 0) {
        printf("vectors: nothing ran; in %s there is no test for a gate\n",
               argv[1]);
    }

    printf("vectors: %zu passed, %zu failed, %zu not applicable, in %d files\n",
           total.passed, total.failed, total.skipped, n);

    return (total.failed || total.passed == 0) ? 1 : 0;
}
