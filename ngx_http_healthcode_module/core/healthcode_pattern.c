/*
 * A pattern that takes a part out of a text, or only tests it (PCRE2 with JIT
 * and limits).  Knows no: token, claims, request.  docs/request-path.md,
 * "Source"; docs/token-format.md, "Claim rules".
 */

#define PCRE2_CODE_UNIT_WIDTH  8

#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>

#include "healthcode_pattern.h"


/*
 * Steps and heap (KiB) that one match may take before it counts as an error.
 * Of values that a stranger sends as many as he likes the steps grow with the
 * bytes: a few patterns that backtrack need two a byte.
 */
#define HEALTHCODE_PATTERN_MATCH_LIMIT  100000
#define HEALTHCODE_PATTERN_MATCH_LEAST  1000
#define HEALTHCODE_PATTERN_MATCH_BYTE   16
#define HEALTHCODE_PATTERN_HEAP_LIMIT   1024


struct healthcode_pattern_s {
    pcre2_code           *code;
    pcre2_match_data     *data;
    pcre2_match_context  *context;
};


static bool healthcode_pattern_has_group(const healthcode_pattern_t *pattern);
static bool healthcode_pattern_prepare(healthcode_pattern_t *pattern,
    char *error, size_t size);
static size_t healthcode_pattern_steps(size_t len);
static int healthcode_pattern_run(const healthcode_pattern_t *pattern,
    healthcode_str_t text, size_t from, size_t steps);
static healthcode_pattern_e healthcode_pattern_result(int n);


healthcode_pattern_t *
healthcode_pattern_create(healthcode_str_t expression, char *error, size_t size)
{
    healthcode_pattern_t  *pattern;

    pattern = healthcode_pattern_create_search(expression, error, size);

    if (pattern != NULL && !healthcode_pattern_has_group(pattern)) {
        snprintf(error, size, "it has no group; write the part that is the "
                 "code in parentheses, such as \"^Bearer (\\S+)$\"");

        healthcode_pattern_free(pattern);
        return NULL;
    }

    return pattern;
}


static bool
healthcode_pattern_has_group(const healthcode_pattern_t *pattern)
{
    uint32_t  groups = 0;

    pcre2_pattern_info(pattern->code, PCRE2_INFO_CAPTURECOUNT, &groups);

    return groups > 0;
}


healthcode_pattern_t *
healthcode_pattern_create_search(healthcode_str_t expression, char *error,
    size_t size)
{
    int                    number, n;
    PCRE2_SIZE             offset;
    healthcode_pattern_t  *pattern;

    pattern = calloc(1, sizeof(healthcode_pattern_t));
    if (pattern == NULL) {
        snprintf(error, size, "no memory");
        return NULL;
    }

    pattern->code = pcre2_compile(expression.data, expression.len, 0, &number,
                                  &offset, NULL);

    if (pattern->code == NULL) {
        n = pcre2_get_error_message(number, (PCRE2_UCHAR *) error, size);
        n = (n > 0) ? n : 0;
        snprintf(error + n, size - (size_t) n, " at offset %zu",
                 (size_t) offset);

        healthcode_pattern_free(pattern);
        return NULL;
    }

    if (!healthcode_pattern_prepare(pattern, error, size)) {
        healthcode_pattern_free(pattern);
        return NULL;
    }

    return pattern;
}


static bool
healthcode_pattern_prepare(healthcode_pattern_t *pattern, char *error,
    size_t size)
{
    /* Where this machine has no JIT the interpreter keeps the same limits. */
    (void) pcre2_jit_compile(pattern->code, PCRE2_JIT_COMPLETE);

    pattern->data = pcre2_match_data_create_from_pattern(pattern->code, NULL);
    pattern->context = pcre2_match_context_create(NULL);

    if (pattern->data == NULL || pattern->context == NULL) {
        snprintf(error, size, "no memory");
        return false;
    }

    pcre2_set_heap_limit(pattern->context, HEALTHCODE_PATTERN_HEAP_LIMIT);

    return true;
}


void
healthcode_pattern_free(healthcode_pattern_t *pattern)
{
    if (pattern == NULL) {
        return;
    }

    pcre2_match_context_free(pattern->context);
    pcre2_match_data_free(pattern->data);
    pcre2_code_free(pattern->code);
    free(pattern);
}


healthcode_pattern_e
healthcode_pattern_match(const healthcode_pattern_t *pattern,
    healthcode_str_t text, healthcode_str_t *group)
{
    size_t  from = 0;

    return healthcode_pattern_match_next(pattern, text, &from, group);
}


healthcode_pattern_e
healthcode_pattern_match_next(const healthcode_pattern_t *pattern,
    healthcode_str_t text, size_t *from, healthcode_str_t *group)
{
    int                    n;
    PCRE2_SIZE             end, *offsets;
    healthcode_pattern_e   result;

    if (*from > text.len) {
        return HEALTHCODE_PATTERN_NO_MATCH;
    }

    n = healthcode_pattern_run(pattern, text, *from,
                               healthcode_pattern_steps(text.len - *from));
    result = healthcode_pattern_result(n);

    if (result != HEALTHCODE_PATTERN_MATCH) {
        return result;
    }

    offsets = pcre2_get_ovector_pointer(pattern->data);

    end = offsets[1];

    if (n < 2 || offsets[2] == PCRE2_UNSET || offsets[3] < offsets[2]) {
        *group = healthcode_str_from(text.data, 0);

    } else {
        *group = healthcode_str_from(text.data + offsets[2],
                                     offsets[3] - offsets[2]);

        /* a group may stand before its match, or reach behind it */

        if (offsets[3] > offsets[0] && offsets[3] < end) {
            end = offsets[3];
        }
    }

    /* a match of nothing would be found there for ever */

    *from = (end > *from) ? end : *from + 1;

    return HEALTHCODE_PATTERN_MATCH;
}


healthcode_pattern_e
healthcode_pattern_search(const healthcode_pattern_t *pattern,
    healthcode_str_t text)
{
    int  n = healthcode_pattern_run(pattern, text, 0,
                                    HEALTHCODE_PATTERN_MATCH_LIMIT);

    return healthcode_pattern_result(n);
}


static size_t
healthcode_pattern_steps(size_t len)
{
    size_t  most = HEALTHCODE_PATTERN_MATCH_LIMIT;

    return (len < (most - HEALTHCODE_PATTERN_MATCH_LEAST)
                  / HEALTHCODE_PATTERN_MATCH_BYTE)
           ? HEALTHCODE_PATTERN_MATCH_LEAST
             + len * HEALTHCODE_PATTERN_MATCH_BYTE
           : most;
}


static int
healthcode_pattern_run(const healthcode_pattern_t *pattern,
    healthcode_str_t text, size_t from, size_t steps)
{
    const uint8_t  *data = text.data;

    static const uint8_t  none[16] = { 0 };

    if (text.len == 0) {
        data = none;
    }

    pcre2_set_match_limit(pattern->context, (uint32_t) steps);

    /* the JIT of arm64 reads 16 bytes before it looks whether there are any */

    return pcre2_match(pattern->code, data, text.len, from,
                       (from == text.len) ? PCRE2_NO_JIT : 0, pattern->data,
                       pattern->context);
}


static healthcode_pattern_e
healthcode_pattern_result(int n)
{
    if (n == PCRE2_ERROR_NOMATCH) {
        return HEALTHCODE_PATTERN_NO_MATCH;
    }

    if (n < 0) {
        return HEALTHCODE_PATTERN_ERROR;
    }

    return HEALTHCODE_PATTERN_MATCH;
}
