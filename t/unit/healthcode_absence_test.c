/*
 * Tests of healthcode_absence.c: what is not believed, one comparison at a
 * time; then what is.  The clock is the test's.  What several processes do at
 * once is tried by t/model.  docs/cache.md.
 */

#include "test.h"

#include "../../ngx_http_healthcode_module/core/healthcode_absence.h"


#define OWNERS   3
#define LENGTH   1000
#define MAX_AGE  5000
#define STORE    UINT64_C(0x5707e5707e5707e5)
#define NOW      UINT64_C(100000)
#define BYTES    (HEALTHCODE_TABLE_WAYS * HEALTHCODE_ABSENCE_WORDS * 8)


/* Owner 0 knows of the holder, since NOW; owner 1 asks, at now. */
typedef struct {
    healthcode_absence_t  absence;
    healthcode_owner_t    owners[OWNERS];
    uint64_t              now;
    unsigned              asked;     /* for the time, so many times */
    void                (*meanwhile)(void *data);
} fixture_t;


static const uint8_t  holder[HEALTHCODE_HOLDER_LEN] = {
    '0', '1', '2', '3', '4', '5', '6', '7',
    '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'
};


static uint64_t
clock_of(void *data)
{
    fixture_t  *f = data;

    f->asked++;

    if (f->meanwhile) {
        f->meanwhile(f);
    }

    return f->now;
}


static bool
finds(fixture_t *f, unsigned owner)
{
    return healthcode_owner_finds(&f->owners[owner], holder, clock_of, f);
}


static bool
stores(fixture_t *f, unsigned owner, uint64_t now)
{
    return healthcode_owner_store(&f->owners[owner],
                                  healthcode_owner_epoch(&f->owners[owner]),
                                  holder, now);
}


static void
renew(fixture_t *f, unsigned owner, uint64_t sent)
{
    healthcode_owner_renew(&f->owners[owner],
                           healthcode_owner_epoch(&f->owners[owner]), sent,
                           UINT64_MAX);
}


static uint64_t
until(const fixture_t *f, unsigned owner)
{
    return healthcode_lease_until(f->absence.leases[owner]);
}


static void
set_up(fixture_t *f)
{
    void  *memory = guard_room(0, BYTES);

    memset(f, 0, sizeof(fixture_t));
    memset(memory, 0, BYTES);

    assert_true(healthcode_absence_table(&f->absence, memory, BYTES));
    f->absence.leases = (uint64_t *) guard_room(1, OWNERS * sizeof(uint64_t));
    f->absence.nleases = OWNERS;
    memset(f->absence.leases, 0, OWNERS * sizeof(uint64_t));

    for (unsigned i = 0; i < OWNERS; i++) {
        f->owners[i].absence = &f->absence;
        f->owners[i].number = i;
        f->owners[i].length = LENGTH;
        f->owners[i].max_age = MAX_AGE;
        healthcode_owner_start(&f->owners[i]);
        healthcode_owner_live(&f->owners[i], STORE);
    }

    renew(f, 0, NOW);
    renew(f, 1, NOW);
    assert_false(stores(f, 0, NOW));
    f->now = NOW;
}


static void
no_lease_of_the_owner(fixture_t *f)
{
    f->absence.leases[0] &= ~(UINT64_MAX >> HEALTHCODE_LEASE_EPOCH_BITS);
}


static void
no_lease_of_its_own(fixture_t *f)
{
    f->absence.leases[1] &= ~(UINT64_MAX >> HEALTHCODE_LEASE_EPOCH_BITS);
}


/* With the lease as it was. */
static void
the_next_epoch(fixture_t *f)
{
    f->absence.leases[0] += UINT64_C(1) << HEALTHCODE_LEASE_UNTIL_BITS;
}


static void
the_epoch_before(fixture_t *f)
{
    f->absence.leases[0] -= UINT64_C(1) << HEALTHCODE_LEASE_UNTIL_BITS;
}


static void
another_store(fixture_t *f)
{
    f->owners[1].store ^= 1;
}


static void
not_live(fixture_t *f)
{
    f->owners[1].counts = false;
}


/* Each as if its connection had ended: neither has lost anything by that. */
static void
both_part(fixture_t *f)
{
    healthcode_owner_part(&f->owners[0]);
    healthcode_owner_part(&f->owners[1]);
    renew(f, 0, NOW + LENGTH);
    renew(f, 1, NOW + LENGTH);
    assert_false(stores(f, 0, NOW + LENGTH));
}


static void
the_owner_loses(fixture_t *f)
{
    healthcode_owner_lose(&f->owners[0]);
}


