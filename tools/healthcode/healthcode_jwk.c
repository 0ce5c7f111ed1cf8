/*
 * Private keys made, read and written as a JWK (RFC 7517, 7518, 8037).
 * Knows no files and no claims.  docs/token-format.md, "Keys".
 */

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/healthcode_base64url.h"
#include "core/healthcode_json.h"
#include "healthcode_jwk.h"


/* Bytes of one member, decoded. */
#define HEALTHCODE_JWK_MEMBER_MAX  1024


/* The three binary members that a key of this table can have. */
typedef struct {
    const char  *name;
    bool         secret;
    size_t       len;
    uint8_t      data[HEALTHCODE_JWK_MEMBER_MAX];
} healthcode_jwk_member_t;


static bool healthcode_jwk_generate_secret(healthcode_jwk_t *jwk);
static const healthcode_algorithm_t *healthcode_jwk_algorithm(
    yyjson_val *object);
static bool healthcode_jwk_member(yyjson_val *object, const char *name,
    uint8_t *dst, size_t *len);
static EVP_PKEY *healthcode_jwk_load(const healthcode_algorithm_t *algorithm,
    yyjson_val *object);
static EVP_PKEY *healthcode_jwk_load_raw(
    const healthcode_algorithm_t *algorithm, yyjson_val *object);
static EVP_PKEY *healthcode_jwk_load_ec(
    const healthcode_algorithm_t *algorithm, yyjson_val *object);
static bool healthcode_jwk_load_kid(healthcode_jwk_t *jwk, yyjson_val *object);
static size_t healthcode_jwk_members(const healthcode_jwk_t *jwk,
    healthcode_jwk_member_t *members);
static size_t healthcode_jwk_members_ec(const healthcode_jwk_t *jwk,
    healthcode_jwk_member_t *members);
static bool healthcode_jwk_add_members(const healthcode_jwk_t *jwk,
    bool secret, yyjson_mut_doc *doc, yyjson_mut_val *object);


bool
healthcode_jwk_generate(const healthcode_algorithm_t *algorithm,
    healthcode_jwk_t *jwk)
{
    healthcode_jwk_t  new = { .algorithm = algorithm };

    switch (algorithm->family) {

    case HEALTHCODE_ALGORITHM_HMAC:
        if (!healthcode_jwk_generate_secret(&new)) {
            return false;
        }
        break;

    case HEALTHCODE_ALGORITHM_ECDSA:
        new.pkey = EVP_EC_gen(algorithm->group);
        break;

    case HEALTHCODE_ALGORITHM_EDDSA:
        new.pkey = EVP_PKEY_Q_keygen(NULL, NULL, algorithm->type);
        break;

    default:
        return false;
    }

    if (new.pkey == NULL) {
        return false;
    }

    *jwk = new;

    return true;
}


static bool
healthcode_jwk_generate_secret(healthcode_jwk_t *jwk)
{
    size_t   len = jwk->algorithm->secret_min;
    uint8_t  secret[HEALTHCODE_JWK_MEMBER_MAX];

    if (RAND_priv_bytes(secret, (int) len) != 1) {
        return false;
    }

    jwk->pkey = EVP_PKEY_new_raw_private_key_ex(NULL, "HMAC", NULL, secret,
                                                len);
    OPENSSL_cleanse(secret, sizeof(secret));

    return jwk->pkey != NULL;
}


void
healthcode_jwk_free(healthcode_jwk_t *jwk)
{
    EVP_PKEY_free(jwk->pkey);
    free(jwk->kid);
    memset(jwk, 0, sizeof(healthcode_jwk_t));
}


bool
healthcode_jwk_read(healthcode_str_t text, healthcode_jwk_t *jwk, char *error,
    size_t size)
{
    void              *memory;
    size_t             len = healthcode_json_memory(text.len);
    yyjson_val        *object;
    const char        *what = NULL;
    healthcode_jwk_t   new = { .kid = NULL };

    memory = malloc(len);
    object = memory ? healthcode_json_read(text, memory, len) : NULL;

    if (object == NULL) {
        what = "it is no JWK; make one with \"healthcode keygen\"";

    } else if (yyjson_obj_get(object, "keys")) {
        what = "it is a JWK set, not one private JWK";

    } else if ((new.algorithm = healthcode_jwk_algorithm(object)) == NULL) {
        what = "its \"kty\", \"crv\" and \"alg\" name no algorithm known here";

    } else if (yyjson_obj_get(object, new.algorithm->crv ? "d" : "k") == NULL) {
        what = "it has no private member; name the file that --private wrote";

    } else if (!healthcode_jwk_load_kid(&new, object)) {
        what = "its \"kid\" is no string";

    } else if ((new.pkey = healthcode_jwk_load(new.algorithm, object)) == NULL)
    {
        what = "its members are of a wrong length, no base64url, or do not "
               "belong together";
    }

    if (memory) {
        OPENSSL_cleanse(memory, len);
        free(memory);
    }

    ERR_clear_error();

    if (what) {
        healthcode_jwk_free(&new);
        snprintf(error, size, "%s", what);
        return false;
    }

    *jwk = new;

    return true;
}


