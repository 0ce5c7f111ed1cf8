/*
 * Tests of healthcode_signature.c: forgeries first, then the examples of
 * RFC 7515 A.1 and A.3 and of RFC 8037 A.4.  Knows no token.
 * docs/token-format.md, "Signature".
 */

#include "test.h"
#include "mint.h"

#include <openssl/err.h>

#include "../../ngx_http_healthcode_module/core/healthcode_signature.h"


/* An example: a key, the text, the signature. */
typedef struct {
    const char  *jwk, *text, *signature;
} example_t;

static const example_t  examples[] = {
    { MINT_A1_JWK, MINT_A1_TEXT, MINT_A1_SIGNATURE },
    { MINT_A3_JWK, MINT_A3_TEXT, MINT_A3_SIGNATURE },
    { MINT_8037_JWK, MINT_8037_TEXT, MINT_8037_SIGNATURE },
};

enum { HS256, ES256, EDDSA, NEXAMPLES };

/* The order of P-256, and the prime of its field. */
static const uint8_t  order[32] = {
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84,
    0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51
};
static const uint8_t  prime[32] = {
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff
};

static healthcode_keyring_t  *rings[NEXAMPLES];
static uint8_t                signatures[NEXAMPLES][128];
static size_t                 lens[NEXAMPLES];


static healthcode_keyring_t *
ring(const char *jwk)
{
    char                         error[256];
    healthcode_keyring_t        *keyring;
    healthcode_keyring_rules_t   rules = { .algorithms.bits = 0 };

    /* of each type of key one algorithm, so that none needs an "alg" */
    rules.algorithms.bits = mint_algorithms("HS256 ES256 EdDSA");

    keyring = healthcode_keyring_create(healthcode_str_from(jwk, strlen(jwk)),
                                        &rules, error, sizeof(error));
    if (keyring == NULL) {
        print_error("%s\n", error);
    }

    return keyring;
}


static int
set_up(void **state)
{
    for (int i = 0; i < NEXAMPLES; i++) {
        rings[i] = ring(examples[i].jwk);
        lens[i] = mint_decode(examples[i].signature, signatures[i]);

        if (rings[i] == NULL) {
            return -1;
        }
    }

    (void) state;

    return 0;
}


static int
tear_down(void **state)
{
    for (int i = 0; i < NEXAMPLES; i++) {
        healthcode_keyring_free(rings[i]);
    }

    (void) state;

    return 0;
}


/* Verifies at the walls; the key must still work after a failure. */
static bool
verify_bytes(int i, const void *text, size_t text_len, const void *signature,
    size_t len)
{
    bool                     valid;
    const healthcode_key_t  *key = healthcode_keyring_at(rings[i], 0);

    valid = healthcode_signature_verify(key, guard(0, text, text_len),
                                        guard(1, signature, len));
    assert_int_equal(ERR_peek_error(), 0);

    return valid;
}


static bool
verify(int i, const void *signature, size_t len)
{
    return verify_bytes(i, examples[i].text, strlen(examples[i].text),
                        signature, len);
}


static void
assert_still_works(int i)
{
    assert_true(verify(i, signatures[i], lens[i]));
}


static void
test_refuses_a_flip_of_any_bit_of_the_signature(void **state)
{
    uint8_t  forged[128];

    for (int i = 0; i < NEXAMPLES; i++) {
        for (size_t bit = 0; bit < lens[i] * 8; bit++) {
            memcpy(forged, signatures[i], lens[i]);
            forged[bit / 8] ^= (uint8_t) (1u << bit % 8);
            assert_false(verify(i, forged, lens[i]));
        }

        assert_still_works(i);
    }

    (void) state;
}


static void
test_refuses_a_flip_of_any_byte_of_the_text(void **state)
{
    char    text[512];
    size_t  len;

    for (int i = 0; i < NEXAMPLES; i++) {
        len = strlen(examples[i].text);

        for (size_t at = 0; at < len; at++) {
            memcpy(text, examples[i].text, len);
            text[at] ^= 1;
            assert_false(verify_bytes(i, text, len, signatures[i], lens[i]));
        }

        assert_false(verify_bytes(i, text, len - 1, signatures[i], lens[i]));
        assert_false(verify_bytes(i, text, 0, signatures[i], lens[i]));
        assert_still_works(i);
    }

    (void) state;
}


