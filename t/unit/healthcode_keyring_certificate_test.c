/*
 * Tests of healthcode_keyring_certificate.c and of the names that PEM files
 * give: which certificates are keys of a set, by which names codes find them,
 * and which are skipped, with which sentence.  Knows no code.
 * docs/token-format.md, "Certificates".
 */

#include "test.h"
#include "mint.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/sha.h>

#include "../../ngx_http_healthcode_module/core/healthcode_keyring.h"


#define FROM  INT64_C(1700000000)
#define TO    INT64_C(1800000000)
#define NOW   INT64_C(1790000000)

#define EXPIRED  "its certificate has expired; ask the issuer for a new one"
#define DIFFERS  "its \"x5c\" has another key than its other members"
#define NO_X5C   "its \"x5c\" is not an array of certificates in base64"
#define ANOTHER                                                               \
    "the certificate in its \"x5c\" has another \"kty\" or \"alg\" than it"
#define PRIVATE  "it is a private key; write only its public half here"
#define USAGE                                                                 \
    "the key usage of its certificate permits no signatures of codes"
#define NO_KEY   "it has no key for these algorithms"
#define NEITHER                                                               \
    "it is neither a JWK set nor a PEM \"PUBLIC KEY\" or \"CERTIFICATE\" "    \
    "for these algorithms"


/* A certificate, in all its forms and with its names. */
typedef struct {
    EVP_PKEY  *key;
    uint8_t    der[4096];
    size_t     len;
    char       pem[8192];
    char       base64[8192];
    char       x5t[64];
    char       short_kid[16];
} made_t;


static healthcode_keyring_rules_t  rules;
static char                        error[512];


static made_t *
make(const char *algorithm, int64_t from, int64_t to, const char *usage)
{
    made_t   *made = calloc(1, sizeof(made_t));
    uint8_t   hash[32];
    uint8_t  *der = malloc(MINT_MAX);

    made->key = mint_key(mint_row(algorithm));
    made->len = mint_certificate(made->key, from, to, usage, der);
    assert_true(made->len < sizeof(made->der));
    memcpy(made->der, der, made->len);
    free(der);

    mint_block(made->der, made->len, "CERTIFICATE", made->pem,
               sizeof(made->pem));
    EVP_EncodeBlock((uint8_t *) made->base64, made->der, (int) made->len);
    SHA256(made->der, made->len, hash);
    mint_base64url(hash, 32, made->x5t);
    EVP_EncodeBlock((uint8_t *) made->short_kid, hash, 8);

    return made;
}


static void
drop(made_t *made)
{
    EVP_PKEY_free(made->key);
    free(made);
}


static healthcode_keyring_t *
read_at(const void *text, size_t len, const char *algorithms, int64_t now)
{
    healthcode_keyring_t  *keyring;

    rules.algorithms.bits = mint_algorithms(algorithms);
    rules.now = now;
    error[0] = '\0';
    keyring = healthcode_keyring_create(guard(0, text, len), &rules, error,
                                        sizeof(error));
    assert_int_equal(ERR_peek_error(), 0);

    return keyring;
}


static healthcode_keyring_t *
read_text(const char *text, const char *algorithms)
{
    return read_at(text, strlen(text), algorithms, NOW);
}


/* How many keys a code with this kid is tried with. */
static size_t
finds(const healthcode_keyring_t *keyring, const char *algorithm,
    const char *kid)
{
    const healthcode_key_t  *keys[HEALTHCODE_KEYRING_TRIES_MAX];

    return healthcode_keyring_candidates(keyring, mint_row(algorithm),
                                         healthcode_str_from(kid, strlen(kid)),
                                         keys);
}


static void
refuses(const char *text, const char *algorithms, const char *wanted)
{
    healthcode_keyring_t  *keyring = read_text(text, algorithms);

    assert_null(keyring);
    assert_string_equal(error, wanted);
}


