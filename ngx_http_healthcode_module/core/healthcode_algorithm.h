/*
 * The table of signature algorithms (RFC 7518 section 3.1, RFC 8037).
 * Knows no key and no token.  docs/token-format.md, "Algorithms".
 */

#ifndef HEALTHCODE_ALGORITHM_H
#define HEALTHCODE_ALGORITHM_H

#include "healthcode_str.h"


typedef enum {
    HEALTHCODE_ALGORITHM_HMAC,
    HEALTHCODE_ALGORITHM_ECDSA,
    HEALTHCODE_ALGORITHM_EDDSA
} healthcode_algorithm_e;


/* One row: all that telling two algorithms of one family apart takes. */
typedef struct {
    const char              *name;       /* "alg" of a header and of a JWK */
    healthcode_algorithm_e   family;
    const char              *kty;        /* "kty" and "crv" of a JWK */
    const char              *crv;        /* NULL: the family has none */
    const char              *group;      /* OpenSSL's name of the curve */
    const char              *digest;     /* NULL: part of the algorithm */
    size_t                   part_len;   /* bytes of a coordinate, of r, of s */
    size_t                   secret_min; /* bytes; RFC 7518 section 3.2 */
} healthcode_algorithm_t;


/* Row number i, or NULL past the last. */
const healthcode_algorithm_t *healthcode_algorithm_at(size_t i);

/* The row with this exact name, or NULL; there is no row for "none". */
const healthcode_algorithm_t *healthcode_algorithm_find(healthcode_str_t name);

/* The bit of a row in a set of algorithms. */
unsigned healthcode_algorithm_bit(const healthcode_algorithm_t *algorithm);

#endif
