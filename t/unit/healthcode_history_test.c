/*
 * Tests of healthcode_history.c: memory that is not its own, a process that is
 * killed at each word, minutes that nobody ended, clocks that jump; then the
 * minutes of an hour and more, which add up.
 * docs/monitoring/metrics.md, "The last hour".
 */

#include "test.h"

#include "../../ngx_http_healthcode_module/core/healthcode_history.h"


#define HOUR     UINT64_C(1795464000)   /* a minute begins */
#define MEANING  77
#define N        3
#define ROW      128


typedef struct {
    healthcode_history_minute_t  of[HEALTHCODE_HISTORY_MINUTES];
    size_t                       n;
} minutes_t;

static uint64_t              *memory;
static healthcode_history_t   history;
static uint64_t               totals[N];


static int
begin(void **state)
{
    size_t  size = healthcode_history_size();

    memory = (void *) guard_room(0, size);
    memset(memory, 0, size);
    memset(totals, 0, sizeof(totals));
    assert_true(healthcode_history_init(&history, memory, size));

    (void) state;

    return 0;
}


static void
note_at(uint64_t now)
{
    healthcode_history_note(&history, MEANING, totals, N, now);
}


static minutes_t
read_at(uint64_t now)
{
    minutes_t  minutes;

    memset(&minutes, 0xff, sizeof(minutes));
    minutes.n = healthcode_history_read(&history, MEANING, totals, N, now,
                                        minutes.of);

    return minutes;
}


/* The first value of each minute, as "3 0 1"; its time is a minute later. */
static void
assert_minutes(uint64_t now, uint64_t first, const char *expected)
{
    char       text[1024] = "";
    size_t     len = 0;
    minutes_t  minutes = read_at(now);

    for (size_t i = 0; i < minutes.n; i++) {
        len += (size_t) snprintf(text + len, sizeof(text) - len, "%s%u",
                                 i ? " " : "",
                                 (unsigned) minutes.of[i].values[0]);
        assert_int_equal(minutes.of[i].time, first + 60 * i);
    }

    assert_string_equal(text, expected);
}


static void
test_refuses_memory_that_is_not_its_own(void **state)
{
    healthcode_history_t  other;

    assert_false(healthcode_history_init(&other, memory,
                                         healthcode_history_size() - 8));
    assert_true(healthcode_history_init(&other, memory,
                                        healthcode_history_size()));
    memory[0]++;
    assert_false(healthcode_history_init(&other, memory,
                                         healthcode_history_size()));

    (void) state;
}


static void
test_is_empty_at_first(void **state)
{
    assert_int_equal(read_at(HOUR).n, 0);
    assert_int_equal(read_at(0).n, 0);
    assert_true(healthcode_history_is_due(&history, HOUR));

    (void) state;
}


/* Each half of a row reads as no row, and is written anew. */
static void
test_believes_no_half(void **state)
{
    uint64_t  whole[ROW], *row, head;

    totals[0] = 5;
    note_at(HOUR);
    totals[0] = 12;
    note_at(HOUR + 60);

    row = history.rows + (HOUR + 60) / 60 % 64 * ROW;
    memcpy(whole, row, sizeof(whole));
    head = history.head[1];
    totals[0] = 13;

    for (size_t n = 0; n < ROW; n++) {

        /* it had begun with the last word */
        memset(row, 0x5a, sizeof(whole));
        memcpy(row + (ROW - n), whole + (ROW - n), n * sizeof(uint64_t));
        row[0] = 0;
        history.head[1] = head;

        assert_minutes(HOUR + 61, HOUR, "8 0");
        assert_false(healthcode_history_is_due(&history, HOUR + 62));
        assert_true(healthcode_history_is_due(&history, HOUR + 63));

        note_at(HOUR + 63);
        assert_minutes(HOUR + 63, HOUR, "8 0");
        totals[0]++;
        assert_minutes(HOUR + 63, HOUR, "8 1");
        assert_false(healthcode_history_is_due(&history, HOUR + 70));
        totals[0]--;
    }

    /* one that was held up for long writes over a later row */
    memcpy(row, whole, sizeof(whole));
    row[5]++;
    assert_minutes(HOUR + 70, HOUR, "8 0");

    (void) state;
}


static void
test_reads_no_other_meaning(void **state)
{
    uint64_t  other[N] = { 1000, 0, 0 };

    healthcode_history_note(&history, MEANING + 1, other, N, HOUR);
    assert_int_equal(read_at(HOUR + 1).n, 0);

    totals[0] = 4;
    note_at(HOUR + 60);
    totals[0] = 6;
    assert_minutes(HOUR + 61, HOUR + 60, "2");

    /* nor more than there is room for */
    healthcode_history_note(&history, MEANING, totals,
                            HEALTHCODE_HISTORY_VALUES + 1, HOUR + 120);
    assert_true(healthcode_history_is_due(&history, HOUR + 120));
    assert_int_equal(healthcode_history_read(&history, MEANING, totals,
                                             HEALTHCODE_HISTORY_VALUES + 1,
                                             HOUR + 120, NULL), 0);

    (void) state;
}


