/*
 * Private keys: made, read from and written as a JWK (RFC 7517, 7518, 8037),
 * read from PEM, and used to sign.  Knows no files and no claims.
 * docs/token-format.md, "Keys".
 */

#ifndef HEALTHCODE_JWK_H
#define HEALTHCODE_JWK_H

#include <openssl/evp.h>

#include "core/healthcode_algorithm.h"


/* Bytes of a signature, of any algorithm. */
#define HEALTHCODE_JWK_SIGNATURE_MAX  1024


typedef struct {
    const healthcode_algorithm_t  *algorithm;
    const char                    *alg;      /* the one of its names to write */
    char                          *kid;      /* NULL: has none */
    EVP_PKEY                      *pkey;
} healthcode_jwk_t;


/*
 * Makes a new key for the algorithm that alg names, of so many bits if it is
 * RSA; *jwk is written, and freed by healthcode_jwk_free().  False if
 * there is no such algorithm or OpenSSL fails.
 */
bool healthcode_jwk_generate(healthcode_str_t alg, size_t bits,
    healthcode_jwk_t *jwk);
void healthcode_jwk_free(healthcode_jwk_t *jwk);

/*
 * Reads a private JWK whose members belong together; likewise.  algorithm, if
 * not NULL, says what a JWK without an "alg" is for.  If it fails, error, of
 * size bytes, holds a sentence that says why.
 */
bool healthcode_jwk_read(healthcode_str_t text,
    const healthcode_algorithm_t *algorithm, healthcode_jwk_t *jwk, char *error,
    size_t size);

/* Whether text has a block of PEM. */
bool healthcode_jwk_is_pem(healthcode_str_t text);

/*
 * Likewise from the only private key of a PEM text, which names neither a kid
 * nor an algorithm: that is algorithm or, if it is NULL, the only one that fits
 * the key.  password opens an encrypted key; its data is NULL if there is none.
 * Nobody is asked for it.
 */
bool healthcode_jwk_read_pem(healthcode_str_t text, healthcode_str_t password,
    const healthcode_algorithm_t *algorithm, healthcode_jwk_t *jwk, char *error,
    size_t size);

/*
 * Writes the key as a JWK; as a JWK set of its public members unless secret.
 * A shared secret has no public members: it is in both.  The text ends with a
 * newline and a NUL and is the caller's to free; NULL if there is no
 * memory or OpenSSL fails.
 */
char *healthcode_jwk_write(const healthcode_jwk_t *jwk, bool secret);

/*
 * Signs text into signature, of HEALTHCODE_JWK_SIGNATURE_MAX bytes, in the
 * form of RFC 7518 section 3.4 or 3.5; sm2_id names the signer of SM2.
 * Returns its length, 0 if OpenSSL fails.
 */
size_t healthcode_jwk_sign(const healthcode_jwk_t *jwk, healthcode_str_t text,
    healthcode_str_t sm2_id, uint8_t *signature);

/*
 * The DER that OpenSSL writes -> r || s, each of part_len bytes.  Returns the
 * length, 0 if der has another form.
 */
size_t healthcode_jwk_from_der(healthcode_str_t der, size_t part_len,
    uint8_t *signature);

#endif
