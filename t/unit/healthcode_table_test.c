/*
 * Tests of healthcode_table.c: entries that are torn, deleted, of another key;
 * then what is found, and who makes room.  What several processes do at once
 * is tried by t/model.  docs/cache.md.
 */

#include "test.h"

#include "../../ngx_http_healthcode_module/core/healthcode_table.h"


#define WAYS   HEALTHCODE_TABLE_WAYS
#define WORDS  6
#define KEY    2
#define SET    (WAYS * WORDS * sizeof(uint64_t))


/* An empty table of so many sets, which ends where memory does. */
static healthcode_table_t
table_of(size_t sets)
{
    void                *memory = guard_room(0, sets * SET);
    healthcode_table_t   table;

    memset(memory, 0, sets * SET);
    assert_true(healthcode_table_init(&table, memory, sets * SET, WORDS, KEY));

    return table;
}


/* An entry's third word, as its worth. */
static uint64_t
worth_third(const uint64_t *entry, void *data)
{
    if (data) {
        ++*(unsigned *) data;
    }

    return entry[2];
}


static bool
put(healthcode_table_t *table, uint64_t a, uint64_t b, uint64_t third,
    uint64_t fourth)
{
    uint64_t  entry[WORDS] = { a, b, third, fourth, ~fourth, 7 };

    return healthcode_table_put(table, entry, KEY + 1, worth_third, NULL);
}


/* How many entries there are of a key; the last one's fourth word. */
static unsigned
count(const healthcode_table_t *table, uint64_t a, uint64_t b,
    uint64_t *fourth)
{
    unsigned         n = 0, looked = 0;
    uint64_t         key[KEY] = { a, b }, entry[WORDS];
    const uint64_t  *place;

    while ((place = healthcode_table_next(table, key, &looked, entry))) {
        assert_true(memcmp(place, entry, sizeof(entry)) == 0);
        assert_true(healthcode_table_is_at(table, place, entry));
        n++;

        if (fourth) {
            *fourth = entry[3];
        }
    }

    assert_int_equal(looked, WAYS);

    return n;
}


static void
test_takes_no_memory_that_holds_no_set(void **state)
{
    static const struct {
        size_t    bytes, sets;
        unsigned  words;
    } rows[] = {
        { 0, 0, 6 }, { 1, 0, 6 }, { SET - 1, 0, 6 }, { SET, 1, 6 },
        { SET + 1, 1, 6 }, { 2 * SET - 1, 1, 6 }, { 2 * SET, 2, 6 },
        { 1000 * SET, 1000, 6 },
        { WAYS * 24 * 8 - 1, 0, 24 }, { WAYS * 24 * 8, 1, 24 },
    };
    uint64_t            word;
    healthcode_table_t  table;

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(healthcode_table_init(&table, &word, rows[i].bytes,
                                       rows[i].words, KEY)
                 == (rows[i].sets > 0), i, "bytes");
        test_row(healthcode_table_size(&table) == rows[i].sets * WAYS, i,
                 "size");
    }

    (void) state;
}


/* Empty memory has the key 0 everywhere, but nothing is there. */
static void
test_finds_nothing_in_an_empty_table(void **state)
{
    uint64_t            key[KEY] = { 0, 0 };
    healthcode_table_t  table = table_of(3);

    assert_int_equal(count(&table, 0, 0, NULL), 0);
    assert_int_equal(count(&table, UINT64_MAX, UINT64_MAX, NULL), 0);
    assert_false(healthcode_table_delete(&table, key));

    (void) state;
}


/* One bit that differs, in any word, and it is not there. */
static void
test_finds_no_entry_that_is_torn(void **state)
{
    size_t              words;
    healthcode_table_t  table = table_of(1);

    put(&table, 11, 22, 33, 44);
    assert_int_equal(count(&table, 11, 22, NULL), 1);
    words = SET / sizeof(uint64_t);

    for (size_t i = 0; i < words; i++) {
        if (table.memory[i] == 0) {
            continue;
        }

        for (unsigned bit = 0; bit < 64; bit++) {
            table.memory[i] ^= UINT64_C(1) << bit;
            test_row(count(&table, 11, 22, NULL) == 0, i * 64 + bit, "bit");
            table.memory[i] ^= UINT64_C(1) << bit;
        }
    }

    assert_int_equal(count(&table, 11, 22, NULL), 1);

    (void) state;
}


