/*
 * Header and claims of a code for a person to read.
 * Judges nothing.  docs/token-format.md, "Inspecting a code".
 */

#ifndef HEALTHCODE_DESCRIBE_H
#define HEALTHCODE_DESCRIBE_H

#include "core/healthcode_claims.h"
#include "core/healthcode_token.h"
#include "healthcode_output.h"


/* One line of a stranger's text after label. */
void healthcode_describe_text(const char *label, healthcode_str_t text);

/* One line: a reason's word and sentence. */
void healthcode_describe_reason(const char *label, healthcode_reason_e reason);

/* Prints what is wrong with a malformed code. */
void healthcode_describe_broken(healthcode_str_t text);

void healthcode_describe_header(const healthcode_token_t *token);

/* Prints times as distances from now, too. */
void healthcode_describe_claims(const healthcode_claims_t *claims, int64_t now);

#endif