static void
the_owner_renounces(fixture_t *f)
{
    healthcode_owner_renounce(&f->owners[0]);
}


static void
the_owner_begins_again(fixture_t *f)
{
    healthcode_owner_start(&f->owners[0]);
}


static void
the_owner_is_back(fixture_t *f)
{
    healthcode_owner_lose(&f->owners[0]);
    healthcode_owner_live(&f->owners[0], STORE);
    renew(f, 0, NOW);
}


static void
it_is_back_itself(fixture_t *f)
{
    healthcode_owner_lose(&f->owners[1]);
    healthcode_owner_live(&f->owners[1], STORE);
    renew(f, 1, NOW);
}


static void
it_loses_itself(fixture_t *f)
{
    healthcode_owner_lose(&f->owners[1]);
    healthcode_owner_live(&f->owners[1], STORE);
}


static void
forgotten_by_itself(fixture_t *f)
{
    assert_true(healthcode_owner_forget(&f->owners[1], holder));
    assert_false(healthcode_owner_forget(&f->owners[0], holder));
}


static void
both_renew(fixture_t *f)
{
    renew(f, 0, NOW + 10 * LENGTH);
    renew(f, 1, NOW + 10 * LENGTH);
}


static void
the_owner_renews(fixture_t *f)
{
    renew(f, 0, NOW + LENGTH);
}


static void
it_renews_itself(fixture_t *f)
{
    renew(f, 1, NOW + LENGTH);
}


static void
nothing(fixture_t *f)
{
    (void) f;
}


static void
test_compares_one_thing_and_another(void **state)
{
    static const struct {
        const char  *what;
        void       (*change)(fixture_t *f);
        uint64_t     later;
        bool         found;
    } rows[] = {
        { "no lease of the owner", no_lease_of_the_owner, 0, false },
        { "no lease of its own", no_lease_of_its_own, 0, false },
        { "the next epoch", the_next_epoch, 0, false },
        { "the epoch before", the_epoch_before, 0, false },
        { "another store", another_store, 0, false },
        { "it has never been live", not_live, 0, false },
        { "the owner loses", the_owner_loses, 0, false },
        { "the owner renounces", the_owner_renounces, 0, false },
        { "the owner begins again", the_owner_begins_again, 0, false },
        { "the owner is back", the_owner_is_back, 0, false },
        { "it loses its own", it_loses_itself, 0, false },
        { "it forgets what another knows", forgotten_by_itself, 0, false },
        { "the owner's lease alone", the_owner_renews, LENGTH, false },
        { "its own lease alone", it_renews_itself, LENGTH, false },
        { "both leases lapse", nothing, LENGTH, false },
        { "no connection renews a lease", both_part, LENGTH, false },
        { "too old", both_renew, MAX_AGE, false },
        { "long ago", both_renew, MAX_AGE + 1, false },
        { "nothing", nothing, 0, true },
        { "the last moment of a lease", nothing, LENGTH - 1, true },
        { "almost too old", both_renew, MAX_AGE - 1, true },
        { "it is back itself", it_is_back_itself, 0, true },
        { "both connections end", both_part, LENGTH - 1, true },
    };
    fixture_t  f;

    for (size_t i = 0; i < test_count(rows); i++) {
        set_up(&f);
        rows[i].change(&f);
        f.now += rows[i].later;
        test_row(finds(&f, 1) == rows[i].found, i, rows[i].what);
    }

    (void) state;
}


/* With a connection or without, and not for what is over. */
static void
test_says_whether_its_lease_lasts(void **state)
{
    fixture_t  f;

    set_up(&f);
    assert_true(healthcode_owner_is_fresh(&f.owners[0], NOW + LENGTH - 1));
    assert_false(healthcode_owner_is_fresh(&f.owners[0], NOW + LENGTH));
    assert_false(healthcode_owner_is_fresh(&f.owners[2], 0));
    healthcode_owner_part(&f.owners[0]);
    assert_true(healthcode_owner_is_fresh(&f.owners[0], NOW + LENGTH - 1));
    healthcode_owner_lose(&f.owners[0]);
    assert_false(healthcode_owner_is_fresh(&f.owners[0], 0));

    /* only its own */
    assert_true(healthcode_owner_is_fresh(&f.owners[1], NOW));

    (void) state;
}


/* All of 16 bytes. */
static void
test_knows_no_other_holder(void **state)
{
    uint8_t    other[HEALTHCODE_HOLDER_LEN];
    fixture_t  f;

    set_up(&f);

    for (unsigned bit = 0; bit < 8 * HEALTHCODE_HOLDER_LEN; bit++) {
        memcpy(other, holder, sizeof(other));
        other[bit / 8] ^= (uint8_t) (1U << bit % 8);
        test_row(!healthcode_owner_finds(&f.owners[1],
                                         guard(2, other, sizeof(other)).data,
                                         clock_of, &f), bit, "bit");
        test_row(f.asked == 0, bit, "the clock, for nothing");
    }

    (void) state;
}


