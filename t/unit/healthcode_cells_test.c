/*
 * Tests of healthcode_cells.h: counters that have one place, and those that
 * differ in one thing; then that each is remembered.
 * docs/monitoring/metrics.md, "How they are kept".
 */

#include "test.h"

#include <stdlib.h>

#include "../../ngx_http_healthcode_module/core/healthcode_cells.h"


#define GATES    300
#define ISSUERS  40
#define NUMBERS  12


static healthcode_cells_t  cells;
static char                gates[GATES][48], issuers[ISSUERS][32];
static uint64_t            words[GATES][ISSUERS + 1][NUMBERS];


/* As a caller does; whether it was remembered. */
static bool
count(unsigned gate, unsigned issuer, unsigned number)
{
    bool       is_new;
    uint64_t **word;

    word = healthcode_cells_find(&cells, gates[gate],
                                 issuer ? issuers[issuer - 1] : NULL, number,
                                 &is_new);

    if (is_new) {
        assert_null(*word);
        *word = &words[gate][issuer][number];
    }

    ++**word;

    return !is_new;
}


/* Whatever shares a place: each is counted in its own word. */
static void
test_takes_no_word_for_another(void **state)
{
    uint64_t         seed = 1;
    static uint64_t  expected[GATES][ISSUERS + 1][NUMBERS];

    memset(&cells, 0, sizeof(cells));
    memset(words, 0, sizeof(words));
    memset(expected, 0, sizeof(expected));

    for (unsigned i = 0; i < 200000; i++) {
        unsigned  gate, issuer, number;

        seed = seed * UINT64_C(6364136223846793005) + 1;
        gate = (unsigned) (seed >> 33) % GATES;
        issuer = (unsigned) (seed >> 40) % (ISSUERS + 1);
        number = (unsigned) (seed >> 50) % NUMBERS;

        (void) count(gate, issuer, number);
        expected[gate][issuer][number]++;
    }

    assert_memory_equal(words, expected, sizeof(words));

    (void) state;
}


static void
test_tells_apart_what_differs_in_one_thing(void **state)
{
    static const unsigned  rows[][3] = {
        { 1, 1, 1 }, { 2, 1, 1 }, { 1, 2, 1 }, { 1, 1, 2 }, { 1, 0, 1 },
    };

    memset(&cells, 0, sizeof(cells));

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(!count(rows[i][0], rows[i][1], rows[i][2]), i, "is new");
    }

    (void) state;
}


/*
 * A site of ten gates and three issuers has room for nearly all, nearly
 * wherever a program's memory lies: what is named is not read, so any place
 * will do.
 */
static void
test_remembers(void **state)
{
    bool             is_new;
    unsigned         known = 0;
    uint64_t         seed = 1;
    static uint64_t  word;

    memset(&cells, 0, sizeof(cells));

    /* nothing is at number 0 of NULL before it was asked for */
    assert_false(count(0, 0, 0));
    assert_true(count(0, 0, 0));

    for (unsigned place = 0; place < 1000; place++) {
        uintptr_t  gate, issuer;

        memset(&cells, 0, sizeof(cells));

        seed = seed * UINT64_C(6364136223846793005) + 1;
        gate = (uint32_t) (seed >> 33) / 8 * 8;
        seed = seed * UINT64_C(6364136223846793005) + 1;
        issuer = (uint32_t) (seed >> 33) / 8 * 8;

        for (unsigned i = 0; i < 60; i++) {
            *healthcode_cells_find(&cells, (void *) (gate + i % 10 * 48),
                                   (void *) (issuer + i / 10 % 3 * 32), 1,
                                   &is_new) = &word;
            known += !is_new;
        }
    }

    /* places by chance alone would be 26.8 of 30 */
    assert_in_range(known, 29 * 1000, 30 * 1000);

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_takes_no_word_for_another),
        cmocka_unit_test(test_tells_apart_what_differs_in_one_thing),
        cmocka_unit_test(test_remembers),
    };

    return cmocka_run_group_tests_name("cells", tests, NULL, NULL);
}
