/*
 * Tests of healthcode_keyring.c: keys that are refused, and with which
 * sentence; keys that are passed over; thumbprints of RFC 8037 A.3 and of the
 * openssl command; sets of several texts, and which keys of them are tried.
 * docs/token-format.md, "Keys".
 */

#include "test.h"
#include "mint.h"

#include <openssl/err.h>

#include "../../ngx_http_healthcode_module/core/healthcode_keyring.h"


#define PEM_ES256                                                             \
    "-----BEGIN PUBLIC KEY-----\n"                                            \
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV7\n"      \
    "6e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==\n"          \
    "-----END PUBLIC KEY-----\n"
#define PEM_ES256_COMPRESSED                                                  \
    "-----BEGIN PUBLIC KEY-----\n"                                            \
    "MDkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDIgADf83OJ3D2xF1Bg8vub9tLe1gHMzV7\n"      \
    "6e8Tus9uPHvRVEU=\n"                                                      \
    "-----END PUBLIC KEY-----\n"
#define PEM_EDDSA                                                             \
    "-----BEGIN PUBLIC KEY-----\n"                                            \
    "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"          \
    "-----END PUBLIC KEY-----\n"
#define PEM_EDDSA_PRIVATE                                                     \
    "-----BEGIN PRIVATE KEY-----\n"                                           \
    "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"      \
    "-----END PRIVATE KEY-----\n"
#define PEM_P384                                                              \
    "-----BEGIN PUBLIC KEY-----\n"                                            \
    "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEqwSx5IlM77tZIzdnu2nO8UOR8gx6v/dv\n"      \
    "bxKxZ5tyvlr22ZRKOY81JUrs+fmVoFmij9tkrGyACOgUgMlEdIFiK5e1lqqTFxH7\n"      \
    "7G8jk3NE9/hnKNASsRHvUVHcqTJuczHh\n"                                      \
    "-----END PUBLIC KEY-----\n"
#define PEM_X25519                                                            \
    "-----BEGIN PUBLIC KEY-----\n"                                            \
    "MCowBQYDK2VuAyEALYBJpyXSnkg0zWBYoRB8C4Ove4rmp7Bc2A7krT9lEXE=\n"          \
    "-----END PUBLIC KEY-----\n"
#define PEM_BROKEN                                                            \
    "-----BEGIN PUBLIC KEY-----\n"                                            \
    "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcH\n"              \
    "-----END PUBLIC KEY-----\n"

#define NEITHER                                                               \
    "it is neither a JWK set nor a PEM \"PUBLIC KEY\" or \"CERTIFICATE\" "    \
    "for these algorithms"
#define NO_KEY   "it has no key for these algorithms"
#define NO_SET                                                                \
    "it has neither \"keys\", as a JWK set, nor \"kty\", as a JWK"
#define NO_OBJECT  "a member of \"keys\" is not an object"
#define BAD_KID  "a \"kid\" is not a string, or has control characters"
#define BROKEN   "a PEM block in it is broken"
#define MISSING_XY  "its \"x\" or \"y\" is missing, empty, or not a string"
#define SHORT_XY                                                              \
    "its \"x\" or \"y\" is shorter than a coordinate of its curve, whose "    \
    "leading zeros must stay; have the issuer write them (RFC 7518 section "  \
    "6.2.1.2)"
#define LONG_XY    "its \"x\" or \"y\" is longer than a coordinate of its curve"
#define POINT      "it is not a point of the curve"
#define MISSING_X  "its \"x\" is missing, empty, or not a string"
#define LENGTH_X   "its \"x\" is longer or shorter than a key of its curve"
#define SECRET                                                                \
    "\"k\" is missing, no base64url, or shorter than the hash"
#define NAMELESS  "line 1: key \"without kid\": "
#define PRIVATE                                                               \
    "it is a private key; write only its public members here"

#define EC(x, y)  "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" x "\",\"y\":\""\
    y "\"}"
#define OCT(kid)  "{\"kty\":\"oct\",\"kid\":" kid ",\"k\":\"" SECRET_32 "\"}"
#define MARK       "\xef\xbb\xbf"
#define BEGINS     "it begins with a byte order mark"
#define BASE64                                                                \
    "a member of it is base64, not base64url without padding, as it should be"
#define MINT_8037_MEMBERS                                                     \
    "\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" MINT_8037_X "\""
#define SET(keys)  "{\"keys\":[" keys "]}"
#define ZEROS     "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define SECRET_31 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg"
#define SECRET_32 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"


static char                        error[256];
static healthcode_keyring_rules_t  rules;


static unsigned
bit(const char *name)
{
    return healthcode_algorithm_bit(healthcode_algorithm_find(
                                        healthcode_str_from(name,
                                                            strlen(name))));
}


/* "A": all; or the first letters of HS256, ES256, Ed25519 (as D). */
static unsigned
set(const char *letters)
{
    return (strpbrk(letters, "HA") ? bit("HS256") : 0)
           | (strpbrk(letters, "EA") ? bit("ES256") : 0)
           | (strpbrk(letters, "DA") ? bit("EdDSA") : 0);
}


static healthcode_keyring_t *
create(const char *text, unsigned algorithms)
{
    healthcode_keyring_t  *keyring;

    memset(error, 'x', sizeof(error));
    error[0] = '\0';
    rules.algorithms.bits = algorithms;
    keyring = healthcode_keyring_create(guard_text(0, text), &rules, error,
                                        sizeof(error));

    /* what is left in the queue would be blamed on somebody else */
    assert_int_equal(ERR_peek_error(), 0);

    return keyring;
}


