/*
 * Texts of keys -> the set of keys of one issuer, whole: JWK sets (RFC 7517)
 * and PEM public keys.  Knows no: token, claims, file.  docs/token-format.md,
 * "Keys".
 */

#ifndef HEALTHCODE_KEYRING_H
#define HEALTHCODE_KEYRING_H

#include "healthcode_key.h"


/* A code is tried against at most so many keys. */
#define HEALTHCODE_KEYRING_TRIES_MAX       8

/* Bytes of the digest by which two sets are the same. */
#define HEALTHCODE_KEYRING_GENERATION_LEN  32

/* A set keeps so many of its remarks; it counts them all. */
#define HEALTHCODE_KEYRING_REMARKS_MAX     8

/* Bytes of a kid in a remark, with a NUL. */
#define HEALTHCODE_KEYRING_KID_SIZE        163


/* How the keys of an issuer are read. */
typedef struct {
    healthcode_algorithm_set_t  algorithms;
    healthcode_str_t            sm2_id;    /* data is NULL: the usual one */
    int64_t                     now;       /* Unix seconds: certificates that
                                              ended before are skipped; 0: the
                                              time is unknown, and all are */
} healthcode_keyring_rules_t;


/* What a set has to say of a key, or of a text that gives none. */
typedef struct {
    size_t       text;         /* number of the text, from 0, as added */
    size_t       line;         /* in it, from 1; 0: it is about the text */
    bool         is_skipped;   /* it is not in the set */
    const char  *why;          /* a constant sentence, without a full stop */
    char         kid[HEALTHCODE_KEYRING_KID_SIZE];   /* escaped as for a log,
                                  "..." if it is cut; "without kid" for a JWK;
                                  "": PEM, or the text */
} healthcode_keyring_remark_t;


typedef struct healthcode_keyring_s  healthcode_keyring_t;


/*
 * A set without keys, to be filled by _add() and closed by _finish(); the
 * caller owns it.  rules and what they point to have to live until _finish().
 * NULL if there is no memory.
 */
healthcode_keyring_t *healthcode_keyring_new(
    const healthcode_keyring_rules_t *rules);
void healthcode_keyring_free(healthcode_keyring_t *keyring);

/*
 * Adds the keys of text, which is not needed after the call.  A key belongs to
 * the algorithm that its "alg" names; one without "alg", as all of PEM are, to
 * each algorithm of the rules that fits it: RSA to RS256 and PS256, a secret to
 * each HMAC that it is long enough for.  So the rules keep RFC 8725 section
 * 3.1, and an issuer that names one algorithm has one for each key.  Keys for
 * other algorithms or another use, and types this table does not know, are
 * passed over in silence (RFC 7517 section 5).  A key that is meant but cannot
 * be used, since it is broken or weak, is skipped, and so is a text of keys
 * that gives none: the set then has a remark.
 *
 * False: text is refused, since it is neither a JWK set nor a JWK nor PEM, or
 * has a private key; error, of size bytes, holds a sentence with the line and
 * the key, and the set may only be freed, or given more texts to see whether
 * one has a private key.  A private key is what error names, whatever else is
 * wrong with the text: a PEM block of one, an object of JSON with "kty" and a
 * member that only a private key has; in a text that is not JSON, such a
 * member's name in quotes and its colon.
 */
bool healthcode_keyring_add(healthcode_keyring_t *keyring,
    healthcode_str_t text, char *error, size_t size);

/* Whether _add() has refused a private key, which must not lie there. */
bool healthcode_keyring_is_private(const healthcode_keyring_t *keyring);

/*
 * Makes the set ready for use; nothing may be added after it.  False, with an
 * error likewise, if there is no memory or no key is left: then error is the
 * first remark of what was skipped, and how many more were.
 */
bool healthcode_keyring_finish(healthcode_keyring_t *keyring, char *error,
    size_t size);

/* All three for one text; NULL if one of them fails. */
healthcode_keyring_t *healthcode_keyring_create(healthcode_str_t text,
    const healthcode_keyring_rules_t *rules, char *error, size_t size);

/*
 * How many keys were skipped, and texts of keys that give none; how many
 * remarks there are, and number i of them, NULL past the last that is kept.
 * Also of a set that is not finished, or failed.  A remark is valid until
 * the set is freed.
 */
size_t healthcode_keyring_skipped(const healthcode_keyring_t *keyring);
size_t healthcode_keyring_remarks(const healthcode_keyring_t *keyring);
const healthcode_keyring_remark_t *healthcode_keyring_remark_at(
    const healthcode_keyring_t *keyring, size_t i);

/*
 * Writes remark as a sentence, as in: line 3: key "2026-a": its ...; into dst,
 * of size bytes, with a NUL; what does not fit is cut.
 */
void healthcode_keyring_remark_text(const healthcode_keyring_remark_t *remark,
    char *dst, size_t size);

/* How many keys were read; one that serves two algorithms counts once. */
size_t healthcode_keyring_count(const healthcode_keyring_t *keyring);

/*
 * Key number i, or NULL past the last; valid until the keyring is freed.  A key
 * that serves two algorithms is two of these, side by side.
 */
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
 * HEALTHCODE_KEYRING_TRIES_MAX.  First those with the kid, be it their alias,
 * then those without one; where kid has no data, all of the algorithm.  Takes
 * no longer with many keys than with one.
 */
size_t healthcode_keyring_candidates(const healthcode_keyring_t *keyring,
    const healthcode_algorithm_t *algorithm, healthcode_str_t kid,
    const healthcode_key_t *keys[HEALTHCODE_KEYRING_TRIES_MAX]);

#endif
