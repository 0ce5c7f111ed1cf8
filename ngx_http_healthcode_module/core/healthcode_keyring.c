/*
 * Key bytes -> parsed keys: a JWK or JWK set (RFC 7517, 7518, 8037) or PEM
 * public keys.  Reads no files, judges no codes.
 * docs/token-format.md, "Keys".
 */

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>

#include "healthcode_base64url.h"
#include "healthcode_json.h"
#include "healthcode_keyring.h"


#define HEALTHCODE_KEYRING_SECRET_MAX  1024


struct healthcode_keyring_s {
    size_t             nkeys;
    size_t             nalloc;
    unsigned           algorithms;   /* of the keys */
    unsigned           allowed;      /* by the caller */
    char              *error;
    size_t             error_size;
    healthcode_key_t  *keys;
};


static bool healthcode_keyring_fail(healthcode_keyring_t *keyring,
    const char *kid, const char *what);
static bool healthcode_keyring_read_jwks(healthcode_keyring_t *keyring,
    healthcode_str_t text);
static bool healthcode_keyring_read_jwk(healthcode_keyring_t *keyring,
    yyjson_val *jwk);
static bool healthcode_keyring_is_printable(const char *text);
static bool healthcode_keyring_is_for_verifying(yyjson_val *jwk);
static bool healthcode_keyring_choose(healthcode_keyring_t *keyring,
    yyjson_val *jwk, const healthcode_algorithm_t **chosen);
static bool healthcode_keyring_read_pem(healthcode_keyring_t *keyring,
    healthcode_str_t text);
static bool healthcode_keyring_read_pem_block(healthcode_keyring_t *keyring,
    const char *name, const uint8_t *data, long len);
static const healthcode_algorithm_t *healthcode_keyring_fitting(
    const healthcode_keyring_t *keyring, EVP_PKEY *pkey);
static healthcode_key_t *healthcode_keyring_push(healthcode_keyring_t *keyring,
    const healthcode_algorithm_t *algorithm, const char *kid);
static bool healthcode_keyring_load(healthcode_key_t *key, yyjson_val *jwk);
static bool healthcode_keyring_load_secret(healthcode_key_t *key,
    yyjson_val *jwk);
static bool healthcode_keyring_load_point(healthcode_key_t *key,
    yyjson_val *jwk);
static bool healthcode_keyring_load_raw(healthcode_key_t *key,
    yyjson_val *jwk);
static bool healthcode_keyring_prepare(healthcode_key_t *key);
static bool healthcode_keyring_set_secret(healthcode_key_t *key,
    const uint8_t *secret, size_t len);
static bool healthcode_keyring_thumbprint(healthcode_key_t *key,
    const char *canonical);
static bool healthcode_keyring_thumbprint_public(healthcode_key_t *key);


healthcode_keyring_t *
healthcode_keyring_create(healthcode_str_t text, unsigned algorithms,
    char *error, size_t size)
{
    bool                   ok;
    healthcode_keyring_t  *keyring;

    keyring = calloc(1, sizeof(healthcode_keyring_t));
    if (keyring == NULL) {
        snprintf(error, size, "no memory");
        return NULL;
    }

    keyring->allowed = algorithms;
    keyring->error = error;
    keyring->error_size = size;

    while (text.len && memchr(" \t\r\n", text.data[0], 4)) {
        text = healthcode_str_from(text.data + 1, text.len - 1);
    }

    ok = (text.len && text.data[0] == '{')
         ? healthcode_keyring_read_jwks(keyring, text)
         : healthcode_keyring_read_pem(keyring, text);

    if (ok && keyring->nkeys == 0) {
        ok = healthcode_keyring_fail(keyring, NULL,
                                     "it has no key for these algorithms");
    }

    /* A failure left in OpenSSL's queue would be blamed on nginx's own TLS. */
    ERR_clear_error();

    if (!ok) {
        healthcode_keyring_free(keyring);
        return NULL;
    }

    return keyring;
}


void
healthcode_keyring_free(healthcode_keyring_t *keyring)
{
    healthcode_key_t  *key;

    if (keyring == NULL) {
        return;
    }

    for (size_t i = 0; i < keyring->nkeys; i++) {
        key = &keyring->keys[i];

        EVP_PKEY_CTX_free(key->verify);
        EVP_PKEY_free(key->pkey);
        EVP_MD_CTX_free(key->md);
        EVP_MD_free(key->digest);
        EVP_MAC_CTX_free(key->mac);
        free((void *) (uintptr_t) key->kid.data);
    }

    free(keyring->keys);
    free(keyring);
}


