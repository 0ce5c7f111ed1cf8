/*
 * Tests of healthcode_index.c: names that are not there, or almost; names that
 * stand twice; many.  Knows no keys.
 * docs/token-format.md, "Issuers and keys".
 */

#include "test.h"

#include "../../ngx_http_healthcode_module/core/healthcode_index.h"


#define NONE  HEALTHCODE_INDEX_NONE


static healthcode_str_t
str(const char *text)
{
    return text ? healthcode_str_from(text, strlen(text))
                : healthcode_str_from(NULL, 0);
}


static void
test_finds_nothing_among_nothing(void **state)
{
    healthcode_index_t  *index;
    healthcode_str_t     absent[3] = { { NULL, 0 } };

    healthcode_index_free(NULL);

    for (size_t n = 0; n <= test_count(absent); n++) {
        index = healthcode_index_create(absent, n);
        assert_non_null(index);
        assert_int_equal(healthcode_index_first(index, str("")), NONE);
        assert_int_equal(healthcode_index_first(index, str("a")), NONE);
        assert_int_equal(healthcode_index_first(index, str(NULL)), NONE);
        assert_int_equal(healthcode_index_next(index, 0), NONE);
        assert_int_equal(healthcode_index_next(index, NONE), NONE);
        healthcode_index_free(index);
    }

    (void) state;
}


static void
test_finds_whole_names_only(void **state)
{
    static const char  *const names[] = { "2026-a", "k", "", NULL, "2026-b" };

    static const struct {
        const char  *name;
        size_t       number;
    } rows[] = {
        { "2026-", NONE }, { "2026-a ", NONE }, { " 2026-a", NONE },
        { "2026-A", NONE }, { "2026-aa", NONE }, { "2026", NONE },
        { "K", NONE }, { "kk", NONE }, { NULL, NONE },
        { "2026-a", 0 }, { "k", 1 }, { "", 2 }, { "2026-b", 4 },
    };
    healthcode_index_t  *index;
    healthcode_str_t     views[test_count(names)];

    for (size_t i = 0; i < test_count(names); i++) {
        views[i] = str(names[i]);
    }

    index = healthcode_index_create(views, test_count(views));
    memset(views, 0xff, sizeof(views));     /* they were copied */

    for (size_t i = 0; i < test_count(rows); i++) {
        healthcode_str_t  name = rows[i].name ? guard_text(0, rows[i].name)
                                              : str(NULL);

        test_row(healthcode_index_first(index, name) == rows[i].number, i,
                 rows[i].name ? rows[i].name : "(absent)");
    }

    /* a NUL is a byte like others */
    assert_int_equal(healthcode_index_first(index, healthcode_str("k\0")),
                     NONE);

    for (size_t i = 0; i < test_count(names); i++) {
        assert_int_equal(healthcode_index_next(index, i), NONE);
    }

    healthcode_index_free(index);

    (void) state;
}


/* A stranger's kid may be as long as a code; no longer name is looked for. */
static void
test_finds_no_name_that_is_long(void **state)
{
    static uint8_t       bytes[8192];
    healthcode_index_t  *index;
    healthcode_str_t     names[2];

    memset(bytes, 'k', sizeof(bytes));
    names[0] = healthcode_str_from(bytes, 64);
    names[1] = healthcode_str_from(bytes, 4096);
    index = healthcode_index_create(names, 2);

    for (size_t len = 0; len <= sizeof(bytes); len++) {
        test_row(healthcode_index_first(index,
                                        healthcode_str_from(bytes, len))
                 == (len == 64 ? 0 : len == 4096 ? 1 : NONE), len, "length");
    }

    healthcode_index_free(index);

    /* nor are the bytes read of one that is longer than all */
    index = healthcode_index_create(names, 1);
    assert_int_equal(healthcode_index_first(index,
                                            healthcode_str_from((void *) 8,
                                                                65)), NONE);
    healthcode_index_free(index);

    (void) state;
}


static void
test_counts_names_that_stand_twice_upwards(void **state)
{
    static const char  *const names[] = {
        "a", "b", "a", NULL, "a", "", "b", "", "a", NULL,
    };

    static const struct {
        const char  *name;
        size_t       numbers[5];
    } rows[] = {
        { "a", { 0, 2, 4, 8, NONE } },
        { "b", { 1, 6, NONE } },
        { "", { 5, 7, NONE } },
        { "c", { NONE } },
    };
    size_t               i, n, at;
    healthcode_index_t  *index;
    healthcode_str_t     views[test_count(names)];

    for (i = 0; i < test_count(names); i++) {
        views[i] = str(names[i]);
    }

    index = healthcode_index_create(views, test_count(views));

    for (i = 0; i < test_count(rows); i++) {
        at = healthcode_index_first(index, str(rows[i].name));

        for (n = 0; rows[i].numbers[n] != NONE; n++) {
            test_row(at == rows[i].numbers[n], i, rows[i].name);
            at = healthcode_index_next(index, at);
        }

        test_row(at == NONE, i, rows[i].name);
    }

    /* those that are absent are in no chain */
    assert_int_equal(healthcode_index_next(index, 3), NONE);
    assert_int_equal(healthcode_index_next(index, 9), NONE);
    assert_int_equal(healthcode_index_next(index, 10), NONE);
    healthcode_index_free(index);

    (void) state;
}


static void
test_finds_each_of_any_number(void **state)
{
    static char          texts[1000][16];
    static const size_t  counts[] = { 1, 3, 4, 5, 8, 9, 64, 1000 };
    char                 other[16];
    size_t               at, i, n;
    healthcode_str_t     names[1000];
    healthcode_index_t  *index;

    for (i = 0; i < 1000; i++) {
        snprintf(texts[i], sizeof(texts[i]), "kid-%zu", i % 500);
        names[i] = str(texts[i]);
    }

    for (size_t c = 0; c < test_count(counts); c++) {
        n = counts[c];
        index = healthcode_index_create(names, n);

        for (i = 0; i < 1000; i++) {
            at = healthcode_index_first(index, names[i]);
            test_row(at == (i % 500 < n ? i % 500 : NONE), i, texts[i]);

            if (at != NONE) {
                test_row(healthcode_index_next(index, at)
                         == (at + 500 < n ? at + 500 : NONE), i, texts[i]);
            }

            snprintf(other, sizeof(other), "kid_%zu", i);
            test_row(healthcode_index_first(index, str(other)) == NONE, i,
                     other);
        }

        healthcode_index_free(index);
    }

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_finds_nothing_among_nothing),
        cmocka_unit_test(test_finds_whole_names_only),
        cmocka_unit_test(test_finds_no_name_that_is_long),
        cmocka_unit_test(test_counts_names_that_stand_twice_upwards),
        cmocka_unit_test(test_finds_each_of_any_number),
    };

    return cmocka_run_group_tests_name("index", tests, NULL, NULL);
}