static void
test_refuses_keys_with_a_sentence(void **state)
{
    static const struct {
        const char  *set, *text, *error;
    } rows[] = {
        { "A", "", "it is empty" },
        { "A", " \r\n\t", "it is empty" },
        { "A", "x", NEITHER },
        { "A", "[]", NEITHER },
        { "A", "\"" MINT_A1_K "\"", NEITHER },
        { "A", "{", "line 1: it is not strict JSON" },
        { "A", "{} {}", "line 1: it is not strict JSON" },
        { "A", "{\"keys\":[" MINT_A3_JWK "],\"keys\":[]}",
          "line 1: it is not strict JSON" },
        { "A", "{\"keys\":[{\"kty\":\"oct\",\"k\":\"" SECRET_32 "\",\"k\":\""
          SECRET_32 "\"}]}", "line 1: it is not strict JSON" },
        { "A", "{}", NO_SET },
        { "A", "{\"error\":\"keys\",\"use\":\"sig\"}", NO_SET },
        { "A", "{\"keys\":[]}", NO_KEY },
        { "A", "{\"keys\":{}}", "\"keys\" is not an array" },
        { "A", "{\"keys\":null}", "\"keys\" is not an array" },
        { "A", "{\"keys\":[1]}", NO_OBJECT },
        { "A", "{\"keys\":[1,2,[]]}", NO_OBJECT "; 2 more cannot be used "
          "either" },
        { "A", OCT("1"), "line 1: " BAD_KID },
        { "A", OCT("\"a\\nb\""), "line 1: " BAD_KID },

        /* for other algorithms */
        { "", MINT_A3_JWK, NO_KEY },
        { "HD", MINT_A3_JWK, NO_KEY },
        { "ED", MINT_A1_JWK, NO_KEY },
        { "HE", MINT_8037_JWK, NO_KEY },
        { "H", PEM_ES256, NEITHER },
        { "D", PEM_ES256, NEITHER },
        { "EH", PEM_EDDSA, NEITHER },
        { "A", PEM_P384, NEITHER },
        { "A", PEM_X25519, NEITHER },

        /* private keys */
        { "A", "{\"kid\":\"a\",\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\""
          MINT_8037_X "\",\"d\":\"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
          "\"}", "line 1: key \"a\": " PRIVATE },
        { "A", "{\"kty\":\"RSA\",\"n\":\"AQ\",\"e\":\"AQAB\",\"d\":\"AQ\"}",
          NAMELESS PRIVATE },
        { "A", "{\"keys\":[" MINT_A3_JWK ",{\"kty\":\"x\",\"d\":\"\"}]}",
          NAMELESS PRIVATE },
        { "A", PEM_EDDSA_PRIVATE, "line 1: it is a "
          "private key; write only its public half here" },
        { "A", PEM_EDDSA_PRIVATE PEM_EDDSA, "line 1: it is a "
          "private key; write only its public half here" },
        { "A", PEM_EDDSA PEM_EDDSA_PRIVATE, "line 4: it is a "
          "private key; write only its public half here" },

        /* meant, but broken */
        { "A", PEM_BROKEN, "line 1: a PEM block in it is broken" },
        { "A", PEM_BROKEN PEM_BROKEN "\n" PEM_BROKEN, "line 1: a PEM block in "
          "it is broken; 2 more cannot be used either" },
        { "A", "-----BEGIN PUBLIC KEY-----\nMCow",
          "line 1: a PEM block in it is broken" },
        { "A", "{\"kty\":\"oct\"}", NAMELESS SECRET },
        { "A", "{\"kty\":\"oct\",\"k\":1}", NAMELESS SECRET },
        { "A", "{\"kty\":\"oct\",\"k\":\"\"}", NAMELESS SECRET },
        { "A", "{\"kty\":\"oct\",\"kid\":\"h\",\"k\":\"" SECRET_31 "\"}",
          "line 1: key \"h\": " SECRET },
        { "A", "{\"kty\":\"oct\",\"k\":\"" SECRET_32 "=\"}",
          NAMELESS SECRET },
        { "A", "{\"kty\":\"oct\",\"k\":\"" SECRET_32 " \"}",
          NAMELESS SECRET },
        { "A", "{\"kty\":\"oct\",\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGx"
          "wdHh9\"}", NAMELESS SECRET },   /* trailing bits */

        { "A", "{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"e\"}",
          "line 1: key \"e\": " MISSING_XY },
        { "A", "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" MINT_A3_X "\"}",
          NAMELESS MISSING_XY },
        { "A", EC(ZEROS, ZEROS), NAMELESS POINT },
        { "A", EC("", ""), NAMELESS MISSING_XY },
        { "A", EC("AA", "AA"), NAMELESS SHORT_XY },
        { "A", EC(MINT_A3_X, MINT_A3_X), NAMELESS POINT },
        { "A", EC(MINT_A3_Y, MINT_A3_X), NAMELESS POINT },
        { "A", EC(MINT_A3_X, "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a4"),
          NAMELESS POINT },
        { "A", EC("__________________________________________8", MINT_A3_Y),
          NAMELESS POINT },                /* past the field */
        { "A", EC(MINT_A3_X MINT_A3_X, MINT_A3_Y),
          NAMELESS LONG_XY },
        { "A", EC("AH_NzidxwsRdQYPL7m_bS3tYBzM1e-nvE7rPbjx70VRF", MINT_A3_Y),
          NAMELESS LONG_XY },              /* 33 bytes */
        { "A", EC("/83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", MINT_A3_Y),
          NAMELESS POINT },

        { "A", "{\"kty\":\"OKP\",\"crv\":\"Ed25519\"}",
          NAMELESS MISSING_X },
        { "A", "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AA\"}",
          NAMELESS LENGTH_X },
        { "A", "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" MINT_8037_X
          "AA\"}", NAMELESS LENGTH_X },
    };
    healthcode_keyring_t  *keyring;

    for (size_t i = 0; i < test_count(rows); i++) {
        keyring = create(rows[i].text, set(rows[i].set));
        test_row(keyring == NULL, i, rows[i].text);

        if (strcmp(error, rows[i].error) != 0) {
            print_error("row %zu: \"%s\" is not \"%s\"\n", i, error,
                        rows[i].error);
            fail();
        }
    }

    healthcode_keyring_free(NULL);

    (void) state;
}


