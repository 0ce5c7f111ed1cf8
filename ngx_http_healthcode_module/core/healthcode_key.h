/*
 * One key: from a JWK (RFC 7517, 7518, 8037) or from a parsed public key to all
 * that verifying takes, checked.  Knows no: token, claims, file.
 * docs/token-format.md, "Keys".
 */

#ifndef HEALTHCODE_KEY_H
#define HEALTHCODE_KEY_H

#include <openssl/evp.h>

#include "healthcode_algorithm.h"
#include "healthcode_json.h"


/* Characters of a base64url SHA-256 (RFC 7638). */
#define HEALTHCODE_THUMBPRINT_LEN  43

/* Bits of an RSA modulus: fewer are weak, more would hold up the gate. */
#define HEALTHCODE_KEY_RSA_MIN     2048
#define HEALTHCODE_KEY_RSA_MAX     8192

/* Bytes of the hash that SM2 puts before the text (GM/T 0009 section 8.1). */
#define HEALTHCODE_KEY_PREFIX_LEN  32

/* The signer of SM2 if nobody says otherwise (GM/T 0009 section 10). */
#define HEALTHCODE_KEY_SM2_ID      "1234567812345678"
#define HEALTHCODE_KEY_SM2_ID_MAX  8191


/*
 * What the keys of one set and one algorithm share, made once, since making it
 * costs more than the digest: one thread uses it at a time.
 */
typedef struct {
    EVP_MD      *digest;     /* NULL: part of the algorithm */
    EVP_MD_CTX  *md;
} healthcode_key_scratch_t;


/* One thread uses a key at a time: its contexts are scratch. */
typedef struct {
    const healthcode_algorithm_t    *algorithm;
    healthcode_str_t                 kid;       /* data is NULL: has none */
    healthcode_str_t                 alias;     /* another kid; likewise */
    char                             thumbprint[HEALTHCODE_THUMBPRINT_LEN + 1];
    const char                      *note;      /* NULL, or a constant: how its
                                                   JWK is wrong all the same */

    /* only for the functions of its family, except the length */
    size_t                           signature_len;   /* bytes, exactly */
    EVP_PKEY                        *pkey;
    EVP_PKEY_CTX                    *verify;    /* over a digest */
    EVP_MD_CTX                      *whole;     /* over the text; a template */
    EVP_MAC_CTX                     *mac;
    const healthcode_key_scratch_t  *scratch;   /* of the set */
    uint8_t                          prefix[HEALTHCODE_KEY_PREFIX_LEN];
    size_t                           prefix_len;
} healthcode_key_t;


/* Makes scratch for algorithm, once; false if OpenSSL has none. */
bool healthcode_key_scratch_prepare(healthcode_key_scratch_t *scratch,
    const healthcode_algorithm_t *algorithm);
void healthcode_key_scratch_free(healthcode_key_scratch_t *scratch);

/*
 * Fills key, whose algorithm and scratch are set and the rest zero, from the
 * members of jwk, or from pkey, which then belongs to key.  sm2_id names the
 * signer of SM2.  NULL: it is ready; else a sentence that says what is wrong
 * with it.  Either way healthcode_key_free() has to be called.
 */
const char *healthcode_key_from_jwk(healthcode_key_t *key, yyjson_val *jwk,
    healthcode_str_t sm2_id);
const char *healthcode_key_from_public(healthcode_key_t *key, EVP_PKEY *pkey,
    healthcode_str_t sm2_id);
void healthcode_key_free(healthcode_key_t *key);

/*
 * Whether pkey is of the type, and on the curve, of algorithm; none is of one
 * with a shared secret.
 */
bool healthcode_key_is_of(EVP_PKEY *pkey,
    const healthcode_algorithm_t *algorithm);

#endif
