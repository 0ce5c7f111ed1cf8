/*
 * Tests of healthcode_counters.c: memory that is not a table, names that do not
 * fit, processes and threads that count at once or are killed in between; then
 * that each one is counted.  docs/monitoring/metrics.md, "How they are kept".
 */

#include "test.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../ngx_http_healthcode_module/core/healthcode_counters.h"


#define NOW      1795464000
#define THREADS  4
#define ROUNDS   4000
#define NAMES    40


static healthcode_str_t
text(const char *string)
{
    return healthcode_str_from(string, strlen(string));
}


/* An empty table, which ends where memory does. */
static healthcode_counters_t
table_of(size_t counters)
{
    void                   *memory;
    size_t                  size = healthcode_counters_size(counters);
    healthcode_counters_t   table;

    memory = (void *) guard_room(0, size);
    memset(memory, 0, size);

    assert_true(healthcode_counters_init(&table, memory, size, NOW));

    return table;
}


static void
count(const healthcode_counters_t *table, const char *name, unsigned stripe)
{
    bool  fits;

    healthcode_counters_count(healthcode_counters_cell(table, text(name),
                                                       stripe, &fits));
    assert_true(fits);
}


/* The sum of a name, and of how many counters; UINT64_MAX: not one of it. */
static uint64_t
sum_of(const healthcode_counters_t *table, const char *name, unsigned *n)
{
    size_t    len;
    uint8_t   found[HEALTHCODE_COUNTERS_NAME];
    uint64_t  sum, result = UINT64_MAX;

    *n = 0;

    for (size_t i = 0; i < table->places; i++) {
        if (!healthcode_counters_read(table, i, found, &len, &sum)) {
            continue;
        }

        ++*n;

        if (len == strlen(name) && memcmp(found, name, len) == 0) {
            assert_true(result == UINT64_MAX);
            result = sum;
        }
    }

    return result;
}


static void
test_refuses_memory_that_is_not_a_table(void **state)
{
    size_t                 size = healthcode_counters_size(8);
    uint64_t              *memory = (void *) guard_room(0, size);
    healthcode_counters_t  table;

    memset(memory, 0, size);

    assert_false(healthcode_counters_init(&table, memory, 0, NOW));
    assert_false(healthcode_counters_init(&table, memory, 64, NOW));
    assert_false(healthcode_counters_init(&table, memory,
                                          healthcode_counters_size(1) - 1,
                                          NOW));

    for (size_t i = 0; i < size / sizeof(uint64_t); i++) {
        assert_true(memory[i] == 0);
    }

    memory[0] = 7;
    assert_false(healthcode_counters_init(&table, memory, size, NOW));
    assert_true(memory[0] == 7 && memory[1] == 0);

    memory[0] = 0;
    assert_true(healthcode_counters_init(&table, memory, size, NOW));
    assert_false(healthcode_counters_init(&table, memory,
                                          healthcode_counters_size(1), NOW));

    memory[0] ^= 1;
    assert_false(healthcode_counters_init(&table, memory, size, NOW));

    (void) state;
}


static void
test_goes_on_with_a_table_that_is_there(void **state)
{
    unsigned                n;
    uint64_t               *memory;
    size_t                  size = healthcode_counters_size(8);
    healthcode_counters_t   old, new;

    memory = (void *) guard_room(0, size);
    memset(memory, 0, size);

    assert_true(healthcode_counters_init(&old, memory, size, NOW));
    count(&old, "a", 0);

    assert_true(healthcode_counters_init(&new, memory, size, NOW + 9));
    assert_true(healthcode_counters_since(&new) == NOW);

    count(&new, "a", 0);
    count(&old, "a", 1);
    count(&new, "b", 3);

    assert_true(sum_of(&old, "a", &n) == 3);
    assert_true(sum_of(&new, "b", &n) == 1 && n == 2);

    (void) state;
}


