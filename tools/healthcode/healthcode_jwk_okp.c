/*
 * Keys of Edwards curves as a JWK: "kty" OKP (RFC 8037 section 2).
 * Knows no other type of key.  docs/token-format.md, "Keys".
 */

#include <openssl/crypto.h>

#include "healthcode_jwk_private.h"


static EVP_PKEY *healthcode_jwk_okp_generate(
    const healthcode_algorithm_t *algorithm, size_t bits);
static const char *healthcode_jwk_okp_load(
    const healthcode_algorithm_t *algorithm, yyjson_val *object,
    EVP_PKEY **pkey);
static bool healthcode_jwk_okp_is_pair(EVP_PKEY *pkey, yyjson_val *object);
static size_t healthcode_jwk_okp_members(const healthcode_jwk_t *jwk,
    healthcode_jwk_member_t *members);


const healthcode_jwk_type_t  healthcode_jwk_okp = {
    .kty = "OKP",
    .secret = "d",
    .generate = healthcode_jwk_okp_generate,
    .load = healthcode_jwk_okp_load,
    .members = healthcode_jwk_okp_members
};


static EVP_PKEY *
healthcode_jwk_okp_generate(const healthcode_algorithm_t *algorithm,
    size_t bits)
{
    (void) bits;

    return EVP_PKEY_Q_keygen(NULL, NULL, algorithm->type);
}


static const char *
healthcode_jwk_okp_load(const healthcode_algorithm_t *algorithm,
    yyjson_val *object, EVP_PKEY **pkey)
{
    size_t   len;
    uint8_t  raw[HEALTHCODE_JWK_MEMBER_MAX];

    if (healthcode_jwk_member(object, "d", raw, &len)
        && len == algorithm->part_len)
    {
        *pkey = EVP_PKEY_new_raw_private_key_ex(NULL, algorithm->type, NULL,
                                                raw, len);
    }

    OPENSSL_cleanse(raw, sizeof(raw));

    if (*pkey == NULL) {
        return "its \"d\" is not base64url, or of a wrong length";
    }

    return healthcode_jwk_okp_is_pair(*pkey, object)
           ? NULL : "its members do not belong together: \"x\" is not the "
                    "public half of \"d\"";
}


static bool
healthcode_jwk_okp_is_pair(EVP_PKEY *pkey, yyjson_val *object)
{
    size_t   len, xlen = HEALTHCODE_JWK_MEMBER_MAX;
    uint8_t  x[HEALTHCODE_JWK_MEMBER_MAX], said[HEALTHCODE_JWK_MEMBER_MAX];

    return EVP_PKEY_get_raw_public_key(pkey, x, &xlen) == 1
           && healthcode_jwk_member(object, "x", said, &len)
           && len == xlen && memcmp(x, said, len) == 0;
}


static size_t
healthcode_jwk_okp_members(const healthcode_jwk_t *jwk,
    healthcode_jwk_member_t *members)
{
    members[0].name = "x";
    members[0].secret = false;
    members[0].len = sizeof(members[0].data);
    members[1].name = "d";
    members[1].secret = true;
    members[1].len = sizeof(members[1].data);

    return EVP_PKEY_get_raw_public_key(jwk->pkey, members[0].data,
                                       &members[0].len) == 1
           && EVP_PKEY_get_raw_private_key(jwk->pkey, members[1].data,
                                           &members[1].len) == 1
           ? 2 : 0;
}
