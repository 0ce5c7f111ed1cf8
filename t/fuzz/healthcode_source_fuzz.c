/*
 * Fuzzes healthcode_source.c: a kind of source, then a value.  What it takes
 * for a code is what another hand takes, and lies inside the value.
 * docs/request-path.md, "Source".
 */

#include "fuzz.h"

#include "../../ngx_http_healthcode_module/core/healthcode_source.h"


static const char  *const patterns[] = {
    NULL, "^v1:(.*)$", "(?i)^bearer +(\\S+) *$", "^code(?: (\\S+))?$",
    "^((?:a+)+)!$",
};

#define PATTERNS  (sizeof(patterns) / sizeof(patterns[0]))


static const healthcode_pattern_t *
pattern_of(size_t i)
{
    char                          error[256];
    static healthcode_pattern_t  *made[PATTERNS];

    if (made[i] == NULL && patterns[i] != NULL) {
        made[i] = healthcode_pattern_create(
                      healthcode_str_from(patterns[i], strlen(patterns[i])),
                      error, sizeof(error));
        fuzz_must(made[i] != NULL);
    }

    return made[i];
}


/* "(?i)^bearer +(\S+) *$", a letter after another. */
static bool
oracle_bearer(healthcode_str_t value, healthcode_str_t *code)
{
    size_t       i = 0, n = 0;
    const char  *small = "bearer ", *large = "BEARER ";

    for ( /* void */ ; small[i]; i++) {
        if (i == value.len
            || (value.data[i] != small[i] && value.data[i] != large[i]))
        {
            return false;
        }
    }

    while (i < value.len && value.data[i] == ' ') {
        i++;
    }

    code->data = value.data + i;

    for ( /* void */ ; i < value.len && value.data[i] != ' '; i++) {
        if (value.data[i] == '\t') {
            return false;
        }

        n++;
    }

    code->len = n;

    while (i < value.len && value.data[i] == ' ') {
        i++;
    }

    return i == value.len;
}


/* The bytes of the group, by the plain pattern. */
static healthcode_pattern_e
oracle(const healthcode_source_t *source, healthcode_str_t value,
    healthcode_str_t *code)
{
    healthcode_pattern_e  found = HEALTHCODE_PATTERN_MATCH;

    *code = value;

    if (source->bearer) {
        found = oracle_bearer(value, code) ? HEALTHCODE_PATTERN_MATCH
                                           : HEALTHCODE_PATTERN_NO_MATCH;
    } else if (source->pattern != NULL && value.len > 0) {
        found = value.len > HEALTHCODE_SOURCE_VALUE_MAX
                ? HEALTHCODE_PATTERN_ERROR
                : healthcode_pattern_match(source->pattern, value, code);
    }

    if (found == HEALTHCODE_PATTERN_MATCH) {
        for (size_t i = 0; i < code->len; i++) {
            if (code->data[i] != '*') {
                return found;
            }
        }

        return HEALTHCODE_PATTERN_NO_MATCH;
    }

    return found;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t               kind = fuzz_byte(&data, &size);
    healthcode_str_t      value, code = healthcode_str("before"), wanted;
    healthcode_source_t   source = { healthcode_str("code"), NULL, false };
    healthcode_pattern_e  found;

    source.bearer = (kind % (PATTERNS + 1) == PATTERNS);

    if (!source.bearer) {
        source.pattern = pattern_of(kind % (PATTERNS + 1));
    }

    value = guard(0, data, size);
    found = healthcode_source_match(&source, value, &code);

    fuzz_must(found == oracle(&source, value, &wanted));

    if (found == HEALTHCODE_PATTERN_MATCH) {
        fuzz_must(code.len > 0 && fuzz_lies_in(code, value.data, value.len));
        fuzz_must(code.data == wanted.data && code.len == wanted.len);

    } else {
        fuzz_must(healthcode_str_equal(code, healthcode_str("before")));
    }

    return 0;
}
