/*
 * Strict JSON (RFC 8259, I-JSON of RFC 7493) in memory of the caller, by
 * yyjson.  Knows no: token, claims, key.  docs/token-format.md, "JSON".
 */

#include "healthcode_json.h"


/* From 2^53 on a double may be an integer that was not written. */
#define HEALTHCODE_JSON_EXACT  9007199254740992.0

/* 2^64, which is no longer an integer of 64 bits. */
#define HEALTHCODE_JSON_HUGE  18446744073709551616.0


/* A number without loss: its sign, and whole + rest. */
typedef struct {
    bool      is_negative;
    uint64_t  whole;
    double    rest;           /* from 2^64 on all of it, else below 1 */
} healthcode_json_exact_t;


static yyjson_val *healthcode_json_read_as(healthcode_str_t text,
    yyjson_read_flag numbers, void *memory, size_t size, size_t *offset);
static yyjson_doc *healthcode_json_parse(healthcode_str_t text,
    yyjson_read_flag numbers, void *memory, size_t size, size_t *offset);
static yyjson_val *healthcode_json_not_strict(yyjson_doc *doc);
static bool healthcode_json_names_differ(yyjson_val *object);
static void healthcode_json_sort(healthcode_str_t *names, size_t n);
static void healthcode_json_sift(healthcode_str_t *names, size_t i, size_t n);
static int healthcode_json_order(healthcode_str_t a, healthcode_str_t b);
static const char *healthcode_json_first_name(yyjson_val *object);
static healthcode_json_exact_t healthcode_json_exact(yyjson_val *number);


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
    return healthcode_json_read_as(text, YYJSON_READ_NOFLAG, memory, size,
                                   offset);
}


yyjson_val *
healthcode_json_read_written(healthcode_str_t text, void *memory, size_t size)
{
    size_t  offset;

    return healthcode_json_read_as(text, YYJSON_READ_NUMBER_AS_RAW, memory,
                                   size, &offset);
}


