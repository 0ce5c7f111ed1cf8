/*
 * Tests of healthcode_turns.c: families in turn, priorities and weights, what
 * failed comes last for a while.  docs/connection.md, "Names".
 */

#include "test.h"

#include "../../ngx_http_healthcode_module/redis/healthcode_turns.h"


#define AVOIDED  ((uint64_t) HEALTHCODE_TURNS_AVOIDED)
#define NOW      (2 * AVOIDED)
#define MANY     64


static healthcode_turn_t  turns[MANY];
static char               text[MANY + 1];
static uint64_t           failures;


/*
 * Turns of one target without a record, by their families; "f": of IPv4, and
 * failed just now, "F": of IPv6; "l": of IPv4, and served last.
 */
static size_t
make(const char *families)
{
    size_t  n;

    memset(turns, 0, sizeof(turns));

    for (n = 0; families[n]; n++) {
        turns[n].address = n;
        turns[n].is_ipv6 = (families[n] == '6' || families[n] == 'F');
        turns[n].is_last = (families[n] == 'l');

        if (families[n] == 'f' || families[n] == 'F') {
            turns[n].failed = NOW - 1;
            turns[n].failure = ++failures;
        }
    }

    return n;
}


/* Their order: a is the one that was first before. */
static const char *
order(size_t n, uint32_t chance)
{
    healthcode_turns_sort(turns, n, NOW, chance);

    for (size_t i = 0; i < n; i++) {
        text[i] = (char) ('a' + turns[i].address);
    }

    text[n] = '\0';

    return text;
}


static void
test_families_take_turns(void **state)
{
    static const char *const  rows[][2] = {
        { "", "" }, { "4", "a" }, { "6", "a" }, { "444", "abc" },
        { "666", "abc" }, { "46", "ba" }, { "64", "ab" }, { "4466", "cadb" },
        { "6644", "acbd" }, { "44446", "eabcd" }, { "66664", "aebcd" },
        { "4l6", "bca" }
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (uint32_t chance = 0; chance < 20; chance++) {
            assert_string_equal(order(make(rows[i][0]), chance * 2654435761u),
                                rows[i][1]);
        }
    }

    (void) state;
}


static void
test_what_failed_comes_last(void **state)
{
    size_t  n;

    assert_string_equal(order(make("f4"), 1), "ba");
    assert_string_equal(order(make("F4"), 1), "ba");
    assert_string_equal(order(make("ff46"), 1), "dcab");

    /* the one that failed first is tried first: an outage has one order */

    n = make("fFf");
    assert_string_equal(order(n, 1), "abc");

    for (size_t i = 0; i < n; i++) {
        turns[i].failure = ++failures;
    }

    assert_string_equal(order(n, 99), "abc");
    turns[0].failure = ++failures;
    assert_string_equal(order(n, 1), "bca");

    (void) state;
}


static void
test_a_failure_is_forgotten(void **state)
{
    size_t  n = make("f4");

    turns[0].failed = NOW - AVOIDED + 1;
    assert_true(healthcode_turns_is_avoided(&turns[0], NOW));
    assert_string_equal(order(n, 1), "ba");

    n = make("f4");
    turns[0].failed = NOW - AVOIDED;
    assert_false(healthcode_turns_is_avoided(&turns[0], NOW));
    assert_string_equal(order(n, 1), "ab");

    turns[0].failed = 0;
    assert_false(healthcode_turns_is_avoided(&turns[0], NOW));

    (void) state;
}


/* As records: turn i has the priority and the weight of record[i]. */
static size_t
make_records(const unsigned records[][2], size_t n)
{
    memset(turns, 0, sizeof(turns));

    for (size_t i = 0; i < n; i++) {
        turns[i].address = i;
        turns[i].target = i;
        turns[i].priority = records[i][0];
        turns[i].weight = records[i][1];
    }

    return n;
}


