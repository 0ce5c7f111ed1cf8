/*
 * Tests of healthcode_key.c: keys that are weak or none, with their sentences;
 * thumbprints of RFC 7638 and the hash ZA of GM/T 0003.5.  Knows no set of
 * keys.  docs/token-format.md, "Keys".
 */

#include "test.h"
#include "mint.h"

#include <openssl/err.h>

#include "../../ngx_http_healthcode_module/core/healthcode_key.h"


#define MISSING_XY  "its \"x\" or \"y\" is missing, empty, or not a string"
#define SHORT_XY                                                              \
    "its \"x\" or \"y\" is shorter than a coordinate of its curve, whose "    \
    "leading zeros must stay; have the issuer write them (RFC 7518 section "  \
    "6.2.1.2)"
#define LONG_XY    "its \"x\" or \"y\" is longer than a coordinate of its curve"
#define POINT      "it is not a point of the curve"
#define MISSING_X  "its \"x\" is missing, empty, or not a string"
#define LENGTH_X   "its \"x\" is longer or shorter than a key of its curve"
#define MISSING_NE  "its \"n\" or \"e\" is missing, empty, or not a string"
#define INVALID_NE  "its \"n\" or \"e\" is not base64url"
#define ROCA                                                                  \
    "its RSA modulus was made by a generator whose private keys can be "      \
    "computed (ROCA, CVE-2017-15361); have the issuer make another key"
#define SECRET                                                                \
    "\"k\" is missing, no base64url, or shorter than the hash"
#define WEAK                                                                  \
    "it is an RSA key of fewer than 2048 bits, which is weak; have the "      \
    "issuer make one of 2048 bits or more"
#define LARGE                                                                 \
    "it is an RSA key of more than 8192 bits, which would hold up the gate; " \
    "have the issuer make a smaller one"
#define EVEN      "its RSA modulus is even, so it is not an RSA key"
#define EXPONENT                                                              \
    "its RSA exponent is even, 1, or of more than 64 bits; 65537 is usual"


static healthcode_key_t          key;
static healthcode_key_scratch_t  scratch[HEALTHCODE_ALGORITHM_COUNT];


static void
start(const char *alg)
{
    const healthcode_algorithm_t  *row = mint_row(alg);
    healthcode_key_scratch_t      *its;

    its = &scratch[healthcode_algorithm_index(row)];

    healthcode_key_free(&key);
    memset(&key, 0, sizeof(key));
    assert_true(healthcode_key_scratch_prepare(its, row));
    key.algorithm = row;
    key.scratch = its;
}


/* The sentence that is said to a JWK; NULL: it is a key. */
static const char *
load(const char *alg, const char *jwk, healthcode_str_t id)
{
    void        *memory;
    size_t       size = healthcode_json_memory(strlen(jwk));
    yyjson_val  *object;
    const char  *wrong;

    start(alg);
    memory = malloc(size);
    object = healthcode_json_read(guard_text(0, jwk), memory, size);
    assert_non_null(object);
    wrong = healthcode_key_from_jwk(&key, object, id);
    free(memory);

    return wrong;
}


static const char *
load_usual(const char *alg, const char *jwk)
{
    return load(alg, jwk, healthcode_str(HEALTHCODE_KEY_SM2_ID));
}


static bool
same(const char *a, const char *b)
{
    if (a == b || (a && b && strcmp(a, b) == 0)) {
        return true;
    }

    print_error("\"%s\" is not \"%s\"\n", a ? a : "(a key)",
                b ? b : "(a key)");
    return false;
}


static int
tear_down(void **state)
{
    healthcode_key_free(&key);
    memset(&key, 0, sizeof(key));

    for (size_t i = 0; i < HEALTHCODE_ALGORITHM_COUNT; i++) {
        healthcode_key_scratch_free(&scratch[i]);
    }

    memset(scratch, 0, sizeof(scratch));
    ERR_clear_error();

    (void) state;

    return 0;
}


