/*
 * Tests of healthcode_event.c: strings that would end a line or a value, lines
 * that are not such objects; then whole lines, written and read.
 * docs/monitoring/log.md.
 */

#include "test.h"

#include "../../ngx_http_healthcode_module/core/healthcode_event.h"


#define ROOM  4096

static const healthcode_event_t  plain = {
    .time = INT64_C(1764500000123),
    .gate = { (const uint8_t *) "hall", 4 },
    .server = { (const uint8_t *) "-", 1 },
    .issuer = { (const uint8_t *) "national", 8 },
    .verdict = { (const uint8_t *) "deny", 4 },
    .reason = { (const uint8_t *) "expired", 7 },
};

static uint64_t  memory[healthcode_json_memory(ROOM) / sizeof(uint64_t) + 1];


static void
test_escapes_what_would_mislead(void **state)
{
    static const struct {
        const char  *kid, *written;
    } rows[] = {
        { "", "" },
        { "a", "a" },
        { "\"", "\\\"" },
        { "\\", "\\\\" },
        { "\\\"", "\\\\\\\"" },
        { "a\nb\r\t", "a\\u000ab\\u000d\\u0009" },
        { "\x01\x1f\x7f", "\\u0001\\u001f\\u007f" },
        { "\xc2\x85", "\\u0085" },
        { "a b\xc2\xa0", "a b\xc2\xa0" },
        { "\xe9\x97\xa8", "\xe9\x97\xa8" },
        { "\xe2\x80\xae", "\\u202e" },
        { "\xe2\x80\xa8", "\\u2028" },
        { "\xef\xbb\xbf", "\\ufeff" },
        { "\xf0\x9d\x85\xb3", "\\ud834\\udd73" },
        { "\xf3\xa0\x81\x81", "\\udb40\\udc41" },
        { "\xff", "\\ufffd" },
        { "\xe9\x97", "\\ufffd\\ufffd" },
        { "\xed\xa0\x80", "\\ufffd\\ufffd\\ufffd" },
        { "\"}\n{\"time\":1", "\\\"}\\u000a{\\\"time\\\":1" },
    };
    char                whole[512];
    uint8_t            *out;
    size_t              len;
    healthcode_event_t  event = plain;

    for (size_t i = 0; i < test_count(rows); i++) {
        event.kid = guard_text(0, rows[i].kid);
        len = healthcode_event_write(&event, NULL, 0);
        out = guard_room(1, len);

        test_row(healthcode_event_write(&event, out, len) == len, i,
                 rows[i].written);

        snprintf(whole, sizeof(whole),
                 "{\"time\":1764500000.123,\"gate\":\"hall\",\"server\":\"-\","
                 "\"verdict\":\"deny\",\"reason\":\"expired\","
                 "\"issuer\":\"national\",\"kid\":\"%s\",\"lookup_ms\":null,"
                 "\"code\":null,\"holder\":null}", rows[i].written);
        test_str_equal(healthcode_str_from(out, len), whole);
    }

    (void) state;
}


static void
test_writes_what_is_known(void **state)
{
    uint8_t             out[512];
    healthcode_event_t  event = plain;

    event.time = 7;
    event.was_asked = true;
    event.lookup = 412;
    event.code = HEALTHCODE_EVENT_HIT;
    event.holder = HEALTHCODE_EVENT_MISS;
    event.has_pseudonym = true;
    event.pseudonym = healthcode_str("adeb");

    test_str_equal(healthcode_str_from(out, healthcode_event_write(&event, out,
                                                              sizeof(out))),
                   "{\"time\":0.007,\"gate\":\"hall\",\"server\":\"-\","
                   "\"verdict\":\"deny\",\"reason\":\"expired\","
                   "\"issuer\":\"national\",\"kid\":null,\"lookup_ms\":0.412,"
                   "\"code\":\"hit\",\"holder\":\"miss\","
                   "\"pseudonym\":\"adeb\"}");

    event.pseudonym = healthcode_str_from(NULL, 0);
    event.lookup = 2500001;

    test_str_equal(healthcode_str_from(out, healthcode_event_write(&event, out,
                                                              sizeof(out))),
                   "{\"time\":0.007,\"gate\":\"hall\",\"server\":\"-\","
                   "\"verdict\":\"deny\",\"reason\":\"expired\","
                   "\"issuer\":\"national\",\"kid\":null,"
                   "\"lookup_ms\":2500.001,\"code\":\"hit\","
                   "\"holder\":\"miss\",\"pseudonym\":null}");

    (void) state;
}


static void
test_writes_nothing_past_the_end(void **state)
{
    size_t   len = healthcode_event_write(&plain, NULL, 0);
    uint8_t *out;

    for (size_t size = 0; size <= len; size++) {
        out = guard_room(1, size);
        test_row(healthcode_event_write(&plain, out, size) == len, size,
                 "a line that is cut");
    }

    (void) state;
}