static void
test_writes_no_error_past_its_room(void **state)
{
    static const char  *const rows[] = {
        "", "x", "{}", "{\"kty\":\"oct\",\"kid\":\"aaaaaaaaaaaaaaaaaaaaaaa\"}",
    };
    char  *room;

    for (size_t i = 0; i < test_count(rows); i++) {
        for (size_t size = 1; size < 120; size += 7) {
            room = (char *) guard_room(1, size);
            rules.algorithms.bits = set("A");
            assert_null(healthcode_keyring_create(guard_text(0, rows[i]),
                                                  &rules, room, size));
            assert_non_null(memchr(room, '\0', size));
        }
    }

    (void) state;
}


static void
test_passes_over_keys_of_others(void **state)
{
    static const struct {
        const char  *set, *keys;
        size_t       n;
    } rows[] = {
        { "A", "{\"kty\":\"RSA\",\"n\":\"AQ\",\"e\":\"AQAB\"}", 0 },
        { "A", "{\"kty\":\"unheard\"}", 0 },
        { "A", "{\"kid\":\"a\"}", 0 },
        { "A", "{\"kty\":1}", 0 },
        { "A", "{\"kty\":\"EC\"}", 0 },
        { "A", "{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"AA\",\"y\":\"AA\"}",
          0 },
        { "A", "{\"kty\":\"EC\",\"crv\":\"secp256k1\",\"x\":\"" MINT_A3_X
          "\",\"y\":\"" MINT_A3_Y "\"}", 0 },
        { "A", "{\"kty\":\"EC\",\"crv\":\"Ed25519\",\"x\":\"" MINT_8037_X
          "\"}", 0 },
        { "A", "{\"kty\":\"OKP\",\"crv\":\"P-256\",\"x\":\"" MINT_A3_X
          "\",\"y\":\"" MINT_A3_Y "\"}", 0 },
        { "A", "{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"" MINT_8037_X
          "\"}", 0 },
        { "A", "{\"kty\":\"oct\",\"alg\":\"HS512\",\"k\":\"AA\"}", 0 },
        { "A", "{\"kty\":\"oct\",\"alg\":\"ES256\",\"k\":\"" SECRET_32 "\"}",
          0 },
        { "A", "{\"kty\":\"oct\",\"alg\":\"none\",\"k\":\"" SECRET_32 "\"}",
          0 },
        { "A", "{\"kty\":\"oct\",\"alg\":1,\"k\":\"" SECRET_32 "\"}", 0 },
        { "A", "{\"kty\":\"oct\",\"use\":\"enc\",\"k\":\"" SECRET_32 "\"}",
          0 },
        { "A", "{\"kty\":\"oct\",\"key_ops\":[],\"k\":\"" SECRET_32 "\"}", 0 },
        { "A", "{\"kty\":\"oct\",\"key_ops\":\"verify\",\"k\":\"" SECRET_32
          "\"}", 0 },
        { "A", "{\"kty\":\"oct\",\"key_ops\":[\"sign\"],\"k\":\"" SECRET_32
          "\"}", 0 },
        { "HD", MINT_A3_JWK, 0 },
        { "A", "{\"kty\":\"oct\",\"key_ops\":[\"sign\",\"verify\"],\"use\":"
          "\"sig\",\"alg\":\"HS256\",\"k\":\"" SECRET_32 "\"}", 1 },
        { "A", "{\"kty\":\"oct\",\"k\":\"" SECRET_32 "\"}", 1 },

        /* null is absent */
        { "A", "{\"kty\":\"oct\",\"use\":null,\"k\":\"" SECRET_32 "\"}", 1 },
        { "A", "{\"kty\":\"oct\",\"key_ops\":null,\"k\":\"" SECRET_32 "\"}",
          1 },
        { "A", "{\"kty\":\"oct\",\"alg\":null,\"k\":\"" SECRET_32 "\"}", 1 },
        { "A", OCT("null"), 1 },
        { "A", "{\"kty\":null,\"k\":\"" SECRET_32 "\"}", 0 },
        { "A", "{\"kty\":\"OKP\",\"crv\":null,\"x\":\"" MINT_8037_X "\"}", 0 },
        { "A", MINT_A3_JWK "," MINT_8037_JWK "," MINT_A1_JWK, 3 },
        { "A", MINT_A3_JWK "," MINT_A3_JWK, 2 },
    };
    char                   text[2048];
    healthcode_keyring_t  *keyring;

    for (size_t i = 0; i < test_count(rows); i++) {
        /* the last key is there so that the set is not empty */
        snprintf(text, sizeof(text), "{\"keys\":[%s,%s]}", rows[i].keys,
                 "{\"kid\":\"last\",\"kty\":\"OKP\",\"crv\":\"Ed25519\","
                 "\"x\":\"" MINT_8037_X "\"}");
        keyring = create(text, set(rows[i].set));
        test_row(keyring != NULL, i, error);
        test_row(healthcode_keyring_at(keyring, rows[i].n) != NULL, i, text);
        test_row(healthcode_keyring_at(keyring, rows[i].n)->kid.len == 4, i,
                 text);
        test_row(healthcode_keyring_at(keyring, rows[i].n + 1) == NULL, i,
                 text);
        healthcode_keyring_free(keyring);
    }

    (void) state;
}


