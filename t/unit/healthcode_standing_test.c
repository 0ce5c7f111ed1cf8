/*
 * Tests of healthcode_standing.c: memory that is not its own, workers that
 * were killed at any word, that are stopped, of an older configuration, or more
 * than there is room for; then what all say together.
 * docs/monitoring/metrics.md, "State of stores".
 */

#include "test.h"

#include "../../ngx_http_healthcode_module/core/healthcode_standing.h"


#define NOW     UINT64_C(1000000)
#define LIFE    HEALTHCODE_STANDING_LIFE
#define STORE   7
#define OTHER   8


static const healthcode_standing_t  up = { .is_up = true, .since = 100 };
static const healthcode_standing_t  down = { .reason = 31, .since = 200 };


static healthcode_standings_t
room_for(size_t places)
{
    void                    *memory;
    size_t                   size = healthcode_standing_size(places);
    healthcode_standings_t   standings;

    memory = (void *) guard_room(0, size);
    memset(memory, 0, size);
    assert_true(healthcode_standing_init(&standings, memory, size));

    return standings;
}


static healthcode_standing_sum_t
sum_of(const healthcode_standings_t *standings, uint64_t store, uint64_t now)
{
    healthcode_standing_sum_t  sum;

    memset(&sum, 0xff, sizeof(sum));
    healthcode_standing_sum(standings, store, now, &sum);

    return sum;
}


static bool
is_whole(const healthcode_standing_lead_t *a,
    const healthcode_standing_lead_t *b)
{
    return a->sentinels == b->sentinels && a->reachable == b->reachable
           && a->agreeing == b->agreeing && a->len == b->len
           && a->port == b->port && a->epoch == b->epoch
           && a->since == b->since && memcmp(a->master, b->master, 16) == 0;
}


static void
test_refuses_memory_that_is_not_its_own(void **state)
{
    size_t                  size = healthcode_standing_size(8);
    uint64_t               *memory = (void *) guard_room(0, size);
    healthcode_standings_t  standings;

    memset(memory, 0, size);
    assert_false(healthcode_standing_init(&standings, memory, 64));
    assert_true(healthcode_standing_init(&standings, memory, size));
    assert_true(healthcode_standing_init(&standings, memory, size));
    assert_false(healthcode_standing_init(&standings, memory, size - 1024));

    memory[0]++;
    assert_false(healthcode_standing_init(&standings, memory, size));

    /* rows have numbers of reasons: with no list of them it is another one */
    memory[0] = HEALTHCODE_STANDING_LAYOUT;
    assert_false(healthcode_standing_init(&standings, memory, size));

    (void) state;
}


static void
test_knows_nothing_at_first(void **state)
{
    healthcode_standings_t      s = room_for(4);
    healthcode_standing_sum_t   sum = sum_of(&s, STORE, NOW);
    healthcode_standing_seat_t  seat = { 0, 0 };

    assert_int_equal(sum.up + sum.down, 0);
    assert_false(sum.standing.is_up);

    /* nobody has a place */
    healthcode_standing_leave(&s, &seat);
    assert_int_equal(sum_of(&s, 0, 0).up, 0);

    (void) state;
}


/*
 * A worker that is killed while it writes has written some of the words: each
 * set of them reads as before, as after, or as nothing.
 */
