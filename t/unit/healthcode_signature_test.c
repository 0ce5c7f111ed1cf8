/*
 * Tests of healthcode_signature.c: forgeries first, then the examples of
 * RFC 7515 A.1 to A.4, RFC 8037 A.4, RFC 7520 section 4.2 and GM/T 0003.5, and
 * what OpenSSL signs.  Knows no token.
 * docs/token-format.md, "Signature".
 */

#include "test.h"
#include "mint.h"

#include <openssl/ec.h>
#include <openssl/err.h>

#include "../../ngx_http_healthcode_module/core/healthcode_signature.h"


#define SIGNATURE_MAX  512


/* An example: a key, the text, the signature. */
typedef struct {
    const char  *alg, *jwk, *text, *signature;
} example_t;

static const example_t  examples[] = {
    { "HS256", MINT_A1_JWK, MINT_A1_TEXT, MINT_A1_SIGNATURE },
    { "ES256", MINT_A3_JWK, MINT_A3_TEXT, MINT_A3_SIGNATURE },
    { "EdDSA", MINT_8037_JWK, MINT_8037_TEXT, MINT_8037_SIGNATURE },
    { "RS256", MINT_A2_JWK, MINT_A2_TEXT, MINT_A2_SIGNATURE },
    { "ES512", MINT_A4_JWK, MINT_A4_TEXT, MINT_A4_SIGNATURE },
    { "PS384", MINT_7520_JWK, MINT_7520_TEXT, MINT_7520_SIGNATURE },
    { "SGD_SM3_SM2", MINT_SM2_JWK, MINT_SM2_TEXT, MINT_SM2_SIGNATURE },
};

enum { HS256, ES256, EDDSA, RS256, ES512, PS384, SM2, NEXAMPLES };

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
static uint8_t                signatures[NEXAMPLES][SIGNATURE_MAX];
static size_t                 lens[NEXAMPLES];


static healthcode_keyring_t *
ring_of(const char *jwk, const char *alg, const char *sm2_id)
{
    char                         error[256];
    healthcode_keyring_t        *keyring;
    healthcode_keyring_rules_t   rules = { .algorithms.bits = 0 };

    rules.algorithms.bits = mint_algorithms(alg);

    if (sm2_id) {
        rules.sm2_id = healthcode_str_from(sm2_id, strlen(sm2_id));
    }

    keyring = healthcode_keyring_create(healthcode_str_from(jwk, strlen(jwk)),
                                        &rules, error, sizeof(error));
    if (keyring == NULL) {
        print_error("%s\n", error);
    }

    return keyring;
}


/* Of each type of key one algorithm, so that none needs an "alg". */
static healthcode_keyring_t *
ring(const char *jwk)
{
    return ring_of(jwk, "HS256 ES256 EdDSA", NULL);
}