static void
test_knows_thumbprints(void **state)
{
    static const struct {
        const char  *text, *algorithm, *thumbprint;
    } rows[] = {
        { MINT_8037_JWK, "EdDSA",
          "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k" },
        { PEM_EDDSA, "EdDSA", "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k" },
        { MINT_A3_JWK, "ES256", "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U" },
        { PEM_ES256, "ES256", "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U" },
        { PEM_ES256_COMPRESSED, "ES256",
          "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U" },
        { MINT_A1_JWK, "HS256", "y_x3gCJnL6oKGBBIXScabduwxTVy2Wd2bzRVEUbdUzc" },
        { "\r\n {\"kty\":\"OKP\",\"use\":\"sig\",\"alg\":\"EdDSA\",\"x5c\":[],"
          "\"crv\":\"Ed25519\",\"x\":\"" MINT_8037_X "\"}", "EdDSA",
          "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k" },
    };
    const healthcode_key_t  *key;
    healthcode_keyring_t    *keyring;

    for (size_t i = 0; i < test_count(rows); i++) {
        keyring = create(rows[i].text, set("A"));
        test_row(keyring != NULL, i, error);

        key = healthcode_keyring_at(keyring, 0);
        test_row(strcmp(key->algorithm->name, rows[i].algorithm) == 0, i,
                 key->algorithm->name);
        test_row(strcmp(key->thumbprint, rows[i].thumbprint) == 0, i,
                 key->thumbprint);
        assert_null(key->kid.data);
        assert_null(healthcode_keyring_at(keyring, 1));
        assert_null(healthcode_keyring_at(keyring, SIZE_MAX));
        assert_int_equal(healthcode_keyring_algorithms(keyring),
                         bit(rows[i].algorithm));
        healthcode_keyring_free(keyring);
    }

    (void) state;
}


static void
test_keeps_keys_in_their_order(void **state)
{
    char                   text[8192], members[64], jwk[256], kid[32];
    size_t                 len = 0;
    healthcode_keyring_t  *keyring;

    len += (size_t) snprintf(text, sizeof(text), "{\"keys\":[");

    for (unsigned i = 0; i < 20; i++) {
        snprintf(members, sizeof(members), "\"kid\":\"k%u\",", i);
        mint_ed25519_jwk((uint8_t) i, members, jwk, sizeof(jwk));
        len += (size_t) snprintf(text + len, sizeof(text) - len, "%s%s",
                                 i ? "," : "", jwk);
    }

    snprintf(text + len, sizeof(text) - len, "]}");
    keyring = create(text, set("A"));
    assert_non_null(keyring);
    memset(guard_room(0, sizeof(text)), 0, sizeof(text));

    for (unsigned i = 0; i < 20; i++) {
        snprintf(kid, sizeof(kid), "k%u", i);
        test_str_equal(healthcode_keyring_at(keyring, i)->kid, kid);
        assert_int_equal(healthcode_keyring_number(keyring,
                             healthcode_keyring_at(keyring, i)), i);
    }

    assert_null(healthcode_keyring_at(keyring, 20));
    healthcode_keyring_free(keyring);

    keyring = create(PEM_ES256 "between\n" PEM_P384 PEM_EDDSA, set("A"));
    assert_non_null(keyring);
    assert_int_equal(healthcode_keyring_algorithms(keyring), set("ED"));
    assert_ptr_equal(healthcode_keyring_at(keyring, 1)->algorithm->family,
                     &healthcode_family_eddsa);
    assert_null(healthcode_keyring_at(keyring, 2));
    healthcode_keyring_free(keyring);

    (void) state;
}


static void
test_holds_secrets_up_to_its_room(void **state)
{
    char                   text[4096], k[3000];
    uint8_t                secret[2048];
    healthcode_keyring_t  *keyring;

    memset(secret, 3, sizeof(secret));

    for (size_t len = 30; len < 1100; len += (len < 40 || len > 1000) ? 1 : 97)
    {
        mint_base64url(secret, len, k);
        snprintf(text, sizeof(text), "{\"kty\":\"oct\",\"k\":\"%s\"}", k);
        keyring = create(text, set("H"));

        if (len >= 32 && len <= 1020) {
            test_row(keyring != NULL, len, error);
        } else if (len < 32 || len > 1024) {
            test_row(keyring == NULL, len, error);
        }

        healthcode_keyring_free(keyring);
    }

    (void) state;
}


#define SPACE  " \n"


/* A set of these texts, up to NULL; NULL if one of them fails. */
static healthcode_keyring_t *
of_texts(const char *const *texts, unsigned algorithms)
{
    bool                   ok = true;
    healthcode_keyring_t  *keyring;

    memset(error, 'x', sizeof(error));
    error[0] = '\0';
    rules.algorithms.bits = algorithms;
    keyring = healthcode_keyring_new(&rules);

    for (size_t i = 0; ok && texts[i]; i++) {
        ok = healthcode_keyring_add(keyring, guard_text(0, texts[i]), error,
                                    sizeof(error));
    }

    if (!ok || !healthcode_keyring_finish(keyring, error, sizeof(error))) {
        healthcode_keyring_free(keyring);
        keyring = NULL;
    }

    assert_int_equal(ERR_peek_error(), 0);

    return keyring;
}


/* One bad file of several leaves no set, wherever it stands. */
static void
test_refuses_all_texts_for_one_that_is_bad(void **state)
{
    static const struct {
        const char  *text, *error;
    } rows[] = {
        { "", "it is empty" },
        { "{", "line 1: it is not strict JSON" },
        { "\n{\"error\":1}", NO_SET },
        { "\n{\"keys\":1}", "\"keys\" is not an array" },
        { "<html>", NEITHER },
        { "\n-----BEGIN\n", NEITHER },
        { "\n\n" PEM_EDDSA_PRIVATE, "line 3: it is a private key; write only "
          "its public half here" },
    };
    const char  *texts[4];

    for (size_t i = 0; i < test_count(rows); i++) {
        for (size_t at = 0; at < 3; at++) {
            texts[0] = MINT_A3_JWK;
            texts[1] = PEM_EDDSA;
            texts[2] = MINT_A1_JWK;
            texts[3] = NULL;
            texts[at] = rows[i].text;

            test_row(of_texts(texts, set("A")) == NULL, i, rows[i].text);
            assert_string_equal(error, rows[i].error);
        }
    }

    texts[0] = NULL;
    assert_null(of_texts(texts, set("A")));
    assert_string_equal(error, "there is no key");

    (void) state;
}


