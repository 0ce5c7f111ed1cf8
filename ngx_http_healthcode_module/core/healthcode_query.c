/*
 * Surgery on a query string, on a URI that has one, and on a form: finds the
 * arguments that carry codes, leaves them out, masks them.  Knows no: nginx,
 * token, request.  docs/request-path.md, "Source".
 */

#include "healthcode_escape.h"
#include "healthcode_query.h"


static size_t healthcode_query_path(healthcode_str_t uri);
static void healthcode_query_measure(healthcode_query_t *walk);
static bool healthcode_query_advance(healthcode_query_t *walk);
static bool healthcode_query_is_end(const healthcode_query_t *walk,
    uint8_t byte);
static void healthcode_query_carry(healthcode_query_t *walk);
static bool healthcode_query_try(healthcode_query_t *walk,
    healthcode_query_found_t *found);
static bool healthcode_query_is_named(const healthcode_query_t *walk,
    healthcode_str_t shown, healthcode_str_t name);
static size_t healthcode_query_byte(const healthcode_query_t *walk,
    healthcode_str_t text, size_t i, uint8_t *byte);
static healthcode_str_t healthcode_query_decode(const healthcode_query_t *walk,
    healthcode_str_t text);
static size_t healthcode_query_append(healthcode_str_t text, size_t start,
    size_t end, uint8_t *left, size_t n);


void
healthcode_query_begin(healthcode_query_t *walk,
    const healthcode_source_t *sources, size_t count, healthcode_str_t query,
    uint8_t *scratch)
{
    memset(walk, 0, sizeof(healthcode_query_t));

    walk->sources = sources;
    walk->count = count;
    walk->text = query;
    walk->scratch = scratch;

    healthcode_query_measure(walk);
}


void
healthcode_query_begin_uri(healthcode_query_t *walk,
    const healthcode_source_t *sources, size_t count, healthcode_str_t uri,
    uint8_t *scratch)
{
    size_t  i = healthcode_query_path(uri);

    healthcode_query_begin(walk, sources, count, uri, scratch);

    walk->fragment = (i < uri.len && uri.data[i] == '#');
    walk->nested = walk->fragment;
    walk->at = (i < uri.len) ? i + 1 : i;

    healthcode_query_measure(walk);
}


void
healthcode_query_begin_form(healthcode_query_t *walk,
    const healthcode_source_t *sources, size_t count, healthcode_str_t body,
    uint8_t *scratch)
{
    healthcode_query_begin(walk, sources, count, body, scratch);

    walk->form = true;
    healthcode_query_measure(walk);
}


/* How many bytes stand before the first '?' or '#'. */
static size_t
healthcode_query_path(healthcode_str_t uri)
{
    size_t  i = 0;

    while (i < uri.len && uri.data[i] != '?' && uri.data[i] != '#') {
        i++;
    }

    return i;
}


bool
healthcode_query_next(healthcode_query_t *walk, healthcode_query_found_t *found)
{
    do {
        while (walk->next < walk->count) {
            if (healthcode_query_try(walk, found)) {
                return true;
            }
        }
    } while (healthcode_query_advance(walk));

    return false;
}


/* Sees where the name and the value of the argument at walk->at end. */
static void
healthcode_query_measure(healthcode_query_t *walk)
{
    size_t          i = walk->at, end = walk->text.len;
    const uint8_t  *p = walk->text.data;

    while (i < end && p[i] != '=' && !healthcode_query_is_end(walk, p[i])) {
        i++;
    }

    walk->name_len = i - walk->at;
    walk->value_len = 0;

    if (i < end && p[i] == '=') {

        do {
            i++;
            walk->value_len++;
        } while (i < end && !healthcode_query_is_end(walk, p[i]));

        walk->value_len--;
    }

    walk->next = 0;
    walk->carries = false;
}


static bool
healthcode_query_is_end(const healthcode_query_t *walk, uint8_t byte)
{
    return byte == '&'
           || (!walk->form && (byte == '#' || (byte == '?' && walk->nested)));
}


/* Goes to the next argument; not into one that carries a code. */
static bool
healthcode_query_advance(healthcode_query_t *walk)
{
    size_t   i = walk->carries ? walk->end : walk->at;
    uint8_t  byte;

    walk->fragment = walk->fragment || (walk->carries && walk->hash);

    for ( /* void */ ; i < walk->text.len; i++) {
        byte = walk->text.data[i];

        if (byte == '&' || (!walk->form && (byte == '?' || byte == '#'))) {
            walk->fragment = walk->fragment || byte == '#';
            walk->at = i + 1;
            walk->nested = (byte != '&');
            healthcode_query_measure(walk);

            return true;
        }
    }

    walk->at = walk->text.len;
    walk->next = walk->count;

    return false;
}


/*
 * Notes that the argument carries a code, and all that has to be known of its
 * bytes, since a mask may overwrite them now.
 */
static void
healthcode_query_carry(healthcode_query_t *walk)
{
    size_t          len;
    const uint8_t  *start, *amp;

    if (walk->carries) {
        return;
    }

    start = walk->text.data + walk->at;
    len = walk->text.len - walk->at;
    amp = memchr(start, '&', len);
    len = amp ? (size_t) (amp - start) : len;

    walk->carries = true;
    walk->end = walk->at + len;
    walk->hash = memchr(start, '#', len) != NULL;
}


