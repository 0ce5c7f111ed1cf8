/*
 * Tests of healthcode_text.c: what misleads on a terminal, each character of
 * Unicode, each way to be no UTF-8, and each size of a buffer.  Known answers
 * come from Unicode 15, "DerivedCoreProperties" and "PropList".
 * docs/operations.md, "Text of others".
 */

#include "test.h"

#include "../../ngx_http_healthcode_module/core/healthcode_text.h"


/* Escapes into a buffer of exactly the size that is needed. */
static const char *
escaped(healthcode_str_t text)
{
    char    *room;
    size_t   len = healthcode_text_escape(text, NULL, 0);

    room = (char *) guard_room(1, len + 1);

    assert_int_equal(healthcode_text_escape(text, room, len + 1), len);
    assert_int_equal(strlen(room), len);

    return room;
}


static void
test_escapes_what_misleads(void **state)
{
    static const struct {
        const char  *text;
        const char  *shown;
    } rows[] = {
        { "", "" },
        { "plain text, 100%", "plain text, 100%" },
        { "a\x1b[2Jb", "a\\x1b[2Jb" },
        { "a\nb\r\tc", "a\\x0ab\\x0d\\x09c" },
        { "\x7f", "\\x7f" },
        { "back\\slash", "back\\x5cslash" },
        { "\\x1b", "\\x5cx1b" },
        /* C1, as UTF-8 and as lone bytes */
        { "\xc2\x9b" "2J", "\\xc2\\x9b2J" },
        { "\x9b" "2J", "\\x9b2J" },
        { "\xc2\x80\xc2\x9f", "\\xc2\\x80\\xc2\\x9f" },
        { "\x80\x85\x9f", "\\x80\\x85\\x9f" },
        /* direction: marks, overrides, isolates */
        { "a\xe2\x80\xae" "b", "a\\xe2\\x80\\xaeb" },
        { "\xe2\x80\xaa\xe2\x80\xac", "\\xe2\\x80\\xaa\\xe2\\x80\\xac" },
        { "\xe2\x81\xa6\xe2\x81\xa9", "\\xe2\\x81\\xa6\\xe2\\x81\\xa9" },
        { "\xe2\x80\x8e\xe2\x80\x8f\xd8\x9c",
          "\\xe2\\x80\\x8e\\xe2\\x80\\x8f\\xd8\\x9c" },
        /* nothing to see */
        { "4003\xe2\x80\x8b", "4003\\xe2\\x80\\x8b" },
        { "\xef\xbb\xbf" "1", "\\xef\\xbb\\xbf1" },
        { "\xe2\x80\xa8", "\\xe2\\x80\\xa8" },
        /* no UTF-8 */
        { "\xff\xfe", "\\xff\\xfe" },
        { "\xc3", "\\xc3" },
        { "\xc3(", "\\xc3(" },
        { "\xc0\xaf", "\\xc0\\xaf" },
        { "\xe0\x80\xaf", "\\xe0\\x80\\xaf" },
        { "\xf0\x80\x80\xaf", "\\xf0\\x80\\x80\\xaf" },
        { "\xed\xa0\x80", "\\xed\\xa0\\x80" },
        { "\xed\xbf\xbf", "\\xed\\xbf\\xbf" },
        { "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80" },
        { "\xf8\x88\x80\x80\x80", "\\xf8\\x88\\x80\\x80\\x80" },
        { "\xe2\x80", "\\xe2\\x80" },
        { "\xf0\x9f\x98", "\\xf0\\x9f\\x98" },
        { "\xe2\x80x", "\\xe2\\x80x" },
        /* text of people */
        { "\xe5\xbc\xa0\xe4\xb8\x89", "\xe5\xbc\xa0\xe4\xb8\x89" },
        { "J\xc3\xbcrgen", "J\xc3\xbcrgen" },
        { "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d",
          "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d" },
        { "a\xc2\xa0" "b\xe3\x80\x80" "c", "a\xc2\xa0" "b\xe3\x80\x80" "c" },
        { "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80" },
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(strcmp(escaped(guard_text(0, rows[i].text)), rows[i].shown)
                 == 0, i, rows[i].shown);
    }

    (void) state;
}


