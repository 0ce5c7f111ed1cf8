/*
 * Tests of healthcode_pattern.c: expressions that are refused, subjects that
 * run into the limits, and where the group lies.  Knows no source.
 * docs/request-path.md, "Source".
 */

#include "test.h"

#include "../../ngx_http_healthcode_module/core/healthcode_pattern.h"


#define BEARER  "(?i)^bearer +(\\S+) *$"


static void
test_refuses_expressions(void **state)
{
    static const struct {
        const char  *expression, *error;
    } rows[] = {
        { "", "it has no group; write the part that is the code in "
              "parentheses, such as \"^Bearer (\\S+)$\"" },
        { "^Bearer \\S+$", "it has no group" },
        { "(?:a)", "it has no group" },
        { "(", "missing closing parenthesis at offset 1" },
        { "(a", "missing closing parenthesis at offset 2" },
        /* 3 and, three lines below, 0; one more each since PCRE2 10.49 */
        { "(a))", "unmatched closing parenthesis at offset " },
        { "([a", "missing terminating ] for character class at offset 3" },
        { "(a)\\", "\\ at end of pattern at offset 4" },
        { "*(a)", "quantifier does not follow a repeatable item at offset " },
        { "(?<n", " at offset " },
        { "(a){2,1}", "numbers out of order in {} quantifier at offset " },
    };
    char  *error;

    for (size_t i = 0; i < test_count(rows); i++) {
        error = (char *) guard_room(1, 256);
        test_row(healthcode_pattern_create(guard_text(0, rows[i].expression),
                                           error, 256) == NULL, i,
                 rows[i].expression);
        test_row(strstr(error, rows[i].error) != NULL, i, error);
    }

    healthcode_pattern_free(NULL);

    (void) state;
}


static void
test_writes_no_error_past_its_room(void **state)
{
    char  *error;

    for (size_t size = 1; size < 80; size++) {
        error = (char *) guard_room(1, size);
        assert_null(healthcode_pattern_create(guard_text(0, "(a"), error,
                                              size));
        assert_true(memchr(error, '\0', size) != NULL);

        error = (char *) guard_room(1, size);
        assert_null(healthcode_pattern_create(guard_text(0, "a"), error,
                                              size));
        assert_true(memchr(error, '\0', size) != NULL);
    }

    (void) state;
}


static void
test_finds_the_first_group(void **state)
{
    static const struct {
        const char  *expression, *text;
        const char  *group;              /* NULL: no match */
    } rows[] = {
        { BEARER, "", NULL },
        { BEARER, "Bearer", NULL },
        { BEARER, "Bearer ", NULL },
        { BEARER, "Bearer a b", NULL },
        { BEARER, "xBearer a", NULL },
        { BEARER, "Basic a", NULL },
        { BEARER, "Bearera", NULL },
        { BEARER, "Bearer\ta", NULL },
        { BEARER, "Bearer a", "a" },
        { BEARER, "bEARER   a.b.c   ", "a.b.c" },
        { "^Bearer (\\S+)$", "bearer a", NULL },
        { "^(a)|b$", "b", "" },          /* the group took no part */
        { "^(a)?b$", "b", "" },
        { "^()x", "x", "" },
        { "(a)(b)", "ab", "a" },
        { "(b)", "abc", "b" },
        { "(?=(a.c))", "xabcx", "abc" },
        { "a(?<n>b)c", "abc", "b" },
        { "(?|(a)|(b))", "b", "b" },
        { "(a)\\Kb", "ab", "a" },
        { "(?=ab\\K)(a)", "ab", NULL },  /* \K is no way out of the text */
    };
    char                   error[256];
    healthcode_str_t       group, text;
    healthcode_pattern_t  *pattern;
    healthcode_pattern_e   result;

    for (size_t i = 0; i < test_count(rows); i++) {
        pattern = healthcode_pattern_create(guard_text(0, rows[i].expression),
                                            error, sizeof(error));
        if (pattern == NULL) {           /* refused by newer libraries */
            continue;
        }

        text = guard_text(1, rows[i].text);
        group = healthcode_str("before");
        result = healthcode_pattern_match(pattern, text, &group);

        if (result != HEALTHCODE_PATTERN_MATCH) {
            test_row(rows[i].group == NULL, i, rows[i].expression);
            test_row(result == HEALTHCODE_PATTERN_NO_MATCH, i,
                     rows[i].expression);
            test_str_equal(group, "before");

        } else {
            test_row(group.data >= text.data
                     && group.data + group.len <= text.data + text.len, i,
                     rows[i].expression);

            if (rows[i].group) {
                test_str_equal(group, rows[i].group);
            }
        }

        healthcode_pattern_free(pattern);
    }

    (void) state;
}


