/*
 * ES256, ES384, ES512: ECDSA, "kty" EC (RFC 7518 sections 3.4 and 6.2); and the
 * points and pairs of numbers that SM2 shares.  Knows no: token, claims, file.
 * docs/token-format.md, "Keys".
 */

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <stdio.h>

#include "healthcode_family.h"


/* A DER sequence of two integers of part_len bytes, with room to spare. */
#define HEALTHCODE_FAMILY_DER_MAX  160


static const char *healthcode_family_coordinate(healthcode_key_t *key,
    yyjson_val *jwk, const char *name, uint8_t *dst);
static bool healthcode_family_ecdsa_prepare(healthcode_key_t *key,
    healthcode_str_t sm2_id);
static size_t healthcode_family_ecdsa_to_der(healthcode_str_t signature,
    uint8_t *der);


const healthcode_family_t  healthcode_family_ecdsa = {
    .load = healthcode_family_load_point,
    .check = healthcode_family_check_point,
    .prepare = healthcode_family_ecdsa_prepare,
    .members = healthcode_family_members_point,
    .verify = healthcode_family_verify_pair
};


const char *
healthcode_family_load_point(healthcode_key_t *key, yyjson_val *jwk)
{
    size_t       len = key->algorithm->part_len;
    uint8_t      point[1 + 2 * HEALTHCODE_FAMILY_PART_MAX
                       + HEALTHCODE_FAMILY_SLACK];
    const char  *wrong;
    OSSL_PARAM   params[3];

    point[0] = POINT_CONVERSION_UNCOMPRESSED;

    /* x first: its decoder may touch two bytes past the end */
    wrong = healthcode_family_coordinate(key, jwk, "x", point + 1);

    if (wrong == NULL) {
        wrong = healthcode_family_coordinate(key, jwk, "y", point + 1 + len);
    }

    if (wrong) {
        return wrong;
    }

    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
                            (char *) (uintptr_t) key->algorithm->group, 0);
    params[1] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
                                                  point, 1 + 2 * len);
    params[2] = OSSL_PARAM_construct_end();

    key->pkey = healthcode_family_public(key->algorithm->type, params);

    return key->pkey ? NULL : "it is not a point of the curve";
}


/* RFC 7518 section 6.2.1.2: the length is that of the curve's field. */
static const char *
healthcode_family_coordinate(healthcode_key_t *key, yyjson_val *jwk,
    const char *name, uint8_t *dst)
{
    size_t  len, part = key->algorithm->part_len;

    switch (healthcode_family_member(jwk, name, dst, part, &len)) {

    case HEALTHCODE_FAMILY_BASE64URL:
        break;

    case HEALTHCODE_FAMILY_BASE64:
        key->note = healthcode_family_base64_note;
        break;

    case HEALTHCODE_FAMILY_MISSING:
        return "its \"x\" or \"y\" is missing, empty, or not a string";

    case HEALTHCODE_FAMILY_INVALID:
        return "its \"x\" or \"y\" is not base64url";

    default:
        return "its \"x\" or \"y\" is longer than a coordinate of its curve";
    }

    return (len == part) ? NULL
                         : "its \"x\" or \"y\" is shorter than a coordinate "
                           "of its curve, whose leading zeros must stay; have "
                           "the issuer write them (RFC 7518 section 6.2.1.2)";
}


/*
 * The curves of the table have cofactor 1, so a point that is on the curve and
 * not at infinity is of the right order (SP 800-56A section 5.6.2.3.4).
 */
const char *
healthcode_family_check_point(const healthcode_key_t *key)
{
    bool           ok;
    EVP_PKEY_CTX  *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);

    ok = ctx && EVP_PKEY_public_check_quick(ctx) == 1;
    EVP_PKEY_CTX_free(ctx);

    return ok ? NULL : "it is not a point of the curve";
}


static bool
healthcode_family_ecdsa_prepare(healthcode_key_t *key, healthcode_str_t sm2_id)
{
    (void) sm2_id;

    key->signature_len = 2 * key->algorithm->part_len;

    return healthcode_family_prepare_digest(key)
           && EVP_PKEY_CTX_set_signature_md(key->verify, key->scratch->digest)
              == 1;
}


bool
healthcode_family_members_point(const healthcode_key_t *key, char *text)
{
    char                           x[HEALTHCODE_FAMILY_TEXT_MAX];
    char                           y[HEALTHCODE_FAMILY_TEXT_MAX];
    size_t                         part = key->algorithm->part_len;
    uint8_t                        raw[2 * HEALTHCODE_FAMILY_PART_MAX];
    const healthcode_algorithm_t  *row = key->algorithm;

    if (!healthcode_family_number(key, OSSL_PKEY_PARAM_EC_PUB_X, raw)
        || !healthcode_family_number(key, OSSL_PKEY_PARAM_EC_PUB_Y, raw + part))
    {
        return false;
    }

    healthcode_family_encode(raw, part, x);
    healthcode_family_encode(raw + part, part, y);
    snprintf(text, HEALTHCODE_FAMILY_CANONICAL_MAX,
             "{\"crv\":\"%s\",\"kty\":\"%s\",\"x\":\"%s\",\"y\":\"%s\"}",
             row->crv, row->kty, x, y);

    return true;
}


bool
healthcode_family_verify_pair(const healthcode_key_t *key,
    healthcode_str_t text, healthcode_str_t signature)
{
    size_t   len;
    uint8_t  der[HEALTHCODE_FAMILY_DER_MAX];

    len = healthcode_family_ecdsa_to_der(signature, der);

    return len && healthcode_family_verify_digest(key, text,
                                               healthcode_str_from(der, len));
}


/*
 * r || s (RFC 7518 section 3.4) -> the DER that OpenSSL reads, of at most
 * HEALTHCODE_FAMILY_DER_MAX bytes; returns its length, 0 on failure.
 */
static size_t
healthcode_family_ecdsa_to_der(healthcode_str_t signature, uint8_t *der)
{
    int         len = 0, half = (int) (signature.len / 2);
    BIGNUM     *r, *s;
    ECDSA_SIG  *sig;

    r = BN_bin2bn(signature.data, half, NULL);
    s = BN_bin2bn(signature.data + half, half, NULL);
    sig = ECDSA_SIG_new();

    if (r && s && sig && ECDSA_SIG_set0(sig, r, s) == 1) {
        r = NULL;
        s = NULL;
        len = i2d_ECDSA_SIG(sig, NULL);

        if (len > 0 && len <= HEALTHCODE_FAMILY_DER_MAX) {
            len = i2d_ECDSA_SIG(sig, &der);
        } else {
            len = 0;
        }
    }

    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(sig);

    return (len > 0) ? (size_t) len : 0;
}
