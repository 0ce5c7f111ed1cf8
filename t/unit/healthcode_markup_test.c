/*
 * Tests of healthcode_markup.c: where an escaped value stays one, and where it
 * would not.  Knows no stage.
 * docs/pages.md, "Variables".
 */

#include "test.h"

#include "../../ngx_http_healthcode_module/core/healthcode_markup.h"


static healthcode_markup_e
place_of(const char *text)
{
    healthcode_markup_t  markup = { 0 };

    healthcode_markup_read(&markup, guard_text(0, text));

    return healthcode_markup_place(&markup);
}


/* The value would stand where the text ends. */
static void
test_knows_where_a_value_stands(void **state)
{
    static const struct {
        const char           *text;
        healthcode_markup_e   place;
    } rows[] = {
        /* an escaped value would be more than one here */
        { "<p title=", HEALTHCODE_MARKUP_TAG },
        { "<p title= ", HEALTHCODE_MARKUP_TAG },
        { "<p title=a", HEALTHCODE_MARKUP_TAG },
        { "<p title\n=\n'a' ", HEALTHCODE_MARKUP_TAG },
        { "<p ", HEALTHCODE_MARKUP_TAG },
        { "<p", HEALTHCODE_MARKUP_TAG },
        { "<", HEALTHCODE_MARKUP_TAG },
        { "<<", HEALTHCODE_MARKUP_TAG },
        { "</", HEALTHCODE_MARKUP_TAG },
        { "</p", HEALTHCODE_MARKUP_TAG },
        { "<!", HEALTHCODE_MARKUP_TAG },
        { "<!doctype ", HEALTHCODE_MARKUP_TAG },
        { "<?xml ", HEALTHCODE_MARKUP_TAG },
        { "</ x", HEALTHCODE_MARKUP_TAG },
        { "<p a=\"b\"", HEALTHCODE_MARKUP_TAG },
        { "<p a=\"b>\" c", HEALTHCODE_MARKUP_TAG },
        { "<p a=b\"", HEALTHCODE_MARKUP_TAG },
        { "<p =\"", HEALTHCODE_MARKUP_TAG },
        { "<p a=\"b\"=\"", HEALTHCODE_MARKUP_TAG },
        { "<p/title=", HEALTHCODE_MARKUP_TAG },
        { "<title></titl", HEALTHCODE_MARKUP_TAG },
        { "<title></title", HEALTHCODE_MARKUP_TAG },
        { "<!--", HEALTHCODE_MARKUP_COMMENT },
        { "<!-- -- > -->\n<!-- ", HEALTHCODE_MARKUP_COMMENT },
        { "<!-- <p title=\"", HEALTHCODE_MARKUP_COMMENT },
        { "<!-- --!", HEALTHCODE_MARKUP_COMMENT },
        { "<!--!>", HEALTHCODE_MARKUP_COMMENT },
        { "<!---!>", HEALTHCODE_MARKUP_COMMENT },
        { "<!--a->", HEALTHCODE_MARKUP_COMMENT },
        { "<svg><![CDATA[ > <p title=\"]]>", HEALTHCODE_MARKUP_TAG },
        { "<noscript>", HEALTHCODE_MARKUP_SCRIPT },
        { "<script>", HEALTHCODE_MARKUP_SCRIPT },
        { "<SCRIPT type='a>'>x = '</scrip>", HEALTHCODE_MARKUP_SCRIPT },
        { "<script/>", HEALTHCODE_MARKUP_SCRIPT },
        { "<style>p { }", HEALTHCODE_MARKUP_STYLE },
        { "<sTyle\nmedia=print>", HEALTHCODE_MARKUP_STYLE },
        { "<style></p></styles>", HEALTHCODE_MARKUP_STYLE },
        { "<p style=\"", HEALTHCODE_MARKUP_CODE },
        { "<p STYLE='a", HEALTHCODE_MARKUP_CODE },
        { "<p onclick=\"", HEALTHCODE_MARKUP_CODE },
        { "<p ON=\"", HEALTHCODE_MARKUP_CODE },
        { "<meta content=\"0; url=", HEALTHCODE_MARKUP_CODE },
        { "<iframe srcdoc=\"", HEALTHCODE_MARKUP_CODE },
        { "<p a123456789012345678901234567890123456=\"",
          HEALTHCODE_MARKUP_CODE },

        /* where a link leads to */
        { "<a href=\"", HEALTHCODE_MARKUP_ADDRESS },
        { "<a href='", HEALTHCODE_MARKUP_ADDRESS },
        { "<a HREF=\"java", HEALTHCODE_MARKUP_ADDRESS },
        { "<a href=\"javascript:", HEALTHCODE_MARKUP_ADDRESS },
        { "<img alt=\"\" src=\"", HEALTHCODE_MARKUP_ADDRESS },
        { "<form action=\"", HEALTHCODE_MARKUP_ADDRESS },
        { "<use xlink:href=\"", HEALTHCODE_MARKUP_ADDRESS },
        { "<a href=\"/x\" ><a href=\"", HEALTHCODE_MARKUP_ADDRESS },
        { "<a href=\"/", HEALTHCODE_MARKUP_ADDRESS },
        { "<a href=\"\\", HEALTHCODE_MARKUP_ADDRESS },
        { "<a href=\" /\n", HEALTHCODE_MARKUP_ADDRESS },
        { "<a href=\"//", HEALTHCODE_MARKUP_ADDRESS },
        { "<a href=\"//a.example", HEALTHCODE_MARKUP_ADDRESS },
        { "<a href=\"https:", HEALTHCODE_MARKUP_ADDRESS },
        { "<a href=\"https:/", HEALTHCODE_MARKUP_ADDRESS },
        { "<a href=\"https://", HEALTHCODE_MARKUP_ADDRESS },
        { "<a href=\"https:///", HEALTHCODE_MARKUP_ADDRESS },
        { "<a href=\"https://a.example", HEALTHCODE_MARKUP_ADDRESS },
        { "<a href=\"https://a.example:80", HEALTHCODE_MARKUP_ADDRESS },
        { "<a href=\"&#47;", HEALTHCODE_MARKUP_ADDRESS },
        { "<a href=\"&sol;a/", HEALTHCODE_MARKUP_ADDRESS },

        /* an escaped value is text here */
        { "", HEALTHCODE_MARKUP_TEXT },
        { "a & b > c", HEALTHCODE_MARKUP_TEXT },
        { "a < b", HEALTHCODE_MARKUP_TEXT },
        { "<!doctype html>", HEALTHCODE_MARKUP_TEXT },
        { "<p>", HEALTHCODE_MARKUP_TEXT },
        { "<p a='>'>", HEALTHCODE_MARKUP_TEXT },
        { "<p a=>", HEALTHCODE_MARKUP_TEXT },
        { "</>", HEALTHCODE_MARKUP_TEXT },
        { "</p a=\"b\">", HEALTHCODE_MARKUP_TEXT },
        { "<!-->", HEALTHCODE_MARKUP_TEXT },
        { "<!--->", HEALTHCODE_MARKUP_TEXT },
        { "<!---->", HEALTHCODE_MARKUP_TEXT },
        { "<!----->", HEALTHCODE_MARKUP_TEXT },
        { "<!----!>", HEALTHCODE_MARKUP_TEXT },
        { "<!-- a --b ->-->", HEALTHCODE_MARKUP_TEXT },
        { "<!-- --!>", HEALTHCODE_MARKUP_TEXT },
        { "<!>", HEALTHCODE_MARKUP_TEXT },
        { "<style></STYLE >", HEALTHCODE_MARKUP_TEXT },
        { "<script>'<a href='</script/>", HEALTHCODE_MARKUP_TEXT },
        { "<title>", HEALTHCODE_MARKUP_TEXT },
        { "<title><a href=\"", HEALTHCODE_MARKUP_TEXT },
        { "<title></p></title><p>", HEALTHCODE_MARKUP_TEXT },
        { "<p title=\"", HEALTHCODE_MARKUP_VALUE },
        { "<p title='a<b>", HEALTHCODE_MARKUP_VALUE },
        { "<p\ttitle = \"", HEALTHCODE_MARKUP_VALUE },
        { "<p a b=c title=\"", HEALTHCODE_MARKUP_VALUE },
        { "<p a='b'title=\"", HEALTHCODE_MARKUP_VALUE },
        { "<p data-if=\"", HEALTHCODE_MARKUP_VALUE },
        { "<p aria-roledescription=\"", HEALTHCODE_MARKUP_VALUE },
        { "<a href=\"/where/", HEALTHCODE_MARKUP_VALUE },
        { "<a href=\"https://a.example/?b=", HEALTHCODE_MARKUP_VALUE },
        { "<a href=\"https://a.example:80/", HEALTHCODE_MARKUP_VALUE },
        { "<a href=\"//a.example/", HEALTHCODE_MARKUP_VALUE },
        { "<a href=\"mailto:a@a.example?subject=", HEALTHCODE_MARKUP_VALUE },
        { "<a href=\"/a", HEALTHCODE_MARKUP_VALUE },
        { "<a href=\"a/", HEALTHCODE_MARKUP_VALUE },
        { "<a href=\"/a?b=c&amp;d=", HEALTHCODE_MARKUP_VALUE },
        { "<a href=\"#", HEALTHCODE_MARKUP_VALUE },
        { "<a href=\"//\" title=\"", HEALTHCODE_MARKUP_VALUE },
        { "<a href=\"//a.example\"><a href=\"/a", HEALTHCODE_MARKUP_VALUE },
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(place_of(rows[i].text) == rows[i].place, i, rows[i].text);
    }

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_knows_where_a_value_stands),
    };

    return cmocka_run_group_tests_name("markup", tests, NULL, NULL);
}
