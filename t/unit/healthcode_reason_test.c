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
    { HEALTHCODE_REASON_CODE, "code", 401,
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
    { HEALTHCODE_REASON_BOUND, "bound", 401,
      HEALTHCODE_CLASS_CODE },
    { HEALTHCODE_REASON_KEY_REVOKED, "key_revoked", 401,
      HEALTHCODE_CLASS_CODE },
    { HEALTHCODE_REASON_ISSUER_SUSPENDED, "issuer_suspended", 401,
      HEALTHCODE_CLASS_CODE },
    { HEALTHCODE_REASON_CODE_REVOKED, "code_revoked", 401,
      HEALTHCODE_CLASS_CODE },
    { HEALTHCODE_REASON_ISSUED_BEFORE, "issued_before", 401,
      HEALTHCODE_CLASS_CODE },
    { HEALTHCODE_REASON_STATUS, "status", 403,
      HEALTHCODE_CLASS_HOLDER },
    { HEALTHCODE_REASON_STATUS_UNSUPPORTED, "status_unsupported", 403,
      HEALTHCODE_CLASS_HOLDER },
    { HEALTHCODE_REASON_CLAIM, "claim", 403,
      HEALTHCODE_CLASS_HOLDER },
    { HEALTHCODE_REASON_TEMPERATURE_MISSING, "temperature_missing", 403,
      HEALTHCODE_CLASS_CONDITION },
    { HEALTHCODE_REASON_TEMPERATURE, "temperature", 403,
      HEALTHCODE_CLASS_CONDITION },
    { HEALTHCODE_REASON_CONDITION, "condition", 403,
      HEALTHCODE_CLASS_CONDITION },
    { HEALTHCODE_REASON_FLAGGED, "flagged", 403,
      HEALTHCODE_CLASS_HOLDER },
    { HEALTHCODE_REASON_REGION, "region", 403,
      HEALTHCODE_CLASS_HOLDER },
    { HEALTHCODE_REASON_PASSAGE, "passage", 400,
      HEALTHCODE_CLASS_REQUEST },
    { HEALTHCODE_REASON_REPLAYED, "replayed", 403,
      HEALTHCODE_CLASS_CONDITION },
    { HEALTHCODE_REASON_INSIDE, "inside", 403,
      HEALTHCODE_CLASS_CONDITION },
    { HEALTHCODE_REASON_OUTSIDE, "outside", 403,
      HEALTHCODE_CLASS_CONDITION },
    { HEALTHCODE_REASON_KEYS_UNAVAILABLE, "keys_unavailable", 503,
      HEALTHCODE_CLASS_KEYS },
    { HEALTHCODE_REASON_STORE_UNAVAILABLE, "store_unavailable", 503,
      HEALTHCODE_CLASS_STORE_REFUSED },
    { HEALTHCODE_REASON_STORE_AUTH, "store_auth", 503,
      HEALTHCODE_CLASS_STORE_AUTH },
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
    { HEALTHCODE_REASON_DATA_OLD, "data_old", 503,
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
        assert_false(healthcode_reason_is_busy(reason));
        assert_int_equal(healthcode_reason_class(reason),
                         HEALTHCODE_CLASS_FAULT);
        assert_int_equal(healthcode_reason_colour(reason),
                         HEALTHCODE_COLOUR_GREY);
        test_str_equal(healthcode_class_word((healthcode_class_e) (values[i]
                                             | 64)), "fault");
        test_str_equal(healthcode_colour_word((healthcode_colour_e) (values[i]
                                              | 64)), "grey");
        test_str_equal(healthcode_reason_title_in(HEALTHCODE_REASON_OK,
                                      (healthcode_language_e) (values[i] | 64)),
                       "No abnormality");
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
                        && reason != HEALTHCODE_REASON_MISSING
                        && reason != HEALTHCODE_REASON_CODE));
        assert_true(healthcode_reason_is_busy(reason)
                    == (rows[i].status == 503));
    }

    (void) state;
}


