/*
 * Tests of healthcode_date.c: invalid dates, the calendar of 400 years, and
 * the dates of HTTP.  Known answers come from "date -u -d", of coreutils.
 * docs/operations.md, "Times".
 */

#include "test.h"

#include "../../ngx_http_healthcode_module/core/healthcode_date.h"


static void
test_refuses_what_is_no_date(void **state)
{
    static const char  *const rows[] = {
        "", " ", "tomorrow", "1797000000", "+14d", "20270101", "2027-01",
        "2027-1-1", "27-01-01", "12027-01-01", "2027-01-01 ", " 2027-01-01",
        "2027/01/01", "2027-01-01-", "2027-W01-1", "2027-001", "-2027-01-01",
        "+2027-01-01", "2027-01-0x", "2027-01-01T", "2027-01-01Z",
        "2027-01-01T08", "2027-01-01T08:00", "2027-01-01T08:00Z",
        "2027-01-01T08:00:00", "2027-01-01T080000Z", "2027-01-01T08:00:00z ",
        "2027-01-01T8:00:00Z", "2027-01-01T08:00:0Z", "2027-01-01_08:00:00Z",
        "2027-01-01T08.00.00Z", "2027-01-01T08:00:00.Z",
        "2027-01-01T08:00:00,5Z",
        "2027-01-01T08:00:00.5", "2027-01-01T08:00:00+8:00",
        "2027-01-01T08:00:00+0800", "2027-01-01T08:00:00+08",
        "2027-01-01T08:00:00+08:0", "2027-01-01T08:00:00+08:000",
        "2027-01-01T08:00:00 +08:00", "2027-01-01T08:00:00ZZ",
        "2027-01-01T08:00:00UTC", "2027-01-01T-8:00:00Z",
        "Fri, 01 Jan 2027 00:00:00 GMT", "2027-01-01T00:00:00+-8:00",
        "2027-01-01T00:00:00\xe2\x88\x92" "08:00",
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        int64_t  seconds = -7;

        test_row(!healthcode_date_parse(guard_text(0, rows[i]), &seconds), i,
                 rows[i]);
        test_row(seconds == -7, i, rows[i]);
    }

    (void) state;
}


static void
test_refuses_days_and_times_that_there_are_not(void **state)
{
    static const char  *const rows[] = {
        "2027-00-01", "2027-13-01", "2027-99-01", "2027-01-00", "2027-01-32",
        "2027-02-29", "2027-02-30", "2027-03-32", "2027-04-31", "2027-05-32",
        "2027-06-31", "2027-07-32", "2027-08-32", "2027-09-31", "2027-10-32",
        "2027-11-31", "2027-12-32", "2024-02-30", "2000-02-30", "2100-02-29",
        "2200-02-29", "2300-02-29", "9999-02-29",
        "2027-01-01T24:00:00Z", "2027-01-01T23:60:00Z", "2027-01-01T99:00:00Z",
        "2016-12-31T23:59:60Z", "2027-01-01T00:00:61Z",
        "2027-01-01T00:00:00+24:00", "2027-01-01T00:00:00-00:60",
        /* outside of 1970 to 9999 */
        "0000-01-01", "0000-00-00", "0000-02-29", "0001-01-01", "1582-10-10",
        "1900-01-01", "1969-12-31", "1969-12-31T23:59:59Z",
        "1970-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01",
        "9999-12-31T23:59:59-23:59",
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        int64_t  seconds = -7;

        test_row(!healthcode_date_parse(guard_text(0, rows[i]), &seconds), i,
                 rows[i]);
        test_row(seconds == -7, i, rows[i]);
    }

    (void) state;
}


static void
test_refuses_a_nul_anywhere(void **state)
{
    static const char  text[] = "2027-01-01T08:00:00.5+08:00";

    for (size_t i = 0; i < sizeof(text) - 1; i++) {
        char     broken[sizeof(text)];
        int64_t  seconds = -7;

        memcpy(broken, text, sizeof(text));
        broken[i] = '\0';
        test_row(!healthcode_date_parse(guard(0, broken, sizeof(text) - 1),
                                        &seconds), i, text);
        test_row(seconds == -7, i, text);
    }

    (void) state;
}