/* A key that cannot be used is one key; the set says which, and why. */
static void
test_skips_keys_that_cannot_be_used(void **state)
{
    static const struct {
        const char  *text;
        size_t       n;
        const char  *says;
    } rows[] = {
        { SET(MINT_A3_JWK ",null"), 1, NO_OBJECT },
        { SET("[]," MINT_A3_JWK), 1, NO_OBJECT },
        { SET(OCT("7") ",\n" MINT_A3_JWK), 1, "line 1: " BAD_KID },
        { SET(MINT_A3_JWK ",\n" OCT("\"a\\u0000b\"") "," MINT_8037_JWK), 0,
          NULL },                          /* not strict JSON */
        { SET(MINT_A3_JWK ",\n" OCT("\"a\\u001fb\"") "," MINT_8037_JWK), 2,
          "line 2: " BAD_KID },
        { SET(MINT_A3_JWK ",{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":[],"
              "\"kid\":\"z\"}"), 1, "line 1: key \"z\": " MISSING_X },
        { SET(EC(MINT_A3_X, MINT_A3_X) "," MINT_8037_JWK "," MINT_A3_JWK), 2,
          "line 1: key \"without kid\": " POINT },
        { SET(MINT_A1_JWK ",\n\n{\"kty\":\"oct\",\"kid\":\"k\",\"k\":\""
              SECRET_31 "\"}"), 1, "line 3: key \"k\": " SECRET },

        /* blocks of PEM */
        { PEM_EDDSA PEM_BROKEN, 1, "line 4: " BROKEN },
        { PEM_BROKEN PEM_EDDSA, 1, "line 1: " BROKEN },
        { "-----BEGIN PUBLIC KEY-----\nMCow?\n" PEM_EDDSA PEM_ES256, 2,
          "line 1: " BROKEN },
        { PEM_EDDSA "-----BEGIN PUBLIC KEY-----\nMCow", 1, "line 4: " BROKEN },
        { "x -----BEGIN PUBLIC KEY-----\n" PEM_EDDSA, 1, NULL },
        { PEM_EDDSA "-----BEGIN\n-----BEGIN X\n", 1, NULL },
        { PEM_P384 PEM_EDDSA PEM_X25519, 1, NULL },

        /* of others */
        { SET(MINT_A3_JWK ",{\"kty\":\"oct\",\"alg\":\"HS512\",\"kid\":7}"),
          1, NULL },
        { SET(MINT_A3_JWK ",{\"kty\":\"oct\",\"use\":\"enc\",\"k\":7}"), 1,
          NULL },
    };
    char                                said[256];
    healthcode_keyring_t               *keyring;
    const healthcode_keyring_remark_t  *remark;

    for (size_t i = 0; i < test_count(rows); i++) {
        keyring = create(rows[i].text, set("A"));
        test_row((keyring != NULL) == (rows[i].n > 0), i, error);

        if (keyring == NULL) {
            continue;
        }

        test_row(healthcode_keyring_count(keyring) == rows[i].n, i,
                 rows[i].text);
        test_row(healthcode_keyring_skipped(keyring)
                 == (rows[i].says ? 1 : 0), i, rows[i].text);
        test_row(healthcode_keyring_remarks(keyring)
                 == healthcode_keyring_skipped(keyring), i, rows[i].text);

        remark = healthcode_keyring_remark_at(keyring, 0);
        test_row((remark != NULL) == (rows[i].says != NULL), i, rows[i].text);

        if (remark) {
            healthcode_keyring_remark_text(remark, said, sizeof(said));
            assert_true(remark->is_skipped);
            assert_string_equal(said, rows[i].says);
        }

        assert_null(healthcode_keyring_remark_at(keyring, 1));

        /* no half of a key is left */
        for (size_t n = 0; n < rows[i].n; n++) {
            assert_true(strlen(healthcode_keyring_at(keyring, n)->thumbprint)
                        == HEALTHCODE_THUMBPRINT_LEN);
        }

        healthcode_keyring_free(keyring);
    }

    /* of an algorithm that has broken keys alone there is none */
    keyring = create(SET(MINT_A3_JWK ",{\"kty\":\"oct\",\"k\":\"AA\"}"),
                     set("A"));
    assert_int_equal(healthcode_keyring_algorithms(keyring), set("E"));
    healthcode_keyring_free(keyring);

    (void) state;
}


/* Written wrong in a way that leaves no doubt: the key counts, and that is
   said. */
