/*
 * Tests of healthcode_key.c: keys that are weak or none, with their sentences;
 * thumbprints of RFC 7638 and the hash ZA of GM/T 0003.5.  Knows no set of
 * keys.  docs/token-format.md, "Keys".
 */

#include "test.h"
#include "mint.h"

#include <openssl/err.h>

#include "../../ngx_http_healthcode_module/core/healthcode_key.h"


#define MEMBERS                                                               \
    "its members are missing, of a wrong length, or no point of the curve"
#define SECRET                                                                \
    "\"k\" is missing, no base64url, or shorter than the hash"
#define WEAK                                                                  \
    "it is an RSA key of fewer than 2048 bits, which is weak; have the "      \
    "issuer make one of 2048 bits or more"
#define LARGE                                                                 \
    "it is an RSA key of more than 8192 bits, which would hold up the gate; " \
    "have the issuer make a smaller one"
#define EVEN      "its RSA modulus is even, so it is no RSA key"
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


/* A modulus of so many bits, all ones but for the last one; exponent in hex. */
static EVP_PKEY *
rsa(size_t bits, bool even, const char *exponent)
{
    long      elen;
    size_t    len = (bits + 7) / 8;
    uint8_t  *e, n[2048];
    EVP_PKEY *pkey;

    memset(n, 0xff, sizeof(n));
    n[0] = (uint8_t) (0xff >> (len * 8 - bits));
    n[len - 1] = even ? 0xfe : 0xff;
    e = OPENSSL_hexstr2buf(exponent, &elen);
    pkey = mint_rsa(n, len, e, (size_t) elen);
    OPENSSL_free(e);

    return pkey;
}


static void
test_refuses_rsa_that_is_weak_or_none(void **state)
{
    static const struct {
        size_t       bits;
        bool         even;
        const char  *exponent, *wrong, *jwk;   /* jwk: NULL: the same */
    } rows[] = {
        { 512, false, "010001", WEAK, NULL },
        { 1024, false, "010001", WEAK, NULL },
        { 2040, false, "010001", WEAK, NULL },
        { 2047, false, "010001", WEAK, NULL },
        { 2047, true, "02", WEAK, NULL },
        { 8193, false, "010001", LARGE, NULL },
        { 16384, false, "010001", LARGE, NULL },
        { 2048, true, "010001", EVEN, NULL },
        { 4096, true, "03", EVEN, NULL },
        { 2048, false, "01", EXPONENT, NULL },
        { 2048, false, "02", EXPONENT, NULL },
        { 2048, false, "010000", EXPONENT, NULL },
        { 2048, false, "010000000000000001", EXPONENT, NULL },
        { 2048, false, "ffffffffffffffffffffffffffffffff", EXPONENT, NULL },
        { 2048, false, "ffffffffffffffffffffffffffffffffff", EXPONENT,
          MEMBERS },
        { 2048, false, "03", NULL, NULL },
        { 2048, false, "010001", NULL, NULL },
        { 2048, false, "ffffffffffffffff", NULL, NULL },
        { 2049, false, "010001", NULL, NULL },
        { 3072, false, "010001", NULL, NULL },
        { 8192, false, "010001", NULL, NULL },
    };
    char         jwk[8192];
    EVP_PKEY    *pkey;
    const char  *wanted, *said;

    static const char  *const algs[] = { "RS256", "PS512" };

    for (size_t i = 0; i < test_count(rows); i++) {
        for (size_t a = 0; a < test_count(algs); a++) {
            pkey = rsa(rows[i].bits, rows[i].even, rows[i].exponent);
            mint_jwk(pkey, mint_row(algs[a]), "", jwk, sizeof(jwk));

            start(algs[a]);
            said = healthcode_key_from_public(&key, pkey, healthcode_str("x"));
            test_row(same(said, rows[i].wrong), i, algs[a]);

            wanted = rows[i].jwk ? rows[i].jwk : rows[i].wrong;
            test_row(same(load_usual(algs[a], jwk), wanted), i, algs[a]);

            if (wanted == NULL) {
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
        { "RS256", "{}", MEMBERS },
        { "RS256", "{\"n\":\"" MINT_A2_N "\"}", MEMBERS },
        { "RS256", "{\"e\":\"AQAB\"}", MEMBERS },
        { "RS256", "{\"e\":\"\",\"n\":\"" MINT_A2_N "\"}", MEMBERS },
        { "RS256", "{\"e\":\"AQAB\",\"n\":\"\"}", MEMBERS },
        { "RS256", "{\"e\":\"AQAB\",\"n\":\"" MINT_A2_N "=\"}", MEMBERS },
        { "RS256", "{\"e\":\"AQAB\",\"n\":\"/" MINT_A2_N "\"}", MEMBERS },
        { "RS256", "{\"e\":65537,\"n\":\"" MINT_A2_N "\"}", MEMBERS },
        { "RS256", "{\"e\":\"AQAB\",\"n\":\"AA\"}", WEAK },
        { "PS256", "{\"e\":\"AA\",\"n\":\"" MINT_A2_N "\"}", EXPONENT },
        { "ES512", MINT_A3_JWK, MEMBERS },
        { "ES384", MINT_A4_JWK, MEMBERS },
        { "ES256", MINT_SM2_JWK, MEMBERS },     /* not on that curve */
        { "SGD_SM3_SM2", MINT_A3_JWK, MEMBERS },
        { "ES512", "{\"x\":\"" MINT_A4_X "\",\"y\":\"" MINT_A4_X "\"}",
          MEMBERS },
        { "SGD_SM3_SM2", "{\"x\":\"" MINT_A3_X "\",\"y\":\"" MINT_A3_Y "\"}",
          MEMBERS },
        { "EdDSA", "{\"x\":\"" MINT_A4_X "\"}", MEMBERS },
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
        test_of(test_tells_keys_of_algorithms_apart),
        test_of(test_knows_thumbprints_of_rsa_and_sm2),
        test_of(test_knows_an_rsa_key_with_zeros_in_front),
        test_of(test_makes_the_prefix_of_sm2_once_a_key),
    };

    return cmocka_run_group_tests_name("key", tests, NULL, NULL);
}
