/*
 * Tests of healthcode_histogram.c: times at the borders of buckets, and bounds
 * that none has.  docs/monitoring/metrics.md, "Times".
 */

#include "test.h"

#include "../../ngx_http_healthcode_module/core/healthcode_histogram.h"


static void
test_finds_the_bucket_of_a_time(void **state)
{
    static const struct {
        uint64_t     us;
        const char  *bound;
    } rows[] = {
        { 0, "0.00001" }, { 10, "0.00001" }, { 11, "0.000025" },
        { 25, "0.000025" }, { 26, "0.00005" }, { 999, "0.001" },
        { 1000, "0.001" }, { 1001, "0.0025" }, { 1000000, "1" },
        { 2500000, "2.5" }, { 2500001, "+Inf" }, { UINT64_MAX, "+Inf" },
    };
    unsigned  bucket;

    for (size_t i = 0; i < test_count(rows); i++) {
        bucket = healthcode_histogram_bucket(rows[i].us);
        test_row(bucket < HEALTHCODE_HISTOGRAM_BUCKETS, i, rows[i].bound);
        test_str_equal(healthcode_histogram_bound(bucket), rows[i].bound);
    }

    (void) state;
}


/* A bound says exactly what its bucket does. */
static void
test_writes_bounds_as_they_are(void **state)
{
    double    seconds, last = 0;
    uint64_t  us;

    for (unsigned i = 0; i + 1 < HEALTHCODE_HISTOGRAM_BUCKETS; i++) {
        seconds = strtod((const char *) healthcode_histogram_bound(i).data,
                         NULL);
        us = (uint64_t) (seconds * 1e6 + 0.5);

        assert_true(seconds > last);
        assert_int_equal(healthcode_histogram_bucket(us), i);
        assert_int_equal(healthcode_histogram_bucket(us + 1), i + 1);
        last = seconds;
    }

    (void) state;
}


static void
test_finds_the_bucket_of_a_bound(void **state)
{
    static const char *const  rows[] = { "", "sum", "0.0001 ", "0.00010", "1.0",
                                         "+inf", "Inf" };

    for (unsigned i = 0; i < HEALTHCODE_HISTOGRAM_BUCKETS; i++) {
        assert_int_equal(
            healthcode_histogram_find(healthcode_histogram_bound(i)), i);
    }

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(healthcode_histogram_find(guard_text(0, rows[i]))
                 == HEALTHCODE_HISTOGRAM_BUCKETS, i, rows[i]);
    }

    (void) state;
}


static void
test_finds_a_quantile(void **state)
{
    static const struct {
        unsigned  bucket, n, other, m, permille;
        uint64_t  us;
    } rows[] = {
        { 0, 1, 0, 0, 500, 5 },             /* up to 10 us */
        { 0, 1, 0, 0, 1000, 10 },
        { 3, 10, 0, 0, 500, 75 },           /* from 50 to 100 us */
        { 3, 99, 12, 1, 500, 75 },
        { 3, 99, 12, 1, 990, 100 },
        { 3, 99, 12, 1, 1000, 100000 },     /* from 50 to 100 ms */
        { 3, 90, 12, 10, 950, 75000 },
        { 17, 5, 0, 0, 500, 2500000 },      /* more than 2.5 s */
        { 16, 1, 17, 1, 990, 2500000 },
    };
    uint64_t  counts[HEALTHCODE_HISTOGRAM_BUCKETS], us = 7;

    memset(counts, 0, sizeof(counts));
    assert_false(healthcode_histogram_quantile(counts, 500, &us));
    assert_int_equal(us, 7);

    for (size_t i = 0; i < test_count(rows); i++) {
        memset(counts, 0, sizeof(counts));
        counts[rows[i].other] = rows[i].m;
        counts[rows[i].bucket] = rows[i].n;

        test_row(healthcode_histogram_quantile(counts, rows[i].permille, &us)
                 && us == rows[i].us, i, "a quantile");
    }

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_finds_the_bucket_of_a_time),
        cmocka_unit_test(test_writes_bounds_as_they_are),
        cmocka_unit_test(test_finds_the_bucket_of_a_bound),
        cmocka_unit_test(test_finds_a_quantile),
    };

    return cmocka_run_group_tests_name("histogram", tests, NULL, NULL);
}
