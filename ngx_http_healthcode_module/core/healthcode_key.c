/*
 * One key: from a parsed public key to all that verifying takes, checked.
 * Knows no set of keys and no code.  docs/token-format.md, "Keys".
 */

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <stdlib.h>

#include "healthcode_key_private.h"


static const char *healthcode_key_check(healthcode_key_t *key);
static const char *healthcode_key_check_rsa(healthcode_key_t *key);
static const char *healthcode_key_check_point(healthcode_key_t *key);
static bool healthcode_key_prepare(healthcode_key_t *key);
static bool healthcode_key_prepare_padding(healthcode_key_t *key);
static bool healthcode_key_prepare_prefix(healthcode_key_t *key,
    healthcode_str_t id);


bool
healthcode_key_scratch_prepare(healthcode_key_scratch_t *scratch,
    const healthcode_algorithm_t *algorithm)
{
    if (scratch->md) {
        return true;
    }

    if (algorithm->digest && scratch->digest == NULL) {
        scratch->digest = EVP_MD_fetch(NULL, algorithm->digest, NULL);
        if (scratch->digest == NULL) {
            return false;
        }
    }

    scratch->md = EVP_MD_CTX_new();

    return scratch->md != NULL;
}


void
healthcode_key_scratch_free(healthcode_key_scratch_t *scratch)
{
    EVP_MD_CTX_free(scratch->md);
    EVP_MD_free(scratch->digest);
}


void
healthcode_key_free(healthcode_key_t *key)
{
    EVP_PKEY_CTX_free(key->verify);
    EVP_MD_CTX_free(key->whole);
    EVP_MAC_CTX_free(key->mac);
    EVP_PKEY_free(key->pkey);
    free((void *) (uintptr_t) key->kid.data);
}


bool
healthcode_key_is_of(EVP_PKEY *pkey, const healthcode_algorithm_t *algorithm)
{
    char    group[64];
    size_t  len;

    if (!EVP_PKEY_is_a(pkey, algorithm->type)) {
        return false;
    }

    return algorithm->group == NULL
           || (EVP_PKEY_get_group_name(pkey, group, sizeof(group), &len) == 1
               && strcmp(group, algorithm->group) == 0);
}


const char *
healthcode_key_from_public(healthcode_key_t *key, EVP_PKEY *pkey,
    healthcode_str_t sm2_id)
{
    const char  *wrong;

    key->pkey = pkey;

    wrong = healthcode_key_check(key);
    if (wrong) {
        return wrong;
    }

    if (!healthcode_key_prepare(key)
        || !healthcode_key_prepare_prefix(key, sm2_id)
        || !healthcode_key_thumbprint(key))
    {
        return "OpenSSL refuses it";
    }

    return NULL;
}


static const char *
healthcode_key_check(healthcode_key_t *key)
{
    switch (key->algorithm->family) {

    case HEALTHCODE_ALGORITHM_RSA:
    case HEALTHCODE_ALGORITHM_RSA_PSS:
        return healthcode_key_check_rsa(key);

    case HEALTHCODE_ALGORITHM_ECDSA:
    case HEALTHCODE_ALGORITHM_SM2:
        return healthcode_key_check_point(key);

    default:
        return NULL;
    }
}


/*
 * Size, and what makes a modulus or an exponent none.  Not OpenSSL's own
 * check, which looks for a prime modulus: 10 ms and more a key.
 */
static const char *
healthcode_key_check_rsa(healthcode_key_t *key)
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
        wrong = "it is an RSA key of more than 8192 bits, which would hold up "
                "the gate; have the issuer make a smaller one";

    } else if (!BN_is_odd(n)) {
        wrong = "its RSA modulus is even, so it is no RSA key";

    } else if (!BN_is_odd(e) || BN_is_one(e) || BN_num_bits(e) > 64) {
        wrong = "its RSA exponent is even, 1, or of more than 64 bits; 65537 "
                "is usual";
    }

    BN_free(n);
    BN_free(e);

    return wrong;
}


/*
 * The curves of the table have cofactor 1, so a point that is on the curve and
 * not at infinity is of the right order (SP 800-56A section 5.6.2.3.4).
 */
static const char *
healthcode_key_check_point(healthcode_key_t *key)
{
    bool           ok;
    EVP_PKEY_CTX  *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);

    ok = ctx && EVP_PKEY_public_check_quick(ctx) == 1;
    EVP_PKEY_CTX_free(ctx);

    return ok ? NULL : "it is no point of the curve";
}


