/*
 * Keys of elliptic curves, SM2's among them, as a JWK: "kty" EC (RFC 7518
 * section 6.2).  Knows no other type of key.  docs/token-format.md, "Keys".
 */

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>

#include "healthcode_jwk_private.h"


static EVP_PKEY *healthcode_jwk_ec_generate(
    const healthcode_algorithm_t *algorithm, size_t bits);
static const char *healthcode_jwk_ec_load(
    const healthcode_algorithm_t *algorithm, yyjson_val *object,
    EVP_PKEY **pkey);
static EVP_PKEY *healthcode_jwk_ec_build(
    const healthcode_algorithm_t *algorithm, const uint8_t *point,
    const uint8_t *d);
static size_t healthcode_jwk_ec_members(const healthcode_jwk_t *jwk,
    healthcode_jwk_member_t *members);


const healthcode_jwk_type_t  healthcode_jwk_ec = {
    .kty = "EC",
    .secret = "d",
    .generate = healthcode_jwk_ec_generate,
    .load = healthcode_jwk_ec_load,
    .members = healthcode_jwk_ec_members
};


static EVP_PKEY *
healthcode_jwk_ec_generate(const healthcode_algorithm_t *algorithm,
    size_t bits)
{
    (void) bits;

    /* a key of type EC on SM2's curve would sign with ECDSA */
    return (algorithm->family == &healthcode_family_sm2)
           ? EVP_PKEY_Q_keygen(NULL, NULL, algorithm->type)
           : EVP_EC_gen(algorithm->group);
}


static const char *
healthcode_jwk_ec_load(const healthcode_algorithm_t *algorithm,
    yyjson_val *object, EVP_PKEY **pkey)
{
    size_t   xlen, ylen, dlen = 0, n = algorithm->part_len;
    uint8_t  point[1 + 2 * HEALTHCODE_JWK_MEMBER_MAX];
    uint8_t  d[HEALTHCODE_JWK_MEMBER_MAX];

    point[0] = POINT_CONVERSION_UNCOMPRESSED;

    if (!healthcode_jwk_member(object, "x", point + 1, &xlen) || xlen != n
        || !healthcode_jwk_member(object, "y", point + 1 + n, &ylen)
        || ylen != n
        || !healthcode_jwk_member(object, "d", d, &dlen) || dlen != n)
    {
        OPENSSL_cleanse(d, sizeof(d));
        return "its \"x\", \"y\" or \"d\" is missing, no base64url, or of a "
               "wrong length";
    }

    *pkey = healthcode_jwk_ec_build(algorithm, point, d);
    OPENSSL_cleanse(d, sizeof(d));

    return *pkey ? NULL : "its members do not belong together: \"x\" and \"y\" "
                          "are not the public half of \"d\"";
}


static EVP_PKEY *
healthcode_jwk_ec_build(const healthcode_algorithm_t *algorithm,
    const uint8_t *point, const uint8_t *d)
{
    size_t           n = algorithm->part_len;
    BIGNUM          *scalar = BN_secure_new();
    EVP_PKEY        *pkey;
    OSSL_PARAM      *params = NULL;
    OSSL_PARAM_BLD  *bld = OSSL_PARAM_BLD_new();

    if (bld && scalar && BN_bin2bn(d, (int) n, scalar)
        && OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME,
                                           algorithm->group, 0)
        && OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY,
                                            point, 1 + 2 * n)
        && OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, scalar))
    {
        params = OSSL_PARAM_BLD_to_param(bld);
    }

    pkey = healthcode_jwk_from_params(algorithm->type, params);

    BN_clear_free(scalar);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(bld);

    return pkey;
}


static size_t
healthcode_jwk_ec_members(const healthcode_jwk_t *jwk,
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
