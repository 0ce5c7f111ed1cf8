/*
 * Tests of healthcode_temperature.c: what is a reading, what several values
 * come to, and the limit.  Knows no place where values stand.
 * docs/directives.md, "healthcode_temperature".
 */

#include "test.h"

#include "../../ngx_http_healthcode_module/core/healthcode_temperature.h"


#define MISSING  HEALTHCODE_REASON_TEMPERATURE_MISSING
#define HIGH     HEALTHCODE_REASON_TEMPERATURE
#define OK       HEALTHCODE_REASON_OK


static void
test_refuses_what_is_not_a_reading(void **state)
{
    static const char *const  texts[] = {
        "", "3", "36.", "36,", ".36", "36.55", "036.5", "+36", "-36", "-6.5",
        "36 5", "36;5", "36:5", "36..5", "3.65", "36.a", "a6.5", "3a.5",
        " 36.5", "36.5 ", " 36", "36 ", "36.5C", "36C", "96.8", "98.6", "29.9",
        "29", "45.1", "46", "00", "00.0", "99", "99.9", "365", "3e1", "0x24",
        "NaN", "high", "36/5", "\xd9\xa3\xd9\xa6", "36\xef\xbc\x8e" "5"
    };
    unsigned  tenths;

    for (size_t i = 0; i < test_count(texts); i++) {
        tenths = 7;
        test_row(!healthcode_temperature_read(guard_text(0, texts[i]), &tenths),
                 i, texts[i]);
        assert_int_equal(tenths, 7);
    }

    /* a NUL ends nothing */
    assert_false(healthcode_temperature_read(guard(0, "36\0" "5", 4),
                                             &tenths));
    assert_false(healthcode_temperature_read(guard(0, "36.5\0", 5), &tenths));
    assert_false(healthcode_temperature_read(healthcode_str_from(NULL, 0),
                                             &tenths));

    (void) state;
}


static void
test_reads_tenths_of_a_degree(void **state)
{
    static const struct {
        const char  *text;
        unsigned     tenths;
    } rows[] = {
        { "30", 300 },
        { "30.0", 300 },
        { "36", 360 },
        { "36.5", 365 },
        { "36,5", 365 },
        { "37.3", 373 },
        { "39.9", 399 },
        { "40", 400 },
        { "45", 450 },
        { "45.0", 450 },
        { "45,0", 450 },
    };
    unsigned  tenths;

    for (size_t i = 0; i < test_count(rows); i++) {
        tenths = 0;
        test_row(healthcode_temperature_read(guard_text(0, rows[i].text),
                                             &tenths), i, rows[i].text);
        assert_int_equal(tenths, rows[i].tenths);
    }

    (void) state;
}


static void
test_takes_one_reading_of_all_values(void **state)
{
    static const struct {
        const char           *values[3];
        healthcode_reason_e   reason;     /* with a limit of 37.3 */
    } rows[] = {
        { { NULL }, MISSING },
        { { "" }, MISSING },
        { { "high" }, MISSING },
        { { "36.5" }, OK },
        { { "37.3" }, OK },
        { { "37.4" }, HIGH },
        { { "38" }, HIGH },
        { { "36.5", "36.5" }, OK },
        { { "36.5", "36,5" }, OK },
        { { "36", "36.0", "36,0" }, OK },
        { { "38", "38.0" }, HIGH },
        { { "36.5", "36.6" }, MISSING },
        { { "36.5", "39.5" }, MISSING },
        { { "39.5", "36.5" }, MISSING },
        { { "36.5", "" }, MISSING },
        { { "", "36.5" }, MISSING },
        { { "x", "36.5" }, MISSING },
        { { "36.5", "x" }, MISSING },
        { { "36.5", "36.6", "36.5" }, MISSING },
        { { "x", "x", "36.5" }, MISSING },
        { { "36.5", "x", "36.5" }, MISSING },
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        size_t                    n = 0;
        healthcode_temperature_t  shown = { 0, false };

        for ( /* void */ ; n < 3 && rows[i].values[n]; n++) {
            healthcode_temperature_add(&shown,
                                       guard_text(0, rows[i].values[n]));
        }

        test_row(shown.is_shown == (n > 0), i, "is_shown");
        test_row(healthcode_temperature_judge(&shown, 373) == rows[i].reason,
                 i, rows[i].values[0] ? rows[i].values[0] : "none");
    }

    (void) state;
}