static void
test_refuses_any_other_length(void **state)
{
    uint8_t  longer[256];

    for (int i = 0; i < NEXAMPLES; i++) {
        memset(longer, 0, sizeof(longer));
        memcpy(longer, signatures[i], lens[i]);

        for (size_t len = 0; len < sizeof(longer); len++) {
            assert_true(verify(i, longer, len) == (len == lens[i]));
        }

        /* zeros in front */
        memset(longer, 0, sizeof(longer));
        memcpy(longer + 1, signatures[i], lens[i]);
        assert_false(verify(i, longer, lens[i] + 1));

        assert_false(healthcode_signature_verify(
                         healthcode_keyring_at(rings[i], 0),
                         healthcode_str_from(examples[i].text,
                                             strlen(examples[i].text)),
                         (healthcode_str_t) { NULL, 0 }));
        assert_still_works(i);
    }

    (void) state;
}


/* r and s of 0, n and beyond: CVE-2022-21449 and its kin. */
static void
test_refuses_r_and_s_out_of_range(void **state)
{
    static uint8_t         zero[32], one[32], ones[32], above[32], below[32];
    const uint8_t         *values[] = { zero, one, order, above, below, prime,
                                        ones };
    const uint8_t         *r = signatures[ES256], *s = r + 32;
    uint8_t                forged[64];

    one[31] = 1;
    memset(ones, 0xff, 32);
    memcpy(above, order, 32);
    above[31]++;
    memcpy(below, order, 32);
    below[31]--;

    for (size_t i = 0; i < test_count(values); i++) {
        for (size_t j = 0; j < test_count(values); j++) {
            memcpy(forged, values[i], 32);
            memcpy(forged + 32, values[j], 32);
            assert_false(verify(ES256, forged, 64));
        }

        memcpy(forged, values[i], 32);
        memcpy(forged + 32, s, 32);
        assert_false(verify(ES256, forged, 64));

        memcpy(forged, r, 32);
        memcpy(forged + 32, values[i], 32);
        assert_false(verify(ES256, forged, 64));
    }

    assert_still_works(ES256);

    /* r and s changed for each other */
    memcpy(forged, s, 32);
    memcpy(forged + 32, r, 32);
    assert_false(verify(ES256, forged, 64));

    (void) state;
}


/* s + L signs the same in sloppy implementations of Ed25519 (RFC 8032 5.1.7) */
static void
test_refuses_s_past_the_order_of_ed25519(void **state)
{
    static const uint8_t  order25519[32] = {
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2,
        0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0x10
    };
    uint8_t   forged[64];
    unsigned  carry = 0;

    memcpy(forged, signatures[EDDSA], 64);

    for (int i = 0; i < 32; i++) {
        carry += forged[32 + i] + order25519[i];
        forged[32 + i] = (uint8_t) carry;
        carry >>= 8;
    }

    assert_false(verify(EDDSA, forged, 64));

    memset(forged, 0, sizeof(forged));
    assert_false(verify(EDDSA, forged, 64));
    forged[0] = 1;                       /* the neutral point, s = 0 */
    assert_false(verify(EDDSA, forged, 64));
    assert_still_works(EDDSA);

    (void) state;
}


static void
test_refuses_der_in_place_of_raw(void **state)
{
    size_t      len;
    uint8_t     raw[64], der[80];
    EVP_PKEY   *key = EVP_EC_gen("P-256");
    EVP_PKEY   *kept;

    /* a fresh key, lent to the ring, whose private half makes both forms */
    healthcode_keyring_t  *keyring = ring(MINT_A3_JWK);
    healthcode_key_t      *slot;

    slot = (healthcode_key_t *) (uintptr_t) healthcode_keyring_at(keyring, 0);
    kept = slot->pkey;
    EVP_PKEY_CTX_free(slot->verify);
    slot->pkey = key;
    slot->verify = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    assert_int_equal(EVP_PKEY_verify_init(slot->verify), 1);
    EVP_PKEY_free(kept);

    for (int i = 0; i < 50; i++) {
        mint_es256_sign(key, "text", 4, raw, der, &len);
        assert_true(healthcode_signature_verify(slot, guard(0, "text", 4),
                                                guard(1, raw, 64)));
        assert_false(healthcode_signature_verify(slot, guard(0, "text", 4),
                                                 guard(1, der, len)));
        assert_false(healthcode_signature_verify(slot, guard(0, "texu", 4),
                                                 guard(1, raw, 64)));
    }

    healthcode_keyring_free(keyring);

    (void) state;
}


