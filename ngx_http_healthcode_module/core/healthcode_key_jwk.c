/*
 * The members of a JWK (RFC 7517, 7518, 8037) -> a key.
 * Knows no set of keys and no code.  docs/token-format.md, "Keys".
 */

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <stdio.h>

#include "healthcode_base64url.h"
#include "healthcode_key_private.h"


#define HEALTHCODE_KEY_SECRET_MAX  1024
#define HEALTHCODE_KEY_RSA_BYTES   (HEALTHCODE_KEY_RSA_MAX / 8)

/* What is read of a modulus, so that one that is too large is called so. */
#define HEALTHCODE_KEY_RSA_READ    (2 * HEALTHCODE_KEY_RSA_BYTES)

/* The decoder wants two bytes more than it writes. */
#define HEALTHCODE_KEY_SLACK       2


static const char *healthcode_key_from_secret(healthcode_key_t *key,
    yyjson_val *jwk);
static bool healthcode_key_set_secret(healthcode_key_t *key,
    const uint8_t *secret, size_t len);
static EVP_PKEY *healthcode_key_load_rsa(yyjson_val *jwk);
static EVP_PKEY *healthcode_key_load_point(
    const healthcode_algorithm_t *algorithm, yyjson_val *jwk);
static EVP_PKEY *healthcode_key_load_raw(
    const healthcode_algorithm_t *algorithm, yyjson_val *jwk);
static EVP_PKEY *healthcode_key_from_params(const char *type,
    OSSL_PARAM *params);


const char *
healthcode_key_from_jwk(healthcode_key_t *key, yyjson_val *jwk,
    healthcode_str_t sm2_id)
{
    EVP_PKEY  *pkey = NULL;

    switch (key->algorithm->family) {

    case HEALTHCODE_ALGORITHM_HMAC:
        return healthcode_key_from_secret(key, jwk);

    case HEALTHCODE_ALGORITHM_RSA:
    case HEALTHCODE_ALGORITHM_RSA_PSS:
        pkey = healthcode_key_load_rsa(jwk);
        break;

    case HEALTHCODE_ALGORITHM_ECDSA:
    case HEALTHCODE_ALGORITHM_SM2:
        pkey = healthcode_key_load_point(key->algorithm, jwk);
        break;

    case HEALTHCODE_ALGORITHM_EDDSA:
        pkey = healthcode_key_load_raw(key->algorithm, jwk);
        break;
    }

    if (pkey == NULL) {
        return "its members are missing, of a wrong length, or no point of "
               "the curve";
    }

    return healthcode_key_from_public(key, pkey, sm2_id);
}


/*
 * Decodes a base64url member into dst of max bytes and
 * HEALTHCODE_KEY_SLACK more; returns the number of bytes, 0 where the member
 * is missing, too long or not base64url.
 */
static size_t
healthcode_key_member(yyjson_val *jwk, const char *name, uint8_t *dst,
    size_t max)
{
    size_t            len;
    healthcode_str_t  text;

    if (healthcode_json_string(jwk, name, &text) != 1
        || healthcode_base64url_decoded_len(text.len)
           > max + HEALTHCODE_KEY_SLACK
        || !healthcode_base64url_decode(text, dst, &len))
    {
        return 0;
    }

    return (len <= max) ? len : 0;
}


static const char *
healthcode_key_from_secret(healthcode_key_t *key, yyjson_val *jwk)
{
    bool              ok;
    char              canonical[HEALTHCODE_KEY_SECRET_MAX * 2];
    size_t            len;
    uint8_t           secret[HEALTHCODE_KEY_SECRET_MAX + HEALTHCODE_KEY_SLACK];
    healthcode_str_t  text;

    len = healthcode_key_member(jwk, "k", secret, HEALTHCODE_KEY_SECRET_MAX);

    if (len < key->algorithm->secret_min) {
        OPENSSL_cleanse(secret, sizeof(secret));
        return "\"k\" is missing, no base64url, or shorter than the hash";
    }

    healthcode_json_string(jwk, "k", &text);
    snprintf(canonical, sizeof(canonical), "{\"k\":\"%s\",\"kty\":\"oct\"}",
             (const char *) text.data);

    ok = healthcode_key_set_secret(key, secret, len)
         && healthcode_key_thumbprint_of(key, canonical);

    OPENSSL_cleanse(secret, sizeof(secret));
    OPENSSL_cleanse(canonical, sizeof(canonical));

    return ok ? NULL : "OpenSSL refuses it";
}


