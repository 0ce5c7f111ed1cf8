/*
 * Tests of healthcode_keyring_read.c, healthcode_keyring_jwks.c, _pem.c and
 * _public.c: which texts are refused and which keys are skipped, at which line
 * and with which sentence; keys that serve several algorithms; names of an
 * issuer's own.  Knows no code.
 * docs/token-format.md, "Keys".
 */

#include "test.h"
#include "mint.h"

#include <openssl/err.h>

#include "../../ngx_http_healthcode_module/core/healthcode_keyring.h"


#define NEITHER                                                               \
    "it is neither a JWK set nor a PEM \"PUBLIC KEY\" or \"CERTIFICATE\" "    \
    "for these algorithms"
#define NO_KEY   "it has no key for these algorithms"

/* 150 bytes */
#define KID_30   "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
#define LONG_KID KID_30 KID_30 KID_30 KID_30 KID_30

#define MISSING_XY  "its \"x\" or \"y\" is missing, empty, or not a string"
#define SECRET                                                                \
    "\"k\" is missing, no base64url, or shorter than the hash"
#define STRICT   "it is not strict JSON"
#define PRIVATE  "it is a private key; write only its public members here"
#define PRIVATE_PEM                                                           \
    "it is a private key; write only its public half here"
#define BROKEN   "a PEM block in it is broken"
#define BROKEN_FIRST  "line 1: " BROKEN
#define WEAK                                                                  \
    "it is an RSA key of fewer than 2048 bits, which is weak; have the "      \
    "issuer make one of 2048 bits or more"
#define LARGE                                                                 \
    "it is an RSA key of more than 8192 bits, which would hold up the gate; " \
    "have the issuer make a smaller one"
#define EVEN      "its RSA modulus is even, so it is not an RSA key"
#define EXPONENT                                                              \
    "its RSA exponent is even, 1, or of more than 64 bits; 65537 is usual"

/* A member of a set, with more members in front. */
#define RSA(more)  "{" more "\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"" MINT_A2_N\
    "\"}"
#define OCT(more)                                                             \
    "{" more "\"kty\":\"oct\",\"k\":\"" MINT_A1_K "\"}"
#define MINT_32    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define SET(keys)  "{\"keys\":[" keys "]}"


static char  error[512];


static healthcode_keyring_t *
create_with(const char *text, const healthcode_keyring_rules_t *rules)
{
    healthcode_keyring_t  *keyring;

    memset(error, 'x', sizeof(error));
    error[0] = '\0';
    keyring = healthcode_keyring_create(guard_text(0, text), rules, error,
                                        sizeof(error));
    assert_int_equal(ERR_peek_error(), 0);

    return keyring;
}


static healthcode_keyring_t *
create(const char *text, const char *algorithms)
{
    healthcode_keyring_rules_t  rules = { .sm2_id = { NULL, 0 } };

    rules.algorithms.bits = mint_algorithms(algorithms);

    return create_with(text, &rules);
}


/* Whether reading text says that a private key was the reason to refuse it. */
static bool
is_private(const char *text, const char *algorithms)
{
    bool                         answer;
    healthcode_keyring_t        *keyring;
    healthcode_keyring_rules_t   rules = { .sm2_id = { NULL, 0 } };

    rules.algorithms.bits = mint_algorithms(algorithms);

    keyring = healthcode_keyring_new(&rules);
    assert_non_null(keyring);
    (void) healthcode_keyring_add(keyring, guard_text(0, text), error,
                                  sizeof(error));
    answer = healthcode_keyring_is_private(keyring);
    healthcode_keyring_free(keyring);

    return answer;
}


/* A row that fails with this sentence. */
static void
refuses(const char *text, const char *algorithms, const char *wanted,
    size_t row)
{
    healthcode_keyring_t  *keyring = create(text, algorithms);

    test_row(keyring == NULL, row, text);

    if (strcmp(error, wanted) != 0) {
        print_error("row %zu: \"%s\" is not \"%s\"\n", row, error, wanted);
        fail();
    }

    test_row(is_private(text, algorithms)
             == (strstr(wanted, "it is a private key") != NULL), row, text);
}


/*
 * A row that is refused with this sentence, or whose set has it as its only
 * remark.
 */