/* Tries the next source on the argument. */
static bool
healthcode_query_try(healthcode_query_t *walk, healthcode_query_found_t *found)
{
    size_t                      number = walk->next++;
    healthcode_str_t            name, value, code = { NULL, 0 };
    healthcode_pattern_e        result;
    const healthcode_source_t  *source = &walk->sources[number];

    if (walk->value_len == 0) {
        return false;
    }

    name = healthcode_str_from(walk->text.data + walk->at, walk->name_len);

    if (!healthcode_query_is_named(walk, name, source->name)) {
        return false;
    }

    value = healthcode_str_from(name.data + name.len + 1, walk->value_len);
    value = healthcode_query_decode(walk, value);

    result = healthcode_source_match(source, value, &code);

    if (result == HEALTHCODE_PATTERN_NO_MATCH) {
        return false;
    }

    found->source = number;
    found->found = result;
    found->code = code;
    found->counts = walk->form
                    || (!walk->nested && !walk->fragment
                        && healthcode_str_equal(name, source->name));
    found->start = walk->at;
    found->value = walk->at + walk->name_len + 1;

    healthcode_query_carry(walk);
    found->end = walk->end;

    return true;
}


/* Whether shown is name, as it stands or percent-decoded. */
static bool
healthcode_query_is_named(const healthcode_query_t *walk,
    healthcode_str_t shown, healthcode_str_t name)
{
    size_t   i = 0, n = 0;
    uint8_t  byte;

    if (healthcode_str_equal(shown, name)) {
        return true;
    }

    while (i < shown.len && n < name.len) {
        i = healthcode_query_byte(walk, shown, i, &byte);

        if (byte != name.data[n++]) {
            return false;
        }
    }

    return i == shown.len && n == name.len;
}


/* As healthcode_escape_next() does; in a form a '+' is a blank. */
static size_t
healthcode_query_byte(const healthcode_query_t *walk, healthcode_str_t text,
    size_t i, uint8_t *byte)
{
    if (walk->form && text.data[i] == '+') {
        *byte = ' ';
        return i + 1;
    }

    return healthcode_escape_next(text, i, byte);
}


/* An invalid escape is left as is, which makes the code malformed. */
static healthcode_str_t
healthcode_query_decode(const healthcode_query_t *walk, healthcode_str_t text)
{
    size_t  i = 0, n = 0;

    if (memchr(text.data, '%', text.len) == NULL
        && (!walk->form || memchr(text.data, '+', text.len) == NULL))
    {
        return text;
    }

    while (i < text.len) {
        i = healthcode_query_byte(walk, text, i, &walk->scratch[n++]);
    }

    return healthcode_str_from(walk->scratch, n);
}


size_t
healthcode_query_left(healthcode_query_t walk, uint8_t *left)
{
    size_t                    n = 0, kept = 0, last = SIZE_MAX;
    healthcode_str_t          text = walk.text;
    healthcode_query_found_t  found;

    /* the text before kept is in left already, or was left out */

    while (healthcode_query_next(&walk, &found)) {

        if (found.start == last) {
            continue;
        }

        last = found.start;

        if (found.start > kept) {
            /* with the '&' before it, or the '?' or '#' of a nested one */
            n = healthcode_query_append(text, kept, found.start - 1, left, n);
            kept = found.end;

        } else {
            kept = found.end + (found.end < text.len);
        }
    }

    return healthcode_query_append(text, kept, text.len, left, n);
}


size_t
healthcode_query_uri_left(const healthcode_source_t *sources, size_t count,
    healthcode_str_t uri, uint8_t *scratch, uint8_t *left)
{
    size_t              path, query, n;
    healthcode_query_t  walk;

    path = healthcode_query_path(uri);
    query = path;

    while (query < uri.len && uri.data[query] != '#') {
        query++;
    }

    n = healthcode_query_append(uri, 0, path, left, 0);

    if (query == path) {
        return n;
    }

    path++;
    healthcode_query_begin(&walk, sources, count,
                           healthcode_str_from(uri.data + path, query - path),
                           scratch);

    query = healthcode_query_left(walk, NULL);

    if (query == 0) {
        return n;
    }

    if (left != NULL) {
        left[n] = '?';
        (void) healthcode_query_left(walk, left + n + 1);
    }

    return n + 1 + query;
}


/* Puts text from start to end at n of left; returns where it ends. */
static size_t
healthcode_query_append(healthcode_str_t text, size_t start, size_t end,
    uint8_t *left, size_t n)
{
    if (left != NULL && end > start) {
        memcpy(left + n, text.data + start, end - start);
    }

    return n + (end - start);
}


size_t
healthcode_query_mask(healthcode_query_t walk, uint8_t *text)
{
    size_t                    masked = 0;
    healthcode_query_found_t  found;

    while (healthcode_query_next(&walk, &found)) {

        /* for a second source the value is stars, which are not a code */
        memset(text + found.value, '*', found.end - found.value);
        masked += found.end - found.value;
    }

    return masked;
}
