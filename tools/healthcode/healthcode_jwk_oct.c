/*
 * Shared secrets as a JWK: "kty" oct (RFC 7518 section 6.4).
 * Knows no other type of key.  docs/token-format.md, "Keys".
 */

#include <openssl/rand.h>

#include "healthcode_jwk_private.h"


static EVP_PKEY *healthcode_jwk_oct_generate(
    const healthcode_algorithm_t *algorithm, size_t bits);
static const char *healthcode_jwk_oct_load(
    const healthcode_algorithm_t *algorithm, yyjson_val *object,
    EVP_PKEY **pkey);
static size_t healthcode_jwk_oct_members(const healthcode_jwk_t *jwk,
    healthcode_jwk_member_t *members);


const healthcode_jwk_type_t  healthcode_jwk_oct = {
    .kty = "oct",
    .secret = "k",
    .generate = healthcode_jwk_oct_generate,
    .load = healthcode_jwk_oct_load,
    .members = healthcode_jwk_oct_members
};


/* As long as the hash: RFC 7518, 3.2 asks for that; longer is not stronger. */
static EVP_PKEY *
healthcode_jwk_oct_generate(const healthcode_algorithm_t *algorithm,
    size_t bits)
{
    size_t     len = algorithm->secret_min;
    uint8_t    secret[HEALTHCODE_JWK_MEMBER_MAX];
    EVP_PKEY  *pkey;

    (void) bits;

    if (RAND_priv_bytes(secret, (int) len) != 1) {
        return NULL;
    }

    pkey = EVP_PKEY_new_raw_private_key_ex(NULL, algorithm->type, NULL, secret,
                                           len);
    OPENSSL_cleanse(secret, sizeof(secret));

    return pkey;
}


static const char *
healthcode_jwk_oct_load(const healthcode_algorithm_t *algorithm,
    yyjson_val *object, EVP_PKEY **pkey)
{
    size_t   len;
    uint8_t  secret[HEALTHCODE_JWK_MEMBER_MAX];

    if (healthcode_jwk_member(object, "k", secret, &len)
        && len >= algorithm->secret_min)
    {
        *pkey = EVP_PKEY_new_raw_private_key_ex(NULL, algorithm->type, NULL,
                                                secret, len);
    }

    OPENSSL_cleanse(secret, sizeof(secret));

    return *pkey ? NULL
                 : "its \"k\" is not base64url, or shorter than the hash";
}


static size_t
healthcode_jwk_oct_members(const healthcode_jwk_t *jwk,
    healthcode_jwk_member_t *members)
{
    /* a gate needs it, too */
    members[0].name = "k";
    members[0].secret = false;
    members[0].len = sizeof(members[0].data);

    return EVP_PKEY_get_raw_private_key(jwk->pkey, members[0].data,
                                        &members[0].len) == 1
           ? 1 : 0;
}
