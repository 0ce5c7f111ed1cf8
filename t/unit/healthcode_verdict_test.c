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
    case HEALTHCODE_REASON_STORE_AUTH:
    case HEALTHCODE_REASON_STORE_TIMEOUT:
    case HEALTHCODE_REASON_STORE_BUSY:
    case HEALTHCODE_REASON_STORE_UNPROVEN:
    case HEALTHCODE_REASON_STORE_PEPPER:
    case HEALTHCODE_REASON_STORE_EVICTING:
    case HEALTHCODE_REASON_STORE_NOT_MASTER:
    case HEALTHCODE_REASON_DATA_OLD:
        return true;
    default:
        return false;
    }
}


/* By which word of healthcode_on_outage a reason passes; NULL: by none. */
static const char *
opens(healthcode_reason_e reason)
{
    switch (reason) {
    case HEALTHCODE_REASON_STORE_UNAVAILABLE:
        return "refused";
    case HEALTHCODE_REASON_STORE_AUTH:
        return "auth";
    case HEALTHCODE_REASON_STORE_TIMEOUT:
        return "timeout";
    case HEALTHCODE_REASON_STORE_UNPROVEN:
    case HEALTHCODE_REASON_STORE_PEPPER:
    case HEALTHCODE_REASON_STORE_EVICTING:
    case HEALTHCODE_REASON_STORE_NOT_MASTER:
    case HEALTHCODE_REASON_DATA_OLD:
        return "proof";
    default:
        return NULL;
    }
}


static bool
is_named(unsigned outage_allow, healthcode_reason_e reason)
{
    const char  *word = opens(reason);

    return word
           && (outage_allow
               & healthcode_verdict_outage_find(healthcode_str_from(word,
                                                             strlen(word))));
}


/* Whether a location that says so believes then what was known. */
static bool
may_be_stale(const healthcode_evidence_t *e)
{
    const char  *word = opens(e->risk);

    return word && e->was_absent && !e->data_old
           && ((strcmp(word, "timeout") == 0 && e->outage_stale.timeout)
               || (strcmp(word, "refused") == 0 && e->outage_stale.refused));
}


/* The list: an honest code, and one of these. */
static bool
is_listed(const healthcode_evidence_t *e)
{
    return e->code == HEALTHCODE_REASON_OK
           && (e->store == HEALTHCODE_STORE_OFF
               || (e->store == HEALTHCODE_STORE_READ
                   && e->risk == HEALTHCODE_REASON_OK
                   && (!e->data_old
                       || is_named(e->outage_allow,
                                   HEALTHCODE_REASON_DATA_OLD)))
               || (e->store == HEALTHCODE_STORE_OUTAGE
                   && (is_named(e->outage_allow, e->risk)
                       || may_be_stale(e))));
}


static healthcode_reason_e
expected_reason(const healthcode_evidence_t *e)
{
    if (e->code != HEALTHCODE_REASON_OK) {
        return e->code;
    }

    if (e->store == HEALTHCODE_STORE_OFF) {
        return HEALTHCODE_REASON_OK;
    }

    if (e->store == HEALTHCODE_STORE_READ && e->risk == HEALTHCODE_REASON_OK
        && e->data_old)
    {
        return HEALTHCODE_REASON_DATA_OLD;
    }

    if (e->store == HEALTHCODE_STORE_READ
        || (e->store == HEALTHCODE_STORE_OUTAGE && is_outage(e->risk)))
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

    evidence.store = HEALTHCODE_STORE_READ;
    verdict = healthcode_verdict_decide(&evidence);
    assert_false(verdict.allow);
    assert_int_equal(verdict.reason, HEALTHCODE_REASON_FAULT);

    evidence.store = HEALTHCODE_STORE_OUTAGE;
    evidence.outage_allow = HEALTHCODE_OUTAGE_ANY;
    verdict = healthcode_verdict_decide(&evidence);
    assert_false(verdict.allow);
    assert_int_equal(verdict.reason, HEALTHCODE_REASON_FAULT);

    (void) state;
}


