/*
 * Tests of healthcode_read.c and healthcode_cluster.c: reads and hits that rest
 * on several nodes; maps that change, differ, are behind; keys that move; nodes
 * that are down, empty or another store's.  docs/connection.md, "Cluster".
 */

#include "city.h"


#define OK        HEALTHCODE_REASON_OK
#define OUT       HEALTHCODE_REASON_STORE_UNAVAILABLE
#define LATE      HEALTHCODE_REASON_STORE_TIMEOUT
#define BUSY      HEALTHCODE_REASON_STORE_BUSY
#define UNPROVEN  HEALTHCODE_REASON_STORE_UNPROVEN
#define FLAGGED   HEALTHCODE_REASON_FLAGGED
#define REVOKED   HEALTHCODE_REASON_KEY_REVOKED
#define REGION    HEALTHCODE_REASON_REGION
#define WAITS     HEALTHCODE_REASON_COUNT


static void
up(void)
{
    scout(0);
    tick(ms + 250);
    assert_int_equal(healthcode_cluster_live(&cluster), 3);
    assert_true(healthcode_cluster_is_agreed(&cluster, ms));
}


/* Each part is asked of the node that has it, and all are joined. */
static void
test_parts(void **state)
{
    (void) state;

    up();

    for (size_t holder = 0; holder < 6; holder++) {
        assert_int_equal(passes(holder), OK);
        nodes[holder % 3].flags[holder] = true;
        assert_int_equal(passes(holder + 6), OK);
    }

    for (size_t holder = 6; holder < 12; holder++) {
        assert_true(knows(holder));
    }

    assert_false(knows(100));
    assert_int_equal(nodes[3].asked, 0);
}


static void
test_flags(void **state)
{
    (void) state;

    up();

    for (size_t holder = 0; holder < 3; holder++) {
        nodes[holder].flags[holder] = true;
        assert_int_equal(passes(holder), FLAGGED);
        assert_false(knows(holder));
    }

    nodes[1].revoked = true;
    nodes[2].high = true;
    push(&nodes[1], "healthcode:control:{c}");
    push(&nodes[2], "healthcode:region:{r}");
    run();
    assert_int_equal(passes(9), REVOKED);
    nodes[1].revoked = false;
    push(&nodes[1], "healthcode:control:{c}");
    run();
    assert_int_equal(passes(9), REGION);
}


/* Regions and controls that are known are not asked for again. */
static void
test_known_parts(void **state)
{
    unsigned  before;

    (void) state;

    up();
    assert_int_equal(passes(0), OK);
    before = nodes[1].reads + nodes[2].reads;
    assert_int_equal(passes(3), OK);
    assert_int_equal(nodes[1].reads + nodes[2].reads, before);
}


/* ... but what changes while the holder's part is under way is. */
static void
test_known_parts_change(void **state)
{
    static person_t  person;

    (void) state;

    up();
    assert_int_equal(passes(0), OK);
    nodes[0].is_deaf = true;
    assert_int_equal(ask(&person, 3, true), OK);
    nodes[1].revoked = true;
    push(&nodes[1], "healthcode:control:{c}");
    run();
    nodes[0].is_deaf = false;
    run();
    assert_int_equal(person.times, 1);
    assert_int_equal(person.verdict, REVOKED);
}


/* ... and so is what is not pushed, if its lease ends meanwhile. */
static void
test_known_parts_lapse(void **state)
{
    static person_t  person;
    unsigned  before;

    (void) state;

    up();
    assert_int_equal(passes(0), OK);
    nodes[0].is_deaf = true;
    assert_int_equal(ask(&person, 3, true), OK);
    before = nodes[1].reads;
    ms += LEASE;
    nodes[0].is_deaf = false;
    run();
    assert_int_equal(person.times, 1);
    assert_int_equal(person.reason, OK);
    assert_true(nodes[1].reads > before);
}


/* A hit rests on the leases of all three. */
static void
test_hit_leases(void **state)
{
    (void) state;

    for (int i = 0; i < 3; i++) {
        for (int late = 0; late < 2; late++) {

            if (i || late) {
                city_end(NULL);
                city_begin(NULL);
            }

            up();
            assert_int_equal(passes(0), OK);
            assert_true(knows(0));

            nodes[i].is_deaf = true;
            tick(ms + 600);
            assert_true(knows(0));
            tick(ms + (late ? 400 : 300));
            assert_int_equal(knows(0), !late);
        }
    }
}


