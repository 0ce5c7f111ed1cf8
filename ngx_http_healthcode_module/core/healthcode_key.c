/*
 * One key: from a JWK (RFC 7517, 7518, 8037) or from a parsed public key to
 * all that verifying takes, checked.  Knows no set of keys and no code.
 * docs/token-format.md, "Keys".
 */

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>

#include "healthcode_base64url.h"
#include "healthcode_key.h"


#define HEALTHCODE_KEY_SECRET_MAX  1024
#define HEALTHCODE_KEY_RSA_BYTES   (HEALTHCODE_KEY_RSA_MAX / 8)

/* What is read of a modulus, so that one that is too large is called so. */
#define HEALTHCODE_KEY_RSA_READ    (2 * HEALTHCODE_KEY_RSA_BYTES)

/* The decoder wants two bytes more than it writes. */
#define HEALTHCODE_KEY_SLACK       2

/* Bytes of a coordinate, of any curve of the table. */
#define HEALTHCODE_KEY_PART_MAX    66


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
static const char *healthcode_key_check(healthcode_key_t *key);
static const char *healthcode_key_check_rsa(healthcode_key_t *key);
static const char *healthcode_key_check_point(healthcode_key_t *key);
static bool healthcode_key_prepare(healthcode_key_t *key);
static bool healthcode_key_prepare_padding(healthcode_key_t *key);
static bool healthcode_key_prepare_prefix(healthcode_key_t *key,
    healthcode_str_t id);
static bool healthcode_key_thumbprint(healthcode_key_t *key);
static bool healthcode_key_thumbprint_rsa(healthcode_key_t *key);
static bool healthcode_key_thumbprint_of(healthcode_key_t *key,
    const char *canonical);


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


/* base64url of bytes into text, with a NUL. */
static void
healthcode_key_encode(const uint8_t *bytes, size_t len, char *text)
{
    len = healthcode_base64url_encode(healthcode_str_from(bytes, len), text);
    text[len] = '\0';
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


/* Writes the parameter into dst, of part_len bytes. */
static bool
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


/* RFC 7638: the required members, in order, without blanks. */
static bool
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


static bool
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
