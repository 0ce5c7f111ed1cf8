/*
 * Tests of healthcode_series.c: labels that a monitor could not take, names
 * that nobody wrote; then that what is written is read.
 * docs/monitoring/metrics.md, "Requests".
 */

#include "test.h"

#include "../../ngx_http_healthcode_module/core/healthcode_reason.h"
#include "../../ngx_http_healthcode_module/core/healthcode_series.h"


static void
test_makes_values_that_a_monitor_takes(void **state)
{
    static const struct {
        const char  *text;
        size_t       max;
        const char  *value;
    } rows[] = {
        { "", 72, "-" },
        { "/t", 72, "/t" },
        { "~ ^/(a|b)\\.php$", 72, "~ ^/(a|b)\\.php$" },
        { "say \"hi\"", 72, "say \"hi\"" },
        { "a\nb\tc\x7f", 72, "a?b?c?" },
        { "\xe9\x97\xa8 1", 72, "\xe9\x97\xa8 1" },
        { "\xe9\x97", 72, "??" },
        { "a\xff" "b", 72, "a?b" },
        { "a\xe2\x80\xae" "b", 72, "a?b" },       /* turns what follows */
        { "abc", 3, "abc" }, { "abcd", 3, "abc" },
        { "ab\xe9\x97\xa8", 5, "ab\xe9\x97\xa8" },
        { "ab\xe9\x97\xa8", 4, "ab" }, { "ab\xe9\x97\xa8" "c", 3, "ab" },
    };
    size_t   len;
    uint8_t  value[HEALTHCODE_SERIES_GATE];

    for (size_t i = 0; i < test_count(rows); i++) {
        len = healthcode_series_value(guard_text(0, rows[i].text), value,
                                      rows[i].max);
        test_row(len == strlen(rows[i].value)
                 && memcmp(value, rows[i].value, len) == 0, i, rows[i].text);
    }

    (void) state;
}


static void
test_refuses_names_that_nobody_wrote(void **state)
{
    static const struct {
        const char  *name;
        size_t       len;
    } rows[] = {
        { "", 0 }, { "r\x02" "a", 3 }, { "r\x01", 2 }, { "r\x01" "a\x05", 4 },
        { "r\x01" "a\xff" "b", 5 },
        { "r\1a\1b\1c\1d\1e\1f", 13 },
    };
    healthcode_series_t  series = { .n = 77 };

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(!healthcode_series_read(guard(0, rows[i].name, rows[i].len),
                                         &series), i, rows[i].name);
        test_row(series.n == 77, i, rows[i].name);
    }

    (void) state;
}


static void
test_reads_what_it_has_written(void **state)
{
    size_t               len;
    uint8_t              name[HEALTHCODE_COUNTERS_NAME];
    healthcode_series_t  read, series = {
        .what = HEALTHCODE_SERIES_REQUESTS, .n = 5,
        .values = { healthcode_str("door"), healthcode_str("a.example"),
                    healthcode_str("-"), healthcode_str(""),
                    healthcode_str("ok") }
    };

    len = healthcode_series_write(&series, name);
    assert_int_equal(len, 1 + 5 + 4 + 9 + 1 + 0 + 2);

    assert_true(healthcode_series_read(healthcode_str_from(name, len), &read));
    assert_int_equal(read.what, HEALTHCODE_SERIES_REQUESTS);
    assert_int_equal(read.n, 5);

    for (unsigned i = 0; i < 5; i++) {
        assert_true(healthcode_str_equal(read.values[i], series.values[i]));
    }

    (void) state;
}


/* The longest values fit, and with them every reason; one byte more: no. */
static void
test_fits_all_that_is_counted(void **state)
{
    uint8_t              name[HEALTHCODE_COUNTERS_NAME];
    static char          many[HEALTHCODE_COUNTERS_NAME];
    healthcode_series_t  series = {
        .what = HEALTHCODE_SERIES_REQUESTS, .n = 5,
        .values = { { (uint8_t *) many, HEALTHCODE_SERIES_GATE },
                    { (uint8_t *) many, HEALTHCODE_SERIES_SERVER },
                    { (uint8_t *) many, HEALTHCODE_SERIES_ISSUER },
                    { (uint8_t *) many, HEALTHCODE_SERIES_WORD },
                    { (uint8_t *) many, HEALTHCODE_SERIES_WORD } }
    };

    assert_true(healthcode_series_write(&series, name) != 0);

    for (int i = 0; i < HEALTHCODE_REASON_COUNT; i++) {
        assert_true(healthcode_reason_word((healthcode_reason_e) i).len
                    <= HEALTHCODE_SERIES_WORD);
    }

    series.n = 2;
    series.values[0].len = HEALTHCODE_SERIES_ISSUER;
    series.values[1].len = HEALTHCODE_SERIES_HALL;
    assert_true(healthcode_series_write(&series, name) != 0);

    series.n = 1;
    series.values[0].len = HEALTHCODE_COUNTERS_NAME - 2;
    assert_int_equal(healthcode_series_write(&series, name),
                     HEALTHCODE_COUNTERS_NAME);

    series.values[0].len++;
    assert_int_equal(healthcode_series_write(&series, name), 0);

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_makes_values_that_a_monitor_takes),
        cmocka_unit_test(test_refuses_names_that_nobody_wrote),
        cmocka_unit_test(test_reads_what_it_has_written),
        cmocka_unit_test(test_fits_all_that_is_counted),
    };

    return cmocka_run_group_tests_name("series", tests, NULL, NULL);
}