static void
complains(const char *text, const char *algorithms, const char *wanted,
    size_t row)
{
    char                   said[512];
    healthcode_keyring_t  *keyring = create(text, algorithms);

    if (keyring == NULL) {
        refuses(text, algorithms, wanted, row);
        return;
    }

    test_row(healthcode_keyring_remarks(keyring) == 1, row, text);
    healthcode_keyring_remark_text(healthcode_keyring_remark_at(keyring, 0),
                                   said, sizeof(said));
    assert_string_equal(said, wanted);
    healthcode_keyring_free(keyring);
}


/* The set that text is. */
static healthcode_keyring_t *
takes(const char *text, const char *algorithms)
{
    healthcode_keyring_t  *keyring = create(text, algorithms);

    test_row(keyring != NULL, 0, text);

    return keyring;
}


/* The point at infinity: for it anybody can make a signature. */
static void
test_refuses_a_point_at_infinity(void **state)
{
    refuses("-----BEGIN PUBLIC KEY-----\nMBkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDAgAA\n"
            "-----END PUBLIC KEY-----\n", "ES256",
            "line 1: it is not a point of the curve", 0);

    (void) state;
}


/* A key of mint_rsa_ones() in a PEM block. */
static void
rsa_pem(size_t bits, bool even, const char *exponent, const char *name,
    char *out, size_t size)
{
    EVP_PKEY  *key = mint_rsa_ones(bits, even, exponent);

    mint_pem(key, name, out, size);
    EVP_PKEY_free(key);
}


static void
test_refuses_rsa_in_pem_that_is_weak_or_none(void **state)
{
    static const struct {
        size_t       bits;
        bool         even;
        const char  *exponent, *wrong;
    } rows[] = {
        { 1024, false, "010001", WEAK },
        { 2047, false, "010001", WEAK },
        { 8193, false, "010001", LARGE },
        { 16384, false, "010001", LARGE },
        { 2048, true, "010001", EVEN },
        { 2048, false, "01", EXPONENT },
        { 2048, false, "010000", EXPONENT },
        { 2048, false, "010000000000000001", EXPONENT },
    };
    char  pem[8192], text[8400], wanted[256];

    static const char  *const names[] = { "PUBLIC KEY", "RSA PUBLIC KEY" };

    for (size_t i = 0; i < test_count(rows); i++) {
        for (size_t n = 0; n < test_count(names); n++) {
            rsa_pem(rows[i].bits, rows[i].even, rows[i].exponent, names[n],
                    pem, sizeof(pem));
            snprintf(wanted, sizeof(wanted), "line 1: %s", rows[i].wrong);
            refuses(pem, "RS256", wanted, i);

            /* and the line after a few others */
            snprintf(text, sizeof(text), "a key\r\n\r\n%s", pem);
            snprintf(wanted, sizeof(wanted), "line 3: %s", rows[i].wrong);
            refuses(text, "PS384", wanted, i);
        }
    }

    (void) state;
}


/* The algorithms of the keys of text, in their order. */
static void
belongs(const char *text, const char *algorithms, const char *wanted,
    size_t read, size_t row)
{
    char                     got[256] = "";
    size_t                   len = 0;
    healthcode_keyring_t    *keyring = create(text, algorithms);
    const healthcode_key_t  *key, *found[HEALTHCODE_KEYRING_TRIES_MAX];

    test_row(keyring != NULL, row, error);
    assert_int_equal(healthcode_keyring_count(keyring), read);

    for (size_t i = 0; (key = healthcode_keyring_at(keyring, i)); i++) {
        len += (size_t) snprintf(got + len, sizeof(got) - len, "%s%s",
                                 i ? " " : "", key->algorithm->name);

        /* a code finds it by its kid, and without one */
        test_row(healthcode_keyring_candidates(keyring, key->algorithm,
                                               key->kid, found) == 1
                 && found[0] == key, row, text);
        test_row(healthcode_keyring_candidates(keyring, key->algorithm,
                                               healthcode_str_from(NULL, 0),
                                               found) == 1
                 && found[0] == key, row, text);
        assert_string_equal(key->thumbprint,
                            healthcode_keyring_at(keyring, 0)->thumbprint);
        assert_int_equal(healthcode_keyring_number(keyring, key), i);
    }

    assert_string_equal(got, wanted);
    assert_int_equal(healthcode_keyring_algorithms(keyring),
                     mint_algorithms(wanted));
    healthcode_keyring_free(keyring);
}


