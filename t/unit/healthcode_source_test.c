/*
 * Tests of healthcode_source.c: what a value has to be to carry a code, and
 * what it may cost.  Knows no place where values stand.
 * docs/request-path.md, "Source".
 */

#include "test.h"

#include "../../ngx_http_healthcode_module/core/healthcode_source.h"


#define NO     HEALTHCODE_PATTERN_NO_MATCH
#define MATCH  HEALTHCODE_PATTERN_MATCH
#define ERROR  HEALTHCODE_PATTERN_ERROR


static healthcode_pattern_t *
make(const char *expression)
{
    char                   error[256];
    healthcode_pattern_t  *pattern;

    pattern = healthcode_pattern_create(guard_text(0, expression), error,
                                        sizeof(error));
    assert_non_null(pattern);

    return pattern;
}


static void
check(const healthcode_source_t *source, healthcode_str_t value,
    const char *code, size_t row)
{
    healthcode_str_t      found = healthcode_str("before");
    healthcode_pattern_e  result;

    result = healthcode_source_match(source, value, &found);

    if (code != NULL) {
        test_row(result == MATCH, row, code);
        test_row(found.data >= value.data
                 && found.data + found.len <= value.data + value.len, row,
                 code);
        test_str_equal(found, code);

    } else {
        test_row(result == NO, row, "carries none");
        test_str_equal(found, "before");
    }
}


static void
test_takes_the_whole_value(void **state)
{
    static const struct {
        const char  *value, *code;   /* NULL: it carries none */
    } rows[] = {
        { "", NULL },
        { "*", NULL },
        { "****************", NULL },
        { "***a", "***a" },
        { "a***", "a***" },
        { " ", " " },
        { " **", " **" },
        { "a.b.c", "a.b.c" },
    };
    healthcode_source_t  source = { healthcode_str("code"), NULL, false };

    for (size_t i = 0; i < test_count(rows); i++) {
        check(&source, guard_text(1, rows[i].value), rows[i].code, i);
    }

    check(&source, healthcode_str_from(NULL, 0), NULL, 0);

    (void) state;
}


static void
test_takes_what_follows_the_scheme(void **state)
{
    static const struct {
        const char  *value, *code;
    } rows[] = {
        { "", NULL },
        { "Bearer", NULL },
        { "Bearer ", NULL },
        { "Bearer  ", NULL },
        { "Bearer        ", NULL },
        { "Bearera", NULL },
        { "Bearer\ta", NULL },
        { "Bearer a b", NULL },
        { "Bearer a\tb", NULL },
        { "Bearer a\t", NULL },
        { "xBearer a", NULL },
        { " Bearer a", NULL },
        { "Basic abcdef", NULL },
        { "Digest abcdef", NULL },
        { "Bearer *", NULL },
        { "Bearer  **** ", NULL },
        { "Bearer a", "a" },
        { "bearer a", "a" },
        { "bEARER   a.b.c   ", "a.b.c" },
        { "BEARER *a", "*a" },
        { "DPoP a", NULL },
        { "Bearer DPoP a", NULL },
    };
    static const struct {
        const char  *value, *code;
    } proved[] = {
        { "DPoP a", "a" },
        { "dpop a", "a" },
        { "DPOP   a.b.c   ", "a.b.c" },
        { "Bearer a", "a" },
        { "DPoP", NULL },
        { "DPoP ", NULL },
        { "DPoP\ta", NULL },
        { "DPoP a b", NULL },
        { "DPoP **", NULL },
        { "DPoPa", NULL },
        { " DPoP a", NULL },
        { "Basic a", NULL },
        { "DPoP Bearer a", NULL },
    };
    healthcode_source_t    source = { healthcode_str("x"), NULL, 1 };
    healthcode_source_t    dpop = { healthcode_str("x"), NULL, 2 };
    healthcode_source_t    same = { healthcode_str("x"), NULL, false };
    healthcode_pattern_t  *pattern;

    pattern = make("(?i)^bearer +(\\S+) *$");
    same.pattern = pattern;

    for (size_t i = 0; i < test_count(rows); i++) {
        check(&source, guard_text(1, rows[i].value), rows[i].code, i);
        check(&same, guard_text(1, rows[i].value), rows[i].code, i);
    }

    for (size_t i = 0; i < test_count(proved); i++) {
        check(&dpop, guard_text(1, proved[i].value), proved[i].code, i);
    }

    healthcode_pattern_free(pattern);
    (void) state;
}


static void
test_takes_the_group_of_a_pattern(void **state)
{
    static const struct {
        const char  *expression, *value, *code;
    } rows[] = {
        { "^v1:(.*)$", "", NULL },
        { "^v1:(.*)$", "v1:", NULL },
        { "^v1:(.*)$", "v1", NULL },
        { "^v1:(.*)$", "v1:***", NULL },
        { "^v1:(.*)$", "******", NULL },
        { "^v1:(.*)$", "v2:a", NULL },
        { "^v1:(.*)$", "v1:a", "a" },
        { "^v1:(.*)$", "v1:*a*", "*a*" },
        { "^(a)?b$", "b", NULL },
        { "^()$", "", NULL },
    };
    healthcode_source_t    source = { healthcode_str("x"), NULL, false };
    healthcode_pattern_t  *pattern;

    for (size_t i = 0; i < test_count(rows); i++) {
        pattern = make(rows[i].expression);
        source.pattern = pattern;
        check(&source, guard_text(1, rows[i].value), rows[i].code, i);
        healthcode_pattern_free(pattern);
    }

    (void) state;
}


/* Neither a long value nor a pattern that gives up is "no code". */
static void
test_gives_up_loudly(void **state)
{
    static char            text[HEALTHCODE_SOURCE_VALUE_MAX + 1];
    healthcode_str_t       code = healthcode_str("before");
    healthcode_source_t    source = { healthcode_str("x"), NULL, false };
    healthcode_pattern_t  *pattern;

    memset(text, 'a', sizeof(text));

    pattern = make("^v1:(.*)$");
    source.pattern = pattern;
    assert_int_equal(healthcode_source_match(&source,
                         guard(1, text, sizeof(text) - 1), &code), NO);
    assert_int_equal(healthcode_source_match(&source,
                         guard(1, text, sizeof(text)), &code), ERROR);
    healthcode_pattern_free(pattern);

    pattern = make("^((?:a+)+)!$");
    source.pattern = pattern;
    text[4000] = '!';
    assert_int_equal(healthcode_source_match(&source, guard(1, text, 4002),
                                             &code), ERROR);
    assert_int_equal(healthcode_source_match(&source, guard(1, text, 4001),
                                             &code), MATCH);
    healthcode_pattern_free(pattern);

    /* what no pattern has to look at may be as long as a request */
    source.pattern = NULL;
    code = healthcode_str("before");
    assert_int_equal(healthcode_source_match(&source,
                         guard(1, text, sizeof(text)), &code), MATCH);
    assert_int_equal(code.len, sizeof(text));

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_takes_the_whole_value),
        cmocka_unit_test(test_takes_what_follows_the_scheme),
        cmocka_unit_test(test_takes_the_group_of_a_pattern),
        cmocka_unit_test(test_gives_up_loudly),
    };

    return cmocka_run_group_tests_name("source", tests, NULL, NULL);
}