static void
test_hit_answers(void **state)
{
    (void) state;

    up();
    assert_int_equal(passes(0), OK);
    assert_true(knows(0));
    push(&nodes[2], "healthcode:region:{r}");
    run();
    assert_false(knows(0));
    assert_int_equal(passes(3), OK);
    assert_true(knows(0));
    push(&nodes[1], "healthcode:control:{c}");
    run();
    assert_false(knows(0));
}


/* ---- maps ---- */

/* Before a map is there reads wait for it, no longer than their time. */
static void
test_no_map(void **state)
{
    static person_t  one, two;
    uint64_t  left = 0;

    (void) state;

    assert_int_equal(ask(&one, 0, true), OK);
    assert_int_equal(nwaits, 1);
    up();
    assert_int_equal(one.times, 1);
    assert_int_equal(one.verdict, OK);

    city_end(NULL);
    city_begin(NULL);
    assert_int_equal(ask(&one, 0, true), OK);
    ms += 100;
    assert_int_equal(ask(&two, 1, true), OK);
    assert_true(healthcode_waiters_expire(&reads.waiters, ms, &left));
    assert_int_equal(left, TIMEOUT - 100);
    ms += TIMEOUT - 100;
    assert_true(healthcode_waiters_expire(&reads.waiters, ms, &left));
    assert_int_equal(left, 100);
    assert_int_equal(one.reason, LATE);
    assert_int_equal(two.times, 0);
    healthcode_waiters_fail(&reads.waiters, OUT);
    assert_int_equal(two.reason, OUT);

    is_wanted = false;
    assert_int_equal(ask(&one, 0, true), OUT);
}


static void
test_busy(void **state)
{
    static person_t  persons[9];

    (void) state;

    for (size_t i = 0; i < 9; i++) {
        assert_int_equal(ask(&persons[i], i, false), i < 8 ? OK : BUSY);
    }

    healthcode_read_cancel(persons[3].read);
    assert_int_equal(ask(&persons[8], 8, false), OK);
}


/* A tag moves: its former node's epoch ends, and so does the other one's. */
static void
test_moved(void **state)
{
    uint64_t  epochs[3];

    (void) state;

    up();

    for (size_t i = 0; i < 3; i++) {
        epochs[i] = healthcode_memo_epoch(&nodes[i].t.memo);
    }

    assert_int_equal(passes(0), OK);
    assert_int_equal(passes(1), OK);
    assert_int_equal(passes(2), OK);
    own_all(0, 1);
    nodes[1].proofs[0] = true;
    nodes[1].flags[0] = true;
    tick(ms + 250);
    assert_false(knows(0));
    assert_false(knows(1));
    assert_int_equal(passes(0), FLAGGED);
    assert_int_equal(passes(1), OK);
    assert_int_equal(passes(2), OK);

    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(epochs[i] == healthcode_memo_epoch(&nodes[i].t.memo),
                         i == 2);
    }
}


/* A holder's part has come, and its tag moves before the others come. */
static void
test_moved_before_others(void **state)
{
    static person_t  person;

    (void) state;

    up();
    nodes[1].is_deaf = true;                /* controls */
    assert_int_equal(ask(&person, 0, true), OK);
    run();
    assert_int_equal(person.times, 0);
    own_all(0, 2);
    nodes[2].proofs[0] = true;
    nodes[2].flags[0] = true;
    tick(ms + 60);
    assert_int_equal(person.times, 0);
    nodes[1].is_deaf = false;
    run();
    ms += 50;
    healthcode_reads_doubt(&reads);
    run();
    assert_int_equal(person.times, 1);
    assert_int_equal(person.verdict, FLAGGED);
}


/* What is known is only as old as a lease: a node alone knows of the move. */
static void
test_moved_told_by_one(void **state)
{
    (void) state;

    up();
    assert_int_equal(passes(0), OK);
    nodes[2].owners[0] = 1;
    nodes[1].owners[0] = 1;
    nodes[1].proofs[0] = true;
    nodes[1].flags[0] = true;
    tick(ms + 250);
    assert_false(knows(0));
    assert_int_equal(passes(0), FLAGGED);

    /* what it repeats is not news */
    ms += 1;
    assert_true(healthcode_tracker_beat(&nodes[0].t, ms));
    run();
    assert_int_equal(passes(0), FLAGGED);

    /* node 0 is behind: nobody's lease is renewed */
    assert_int_equal(passes(1), OK);
    assert_int_equal(passes(4), OK);
    tick(ms + 999);
    tick(ms + 2);
    assert_false(knows(1));

    nodes[0].owners[0] = 1;
    tick(ms + 250);
    assert_int_equal(passes(4), OK);
    tick(ms + 250);
    assert_true(knows(4));
}


