/*
 * Surgery on a JSON text: finds the strings that carry codes.
 * Knows no: nginx, token, request.  docs/request-path.md, "Bodies".
 */

#include "healthcode_member.h"


static bool healthcode_member_try(const healthcode_source_t *source,
    healthcode_str_t text, yyjson_val *root, healthcode_cut_t *member);
static size_t healthcode_member_end(healthcode_str_t text, size_t start);


size_t
healthcode_member_find(const healthcode_source_t *sources, size_t count,
    healthcode_str_t text, void *memory, size_t size,
    healthcode_cut_t *found)
{
    size_t             n = 0;
    yyjson_val        *root;
    healthcode_cut_t   member = { .found = HEALTHCODE_PATTERN_ERROR };

    root = healthcode_json_read(text, memory, size);

    if (root == NULL) {

        if (!healthcode_json_is_loose(text, memory, size)) {
            return 0;
        }

        found[0] = member;
        return 1;
    }

    for (size_t i = 0; i < count; i++) {
        if (healthcode_member_try(&sources[i], text, root, &member)) {
            healthcode_cut_insert(found, n++, &member);
        }
    }

    return n;
}


static bool
healthcode_member_try(const healthcode_source_t *source, healthcode_str_t text,
    yyjson_val *root, healthcode_cut_t *member)
{
    yyjson_val            *value;
    healthcode_str_t       code = { NULL, 0 };
    healthcode_pattern_e   result;

    value = healthcode_json_at(root, source->name);

    /* what is not a string is empty, and carries none */

    result = healthcode_source_match(source, healthcode_json_text(value),
                                     &code);

    if (result == HEALTHCODE_PATTERN_NO_MATCH) {
        return false;
    }

    member->found = result;
    member->code = code;
    member->start = healthcode_json_offset(text, root, value);
    member->end = healthcode_member_end(text, member->start);

    return true;
}


/* Where the closing quote of the string is whose first byte is at start. */
static size_t
healthcode_member_end(healthcode_str_t text, size_t start)
{
    size_t  i = start;

    while (i < text.len && text.data[i] != '"') {
        i += (text.data[i] == '\\') ? 2 : 1;
    }

    return (i < text.len) ? i : text.len;
}