/* Which reasons are red and yellow, by a list that the table does not have. */
static void
test_shows_no_deny_as_green_and_no_outage_as_red(void **state)
{
    for (size_t i = 0; i < test_count(rows); i++) {
        healthcode_reason_e  reason = rows[i].reason;
        healthcode_colour_e  colour = healthcode_reason_colour(reason);

        test_row(colour != HEALTHCODE_COLOUR_GREEN, i, rows[i].word);

        test_row((colour == HEALTHCODE_COLOUR_RED)
                 == (reason == HEALTHCODE_REASON_STATUS
                     || reason == HEALTHCODE_REASON_FLAGGED
                     || reason == HEALTHCODE_REASON_REGION), i, rows[i].word);

        test_row((colour == HEALTHCODE_COLOUR_YELLOW)
                 == (reason == HEALTHCODE_REASON_CLAIM
                     || rows[i].class == HEALTHCODE_CLASS_CONDITION),
                 i, rows[i].word);

        if (rows[i].class != HEALTHCODE_CLASS_HOLDER
            && rows[i].class != HEALTHCODE_CLASS_CONDITION)
        {
            test_row(colour == HEALTHCODE_COLOUR_GREY, i, rows[i].word);
        }
    }

    test_str_equal(healthcode_colour_word(HEALTHCODE_COLOUR_GREEN), "green");
    test_str_equal(healthcode_colour_word(HEALTHCODE_COLOUR_YELLOW), "yellow");
    test_str_equal(healthcode_colour_word(HEALTHCODE_COLOUR_RED), "red");
    test_str_equal(healthcode_colour_word(HEALTHCODE_COLOUR_GREY), "grey");

    (void) state;
}


/* English is ASCII, Chinese is UTF-8 of three bytes a character. */
static void
test_has_a_title_in_each_language(void **state)
{
    for (size_t i = 0; i < test_count(rows); i++) {
        healthcode_str_t  en, zh;

        en = healthcode_reason_title_in(rows[i].reason,
                                        HEALTHCODE_LANGUAGE_EN);
        zh = healthcode_reason_title_in(rows[i].reason,
                                        HEALTHCODE_LANGUAGE_ZH);

        test_row(healthcode_str_equal(en,
                                      healthcode_reason_title(rows[i].reason)),
                 i, rows[i].word);
        test_row(zh.len >= 9 && zh.len % 3 == 0, i, rows[i].word);

        for (size_t k = 0; k < en.len; k++) {
            test_row(en.data[k] >= 0x20 && en.data[k] < 0x7f, i, rows[i].word);
        }

        for (size_t k = 0; k < zh.len; k += 3) {
            test_row((zh.data[k] & 0xf0) == 0xe0
                     && (zh.data[k + 1] & 0xc0) == 0x80
                     && (zh.data[k + 2] & 0xc0) == 0x80, i, rows[i].word);
        }
    }

    (void) state;
}


static void
test_has_a_word_for_each_class(void **state)
{
    static const struct {
        healthcode_class_e  class;
        const char         *word;
    } classes[] = {
        { HEALTHCODE_CLASS_FAULT, "fault" },
        { HEALTHCODE_CLASS_OK, "ok" },
        { HEALTHCODE_CLASS_REQUEST, "request" },
        { HEALTHCODE_CLASS_CODE, "code" },
        { HEALTHCODE_CLASS_HOLDER, "holder" },
        { HEALTHCODE_CLASS_CONDITION, "condition" },
        { HEALTHCODE_CLASS_KEYS, "keys" },
        { HEALTHCODE_CLASS_STORE_TIMEOUT, "store" },
        { HEALTHCODE_CLASS_STORE_REFUSED, "store" },
        { HEALTHCODE_CLASS_STORE_AUTH, "store" },
        { HEALTHCODE_CLASS_STORE_PROOF, "store" },
        { HEALTHCODE_CLASS_STORE_BUSY, "store" },
    };

    for (size_t i = 0; i < test_count(classes); i++) {
        test_str_equal(healthcode_class_word(classes[i].class),
                       classes[i].word);
    }

    (void) state;
}


static void
test_tells_strangers_one_reason(void **state)
{
    for (size_t i = 0; i < test_count(rows); i++) {
        healthcode_reason_e  reason = rows[i].reason;

        assert_int_equal(healthcode_reason_disclosed(reason, true), reason);
        assert_int_equal(healthcode_reason_disclosed(reason, false),
                         (rows[i].status == 400 || rows[i].status == 401)
                         ? HEALTHCODE_REASON_CODE : reason);
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
 * A reason that somebody adds after the last row is of its own class: the last
 * row follows those of the store and does not belong to them.
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
        cmocka_unit_test(test_shows_no_deny_as_green_and_no_outage_as_red),
        cmocka_unit_test(test_has_a_title_in_each_language),
        cmocka_unit_test(test_has_a_word_for_each_class),
        cmocka_unit_test(test_tells_strangers_one_reason),
        cmocka_unit_test(test_lists_every_reason_once),
        cmocka_unit_test(test_tells_an_outage_by_its_class_not_by_its_place),
    };

    return cmocka_run_group_tests_name("reason", tests, NULL, NULL);
}
