/*
 * A known code: what the cache keeps of a code whose signature held.  It is
 * judged again without its text and its key; the time is an argument.  Knows
 * no: clock, signature, request.  docs/cache.md.
 */

#ifndef HEALTHCODE_KNOWN_H
#define HEALTHCODE_KNOWN_H

#include "healthcode_claims.h"
#include "healthcode_digest.h"
#include "healthcode_holder.h"
#include "healthcode_table.h"


/*
 * Of 8 bytes each: what an entry takes, and the key that finds it: where it
 * stands, and the SHA-256 of its text.
 */
#define HEALTHCODE_KNOWN_WORDS         24
#define HEALTHCODE_KNOWN_KEY           5

/* A code with more has its payload read again. */
#define HEALTHCODE_KNOWN_AUDIENCES_MAX  2
#define HEALTHCODE_KNOWN_REGIONS_MAX   16

/* A number above is not kept. */
#define HEALTHCODE_KNOWN_ISSUER_MAX    0xffff
#define HEALTHCODE_KNOWN_SIGNER_MAX    0xffffff


/*
 * Half a SHA-256, of an audience; or of an issuer with all by which it accepts
 * a code, its keys among it (see healthcode_issuer_identity).
 */
typedef uint64_t  healthcode_known_digest_t[2];


typedef struct {
    unsigned                   issuer;       /* its number */
    unsigned                   signer;       /* number of the key in its set */
    bool                       has_holder;
    bool                       is_whole;     /* else the payload has to be read
                                                for audience and regions */
    bool                       is_normal;    /* "status" */
    int64_t                    iat;
    int64_t                    exp;
    int64_t                    nbf;
    uint8_t                    holder[HEALTHCODE_HOLDER_LEN];
    unsigned                   naudience;
    healthcode_known_digest_t  audience[HEALTHCODE_KNOWN_AUDIENCES_MAX];
    unsigned                   nregions;
    healthcode_region_t        regions[HEALTHCODE_KNOWN_REGIONS_MAX];
} healthcode_known_t;


/* Whose codes count, by the issuers' numbers. */
typedef struct {
    const healthcode_known_digest_t  *identities;
    const uint8_t                    *accepted;    /* 1: this one's do */
    unsigned                          n;
} healthcode_known_scope_t;


/* Lays a table of codes over memory; see healthcode_table_init(). */
bool healthcode_known_table(healthcode_table_t *table, void *memory,
    size_t bytes);

/*
 * Writes the HEALTHCODE_KNOWN_KEY words of text's key, and has the processor
 * fetch where it stands in table while it hashes.  False if OpenSSL fails.
 */
bool healthcode_known_key(const healthcode_table_t *table,
    healthcode_str_t text, healthcode_digest_t *digest, uint64_t *key);

/*
 * Looks for the code of this key as one of an issuer in scope verified it.
 * True: *code is written.
 */
bool healthcode_known_find(const healthcode_table_t *table, const uint64_t *key,
    const healthcode_known_scope_t *scope, healthcode_known_t *code);

/*
 * Stores code, which the issuer of this identity has verified.  now, Unix
 * seconds, tells which others are over.  True: one had to make room that is
 * not.  An identity of zeros is nobody's, since OpenSSL has failed: nothing is
 * stored, or what old keys had verified would be found under new ones whose
 * identity failed as well.
 */
bool healthcode_known_store(healthcode_table_t *table, const uint64_t *key,
    const healthcode_known_digest_t identity, const healthcode_known_t *code,
    int64_t now);

/*
 * Writes what claims say into *code, except issuer, signer and holder.  False
 * if they bind the code to a key, which has to be proved each time and is not
 * kept, or if OpenSSL fails.
 */
bool healthcode_known_from_claims(healthcode_known_t *code,
    const healthcode_claims_t *claims, healthcode_digest_t *digest);

/* The digest of one audience; false if OpenSSL fails. */
bool healthcode_known_audience(healthcode_str_t audience,
    healthcode_digest_t *digest, healthcode_known_digest_t out);

/* Judges a code that is whole as healthcode_claims_check() does its claims. */
healthcode_reason_e healthcode_known_check(const healthcode_known_t *code,
    const healthcode_claims_policy_t *policy, int64_t now);

#endif
