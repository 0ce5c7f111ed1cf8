/*
 * Strict JSON (RFC 8259, I-JSON of RFC 7493) over caller's memory, by yyjson.
 * Knows no token and no claim.  docs/token-format.md, "JSON".
 */

#include "healthcode_json.h"


static bool healthcode_json_is_strict(yyjson_doc *doc);
static bool healthcode_json_names_differ(yyjson_val *object);


yyjson_val *
healthcode_json_read(healthcode_str_t text, void *memory, size_t size)
{
    yyjson_alc   alc;
    yyjson_doc  *doc;

    if (text.len == 0 || size < healthcode_json_memory(text.len)
        || !yyjson_alc_pool_init(&alc, memory, size))
    {
        return NULL;
    }

    doc = yyjson_read_opts((char *) (uintptr_t) text.data, text.len,
                           YYJSON_READ_NOFLAG, &alc, NULL);

    if (doc == NULL || !yyjson_is_obj(yyjson_doc_get_root(doc))
        || !healthcode_json_is_strict(doc))
    {
        return NULL;
    }

    return yyjson_doc_get_root(doc);
}


/*
 * yyjson lays the values of a document in one array, in the order of the text,
 * so a plain loop sees each, however deep it is nested.
 */
static bool
healthcode_json_is_strict(yyjson_doc *doc)
{
    size_t       i, n = yyjson_doc_get_val_count(doc);
    yyjson_val  *value = yyjson_doc_get_root(doc);

    for (i = 0; i < n; i++, value++) {

        if (yyjson_is_str(value)
            && memchr(yyjson_get_str(value), '\0', yyjson_get_len(value)))
        {
            return false;
        }

        if (yyjson_is_obj(value) && !healthcode_json_names_differ(value)) {
            return false;
        }
    }

    return true;
}


static bool
healthcode_json_names_differ(yyjson_val *object)
{
    size_t            i, n = 0;
    yyjson_val       *name;
    yyjson_obj_iter   iter = yyjson_obj_iter_with(object);
    healthcode_str_t  seen[HEALTHCODE_JSON_MEMBERS_MAX];

    if (yyjson_obj_size(object) > HEALTHCODE_JSON_MEMBERS_MAX) {
        return false;
    }

    while ((name = yyjson_obj_iter_next(&iter)) != NULL) {

        seen[n] = healthcode_str_from(yyjson_get_str(name),
                                      yyjson_get_len(name));

        for (i = 0; i < n; i++) {
            if (healthcode_str_equal(seen[i], seen[n])) {
                return false;
            }
        }

        n++;
    }

    return true;
}


int
healthcode_json_string(yyjson_val *object, const char *name,
    healthcode_str_t *value)
{
    yyjson_val  *member = yyjson_obj_get(object, name);

    if (member == NULL) {
        return 0;
    }

    if (!yyjson_is_str(member)) {
        return -1;
    }

    *value = healthcode_str_from(yyjson_get_str(member),
                                 yyjson_get_len(member));

    return 1;
}


int
healthcode_json_integer(yyjson_val *object, const char *name, int64_t min,
    int64_t max, int64_t *value)
{
    int64_t      number;
    yyjson_val  *member = yyjson_obj_get(object, name);

    if (member == NULL) {
        return 0;
    }

    if (!yyjson_is_int(member)
        || (yyjson_is_uint(member) && yyjson_get_uint(member) > INT64_MAX))
    {
        return -1;
    }

    number = yyjson_get_sint(member);

    if (number < min || number > max) {
        return -1;
    }

    *value = number;

    return 1;
}
