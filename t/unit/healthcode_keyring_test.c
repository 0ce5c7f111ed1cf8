/*
 * Tests of healthcode_keyring.c: keys that are refused, and with which
 * sentence; keys that are passed over; thumbprints of RFC 8037 A.3 and of the
 * openssl command.  docs/token-format.md, "Keys".
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
    "it is neither a JWK set nor a PEM \"PUBLIC KEY\" for these algorithms"
#define NO_KEY   "it has no key for these algorithms"
#define MEMBERS                                                               \
    "its members are missing, of a wrong length, or no point of the curve"
#define SECRET                                                                \
    "\"k\" is missing, no base64url, or shorter than the hash"
#define NAMELESS  "line 1: key \"without kid\": "
#define PRIVATE                                                               \
    "it is a private key; write only its public members here"

#define EC(x, y)  "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" x "\",\"y\":\""\
    y "\"}"
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
        { "A", "{", "line 1: it is no strict JSON" },
        { "A", "{} {}", "line 1: it is no strict JSON" },
        { "A", "{\"keys\":[" MINT_A3_JWK "],\"keys\":[]}",
          "line 1: it is no strict JSON" },
        { "A", "{\"keys\":[{\"kty\":\"oct\",\"k\":\"" SECRET_32 "\",\"k\":\""
          SECRET_32 "\"}]}", "line 1: it is no strict JSON" },
        { "A", "{}", NO_KEY },
        { "A", "{\"keys\":[]}", NO_KEY },
        { "A", "{\"keys\":{}}", "\"keys\" is no array" },
        { "A", "{\"keys\":null}", "\"keys\" is no array" },
        { "A", "{\"keys\":[1]}", "a member of \"keys\" is no object" },
        { "A", "{\"keys\":[" MINT_A3_JWK ",null]}",
          "a member of \"keys\" is no object" },
        { "A", "{\"kty\":\"EC\",\"kid\":1}",
          "line 1: a \"kid\" is no string, or has control characters" },
        { "A", "{\"kty\":\"EC\",\"kid\":\"a\\nb\"}",
          "line 1: a \"kid\" is no string, or has control characters" },
        { "A", "{\"kty\":\"EC\",\"kid\":null}",
          "line 1: a \"kid\" is no string, or has control characters" },

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
        { "A", "{\"keys\":[" MINT_A3_JWK ",{\"kty\":\"x\",\"d\":null}]}",
          NAMELESS PRIVATE },
        { "A", PEM_EDDSA_PRIVATE, "line 1: it is a "
          "private key; write only its public half here" },
        { "A", PEM_EDDSA_PRIVATE PEM_EDDSA, "line 1: it is a "
          "private key; write only its public half here" },
        { "A", PEM_EDDSA PEM_EDDSA_PRIVATE, "line 4: it is a "
          "private key; write only its public half here" },

        /* meant, but broken */
        { "A", PEM_BROKEN, "line 1: a PEM block in it is broken" },
        { "A", PEM_EDDSA PEM_BROKEN, "line 4: a PEM block in it is broken" },
        { "A", PEM_EDDSA "-----BEGIN PUBLIC KEY-----\nMCow",
          "line 4: a PEM block in it is broken" },
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
          "line 1: key \"e\": " MEMBERS },
        { "A", "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" MINT_A3_X "\"}",
          NAMELESS MEMBERS },
        { "A", EC(ZEROS, ZEROS), NAMELESS MEMBERS },
        { "A", EC("", ""), NAMELESS MEMBERS },
        { "A", EC("AA", "AA"), NAMELESS MEMBERS },
        { "A", EC(MINT_A3_X, MINT_A3_X), NAMELESS MEMBERS },
        { "A", EC(MINT_A3_Y, MINT_A3_X), NAMELESS MEMBERS },
        { "A", EC(MINT_A3_X, "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a4"),
          NAMELESS MEMBERS },              /* not on the curve */
        { "A", EC("__________________________________________8", MINT_A3_Y),
          NAMELESS MEMBERS },              /* past the field */
        { "A", EC(MINT_A3_X MINT_A3_X, MINT_A3_Y),
          NAMELESS MEMBERS },
        { "A", EC("AH_NzidxwsRdQYPL7m_bS3tYBzM1e-nvE7rPbjx70VRF", MINT_A3_Y),
          NAMELESS MEMBERS },              /* 33 bytes */
        { "A", EC("/83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", MINT_A3_Y),
          NAMELESS MEMBERS },

        { "A", "{\"kty\":\"OKP\",\"crv\":\"Ed25519\"}",
          NAMELESS MEMBERS },
        { "A", "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AA\"}",
          NAMELESS MEMBERS },
        { "A", "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" MINT_8037_X
          "AA\"}", NAMELESS MEMBERS },
        { "A", "{\"keys\":[" MINT_A3_JWK ",{\"kty\":\"OKP\",\"crv\":\"Ed25519\""
          ",\"x\":[],\"kid\":\"z\"}]}", "line 1: key \"z\": " MEMBERS },
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
        { "A", "{\"kty\":\"oct\",\"use\":null,\"k\":\"" SECRET_32 "\"}", 0 },
        { "A", "{\"kty\":\"oct\",\"key_ops\":[],\"k\":\"" SECRET_32 "\"}", 0 },
        { "A", "{\"kty\":\"oct\",\"key_ops\":\"verify\",\"k\":\"" SECRET_32
          "\"}", 0 },
        { "A", "{\"kty\":\"oct\",\"key_ops\":[\"sign\"],\"k\":\"" SECRET_32
          "\"}", 0 },
        { "HD", MINT_A3_JWK, 0 },
        { "A", "{\"kty\":\"oct\",\"key_ops\":[\"sign\",\"verify\"],\"use\":"
          "\"sig\",\"alg\":\"HS256\",\"k\":\"" SECRET_32 "\"}", 1 },
        { "A", "{\"kty\":\"oct\",\"k\":\"" SECRET_32 "\"}", 1 },
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
    }

    assert_null(healthcode_keyring_at(keyring, 20));
    healthcode_keyring_free(keyring);

    keyring = create(PEM_ES256 "between\n" PEM_P384 PEM_EDDSA, set("A"));
    assert_non_null(keyring);
    assert_int_equal(healthcode_keyring_algorithms(keyring), set("ED"));
    assert_int_equal(healthcode_keyring_at(keyring, 1)->algorithm->family,
                     HEALTHCODE_ALGORITHM_EDDSA);
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
    };

    return cmocka_run_group_tests_name("keyring", tests, NULL, NULL);
}