static void
test_accepts_what_is_written_wrong(void **state)
{
    static const struct {
        const char  *text;
        size_t       n;
        bool         is_remarked;
        const char  *says;
    } rows[] = {
        { MARK MINT_A3_JWK, 1, true, BEGINS },
        { MARK " \n" SET(MINT_A3_JWK "," MINT_8037_JWK), 2, true, BEGINS },
        { MARK PEM_EDDSA, 1, true, BEGINS },
        { SET(MINT_A3_JWK ",\n" EC(MINT_A3_X "=", MINT_A3_Y)), 2, true,
          "line 2: key \"without kid\": " BASE64 },
        { SET("{\"kid\":\"o\",\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\""
              "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\"}"), 1, true,
          "line 1: key \"o\": " BASE64 },

        /* null is not a private key */
        { "{\"d\":null,\"p\" : null," MINT_8037_MEMBERS "}", 1, false, NULL },
        { SET(MINT_A3_JWK ",{\"d\":null," MINT_8037_MEMBERS "}"), 2, false,
          NULL },
    };
    char                                said[256];
    healthcode_keyring_t               *keyring;
    const healthcode_keyring_remark_t  *remark;

    for (size_t i = 0; i < test_count(rows); i++) {
        keyring = create(rows[i].text, set("A"));
        test_row(keyring != NULL, i, error);
        assert_int_equal(healthcode_keyring_count(keyring), rows[i].n);
        assert_int_equal(healthcode_keyring_skipped(keyring), 0);
        assert_int_equal(healthcode_keyring_remarks(keyring),
                         rows[i].is_remarked);

        remark = healthcode_keyring_remark_at(keyring, 0);

        if (remark) {
            assert_false(remark->is_skipped);
            healthcode_keyring_remark_text(remark, said, sizeof(said));
            assert_string_equal(said, rows[i].says);
        }

        healthcode_keyring_free(keyring);
    }

    /* the mark is not the reason that a set is empty */
    assert_null(create(MARK "{\"keys\":[]}", set("A")));
    assert_string_equal(error, NO_KEY);
    assert_null(create(MARK, set("A")));
    assert_string_equal(error, "it is empty");
    assert_null(create(MARK "{\"keys\":[,", set("A")));
    assert_string_equal(error, "line 1: it is not strict JSON");
    assert_null(create("{\"d\": null,}", set("A")));
    assert_string_equal(error, "line 1: it is not strict JSON");
    assert_null(create("{\"d\": nulls,}", set("A")));
    assert_string_equal(error, "line 1: " PRIVATE);
    assert_null(create("\xff\xfe{", set("A")));
    assert_string_equal(error, "it is UTF-16; write it as UTF-8");
    assert_null(create("\xfe\xff", set("A")));
    assert_string_equal(error, "it is UTF-16; write it as UTF-8");

    /* it may begin as anything, and have a private key behind that */
    assert_null(create("\xfe\xff{\"d\":\"AQ\"}", set("A")));
    assert_string_equal(error, "line 1: " PRIVATE);
    assert_null(create("\xff\xfe" PEM_EDDSA_PRIVATE, set("A")));
    assert_non_null(strstr(error, "it is a private key"));

    /* the mark is part of the text by which the set is known */
    keyring = create(MARK MINT_A3_JWK, set("A"));
    memcpy(said, healthcode_keyring_generation(keyring),
           HEALTHCODE_KEYRING_GENERATION_LEN);
    healthcode_keyring_free(keyring);
    keyring = create(MINT_A3_JWK, set("A"));
    assert_memory_not_equal(said, healthcode_keyring_generation(keyring),
                            HEALTHCODE_KEYRING_GENERATION_LEN);
    healthcode_keyring_free(keyring);

    (void) state;
}


/* All are counted; the first ones are kept, with the numbers of their texts. */
static void
test_keeps_a_few_remarks_and_counts_all(void **state)
{
    char                                text[4096], said[256], wanted[64];
    size_t                              len = 0;
    const char                         *texts[] = { MINT_A3_JWK, text, NULL };
    healthcode_keyring_t               *keyring;
    const healthcode_keyring_remark_t  *remark;

    len += (size_t) snprintf(text, sizeof(text), "{\"keys\":[");

    for (unsigned i = 0; i < 12; i++) {
        len += (size_t) snprintf(text + len, sizeof(text) - len, "%s\n{\"kty\":"
                                 "\"oct\",\"kid\":\"k%u\",\"k\":\"AA\"}",
                                 i ? "," : "", i);
    }

    snprintf(text + len, sizeof(text) - len, "]}");
    keyring = of_texts(texts, set("A"));
    assert_non_null(keyring);
    assert_int_equal(healthcode_keyring_count(keyring), 1);
    assert_int_equal(healthcode_keyring_skipped(keyring), 12);
    assert_int_equal(healthcode_keyring_remarks(keyring), 12);

    for (unsigned i = 0; i < HEALTHCODE_KEYRING_REMARKS_MAX; i++) {
        remark = healthcode_keyring_remark_at(keyring, i);
        assert_int_equal(remark->text, 1);
        assert_int_equal(remark->line, i + 2);
        healthcode_keyring_remark_text(remark, said, sizeof(said));
        snprintf(wanted, sizeof(wanted), "line %u: key \"k%u\": ", i + 2, i);
        assert_memory_equal(said, wanted, strlen(wanted));
        assert_string_equal(said + strlen(wanted), SECRET);

        healthcode_keyring_remark_text(remark, (char *) guard_room(1, 9), 9);
    }

    assert_null(healthcode_keyring_remark_at(keyring,
                                             HEALTHCODE_KEYRING_REMARKS_MAX));
    assert_null(healthcode_keyring_remark_at(keyring, SIZE_MAX));
    healthcode_keyring_free(keyring);

    (void) state;
}


/* A text of keys that gives none is nothing to the others, wherever it is. */
static void
test_skips_texts_that_give_no_key(void **state)
{
    static const struct {
        const char  *text, *says;
    } rows[] = {
        { "\n{\"keys\":[]}", NO_KEY },
        { "\n{\"kty\":\"oct\",\"alg\":\"HS512\",\"k\":\"AA\"}", NO_KEY },
        { "\n\n" PEM_P384, NEITHER },
        { "\n{\"kty\":\"oct\",\"kid\":\"k\",\"k\":\"AA\"}",
          "line 2: key \"k\": " SECRET },
        { PEM_BROKEN, "line 1: " BROKEN },
    };
    char                                said[256];
    const char                         *texts[4];
    healthcode_keyring_t               *keyring;
    const healthcode_keyring_remark_t  *remark;

    for (size_t i = 0; i < test_count(rows); i++) {
        for (size_t at = 0; at < 3; at++) {
            texts[0] = MINT_A3_JWK;
            texts[1] = PEM_EDDSA;
            texts[2] = MINT_A1_JWK;
            texts[3] = NULL;
            texts[at] = rows[i].text;

            keyring = of_texts(texts, set("A"));
            test_row(keyring != NULL, i, error);
            assert_int_equal(healthcode_keyring_count(keyring), 2);
            assert_int_equal(healthcode_keyring_skipped(keyring), 1);

            remark = healthcode_keyring_remark_at(keyring, 0);
            healthcode_keyring_remark_text(remark, said, sizeof(said));
            assert_string_equal(said, rows[i].says);
            assert_int_equal(remark->text, at);
            healthcode_keyring_free(keyring);
        }

        /* and such texts alone are refused */
        texts[0] = texts[1] = rows[i].text;
        texts[2] = NULL;
        assert_null(of_texts(texts, set("A")));
        snprintf(said, sizeof(said), "%s; 1 more cannot be used either",
                 rows[i].says);
        assert_string_equal(error, said);
    }

    (void) state;
}