/* A node says MOVED before any map does. */
static void
test_moved_reply(void **state)
{
    static person_t  person;

    (void) state;

    up();
    own_all(0, 1);
    nodes[1].proofs[0] = true;
    nodes[1].flags[0] = true;
    ms += 60;
    assert_int_equal(ask(&person, 0, true), OK);
    run();
    assert_int_equal(person.times, 1);
    assert_int_equal(person.verdict, FLAGGED);
}


/* ... to a node that does not have it: nobody is believed. */
static void
test_moved_in_vain(void **state)
{
    static person_t  person;

    (void) state;

    up();
    nodes[0].owners[0] = 1;
    nodes[1].owners[0] = 0;
    nodes[2].owners[0] = 0;
    ms += 60;
    assert_int_equal(ask(&person, 0, true), OK);

    for (size_t i = 0; i < 8; i++) {
        run();
        ms += 50;
        healthcode_reads_doubt(&reads);
    }

    assert_int_equal(person.times, 1);
    assert_int_equal(person.reason, OUT);
}


/* ... and the map changes before nodes are added: it waits once. */
static void
test_moved_while_waiting(void **state)
{
    uint64_t         left;
    static person_t  person;

    (void) state;

    own_all(R, 0);
    nodes[0].proofs[R] = true;
    up();
    assert_int_equal(ask(&person, 0, true), OK);
    serve(&nodes[0]);
    nodes[1].owners[C] = 2;
    serve(&nodes[1]);
    nodes[2].owners[5] = 0;
    assert_true(healthcode_tracker_beat(&nodes[2].t, ms));
    serve(&nodes[2]);
    (void) hear(&nodes[2]);                 /* another map */
    assert_false(cluster.is_settled);
    (void) hear(&nodes[0]);                 /* holder and regions */
    assert_int_equal(reads.waiters.n, 1);
    (void) hear(&nodes[1]);                 /* of controls: MOVED */
    assert_int_equal(reads.waiters.n, 1);
    ms += 10 * TIMEOUT;
    (void) healthcode_waiters_expire(&reads.waiters, ms, &left);
    assert_int_equal(person.times, 1);
    assert_int_equal(reads.waiters.n, 0);
}


/* An answer of a node that loses its tag before it comes. */
static void
test_moved_under_way(void **state)
{
    static person_t  person;

    (void) state;

    up();
    assert_int_equal(ask(&person, 0, true), OK);
    serve(&nodes[0]);                       /* absent, says node 0 */
    own_all(0, 1);
    nodes[1].proofs[0] = true;
    nodes[1].flags[0] = true;
    assert_true(healthcode_tracker_beat(&nodes[2].t, ms));
    serve(&nodes[2]);
    (void) hear(&nodes[2]);
    run();
    assert_int_equal(person.times, 0);      /* until others say so, too */
    ms += 50;
    healthcode_reads_doubt(&reads);
    run();
    assert_int_equal(person.times, 1);
    assert_int_equal(person.verdict, FLAGGED);
}


/* A replica takes over, at an address of its own. */
static void
test_takeover(void **state)
{
    (void) state;

    up();
    assert_int_equal(passes(0), OK);

    for (size_t tag = 0; tag < TAGS; tag++) {
        if (nodes[0].owners[tag] == 0) {
            /* node 0 is cut off from the others, and does not know */
            nodes[1].owners[tag] = 3;
            nodes[2].owners[tag] = 3;
            nodes[3].owners[tag] = 3;
            nodes[3].proofs[tag] = true;
        }
    }

    nodes[3].flags[0] = true;
    assert_true(healthcode_tracker_beat(&nodes[1].t, ms));
    run();
    assert_null(nodes[0].core);
    assert_false(knows(0));
    assert_int_equal(passes(0), FLAGGED);
    assert_int_equal(passes(3), OK);
}


