/*
 * The table of signature algorithms (RFC 7518 section 3.1, RFC 8037, RFC 9864;
 * SM2 of GM/T 0003), and sets of them with names of an issuer's own.  Knows
 * no: key, token, crypto.  docs/token-format.md, "Algorithms".
 */

#ifndef HEALTHCODE_ALGORITHM_H
#define HEALTHCODE_ALGORITHM_H

#include "healthcode_str.h"


/* How many rows there are; each has a bit in an unsigned. */
#define HEALTHCODE_ALGORITHM_COUNT  14


/* What is done with keys of one family: healthcode_family.h has its members. */
typedef struct healthcode_family_s  healthcode_family_t;

extern const healthcode_family_t  healthcode_family_hmac;
extern const healthcode_family_t  healthcode_family_rsa;    /* PKCS #1 v1.5 */
extern const healthcode_family_t  healthcode_family_pss;    /* a salt as long as
                                                               the hash */
extern const healthcode_family_t  healthcode_family_ecdsa;
extern const healthcode_family_t  healthcode_family_eddsa;
extern const healthcode_family_t  healthcode_family_sm2;


/* One row: all that telling two algorithms of one family apart takes. */
typedef struct {
    const char                 *name;       /* "alg" of a header and of a JWK */
    const char                 *also;       /* NULL, or its other name there */
    const healthcode_family_t  *family;
    const char                 *kty;        /* "kty" and "crv" of a JWK */
    const char                 *crv;        /* NULL: the family has none */
    const char  *const         *crv_also;   /* NULL, or its other names, as they
                                               are found, up to a NULL */
    const char                 *type;       /* OpenSSL's name of such a key */
    const char                 *group;      /* OpenSSL's name of the curve */
    const char                 *digest;     /* NULL: part of the algorithm */
    size_t                      part_len;   /* bytes of a coordinate, of r, of
                                               s, of a message authentication
                                               code */
    size_t                      secret_min; /* bytes; RFC 7518 section 3.2 */
} healthcode_algorithm_t;


/* A name of an issuer's own for an algorithm. */
typedef struct {
    healthcode_str_t               name;
    const healthcode_algorithm_t  *algorithm;
} healthcode_algorithm_alias_t;


/* What an issuer may sign with; the aliases belong to the caller. */
typedef struct {
    unsigned                             bits;
    const healthcode_algorithm_alias_t  *aliases;
    size_t                               naliases;
} healthcode_algorithm_set_t;


/* Row number i, or NULL past the last. */
const healthcode_algorithm_t *healthcode_algorithm_at(size_t i);

/*
 * The row with this exact name, or with it as its other name; NULL if there
 * is none.  There is no row for "none".
 */
const healthcode_algorithm_t *healthcode_algorithm_find(healthcode_str_t name);

/* Likewise, of those in set, which may have this name as an alias. */
const healthcode_algorithm_t *healthcode_algorithm_set_find(
    const healthcode_algorithm_set_t *set, healthcode_str_t name);

/*
 * Whether crv names the curve of algorithm, by its name or another one; true of
 * an algorithm without a curve.
 */
bool healthcode_algorithm_has_curve(const healthcode_algorithm_t *algorithm,
    healthcode_str_t crv);

/* The number of a row, below HEALTHCODE_ALGORITHM_COUNT, and its bit. */
size_t healthcode_algorithm_index(const healthcode_algorithm_t *algorithm);
unsigned healthcode_algorithm_bit(const healthcode_algorithm_t *algorithm);

#endif
