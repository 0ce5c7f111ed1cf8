/*
 * Tests of healthcode_raw.c: texts of any kind, what patterns find in them and
 * what is left of them.  Knows no request.  docs/request-path.md, "Bodies".
 */

#include "test.h"

#include "../../ngx_http_healthcode_module/core/healthcode_raw.h"


#define ROOM  1024


static healthcode_source_t  sources[2];


static int
set_up(void **state)
{
    char        error[256];
    size_t      i;
    static const char *const  patterns[] = {
        "(?:^|\\t)cardno=([^\\t\\r\\n]*)", "(?|^v1:(\\S+)|#([^\\r]+)"
        "|id=([^;]*);.*)"
    };

    for (i = 0; i < test_count(sources); i++) {
        sources[i].pattern = healthcode_pattern_create(
            healthcode_str_from(patterns[i], strlen(patterns[i])), error,
            sizeof(error));

        if (sources[i].pattern == NULL) {
            return -1;
        }
    }

    (void) state;

    return 0;
}


static int
tear_down(void **state)
{
    for (size_t i = 0; i < test_count(sources); i++) {
        healthcode_pattern_free((healthcode_pattern_t *) (uintptr_t)
                                sources[i].pattern);
    }

    (void) state;

    return 0;
}


/* What is found, each with "|", an error as "!"; and what is left. */
static void
look(healthcode_str_t text, char *got, healthcode_str_t *left)
{
    size_t             n, at = 0, len;
    uint8_t           *room;
    healthcode_cut_t   found[2 * HEALTHCODE_RAW_PLACES];

    n = healthcode_raw_find(sources, test_count(sources), text, found);
    got[0] = '\0';

    for (size_t i = 0; i < n; i++) {
        assert_true(found[i].start <= found[i].end);
        assert_true(found[i].end <= text.len);
        assert_true(i == 0 || found[i - 1].start <= found[i].start);

        if (found[i].found == HEALTHCODE_PATTERN_ERROR) {
            strcat(got, "!");
            continue;
        }

        at += (size_t) snprintf(got + at, ROOM - at, "%.*s|",
                                (int) found[i].code.len,
                                (const char *) found[i].code.data);
    }

    len = healthcode_cut_left(text, found, n, NULL);
    room = guard_room(1, len);
    assert_int_equal(healthcode_cut_left(text, found, n, room), len);
    *left = healthcode_str_from(room, len);
}


static void
test_cuts_what_carries_codes(void **state)
{
    static const struct {
        const char  *text, *found, *left;    /* NULL: as it was */
    } rows[] = {
        { "", "", NULL }, { "x", "", NULL }, { "cardno=", "", NULL },
        { "cardno=x", "x|", "cardno=" },
        { "pin=1\tcardno=x\tevent=3\r\n", "x|", "pin=1\tcardno=\tevent=3\r\n" },
        { "pin=1\tcardno=x\r\n", "x|", "pin=1\tcardno=\r\n" },
        { "pin=1\tcardno=***\tevent=3", "", NULL },
        { "pin=1\tcardno=\tevent=3", "", NULL },
        { "pin=1\tmycardno=x", "", NULL }, { "pin=1\tCARDNO=x", "", NULL },
        { "pin=1\ncardno=x", "", NULL },
        /* as it is written */
        { "cardno=%41+\"\xff", "%41+\"\xff|", "cardno=" },
        /* each place of it */
        { "cardno=x\tcardno=y", "x|y|", "cardno=\tcardno=" },
        { "cardno=x\tpin=1\tcardno=x", "x|x|", "cardno=\tpin=1\tcardno=" },
        { "cardno=\tcardno=y", "y|", "cardno=\tcardno=" },
        { "cardno=x\tcardno=***", "x|", "cardno=\tcardno=***" },
        { "1\tcardno=1\tcardno=2\tcardno=3\tcardno=4\tcardno=5\tcardno=6"
          "\tcardno=7\tcardno=8", "1|2|3|4|5|6|7|8|",
          "1\tcardno=\tcardno=\tcardno=\tcardno=\tcardno=\tcardno="
          "\tcardno=\tcardno=" },
        { "1\tcardno=1\tcardno=2\tcardno=3\tcardno=4\tcardno=5\tcardno=6"
          "\tcardno=7\tcardno=8\tcardno=9", "!", "" },
        { "\tcardno=\tcardno=\tcardno=\tcardno=\tcardno=\tcardno=\tcardno="
          "\tcardno=\tcardno=", "!", "" },
        /* of each source */
        { "v1:x", "x|", "v1:" }, { "v1:x v1:y", "x|", "v1: v1:y" },
        { "v1:x\tcardno=y", "x|y|", "v1:\tcardno=" },
        { "#", "", NULL },
        /* what follows in one match may be another one */
        { "id=x;\tid=y;", "x|y|", "id=;\tid=;" },
    };
    char              got[ROOM];
    healthcode_str_t  left;

    for (size_t i = 0; i < test_count(rows); i++) {
        look(guard_text(0, rows[i].text), got, &left);
        test_row(strcmp(got, rows[i].found) == 0, i, got);
        test_str_equal(left, rows[i].left ? rows[i].left : rows[i].text);
    }

    (void) state;
}