/* What passed without an answer says by which word, and nothing else does. */
static void
check_degraded(const healthcode_verdict_t *verdict)
{
    const char        *word = opens(verdict->reason);
    healthcode_str_t   degraded = healthcode_verdict_degraded(verdict);

    if (verdict->stale) {
        assert_true(verdict->allow && word);
        word = "stale";
    }

    if (verdict->offline) {
        assert_true(verdict->allow && !verdict->stale);
        word = word ? word : "offline";
    }

    if (verdict->allow && word) {
        assert_int_equal(degraded.len, strlen(word));
        assert_memory_equal(degraded.data, word, degraded.len);

    } else {
        assert_int_equal(degraded.len, 0);
    }
}


static void
test_each_class_has_one_bit_and_one_word(void **state)
{
    unsigned          bit, seen = 0;
    healthcode_str_t  word;

    static const char *const  strange[] = { "busy", "store", "", "time", "OK",
                                            "timeouts", "Timeout" };

    for (bit = 1; bit <= HEALTHCODE_OUTAGE_ANY; bit++) {
        word = healthcode_verdict_outage_word(bit);

        if (word.len) {
            assert_int_equal(healthcode_verdict_outage_find(word), bit);
            seen += bit;
        }
    }

    assert_int_equal(seen, HEALTHCODE_OUTAGE_ANY);
    assert_int_equal(healthcode_verdict_outage_word(0).len, 0);

    for (size_t i = 0; i < test_count(strange); i++) {
        assert_int_equal(healthcode_verdict_outage_find(
                             healthcode_str_from(strange[i],
                                                 strlen(strange[i]))), 0);
    }

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
        for (int store = -1; store <= HEALTHCODE_STORE_OUTAGE + 1; store++) {
            for (int risk = -1; risk <= HEALTHCODE_REASON_COUNT; risk++) {
                for (unsigned how = 0; how < 512; how++) {

                    e.code = (healthcode_reason_e) code;
                    e.store = (healthcode_store_e) store;
                    e.risk = (healthcode_reason_e) risk;
                    e.outage_allow = how & HEALTHCODE_OUTAGE_ANY;
                    e.data_old = how & 16;
                    e.outage_stale.timeout = how & 32;
                    e.outage_stale.refused = how & 64;
                    e.was_absent = how & 128;
                    e.is_offline = how & 256;

                    verdict = healthcode_verdict_decide(&e);

                    assert_true(verdict.allow == is_listed(&e));
                    assert_true(verdict.stale
                                == (verdict.allow
                                    && e.store == HEALTHCODE_STORE_OUTAGE
                                    && !is_named(e.outage_allow, e.risk)));
                    assert_true(verdict.offline
                                == (verdict.allow && e.is_offline
                                    && e.store == HEALTHCODE_STORE_READ));
                    assert_int_equal(verdict.reason, expected_reason(&e));
                    assert_false(verdict.allow && is_outage(verdict.reason)
                                 && !e.outage_allow
                                 && !(verdict.stale && e.was_absent));
                    assert_true(verdict.allow
                                == (healthcode_verdict_colour(&verdict)
                                    == HEALTHCODE_COLOUR_GREEN));
                    check_degraded(&verdict);
                    assert_false(is_outage(verdict.reason)
                                 && healthcode_verdict_colour(&verdict)
                                    == HEALTHCODE_COLOUR_RED);
                    passed += verdict.allow;
                    tried++;
                }
            }
        }
    }

    assert_int_equal(tried, (HEALTHCODE_REASON_COUNT + 2) * 6
                            * (HEALTHCODE_REASON_COUNT + 2) * 512);

    /*
     * off with any risk, each time; read and ok, with old data only where
     * "proof" is named, which half of the sets do; each of eight outages in
     * half of the sets, twice; all that eight times; and of the other half,
     * each of two outages where its time stands, two of four, and the holder
     * was known, with data that are not old; a replica that is cut off or not
     */
    assert_int_equal(passed, 2 * (8 * ((HEALTHCODE_REASON_COUNT + 2) * 32 + 16
                                       + 8
                                       + 2 * 8 * 8)
                                  + 2 * 8 * 2));

    (void) state;
}