static void
test_believes_no_half(void **state)
{
    size_t                      words = 1 + 16, changed, place;
    uint64_t                   *at[17], before[17], after[17];
    healthcode_standings_t      s = room_for(4);
    healthcode_standing_t       first = up, second = down;
    healthcode_standing_sum_t   sum;
    healthcode_standing_seat_t  one = { 0, 0 };

    first.beat = 11;
    second.beat = 22;
    second.is_timed = true;
    second.ahead = -5;
    first.has_keys = true;
    first.keys = 7;
    first.is_replica = first.is_offline = true;
    first.tick_age = 2500;
    first.lead = (healthcode_standing_lead_t) {
        .sentinels = 3, .reachable = 3, .agreeing = 3, .len = 4, .port = 6379,
        .master = { 10, 0, 0, 1 }, .epoch = 7, .since = 100
    };
    second.lead = first.lead;
    second.lead.reachable = 2;
    second.lead.master[15] = 9;
    second.lead.epoch = 8;

    for (unsigned process = 1; process <= 2; process++) {

        memset(s.claims, 0, s.places * 17 * sizeof(uint64_t));
        one = (healthcode_standing_seat_t) { 0, 0 };

        assert_true(healthcode_standing_say(&s, &one, 1, 1, STORE, &first,
                                            NOW));
        place = one.place;
        at[0] = &s.claims[place];

        for (size_t i = 1; i < words; i++) {
            at[i] = &s.rows[place * 16 + i - 1];
        }

        for (size_t i = 0; i < words; i++) {
            before[i] = *at[i];
        }

        if (process == 2) {
            /* in the place of one that has died */
            one = (healthcode_standing_seat_t) { 0, 0 };
        }

        assert_true(healthcode_standing_say(&s, &one, 1, process, STORE,
                                            &second, NOW + 2 * LIFE));
        assert_int_equal(one.place, place);

        changed = 0;

        for (size_t i = 0; i < words; i++) {
            if (*at[i] != before[i]) {
                at[changed] = at[i];
                before[changed] = before[i];
                after[changed++] = *at[i];
            }
        }

        assert_true(at[0] == &s.claims[place]);

        for (unsigned set = 0; set < 1u << changed; set++) {

            for (size_t i = 0; i < changed; i++) {
                *at[i] = (set >> i & 1) ? after[i] : before[i];
            }

            sum = sum_of(&s, STORE, NOW + 10);

            if (sum.up) {
                test_row(process == 1 || (set & 1) == 0, set, "of another");
                test_row(sum.down == 0 && sum.standing.since == 100
                         && sum.standing.beat == 11
                         && !sum.standing.is_timed
                         && sum.standing.has_keys && sum.standing.keys == 7
                         && sum.standing.is_replica && sum.standing.is_offline
                         && sum.standing.tick_age == 2500
                         && is_whole(&sum.standing.lead, &first.lead),
                         set, "as before");

            } else if (sum.down) {
                test_row(sum.standing.since == 200
                         && sum.standing.reason == 31
                         && sum.standing.beat == 22
                         && sum.standing.ahead == -5
                         && !sum.standing.has_keys
                         && !sum.standing.is_replica && !sum.standing.is_offline
                         && is_whole(&sum.standing.lead, &second.lead),
                         set, "as after");
            }
        }
    }

    (void) state;
}


static void
test_forgets_who_is_silent(void **state)
{
    healthcode_standings_t      s = room_for(4);
    healthcode_standing_seat_t  one = { 0, 0 }, two = { 0, 0 };

    assert_true(healthcode_standing_say(&s, &one, 1, 1, STORE, &down, NOW));
    assert_true(healthcode_standing_say(&s, &two, 1, 2, STORE, &up, NOW));
    assert_int_equal(sum_of(&s, STORE, NOW + LIFE).down, 1);

    assert_true(healthcode_standing_say(&s, &two, 1, 2, STORE, &up,
                                        NOW + LIFE));
    assert_int_equal(sum_of(&s, STORE, NOW + LIFE + 1).down, 0);
    assert_int_equal(sum_of(&s, STORE, NOW + LIFE + 1).up, 1);

    /* it was only stopped */
    assert_true(healthcode_standing_say(&s, &one, 1, 1, STORE, &down,
                                        NOW + LIFE + 1));
    assert_int_equal(sum_of(&s, STORE, NOW + LIFE + 1).down, 1);

    /* one that ends is silent at once */
    healthcode_standing_leave(&s, &one);
    assert_int_equal(sum_of(&s, STORE, NOW + LIFE + 1).down, 0);

    (void) state;
}


static void
test_gives_the_place_of_the_dead_to_others(void **state)
{
    healthcode_standings_t      s = room_for(7);
    healthcode_standing_seat_t  seats[8], late = { 0, 0 };

    memset(seats, 0, sizeof(seats));

    for (unsigned i = 0; i < 7; i++) {
        assert_true(healthcode_standing_say(&s, &seats[i], 1, i, STORE, &up,
                                            NOW));
    }

    assert_false(healthcode_standing_say(&s, &late, 1, 9, STORE, &down,
                                         NOW + LIFE));
    assert_int_equal(sum_of(&s, STORE, NOW + LIFE).up, 7);

    /* the first one has not died, and comes too late */
    for (unsigned i = 1; i < 7; i++) {
        assert_true(healthcode_standing_say(&s, &seats[i], 1, i, STORE, &up,
                                            NOW + LIFE));
    }

    assert_true(healthcode_standing_say(&s, &late, 1, 9, STORE, &down,
                                        NOW + LIFE + 1));
    assert_int_equal(late.place, seats[0].place);
    assert_false(healthcode_standing_say(&s, &seats[0], 1, 0, STORE, &up,
                                         NOW + LIFE + 1));
    assert_int_equal(sum_of(&s, STORE, NOW + LIFE + 1).down, 1);
    assert_int_equal(sum_of(&s, STORE, NOW + LIFE + 1).up, 6);

    /* it takes nobody's word back but its own */
    seats[0].place = late.place;
    healthcode_standing_leave(&s, &seats[0]);
    assert_int_equal(sum_of(&s, STORE, NOW + LIFE + 1).down, 1);

    (void) state;
}