static void
test_a_nul_is_a_control(void **state)
{
    assert_string_equal(escaped(guard(0, "a\0b", 3)), "a\\x00b");

    (void) state;
}


static size_t
encode(uint32_t code, uint8_t *dst)
{
    if (code < 0x80) {
        dst[0] = (uint8_t) code;
        return 1;
    }

    if (code < 0x800) {
        dst[0] = (uint8_t) (0xc0 | code >> 6);
        dst[1] = (uint8_t) (0x80 | (code & 0x3f));
        return 2;
    }

    if (code < 0x10000) {
        dst[0] = (uint8_t) (0xe0 | code >> 12);
        dst[1] = (uint8_t) (0x80 | (code >> 6 & 0x3f));
        dst[2] = (uint8_t) (0x80 | (code & 0x3f));
        return 3;
    }

    dst[0] = (uint8_t) (0xf0 | code >> 18);
    dst[1] = (uint8_t) (0x80 | (code >> 12 & 0x3f));
    dst[2] = (uint8_t) (0x80 | (code >> 6 & 0x3f));
    dst[3] = (uint8_t) (0x80 | (code & 0x3f));

    return 4;
}


/* How many of each kind there are among all characters. */
static void
test_knows_every_character(void **state)
{
    size_t   n, len, count[5] = { 0 };
    uint8_t  bytes[4];

    for (uint32_t code = 0; code <= 0x10ffff; code++) {

        n = encode(code, bytes);
        count[healthcode_text_first(guard(0, bytes, n), &len)]++;

        assert_int_equal(len, (code >= 0xd800 && code <= 0xdfff) ? 1 : n);

        /* one byte less is not a character */
        if (n > 1) {
            assert_int_equal(healthcode_text_first(guard(0, bytes, n - 1),
                                                   &len),
                             HEALTHCODE_TEXT_INVALID);
        }
    }

    assert_int_equal(count[HEALTHCODE_TEXT_CONTROL], 65);
    assert_int_equal(count[HEALTHCODE_TEXT_BLANK], 17);
    assert_int_equal(count[HEALTHCODE_TEXT_INVALID], 2048);

    /* 4174 that are ignorable, 2 separators, 3 anchors */
    assert_int_equal(count[HEALTHCODE_TEXT_HIDDEN], 4174 + 2 + 3);

    (void) state;
}


/* Whatever the size, no byte past it, and never half an escape. */
static void
test_cuts_between_characters(void **state)
{
    static const char  *const cuts[] = {
        "", "", "a", "a", "a", "a", "a\\x1b", "a\\x1b", "a\\x1b",
        "a\\x1b\xe5\xbc\xa0", "a\\x1b\xe5\xbc\xa0z", "a\\x1b\xe5\xbc\xa0z"
    };

    for (size_t size = 0; size < test_count(cuts); size++) {
        char  *room = (char *) guard_room(1, size);

        assert_int_equal(healthcode_text_escape(
                             guard_text(0, "a\x1b\xe5\xbc\xa0z"), room, size),
                         9);

        if (size) {
            assert_string_equal(room, cuts[size]);
        }
    }

    (void) state;
}


/* What is after a character that did not fit is not written either. */
static void
test_a_cut_ends_the_text(void **state)
{
    char  *room = (char *) guard_room(1, 4);

    assert_int_equal(healthcode_text_escape(guard_text(0, "a\x1b" "b"), room,
                                            4), 6);
    assert_string_equal(room, "a");

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_escapes_what_misleads),
        cmocka_unit_test(test_a_nul_is_a_control),
        cmocka_unit_test(test_knows_every_character),
        cmocka_unit_test(test_cuts_between_characters),
        cmocka_unit_test(test_a_cut_ends_the_text),
    };

    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
