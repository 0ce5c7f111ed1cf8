/*
 * Tests of healthcode_hall.c: known answers of the openssl command, and that
 * nothing is named like something else.  docs/redis-keys.md,
 * "healthcode:hall".
 */

#include "test.h"

#include "../../ngx_http_healthcode_module/core/healthcode_hall.h"


#define PEPPER  "a pepper for this example"
#define ISS     "https://national.example"


static healthcode_pepper_t  *pepper;


static void
check(const uint8_t *digest, const char *hex)
{
    char  digits[HEALTHCODE_HOLDER_HEX];

    healthcode_holder_format(digest, digits);

    if (memcmp(digits, hex, sizeof(digits)) != 0) {
        print_error("%.32s is not %s\n", digits, hex);
        fail();
    }
}


static int
begin(void **state)
{
    pepper = healthcode_pepper_create(guard_text(0, PEPPER));
    (void) state;

    return pepper == NULL;
}


static int
end(void **state)
{
    healthcode_pepper_free(pepper);
    (void) state;

    return 0;
}


static void
test_knows_the_answers(void **state)
{
    static const struct {
        const char  *lane, *nonce, *hex;
    } rows[] = {
        { "lane-1", "n", "f5f5009473d09052f6ccf8c7fbf20f3b" },
        { "", "", "d87160c18d2ddcf3704ddd5bfb22cf15" },
        { "lane", "-1n", "4101e9ec1f0aef51adfa262007ce698c" },
        { "lane-1", "", "864a4d86489951999bd2d1b059ce1b09" },
    };
    uint8_t           *digest, code[HEALTHCODE_HOLDER_LEN];
    healthcode_str_t   none = { NULL, 0 };

    digest = guard_room(2, HEALTHCODE_HOLDER_LEN);

    assert_true(healthcode_hall_name(pepper, guard_text(0, "gate-7"), digest));
    check(digest, "255e3ecae221ff6f5b4b84ba390dd8b6");

    assert_true(healthcode_hall_name(pepper, guard_text(0, ""), digest));
    check(digest, "9a1102a498b86ab4cb817ac497c6a7e2");

    assert_true(healthcode_hall_code(pepper, guard_text(0, "a.b"),
                                     guard_text(1, ISS), none, digest));
    check(digest, "163f487708023ada2122d5fc3493a5e0");

    assert_true(healthcode_hall_code(pepper, guard_text(0, "a.b"),
                                     guard_text(1, ISS),
                                     guard_text(3, "7c1e"), digest));
    check(digest, "5397f5972c700277d7eeefbc1e7fa30c");

    memcpy(code, digest, sizeof(code));

    for (size_t i = 0; i < test_count(rows); i++) {
        assert_true(healthcode_hall_passage(pepper, code,
                                            guard_text(0, rows[i].lane),
                                            guard_text(1, rows[i].nonce),
                                            digest));
        check(digest, rows[i].hex);
    }

    (void) state;
}


/* The same text as each of them, and as a holder and another code. */
static void
test_tells_kinds_apart(void **state)
{
    static const uint8_t  code[HEALTHCODE_HOLDER_LEN] = "0123456789abcde";
    uint8_t               of[8][HEALTHCODE_HOLDER_LEN];
    healthcode_str_t      none = { NULL, 0 }, x = guard_text(0, "x"),
                          empty = guard_text(1, "");

    assert_true(healthcode_hall_name(pepper, x, of[0]));
    assert_true(healthcode_hall_code(pepper, x, x, none, of[1]));
    assert_true(healthcode_hall_code(pepper, x, x, x, of[2]));
    assert_true(healthcode_hall_passage(pepper, code, x, empty, of[3]));
    assert_true(healthcode_hall_passage(pepper, code, empty, x, of[4]));
    assert_true(healthcode_holder_derive(pepper, x, none, x, of[5]));
    assert_true(healthcode_hall_code(pepper, x, x, empty, of[6]));
    assert_true(healthcode_hall_passage(pepper, of[1], x, empty, of[7]));

    for (size_t i = 0; i < 8; i++) {
        for (size_t k = 0; k < i; k++) {
            test_row(memcmp(of[i], of[k], sizeof(of[i])) != 0, i, "alike");
        }
    }

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_knows_the_answers),
        cmocka_unit_test(test_tells_kinds_apart),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
