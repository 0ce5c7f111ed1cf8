/*
 * Tests of healthcode_body.c: media types as clients write them.
 * Knows no request.  docs/request-path.md, "Bodies".
 */

#include "test.h"

#include "../../ngx_http_healthcode_module/core/healthcode_body.h"


static void
test_reads_types(void **state)
{
    static const struct {
        const char         *text;
        healthcode_body_e   type;
    } rows[] = {
        { "", HEALTHCODE_BODY_UNTYPED },
        { " \t", HEALTHCODE_BODY_UNTYPED },
        { ";", HEALTHCODE_BODY_UNTYPED },
        { " ; charset=utf-8", HEALTHCODE_BODY_UNTYPED },
        { "application/x-www-form-urlencoded", HEALTHCODE_BODY_FORM },
        { "Application/X-WWW-Form-URLencoded", HEALTHCODE_BODY_FORM },
        { " application/x-www-form-urlencoded\t; charset=UTF-8",
          HEALTHCODE_BODY_FORM },
        { "application/x-www-form-urlencode", HEALTHCODE_BODY_OTHER },
        { "application/x-www-form-urlencoded2", HEALTHCODE_BODY_OTHER },
        { "application/x-www-form-urlencoded, text/plain",
          HEALTHCODE_BODY_OTHER },
        { "application/json", HEALTHCODE_BODY_JSON },
        { "application/json;x", HEALTHCODE_BODY_JSON },
        { "text/json", HEALTHCODE_BODY_JSON },
        { "text/plain;charset=gbk", HEALTHCODE_BODY_JSON },
        { "application/scan+JSON", HEALTHCODE_BODY_JSON },
        { "+json", HEALTHCODE_BODY_OTHER },
        { "json", HEALTHCODE_BODY_OTHER },
        { "application/json2", HEALTHCODE_BODY_OTHER },
        { "application/x+jsonp", HEALTHCODE_BODY_OTHER },
        { "multipart/form-data; boundary=application/json",
          HEALTHCODE_BODY_OTHER },
        { "text/html", HEALTHCODE_BODY_OTHER },
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(healthcode_body_type(guard_text(0, rows[i].text))
                 == rows[i].type, i, rows[i].text);
    }

    assert_int_equal(healthcode_body_type(healthcode_str_from(NULL, 0)),
                     HEALTHCODE_BODY_UNTYPED);

    (void) state;
}


static void
test_knows_one_of_several(void **state)
{
    static const healthcode_str_t  types[] = {
        { (const uint8_t *) "text/html", 9 },
        { (const uint8_t *) "application/push", 16 },
    };
    static const struct {
        const char  *text;
        bool         is_one;
    } rows[] = {
        { "", false }, { ";", false }, { "text", false },
        { "text/html", true }, { "TEXT/Html; charset=utf-8", true },
        { " application/push\t;", true }, { "text/html2", false },
        { "text/htm", false }, { "text/html, text/plain", false },
        { "text/plain; x=text/html", false },
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(healthcode_body_is_one_of(guard_text(0, rows[i].text), types,
                                           test_count(types))
                 == rows[i].is_one, i, rows[i].text);
    }

    assert_false(healthcode_body_is_one_of(healthcode_str_from(NULL, 0), types,
                                           test_count(types)));
    assert_false(healthcode_body_is_one_of(types[0], types, 0));

    (void) state;
}


static void
test_knows_what_a_type_is(void **state)
{
    static const struct {
        const char  *text;
        bool         is_type;
    } rows[] = {
        { "text/html", true }, { "application/vnd.x+json", true },
        { "a/b", true }, { "*/*", true }, { "", false }, { "/", false },
        { "text", false }, { "text/", false }, { "/html", false },
        { "text/html/x", false }, { "text//html", false },
        { "text/html;", false }, { "text /html", false },
        { "text/ht\tml", false }, { "text/\"html\"", false },
        { "text/\xc3\xa9", false }, { "text/html,text/plain", false },
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(healthcode_body_is_type(guard_text(0, rows[i].text))
                 == rows[i].is_type, i, rows[i].text);
    }

    assert_false(healthcode_body_is_type(guard(0, "text/h\0ml", 9)));

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_reads_types),
        cmocka_unit_test(test_knows_one_of_several),
        cmocka_unit_test(test_knows_what_a_type_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
