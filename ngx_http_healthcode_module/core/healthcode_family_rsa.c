/*
 * RS256 ... RS512 and PS256 ... PS512: RSA with either padding, "kty" RSA (RFC
 * 7518 sections 3.3, 3.5 and 6.3; RFC 8017).  Knows no: token, claims, file.
 * docs/token-format.md, "Keys".
 */

#include <openssl/core_names.h>
#include <openssl/rsa.h>
#include <stdio.h>

#include "healthcode_family.h"


#define HEALTHCODE_FAMILY_RSA_BYTES  (HEALTHCODE_KEY_RSA_MAX / 8)

/* What is read of a modulus, so that one that is too large is called so. */
#define HEALTHCODE_FAMILY_RSA_READ   (2 * HEALTHCODE_FAMILY_RSA_BYTES)


static const char  healthcode_family_rsa_large[] =
    "it is an RSA key of more than 8192 bits, which would hold up the gate; "
    "have the issuer make a smaller one";

static const char  healthcode_family_rsa_exponent[] =
    "its RSA exponent is even, 1, or of more than 64 bits; 65537 is usual";


static const char *healthcode_family_rsa_load(healthcode_key_t *key,
    yyjson_val *jwk);
static const char *healthcode_family_rsa_member(healthcode_key_t *key,
    yyjson_val *jwk, const char *name, uint8_t *dst, size_t max, size_t *len);
static void healthcode_family_rsa_reverse(uint8_t *bytes, size_t len);
static const char *healthcode_family_rsa_check(const healthcode_key_t *key);
static bool healthcode_family_rsa_is_roca(const BIGNUM *n);
static bool healthcode_family_rsa_prepare(healthcode_key_t *key,
    healthcode_str_t sm2_id);
static bool healthcode_family_pss_prepare(healthcode_key_t *key,
    healthcode_str_t sm2_id);
static bool healthcode_family_rsa_members(const healthcode_key_t *key,
    char *text);
static bool healthcode_family_rsa_number(const healthcode_key_t *key,
    const char *name, char *text);


const healthcode_family_t  healthcode_family_rsa = {
    .load = healthcode_family_rsa_load,
    .check = healthcode_family_rsa_check,
    .prepare = healthcode_family_rsa_prepare,
    .members = healthcode_family_rsa_members,
    .verify = healthcode_family_verify_digest
};


const healthcode_family_t  healthcode_family_pss = {
    .load = healthcode_family_rsa_load,
    .check = healthcode_family_rsa_check,
    .prepare = healthcode_family_pss_prepare,
    .members = healthcode_family_rsa_members,
    .verify = healthcode_family_verify_digest
};


static const char *
healthcode_family_rsa_load(healthcode_key_t *key, yyjson_val *jwk)
{
    size_t       nlen, elen;
    uint8_t      n[HEALTHCODE_FAMILY_RSA_READ + HEALTHCODE_FAMILY_SLACK];
    uint8_t      e[16 + HEALTHCODE_FAMILY_SLACK];
    const char  *wrong;
    OSSL_PARAM   params[3];

    wrong = healthcode_family_rsa_member(key, jwk, "n", n,
                                         HEALTHCODE_FAMILY_RSA_READ, &nlen);
    if (wrong == NULL) {
        wrong = healthcode_family_rsa_member(key, jwk, "e", e, 16, &elen);
    }

    if (wrong) {
        return wrong;
    }

    /* big-endian in a JWK, native in a parameter */
    healthcode_family_rsa_reverse(n, nlen);
    healthcode_family_rsa_reverse(e, elen);

    params[0] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, n, nlen);
    params[1] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_E, e, elen);
    params[2] = OSSL_PARAM_construct_end();

    key->pkey = healthcode_family_public(key->algorithm->type, params);

    return key->pkey ? NULL : "OpenSSL refuses it";
}


static const char *
healthcode_family_rsa_member(healthcode_key_t *key, yyjson_val *jwk,
    const char *name, uint8_t *dst, size_t max, size_t *len)
{
    switch (healthcode_family_member(jwk, name, dst, max, len)) {

    case HEALTHCODE_FAMILY_BASE64URL:
        return NULL;

    case HEALTHCODE_FAMILY_BASE64:
        key->note = healthcode_family_base64_note;
        return NULL;

    case HEALTHCODE_FAMILY_MISSING:
        return "its \"n\" or \"e\" is missing, empty, or not a string";

    case HEALTHCODE_FAMILY_INVALID:
        return "its \"n\" or \"e\" is not base64url";

    default:
        return (max == HEALTHCODE_FAMILY_RSA_READ)
               ? healthcode_family_rsa_large : healthcode_family_rsa_exponent;
    }
}


static void
healthcode_family_rsa_reverse(uint8_t *bytes, size_t len)
{
    size_t   i, j;
    uint8_t  byte;

    for (i = 0, j = len - 1; i < j; i++, j--) {
        byte = bytes[i];
        bytes[i] = bytes[j];
        bytes[j] = byte;
    }
}


/*
 * Size, and what makes a modulus or an exponent none.  Not OpenSSL's own
 * check, which looks for a prime modulus: 10 ms and more a key.
 */