static bool
healthcode_key_prepare(healthcode_key_t *key)
{
    const EVP_MD  *digest = key->scratch->digest;

    if (key->algorithm->family == HEALTHCODE_ALGORITHM_EDDSA) {
        key->signature_len = 2 * key->algorithm->part_len;
        key->whole = EVP_MD_CTX_new();

        return key->whole && EVP_DigestVerifyInit(key->whole, NULL, NULL, NULL,
                                                  key->pkey) == 1;
    }

    key->signature_len = key->algorithm->part_len
                         ? 2 * key->algorithm->part_len
                         : (size_t) EVP_PKEY_get_size(key->pkey);

    key->verify = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);

    return key->verify && EVP_PKEY_verify_init(key->verify) == 1
           && healthcode_key_prepare_padding(key)
           && EVP_PKEY_CTX_set_signature_md(key->verify, digest) == 1;
}


/* RFC 7518 section 3.5: MGF1 with the same hash, a salt of its length. */
static bool
healthcode_key_prepare_padding(healthcode_key_t *key)
{
    switch (key->algorithm->family) {

    case HEALTHCODE_ALGORITHM_RSA:
        return EVP_PKEY_CTX_set_rsa_padding(key->verify, RSA_PKCS1_PADDING)
               == 1;

    case HEALTHCODE_ALGORITHM_RSA_PSS:
        return EVP_PKEY_CTX_set_rsa_padding(key->verify, RSA_PKCS1_PSS_PADDING)
               == 1
               && EVP_PKEY_CTX_set_rsa_pss_saltlen(key->verify,
                                                   RSA_PSS_SALTLEN_DIGEST)
                  == 1
               && EVP_PKEY_CTX_set_rsa_mgf1_md(key->verify,
                                               key->scratch->digest) == 1;

    default:
        return true;
    }
}


/*
 * GM/T 0009 section 8.1: SM3 of the length of id in bits, id, the curve, its
 * generator and the point.  It depends on the key alone, so it is made once.
 */
static bool
healthcode_key_prepare_prefix(healthcode_key_t *key, healthcode_str_t id)
{
    size_t    glen, part = key->algorithm->part_len;
    uint8_t   bits[2], generator[1 + 2 * HEALTHCODE_KEY_PART_MAX];
    uint8_t   numbers[4][HEALTHCODE_KEY_PART_MAX];
    unsigned  len;

    if (key->algorithm->family != HEALTHCODE_ALGORITHM_SM2) {
        return true;
    }

    if (id.len > HEALTHCODE_KEY_SM2_ID_MAX) {
        return false;
    }

    bits[0] = (uint8_t) (id.len * 8 >> 8);
    bits[1] = (uint8_t) (id.len * 8);

    if (!healthcode_key_number(key, OSSL_PKEY_PARAM_EC_A, numbers[0])
        || !healthcode_key_number(key, OSSL_PKEY_PARAM_EC_B, numbers[1])
        || !healthcode_key_number(key, OSSL_PKEY_PARAM_EC_PUB_X, numbers[2])
        || !healthcode_key_number(key, OSSL_PKEY_PARAM_EC_PUB_Y, numbers[3])
        || EVP_PKEY_get_octet_string_param(key->pkey,
                                           OSSL_PKEY_PARAM_EC_GENERATOR,
                                           generator, sizeof(generator), &glen)
           != 1
        || glen != 1 + 2 * part
        || generator[0] != POINT_CONVERSION_UNCOMPRESSED)
    {
        return false;
    }

    if (EVP_DigestInit_ex2(key->scratch->md, key->scratch->digest, NULL) != 1
        || EVP_DigestUpdate(key->scratch->md, bits, sizeof(bits)) != 1
        || EVP_DigestUpdate(key->scratch->md, id.data, id.len) != 1
        || EVP_DigestUpdate(key->scratch->md, numbers[0], part) != 1
        || EVP_DigestUpdate(key->scratch->md, numbers[1], part) != 1
        || EVP_DigestUpdate(key->scratch->md, generator + 1, 2 * part) != 1
        || EVP_DigestUpdate(key->scratch->md, numbers[2], part) != 1
        || EVP_DigestUpdate(key->scratch->md, numbers[3], part) != 1
        || EVP_DigestFinal_ex(key->scratch->md, key->prefix, &len) != 1)
    {
        return false;
    }

    key->prefix_len = len;

    return len == HEALTHCODE_KEY_PREFIX_LEN;
}