/* Two who wrote at one place: the words of both, in any mixture. */
static void
test_finds_no_mixture_of_two(void **state)
{
    uint64_t            one[WORDS], two[WORDS], *place;
    healthcode_table_t  table = table_of(1);

    /* multiples of the ways, so that both stand at the first place */
    put(&table, 8, 1, 100, 4);
    place = table.memory;
    memcpy(one, place, sizeof(one));
    memset(place, 0, SET);

    put(&table, 16, 2, 200, 5);
    memcpy(two, place, sizeof(two));
    memset(place, 0, SET);

    assert_true(one[0] == 8 && two[0] == 16);

    for (unsigned mask = 1; mask < (1U << WORDS) - 1; mask++) {
        for (unsigned i = 0; i < WORDS; i++) {
            place[i] = (mask >> i & 1) ? two[i] : one[i];
        }

        test_row(count(&table, 8, 1, NULL) + count(&table, 16, 2, NULL)
                 + count(&table, 8, 2, NULL) + count(&table, 16, 1, NULL) == 0,
                 mask, "mixture");
    }

    (void) state;
}


static void
test_compares_the_whole_key(void **state)
{
    uint64_t            fourth, key[3];
    uint64_t            entry[WORDS] = { 5, 6, 7, 8, 9, 0 };
    unsigned            looked = 0;
    healthcode_table_t  table = table_of(1);

    put(&table, 5, 6, 1, 0);
    assert_int_equal(count(&table, 5, 7, NULL), 0);
    assert_int_equal(count(&table, 5, 6 + WAYS, NULL), 0);
    assert_int_equal(count(&table, 6, 5, NULL), 0);

    /* and goes on to the next where it is another */
    put(&table, 5, 6 + WAYS, 1, 1);
    put(&table, 5, 6 + 2 * WAYS, 1, 2);

    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(count(&table, 5, 6 + i * WAYS, &fourth), 1);
        assert_int_equal(fourth, i);
    }

    /* a key may be longer */
    table.key = 3;
    memset(table.memory, 0, SET);
    healthcode_table_put(&table, entry, 3, worth_third, NULL);
    memcpy(key, entry, sizeof(key));
    assert_non_null(healthcode_table_next(&table, key, &looked, entry));
    key[2]++;
    looked = 0;
    assert_null(healthcode_table_next(&table, key, &looked, entry));

    (void) state;
}


static void
test_goes_on_beyond_what_is_torn(void **state)
{
    uint64_t            fourth;
    healthcode_table_t  table = table_of(1);

    put(&table, 8, 0, 1, 1);
    put(&table, 8, 0, 2, 2);
    put(&table, 8, 0, 3, 3);
    assert_int_equal(count(&table, 8, 0, NULL), 3);

    table.memory[4] ^= 1;
    assert_int_equal(count(&table, 8, 0, &fourth), 2);
    assert_int_equal(fourth, 3);

    (void) state;
}


static void
test_sees_any_word_change(void **state)
{
    unsigned            looked = 0;
    uint64_t            key[KEY] = { 9, 9 }, entry[WORDS], *place;
    healthcode_table_t  table = table_of(2);

    put(&table, 9, 9, 1, 1);
    place = (uint64_t *) healthcode_table_next(&table, key, &looked, entry);
    assert_non_null(place);

    for (unsigned i = 0; i < WORDS; i++) {
        for (unsigned bit = 0; bit < 64; bit++) {
            place[i] ^= UINT64_C(1) << bit;
            test_row(!healthcode_table_is_at(&table, place, entry), i, "word");
            place[i] ^= UINT64_C(1) << bit;
        }
    }

    assert_true(healthcode_table_is_at(&table, place, entry));
    healthcode_table_delete(&table, key);
    assert_false(healthcode_table_is_at(&table, place, entry));

    (void) state;
}


static void
test_deletes_all_of_a_key_and_no_other(void **state)
{
    uint64_t            key[KEY] = { 5, 0 };
    healthcode_table_t  table = table_of(1);

    for (unsigned i = 1; i < WAYS; i++) {
        put(&table, 5, 0, i, i);
    }

    put(&table, 6, 0, 1, 1);
    assert_int_equal(count(&table, 5, 0, NULL), WAYS - 1);

    /* torn or not: it might be whole again */
    table.memory[3] ^= 1;
    assert_true(healthcode_table_delete(&table, key));
    table.memory[3] ^= 1;

    assert_int_equal(count(&table, 5, 0, NULL), 0);
    assert_int_equal(count(&table, 6, 0, NULL), 1);
    assert_false(healthcode_table_delete(&table, key));

    (void) state;
}


