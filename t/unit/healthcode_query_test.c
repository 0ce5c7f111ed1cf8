/*
 * Tests of healthcode_query.c: queries and URIs of every shape, what is found
 * in them, what is left of them and what a log may show.  Knows no request.
 * docs/request-path.md, "Source".
 */

#include "test.h"

#include <time.h>

#include "../../ngx_http_healthcode_module/core/healthcode_query.h"


#define ROOM     1024
#define PATTERN  "^v1:([^#]*)$"


/* code: the whole value; hc: by a pattern; odd names as they may be written. */
static healthcode_pattern_t  *pattern;
static healthcode_source_t    sources[] = {
    { { (const uint8_t *) "code", 4 }, NULL, false },
    { { (const uint8_t *) "hc", 2 }, NULL, false },
    { { (const uint8_t *) "a%20?b", 6 }, NULL, false },
};


static int
set_up(void **state)
{
    char  error[256];

    pattern = healthcode_pattern_create(healthcode_str(PATTERN), error,
                                        sizeof(error));
    sources[1].pattern = pattern;
    (void) state;

    return pattern ? 0 : -1;
}


static int
tear_down(void **state)
{
    healthcode_pattern_free(pattern);
    (void) state;

    return 0;
}


/* A walk whose text and scratch end at walls. */
static healthcode_query_t
begin(healthcode_str_t text)
{
    healthcode_query_t  walk;

    healthcode_query_begin(&walk, sources, test_count(sources), text,
                           guard_room(2, text.len));

    return walk;
}


static healthcode_query_t
begin_uri(healthcode_str_t text)
{
    healthcode_query_t  walk;

    healthcode_query_begin_uri(&walk, sources, test_count(sources), text,
                               guard_room(2, text.len));

    return walk;
}


/* What counts as "code|", what is only masked in brackets. */
static void
list(healthcode_query_t walk, char *got)
{
    size_t                    n = 0;
    healthcode_query_found_t  found;

    got[0] = '\0';

    while (healthcode_query_next(&walk, &found)) {
        assert_int_equal(found.found, HEALTHCODE_PATTERN_MATCH);
        assert_true(found.start < found.value && found.value < found.end);
        assert_true(found.end <= walk.text.len);
        n += (size_t) snprintf(got + n, ROOM - n,
                               found.counts ? "%.*s|" : "(%.*s)",
                               (int) found.code.len,
                               (const char *) found.code.data);
    }
}


static void
test_finds_what_counts(void **state)
{
    static const struct {
        const char  *query, *found;
    } rows[] = {
        { "", "" }, { "&", "" }, { "=", "" }, { "?", "" }, { "#", "" },
        { "%", "" }, { "&=&?#", "" },
        { "code", "" }, { "code=", "" }, { "code&=x", "" },
        { "code=***", "" }, { "code=%2a**", "" },
        { "Code=x&codes=x&xcode=x&cod=x&code%20=x&x;code=x", "" },
        { "code=x", "x|" },
        { "&&code=x&&", "x|" },
        { "code=x&code=y&b&code=x", "x|y|x|" },
        { "code=a=b=", "a=b=|" },
        { "code=x;code=y", "x;code=y|" },
        { "code=%61%2E%2e", "a..|" },
        { "code=%2561", "%61|" },
        { "code=%zz%2", "%zz%2|" }, { "code=%", "%|" }, { "code=%4", "%4|" },
        { "code=+a", "+a|" },
        { "code=x%26code=y", "x&code=y|" },
        { "hc=x", "" }, { "hc=v1:", "" }, { "hc=v1:***", "" },
        { "hc=v1:x", "x|" }, { "hc=v1%3ax&hc=v2:x", "x|" },
        { "a%20?b=x", "x|" },
        { "code=a?b", "a?b|" },
        /* a fragment does not belong to a value */
        { "code=a#b", "a|" }, { "code=a#b&code=c", "a|(c)" },
        /* other ways to spell a name, and other places */
        { "%63ode=x", "(x)" }, { "c%6fde=%78", "(x)" }, { "cod%65=x", "(x)" },
        { "cod%6=x", "" }, { "%63%6F%64%65%=x", "" },
        { "a%20%3fb=x", "" },
        { "?code=x", "(x)" }, { "a=1?code=x&b=2", "(x)" },
        { "a?code=x?code=y", "(x)" },
        { "a=1#code=x&code=y", "(x)(y)" },
        { "a#hc=v1:x?hc=v1:y&hc=v1:z", "(x)(z)" },
        { "next=/hall?%63ode=x", "(x)" },
        { "code=?code=x", "?code=x|" },
        { "hc=v2:?hc=v1:x", "(x)" },
        { "hc=v1:x?hc=v1:y", "x?hc=v1:y|" },
        /* an escaped '?' begins nothing */
        { "a=%3fcode=x", "" },
    };
    char  got[ROOM];

    for (size_t i = 0; i < test_count(rows); i++) {
        list(begin(guard_text(0, rows[i].query)), got);
        test_row(strcmp(got, rows[i].found) == 0, i, got);
    }

    list(begin(healthcode_str_from(NULL, 0)), got);
    assert_string_equal(got, "");

    (void) state;
}