static void
test_counts_the_newest_configuration(void **state)
{
    uint64_t                    old, new;
    healthcode_standings_t      s = room_for(4);
    healthcode_standing_seat_t  one = { 0, 0 }, two = { 0, 0 };
    healthcode_standing_seat_t  three = { 0, 0 };

    old = healthcode_standing_begin(&s);
    new = healthcode_standing_begin(&s);
    assert_true(new > old);

    assert_true(healthcode_standing_say(&s, &one, old, 1, STORE, &down, NOW));
    assert_int_equal(sum_of(&s, STORE, NOW).down, 1);

    /* whichever of them stands first */
    assert_true(healthcode_standing_say(&s, &two, new, 2, STORE, &up, NOW));
    assert_true(healthcode_standing_say(&s, &three, old, 3, STORE, &down,
                                        NOW));
    assert_int_equal(sum_of(&s, STORE, NOW).down, 0);
    assert_int_equal(sum_of(&s, STORE, NOW).up, 1);

    /* of this store; the other one's is the old one yet */
    healthcode_standing_leave(&s, &three);
    assert_true(healthcode_standing_say(&s, &three, old, 1, OTHER, &down,
                                        NOW));
    assert_int_equal(sum_of(&s, OTHER, NOW).down, 1);

    /* an upgrade that was taken back */
    healthcode_standing_leave(&s, &two);
    assert_int_equal(sum_of(&s, STORE, NOW).down, 1);

    (void) state;
}


static void
test_says_what_all_say(void **state)
{
    healthcode_standings_t       s = room_for(100);
    healthcode_standing_t        told[80];
    healthcode_standing_sum_t    sum;
    healthcode_standing_seat_t   seats[80];

    memset(seats, 0, sizeof(seats));

    for (unsigned i = 0; i < 80; i++) {
        told[i] = up;
        told[i].since = 100 + i;
        told[i].beat = 1000 - i;
        assert_true(healthcode_standing_say(&s, &seats[i], 1, i, STORE,
                                            &told[i], NOW));
    }

    sum = sum_of(&s, STORE, NOW);
    assert_true(sum.standing.is_up);
    assert_int_equal(sum.up, 80);
    assert_int_equal(sum.standing.since, 179);
    assert_int_equal(sum.standing.beat, 1000);
    assert_false(sum.standing.is_timed);
    assert_false(sum.standing.has_keys);

    /* no keys at all are a number as well */
    told[7].has_keys = true;
    assert_true(healthcode_standing_say(&s, &seats[7], 1, 7, STORE, &told[7],
                                        NOW));
    sum = sum_of(&s, STORE, NOW);
    assert_true(sum.standing.has_keys);
    assert_int_equal(sum.standing.keys, 0);

    for (unsigned i = 8; i < 11; i++) {
        told[i].has_keys = true;
        told[i].keys = (i == 9) ? 41 : 40;
        assert_true(healthcode_standing_say(&s, &seats[i], 1, i, STORE,
                                            &told[i], NOW));
    }

    assert_false(sum.standing.is_replica);
    assert_false(sum.standing.is_offline);

    for (unsigned i = 20; i < 23; i++) {
        told[i].is_replica = true;
        told[i].is_offline = (i == 20);
        told[i].tick_age = (i == 21) ? -300 : -400;
        assert_true(healthcode_standing_say(&s, &seats[i], 1, i, STORE,
                                            &told[i], NOW));
    }

    told[70] = down;
    told[70].is_timed = true;
    told[70].ahead = -1500;
    told[72] = down;
    told[72].since = 150;
    told[72].reason = 40;
    told[72].is_timed = true;
    told[72].ahead = -1499;

    assert_true(healthcode_standing_say(&s, &seats[70], 1, 70, STORE,
                                        &told[70], NOW));
    assert_true(healthcode_standing_say(&s, &seats[72], 1, 72, STORE,
                                        &told[72], NOW));
    sum = sum_of(&s, STORE, NOW);
    assert_false(sum.standing.is_up);
    assert_int_equal(sum.up, 78);
    assert_int_equal(sum.down, 2);
    assert_int_equal(sum.standing.since, 150);
    assert_int_equal(sum.standing.reason, 40);
    assert_true(sum.standing.is_timed);
    assert_int_equal(sum.standing.ahead, -1499);
    assert_int_equal(sum.standing.keys, 41);
    assert_true(sum.standing.is_replica);
    assert_true(sum.standing.is_offline);
    assert_int_equal(sum.standing.tick_age, -300);

    assert_int_equal(sum_of(&s, OTHER, NOW).up, 0);

    (void) state;
}


