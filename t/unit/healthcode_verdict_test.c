/*
 * Tests of healthcode_verdict.c: every combination of evidence there is, so
 * that only the listed ones pass.  Knows no stage.
 * docs/request-path.md, "Verdict".
 */

#include "test.h"

#include "../../ngx_http_healthcode_module/core/healthcode_verdict.h"


static bool
is_outage(healthcode_reason_e reason)
{
    switch (reason) {
    case HEALTHCODE_REASON_STORE_UNAVAILABLE:
    case HEALTHCODE_REASON_STORE_TIMEOUT:
    case HEALTHCODE_REASON_STORE_BUSY:
    case HEALTHCODE_REASON_STORE_UNPROVEN:
    case HEALTHCODE_REASON_STORE_PEPPER:
    case HEALTHCODE_REASON_STORE_EVICTING:
    case HEALTHCODE_REASON_STORE_NOT_MASTER:
        return true;
    default:
        return false;
    }
}


/* The list: an honest code, and one of these. */
static bool
is_listed(const healthcode_evidence_t *e)
{
    return e->code == HEALTHCODE_REASON_OK
           && (e->live == HEALTHCODE_LIVE_OFF
               || (e->live == HEALTHCODE_LIVE_READ
                   && e->risk == HEALTHCODE_REASON_OK)
               || (e->live == HEALTHCODE_LIVE_OUTAGE && is_outage(e->risk)
                   && e->risk != HEALTHCODE_REASON_STORE_BUSY
                   && e->outage_allow));
}


static healthcode_reason_e
expected_reason(const healthcode_evidence_t *e)
{
    if (e->code != HEALTHCODE_REASON_OK) {
        return e->code;
    }

    if (e->live == HEALTHCODE_LIVE_OFF) {
        return HEALTHCODE_REASON_OK;
    }

    if (e->live == HEALTHCODE_LIVE_READ
        || (e->live == HEALTHCODE_LIVE_OUTAGE && is_outage(e->risk)))
    {
        return e->risk;
    }

    return HEALTHCODE_REASON_FAULT;
}


static void
test_zeroed_evidence_denies(void **state)
{
    healthcode_verdict_t   verdict;
    healthcode_evidence_t  evidence;

    memset(&evidence, 0, sizeof(evidence));
    verdict = healthcode_verdict_decide(&evidence);
    assert_false(verdict.allow);
    assert_int_equal(verdict.reason, HEALTHCODE_REASON_FAULT);

    evidence.code = HEALTHCODE_REASON_OK;
    verdict = healthcode_verdict_decide(&evidence);
    assert_false(verdict.allow);
    assert_int_equal(verdict.reason, HEALTHCODE_REASON_FAULT);

    evidence.live = HEALTHCODE_LIVE_READ;
    verdict = healthcode_verdict_decide(&evidence);
    assert_false(verdict.allow);
    assert_int_equal(verdict.reason, HEALTHCODE_REASON_FAULT);

    evidence.live = HEALTHCODE_LIVE_OUTAGE;
    evidence.outage_allow = true;
    verdict = healthcode_verdict_decide(&evidence);
    assert_false(verdict.allow);
    assert_int_equal(verdict.reason, HEALTHCODE_REASON_FAULT);

    (void) state;
}


static void
test_only_the_listed_combinations_pass(void **state)
{
    unsigned               passed = 0, tried = 0;
    healthcode_verdict_t   verdict;
    healthcode_evidence_t  e;

    /* values outside the enumerations too */
    for (int code = -1; code <= HEALTHCODE_REASON_COUNT; code++) {
        for (int live = -1; live <= HEALTHCODE_LIVE_OUTAGE + 1; live++) {
            for (int risk = -1; risk <= HEALTHCODE_REASON_COUNT; risk++) {
                for (int allow = 0; allow < 2; allow++) {

                    e.code = (healthcode_reason_e) code;
                    e.live = (healthcode_live_e) live;
                    e.risk = (healthcode_reason_e) risk;
                    e.outage_allow = allow;

                    verdict = healthcode_verdict_decide(&e);

                    assert_true(verdict.allow == is_listed(&e));
                    assert_int_equal(verdict.reason, expected_reason(&e));
                    assert_false(verdict.allow && is_outage(verdict.reason)
                                 && !e.outage_allow);
                    passed += verdict.allow;
                    tried++;
                }
            }
        }
    }

    assert_int_equal(tried, (HEALTHCODE_REASON_COUNT + 2) * 6
                            * (HEALTHCODE_REASON_COUNT + 2) * 2);

    /* off with any risk, twice; read and ok, twice; six outages of seven */
    assert_int_equal(passed, (HEALTHCODE_REASON_COUNT + 2) * 2 + 2 + 6);

    (void) state;
}


/* Nor does one that somebody appends: the last row is no store's. */
static void
test_what_anybody_can_bring_about_never_opens(void **state)
{
    static const healthcode_reason_e  reasons[] = {
        HEALTHCODE_REASON_STORE_BUSY, HEALTHCODE_REASON_COUNT - 1
    };
    healthcode_verdict_t   verdict;
    healthcode_evidence_t  e = {
        .code = HEALTHCODE_REASON_OK, .live = HEALTHCODE_LIVE_OUTAGE,
        .outage_allow = true
    };

    for (size_t i = 0; i < test_count(reasons); i++) {
        e.risk = reasons[i];
        verdict = healthcode_verdict_decide(&e);
        assert_false(verdict.allow);
    }

    e.risk = HEALTHCODE_REASON_STORE_TIMEOUT;
    assert_true(healthcode_verdict_decide(&e).allow);

    (void) state;
}


static void
test_a_deny_has_a_reason_that_denies(void **state)
{
    healthcode_evidence_t  e;

    for (int code = 0; code < HEALTHCODE_REASON_COUNT; code++) {
        for (int live = 0; live <= HEALTHCODE_LIVE_OUTAGE; live++) {
            for (int risk = 0; risk < HEALTHCODE_REASON_COUNT; risk++) {
                healthcode_verdict_t  verdict;

                e.code = (healthcode_reason_e) code;
                e.live = (healthcode_live_e) live;
                e.risk = (healthcode_reason_e) risk;
                e.outage_allow = false;
                verdict = healthcode_verdict_decide(&e);

                assert_true(verdict.allow
                            == (healthcode_reason_status(verdict.reason)
                                == 200));
            }
        }
    }

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_zeroed_evidence_denies),
        cmocka_unit_test(test_only_the_listed_combinations_pass),
        cmocka_unit_test(test_what_anybody_can_bring_about_never_opens),
        cmocka_unit_test(test_a_deny_has_a_reason_that_denies),
    };

    return cmocka_run_group_tests_name("verdict", tests, NULL, NULL);
}