static void
test_refuses_rsa_that_is_weak_or_none(void **state)
{
    static const struct {
        size_t       bits;
        bool         even;
        const char  *exponent, *wrong;
    } rows[] = {
        { 512, false, "010001", WEAK },
        { 1024, false, "010001", WEAK },
        { 2040, false, "010001", WEAK },
        { 2047, false, "010001", WEAK },
        { 2047, true, "02", WEAK },
        { 8193, false, "010001", LARGE },
        { 16384, false, "010001", LARGE },
        { 2048, true, "010001", EVEN },
        { 4096, true, "03", EVEN },
        { 2048, false, "01", EXPONENT },
        { 2048, false, "02", EXPONENT },
        { 2048, false, "010000", EXPONENT },
        { 2048, false, "010000000000000001", EXPONENT },
        { 2048, false, "ffffffffffffffffffffffffffffffff", EXPONENT },
        { 2048, false, "ffffffffffffffffffffffffffffffffff", EXPONENT },
        { 2048, false, "03", NULL },
        { 2048, false, "010001", NULL },
        { 2048, false, "ffffffffffffffff", NULL },
        { 2049, false, "010001", NULL },
        { 3072, false, "010001", NULL },
        { 8192, false, "010001", NULL },
    };
    char         jwk[8192];
    EVP_PKEY    *pkey;
    const char  *said;

    static const char  *const algs[] = { "RS256", "PS512" };

    for (size_t i = 0; i < test_count(rows); i++) {
        for (size_t a = 0; a < test_count(algs); a++) {
            pkey = mint_rsa_ones(rows[i].bits, rows[i].even, rows[i].exponent);
            mint_jwk(pkey, mint_row(algs[a]), "", jwk, sizeof(jwk));

            start(algs[a]);
            said = healthcode_key_from_public(&key, pkey, healthcode_str("x"));
            test_row(same(said, rows[i].wrong), i, algs[a]);

            test_row(same(load_usual(algs[a], jwk), rows[i].wrong), i, algs[a]);

            if (rows[i].wrong == NULL) {
                assert_int_equal(key.signature_len, (rows[i].bits + 7) / 8);
            }
        }
    }

    (void) state;
}


static void
test_refuses_members_that_make_no_key(void **state)
{
    static const struct {
        const char  *alg, *jwk, *wrong;
    } rows[] = {
        { "RS256", "{}", MISSING_NE },
        { "RS256", "{\"n\":\"" MINT_A2_N "\"}", MISSING_NE },
        { "RS256", "{\"e\":\"AQAB\"}", MISSING_NE },
        { "RS256", "{\"e\":\"\",\"n\":\"" MINT_A2_N "\"}", MISSING_NE },
        { "RS256", "{\"e\":\"AQAB\",\"n\":\"\"}", MISSING_NE },
        { "RS256", "{\"e\":\"AQAB\",\"n\":\"" MINT_A2_N "=\"}", INVALID_NE },
        { "RS256", "{\"e\":\"AQAB\",\"n\":\"" MINT_A2_N "===\"}", INVALID_NE },
        { "RS256", "{\"e\":\"AQAB====\",\"n\":\"" MINT_A2_N "\"}", INVALID_NE },
        { "RS256", "{\"e\":\"====\",\"n\":\"" MINT_A2_N "\"}", INVALID_NE },
        { "RS256", "{\"e\":\"A=AB\",\"n\":\"" MINT_A2_N "\"}", INVALID_NE },
        { "RS256", "{\"e\":\"+-AB\",\"n\":\"" MINT_A2_N "\"}", INVALID_NE },
        { "RS256", "{\"e\":\"AQAB\\n\",\"n\":\"" MINT_A2_N "\"}",
          INVALID_NE },
        { "RS256", "{\"e\":\"AQB=\",\"n\":\"" MINT_A2_N "\"}", INVALID_NE },
        { "RS256", "{\"e\":65537,\"n\":\"" MINT_A2_N "\"}", MISSING_NE },
        { "RS256", "{\"e\":\"AQAB\",\"n\":\"AA\"}", WEAK },
        { "PS256", "{\"e\":\"AA\",\"n\":\"" MINT_A2_N "\"}", EXPONENT },
        { "ES512", MINT_A3_JWK, SHORT_XY },
        { "ES384", MINT_A4_JWK, LONG_XY },
        { "ES256", MINT_SM2_JWK, POINT },       /* not on that curve */
        { "SGD_SM3_SM2", MINT_A3_JWK, POINT },
        { "ES512", "{\"x\":\"" MINT_A4_X "\",\"y\":\"" MINT_A4_X "\"}",
          POINT },
        { "SGD_SM3_SM2", "{\"x\":\"" MINT_A3_X "\",\"y\":\"" MINT_A3_Y "\"}",
          POINT },
        { "EdDSA", "{\"x\":\"" MINT_A4_X "\"}", LENGTH_X },
        { "HS384", "{\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJ"
          "CUmJygpKissLS4\"}", SECRET },
        { "HS512", "{\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJ"
          "CUmJygpKissLS4v\"}", SECRET },
        { "HS384", "{\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJ"
          "CUmJygpKissLS4v\"}", NULL },
        { "HS512", MINT_A1_JWK, NULL },
        { "RS512", MINT_A2_JWK, NULL },
        { "ES512", MINT_A4_JWK, NULL },
        { "SGD_SM3_SM2", MINT_SM2_JWK, NULL },
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(same(load_usual(rows[i].alg, rows[i].jwk), rows[i].wrong), i,
                 rows[i].jwk);
    }

    (void) state;
}