static void
test_reads_json_as_it_is_written(void **state)
{
    static const struct {
        const char           *text;
        bool                  is_shown;
        healthcode_reason_e   reason;     /* with a limit of 37.3 */
    } rows[] = {
        /* of JSON that can be read in several ways there is no reading */
        { "{\"t\":36.5,\"t\":36.5}", true, MISSING },
        { "{\"t\":36.5,\"\\u0074\":39}", true, MISSING },
        { "{\"t\":36.5,\"a\":{\"b\":1,\"b\":1}}", true, MISSING },
        { "{\"t\":\"36.5\\u0000\"}", true, MISSING },
        /* what is not a reading */
        { "{\"t\":36.50}", true, MISSING },
        { "{\"t\":36.50000000000000001}", true, MISSING },
        { "{\"t\":3.65e1}", true, MISSING },
        { "{\"t\":-36.5}", true, MISSING },
        { "{\"t\":1e999}", true, MISSING },
        { "{\"t\":98.6}", true, MISSING },
        { "{\"t\":\" 36.5\"}", true, MISSING },
        { "{\"t\":\"high\"}", true, MISSING },
        { "{\"t\":true}", true, MISSING },
        { "{\"t\":[36.5]}", true, MISSING },
        { "{\"t\":{\"t\":36.5}}", true, MISSING },
        { "{\"t\":{}}", true, MISSING },
        /* what shows none */
        { "", false, MISSING },
        { "t=36.5", false, MISSING },
        { "36.5", false, MISSING },
        { "[36.5]", false, MISSING },
        { "{\"t\":36,5}", false, MISSING },
        { "{\"t\":036.5}", false, MISSING },
        { "{\"t\":36.}", false, MISSING },
        { "{\"t\":NaN}", false, MISSING },
        { "{\"t\":36.5", false, MISSING },
        { "{\"t\":36.5}}", false, MISSING },
        { "{}", false, MISSING },
        { "{\"T\":36.5}", false, MISSING },
        { "{\"a\":{\"t\":36.5}}", false, MISSING },
        { "{\"t\":null}", false, MISSING },
        { "{\"t\":\"\"}", false, MISSING },
        /* readings */
        { "{\"t\":36.5}", true, OK },
        { "{\"t\":\"36.5\"}", true, OK },
        { "{\"t\":\"36,5\"}", true, OK },
        { "{\"t\":\"36\\u002c5\"}", true, OK },
        { "{\"\\u0074\":36}", true, OK },
        { " { \"a\" : 1e999 , \"t\" : 37.3 } \n", true, OK },
        { "{\"t\":37.4}", true, HIGH },
        { "{\"t\":\"37,4\"}", true, HIGH },
        { "{\"t\":39}", true, HIGH },
    };
    void    *memory;
    size_t   size;

    for (size_t i = 0; i < test_count(rows); i++) {
        healthcode_temperature_t  shown = { 0, false };

        size = healthcode_json_memory(strlen(rows[i].text));
        memory = malloc(size);
        assert_non_null(memory);

        healthcode_temperature_add_json(&shown, healthcode_str("/t"),
                                        guard_text(0, rows[i].text), memory,
                                        size);
        free(memory);

        test_row(shown.is_shown == rows[i].is_shown, i, rows[i].text);
        test_row(healthcode_temperature_judge(&shown, 373) == rows[i].reason,
                 i, rows[i].text);
    }

    (void) state;
}


static void
test_has_a_limit_that_passes(void **state)
{
    static const struct {
        unsigned             tenths, max;
        healthcode_reason_e  reason;
    } rows[] = {
        { 300, 300, OK },
        { 301, 300, HIGH },
        { 372, 373, OK },
        { 373, 373, OK },
        { 374, 373, HIGH },
        { 374, 380, OK },
        { 450, 450, OK },
        { 450, 449, HIGH },
        { 0, 450, MISSING },
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        healthcode_temperature_t  shown = { rows[i].tenths, true };

        test_row(healthcode_temperature_judge(&shown, rows[i].max)
                 == rows[i].reason, i, "limit");
    }

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_refuses_what_is_not_a_reading),
        cmocka_unit_test(test_reads_tenths_of_a_degree),
        cmocka_unit_test(test_takes_one_reading_of_all_values),
        cmocka_unit_test(test_reads_json_as_it_is_written),
        cmocka_unit_test(test_has_a_limit_that_passes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