static void
test_gives_a_key_without_alg_to_each_algorithm(void **state)
{
    static const struct {
        const char  *algorithms, *text, *wanted;
    } rows[] = {
        { "RS256 RS384", RSA(""), "RS256 RS384" },
        { "RS256 PS256", RSA("\"kid\":\"r\","), "RS256 PS256" },
        { "RS256 RS384 RS512 PS256 PS384 PS512 ES256 HS256",
          SET("\n" RSA("\"kid\":\"r\",\"use\":\"sig\",")),
          "RS256 RS384 RS512 PS256 PS384 PS512" },
        { "RS256 PS256", RSA("\"alg\":\"PS256\","), "PS256" },
        { "RS256 ES256", RSA(""), "RS256" },
        { "HS256 HS384", OCT(""), "HS256 HS384" },
        { "HS256 HS512", OCT("\"kid\":\"o\",\"use\":\"sig\","),
          "HS256 HS512" },

        /* as far as it is long enough */
        { "HS256 HS384 HS512", "{\"kty\":\"oct\",\"k\":\"" MINT_32 "\"}",
          "HS256" },
        { "ES256 ES512 SGD_SM3_SM2", MINT_SM2_JWK, "SGD_SM3_SM2" },
        { "ES256 ES512 SGD_SM3_SM2", MINT_A4_JWK, "ES512" },
    };
    static const struct {
        const char  *algorithms, *text;
    } others[] = {
        { "RS256 RS384", RSA("\"alg\":\"PS256\",") },
        { "HS384 HS512", OCT("\"alg\":\"HS256\",") },
        { "RS256 RS384", RSA("\"alg\":\"RS257\",") },
        { "RS256 RS384", RSA("\"alg\":\"RSA-OAEP\",") },

        /* as many members as a name has letters */
        { "RS256 RS384", RSA("\"alg\":[0,1,2,3,4],") },
        { "RS256",
          RSA("\"alg\":{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5},") },
        { "RS256", RSA("\"alg\":5,") },
        { "RS256 RS384", RSA("\"use\":\"enc\",") },
        { "RS256 RS384", RSA("\"key_ops\":[\"encrypt\"],") },
    };
    char  pem[2048];

    static const char  *const names[] = { "PUBLIC KEY", "RSA PUBLIC KEY" };

    for (size_t i = 0; i < test_count(rows); i++) {
        belongs(rows[i].text, rows[i].algorithms, rows[i].wanted, 1, i);
    }

    for (size_t i = 0; i < test_count(others); i++) {
        refuses(others[i].text, others[i].algorithms, NO_KEY, i);
    }

    for (size_t n = 0; n < test_count(names); n++) {
        rsa_pem(2048, false, "010001", names[n], pem, sizeof(pem));
        belongs(pem, "RS256 RS512", "RS256 RS512", 1, n);
        belongs(pem, "PS256 RS256 ES256", "RS256 PS256", 1, n);
        belongs(pem, "PS256 ES256 ES384 HS256", "PS256", 1, n);
        refuses(pem, "HS256 ES256 EdDSA", NEITHER, n);
    }

    /* a broken one is one, however many it would serve */
    complains(SET(OCT("\"kid\":\"o\",") ",\n{\"kid\":\"k\",\"kty\":\"oct\","
                  "\"k\":\"AA\"}"), "HS256 HS384 HS512",
              "line 2: key \"k\": " SECRET, 0);
    rsa_pem(1024, false, "010001", names[0], pem, sizeof(pem));
    refuses(pem, "RS256 PS256 PS384", "line 1: " WEAK, 0);

    (void) state;
}