static void
test_a_certificate_is_its_key(void **state)
{
    char                           jwk[4096], text[9000];
    made_t                        *made;
    healthcode_keyring_t          *one, *two;
    const healthcode_algorithm_t  *row;

    for (size_t i = 3; (row = healthcode_algorithm_at(i)) != NULL; i++) {
        made = make(row->name, FROM, TO, NULL);
        mint_jwk(made->key, row, "", jwk, sizeof(jwk));
        one = read_text(jwk, row->name);
        assert_non_null(one);

        for (int form = 0; form < 4; form++) {
            switch (form) {
            case 0:
                two = read_at(made->der, made->len, row->name, NOW);
                break;
            case 1:
                two = read_text(made->pem, row->name);
                break;
            case 2:
                snprintf(text, sizeof(text), "{\"x5c\":[\"%s\"]}",
                         made->base64);
                two = read_text(text, row->name);
                break;
            default:
                snprintf(text, sizeof(text), "{\"keys\":[{\"kty\":\"%s\","
                         "\"alg\":\"%s\",\"use\":\"sig\",\"x5c\":[\"%s\","
                         "\"AAAA\"]}]}", row->kty, row->name, made->base64);
                two = read_text(text, row->name);
            }

            test_row(two && healthcode_keyring_count(two) == 1, form,
                     row->name);
            test_row(strcmp(healthcode_keyring_at(one, 0)->thumbprint,
                            healthcode_keyring_at(two, 0)->thumbprint) == 0,
                     form, row->name);

            /* by both of its names, and by no other */
            test_row(finds(two, row->name, made->x5t) == 1, form, row->name);
            test_row(finds(two, row->name, made->short_kid) == 1, form,
                     row->name);
            test_row(finds(two, row->name, "other") == 0, form, row->name);
            test_str_equal(healthcode_keyring_at(two, 0)->kid, made->x5t);
            healthcode_keyring_free(two);
        }

        healthcode_keyring_free(one);
        drop(made);
    }

    (void) state;
}


/* It has no "alg", unless its JWK has one. */
static void
test_a_certificate_serves_each_algorithm_that_fits(void **state)
{
    char                   text[9000];
    made_t                *made = make("RS256", FROM, TO, NULL);
    healthcode_keyring_t  *keyring;

    keyring = read_text(made->pem, "RS256 PS512 ES256");
    assert_int_equal(healthcode_keyring_count(keyring), 1);
    assert_int_equal(finds(keyring, "RS256", made->x5t), 1);
    assert_int_equal(finds(keyring, "PS512", made->short_kid), 1);
    assert_int_equal(finds(keyring, "RS384", made->x5t), 0);
    healthcode_keyring_free(keyring);

    snprintf(text, sizeof(text), "{\"alg\":\"PS512\",\"x5c\":[\"%s\"]}",
             made->base64);
    keyring = read_text(text, "RS256 PS512");
    assert_int_equal(finds(keyring, "PS512", made->x5t), 1);
    assert_int_equal(finds(keyring, "RS256", made->x5t), 0);
    healthcode_keyring_free(keyring);

    drop(made);
    (void) state;
}


/* Each by its own names, and not by those of the others. */
static void
test_two_certificates_keep_their_names_apart(void **state)
{
    char                   text[20000];
    made_t                *a = make("ES256", FROM, TO, NULL);
    made_t                *b = make("ES256", FROM, TO, NULL);
    healthcode_keyring_t  *keyring;

    snprintf(text, sizeof(text), "%s%s", a->pem, b->pem);
    keyring = read_text(text, "ES256");
    assert_non_null(keyring);
    assert_int_equal(healthcode_keyring_count(keyring), 2);
    assert_int_equal(finds(keyring, "ES256", a->x5t), 1);
    assert_int_equal(finds(keyring, "ES256", b->short_kid), 1);

    for (int n = 0; n < 2; n++) {
        const healthcode_key_t  *keys[HEALTHCODE_KEYRING_TRIES_MAX];
        const made_t            *made = n ? b : a;

        healthcode_keyring_candidates(keyring, mint_row("ES256"),
                             healthcode_str_from(made->short_kid,
                                                 strlen(made->short_kid)),
                             keys);
        assert_ptr_equal(keys[0], healthcode_keyring_at(keyring, (size_t) n));
    }

    healthcode_keyring_free(keyring);
    drop(a);
    drop(b);
    (void) state;
}


