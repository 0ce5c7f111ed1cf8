/*
 * Tests of healthcode_slot.c: the slot of a key, by the specification's own
 * vectors, and those of the tags.  docs/operations.md, "Cluster".
 */

#include "test.h"

#include "../../ngx_http_healthcode_module/redis/healthcode_slot.h"


static healthcode_str_t
view(const char *text)
{
    return guard_text(0, text);
}


/* That of "123456789" is of the specification, appendix A. */
static void
test_crc_is_xmodem(void **state)
{
    assert_int_equal(healthcode_slot_crc(view("123456789")), 0x31c3);
    assert_int_equal(healthcode_slot_crc(view("")), 0);
    assert_int_equal(healthcode_slot_crc(healthcode_str_from("\0\0", 2)), 0);
    assert_int_equal(healthcode_slot_crc(view("A")), 0x58e5);
    assert_int_equal(healthcode_slot_crc(view("\xff")), 0x1ef0);

    (void) state;
}


/* As redis-server 7.0 answers to CLUSTER KEYSLOT. */
static void
test_key_is_in_the_slot_of_its_tag(void **state)
{
    static const struct {
        const char  *key;
        uint16_t     slot;
    } rows[] = {
        { "123456789", 12739 },
        { "foo", 12182 },
        { "{user1000}.following", 3443 },
        { "foo{}{bar}", 8363 },
        { "foo{{bar}}zap", 4015 },
        { "foo{bar}{zap}", 5061 },
        { "bar", 5061 },
        { "{", 4092 },
        { "{}", 15257 },
        { "}{", 12793 },
        { "a}b{c", 13587 },
        { "x{}", 2608 },
        { "healthcode:risk:{7f}:7f000000000000000000000000000000", 4194 },
        { "healthcode:meta:{00}", 13254 },
        { "healthcode:region:{r}", 7893 },
        { "healthcode:control:{c}", 7365 },
        { "healthcode:hall:{ff}:HALL:inside", 11756 },
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(healthcode_slot_key(view(rows[i].key)) == rows[i].slot, i,
                 rows[i].key);
    }

    (void) state;
}


static void
test_tables_are_what_keys_say(void **state)
{
    char      key[64], name[HEALTHCODE_SLOT_NAME];
    size_t    i, tag, last = 0;
    bool      seen[HEALTHCODE_SLOT_TAGS] = { false };

    for (tag = 0; tag < HEALTHCODE_SLOT_TAGS; tag++) {
        snprintf(key, sizeof(key), "healthcode:meta:{%s}",
                 healthcode_slot_name(tag, name));

        test_row(healthcode_slot_tag(tag) == healthcode_slot_key(view(key)),
                 tag, key);
        test_row(healthcode_slot_find(healthcode_slot_tag(tag)) == tag, tag,
                 key);
        test_row(healthcode_slot_of(view(key)) == tag, tag, key);
    }

    for (i = 0; i < HEALTHCODE_SLOT_TAGS; i++) {
        tag = healthcode_slot_ordered(i);
        assert_false(seen[tag]);
        seen[tag] = true;

        assert_true(i == 0 || healthcode_slot_tag(tag) > last);
        last = healthcode_slot_tag(tag);
        assert_int_equal(healthcode_slot_below(last), i);
        assert_int_equal(healthcode_slot_below(last + 1), i + 1);
    }

    (void) state;
}


static void
test_no_other_slot_has_a_tag(void **state)
{
    size_t  n = 0;

    for (uint64_t slot = 0; slot < HEALTHCODE_SLOT_MAX; slot++) {
        n += healthcode_slot_find(slot) < HEALTHCODE_SLOT_TAGS;
    }

    assert_int_equal(n, HEALTHCODE_SLOT_TAGS);

    assert_int_equal(healthcode_slot_find(HEALTHCODE_SLOT_MAX),
                     HEALTHCODE_SLOT_TAGS);
    assert_int_equal(healthcode_slot_find(UINT64_MAX), HEALTHCODE_SLOT_TAGS);
    assert_int_equal(healthcode_slot_below(0), 0);
    assert_int_equal(healthcode_slot_below(UINT64_MAX), HEALTHCODE_SLOT_TAGS);

    (void) state;
}


static void
test_names_of_tags(void **state)
{
    char  name[HEALTHCODE_SLOT_NAME];

    assert_string_equal(healthcode_slot_name(0, name), "00");
    assert_string_equal(healthcode_slot_name(0x7f, name), "7f");
    assert_string_equal(healthcode_slot_name(255, name), "ff");
    assert_string_equal(healthcode_slot_name(HEALTHCODE_SLOT_REGIONS, name),
                        "r");
    assert_string_equal(healthcode_slot_name(HEALTHCODE_SLOT_CONTROLS, name),
                        "c");

    (void) state;
}


static void
test_what_has_no_tag_of_ours(void **state)
{
    static const char *const  keys[] = {
        "", "{", "}", "{}", "a{}b{00}", "00", "{0}", "{000}", "{0g}", "{FF}",
        "{x}", "{R}", "{ r}", "{healthcode}", "{00", "00}", "healthcode:region",
        "{r}x{", "}{c}"
    };

    for (size_t i = 0; i < test_count(keys); i++) {
        test_row((healthcode_slot_of(view(keys[i])) == HEALTHCODE_SLOT_TAGS)
                 == (i < test_count(keys) - 2), i, keys[i]);
    }

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_crc_is_xmodem),
        cmocka_unit_test(test_key_is_in_the_slot_of_its_tag),
        cmocka_unit_test(test_tables_are_what_keys_say),
        cmocka_unit_test(test_no_other_slot_has_a_tag),
        cmocka_unit_test(test_names_of_tags),
        cmocka_unit_test(test_what_has_no_tag_of_ours),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
