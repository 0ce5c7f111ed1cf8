/*
 * Tests of healthcode_spelling.c: words that are too long or too far, then
 * distances that were counted by hand.  docs/directives.md.
 */

#include "test.h"

#include "../../ngx_http_healthcode_module/core/healthcode_spelling.h"


static size_t
distance(const char *a, const char *b)
{
    return healthcode_spelling_distance(guard_text(0, a), guard_text(1, b));
}


static void
test_compares_no_word_that_is_too_long(void **state)
{
    char  text[HEALTHCODE_SPELLING_MAX + 2];

    memset(text, 'x', sizeof(text));
    text[HEALTHCODE_SPELLING_MAX + 1] = '\0';
    assert_true(distance(text, "x") == SIZE_MAX);
    assert_true(distance("x", text) == SIZE_MAX);
    assert_true(distance(text, text) == SIZE_MAX);

    text[HEALTHCODE_SPELLING_MAX] = '\0';
    assert_int_equal(distance(text, text), 0);
    assert_int_equal(distance(text, ""), HEALTHCODE_SPELLING_MAX);
    assert_int_equal(distance("", text), HEALTHCODE_SPELLING_MAX);

    (void) state;
}


static void
test_counts_what_differs(void **state)
{
    static const struct {
        const char  *a, *b;
        size_t       distance;
    } rows[] = {
        { "", "", 0 }, { "a", "", 1 }, { "", "abc", 3 },
        { "national", "national", 0 }, { "National", "nATIONAL", 0 },
        { "natonal", "national", 1 }, { "nationnal", "national", 1 },
        { "nationel", "national", 1 }, { "natoinal", "national", 1 },
        { "antional", "national", 1 }, { "nationla", "national", 1 },
        { "ab", "ba", 1 }, { "abc", "cab", 2 }, { "abcd", "badc", 2 },
        { "kitten", "sitting", 3 }, { "flags", "stores", 5 },
        { "gate-1", "gate-2", 1 }, { "gate", "gates", 1 },
        { "\xe5\x8c\x97", "\xe5\x8d\x97", 1 }, { "a", "\x01", 1 },
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(distance(rows[i].a, rows[i].b) == rows[i].distance, i,
                 rows[i].a);
        test_row(distance(rows[i].b, rows[i].a) == rows[i].distance, i,
                 rows[i].b);
    }

    (void) state;
}


static void
test_takes_the_nearest_that_is_near(void **state)
{
    static const struct {
        const char  *word, *names[4];
        int          nearest;         /* -1: none */
    } rows[] = {
        { "x", { "a", "b", "xy" }, -1 },
        { "xx", { "yy", "xy" }, 1 },
        { "city", { "site" }, -1 },
        { "citees", { "cities", "citing" }, 0 },
        { "", { "a" }, -1 },
        { "natonal", { "province", "national", "nation" }, 1 },
        { "flag", { "flags", "flat" }, 0 },
        { "flaz", { "second", "flat", "flaz2" }, 1 },
        { "province", { "national", "site" }, -1 },
        { "prvince2", { "province2", "province" }, 0 },
        { "mars", { "gate" }, -1 },
        { "gaet", { "gate", "mars" }, 0 },
    };
    int     nearest;
    size_t  best;

    for (size_t i = 0; i < test_count(rows); i++) {

        nearest = -1;
        best = SIZE_MAX;

        for (int n = 0; n < 4 && rows[i].names[n]; n++) {
            if (healthcode_spelling_is_nearer(guard_text(0, rows[i].word),
                                              guard_text(1, rows[i].names[n]),
                                              &best))
            {
                nearest = n;
            }
        }

        test_row(nearest == rows[i].nearest, i, rows[i].word);
    }

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_compares_no_word_that_is_too_long),
        cmocka_unit_test(test_counts_what_differs),
        cmocka_unit_test(test_takes_the_nearest_that_is_near),
    };

    return cmocka_run_group_tests_name("spelling", tests, NULL, NULL);
}