/* Two sets are the same only where their texts are, in their order. */
static void
test_knows_sets_by_their_texts(void **state)
{
    static const char  *const sets[][4] = {
        { MINT_A3_JWK },
        { MINT_A3_JWK SPACE },
        { SPACE MINT_A3_JWK },
        { MINT_A3_JWK, MINT_8037_JWK },
        { MINT_8037_JWK, MINT_A3_JWK },
        { MINT_A3_JWK SPACE, MINT_8037_JWK },
        { MINT_A3_JWK, SPACE MINT_8037_JWK },
        { MINT_A3_JWK, MINT_A3_JWK },
        { MINT_A3_JWK, MINT_A3_JWK, MINT_A3_JWK },
        { "{\"keys\":[" MINT_A3_JWK "," MINT_8037_JWK "]}" },
        { "{\"keys\":[" MINT_8037_JWK "," MINT_A3_JWK "]}" },
        { PEM_EDDSA PEM_ES256 },
        { PEM_EDDSA, PEM_ES256 },
    };
    size_t                 i, j;
    uint8_t                seen[test_count(sets)][32], sum[32];
    uint8_t                text[8 + sizeof(MINT_A3_JWK)] = { 0 };
    healthcode_keyring_t  *keyring;

    for (int round = 0; round < 2; round++) {
        for (i = 0; i < test_count(sets); i++) {
            keyring = of_texts(sets[i], set("A"));
            test_row(keyring != NULL, i, error);

            if (round) {
                assert_memory_equal(healthcode_keyring_generation(keyring),
                                    seen[i], 32);
            }

            memcpy(seen[i], healthcode_keyring_generation(keyring), 32);
            healthcode_keyring_free(keyring);
        }
    }

    for (i = 0; i < test_count(sets); i++) {
        for (j = 0; j < i; j++) {
            test_row(memcmp(seen[i], seen[j], 32) != 0, i, sets[i][0]);
        }
    }

    /* as the header says: SHA-256 of the length, in 8 bytes, and the text */
    text[7] = sizeof(MINT_A3_JWK) - 1;
    memcpy(text + 8, MINT_A3_JWK, sizeof(MINT_A3_JWK));
    EVP_Q_digest(NULL, "SHA256", NULL, text, 8 + sizeof(MINT_A3_JWK) - 1, sum,
                 NULL);
    assert_memory_equal(seen[0], sum, 32);

    keyring = create(MINT_A3_JWK, set("A"));
    assert_memory_equal(healthcode_keyring_generation(keyring), sum, 32);
    healthcode_keyring_free(keyring);

    (void) state;
}


/* Adds an Ed25519 key of this seed, with this kid (NULL: none), to a set. */
static size_t
add_key(char *text, size_t len, size_t size, unsigned seed, const char *kid)
{
    char  members[64] = "", jwk[256];

    if (kid) {
        snprintf(members, sizeof(members), "\"kid\":\"%s\",", kid);
    }

    mint_ed25519_jwk((uint8_t) seed, members, jwk, sizeof(jwk));

    return len + (size_t) snprintf(text + len, size - len, "%s%s",
                                   len ? "," : "{\"keys\":[", jwk);
}


/* The seeds of the keys that a code with this kid is tried against. */
static void
assert_candidates(const healthcode_keyring_t *keyring, const char *alg,
    const char *kid, const char *seeds, size_t row)
{
    char                     got[64], thumbprint[44], jwk[256];
    size_t                   n, len = 0;
    healthcode_str_t         name = { NULL, 0 };
    healthcode_keyring_t    *one;
    const healthcode_key_t  *keys[HEALTHCODE_KEYRING_TRIES_MAX + 1];

    if (kid) {
        name = guard_text(1, kid);
    }

    keys[HEALTHCODE_KEYRING_TRIES_MAX] = (const healthcode_key_t *) keyring;
    n = healthcode_keyring_candidates(keyring, mint_row(alg), name, keys);
    assert_ptr_equal(keys[HEALTHCODE_KEYRING_TRIES_MAX], keyring);
    assert_true(n <= HEALTHCODE_KEYRING_TRIES_MAX);
    got[0] = '\0';

    for (size_t i = 0; i < n; i++) {
        for (unsigned seed = 'a'; seed <= 'z'; seed++) {
            mint_ed25519_jwk((uint8_t) seed, "", jwk, sizeof(jwk));
            one = create(jwk, set("D"));
            memcpy(thumbprint, healthcode_keyring_at(one, 0)->thumbprint, 44);
            healthcode_keyring_free(one);

            if (strcmp(thumbprint, keys[i]->thumbprint) == 0) {
                got[len++] = (char) seed;
                got[len] = '\0';
            }
        }
    }

    if (strcmp(got, seeds) != 0) {
        print_error("row %zu: \"%s\" is not \"%s\"\n", row, got, seeds);
        fail();
    }
}


