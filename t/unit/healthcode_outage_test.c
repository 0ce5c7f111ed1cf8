/*
 * Tests of healthcode_outage.c: a line for each change, none for what the last
 * line says, and never a flood.  docs/connection.md, "Outage".
 */

#include "test.h"

#include "../../ngx_http_healthcode_module/redis/healthcode_outage.h"


#define EVERY  HEALTHCODE_OUTAGE_EVERY


static void
test_says_each_change_once(void **state)
{
    uint64_t             lasted = 7;
    healthcode_outage_t  outage = { 0 };

    assert_false(healthcode_outage_up(&outage, 5, &lasted));
    assert_true(healthcode_outage_down(&outage, 1000, "gone"));
    assert_false(healthcode_outage_down(&outage, 1001, "gone"));
    assert_false(healthcode_outage_down(&outage, 900000, "gone"));
    assert_true(healthcode_outage_down(&outage, 900001, "loading"));
    assert_false(healthcode_outage_down(&outage, 900002, "loading"));
    assert_true(healthcode_outage_down(&outage, 900003, "gone"));
    assert_int_equal(lasted, 7);
    assert_true(healthcode_outage_up(&outage, 901000, &lasted));
    assert_int_equal(lasted, 900000);
    assert_false(healthcode_outage_up(&outage, 901001, &lasted));
    assert_true(healthcode_outage_down(&outage, 901002, "gone"));
    assert_true(healthcode_outage_up(&outage, 901502, &lasted));
    assert_int_equal(lasted, 500);

    (void) state;
}


static void
test_one_cause_in_other_words_is_one(void **state)
{
    healthcode_outage_t  outage = { 0 };

    assert_true(healthcode_outage_down(&outage, 1, "ROLE is refused: BUSY x"));
    assert_false(healthcode_outage_down(&outage, 2, "INFO is refused: BUSY x"));
    assert_true(healthcode_outage_down(&outage, 3, "INFO is refused: BUSY y"));
    assert_true(healthcode_outage_down(&outage, 4, "BUSY y"));
    assert_true(healthcode_outage_down(&outage, 5, "late (9 ms); is Redis "
                                       "stopped or busy, or the way to it?"));
    assert_false(healthcode_outage_down(&outage, 6, "it is connected: is Redis "
                                        "stopped or busy, or no Redis?"));
    assert_true(healthcode_outage_down(&outage, 7, "check the address"));
    assert_true(healthcode_outage_down(&outage, 8, "it does not speak RESP3"));
    assert_false(healthcode_outage_down(&outage, 9, "it does not speak RESP3: "
                                        "a proxy, or no Redis at all"));

    (void) state;
}


static void
test_keeps_a_flood_back(void **state)
{
    uint64_t             now, lasted, hour = 3600 * 1000;
    unsigned             lines = 0;
    healthcode_outage_t  outage = { 0 };

    for (now = 1; now <= hour; now += 50) {
        lines += healthcode_outage_down(&outage, now, now % 100 ? "a" : "b");
        lines += healthcode_outage_up(&outage, now + 25, &lasted);
    }

    assert_true(lines >= hour / EVERY);
    assert_true(lines <= HEALTHCODE_OUTAGE_LINES + hour / EVERY + 1);

    (void) state;
}


/* Never together: each time within a half that chance has evenly. */
static void
test_waits_longer_and_by_chance(void **state)
{
    static const uint64_t  most[] = { 50, 100, 200, 400, 800, 1000, 1000 };

    for (size_t i = 0; i < sizeof(most) / sizeof(most[0]); i++) {

        uint64_t  least = most[i], longest = 0;

        for (uint32_t chance = 0; chance < 20000; chance++) {
            uint64_t  wait = healthcode_outage_wait(i + 1, chance);

            least = (wait < least) ? wait : least;
            longest = (wait > longest) ? wait : longest;
        }

        assert_int_equal(longest, most[i]);
        assert_int_equal(least, most[i] / 2);
    }

    assert_true(healthcode_outage_wait(UINT64_MAX, 7) <= 1000);

    (void) state;
}


static void
test_nobody_hurries_back_for_nobody(void **state)
{
    uint64_t  sum = 0;

    for (uint32_t chance = 0; chance < 1000; chance++) {
        uint64_t  wait = healthcode_outage_wait(0, chance);

        assert_in_range(wait, 1, HEALTHCODE_OUTAGE_MAX);
        sum += wait;
    }

    assert_in_range(sum / 1000, 490, 510);

    (void) state;
}


/* Whoever calls again gets the line in the end. */
static void
test_says_late_what_it_kept_back(void **state)
{
    char                 cause[] = "a";
    uint64_t             now = 1, lasted;
    unsigned             i;
    healthcode_outage_t  outage = { 0 };

    for (i = 0; i < HEALTHCODE_OUTAGE_LINES; i++, cause[0]++) {
        assert_true(healthcode_outage_down(&outage, now, cause));
    }

    assert_false(healthcode_outage_down(&outage, now, "last"));
    assert_false(healthcode_outage_down(&outage, now + EVERY - 1, "last"));
    assert_true(healthcode_outage_down(&outage, now + EVERY, "last"));
    assert_false(healthcode_outage_up(&outage, now + EVERY, &lasted));
    assert_false(healthcode_outage_up(&outage, now + 2 * EVERY - 1, &lasted));
    assert_true(healthcode_outage_up(&outage, now + 2 * EVERY, &lasted));
    assert_int_equal(lasted, 2 * EVERY);

    /* after a quiet while there is room for as many as at first */

    now += 100 * HEALTHCODE_OUTAGE_LINES * (uint64_t) EVERY;

    for (i = 0; i < HEALTHCODE_OUTAGE_LINES; i++, cause[0]++) {
        assert_true(healthcode_outage_down(&outage, now, cause));
    }

    assert_false(healthcode_outage_down(&outage, now, "last"));

    (void) state;
}


static void
test_compares_as_much_as_it_keeps(void **state)
{
    char                 cause[2 * HEALTHCODE_REFUSAL_SIZE];
    healthcode_outage_t  outage = { 0 };

    memset(cause, 'x', sizeof(cause));
    cause[sizeof(cause) - 1] = '\0';

    assert_true(healthcode_outage_down(&outage, 1, cause));
    assert_false(healthcode_outage_down(&outage, 2, cause));
    cause[HEALTHCODE_REFUSAL_SIZE - 2] = 'y';
    assert_true(healthcode_outage_down(&outage, 3, cause));

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_says_each_change_once),
        cmocka_unit_test(test_one_cause_in_other_words_is_one),
        cmocka_unit_test(test_keeps_a_flood_back),
        cmocka_unit_test(test_waits_longer_and_by_chance),
        cmocka_unit_test(test_nobody_hurries_back_for_nobody),
        cmocka_unit_test(test_says_late_what_it_kept_back),
        cmocka_unit_test(test_compares_as_much_as_it_keeps),
    };

    return cmocka_run_group_tests_name("outage", tests, NULL, NULL);
}