const healthcode_key_t *
healthcode_keyring_at(const healthcode_keyring_t *keyring, size_t i)
{
    return (i < keyring->nkeys) ? &keyring->keys[i] : NULL;
}


unsigned
healthcode_keyring_algorithms(const healthcode_keyring_t *keyring)
{
    return keyring->algorithms;
}


static bool
healthcode_keyring_fail(healthcode_keyring_t *keyring, const char *kid,
    const char *what)
{
    if (kid) {
        snprintf(keyring->error, keyring->error_size, "key \"%s\": %s", kid,
                 what);
    } else {
        snprintf(keyring->error, keyring->error_size, "%s", what);
    }

    return false;
}


static bool
healthcode_keyring_read_jwks(healthcode_keyring_t *keyring,
    healthcode_str_t text)
{
    bool         ok;
    void        *memory;
    size_t       i, n, size = healthcode_json_memory(text.len);
    yyjson_val  *object, *keys, *jwk;

    memory = malloc(size);
    object = memory ? healthcode_json_read(text, memory, size) : NULL;

    if (object == NULL) {
        free(memory);
        return healthcode_keyring_fail(keyring, NULL, "it is no strict JSON");
    }

    keys = yyjson_obj_get(object, "keys");
    ok = true;

    if (keys == NULL) {
        ok = healthcode_keyring_read_jwk(keyring, object);

    } else if (!yyjson_is_arr(keys)) {
        ok = healthcode_keyring_fail(keyring, NULL, "\"keys\" is no array");

    } else {
        yyjson_arr_foreach(keys, i, n, jwk) {
            ok = ok && healthcode_keyring_read_jwk(keyring, jwk);
        }
    }

    OPENSSL_cleanse(memory, size);
    free(memory);

    return ok;
}


static bool
healthcode_keyring_read_jwk(healthcode_keyring_t *keyring, yyjson_val *jwk)
{
    const char                    *kid;
    yyjson_val                    *member;
    healthcode_key_t              *key;
    const healthcode_algorithm_t  *algorithm;

    if (!yyjson_is_obj(jwk)) {
        return healthcode_keyring_fail(keyring, NULL,
                                       "a member of \"keys\" is no object");
    }

    member = yyjson_obj_get(jwk, "kid");
    kid = yyjson_get_str(member);

    if (member && (kid == NULL || !healthcode_keyring_is_printable(kid))) {
        return healthcode_keyring_fail(keyring, NULL, "a \"kid\" is no string, "
                                       "or has control characters");
    }

    if (yyjson_obj_get(jwk, "d")) {
        return healthcode_keyring_fail(keyring, kid ? kid : "without kid",
                                       "it is a private key; write only its "
                                       "public members here");
    }

    if (!healthcode_keyring_is_for_verifying(jwk)) {
        return true;
    }

    if (!healthcode_keyring_choose(keyring, jwk, &algorithm)) {
        return healthcode_keyring_fail(keyring, kid ? kid : "without kid",
                                       "several algorithms fit it; add an "
                                       "\"alg\" member");
    }

    if (algorithm == NULL) {
        return true;
    }

    key = healthcode_keyring_push(keyring, algorithm, kid);

    if (key == NULL || !healthcode_keyring_load(key, jwk)) {
        return healthcode_keyring_fail(keyring, kid ? kid : "without kid",
                       (algorithm->family == HEALTHCODE_ALGORITHM_HMAC)
                       ? "\"k\" is missing, no base64url, or shorter than the "
                         "hash"
                       : "its members are missing, of a wrong length, or no "
                         "point of the curve");
    }

    return true;
}


/* A kid goes into logs, where a new line would be a line of its own. */
static bool
healthcode_keyring_is_printable(const char *text)
{
    for ( /* void */ ; *text; text++) {
        if ((unsigned char) *text < ' ' || *text == 0x7f) {
            return false;
        }
    }

    return true;
}


static bool
healthcode_keyring_is_for_verifying(yyjson_val *jwk)
{
    size_t       i, n;
    yyjson_val  *op, *ops, *use;

    use = yyjson_obj_get(jwk, "use");

    if (use && !yyjson_equals_str(use, "sig")) {
        return false;
    }

    ops = yyjson_obj_get(jwk, "key_ops");

    if (ops == NULL) {
        return true;
    }

    yyjson_arr_foreach(ops, i, n, op) {
        if (yyjson_equals_str(op, "verify")) {
            return true;
        }
    }

    return false;
}


