/*
 * Tests of healthcode_data.c: names and times that cannot be, several sources
 * in every order, ages at their edges.  docs/redis-keys.md, "healthcode:data".
 */

#include "test.h"

#include "../../ngx_http_healthcode_module/core/healthcode_data.h"


#define NOW     1700000000
#define LONGEST "a23456789-123456789_1234567890ab"

#define UNKNOWN     HEALTHCODE_DATA_UNKNOWN
#define NONE        HEALTHCODE_DATA_NONE
#define UNREADABLE  HEALTHCODE_DATA_UNREADABLE
#define AT          HEALTHCODE_DATA_AT


static void
add(healthcode_data_t *data, const char *name, const char *value)
{
    healthcode_data_add(data, guard_text(0, name), guard_text(1, value));
}


/* What is said of sources "a=1700000000 b=5"; *age is -1 without an age. */
static healthcode_data_e
say(const char *sources, int64_t now, int64_t *age)
{
    char               text[256], *name, *value;
    healthcode_data_t  data;

    healthcode_data_begin(&data);
    snprintf(text, sizeof(text), "%s", sources);

    for (name = strtok(text, " "); name; name = strtok(NULL, " ")) {
        value = strchr(name, '=');
        *value = '\0';
        add(&data, name, value + 1);
    }

    *age = -1;

    return healthcode_data_age(&data, now, age);
}


static void
test_refuses_what_is_no_name(void **state)
{
    static const char  *const rows[] = {
        "", "A", "1", "-", "_", "1a", "-a", "_a", "aB", "a.", "a b", " a", "a ",
        "a\"", "a\\", "a{", "a\n", "a\x7f", "\xc3\xa4", "a/b", "a:b", "code:",
        LONGEST "c"
    };

    static const char  *const good[] = {
        "a", "z", "a0", "z9", "a-", "a_", "hospital", "city-2_b", LONGEST
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(!healthcode_data_is_name(guard_text(0, rows[i])), i, rows[i]);
    }

    for (size_t i = 0; i < test_count(good); i++) {
        test_row(healthcode_data_is_name(guard_text(0, good[i])), i, good[i]);
    }

    assert_false(healthcode_data_is_name(guard(0, "a\0", 2)));
    (void) state;
}


static void
test_has_no_age_of_what_it_does_not_know(void **state)
{
    int64_t            age = -1;
    healthcode_data_t  data;

    memset(&data, 0, sizeof(data));
    assert_int_equal(healthcode_data_age(&data, NOW, &age), UNKNOWN);
    assert_true(healthcode_data_is_old(&data, INT64_MAX, NOW));
    assert_null(healthcode_data_oldest(&data, NOW));

    healthcode_data_begin(&data);
    assert_int_equal(healthcode_data_age(&data, NOW, &age), NONE);
    assert_true(healthcode_data_is_old(&data, INT64_MAX, NOW));
    assert_null(healthcode_data_oldest(&data, NOW));

    assert_int_equal(age, -1);
    (void) state;
}


/* Each alone, and beside a source that is fresh. */
static void
test_takes_what_is_no_time_for_never(void **state)
{
    static const char  *const rows[] = {
        "", "0", "-1", "+1700000000", " 1700000000", "1700000000 ", "17e8",
        "0x1", "1700000000.5", "1700000000000", "now", "\xff",
        "1700000061", "999999999999"
    };

    int64_t                          age = -1;
    healthcode_data_t                data;
    const healthcode_data_source_t  *oldest;

    for (size_t i = 0; i < test_count(rows); i++) {
        for (unsigned beside = 0; beside < 3; beside++) {

            healthcode_data_begin(&data);

            if (beside == 1) {
                add(&data, "a", "1700000000");
            }

            add(&data, "bad", rows[i]);

            if (beside == 2) {
                add(&data, "z", "1700000000");
            }

            test_row(healthcode_data_age(&data, NOW, &age) == UNREADABLE, i,
                     rows[i]);
            test_row(healthcode_data_is_old(&data, INT64_MAX, NOW), i,
                     rows[i]);

            oldest = healthcode_data_oldest(&data, NOW);
            test_row(oldest && oldest->len == 3
                     && memcmp(oldest->name, "bad", 3) == 0, i, rows[i]);
        }
    }

    assert_int_equal(age, -1);
    (void) state;
}


