/*
 * Key bytes -> parsed keys: a JWK or JWK set (RFC 7517, 7518, 8037) or PEM
 * public keys.  Reads no files, judges no codes.
 * docs/token-format.md, "Keys".
 */

#ifndef HEALTHCODE_KEYRING_H
#define HEALTHCODE_KEYRING_H

#include <openssl/evp.h>

#include "healthcode_algorithm.h"


/* Characters of a base64url SHA-256 (RFC 7638). */
#define HEALTHCODE_THUMBPRINT_LEN  43


/*
 * One key.  The contexts are scratch, made once since making them costs more
 * than the digest: one thread uses a key at a time.
 */
typedef struct {
    const healthcode_algorithm_t  *algorithm;
    healthcode_str_t               kid;       /* data is NULL: has none */
    char                           thumbprint[HEALTHCODE_THUMBPRINT_LEN + 1];

    /* for healthcode_signature_verify() alone */
    EVP_PKEY                      *pkey;
    EVP_PKEY_CTX                  *verify;
    EVP_MD                        *digest;
    EVP_MD_CTX                    *md;
    EVP_MAC_CTX                   *mac;
} healthcode_key_t;


typedef struct healthcode_keyring_s  healthcode_keyring_t;


/*
 * Parses text.  algorithms is a set of healthcode_algorithm_bit(): a key
 * belongs to exactly one of them, the one that its "alg" names, or else the
 * only one that fits it (RFC 8725 section 3.1).  Keys for other algorithms or
 * another use, and types this table does not know, are passed over (RFC 7517
 * section 5); a key that is meant but broken, a private key where a public one
 * belongs, and a text without one usable key are errors: then NULL is
 * returned and error, of size bytes, holds a sentence that names the key.
 * The caller owns the keyring; text is not needed after the call.
 */
healthcode_keyring_t *healthcode_keyring_create(healthcode_str_t text,
    unsigned algorithms, char *error, size_t size);
void healthcode_keyring_free(healthcode_keyring_t *keyring);

/* Key number i, or NULL past the last; lives as long as the keyring. */
const healthcode_key_t *healthcode_keyring_at(
    const healthcode_keyring_t *keyring, size_t i);

/* The set of algorithms that the keys belong to. */
unsigned healthcode_keyring_algorithms(const healthcode_keyring_t *keyring);

#endif