/*
 * Sets *chosen to the row that jwk belongs to, or to NULL where there is none;
 * false where several rows fit and nothing says which.
 */
static bool
healthcode_keyring_choose(healthcode_keyring_t *keyring, yyjson_val *jwk,
    const healthcode_algorithm_t **chosen)
{
    size_t                         i;
    yyjson_val                    *alg = yyjson_obj_get(jwk, "alg");
    yyjson_val                    *crv = yyjson_obj_get(jwk, "crv");
    yyjson_val                    *kty = yyjson_obj_get(jwk, "kty");
    const healthcode_algorithm_t  *row;

    *chosen = NULL;

    for (i = 0; (row = healthcode_algorithm_at(i)) != NULL; i++) {

        if (!(keyring->allowed & healthcode_algorithm_bit(row))
            || !yyjson_equals_str(kty, row->kty)
            || (row->crv && !yyjson_equals_str(crv, row->crv))
            || (alg && !yyjson_equals_str(alg, row->name)))
        {
            continue;
        }

        if (*chosen) {
            return false;
        }

        *chosen = row;
    }

    return true;
}


static bool
healthcode_keyring_read_pem(healthcode_keyring_t *keyring,
    healthcode_str_t text)
{
    BIO      *bio;
    bool      ok = true;
    char     *name, *header;
    long      len;
    uint8_t  *data;

    if (text.len == 0 || text.len > INT32_MAX) {
        return healthcode_keyring_fail(keyring, NULL, "it is empty");
    }

    bio = BIO_new_mem_buf(text.data, (int) text.len);

    while (ok && PEM_read_bio(bio, &name, &header, &data, &len) == 1) {
        ok = healthcode_keyring_read_pem_block(keyring, name, data, len);

        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_clear_free(data, (size_t) len);
    }

    BIO_free(bio);

    if (ok && ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
        return healthcode_keyring_fail(keyring, NULL,
                                       "a PEM block in it is broken");
    }

    if (ok && keyring->nkeys == 0) {
        return healthcode_keyring_fail(keyring, NULL, "it is neither a JWK set "
                       "nor a PEM \"PUBLIC KEY\" for these algorithms");
    }

    return ok;
}


static bool
healthcode_keyring_read_pem_block(healthcode_keyring_t *keyring,
    const char *name, const uint8_t *data, long len)
{
    EVP_PKEY                      *pkey;
    healthcode_key_t              *key;
    const healthcode_algorithm_t  *algorithm;

    if (strstr(name, "PRIVATE KEY")) {
        return healthcode_keyring_fail(keyring, NULL, "it is a private key; "
                                       "write only its public half here");
    }

    if (strcmp(name, PEM_STRING_PUBLIC) != 0) {
        return true;
    }

    pkey = d2i_PUBKEY(NULL, &data, len);

    if (pkey == NULL) {
        return healthcode_keyring_fail(keyring, NULL,
                                       "a PEM block in it is broken");
    }

    algorithm = healthcode_keyring_fitting(keyring, pkey);

    if (algorithm == NULL) {
        EVP_PKEY_free(pkey);
        return true;
    }

    key = healthcode_keyring_push(keyring, algorithm, NULL);

    if (key == NULL) {
        EVP_PKEY_free(pkey);
        return healthcode_keyring_fail(keyring, NULL, "no memory");
    }

    key->pkey = pkey;

    return healthcode_keyring_prepare(key)
           || healthcode_keyring_fail(keyring, NULL, "OpenSSL refuses a "
                                      "public key in it");
}


static const healthcode_algorithm_t *
healthcode_keyring_fitting(const healthcode_keyring_t *keyring, EVP_PKEY *pkey)
{
    char                           group[64];
    size_t                         i, len;
    const healthcode_algorithm_t  *row;

    for (i = 0; (row = healthcode_algorithm_at(i)) != NULL; i++) {

        if (row->group == NULL
            || !(keyring->allowed & healthcode_algorithm_bit(row)))
        {
            continue;
        }

        if (EVP_PKEY_is_a(pkey, row->group)) {
            return row;
        }

        if (EVP_PKEY_get_group_name(pkey, group, sizeof(group), &len)
            && strcmp(group, row->group) == 0)
        {
            return row;
        }
    }

    return NULL;
}