static void
test_refuses_private_keys_of_every_kind(void **state)
{
    static const char  *const names[] = {
        "PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY",
        "ENCRYPTED PRIVATE KEY", "SM2 PRIVATE KEY",
    };
    static const char  *const members[] = { "p", "q", "dp", "dq", "qi" };
    char  pem[2048], text[4096];

    for (size_t i = 0; i < test_count(names); i++) {
        rsa_pem(2048, false, "010001", "PUBLIC KEY", pem, sizeof(pem));
        snprintf(text, sizeof(text), "-----BEGIN %s-----\nAAAA\n-----END %s"
                 "-----\n", names[i], names[i]);
        refuses(text, "RS256", "line 1: " PRIVATE_PEM, i);

        /* beside a key, and where the file's algorithms are others */
        snprintf(text, sizeof(text), "%s\n-----BEGIN %s-----\nAAAA\n-----END %s"
                 "-----\n", pem, names[i], names[i]);
        refuses(text, "RS256", "line 11: " PRIVATE_PEM, i);
        refuses(text, "ES256", "line 11: " PRIVATE_PEM, i);
    }

    snprintf(text, sizeof(text), "%s\n" RSA("\"d\":\"AQ\","), pem);
    refuses(text, "RS256", "line 11: " PRIVATE, 0);

    refuses(RSA("\"kid\":\"p\",\"d\":\"AQ\","), "RS256",
            "line 1: key \"p\": " PRIVATE, 0);
    refuses(RSA("\"kid\":\"p\",\"d\":\"AQ\","), "ES256",
            "line 1: key \"p\": " PRIVATE, 1);
    refuses(RSA("\"use\":\"enc\",\"d\":\"AQ\","), "RS256",
            "line 1: key \"without kid\": " PRIVATE, 2);

    /* behind what is wrong otherwise */
    refuses(SET("{\"kty\":\"EC\",\"crv\":\"P-256\"},"
                RSA("\"kid\":\"p\",\"d\":\"AQ\",")), "ES256",
            "line 1: key \"p\": " PRIVATE, 10);
    refuses(SET("7," RSA("\"kid\":\"p\",\"d\":\"AQ\",")), "ES256",
            "line 1: key \"p\": " PRIVATE, 11);
    refuses(SET(RSA("\"kid\":7,\"d\":\"AQ\",")), "RS256",
            "line 1: key \"without kid\": " PRIVATE, 12);
    refuses("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"
            "-----BEGIN EC PRIVATE KEY-----\n", "RS256",
            "line 4: " PRIVATE_PEM, 13);
    refuses("-----BEGIN PUBLIC KEY-----\n?\n-----BEGIN PRIVATE KEY-----",
            "RS256", "line 3: " PRIVATE_PEM, 14);
    refuses("-----BEGIN X-----\nPRIVATE KEY\n-----END X-----\n", "RS256",
            BROKEN_FIRST, 15);

    /* what a kid says goes into logs */
    refuses(RSA("\"kid\":\"a\xe2\x80\xae" "b\xc2\x9b\\\\\",\"d\":\"AQ\","),
            "RS256", "line 1: key \"a\\xe2\\x80\\xaeb\\xc2\\x9b\\x5c\": "
            PRIVATE, 3);
    refuses(RSA("\"kid\":\"" LONG_KID "0123456789\",\"d\":\"AQ\","), "RS256",
            "line 1: key \"" LONG_KID "012345678...\": " PRIVATE, 4);

    /* what is left where "d" alone was taken out */
    for (size_t i = 0; i < test_count(members); i++) {
        snprintf(text, sizeof(text), RSA("\"%s\":\"AQ\","), members[i]);
        refuses(text, "RS256", "line 1: key \"without kid\": " PRIVATE, i);
    }

    (void) state;
}


