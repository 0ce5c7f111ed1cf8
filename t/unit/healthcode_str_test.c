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


static void
test_begins_with_all_of_a_text(void **state)
{
    static const struct {
        const char  *text, *with;
        bool         begins;
    } rows[] = {
        { "", "", true }, { "a", "", true }, { "", "a", false },
        { "NOPERM", "NOPERM", true }, { "NOPERM x", "NOPERM", true },
        { "NOPER", "NOPERM", false }, { "noperm", "NOPERM", false },
        { " NOPERM", "NOPERM", false }, { "NOPERX", "NOPERM", false },
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(healthcode_str_begins(guard_text(0, rows[i].text),
                                       rows[i].with) == rows[i].begins, i,
                 rows[i].text);
    }

    assert_true(healthcode_str_begins((healthcode_str_t) { NULL, 0 }, ""));
    assert_false(healthcode_str_begins((healthcode_str_t) { NULL, 0 }, "a"));
    (void) state;
}


static void
test_trims_one_newline(void **state)
{
    static const struct {
        const char  *file;
        size_t       len;
    } rows[] = {
        { "", 0 }, { "\n", 0 }, { "\n\n", 1 }, { "a\n", 1 }, { "a\n\n", 2 },
        { "a\r\n", 2 }, { "a", 1 }, { "\na", 2 }, { "a ", 2 },
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(healthcode_str_chomp(guard_text(0, rows[i].file)).len
                 == rows[i].len, i, rows[i].file);
    }

    assert_int_equal(healthcode_str_chomp((healthcode_str_t) {
                                                NULL, 0 }).len, 0);
    (void) state;
}


static void
test_trims_blanks_at_both_ends(void **state)
{
    static const struct {
        const char  *text, *left;
    } rows[] = {
        { "", "" }, { " ", "" }, { " \t \t", "" }, { "a", "a" },
        { " a", "a" }, { "a\t", "a" }, { "\t a \t b \t", "a \t b" },
        { "\na\r", "\na\r" },
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(healthcode_str_equal(
                     healthcode_str_trim(guard_text(0, rows[i].text)),
                     healthcode_str_from(rows[i].left, strlen(rows[i].left))),
                 i, rows[i].text);
    }

    assert_int_equal(healthcode_str_trim((healthcode_str_t) {
                                               NULL, 0 }).len, 0);
    (void) state;
}


static void
test_puts_bytes_or_counts_them(void **state)
{
    uint8_t  out[4] = { '1', '2', '3', '4' };

    assert_int_equal(healthcode_str_put(healthcode_str("ab"), out, 1), 3);
    assert_memory_equal(out, "1ab4", 4);
    assert_int_equal(healthcode_str_put(healthcode_str("ab"), NULL, 7), 9);
    assert_int_equal(healthcode_str_put((healthcode_str_t) { NULL, 0 }, out,
                                        4), 4);
    assert_memory_equal(out, "1ab4", 4);
    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_compares_bytes),
        cmocka_unit_test(test_compares_what_is_absent),
        cmocka_unit_test(test_begins_with_all_of_a_text),
        cmocka_unit_test(test_trims_one_newline),
        cmocka_unit_test(test_trims_blanks_at_both_ends),
        cmocka_unit_test(test_puts_bytes_or_counts_them),
    };

    return cmocka_run_group_tests_name("str", tests, NULL, NULL);
}
