/*
 * The table of signature algorithms (RFC 7518 section 3.1, RFC 8037, RFC 9864;
 * SM2 of GM/T 0003), and sets of them with names of an issuer's own.  Knows
 * no: key, token, crypto.  docs/token-format.md, "Algorithms".
 */

#include "healthcode_algorithm.h"


#define HEALTHCODE_ALGORITHM_HS(bits)                                         \
    { .name = "HS" #bits, .family = &healthcode_family_hmac,                \
      .kty = "oct", .type = "HMAC", .digest = "SHA" #bits,                    \
      .part_len = bits / 8, .secret_min = bits / 8 }

#define HEALTHCODE_ALGORITHM_RS(bits)                                         \
    { .name = "RS" #bits, .family = &healthcode_family_rsa,                 \
      .kty = "RSA", .type = "RSA", .digest = "SHA" #bits }

#define HEALTHCODE_ALGORITHM_PS(bits)                                         \
    { .name = "PS" #bits, .family = &healthcode_family_pss,                 \
      .kty = "RSA", .type = "RSA", .digest = "SHA" #bits }


/* No standard names the curve of SM2 for a JWK. */
static const char  *const healthcode_algorithm_sm2_crv[] = {
    "SM2", "sm2p256v1", "curveSM2", NULL
};


static const healthcode_algorithm_t  healthcode_algorithms[] = {

    HEALTHCODE_ALGORITHM_HS(256),
    HEALTHCODE_ALGORITHM_HS(384),
    HEALTHCODE_ALGORITHM_HS(512),

    HEALTHCODE_ALGORITHM_RS(256),
    HEALTHCODE_ALGORITHM_RS(384),
    HEALTHCODE_ALGORITHM_RS(512),

    HEALTHCODE_ALGORITHM_PS(256),
    HEALTHCODE_ALGORITHM_PS(384),
    HEALTHCODE_ALGORITHM_PS(512),

    { .name = "ES256", .family = &healthcode_family_ecdsa,
      .kty = "EC", .crv = "P-256", .type = "EC", .group = "prime256v1",
      .digest = "SHA256", .part_len = 32 },

    { .name = "ES384", .family = &healthcode_family_ecdsa,
      .kty = "EC", .crv = "P-384", .type = "EC", .group = "secp384r1",
      .digest = "SHA384", .part_len = 48 },

    { .name = "ES512", .family = &healthcode_family_ecdsa,
      .kty = "EC", .crv = "P-521", .type = "EC", .group = "secp521r1",
      .digest = "SHA512", .part_len = 66 },

    /* RFC 9864 section 2.2: with this one curve the two names are one */
    { .name = "EdDSA", .also = "Ed25519",
      .family = &healthcode_family_eddsa,
      .kty = "OKP", .crv = "Ed25519", .type = "ED25519", .part_len = 32 },

    { .name = "SGD_SM3_SM2", .family = &healthcode_family_sm2,
      .kty = "EC", .crv = "SM2-P-256",
      .crv_also = healthcode_algorithm_sm2_crv, .type = "SM2", .group = "SM2",
      .digest = "SM3", .part_len = 32 },
};


_Static_assert(sizeof(healthcode_algorithms) / sizeof(healthcode_algorithms[0])
               == HEALTHCODE_ALGORITHM_COUNT, "a row, or its count");


static bool healthcode_algorithm_is_named(const healthcode_algorithm_t *row,
    healthcode_str_t name);


const healthcode_algorithm_t *
healthcode_algorithm_at(size_t i)
{
    return (i < HEALTHCODE_ALGORITHM_COUNT) ? &healthcode_algorithms[i] : NULL;
}


const healthcode_algorithm_t *
healthcode_algorithm_find(healthcode_str_t name)
{
    const healthcode_algorithm_t  *row;

    for (size_t i = 0; (row = healthcode_algorithm_at(i)) != NULL; i++) {
        if (healthcode_algorithm_is_named(row, name)) {
            return row;
        }
    }

    return NULL;
}


static bool
healthcode_algorithm_is_named(const healthcode_algorithm_t *row,
    healthcode_str_t name)
{
    return healthcode_str_equal(name, healthcode_str_from(row->name,
                                                          strlen(row->name)))
           || (row->also
               && healthcode_str_equal(name,
                                       healthcode_str_from(row->also,
                                                        strlen(row->also))));
}


const healthcode_algorithm_t *
healthcode_algorithm_set_find(const healthcode_algorithm_set_t *set,
    healthcode_str_t name)
{
    const healthcode_algorithm_t  *row = healthcode_algorithm_find(name);

    for (size_t i = 0; row == NULL && i < set->naliases; i++) {
        if (healthcode_str_equal(name, set->aliases[i].name)) {
            row = set->aliases[i].algorithm;
        }
    }

    return (row && (set->bits & healthcode_algorithm_bit(row))) ? row : NULL;
}


bool
healthcode_algorithm_has_curve(const healthcode_algorithm_t *algorithm,
    healthcode_str_t crv)
{
    const char         *name = algorithm->crv;
    const char  *const *also = algorithm->crv_also;

    if (name == NULL) {
        return true;
    }

    while (name && !healthcode_str_equal(crv, healthcode_str_from(name,
                                                             strlen(name))))
    {
        name = also ? *also++ : NULL;
    }

    return name != NULL;
}


size_t
healthcode_algorithm_index(const healthcode_algorithm_t *algorithm)
{
    return (size_t) (algorithm - healthcode_algorithms);
}


unsigned
healthcode_algorithm_bit(const healthcode_algorithm_t *algorithm)
{
    return 1u << healthcode_algorithm_index(algorithm);
}
