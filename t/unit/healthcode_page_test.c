/*
 * Tests of healthcode_page.c: no page contradicts the colour of a verdict;
 * names of other files.  Knows no stage.
 * docs/pages.md.
 */

#include "test.h"

#include "../../ngx_http_healthcode_module/core/healthcode_page.h"


static void
test_no_page_contradicts_the_colour(void **state)
{
    healthcode_page_e    kind;
    healthcode_reason_e  reason;
    healthcode_colour_e  colour;

    for (int i = 0; i < HEALTHCODE_REASON_COUNT; i++) {

        reason = (healthcode_reason_e) i;
        kind = healthcode_page_of(reason);
        colour = healthcode_reason_colour(reason);

        test_row((kind == HEALTHCODE_PAGE_HOLDER)
                 == (colour == HEALTHCODE_COLOUR_RED), i, "red");
        test_row((kind == HEALTHCODE_PAGE_CONDITION)
                 == (colour == HEALTHCODE_COLOUR_YELLOW), i, "yellow");
        test_row((kind == HEALTHCODE_PAGE_BUSY)
                 == healthcode_reason_is_busy(reason), i, "busy");
        test_row(kind != HEALTHCODE_PAGE_RENEW
                 || healthcode_reason_class(reason) == HEALTHCODE_CLASS_CODE,
                 i, "renew is for who has shown a code");
    }

    assert_int_equal(healthcode_page_of(HEALTHCODE_REASON_COUNT),
                     HEALTHCODE_PAGE_OTHER);
    assert_int_equal(healthcode_page_of(HEALTHCODE_REASON_EXPIRED),
                     HEALTHCODE_PAGE_RENEW);
    assert_int_equal(healthcode_page_of(HEALTHCODE_REASON_FLAGGED),
                     HEALTHCODE_PAGE_HOLDER);
    assert_int_equal(healthcode_page_of(HEALTHCODE_REASON_STATUS_UNSUPPORTED),
                     HEALTHCODE_PAGE_OTHER);

    (void) state;
}


/* As "healthcode_disclose class" answers: one page for all of them. */
static void
test_a_stranger_sees_one_page(void **state)
{
    healthcode_reason_e  told;

    for (int i = 0; i < HEALTHCODE_REASON_COUNT; i++) {

        told = healthcode_reason_disclosed((healthcode_reason_e) i, false);

        test_row(told == (healthcode_reason_e) i
                 || healthcode_page_of(told) == HEALTHCODE_PAGE_CODE, i,
                 "one page");
    }

    (void) state;
}


static void
test_reads_names_of_files(void **state)
{
    healthcode_str_t   language;
    healthcode_page_e  kind;

    static const char *const  others[] = {
        "", ".", ".html", "renew", "renew.html", "renew..html", "renew.en",
        "renew.en.htm", "renew.en.html ", "renew.en.html.bak", "renew.e.html",
        "renew.EN.html", "renew.zh-cn.html", "renew.ninechars.html",
        "renew.en.xhtml", "Renew.en.html", "renewal.en.html", "ok.en.html",
        "code.en_html", "code.\xc3\xa9.html", "renew.en.HTML", "/code.en.html"
    };

    for (size_t i = 0; i < test_count(others); i++) {
        test_row(!healthcode_page_read(guard_text(0, others[i]), &kind,
                                       &language), i, others[i]);
    }

    assert_true(healthcode_page_read(guard_text(0, "busy.zh.html"), &kind,
                                     &language));
    assert_int_equal(kind, HEALTHCODE_PAGE_BUSY);
    test_str_equal(language, "zh");

    assert_true(healthcode_page_read(guard_text(0, "other.eightlet.html"),
                                     &kind, &language));
    assert_int_equal(kind, HEALTHCODE_PAGE_OTHER);
    test_str_equal(language, "eightlet");

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_no_page_contradicts_the_colour),
        cmocka_unit_test(test_a_stranger_sees_one_page),
        cmocka_unit_test(test_reads_names_of_files),
    };

    return cmocka_run_group_tests_name("page", tests, NULL, NULL);
}