static void
test_takes_any_byte(void **state)
{
    char                   error[256];
    healthcode_str_t       group;
    healthcode_pattern_t  *pattern;

    pattern = healthcode_pattern_create(healthcode_str("^x(.*)$"), error,
                                        sizeof(error));
    assert_non_null(pattern);
    assert_int_equal(healthcode_pattern_match(pattern,
                                              guard(1, "x\0\xff\xc3y", 5),
                                              &group),
                     HEALTHCODE_PATTERN_MATCH);
    assert_int_equal(group.len, 4);
    assert_int_equal(healthcode_pattern_match(pattern,
                                        (healthcode_str_t) { NULL, 0 }, &group),
                     HEALTHCODE_PATTERN_NO_MATCH);
    healthcode_pattern_free(pattern);

    (void) state;
}


/* Backtracking without end is an error, never a match nor a long wait. */
static void
test_stops_at_its_limits(void **state)
{
    static const char  *const rows[] = {
        "^(a+)+$", "^(a|a)*$", "^((a*)*)*$", "^(a|aa)+$", "^(.*)*(.*)*(.*)*$z",
        "(?:(a+)+)+z", "^(a?){40}b$",
    };
    char                   error[256], text[4001];
    healthcode_str_t       group;
    healthcode_pattern_t  *pattern;

    memset(text, 'a', sizeof(text));
    text[4000] = '!';

    for (size_t i = 0; i < test_count(rows); i++) {
        pattern = healthcode_pattern_create(guard_text(0, rows[i]), error,
                                            sizeof(error));
        assert_non_null(pattern);
        group = healthcode_str("before");
        test_row(healthcode_pattern_match(pattern,
                                          guard(1, text, sizeof(text)), &group)
                 != HEALTHCODE_PATTERN_MATCH, i, rows[i]);
        test_str_equal(group, "before");
        healthcode_pattern_free(pattern);
    }

    pattern = healthcode_pattern_create(healthcode_str("^(a+)+$"), error,
                                        sizeof(error));
    assert_int_equal(healthcode_pattern_match(pattern,
                                              guard(1, text, sizeof(text)),
                                              &group),
                     HEALTHCODE_PATTERN_ERROR);
    assert_int_equal(HEALTHCODE_PATTERN_ERROR, 0);
    healthcode_pattern_free(pattern);

    (void) state;
}


/*
 * Of short texts, of which a request may hold many, fewer steps are allowed:
 * some text that a search sees to its end is too much for a match.
 */
static void
test_allows_steps_by_the_byte(void **state)
{
    char                   error[256], text[64];
    size_t                 n, both = 0;
    healthcode_str_t       group, view;
    healthcode_pattern_t  *pattern;

    pattern = healthcode_pattern_create(healthcode_str("^((?:a+)+)!$"), error,
                                        sizeof(error));
    assert_non_null(pattern);
    memset(text, 'a', sizeof(text));

    for (n = 1; n < 40; n++) {
        memcpy(text + n, "b!", 2);
        view = guard(1, text, n + 2);
        text[n] = text[n + 1] = 'a';

        if (healthcode_pattern_search(pattern, view)
            == HEALTHCODE_PATTERN_NO_MATCH)
        {
            both += healthcode_pattern_match(pattern, view, &group)
                    == HEALTHCODE_PATTERN_ERROR;
        }
    }

    assert_true(both > 0);
    healthcode_pattern_free(pattern);

    (void) state;
}


/* To search needs no group; everything else is as above. */
static void
test_searches_without_a_group(void **state)
{
    static const struct {
        const char            *expression, *text;
        healthcode_pattern_e   result;
    } rows[] = {
        { "", "", HEALTHCODE_PATTERN_MATCH },
        { "b", "abc", HEALTHCODE_PATTERN_MATCH },
        { "^b", "abc", HEALTHCODE_PATTERN_NO_MATCH },
        { "(b)(c)?", "ab", HEALTHCODE_PATTERN_MATCH },
        { "x", "", HEALTHCODE_PATTERN_NO_MATCH },
        { "(*UTF).", "\xff", HEALTHCODE_PATTERN_ERROR },
    };
    char                   error[256], text[4001];
    healthcode_pattern_t  *pattern;

    for (size_t i = 0; i < test_count(rows); i++) {
        pattern = healthcode_pattern_create_search(
                      guard_text(0, rows[i].expression), error, sizeof(error));
        assert_non_null(pattern);
        test_row(healthcode_pattern_search(pattern, guard_text(1, rows[i].text))
                 == rows[i].result, i, rows[i].expression);
        healthcode_pattern_free(pattern);
    }

    assert_null(healthcode_pattern_create_search(healthcode_str("(a"), error,
                                                 sizeof(error)));
    assert_non_null(strstr(error, "at offset 2"));

    memset(text, 'a', sizeof(text));
    text[4000] = '!';
    pattern = healthcode_pattern_create_search(healthcode_str("^(?:a+)+$"),
                                               error, sizeof(error));
    assert_int_equal(healthcode_pattern_search(pattern,
                                               guard(1, text, sizeof(text))),
                     HEALTHCODE_PATTERN_ERROR);
    healthcode_pattern_free(pattern);

    (void) state;
}


