/*
 * Tests of healthcode_holder.c against values of the openssl command:
 * printf 'national\0person-1' | openssl dgst -sha256 -mac HMAC
 * -macopt key:0123456789abcdef.  docs/redis-keys.md, "Holder".
 */

#include "test.h"

#include "../../ngx_http_healthcode_module/core/healthcode_holder.h"


#define PEPPER  "0123456789abcdef"


/* NULL: there is none. */
static healthcode_str_t
view(const char *text)
{
    return healthcode_str_from(text, text ? strlen(text) : 0);
}


static void
test_refuses_a_short_pepper(void **state)
{
    healthcode_pepper_t  *pepper;

    for (size_t len = 0; len < 20; len++) {
        pepper = healthcode_pepper_create(guard(0, "aaaaaaaaaaaaaaaaaaaaaaaa",
                                                len));
        assert_true((pepper != NULL) == (len >= 16));
        healthcode_pepper_free(pepper);
    }

    assert_null(healthcode_pepper_create((healthcode_str_t) { NULL, 0 }));
    healthcode_pepper_free(NULL);

    (void) state;
}


static void
test_knows_the_answers(void **state)
{
    static const struct {
        const char  *space, *kind, *sub, *hex;
    } rows[] = {
        { "national", NULL, "person-1", "47a32820104a14e01f5e15974b5cf3b6" },
        { "national", NULL, "", "0fd5739a50cff54bbad69c8ec10f3e67" },
        { "site", NULL, "person-1", "ddcf26a107dc75b0b13bf88daf205319" },
        { "", NULL, "person-1", "422ae6ff073b1028ed325e7cdec6e6ad" },
        { "national", "passport", "person-1",
          "85257dd1a134b3095987160065b4eb1d" },
        { "national:passport", NULL, "person-1",
          "85257dd1a134b3095987160065b4eb1d" },
        { "national", "", "person-1", "79ac26ee1c2975ac0126cf7f07c2b79f" },
    };
    char                  *check, hex[HEALTHCODE_HOLDER_HEX];
    uint8_t               *holder;
    healthcode_pepper_t   *pepper;

    pepper = healthcode_pepper_create(guard_text(0, PEPPER));
    assert_non_null(pepper);
    memset(guard_room(0, 16), 0, 16);

    /* twice, since the context is used again */
    for (size_t i = 0; i < 2 * test_count(rows); i++) {
        size_t  n = i % test_count(rows);

        holder = guard_room(2, HEALTHCODE_HOLDER_LEN);
        assert_true(healthcode_holder_derive(pepper,
                                             guard_text(0, rows[n].space),
                                             view(rows[n].kind),
                                             guard_text(1, rows[n].sub),
                                             holder));
        healthcode_holder_format(holder, hex);
        test_row(memcmp(hex, rows[n].hex, 32) == 0, i, rows[n].hex);
    }

    check = (char *) guard_room(2, HEALTHCODE_PEPPER_CHECK);
    assert_true(healthcode_pepper_check(pepper, check));
    assert_memory_equal(check, "39666bb05d87d8254e6b2233776bf348", 32);

    healthcode_pepper_free(pepper);

    (void) state;
}


static void
test_tells_holders_apart(void **state)
{
    static const struct {
        const char  *pepper, *space, *kind, *sub;
        size_t       sub_len;
    } rows[] = {
        { PEPPER, "national", NULL, "person-1", 8 },
        { PEPPER, "national", NULL, "person-2", 8 },
        { PEPPER, "national", NULL, "Person-1", 8 },
        { PEPPER, "national", NULL, "person-1\0", 9 },
        { PEPPER, "nationa", NULL, "lperson-1", 9 },
        { PEPPER, "nationalp", NULL, "erson-1", 7 },
        { PEPPER "!", "national", NULL, "person-1", 8 },
        { PEPPER "\n", "national", NULL, "person-1", 8 },
        { PEPPER, "national", "passport", "person-1", 8 },
        { PEPPER, "national", "passpor", "tperson-1", 9 },
        { PEPPER, "national", "permit", "person-1", 8 },
        { PEPPER, "nationalpassport", NULL, "person-1", 8 },
        { PEPPER, "site", "passport", "person-1", 8 },
        { PEPPER, "national", "", "person-1", 8 },
        { PEPPER, "national", "passport", "", 0 },
        { PEPPER, "", "passport", "person-1", 8 },
    };
    uint8_t  holders[test_count(rows)][HEALTHCODE_HOLDER_LEN];

    for (size_t i = 0; i < test_count(rows); i++) {
        healthcode_pepper_t  *pepper;

        pepper = healthcode_pepper_create(guard_text(0, rows[i].pepper));
        assert_true(healthcode_holder_derive(pepper,
                                guard_text(0, rows[i].space),
                                view(rows[i].kind),
                                guard(1, rows[i].sub, rows[i].sub_len),
                                holders[i]));
        healthcode_pepper_free(pepper);

        for (size_t j = 0; j < i; j++) {
            assert_memory_not_equal(holders[i], holders[j],
                                    HEALTHCODE_HOLDER_LEN);
        }
    }

    (void) state;
}


