/*
 * What the files that fill a set of keys share; no other file includes it.
 * Knows no: token, claims, file.  docs/token-format.md, "Keys".
 */

#ifndef HEALTHCODE_KEYRING_PRIVATE_H
#define HEALTHCODE_KEYRING_PRIVATE_H

#include "healthcode_index.h"
#include "healthcode_keyring.h"


/* No place in the text. */
#define HEALTHCODE_KEYRING_NOWHERE  SIZE_MAX


/* The first keys of some kind, and how many there are of it. */
typedef struct {
    size_t                   n;
    const healthcode_key_t  *keys[HEALTHCODE_KEYRING_TRIES_MAX];
} healthcode_keyring_list_t;


/* A public key that is not in the set yet, and what the text says of it. */
typedef struct {
    size_t       offset;    /* in the text */
    const char  *name;      /* for remarks; NULL: none */
    const char  *kid;       /* NULL: has none */
    const char  *alias;     /* another one; NULL: has none */
    unsigned     bits;      /* the algorithms that it may be for */
} healthcode_keyring_public_t;


struct healthcode_keyring_s {
    size_t                             nkeys;
    size_t                             nalloc;
    size_t                             nread;        /* one may be several */
    size_t                             nskipped;
    size_t                             nremarks;     /* also those not kept */
    healthcode_keyring_remark_t        remarks[HEALTHCODE_KEYRING_REMARKS_MAX];
    bool                               is_private;   /* one was a private key */
    healthcode_key_t                  *keys;
    healthcode_key_scratch_t           scratch[HEALTHCODE_ALGORITHM_COUNT];
    uint8_t                            generation[EVP_MAX_MD_SIZE];

    /* once it is finished */
    unsigned                           algorithms;   /* of the keys */
    healthcode_index_t                *kids;
    healthcode_keyring_list_t          all[HEALTHCODE_ALGORITHM_COUNT];
    healthcode_keyring_list_t          nameless[HEALTHCODE_ALGORITHM_COUNT];

    /* while it is filled */
    const healthcode_keyring_rules_t  *rules;
    EVP_MD_CTX                        *sum;
    size_t                             ntexts;       /* before this one */
    healthcode_str_t                   text;
    char                              *error;
    size_t                             error_size;
};


/*
 * Writes the error: the line of the byte at offset of the text, unless that is
 * HEALTHCODE_KEYRING_NOWHERE; the key, unless kid is NULL; and what is wrong.
 * Returns false.
 */
bool healthcode_keyring_fail(healthcode_keyring_t *keyring, size_t offset,
    const char *kid, const char *what);

/* Likewise of the text as a whole. */
bool healthcode_keyring_fail_whole(healthcode_keyring_t *keyring,
    const char *what);

/* Likewise of a set without a key: the first that was skipped says why. */
bool healthcode_keyring_fail_empty(healthcode_keyring_t *keyring);

/*
 * Remarks that the key, or the text if offset is HEALTHCODE_KEYRING_NOWHERE, is
 * skipped; kid and offset as for _fail(), why is a constant.  Returns true.
 */
bool healthcode_keyring_skip(healthcode_keyring_t *keyring, size_t offset,
    const char *kid, const char *why);

/* Likewise of a key, or a text, that counts although it is written wrong. */
void healthcode_keyring_accept(healthcode_keyring_t *keyring, size_t offset,
    const char *kid, const char *why);

/*
 * Whether the text that is being read has no private key, which is written as
 * the error otherwise: no PEM block of one, not even its first line;
 */
bool healthcode_keyring_blocks_are_public(healthcode_keyring_t *keyring);

/* no object, however deep in root, that has "kty" and a private member; */
bool healthcode_keyring_objects_are_public(healthcode_keyring_t *keyring,
    yyjson_val *root);

/* object, in root, has no private member, "kty" or not; */
bool healthcode_keyring_object_is_public(healthcode_keyring_t *keyring,
    yyjson_val *root, yyjson_val *object);

