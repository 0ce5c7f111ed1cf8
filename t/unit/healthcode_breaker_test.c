/*
 * Tests of healthcode_breaker.c: what opens it, who is let through then, how
 * long nobody is, and what closes it.  docs/connection.md, "Breaker".
 */

#include "test.h"

#include "../../ngx_http_healthcode_module/redis/healthcode_breaker.h"
#include "../../ngx_http_healthcode_module/redis/healthcode_outage.h"


#define TIMEOUT  100u
#define MIN      ((uint64_t) HEALTHCODE_OUTAGE_MIN)
#define MAX      ((uint64_t) HEALTHCODE_OUTAGE_MAX)


/* One that opened at the time that is returned. */
static uint64_t
open_one(healthcode_breaker_t *breaker, uint32_t chance)
{
    uint64_t  now = 1000;

    *breaker = (healthcode_breaker_t) { .chance = chance };

    for (int i = 0; i < HEALTHCODE_BREAKER_LATE; i++) {
        assert_false(healthcode_breaker_is_shut(breaker, now));
        assert_false(breaker->is_open);
        healthcode_breaker_asked(breaker, now, TIMEOUT);
        assert_false(healthcode_breaker_is_shut(breaker, now));
        healthcode_breaker_late(breaker, now, now + TIMEOUT);
        now += TIMEOUT;
    }

    assert_true(breaker->is_open);

    return now;
}


static void
test_opens_after_late_ones_in_a_row(void **state)
{
    uint64_t              now;
    healthcode_breaker_t  breaker;

    now = open_one(&breaker, 7);

    assert_true(healthcode_breaker_is_shut(&breaker, now));
    assert_true(healthcode_breaker_is_shut(&breaker, now + MIN / 2 - 1));
    assert_false(healthcode_breaker_is_shut(&breaker, now + MIN));

    (void) state;
}


/* Many that wait at the same time are late once. */
static void
test_counts_a_moment_once(void **state)
{
    healthcode_breaker_t  breaker = { 0 };

    for (unsigned i = 0; i < 50; i++) {
        healthcode_breaker_late(&breaker, 1000 + i, 1100 + i);
    }

    assert_false(breaker.is_open);
    assert_int_equal(breaker.late, 1);

    /* who asked when that one was late is another */

    healthcode_breaker_late(&breaker, 1100, 1200);
    assert_int_equal(breaker.late, 2);
    healthcode_breaker_late(&breaker, 1199, 1299);
    assert_int_equal(breaker.late, 2);
    healthcode_breaker_late(&breaker, 1200, 1300);
    assert_true(breaker.is_open);

    (void) state;
}


static void
test_an_answer_between_them_counts_anew(void **state)
{
    healthcode_breaker_t  breaker = { 0 };

    for (uint64_t now = 1000; now < 90000; now += 2 * TIMEOUT) {
        healthcode_breaker_late(&breaker, now, now + TIMEOUT);
        healthcode_breaker_late(&breaker, now + TIMEOUT, now + 2 * TIMEOUT);
        assert_false(breaker.is_open);
        healthcode_breaker_answered(&breaker);
    }

    (void) state;
}


static void
test_lets_one_through_at_a_time(void **state)
{
    uint64_t              now;
    healthcode_breaker_t  breaker;

    now = open_one(&breaker, 7) + MIN;

    assert_false(healthcode_breaker_is_shut(&breaker, now));
    healthcode_breaker_asked(&breaker, now, TIMEOUT);
    assert_true(healthcode_breaker_is_shut(&breaker, now));
    assert_true(healthcode_breaker_is_shut(&breaker, now + TIMEOUT - 1));

    /* nobody hears of it any more */

    assert_false(healthcode_breaker_is_shut(&breaker, now + TIMEOUT));

    healthcode_breaker_asked(&breaker, now + TIMEOUT, TIMEOUT);

    /* one that was asked long before says nothing of it */

    healthcode_breaker_late(&breaker, now - 1, now + TIMEOUT);
    assert_int_equal(breaker.until, now + 2 * TIMEOUT);

    healthcode_breaker_answered(&breaker);
    assert_false(breaker.is_open);
    assert_false(healthcode_breaker_is_shut(&breaker, now + TIMEOUT));

    /* it takes as many as before to open it */

    healthcode_breaker_late(&breaker, now + TIMEOUT, now + 2 * TIMEOUT);
    assert_false(breaker.is_open);

    (void) state;
}


