/*
 * The rules of a location about claims of its own choice.
 * Knows no signature, no configuration and no other rule of a code.
 * docs/token-format.md, "Claim rules".
 */

#ifndef HEALTHCODE_REQUIRE_H
#define HEALTHCODE_REQUIRE_H

#include "healthcode_json.h"
#include "healthcode_pattern.h"


typedef enum {
    HEALTHCODE_REQUIRE_UNKNOWN = 0,   /* holds for nothing */
    HEALTHCODE_REQUIRE_EQUAL,         /* to any of the values */
    HEALTHCODE_REQUIRE_NOT_EQUAL,     /* to all of them */
    HEALTHCODE_REQUIRE_MATCH          /* of the pattern */
} healthcode_require_e;


/* A value to compare with, as text and as the number that it may be. */
typedef struct {
    healthcode_str_t             text;
    yyjson_val                   number;    /* all zero: the text is none */
    bool                         is_void;   /* nothing was given: no rule
                                               about it holds */
} healthcode_require_value_t;


/* The views and the pattern belong to the caller. */
typedef struct {
    healthcode_str_t             claim;     /* name of a member, exactly */
    healthcode_require_e         operator;
    healthcode_require_value_t  *values;    /* of _EQUAL and _NOT_EQUAL */
    size_t                       nvalues;
    healthcode_pattern_t        *pattern;   /* of _MATCH */
} healthcode_require_t;


/* The operator that "=", "!=", "~" or "in" stands for, or _UNKNOWN. */
healthcode_require_e healthcode_require_operator(healthcode_str_t word);

/* Reads text, which must live as long as the value. */
void healthcode_require_value(healthcode_str_t text,
    healthcode_require_value_t *value);

/*
 * Judges object, the payload of a code whose signature held.  Returns the
 * first rule that does not hold, or NULL where all do.  A claim that is
 * absent, null or an object fulfils none, _NOT_EQUAL neither.  Of an array one
 * element that fits is enough; for _NOT_EQUAL each must be one that can be
 * compared and differs.  Numbers are compared by healthcode_json_same_number,
 * booleans as the words "true" and "false".  A value that is void equals no
 * claim, and no claim differs from it.  A pattern looks at strings and
 * at integers; one that runs into a limit does not fit.
 */
const healthcode_require_t *healthcode_require_check(
    const healthcode_require_t *rules, size_t nrules, yyjson_val *object);

#endif
