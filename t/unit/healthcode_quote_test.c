/*
 * Tests of healthcode_quote.c: values that try to begin another one, in each
 * kind of text.  Knows no stage.
 * docs/directives.md, "healthcode_reply".
 */

#include "test.h"

#include "../../ngx_http_healthcode_module/core/healthcode_quote.h"


static void
test_knows_kinds_by_their_type(void **state)
{
    static const struct {
        const char           *type;
        healthcode_quote_e   escape;
    } rows[] = {
        { "", HEALTHCODE_QUOTE_PLAIN },
        { "json", HEALTHCODE_QUOTE_JSON },
        { "application/jsonx", HEALTHCODE_QUOTE_PLAIN },
        { "text/plain", HEALTHCODE_QUOTE_PLAIN },
        { "text/plain;application/json", HEALTHCODE_QUOTE_PLAIN },
        { "application/json", HEALTHCODE_QUOTE_JSON },
        { "Application/JSON; charset=utf-8", HEALTHCODE_QUOTE_JSON },
        { "application/json ;x", HEALTHCODE_QUOTE_JSON },
        { "text/json", HEALTHCODE_QUOTE_JSON },
        { "application/x-ndjson", HEALTHCODE_QUOTE_JSON },
        { "application/problem+json", HEALTHCODE_QUOTE_JSON },
        { "application/x-www-form-urlencoded", HEALTHCODE_QUOTE_FORM },
        { "text/html", HEALTHCODE_QUOTE_HTML },
        { "text/html;charset=utf-8", HEALTHCODE_QUOTE_HTML },
        { "application/xhtml+xml", HEALTHCODE_QUOTE_HTML },
        { "text/xml", HEALTHCODE_QUOTE_HTML },
        { "application/xml", HEALTHCODE_QUOTE_HTML },
        { "application/javascript", HEALTHCODE_QUOTE_NEVER },
        { "Text/JavaScript; charset=utf-8", HEALTHCODE_QUOTE_NEVER },
        { "text/javascript1.5", HEALTHCODE_QUOTE_NEVER },
        { "application/x-javascript", HEALTHCODE_QUOTE_NEVER },
        { "text/ecmascript", HEALTHCODE_QUOTE_NEVER },
        { "text/jscript", HEALTHCODE_QUOTE_NEVER },
        { "text/livescript", HEALTHCODE_QUOTE_NEVER },
        { "application/postscript", HEALTHCODE_QUOTE_PLAIN },
        { "text/plain; charset=javascript", HEALTHCODE_QUOTE_PLAIN },
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(healthcode_quote_of(guard_text(0, rows[i].type))
                 == rows[i].escape, i, rows[i].type);
    }

    (void) state;
}