/* Two patterns may find pieces that overlap: neither stays. */
static void
test_cuts_what_overlaps(void **state)
{
    char              got[ROOM];
    healthcode_str_t  left;

    look(guard_text(0, "cardno=a#b\tpin=1\r"), got, &left);
    assert_string_equal(got, "a#b|b\tpin=1|");
    test_str_equal(left, "cardno=\r");

    look(guard_text(0, "v1:a#b"), got, &left);
    assert_string_equal(got, "a#b|");
    test_str_equal(left, "v1:");

    look(guard_text(0, "cardno=#1"), got, &left);
    assert_string_equal(got, "#1|1|");
    test_str_equal(left, "cardno=");

    (void) state;
}


static void
test_gives_up_loudly(void **state)
{
    char                  error[256], *text;
    size_t                size = HEALTHCODE_SOURCE_VALUE_MAX;
    healthcode_str_t      body;
    healthcode_cut_t      found[HEALTHCODE_RAW_PLACES];
    healthcode_source_t   slow = { { NULL, 0 }, NULL, false };

    text = malloc(size + 1);
    assert_non_null(text);
    memset(text, 'a', size + 1);

    /* a body of this size is looked at, a longer one is not */

    memcpy(text, "cardno=", 7);
    text[8] = '\t';
    assert_int_equal(healthcode_raw_find(sources, 1, guard(0, text, size),
                                         found), 1);
    assert_int_equal(found[0].found, HEALTHCODE_PATTERN_MATCH);

    body = guard(0, text, size + 1);
    assert_int_equal(healthcode_raw_find(sources, 1, body, found), 1);
    assert_int_equal(found[0].found, HEALTHCODE_PATTERN_ERROR);
    assert_int_equal(healthcode_cut_left(body, found, 1, NULL), 0);

    /* what was found before a pattern reached a limit does not count */

    slow.pattern = healthcode_pattern_create(
                       healthcode_str("^(cardno=)|((?:a+)+)!$"), error,
                       sizeof(error));
    assert_non_null(slow.pattern);

    text[4000] = 'b';
    body = guard(0, text, 4001);
    assert_int_equal(healthcode_raw_find(&slow, 1, body, found), 1);
    assert_int_equal(found[0].found, HEALTHCODE_PATTERN_ERROR);
    assert_int_equal(healthcode_cut_left(body, found, 1, NULL), 0);

    healthcode_pattern_free((healthcode_pattern_t *) (uintptr_t) slow.pattern);
    free(text);
    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_cuts_what_carries_codes),
        cmocka_unit_test(test_cuts_what_overlaps),
        cmocka_unit_test(test_gives_up_loudly),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