static const char *
healthcode_family_rsa_check(const healthcode_key_t *key)
{
    int          bits = EVP_PKEY_get_bits(key->pkey);
    BIGNUM      *n = NULL, *e = NULL;
    const char  *wrong = NULL;

    if (EVP_PKEY_get_bn_param(key->pkey, OSSL_PKEY_PARAM_RSA_N, &n) != 1
        || EVP_PKEY_get_bn_param(key->pkey, OSSL_PKEY_PARAM_RSA_E, &e) != 1)
    {
        wrong = "OpenSSL refuses it";

    } else if (bits < HEALTHCODE_KEY_RSA_MIN) {
        wrong = "it is an RSA key of fewer than 2048 bits, which is weak; have "
                "the issuer make one of 2048 bits or more";

    } else if (bits > HEALTHCODE_KEY_RSA_MAX) {
        wrong = healthcode_family_rsa_large;

    } else if (!BN_is_odd(n)) {
        wrong = "its RSA modulus is even, so it is not an RSA key";

    } else if (!BN_is_odd(e) || BN_is_one(e) || BN_num_bits(e) > 64) {
        wrong = healthcode_family_rsa_exponent;

    } else if (healthcode_family_rsa_is_roca(n)) {
        wrong = "its RSA modulus was made by a generator whose private keys "
                "can be computed (ROCA, CVE-2017-15361); have the issuer make "
                "another key";
    }

    BN_free(n);
    BN_free(e);

    return wrong;
}


/*
 * The fingerprint of ROCA: modulo each small prime, the modulus is a power of
 * 65537 (Nemec and others, "The Return of Coppersmith's Attack", section 2.4).
 * Of moduli made otherwise one in 2^27 or fewer has it.
 */
static bool
healthcode_family_rsa_is_roca(const BIGNUM *n)
{
    unsigned  p, left, power;

    static const uint8_t  primes[] = {
        3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71,
        73, 79, 83, 89, 97, 101, 103, 107, 109, 113, 127, 131, 137, 139, 149,
        151, 157, 163, 167
    };

    for (size_t i = 0; i < sizeof(primes); i++) {

        p = primes[i];
        left = (unsigned) BN_mod_word(n, p);
        power = 1;

        while (power != left) {
            power = power * (65537 % p) % p;

            if (power == 1) {
                return false;
            }
        }
    }

    return true;
}


static bool
healthcode_family_rsa_prepare(healthcode_key_t *key, healthcode_str_t sm2_id)
{
    (void) sm2_id;

    key->signature_len = (size_t) EVP_PKEY_get_size(key->pkey);

    return healthcode_family_prepare_digest(key)
           && EVP_PKEY_CTX_set_rsa_padding(key->verify, RSA_PKCS1_PADDING) == 1
           && EVP_PKEY_CTX_set_signature_md(key->verify, key->scratch->digest)
              == 1;
}


/* RFC 7518 section 3.5: MGF1 with the same hash, a salt of its length. */
static bool
healthcode_family_pss_prepare(healthcode_key_t *key, healthcode_str_t sm2_id)
{
    (void) sm2_id;

    key->signature_len = (size_t) EVP_PKEY_get_size(key->pkey);

    return healthcode_family_prepare_digest(key)
           && EVP_PKEY_CTX_set_rsa_padding(key->verify, RSA_PKCS1_PSS_PADDING)
              == 1
           && EVP_PKEY_CTX_set_rsa_pss_saltlen(key->verify,
                                               RSA_PSS_SALTLEN_DIGEST) == 1
           && EVP_PKEY_CTX_set_rsa_mgf1_md(key->verify, key->scratch->digest)
              == 1
           && EVP_PKEY_CTX_set_signature_md(key->verify, key->scratch->digest)
              == 1;
}


static bool
healthcode_family_rsa_members(const healthcode_key_t *key, char *text)
{
    char  n[2 * HEALTHCODE_FAMILY_RSA_BYTES - 128], e[64];

    if (!healthcode_family_rsa_number(key, OSSL_PKEY_PARAM_RSA_N, n)
        || !healthcode_family_rsa_number(key, OSSL_PKEY_PARAM_RSA_E, e))
    {
        return false;
    }

    snprintf(text, HEALTHCODE_FAMILY_CANONICAL_MAX,
             "{\"e\":\"%s\",\"kty\":\"RSA\",\"n\":\"%s\"}", e, n);

    return true;
}


/* base64url of a number (RFC 7518 section 2) into text; false on failure. */
static bool
healthcode_family_rsa_number(const healthcode_key_t *key, const char *name,
    char *text)
{
    int      n;
    BIGNUM  *number = NULL;
    uint8_t  bytes[HEALTHCODE_FAMILY_RSA_BYTES];

    if (EVP_PKEY_get_bn_param(key->pkey, name, &number) != 1) {
        return false;
    }

    n = (BN_num_bytes(number) <= (int) sizeof(bytes))
        ? BN_bn2bin(number, bytes) : 0;

    BN_free(number);

    healthcode_family_encode(bytes, (size_t) n, text);

    return n > 0;
}
