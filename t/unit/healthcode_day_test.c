/*
 * Tests of healthcode_day.c: what is not a date; days on which clocks change,
 * by zones that are written out, so that no file of zones counts.
 * docs/monitoring/log.md, "A gate's day".
 */

#include "test.h"

#include <time.h>

#include "../../tools/healthcode/healthcode_day.h"


static const char  berlin[] = "CET-1CEST,M3.5.0,M10.5.0/3";
static const char  shanghai[] = "CST-8";

/* Clocks that are put on at midnight, and back at midnight. */
static const char  midnight[] = "<-03>3<-02>,M11.1.0/0,M2.3.0/0";

/* Half an hour, and one that is not UTC's by half an hour. */
static const char  half[] = "<+1030>-10:30<+11>-11,M10.1.0/2,M4.1.0/2";


static void
zone(const char *name)
{
    assert_int_equal(setenv("TZ", name, 1), 0);
    tzset();
}


static void
test_refuses_what_is_not_a_date(void **state)
{
    static const char *const  rows[] = {
        "", "2026", "2026-11", "2026-11-3", "2026-11-031", "2026-13-01",
        "2026-02-29", "2026-00-10", "2026-11-00", "26-11-30xx", "2026/11/30",
        " 2026-11-3", "2026-11-3 ", "+026-11-30", "today00000",
    };
    healthcode_day_t  day = { .n = 7 };

    zone(shanghai);

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(!healthcode_day_read(rows[i], &day), i, rows[i]);
        test_row(day.n == 7, i, rows[i]);
    }

    (void) state;
}


static void
test_days_have_their_hours(void **state)
{
    static const struct {
        const char  *zone, *date;
        int64_t      start, seconds;
        unsigned     n;
        const char  *label;             /* of the last hour before 4:00 */
    } rows[] = {
        { shanghai, "2026-11-30", 1795968000, 86400, 24, "03:00" },
        { "UTC0", "2024-02-29", 1709164800, 86400, 24, "03:00" },
        { berlin, "2026-11-30", 1795993200, 86400, 24, "03:00" },
        { berlin, "2026-03-29", 1774738800, 23 * 3600, 23, "03:00+02:00" },
        { berlin, "2026-10-25", 1792879200, 25 * 3600, 25, "03:00+01:00" },
        { midnight, "2026-11-01", 1793502000, 23 * 3600, 23, "03:00" },
        { midnight, "2026-02-14", 1771034400, 25 * 3600, 25, "03:00-02:00" },
        { half, "2026-10-04", 1791034200, 86400 - 1800, 24, "03:00+11:00" },
        { half, "2026-04-05", 1775307600, 86400 + 1800, 25, "03:00+10:30" },
    };
    char              label[HEALTHCODE_DAY_LABEL];
    unsigned          hour, last;
    healthcode_day_t  day;

    for (size_t i = 0; i < test_count(rows); i++) {
        zone(rows[i].zone);
        test_row(healthcode_day_read(rows[i].date, &day), i, rows[i].date);
        test_row(day.start == rows[i].start, i, rows[i].date);
        test_row(day.end - day.start == rows[i].seconds, i, rows[i].date);
        test_row(day.n == rows[i].n, i, rows[i].date);
        test_row(day.hours[0].start == day.start, i, rows[i].date);

        for (hour = last = 0; hour < day.n; hour++) {
            last = (day.hours[hour].minute < 240) ? hour : last;
        }

        healthcode_day_label(label, &day, last);
        test_row(strcmp(label, rows[i].label) == 0, i, label);
    }

    (void) state;
}


static void
test_each_second_is_of_one_hour(void **state)
{
    static const struct {
        const char  *zone, *date;
    } rows[] = {
        { berlin, "2026-03-29" }, { berlin, "2026-10-25" },
        { half, "2026-04-05" }, { midnight, "2026-02-14" },
    };
    int               hour, last;
    char              date[HEALTHCODE_DAY_DATE];
    healthcode_day_t  day;

    for (size_t i = 0; i < test_count(rows); i++) {
        zone(rows[i].zone);
        assert_true(healthcode_day_read(rows[i].date, &day));
        last = 0;

        for (int64_t t = day.start; t < day.end; t++) {
            hour = healthcode_day_hour(&day, t);
            test_row(hour == last || hour == last + 1, i, rows[i].date);
            last = hour;
        }

        test_row(last == (int) day.n - 1, i, rows[i].date);
        test_row(healthcode_day_hour(&day, day.start - 1) == -1, i, "before");
        test_row(healthcode_day_hour(&day, day.end) == -1, i, "after");
        test_row(strcmp(healthcode_day_date(date, day.start), rows[i].date)
                 == 0, i, date);
        test_row(strcmp(healthcode_day_date(date, day.end - 1), rows[i].date)
                 == 0, i, date);
        test_row(strcmp(healthcode_day_date(date, day.end), rows[i].date) != 0,
                 i, date);
    }

    (void) state;
}


static void
test_an_hour_that_comes_twice_is_two(void **state)
{
    char              label[HEALTHCODE_DAY_LABEL];
    healthcode_day_t  day;

    zone(berlin);
    assert_true(healthcode_day_read("2026-10-25", &day));

    assert_string_equal(healthcode_day_label(label, &day, 2), "02:00+02:00");
    assert_string_equal(healthcode_day_label(label, &day, 3), "02:00+01:00");
    assert_int_equal(healthcode_day_hour(&day, 1792886400), 2);
    assert_int_equal(healthcode_day_hour(&day, 1792890000), 3);

    (void) state;
}


static void
test_writes_times(void **state)
{
    char  text[HEALTHCODE_DAY_TIME];

    zone(shanghai);
    assert_string_equal(healthcode_day_time(text, 1795968000),
                        "2026-11-30T00:00:00+08:00");
    zone(half);
    assert_string_equal(healthcode_day_time(text, 1775307600),
                        "2026-04-05T00:00:00+11:00");

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_refuses_what_is_not_a_date),
        cmocka_unit_test(test_days_have_their_hours),
        cmocka_unit_test(test_each_second_is_of_one_hour),
        cmocka_unit_test(test_an_hour_that_comes_twice_is_two),
        cmocka_unit_test(test_writes_times),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
