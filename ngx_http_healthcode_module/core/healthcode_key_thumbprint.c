/*
 * The numbers of a key, and its thumbprint (RFC 7638), by which the store
 * knows it.
 * Knows no set of keys and no code.  docs/token-format.md, "Keys".
 */

#include <openssl/core_names.h>
#include <stdio.h>

#include "healthcode_base64url.h"
#include "healthcode_key_private.h"


#define HEALTHCODE_KEY_RSA_BYTES  (HEALTHCODE_KEY_RSA_MAX / 8)


static bool healthcode_key_thumbprint_rsa(healthcode_key_t *key);


/* base64url of bytes into text, with a NUL. */
static void
healthcode_key_encode(const uint8_t *bytes, size_t len, char *text)
{
    len = healthcode_base64url_encode(healthcode_str_from(bytes, len), text);
    text[len] = '\0';
}


bool
healthcode_key_number(const healthcode_key_t *key, const char *name,
    uint8_t *dst)
{
    int      n = (int) key->algorithm->part_len;
    bool     ok;
    BIGNUM  *number = NULL;

    ok = EVP_PKEY_get_bn_param(key->pkey, name, &number) == 1
         && BN_bn2binpad(number, dst, n) == n;

    BN_free(number);

    return ok;
}


bool
healthcode_key_thumbprint(healthcode_key_t *key)
{
    char                           canonical[512], x[128], y[128];
    size_t                         len, part = key->algorithm->part_len;
    uint8_t                        raw[2 * HEALTHCODE_KEY_PART_MAX];
    const healthcode_algorithm_t  *row = key->algorithm;

    if (part == 0) {
        return healthcode_key_thumbprint_rsa(key);
    }

    if (row->family == HEALTHCODE_ALGORITHM_EDDSA) {
        len = sizeof(raw);

        if (EVP_PKEY_get_raw_public_key(key->pkey, raw, &len) != 1) {
            return false;
        }

        healthcode_key_encode(raw, len, x);
        snprintf(canonical, sizeof(canonical),
                 "{\"crv\":\"%s\",\"kty\":\"%s\",\"x\":\"%s\"}",
                 row->crv, row->kty, x);

        return healthcode_key_thumbprint_of(key, canonical);
    }

    if (!healthcode_key_number(key, OSSL_PKEY_PARAM_EC_PUB_X, raw)
        || !healthcode_key_number(key, OSSL_PKEY_PARAM_EC_PUB_Y, raw + part))
    {
        return false;
    }

    healthcode_key_encode(raw, part, x);
    healthcode_key_encode(raw + part, part, y);
    snprintf(canonical, sizeof(canonical),
             "{\"crv\":\"%s\",\"kty\":\"%s\",\"x\":\"%s\",\"y\":\"%s\"}",
             row->crv, row->kty, x, y);

    return healthcode_key_thumbprint_of(key, canonical);
}


/* base64url of a number (RFC 7518 section 2) into text; false on failure. */
static bool
healthcode_key_number_text(const healthcode_key_t *key, const char *name,
    char *text)
{
    int      n;
    BIGNUM  *number = NULL;
    uint8_t  bytes[HEALTHCODE_KEY_RSA_BYTES];

    if (EVP_PKEY_get_bn_param(key->pkey, name, &number) != 1) {
        return false;
    }

    n = (BN_num_bytes(number) <= (int) sizeof(bytes))
        ? BN_bn2bin(number, bytes) : 0;

    BN_free(number);

    healthcode_key_encode(bytes, (size_t) n, text);

    return n > 0;
}


static bool
healthcode_key_thumbprint_rsa(healthcode_key_t *key)
{
    char  canonical[2 * HEALTHCODE_KEY_RSA_BYTES];
    char  n[2 * HEALTHCODE_KEY_RSA_BYTES - 128], e[64];

    if (!healthcode_key_number_text(key, OSSL_PKEY_PARAM_RSA_N, n)
        || !healthcode_key_number_text(key, OSSL_PKEY_PARAM_RSA_E, e))
    {
        return false;
    }

    snprintf(canonical, sizeof(canonical),
             "{\"e\":\"%s\",\"kty\":\"RSA\",\"n\":\"%s\"}", e, n);

    return healthcode_key_thumbprint_of(key, canonical);
}


bool
healthcode_key_thumbprint_of(healthcode_key_t *key, const char *canonical)
{
    uint8_t  digest[EVP_MAX_MD_SIZE];

    if (EVP_Digest(canonical, strlen(canonical), digest, NULL, EVP_sha256(),
                   NULL) != 1)
    {
        return false;
    }

    healthcode_key_encode(digest, 32, key->thumbprint);

    return true;
}