/* In a form '?' and '#' are bytes like others, '+' is a blank, names decode. */
static void
test_finds_fields_of_a_form(void **state)
{
    static const struct {
        const char  *body, *found, *left;
    } rows[] = {
        { "", "", "" }, { "&&", "", "&&" }, { "code", "", "code" },
        { "code=x", "x|", "" },
        { "code=x&&n=7", "x|", "&n=7" },
        { "n=7&&code=x", "x|", "n=7&" },
        { "a=1&code=%78%2b&b=2", "x+|", "a=1&b=2" },
        { "code=x+y", "x y|", "" },
        { "code=+", " |", "" },
        { "%63ode=x", "x|", "" },
        { "a+?b=x", "", "a+?b=x" },
        { "a%2520%3fb=x", "x|", "" },
        { "code=a#b", "a#b|", "" },
        { "code=a?code=b", "a?code=b|", "" },
        { "a=1#&code=x", "x|", "a=1#" },
        { "a=1?code=x", "", "a=1?code=x" },
        { "?code=x", "", "?code=x" },
        { "hc=v1:x&hc=v1%3Ay&hc=v1:a#b", "x|y|", "hc=v1:a#b" },
        { "code=x\r\n", "x\r\n|", "" },
        { "code=x;code=y", "x;code=y|", "" },
    };
    char                 got[ROOM];
    uint8_t             *room;
    size_t               len;
    healthcode_str_t     body;
    healthcode_query_t   walk;

    for (size_t i = 0; i < test_count(rows); i++) {
        body = guard_text(0, rows[i].body);
        healthcode_query_begin_form(&walk, sources, test_count(sources), body,
                                    guard_room(2, body.len));
        list(walk, got);
        test_row(strcmp(got, rows[i].found) == 0, i, got);

        len = healthcode_query_left(walk, NULL);
        room = guard_room(1, len);
        assert_int_equal(healthcode_query_left(walk, room), len);
        test_str_equal(healthcode_str_from(room, len), rows[i].left);
    }

    (void) state;
}


static void
test_says_where_it_stands(void **state)
{
    healthcode_query_t        walk;
    healthcode_query_found_t  found;

    walk = begin(guard_text(0, "a=1&hc=v1:%78&b=2?code=y"));

    assert_true(healthcode_query_next(&walk, &found));
    assert_int_equal(found.source, 1);
    assert_int_equal(found.start, 4);
    assert_int_equal(found.value, 7);
    assert_int_equal(found.end, 13);
    assert_true(found.counts);
    test_str_equal(found.code, "x");

    assert_true(healthcode_query_next(&walk, &found));
    assert_int_equal(found.source, 0);
    assert_int_equal(found.start, 18);
    assert_int_equal(found.value, 23);
    assert_int_equal(found.end, 24);
    assert_false(found.counts);

    assert_false(healthcode_query_next(&walk, &found));
    assert_false(healthcode_query_next(&walk, &found));
    assert_int_equal(found.start, 18);

    (void) state;
}


/* Two lines for one name: each takes its own; both find it, it goes once. */
static void
test_asks_each_source(void **state)
{
    healthcode_source_t       both[] = { sources[1], sources[0], sources[0] };
    healthcode_str_t          query = guard_text(0, "hc=v1:x&b=1");
    healthcode_query_t        walk;
    healthcode_query_found_t  found;

    both[1].name = both[2].name = both[0].name;

    healthcode_query_begin(&walk, both, 3, query, guard_room(2, query.len));
    assert_int_equal(healthcode_query_left(walk, NULL), 3);

    for (size_t i = 0; i < 3; i++) {
        assert_true(healthcode_query_next(&walk, &found));
        assert_int_equal(found.source, i);
        assert_int_equal(found.start, 0);
        test_str_equal(found.code, i ? "v1:x" : "x");
    }

    assert_false(healthcode_query_next(&walk, &found));

    healthcode_query_begin(&walk, both, 0, query, guard_room(2, query.len));
    assert_false(healthcode_query_next(&walk, &found));

    (void) state;
}