/* A legal code in a header of the largest size is not near any limit. */
static void
test_matches_large_values(void **state)
{
    char                   error[256];
    static char            text[65536];
    healthcode_str_t       group;
    healthcode_pattern_t  *pattern;

    pattern = healthcode_pattern_create(healthcode_str(BEARER), error,
                                        sizeof(error));
    memset(text, 'a', sizeof(text));
    memcpy(text, "Bearer ", 7);

    assert_int_equal(healthcode_pattern_match(pattern,
                                              guard(1, text, sizeof(text)),
                                              &group),
                     HEALTHCODE_PATTERN_MATCH);
    assert_int_equal(group.len, sizeof(text) - 7);

    memset(text + 100, ' ', sizeof(text) - 101);
    assert_int_equal(healthcode_pattern_match(pattern,
                                              guard(1, text, sizeof(text)),
                                              &group),
                     HEALTHCODE_PATTERN_NO_MATCH);
    healthcode_pattern_free(pattern);

    (void) state;
}


/* From place to place; "\\K" makes matches of nothing behind a group. */
static void
test_goes_on_behind_a_group(void **state)
{
    static const struct {
        const char  *expression, *text;
        const char  *groups;             /* each with "|" */
    } rows[] = {
        { "(a)", "", "" }, { "(a)", "b", "" }, { "(a)", "abca", "a|a|" },
        { "^(a)", "aa", "a|" }, { "(a)$", "aa", "a|" },
        { "(?<=b)(a)", "aba", "a|" }, { "a(b*)", "abbab", "bb|b|" },
        { "(x*)", "ab", "|||" }, { "(x*)", "xa", "x|||" }, { "()", "", "|" },
        { "(a)\\K", "aa", "a|a|" }, { "(?=(a))", "aa", "a|a|" },
        { "(?=(a))", "ba", "a|a|" },
        { "a(b)?", "aab", "|b|" }, { "(?:^|,)(\\d)", "1,2,x,3", "1|2|3|" },
        /* what a match has behind its group is looked at again */
        { "#([^#]+)#", "#a#b#", "a|b|" }, { "c=(\\d).*", "c=1&c=2", "1|2|" },
        { "c=(\\d)&x", "c=1&x&c=2&x", "1|2|" }, { "(a)b\\K", "abab", "a|a|" },
        { "(?<=(a))b", "abab", "a|a|" },
    };
    char                   error[256], got[64];
    size_t                 from, at, before;
    healthcode_str_t       text, group;
    healthcode_pattern_t  *pattern;

    for (size_t i = 0; i < test_count(rows); i++) {
        pattern = healthcode_pattern_create(
            guard_text(0, rows[i].expression), error, sizeof(error));
        assert_non_null(pattern);

        text = guard_text(1, rows[i].text);
        from = before = at = 0;
        got[0] = '\0';

        while (healthcode_pattern_match_next(pattern, text, &from, &group)
               == HEALTHCODE_PATTERN_MATCH)
        {
            assert_true(from > before);
            before = from;
            at += (size_t) snprintf(got + at, sizeof(got) - at, "%.*s|",
                                    (int) group.len, (const char *) group.data);
        }

        assert_int_equal(from, before);
        test_row(strcmp(got, rows[i].groups) == 0, i, got);
        healthcode_pattern_free(pattern);
    }

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_refuses_expressions),
        cmocka_unit_test(test_writes_no_error_past_its_room),
        cmocka_unit_test(test_finds_the_first_group),
        cmocka_unit_test(test_goes_on_behind_a_group),
        cmocka_unit_test(test_takes_any_byte),
        cmocka_unit_test(test_stops_at_its_limits),
        cmocka_unit_test(test_allows_steps_by_the_byte),
        cmocka_unit_test(test_searches_without_a_group),
        cmocka_unit_test(test_matches_large_values),
    };

    return cmocka_run_group_tests_name("pattern", tests, NULL, NULL);
}