/* The base64url text in standard letters, with its padding. */
static void
to_standard(const char *text, char *out)
{
    size_t  n = strlen(text);

    for (size_t i = 0; i < n; i++) {
        out[i] = (text[i] == '-') ? '+' : (text[i] == '_') ? '/' : text[i];
    }

    while (n % 4) {
        out[n++] = '=';
    }

    out[n] = '\0';
}


/* Members in standard base64 are the same key, with the same thumbprint. */
static void
test_accepts_members_in_base64(void **state)
{
    static const struct {
        const char  *alg, *format, *a, *b;
    } rows[] = {
        { "RS256", "{\"n\":\"%s\",\"e\":\"%s\"}", MINT_A2_N, "AQAB" },
        { "PS384", "{\"n\":\"%s\",\"e\":\"%s\"}", MINT_A2_N, "AQAB" },
        { "ES256", "{\"x\":\"%s\",\"y\":\"%s\"}", MINT_A3_X, MINT_A3_Y },
        { "ES512", "{\"x\":\"%s\",\"y\":\"%s\"}", MINT_A4_X, MINT_A4_Y },
        { "EdDSA", "{\"x\":\"%s\",\"y\":\"%s\"}", MINT_8037_X, "" },
    };
    char         jwk[2048], a[1024], b[1024];
    char         thumbprint[HEALTHCODE_THUMBPRINT_LEN + 1];
    const char  *note;

    for (size_t i = 0; i < test_count(rows); i++) {
        snprintf(jwk, sizeof(jwk), rows[i].format, rows[i].a, rows[i].b);
        test_row(same(load_usual(rows[i].alg, jwk), NULL), i, jwk);
        assert_null(key.note);
        strcpy(thumbprint, key.thumbprint);

        to_standard(rows[i].a, a);
        to_standard(rows[i].b, b);
        test_row(strcmp(a, rows[i].a) != 0, i, a);
        snprintf(jwk, sizeof(jwk), rows[i].format, a, b);
        test_row(same(load_usual(rows[i].alg, jwk), NULL), i, jwk);
        note = key.note;
        assert_non_null(note);
        assert_string_equal(note, "a member of it is base64, not base64url "
                            "without padding, as it should be");
        assert_string_equal(key.thumbprint, thumbprint);

        /* padding alone, and letters alone */
        strcpy(a, rows[i].a);
        memset(a + strlen(a), 0, 4);
        memset(a + strlen(a), '=', (4 - strlen(a) % 4) % 4);
        snprintf(jwk, sizeof(jwk), rows[i].format, a, rows[i].b);
        test_row(same(load_usual(rows[i].alg, jwk), NULL), i, jwk);
        test_row((key.note != NULL) == (strcmp(a, rows[i].a) != 0), i, jwk);
        assert_string_equal(key.thumbprint, thumbprint);
    }

    /* a secret is known by its letters: it has to have the right ones */
    assert_string_equal(load_usual("HS256", "{\"k\":\"AAECAwQFBgcICQoLDA0ODxAR"
                                   "EhMUFRYXGBkaGxwdHh8=\"}"), SECRET);

    (void) state;
}