static void
test_a_line_before_a_block_names_its_key(void **state)
{
    static const struct {
        const char  *before, *kid;
    } rows[] = {
        { "kid: 2026-a\n", "2026-a" },
        { "# kid: 2026-a\r\n", "2026-a" },
        { ";; kid :\t2026-a  \n\n# made by hand\n", "2026-a" },
        { "kid: one\nkid: two\n", "two" },
        { "kid: a key with blanks\n", "a key with blanks" },
        { "kid: a:b: c\n", "a:b: c" },
        { "kid: \xe4\xbd\xa0\n", "\xe4\xbd\xa0" },

        /* not such a line: then the names of the certificate */
        { "kid:\n", NULL },
        { "kid: \t\r\n", NULL },
        { "kid\n", NULL },
        { "kids: a\n", NULL },
        { "key kid: a\n", NULL },
        { "ki", NULL },
        { "kid: a\n-----END X-----\n", NULL },
    };
    char                   text[9000];
    made_t                *made = make("ES256", FROM, TO, NULL);
    healthcode_keyring_t  *keyring;

    for (size_t i = 0; i < test_count(rows); i++) {
        snprintf(text, sizeof(text), "%s%s%s", rows[i].before,
                 rows[i].before[2] ? "" : "\n", made->pem);
        keyring = read_text(text, "ES256");
        test_row(keyring != NULL, i, rows[i].before);

        if (rows[i].kid) {
            test_str_equal(healthcode_keyring_at(keyring, 0)->kid, rows[i].kid);
            test_row(finds(keyring, "ES256", made->x5t) == 0, i, "x5t");
            test_row(finds(keyring, "ES256", made->short_kid) == 0, i, "short");
        } else {
            test_row(finds(keyring, "ES256", made->x5t) == 1, i, "x5t");
        }

        healthcode_keyring_free(keyring);
    }

    snprintf(text, sizeof(text), "kid: a\x01z\n%s", made->pem);
    refuses(text, "ES256", "line 2: a \"kid\" is not a string, or has control "
            "characters");

    drop(made);
    (void) state;
}


/* A line names the block after it, and no other one. */
static void
test_a_line_names_one_block(void **state)
{
    char                   pem[2048], text[20000];
    made_t                *made = make("ES256", FROM, TO, NULL);
    EVP_PKEY              *key = mint_key(mint_row("ES256"));
    healthcode_keyring_t  *keyring;

    mint_pem(key, "PUBLIC KEY", pem, sizeof(pem));
    snprintf(text, sizeof(text), "kid: a\n%s%s# kid: b\n%s", pem, made->pem,
             pem);
    keyring = read_text(text, "ES256");

    assert_int_equal(healthcode_keyring_count(keyring), 3);
    test_str_equal(healthcode_keyring_at(keyring, 0)->kid, "a");
    test_str_equal(healthcode_keyring_at(keyring, 1)->kid, made->x5t);
    test_str_equal(healthcode_keyring_at(keyring, 2)->kid, "b");
    healthcode_keyring_free(keyring);

    EVP_PKEY_free(key);
    drop(made);
    (void) state;
}