/* A pattern that gives up has found something, which must not be used. */
static void
test_gives_up_loudly(void **state)
{
    char                      error[256], text[4100];
    healthcode_str_t          query;
    healthcode_query_t        walk;
    healthcode_source_t       slow = { healthcode_str("s"), NULL, false };
    healthcode_pattern_t     *evil;
    healthcode_query_found_t  found;

    evil = healthcode_pattern_create(healthcode_str("^((?:a+)+)!$"), error,
                                     sizeof(error));
    assert_non_null(evil);
    slow.pattern = evil;

    memset(text, 'a', sizeof(text));
    memcpy(text, "s=", 2);
    memcpy(text + 4090, "!b&s=a!&z", 9);
    query = guard(0, text, 4099);

    healthcode_query_begin(&walk, &slow, 1, query, guard_room(2, query.len));
    assert_int_equal(healthcode_query_left(walk, NULL), 1);

    assert_true(healthcode_query_next(&walk, &found));
    assert_int_equal(found.found, HEALTHCODE_PATTERN_ERROR);
    assert_null(found.code.data);
    assert_true(healthcode_query_next(&walk, &found));
    assert_int_equal(found.found, HEALTHCODE_PATTERN_MATCH);
    test_str_equal(found.code, "a");
    assert_false(healthcode_query_next(&walk, &found));

    healthcode_pattern_free(evil);
    (void) state;
}


static void
test_leaves_the_other_arguments_as_they_were(void **state)
{
    static const struct {
        const char  *query, *left;
    } rows[] = {
        { "", "" }, { "&&", "&&" }, { "a=1&b", "a=1&b" },
        { "code=", "code=" }, { "code=***", "code=***" },
        { "code=x", "" },
        { "code=x&", "" }, { "&code=x", "" }, { "&code=x&", "&" },
        { "&&code=x&&", "&&&" },
        { "code=x&b=2", "b=2" },
        { "a=1&code=x", "a=1" },
        { "a=1&code=x&b=2", "a=1&b=2" },
        { "code=x&code=y", "" },
        { "code=x&code=y&b", "b" },
        { "a&code=x&code=y", "a" },
        { "a&code=x&code=y&b&code=z&c", "a&b&c" },
        { "code=x&a&code=y", "a" },
        { "x=%41%20+&code=%78&x=%zz&=&y==1", "x=%41%20+&x=%zz&=&y==1" },
        { "%63ode=x&b=2", "b=2" },
        { "a=1?code=x&b=2", "a=1&b=2" },
        { "?code=x", "" }, { "?code=x&b", "&b" },
        { "code=x?code=y&b", "b" },
        { "a#code=x&b", "a&b" },
        { "hc=v2:x&hc=v1:x", "hc=v2:x" },
    };
    size_t            n;
    uint8_t          *room;
    healthcode_str_t  query;

    for (size_t i = 0; i < test_count(rows); i++) {
        query = guard_text(0, rows[i].query);
        n = healthcode_query_left(begin(query), NULL);
        test_row(n == strlen(rows[i].left), i, rows[i].query);

        room = guard_room(1, n);
        test_row(healthcode_query_left(begin(query), room) == n, i,
                 rows[i].query);
        test_row(memcmp(room, rows[i].left, n) == 0, i, rows[i].query);
    }

    (void) state;
}