/* The key counts from here on, so that freeing the ring frees its parts. */
static healthcode_key_t *
healthcode_keyring_push(healthcode_keyring_t *keyring,
    const healthcode_algorithm_t *algorithm, const char *kid)
{
    size_t             n;
    uint8_t           *copy;
    healthcode_key_t  *key, *keys;

    if (keyring->nkeys == keyring->nalloc) {
        n = keyring->nalloc ? keyring->nalloc * 2 : 4;

        keys = realloc(keyring->keys, n * sizeof(healthcode_key_t));
        if (keys == NULL) {
            return NULL;
        }

        keyring->keys = keys;
        keyring->nalloc = n;
    }

    key = &keyring->keys[keyring->nkeys++];
    memset(key, 0, sizeof(healthcode_key_t));
    key->algorithm = algorithm;

    if (kid) {
        n = strlen(kid);

        copy = malloc(n + 1);
        if (copy == NULL) {
            return NULL;
        }

        memcpy(copy, kid, n + 1);
        key->kid = healthcode_str_from(copy, n);
    }

    keyring->algorithms |= healthcode_algorithm_bit(algorithm);

    return key;
}


static bool
healthcode_keyring_load(healthcode_key_t *key, yyjson_val *jwk)
{
    switch (key->algorithm->family) {

    case HEALTHCODE_ALGORITHM_HMAC:
        return healthcode_keyring_load_secret(key, jwk);

    case HEALTHCODE_ALGORITHM_ECDSA:
        return healthcode_keyring_load_point(key, jwk)
               && healthcode_keyring_prepare(key);

    case HEALTHCODE_ALGORITHM_EDDSA:
        return healthcode_keyring_load_raw(key, jwk)
               && healthcode_keyring_prepare(key);
    }

    return false;
}


/*
 * Decodes a base64url member into dst of max bytes; returns the number of
 * bytes, 0 where the member is missing, too long or not base64url.
 */
static size_t
healthcode_keyring_member(yyjson_val *jwk, const char *name, uint8_t *dst,
    size_t max)
{
    size_t            len;
    healthcode_str_t  text;

    if (healthcode_json_string(jwk, name, &text) != 1
        || healthcode_base64url_decoded_len(text.len) > max
        || !healthcode_base64url_decode(text, dst, &len))
    {
        return 0;
    }

    return len;
}


static bool
healthcode_keyring_load_secret(healthcode_key_t *key, yyjson_val *jwk)
{
    bool              ok;
    char              canonical[HEALTHCODE_KEYRING_SECRET_MAX * 2];
    size_t            len;
    uint8_t           secret[HEALTHCODE_KEYRING_SECRET_MAX];
    healthcode_str_t  text;

    len = healthcode_keyring_member(jwk, "k", secret, sizeof(secret));

    if (len < key->algorithm->secret_min) {
        return false;
    }

    healthcode_json_string(jwk, "k", &text);
    snprintf(canonical, sizeof(canonical), "{\"k\":\"%s\",\"kty\":\"oct\"}",
             (const char *) text.data);

    ok = healthcode_keyring_set_secret(key, secret, len)
         && healthcode_keyring_thumbprint(key, canonical);

    OPENSSL_cleanse(secret, sizeof(secret));
    OPENSSL_cleanse(canonical, sizeof(canonical));

    return ok;
}


static bool
healthcode_keyring_set_secret(healthcode_key_t *key, const uint8_t *secret,
    size_t len)
{
    EVP_MAC     *hmac;
    OSSL_PARAM   params[2];

    hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    key->mac = hmac ? EVP_MAC_CTX_new(hmac) : NULL;
    EVP_MAC_free(hmac);

    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
                            (char *) (uintptr_t) key->algorithm->digest, 0);
    params[1] = OSSL_PARAM_construct_end();

    return key->mac && EVP_MAC_init(key->mac, secret, len, params) == 1;
}


