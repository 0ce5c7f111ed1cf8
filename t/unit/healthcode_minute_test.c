/*
 * Tests of healthcode_minute.c: counters that are not summed, words that nobody
 * knows; then that each request is in one word.
 * docs/monitoring/metrics.md, "The last hour".
 */

#include "test.h"

#include "../../ngx_http_healthcode_module/core/healthcode_minute.h"


static healthcode_series_t
request(const char *verdict, const char *reason)
{
    return (healthcode_series_t) {
        .what = HEALTHCODE_SERIES_REQUESTS, .n = 5,
        .values = {
            healthcode_str("/t"), healthcode_str("hall"),
            healthcode_str("national"), guard_text(0, verdict),
            guard_text(1, reason)
        }
    };
}


static uint64_t
sum_of(const healthcode_minute_t *minute)
{
    uint64_t        sum = 0;
    const uint64_t *word = (const uint64_t *) minute;

    for (size_t i = 0; i < HEALTHCODE_MINUTE_WORDS; i++) {
        sum += word[i];
    }

    return sum;
}


static void
test_passes_over_what_is_not_summed(void **state)
{
    healthcode_minute_t  minute;
    healthcode_series_t  rows[] = {
        { .what = HEALTHCODE_SERIES_REQUESTS, .n = 4 },
        { .what = HEALTHCODE_SERIES_LOOKUPS, .n = 2 },
        { .what = HEALTHCODE_SERIES_JOINED, .n = 1 },
        { .what = HEALTHCODE_SERIES_VERIFY_TIME, .n = 2 },
        { .what = HEALTHCODE_SERIES_LOOKUP_TIME, .n = 1 },
        { .what = HEALTHCODE_SERIES_LOOKUP_TIME, .n = 2 },
    };

    memset(&minute, 0, sizeof(minute));

    for (size_t i = 0; i < test_count(rows); i++) {
        for (unsigned k = 0; k < HEALTHCODE_SERIES_LABELS; k++) {
            rows[i].values[k] = healthcode_str(HEALTHCODE_SERIES_SUM);
        }

        healthcode_minute_add(&minute, &rows[i], 1);
        test_row(sum_of(&minute) == 0, i, "is not summed");
    }

    (void) state;
}


static void
test_sums_each_request_once(void **state)
{
    healthcode_minute_t  minute, one;
    static const struct {
        const char  *verdict, *reason;
        size_t       at;
    } rows[] = {
#define word(member)  offsetof(healthcode_minute_t, member)
        { "allow", "ok", word(allow) },
        { "allow", "store_timeout", word(allow) },
        { "deny", "expired", word(deny[HEALTHCODE_REASON_EXPIRED]) },
        { "deny", "fault", word(deny[HEALTHCODE_REASON_FAULT]) },
        { "deny", "store_busy", word(deny[HEALTHCODE_REASON_STORE_BUSY]) },
        { "deny", "what_is_this", word(other) },
        { "deny", "expired ", word(other) },
        { "overruled", "missing", word(overruled) },
        { "none", "aborted", word(none) },
        { "audit_allow", "ok", word(audit) },
        { "audit_deny", "expired", word(audit) },
        { "audit_none", "aborted", word(audit) },
        { "other", "other", word(other) },
        { "audit_", "x", word(other) },
        { "", "", word(other) },
#undef word
    };

    memset(&minute, 0, sizeof(minute));

    for (size_t i = 0; i < test_count(rows); i++) {
        healthcode_series_t  series = request(rows[i].verdict, rows[i].reason);

        memset(&one, 0, sizeof(one));
        healthcode_minute_add(&one, &series, 3);
        healthcode_minute_add(&one, &series, 4);
        test_row(sum_of(&one) == 7
                 && ((uint64_t *) &one)[rows[i].at / sizeof(uint64_t)] == 7,
                 i, rows[i].verdict);

        healthcode_minute_add(&minute, &series, 1);
    }

    assert_int_equal(sum_of(&minute), test_count(rows));
    assert_int_equal(healthcode_minute_busy(&minute), 1);

    (void) state;
}


static void
test_knows_who_is_busy(void **state)
{
    healthcode_minute_t  minute;

    for (unsigned i = 0; i < HEALTHCODE_REASON_COUNT; i++) {
        memset(&minute, 0, sizeof(minute));
        minute.deny[i] = 1;
        test_row(healthcode_minute_busy(&minute)
                 == (healthcode_reason_is_outage(i)
                     || i == HEALTHCODE_REASON_KEYS_UNAVAILABLE), i, "busy");
    }

    (void) state;
}


static void
test_sums_times_of_all_stores(void **state)
{
    healthcode_minute_t  minute;
    healthcode_series_t  series = {
        .what = HEALTHCODE_SERIES_LOOKUP_TIME, .n = 2
    };

    memset(&minute, 0, sizeof(minute));

    for (unsigned i = 0; i < HEALTHCODE_HISTOGRAM_BUCKETS; i++) {
        series.values[1] = healthcode_histogram_bound(i);
        series.values[0] = healthcode_str("flags");
        healthcode_minute_add(&minute, &series, i);
        series.values[0] = healthcode_str("second");
        healthcode_minute_add(&minute, &series, 1);
        assert_int_equal(minute.lookups[i], i + 1);
    }

    assert_int_equal(healthcode_minute_lookups(&minute), sum_of(&minute));
    assert_true(healthcode_minute_meaning() != 0);

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_passes_over_what_is_not_summed),
        cmocka_unit_test(test_sums_each_request_once),
        cmocka_unit_test(test_knows_who_is_busy),
        cmocka_unit_test(test_sums_times_of_all_stores),
    };

    return cmocka_run_group_tests_name("minute", tests, NULL, NULL);
}