static void
test_the_least_priority_comes_first(void **state)
{
    static const unsigned  records[][2] = {
        { 20, 1 }, { 10, 0 }, { 65535, 9 }, { 0, 65535 }
    };

    for (uint32_t chance = 0; chance < 50; chance++) {
        assert_string_equal(order(make_records(records, 4),
                                  chance * 2654435761u), "dbac");
    }

    /* also before one that served last, unless it failed */

    (void) make_records(records, 4);
    turns[0].is_last = true;
    assert_string_equal(order(4, 1), "dbac");

    (void) make_records(records, 4);
    turns[0].is_last = true;
    turns[3].failed = NOW - 1;
    turns[1].failed = NOW - 1;
    turns[3].failure = 1;
    turns[1].failure = 2;
    assert_string_equal(order(4, 1), "acdb");

    (void) state;
}


/* Of 1 to 3 the first one comes first once in four times. */
static void
test_weights_draw(void **state)
{
    unsigned  first = 0, idle = 0, drawn = 4000;

    static const unsigned  records[][2] = { { 5, 1 }, { 5, 3 }, { 5, 0 } };

    for (uint32_t i = 0; i < drawn; i++) {
        (void) order(make_records(records, 3), i * 2654435761u);
        first += (text[0] == 'a');
        idle += (text[0] == 'c');
    }

    /* by RFC 2782: numbers of 0 to 4; 0 is of who has no weight */

    assert_in_range(idle, drawn / 5 - drawn / 25, drawn / 5 + drawn / 25);
    assert_in_range(first, drawn / 5 - drawn / 25, drawn / 5 + drawn / 25);

    (void) state;
}


static void
test_who_served_last_is_drawn_first(void **state)
{
    static const unsigned  records[][2] = { { 5, 1 }, { 5, 60000 }, { 6, 1 } };

    for (uint32_t i = 0; i < 100; i++) {
        (void) make_records(records, 3);
        turns[0].is_last = true;
        assert_string_equal(order(3, i * 2654435761u), "abc");
    }

    (void) state;
}


/* Addresses of one target stay together, with its families in turn. */
static void
test_a_target_has_all_its_addresses(void **state)
{
    unsigned  seen = 0;

    for (uint32_t i = 0; i < 100; i++) {

        memset(turns, 0, sizeof(turns));

        for (size_t n = 0; n < 6; n++) {
            turns[n].address = n;
            turns[n].target = n % 2;
            turns[n].weight = 1;
            turns[n].is_ipv6 = (n >= 4);
        }

        (void) order(6, i * 2654435761u);
        assert_true(strcmp(text, "eacfbd") == 0 || strcmp(text, "fbdeac") == 0);
        seen |= (text[0] == 'e') ? 1 : 2;
    }

    assert_int_equal(seen, 3);

    (void) state;
}


/* Each address has one place, whatever they are. */
static void
test_nothing_is_lost(void **state)
{
    bool      found[MANY];
    uint32_t  r = 1;

    for (unsigned round = 0; round < 2000; round++) {

        size_t  n = round % (MANY + 1);

        memset(turns, 0, sizeof(turns));
        memset(found, 0, sizeof(found));

        for (size_t i = 0; i < n; i++) {
            r = r * 1664525 + 1013904223;
            turns[i].address = i;
            turns[i].target = (r >> 8) % 40;
            turns[i].priority = (unsigned) turns[i].target % 3;
            turns[i].weight = (unsigned) turns[i].target % 4;
            turns[i].is_ipv6 = (r >> 20) & 1;
            turns[i].is_last = (r >> 21) % 8 == 0;
            turns[i].failed = (r >> 24) % 3 ? 0 : NOW - (r >> 16);
            turns[i].failure = (r >> 24) % 5;
        }

        healthcode_turns_sort(turns, n, NOW, r);

        for (size_t i = 0; i < n; i++) {
            assert_true(turns[i].address < n);
            assert_false(found[turns[i].address]);
            found[turns[i].address] = true;
        }
    }

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_families_take_turns),
        cmocka_unit_test(test_what_failed_comes_last),
        cmocka_unit_test(test_a_failure_is_forgotten),
        cmocka_unit_test(test_the_least_priority_comes_first),
        cmocka_unit_test(test_weights_draw),
        cmocka_unit_test(test_who_served_last_is_drawn_first),
        cmocka_unit_test(test_a_target_has_all_its_addresses),
        cmocka_unit_test(test_nothing_is_lost)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
