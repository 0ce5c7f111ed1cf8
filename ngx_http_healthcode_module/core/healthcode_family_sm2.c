/*
 * SM2 with SM3 (GM/T 0003, 0009), "kty" EC: the hash that SM2 puts before the
 * text; the rest is as for ECDSA.  Knows no: token, claims, file.
 * docs/token-format.md, "Keys".
 */

#include <openssl/core_names.h>
#include <openssl/ec.h>

#include "healthcode_family.h"


static bool healthcode_family_sm2_prepare(healthcode_key_t *key,
    healthcode_str_t id);
static bool healthcode_family_sm2_prefix(healthcode_key_t *key,
    healthcode_str_t id);


const healthcode_family_t  healthcode_family_sm2 = {
    .load = healthcode_family_load_point,
    .check = healthcode_family_check_point,
    .prepare = healthcode_family_sm2_prepare,
    .members = healthcode_family_members_point,
    .verify = healthcode_family_verify_pair
};


static bool
healthcode_family_sm2_prepare(healthcode_key_t *key, healthcode_str_t id)
{
    key->signature_len = 2 * key->algorithm->part_len;

    return healthcode_family_prepare_digest(key)
           && EVP_PKEY_CTX_set_signature_md(key->verify, key->scratch->digest)
              == 1
           && healthcode_family_sm2_prefix(key, id);
}


/*
 * GM/T 0009 section 8.1: SM3 of the length of id in bits, id, the curve, its
 * generator and the point.  It depends on the key alone, so it is made once.
 */
static bool
healthcode_family_sm2_prefix(healthcode_key_t *key, healthcode_str_t id)
{
    size_t    glen, part = key->algorithm->part_len;
    uint8_t   bits[2], generator[1 + 2 * HEALTHCODE_FAMILY_PART_MAX];
    uint8_t   numbers[4][HEALTHCODE_FAMILY_PART_MAX];
    unsigned  len;

    if (id.len > HEALTHCODE_KEY_SM2_ID_MAX) {
        return false;
    }

    bits[0] = (uint8_t) (id.len * 8 >> 8);
    bits[1] = (uint8_t) (id.len * 8);

    if (!healthcode_family_number(key, OSSL_PKEY_PARAM_EC_A, numbers[0])
        || !healthcode_family_number(key, OSSL_PKEY_PARAM_EC_B, numbers[1])
        || !healthcode_family_number(key, OSSL_PKEY_PARAM_EC_PUB_X, numbers[2])
        || !healthcode_family_number(key, OSSL_PKEY_PARAM_EC_PUB_Y, numbers[3])
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
