/*
 * Tests of healthcode_inside.h: a word that nobody has written, numbers and
 * times at their ends; then that all that is written is read.
 * docs/monitoring/metrics.md, "Halls".
 */

#include "test.h"

#include "../../ngx_http_healthcode_module/core/healthcode_inside.h"


static void
test_says_nothing_of_a_word_that_nobody_wrote(void **state)
{
    healthcode_inside_t  inside = { 7, 8 };

    assert_false(healthcode_inside_read(0, &inside));
    assert_int_equal(inside.people, 7);
    assert_int_equal(inside.time, 8);

    (void) state;
}


static void
test_reads_what_it_has_written(void **state)
{
    static const struct {
        const char  *name;
        uint32_t     people;
        uint64_t     time, read;
    } rows[] = {
        { "an empty hall", 0, 1795470000, 1795470000 },
        { "one", 1, 1795470000, 1795470000 },
        { "as many as there are", UINT32_MAX, 1795470000, 1795470000 },
        { "an empty hall without a time", 0, 0, 1 },
        { "the last second", 12, UINT32_MAX, UINT32_MAX },
        { "one later", 12, (uint64_t) UINT32_MAX + 1, UINT32_MAX },
        { "a clock that is mad", 0, UINT64_MAX, UINT32_MAX },
    };
    uint64_t             word;
    healthcode_inside_t  inside, read;

    for (size_t i = 0; i < test_count(rows); i++) {
        inside.people = rows[i].people;
        inside.time = rows[i].time;

        word = healthcode_inside_word(&inside);
        test_row(word != 0, i, rows[i].name);
        test_row(healthcode_inside_read(word, &read)
                 && read.people == rows[i].people
                 && read.time == rows[i].read, i, rows[i].name);
    }

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_says_nothing_of_a_word_that_nobody_wrote),
        cmocka_unit_test(test_reads_what_it_has_written),
    };

    return cmocka_run_group_tests_name("inside", tests, NULL, NULL);
}