static void
test_tells_names_and_stripes_apart(void **state)
{
    unsigned               n;
    char                   longest[HEALTHCODE_COUNTERS_NAME + 1];
    static const char     *names[] = { "a", "b", "ab", "a-", "A", "\x01" };
    healthcode_counters_t  table = table_of(100);

    memset(longest, 'x', HEALTHCODE_COUNTERS_NAME);
    longest[HEALTHCODE_COUNTERS_NAME] = '\0';

    for (size_t i = 0; i < test_count(names); i++) {
        for (unsigned k = 0; k <= i; k++) {
            count(&table, names[i], k * 37);
        }
    }

    count(&table, longest, HEALTHCODE_COUNTERS_STRIPES - 1);

    for (size_t i = 0; i < test_count(names); i++) {
        test_row(sum_of(&table, names[i], &n) == i + 1, i, names[i]);
    }

    assert_true(sum_of(&table, longest, &n) == 1);
    assert_int_equal(n, test_count(names) + 1);
    assert_true(sum_of(&table, "c", &n) == UINT64_MAX);
    assert_true(healthcode_counters_overflow(&table) == 0);

    (void) state;
}


/* Whoever sets it, the sum is what was set last; another one goes on. */
static void
test_sets_what_is_no_sum(void **state)
{
    bool                   fits;
    unsigned               n;
    uint64_t              *one, *two;
    healthcode_counters_t  table = table_of(8);

    count(&table, "b", 0);

    one = healthcode_counters_cell(&table, text("a"), 0, &fits);
    two = healthcode_counters_cell(&table, text("a"), 0, &fits);

    healthcode_counters_set(one, UINT64_MAX);
    healthcode_counters_set(two, 7);
    assert_true(sum_of(&table, "a", &n) == 7);

    healthcode_counters_set(one, 5);
    assert_true(sum_of(&table, "a", &n) == 5);
    assert_true(sum_of(&table, "b", &n) == 1);

    (void) state;
}


/* Two stripes never share a line of memory, so no worker waits for another. */
static void
test_gives_each_stripe_its_own_lines(void **state)
{
    bool                   fits;
    uintptr_t              cells[2], lines[2];
    healthcode_counters_t  table = table_of(8);

    for (unsigned i = 0; i < 2; i++) {
        cells[i] = (uintptr_t) healthcode_counters_cell(&table, text("a"), i,
                                                        &fits);
        lines[i] = (cells[i] - (uintptr_t) table.head) / 64;
    }

    assert_true(lines[0] != lines[1]);
    assert_true(healthcode_counters_cell(&table, text("a"),
                                         HEALTHCODE_COUNTERS_STRIPES, &fits)
                == (uint64_t *) cells[0]);

    (void) state;
}


static void
test_counts_what_has_no_room_elsewhere(void **state)
{
    bool                   fits;
    char                   name[8];
    unsigned               n, fitted = 0;
    uint64_t               sum = 0;
    static const char      too_long[HEALTHCODE_COUNTERS_NAME + 1] = "x";
    healthcode_counters_t  table = table_of(7);

    assert_int_equal(table.places, 8);

    for (unsigned i = 0; i < 20; i++) {
        snprintf(name, sizeof(name), "%u", i);
        healthcode_counters_count(healthcode_counters_cell(&table, text(name),
                                                           i, &fits));
        fitted += fits;
    }

    assert_int_equal(fitted, 7);

    /* those that stand there go on */
    count(&table, "0", 5);
    assert_true(sum_of(&table, "0", &n) == 2);
    assert_int_equal(n, 7);

    healthcode_counters_count(healthcode_counters_cell(&table, text(""), 0,
                                                       &fits));
    assert_false(fits);
    healthcode_counters_count(
        healthcode_counters_cell(&table,
                                 healthcode_str_from(too_long,
                                                     sizeof(too_long)),
                                 0, &fits));
    assert_false(fits);

    assert_true(healthcode_counters_overflow(&table) == 13 + 2);

    for (size_t i = 0; i < table.places; i++) {
        size_t    len;
        uint8_t   found[HEALTHCODE_COUNTERS_NAME];
        uint64_t  one;

        sum += healthcode_counters_read(&table, i, found, &len, &one) ? one : 0;
    }

    assert_true(sum + healthcode_counters_overflow(&table) == 20 + 1 + 2);

    (void) state;
}


