/*
 * What the files of a JWK share: each type of key ("kty") has a file of its
 * own.  Nobody else needs this.  docs/token-format.md, "Keys".
 */

#ifndef HEALTHCODE_JWK_PRIVATE_H
#define HEALTHCODE_JWK_PRIVATE_H

#include "core/healthcode_json.h"
#include "core/healthcode_key.h"
#include "healthcode_jwk.h"


/* Bytes of one member, decoded; the decoder wants two more than it writes. */
#define HEALTHCODE_JWK_MEMBER_MAX   (HEALTHCODE_KEY_RSA_MAX / 8 + 2)

/* n e d p q dp dq qi of RFC 7518 section 6.3 */
#define HEALTHCODE_JWK_MEMBERS_MAX  8


/* A binary member. */
typedef struct {
    const char  *name;
    bool         secret;     /* not for gates */
    size_t       len;
    uint8_t      data[HEALTHCODE_JWK_MEMBER_MAX];
} healthcode_jwk_member_t;


/* What is done with keys of one type. */
typedef struct {
    const char   *kty;

    /* a member that only a private key has */
    const char   *secret;

    /* NULL if OpenSSL fails */
    EVP_PKEY    *(*generate)(const healthcode_algorithm_t *algorithm,
                             size_t bits);

    /* NULL, and the caller owns *pkey; else a sentence that says why not */
    const char  *(*load)(const healthcode_algorithm_t *algorithm,
                         yyjson_val *object, EVP_PKEY **pkey);

    /* how many it has written, 0 if OpenSSL fails */
    size_t       (*members)(const healthcode_jwk_t *jwk,
                            healthcode_jwk_member_t *members);
} healthcode_jwk_type_t;


extern const healthcode_jwk_type_t  healthcode_jwk_oct;
extern const healthcode_jwk_type_t  healthcode_jwk_okp;
extern const healthcode_jwk_type_t  healthcode_jwk_ec;
extern const healthcode_jwk_type_t  healthcode_jwk_rsa;


/* Decodes a member into dst, of HEALTHCODE_JWK_MEMBER_MAX bytes. */
bool healthcode_jwk_member(yyjson_val *object, const char *name, uint8_t *dst,
    size_t *len);

/*
 * Makes the key of params (NULL: none, which fails), and checks that its
 * public half belongs to its private one.  NULL if it does not.
 */
EVP_PKEY *healthcode_jwk_from_params(const char *type, OSSL_PARAM *params);

/* Whether the public half of pkey belongs to its private one. */
bool healthcode_jwk_is_pair(EVP_PKEY *pkey);

/*
 * NULL, or the sentence with which a gate, by the rules of core/, refuses the
 * public half of the key.
 */
const char *healthcode_jwk_refused(const healthcode_jwk_t *jwk);

#endif