/* Wherever it hides: each text is a file where public keys belong. */
static void
test_refuses_private_keys_that_hide(void **state)
{
    static const struct {
        const char  *text;
        const char  *wanted;
    } rows[] = {
        /* in JSON that is broken before it, behind it, or in it */
        { "{\"keys\":[,\n" RSA("\"kid\":\"p\",\"d\":\"AQ\",") "]}",
          "line 2: " PRIVATE },
        { SET("\n" RSA("\"d\":\"AQ\",")) "\n}", "line 2: " PRIVATE },
        { "{\"kty\":\"EC\",\"d\":\"AQ", "line 1: " PRIVATE },
        { "{\"kty\":\"EC\",\n\"d\" \t\r\n: \"AQ\" \"x\"", "line 2: " PRIVATE },
        { "{\"d\":", "line 1: " PRIVATE },
        { "{\"dp\":1,}", "line 1: " PRIVATE },
        { "{\"a\":1,\"a\":{\"qi\":1}}", "line 1: " PRIVATE },
        { "{\"kid\":\"\xff\",\"p\":1}", "line 1: " PRIVATE },
        { "{\"\\u0064\":\"AQ\",}", "line 1: " PRIVATE },
        { "{\"k\":1,\n\"\\u0064q\":\"AQ\",}", "line 2: " PRIVATE },
        { "{\"d\\u0070\" :\"AQ\",}", "line 1: " PRIVATE },
        { "{\"\\u0071\\u0069\":", "line 1: " PRIVATE },
        { "{\"kty\":\"EC\",\"\\u0070\": \"A", "line 1: " PRIVATE },

        /* in what begins otherwise */
        { "[{\"\\u0064\":\"AQ\"}]", "line 1: " PRIVATE },
        { "[" RSA("\"d\":\"AQ\",") "]", "line 1: " PRIVATE },
        { "// keys\n" SET(RSA("\"q\":\"AQ\",")), "line 2: " PRIVATE },
        { "\xef\xbb\xbf" RSA("\"dq\":\"AQ\","),
          "line 1: key \"without kid\": " PRIVATE },
        { "-----BEGIN PUBLIC KEY-----\n?\n{\"d\":1}", "line 3: " PRIVATE },

        /* in JSON, elsewhere than in "keys" */
        { "{\"keys\":[" RSA("") "],\"old\":[{\"x\":\n"
          RSA("\"kid\":\"p\",\"d\":\"AQ\",") "}]}",
          "line 2: key \"p\": " PRIVATE },
        { "{\"keys\":" RSA("\"d\":\"AQ\",") "}",
          "line 1: key \"without kid\": " PRIVATE },
        { SET("[" RSA("\"d\":\"AQ\",") "]"),
          "line 1: key \"without kid\": " PRIVATE },

        /* in "keys", behind what is broken, and without its "kty" */
        { SET("7,{\"d\":\"AQ\"}"), "line 1: key \"without kid\": " PRIVATE },

        /* PEM in JSON */
        { "{\"keys\":[" RSA("") "],\n\"pem\":\"-----BEGIN EC PRIVATE KEY-----"
          "\\nMAA=\"}", "line 2: " PRIVATE_PEM },
        { "{\"pem\":\"-----BEGIN X-----\\n-----BEGIN PRIVATE KEY",
          "line 1: " PRIVATE_PEM },

        /* what is broken alone */
        { "{\"keys\":[" RSA("\"kid\":\"d\",") ",]}", "line 1: " STRICT },
        { "{\"d \":1,\"D\":1,\"di\":1,\"pq\":1,\"\":1,}", "line 1: " STRICT },
        { "{\"kid\":\"\\\"d\\\":\",}", "line 1: " STRICT },
        { "{\"x\":[\"d\",\"p\"],}", "line 1: " STRICT },
        { "{\"x\":\"d\"", "line 1: " STRICT },
        { "{\"d\"", "line 1: " STRICT },
        { "{\"d", "line 1: " STRICT },
        { "{\"\\u0064\\u0064\":1,\"\\u0065\":1,\"\\u064\":1,}",
          "line 1: " STRICT },
        { "{\"\\u1064\":1,\"\\U0064\":1,\"\\\\u0064\":1,\"u0064\":1,}",
          "line 1: " STRICT },
        { "{\"\\u0064\"", "line 1: " STRICT },
        { "{\"\\u0064", "line 1: " STRICT },
        { "{\"\\u006", "line 1: " STRICT },
        { "{\"x\":\"-----BEGIN X-----PRIVATE KEY-----\",}", "line 1: " STRICT },
        { "{\"x\":\"-----BEGIN PRIVATE KE", "line 1: " STRICT },
        { "d: AQ", NEITHER },
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        refuses(rows[i].text, "RS256", rows[i].wanted, i);
    }

    /* an object that is not a key may have any member */
    healthcode_keyring_free(takes("{\"keys\":[" RSA("\"x\":{\"d\":1},")
                                  "],\"d\":{\"p\":1}}", "RS256"));
    healthcode_keyring_free(takes("{\"keys\":[" RSA("") "],\"x\":\"-----BEGIN"
                                  " PUBLIC KEY----- no PRIVATE KEY\"}",
                                  "RS256"));

    (void) state;
}


