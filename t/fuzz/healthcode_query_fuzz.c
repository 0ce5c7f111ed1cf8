/*
 * Fuzzes healthcode_query.c: a query, a URI with one, or a form.  What is
 * found, left and masked is what another hand says that splits at '&' first.
 * docs/request-path.md, "Source".
 */

#include "fuzz.h"

#include "../../ngx_http_healthcode_module/core/healthcode_query.h"


#define SOURCES  3
#define MAX      8192

/* One code that is found: in bytes of its own. */
typedef struct {
    size_t                source, start, value, end;
    bool                  counts;
    healthcode_pattern_e  found;
    healthcode_str_t      code;
} found_t;


static healthcode_source_t  sources[SOURCES] = {
    { { (const uint8_t *) "c", 1 }, NULL, false },
    { { (const uint8_t *) "hc", 2 }, NULL, false },
    { { (const uint8_t *) "hc", 2 }, NULL, false },
};

static found_t   found[SOURCES * (MAX + 1)];
static size_t    count;
static uint8_t   bytes[4 * MAX];     /* that codes of found are views of */
static size_t    used;
static bool      form;               /* the text is one */


static void
set_up(void)
{
    char                   error[256];
    healthcode_pattern_t  *pattern;

    if (sources[1].pattern == NULL) {
        pattern = healthcode_pattern_create(healthcode_str("^v1:(.*)$"), error,
                                            sizeof(error));
        fuzz_must(pattern != NULL);
        sources[1].pattern = pattern;
    }
}


static int
digit(uint8_t c)
{
    const char  *digits = "0123456789abcdef0123456789ABCDEF", *p;

    p = c ? strchr(digits, c) : NULL;

    return p ? (int) ((p - digits) % 16) : -1;
}


static size_t
decode(const uint8_t *p, size_t len, uint8_t *out)
{
    size_t  n = 0;

    for (size_t i = 0; i < len; i++) {
        out[n] = (form && p[i] == '+') ? ' ' : p[i];

        if (p[i] == '%' && i + 2 < len && digit(p[i + 1]) >= 0
            && digit(p[i + 2]) >= 0)
        {
            out[n] = (uint8_t) (16 * digit(p[i + 1]) + digit(p[i + 2]));
            i += 2;
        }

        n++;
    }

    return n;
}


/* Tries the argument that begins at start of a piece that ends at end. */
static bool
oracle_try(const uint8_t *text, size_t start, size_t end, bool nested,
    bool fragment)
{
    bool                   hit = false, exact;
    size_t                 equal = start, stop, n;
    static uint8_t         name[MAX], *value;
    healthcode_str_t       view;
    healthcode_pattern_e   result;

    for (stop = start; stop < end && !form; stop++) {
        if (text[stop] == '#' || (nested && text[stop] == '?')) {
            break;
        }
    }

    stop = form ? end : stop;

    while (equal < stop && text[equal] != '=') {
        equal++;
    }

    if (equal + 1 >= stop) {
        return false;
    }

    for (size_t i = 0; i < SOURCES; i++) {
        view = healthcode_str_from(text + start, equal - start);
        exact = healthcode_str_equal(view, sources[i].name);
        n = decode(view.data, view.len, name);

        if (!exact && !healthcode_str_equal(healthcode_str_from(name, n),
                                            sources[i].name))
        {
            continue;
        }

        value = bytes + used;
        n = decode(text + equal + 1, stop - equal - 1, value);
        used += n;

        view = healthcode_str_from(NULL, 0);
        result = healthcode_source_match(&sources[i],
                                         healthcode_str_from(value, n), &view);

        if (result != HEALTHCODE_PATTERN_NO_MATCH) {
            found[count++] = (found_t) { i, start, equal + 1, end,
                                         form
                                         || (exact && !nested && !fragment),
                                         result, view };
            hit = true;
        }
    }

    return hit;
}


static void
oracle(const uint8_t *text, size_t len, size_t start, bool fragment)
{
    bool    nested;
    size_t  end, at, hash = fragment ? start : SIZE_MAX;

    count = 0;
    used = 0;

    for ( ;; ) {
        for (end = start; end < len && text[end] != '&'; end++) {
            /* void */
        }

        nested = false;

        for (at = start; at <= end; at++) {

            if (at > start && !form
                && (text[at - 1] == '#' || text[at - 1] == '?'))
            {
                nested = true;
                fragment = fragment || text[at - 1] == '#';

            } else if (at > start) {
                continue;
            }

            if (oracle_try(text, at, end, nested || at == hash, fragment)) {
                break;
            }
        }

        fragment = fragment
                   || (end > start && memchr(text + start, '#', end - start));

        if (end >= len) {
            return;
        }

        start = end + 1;
    }
}


