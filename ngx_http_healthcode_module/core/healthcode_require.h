/*
 * The rules of a location about claims of its own choice.  Knows no: signature,
 * configuration, request.  docs/token-format.md, "Claim rules".
 */

#ifndef HEALTHCODE_REQUIRE_H
#define HEALTHCODE_REQUIRE_H

#include "healthcode_json.h"
#include "healthcode_pattern.h"


typedef enum {
    HEALTHCODE_REQUIRE_UNKNOWN = 0,   /* holds for nothing */
    HEALTHCODE_REQUIRE_EQUAL,         /* to any of the values */
    HEALTHCODE_REQUIRE_NOT_EQUAL,     /* to all of them */
    HEALTHCODE_REQUIRE_MATCH,         /* of the pattern */

    /* a number, than the value */
    HEALTHCODE_REQUIRE_LESS,
    HEALTHCODE_REQUIRE_AT_MOST,
    HEALTHCODE_REQUIRE_GREATER,
    HEALTHCODE_REQUIRE_AT_LEAST
} healthcode_require_e;


/* A value to compare with, as text and as the number that it may be. */
typedef struct {
    healthcode_str_t             text;
    yyjson_val                   number;    /* all zero: not a number */
    bool                         is_void;   /* nothing was given: no rule
                                               about it holds */
} healthcode_require_value_t;


/* The views and the pattern belong to the caller. */
typedef struct {
    healthcode_str_t             claim;     /* name of a member, exactly; or,
                                               if it begins with "/", a JSON
                                               pointer */
    healthcode_require_e         operator;
    healthcode_require_value_t  *values;    /* not of _MATCH */
    size_t                       nvalues;   /* 1 except for _EQUAL */
    healthcode_pattern_t        *pattern;   /* of _MATCH */
} healthcode_require_t;


/*
 * The operator that "=", "!=", "~", "in", "<", "<=", ">" or ">=" stands for, or
 * _UNKNOWN.
 */
healthcode_require_e healthcode_require_operator(healthcode_str_t word);

/* Whether an operator compares numbers alone: it is "<", "<=", ">" or ">=". */
bool healthcode_require_is_order(healthcode_require_e operator);

/*
 * Whether claim can name something: every text but an empty one, and one that
 * begins with "/" if it is a JSON pointer (RFC 6901).
 */
bool healthcode_require_is_claim(healthcode_str_t claim);

/* Reads text, of which value is a view. */
void healthcode_require_value(healthcode_str_t text,
    healthcode_require_value_t *value);

/* Whether value can be compared with numbers. */
bool healthcode_require_is_number(const healthcode_require_value_t *value);

/*
 * Judges object, the payload of a code whose signature held.  Returns the
 * first rule that does not hold, or NULL if all do.  A claim that is
 * absent, null or an object fulfils none, _NOT_EQUAL neither.  Of an array one
 * element that fits is enough; for _NOT_EQUAL each must be one that can be
 * compared and differs.  Numbers are compared by healthcode_json_compare(),
 * booleans as the words "true" and "false".  _LESS and its like hold for
 * numbers alone, and if the value is a number.  A value that is void equals no
 * claim, and no claim differs from it.  A pattern looks at strings and
 * at integers; one that runs into a limit does not fit.
 */
const healthcode_require_t *healthcode_require_check(
    const healthcode_require_t *rules, size_t nrules, yyjson_val *object);

/*
 * Judges a text that is not a claim by rule, of which the claim does not
 * matter.  One that is empty fulfils no rule, not even of _NOT_EQUAL.  It
 * equals a value byte for byte; _LESS and its like read it as a number, and
 * hold for no other text.
 */
bool healthcode_require_holds_for(const healthcode_require_t *rule,
    healthcode_str_t text);

#endif