static void
test_names_the_line_of_what_is_wrong(void **state)
{
    static const struct {
        const char  *text, *error;
    } rows[] = {
        { "{\n\n\"keys\": [", "line 3: " STRICT },
        { "{\n\"keys\": [\n" MINT_8037_JWK ",\n]}", "line 3: " STRICT },
        { "{\"keys\":[]}\n\n x", "line 3: " STRICT },
        { "{\r\n\"a\":1,\r\n\"b\":{\"c\":1,\r\n\"c\":2}}", "line 3: " STRICT },
        { "{\n\"keys\": [\n  { \"kty\": \"oct\", \"kid\": \"one\",\n"
          "    \"k\": \"" MINT_A1_K "\" },\n  {\n    \"kty\": \"oct\",\n"
          "    \"kid\": \"two\", \"k\": \"AA\" } ] }",
          "line 6: key \"two\": " SECRET },
        { "\n\n\n{\"kty\":\"EC\",\"crv\":\"P-256\"}",
          "line 4: key \"without kid\": " MISSING_XY },
        { "{\n\"keys\":[" MINT_8037_JWK ",\n" MINT_8037_JWK ",\n"
          "{\"kid\":\"p\",\n\"d\":\"\"}]}", "line 4: key \"p\": " PRIVATE },
        { "{\n\"keys\":[\n{\n\"kid\":\n7,\"kty\":\"oct\"}]}",
          "line 4: a \"kid\" is not a string, or has control characters" },

        /* escapes and letters of several bytes move no line */
        { "{\"x\":\"\\n\\u0041\xe4\xbd\xa0\",\n\"keys\":[\n{\"kty\":\"oct\","
          "\"kid\":\"\\u4f60\",\"k\":\"\"}]}",
          "line 3: key \"\xe4\xbd\xa0\": " SECRET },

        /* PEM */
        { "a\nb\n-----BEGIN PUBLIC KEY-----\nMCow\n", "line 3: " BROKEN },
        { "-----BEGIN X-----\nAAAA\n-----END X-----\n\n"
          "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
          "line 5: " BROKEN },
        { "-----BEGIN RSA PUBLIC KEY-----\nAAAA\n-----END RSA PUBLIC KEY-----",
          "line 1: " BROKEN },
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        complains(rows[i].text, "HS256 ES256 EdDSA", rows[i].error, i);
    }

    (void) state;
}