/* ... while nobody asked: the former master alone is not believed. */
static void
test_takeover_idle(void **state)
{
    static person_t  person;

    (void) state;

    own_all(C, 0);
    nodes[0].proofs[C] = true;
    up();

    for (size_t tag = 0; tag < TAGS; tag++) {
        if (nodes[0].owners[tag] == 0) {
            nodes[1].owners[tag] = 3;
            nodes[2].owners[tag] = 3;
            nodes[3].owners[tag] = 3;
            nodes[3].proofs[tag] = true;
        }
    }

    nodes[3].flags[0] = true;
    ms += 20000;
    nodes[1].is_deaf = true;
    nodes[2].is_deaf = true;
    assert_int_equal(ask(&person, 0, false), OK);
    run();
    assert_int_equal(person.times, 0);
    assert_int_equal(nodes[0].reads, 2);    /* which has answered */
    nodes[1].is_deaf = false;
    run();
    assert_int_equal(person.times, 1);
    assert_int_equal(person.verdict, FLAGGED);
}


/* ... nor for longer than the others' words are good. */
static void
test_takeover_renewed(void **state)
{
    (void) state;

    own_all(C, 0);
    own_all(R, 0);
    nodes[0].proofs[C] = true;
    nodes[0].proofs[R] = true;
    up();
    assert_int_equal(passes(0), OK);
    assert_true(knows(0));
    nodes[1].is_deaf = true;
    nodes[2].is_deaf = true;
    tick(ms + LEASE - 100);
    ms += 50;
    assert_true(knows(0));
    ms += 100;
    assert_false(knows(0));
}


/* A map counts while more than a half has said it lately. */
static void
test_majority(void **state)
{
    (void) state;

    up();
    ms += LEASE - 1;
    assert_true(healthcode_cluster_is_agreed(&cluster, ms));
    ms += 1;
    assert_false(healthcode_cluster_is_agreed(&cluster, ms));

    nodes[1].is_deaf = true;
    nodes[2].is_deaf = true;
    tick(ms + 1);
    assert_false(healthcode_cluster_is_agreed(&cluster, ms));
    nodes[1].is_deaf = false;
    run();
    assert_true(healthcode_cluster_is_agreed(&cluster, ms));
}


/* A node that is alone renews nothing. */
static void
test_majority_renews(void **state)
{
    (void) state;

    up();
    nodes[1].is_deaf = true;
    nodes[2].is_deaf = true;
    tick(ms + LEASE);
    assert_false(healthcode_tracker_is_fresh(&nodes[0].t, ms));
    tick(ms + 1);
    assert_false(healthcode_tracker_is_fresh(&nodes[0].t, ms));
    nodes[1].is_deaf = false;
    run();
    assert_true(healthcode_tracker_is_fresh(&nodes[0].t, ms));
    assert_true(healthcode_tracker_is_fresh(&nodes[1].t, ms));
    assert_false(healthcode_tracker_is_fresh(&nodes[2].t, ms));
}


/* Two of three are down: the third says nothing that counts. */
static void
test_minority(void **state)
{
    (void) state;

    up();
    tick(ms + 1);
    node_closed(&nodes[0]);
    node_closed(&nodes[2]);
    nodes[0].is_deaf = true;
    nodes[2].is_deaf = true;
    tick(ms + LEASE);
    assert_int_equal(passes(1), LATE);      /* regions are out */
    nodes[2].is_deaf = false;
    run();
    assert_int_equal(passes(1), OK);
}


/* All nodes say another map than the scout: theirs counts. */
static void
test_scout_behind(void **state)
{
    (void) state;

    nodes[3].owners[0] = 1;
    scout(3);
    tick(ms + 250);
    assert_true(healthcode_cluster_is_agreed(&cluster, ms));
    assert_int_equal(passes(0), OK);

    /* and no scout is heard while a node lives */
    scout(3);
    assert_int_equal(cluster.tags[0], (uint8_t) (nodes[0].core
                                                 - cluster.nodes));
}


/* A node that goes back to an older map, which the others have left. */
static void
test_map_back(void **state)
{
    (void) state;

    up();
    own_all(0, 1);
    nodes[1].proofs[0] = true;
    tick(ms + 250);
    nodes[0].owners[0] = 0;                 /* as from an old file */
    tick(ms + 250);
    tick(ms + 250);
    assert_int_equal(cluster.tags[0], (uint8_t) (nodes[1].core
                                                 - cluster.nodes));
    assert_true(healthcode_cluster_is_agreed(&cluster, ms));
}