/* What others keep counts under their own leases, all of them. */
static void
test_looks_at_the_leases_of_others(void **state)
{
    fixture_t                  f;
    const healthcode_owner_t  *others[] = { &f.owners[0], &f.owners[2] };

    (void) state;

    for (size_t n = 0; n < 3; n++) {
        for (size_t first = 0; first < 2; first++) {
            set_up(&f);
            others[first] = &f.owners[0];
            others[1 - first] = &f.owners[2];
            renew(&f, 2, NOW - 1);
            f.now = NOW + LENGTH - 2;
            assert_true(healthcode_owner_finds_with(&f.owners[1], holder,
                                                    others, n, clock_of, &f));
            f.now++;
            test_row(healthcode_owner_finds_with(&f.owners[1], holder, others,
                                                 n, clock_of, &f)
                     == (n == 0 || (n == 1 && first == 0)), n, "a lease");
        }
    }

    set_up(&f);
    renew(&f, 2, NOW);
    f.owners[2].counts = false;
    others[1] = &f.owners[2];
    others[0] = &f.owners[0];
    assert_false(healthcode_owner_finds_with(&f.owners[1], holder, others, 2,
                                             clock_of, &f));
}


/* A word of shared memory is not trusted with an index. */
static void
test_reads_no_lease_that_is_not_there(void **state)
{
    fixture_t              f;
    healthcode_owner_t     stranger;
    uint64_t               words[OWNERS + 2] = { 0 };
    healthcode_absence_t   more;

    for (unsigned number = OWNERS; number < test_count(words); number++) {
        set_up(&f);
        healthcode_owner_forget(&f.owners[0], holder);

        more = f.absence;
        more.leases = words;
        more.nleases = test_count(words);
        stranger = f.owners[0];
        stranger.absence = &more;
        stranger.number = number;
        words[number] = words[1] = f.absence.leases[0];

        assert_false(healthcode_owner_store(&stranger, 1, holder, NOW));
        assert_true(healthcode_owner_finds(&stranger, holder, clock_of, &f));
        test_row(!finds(&f, 1), number, "the number of a lease");

        /* nor when it has to make room */
        f.owners[0].store++;
        assert_false(stores(&f, 0, NOW));
        test_row(finds(&f, 0), number, "its own");
    }

    (void) state;
}


static void
test_stores_nothing_of_another_epoch(void **state)
{
    fixture_t  f;

    set_up(&f);
    healthcode_owner_forget(&f.owners[0], holder);
    healthcode_owner_renounce(&f.owners[0]);
    renew(&f, 0, NOW);

    for (uint64_t epoch = 0; epoch < 5; epoch++) {
        if (epoch != 2) {
            assert_false(healthcode_owner_store(&f.owners[0], epoch, holder,
                                                NOW));
            test_row(!finds(&f, 0), epoch, "epoch");
        }
    }

    f.owners[0].live = false;
    assert_false(healthcode_owner_store(&f.owners[0], 2, holder, NOW));
    f.owners[0].live = true;
    assert_false(finds(&f, 0));

    /* nor in vain, where another's entry would have to make room */
    assert_false(healthcode_owner_forget(&f.owners[0], holder));

    assert_false(healthcode_owner_store(&f.owners[0], 2, holder, NOW));
    assert_true(finds(&f, 0));
    assert_true(finds(&f, 1));

    (void) state;
}


static void
test_renews_what_has_proved_itself(void **state)
{
    static const struct {
        const char  *what;
        bool         live;
        uint64_t     epoch, sent, bound, until;
    } rows[] = {
        { "not live", false, 1, NOW + 5, UINT64_MAX, NOW + LENGTH },
        { "the epoch before", true, 0, NOW + 5, UINT64_MAX, NOW + LENGTH },
        { "the epoch after", true, 2, NOW + 5, UINT64_MAX, NOW + LENGTH },
        { "sent earlier", true, 1, NOW - 1, UINT64_MAX, NOW + LENGTH },
        { "sent at the same time", true, 1, NOW, UINT64_MAX, NOW + LENGTH },
        { "sent later", true, 1, NOW + 5, UINT64_MAX, NOW + 5 + LENGTH },
        { "bound later", true, 1, NOW + 5, NOW + 6 + LENGTH,
          NOW + 5 + LENGTH },
        { "bound earlier", true, 1, NOW + 5, NOW + 4 + LENGTH,
          NOW + 4 + LENGTH },
        { "bound before it is sent", true, 1, NOW + 5, NOW, NOW + LENGTH },
        { "bound to nothing", true, 1, NOW + 5, 0, NOW + LENGTH },
    };
    fixture_t  f;

    for (size_t i = 0; i < test_count(rows); i++) {
        set_up(&f);
        f.owners[0].live = rows[i].live;
        healthcode_owner_renew(&f.owners[0], rows[i].epoch, rows[i].sent,
                               rows[i].bound);
        test_row(until(&f, 0) == rows[i].until, i, rows[i].what);
        test_row(healthcode_owner_epoch(&f.owners[0]) == 1, i, rows[i].what);
        test_row(until(&f, 1) == NOW + LENGTH && until(&f, 2) == 0, i,
                 rows[i].what);
    }

    (void) state;
}


