/*
 * Tests of healthcode_lease.c: what must never be fresh, first.
 * Knows no entry.  docs/cache.md.
 */

#include "test.h"

#include "../../ngx_http_healthcode_module/core/healthcode_lease.h"


#define LAST       HEALTHCODE_LEASE_EPOCH_LAST
#define UNTIL_MAX  ((UINT64_C(1) << HEALTHCODE_LEASE_UNTIL_BITS) - 1)


static uint64_t
lease(uint64_t epoch, uint64_t until)
{
    return epoch << HEALTHCODE_LEASE_UNTIL_BITS | until;
}


/* The next after the last would be the first again. */
static void
test_never_believes_the_last_epoch(void **state)
{
    uint64_t  *word = (uint64_t *) guard_room(0, sizeof(uint64_t));

    *word = lease(LAST - 1, 5000);
    healthcode_lease_renounce(word);

    for (int i = 0; i < 3; i++) {
        assert_true(*word == lease(LAST, 0));
        healthcode_lease_extend(word, 1);
        assert_true(*word == lease(LAST, 0));
        healthcode_lease_extend(word, UNTIL_MAX);
        assert_true(*word == lease(LAST, 0));
        healthcode_lease_renounce(word);
    }

    /* whoever got there otherwise */
    *word = lease(LAST, 5000);
    healthcode_lease_extend(word, 6000);
    assert_true(*word == lease(LAST, 5000));
    healthcode_lease_renounce(word);
    assert_true(*word == lease(LAST, 0));

    (void) state;
}


static void
test_extends_by_what_fits_and_is_later(void **state)
{
    static const struct {
        const char  *what;
        uint64_t     epoch, from, until, to;
    } rows[] = {
        { "one too many bits", 7, 5, UNTIL_MAX + 1, 5 },
        { "that bit and others", 7, 5, UNTIL_MAX + 7, 5 },
        { "as much as can be", 7, 5, UINT64_MAX, 5 },
        { "the past", 7, 5, 4, 5 },
        { "the beginning", 7, 5, 0, 5 },
        { "the same", 7, 5, 5, 5 },
        { "the next", 7, 5, 6, 6 },
        { "the most", 7, 5, UNTIL_MAX, UNTIL_MAX },
        { "the first epoch", 0, 0, 1, 1 },
        { "the last epoch but one", LAST - 1, 0, 9, 9 },
    };
    uint64_t  word;

    for (size_t i = 0; i < test_count(rows); i++) {
        word = lease(rows[i].epoch, rows[i].from);
        healthcode_lease_extend(&word, rows[i].until);
        test_row(word == lease(rows[i].epoch, rows[i].to), i, rows[i].what);
    }

    (void) state;
}


static void
test_renounces_into_an_epoch_that_is_not_fresh(void **state)
{
    static const uint64_t  words[][2] = {
        { 0, 0 }, { 0, 1 }, { 0, UNTIL_MAX }, { 1, 1000 }, { 0xffff, 1000 },
        { LAST - 2, UNTIL_MAX },
    };
    uint64_t  word;

    for (size_t i = 0; i < test_count(words); i++) {
        word = lease(words[i][0], words[i][1]);
        healthcode_lease_renounce(&word);
        test_row(word == lease(words[i][0] + 1, 0), i, "renounced");
    }

    (void) state;
}


static void
test_keeps_both_in_one_word(void **state)
{
    assert_int_equal(HEALTHCODE_LEASE_EPOCH_BITS + HEALTHCODE_LEASE_UNTIL_BITS,
                     64);
    assert_true(healthcode_lease_epoch(UINT64_MAX) == LAST);
    assert_true(healthcode_lease_until(UINT64_MAX) == UNTIL_MAX);
    assert_true(healthcode_lease_epoch(lease(3, UNTIL_MAX)) == 3);
    assert_true(healthcode_lease_until(lease(LAST, 4)) == 4);

    /* a machine may be up for thirty years */
    assert_true(UNTIL_MAX > UINT64_C(30) * 366 * 24 * 3600 * 1000);

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_never_believes_the_last_epoch),
        cmocka_unit_test(test_extends_by_what_fits_and_is_later),
        cmocka_unit_test(test_renounces_into_an_epoch_that_is_not_fresh),
        cmocka_unit_test(test_keeps_both_in_one_word),
    };

    return cmocka_run_group_tests_name("lease", tests, NULL, NULL);
}