/* Nodes that are not live any more do not keep a map that is behind. */
static void
test_map_of_who_is_live(void **state)
{
    (void) state;

    up();
    node_closed(&nodes[2]);
    nodes[2].is_deaf = true;
    nodes[0].owners[3] = 2;
    tick(ms + 250);
    nodes[1].owners[6] = 2;
    tick(ms + 250);
    assert_int_equal(cluster.tags[6], (uint8_t) (nodes[2].core
                                                 - cluster.nodes));
    node_closed(&nodes[1]);
    nodes[1].is_deaf = true;
    tick(ms + 250);
    tick(ms + 250);
    assert_int_equal(cluster.tags[3], (uint8_t) (nodes[2].core
                                                 - cluster.nodes));
    assert_int_equal(cluster.tags[6], (uint8_t) (nodes[0].core
                                                 - cluster.nodes));
}


/* ---- keys on their way ---- */

static void
test_ask(void **state)
{
    (void) state;

    up();
    migrate(0, 0, 1);
    assert_int_equal(passes(0), OK);
    assert_false(knows(0));
    nodes[1].flags[0] = true;
    assert_int_equal(passes(0), FLAGGED);
    nodes[1].flags[0] = false;
    nodes[0].flags[0] = true;               /* not moved yet */
    assert_int_equal(passes(0), FLAGGED);
    nodes[0].flags[0] = false;

    /* the proof goes */
    nodes[1].proofs[0] = true;
    nodes[0].proofs[0] = false;
    push(&nodes[0], "healthcode:meta:{00}");
    run();
    assert_int_equal(passes(0), OK);
    assert_false(knows(0));

    /* neither has it: something was lost */
    nodes[1].proofs[0] = false;
    assert_int_equal(passes(0), UNPROVEN);
}


/* What was read as absent before dies by the proof that a writer rewrites. */
static void
test_ask_known(void **state)
{
    (void) state;

    up();
    assert_int_equal(passes(0), OK);
    assert_true(knows(0));
    migrate(0, 0, 1);
    push(&nodes[0], "healthcode:meta:{00}");
    nodes[1].flags[0] = true;
    run();
    assert_false(knows(0));
    assert_int_equal(passes(0), FLAGGED);
}


/* The target has lost its data, and proves nothing of its own. */
static void
test_ask_empty_target(void **state)
{
    (void) state;

    up();
    migrate(0, 0, 1);
    memset(nodes[1].proofs, 0, sizeof(nodes[1].proofs));
    nodes[1].proofs[0] = true;
    assert_int_not_equal(passes(0), OK);
}


/* The target is not among the nodes of this worker, or is not live. */
static void
test_ask_unknown_target(void **state)
{
    (void) state;

    up();
    migrate(0, 0, 3);
    assert_int_equal(passes(0), OUT);
    migrate(3, 0, 1);
    node_closed(&nodes[1]);
    assert_int_equal(passes(3), OUT);
}


/* Controls and regions move as well. */
static void
test_ask_controls(void **state)
{
    (void) state;

    up();
    migrate(C, 1, 0);
    push(&nodes[1], "healthcode:meta:{c}");
    run();
    assert_int_equal(passes(0), OK);
    assert_false(knows(0));
    nodes[0].revoked = true;
    assert_int_equal(passes(0), REVOKED);
}


/* What is there, but not its proof, is not believed. */
static void
test_ask_proof_alone(void **state)
{
    (void) state;

    up();
    migrate(0, 0, 1);
    nodes[0].flags[0] = true;
    nodes[0].proofs[0] = false;
    nodes[1].proofs[0] = true;
    assert_int_equal(passes(0), OUT);
}


/* ---- nodes ---- */

/* The proof by which a node is known goes: another one stands for it. */
static void
test_proof_moves(void **state)
{
    size_t  proof;

    (void) state;

    up();
    proof = nodes[0].t.handshake.proof;
    migrate(proof, 0, 1);
    nodes[0].proofs[proof] = false;
    nodes[1].proofs[proof] = true;
    tick(ms + 250);
    assert_int_equal(nodes[0].t.state, HEALTHCODE_TRACKER_LIVE);
    assert_int_not_equal(nodes[0].t.handshake.proof, proof);
    tick(ms + 250);
    assert_int_equal(passes(proof), OK);
    assert_int_equal(passes(6), OK);
    assert_true(knows(6));
}