/* Three who write at one place: the third may put back what the second took. */
static void
test_deletes_what_is_torn(void **state)
{
    uint64_t            key[KEY] = { 8, 0 };
    healthcode_table_t  table = table_of(1);

    for (unsigned i = 0; i < WORDS - 1; i++) {
        memset(table.memory, 0, SET);
        put(&table, 8, 0, 1, 1);
        put(&table, 16, 0, 1, 1);

        table.memory[i] ^= 2;
        assert_true(healthcode_table_delete(&table, key) == (i > 0));
        table.memory[i] ^= 2;

        test_row(count(&table, 8, 0, NULL) == 0, i, "word");
        assert_int_equal(count(&table, 16, 0, NULL), 1);
    }

    (void) state;
}


static void
test_replaces_what_is_the_same(void **state)
{
    uint64_t            fourth;
    healthcode_table_t  table = table_of(1);

    for (unsigned i = 0; i < 3; i++) {
        assert_false(put(&table, 5, 0, 1, i));
        assert_int_equal(count(&table, 5, 0, &fourth), 1);
        assert_int_equal(fourth, i);
    }

    /* wherever it stands, though another place is free before it */
    assert_false(put(&table, 6, 1, 1, 1));
    memset(table.memory, 0, WORDS * sizeof(uint64_t));
    assert_false(put(&table, 6, 0, 1, 2));
    assert_int_equal(count(&table, 6, 1, NULL), 1);
    assert_false(put(&table, 6, 1, 1, 3));
    assert_int_equal(count(&table, 6, 1, &fourth), 1);
    assert_int_equal(fourth, 3);

    /* another third word, and it is another */
    assert_false(put(&table, 6, 1, 2, 4));
    assert_int_equal(count(&table, 6, 1, NULL), 2);

    (void) state;
}


static void
test_lets_the_least_worth_make_room(void **state)
{
    static const struct {
        const char  *what;
        uint64_t     worth[WAYS];    /* UINT64_MAX: torn */
        unsigned     goes;
        bool         lived;
    } rows[] = {
        { "the first", { 1, 2, 3, 4, 5, 6, 7, 8 }, 0, true },
        { "the last", { 8, 7, 6, 5, 4, 3, 2, 1 }, 7, true },
        { "one between", { 8, 7, 6, 2, 4, 3, 9, 5 }, 3, true },
        { "the first of equals", { 8, 7, 2, 2, 4, 3, 9, 5 }, 2, true },
        { "all are equal", { 3, 3, 3, 3, 3, 3, 3, 3 }, 0, true },
        { "as much as can be", { ~1ULL, ~1ULL, ~1ULL, ~1ULL,
                                 ~1ULL, ~1ULL, ~1ULL, ~2ULL }, 7, true },
        { "the dead one", { 8, 7, 6, 2, 4, 0, 9, 5 }, 5, false },
        { "the torn one", { 8, 7, 6, 2, 4, 3, UINT64_MAX, 1 }, 6, false },
        { "the torn one, not the dead one after it",
          { 8, UINT64_MAX, 0, 2, 4, 3, 7, 1 }, 1, false },
        { "the dead one, not the torn one after it",
          { 8, 3, 0, 2, 4, UINT64_MAX, 7, 1 }, 2, false },
    };
    uint64_t            fourth;
    healthcode_table_t  table = table_of(1);

    for (size_t i = 0; i < test_count(rows); i++) {
        memset(table.memory, 0, SET);

        for (unsigned way = 0; way < WAYS; way++) {
            put(&table, 104 + way, way, rows[i].worth[way], way);

            if (rows[i].worth[way] == UINT64_MAX) {
                table.memory[way * WORDS + 3] ^= 1;
            }
        }

        test_row(put(&table, 40, 0, 50, 99) == rows[i].lived, i, rows[i].what);
        test_row(count(&table, 40, 0, &fourth) == 1 && fourth == 99, i,
                 rows[i].what);

        for (unsigned way = 0; way < WAYS; way++) {
            if (rows[i].worth[way] != UINT64_MAX) {
                test_row(count(&table, 104 + way, way, NULL)
                         == (way != rows[i].goes), i, rows[i].what);
            }
        }
    }

    (void) state;
}


