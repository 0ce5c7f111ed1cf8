/*
 * Tests of healthcode_path.c: what a log may show of paths of every shape.
 * Knows no request.  docs/request-path.md, "Source".
 */

#include "test.h"

#include "../../ngx_http_healthcode_module/core/healthcode_path.h"


#define PATTERN  "^/enter/([^/]+)"


static healthcode_source_t  sources[2];


static int
set_up(void **state)
{
    char  error[256];

    sources[0].pattern = healthcode_pattern_create(healthcode_str(PATTERN),
                                                   error, sizeof(error));
    sources[1].pattern = healthcode_pattern_create(
                             healthcode_str("^/door/\\d+/(.+)$"), error,
                             sizeof(error));
    (void) state;

    return sources[0].pattern && sources[1].pattern ? 0 : -1;
}


static int
tear_down(void **state)
{
    for (size_t i = 0; i < test_count(sources); i++) {
        healthcode_pattern_free((healthcode_pattern_t *) (uintptr_t)
                                sources[i].pattern);
    }

    (void) state;

    return 0;
}


static healthcode_path_e
mask(const char *target, const char *path, healthcode_str_t *shown)
{
    healthcode_str_t  text = guard_text(0, target), known = { NULL, 0 };

    *shown = guard_text(1, target);

    if (path != NULL) {
        known = guard_text(3, path);
    }

    return healthcode_path_mask(sources, test_count(sources), known, text,
                                guard_room(2, text.len),
                                (uint8_t *) (uintptr_t) shown->data);
}


static void
test_masks_what_came(void **state)
{
    static const struct {
        const char         *target, *shown;
        healthcode_path_e   result;
    } rows[] = {
        { "", "", HEALTHCODE_PATH_NOTHING },
        { "*", "*", HEALTHCODE_PATH_NOTHING },
        { "/", "/", HEALTHCODE_PATH_NOTHING },
        { "?", "?", HEALTHCODE_PATH_NOTHING },
        { "/enter/", "/enter/", HEALTHCODE_PATH_NOTHING },
        { "/enter/*", "/enter/*", HEALTHCODE_PATH_NOTHING },
        { "/enter/%2a", "/enter/%2a", HEALTHCODE_PATH_NOTHING },
        { "/enter/x", "/enter/*", HEALTHCODE_PATH_CODE },
        { "/enter/abc/d", "/enter/***/d", HEALTHCODE_PATH_CODE },
        { "/enter/abc?d=abc", "/enter/***?d=abc", HEALTHCODE_PATH_CODE },
        { "/enter/abc#abc", "/enter/***#abc", HEALTHCODE_PATH_CODE },
        { "/%65nter/%61bc", "/%65nter/*****", HEALTHCODE_PATH_CODE },
        { "/enter/a%zz", "/enter/****", HEALTHCODE_PATH_CODE },
        { "/enter/a%", "/enter/**", HEALTHCODE_PATH_CODE },
        { "/enter/a%2fb", "/enter/*%2fb", HEALTHCODE_PATH_CODE },
        { "/door/7/x.y", "/door/7/***", HEALTHCODE_PATH_CODE },
        { "//enter/abc", "//enter/abc", HEALTHCODE_PATH_NOTHING },
        { "http://h/enter/abc", "http://h/enter/***", HEALTHCODE_PATH_CODE },
        { "http://enter/abc", "http://enter/abc", HEALTHCODE_PATH_NOTHING },
        { "http:/", "http:/", HEALTHCODE_PATH_NOTHING },
        { "http://", "http://", HEALTHCODE_PATH_NOTHING },
        { "http://h", "http://h", HEALTHCODE_PATH_NOTHING },
        { "http://h?/enter/x", "http://h?/enter/x", HEALTHCODE_PATH_NOTHING },
    };
    healthcode_str_t  shown;

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(mask(rows[i].target, NULL, &shown) == rows[i].result, i,
                 rows[i].target);
        test_str_equal(shown, rows[i].shown);
    }

    (void) state;
}