static void
test_empty(void **state)
{
    (void) state;

    up();
    node_closed(&nodes[0]);
    memset(nodes[0].proofs, 0, sizeof(nodes[0].proofs));
    run();
    assert_int_not_equal(nodes[0].t.state, HEALTHCODE_TRACKER_LIVE);
    tick(ms + 250);
    assert_int_not_equal(passes(0), OK);
    assert_int_equal(passes(1), OK);
    assert_int_equal(passes(2), OK);
}


static void
test_other_instance(void **state)
{
    (void) state;

    up();
    node_closed(&nodes[0]);
    nodes[0].instance = "xyz";
    run();
    assert_int_not_equal(nodes[0].t.state, HEALTHCODE_TRACKER_LIVE);
    assert_int_not_equal(passes(0), OK);
    assert_int_equal(passes(1), OK);
}


/* It was the first to be live, and has answered a part. */
static void
test_other_instance_first(void **state)
{
    static person_t  person;

    (void) state;

    nodes[1].is_deaf = true;
    nodes[2].is_deaf = true;
    nodes[0].instance = "xyz";
    own_all(C, 0);
    nodes[0].proofs[C] = true;
    scout(0);
    assert_int_equal(ask(&person, 0, false), OK);
    run();
    assert_int_equal(person.times, 0);      /* no majority */
    node_closed(&nodes[0]);
    nodes[0].instance = "abc";
    nodes[1].is_deaf = false;
    nodes[2].is_deaf = false;
    run();
    tick(ms + 250);
    assert_int_equal(healthcode_cluster_live(&cluster), 3);
    assert_int_equal(person.times, 1);
    assert_int_equal(person.reason, UNPROVEN);
    assert_int_equal(passes(0), OK);
}


static void
test_cluster_down(void **state)
{
    (void) state;

    up();
    nodes[0].is_down = true;
    assert_int_not_equal(passes(0), OK);
    tick(ms + 250);
    assert_int_not_equal(passes(0), OK);
    assert_int_equal(passes(1), OK);
}


static void
test_replica(void **state)
{
    (void) state;

    up();
    assert_int_equal(passes(0), OK);
    nodes[0].is_replica = true;
    tick(ms + 250);
    assert_false(knows(0));
    assert_int_not_equal(passes(0), OK);
}


/* Who has left hears nothing, in whichever state the read is. */
static void
test_cancel(void **state)
{
    static person_t  person;

    (void) state;

    assert_int_equal(ask(&person, 0, true), OK);
    healthcode_read_cancel(person.read);
    up();
    assert_int_equal(person.times, 0);
    assert_int_equal(ask(&person, 0, true), OK);
    healthcode_read_cancel(person.read);
    run();
    assert_int_equal(person.times, 0);
    assert_int_equal(passes(0), OK);
}


/* Who stands at one node stands at all. */
static void
test_stand(void **state)
{
    unsigned  maps[3];

    (void) state;

    up();
    ms += 20000;

    for (size_t i = 0; i < 3; i++) {
        maps[i] = nodes[i].maps;
    }

    assert_int_equal(passes(0), OK);

    for (size_t i = 0; i < 3; i++) {
        assert_true(nodes[i].maps > maps[i]);
    }
}


int
main(void)
{
#define test(name) cmocka_unit_test_setup_teardown(name, city_begin, city_end)

    const struct CMUnitTest  tests[] = {
        test(test_parts), test(test_flags), test(test_known_parts),
        test(test_known_parts_change), test(test_known_parts_lapse),
        test(test_hit_leases), test(test_hit_answers), test(test_no_map),
        test(test_busy), test(test_moved), test(test_moved_told_by_one),
        test(test_moved_reply), test(test_moved_in_vain),
        test(test_moved_under_way), test(test_takeover),
        test(test_moved_before_others), test(test_majority_renews),
        test(test_takeover_idle), test(test_takeover_renewed),
        test(test_majority), test(test_minority),
        test(test_scout_behind), test(test_map_back), test(test_ask),
        test(test_ask_known), test(test_ask_empty_target),
        test(test_ask_unknown_target), test(test_ask_controls),
        test(test_ask_proof_alone), test(test_proof_moves), test(test_empty),
        test(test_other_instance), test(test_other_instance_first),
        test(test_moved_while_waiting), test(test_map_of_who_is_live),
        test(test_cluster_down),
        test(test_replica), test(test_cancel), test(test_stand)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