/* Only what was let through prolongs it, and once. */
static void
test_waits_longer_each_time(void **state)
{
    uint64_t              now, pause, most = MIN;
    healthcode_breaker_t  breaker;

    for (uint32_t chance = 0; chance < 50; chance++) {

        now = open_one(&breaker, chance * 2654435761u);
        most = MIN;

        for (int i = 0; i < 10; i++) {
            pause = breaker.until - now;
            assert_true(pause >= most / 2 && pause <= most);

            healthcode_breaker_late(&breaker, now + 1, now + TIMEOUT + 1);
            assert_int_equal(breaker.until, now + pause);

            now += pause;
            healthcode_breaker_asked(&breaker, now, TIMEOUT);
            now += TIMEOUT;
            healthcode_breaker_late(&breaker, now - TIMEOUT, now);

            most = (2 * most < MAX) ? 2 * most : MAX;
        }
    }

    assert_int_equal(most, MAX);

    (void) state;
}


static void
test_gates_do_not_come_together(void **state)
{
    bool                  seen[HEALTHCODE_OUTAGE_MAX + 1] = { false };
    uint64_t              now, at;
    unsigned              different = 0;
    healthcode_breaker_t  breaker;

    for (uint32_t chance = 0; chance < 1000; chance++) {
        now = open_one(&breaker, chance * 2654435761u);
        at = breaker.until - now;
        different += !seen[at];
        seen[at] = true;
    }

    assert_int_equal(different, MIN / 2 + 1);

    (void) state;
}


/* Who asks no more must not leave it open for ever. */
static void
test_heartbeats_close_it_if_nobody_asks(void **state)
{
    uint64_t              now, idle = HEALTHCODE_BREAKER_IDLE;
    healthcode_breaker_t  breaker;

    now = open_one(&breaker, 7);

    healthcode_breaker_beaten(&breaker, now + idle - 1);
    assert_true(breaker.is_open);

    healthcode_breaker_asked(&breaker, now + idle - 1, TIMEOUT);
    healthcode_breaker_beaten(&breaker, now + idle);
    assert_true(breaker.is_open);

    healthcode_breaker_beaten(&breaker, now + 2 * idle - 1);
    assert_false(breaker.is_open);
    assert_int_equal(breaker.late, 0);

    /* so it is before it opens */

    healthcode_breaker_late(&breaker, now + 2 * idle, now + 2 * idle);
    healthcode_breaker_beaten(&breaker, now + 3 * idle - 1);
    assert_int_equal(breaker.late, 1);
    healthcode_breaker_beaten(&breaker, now + 3 * idle);
    assert_int_equal(breaker.late, 0);

    (void) state;
}


static void
test_a_new_connection_is_tried_at_once(void **state)
{
    uint64_t              now;
    healthcode_breaker_t  breaker;

    now = open_one(&breaker, 7);

    healthcode_breaker_connected(&breaker);
    assert_false(healthcode_breaker_is_shut(&breaker, now));
    assert_true(breaker.is_open);
    healthcode_breaker_asked(&breaker, now, TIMEOUT);
    assert_true(healthcode_breaker_is_shut(&breaker, now));

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_opens_after_late_ones_in_a_row),
        cmocka_unit_test(test_counts_a_moment_once),
        cmocka_unit_test(test_an_answer_between_them_counts_anew),
        cmocka_unit_test(test_lets_one_through_at_a_time),
        cmocka_unit_test(test_waits_longer_each_time),
        cmocka_unit_test(test_gates_do_not_come_together),
        cmocka_unit_test(test_heartbeats_close_it_if_nobody_asks),
        cmocka_unit_test(test_a_new_connection_is_tried_at_once)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