static healthcode_standing_lead_t
lead_of(const healthcode_standings_t *standings)
{
    return sum_of(standings, STORE, NOW).standing.lead;
}


static void
test_says_who_the_master_is(void **state)
{
    healthcode_standings_t       s = room_for(4);
    healthcode_standing_t        told[3] = { up, up, up };
    healthcode_standing_lead_t   lead;
    healthcode_standing_seat_t   seats[3];

    memset(seats, 0, sizeof(seats));

    for (unsigned i = 0; i < 3; i++) {
        told[i].lead = (healthcode_standing_lead_t) {
            .sentinels = 5, .reachable = 5 - i, .agreeing = 3 + i % 2,
            .master = { 10, 0, 0, 1 }, .len = 4, .port = 65535,
            .epoch = UINT64_C(999999999999999999), .since = 300 - i % 2
        };
        assert_true(healthcode_standing_say(&s, &seats[i], 1, i, STORE,
                                            &told[i], NOW));
    }

    lead = lead_of(&s);
    assert_int_equal(lead.sentinels, 5);
    assert_int_equal(lead.reachable, 3);
    assert_int_equal(lead.agreeing, 3);
    assert_int_equal(lead.since, 299);
    assert_int_equal(lead.port, 65535);
    assert_true(lead.epoch == UINT64_C(999999999999999999));
    assert_memory_equal(lead.master, "\12\0\0\1", 4);

    /* one is ahead of the others, and another one knows nobody any more */

    told[0].lead.agreeing = told[0].lead.reachable = 0;
    told[0].lead.len = 0;
    told[0].lead.epoch = 0;
    told[1].lead.epoch++;
    told[1].lead.since = 400;
    memset(told[1].lead.master, 0xfe, 16);
    told[1].lead.len = 16;

    for (unsigned i = 0; i < 3; i++) {
        assert_true(healthcode_standing_say(&s, &seats[i], 1, i, STORE,
                                            &told[i], NOW));
    }

    lead = lead_of(&s);
    assert_int_equal(lead.sentinels, 5);
    assert_int_equal(lead.reachable, 0);
    assert_int_equal(lead.agreeing, 0);
    assert_int_equal(lead.since, 400);
    assert_int_equal(lead.len, 16);
    assert_memory_equal(lead.master, told[1].lead.master, 16);

    /* nobody knows one */

    healthcode_standing_leave(&s, &seats[1]);
    healthcode_standing_leave(&s, &seats[2]);
    assert_int_equal(lead_of(&s).len, 0);
    assert_int_equal(lead_of(&s).sentinels, 5);

    (void) state;
}


static void
test_knows_two_masters_apart(void **state)
{
    healthcode_standing_lead_t  a = { .master = { 10, 0, 0, 1 }, .len = 4,
                                      .port = 6379, .epoch = 7, .since = 1 };
    healthcode_standing_lead_t  b = a, none;

    memset(&none, 0, sizeof(none));
    b.since = 2;
    assert_true(healthcode_standing_is_lead(&a, &b));
    assert_false(healthcode_standing_is_lead(&none, &none));

    b.epoch = 8;
    assert_false(healthcode_standing_is_lead(&a, &b));
    b = a;
    b.port = 6380;
    assert_false(healthcode_standing_is_lead(&a, &b));
    b = a;
    b.master[3] = 2;
    assert_false(healthcode_standing_is_lead(&a, &b));
    b = a;
    b.len = 16;
    assert_false(healthcode_standing_is_lead(&a, &b));

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_refuses_memory_that_is_not_its_own),
        cmocka_unit_test(test_knows_nothing_at_first),
        cmocka_unit_test(test_believes_no_half),
        cmocka_unit_test(test_forgets_who_is_silent),
        cmocka_unit_test(test_gives_the_place_of_the_dead_to_others),
        cmocka_unit_test(test_counts_the_newest_configuration),
        cmocka_unit_test(test_says_what_all_say),
        cmocka_unit_test(test_says_who_the_master_is),
        cmocka_unit_test(test_knows_two_masters_apart),
    };

    return cmocka_run_group_tests_name("standing", tests, NULL, NULL);
}