static void
test_refuses_the_signature_of_another_key(void **state)
{
    char                   jwk[256], code[512];
    uint8_t                signature[64];
    healthcode_keyring_t  *other;

    mint_ed25519_jwk(1, "", jwk, sizeof(jwk));
    mint_eddsa("{}", "{}", 1, code);
    mint_decode(strrchr(code, '.') + 1, signature);
    *strrchr(code, '.') = '\0';

    other = ring(jwk);
    assert_true(healthcode_signature_verify(healthcode_keyring_at(other, 0),
                                            guard_text(0, code),
                                            guard(1, signature, 64)));
    assert_false(verify_bytes(EDDSA, code, strlen(code), signature, 64));
    assert_false(healthcode_signature_verify(healthcode_keyring_at(other, 0),
                                       guard_text(0, examples[EDDSA].text),
                                       guard(1, signatures[EDDSA], 64)));
    healthcode_keyring_free(other);

    /* the same length, of another algorithm */
    assert_false(verify(ES256, signatures[EDDSA], 64));
    assert_false(verify(EDDSA, signatures[ES256], 64));
    assert_still_works(ES256);
    assert_still_works(EDDSA);

    (void) state;
}


static void
test_holds_the_examples(void **state)
{
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < NEXAMPLES; i++) {
            assert_still_works(i);
        }
    }

    (void) state;
}


/* Secrets of 32 bytes, of a block, of more than one; with zeros at the end. */
static void
test_knows_hmac_of_many_lengths(void **state)
{
    char                   jwk[1024], k[600], text[200];
    uint8_t                secret[256], mac[32];
    healthcode_keyring_t  *keyring;

    for (size_t i = 0; i < sizeof(secret); i++) {
        secret[i] = (uint8_t) (i * 7 + 1);
    }

    memset(text, 't', sizeof(text));

    for (size_t len = 32; len <= sizeof(secret); len += 8) {
        secret[len - 1] = 0;
        mint_base64url(secret, len, k);
        snprintf(jwk, sizeof(jwk), "{\"kty\":\"oct\",\"k\":\"%s\"}", k);
        keyring = ring(jwk);

        for (size_t n = 0; n < sizeof(text); n += 13) {
            HMAC(EVP_sha256(), secret, (int) len, (uint8_t *) text, n, mac,
                 NULL);
            assert_true(healthcode_signature_verify(
                            healthcode_keyring_at(keyring, 0),
                            guard(0, text, n), guard(1, mac, 32)));
            mac[31] ^= 0x80;
            assert_false(healthcode_signature_verify(
                             healthcode_keyring_at(keyring, 0),
                             guard(0, text, n), guard(1, mac, 32)));
        }

        healthcode_keyring_free(keyring);
    }

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_refuses_a_flip_of_any_bit_of_the_signature),
        cmocka_unit_test(test_refuses_a_flip_of_any_byte_of_the_text),
        cmocka_unit_test(test_refuses_any_other_length),
        cmocka_unit_test(test_refuses_r_and_s_out_of_range),
        cmocka_unit_test(test_refuses_s_past_the_order_of_ed25519),
        cmocka_unit_test(test_refuses_der_in_place_of_raw),
        cmocka_unit_test(test_refuses_the_signature_of_another_key),
        cmocka_unit_test(test_holds_the_examples),
        cmocka_unit_test(test_knows_hmac_of_many_lengths),
    };

    return cmocka_run_group_tests_name("signature", tests, set_up, tear_down);
}
