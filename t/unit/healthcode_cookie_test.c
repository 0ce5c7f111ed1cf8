/*
 * Tests of healthcode_cookie.c: headers of every shape, which cookie counts,
 * and what is left of the others.  Knows no code and no request.
 * docs/request-path.md, "Source".
 */

#include "test.h"

#include <time.h>

#include "../../ngx_http_healthcode_module/core/healthcode_cookie.h"


#define ROOM  256


/* Ours are those whose value begins with an upper-case letter. */
static bool
is_capital(void *data, healthcode_str_t value)
{
    size_t  *calls = data;

    *calls += 1;

    return value.len > 0 && value.data[0] >= 'A' && value.data[0] <= 'Z';
}


static void
test_takes_cookies_apart(void **state)
{
    static const struct {
        const char  *header;
    const char  *cookies;   /* name=value|; "-" where it has no name */
    } rows[] = {
        { "", "" },
        { ";", "" },
        { " ; \t;; ", "" },
        { "a", "-=a|" },
        { "=", "=|" },
        { "=b", "=b|" },
        { "a=", "a=|" },
        { "a=1", "a=1|" },
        { "  a=1\t", "a=1|" },
        { "a=1; b=2", "a=1|b=2|" },
        { "a=1;b=2;", "a=1|b=2|" },
        { ";;a=1;;; b=2 ; c", "a=1|b=2|-=c|" },
        { "a=x=y=z", "a=x=y=z|" },
        { "a =1", "a =1|" },
        { "a= 1", "a= 1|" },
        { "a=\"1; b=2\"", "a=\"1|b=2\"|" },
        { "a=1, b=2", "a=1, b=2|" },
    };
    char                 got[ROOM];
    size_t               n;
    healthcode_str_t     rest, header;
    healthcode_cookie_t  cookie;

    for (size_t i = 0; i < test_count(rows); i++) {
        header = rest = guard_text(0, rows[i].header);
        got[0] = '\0';
        n = 0;

        while (healthcode_cookie_next(&rest, &cookie)) {
            n += (size_t) snprintf(got + n, sizeof(got) - n, "%.*s=%.*s|",
                     cookie.name.data ? (int) cookie.name.len : 1,
                     cookie.name.data ? (const char *) cookie.name.data : "-",
                     (int) cookie.value.len, (const char *) cookie.value.data);
            test_row(cookie.piece.data >= header.data
                     && cookie.value.data + cookie.value.len
                        <= cookie.piece.data + cookie.piece.len, i, got);
        }

        test_row(strcmp(got, rows[i].cookies) == 0, i, got);
        test_row(rest.len == 0, i, "read to its end");
    }

    (void) state;
}


static void
test_finds_the_first_that_carries_a_code(void **state)
{
    static const struct {
        const char  *header, *code;
    } rows[] = {
        { "", NULL },
        { "code", NULL },
        { "code=", NULL },
        { "code=***", NULL },
        { "codes=a; xcode=b; Code=c; a=code=d; code =e", NULL },
        { "code=a", "a" },
        { "code=a; code=b", "a" },
        { "x=1;code=a;code=b", "a" },
        { "code=; code=***; code; code=b; code=c", "b" },
        { "code=\"a\"", "\"a\"" },
        { " code= a ;", " a" },
    };
    healthcode_str_t      code;
    healthcode_source_t   source = { healthcode_str("code"), NULL, false };
    healthcode_pattern_e  found;

    for (size_t i = 0; i < test_count(rows); i++) {
        code = healthcode_str("before");
        found = healthcode_cookie_find(guard_text(0, rows[i].header), &source,
                                       &code);

        test_row(found == (rows[i].code ? HEALTHCODE_PATTERN_MATCH
                                        : HEALTHCODE_PATTERN_NO_MATCH), i,
                 rows[i].header);
        test_str_equal(code, rows[i].code ? rows[i].code : "before");
    }

    (void) state;
}


static void
test_takes_the_pattern_into_account(void **state)
{
    char                   error[256], text[4100];
    healthcode_str_t       code;
    healthcode_source_t    source = { healthcode_str("h"), NULL, false };
    healthcode_pattern_t  *pattern;

    pattern = healthcode_pattern_create(healthcode_str("^((?:a+)+)!$"), error,
                                        sizeof(error));
    assert_non_null(pattern);
    source.pattern = pattern;

    assert_int_equal(healthcode_cookie_find(
                         guard_text(0, "h=b; h=!; h=aa!; h=a!"), &source,
                         &code), HEALTHCODE_PATTERN_MATCH);
    test_str_equal(code, "aa");

    /* the first one that it gives up on counts, too */
    memset(text, 'a', sizeof(text));
    memcpy(text, "h=b;h=", 6);
    memcpy(text + 4080, "!b; h=a!", 8);
    code = healthcode_str("before");
    assert_int_equal(healthcode_cookie_find(guard(0, text, 4088), &source,
                                            &code), HEALTHCODE_PATTERN_ERROR);
    test_str_equal(code, "before");

    healthcode_pattern_free(pattern);
    (void) state;
}