static void
test_keeps_a_value_one_value(void **state)
{
    static const struct {
        healthcode_quote_e   escape;
        const char           *value;
        const char           *text;
    } rows[] = {
        { HEALTHCODE_QUOTE_PLAIN, "", "" },
        { HEALTHCODE_QUOTE_PLAIN, "a b&c=d\"<", "a b&c=d\"<" },
        { HEALTHCODE_QUOTE_PLAIN, "a\r\ncode=0000", "" },
        { HEALTHCODE_QUOTE_PLAIN, "a\tb", "" },
        { HEALTHCODE_QUOTE_PLAIN, "a\x7f", "" },
        { HEALTHCODE_QUOTE_PLAIN, "a<!--#include virtual=\"/b\"-->", "" },
        { HEALTHCODE_QUOTE_PLAIN, "<!", "" },
        { HEALTHCODE_QUOTE_PLAIN, "!--#", "" },
        { HEALTHCODE_QUOTE_PLAIN, "a<b!-", "a<b!-" },
        { HEALTHCODE_QUOTE_PLAIN, "\xc3\xa9", "\xc3\xa9" },

        { HEALTHCODE_QUOTE_FORM, "azAZ09-._~", "azAZ09-._~" },
        { HEALTHCODE_QUOTE_FORM, "1&status=1", "1%26status%3D1" },
        { HEALTHCODE_QUOTE_FORM, "a b+c%d", "a%20b%2Bc%25d" },
        { HEALTHCODE_QUOTE_FORM, "\r\n\xff;[`{@", "%0D%0A%FF%3B%5B%60%7B%40" },

        { HEALTHCODE_QUOTE_HTML, "<b a='1' c=\"2\">&",
          "&lt;b a=&#39;1&#39; c=&quot;2&quot;&gt;&amp;" },
        { HEALTHCODE_QUOTE_HTML, "&lt;", "&amp;lt;" },
        { HEALTHCODE_QUOTE_HTML, "\xff<\xc3\xa9\xc3<\xed\xa0\x80",
          "&#xfffd;&lt;\xc3\xa9&#xfffd;&lt;&#xfffd;&#xfffd;&#xfffd;" },
        { HEALTHCODE_QUOTE_HTML, "a\x01\t\r\n\x1f",
          "a&#xfffd;\t\r\n&#xfffd;" },

        { HEALTHCODE_QUOTE_JSON, "1\",\"status\":0,\"x\":\"",
          "1\\\",\\\"status\\\":0,\\\"x\\\":\\\"" },
        { HEALTHCODE_QUOTE_JSON, "\\", "\\\\" },
        { HEALTHCODE_QUOTE_JSON, "\r\n\x01", "\\u000d\\u000a\\u0001" },
        { HEALTHCODE_QUOTE_JSON, "\xff\xc3\xa9", "\\ufffd\xc3\xa9" },
        { HEALTHCODE_QUOTE_JSON, "<!--#echo var=a --><<\xc3<",
          "\\u003c!--#echo var=a -->\\u003c\\u003c\\ufffd\\u003c" },

        { HEALTHCODE_QUOTE_JSON_VALUE, "", "null" },
        { HEALTHCODE_QUOTE_JSON_VALUE, "0", "0" },
        { HEALTHCODE_QUOTE_JSON_VALUE, "-1.5e3", "-1.5e3" },
        { HEALTHCODE_QUOTE_JSON_VALUE, "true", "true" },
        { HEALTHCODE_QUOTE_JSON_VALUE, "false", "false" },
        { HEALTHCODE_QUOTE_JSON_VALUE, "null", "null" },
        { HEALTHCODE_QUOTE_JSON_VALUE, "1,\"status\":0",
          "\"1,\\\"status\\\":0\"" },
        { HEALTHCODE_QUOTE_JSON_VALUE, "<!--#", "\"\\u003c!--#\"" },
        { HEALTHCODE_QUOTE_JSON_VALUE, "01", "\"01\"" },
        { HEALTHCODE_QUOTE_JSON_VALUE, "NaN", "\"NaN\"" },
        { HEALTHCODE_QUOTE_JSON_VALUE, "1 ", "\"1 \"" },
        { HEALTHCODE_QUOTE_JSON_VALUE, "{}", "\"{}\"" },
        { HEALTHCODE_QUOTE_JSON_VALUE, "True", "\"True\"" },

        { HEALTHCODE_QUOTE_NEVER, "", "" },
        { HEALTHCODE_QUOTE_NEVER, "a", "" },
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        healthcode_str_t   value = guard_text(0, rows[i].value);
        healthcode_sink_t  sink = { NULL, 0, 0 };

        healthcode_quote(&sink, rows[i].escape, value);

        test_row(sink.len == strlen(rows[i].text), i, rows[i].value);

        sink.size = sink.len;
        sink.data = guard_room(1, sink.size);
        sink.len = 0;

        healthcode_quote(&sink, rows[i].escape, value);

        test_row(sink.len == sink.size
                 && memcmp(sink.data, rows[i].text, sink.len) == 0, i,
                 rows[i].value);
    }

    (void) state;
}


static void
test_knows_where_a_string_of_json_is(void **state)
{
    static const struct {
        const char  *text;
        bool         is_string;
    } rows[] = {
        { "", false }, { "{", false }, { "{\"", true }, { "{\"a", true },
        { "{\"a\"", false }, { "{\"a\":\"", true }, { "{\"a\\\"", true },
        { "{\"a\\\\\"", false }, { "{\"a\\\\\\\"", true }, { "\\\"", true },
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        healthcode_quote_place_t  place = { false, false };

        /* in pieces of a byte, as variables cut it */

        for (size_t k = 0; rows[i].text[k] != '\0'; k++) {
            healthcode_quote_read(&place,
                                   healthcode_str_from(&rows[i].text[k], 1));
        }

        test_row(place.is_string == rows[i].is_string, i, rows[i].text);
    }

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_knows_kinds_by_their_type),
        cmocka_unit_test(test_keeps_a_value_one_value),
        cmocka_unit_test(test_knows_where_a_string_of_json_is),
    };

    return cmocka_run_group_tests_name("quote", tests, NULL, NULL);
}
