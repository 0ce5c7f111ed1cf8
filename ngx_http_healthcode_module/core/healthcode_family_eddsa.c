/*
 * EdDSA with Ed25519, "kty" OKP (RFC 8037).  Knows no: token, claims, file.
 * docs/token-format.md, "Keys".
 */

#include <stdio.h>

#include "healthcode_family.h"


static const char *healthcode_family_eddsa_load(healthcode_key_t *key,
    yyjson_val *jwk);
static bool healthcode_family_eddsa_prepare(healthcode_key_t *key,
    healthcode_str_t sm2_id);
static bool healthcode_family_eddsa_members(const healthcode_key_t *key,
    char *text);
static bool healthcode_family_eddsa_verify(const healthcode_key_t *key,
    healthcode_str_t text, healthcode_str_t signature);


const healthcode_family_t  healthcode_family_eddsa = {
    .load = healthcode_family_eddsa_load,
    .prepare = healthcode_family_eddsa_prepare,
    .members = healthcode_family_eddsa_members,
    .verify = healthcode_family_eddsa_verify
};


static const char *
healthcode_family_eddsa_load(healthcode_key_t *key, yyjson_val *jwk)
{
    size_t   len, part = key->algorithm->part_len;
    uint8_t  raw[HEALTHCODE_FAMILY_PART_MAX + HEALTHCODE_FAMILY_SLACK];

    switch (healthcode_family_member(jwk, "x", raw, part, &len)) {

    case HEALTHCODE_FAMILY_BASE64URL:
        break;

    case HEALTHCODE_FAMILY_BASE64:
        key->note = healthcode_family_base64_note;
        break;

    case HEALTHCODE_FAMILY_MISSING:
        return "its \"x\" is missing, empty, or not a string";

    case HEALTHCODE_FAMILY_INVALID:
        return "its \"x\" is not base64url";

    default:
        len = 0;
    }

    if (len != part) {
        return "its \"x\" is longer or shorter than a key of its curve";
    }

    key->pkey = EVP_PKEY_new_raw_public_key_ex(NULL, key->algorithm->type, NULL,
                                               raw, part);

    return key->pkey ? NULL : "OpenSSL refuses it";
}


static bool
healthcode_family_eddsa_prepare(healthcode_key_t *key, healthcode_str_t sm2_id)
{
    (void) sm2_id;

    key->signature_len = 2 * key->algorithm->part_len;
    key->whole = EVP_MD_CTX_new();

    return key->whole && EVP_DigestVerifyInit(key->whole, NULL, NULL, NULL,
                                              key->pkey) == 1;
}


static bool
healthcode_family_eddsa_members(const healthcode_key_t *key, char *text)
{
    char     x[HEALTHCODE_FAMILY_TEXT_MAX];
    size_t   len = HEALTHCODE_FAMILY_PART_MAX;
    uint8_t  raw[HEALTHCODE_FAMILY_PART_MAX];

    if (EVP_PKEY_get_raw_public_key(key->pkey, raw, &len) != 1) {
        return false;
    }

    healthcode_family_encode(raw, len, x);
    snprintf(text, HEALTHCODE_FAMILY_CANONICAL_MAX,
             "{\"crv\":\"%s\",\"kty\":\"%s\",\"x\":\"%s\"}",
             key->algorithm->crv, key->algorithm->kty, x);

    return true;
}


static bool
healthcode_family_eddsa_verify(const healthcode_key_t *key,
    healthcode_str_t text, healthcode_str_t signature)
{
    EVP_MD_CTX  *md = key->scratch->md;

    /*
     * A copy of the key's template, since making one fetches the algorithm
     * again; a used context takes a copy only after a reset.
     */
    return EVP_MD_CTX_reset(md) == 1
           && EVP_MD_CTX_copy_ex(md, key->whole) == 1
           && EVP_DigestVerify(md, signature.data, signature.len, text.data,
                               text.len) == 1;
}