static bool
healthcode_keyring_load_point(healthcode_key_t *key, yyjson_val *jwk)
{
    bool           ok;
    size_t         len = key->algorithm->part_len;
    uint8_t        point[1 + 2 * 72];
    OSSL_PARAM     params[3];
    EVP_PKEY_CTX  *ctx;

    point[0] = POINT_CONVERSION_UNCOMPRESSED;

    /* x first: its decoder may touch two bytes past the end */
    if (healthcode_keyring_member(jwk, "x", point + 1, 72) != len
        || healthcode_keyring_member(jwk, "y", point + 1 + len, 72) != len)
    {
        return false;
    }

    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
                            (char *) (uintptr_t) key->algorithm->group, 0);
    params[1] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
                                                  point, 1 + 2 * len);
    params[2] = OSSL_PARAM_construct_end();

    ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);

    ok = ctx && EVP_PKEY_fromdata_init(ctx) == 1
         && EVP_PKEY_fromdata(ctx, &key->pkey, EVP_PKEY_PUBLIC_KEY, params)
            == 1;

    EVP_PKEY_CTX_free(ctx);

    return ok;
}


static bool
healthcode_keyring_load_raw(healthcode_key_t *key, yyjson_val *jwk)
{
    uint8_t  raw[72];

    if (healthcode_keyring_member(jwk, "x", raw, sizeof(raw))
        != key->algorithm->part_len)
    {
        return false;
    }

    key->pkey = EVP_PKEY_new_raw_public_key_ex(NULL, key->algorithm->group,
                                               NULL, raw,
                                               key->algorithm->part_len);
    return key->pkey != NULL;
}


/* Checks key->pkey and makes all that verifying needs, once. */
static bool
healthcode_keyring_prepare(healthcode_key_t *key)
{
    bool           ok;
    EVP_PKEY_CTX  *check;

    check = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
    ok = check && EVP_PKEY_public_check(check) == 1;
    EVP_PKEY_CTX_free(check);

    key->md = EVP_MD_CTX_new();

    if (!ok || key->md == NULL) {
        return false;
    }

    if (key->algorithm->digest) {
        key->digest = EVP_MD_fetch(NULL, key->algorithm->digest, NULL);
        key->verify = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);

        if (key->digest == NULL || key->verify == NULL
            || EVP_PKEY_verify_init(key->verify) != 1
            || EVP_PKEY_CTX_set_signature_md(key->verify, key->digest) != 1)
        {
            return false;
        }
    }

    return healthcode_keyring_thumbprint_public(key);
}


static bool
healthcode_keyring_thumbprint(healthcode_key_t *key, const char *canonical)
{
    uint8_t  digest[EVP_MAX_MD_SIZE];

    if (EVP_Digest(canonical, strlen(canonical), digest, NULL, EVP_sha256(),
                   NULL) != 1)
    {
        return false;
    }

    healthcode_base64url_encode(healthcode_str_from(digest, 32),
                                key->thumbprint);
    return true;
}


static bool
healthcode_keyring_thumbprint_public(healthcode_key_t *key)
{
    char                           canonical[512], x[128] = "", y[128] = "";
    size_t                         len, part = key->algorithm->part_len;
    uint8_t                        raw[1 + 2 * 72];
    const healthcode_algorithm_t  *row = key->algorithm;

    /* PEM may hold a compressed point, which would come back as it went in. */
    if (row->family == HEALTHCODE_ALGORITHM_ECDSA
        && EVP_PKEY_set_utf8_string_param(key->pkey,
                                 OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                 "uncompressed") != 1)
    {
        return false;
    }

    if (EVP_PKEY_get_octet_string_param(key->pkey, OSSL_PKEY_PARAM_PUB_KEY,
                                        raw, sizeof(raw), &len) != 1)
    {
        return false;
    }

    if (row->family == HEALTHCODE_ALGORITHM_EDDSA && len == part) {
        healthcode_base64url_encode(healthcode_str_from(raw, part), x);
        snprintf(canonical, sizeof(canonical),
                 "{\"crv\":\"%s\",\"kty\":\"%s\",\"x\":\"%s\"}",
                 row->crv, row->kty, x);

        return healthcode_keyring_thumbprint(key, canonical);
    }

    if (len != 1 + 2 * part || raw[0] != POINT_CONVERSION_UNCOMPRESSED) {
        return false;
    }

    healthcode_base64url_encode(healthcode_str_from(raw + 1, part), x);
    healthcode_base64url_encode(healthcode_str_from(raw + 1 + part, part), y);
    snprintf(canonical, sizeof(canonical),
             "{\"crv\":\"%s\",\"kty\":\"%s\",\"x\":\"%s\",\"y\":\"%s\"}",
             row->crv, row->kty, x, y);

    return healthcode_keyring_thumbprint(key, canonical);
}
