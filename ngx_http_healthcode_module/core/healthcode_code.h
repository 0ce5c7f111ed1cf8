/*
 * What is kept of a code whose signature held, so that it need not be verified
 * nor read again: in a table that processes share.  Knows no clock, no key
 * and no subject; judges nothing.  docs/request-path.md, "The cache".
 */

#ifndef HEALTHCODE_CODE_H
#define HEALTHCODE_CODE_H

#include "healthcode_claims.h"
#include "healthcode_digest.h"
#include "healthcode_holder.h"
#include "healthcode_table.h"


/*
 * Of 8 bytes each: what an entry takes, and the key that finds it: where it
 * stands, and the SHA-256 of its text.
 */
#define HEALTHCODE_CODE_WORDS          24
#define HEALTHCODE_CODE_KEY            5

/* A code with more has its payload read again. */
#define HEALTHCODE_CODE_AUDIENCES_MAX  2
#define HEALTHCODE_CODE_REGIONS_MAX    16

/* A number above is not kept. */
#define HEALTHCODE_CODE_ISSUER_MAX     0xffff
#define HEALTHCODE_CODE_SIGNER_MAX     0xffffff


/*
 * Half a SHA-256, of an audience; or of an issuer with all by which it accepts
 * a code, its keys among it (see healthcode_issuer_identity).
 */
typedef uint64_t  healthcode_code_digest_t[2];


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
    healthcode_code_digest_t   audience[HEALTHCODE_CODE_AUDIENCES_MAX];
    unsigned                   nregions;
    healthcode_region_t        regions[HEALTHCODE_CODE_REGIONS_MAX];
} healthcode_code_t;


/* Whose codes count, by the issuers' numbers. */
typedef struct {
    const healthcode_code_digest_t  *identities;
    const uint8_t                   *accepted;    /* 1: this one's do */
    unsigned                         n;
} healthcode_code_scope_t;


/* Lays a table of codes over memory; see healthcode_table_init(). */
bool healthcode_code_table(healthcode_table_t *table, void *memory,
    size_t bytes);

/*
 * Writes the HEALTHCODE_CODE_KEY words of text's key, and has the processor
 * fetch where it stands in table while it hashes.  False where OpenSSL fails.
 */
bool healthcode_code_key(const healthcode_table_t *table,
    healthcode_str_t text, healthcode_digest_t *digest, uint64_t *key);

/*
 * Looks for the code of this key as one of an issuer in scope verified it.
 * True: *code is written.
 */
bool healthcode_code_find(const healthcode_table_t *table, const uint64_t *key,
    const healthcode_code_scope_t *scope, healthcode_code_t *code);

/*
 * Stores code, which the issuer of this identity has verified.  now, Unix
 * seconds, tells which others are over.  True: one had to make room that is
 * not.  An identity of zeros is nobody's, since OpenSSL has failed: nothing is
 * stored, or what old keys had verified would be found under new ones whose
 * identity failed as well.
 */
bool healthcode_code_store(healthcode_table_t *table, const uint64_t *key,
    const healthcode_code_digest_t identity, const healthcode_code_t *code,
    int64_t now);

/*
 * Writes what claims say into *code, but for issuer, signer and holder.  False
 * where OpenSSL fails.
 */
bool healthcode_code_from_claims(healthcode_code_t *code,
    const healthcode_claims_t *claims, healthcode_digest_t *digest);

/* The digest of one audience; false where OpenSSL fails. */
bool healthcode_code_audience(healthcode_str_t audience,
    healthcode_digest_t *digest, healthcode_code_digest_t out);

/* Judges a code that is whole as healthcode_claims_check() does its claims. */
healthcode_reason_e healthcode_code_check(const healthcode_code_t *code,
    const healthcode_claims_policy_t *policy, int64_t now);

#endif