/* date -u -d TEXT +%s; date -u -d TEXT '+%a, %d %b %Y %H:%M:%S GMT' */
static const struct {
    const char  *text;
    int64_t      seconds;
    const char  *imf;
} known[] = {
    { "1970-01-01", 0,
      "Thu, 01 Jan 1970 00:00:00 GMT" },
    { "1970-01-01T00:00:00Z", 0,
      "Thu, 01 Jan 1970 00:00:00 GMT" },
    { "1970-12-31T23:59:59Z", 31535999,
      "Thu, 31 Dec 1970 23:59:59 GMT" },
    { "1972-02-29", 68169600,
      "Tue, 29 Feb 1972 00:00:00 GMT" },
    { "1999-12-31T23:59:59Z", 946684799,
      "Fri, 31 Dec 1999 23:59:59 GMT" },
    { "2000-02-29", 951782400,
      "Tue, 29 Feb 2000 00:00:00 GMT" },
    { "2000-02-29T12:34:56Z", 951827696,
      "Tue, 29 Feb 2000 12:34:56 GMT" },
    { "2000-03-01", 951868800,
      "Wed, 01 Mar 2000 00:00:00 GMT" },
    { "2023-02-28", 1677542400,
      "Tue, 28 Feb 2023 00:00:00 GMT" },
    { "2024-02-29", 1709164800,
      "Thu, 29 Feb 2024 00:00:00 GMT" },
    { "2024-03-01", 1709251200,
      "Fri, 01 Mar 2024 00:00:00 GMT" },
    { "2024-12-31", 1735603200,
      "Tue, 31 Dec 2024 00:00:00 GMT" },
    { "2026-04-30", 1777507200,
      "Thu, 30 Apr 2026 00:00:00 GMT" },
    { "2027-01-01", 1798761600,
      "Fri, 01 Jan 2027 00:00:00 GMT" },
    { "2027-01-01T08:00:00+08:00", 1798761600,
      "Fri, 01 Jan 2027 00:00:00 GMT" },
    { "2027-01-01T00:00:00Z", 1798761600,
      "Fri, 01 Jan 2027 00:00:00 GMT" },
    { "2027-01-01T00:00:00+23:59", 1798675260,
      "Thu, 31 Dec 2026 00:01:00 GMT" },
    { "2027-01-01T00:00:00-23:59", 1798847940,
      "Fri, 01 Jan 2027 23:59:00 GMT" },
    { "2026-12-31T16:00:00-08:00", 1798761600,
      "Fri, 01 Jan 2027 00:00:00 GMT" },
    { "2027-06-30T23:59:59-00:00", 1814399999,
      "Wed, 30 Jun 2027 23:59:59 GMT" },
    { "2038-01-19T03:14:07Z", 2147483647,
      "Tue, 19 Jan 2038 03:14:07 GMT" },
    { "2038-01-19T03:14:08Z", 2147483648,
      "Tue, 19 Jan 2038 03:14:08 GMT" },
    { "2100-02-28", 4107456000,
      "Sun, 28 Feb 2100 00:00:00 GMT" },
    { "2100-03-01", 4107542400,
      "Mon, 01 Mar 2100 00:00:00 GMT" },
    { "2400-02-29", 13574563200,
      "Tue, 29 Feb 2400 00:00:00 GMT" },
    { "4000-02-29T23:59:59Z", 64065772799,
      "Tue, 29 Feb 4000 23:59:59 GMT" },
    { "9999-12-31", 253402214400,
      "Fri, 31 Dec 9999 00:00:00 GMT" },
    { "9999-12-31T23:59:59Z", 253402300799,
      "Fri, 31 Dec 9999 23:59:59 GMT" },
    { "1970-01-01T08:00:00+08:00", 0,
      "Thu, 01 Jan 1970 00:00:00 GMT" },
    { "1969-12-31T23:59:59-00:01", 59,
      "Thu, 01 Jan 1970 00:00:59 GMT" },
    { "9999-12-31T18:29:59-05:30", 253402300799,
      "Fri, 31 Dec 9999 23:59:59 GMT" },
    { "2026-12-31T23:59:59Z", 1798761599,
      "Thu, 31 Dec 2026 23:59:59 GMT" },
    { "2096-02-29", 3981312000,
      "Wed, 29 Feb 2096 00:00:00 GMT" },
};


static void
test_reads_dates_as_another_program_does(void **state)
{
    for (size_t i = 0; i < test_count(known); i++) {
        int64_t  seconds = -7;

        test_row(healthcode_date_parse(guard_text(0, known[i].text), &seconds),
                 i, known[i].text);
        test_row(seconds == known[i].seconds, i, known[i].text);
    }

    (void) state;
}


static void
test_writes_dates_as_another_program_does(void **state)
{
    for (size_t i = 0; i < test_count(known); i++) {
        uint8_t  *room = guard_room(0, HEALTHCODE_DATE_IMF_LEN + 1);

        test_row(healthcode_date_format(known[i].seconds, (char *) room), i,
                 known[i].text);
        test_row(strcmp((char *) room, known[i].imf) == 0, i, known[i].imf);
    }

    (void) state;
}