static int
set_up(void **state)
{
    for (int i = 0; i < NEXAMPLES; i++) {
        rings[i] = ring_of(examples[i].jwk, examples[i].alg, NULL);
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
    uint8_t  forged[SIGNATURE_MAX];

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
    uint8_t  longer[SIGNATURE_MAX];

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


/* The same for the other curves, by their own order. */
static void
test_refuses_r_and_s_out_of_range_of_any_curve(void **state)
{
    static const int  pairs[] = { ES256, ES512, SM2 };
    int               e, n;
    BIGNUM           *values[6], *of;
    uint8_t           forged[SIGNATURE_MAX];

    for (size_t i = 0; i < test_count(pairs); i++) {
        e = pairs[i];
        n = (int) lens[e] / 2;
        of = NULL;
        assert_int_equal(EVP_PKEY_get_bn_param(
                             healthcode_keyring_at(rings[e], 0)->pkey,
                             OSSL_PKEY_PARAM_EC_ORDER, &of), 1);

        for (size_t v = 0; v < test_count(values); v++) {
            values[v] = BN_dup(of);
        }

        BN_zero(values[0]);
        BN_one(values[1]);
        BN_sub_word(values[2], 1);
        BN_add_word(values[4], 1);
        BN_one(values[5]);
        BN_lshift(values[5], values[5], n * 8);
        BN_sub_word(values[5], 1);

        for (size_t v = 0; v < test_count(values); v++) {
            memcpy(forged, signatures[e], lens[e]);
            BN_bn2binpad(values[v], forged, n);
            assert_false(verify(e, forged, lens[e]));

            memcpy(forged, signatures[e], lens[e]);
            BN_bn2binpad(values[v], forged + n, n);
            assert_false(verify(e, forged, lens[e]));

            for (size_t w = 0; w < test_count(values); w++) {
                BN_bn2binpad(values[v], forged, n);
                BN_bn2binpad(values[w], forged + n, n);
                assert_false(verify(e, forged, lens[e]));
            }
        }

        /* n more than r or s, if that fits */
        for (int half = 0; half < 2; half++) {
            BIGNUM  *more = BN_bin2bn(signatures[e] + half * n, n, NULL);

            BN_add(more, more, of);
            memcpy(forged, signatures[e], lens[e]);

            if (BN_bn2binpad(more, forged + half * n, n) == n) {
                assert_false(verify(e, forged, lens[e]));
            }

            BN_free(more);
        }

        for (size_t v = 0; v < test_count(values); v++) {
            BN_free(values[v]);
        }

        BN_free(of);
        assert_still_works(e);
    }

    (void) state;
}


/* GM/T 0009 section 8.1: another signer is another signature. */
static void
test_refuses_another_signer_of_sm2(void **state)
{
    char                   id[] = HEALTHCODE_KEY_SM2_ID;
    size_t                 len = strlen(id);
    healthcode_keyring_t  *other;
    healthcode_str_t       text = guard_text(0, MINT_SM2_TEXT);
    healthcode_str_t       signature = guard(1, signatures[SM2], 64);

    static const char  *const ids[] = {
        "", "1", "123456781234567", "12345678123456781", "ALICE123@YAHOO.COM",
    };

    for (size_t i = 0; i < test_count(ids); i++) {
        other = ring_of(MINT_SM2_JWK, "SGD_SM3_SM2", ids[i]);
        assert_non_null(other);
        assert_false(healthcode_signature_verify(healthcode_keyring_at(other,
                                                                       0),
                                                 text, signature));
        healthcode_keyring_free(other);
    }

    for (size_t bit = 0; bit < len * 8; bit++) {
        id[bit / 8] = (char) (id[bit / 8] ^ (1 << bit % 8));

        /* a C string that ends early is another one as well */
        other = ring_of(MINT_SM2_JWK, "SGD_SM3_SM2", id);
        assert_false(healthcode_signature_verify(healthcode_keyring_at(other,
                                                                       0),
                                                 text, signature));
        healthcode_keyring_free(other);
        id[bit / 8] = (char) (id[bit / 8] ^ (1 << bit % 8));
    }

    other = ring_of(MINT_SM2_JWK, "SGD_SM3_SM2", id);
    assert_true(healthcode_signature_verify(healthcode_keyring_at(other, 0),
                                            text, signature));
    healthcode_keyring_free(other);

    (void) state;
}


/* ECDSA over SM2's curve, and SM2 over the text alone, without ZA. */
static void
test_refuses_sm2_without_its_prefix(void **state)
{
    char                           jwk[1024];
    size_t                         len = 32, n = 80;
    uint8_t                        digest[32], made[80], raw[64];
    EVP_PKEY                      *key;
    ECDSA_SIG                     *pair;
    EVP_PKEY_CTX                  *ctx;
    const uint8_t                 *p = made;
    healthcode_keyring_t          *keyring;
    const healthcode_algorithm_t  *row = mint_row("SGD_SM3_SM2");

    key = mint_key(row);
    mint_jwk(key, row, "", jwk, sizeof(jwk));
    keyring = ring_of(jwk, "SGD_SM3_SM2", NULL);

    assert_int_equal(EVP_Q_digest(NULL, "SM3", NULL, "text", 4, digest, &len),
                     1);
    ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    assert_int_equal(EVP_PKEY_sign_init(ctx), 1);
    assert_int_equal(EVP_PKEY_sign(ctx, made, &n, digest, 32), 1);
    pair = d2i_ECDSA_SIG(NULL, &p, (long) n);
    BN_bn2binpad(ECDSA_SIG_get0_r(pair), raw, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(pair), raw + 32, 32);
    assert_false(healthcode_signature_verify(healthcode_keyring_at(keyring, 0),
                                             guard(0, "text", 4),
                                             guard(1, raw, 64)));

    mint_sign(key, row, -1, NULL, "text", 4, raw);
    assert_true(healthcode_signature_verify(healthcode_keyring_at(keyring, 0),
                                            guard(0, "text", 4),
                                            guard(1, raw, 64)));

    ECDSA_SIG_free(pair);
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(key);
    healthcode_keyring_free(keyring);

    (void) state;
}


/* An RSA key of 2048 bits, in a ring for each of two algorithms. */
typedef struct {
    EVP_PKEY              *key;
    healthcode_keyring_t  *rings[2];
} rsa_t;


static void
rsa_make(rsa_t *rsa, const char *first, const char *second)
{
    char  jwk[2048];

    rsa->key = mint_key(mint_row(first));
    mint_jwk(rsa->key, mint_row(first), "", jwk, sizeof(jwk));
    rsa->rings[0] = ring_of(jwk, first, NULL);
    rsa->rings[1] = ring_of(jwk, second, NULL);
    assert_non_null(rsa->rings[0]);
    assert_non_null(rsa->rings[1]);
}


static void
rsa_free(rsa_t *rsa)
{
    EVP_PKEY_free(rsa->key);
    healthcode_keyring_free(rsa->rings[0]);
    healthcode_keyring_free(rsa->rings[1]);
}


static bool
rsa_verify(const rsa_t *rsa, int i, const char *text, const uint8_t *signature,
    size_t len)
{
    bool  valid;

    valid = healthcode_signature_verify(healthcode_keyring_at(rsa->rings[i], 0),
                                        guard_text(0, text),
                                        guard(1, signature, len));
    assert_int_equal(ERR_peek_error(), 0);

    return valid;
}


/* RFC 8017 sections 8.1.2 and 8.2.2: as long as the modulus, less than it. */
static void
assert_length_and_range_of_rsa(const char *alg, const char *alg2)
{
    char      text[32];
    rsa_t     rsa;
    BIGNUM   *n = NULL, *s;
    uint8_t   signature[256], other[257];
    unsigned  i;

    rsa_make(&rsa, alg, alg2);
    assert_int_equal(EVP_PKEY_get_bn_param(rsa.key, OSSL_PKEY_PARAM_RSA_N, &n),
                     1);

    /* one that begins with a zero byte: one of 256 does */
    for (i = 0; i < 100000; i++) {
        snprintf(text, sizeof(text), "text %u", i);
        mint_sign(rsa.key, mint_row(alg), -1, NULL, text, strlen(text),
                  signature);

        if (signature[0] == 0) {
            break;
        }
    }

    assert_int_equal(signature[0], 0);
    assert_true(rsa_verify(&rsa, 0, text, signature, 256));
    assert_false(rsa_verify(&rsa, 0, text, signature + 1, 255));

    other[0] = 0;
    memcpy(other + 1, signature, 256);
    assert_false(rsa_verify(&rsa, 0, text, other, 257));
    memcpy(other, signature, 256);
    other[256] = 0;
    assert_false(rsa_verify(&rsa, 0, text, other, 257));

    /* the same number, plus the modulus */
    s = BN_bin2bn(signature, 256, NULL);
    BN_add(s, s, n);
    assert_int_equal(BN_bn2binpad(s, other, 256), 256);
    assert_false(rsa_verify(&rsa, 0, text, other, 256));
    BN_copy(s, n);
    BN_bn2binpad(s, other, 256);
    assert_false(rsa_verify(&rsa, 0, text, other, 256));
    memset(other, 0, sizeof(other));
    assert_false(rsa_verify(&rsa, 0, text, other, 256));
    other[255] = 1;
    assert_false(rsa_verify(&rsa, 0, text, other, 256));
    memset(other, 0xff, sizeof(other));
    assert_false(rsa_verify(&rsa, 0, text, other, 256));

    /* another hash */
    assert_false(rsa_verify(&rsa, 1, text, signature, 256));
    assert_true(rsa_verify(&rsa, 0, text, signature, 256));

    BN_free(n);
    BN_free(s);
    rsa_free(&rsa);
}


static void
test_refuses_rsa_that_is_shorter_longer_or_larger(void **state)
{
    assert_length_and_range_of_rsa("RS256", "RS384");
    assert_length_and_range_of_rsa("PS256", "PS384");

    (void) state;
}


static void
test_refuses_pss_of_another_salt_or_padding(void **state)
{
    static const struct {
        int   salt;
        bool  valid;
    } rows[] = {
        { 0, false }, { 1, false }, { 20, false }, { 31, false },
        { 33, false }, { 48, false }, { 64, false },
        { RSA_PSS_SALTLEN_MAX, false }, { 32, true },
        { RSA_PSS_SALTLEN_DIGEST, true },
    };
    rsa_t    rsa;
    uint8_t  signature[256];

    rsa_make(&rsa, "PS256", "RS256");

    for (size_t i = 0; i < test_count(rows); i++) {
        mint_sign(rsa.key, mint_row("PS256"), rows[i].salt, NULL, "text", 4,
                  signature);
        test_row(rsa_verify(&rsa, 0, "text", signature, 256) == rows[i].valid,
                 i, "salt");
        test_row(!rsa_verify(&rsa, 1, "text", signature, 256), i,
                 "PSS is no PKCS #1");
    }

    mint_sign(rsa.key, mint_row("RS256"), -1, NULL, "text", 4, signature);
    assert_false(rsa_verify(&rsa, 0, "text", signature, 256));
    assert_true(rsa_verify(&rsa, 1, "text", signature, 256));

    mint_sign(rsa.key, mint_row("PS384"), 32, NULL, "text", 4, signature);
    assert_false(rsa_verify(&rsa, 0, "text", signature, 256));

    rsa_free(&rsa);

    (void) state;
}


/* Every algorithm, by keys that OpenSSL made and signed with. */
static void
test_holds_what_openssl_signs(void **state)
{
    size_t                         len, i;
    char                           jwk[4096];
    uint8_t                        signature[SIGNATURE_MAX];
    EVP_PKEY                      *key;
    healthcode_str_t               text;
    healthcode_keyring_t          *keyring;
    const healthcode_key_t        *reader;
    const healthcode_algorithm_t  *row;

    for (i = 0; (row = healthcode_algorithm_at(i)) != NULL; i++) {
        key = mint_key(row);
        mint_jwk(key, row, "", jwk, sizeof(jwk));
        keyring = ring_of(jwk, row->name, NULL);
        assert_non_null(keyring);
        reader = healthcode_keyring_at(keyring, 0);
        text = guard_text(0, jwk);

        for (size_t n = 1; n < text.len; n += text.len / 3) {
            text = guard(0, jwk, n);
            len = mint_sign(key, row, -1, NULL, jwk, n, signature);
            test_row(len == reader->signature_len, i, row->name);
            test_row(healthcode_signature_verify(reader, text,
                                                 guard(1, signature, len)),
                     i, row->name);
            signature[n % len] ^= 0x10;
            test_row(!healthcode_signature_verify(reader, text,
                                                  guard(1, signature, len)),
                     i, row->name);
            text.len = strlen(jwk);
        }

        EVP_PKEY_free(key);
        healthcode_keyring_free(keyring);
    }

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
    uint8_t               *signature = guard_room(2, 64);
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


/*
 * Whoever has (r, s) can write (r, n - s), which is as good: one code has two
 * texts, and whatever is told apart by its text can be shown twice.
 */
static void
test_holds_the_other_half_of_ecdsa(void **state)
{
    int        curves[NEXAMPLES] = { [ES256] = NID_X9_62_prime256v1,
                                     [ES512] = NID_secp521r1 };
    BIGNUM    *s;
    size_t     half;
    uint8_t    other[SIGNATURE_MAX];
    EC_GROUP  *group;

    for (int i = 0; i < NEXAMPLES; i++) {

        if (curves[i] == 0) {
            continue;
        }

        half = lens[i] / 2;
        group = EC_GROUP_new_by_curve_name(curves[i]);
        s = BN_bin2bn(signatures[i] + half, (int) half, NULL);

        memcpy(other, signatures[i], half);
        assert_true(BN_sub(s, EC_GROUP_get0_order(group), s));
        assert_int_equal(BN_bn2binpad(s, other + half, (int) half), half);

        assert_memory_not_equal(other, signatures[i], lens[i]);
        assert_true(verify(i, other, lens[i]));

        other[half - 1] ^= 1;
        assert_false(verify(i, other, lens[i]));
        assert_still_works(i);

        BN_free(s);
        EC_GROUP_free(group);
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
        cmocka_unit_test(test_refuses_r_and_s_out_of_range_of_any_curve),
        cmocka_unit_test(test_refuses_another_signer_of_sm2),
        cmocka_unit_test(test_refuses_sm2_without_its_prefix),
        cmocka_unit_test(test_refuses_rsa_that_is_shorter_longer_or_larger),
        cmocka_unit_test(test_refuses_pss_of_another_salt_or_padding),
        cmocka_unit_test(test_refuses_s_past_the_order_of_ed25519),
        cmocka_unit_test(test_refuses_der_in_place_of_raw),
        cmocka_unit_test(test_refuses_the_signature_of_another_key),
        cmocka_unit_test(test_holds_the_examples),
        cmocka_unit_test(test_holds_what_openssl_signs),
        cmocka_unit_test(test_holds_the_other_half_of_ecdsa),
        cmocka_unit_test(test_knows_hmac_of_many_lengths),
    };

    return cmocka_run_group_tests_name("signature", tests, set_up, tear_down);
}
