/*
 * Surgery on a text of any kind: finds what patterns take for codes.
 * Knows no: nginx, token, request.  docs/request-path.md, "Bodies".
 */

#include "healthcode_raw.h"


static bool healthcode_raw_look(const healthcode_source_t *source,
    healthcode_str_t text, healthcode_cut_t *found, size_t *n);


size_t
healthcode_raw_find(const healthcode_source_t *sources, size_t count,
    healthcode_str_t text, healthcode_cut_t *found)
{
    bool    known = text.len <= HEALTHCODE_SOURCE_VALUE_MAX;
    size_t  n = 0;

    for (size_t i = 0; known && i < count; i++) {
        known = healthcode_raw_look(&sources[i], text, found, &n);
    }

    if (known) {
        return n;
    }

    found[0] = (healthcode_cut_t) {
        .found = HEALTHCODE_PATTERN_ERROR, .end = text.len
    };

    return 1;
}


/* Adds what one source finds to the n that are found; false: it gives up. */
static bool
healthcode_raw_look(const healthcode_source_t *source, healthcode_str_t text,
    healthcode_cut_t *found, size_t *n)
{
    size_t                from = 0, places = 0;
    healthcode_cut_t      cut = { .found = HEALTHCODE_PATTERN_MATCH };
    healthcode_pattern_e  result;

    while ((result = healthcode_pattern_match_next(source->pattern, text, &from,
                                                   &cut.code))
           == HEALTHCODE_PATTERN_MATCH)
    {
        if (++places > HEALTHCODE_RAW_PLACES) {
            return false;
        }

        if (healthcode_source_is_mask(cut.code)) {
            continue;
        }

        cut.start = (size_t) (cut.code.data - text.data);
        cut.end = cut.start + cut.code.len;

        healthcode_cut_insert(found, (*n)++, &cut);
    }

    return result == HEALTHCODE_PATTERN_NO_MATCH;
}
