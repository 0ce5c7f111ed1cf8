/*
 * Tests of healthcode_revocation.c against values of the openssl command:
 * printf '\0text\0eyJh.eyJi' | openssl dgst -sha256 -mac HMAC
 * -macopt key:0123456789abcdef.  docs/redis-keys.md, "Revoked codes".
 */

#include "test.h"

#include "../../ngx_http_healthcode_module/core/healthcode_revocation.h"


#define PEPPER  "0123456789abcdef"
#define ISS     "https://i.example"
#define TEXT    "015add030a0d6990ee4a1920ecbc5197"      /* of eyJh.eyJi */
#define JTI     "d92a8b087d248a1badd3840b35ea1e9a"      /* of ISS, code-1 */


static void
test_tells_revocations_from_flags(void **state)
{
    static const struct {
        const char               *field;
        healthcode_revocation_e   kind;
    } rows[] = {
        { "before", HEALTHCODE_REVOCATION_IS_BEFORE },
        { "before:", HEALTHCODE_REVOCATION_IS_FLAG },
        { "before:" ISS, HEALTHCODE_REVOCATION_IS_FLAG },
        { "Before", HEALTHCODE_REVOCATION_IS_FLAG },
        { "befor", HEALTHCODE_REVOCATION_IS_FLAG },
        { "before ", HEALTHCODE_REVOCATION_IS_FLAG },
        { "code:" TEXT, HEALTHCODE_REVOCATION_IS_CODE },
        { "code:", HEALTHCODE_REVOCATION_IS_CODE },
        { "code:x", HEALTHCODE_REVOCATION_IS_CODE },
        { "code", HEALTHCODE_REVOCATION_IS_FLAG },
        { "Code:" TEXT, HEALTHCODE_REVOCATION_IS_FLAG },
        { "codes", HEALTHCODE_REVOCATION_IS_FLAG },
        { "", HEALTHCODE_REVOCATION_IS_FLAG },
        { "confirmed", HEALTHCODE_REVOCATION_IS_FLAG },
        { "revoked", HEALTHCODE_REVOCATION_IS_FLAG },
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(healthcode_revocation_kind(guard_text(0, rows[i].field))
                 == rows[i].kind, i, rows[i].field);
    }

    assert_int_equal(healthcode_revocation_kind((healthcode_str_t) { NULL, 0 }),
                     HEALTHCODE_REVOCATION_IS_FLAG);
    assert_int_equal(healthcode_revocation_kind(guard(0, "before\0", 7)),
                     HEALTHCODE_REVOCATION_IS_FLAG);

    (void) state;
}


static void
test_knows_the_answers(void **state)
{
    char                  *field;
    uint8_t               *digest;
    healthcode_pepper_t   *pepper;

    pepper = healthcode_pepper_create(guard_text(0, PEPPER));
    assert_non_null(pepper);

    digest = guard_room(2, HEALTHCODE_HOLDER_LEN);
    assert_true(healthcode_revocation_text(pepper, guard_text(0, "eyJh.eyJi"),
                                           digest));
    field = (char *) guard_room(3, HEALTHCODE_REVOCATION_FIELD);
    healthcode_revocation_field(digest, field);
    assert_memory_equal(field, "code:" TEXT, HEALTHCODE_REVOCATION_FIELD);

    assert_true(healthcode_revocation_text(pepper, guard_text(0, ""), digest));
    healthcode_revocation_field(digest, field);
    assert_memory_equal(field, "code:2ca5ded07ea09501c5501d2811dd098d",
                        HEALTHCODE_REVOCATION_FIELD);

    assert_true(healthcode_revocation_jti(pepper, guard_text(0, ISS),
                                          guard_text(1, "code-1"), digest));
    healthcode_revocation_field(digest, field);
    assert_memory_equal(field, "code:" JTI, HEALTHCODE_REVOCATION_FIELD);

    assert_true(healthcode_revocation_jti(pepper, guard_text(0, ISS),
                                          guard_text(1, ""), digest));
    healthcode_revocation_field(digest, field);
    assert_memory_equal(field, "code:44b7e0bf049f3ca6224b835c1a2c93ff",
                        HEALTHCODE_REVOCATION_FIELD);

    healthcode_pepper_free(pepper);

    (void) state;
}