/* As a process leaves it that is killed before the name is whole. */
static void
test_completes_what_a_killed_process_began(void **state)
{
    size_t                 place = 0;
    unsigned               n;
    healthcode_counters_t  table = table_of(8);

    count(&table, "begun", 1);

    while (table.index[place] == 0) {
        place++;
    }

    table.index[place] &= ~UINT64_C(1);
    table.names[place * 32] = 0;

    assert_true(sum_of(&table, "begun", &n) == UINT64_MAX && n == 0);

    count(&table, "begun", 1);
    assert_true(sum_of(&table, "begun", &n) == 2 && n == 1);

    (void) state;
}


/* Counts each of NAMES names ROUNDS times, in an order of its own. */
static void *
count_all(void *data)
{
    char                          name[8];
    unsigned                      at;
    static unsigned               next;
    const healthcode_counters_t  *table = data;

    at = __atomic_fetch_add(&next, 7, __ATOMIC_RELAXED);

    for (unsigned i = 0; i < ROUNDS * NAMES; i++) {
        snprintf(name, sizeof(name), "%u", (at + i) % NAMES);
        count(table, name, at % 2);
    }

    return NULL;
}


static void
is_all_counted(const healthcode_counters_t *table, unsigned counters,
    uint64_t least, uint64_t most)
{
    char      name[8];
    unsigned  n;
    uint64_t  sum, all = 0;

    for (unsigned i = 0; i < NAMES; i++) {
        snprintf(name, sizeof(name), "%u", i);
        sum = sum_of(table, name, &n);
        test_row(sum != UINT64_MAX, i, name);
        all += sum;
    }

    assert_int_equal(n, counters);
    assert_true(all >= least && all <= most);
    assert_true(healthcode_counters_overflow(table) == 0);
}


static void
test_loses_nothing_of_threads_that_count_at_once(void **state)
{
    pthread_t              threads[THREADS];
    healthcode_counters_t  table = table_of(400);

    for (unsigned i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, count_all, &table),
                         0);
    }

    for (unsigned i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }

    is_all_counted(&table, NAMES, THREADS * ROUNDS * NAMES,
                   THREADS * ROUNDS * NAMES);

    (void) state;
}


/* Processes map it where they like; one of them is killed. */
static void
test_loses_nothing_of_processes_that_stay(void **state)
{
    int                    status;
    void                  *memory;
    pid_t                  pids[THREADS];
    size_t                 size = healthcode_counters_size(400);
    healthcode_counters_t  table;

    memory = mmap(NULL, size, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_ANONYMOUS,
                  -1, 0);
    assert_true(memory != MAP_FAILED);
    assert_true(healthcode_counters_init(&table, memory, size, NOW));

    for (unsigned i = 0; i < THREADS; i++) {

        pids[i] = fork();
        assert_true(pids[i] != -1);

        if (pids[i] == 0) {
            count_all(&table);
            _exit(0);
        }
    }

    usleep(2000);
    kill(pids[0], SIGKILL);

    for (unsigned i = 0; i < THREADS; i++) {
        assert_true(waitpid(pids[i], &status, 0) == pids[i]);
        assert_true(i == 0 || status == 0);
    }

    is_all_counted(&table, NAMES, (THREADS - 1) * ROUNDS * NAMES,
                   THREADS * ROUNDS * NAMES);

    assert_int_equal(munmap(memory, size), 0);

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_refuses_memory_that_is_not_a_table),
        cmocka_unit_test(test_goes_on_with_a_table_that_is_there),
        cmocka_unit_test(test_tells_names_and_stripes_apart),
        cmocka_unit_test(test_sets_what_is_no_sum),
        cmocka_unit_test(test_gives_each_stripe_its_own_lines),
        cmocka_unit_test(test_counts_what_has_no_room_elsewhere),
        cmocka_unit_test(test_completes_what_a_killed_process_began),
        cmocka_unit_test(test_loses_nothing_of_threads_that_count_at_once),
        cmocka_unit_test(test_loses_nothing_of_processes_that_stay),
    };

    return cmocka_run_group_tests_name("counters", tests, NULL, NULL);
}
