/*
 * Surgery on a path that has a code in it: what a log may show of it.  Knows
 * no: nginx, token, request.  docs/request-path.md, "Source".
 */

#include "healthcode_escape.h"
#include "healthcode_path.h"


static healthcode_str_t healthcode_path_of(healthcode_str_t target);
static healthcode_str_t healthcode_path_decode(healthcode_str_t path,
    uint8_t *scratch);
static bool healthcode_path_is_same(const healthcode_source_t *source,
    healthcode_str_t path, healthcode_pattern_e found, healthcode_str_t code);
static void healthcode_path_cover(healthcode_str_t path, size_t start,
    size_t len, uint8_t *masked);
static healthcode_path_e healthcode_path_cover_all(healthcode_str_t path,
    uint8_t *masked);


healthcode_path_e
healthcode_path_hide(const healthcode_source_t *sources, size_t count,
    healthcode_str_t path, uint8_t *masked)
{
    healthcode_str_t      code;
    healthcode_path_e     result = HEALTHCODE_PATH_NOTHING;
    healthcode_pattern_e  found;

    for (size_t i = 0; i < count; i++) {
        found = healthcode_source_match(&sources[i], path, &code);

        if (found == HEALTHCODE_PATTERN_ERROR) {
            return healthcode_path_cover_all(path, masked);
        }

        if (found == HEALTHCODE_PATTERN_MATCH) {
            memset(masked + (code.data - path.data), '*', code.len);
            result = HEALTHCODE_PATH_CODE;
        }
    }

    return result;
}


healthcode_path_e
healthcode_path_mask(const healthcode_source_t *sources, size_t count,
    healthcode_str_t path, healthcode_str_t target, uint8_t *scratch,
    uint8_t *masked)
{
    healthcode_str_t      came, plain, code;
    healthcode_path_e     result = HEALTHCODE_PATH_NOTHING;
    healthcode_pattern_e  found;

    came = healthcode_path_of(target);

    if (came.len == 0) {
        return result;
    }

    masked += came.data - target.data;
    plain = healthcode_path_decode(came, scratch);

    for (size_t i = 0; i < count; i++) {
        code = healthcode_str_from(NULL, 0);
        found = healthcode_source_match(&sources[i], plain, &code);

        if (found == HEALTHCODE_PATTERN_ERROR
            || !healthcode_path_is_same(&sources[i], path, found, code))
        {
            return healthcode_path_cover_all(came, masked);
        }

        if (found == HEALTHCODE_PATTERN_MATCH) {
            healthcode_path_cover(came, (size_t) (code.data - plain.data),
                                  code.len, masked);
            result = HEALTHCODE_PATH_CODE;
        }
    }

    return result;
}


/* The path of a URI, which begins with '/' or is empty. */
static healthcode_str_t
healthcode_path_of(healthcode_str_t target)
{
    size_t          start = 0, end = 0;
    const uint8_t  *p = target.data;

    while (end < target.len && p[end] != '?' && p[end] != '#') {
        end++;
    }

    if (end > 0 && p[0] != '/') {

        /* "http://host/path" */

        while (start < end && p[start] != '/') {
            start++;
        }

        start += (end - start > 1 && p[start + 1] == '/') ? 2 : 0;

        while (start < end && p[start] != '/') {
            start++;
        }
    }

    return healthcode_str_from(p ? p + start : p, end - start);
}


static healthcode_str_t
healthcode_path_decode(healthcode_str_t path, uint8_t *scratch)
{
    size_t  i = 0, n = 0;

    while (i < path.len) {
        i = healthcode_escape_next(path, i, &scratch[n++]);
    }

    return healthcode_str_from(scratch, n);
}


/* Whether what the source finds in path is what it has found in the target. */
static bool
healthcode_path_is_same(const healthcode_source_t *source,
    healthcode_str_t path, healthcode_pattern_e found, healthcode_str_t code)
{
    healthcode_str_t      known;
    healthcode_pattern_e  result;

    if (path.data == NULL) {
        return true;
    }

    result = healthcode_source_match(source, path, &known);

    return result == HEALTHCODE_PATTERN_NO_MATCH
           || (result == found && healthcode_str_equal(known, code));
}


/* Covers what len bytes from start on of the decoded path were made of. */
static void
healthcode_path_cover(healthcode_str_t path, size_t start, size_t len,
    uint8_t *masked)
{
    size_t   i = 0, next;
    uint8_t  byte;

    for (size_t n = 0; n < start + len; n++, i = next) {
        next = healthcode_escape_next(path, i, &byte);

        if (n >= start) {
            memset(masked + i, '*', next - i);
        }
    }
}


static healthcode_path_e
healthcode_path_cover_all(healthcode_str_t path, uint8_t *masked)
{
    if (path.len > 1) {
        memset(masked + 1, '*', path.len - 1);
    }

    return HEALTHCODE_PATH_WHOLE;
}