static void
test_has_the_age_of_the_oldest(void **state)
{
    static const struct {
        const char          *sources;
        healthcode_data_e    what;
        int64_t              age;
    } rows[] = {
        { "a=1700000000", AT, 0 },
        { "a=1699999999", AT, 1 },
        { "a=1", AT, 1699999999 },
        { "a=1700000060", AT, 0 },                  /* clocks differ */
        { "a=1700000061", UNREADABLE, -1 },
        { "a=1699999990 b=1699999980 c=1699999970", AT, 30 },
        { "a=1699999970 b=1699999980 c=1699999990", AT, 30 },
        { "a=1699999980 b=1699999970 c=1699999990", AT, 30 },
        { "a=1699999970 b=1699999970", AT, 30 },
        { "a=1699999970 b=1700000060", AT, 30 },
        { "a=1699999970 b=1700000061", UNREADABLE, -1 },
        { "a=1700000061 b=1699999970", UNREADABLE, -1 },
        { "a=1699999970 b=0", UNREADABLE, -1 },
        { "a=1699999970 B=1700000000", UNREADABLE, -1 },
    };
    int64_t  age;

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(say(rows[i].sources, NOW, &age) == rows[i].what
                 && age == rows[i].age, i, rows[i].sources);
    }

    (void) state;
}


static void
test_is_old_from_the_next_second_on(void **state)
{
    healthcode_data_t  data;

    healthcode_data_begin(&data);
    add(&data, "a", "1699999700");
    add(&data, "b", "1700000000");

    assert_false(healthcode_data_is_old(&data, 300, NOW));
    assert_true(healthcode_data_is_old(&data, 300, NOW + 1));
    assert_true(healthcode_data_is_old(&data, 299, NOW));
    assert_false(healthcode_data_is_old(&data, 301, NOW + 1));

    /* a clock that was set back finds b in the future */
    assert_true(healthcode_data_is_old(&data, 300, NOW - 61));
    (void) state;
}


/* Whatever the order in which a hash is read. */
static void
test_keeps_the_oldest_first(void **state)
{
    static const char  *const names[] = { "b", "a", "ab", "c", "d" };
    static const char  *const values[] = { "5", "5", "5", "4", "x" };
    static const char  *const order[] = { "d", "c", "a", "ab", "b" };

    healthcode_data_t  data;

    for (unsigned first = 0; first < 5; first++) {
        for (unsigned step = 1; step < 5; step++) {

            healthcode_data_begin(&data);

            for (unsigned i = 0; i < 5; i++) {
                unsigned  n = (first + i * step) % 5;

                add(&data, names[n], values[n]);
            }

            assert_int_equal(data.n, 5);

            for (unsigned i = 0; i < 5; i++) {
                test_str_equal(healthcode_str_from(data.sources[i].name,
                                                   data.sources[i].len),
                               order[i]);
            }
        }
    }

    (void) state;
}


static void
test_is_cut_by_the_17th(void **state)
{
    char               name[8];
    int64_t            age;
    healthcode_data_t  data;

    healthcode_data_begin(&data);

    for (unsigned i = 0; i < HEALTHCODE_DATA_SOURCES; i++) {
        snprintf(name, sizeof(name), "s%u", i);
        add(&data, name, "1699999990");
    }

    assert_int_equal(healthcode_data_age(&data, NOW, &age), AT);
    assert_int_equal(age, 10);

    add(&data, "s16", "1700000000");
    assert_int_equal(data.n, HEALTHCODE_DATA_SOURCES);
    assert_int_equal(healthcode_data_age(&data, NOW, &age), UNREADABLE);
    assert_true(healthcode_data_is_old(&data, 10, NOW));

    healthcode_data_begin(&data);
    assert_int_equal(healthcode_data_age(&data, NOW, &age), NONE);
    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_refuses_what_is_no_name),
        cmocka_unit_test(test_has_no_age_of_what_it_does_not_know),
        cmocka_unit_test(test_takes_what_is_no_time_for_never),
        cmocka_unit_test(test_has_the_age_of_the_oldest),
        cmocka_unit_test(test_is_old_from_the_next_second_on),
        cmocka_unit_test(test_keeps_the_oldest_first),
        cmocka_unit_test(test_is_cut_by_the_17th),
    };

    return cmocka_run_group_tests_name("data", tests, NULL, NULL);
}