static void
check_found(healthcode_query_t walk)
{
    size_t                    n = 0;
    healthcode_query_found_t  one;

    while (healthcode_query_next(&walk, &one)) {
        fuzz_must(n < count);
        fuzz_must(one.source == found[n].source);
        fuzz_must(one.start == found[n].start && one.end == found[n].end);
        fuzz_must(one.value == found[n].value);
        fuzz_must(one.counts == found[n].counts);
        fuzz_must(one.found == found[n].found);
        fuzz_must(healthcode_str_equal(one.code, found[n].code));
        fuzz_must(one.code.len == 0
                  || fuzz_lies_in(one.code, walk.text.data, walk.text.len)
                  || fuzz_lies_in(one.code, walk.scratch, walk.text.len));
        n++;
    }

    fuzz_must(n == count);
    fuzz_must(!healthcode_query_next(&walk, &one));
}


/* Pieces without those that go, put together again. */
static size_t
oracle_left(const uint8_t *text, size_t len, uint8_t *left)
{
    bool    first = true, gone;
    size_t  start = 0, end, stop, n = 0, i = 0;

    while (start <= len) {
        for (end = start; end < len && text[end] != '&'; end++) {
            /* void */
        }

        stop = end;
        gone = false;

        while (i < count && found[i].start < end) {
            if (found[i].start == start) {
                gone = true;

            } else {
                stop = found[i].start - 1;
            }

            i++;
        }

        if (!gone) {
            if (!first) {
                left[n++] = '&';
            }

            first = false;

            while (start < stop) {
                left[n++] = text[start++];
            }
        }

        start = end + 1;
    }

    return n;
}


static void
check_left(healthcode_query_t walk)
{
    size_t           n, want;
    uint8_t         *room;
    static uint8_t   left[MAX];

    want = oracle_left(walk.text.data, walk.text.len, left);
    n = healthcode_query_left(walk, NULL);
    fuzz_must(n == want && n <= walk.text.len);

    room = guard_room(1, n);
    fuzz_must(healthcode_query_left(walk, room) == n);
    fuzz_must(n == 0 || memcmp(room, left, n) == 0);
}


static void
check_mask(healthcode_str_t text, bool is_uri)
{
    healthcode_str_t     masked = guard(1, text.data, text.len);
    healthcode_query_t   walk;
    static uint8_t       want[MAX];

    if (text.len > 0) {
        memcpy(want, text.data, text.len);
    }

    for (size_t i = 0; i < count; i++) {
        memset(want + found[i].value, '*', found[i].end - found[i].value);
    }

    (is_uri ? healthcode_query_begin_uri : healthcode_query_begin)(
        &walk, sources, SOURCES, masked, guard_room(2, text.len));

    (void) healthcode_query_mask(walk, (uint8_t *) masked.data);
    fuzz_must(healthcode_str_equal(masked,
                                   healthcode_str_from(want, text.len)));

    /* what a mask leaves has no code in it */
    fuzz_must(healthcode_query_mask(walk, (uint8_t *) masked.data) == 0);
}


static void
check_uri(healthcode_str_t uri, size_t path)
{
    size_t               hash = path, n, want;
    uint8_t             *room;
    static uint8_t       left[MAX + 1];

    while (hash < uri.len && uri.data[hash] != '#') {
        hash++;
    }

    memcpy(left, uri.data, path);
    want = path;

    if (hash > path) {
        oracle(uri.data + path + 1, hash - path - 1, 0, false);
        n = oracle_left(uri.data + path + 1, hash - path - 1, left + path + 1);
        left[path] = '?';
        want += n ? n + 1 : 0;
    }

    n = healthcode_query_uri_left(sources, SOURCES, uri,
                                  guard_room(2, uri.len), NULL);
    fuzz_must(n == want);

    room = guard_room(1, n);
    fuzz_must(healthcode_query_uri_left(sources, SOURCES, uri,
                                        guard_room(2, uri.len), room) == n);
    fuzz_must(n == 0 || memcmp(room, left, n) == 0);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t              path = 0;
    healthcode_str_t    text;
    healthcode_query_t  walk;

    if (size > MAX / 4) {
        return 0;
    }

    set_up();
    text = guard(0, data, size);

    oracle(text.data, text.len, 0, false);
    healthcode_query_begin(&walk, sources, SOURCES, text,
                           guard_room(2, text.len));
    check_found(walk);
    check_left(walk);
    check_mask(text, false);

    form = true;
    oracle(text.data, text.len, 0, false);
    healthcode_query_begin_form(&walk, sources, SOURCES, text,
                                guard_room(2, text.len));
    check_found(walk);
    check_left(walk);
    form = false;

    while (path < size && text.data[path] != '?' && text.data[path] != '#') {
        path++;
    }

    if (path < size) {
        oracle(text.data, text.len, path + 1, text.data[path] == '#');
        healthcode_query_begin_uri(&walk, sources, SOURCES, text,
                                   guard_room(2, text.len));
        check_found(walk);
        check_mask(text, true);
        check_uri(text, path);
    }

    return 0;
}
