/*
 * Tests of healthcode_summary.c: more names than there are rows, names that are
 * too long; then that every table has all requests, once.
 * docs/monitoring/log.md, "A gate's day".
 */

#include "test.h"

#include "../../tools/healthcode/healthcode_summary.h"


static healthcode_summary_t  summary;


static healthcode_event_t
event(const char *gate, const char *issuer, const char *verdict,
    const char *reason)
{
    healthcode_event_t  made = { .time = 0 };

    made.gate = healthcode_str_from(gate, strlen(gate));
    made.issuer = healthcode_str_from(issuer, strlen(issuer));
    made.verdict = healthcode_str_from(verdict, strlen(verdict));
    made.reason = healthcode_str_from(reason, strlen(reason));

    return made;
}


static uint64_t
table_sum(const healthcode_summary_table_t *table)
{
    healthcode_summary_counts_t  counts = table->other;

    for (size_t i = 0; i < table->n; i++) {
        healthcode_summary_join(&counts, &table->rows[i].counts);
    }

    return healthcode_summary_all(&counts);
}


static void
adds_up(uint64_t n, const char *what)
{
    test_row(healthcode_summary_all(&summary.total) == n, 0, what);
    test_row(table_sum(&summary.issuers) == n, 1, what);
    test_row(table_sum(&summary.reasons) == n, 2, what);
    test_row(table_sum(&summary.gates) == n, 3, what);
}


static void
test_more_names_than_rows(void **state)
{
    char                name[32];
    healthcode_event_t  one;

    memset(&summary, 0, sizeof(summary));

    for (unsigned i = 0; i < 3 * HEALTHCODE_SUMMARY_ROWS; i++) {
        snprintf(name, sizeof(name), "gate-%u", i);
        one = event(name, "-", "deny", "missing");
        assert_true(healthcode_summary_add(&summary, &one, 0, 1));
        assert_true(healthcode_summary_add(&summary, &one, 0, 1));
    }

    assert_int_equal(summary.gates.n, HEALTHCODE_SUMMARY_ROWS);
    assert_int_equal(summary.gates.other.of[HEALTHCODE_EVENT_DENY],
                     4 * HEALTHCODE_SUMMARY_ROWS);
    assert_int_equal(summary.issuers.n, 1);
    adds_up(6 * HEALTHCODE_SUMMARY_ROWS, "many names");

    (void) state;
}


static void
test_names_of_any_length(void **state)
{
    char                name[2 * HEALTHCODE_SUMMARY_NAME];
    healthcode_event_t  one = event("", "", "allow", "");

    memset(&summary, 0, sizeof(summary));
    memset(name, 'x', sizeof(name));

    for (size_t len = 0; len < sizeof(name); len++) {
        one.gate = guard(0, name, len);
        assert_true(healthcode_summary_add(&summary, &one, -1, 1));
    }

    assert_int_equal(summary.gates.n, HEALTHCODE_SUMMARY_NAME + 1);
    adds_up(sizeof(name), "long names");

    (void) state;
}


static void
test_unknown_verdicts_count_nothing(void **state)
{
    healthcode_event_t  one = event("a", "b", "maybe", "ok");

    memset(&summary, 0, sizeof(summary));
    assert_false(healthcode_summary_add(&summary, &one, 0, 1));
    adds_up(0, "an unknown verdict");
    assert_int_equal(summary.gates.n, 0);

    (void) state;
}


static void
test_each_verdict_has_its_column(void **state)
{
    uint64_t             n = 1;
    healthcode_event_t   one = event("a", "b", "allow", "ok");

    memset(&summary, 0, sizeof(summary));

    for (unsigned i = 0; i < HEALTHCODE_EVENT_VERDICTS; i++, n *= 10) {
        one.verdict = healthcode_event_word(i);
        assert_true(healthcode_summary_add(&summary, &one, 5, n));
        assert_true(summary.total.of[i] == n);
        assert_true(summary.hours[5].of[i] == n);
        assert_true(summary.reasons.rows[0].counts.of[i] == n);
    }

    adds_up(1111111, "all verdicts");
    assert_true(healthcode_summary_audited(&summary.total) == 1110000);

    (void) state;
}


static void
test_the_largest_sums_do_not_overflow(void **state)
{
    healthcode_event_t  one = event("a", "b", "allow", "ok");

    memset(&summary, 0, sizeof(summary));

    for (unsigned i = 0; i < 100000; i++) {
        assert_true(healthcode_summary_add(&summary, &one, 0,
                                           HEALTHCODE_SUMMARY_MAX));
    }

    adds_up(UINT64_C(100000) * HEALTHCODE_SUMMARY_MAX, "large sums");

    (void) state;
}


static void
test_sorts_by_requests_then_by_name(void **state)
{
    static const struct {
        const char  *gate;
        uint64_t     n;
    } rows[] = {
        { "b", 5 }, { "ab", 5 }, { "z", 9 }, { "a", 5 }, { "", 5 }, { "y", 0 },
    };
    char                wanted[32] = "", *p = wanted;
    healthcode_event_t  one;

    memset(&summary, 0, sizeof(summary));

    for (size_t i = 0; i < test_count(rows); i++) {
        one = event(rows[i].gate, "-", "allow", "ok");
        assert_true(healthcode_summary_add(&summary, &one, 0, rows[i].n));
    }

    healthcode_summary_sort(&summary.gates);

    for (size_t i = 0; i < summary.gates.n; i++) {
        p += sprintf(p, "%.*s,", (int) summary.gates.rows[i].len,
                     (const char *) summary.gates.rows[i].name);
    }

    assert_string_equal(wanted, "z,,a,ab,b,y,");

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_more_names_than_rows),
        cmocka_unit_test(test_names_of_any_length),
        cmocka_unit_test(test_unknown_verdicts_count_nothing),
        cmocka_unit_test(test_each_verdict_has_its_column),
        cmocka_unit_test(test_the_largest_sums_do_not_overflow),
        cmocka_unit_test(test_sorts_by_requests_then_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
