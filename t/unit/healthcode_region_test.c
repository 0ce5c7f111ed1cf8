/*
 * Tests of healthcode_region.c: texts and numbers that are not a region; then
 * every region there is, to and fro, with libc's numbers for known answers.
 * docs/token-format.md, "Claims".
 */

#include "test.h"

#include "../../ngx_http_healthcode_module/core/healthcode_region.h"


/* Of 2, 4 and 6 digits. */
#define REGIONS  (100 + 10000 + 1000000)


/* Writes the digits of the region with this place among all of them. */
static void
write_digits(unsigned i, char *digits)
{
    if (i < 100) {
        sprintf(digits, "%02u", i);
    } else if (i < 10100) {
        sprintf(digits, "%04u", i - 100);
    } else {
        sprintf(digits, "%06u", i - 10100);
    }
}


static void
test_refuses_what_is_no_division_code(void **state)
{
    static const char  *const rows[] = {
        "", "5", "511", "51140", "5114022", "51140222", "510114510114",
        " ", "  ", "5 ", " 5", " 51", "51 ", "5 1", "51 14", "51 4", " 114",
        "511 ", "51 140", "5114 2", "51 402", "51140 ", " 11402", "51\t402",
        "51140\n", "51\r\n", "5\n", "5.", ".5", "5,14", "5a", "a5", "xx",
        "0x", "0x51", "1e", "1e05", "-5", "+5", "-114", "+51140", "/9", ":0",
        "/999", "9:00", "99999:", "/00000", "ab", "abcd", "abcdef", "1.0000",
        "\xc2\xb2", "\xd9\xa5\xd9\xa1", "\xef\xbc\x95\xef\xbc\x91",
        "51\xff\xff", "\xb5\xb1",
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(healthcode_region_parse(guard_text(0, rows[i])) == 0, i,
                 rows[i]);
    }

    assert_int_equal(healthcode_region_parse(guard(0, "51\0\0", 4)), 0);
    assert_int_equal(healthcode_region_parse(guard(0, "\0\0", 2)), 0);
    assert_int_equal(healthcode_region_parse(guard(0, "5114\0" "2", 6)), 0);
    assert_int_equal(healthcode_region_parse((healthcode_str_t) { NULL, 0 }),
                     0);
    (void) state;
}


static void
test_refuses_every_other_length(void **state)
{
    char  digits[301];

    memset(digits, '0', sizeof(digits));

    for (size_t len = 0; len < sizeof(digits); len++) {
        test_row((healthcode_region_parse(guard(0, digits, len)) != 0)
                 == (len == 2 || len == 4 || len == 6), len, "digits");
    }

    (void) state;
}


static void
test_refuses_every_other_byte(void **state)
{
    char  text[HEALTHCODE_REGION_LEN];

    for (size_t len = 2; len <= HEALTHCODE_REGION_LEN; len += 2) {
        for (size_t at = 0; at < len; at++) {
            for (unsigned byte = 0; byte < 256; byte++) {
                memcpy(text, "511402", HEALTHCODE_REGION_LEN);
                text[at] = (char) byte;
                test_row((healthcode_region_parse(guard(0, text, len)) != 0)
                         == (byte >= '0' && byte <= '9'), byte, "as a digit");
            }
        }
    }

    (void) state;
}


static void
test_reads_and_writes_digits(void **state)
{
    static const struct {
        const char           *text;
        healthcode_region_t   region;
    } rows[] = {
        { "00", 100 }, { "01", 101 }, { "10", 110 }, { "51", 151 },
        { "99", 199 },
        { "0000", 10000 }, { "0001", 10001 }, { "0051", 10051 },
        { "5100", 15100 }, { "5101", 15101 }, { "9999", 19999 },
        { "000000", 1000000 }, { "000001", 1000001 }, { "000051", 1000051 },
        { "005100", 1005100 }, { "510000", 1510000 }, { "510114", 1510114 },
        { "511402", 1511402 }, { "999999", 1999999 },
    };
    char    *text;
    size_t   len;

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(healthcode_region_parse(guard_text(0, rows[i].text))
                 == rows[i].region, i, rows[i].text);
        test_row(healthcode_region_is_sound(rows[i].region), i, rows[i].text);

        text = (char *) guard_room(1, strlen(rows[i].text));
        len = healthcode_region_format(rows[i].region, text);
        test_str_equal(healthcode_str_from(text, len), rows[i].text);
    }

    (void) state;
}


/* By libc's reading of the same digits with a 1 before them. */
static void
test_reads_and_writes_every_region(void **state)
{
    char                  digits[16], *text;
    size_t                len;
    healthcode_region_t   region;

    for (unsigned i = 0; i < REGIONS; i++) {
        digits[0] = '1';
        write_digits(i, digits + 1);
        region = healthcode_region_parse(guard_text(0, digits + 1));
        assert_int_equal(region, strtoul(digits, NULL, 10));

        text = (char *) guard_room(1, strlen(digits + 1));
        len = healthcode_region_format(region, text);
        test_str_equal(healthcode_str_from(text, len), digits + 1);
    }

    (void) state;
}


/* The loop that all do, by the digits themselves. */
static void
test_has_its_prefixes_in_the_hundreds(void **state)
{
    char                 digits[8];
    size_t               len;
    healthcode_region_t  code;

    for (unsigned i = 0; i < REGIONS; i++) {
        write_digits(i, digits);
        len = strlen(digits);

        for (code = healthcode_region_parse(healthcode_str_from(digits, len));
             code >= 100;
             code /= 100, len -= 2)
        {
            assert_int_equal(code, healthcode_region_parse(
                                       healthcode_str_from(digits, len)));
        }

        assert_int_equal(len, 0);
    }

    (void) state;
}


/* Of all that three bytes can hold, and of what they cannot. */
static void
test_tells_a_number_that_is_none(void **state)
{
    char         digits[8];
    static bool  sound[1 << 24];

    static const healthcode_region_t  rows[] = {
        1 << 24, (1 << 24) + 151, (1 << 24) + 1511402, 100000000, 199999999,
        INT32_MAX, UINT32_C(0x80000097), UINT32_MAX - 1, UINT32_MAX
    };

    for (unsigned i = 0; i < REGIONS; i++) {
        write_digits(i, digits);
        sound[healthcode_region_parse(guard_text(0, digits))] = true;
    }

    assert_false(sound[0]);

    for (uint32_t number = 0; number < 1 << 24; number++) {
        test_row(healthcode_region_is_sound(number) == sound[number], number,
                 "as a region");
    }

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(!healthcode_region_is_sound(rows[i]), rows[i], "as a region");
    }

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_refuses_what_is_no_division_code),
        cmocka_unit_test(test_refuses_every_other_length),
        cmocka_unit_test(test_refuses_every_other_byte),
        cmocka_unit_test(test_reads_and_writes_digits),
        cmocka_unit_test(test_reads_and_writes_every_region),
        cmocka_unit_test(test_has_its_prefixes_in_the_hundreds),
        cmocka_unit_test(test_tells_a_number_that_is_none),
    };

    return cmocka_run_group_tests_name("region", tests, NULL, NULL);
}
