/*
 * An issuer: the form of its codes, the keys that sign them, and from when to
 * when they are accepted.  The time is an argument.  Knows no: clock, file,
 * request.  docs/token-format.md, "Issuers and keys".
 */

#ifndef HEALTHCODE_ISSUER_H
#define HEALTHCODE_ISSUER_H

#include "healthcode_claims.h"
#include "healthcode_digest.h"
#include "healthcode_reason.h"
#include "healthcode_signature.h"
#include "healthcode_token.h"


/* Seconds before its sunset in which an issuer's answers speak of it. */
#define HEALTHCODE_ISSUER_NOTICE  (30 * 86400)


typedef struct {
    healthcode_str_t             name;           /* in the configuration */
    healthcode_str_t             iss;
    healthcode_str_t             subject_space;
    int64_t                      lifetime_max;   /* seconds */
    int64_t                      not_before;     /* Unix seconds; 0: none */
    int64_t                      sunset;         /* Unix seconds; 0: none */
    const healthcode_str_t      *types;          /* "typ", any of them */
    size_t                       ntypes;
    bool                         type_any;       /* do not look at "typ" */
    bool                         type_none;      /* "typ" may be absent */
    healthcode_keyring_rules_t   rules;
    healthcode_claims_names_t    claims;
} healthcode_issuer_t;


/*
 * Whether token is of issuer's types and signed by one of keyring, its keys,
 * which is NULL if they are not there yet.
 * HEALTHCODE_REASON_OK: *signer is that key.  _TYPE; _ALGORITHM: the token's
 * "alg" is not one of the issuer's; _KEYS_UNAVAILABLE: the issuer has no keys
 * yet; _KEY: none of its keys is for the "alg" and has the token's "kid";
 * _SIGNATURE.  A key without a kid fits any kid;
 * of several keys that fit, any one will do.  Never reads "alg" as an
 * instruction: it must equal the key's own (RFC 8725 section 3.1).
 */
healthcode_reason_e healthcode_issuer_verify(const healthcode_issuer_t *issuer,
    const healthcode_keyring_t *keyring, const healthcode_token_t *token,
    const healthcode_key_t **signer);

/*
 * What makes iss, which is not issuer's, look as if it were meant to be, as in
 * "differs from a known one by a slash at its end": constant.  NULL: nothing.
 */
const char *healthcode_issuer_near(const healthcode_issuer_t *issuer,
    healthcode_str_t iss);

/*
 * Has digest hash codes faster that begin as token does, which signer has
 * verified: with a header of "alg", the key's own "kid" and a type that issuer
 * names, and with issuer's name as the first member, {"iss":"...".  Nothing
 * else of token is copied into digest: it may be a person's.
 */
void healthcode_issuer_learn(const healthcode_issuer_t *issuer,
    const healthcode_key_t *signer, const healthcode_token_t *token,
    healthcode_digest_t *digest);

/*
 * Writes the HEALTHCODE_DIGEST_LEN bytes of a digest of all that decides
 * whether healthcode_issuer_verify() accepts a token and whose holder it names:
 * keyring, the issuer's rules, types, names and claims, and pepper, which tells
 * one pepper from another.  False if there is no keyring, or OpenSSL fails.
 */
bool healthcode_issuer_identity(const healthcode_issuer_t *issuer,
    const healthcode_keyring_t *keyring, healthcode_str_t pepper,
    healthcode_digest_t *digest, uint8_t *out);

/*
 * Whether codes of issuer are accepted at now, Unix seconds.  _ISSUER_NOT_YET:
 * before its not_before.  _ISSUER_SUNSET: from its sunset on.  Or
 * HEALTHCODE_REASON_OK.
 */
healthcode_reason_e healthcode_issuer_check(const healthcode_issuer_t *issuer,
    int64_t now);

/*
 * Whether at now, Unix seconds, the sunset of issuer lies ahead, but no more
 * than HEALTHCODE_ISSUER_NOTICE seconds.
 */
bool healthcode_issuer_ends_soon(const healthcode_issuer_t *issuer,
    int64_t now);

#endif
