/*
 * Private keys: made, read from and written as a JWK (RFC 7517, 7518, 8037),
 * and used to sign.  Knows no files and no claims.
 * docs/token-format.md, "Keys".
 */

#ifndef HEALTHCODE_JWK_H
#define HEALTHCODE_JWK_H

#include <openssl/evp.h>

#include "core/healthcode_algorithm.h"


/* Bytes of a signature, of any algorithm. */
#define HEALTHCODE_JWK_SIGNATURE_MAX  512


typedef struct {
    const healthcode_algorithm_t  *algorithm;
    char                          *kid;      /* NULL: has none */
    EVP_PKEY                      *pkey;
} healthcode_jwk_t;


/*
 * Makes a new key; *jwk is written, and freed by healthcode_jwk_free().
 * False where OpenSSL fails.
 */
bool healthcode_jwk_generate(const healthcode_algorithm_t *algorithm,
    healthcode_jwk_t *jwk);
void healthcode_jwk_free(healthcode_jwk_t *jwk);

/*
 * Reads a private JWK; likewise.  Where it is none, error, of size bytes,
 * holds a sentence that says why.
 */
bool healthcode_jwk_read(healthcode_str_t text, healthcode_jwk_t *jwk,
    char *error, size_t size);

/*
 * Writes the key as a JWK; as a JWK set of its public members unless secret.
 * A shared secret has no public members: it is in both.  The text ends with a
 * newline and a NUL and is the caller's to free; NULL where there is no
 * memory or OpenSSL fails.
 */
char *healthcode_jwk_write(const healthcode_jwk_t *jwk, bool secret);

/*
 * Signs text into signature, of HEALTHCODE_JWK_SIGNATURE_MAX bytes, in the
 * form of RFC 7518 section 3.4.  Returns its length, 0 where OpenSSL fails.
 */
size_t healthcode_jwk_sign(const healthcode_jwk_t *jwk, healthcode_str_t text,
    uint8_t *signature);

#endif