static void
test_tries_keys_by_kid_then_those_without(void **state)
{
    static const struct {
        const char  *keys;   /* seed and kid of each; "-" has none */
        const char  *kid;
        const char  *tried;
    } rows[] = {
        { "a:x b:y", "z", "" },
        { "a:x b:y", "", "" },
        { "a:x b:y", "X", "" },
        { "a:x b:y", "x", "a" },
        { "a:x b:y", "y", "b" },
        { "a:x b:y", NULL, "ab" },
        { "a:x b:x", "x", "ab" },
        { "a:x b:y c:x d:y", "x", "ac" },
        { "a:- b:x c:- d:x", "x", "bdac" },
        { "a:- b:x c:- d:x", "y", "ac" },
        { "a:- b:x c:- d:x", "", "ac" },
        { "a:- b:x c:- d:x", NULL, "abcd" },

        /* eight and no more */
        { "a:- b:- c:- d:- e:- f:- g:- h:- i:- j:x", "x", "jabcdefg" },
        { "a:- b:- c:- d:- e:- f:- g:- h:- i:- j:x", "y", "abcdefgh" },
        { "a:- b:- c:- d:- e:- f:- g:- h:- i:- j:x", NULL, "abcdefgh" },
        { "a:x b:x c:x d:x e:x f:x g:x h:x i:x j:-", "x", "abcdefgh" },
        { "a:x b:x c:x d:x e:x f:x g:x j:- k:-", "x", "abcdefgj" },
    };
    char                   text[8192], kid[2];
    size_t                 len;
    const char            *p;
    healthcode_keyring_t  *keyring;

    for (size_t i = 0; i < test_count(rows); i++) {
        len = 0;

        for (p = rows[i].keys; *p; p += 3 + (p[3] == ' ')) {
            kid[0] = p[2];
            kid[1] = '\0';
            len = add_key(text, len, sizeof(text), (unsigned) p[0],
                          p[2] == '-' ? NULL : kid);
        }

        /* a secret of the same kid, which is of another algorithm */
        snprintf(text + len, sizeof(text) - len, ",{\"kty\":\"oct\",\"kid\":"
                 "\"x\",\"k\":\"" SECRET_32 "\"}]}");
        keyring = create(text, set("A"));
        test_row(keyring != NULL, i, error);
        assert_int_equal(healthcode_keyring_nameless(keyring,
                                                     mint_row("HS256")), 0);
        assert_candidates(keyring, "EdDSA", rows[i].kid, rows[i].tried, i);
        assert_candidates(keyring, "ES256", rows[i].kid, "", i);
        healthcode_keyring_free(keyring);
    }

    (void) state;
}


/* Keys of several texts are one set, in the order of the texts. */
static void
test_tries_keys_of_all_texts(void **state)
{
    char                   one[2048], two[2048];
    size_t                 len;
    const char            *texts[3] = { one, two, NULL };
    healthcode_keyring_t  *keyring;

    len = add_key(one, 0, sizeof(one), 'a', NULL);
    len = add_key(one, len, sizeof(one), 'b', "x");
    strcpy(one + len, "]}");
    len = add_key(two, 0, sizeof(two), 'c', "x");
    len = add_key(two, len, sizeof(two), 'd', NULL);
    strcpy(two + len, "]}");

    keyring = of_texts(texts, set("A"));
    assert_non_null(keyring);
    assert_candidates(keyring, "EdDSA", "x", "bcad", 0);
    assert_candidates(keyring, "EdDSA", "y", "ad", 1);
    assert_candidates(keyring, "EdDSA", NULL, "abcd", 2);
    assert_int_equal(healthcode_keyring_nameless(keyring, mint_row("EdDSA")),
                     2);
    healthcode_keyring_free(keyring);

    (void) state;
}


static void
test_finds_each_of_a_thousand_keys(void **state)
{
    char                    *text, kid[16];
    size_t                   i, len, size = 200 * 1000;
    healthcode_keyring_t    *keyring;
    const healthcode_key_t  *keys[HEALTHCODE_KEYRING_TRIES_MAX];

    text = malloc(size);
    len = (size_t) snprintf(text, size, "{\"keys\":[");

    for (i = 0; i < 1000; i++) {
        len += (size_t) snprintf(text + len, size - len, "%s{\"kty\":\"oct\","
                                 "\"kid\":\"k%zu\",\"k\":\"" SECRET_32 "\"}",
                                 i ? ",\n" : "", i);
    }

    snprintf(text + len, size - len, "]}");
    keyring = create(text, set("A"));
    free(text);
    assert_non_null(keyring);

    for (i = 0; i < 1001; i++) {
        snprintf(kid, sizeof(kid), "k%zu", i);
        test_row(healthcode_keyring_candidates(keyring, mint_row("HS256"),
                                               guard_text(1, kid), keys)
                 == (i < 1000 ? 1 : 0), i, kid);

        if (i < 1000) {
            assert_ptr_equal(keys[0], healthcode_keyring_at(keyring, i));
            assert_int_equal(healthcode_keyring_number(keyring, keys[0]), i);
        }
    }

    healthcode_keyring_free(keyring);

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_refuses_keys_with_a_sentence),
        cmocka_unit_test(test_writes_no_error_past_its_room),
        cmocka_unit_test(test_passes_over_keys_of_others),
        cmocka_unit_test(test_knows_thumbprints),
        cmocka_unit_test(test_keeps_keys_in_their_order),
        cmocka_unit_test(test_holds_secrets_up_to_its_room),
        cmocka_unit_test(test_refuses_all_texts_for_one_that_is_bad),
        cmocka_unit_test(test_skips_keys_that_cannot_be_used),
        cmocka_unit_test(test_accepts_what_is_written_wrong),
        cmocka_unit_test(test_keeps_a_few_remarks_and_counts_all),
        cmocka_unit_test(test_skips_texts_that_give_no_key),
        cmocka_unit_test(test_knows_sets_by_their_texts),
        cmocka_unit_test(test_tries_keys_by_kid_then_those_without),
        cmocka_unit_test(test_tries_keys_of_all_texts),
        cmocka_unit_test(test_finds_each_of_a_thousand_keys),
    };

    return cmocka_run_group_tests_name("keyring", tests, NULL, NULL);
}