static void
test_skips_what_has_expired(void **state)
{
    static const struct {
        int64_t  now;
        bool     is_key;
    } rows[] = {
        { FROM - 1, true },     /* published ahead of its time */
        { FROM, true },
        { TO - 1, true },
        { TO, true },
        { TO + 1, false },
        { INT64_MAX, false },
        { 0, false },
        { -1, false },
    };
    char                   text[20000];
    made_t                *old = make("ES256", FROM, TO, NULL);
    made_t                *new = make("ES256", FROM, TO + 1000, NULL);
    healthcode_keyring_t  *keyring;

    for (size_t i = 0; i < test_count(rows); i++) {
        keyring = read_at(old->pem, strlen(old->pem), "ES256", rows[i].now);
        test_row((keyring != NULL) == rows[i].is_key, i, "old");

        if (keyring == NULL) {
            assert_string_equal(error, "line 1: " EXPIRED);
        }

        healthcode_keyring_free(keyring);
    }

    /* one of two: the other one serves */
    snprintf(text, sizeof(text), "kid: old\n%skid: new\n%s", old->pem,
             new->pem);
    keyring = read_at(text, strlen(text), "ES256", TO + 1);
    assert_non_null(keyring);
    assert_int_equal(healthcode_keyring_count(keyring), 1);
    assert_int_equal(healthcode_keyring_skipped(keyring), 1);
    healthcode_keyring_remark_text(healthcode_keyring_remark_at(keyring, 0),
                                   text, sizeof(text));
    assert_string_equal(text, "line 2: key \"old\": " EXPIRED);
    test_str_equal(healthcode_keyring_at(keyring, 0)->kid, "new");
    healthcode_keyring_free(keyring);

    /* in DER there are no lines */
    assert_null(read_at(old->der, old->len, "ES256", TO + 1));
    assert_string_equal(error, EXPIRED);

    drop(old);
    drop(new);
    (void) state;
}


/* One text before and after the end of a certificate is not one set. */
static void
test_the_generation_knows_what_has_expired(void **state)
{
    char                   text[20000];
    made_t                *old = make("ES256", FROM, TO, NULL);
    made_t                *new = make("ES256", FROM, TO + 1000, NULL);
    uint8_t                before[HEALTHCODE_KEYRING_GENERATION_LEN];
    healthcode_keyring_t  *keyring;

    snprintf(text, sizeof(text), "%s%s", old->pem, new->pem);
    keyring = read_at(text, strlen(text), "ES256", TO);
    memcpy(before, healthcode_keyring_generation(keyring), sizeof(before));
    healthcode_keyring_free(keyring);

    keyring = read_at(text, strlen(text), "ES256", TO + 1);
    assert_memory_not_equal(before, healthcode_keyring_generation(keyring),
                            sizeof(before));
    healthcode_keyring_free(keyring);

    keyring = read_at(text, strlen(text), "ES256", TO - 1);
    assert_memory_equal(before, healthcode_keyring_generation(keyring),
                        sizeof(before));
    healthcode_keyring_free(keyring);

    drop(old);
    drop(new);
    (void) state;
}


/* A chain in one file: the authority is passed over, as a key for encryption */
static void
test_passes_over_keys_for_other_uses(void **state)
{
    char                   text[20000];
    made_t                *leaf = make("ES256", FROM, TO, "digitalSignature");
    made_t                *root = make("ES256", FROM, TO,
                                       "critical,keyCertSign,cRLSign");
    healthcode_keyring_t  *keyring;

    snprintf(text, sizeof(text), "%s%s", leaf->pem, root->pem);
    keyring = read_text(text, "ES256");
    assert_int_equal(healthcode_keyring_count(keyring), 1);
    assert_int_equal(healthcode_keyring_skipped(keyring), 0);
    assert_int_equal(finds(keyring, "ES256", leaf->x5t), 1);
    healthcode_keyring_free(keyring);

    /* it is said of a file that has nothing else */
    assert_null(read_at(root->der, root->len, "ES256", NOW));
    assert_string_equal(error, USAGE);
    assert_null(read_at(root->der, root->len, "RS256", NOW));
    assert_string_equal(error, NO_KEY);

    refuses(root->pem, "ES256", NEITHER);
    refuses(leaf->pem, "EdDSA RS256", NEITHER);

    snprintf(text, sizeof(text), "{\"x5c\":[\"%s\"]}", root->base64);
    refuses(text, "ES256", NO_KEY);

    /* expired, and not for this issuer either */
    root->len = mint_certificate(root->key, 1, 2, "keyCertSign", root->der);
    mint_block(root->der, root->len, "CERTIFICATE", root->pem,
               sizeof(root->pem));
    refuses(root->pem, "ES256", NEITHER);

    drop(leaf);
    drop(root);
    (void) state;
}


