/*
 * HS256, HS384, HS512: HMAC with a shared secret, "kty" oct (RFC 7518 sections
 * 3.2 and 6.4).  Knows no: token, claims, file.  docs/token-format.md, "Keys".
 */

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <stdio.h>

#include "healthcode_base64url.h"
#include "healthcode_family.h"


#define HEALTHCODE_FAMILY_SECRET_MAX  1024


static const char *healthcode_family_hmac_load(healthcode_key_t *key,
    yyjson_val *jwk);
static bool healthcode_family_hmac_prepare(healthcode_key_t *key,
    const uint8_t *secret, size_t len);
static bool healthcode_family_hmac_verify(const healthcode_key_t *key,
    healthcode_str_t text, healthcode_str_t signature);


const healthcode_family_t  healthcode_family_hmac = {
    .load_secret = healthcode_family_hmac_load,
    .verify = healthcode_family_hmac_verify
};


static const char *
healthcode_family_hmac_load(healthcode_key_t *key, yyjson_val *jwk)
{
    bool              ok;
    char              canonical[HEALTHCODE_FAMILY_SECRET_MAX * 2];
    size_t            len;
    uint8_t           secret[HEALTHCODE_FAMILY_SECRET_MAX
                             + HEALTHCODE_FAMILY_SLACK];
    healthcode_str_t  text;

    if (healthcode_json_string(jwk, "k", &text) != 1
        || healthcode_base64url_decoded_len(text.len) > sizeof(secret)
        || !healthcode_base64url_decode(text, secret, &len)
        || len < key->algorithm->secret_min
        || len > HEALTHCODE_FAMILY_SECRET_MAX)
    {
        OPENSSL_cleanse(secret, sizeof(secret));
        return "\"k\" is missing, no base64url, or shorter than the hash";
    }

    snprintf(canonical, sizeof(canonical), "{\"k\":\"%s\",\"kty\":\"oct\"}",
             (const char *) text.data);

    ok = healthcode_family_hmac_prepare(key, secret, len)
         && healthcode_family_thumbprint(key, canonical);

    OPENSSL_cleanse(secret, sizeof(secret));
    OPENSSL_cleanse(canonical, sizeof(canonical));

    return ok ? NULL : "OpenSSL refuses it";
}


static bool
healthcode_family_hmac_prepare(healthcode_key_t *key, const uint8_t *secret,
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


static bool
healthcode_family_hmac_verify(const healthcode_key_t *key,
    healthcode_str_t text, healthcode_str_t signature)
{
    size_t   len;
    uint8_t  mac[EVP_MAX_MD_SIZE];

    /* A NULL key starts over with the key that the context was made with. */
    if (EVP_MAC_init(key->mac, NULL, 0, NULL) != 1
        || EVP_MAC_update(key->mac, text.data, text.len) != 1
        || EVP_MAC_final(key->mac, mac, &len, sizeof(mac)) != 1)
    {
        return false;
    }

    return len == signature.len
           && CRYPTO_memcmp(mac, signature.data, len) == 0;
}