/* What nginx has made of the path has a code that did not come as such. */
static void
test_masks_all_if_it_cannot_tell(void **state)
{
    static const struct {
        const char         *target, *path, *shown;
        healthcode_path_e   result;
    } rows[] = {
        { "/enter/abc", "/enter/abc", "/enter/***", HEALTHCODE_PATH_CODE },
        { "/enter/abc", "/else", "/enter/***", HEALTHCODE_PATH_CODE },
        { "/else", "/else", "/else", HEALTHCODE_PATH_NOTHING },
        { "//enter/abc?x", "/enter/abc", "/**********?x",
          HEALTHCODE_PATH_WHOLE },
        { "/a/../enter/abc", "/enter/abc", "/**************",
          HEALTHCODE_PATH_WHOLE },
        { "/enter/a/../abc", "/enter/abc", "/**************",
          HEALTHCODE_PATH_WHOLE },
        { "/x/abc", "/enter/abc", "/*****", HEALTHCODE_PATH_WHOLE },
        { "http://h//enter/abc", "/enter/abc", "http://h/**********",
          HEALTHCODE_PATH_WHOLE },
        { "/", "/enter/abc", "/", HEALTHCODE_PATH_WHOLE },
    };
    healthcode_str_t  shown;

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(mask(rows[i].target, rows[i].path, &shown) == rows[i].result,
                 i, rows[i].target);
        test_str_equal(shown, rows[i].shown);
    }

    (void) state;
}


static void
test_hides_in_a_decoded_path(void **state)
{
    static const struct {
        const char         *path, *shown;
        healthcode_path_e   result;
    } rows[] = {
        { "/", "/", HEALTHCODE_PATH_NOTHING },
        { "/enter/%61", "/enter/***", HEALTHCODE_PATH_CODE },
        { "/enter/a?b", "/enter/***", HEALTHCODE_PATH_CODE },
        { "/enter/***", "/enter/***", HEALTHCODE_PATH_NOTHING },
    };
    healthcode_str_t  path, shown;

    for (size_t i = 0; i < test_count(rows); i++) {
        path = guard_text(0, rows[i].path);
        shown = guard_text(1, rows[i].path);
        test_row(healthcode_path_hide(sources, test_count(sources), path,
                                      (uint8_t *) (uintptr_t) shown.data)
                 == rows[i].result, i, rows[i].path);
        test_str_equal(shown, rows[i].shown);
    }

    (void) state;
}


static void
test_masks_what_a_pattern_gives_up_on(void **state)
{
    char                  error[256], text[4000];
    healthcode_str_t      path, shown;
    healthcode_source_t   slow = { { NULL, 0 }, NULL, false };

    slow.pattern = healthcode_pattern_create(healthcode_str("^/((?:a+)+)!$"),
                                             error, sizeof(error));
    assert_non_null(slow.pattern);

    memset(text, 'a', sizeof(text));
    text[0] = '/';
    memcpy(text + sizeof(text) - 2, "!b", 2);

    path = guard(0, text, sizeof(text));
    shown = guard(1, text, sizeof(text));
    assert_int_equal(healthcode_path_hide(&slow, 1, path, (uint8_t *)
                                          (uintptr_t) shown.data),
                     HEALTHCODE_PATH_WHOLE);
    assert_null(memchr(shown.data, 'a', shown.len));

    shown = guard(1, text, sizeof(text));
    assert_int_equal(healthcode_path_mask(&slow, 1,
                                          healthcode_str_from(NULL, 0), path,
                                          guard_room(2, path.len), (uint8_t *)
                                          (uintptr_t) shown.data),
                     HEALTHCODE_PATH_WHOLE);
    assert_null(memchr(shown.data, 'b', shown.len));

    healthcode_pattern_free((healthcode_pattern_t *) (uintptr_t) slow.pattern);
    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_masks_what_came),
        cmocka_unit_test(test_masks_all_if_it_cannot_tell),
        cmocka_unit_test(test_hides_in_a_decoded_path),
        cmocka_unit_test(test_masks_what_a_pattern_gives_up_on),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