static const healthcode_algorithm_t *
healthcode_jwk_algorithm(yyjson_val *object)
{
    size_t                         i;
    yyjson_val                    *alg = yyjson_obj_get(object, "alg");
    yyjson_val                    *crv = yyjson_obj_get(object, "crv");
    yyjson_val                    *kty = yyjson_obj_get(object, "kty");
    const healthcode_algorithm_t  *row;

    for (i = 0; (row = healthcode_algorithm_at(i)) != NULL; i++) {
        if (yyjson_equals_str(kty, row->kty)
            && (row->crv == NULL || yyjson_equals_str(crv, row->crv))
            && (alg == NULL || yyjson_equals_str(alg, row->name)))
        {
            return row;
        }
    }

    return NULL;
}


/* Decodes a member into dst, of HEALTHCODE_JWK_MEMBER_MAX bytes. */
static bool
healthcode_jwk_member(yyjson_val *object, const char *name, uint8_t *dst,
    size_t *len)
{
    healthcode_str_t  text;

    return healthcode_json_string(object, name, &text) == 1
           && healthcode_base64url_decoded_len(text.len)
              <= HEALTHCODE_JWK_MEMBER_MAX
           && healthcode_base64url_decode(text, dst, len);
}


static EVP_PKEY *
healthcode_jwk_load(const healthcode_algorithm_t *algorithm,
    yyjson_val *object)
{
    switch (algorithm->family) {

    case HEALTHCODE_ALGORITHM_HMAC:
    case HEALTHCODE_ALGORITHM_EDDSA:
        return healthcode_jwk_load_raw(algorithm, object);

    case HEALTHCODE_ALGORITHM_ECDSA:
        return healthcode_jwk_load_ec(algorithm, object);

    default:
        break;
    }

    return NULL;
}


static EVP_PKEY *
healthcode_jwk_load_raw(const healthcode_algorithm_t *algorithm,
    yyjson_val *object)
{
    bool         hmac = algorithm->family == HEALTHCODE_ALGORITHM_HMAC;
    size_t       len;
    uint8_t      raw[HEALTHCODE_JWK_MEMBER_MAX];
    EVP_PKEY    *pkey = NULL;

    if (healthcode_jwk_member(object, hmac ? "k" : "d", raw, &len)
        && (hmac ? len >= algorithm->secret_min : len == algorithm->part_len))
    {
        pkey = EVP_PKEY_new_raw_private_key_ex(NULL,
                                               algorithm->type, NULL, raw,
                                               len);
    }

    OPENSSL_cleanse(raw, sizeof(raw));

    return pkey;
}


static EVP_PKEY *
healthcode_jwk_load_ec(const healthcode_algorithm_t *algorithm,
    yyjson_val *object)
{
    bool             ok;
    size_t           xlen, ylen, dlen, n = algorithm->part_len;
    BIGNUM          *scalar;
    uint8_t          point[1 + 2 * HEALTHCODE_JWK_MEMBER_MAX];
    uint8_t          d[HEALTHCODE_JWK_MEMBER_MAX];
    EVP_PKEY        *pkey = NULL;
    OSSL_PARAM      *params = NULL;
    EVP_PKEY_CTX    *ctx, *check = NULL;
    OSSL_PARAM_BLD  *bld;

    point[0] = POINT_CONVERSION_UNCOMPRESSED;

    if (!healthcode_jwk_member(object, "x", point + 1, &xlen) || xlen != n
        || !healthcode_jwk_member(object, "y", point + 1 + n, &ylen)
        || ylen != n
        || !healthcode_jwk_member(object, "d", d, &dlen) || dlen != n)
    {
        return NULL;
    }

    ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    bld = OSSL_PARAM_BLD_new();
    scalar = BN_secure_new();

    ok = ctx && bld && scalar && BN_bin2bn(d, (int) n, scalar)
         && OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME,
                                            algorithm->group, 0)
         && OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY,
                                             point, 1 + 2 * n)
         && OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, scalar)
         && (params = OSSL_PARAM_BLD_to_param(bld)) != NULL
         && EVP_PKEY_fromdata_init(ctx) == 1
         && EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEYPAIR, params) == 1
         && (check = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL)) != NULL
         && EVP_PKEY_check(check) == 1;

    OPENSSL_cleanse(d, sizeof(d));
    BN_clear_free(scalar);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(bld);
    EVP_PKEY_CTX_free(check);
    EVP_PKEY_CTX_free(ctx);

    if (!ok) {
        EVP_PKEY_free(pkey);
        return NULL;
    }

    return pkey;
}


static bool
healthcode_jwk_load_kid(healthcode_jwk_t *jwk, yyjson_val *object)
{
    yyjson_val  *kid = yyjson_obj_get(object, "kid");

    if (kid == NULL) {
        return true;
    }

    jwk->kid = yyjson_is_str(kid) ? strdup(yyjson_get_str(kid)) : NULL;

    return jwk->kid != NULL;
}