static yyjson_val *
healthcode_json_read_as(healthcode_str_t text, yyjson_read_flag numbers,
    void *memory, size_t size, size_t *offset)
{
    yyjson_doc  *doc;
    yyjson_val  *root, *value;

    doc = healthcode_json_parse(text, numbers, memory, size, offset);

    if (doc == NULL) {
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


/* NULL, and *offset is where the text is not JSON, or 0. */
static yyjson_doc *
healthcode_json_parse(healthcode_str_t text, yyjson_read_flag numbers,
    void *memory, size_t size, size_t *offset)
{
    yyjson_alc        alc;
    yyjson_doc       *doc;
    yyjson_read_err   error = { .pos = 0 };

    *offset = 0;

    if (text.len == 0 || size < healthcode_json_memory(text.len)
        || !yyjson_alc_pool_init(&alc, memory, size))
    {
        return NULL;
    }

    doc = yyjson_read_opts((char *) (uintptr_t) text.data, text.len,
                           numbers, &alc, &error);

    if (doc == NULL) {
        *offset = error.pos;
    }

    return doc;
}


bool
healthcode_json_is_loose(healthcode_str_t text, void *memory, size_t size)
{
    size_t       offset;
    yyjson_doc  *doc;

    doc = healthcode_json_parse(text, YYJSON_READ_NOFLAG, memory, size,
                                &offset);

    return doc && yyjson_is_obj(yyjson_doc_get_root(doc));
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
 * The first value that is not strict, NULL if all are.  yyjson lays the
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


/*
 * In n log n steps, or a stranger's code of many names would cost more than its
 * signature; few names, as most objects have, are faster in pairs.
 */
static bool
healthcode_json_names_differ(yyjson_val *object)
{
    size_t            i, n = 0, size = yyjson_obj_size(object);
    yyjson_val       *name;
    yyjson_obj_iter   iter = yyjson_obj_iter_with(object);
    healthcode_str_t  seen[HEALTHCODE_JSON_MEMBERS_MAX];

    if (size > HEALTHCODE_JSON_MEMBERS_MAX) {
        return false;
    }

    while ((name = yyjson_obj_iter_next(&iter)) != NULL) {

        seen[n] = healthcode_json_text(name);

        for (i = 0; size <= HEALTHCODE_JSON_PAIRS_MAX && i < n; i++) {
            if (healthcode_str_equal(seen[i], seen[n])) {
                return false;
            }
        }

        n++;
    }

    if (size <= HEALTHCODE_JSON_PAIRS_MAX) {
        return true;
    }

    healthcode_json_sort(seen, n);

    for (i = 1; i < n; i++) {
        if (healthcode_str_equal(seen[i - 1], seen[i])) {
            return false;
        }
    }

    return true;
}


/* A heap sort: no allocation, and no worst case. */
static void
healthcode_json_sort(healthcode_str_t *names, size_t n)
{
    size_t            i;
    healthcode_str_t  last;

    for (i = n / 2; i > 0; i--) {
        healthcode_json_sift(names, i - 1, n);
    }

    for (i = n; i > 1; i--) {
        last = names[i - 1];
        names[i - 1] = names[0];
        names[0] = last;

        healthcode_json_sift(names, 0, i - 1);
    }
}


/* Moves names[i] down to its place in a heap of n. */
static void
healthcode_json_sift(healthcode_str_t *names, size_t i, size_t n)
{
    size_t            child;
    healthcode_str_t  name = names[i];

    while ((child = 2 * i + 1) < n) {

        if (child + 1 < n
            && healthcode_json_order(names[child], names[child + 1]) < 0)
        {
            child++;
        }

        if (healthcode_json_order(name, names[child]) >= 0) {
            break;
        }

        names[i] = names[child];
        i = child;
    }

    names[i] = name;
}


/* Any order that puts equal names side by side. */
static int
healthcode_json_order(healthcode_str_t a, healthcode_str_t b)
{
    if (a.len != b.len) {
        return (a.len < b.len) ? -1 : 1;
    }

    return memcmp(a.data, b.data, a.len);
}


yyjson_val *
healthcode_json_at(yyjson_val *object, healthcode_str_t pointer)
{
    return yyjson_ptr_getn(object, (const char *) pointer.data, pointer.len);
}


bool
healthcode_json_is_pointer(healthcode_str_t text)
{
    if (text.len == 0 || text.data[0] != '/') {
        return false;
    }

    for (size_t i = 1; i < text.len; i++) {

        if (text.data[i] == '~'
            && (i + 1 == text.len
                || (text.data[i + 1] != '0' && text.data[i + 1] != '1')))
        {
            return false;
        }
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


bool
healthcode_json_integral(yyjson_val *value, int64_t *number)
{
    double   real;
    int64_t  whole;

    if (!yyjson_is_real(value)) {
        return healthcode_json_whole(value, number);
    }

    real = yyjson_get_real(value);

    if (!(real >= -HEALTHCODE_JSON_EXACT && real <= HEALTHCODE_JSON_EXACT)) {
        return false;
    }

    whole = (int64_t) real;

    if ((double) whole < real || (double) whole > real) {
        return false;
    }

    *number = whole;

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

    if (!healthcode_json_integral(member, &number)
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
healthcode_json_compare(yyjson_val *a, yyjson_val *b, int *order)
{
    int                      magnitude;
    healthcode_json_exact_t  x, y;

    if (!yyjson_is_num(a) || !yyjson_is_num(b)) {
        return false;
    }

    x = healthcode_json_exact(a);
    y = healthcode_json_exact(b);

    if (x.is_negative != y.is_negative) {
        *order = x.is_negative ? -1 : 1;
        return true;
    }

    magnitude = (x.whole > y.whole) - (x.whole < y.whole);

    if (magnitude == 0) {
        magnitude = (x.rest > y.rest) - (x.rest < y.rest);
    }

    *order = x.is_negative ? -magnitude : magnitude;

    return true;
}


static healthcode_json_exact_t
healthcode_json_exact(yyjson_val *number)
{
    double                   real;
    healthcode_json_exact_t  exact = { .rest = 0 };

    if (yyjson_is_int(number)) {
        exact.is_negative = yyjson_is_sint(number)
                            && yyjson_get_sint(number) < 0;
        exact.whole = exact.is_negative ? 0 - yyjson_get_uint(number)
                                        : yyjson_get_uint(number);
        return exact;
    }

    real = yyjson_get_real(number);
    exact.is_negative = real < 0;
    real = exact.is_negative ? -real : real;

    if (real < HEALTHCODE_JSON_HUGE) {
        exact.whole = (uint64_t) real;
        exact.rest = real - (double) exact.whole;

    } else {
        exact.whole = UINT64_MAX;
        exact.rest = real;
    }

    return exact;
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
