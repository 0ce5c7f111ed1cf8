/*
 * Tests of healthcode_reason.c: each reason's word and status, and what lies
 * outside the enumeration.  Knows no stage.
 * docs/request-path.md, "Reasons".
 */

#include "test.h"

#include "../../ngx_http_healthcode_module/core/healthcode_reason.h"


static const struct {
    healthcode_reason_e  reason;
    const char          *word;
    unsigned             status;
    healthcode_class_e   class;
} rows[] = {
    { HEALTHCODE_REASON_FAULT, "fault", 500,
      HEALTHCODE_CLASS_FAULT },
    { HEALTHCODE_REASON_OK, "ok", 200,
      HEALTHCODE_CLASS_OK },
    { HEALTHCODE_REASON_MISSING, "missing", 401,
      HEALTHCODE_CLASS_REQUEST },
    { HEALTHCODE_REASON_AMBIGUOUS, "ambiguous", 400,
      HEALTHCODE_CLASS_REQUEST },
    { HEALTHCODE_REASON_MALFORMED, "malformed", 401,
      HEALTHCODE_CLASS_CODE },
    { HEALTHCODE_REASON_UNSUPPORTED, "unsupported", 401,
      HEALTHCODE_CLASS_CODE },
    { HEALTHCODE_REASON_ISSUER, "issuer", 401,
      HEALTHCODE_CLASS_CODE },
    { HEALTHCODE_REASON_TYPE, "type", 401,
      HEALTHCODE_CLASS_CODE },
    { HEALTHCODE_REASON_ALGORITHM, "algorithm", 401,
      HEALTHCODE_CLASS_CODE },
    { HEALTHCODE_REASON_KEY, "key", 401,
      HEALTHCODE_CLASS_CODE },
    { HEALTHCODE_REASON_SIGNATURE, "signature", 401,
      HEALTHCODE_CLASS_CODE },
    { HEALTHCODE_REASON_ISSUER_NOT_YET, "issuer_not_yet", 401,
      HEALTHCODE_CLASS_CODE },
    { HEALTHCODE_REASON_ISSUER_SUNSET, "issuer_sunset", 401,
      HEALTHCODE_CLASS_CODE },
    { HEALTHCODE_REASON_LIFETIME, "lifetime", 401,
      HEALTHCODE_CLASS_CODE },
    { HEALTHCODE_REASON_NOT_YET_VALID, "not_yet_valid", 401,
      HEALTHCODE_CLASS_CODE },
    { HEALTHCODE_REASON_EXPIRED, "expired", 401,
      HEALTHCODE_CLASS_CODE },
    { HEALTHCODE_REASON_TOO_OLD, "too_old", 401,
      HEALTHCODE_CLASS_CODE },
    { HEALTHCODE_REASON_AUDIENCE, "audience", 401,
      HEALTHCODE_CLASS_CODE },
    { HEALTHCODE_REASON_KEY_REVOKED, "key_revoked", 401,
      HEALTHCODE_CLASS_CODE },
    { HEALTHCODE_REASON_ISSUER_SUSPENDED, "issuer_suspended", 401,
      HEALTHCODE_CLASS_CODE },
    { HEALTHCODE_REASON_ISSUED_BEFORE, "issued_before", 401,
      HEALTHCODE_CLASS_CODE },
    { HEALTHCODE_REASON_STATUS, "status", 403,
      HEALTHCODE_CLASS_HOLDER },
    { HEALTHCODE_REASON_CLAIM, "claim", 403,
      HEALTHCODE_CLASS_HOLDER },
    { HEALTHCODE_REASON_FLAGGED, "flagged", 403,
      HEALTHCODE_CLASS_HOLDER },
    { HEALTHCODE_REASON_REGION, "region", 403,
      HEALTHCODE_CLASS_HOLDER },
    { HEALTHCODE_REASON_KEYS_UNAVAILABLE, "keys_unavailable", 503,
      HEALTHCODE_CLASS_KEYS },
    { HEALTHCODE_REASON_STORE_UNAVAILABLE, "store_unavailable", 503,
      HEALTHCODE_CLASS_STORE_REFUSED },
    { HEALTHCODE_REASON_STORE_TIMEOUT, "store_timeout", 503,
      HEALTHCODE_CLASS_STORE_TIMEOUT },
    { HEALTHCODE_REASON_STORE_BUSY, "store_busy", 503,
      HEALTHCODE_CLASS_STORE_BUSY },
    { HEALTHCODE_REASON_STORE_UNPROVEN, "store_unproven", 503,
      HEALTHCODE_CLASS_STORE_PROOF },
    { HEALTHCODE_REASON_STORE_PEPPER, "store_pepper", 503,
      HEALTHCODE_CLASS_STORE_PROOF },
    { HEALTHCODE_REASON_STORE_EVICTING, "store_evicting", 503,
      HEALTHCODE_CLASS_STORE_PROOF },
    { HEALTHCODE_REASON_STORE_NOT_MASTER, "store_not_master", 503,
      HEALTHCODE_CLASS_STORE_PROOF },
};