/* Nor does one that somebody appends: the last row is not the store's. */
static void
test_what_anybody_can_bring_about_never_opens(void **state)
{
    static const healthcode_reason_e  reasons[] = {
        HEALTHCODE_REASON_STORE_BUSY, HEALTHCODE_REASON_COUNT - 1
    };
    healthcode_verdict_t   verdict;
    healthcode_evidence_t  e = {
        .code = HEALTHCODE_REASON_OK, .store = HEALTHCODE_STORE_OUTAGE,
        .outage_allow = ~0u
    };

    for (size_t i = 0; i < test_count(reasons); i++) {
        e.risk = reasons[i];
        verdict = healthcode_verdict_decide(&e);
        assert_false(verdict.allow);
    }

    e.risk = HEALTHCODE_REASON_STORE_TIMEOUT;
    assert_true(healthcode_verdict_decide(&e).allow);

    e.outage_allow = 0;
    e.was_absent = true;
    e.outage_stale.timeout = e.outage_stale.refused = UINT64_MAX;
    assert_true(healthcode_verdict_decide(&e).allow);

    for (size_t i = 0; i < test_count(reasons); i++) {
        e.risk = reasons[i];
        assert_false(healthcode_verdict_decide(&e).allow);
        assert_int_equal(healthcode_verdict_stale(&e.outage_stale, e.risk), 0);
    }

    (void) state;
}


static void
test_a_deny_has_a_reason_that_denies(void **state)
{
    healthcode_evidence_t  e;

    for (int code = 0; code < HEALTHCODE_REASON_COUNT; code++) {
        for (int store = 0; store <= HEALTHCODE_STORE_OUTAGE; store++) {
            for (int risk = 0; risk < HEALTHCODE_REASON_COUNT; risk++) {
                healthcode_verdict_t  verdict;

                e.code = (healthcode_reason_e) code;
                e.store = (healthcode_store_e) store;
                e.risk = (healthcode_reason_e) risk;
                e.outage_allow = 0;
                e.data_old = risk & 1;
                e.was_absent = false;
                verdict = healthcode_verdict_decide(&e);

                assert_true(verdict.allow
                            == (healthcode_reason_status(verdict.reason)
                                == 200));
            }
        }
    }

    (void) state;
}


/* Whatever was found before, and in each class that a location may name. */
static void
check_passage(const healthcode_verdict_t *before, unsigned allow,
    healthcode_reason_e reason)
{
    healthcode_verdict_t   verdict;
    healthcode_evidence_t  evidence = {
        .outage_allow = allow, .outage_stale = { .timeout = 1, .refused = 1 },
        .was_absent = true
    };

    verdict = healthcode_verdict_passage(&evidence, before, reason);

    if (!before->allow || reason == HEALTHCODE_REASON_OK) {
        assert_int_equal(verdict.allow, before->allow);
        assert_int_equal(verdict.reason, before->reason);
        assert_int_equal(verdict.stale, before->stale);
        return;
    }

    assert_int_equal(verdict.allow, is_named(allow, reason));
    assert_int_equal(verdict.reason, reason);
    assert_false(verdict.stale);
}


static void
test_a_passage_opens_nothing(void **state)
{
    static const healthcode_verdict_t  before[] = {
        { .allow = false, .reason = HEALTHCODE_REASON_FLAGGED },
        { .allow = true, .reason = HEALTHCODE_REASON_OK },
        { .allow = true, .reason = HEALTHCODE_REASON_STORE_TIMEOUT,
          .stale = true },
    };

    for (size_t b = 0; b < test_count(before); b++) {
        for (unsigned allow = 0; allow <= HEALTHCODE_OUTAGE_ANY; allow++) {
            for (unsigned r = 0; r < HEALTHCODE_REASON_COUNT; r++) {
                check_passage(&before[b], allow, (healthcode_reason_e) r);
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
        cmocka_unit_test(test_each_class_has_one_bit_and_one_word),
        cmocka_unit_test(test_what_anybody_can_bring_about_never_opens),
        cmocka_unit_test(test_a_deny_has_a_reason_that_denies),
        cmocka_unit_test(test_a_passage_opens_nothing),
    };

    return cmocka_run_group_tests_name("verdict", tests, NULL, NULL);
}
