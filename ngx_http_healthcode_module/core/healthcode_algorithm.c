/*
 * The table of signature algorithms (RFC 7518 section 3.1, RFC 8037).
 * Knows no key and no token.  docs/token-format.md, "Algorithms".
 */

#include "healthcode_algorithm.h"


static const healthcode_algorithm_t  healthcode_algorithms[] = {

    { .name = "HS256", .family = HEALTHCODE_ALGORITHM_HMAC,
      .kty = "oct", .digest = "SHA256", .part_len = 32, .secret_min = 32 },

    { .name = "ES256", .family = HEALTHCODE_ALGORITHM_ECDSA,
      .kty = "EC", .crv = "P-256", .group = "prime256v1",
      .digest = "SHA256", .part_len = 32 },

    { .name = "EdDSA", .family = HEALTHCODE_ALGORITHM_EDDSA,
      .kty = "OKP", .crv = "Ed25519", .group = "ED25519",
      .part_len = 32 },
};

#define HEALTHCODE_ALGORITHM_COUNT                                            \
    (sizeof(healthcode_algorithms) / sizeof(healthcode_algorithms[0]))


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
        if (name.len == strlen(row->name)
            && memcmp(name.data, row->name, name.len) == 0)
        {
            return row;
        }
    }

    return NULL;
}


unsigned
healthcode_algorithm_bit(const healthcode_algorithm_t *algorithm)
{
    return 1u << (algorithm - healthcode_algorithms);
}
