/*
 * Tests of healthcode_outline.c: names that would be markup, text that is not
 * JSON, room that ends early; then what a reader sees.
 * docs/monitoring/page.md, "Without script".
 */

#include "test.h"

#include <time.h>

#include "../../ngx_http_healthcode_module/core/healthcode_outline.h"


typedef size_t (*write_pt)(healthcode_str_t json, uint8_t *dst, size_t size);


/* What is written, in room of exactly so many bytes. */
static healthcode_str_t
written(write_pt write, healthcode_str_t json)
{
    size_t    len = write(json, NULL, 0);
    uint8_t  *room = guard_room(1, len);

    assert_int_equal(write(json, room, len), len);

    return healthcode_str_from(room, len);
}


static void
is_html(size_t i, const char *json, const char *html)
{
    healthcode_str_t  text = written(healthcode_outline_html,
                                     guard_text(0, json));

    if (text.len != strlen(html) || memcmp(text.data, html, text.len) != 0) {
        print_error("%.*s\n", (int) text.len, (const char *) text.data);
    }

    test_row(text.len == strlen(html)
             && memcmp(text.data, html, text.len) == 0, i, json);
}


#define LIST(name, value)                                                     \
    "<dl>\n<dt>" name "</dt><dd>" value "</dd>\n</dl>\n"


static void
test_writes_no_markup_of_others(void **state)
{
    static const struct {
        const char  *json, *html;
    } rows[] = {
        { "{\"<b>\":\"<script>alert(1)</script>\"}",
          LIST("&lt;b&gt;", "&lt;script&gt;alert(1)&lt;/script&gt;") },
        { "{\"a\":\"&lt;\\\"'\"}", LIST("a", "&amp;lt;&quot;'") },
        { "{\"a\":\"\\u003cb\\u003E\"}", LIST("a", "&lt;b&gt;") },
        { "{\"a\":\"\\\\u003cb\"}", LIST("a", "\\u003cb") },
        { "{\"a\":<b>}", LIST("a", "&lt;b&gt;") },
        { "{\"a\":\"x\\ny\\u0000\\u0007z\"}", LIST("a", "x y??z") },
        { "{\"a\":\"\\u95e8\"}", LIST("a", "?") },
        { "{\"a\":\"\xe9\x97\xa8\"}", LIST("a", "\xe9\x97\xa8") },
        { "{\"a\":\"\xe9\x97\"}", LIST("a", "??") },
        { "{\"a\":\"\xe2\x80\xae\"}", LIST("a", "?") },
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        is_html(i, rows[i].json, rows[i].html);
    }

    (void) state;
}


static void
test_reads_what_is_no_json(void **state)
{
    static const struct {
        const char  *json, *html;
    } rows[] = {
        { "", "" }, { " ", "" }, { "[]", "" }, { "\"a\"", "" }, { "x", "" },
        { "{", "" }, { "{}", "" }, { "{,", "" }, { "}", "" },
        { "{\"", LIST("", "") }, { "{\"\\", LIST("\\", "") },
        { "{\"a", LIST("a", "") }, { "{\"a\"", LIST("a", "") },
        { "{\"a\":", LIST("a", "") }, { "{\"a\":1", LIST("a", "1") },
        { "{\"a\":\"\\", LIST("a", "\\") },
        { "{\"a\":\"\\u00", LIST("a", " 00") },
        { "{\"a\":[", LIST("a", "") }, { "{\"a\":[[[", LIST("a", "") },
        { "{\"a\":}", LIST("a", "") }, { "{\"a\":]]", LIST("a", "") },
        { "{\"a\":[{",
          "<table tabindex=\"0\">\n<caption>a</caption>\n<thead><tr></tr>"
          "</thead>\n<tbody>\n<tr></tr>\n</tbody>\n</table>\n" },
        { "{\"a\":[{}]}",
          "<table tabindex=\"0\">\n<caption>a</caption>\n<thead><tr></tr>"
          "</thead>\n<tbody>\n<tr></tr>\n</tbody>\n</table>\n" },
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        is_html(i, rows[i].json, rows[i].html);
    }

    (void) state;
}