static void
test_writes_once_a_minute(void **state)
{
    note_at(HOUR + 20);
    totals[0] = 3;
    note_at(HOUR + 59);
    assert_minutes(HOUR + 59, HOUR, "3");
    assert_false(healthcode_history_is_due(&history, HOUR + 59));
    assert_true(healthcode_history_is_due(&history, HOUR + 60));

    note_at(HOUR + 60);
    totals[0] = 4;
    note_at(HOUR + 60);
    assert_minutes(HOUR + 61, HOUR, "3 1");

    (void) state;
}


/* A machine that slept, or had no worker. */
static void
test_goes_on_after_minutes_that_nobody_ended(void **state)
{
    note_at(HOUR);
    totals[0] = 3;
    totals[1] = 9;

    /* nor is there anybody now */
    assert_minutes(HOUR + 240, HOUR, "3 0 0 0 0");

    note_at(HOUR + 240);
    totals[0] = 5;
    assert_minutes(HOUR + 245, HOUR, "3 0 0 0 2");
    assert_int_equal(read_at(HOUR + 245).of[0].values[1], 9);
    assert_int_equal(read_at(HOUR + 245).of[4].values[1], 0);

    /* longer than an hour: what was before is nobody's */
    totals[0] = 6;
    note_at(HOUR + 240 + 7200);
    totals[0] = 7;
    assert_minutes(HOUR + 240 + 7201, HOUR + 240 + 7200, "1");

    (void) state;
}


static void
test_goes_on_when_the_clock_is_set_back(void **state)
{
    for (unsigned i = 0; i < 6; i++) {
        note_at(HOUR + 60 * i);
        totals[0]++;
    }

    assert_minutes(HOUR + 300, HOUR, "1 1 1 1 1 1");

    /* by three minutes; before anybody has noticed, and then */
    assert_true(healthcode_history_is_due(&history, HOUR + 130));
    assert_minutes(HOUR + 130, HOUR, "1 1 4");
    note_at(HOUR + 130);
    totals[0] += 10;
    assert_minutes(HOUR + 130, HOUR, "1 5 10");

    /* a row of before, while nobody has written it anew */
    assert_minutes(HOUR + 185, HOUR, "1 5 10 0");

    /* and what is written anew counts, not what was there */
    note_at(HOUR + 180);
    totals[0] += 20;
    assert_minutes(HOUR + 190, HOUR, "1 5 10 20");
    note_at(HOUR + 240);
    assert_minutes(HOUR + 240, HOUR, "1 5 10 20 0");

    /* set forward by a year, and back again */
    note_at(HOUR + 365 * 86400);
    totals[0] += 100;
    note_at(HOUR + 300);
    totals[0] += 7;
    assert_minutes(HOUR + 301, HOUR, "1 5 10 20 100 7");

    (void) state;
}


static void
test_adds_up_over_an_hour(void **state)
{
    uint64_t   sum, seed = 1;
    minutes_t  minutes;

    for (unsigned i = 0; i < 500; i++) {

        note_at(HOUR + 60 * i);

        for (unsigned k = 0; k < N; k++) {
            seed = seed * UINT64_C(6364136223846793005) + 1;
            totals[k] += seed >> 58;
        }

        minutes = read_at(HOUR + 60 * i + 59);
        assert_int_equal(minutes.n, i < 60 ? i + 1 : 61);
        assert_int_equal(minutes.of[minutes.n - 1].time, HOUR + 60 * i);

        if (i < 60) {
            sum = 0;

            for (size_t k = 0; k < minutes.n; k++) {
                sum += minutes.of[k].values[2];
            }

            assert_int_equal(sum, totals[2]);
        }
    }

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(test_refuses_memory_that_is_not_its_own, begin),
        cmocka_unit_test_setup(test_is_empty_at_first, begin),
        cmocka_unit_test_setup(test_believes_no_half, begin),
        cmocka_unit_test_setup(test_reads_no_other_meaning, begin),
        cmocka_unit_test_setup(test_writes_once_a_minute, begin),
        cmocka_unit_test_setup(test_goes_on_after_minutes_that_nobody_ended,
                               begin),
        cmocka_unit_test_setup(test_goes_on_when_the_clock_is_set_back, begin),
        cmocka_unit_test_setup(test_adds_up_over_an_hour, begin),
    };

    return cmocka_run_group_tests_name("history", tests, NULL, NULL);
}
