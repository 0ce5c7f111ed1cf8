/*
 * A pattern that takes a part out of a text, or only tests it (PCRE2 with JIT
 * and limits).  Knows no: token, claims, request.  docs/request-path.md,
 * "Source"; docs/token-format.md, "Claim rules".
 */

#ifndef HEALTHCODE_PATTERN_H
#define HEALTHCODE_PATTERN_H

#include "healthcode_str.h"


typedef struct healthcode_pattern_s  healthcode_pattern_t;

typedef enum {
    HEALTHCODE_PATTERN_ERROR = 0,   /* a limit was reached: bad input */
    HEALTHCODE_PATTERN_NO_MATCH,
    HEALTHCODE_PATTERN_MATCH
} healthcode_pattern_e;


/*
 * Compiles expression.  The caller owns the result and frees it.  On failure
 * NULL is returned and error, of size bytes, holds a sentence with a NUL.
 * An expression without a group is refused, since nothing could be taken out.
 */
healthcode_pattern_t *healthcode_pattern_create(healthcode_str_t expression,
    char *error, size_t size);
void healthcode_pattern_free(healthcode_pattern_t *pattern);

/* Likewise of an expression to search with, which needs no group. */
healthcode_pattern_t *healthcode_pattern_create_search(
    healthcode_str_t expression, char *error, size_t size);

/*
 * Runs pattern over text; on MATCH *group views the first group inside text,
 * empty where the group took no part.  Written only on MATCH.  The pattern
 * holds scratch memory, so one thread uses it at a time.  Steps are limited
 * to 1,000 and 16 for each byte of text, at most 100,000.
 */
healthcode_pattern_e healthcode_pattern_match(
    const healthcode_pattern_t *pattern, healthcode_str_t text,
    healthcode_str_t *group);

/*
 * Likewise from the byte at *from of text on; the bytes before it are looked
 * at, as by "^", but do not match again.  On MATCH *from is the byte behind
 * the group, or behind the match if that ends first or has no group, and at
 * least one more than it was; else it stays.  A match of nothing may be found
 * twice.  Steps are limited by the bytes from *from on.
 */
healthcode_pattern_e healthcode_pattern_match_next(
    const healthcode_pattern_t *pattern, healthcode_str_t text, size_t *from,
    healthcode_str_t *group);

/* Whether pattern matches anywhere in text, within 100,000 steps. */
healthcode_pattern_e healthcode_pattern_search(
    const healthcode_pattern_t *pattern, healthcode_str_t text);

#endif