/* A row of the set is free: nobody makes room. */
static void
test_asks_for_the_worth_of_what_is_there(void **state)
{
    unsigned            asked = 0;
    uint64_t            entry[WORDS] = { 7, 0, 1, 0, 0, 0 };
    healthcode_table_t  table = table_of(1);

    assert_false(healthcode_table_put(&table, entry, 3, worth_third, &asked));
    assert_int_equal(asked, 0);

    entry[2] = 2;
    assert_false(healthcode_table_put(&table, entry, 3, worth_third, &asked));
    assert_int_equal(asked, 1);

    (void) state;
}


/*
 * The first one, which is searched first, while half of it is free; then the
 * emptier one, so that both are full before anything has to go.
 */
static void
test_spreads_over_two_sets(void **state)
{
    uint64_t            a = UINT64_MAX / 2, b = UINT64_C(1) << 63;
    healthcode_table_t  table = table_of(4);
    size_t              i, n[4];

    for (uint64_t k = 0; k < 2 * WAYS; k++) {
        assert_false(put(&table, a / 4 + k, b + k, 1 + k, k));

        memset(n, 0, sizeof(n));

        for (i = 0; i < 4 * WAYS; i++) {
            n[i / WAYS] += table.memory[i * WORDS + 2] != 0;
        }

        assert_int_equal(n[0], k < 5 ? k + 1 : k < 10 ? 5 : (k + 2) / 2);
        assert_int_equal(n[0] + n[2], k + 1);
        assert_int_equal(n[1] + n[3], 0);
    }

    for (uint64_t k = 0; k < 2 * WAYS; k++) {
        uint64_t  fourth, key[KEY] = { a / 4 + k, b + k };
        uint64_t  entry[WORDS];
        unsigned  looked = 0;

        assert_non_null(healthcode_table_next(&table, key, &looked, entry));
        fourth = entry[3];
        assert_int_equal(fourth, k);
    }

    /* the least worth one goes, in whichever of the two it is */
    assert_true(put(&table, a / 4 + 99, b + 99, 50, 99));
    assert_true(put(&table, a / 4 + 98, b + 98, 50, 98));

    for (uint64_t k = 0; k < 2 * WAYS; k++) {
        uint64_t  key[KEY] = { a / 4 + k, b + k };

        assert_int_equal(healthcode_table_delete(&table, key), k > 1);
    }

    (void) state;
}


/* Every set is used, and nothing beside it; sets are far apart. */
static void
test_keeps_to_the_set_of_its_key(void **state)
{
    static const size_t  counts[] = { 1, 2, 3, 7, 100 };
    size_t               i, n, set;
    uint64_t             step;
    healthcode_table_t   table;

    for (size_t c = 0; c < test_count(counts); c++) {
        n = counts[c];
        table = table_of(n);
        step = UINT64_MAX / n;

        for (set = 0; set < n; set++) {
            for (unsigned way = 0; way < WAYS; way++) {
                assert_false(put(&table, set * step + step / 2, way, 1, set));
            }

            assert_true(put(&table, set * step + step / 2, WAYS, 1, set));

            for (i = 0; i < n * WAYS; i++) {
                test_row((table.memory[i * WORDS] != 0)
                         == (i < (set + 1) * WAYS), i, "place");
            }
        }

        assert_int_equal(healthcode_table_size(&table), n * WAYS);

        /* the ends */
        put(&table, 0, 0, 1, 1);
        put(&table, UINT64_MAX, UINT64_MAX, 1, 2);
        assert_int_equal(count(&table, 0, 0, NULL), 1);
        assert_int_equal(count(&table, UINT64_MAX, UINT64_MAX, NULL), 1);
        assert_true(table.memory[0] == 0 || n == 1);
    }

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_takes_no_memory_that_holds_no_set),
        cmocka_unit_test(test_finds_nothing_in_an_empty_table),
        cmocka_unit_test(test_finds_no_entry_that_is_torn),
        cmocka_unit_test(test_finds_no_mixture_of_two),
        cmocka_unit_test(test_compares_the_whole_key),
        cmocka_unit_test(test_goes_on_beyond_what_is_torn),
        cmocka_unit_test(test_sees_any_word_change),
        cmocka_unit_test(test_deletes_all_of_a_key_and_no_other),
        cmocka_unit_test(test_deletes_what_is_torn),
        cmocka_unit_test(test_replaces_what_is_the_same),
        cmocka_unit_test(test_lets_the_least_worth_make_room),
        cmocka_unit_test(test_asks_for_the_worth_of_what_is_there),
        cmocka_unit_test(test_spreads_over_two_sets),
        cmocka_unit_test(test_keeps_to_the_set_of_its_key),
    };

    return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