static void
test_reads_what_was_written(void **state)
{
    uint8_t             out[ROOM];
    size_t              len;
    healthcode_event_t  event, read;

    event = plain;
    event.gate = healthcode_str("a\"b\\c\n\xe9\x97\xa8\xe2\x80\xae");
    len = healthcode_event_write(&event, out, sizeof(out));

    assert_true(healthcode_event_read(guard(0, out, len), memory,
                                      sizeof(memory), &read));
    assert_true(read.time == event.time);
    assert_true(healthcode_str_equal(read.gate, event.gate));
    assert_true(healthcode_str_equal(read.server, event.server));
    assert_true(healthcode_str_equal(read.issuer, event.issuer));
    assert_true(healthcode_str_equal(read.verdict, event.verdict));
    assert_true(healthcode_str_equal(read.reason, event.reason));

    (void) state;
}


static void
test_passes_over_other_lines(void **state)
{
    static const char *const  rows[] = {
        "",
        "null",
        "{}",
        "[]",
        "127.0.0.1 - - [30/Nov/2026:12:00:00 +0000] \"GET / HTTP/1.1\" 200 7",
        "{\"time\":1,\"gate\":\"a\",\"server\":\"b\",\"issuer\":\"c\","
        "\"verdict\":\"allow\"}",
        "{\"time\":1,\"gate\":\"a\",\"server\":\"b\",\"issuer\":\"c\","
        "\"verdict\":\"maybe\",\"reason\":\"ok\"}",
        "{\"time\":\"1\",\"gate\":\"a\",\"server\":\"b\",\"issuer\":\"c\","
        "\"verdict\":\"allow\",\"reason\":\"ok\"}",
        "{\"time\":-1,\"gate\":\"a\",\"server\":\"b\",\"issuer\":\"c\","
        "\"verdict\":\"allow\",\"reason\":\"ok\"}",
        "{\"time\":1e300,\"gate\":\"a\",\"server\":\"b\",\"issuer\":\"c\","
        "\"verdict\":\"allow\",\"reason\":\"ok\"}",
        "{\"time\":1,\"gate\":[1,2],\"server\":\"b\",\"issuer\":\"c\","
        "\"verdict\":\"allow\",\"reason\":\"ok\"}",
        "{\"time\":1,\"gate\":\"a\",\"server\":\"b\",\"issuer\":null,"
        "\"verdict\":\"allow\",\"reason\":\"ok\"}",
        "{\"time\":1,\"gate\":\"a\",\"gate\":\"a\",\"server\":\"b\","
        "\"issuer\":\"c\",\"verdict\":\"allow\",\"reason\":\"ok\"}",
        "{\"time\":1,\"gate\":\"a\",\"server\":\"b\",\"issuer\":\"c\","
        "\"verdict\":\"allow\",\"reason\":\"ok\"} x",
    };
    healthcode_event_t  event = { .time = 42 };

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(!healthcode_event_read(guard_text(0, rows[i]), memory,
                                        sizeof(memory), &event), i, rows[i]);
        test_row(event.time == 42, i, rows[i]);
    }

    (void) state;
}


static void
test_reads_times(void **state)
{
    static const struct {
        const char  *written;
        int64_t      time;
    } rows[] = {
        { "0", 0 }, { "0.001", 1 }, { "1764500000", INT64_C(1764500000000) },
        { "1764500000.999", INT64_C(1764500000999) },
        { "253402300798.999", INT64_C(253402300798999) },
    };
    char                line[256];
    healthcode_event_t  event;

    for (size_t i = 0; i < test_count(rows); i++) {
        snprintf(line, sizeof(line),
                 "{\"time\":%s,\"gate\":\"a\",\"server\":\"b\","
                 "\"issuer\":\"c\",\"verdict\":\"allow\",\"reason\":\"ok\","
                 "\"more\":{\"a\":[]}}", rows[i].written);
        test_row(healthcode_event_read(guard_text(0, line), memory,
                                       sizeof(memory), &event), i, line);
        test_row(event.time == rows[i].time, i, line);
    }

    (void) state;
}


static void
test_knows_its_words(void **state)
{
    healthcode_event_verdict_e  verdict;

    for (unsigned i = 0; i < HEALTHCODE_EVENT_VERDICTS; i++) {
        verdict = HEALTHCODE_EVENT_VERDICTS;
        assert_true(healthcode_event_verdict(healthcode_event_word(i),
                                             &verdict));
        assert_true(verdict == i);
    }

    assert_false(healthcode_event_verdict(healthcode_str("Allow"), &verdict));
    assert_false(healthcode_event_verdict(healthcode_str(""), &verdict));

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_escapes_what_would_mislead),
        cmocka_unit_test(test_writes_what_is_known),
        cmocka_unit_test(test_writes_nothing_past_the_end),
        cmocka_unit_test(test_reads_what_was_written),
        cmocka_unit_test(test_passes_over_other_lines),
        cmocka_unit_test(test_reads_times),
        cmocka_unit_test(test_knows_its_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