/*
 * RSA moduli with the fingerprint of ROCA, and with one that differs in one
 * prime: n = 65537^a mod M + k * M, M the product of the primes 3 to 167.
 */
static EVP_PKEY *
roca(unsigned a, bool spoil)
{
    BN_CTX    *ctx = BN_CTX_new();
    BIGNUM    *n = BN_new(), *m = BN_new(), *k = BN_new(), *g = BN_new();
    uint8_t    bytes[256], e[] = { 1, 0, 1 };
    EVP_PKEY  *pkey;

    BN_one(m);

    for (unsigned p = 3, d; p < 168; p += 2) {
        for (d = 3; d < p && p % d; d += 2) { /* void */ }

        if (d == p) {
            BN_mul_word(m, p);
        }
    }

    BN_set_word(g, 65537);
    BN_set_word(k, a);
    assert_int_equal(BN_mod_exp(n, g, k, m, ctx), 1);

    /* of 2048 bits and odd: M is odd */
    BN_one(g);
    BN_lshift(g, g, 2047);
    BN_div(k, NULL, g, m, ctx);
    BN_add_word(k, 1 + a);
    BN_mul(g, k, m, ctx);
    BN_add(n, n, g);

    if (!BN_is_odd(n)) {
        BN_add(n, n, m);
    }

    if (spoil) {
        /* modulo 11 alone it is another one; 65537 has the powers 1 and 10 */
        BN_div_word(m, 11);
        BN_add(n, n, m);
        BN_add(n, n, m);
    }

    assert_int_equal(BN_num_bits(n), 2048);
    BN_bn2bin(n, bytes);
    pkey = mint_rsa(bytes, sizeof(bytes), e, sizeof(e));

    BN_free(n);
    BN_free(m);
    BN_free(k);
    BN_free(g);
    BN_CTX_free(ctx);

    return pkey;
}


static void
test_refuses_moduli_of_roca(void **state)
{
    size_t  passed = 0;

    for (unsigned a = 0; a < 300; a += 7) {
        start("RS256");
        test_row(same(healthcode_key_from_public(&key, roca(a, false),
                                                 healthcode_str("x")), ROCA),
                 a, "RS256");

        start("PS256");
        passed += healthcode_key_from_public(&key, roca(a, true),
                                             healthcode_str("x")) == NULL;
    }

    assert_true(passed > 0);

    (void) state;
}


/* Only the name of its type and its curve make a key one of an algorithm. */
static void
test_tells_keys_of_algorithms_apart(void **state)
{
    bool                           fits;
    EVP_PKEY                      *pkey;
    const healthcode_algorithm_t  *row, *other;

    for (size_t i = 3; (row = healthcode_algorithm_at(i)) != NULL; i++) {
        pkey = mint_key(row);

        for (size_t j = 3; (other = healthcode_algorithm_at(j)); j++) {
            fits = row == other || strcmp(row->kty, "RSA") == 0;
            fits = fits && strcmp(row->kty, other->kty) == 0;
            test_row(healthcode_key_is_of(pkey, other) == fits, i,
                     other->name);
        }

        EVP_PKEY_free(pkey);
    }

    (void) state;
}


