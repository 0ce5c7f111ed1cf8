/*
 * What a source takes for a code: the value of a header, argument or cookie,
 * whole, behind a scheme, or by a pattern.  Knows no: nginx, token, request.
 * docs/request-path.md, "Source".
 */

#ifndef HEALTHCODE_SOURCE_H
#define HEALTHCODE_SOURCE_H

#include "healthcode_pattern.h"


/* No pattern has to look at a longer value: it is an error. */
#define HEALTHCODE_SOURCE_VALUE_MAX  16384


/* One line healthcode_source; whoever configures owns name and pattern. */
typedef struct {
    healthcode_str_t             name;      /* of a header: in lower case */
    const healthcode_pattern_t  *pattern;   /* NULL: the whole value */
    unsigned                     bearer;    /* 1: what follows "Bearer "; 2: or
                                               "DPoP " (RFC 9449) */
} healthcode_source_t;


/*
 * Whether value carries a code.  HEALTHCODE_PATTERN_MATCH: *code views it,
 * inside value, and is not empty.  _NO_MATCH: it carries none; neither does a
 * code of stars alone, which is what a mask leaves.  _ERROR: the pattern
 * reached a limit, or the value is too long for it, so it must not count as
 * "no code".  *code is written on a match only.  Not constant-time.  The cost
 * is bounded by a constant for each byte, a pattern's steps included.
 */
healthcode_pattern_e healthcode_source_match(const healthcode_source_t *source,
    healthcode_str_t value, healthcode_str_t *code);

/* Whether code is empty, or what a mask leaves: stars alone. */
bool healthcode_source_is_mask(healthcode_str_t code);

#endif
