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

    /* RFC 9864: two names of one */
    assert_non_null(healthcode_algorithm_find(healthcode_str("EdDSA")));
    assert_ptr_equal(healthcode_algorithm_find(healthcode_str("Ed25519")),
                     healthcode_algorithm_find(healthcode_str("EdDSA")));

    (void) state;
}


static const healthcode_algorithm_t *
row_of(const char *name)
{
    return healthcode_algorithm_find(healthcode_str_from(name, strlen(name)));
}


/* What an issuer may call its algorithms, and which it may use. */
static void
test_finds_in_a_set_what_is_in_it(void **state)
{
    static const struct {
        const char  *name, *found;   /* NULL: nothing */
    } rows[] = {
        { "", NULL }, { "none", NULL }, { "a", NULL }, { "AA", NULL },
        { "A ", NULL },
        { "RS256", NULL },      /* of the table, but not of the set */
        { "B", NULL },          /* so is what this alias stands for */
        { "HS256", NULL },      /* an alias gives it no other meaning */
        { "A", "ES256" }, { "ES256", "ES256" }, { "EdDSA", "EdDSA" },
        { "Ed25519", "EdDSA" }, { "C", "EdDSA" },
    };
    const healthcode_algorithm_t  *found;
    healthcode_algorithm_alias_t   aliases[] = {
        { healthcode_str("A"), row_of("ES256") },
        { healthcode_str("A"), row_of("EdDSA") },
        { healthcode_str("B"), row_of("RS256") },
        { healthcode_str("HS256"), row_of("ES256") },
        { healthcode_str("C"), row_of("EdDSA") },
    };
    healthcode_algorithm_set_t     set = {
        .bits = healthcode_algorithm_bit(row_of("ES256"))
                | healthcode_algorithm_bit(row_of("EdDSA")),
        .aliases = aliases,
        .naliases = test_count(aliases),
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        found = healthcode_algorithm_set_find(&set,
                                              guard_text(0, rows[i].name));
        test_row(found == (rows[i].found ? row_of(rows[i].found) : NULL), i,
                 rows[i].name);
    }

    set.naliases = 0;
    assert_null(healthcode_algorithm_set_find(&set, healthcode_str("A")));

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

        if (row->family == &healthcode_family_hmac) {
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
        cmocka_unit_test(test_finds_in_a_set_what_is_in_it),
        cmocka_unit_test(test_rows_are_whole),
    };

    return cmocka_run_group_tests_name("algorithm", tests, NULL, NULL);
}
