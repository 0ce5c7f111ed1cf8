/*
 * Tests of healthcode_contact.c: what must not become a link.  Knows no stage.
 * docs/directives.md, "healthcode_contact".
 */

#include "test.h"

#include "../../ngx_http_healthcode_module/core/healthcode_contact.h"


static void
test_links_are_of_four_schemes(void **state)
{
    static const struct {
        const char                 *value;
        healthcode_contact_kind_e   kind;
    } rows[] = {
        { "javascript:alert(1)", HEALTHCODE_CONTACT_REFUSED },
        { "JaVaScRiPt:alert(1)", HEALTHCODE_CONTACT_REFUSED },
        { "data:text/html,x", HEALTHCODE_CONTACT_REFUSED },
        { "vbscript:x", HEALTHCODE_CONTACT_REFUSED },
        { "file:///etc/passwd", HEALTHCODE_CONTACT_REFUSED },
        { "weixin://dl/x", HEALTHCODE_CONTACT_REFUSED },
        { "httpx://a", HEALTHCODE_CONTACT_REFUSED },
        { "http:a", HEALTHCODE_CONTACT_REFUSED },
        { "https:/a", HEALTHCODE_CONTACT_REFUSED },
        { "https://", HEALTHCODE_CONTACT_REFUSED },
        { "tel:", HEALTHCODE_CONTACT_REFUSED },
        { "mailto:", HEALTHCODE_CONTACT_REFUSED },
        { "tel:+86 12345", HEALTHCODE_CONTACT_REFUSED },
        { "https://a.example/\nx", HEALTHCODE_CONTACT_REFUSED },
        { "https://a.example/\x7f", HEALTHCODE_CONTACT_REFUSED },
        { "Desk:3", HEALTHCODE_CONTACT_REFUSED },
        { "desk:", HEALTHCODE_CONTACT_REFUSED },

        { " javascript:alert(1)", HEALTHCODE_CONTACT_TEXT },
        { "\x01javascript:alert(1)", HEALTHCODE_CONTACT_TEXT },
        { "java\nscript:alert(1)", HEALTHCODE_CONTACT_TEXT },
        { "java&#115;cript:alert(1)", HEALTHCODE_CONTACT_TEXT },
        { "//evil.example/", HEALTHCODE_CONTACT_TEXT },
        { "", HEALTHCODE_CONTACT_TEXT },
        { ":", HEALTHCODE_CONTACT_TEXT },
        { "12345", HEALTHCODE_CONTACT_TEXT },
        { "9:00 to 17:00", HEALTHCODE_CONTACT_TEXT },
        { "Desk: third floor", HEALTHCODE_CONTACT_TEXT },
        { "Gate B, left of the entrance", HEALTHCODE_CONTACT_TEXT },
        { "\xe4\xba\xba\xe5\xb7\xa5:3", HEALTHCODE_CONTACT_TEXT },

        { "https://a.example/?b=c&d", HEALTHCODE_CONTACT_LINK },
        { "HTTP://a.example", HEALTHCODE_CONTACT_LINK },
        { "https://a.example/\xe4\xba\xba", HEALTHCODE_CONTACT_LINK },
        { "tel:+8612345", HEALTHCODE_CONTACT_LINK },
        { "Mailto:desk@a.example", HEALTHCODE_CONTACT_LINK },
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(healthcode_contact_kind(guard_text(0, rows[i].value))
                 == rows[i].kind, i, rows[i].value);
    }

    (void) state;
}


static void
test_people_read_numbers_and_addresses(void **state)
{
    static const struct {
        const char  *value;
        const char  *shown;
    } rows[] = {
        { "tel:+8612345", "+8612345" },
        { "TEL:12345", "12345" },
        { "mailto:desk@a.example", "desk@a.example" },
        { "https://a.example/", "https://a.example/" },
        { "Desk: third floor", "Desk: third floor" },
        { "tel", "tel" },
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        test_str_equal(healthcode_contact_shown(guard_text(0, rows[i].value)),
                       rows[i].shown);
    }

    (void) state;
}


static void
test_knows_contacts_by_their_words(void **state)
{
    healthcode_contact_e  contact = HEALTHCODE_CONTACT_COUNT;

    static const char *const  words[] = {
        "renew", "correction", "hotline", "lane"
    };

    assert_false(healthcode_contact_find(guard_text(0, ""), &contact));
    assert_false(healthcode_contact_find(guard_text(0, "Lane"), &contact));
    assert_false(healthcode_contact_find(guard_text(0, "lanes"), &contact));
    assert_int_equal(contact, HEALTHCODE_CONTACT_COUNT);

    for (size_t i = 0; i < test_count(words); i++) {
        assert_true(healthcode_contact_find(guard_text(0, words[i]), &contact));
        assert_int_equal(contact, i);
        assert_true(healthcode_contact_label(contact,
                                      HEALTHCODE_LANGUAGE_EN).len > 3);
        assert_true(healthcode_contact_label(contact,
                                      HEALTHCODE_LANGUAGE_ZH).len > 3);
    }

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_links_are_of_four_schemes),
        cmocka_unit_test(test_people_read_numbers_and_addresses),
        cmocka_unit_test(test_knows_contacts_by_their_words),
    };

    return cmocka_run_group_tests_name("contact", tests, NULL, NULL);
}
