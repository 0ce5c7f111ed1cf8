/*
 * Texts of keys -> the set of keys of one issuer, whole: JWK sets (RFC 7517)
 * and PEM public keys.  Reads no files, judges no codes.
 * docs/token-format.md, "Keys".
 */

#ifndef HEALTHCODE_KEYRING_H
#define HEALTHCODE_KEYRING_H

#include "healthcode_key.h"


/* A code is tried against at most so many keys. */
#define HEALTHCODE_KEYRING_TRIES_MAX       8

/* Bytes of the digest by which two sets are the same. */
#define HEALTHCODE_KEYRING_GENERATION_LEN  32


/* How the keys of an issuer are read. */
typedef struct {
    healthcode_algorithm_set_t  algorithms;
    healthcode_str_t            sm2_id;    /* data is NULL: the usual one */
} healthcode_keyring_rules_t;


typedef struct healthcode_keyring_s  healthcode_keyring_t;


/*
 * A set without keys, to be filled by _add() and closed by _finish(); the
 * caller owns it.  rules and what they point to have to live until _finish().
 * NULL where there is no memory.
 */
healthcode_keyring_t *healthcode_keyring_new(
    const healthcode_keyring_rules_t *rules);
void healthcode_keyring_free(healthcode_keyring_t *keyring);

/*
 * Adds the keys of text, which is not needed after the call.  A key belongs to
 * exactly one algorithm of the rules, the one that its "alg" names, or else
 * the only one that fits it (RFC 8725 section 3.1).  Keys for other algorithms
 * or another use, and types this table does not know, are passed over (RFC
 * 7517 section 5).  A key that is meant but broken or weak, a private key
 * where a public one belongs, and a text without one usable key are errors:
 * then false is returned, error, of size bytes, holds a sentence with the line
 * and the key, and the set may only be freed, or given more texts to see
 * whether one has a private key.  A private key is what error names, whatever
 * else is wrong with the text, unless it is a JWK set that is no JSON.
 */
bool healthcode_keyring_add(healthcode_keyring_t *keyring,
    healthcode_str_t text, char *error, size_t size);

/* Whether _add() has refused a private key, which must not lie there. */
bool healthcode_keyring_is_private(const healthcode_keyring_t *keyring);

/*
 * Makes the set ready for use; nothing may be added after it.  False, with an
 * error likewise, where it has no key or there is no memory.
 */
bool healthcode_keyring_finish(healthcode_keyring_t *keyring, char *error,
    size_t size);

/* All three for one text; NULL where one of them fails. */
healthcode_keyring_t *healthcode_keyring_create(healthcode_str_t text,
    const healthcode_keyring_rules_t *rules, char *error, size_t size);

/* How many keys there are. */
size_t healthcode_keyring_count(const healthcode_keyring_t *keyring);

/* Key number i, or NULL past the last; lives as long as the keyring. */
const healthcode_key_t *healthcode_keyring_at(
    const healthcode_keyring_t *keyring, size_t i);

/* The number of key, which is one of keyring's. */
size_t healthcode_keyring_number(const healthcode_keyring_t *keyring,
    const healthcode_key_t *key);

/* The set of algorithms that the keys belong to. */
unsigned healthcode_keyring_algorithms(const healthcode_keyring_t *keyring);

/* How many keys of algorithm have no "kid". */
size_t healthcode_keyring_nameless(const healthcode_keyring_t *keyring,
    const healthcode_algorithm_t *algorithm);

/*
 * SHA-256 of the texts, each with its length before it, in the order in which
 * they were added: HEALTHCODE_KEYRING_GENERATION_LEN bytes.
 */
const uint8_t *healthcode_keyring_generation(
    const healthcode_keyring_t *keyring);

/*
 * Writes the keys of algorithm that a code with this kid may be signed with
 * into keys, in the order to be tried; returns how many, at most
 * HEALTHCODE_KEYRING_TRIES_MAX.  First those with the kid, then those without
 * one; where kid has no data, all of the algorithm.  Takes no longer with
 * many keys than with one.
 */
size_t healthcode_keyring_candidates(const healthcode_keyring_t *keyring,
    const healthcode_algorithm_t *algorithm, healthcode_str_t kid,
    const healthcode_key_t *keys[HEALTHCODE_KEYRING_TRIES_MAX]);

#endif
