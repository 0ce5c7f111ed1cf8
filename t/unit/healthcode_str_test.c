/*
 * Tests of healthcode_str.h: comparing views, with and without regard to
 * case.  Knows no other unit.
 * docs/request-path.md, "Tests".
 */

#include "test.h"


static void
test_compares_bytes(void **state)
{
    static const struct {
        const char  *a, *b;
        bool         same, nocase;
    } rows[] = {
        { "", "", true, true },
        { "a", "", false, false },
        { "a", "a", true, true },
        { "a", "A", false, true },
        { "JWT", "jwt", false, true },
        { "[", "{", false, false },          /* 0x20 apart, no letters */
        { "@", "`", false, false },
        { "Z", "z", false, true },
        { "abc", "abd", false, false },
        { "abc", "ab", false, false },
        { "\xc3\x84", "\xc3\xa4", false, false },
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        healthcode_str_t  a = guard_text(0, rows[i].a);
        healthcode_str_t  b = guard_text(1, rows[i].b);

        test_row(healthcode_str_equal(a, b) == rows[i].same, i, rows[i].a);
        test_row(healthcode_str_equal(b, a) == rows[i].same, i, rows[i].a);
        test_row(healthcode_str_equal_nocase(a, b) == rows[i].nocase, i,
                 rows[i].a);
        test_row(healthcode_str_equal_nocase(b, a) == rows[i].nocase, i,
                 rows[i].a);
    }

    (void) state;
}


static void
test_compares_what_is_absent(void **state)
{
    healthcode_str_t  absent = { NULL, 0 };

    assert_true(healthcode_str_equal(absent, absent));
    assert_true(healthcode_str_equal(absent, healthcode_str("")));
    assert_false(healthcode_str_equal(absent, healthcode_str("a")));
    assert_true(healthcode_str_equal_nocase(absent, absent));
    assert_int_equal(healthcode_str("a\0b").len, 3);
    assert_false(healthcode_str_equal(healthcode_str("a\0b"),
                                      healthcode_str("a\0c")));
    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_compares_bytes),
        cmocka_unit_test(test_compares_what_is_absent),
    };

    return cmocka_run_group_tests_name("str", tests, NULL, NULL);
}
