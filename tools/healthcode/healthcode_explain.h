/*
 * Why a code does not hold, in words for a person: lines "why ...", after the
 * verdict.  Judges nothing.  docs/token-format.md, "Inspecting a code".
 */

#ifndef HEALTHCODE_EXPLAIN_H
#define HEALTHCODE_EXPLAIN_H

#include "core/healthcode_claims.h"
#include "core/healthcode_issuer.h"
#include "healthcode_keyset.h"


/* The beginning of a line, of which the caller prints the rest. */
void healthcode_explain_begin(void);

/* A line of before, text of a stranger in quotes, after. */
void healthcode_explain_quoted(const char *before, healthcode_str_t text,
    const char *after);

/* A line. */
void healthcode_explain(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/*
 * The part "header" or "payload" of which healthcode_json_read_at() made no
 * object, and the offset that it gave.
 */
void healthcode_explain_json(const char *part, healthcode_str_t text,
    size_t offset);

/* A text of which healthcode_token_parse() makes no token. */
void healthcode_explain_text(healthcode_str_t text);

/* A "typ" that issuer does not accept. */
void healthcode_explain_type(const healthcode_issuer_t *issuer,
    const healthcode_token_t *token);

/*
 * _ALGORITHM, _KEY or _SIGNATURE of healthcode_issuer_verify(), where keyring
 * is the ring of keyset for the algorithm.
 */
void healthcode_explain_key(const healthcode_keyset_t *keyset,
    const healthcode_keyring_t *keyring, const healthcode_token_t *token,
    healthcode_reason_e reason);

/* A payload of which healthcode_claims_parse() makes no claims but faults. */
void healthcode_explain_payload(healthcode_str_t payload,
    const healthcode_claims_faults_t *faults);

/* A reason of healthcode_claims_check(), of claims that were read by names. */
void healthcode_explain_claims(const healthcode_claims_t *claims,
    const healthcode_claims_names_t *names,
    const healthcode_claims_policy_t *policy, int64_t now,
    healthcode_reason_e reason);

#endif