static void
test_x5c_alone_is_the_key(void **state)
{
    static const struct {
        const char  *before, *algorithms, *error;
    } rows[] = {
        { "\"kid\":\"a\",", "ES256", NULL },
        { "\"kid\":\"a\",\"kty\":\"EC\",", "ES256 EdDSA", NULL },
        { "\"kid\":\"a\",\"alg\":\"ES256\",", "ES256 ES384", NULL },
        { "\"kid\":\"a\",\"kty\":null,\"alg\":null,\"use\":null,\"crv\":null,"
          "\"key_ops\":null,\"x\":null,\"y\":null,\"n\":null,", "ES256", NULL },
        { "\"kid\":\"a\",\"kty\":\"RSA\",", "ES256 RS256",
          "line 1: key \"a\": " ANOTHER },
        { "\"kty\":\"OKP\",", "ES256 EdDSA",
          "line 1: key \"without kid\": " ANOTHER },
        { "\"alg\":\"ES384\",", "ES256 ES384",
          "line 1: key \"without kid\": " ANOTHER },
        { "\"alg\":\"ES384\",", "ES256", NO_KEY },
        { "\"alg\":7,", "ES256", NO_KEY },
        { "\"kty\":\"RSA\",", "ES256", NO_KEY },
        { "\"use\":\"enc\",", "ES256", NO_KEY },
        { "\"key_ops\":[\"encrypt\"],", "ES256", NO_KEY },
        { "\"kid\":7,", "ES256", "line 1: a \"kid\" is not a string, or has "
          "control characters" },
        { "\"d\":\"AA\",", "ES256", "line 1: key \"without kid\": it is a "
          "private key; write only its public members here" },
    };
    static const char  *const broken[] = {
        "\"MIIB\"", "\"%s\"", "{\"0\":\"%s\"}", "[]", "[\"\"]", "[7]",
        "[[\"%s\"]]", "[\" %s\"]", "[\"%s\\n\"]", "[\"-----BEGIN X\"]", "null",
    };
    char                   text[10000], x5c[9000];
    made_t                *made = make("ES256", FROM, TO, NULL);
    healthcode_keyring_t  *keyring;

    for (size_t i = 0; i < test_count(rows); i++) {
        snprintf(text, sizeof(text), "{\"keys\":[{%s\"x5c\":[\"%s\"]}]}",
                 rows[i].before, made->base64);

        if (rows[i].error) {
            refuses(text, rows[i].algorithms, rows[i].error);
            continue;
        }

        keyring = read_text(text, rows[i].algorithms);
        test_row(keyring != NULL, i, rows[i].before);
        test_str_equal(healthcode_keyring_at(keyring, 0)->kid, "a");
        test_row(finds(keyring, "ES256", made->x5t) == 0, i, "x5t");
        healthcode_keyring_free(keyring);
    }

    for (size_t i = 0; i < test_count(broken); i++) {
        snprintf(x5c, sizeof(x5c), broken[i], made->base64);
        snprintf(text, sizeof(text), "{\"kid\":\"b\",\"x5c\":%s}", x5c);
        refuses(text, "ES256", "line 1: key \"b\": " NO_X5C);
    }

    refuses("{\"kid\":\"b\",\"x5c\":[\"MIIB\"]}", "ES256",
            "line 1: key \"b\": it is not an X.509 certificate in DER");

    drop(made);
    (void) state;
}