static void
test_leaves_the_path_of_a_uri_as_it_came(void **state)
{
    static const struct {
        const char  *uri, *left;
    } rows[] = {
        { "", "" }, { "/", "/" }, { "?", "" }, { "#", "" },
        { "/a%2Fb//c;%3B/../d", "/a%2Fb//c;%3B/../d" },
        { "/a%2Fb//c;%3B/../d?code=x", "/a%2Fb//c;%3B/../d" },
        { "/code=x/p&code=x?code=x&b=2", "/code=x/p&code=x?b=2" },
        { "/?a=1&code=x", "/?a=1" },
        { "/?a=1&code=x#code=y", "/?a=1" },
        { "/?code=x#b", "/" },
        { "/#code=x", "/" }, { "/#?code=x", "/" },
        { "/?a=1#code=x&b=2", "/?a=1" },
        { "/?a=/b?code=x", "/?a=/b" },
        { "?code=x&b", "?b" },
        { "http://h/?code=x&b", "http://h/?b" },
    };
    size_t            n;
    uint8_t          *room;
    healthcode_str_t  uri;

    for (size_t i = 0; i < test_count(rows); i++) {
        uri = guard_text(0, rows[i].uri);
        n = healthcode_query_uri_left(sources, test_count(sources), uri,
                                      guard_room(2, uri.len), NULL);
        test_row(n == strlen(rows[i].left), i, rows[i].uri);

        room = guard_room(1, n);
        test_row(healthcode_query_uri_left(sources, test_count(sources), uri,
                                           guard_room(2, uri.len), room) == n,
                 i, rows[i].uri);
        test_row(memcmp(room, rows[i].left, n) == 0, i, rows[i].uri);
    }

    (void) state;
}


static void
test_masks_values_in_a_uri(void **state)
{
    static const struct {
        const char  *uri, *masked;
    } rows[] = {
        { "", "" }, { "/", "/" }, { "/?", "/?" }, { "#", "#" },
        { "code=x", "code=x" }, { "/a&code=x", "/a&code=x" },
        { "/?code=abc", "/?code=***" },
        { "/?a=1&code=%61&b=2", "/?a=1&code=***&b=2" },
        { "/?%63ode=abc", "/?%63ode=***" },
        { "/?a=1?code=abc?b", "/?a=1?code=*****" },
        { "/?a=1#code=abc&b=2", "/?a=1#code=***&b=2" },
        { "/#code=abc", "/#code=***" },
        { "/?hc=v1:a#?hc=v1:b&c", "/?hc=*************&c" },
        { "/?hc=v2:a#?hc=v1:b&c", "/?hc=v2:a#?hc=****&c" },
        { "/?code=a#b&hc=?code=c", "/?code=***&hc=?code=*" },
        { "/?code=***", "/?code=***" },
        { "http://h/p?a b&code=c d", "http://h/p?a b&code=***" },
        { "/?%3Fcode=a", "/?%3Fcode=a" },
    };
    healthcode_str_t  uri;

    for (size_t i = 0; i < test_count(rows); i++) {
        uri = guard_text(0, rows[i].uri);
        (void) healthcode_query_mask(begin_uri(uri), (uint8_t *) uri.data);
        test_str_equal(uri, rows[i].masked);

        /* once more finds nothing */
        test_row(healthcode_query_mask(begin_uri(uri), (uint8_t *) uri.data)
                 == 0, i, rows[i].uri);
    }

    (void) state;
}


/* The CPU time in us that all of the surgery on a URI takes. */
static double
cost(healthcode_str_t uri)
{
    double                    best = 1e9, us;
    clock_t                   start;
    healthcode_query_t        walk;
    healthcode_query_found_t  found;

    for (size_t i = 0; i < 3; i++) {
        walk = begin_uri(uri);
        start = clock();

        (void) healthcode_query_uri_left(walk.sources, walk.count, uri,
                                         walk.scratch, NULL);

        while (healthcode_query_next(&walk, &found)) {
            /* to its end */
        }

        us = (double) (clock() - start) * 1e6 / CLOCKS_PER_SEC;
        best = (us < best) ? us : best;
    }

    return best;
}


static void
test_costs_what_its_length_costs(void **state)
{
    static const char  *const pieces[] = {
        "?", "#", "&", "=", "%", "?#", "&code=%41", "?code=%41", "&code=*",
        "?code=%2a", "&hc=x", "?hc=x", "#hc=v1:", "&hc=v1:?", "?code=", "%63",
    };
    static char               text[256 * 1024];

    test_is_linear(pieces, test_count(pieces), "?", text, sizeof(text), cost);

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_finds_what_counts),
        cmocka_unit_test(test_finds_fields_of_a_form),
        cmocka_unit_test(test_says_where_it_stands),
        cmocka_unit_test(test_asks_each_source),
        cmocka_unit_test(test_gives_up_loudly),
        cmocka_unit_test(test_leaves_the_other_arguments_as_they_were),
        cmocka_unit_test(test_leaves_the_path_of_a_uri_as_it_came),
        cmocka_unit_test(test_masks_values_in_a_uri),
        cmocka_unit_test(test_costs_what_its_length_costs),
    };

    return cmocka_run_group_tests_name("query", tests, set_up, tear_down);
}