/* it is not a private key in DER, not even its beginning; */
bool healthcode_keyring_der_is_public(healthcode_keyring_t *keyring);

/*
 * and in a text that is not JSON, where objects cannot be found: nowhere the
 * name of a private member in quotes, as it is or escaped, and its colon.
 */
bool healthcode_keyring_names_are_public(healthcode_keyring_t *keyring);

extern const char  healthcode_keyring_bad_kid[];

/* Writes the error of a private key, as _fail() does.  Returns false. */
bool healthcode_keyring_refuse(healthcode_keyring_t *keyring, size_t offset,
    const char *kid, const char *what);

/*
 * The member of a JWK that is called name.  NULL: it is absent, or null, which
 * some issuers write for each member that they do not use.
 */
static inline yyjson_val *
healthcode_keyring_member(yyjson_val *jwk, const char *name)
{
    yyjson_val  *member = yyjson_obj_get(jwk, name);

    return yyjson_is_null(member) ? NULL : member;
}

/* Whether a kid may go into logs, in which a new line would begin another. */
bool healthcode_keyring_is_printable(const char *text);

/*
 * A new key, of which algorithm, kid (copied; NULL: none) and scratch are set;
 * NULL if there is no memory.
 */
healthcode_key_t *healthcode_keyring_push(healthcode_keyring_t *keyring,
    const healthcode_algorithm_t *algorithm, const char *kid);

/*
 * Ends the filling of the key that was pushed last: why is NULL, and it stays;
 * or says why it cannot be used, and it is freed, and *wrong is why, unless it
 * says something already.
 */
void healthcode_keyring_settle(healthcode_keyring_t *keyring, const char *why,
    const char **wrong);

/*
 * Gives the key that was pushed last another kid, which is copied; false if
 * there is no memory.
 */
bool healthcode_keyring_alias(healthcode_keyring_t *keyring,
    const char *alias);

/* The signer of SM2 that the rules name, or the usual one. */
healthcode_str_t healthcode_keyring_sm2_id(
    const healthcode_keyring_t *keyring);

/*
 * Add the keys of the text that is being read, and skip those that cannot be
 * used; false, with an error, if the text is refused.  keyring_jwks.c and
 * keyring_pem.c have one each.
 */
bool healthcode_keyring_read_jwks(healthcode_keyring_t *keyring);
bool healthcode_keyring_read_pem(healthcode_keyring_t *keyring);

/* Likewise of a text that is DER: a certificate, or a public key. */
bool healthcode_keyring_read_der(healthcode_keyring_t *keyring);

/* Adds or skips pkey, which belongs to it now; false: no memory. */
bool healthcode_keyring_load_public(healthcode_keyring_t *keyring,
    const healthcode_keyring_public_t *at, EVP_PKEY *pkey);

/* Whether pkey is one for some of the algorithms bits. */
bool healthcode_keyring_fits_any(unsigned bits, EVP_PKEY *pkey);

/*
 * Adds the key of a certificate in DER, skips it, or passes over it if its key
 * usage does not permit signatures or its key is for none of the algorithms.
 * Without a kid it is called by both names of the certificate.  False: no
 * memory.
 */
bool healthcode_keyring_load_certificate(healthcode_keyring_t *keyring,
    const healthcode_keyring_public_t *at, healthcode_str_t der);

/* Whether "x5c" stands in jwk in the place of the members of a key. */
bool healthcode_keyring_has_x5c_alone(yyjson_val *jwk);

/* Adds, skips or passes over the first certificate of "x5c", likewise. */
bool healthcode_keyring_load_x5c(healthcode_keyring_t *keyring,
    const healthcode_keyring_public_t *at, yyjson_val *jwk);

/*
 * NULL, or a sentence: "x5c" of jwk, of which key was made, has a certificate
 * with another key (RFC 7517 section 4.7).  One that cannot be read is not
 * needed, and no reason.
 */
const char *healthcode_keyring_check_x5c(const healthcode_key_t *key,
    yyjson_val *jwk);

#endif