static void
test_reads_what_is_no_reason_as_a_fault(void **state)
{
    static const int  values[] = {
        -1, INT32_MIN, INT32_MAX, HEALTHCODE_REASON_COUNT,
        HEALTHCODE_REASON_COUNT + 1
    };

    for (size_t i = 0; i < test_count(values); i++) {
        healthcode_reason_e  reason = (healthcode_reason_e) values[i];

        test_str_equal(healthcode_reason_word(reason), "fault");
        assert_int_equal(healthcode_reason_status(reason), 500);
        assert_true(healthcode_reason_title(reason).len > 0);
        assert_false(healthcode_reason_is_invalid_token(reason));
        assert_false(healthcode_reason_is_outage(reason));
        assert_int_equal(healthcode_reason_class(reason),
                         HEALTHCODE_CLASS_FAULT);
    }

    assert_int_equal(HEALTHCODE_REASON_FAULT, 0);
    assert_int_equal(HEALTHCODE_CLASS_FAULT, 0);

    (void) state;
}


static void
test_gives_each_reason_its_word_and_status(void **state)
{
    for (size_t i = 0; i < test_count(rows); i++) {
        healthcode_reason_e  reason = rows[i].reason;

        test_str_equal(healthcode_reason_word(reason), rows[i].word);
        test_row(healthcode_reason_status(reason) == rows[i].status, i,
                 rows[i].word);
        assert_true(healthcode_reason_title(reason).len > 0);
        test_row(healthcode_reason_class(reason) == rows[i].class, i,
                 rows[i].word);
        assert_true(healthcode_reason_is_outage(reason)
                    == (rows[i].status == 503
                        && reason != HEALTHCODE_REASON_KEYS_UNAVAILABLE));
        assert_true(healthcode_reason_is_invalid_token(reason)
                    == (rows[i].status == 401
                        && reason != HEALTHCODE_REASON_MISSING));
    }

    (void) state;
}


static void
test_lists_every_reason_once(void **state)
{
    bool  seen[HEALTHCODE_REASON_COUNT] = { false };

    assert_int_equal(test_count(rows), HEALTHCODE_REASON_COUNT);

    for (size_t i = 0; i < test_count(rows); i++) {
        assert_false(seen[rows[i].reason]);
        seen[rows[i].reason] = true;
    }

    (void) state;
}


/*
 * A reason that somebody puts behind the last row is of its own class: the
 * last one there is stands behind those of the store and is none of them.
 */
static void
test_tells_an_outage_by_its_class_not_by_its_place(void **state)
{
    healthcode_reason_e  last = HEALTHCODE_REASON_COUNT - 1;

    assert_true(last > HEALTHCODE_REASON_STORE_UNAVAILABLE);
    assert_int_equal(healthcode_reason_status(last), 503);
    assert_int_equal(healthcode_reason_class(last), HEALTHCODE_CLASS_KEYS);
    assert_false(healthcode_reason_is_outage(last));

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_reads_what_is_no_reason_as_a_fault),
        cmocka_unit_test(test_gives_each_reason_its_word_and_status),
        cmocka_unit_test(test_lists_every_reason_once),
        cmocka_unit_test(test_tells_an_outage_by_its_class_not_by_its_place),
    };

    return cmocka_run_group_tests_name("reason", tests, NULL, NULL);
}