static void
test_refuses_digits_that_are_none(void **state)
{
    static const char  digits[] = "47a32820104a14e01f5e15974b5cf3b6"
                                  "47a32820104a14e01f5e15974b5cf3b6";
    char  text[HEALTHCODE_HOLDER_HEX + 1];

    for (size_t len = 0; len < sizeof(digits); len++) {
        test_row(healthcode_holder_parse(guard(0, digits, len),
                                         guard_room(1, HEALTHCODE_HOLDER_LEN))
                 == (len == HEALTHCODE_HOLDER_HEX), len, "digits");
    }

    assert_false(healthcode_holder_parse((healthcode_str_t) { NULL, 0 },
                                         guard_room(1,
                                                    HEALTHCODE_HOLDER_LEN)));

    for (size_t at = 0; at < HEALTHCODE_HOLDER_HEX; at++) {
        for (unsigned byte = 0; byte < 256; byte++) {
            memcpy(text, digits, HEALTHCODE_HOLDER_HEX);
            text[at] = (char) byte;
            test_row(healthcode_holder_parse(guard(0, text,
                                                   HEALTHCODE_HOLDER_HEX),
                                             guard_room(1,
                                                        HEALTHCODE_HOLDER_LEN))
                     == (byte && strchr("0123456789abcdef", (int) byte)),
                     byte, "as a digit");
        }
    }

    (void) state;
}


static void
test_reads_and_writes_digits(void **state)
{
    static const struct {
        const char  *hex;
        uint8_t      bytes[HEALTHCODE_HOLDER_LEN];
    } rows[] = {
        { "00000000000000000000000000000000", { 0 } },
        { "ffffffffffffffffffffffffffffffff",
          { 255, 255, 255, 255, 255, 255, 255, 255,
            255, 255, 255, 255, 255, 255, 255, 255 } },
        { "000102030405060708090a0b0c0d0e0f",
          { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 } },
        { "00102030405060708090a0b0c0d0e0f0",
          { 0, 16, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224,
            240 } },
        { "47a32820104a14e01f5e15974b5cf3b6",
          { 0x47, 0xa3, 0x28, 0x20, 0x10, 0x4a, 0x14, 0xe0,
            0x1f, 0x5e, 0x15, 0x97, 0x4b, 0x5c, 0xf3, 0xb6 } },
    };
    char     *hex;
    uint8_t  *bytes;

    for (size_t i = 0; i < test_count(rows); i++) {
        bytes = guard_room(1, HEALTHCODE_HOLDER_LEN);
        test_row(healthcode_holder_parse(guard_text(0, rows[i].hex), bytes), i,
                 rows[i].hex);
        assert_memory_equal(bytes, rows[i].bytes, HEALTHCODE_HOLDER_LEN);

        hex = (char *) guard_room(2, HEALTHCODE_HOLDER_HEX);
        healthcode_holder_format(guard(0, rows[i].bytes,
                                       HEALTHCODE_HOLDER_LEN).data, hex);
        assert_memory_equal(hex, rows[i].hex, HEALTHCODE_HOLDER_HEX);
    }

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_refuses_a_short_pepper),
        cmocka_unit_test(test_knows_the_answers),
        cmocka_unit_test(test_tells_holders_apart),
        cmocka_unit_test(test_refuses_digits_that_are_none),
        cmocka_unit_test(test_reads_and_writes_digits),
    };

    return cmocka_run_group_tests_name("holder", tests, NULL, NULL);
}