static void
test_knows_thumbprints_of_rsa_and_sm2(void **state)
{
    static const struct {
        const char  *alg, *jwk, *thumbprint;
    } rows[] = {
        /* RFC 7638 section 3.1 */
        { "RS256", MINT_RSA_JWK(
          "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1R"
          "K7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9"
          "yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZg"
          "nYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6We"
          "Zu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDK"
          "gw"), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs" },
        /* "openssl dgst -sha256" over the members in their order */
        { "SGD_SM3_SM2", MINT_SM2_JWK,
          "cUe_vINNYdT5XO-lhIZbSJhQ6NPzYzfgfgDEqG_vPwQ" },
        { "ES512", MINT_A4_JWK,
          "u5YUSjQ2-2chBi51NSk3t3g7IM4o2KYcnPqPtCNGd3U" },
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(load_usual(rows[i].alg, rows[i].jwk) == NULL, i, rows[i].jwk);
        test_row(same(key.thumbprint, rows[i].thumbprint), i, rows[i].alg);
    }

    (void) state;
}


/* A zero byte in front of a number, which RFC 7518 forbids, is no other key. */
static void
test_knows_an_rsa_key_with_zeros_in_front(void **state)
{
    char     jwk[2048], n[1024], thumbprint[HEALTHCODE_THUMBPRINT_LEN + 1];
    size_t   len;
    uint8_t  bytes[1 + 256] = { 0 };

    assert_null(load_usual("RS256", MINT_A2_JWK));
    strcpy(thumbprint, key.thumbprint);

    len = mint_decode(MINT_A2_N, bytes + 1);
    mint_base64url(bytes, len + 1, n);
    snprintf(jwk, sizeof(jwk), "{\"e\":\"AAEAAQ\",\"n\":\"%s\"}", n);
    assert_null(load_usual("RS256", jwk));
    assert_string_equal(key.thumbprint, thumbprint);
    assert_int_equal(key.signature_len, 256);

    (void) state;
}


static void
test_makes_the_prefix_of_sm2_once_a_key(void **state)
{
    static uint8_t  id[8192];
    uint8_t         prefix[HEALTHCODE_KEY_PREFIX_LEN];

    assert_null(load_usual("SGD_SM3_SM2", MINT_SM2_JWK));
    assert_int_equal(key.prefix_len, 32);
    assert_memory_equal(key.prefix, MINT_SM2_ZA, 32);
    assert_int_equal(key.signature_len, 64);
    memcpy(prefix, key.prefix, 32);

    assert_null(load("SGD_SM3_SM2", MINT_SM2_JWK, healthcode_str("")));
    assert_memory_not_equal(key.prefix, prefix, 32);

    /* the length in bits is two bytes */
    memset(id, 'i', sizeof(id));
    assert_null(load("SGD_SM3_SM2", MINT_SM2_JWK,
                     healthcode_str_from(id, 8191)));
    assert_string_equal(load("SGD_SM3_SM2", MINT_SM2_JWK,
                             healthcode_str_from(id, 8192)),
                        "OpenSSL refuses it");

    /* nobody else has one */
    assert_null(load_usual("ES512", MINT_A4_JWK));
    assert_int_equal(key.prefix_len, 0);

    (void) state;
}


int
main(void)
{
#define test_of(f)  cmocka_unit_test_setup_teardown(f, NULL, tear_down)

    const struct CMUnitTest  tests[] = {
        test_of(test_refuses_rsa_that_is_weak_or_none),
        test_of(test_refuses_members_that_make_no_key),
        test_of(test_accepts_members_in_base64),
        test_of(test_refuses_moduli_of_roca),
        test_of(test_tells_keys_of_algorithms_apart),
        test_of(test_knows_thumbprints_of_rsa_and_sm2),
        test_of(test_knows_an_rsa_key_with_zeros_in_front),
        test_of(test_makes_the_prefix_of_sm2_once_a_key),
    };

    return cmocka_run_group_tests_name("key", tests, NULL, NULL);
}
