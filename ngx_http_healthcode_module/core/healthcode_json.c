/*
 * Strict JSON (RFC 8259, I-JSON of RFC 7493) over caller's memory, by yyjson.
 * Knows no token and no claim.  docs/token-format.md, "JSON".
 */

#include "healthcode_json.h"


static yyjson_val *healthcode_json_not_strict(yyjson_doc *doc);
static bool healthcode_json_names_differ(yyjson_val *object);
static const char *healthcode_json_first_name(yyjson_val *object);


yyjson_val *
healthcode_json_read(healthcode_str_t text, void *memory, size_t size)
{
    size_t  offset;

    return healthcode_json_read_at(text, memory, size, &offset);
}


yyjson_val *
healthcode_json_read_at(healthcode_str_t text, void *memory, size_t size,
    size_t *offset)
{
    yyjson_alc        alc;
    yyjson_doc       *doc;
    yyjson_val       *root, *value;
    yyjson_read_err   error = { .pos = 0 };

    *offset = 0;

    if (text.len == 0 || size < healthcode_json_memory(text.len)
        || !yyjson_alc_pool_init(&alc, memory, size))
    {
        return NULL;
    }

    doc = yyjson_read_opts((char *) (uintptr_t) text.data, text.len,
                           YYJSON_READ_NOFLAG, &alc, &error);

    if (doc == NULL) {
        *offset = error.pos;
        return NULL;
    }

    root = yyjson_doc_get_root(doc);

    if (!yyjson_is_obj(root)) {
        return NULL;
    }

    value = healthcode_json_not_strict(doc);

    if (value) {
        *offset = healthcode_json_offset(text, root, value);
        return NULL;
    }

    return root;
}


/*
 * yyjson copies the text and unescapes a string where it stands, so two
 * strings are as far apart in the copy as in the text.
 */
size_t
healthcode_json_offset(healthcode_str_t text, yyjson_val *root,
    yyjson_val *object)
{
    const char     *first = healthcode_json_first_name(root);
    const char     *name = healthcode_json_first_name(object);
    const uint8_t  *quote;

    quote = text.len ? memchr(text.data, '"', text.len) : NULL;

    if (first == NULL || name == NULL || quote == NULL) {
        return 0;
    }

    return (size_t) (quote + 1 - text.data) + (size_t) (name - first);
}


/* A string value stands for itself. */
static const char *
healthcode_json_first_name(yyjson_val *object)
{
    yyjson_val       *value = object;
    yyjson_obj_iter   iter;

    if (!yyjson_is_str(object)) {
        iter = yyjson_obj_iter_with(object);
        value = yyjson_obj_iter_next(&iter);
    }

    return (const char *) healthcode_json_text(value).data;
}


size_t
healthcode_json_line(healthcode_str_t text, size_t offset)
{
    size_t  line = 1;

    for (size_t i = 0; i < offset && i < text.len; i++) {
        line += (text.data[i] == '\n');
    }

    return line;
}


/*
 * The first value that is not strict, NULL where all are.  yyjson lays the
 * values of a document in one array, in the order of the text, so a plain loop
 * sees each, however deep it is nested.
 */
static yyjson_val *
healthcode_json_not_strict(yyjson_doc *doc)
{
    size_t            i, n = yyjson_doc_get_val_count(doc);
    yyjson_val       *value = yyjson_doc_get_root(doc);
    healthcode_str_t  text;

    for (i = 0; i < n; i++, value++) {

        text = healthcode_json_text(value);

        if (text.len && memchr(text.data, '\0', text.len)) {
            return value;
        }

        if (yyjson_is_obj(value) && !healthcode_json_names_differ(value)) {
            return value;
        }
    }

    return NULL;
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

        seen[n] = healthcode_json_text(name);

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

    *value = healthcode_json_text(member);

    return 1;
}


bool
healthcode_json_whole(yyjson_val *value, int64_t *number)
{
    if (!yyjson_is_int(value)
        || (yyjson_is_uint(value) && yyjson_get_uint(value) > INT64_MAX))
    {
        return false;
    }

    *number = yyjson_get_sint(value);

    return true;
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

    if (!healthcode_json_whole(member, &number)
        || number < min || number > max)
    {
        return -1;
    }

    *value = number;

    return 1;
}


bool
healthcode_json_number(healthcode_str_t text, yyjson_val *number)
{
    char         copy[HEALTHCODE_JSON_NUMBER_MAX + 1];
    const char  *end;
    yyjson_val   value;

    if (text.len == 0 || text.len > HEALTHCODE_JSON_NUMBER_MAX) {
        return false;
    }

    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';

    end = yyjson_read_number(copy, &value, YYJSON_READ_NOFLAG, NULL, NULL);

    if (end != copy + text.len || !yyjson_is_num(&value)) {
        return false;
    }

    *number = value;

    return true;
}


bool
healthcode_json_same_number(yyjson_val *a, yyjson_val *b)
{
    if (!yyjson_is_num(a) || !yyjson_is_num(b)) {
        return false;
    }

    if (!yyjson_is_int(a) || !yyjson_is_int(b)) {
        return yyjson_get_num(a) == yyjson_get_num(b);
    }

    /* one below zero has the bits of a large one above */
    if ((yyjson_is_sint(a) && yyjson_get_sint(a) < 0)
        != (yyjson_is_sint(b) && yyjson_get_sint(b) < 0))
    {
        return false;
    }

    return yyjson_get_uint(a) == yyjson_get_uint(b);
}


bool
healthcode_json_write(yyjson_val *value, void *memory, size_t size,
    healthcode_str_t *text)
{
    char        *data;
    size_t       len;
    yyjson_alc   alc;

    if (value == NULL || !yyjson_alc_pool_init(&alc, memory, size)) {
        return false;
    }

    data = yyjson_val_write_opts(value, YYJSON_WRITE_NOFLAG, &alc, &len, NULL);

    if (data == NULL) {
        return false;
    }

    *text = healthcode_str_from(data, len);

    return true;
}