/* Neither a code of another issuer nor one whose parts join alike. */
static void
test_tells_codes_apart(void **state)
{
    static const struct {
        const char  *pepper, *iss, *jti;       /* jti NULL: iss is the text */
    } rows[] = {
        { PEPPER, ISS, "code-1" }, { PEPPER, ISS, "code-2" },
        { PEPPER, ISS, "Code-1" }, { PEPPER, ISS "c", "ode-1" },
        { PEPPER, ISS "/", "code-1" }, { PEPPER, ISS, "" },
        { PEPPER, ISS "code-1", "" }, { PEPPER, "", ISS "code-1" },
        { PEPPER "!", ISS, "code-1" },
        { PEPPER, ISS, NULL }, { PEPPER, ISS "code-1", NULL },
        { PEPPER, "jti", NULL }, { PEPPER, "", NULL },
    };
    uint8_t  digests[test_count(rows)][HEALTHCODE_HOLDER_LEN];

    for (size_t i = 0; i < test_count(rows); i++) {
        healthcode_pepper_t  *pepper;

        pepper = healthcode_pepper_create(guard_text(0, rows[i].pepper));

        if (rows[i].jti) {
            assert_true(healthcode_revocation_jti(pepper,
                                                  guard_text(0, rows[i].iss),
                                                  guard_text(1, rows[i].jti),
                                                  digests[i]));
        } else {
            assert_true(healthcode_revocation_text(pepper,
                                                   guard_text(0, rows[i].iss),
                                                   digests[i]));
        }

        healthcode_pepper_free(pepper);

        for (size_t j = 0; j < i; j++) {
            assert_memory_not_equal(digests[i], digests[j],
                                    HEALTHCODE_HOLDER_LEN);
        }
    }

    (void) state;
}


static void
test_either_digest_names_a_code(void **state)
{
    static const struct {
        const char  *field;
        bool         with_jti, without;
    } rows[] = {
        { "code:" TEXT, true, true },
        { "code:" JTI, true, false },
        /* of another code */
        { "code:2ca5ded07ea09501c5501d2811dd098d", false, false },
        { "code:44b7e0bf049f3ca6224b835c1a2c93ff", false, false },
        { "code:015add030a0d6990ee4a1920ecbc5198", false, false },
        { "code:00000000000000000000000000000000", false, false },
        { "code:a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5", false, false },
        /* of nobody can tell which */
        { "code:", true, true }, { "code:0", true, true },
        { "code:2ca5ded07ea09501c5501d2811dd098", true, true },
        { "code:2ca5ded07ea09501c5501d2811dd098d0", true, true },
        { "code:2CA5DED07EA09501C5501D2811DD098D", true, true },
        { "code: 2ca5ded07ea09501c5501d2811dd098", true, true },
        { "code:2ca5ded07ea09501c5501d2811dd098g", true, true },
    };
    healthcode_pepper_t            *pepper;
    healthcode_revocation_names_t   with, without;

    memset(&with, 0xa5, sizeof(with));
    memset(&without, 0xa5, sizeof(without));

    pepper = healthcode_pepper_create(guard_text(0, PEPPER));
    assert_true(healthcode_revocation_names(pepper, guard_text(0, "eyJh.eyJi"),
                                            guard_text(1, ISS),
                                            guard_text(2, "code-1"), &with));
    assert_true(healthcode_revocation_names(pepper, guard_text(0, "eyJh.eyJi"),
                                            guard_text(1, ISS),
                                            (healthcode_str_t) { NULL, 0 },
                                            &without));
    healthcode_pepper_free(pepper);

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(healthcode_revocation_is_of(guard_text(0, rows[i].field),
                                             &with)
                 == rows[i].with_jti, i, rows[i].field);
        test_row(healthcode_revocation_is_of(guard_text(0, rows[i].field),
                                             &without)
                 == rows[i].without, i, rows[i].field);
        test_row(healthcode_revocation_is_of(guard_text(0, rows[i].field),
                                             NULL), i, rows[i].field);
    }

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_tells_revocations_from_flags),
        cmocka_unit_test(test_knows_the_answers),
        cmocka_unit_test(test_tells_codes_apart),
        cmocka_unit_test(test_either_digest_names_a_code),
    };

    return cmocka_run_group_tests_name("revocation", tests, NULL, NULL);
}