static void
test_writes_lists_and_tables(void **state)
{
    is_html(0, "{ \"version\" : \"0.1.0\", \"time\": 1795464000,\n"
               "\"none\": [], \"since\": null,\n"
               "\"stores\": [ {\"store\": \"flags\", \"up\": true,"
               " \"data\": [{\"source\": \"cdc\", \"time\": 1795464000},"
               " {\"source\": \"b\", \"time\": 0}], \"failures\": {\"a\": 1,"
               " \"b\": 2}}, {\"store\": \"x\", \"up\": false} ],"
               "\"last\": -1.5e3 }\n",
            "<dl>\n<dt>version</dt><dd>0.1.0</dd>\n"
            "<dt>time</dt><dd>2026-11-23T20:00:00Z</dd>\n"
            "<dt>none</dt><dd></dd>\n<dt>since</dt><dd>null</dd>\n</dl>\n"
            "<table tabindex=\"0\">\n<caption>stores</caption>\n<thead><tr>"
            "<th scope=\"col\">store</th><th scope=\"col\">up</th>"
            "<th scope=\"col\">data</th><th scope=\"col\">failures</th>"
            "</tr></thead>\n<tbody>\n"
            "<tr><th scope=\"row\">flags</th><td>true</td>"
            "<td>source cdc, time 2026-11-23T20:00:00Z, source b, time "
            "1970-01-01T00:00:00Z</td><td>a 1, b 2</td></tr>\n"
            "<tr><th scope=\"row\">x</th><td>false</td></tr>\n"
            "</tbody>\n</table>\n"
            "<dl>\n<dt>last</dt><dd>-1.5e3</dd>\n</dl>\n");

    /* a count is not a date, nor is a time that no date can be */
    is_html(1, "{\"count\":1795464000}", LIST("count", "1795464000"));
    is_html(2, "{\"time\":1795464000.5}", LIST("time", "1795464000.5"));
    is_html(3, "{\"time\":999999999999999}", LIST("time", "999999999999999"));
    is_html(4, "{\"time\":9999999999999999999}",
            LIST("time", "9999999999999999999"));
    is_html(5, "{\"time\":\"1\"}", LIST("time", "1"));

    (void) state;
}


static void
test_data_ends_no_element(void **state)
{
    test_str_equal(written(healthcode_outline_data,
                           guard_text(0, "{\"a\":\"</script><!--&amp;\"}")),
                   "{\"a\":\"\\u003c/script\\u003e\\u003c!--\\u0026amp;\"}");

    (void) state;
}


static void
test_stops_where_the_room_ends(void **state)
{
    static const char       *json = "{\"a\":\"<&\",\"b\":[{\"time\":1}]}";
    static const write_pt    writes[] = { healthcode_outline_html,
                                          healthcode_outline_data };
    uint8_t                 *room;
    healthcode_str_t         whole;

    for (size_t i = 0; i < test_count(writes); i++) {
        whole = written(writes[i], guard_text(0, json));

        for (size_t size = 0; size < whole.len; size++) {
            room = guard_room(2, size);
            assert_int_equal(writes[i](guard_text(0, json), room, size),
                             whole.len);
            assert_true(size == 0 || memcmp(room, whole.data, size) == 0);
        }
    }

    (void) state;
}


static double
cost(healthcode_str_t text)
{
    struct timespec  from, to;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
    (void) healthcode_outline_html(text, NULL, 0);
    (void) healthcode_outline_data(text, NULL, 0);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);

    return (double) (to.tv_sec - from.tv_sec) * 1e6
           + (double) (to.tv_nsec - from.tv_nsec) / 1e3;
}


static void
test_costs_as_much_as_there_is_to_read(void **state)
{
    static const char *const  pieces[] = {
        "{", "[", "\"", "\\", ",", ":", " ", "[{", "\"a\":", "\"a\":[{",
        "\"a\":1,", "\"a\":[{\"b\":1}],", "\"\\", "]", "}", "x"
    };
    static char  room[64 * 1024];

    test_is_linear(pieces, test_count(pieces), "{\"a\":", room, sizeof(room),
                   cost);

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_writes_no_markup_of_others),
        cmocka_unit_test(test_reads_what_is_no_json),
        cmocka_unit_test(test_writes_lists_and_tables),
        cmocka_unit_test(test_data_ends_no_element),
        cmocka_unit_test(test_stops_where_the_room_ends),
        cmocka_unit_test(test_costs_as_much_as_there_is_to_read),
    };

    return cmocka_run_group_tests_name("outline", tests, NULL, NULL);
}
