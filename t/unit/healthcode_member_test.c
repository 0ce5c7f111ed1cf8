/*
 * Tests of healthcode_member.c: JSON of every shape, what is found in it and
 * what is left of it.  Knows no request.  docs/request-path.md, "Bodies".
 */

#include "test.h"

#include "../../ngx_http_healthcode_module/core/healthcode_member.h"


#define ROOM     1024
#define PATTERN  "^v1:([^#]*)$"


static healthcode_pattern_t  *pattern;
static healthcode_source_t    sources[] = {
    { { (const uint8_t *) "/code", 5 }, NULL, false },
    { { (const uint8_t *) "/data/0/hc", 10 }, NULL, false },   /* by PATTERN */
    { { (const uint8_t *) "/a~1b", 5 }, NULL, false },
    { { (const uint8_t *) "/code", 5 }, NULL, false },
};


static int
set_up(void **state)
{
    char  error[256];

    pattern = healthcode_pattern_create(healthcode_str(PATTERN), error,
                                        sizeof(error));
    sources[1].pattern = pattern;
    (void) state;

    return pattern ? 0 : -1;
}


static int
tear_down(void **state)
{
    healthcode_pattern_free(pattern);
    (void) state;

    return 0;
}


/* What is found, each with "|", an error as "!"; and what is left. */
static void
look(healthcode_str_t text, char *got, healthcode_str_t *left)
{
    size_t             n, at = 0, len, size;
    void              *memory;
    uint8_t           *room;
    healthcode_cut_t   found[4];

    size = healthcode_json_memory(text.len);
    memory = malloc(size);
    assert_non_null(memory);

    n = healthcode_member_find(sources, test_count(sources), text, memory,
                               size, found);
    got[0] = '\0';

    for (size_t i = 0; i < n; i++) {
        assert_true(found[i].start <= found[i].end);
        assert_true(found[i].end <= text.len);
        assert_true(i == 0 || found[i - 1].start <= found[i].start);

        at += (size_t) snprintf(got + at, ROOM - at, "%.*s%s",
                                (int) found[i].code.len,
                                found[i].code.data
                                ? (const char *) found[i].code.data : "",
                                found[i].found == HEALTHCODE_PATTERN_ERROR
                                ? "!" : "|");
    }

    len = healthcode_cut_left(text, found, n, NULL);
    assert_true(len <= text.len);
    room = guard_room(1, len);
    assert_int_equal(healthcode_cut_left(text, found, n, room), len);
    *left = healthcode_str_from(room, len);

    free(memory);
}