/* 4102444799 s, which a time_t of 32 bits takes for a day of 1963. */
static void
test_writes_what_it_reads(void **state)
{
    static const int64_t  more[] = {
        0, 59, 3599, 86399, 2147483647, 2147483648, 4102444799,
        HEALTHCODE_DATE_MAX
    };
    static const char  *const texts[] = {
        "1970-01-01T00:00:00Z", "1970-01-01T00:00:59Z", "1970-01-01T00:59:59Z",
        "1970-01-01T23:59:59Z", "2038-01-19T03:14:07Z", "2038-01-19T03:14:08Z",
        "2099-12-31T23:59:59Z", "9999-12-31T23:59:59Z"
    };

    for (size_t i = 0; i < test_count(more); i++) {
        char  *room = (char *) guard_room(0, HEALTHCODE_DATE_LEN + 1);

        test_row(healthcode_date_write(more[i], room), i, texts[i]);
        test_row(strcmp(room, texts[i]) == 0, i, room);
    }

    for (size_t i = 0; i < test_count(known); i++) {
        char     *room = (char *) guard_room(0, HEALTHCODE_DATE_LEN + 1);
        int64_t   seconds = -7;

        test_row(healthcode_date_write(known[i].seconds, room), i, "write");
        test_row(healthcode_date_parse(guard_text(1, room), &seconds), i, room);
        test_row(seconds == known[i].seconds, i, room);
    }

    (void) state;
}


static void
test_passes_over_a_fraction_and_the_case_of_letters(void **state)
{
    static const char  *const rows[] = {
        "2027-01-01T08:00:00+08:00", "2027-01-01t08:00:00+08:00",
        "2027-01-01 08:00:00+08:00", "2027-01-01T00:00:00z",
        "2027-01-01T00:00:00.9Z", "2027-01-01T00:00:00.000000000000000000001Z",
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        int64_t  seconds = -7;

        test_row(healthcode_date_parse(guard_text(0, rows[i]), &seconds), i,
                 rows[i]);
        test_row(seconds == 1798761600, i, rows[i]);
    }

    (void) state;
}


static void
test_writes_no_date_outside_of_its_years(void **state)
{
    static const int64_t  rows[] = {
        -1, INT64_MIN, HEALTHCODE_DATE_MAX + 1, INT64_MAX
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        char  text[HEALTHCODE_DATE_IMF_LEN + 1] = "before";

        test_row(!healthcode_date_format(rows[i], text), i, "format");
        test_row(!healthcode_date_write(rows[i], text), i, "write");
        test_row(strcmp(text, "before") == 0, i, "format");
    }

    (void) state;
}


/* Each day of 8030 years, written, is one day after the one before. */
static void
test_counts_every_day(void **state)
{
    int   weekday = 4;
    char  iso[64], text[HEALTHCODE_DATE_IMF_LEN + 1], month[4];
    int   day, year, m, last_day = 31, last_m = 12, last_year = 1969;

    static const char  weekdays[] = "SunMonTueWedThuFriSat";
    static const char  months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

    for (int64_t n = 0; n <= HEALTHCODE_DATE_MAX; n += 86400) {
        int64_t  seconds = -7;

        assert_true(healthcode_date_format(n, text));
        assert_memory_equal(text, &weekdays[weekday * 3], 3);
        assert_int_equal(sscanf(text + 5, "%2d %3s %4d", &day, month, &year),
                         3);
        m = (int) (strstr(months, month) - months) / 3 + 1;

        assert_true((day == last_day + 1 && m == last_m && year == last_year)
                    || (day == 1 && m == last_m + 1 && year == last_year)
                    || (day == 1 && m == 1 && last_m == 12 && last_day == 31
                        && year == last_year + 1));

        snprintf(iso, sizeof(iso), "%04d-%02d-%02d", year, m, day);
        assert_true(healthcode_date_write(n, text));
        assert_memory_equal(text, iso, 10);
        assert_true(healthcode_date_parse(healthcode_str_from(iso, 10),
                                          &seconds));
        assert_int_equal(seconds, n);

        weekday = (weekday + 1) % 7;
        last_day = day, last_m = m, last_year = year;
    }

    assert_int_equal(last_year, 9999);

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_refuses_what_is_no_date),
        cmocka_unit_test(test_refuses_days_and_times_that_there_are_not),
        cmocka_unit_test(test_refuses_a_nul_anywhere),
        cmocka_unit_test(test_reads_dates_as_another_program_does),
        cmocka_unit_test(test_writes_dates_as_another_program_does),
        cmocka_unit_test(test_writes_what_it_reads),
        cmocka_unit_test(test_passes_over_a_fraction_and_the_case_of_letters),
        cmocka_unit_test(test_writes_no_date_outside_of_its_years),
        cmocka_unit_test(test_counts_every_day),
    };

    return cmocka_run_group_tests_name("date", tests, NULL, NULL);
}
