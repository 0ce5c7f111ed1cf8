/*
 * RSA keys as a JWK: "kty" RSA (RFC 7518 section 6.3), of two primes, with all
 * members.  Knows no other type of key.  docs/token-format.md, "Keys".
 */

#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include "healthcode_jwk_private.h"


static EVP_PKEY *healthcode_jwk_rsa_generate(
    const healthcode_algorithm_t *algorithm, size_t bits);
static const char *healthcode_jwk_rsa_load(
    const healthcode_algorithm_t *algorithm, yyjson_val *object,
    EVP_PKEY **pkey);
static bool healthcode_jwk_rsa_read(yyjson_val *object, BIGNUM **numbers);
static EVP_PKEY *healthcode_jwk_rsa_build(BIGNUM *const *numbers);
static size_t healthcode_jwk_rsa_members(const healthcode_jwk_t *jwk,
    healthcode_jwk_member_t *members);


const healthcode_jwk_type_t  healthcode_jwk_rsa = {
    .kty = "RSA",
    .secret = "d",
    .generate = healthcode_jwk_rsa_generate,
    .load = healthcode_jwk_rsa_load,
    .members = healthcode_jwk_rsa_members
};


/* The members, and OpenSSL's names for them; the first two are public. */
static const struct {
    const char  *name;
    const char  *param;
} healthcode_jwk_rsa_names[] = {
    { "n", OSSL_PKEY_PARAM_RSA_N },
    { "e", OSSL_PKEY_PARAM_RSA_E },
    { "d", OSSL_PKEY_PARAM_RSA_D },
    { "p", OSSL_PKEY_PARAM_RSA_FACTOR1 },
    { "q", OSSL_PKEY_PARAM_RSA_FACTOR2 },
    { "dp", OSSL_PKEY_PARAM_RSA_EXPONENT1 },
    { "dq", OSSL_PKEY_PARAM_RSA_EXPONENT2 },
    { "qi", OSSL_PKEY_PARAM_RSA_COEFFICIENT1 },
};

#define HEALTHCODE_JWK_RSA_MEMBERS                                            \
    (sizeof(healthcode_jwk_rsa_names) / sizeof(healthcode_jwk_rsa_names[0]))

_Static_assert(HEALTHCODE_JWK_RSA_MEMBERS == HEALTHCODE_JWK_MEMBERS_MAX,
               "room for them");


static EVP_PKEY *
healthcode_jwk_rsa_generate(const healthcode_algorithm_t *algorithm,
    size_t bits)
{
    return EVP_PKEY_Q_keygen(NULL, NULL, algorithm->type, bits);
}


static const char *
healthcode_jwk_rsa_load(const healthcode_algorithm_t *algorithm,
    yyjson_val *object, EVP_PKEY **pkey)
{
    int          bits = 0;
    BIGNUM      *numbers[HEALTHCODE_JWK_RSA_MEMBERS] = { NULL };
    const char  *wrong = NULL;

    (void) algorithm;

    if (yyjson_obj_get(object, "oth")) {
        return "it is an RSA key of more than two primes";
    }

    if (!healthcode_jwk_rsa_read(object, numbers)) {
        wrong = "of its n, e, d, p, q, dp, dq and qi one is missing, no "
                "base64url, or too long";

    } else {
        bits = BN_num_bits(numbers[0]);
    }

    if (wrong == NULL && bits < HEALTHCODE_KEY_RSA_MIN) {
        wrong = "it is an RSA key of fewer than 2048 bits, which gates refuse";
    }

    if (wrong == NULL) {
        *pkey = healthcode_jwk_rsa_build(numbers);

        if (*pkey == NULL) {
            wrong = "its members do not belong together: they are not an RSA "
                    "key";
        }
    }

    for (size_t i = 0; i < HEALTHCODE_JWK_RSA_MEMBERS; i++) {
        BN_clear_free(numbers[i]);
    }

    return wrong;
}


static bool
healthcode_jwk_rsa_read(yyjson_val *object, BIGNUM **numbers)
{
    bool     ok = true;
    size_t   i, len;
    uint8_t  bytes[HEALTHCODE_JWK_MEMBER_MAX];

    for (i = 0; ok && i < HEALTHCODE_JWK_RSA_MEMBERS; i++) {
        numbers[i] = (i < 2) ? BN_new() : BN_secure_new();

        ok = numbers[i] != NULL
             && healthcode_jwk_member(object, healthcode_jwk_rsa_names[i].name,
                                      bytes, &len)
             && BN_bin2bn(bytes, (int) len, numbers[i]) != NULL;
    }

    OPENSSL_cleanse(bytes, sizeof(bytes));

    return ok;
}


static EVP_PKEY *
healthcode_jwk_rsa_build(BIGNUM *const *numbers)
{
    bool             ok;
    size_t           i;
    EVP_PKEY        *pkey;
    OSSL_PARAM      *params;
    OSSL_PARAM_BLD  *bld = OSSL_PARAM_BLD_new();

    ok = bld != NULL;

    for (i = 0; ok && i < HEALTHCODE_JWK_RSA_MEMBERS; i++) {
        ok = OSSL_PARAM_BLD_push_BN(bld, healthcode_jwk_rsa_names[i].param,
                                    numbers[i]);
    }

    params = ok ? OSSL_PARAM_BLD_to_param(bld) : NULL;
    pkey = healthcode_jwk_from_params("RSA", params);

    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(bld);

    return pkey;
}


static size_t
healthcode_jwk_rsa_members(const healthcode_jwk_t *jwk,
    healthcode_jwk_member_t *members)
{
    bool     ok = true;
    BIGNUM  *number;

    for (size_t i = 0; ok && i < HEALTHCODE_JWK_RSA_MEMBERS; i++) {
        number = NULL;

        ok = EVP_PKEY_get_bn_param(jwk->pkey, healthcode_jwk_rsa_names[i].param,
                                   &number) == 1
             && BN_num_bytes(number) <= HEALTHCODE_JWK_MEMBER_MAX;

        if (ok) {
            members[i].name = healthcode_jwk_rsa_names[i].name;
            members[i].secret = (i >= 2);
            members[i].len = (size_t) BN_bn2bin(number, members[i].data);
        }

        BN_clear_free(number);
    }

    return ok ? HEALTHCODE_JWK_RSA_MEMBERS : 0;
}