/* Fills members, three at most; returns how many, 0 where OpenSSL fails. */
static size_t
healthcode_jwk_members(const healthcode_jwk_t *jwk,
    healthcode_jwk_member_t *members)
{
    members[0].len = members[1].len = HEALTHCODE_JWK_MEMBER_MAX;

    switch (jwk->algorithm->family) {

    case HEALTHCODE_ALGORITHM_HMAC:
        members[0].name = "k";
        members[0].secret = false;

        return EVP_PKEY_get_raw_private_key(jwk->pkey, members[0].data,
                                            &members[0].len) == 1
               ? 1 : 0;

    case HEALTHCODE_ALGORITHM_EDDSA:
        members[0].name = "x";
        members[0].secret = false;
        members[1].name = "d";
        members[1].secret = true;

        return EVP_PKEY_get_raw_public_key(jwk->pkey, members[0].data,
                                           &members[0].len) == 1
               && EVP_PKEY_get_raw_private_key(jwk->pkey, members[1].data,
                                               &members[1].len) == 1
               ? 2 : 0;

    case HEALTHCODE_ALGORITHM_ECDSA:
        return healthcode_jwk_members_ec(jwk, members);

    default:
        break;
    }

    return 0;
}


static size_t
healthcode_jwk_members_ec(const healthcode_jwk_t *jwk,
    healthcode_jwk_member_t *members)
{
    bool      ok;
    size_t    i, len, n = jwk->algorithm->part_len;
    BIGNUM   *d = NULL;
    uint8_t   point[1 + 2 * HEALTHCODE_JWK_MEMBER_MAX];

    static const char  *const names[] = { "x", "y", "d" };

    if (EVP_PKEY_get_octet_string_param(jwk->pkey, OSSL_PKEY_PARAM_PUB_KEY,
                                        point, sizeof(point), &len) != 1
        || len != 1 + 2 * n || point[0] != POINT_CONVERSION_UNCOMPRESSED
        || EVP_PKEY_get_bn_param(jwk->pkey, OSSL_PKEY_PARAM_PRIV_KEY, &d) != 1)
    {
        return 0;
    }

    for (i = 0; i < 3; i++) {
        members[i].name = names[i];
        members[i].secret = (i == 2);
        members[i].len = n;
    }

    memcpy(members[0].data, point + 1, n);
    memcpy(members[1].data, point + 1 + n, n);
    ok = BN_bn2binpad(d, members[2].data, (int) n) == (int) n;
    BN_clear_free(d);

    return ok ? 3 : 0;
}


char *
healthcode_jwk_write(const healthcode_jwk_t *jwk, bool secret)
{
    bool             ok;
    char            *text;
    yyjson_mut_doc  *doc;
    yyjson_mut_val  *root, *object, *keys;

    doc = yyjson_mut_doc_new(NULL);
    object = yyjson_mut_obj(doc);
    root = object;

    if (!secret) {
        root = yyjson_mut_obj(doc);
        keys = yyjson_mut_arr(doc);
        yyjson_mut_obj_add_val(doc, root, "keys", keys);
        yyjson_mut_arr_append(keys, object);
    }

    yyjson_mut_doc_set_root(doc, root);

    ok = healthcode_jwk_add_members(jwk, secret, doc, object);

    text = ok ? yyjson_mut_write(doc, YYJSON_WRITE_PRETTY
                                      | YYJSON_WRITE_NEWLINE_AT_END, NULL)
              : NULL;
    yyjson_mut_doc_free(doc);

    return text;
}


static bool
healthcode_jwk_add_members(const healthcode_jwk_t *jwk, bool secret,
    yyjson_mut_doc *doc, yyjson_mut_val *object)
{
    char                           text[2 * HEALTHCODE_JWK_MEMBER_MAX];
    size_t                         i, n, len;
    healthcode_jwk_member_t        members[3];
    const healthcode_algorithm_t  *row = jwk->algorithm;

    n = healthcode_jwk_members(jwk, members);

    yyjson_mut_obj_add_str(doc, object, "kty", row->kty);

    if (row->crv) {
        yyjson_mut_obj_add_str(doc, object, "crv", row->crv);
    }

    if (jwk->kid) {
        yyjson_mut_obj_add_str(doc, object, "kid", jwk->kid);
    }

    yyjson_mut_obj_add_str(doc, object, "alg", row->name);
    yyjson_mut_obj_add_str(doc, object, "use", "sig");

    for (i = 0; i < n; i++) {

        if (members[i].secret && !secret) {
            continue;
        }

        len = healthcode_base64url_encode(
                      healthcode_str_from(members[i].data, members[i].len),
                      text);

        if (!yyjson_mut_obj_add_strncpy(doc, object, members[i].name, text,
                                        len))
        {
            n = 0;
        }
    }

    OPENSSL_cleanse(members, sizeof(members));
    OPENSSL_cleanse(text, sizeof(text));

    return n > 0;
}
