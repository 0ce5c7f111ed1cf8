/*
 * Tests of healthcode_sink.c: room that ends before the text does; then
 * numbers.  docs/monitoring/metrics.md.
 */

#include "test.h"

#include "../../ngx_http_healthcode_module/core/healthcode_sink.h"


static void
test_writes_what_fits(void **state)
{
    uint8_t            room[16];
    static const char  whole[] = "ab\"c\n42" "0.000001";
    healthcode_sink_t  sink;

    for (size_t size = 0; size <= sizeof(room); size++) {
        memset(room, '-', sizeof(room));
        sink = (healthcode_sink_t) { size ? room : NULL, 0, size };

        healthcode_sink_byte(&sink, 'a');
        healthcode_sink_bytes(&sink, guard_text(0, "b\"c"));
        healthcode_sink_bytes(&sink, healthcode_str_from(NULL, 0));
        healthcode_sink_string(&sink, "\n");
        healthcode_sink_number(&sink, 42);
        healthcode_sink_seconds(&sink, 1);

        test_row(sink.len == strlen(whole), size, "the whole length");

        for (size_t i = 0; i < sizeof(room); i++) {
            test_row(room[i] == (i < size && i < strlen(whole) ? whole[i]
                                                               : '-'),
                     i, "what fits, and nothing behind it");
        }
    }

    (void) state;
}


static void
test_writes_numbers(void **state)
{
    static const struct {
        uint64_t     number;
        const char  *text, *seconds;
    } rows[] = {
        { 0, "0", "0.000000" },
        { 9, "9", "0.000009" },
        { 10, "10", "0.000010" },
        { 999999, "999999", "0.999999" },
        { 1000000, "1000000", "1.000000" },
        { 61000042, "61000042", "61.000042" },
        { UINT64_MAX, "18446744073709551615", "18446744073709.551615" },
    };
    uint8_t            room[32];
    healthcode_sink_t  sink;

    for (size_t i = 0; i < test_count(rows); i++) {
        sink = (healthcode_sink_t) { room, 0, sizeof(room) };
        healthcode_sink_number(&sink, rows[i].number);
        test_str_equal(healthcode_str_from(room, sink.len), rows[i].text);

        sink.len = 0;
        healthcode_sink_seconds(&sink, rows[i].number);
        test_str_equal(healthcode_str_from(room, sink.len), rows[i].seconds);
    }

    (void) state;
}


static void
test_writes_a_sign(void **state)
{
    static const struct {
        int64_t      ms;
        const char  *text;
    } rows[] = {
        { 0, "0.000" },
        { 1, "0.001" },
        { -1, "-0.001" },
        { 61250, "61.250" },
        { -61250, "-61.250" },
        { INT64_MAX, "9223372036854775.807" },
        { INT64_MIN, "-9223372036854775.808" },
    };
    uint8_t            room[32];
    healthcode_sink_t  sink;

    for (size_t i = 0; i < test_count(rows); i++) {
        sink = (healthcode_sink_t) { room, 0, sizeof(room) };
        healthcode_sink_milliseconds(&sink, rows[i].ms);
        test_str_equal(healthcode_str_from(room, sink.len), rows[i].text);
    }

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_writes_what_fits),
        cmocka_unit_test(test_writes_numbers),
        cmocka_unit_test(test_writes_a_sign),
    };

    return cmocka_run_group_tests_name("sink", tests, NULL, NULL);
}