static void
test_begins_and_ends_epochs(void **state)
{
    static const struct {
        const char  *what;
        void       (*change)(healthcode_owner_t *owner);
        bool         live;
    } rows[] = {
        { "start", healthcode_owner_start, false },
        { "lose", healthcode_owner_lose, false },
        { "renounce", healthcode_owner_renounce, true },
    };
    fixture_t  f;

    for (size_t i = 0; i < test_count(rows); i++) {
        set_up(&f);
        rows[i].change(&f.owners[0]);
        test_row(f.owners[0].live == rows[i].live, i, rows[i].what);
        test_row(healthcode_owner_epoch(&f.owners[0]) == 2, i, rows[i].what);
        test_row(until(&f, 0) == 0, i, rows[i].what);
        test_row(healthcode_owner_epoch(&f.owners[1]) == 1, i, rows[i].what);
        test_row(until(&f, 1) == NOW + LENGTH, i, rows[i].what);
    }

    /* live says which store, and nothing of the lease */
    set_up(&f);
    healthcode_owner_lose(&f.owners[0]);
    healthcode_owner_live(&f.owners[0], 77);
    assert_true(f.owners[0].live && f.owners[0].store == 77);
    assert_int_equal(until(&f, 0), 0);
    assert_int_equal(healthcode_owner_epoch(&f.owners[0]), 2);

    (void) state;
}


/* Who has no epoch left says so, and goes on saying it. */
static void
test_says_that_its_epochs_are_used_up(void **state)
{
    static const struct {
        const char  *what;
        void       (*change)(healthcode_owner_t *owner);
    } rows[] = {
        { "start", healthcode_owner_start },
        { "lose", healthcode_owner_lose },
        { "renounce", healthcode_owner_renounce },
    };
    uint64_t   last = HEALTHCODE_LEASE_EPOCH_LAST;
    fixture_t  f;

    for (size_t i = 0; i < test_count(rows); i++) {
        set_up(&f);
        test_row(!healthcode_owner_is_spent(&f.owners[0]), i, rows[i].what);

        f.absence.leases[0] = (last - 2) << HEALTHCODE_LEASE_UNTIL_BITS;
        rows[i].change(&f.owners[0]);
        test_row(!healthcode_owner_is_spent(&f.owners[0]), i, rows[i].what);

        for (int n = 0; n < 3; n++) {
            rows[i].change(&f.owners[0]);
            healthcode_owner_live(&f.owners[0], STORE);
            renew(&f, 0, NOW);
            (void) stores(&f, 0, NOW);
            test_row(healthcode_owner_is_spent(&f.owners[0]), i, rows[i].what);
            test_row(!finds(&f, 0), i, rows[i].what);
            test_row(!healthcode_owner_is_spent(&f.owners[1]), i, rows[i].what);
        }
    }

    (void) state;
}


/* The words are read before the time is: what happens then is too late. */
static void
lapsed_meanwhile(void *data)
{
    fixture_t  *f = data;

    both_renew(f);
}


static void
renounced_meanwhile(void *data)
{
    fixture_t  *f = data;

    healthcode_owner_forget(&f->owners[0], holder);
    healthcode_owner_lose(&f->owners[0]);
}


static void
test_reads_the_clock_last(void **state)
{
    fixture_t  f;

    set_up(&f);
    f.now = NOW + LENGTH;
    f.meanwhile = lapsed_meanwhile;
    assert_false(finds(&f, 1));
    f.meanwhile = NULL;
    assert_true(finds(&f, 1));

    set_up(&f);
    f.meanwhile = renounced_meanwhile;
    assert_true(finds(&f, 1));
    assert_false(finds(&f, 1));
    assert_int_equal(f.asked, 1);

    (void) state;
}


