/*
 * Tests of healthcode_exposition.c: values that would end a line or a label,
 * room that ends before the text does; then the lines.
 * docs/monitoring/metrics.md.
 */

#include "test.h"

#include "../../ngx_http_healthcode_module/core/healthcode_exposition.h"


static const healthcode_exposition_t  metric = {
    "healthcode_requests_total", "counter", "Requests."
};


static void
test_escapes_what_would_end_a_value(void **state)
{
    static const struct {
        const char  *value, *line;
    } rows[] = {
        { "a", "healthcode_requests_total{gate=\"a\"} 7\n" },
        { "", "healthcode_requests_total{gate=\"\"} 7\n" },
        { "\"", "healthcode_requests_total{gate=\"\\\"\"} 7\n" },
        { "\\", "healthcode_requests_total{gate=\"\\\\\"} 7\n" },
        { "\\\"", "healthcode_requests_total{gate=\"\\\\\\\"\"} 7\n" },
        { "a\nb 1\n", "healthcode_requests_total{gate=\"a\\nb 1\\n\"} 7\n" },
        { "\"} 1\nx{a=\"", "healthcode_requests_total{gate=\"\\\"} 1\\nx{a="
                           "\\\"\"} 7\n" },
        { "\xe9\x97\xa8", "healthcode_requests_total{gate=\"\xe9\x97\xa8\"} "
                          "7\n" },
    };
    uint8_t                       room[128];
    healthcode_str_t              value;
    static const char *const      labels[] = { "gate" };
    healthcode_sink_t             text;

    for (size_t i = 0; i < test_count(rows); i++) {
        text = (healthcode_sink_t) { room, 0, sizeof(room) };
        value = guard_text(0, rows[i].value);

        healthcode_exposition_sample(&text, &metric, labels, &value, 1, 7);
        test_row(text.len == strlen(rows[i].line)
                 && memcmp(room, rows[i].line, text.len) == 0, i,
                 rows[i].value);
    }

    (void) state;
}


static void
test_writes_lines(void **state)
{
    uint8_t                       room[512];
    healthcode_str_t              values[2] = { healthcode_str("a"),
                                                healthcode_str("b") };
    static const char *const      labels[] = { "gate", "server" };
    healthcode_sink_t             text = { room, 0, sizeof(room) };

    healthcode_exposition_metric(&text, &metric);
    healthcode_exposition_sample(&text, &metric, labels, values, 2, 0);
    healthcode_exposition_sample(&text, &metric, labels, values, 1, 10);
    healthcode_exposition_sample(&text, &metric, NULL, NULL, 0, UINT64_MAX);
    healthcode_exposition_milliseconds(&text, &metric, labels, values, 1,
                                       -1500);

    test_str_equal(healthcode_str_from(room, text.len),
                   "# HELP healthcode_requests_total Requests.\n"
                   "# TYPE healthcode_requests_total counter\n"
                   "healthcode_requests_total{gate=\"a\",server=\"b\"} 0\n"
                   "healthcode_requests_total{gate=\"a\"} 10\n"
                   "healthcode_requests_total 18446744073709551615\n"
                   "healthcode_requests_total{gate=\"a\"} -1.500\n");

    (void) state;
}


static void
test_writes_histograms(void **state)
{
    uint8_t                       room[2048];
    uint64_t                      counts[HEALTHCODE_HISTOGRAM_BUCKETS] = { 0 };
    healthcode_str_t              all, seen;
    healthcode_sink_t             text = { room, 0, sizeof(room) };
    static const char *const      lines[] = {
        "healthcode_requests_total_bucket{store=\"a\\\"\",le=\"0.00001\"} 0\n",
        "healthcode_requests_total_bucket{store=\"a\\\"\",le=\"0.000025\"} 3\n",
        "healthcode_requests_total_bucket{store=\"a\\\"\",le=\"2.5\"} 3\n"
        "healthcode_requests_total_bucket{store=\"a\\\"\",le=\"+Inf\"} 5\n"
        "healthcode_requests_total_sum{store=\"a\\\"\"} 12.000345\n"
        "healthcode_requests_total_count{store=\"a\\\"\"} 5\n",
    };

    counts[1] = 3;
    counts[HEALTHCODE_HISTOGRAM_BUCKETS - 1] = 2;

    healthcode_exposition_histogram(&text, &metric, "store",
                                    healthcode_str("a\""), counts, 12000345);
    assert_true(text.len < text.size);
    all = healthcode_str_from(room, text.len);

    for (size_t i = 0; i < test_count(lines); i++) {
        seen = healthcode_str_from(memmem(all.data, all.len, lines[i],
                                          strlen(lines[i])), 0);
        test_row(seen.data != NULL, i, lines[i]);
    }

    (void) state;
}


static void
test_says_how_much_room_it_wants(void **state)
{
    size_t                         len;
    uint8_t                       *room;
    healthcode_sink_t              text = { NULL, 0, 0 };

    healthcode_exposition_metric(&text, &metric);
    len = text.len;
    assert_true(len > 60);

    for (size_t size = 0; size <= len; size++) {
        room = guard_room(0, size);
        text = (healthcode_sink_t) { room, 0, size };

        healthcode_exposition_metric(&text, &metric);
        assert_int_equal(text.len, len);
    }

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_escapes_what_would_end_a_value),
        cmocka_unit_test(test_writes_lines),
        cmocka_unit_test(test_writes_histograms),
        cmocka_unit_test(test_says_how_much_room_it_wants),
    };

    return cmocka_run_group_tests_name("exposition", tests, NULL, NULL);
}
