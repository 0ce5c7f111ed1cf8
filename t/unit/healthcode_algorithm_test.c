/*
 * Tests of healthcode_algorithm.c: which names are algorithms, and what the
 * rows of the table promise to their readers.  Knows no keys.
 * docs/token-format.md, "Algorithms".
 */

#include "test.h"

#include "../../ngx_http_healthcode_module/core/healthcode_algorithm.h"


static void
test_refuses_what_is_no_algorithm(void **state)
{
    static const char  *const rows[] = {
        "", "none", "None", "NONE", "nOnE", "hs256", "HS256 ", " HS256",
        "HS25", "HS2566", "HS1", "ES256K", "es256", "EDDSA", "Ed25519ph",
        "RS256\n", "A256KW", "dir", "HS256,ES256", "ES256/HS256",
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(healthcode_algorithm_find(guard_text(0, rows[i])) == NULL, i,
                 rows[i]);
    }

    assert_null(healthcode_algorithm_find(healthcode_str("HS256\0")));
    assert_null(healthcode_algorithm_find((healthcode_str_t) { NULL, 0 }));

    (void) state;
}


static void
test_finds_every_row_by_its_name(void **state)
{
    size_t                         i;
    unsigned                       seen = 0;
    const healthcode_algorithm_t  *row;

    for (i = 0; (row = healthcode_algorithm_at(i)) != NULL; i++) {
        assert_ptr_equal(healthcode_algorithm_find(guard_text(0, row->name)),
                         row);
        assert_false(seen & healthcode_algorithm_bit(row));
        seen |= healthcode_algorithm_bit(row);
    }

    assert_int_equal(i, HEALTHCODE_ALGORITHM_COUNT);
    assert_null(healthcode_algorithm_at(i));
    assert_null(healthcode_algorithm_at(SIZE_MAX));

    assert_non_null(healthcode_algorithm_find(healthcode_str("HS256")));
    assert_non_null(healthcode_algorithm_find(healthcode_str("ES256")));
    assert_non_null(healthcode_algorithm_find(healthcode_str("EdDSA")));

    (void) state;
}


/* RFC 7518 section 3.2: a secret is at least as long as the hash. */
static void
test_rows_are_whole(void **state)
{
    const healthcode_algorithm_t  *row;

    for (size_t i = 0; (row = healthcode_algorithm_at(i)) != NULL; i++) {
        assert_non_null(row->kty);
        assert_non_null(row->type);

        if (strcmp(row->kty, "RSA") == 0) {
            assert_int_equal(row->part_len, 0);
            assert_non_null(row->digest);
            continue;
        }

        assert_true(row->part_len >= 32);

        if (row->family == HEALTHCODE_ALGORITHM_HMAC) {
            assert_null(row->group);
            assert_non_null(row->digest);
            assert_true(row->secret_min >= row->part_len);
        } else {
            assert_true(row->group || row->digest == NULL);
            assert_non_null(row->crv);
        }
    }

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_refuses_what_is_no_algorithm),
        cmocka_unit_test(test_finds_every_row_by_its_name),
        cmocka_unit_test(test_rows_are_whole),
    };

    return cmocka_run_group_tests_name("algorithm", tests, NULL, NULL);
}