static bool
healthcode_key_set_secret(healthcode_key_t *key, const uint8_t *secret,
    size_t len)
{
    EVP_MAC     *hmac;
    OSSL_PARAM   params[2];

    hmac = EVP_MAC_fetch(NULL, key->algorithm->type, NULL);
    key->mac = hmac ? EVP_MAC_CTX_new(hmac) : NULL;
    EVP_MAC_free(hmac);

    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
                            (char *) (uintptr_t) key->algorithm->digest, 0);
    params[1] = OSSL_PARAM_construct_end();

    key->signature_len = key->algorithm->part_len;

    return key->mac && EVP_MAC_init(key->mac, secret, len, params) == 1;
}


static EVP_PKEY *
healthcode_key_load_rsa(yyjson_val *jwk)
{
    size_t       i, j, nlen, elen;
    uint8_t      n[HEALTHCODE_KEY_RSA_READ + HEALTHCODE_KEY_SLACK];
    uint8_t      e[16 + HEALTHCODE_KEY_SLACK], byte;
    OSSL_PARAM   params[3];

    nlen = healthcode_key_member(jwk, "n", n, HEALTHCODE_KEY_RSA_READ);
    elen = healthcode_key_member(jwk, "e", e, 16);

    if (nlen == 0 || elen == 0) {
        return NULL;
    }

    /* big-endian in a JWK, native in a parameter */
    for (i = 0, j = nlen - 1; i < j; i++, j--) {
        byte = n[i];
        n[i] = n[j];
        n[j] = byte;
    }

    for (i = 0, j = elen - 1; i < j; i++, j--) {
        byte = e[i];
        e[i] = e[j];
        e[j] = byte;
    }

    params[0] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, n, nlen);
    params[1] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_E, e, elen);
    params[2] = OSSL_PARAM_construct_end();

    return healthcode_key_from_params("RSA", params);
}


static EVP_PKEY *
healthcode_key_load_point(const healthcode_algorithm_t *algorithm,
    yyjson_val *jwk)
{
    size_t      len = algorithm->part_len;
    uint8_t     point[1 + 2 * HEALTHCODE_KEY_PART_MAX + HEALTHCODE_KEY_SLACK];
    OSSL_PARAM  params[3];

    point[0] = POINT_CONVERSION_UNCOMPRESSED;

    /* x first: its decoder may touch two bytes past the end */
    if (healthcode_key_member(jwk, "x", point + 1, len) != len
        || healthcode_key_member(jwk, "y", point + 1 + len, len) != len)
    {
        return NULL;
    }

    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
                                 (char *) (uintptr_t) algorithm->group, 0);
    params[1] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
                                                  point, 1 + 2 * len);
    params[2] = OSSL_PARAM_construct_end();

    return healthcode_key_from_params(algorithm->type, params);
}


static EVP_PKEY *
healthcode_key_load_raw(const healthcode_algorithm_t *algorithm,
    yyjson_val *jwk)
{
    uint8_t  raw[HEALTHCODE_KEY_PART_MAX + HEALTHCODE_KEY_SLACK];

    if (healthcode_key_member(jwk, "x", raw, algorithm->part_len)
        != algorithm->part_len)
    {
        return NULL;
    }

    return EVP_PKEY_new_raw_public_key_ex(NULL, algorithm->type, NULL, raw,
                                          algorithm->part_len);
}


static EVP_PKEY *
healthcode_key_from_params(const char *type, OSSL_PARAM *params)
{
    EVP_PKEY      *pkey = NULL;
    EVP_PKEY_CTX  *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);

    if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1
        || EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
    {
        pkey = NULL;
    }

    EVP_PKEY_CTX_free(ctx);

    return pkey;
}
