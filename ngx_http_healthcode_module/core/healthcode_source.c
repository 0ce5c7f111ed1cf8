/*
 * What a source takes for a code: the value of a header, argument or cookie,
 * whole, behind a scheme, or by a pattern.  Knows no: nginx, token, request.
 * docs/request-path.md, "Source".
 */

#include "healthcode_source.h"


static healthcode_pattern_e healthcode_source_scheme(healthcode_str_t value,
    healthcode_str_t scheme, healthcode_str_t *code);
static healthcode_pattern_e healthcode_source_pattern(
    const healthcode_source_t *source, healthcode_str_t value,
    healthcode_str_t *code);


healthcode_pattern_e
healthcode_source_match(const healthcode_source_t *source,
    healthcode_str_t value, healthcode_str_t *code)
{
    healthcode_str_t      shown = value;
    healthcode_pattern_e  found = HEALTHCODE_PATTERN_MATCH;

    if (source->bearer) {
        found = healthcode_source_scheme(value, healthcode_str("bearer "),
                                         &shown);

        if (found == HEALTHCODE_PATTERN_NO_MATCH && source->bearer > 1) {
            found = healthcode_source_scheme(value, healthcode_str("dpop "),
                                             &shown);
        }

    } else if (source->pattern != NULL) {
        found = healthcode_source_pattern(source, value, &shown);
    }

    if (found != HEALTHCODE_PATTERN_MATCH) {
        return found;
    }

    if (healthcode_source_is_mask(shown)) {
        return HEALTHCODE_PATTERN_NO_MATCH;
    }

    *code = shown;

    return HEALTHCODE_PATTERN_MATCH;
}


/*
 * "(?i)^bearer +(\S+) *$" without a pattern, since nearly every gate has it:
 * RFC 6750 section 2.1, RFC 9449 section 7.1, the scheme's case by RFC 9110
 * section 11.1.
 */
static healthcode_pattern_e
healthcode_source_scheme(healthcode_str_t value, healthcode_str_t scheme,
    healthcode_str_t *code)
{
    const uint8_t  *p = value.data, *end;

    if (value.len <= scheme.len
        || !healthcode_str_equal_nocase(healthcode_str_from(p, scheme.len),
                                        scheme))
    {
        return HEALTHCODE_PATTERN_NO_MATCH;
    }

    end = p + value.len;
    p += scheme.len;

    while (p < end && *p == ' ') {
        p++;
    }

    while (end > p && end[-1] == ' ') {
        end--;
    }

    *code = healthcode_str_from(p, (size_t) (end - p));

    if (code->len == 0 || memchr(p, ' ', code->len) != NULL
        || memchr(p, '\t', code->len) != NULL)
    {
        return HEALTHCODE_PATTERN_NO_MATCH;
    }

    return HEALTHCODE_PATTERN_MATCH;
}


static healthcode_pattern_e
healthcode_source_pattern(const healthcode_source_t *source,
    healthcode_str_t value, healthcode_str_t *code)
{
    if (value.len == 0) {
        return HEALTHCODE_PATTERN_NO_MATCH;
    }

    if (value.len > HEALTHCODE_SOURCE_VALUE_MAX) {
        return HEALTHCODE_PATTERN_ERROR;
    }

    return healthcode_pattern_match(source->pattern, value, code);
}


bool
healthcode_source_is_mask(healthcode_str_t code)
{
    for (size_t i = 0; i < code.len; i++) {
        if (code.data[i] != '*') {
            return false;
        }
    }

    return true;
}