static void
test_empties_what_carries_codes(void **state)
{
    static const struct {
        const char  *text, *found, *left;
    } rows[] = {
        { "{}", "", NULL },
        { "{\"code\":\"x\"}", "x|x|", "{\"code\":\"\"}" },
        { " { \"a\" : 1 , \"code\" : \"x\" } \n", "x|x|",
          " { \"a\" : 1 , \"code\" : \"\" } \n" },
        { "{\"code\":\"\"}", "", NULL },
        { "{\"code\":\"***\"}", "", NULL },
        { "{\"code\":1}", "", NULL }, { "{\"code\":null}", "", NULL },
        { "{\"code\":[\"x\"]}", "", NULL },
        { "{\"code\":{\"code\":\"x\"}}", "", NULL },
        { "{\"Code\":\"x\"}", "", NULL },
        { "{\"c\\u006fde\":\"x\"}", "x|x|", "{\"c\\u006fde\":\"\"}" },
        { "{\"code\":\"\\u0061\\\"\\\\\"}", "a\"\\|a\"\\|", "{\"code\":\"\"}" },
        { "{\"code\":\"x\\\\\",\"b\":\"y\"}", "x\\|x\\|",
          "{\"code\":\"\",\"b\":\"y\"}" },
        { "{\"\\u0022\":\"\\\"\",\"code\":\"x\"}", "x|x|",
          "{\"\\u0022\":\"\\\"\",\"code\":\"\"}" },
        { "{\"data\":[{\"hc\":\"v1:x\"}],\"code\":\"y\"}", "x|y|y|",
          "{\"data\":[{\"hc\":\"\"}],\"code\":\"\"}" },
        { "{\"code\":\"y\",\"data\":[{\"hc\":\"v1:x\"}]}", "y|y|x|",
          "{\"code\":\"\",\"data\":[{\"hc\":\"\"}]}" },
        { "{\"data\":[{\"hc\":\"v2:x\"}]}", "", NULL },
        { "{\"data\":[1,{\"hc\":\"v1:x\"}]}", "", NULL },
        { "{\"data\":{\"0\":{\"hc\":\"v1:x\"}}}", "x|",
          "{\"data\":{\"0\":{\"hc\":\"\"}}}" },
        { "{\"a/b\":\"x\"}", "x|", "{\"a/b\":\"\"}" },
        { "{\"code\":\"\xc3\xa9\",\"b\":\"\xc3\xa9\"}",
          "\xc3\xa9|\xc3\xa9|", "{\"code\":\"\",\"b\":\"\xc3\xa9\"}" },
        /* what is not JSON has none */
        { "", "", NULL }, { "x", "", NULL }, { "code=x", "", NULL },
        { "[]", "", NULL }, { "\"code\"", "", NULL },
        { "[{\"code\":\"x\"}]", "", NULL },
        { "{\"code\":\"x\"", "", NULL }, { "{\"code\":\"x\"}}", "", NULL },
        { "{\"code\":\"x\",}", "", NULL }, { "{'code':'x'}", "", NULL },
        { "{\"code\":\"x\"}{}", "", NULL },
        { "\xef\xbb\xbf{\"code\":\"x\"}", "", NULL },
        { "{\"code\":\"\xff\"}", "", NULL },
        { "{\"code\":\"x\"}//", "", NULL },
        /* what others may read in other ways */
        { "{\"code\":\"x\",\"code\":\"y\"}", "!", NULL },
        { "{\"code\":\"x\",\"c\\u006fde\":\"x\"}", "!", NULL },
        { "{\"code\":\"x\",\"b\":{\"c\":1,\"c\":1}}", "!", NULL },
        { "{\"code\":\"x\\u0000\"}", "!", NULL },
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


/* Nesting costs no stack. */
static void
test_reads_what_is_deep(void **state)
{
    char              got[ROOM], text[20020];
    healthcode_str_t  left;

    memset(text, '[', 10008);
    memset(text + 10008, ']', 9992);
    memcpy(text, "{\"code\":\"x\",\"a\":", 16);
    text[20000] = '}';
    look(guard(0, text, 20001), got, &left);
    assert_string_equal(got, "x|x|");
    assert_int_equal(left.len, 20000);

    (void) state;
}


static void
test_gives_up_loudly(void **state)
{
    char                  error[256], text[4100];
    healthcode_str_t      body;
    healthcode_cut_t      found;
    healthcode_source_t   slow = { healthcode_str("/s"), NULL, false };
    static uint8_t        memory[healthcode_json_memory(4100)]
                          __attribute__((aligned(16)));

    slow.pattern = healthcode_pattern_create(healthcode_str("^((?:a+)+)!$"),
                                             error, sizeof(error));
    assert_non_null(slow.pattern);

    memset(text, 'a', sizeof(text));
    memcpy(text, "{\"s\":\"", 6);
    memcpy(text + 4000, "!b\"}", 4);
    body = guard(0, text, 4004);

    assert_int_equal(healthcode_member_find(&slow, 1, body, memory,
                                            sizeof(memory), &found), 1);
    assert_int_equal(found.found, HEALTHCODE_PATTERN_ERROR);
    assert_int_equal(healthcode_cut_left(body, &found, 1, NULL), 8);

    healthcode_pattern_free((healthcode_pattern_t *) (uintptr_t) slow.pattern);
    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_empties_what_carries_codes),
        cmocka_unit_test(test_reads_what_is_deep),
        cmocka_unit_test(test_gives_up_loudly),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
