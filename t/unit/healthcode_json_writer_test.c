/*
 * Tests of healthcode_json_writer.c: strings that would end a string or are not
 * text; then every character, read back by yyjson; then commas.
 * docs/directives.md, "healthcode_status".
 */

#include "test.h"

#include <yyjson.h>

#include "../../ngx_http_healthcode_module/core/healthcode_json_writer.h"


static void
test_escapes_what_is_not_text(void **state)
{
    static const struct {
        const char  *bytes;
        size_t       len;
        const char  *json;
    } rows[] = {
        { "", 0, "\"\"" },
        { "a", 1, "\"a\"" },
        { "\"", 1, "\"\\\"\"" },
        { "\\", 1, "\"\\\\\"" },
        { "\",\"x\":\"", 7, "\"\\\",\\\"x\\\":\\\"\"" },
        { "\0", 1, "\"\\u0000\"" },
        { "a\nb\r\t", 5, "\"a\\u000ab\\u000d\\u0009\"" },
        { "\x1f\x7f", 2, "\"\\u001f\\u007f\"" },
        { "\xe9\x97\xa8", 3, "\"\xe9\x97\xa8\"" },
        { "\xe9\x97", 2, "\"\\ufffd\\ufffd\"" },
        { "\xff" "a", 2, "\"\\ufffda\"" },
        { "\xed\xa0\x80", 3, "\"\\ufffd\\ufffd\\ufffd\"" },
        { "\xc0\x80", 2, "\"\\ufffd\\ufffd\"" },
        { "\xf4\x90\x80\x80", 4, "\"\\ufffd\\ufffd\\ufffd\\ufffd\"" },
    };
    uint8_t                   room[64];
    healthcode_sink_t         sink;
    healthcode_json_writer_t  json;

    for (size_t i = 0; i < test_count(rows); i++) {
        sink = (healthcode_sink_t) { room, 0, sizeof(room) };
        json = (healthcode_json_writer_t) { &sink, false };

        healthcode_json_writer_string(&json, guard(0, rows[i].bytes,
                                                   rows[i].len));
        test_row(sink.len == strlen(rows[i].json)
                 && memcmp(room, rows[i].json, sink.len) == 0, i,
                 rows[i].json);
    }

    (void) state;
}


/* Each byte of ASCII alone, as an independent reader reads it. */
static void
test_is_read_back(void **state)
{
    uint8_t                   byte, room[32];
    yyjson_doc               *doc;
    healthcode_sink_t         sink;
    healthcode_json_writer_t  json;

    for (unsigned i = 0; i < 0x80; i++) {
        byte = (uint8_t) i;
        sink = (healthcode_sink_t) { room, 0, sizeof(room) };
        json = (healthcode_json_writer_t) { &sink, false };

        healthcode_json_writer_string(&json, healthcode_str_from(&byte, 1));

        doc = yyjson_read((const char *) room, sink.len, 0);
        test_row(doc && yyjson_equals_strn(yyjson_doc_get_root(doc),
                                           (const char *) &byte, 1),
                 i, "a character");
        yyjson_doc_free(doc);
    }

    (void) state;
}


static void
test_puts_commas_between(void **state)
{
    uint8_t                   room[256];
    healthcode_sink_t         sink = { room, 0, sizeof(room) };
    healthcode_json_writer_t  json = { &sink, false };

    healthcode_json_writer_open(&json, '{');

    healthcode_json_writer_name(&json, "none");
    healthcode_json_writer_open(&json, '[');
    healthcode_json_writer_close(&json, ']');

    healthcode_json_writer_name(&json, "rows");
    healthcode_json_writer_open(&json, '[');
    healthcode_json_writer_line(&json);
    healthcode_json_writer_open(&json, '{');
    healthcode_json_writer_close(&json, '}');
    healthcode_json_writer_line(&json);
    healthcode_json_writer_number(&json, UINT64_MAX);
    healthcode_json_writer_signed(&json, INT64_MIN);
    healthcode_json_writer_signed(&json, -1);
    healthcode_json_writer_signed(&json, 1);
    healthcode_json_writer_seconds(&json, 1500000);
    healthcode_json_writer_word(&json, healthcode_str("null"));
    healthcode_json_writer_string(&json, healthcode_str("a"));
    healthcode_json_writer_open(&json, '[');
    healthcode_json_writer_number(&json, 1);
    healthcode_json_writer_close(&json, ']');
    healthcode_json_writer_close(&json, ']');

    healthcode_json_writer_member(&json, "n", 1);
    healthcode_json_writer_known(&json, "k", true, 2);
    healthcode_json_writer_known(&json, "u", false, 3);
    healthcode_json_writer_name_of(&json, guard_text(0, "of"));
    healthcode_json_writer_number(&json, 4);
    healthcode_json_writer_name(&json, "last");
    healthcode_json_writer_word(&json, healthcode_str("true"));
    healthcode_json_writer_close(&json, '}');

    test_str_equal(healthcode_str_from(room, sink.len),
                   "{\"none\":[],\"rows\":[\n{},\n18446744073709551615,"
                   "-9223372036854775808,-1,1,1.500000,null,\"a\",[1]],"
                   "\"n\":1,\"k\":2,\"u\":null,\"of\":4,\"last\":true}");

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_escapes_what_is_not_text),
        cmocka_unit_test(test_is_read_back),
        cmocka_unit_test(test_puts_commas_between),
    };

    return cmocka_run_group_tests_name("json_writer", tests, NULL, NULL);
}
