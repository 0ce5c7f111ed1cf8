/*
 * Tests of healthcode_cut.c: what is left of a text without some pieces.
 * Knows no request.  docs/request-path.md, "Bodies".
 */

#include "test.h"

#include "../../ngx_http_healthcode_module/core/healthcode_cut.h"


#define CUTS  4


static void
test_leaves_the_rest(void **state)
{
    static const struct {
        const char  *text, *left;
        size_t       n, cuts[CUTS][2];    /* in any order */
    } rows[] = {
        { "", "", 0, { { 0, 0 } } },
        { "", "", 1, { { 0, 0 } } },
        { "abc", "abc", 0, { { 0, 0 } } },
        { "abc", "abc", 1, { { 1, 1 } } },
        { "abc", "", 1, { { 0, 3 } } },
        { "abc", "c", 1, { { 0, 2 } } },
        { "abc", "a", 1, { { 1, 3 } } },
        { "abcdef", "ace", 3, { { 5, 6 }, { 1, 2 }, { 3, 4 } } },
        { "abcdef", "af", 2, { { 3, 5 }, { 1, 3 } } },
        { "abcdef", "af", 2, { { 1, 5 }, { 1, 5 } } },
        { "abcdef", "af", 2, { { 2, 5 }, { 1, 3 } } },
        { "abcdef", "af", 2, { { 1, 5 }, { 2, 3 } } },
        { "abcdef", "af", 3, { { 4, 5 }, { 1, 5 }, { 2, 3 } } },
        { "abcdef", "af", 3, { { 1, 2 }, { 1, 5 }, { 1, 1 } } },
    };
    size_t             len;
    uint8_t           *room;
    healthcode_cut_t   cuts[CUTS], cut = { .found = HEALTHCODE_PATTERN_MATCH };
    healthcode_str_t   text;

    for (size_t i = 0; i < test_count(rows); i++) {

        for (size_t k = 0; k < rows[i].n; k++) {
            cut.start = rows[i].cuts[k][0];
            cut.end = rows[i].cuts[k][1];
            healthcode_cut_insert(cuts, k, &cut);
        }

        for (size_t k = 1; k < rows[i].n; k++) {
            assert_true(cuts[k - 1].start <= cuts[k].start);
        }

        text = guard_text(0, rows[i].text);
        len = healthcode_cut_left(text, cuts, rows[i].n, NULL);
        assert_true(len <= text.len);

        room = guard_room(1, len);
        assert_int_equal(healthcode_cut_left(text, cuts, rows[i].n, room), len);
        test_row(healthcode_str_equal(healthcode_str_from(room, len),
                     healthcode_str_from(rows[i].left, strlen(rows[i].left))),
                 i, rows[i].text);
    }

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_leaves_the_rest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
