/*
 * Fuzzes healthcode_pattern.c: an expression on the first line, a subject
 * after it.  The group lies inside the subject, and matching comes to an end.
 * docs/request-path.md, "Source".
 */

#include "fuzz.h"

#include "../../ngx_http_healthcode_module/core/healthcode_pattern.h"


#define ERROR_SIZE  80

/* Longer expressions are slow to compile, which is their author's doing. */
#define EXPRESSION_MAX  48

/* So many places are looked for. */
#define PLACES  4


/* Each lies inside the subject, behind the last one begins the search. */
static void
check_places(const healthcode_pattern_t *pattern, healthcode_str_t text,
    healthcode_pattern_e first)
{
    size_t                from = 0, before = 0;
    healthcode_str_t      group;
    healthcode_pattern_e  result;

    for (size_t i = 0; i < PLACES; i++) {
        result = healthcode_pattern_match_next(pattern, text, &from, &group);
        fuzz_must(i || result == first);

        if (result != HEALTHCODE_PATTERN_MATCH) {
            fuzz_must(from == before);
            return;
        }

        fuzz_must(fuzz_lies_in(group, text.data, text.len));
        fuzz_must(from > before && from <= text.len + 1);
        before = from;
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char                  *error;
    healthcode_str_t       expression, group = healthcode_str("before");
    healthcode_str_t       text;
    healthcode_pattern_t  *pattern;
    healthcode_pattern_e   result, again;

    expression = fuzz_line(&data, &size);

    if (expression.len > EXPRESSION_MAX || size > 8192) {
        return 0;
    }

    error = (char *) guard_room(2, ERROR_SIZE);
    pattern = healthcode_pattern_create(guard(0, expression.data,
                                              expression.len),
                                        error, ERROR_SIZE);
    if (pattern == NULL) {
        fuzz_must(memchr(error, '\0', ERROR_SIZE) != NULL && error[0]);
        return 0;
    }

    text = guard(1, data, size);
    result = healthcode_pattern_match(pattern, text, &group);

    if (result == HEALTHCODE_PATTERN_MATCH) {
        fuzz_must(fuzz_lies_in(group, text.data, text.len));

    } else {
        fuzz_must(result == HEALTHCODE_PATTERN_NO_MATCH
                  || result == HEALTHCODE_PATTERN_ERROR);
        fuzz_must(healthcode_str_equal(group, healthcode_str("before")));
    }

    again = healthcode_pattern_match(pattern, text, &group);
    fuzz_must(again == result);
    check_places(pattern, text, result);
    healthcode_pattern_free(pattern);

    return 0;
}