/* One who is not believed does not hide another who is. */
static void
test_looks_at_the_next_owner_and_store(void **state)
{
    fixture_t  f;

    set_up(&f);
    f.owners[2].store = STORE + 1;
    renew(&f, 2, NOW);
    stores(&f, 2, NOW);
    assert_true(finds(&f, 1));
    assert_true(finds(&f, 2));

    healthcode_owner_lose(&f.owners[0]);
    assert_false(finds(&f, 1));
    assert_true(finds(&f, 2));

    /* who has read a flag knows that of one store */
    f.owners[1].store = STORE + 2;
    assert_false(healthcode_owner_refute(&f.owners[1], holder));
    assert_true(finds(&f, 2));
    f.owners[1].store = STORE;

    /* a change of the holder is one in every store */
    assert_true(healthcode_owner_forget(&f.owners[1], holder));
    assert_false(finds(&f, 2));

    (void) state;
}


/* The last one who has read it is the one who is asked. */
static void
test_keeps_one_entry_of_a_holder(void **state)
{
    fixture_t  f;

    set_up(&f);
    assert_false(stores(&f, 0, NOW + 1));
    assert_false(stores(&f, 1, NOW + 2));
    assert_true(finds(&f, 0));
    assert_true(finds(&f, 1));

    healthcode_owner_renounce(&f.owners[1]);
    renew(&f, 1, NOW);
    assert_false(finds(&f, 0));
    assert_false(finds(&f, 1));

    (void) state;
}


/* Eight places: who is dead makes room, then the oldest. */
static void
test_lets_the_dead_and_the_old_make_room(void **state)
{
    static const struct {
        const char  *what;
        uint64_t     ages[HEALTHCODE_TABLE_WAYS];
        uint64_t     dead;    /* its owner has gone on */
        unsigned     goes;
        bool         lived;
    } rows[] = {
        { "the oldest", { 5, 4, 9, 1, 2, 3, 7, 6 }, 99, 2, true },
        { "a dead one", { 5, 4, 9, 1, 2, 3, 7, 6 }, 5, 5, false },
        { "too old for anyone", { 5, 4, 9, 1, MAX_AGE, 3, 7, 6 }, 99, 4,
          false },
        { "almost too old", { 5, 4, 9, 1, MAX_AGE - 1, 3, 7, 6 }, 99, 4,
          true },
    };
    bool       found;
    uint8_t    id[HEALTHCODE_HOLDER_LEN] = { 0 };
    fixture_t  f;

    for (size_t i = 0; i < test_count(rows); i++) {
        set_up(&f);
        healthcode_owner_forget(&f.owners[0], holder);
        both_renew(&f);
        renew(&f, 2, NOW + 10 * LENGTH);
        f.now = NOW + 10;

        for (uint8_t n = 0; n < HEALTHCODE_TABLE_WAYS; n++) {
            id[0] = (uint8_t) (n + 1);
            id[8] = n;
            assert_false(healthcode_owner_store(
                             &f.owners[n == rows[i].dead ? 2 : 0], 1, id,
                             f.now - rows[i].ages[n]));
        }

        healthcode_owner_renounce(&f.owners[2]);
        test_row(stores(&f, 0, f.now) == rows[i].lived, i, rows[i].what);
        test_row(finds(&f, 1), i, rows[i].what);

        for (uint8_t n = 0; n < HEALTHCODE_TABLE_WAYS; n++) {
            id[0] = (uint8_t) (n + 1);
            id[8] = n;
            found = healthcode_owner_finds(&f.owners[1], id, clock_of, &f);
            test_row(found == (n != rows[i].goes), i, rows[i].what);
        }
    }

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_compares_one_thing_and_another),
        cmocka_unit_test(test_says_whether_its_lease_lasts),
        cmocka_unit_test(test_knows_no_other_holder),
        cmocka_unit_test(test_reads_no_lease_that_is_not_there),
        cmocka_unit_test(test_stores_nothing_of_another_epoch),
        cmocka_unit_test(test_renews_what_has_proved_itself),
        cmocka_unit_test(test_begins_and_ends_epochs),
        cmocka_unit_test(test_says_that_its_epochs_are_used_up),
        cmocka_unit_test(test_reads_the_clock_last),
        cmocka_unit_test(test_looks_at_the_leases_of_others),
        cmocka_unit_test(test_looks_at_the_next_owner_and_store),
        cmocka_unit_test(test_keeps_one_entry_of_a_holder),
        cmocka_unit_test(test_lets_the_dead_and_the_old_make_room),
    };

    return cmocka_run_group_tests_name("absence", tests, NULL, NULL);
}