/* Both calls agree, and the second one writes no byte more. */
static void
test_leaves_the_other_cookies_as_they_were(void **state)
{
    static const struct {
        const char  *header, *left;
    } rows[] = {
        { "", "" },
        { "a=1", "a=1" },
        { " ;; a=1 ;\t", " ;; a=1 ;\t" },       /* none is ours */
        { "code", "code" },
        { "code=", "code=" },
        { "code=foreign; b=2", "code=foreign; b=2" },
        { "code =A; Code=A; codes=A; xcode=A", "code =A; Code=A; codes=A; "
          "xcode=A" },
        { "code=A", "" },
        { " code=A ; ;\t", "" },
        { "code=A; code=B", "" },
        { "code=A; b=2", "b=2" },
        { "code=A;b=2", "b=2" },
        { "a=1; code=A", "a=1" },
        { "a=1;code=A", "a=1" },
        { "a=1; code=A; b=2", "a=1; b=2" },
        { "a=1;code=A;b=2", "a=1;b=2" },
        { "a;b;c;d;code=A;e;f", "a;b;c;d;e;f" },
        { "a=\"2 3\" ;  code=A ;\tb= 2 ;;", "a=\"2 3\" ;\tb= 2 " },
        { "code=A; code=foreign; code=B; code", "code=foreign; code" },
        { "a=code=A; code=A; =A", "a=code=A; =A" },
    };
    size_t            n, again, calls = 0;
    uint8_t          *room;
    healthcode_str_t  header, name = healthcode_str("code");

    for (size_t i = 0; i < test_count(rows); i++) {
        header = guard_text(0, rows[i].header);
        n = healthcode_cookie_left(header, name, is_capital, &calls, NULL);
        test_row(n == strlen(rows[i].left), i, rows[i].header);
        test_row(n <= header.len, i, rows[i].header);

        /* if none is ours, nothing has to be written */
        room = guard_room(1, n);
        again = healthcode_cookie_left(header, name, is_capital, &calls, room);
        test_row(again == n, i, rows[i].header);
        test_row(memcmp(room, rows[i].left, n) == 0, i, rows[i].header);
    }

    assert_true(calls > 0);
    (void) state;
}


static void
test_leaves_out_each_of_the_name(void **state)
{
    uint8_t           *room = guard_room(1, 14);
    healthcode_str_t   header, name = healthcode_str("code");

    header = guard_text(0, "code=a; b=1; code=; code; code=***; c=2");

    assert_int_equal(healthcode_cookie_left(header, name, NULL, NULL, NULL),
                     14);
    assert_int_equal(healthcode_cookie_left(header, name, NULL, NULL, room),
                     14);
    test_str_equal(healthcode_str_from(room, 14), "b=1; code; c=2");

    (void) state;
}


static void
test_masks_values_alone(void **state)
{
    static const struct {
        const char  *header, *masked;
        size_t       n;
    } rows[] = {
        { "", "", 0 },
        { "code=foreign", "code=foreign", 0 },
        { "code=Abc; b=Abc; code=D ;", "code=***; b=Abc; code=* ;", 4 },
        { "xcode=Abc;code=A=b", "xcode=Abc;code=***", 3 },
    };
    size_t            calls = 0;
    healthcode_str_t  header;

    for (size_t i = 0; i < test_count(rows); i++) {
        header = guard_text(0, rows[i].header);
        test_row(healthcode_cookie_mask((uint8_t *) header.data, header.len,
                                        healthcode_str("code"), is_capital,
                                        &calls)
                 == rows[i].n, i, rows[i].header);
        test_str_equal(header, rows[i].masked);
    }

    (void) state;
}


/* The CPU time in us that taking a header of n bytes apart takes. */
static double
cost(healthcode_str_t header)
{
    double                best = 1e9, us;
    clock_t               start;
    healthcode_str_t      code;
    healthcode_source_t   source = { healthcode_str("h"), NULL, false };

    for (size_t i = 0; i < 5; i++) {
        start = clock();
        (void) healthcode_cookie_find(header, &source, &code);
        (void) healthcode_cookie_left(header, source.name, NULL, NULL, NULL);
        us = (double) (clock() - start) * 1e6 / CLOCKS_PER_SEC;
        best = (us < best) ? us : best;
    }

    return best;
}


static void
test_costs_what_its_length_costs(void **state)
{
    static const char  *const pieces[] = { ";", "=", "h=;", "h=*;", "a;", " " };
    static char               text[512 * 1024];

    test_is_linear(pieces, test_count(pieces), "", text, sizeof(text), cost);

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_takes_cookies_apart),
        cmocka_unit_test(test_finds_the_first_that_carries_a_code),
        cmocka_unit_test(test_takes_the_pattern_into_account),
        cmocka_unit_test(test_leaves_the_other_cookies_as_they_were),
        cmocka_unit_test(test_leaves_out_each_of_the_name),
        cmocka_unit_test(test_masks_values_alone),
        cmocka_unit_test(test_costs_what_its_length_costs),
    };

    return cmocka_run_group_tests_name("cookie", tests, NULL, NULL);
}