static void
test_knows_names_of_an_issuers_own(void **state)
{
    healthcode_algorithm_alias_t  aliases[] = {
        { healthcode_str("SM2-SM3"), mint_row("SGD_SM3_SM2") },
        { healthcode_str("RS256"), mint_row("PS256") },
    };
    healthcode_keyring_t         *keyring;
    healthcode_keyring_rules_t    rules = { .sm2_id = { NULL, 0 } };

#define SM2(alg)                                                              \
    "{\"alg\":\"" alg "\",\"crv\":\"SM2-P-256\"," MINT_SM2_MEMBERS "}"
#define CURVE(crv)  "{\"crv\":\"" crv "\"," MINT_SM2_MEMBERS "}"
#define MINT_SM2_MEMBERS                                                      \
    "\"kty\":\"EC\","                                                         \
    "\"x\":\"CfnfMR5UIaFQ3X0WHkvFxnIXn60YM_wHa7CP81bzUCA\","                  \
    "\"y\":\"zOpJDOJndaUtxupxjMGqYArtBfvzXghKZjL2By2prRM\""

    static const struct {
        const char  *algorithms, *text;
        size_t       naliases, n;
    } rows[] = {
        { "SGD_SM3_SM2", SM2("SM2-SM3"), 0, 0 },
        { "ES256", SM2("SM2-SM3"), 2, 0 },
        { "SGD_SM3_SM2", SM2("sm2-sm3"), 2, 0 },
        { "SGD_SM3_SM2", SM2("SM2-SM33"), 2, 0 },
        { "SGD_SM3_SM2", SM2("ES256"), 2, 0 },

        /* the curve by names that are found */
        { "SGD_SM3_SM2", CURVE("SM2"), 0, 1 },
        { "SGD_SM3_SM2", CURVE("sm2p256v1"), 0, 1 },
        { "SGD_SM3_SM2", CURVE("curveSM2"), 0, 1 },
        { "SGD_SM3_SM2", CURVE("SM2-P-256"), 0, 1 },
        { "SGD_SM3_SM2", CURVE("sm2"), 0, 0 },
        { "SGD_SM3_SM2", CURVE("P-256"), 0, 0 },
        { "SGD_SM3_SM2", CURVE(""), 0, 0 },
        { "ES256", CURVE("SM2"), 0, 0 },

        /* an alias of another "kty" */
        { "SGD_SM3_SM2", RSA("\"alg\":\"SM2-SM3\","), 2, 0 },

        /* no alias gives another meaning to a name of the table */
        { "PS256", RSA("\"alg\":\"RS256\","), 2, 0 },

        { "SGD_SM3_SM2", SM2("SM2-SM3"), 1, 1 },
        { "SGD_SM3_SM2", SM2("SGD_SM3_SM2"), 1, 1 },
        { "SGD_SM3_SM2 RS256", SM2("SM2-SM3"), 2, 1 },
    };

    rules.algorithms.aliases = aliases;

    for (size_t i = 0; i < test_count(rows); i++) {
        rules.algorithms.bits = mint_algorithms(rows[i].algorithms);
        rules.algorithms.naliases = rows[i].naliases;
        keyring = create_with(rows[i].text, &rules);
        test_row((keyring != NULL) == (rows[i].n == 1), i, rows[i].text);

        /* whatever its names, one thumbprint: that of SM2-P-256 */
        if (keyring && healthcode_keyring_algorithms(keyring)
                       == mint_algorithms("SGD_SM3_SM2"))
        {
            assert_string_equal(healthcode_keyring_at(keyring, 0)->thumbprint,
                               "cUe_vINNYdT5XO-lhIZbSJhQ6NPzYzfgfgDEqG_vPwQ");
        }

        healthcode_keyring_free(keyring);
    }

    /* both names of one algorithm */
    keyring = create("{\"alg\":\"Ed25519\",\"kty\":\"OKP\",\"crv\":\"Ed25519\","
                     "\"x\":\"" MINT_8037_X "\"}", "EdDSA");
    assert_non_null(keyring);
    healthcode_keyring_free(keyring);

    (void) state;
}


/* The PEM of a JWK is the same key. */
static void
test_reads_every_algorithm_from_pem_too(void **state)
{
    char                           jwk[4096], pem[4096];
    EVP_PKEY                      *key;
    healthcode_keyring_t          *one, *two;
    const healthcode_algorithm_t  *row;

    for (size_t i = 3; (row = healthcode_algorithm_at(i)) != NULL; i++) {
        key = mint_key(row);
        mint_jwk(key, row, "", jwk, sizeof(jwk));
        one = create(jwk, row->name);

        for (int n = 0; n < (strcmp(row->kty, "RSA") == 0 ? 2 : 1); n++) {
            mint_pem(key, n ? "RSA PUBLIC KEY" : "PUBLIC KEY", pem,
                     sizeof(pem));
            two = create(pem, row->name);
            test_row(one && two, i, row->name);
            test_row(strcmp(healthcode_keyring_at(one, 0)->thumbprint,
                            healthcode_keyring_at(two, 0)->thumbprint) == 0,
                     i, row->name);
            assert_null(healthcode_keyring_at(two, 0)->kid.data);
            healthcode_keyring_free(two);
        }

        healthcode_keyring_free(one);
        EVP_PKEY_free(key);
    }

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_refuses_rsa_in_pem_that_is_weak_or_none),
        cmocka_unit_test(test_refuses_a_point_at_infinity),
        cmocka_unit_test(test_gives_a_key_without_alg_to_each_algorithm),
        cmocka_unit_test(test_refuses_private_keys_of_every_kind),
        cmocka_unit_test(test_refuses_private_keys_that_hide),
        cmocka_unit_test(test_names_the_line_of_what_is_wrong),
        cmocka_unit_test(test_knows_names_of_an_issuers_own),
        cmocka_unit_test(test_reads_every_algorithm_from_pem_too),
    };

    return cmocka_run_group_tests_name("keyring_read", tests, NULL, NULL);
}