static void
test_x5c_agrees_with_the_other_members(void **state)
{
    char                   jwk[1024], text[24000], more[20000];
    made_t                *one = make("ES256", FROM, TO, NULL);
    made_t                *two = make("ES256", FROM, TO, NULL);
    healthcode_keyring_t  *keyring;

    /* its own */
    snprintf(more, sizeof(more), "\"kid\":\"a\",\"x5c\":[\"%s\"],",
             one->base64);
    mint_jwk(one->key, mint_row("ES256"), more, text, sizeof(text));
    keyring = read_text(text, "ES256");
    assert_non_null(keyring);
    test_str_equal(healthcode_keyring_at(keyring, 0)->kid, "a");
    assert_int_equal(finds(keyring, "ES256", one->x5t), 0);
    healthcode_keyring_free(keyring);

    /* a JWK has no end: as long as it is published */
    keyring = read_at(text, strlen(text), "ES256", TO + 1);
    assert_non_null(keyring);
    healthcode_keyring_free(keyring);

    /* that of another key */
    snprintf(more, sizeof(more), "\"kid\":\"a\",\"x5c\":[\"%s\",\"%s\"],",
             two->base64, one->base64);
    mint_jwk(one->key, mint_row("ES256"), more, text, sizeof(text));
    refuses(text, "ES256", "line 1: key \"a\": " DIFFERS);

    /* beside a shared secret */
    snprintf(text, sizeof(text), "{\"kty\":\"oct\",\"k\":\"" MINT_A1_K "\","
             "\"x5c\":[\"%s\"]}", one->base64);
    refuses(text, "HS256", "line 1: key \"without kid\": " DIFFERS);

    /* one that cannot be read is not needed */
    for (int n = 0; n < 3; n++) {
        static const char  *const odd[] = { "[]", "[\"AAAA\"]", "\"x\"" };

        snprintf(more, sizeof(more), "\"x5c\":%s,", odd[n]);
        mint_jwk(one->key, mint_row("ES256"), more, jwk, sizeof(jwk));
        keyring = read_text(jwk, "ES256");
        assert_non_null(keyring);
        assert_null(healthcode_keyring_at(keyring, 0)->kid.data);
        healthcode_keyring_free(keyring);
    }

    drop(one);
    drop(two);
    (void) state;
}


static void
test_reads_der_and_refuses_private_keys(void **state)
{
    int                           len;
    uint8_t                      *der;
    EVP_PKEY                     *key;
    PKCS8_PRIV_KEY_INFO          *info;
    X509_SIG                     *sealed;
    healthcode_keyring_t         *keyring;
    static const char *const      names[] = { "ES256", "RS256", "EdDSA",
                                              "SGD_SM3_SM2" };

    for (size_t i = 0; i < test_count(names); i++) {
        key = mint_key(mint_row(names[i]));

        der = NULL;
        len = i2d_PUBKEY(key, &der);
        keyring = read_at(der, (size_t) len, names[i], NOW);
        test_row(keyring && healthcode_keyring_at(keyring, 0)->kid.data == NULL,
                 i, names[i]);
        healthcode_keyring_free(keyring);
        OPENSSL_free(der);

        info = EVP_PKEY2PKCS8(key);
        sealed = PKCS8_encrypt(-1, EVP_aes_256_cbc(), "word", 4, NULL, 0, 1,
                               info);

        for (int form = 0; form < 3; form++) {
            der = NULL;
            len = (form == 0) ? i2d_PKCS8_PRIV_KEY_INFO(info, &der)
                : (form == 1) ? i2d_X509_SIG(sealed, &der)
                              : i2d_PrivateKey(key, &der);
            assert_null(read_at(der, (size_t) len, names[i], NOW));
            test_row(strcmp(error, PRIVATE) == 0, form, names[i]);
            OPENSSL_clear_free(der, (size_t) len);
        }

        PKCS8_PRIV_KEY_INFO_free(info);
        X509_SIG_free(sealed);
        EVP_PKEY_free(key);
    }

    assert_null(read_at("0\x82\x01\x00\x30\x82", 6, "ES256", NOW));
    assert_string_equal(error, "it is not an X.509 certificate in DER");

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_a_certificate_is_its_key),
        cmocka_unit_test(test_a_certificate_serves_each_algorithm_that_fits),
        cmocka_unit_test(test_two_certificates_keep_their_names_apart),
        cmocka_unit_test(test_a_line_before_a_block_names_its_key),
        cmocka_unit_test(test_a_line_names_one_block),
        cmocka_unit_test(test_skips_what_has_expired),
        cmocka_unit_test(test_the_generation_knows_what_has_expired),
        cmocka_unit_test(test_passes_over_keys_for_other_uses),
        cmocka_unit_test(test_x5c_alone_is_the_key),
        cmocka_unit_test(test_x5c_agrees_with_the_other_members),
        cmocka_unit_test(test_reads_der_and_refuses_private_keys),
    };

    return cmocka_run_group_tests_name("keyring_certificate", tests, NULL,
                                       NULL);
}
