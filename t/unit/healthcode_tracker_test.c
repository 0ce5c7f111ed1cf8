/*
 * Tests of healthcode_tracker.c, _proof.c and _idle.c, and healthcode_memo.c:
 * stores that prove nothing, change, push, err or are another one; and what may
 * then be believed, by whom, for how long.  docs/connection.md, docs/cache.md.
 */

#include "test.h"
#include "resp.h"

#include "../../ngx_http_healthcode_module/redis/healthcode_tracker.h"


#define CHECK    "39666bb05d87d8254e6b2233776bf348"
#define THUMB    "0123456789012345678901234567890123456789012"

#define TIMEOUT  400u
#define LEASE    1000u
#define MAX_AGE  5000u
#define DATE     1700000000

#define HELLO    "%1\r\n$4\r\nmode\r\n$10\r\nstandalone\r\n"
#define DONE     "+OK\r\n"
#define TRACKED  "%1\r\n$5\r\nflags\r\n~1\r\n$2\r\non\r\n"
#define PUSHES   ":1\r\n:2\r\n" PUSH("healthcode:push:{c}", "19")
#define CLOCK    "*2\r\n$10\r\n1700000000\r\n$1\r\n0\r\n"
#define NO_DATA  "*0\r\n"
#define TIME     CLOCK NO_DATA
#define DATA(time)                                                            \
    "*1\r\n*2\r\n$4\r\ncity\r\n$10\r\n" time "\r\n"
#define MASTER   "*1\r\n$6\r\nmaster\r\n"
#define SLAVE    "*1\r\n$5\r\nslave\r\n"
#define INFO     "$31\r\n\r\nmaxmemory_policy:noeviction\r\n\r\n"
#define STATS(keys)                                                           \
    "$25\r\n\r\ntracking_total_keys:" keys "\r\n\r\n"
#define META_OF(instance)                                                     \
    "%3\r\n$6\r\nschema\r\n$1\r\n2\r\n$8\r\ninstance\r\n$3\r\n" instance       \
    "\r\n$12\r\npepper_check\r\n$32\r\n" CHECK "\r\n"
#define META     META_OF("abc")
#define OTHER    META_OF("xyz")
#define OTHER_PEPPER                                                          \
    "%3\r\n$6\r\nschema\r\n$1\r\n2\r\n$8\r\ninstance\r\n$3\r\nabc\r\n"        \
    "$12\r\npepper_check\r\n$1\r\nx\r\n"
#define META2                                                                 \
    "*6\r\n$6\r\nschema\r\n$1\r\n2\r\n$8\r\ninstance\r\n$3\r\nabc\r\n"        \
    "$12\r\npepper_check\r\n$32\r\n" CHECK "\r\n"

#define GREETING HELLO DONE TRACKED PUSHES TIME MASTER INFO META
#define NOBODY   "*0\r\n"
#define FLAGGED  "*1\r\n*2\r\n$9\r\nconfirmed\r\n$1\r\n0\r\n"
#define NILS     "*3\r\n_\r\n_\r\n_\r\n"
#define REVOKED  "*3\r\n_\r\n$1\r\n0\r\n_\r\n"

#define PUSH(key, len)                                                        \
    ">2\r\n$10\r\ninvalidate\r\n*1\r\n$" len "\r\n" key "\r\n"
#define PUSH_A   PUSH("healthcode:risk:{61}:" A, "53")
#define PUSH_ALL ">2\r\n$10\r\ninvalidate\r\n_\r\n"
#define A        "61616161616161616161616161616161"
#define B        "62626262626262626262626262626262"

enum { BROKEN = HEALTHCODE_TRACKER_BROKEN, ON = HEALTHCODE_TRACKER_GOES_ON,
       PROVEN = HEALTHCODE_TRACKER_PROVEN, LEFT = HEALTHCODE_TRACKER_LEFT,
       NOTES = HEALTHCODE_TRACKER_NOTE_CALL + 1 };


/* A connection, and what it said. */
typedef struct {
    healthcode_tracker_t           t;
    healthcode_absence_counters_t  counters;
    unsigned                       notes[NOTES];
    healthcode_reason_e            told;
    unsigned                       times, nflags;
    bool                           looks, found;   /* what is stale */
    redisReply                    *replies[256];
    size_t                         nreplies;
} side_t;

static side_t                 one, two;
static healthcode_absence_t   absence;
static uint64_t               memory[64 * HEALTHCODE_ABSENCE_WORDS];
static uint64_t               leases[2];
static healthcode_digest_t   *digest;
static uint64_t               clock_ms;

static const healthcode_handshake_t    handshake = {
    .tracking = true, .is_gate = true, .pepper_check = CHECK
};
static const healthcode_risk_policy_t  policy = { .deny = NULL };
static const healthcode_risk_terms_t   terms = { .policy = &policy,
                                                 .iat = DATE, .now = DATE };


static bool finds_stale(side_t *side, char holder, uint64_t now, uint64_t over);


static void
note(void *data, const healthcode_tracker_note_t *said)
{
    ((side_t *) data)->notes[said->kind]++;
}


static void
done(void *data, healthcode_reason_e reason,
    const healthcode_risk_reading_t *reading)
{
    side_t  *side = data;

    side->told = reason;
    side->times++;
    side->nflags = reading ? (unsigned) reading->nflags : 99;
    side->found = side->looks && finds_stale(side, 'a', clock_ms, 5000);
}


static uint64_t
now_is(void *data)
{
    (void) data;
    return clock_ms;
}


static healthcode_risk_query_t
query_of(char holder)
{
    healthcode_risk_query_t  query = {
        .iss = healthcode_str("https://a.test"),
        .thumbprint = healthcode_str(THUMB)
    };

    memset(query.holder, holder, sizeof(query.holder));

    return query;
}


/* A connection with these terms, or without a cache, that is not made yet. */
static void
open_side(side_t *side, const healthcode_handshake_t *hello, unsigned number,
    uint64_t lease)
{
    healthcode_memo_terms_t  own = {
        .absence = &absence, .number = number, .lease = lease,
        .max_age = MAX_AGE, .digest = digest, .counters = &side->counters
    };

    memset(side, 0, sizeof(*side));
    side->told = HEALTHCODE_REASON_COUNT;
    healthcode_tracker_init(&side->t, hello, TIMEOUT, 8, note, side);

    if (lease) {
        assert_true(healthcode_tracker_own(&side->t, &own));
    }
}


static void
close_side(side_t *side)
{
    healthcode_tracker_disconnect(&side->t);
    healthcode_pipeline_fail(&side->t.pipeline,
                             HEALTHCODE_REASON_STORE_UNAVAILABLE);
    healthcode_tracker_free(&side->t);

    while (side->nreplies) {
        freeReplyObject(side->replies[--side->nreplies]);
    }
}


/* What all these replies come to; the last one's result, or the first bad. */
static int
come(side_t *side, const char *bytes, uint64_t now)
{
    int          rc = -1;
    size_t       i, n;
    redisReply  *replies[32];

    n = resp_read(bytes, strlen(bytes), replies, 32);

    for (i = 0; i < n; i++) {
        side->replies[side->nreplies++] = replies[i];
        rc = (rc == BROKEN) ? BROKEN
             : (int) healthcode_tracker_reply(&side->t, replies[i], now, DATE);
    }

    return rc;
}


static void
greet(side_t *side, const char *peer)
{
    healthcode_tracker_connect(&side->t, healthcode_str_from(peer,
                                                             strlen(peer)));
    assert_true(healthcode_tracker_greet(&side->t));
}


/* Writes what is to be written, at now. */
static void
flush(side_t *side, uint64_t now)
{
    if (side->t.state == HEALTHCODE_TRACKER_LIVE) {
        (void) healthcode_tracker_send(&side->t, now);
    }

    healthcode_pipeline_wrote(&side->t.pipeline, side->t.pipeline.out.len, now);
}


static void
go_live(side_t *side, uint64_t now)
{
    greet(side, "peer");
    flush(side, now);
    assert_int_equal(come(side, GREETING, now), PROVEN);
}


/* A heartbeat that is sent at now and answered well. */
static void
beat(side_t *side, uint64_t now)
{
    assert_true(healthcode_tracker_beat(&side->t, now));
    flush(side, now);
    assert_int_equal(come(side, MASTER META, now), ON);
}


static void
ask(side_t *side, char holder, uint64_t now)
{
    healthcode_lookup_t     *lookup;
    healthcode_risk_query_t  query = query_of(holder);

    side->told = HEALTHCODE_REASON_COUNT;
    assert_int_equal(healthcode_tracker_ask(&side->t, &query, now, done, side,
                                            &lookup),
                     HEALTHCODE_REASON_OK);
}


/* An ask that is answered: nobody is flagged. */
static void
learn(side_t *side, char holder, uint64_t now)
{
    ask(side, holder, now);
    flush(side, now);
    assert_int_equal(come(side, NOBODY META NILS META, now), ON);
    assert_int_equal(side->told, HEALTHCODE_REASON_OK);
}


static bool
finds(side_t *side, char holder, uint64_t now)
{
    healthcode_risk_t        risk;
    healthcode_risk_query_t  query = query_of(holder);

    healthcode_risk_clear(&risk);
    clock_ms = now;

    return healthcode_tracker_find(&side->t, &query, &terms, &risk, now_is,
                                   NULL)
           && healthcode_risk_reason(&risk) == HEALTHCODE_REASON_OK;
}


static bool
finds_stale(side_t *side, char holder, uint64_t now, uint64_t over)
{
    healthcode_risk_t        risk;
    healthcode_risk_query_t  query = query_of(holder);

    healthcode_risk_clear(&risk);
    clock_ms = now;

    return healthcode_tracker_find_stale(&side->t, &query, &terms, over, &risk,
                                         now_is, NULL)
           && healthcode_risk_reason(&risk) == HEALTHCODE_REASON_OK;
}


/* One reads that nobody has a flag, and leaves for another address. */
static void
learn_and_leave(void)
{
    close_side(&one);
    open_side(&one, &handshake, 0, LEASE);
    go_live(&one, 140);
    beat(&one, 140);
    learn(&one, 'a', 150);
    healthcode_tracker_leave(&one.t);
    healthcode_tracker_disconnect(&one.t);
}


static int
setup(void **state)
{
    (void) state;

    memset(memory, 0, sizeof(memory));
    memset(leases, 0, sizeof(leases));
    assert_true(healthcode_absence_table(&absence, memory, sizeof(memory)));
    absence.leases = leases;
    absence.nleases = 2;
    digest = healthcode_digest_create();
    assert_non_null(digest);
    open_side(&one, &handshake, 0, LEASE);

    return 0;
}


static int
teardown(void **state)
{
    (void) state;
    close_side(&one);
    healthcode_digest_free(digest);

    return 0;
}


/* One that is live and has a lease from 100 on. */
static int
setup_live(void **state)
{
    setup(state);
    go_live(&one, 100);
    beat(&one, 100);

    return 0;
}


/* ---- proving ---- */

static void
test_believes_no_store_that_proves_less(void **state)
{
    static const struct {
        const char           *replies;
        healthcode_reason_e   reason;
    } rows[] = {
        { "-NOAUTH x\r\n", HEALTHCODE_REASON_STORE_AUTH },
        { ":1\r\n", HEALTHCODE_REASON_STORE_UNAVAILABLE },
        { HELLO "-ERR no\r\n", HEALTHCODE_REASON_STORE_UNAVAILABLE },
        { HELLO DONE "%0\r\n", HEALTHCODE_REASON_STORE_UNAVAILABLE },
        { HELLO DONE TRACKED PUSHES TIME SLAVE,
          HEALTHCODE_REASON_STORE_NOT_MASTER },
        { HELLO DONE TRACKED PUSHES TIME MASTER "$1\r\nx\r\n",
          HEALTHCODE_REASON_STORE_EVICTING },
        { HELLO DONE TRACKED PUSHES TIME MASTER INFO "%0\r\n",
          HEALTHCODE_REASON_STORE_UNPROVEN },
        /* it pushes nothing */
        { HELLO DONE TRACKED ":1\r\n:2\r\n" TIME MASTER INFO META,
          HEALTHCODE_REASON_STORE_UNAVAILABLE },
        /* it changes meanwhile */
        { HELLO DONE TRACKED PUSH_ALL, HEALTHCODE_REASON_STORE_UNAVAILABLE },
        { HELLO DONE TRACKED PUSH("healthcode:meta:{c}", "19"),
          HEALTHCODE_REASON_STORE_UNAVAILABLE },
        { HELLO DONE TRACKED PUSH("other", "5"),
          HEALTHCODE_REASON_STORE_UNAVAILABLE },
    };

    (void) state;

    for (size_t i = 0; i < test_count(rows); i++) {
        greet(&one, "peer");
        flush(&one, 1);
        one.t.reason = HEALTHCODE_REASON_COUNT;
        test_row(come(&one, rows[i].replies, 1) == BROKEN, i, rows[i].replies);
        test_row(one.t.reason == rows[i].reason, i, one.t.what);
        test_row(one.t.what[0], i, rows[i].replies);
        test_row(one.t.state == HEALTHCODE_TRACKER_GREETING, i, "state");
        healthcode_tracker_disconnect(&one.t);
        test_row(!finds(&one, 'a', 1), i, "finds");
    }

    go_live(&one, 2);
    assert_int_equal(one.t.state, HEALTHCODE_TRACKER_LIVE);
}


/* What was asked before is written once the store is live, and not before. */
static void
test_holds_lookups_until_it_is_live(void **state)
{
    (void) state;
    greet(&one, "peer");
    flush(&one, 1);
    ask(&one, 'a', 1);
    assert_int_equal(one.t.pipeline.out.len, 0);

    assert_int_equal(come(&one, GREETING, 2), PROVEN);
    assert_true(one.t.pipeline.out.len > 0);
    flush(&one, 2);
    assert_int_equal(come(&one, FLAGGED META NILS META, 3), ON);
    assert_int_equal(one.told, HEALTHCODE_REASON_OK);
    assert_int_equal(one.nflags, 1);
}


static void
test_says_less_once(void **state)
{
    (void) state;

    for (unsigned i = 0; i < 2; i++) {
        greet(&one, "peer");
        flush(&one, 1);
        assert_int_equal(come(&one, HELLO DONE TRACKED
                              "-NOPERM x\r\n-NOPERM x\r\n" TIME MASTER INFO
                              META, 1), PROVEN);
        healthcode_tracker_disconnect(&one.t);
        assert_int_equal(one.notes[HEALTHCODE_TRACKER_NOTE_LESS],
                         i ? 2 : one.notes[HEALTHCODE_TRACKER_NOTE_LESS]);
        one.notes[HEALTHCODE_TRACKER_NOTE_LESS] = 2;
    }
}


static void
test_says_once_that_it_lets_everybody_in(void **state)
{
    (void) state;

    static const struct {
        healthcode_handshake_t  hello;
        unsigned                notes;
    } rows[] = {
        { { .pepper_check = CHECK }, 1 },
        { { .pepper_check = CHECK, .is_guarded = true }, 0 },
        { { .pepper_check = CHECK, .password = healthcode_str("p") }, 0 },
    };

    close_side(&one);

    for (size_t i = 0; i < test_count(rows); i++) {
        open_side(&one, &rows[i].hello, 0, 0);

        /* not of one that is not let in, nor proves anything */
        greet(&one, "peer");
        flush(&one, 1);
        assert_int_equal(come(&one, "-NOAUTH x\r\n", 1), BROKEN);
        assert_int_equal(one.notes[HEALTHCODE_TRACKER_NOTE_OPEN], 0);

        for (unsigned n = 0; n < 2; n++) {
            healthcode_tracker_disconnect(&one.t);
            greet(&one, "peer");
            flush(&one, 1);
            assert_int_equal(come(&one, HELLO MASTER INFO META, 1), PROVEN);
        }

        test_row(one.notes[HEALTHCODE_TRACKER_NOTE_OPEN] == rows[i].notes, i,
                 "open");

        if (i + 1 < test_count(rows)) {
            close_side(&one);
        }
    }
}


/* No HELLO, ROLE or INFO: what is left has to hold, and is enough. */
static void
test_lives_with_a_store_that_says_less(void **state)
{
    static const healthcode_handshake_t  less = {
        .pepper_check = CHECK, .evicting_ok = true, .role_unchecked = true,
        .resp2 = true
    };

    (void) state;
    close_side(&one);
    open_side(&one, &less, 0, 0);

    greet(&one, "peer");
    flush(&one, 1);
    assert_int_equal(come(&one, META2, 1), PROVEN);

    assert_true(healthcode_tracker_beat(&one.t, 2));
    flush(&one, 2);
    assert_int_equal(come(&one, META2 TIME, 3), ON);
    assert_int_equal(one.notes[HEALTHCODE_TRACKER_NOTE_AGAIN], 1);

    ask(&one, 'a', 4);
    flush(&one, 4);
    assert_int_equal(come(&one, "*2\r\n$9\r\nconfirmed\r\n$1\r\n0\r\n"
                          META2 "*3\r\n$-1\r\n$-1\r\n$-1\r\n" META2, 5), ON);
    assert_int_equal(one.told, HEALTHCODE_REASON_OK);
    assert_int_equal(one.nflags, 1);

    assert_true(healthcode_tracker_beat(&one.t, 6));
    flush(&one, 6);
    assert_int_equal(come(&one, "*0\r\n" TIME, 7), BROKEN);
    assert_int_equal(one.t.reason, HEALTHCODE_REASON_STORE_UNPROVEN);
}


/* ---- who feeds the store ---- */

/* The age of the data; -1 - why there is none. */
static int64_t
age_of(const side_t *side)
{
    int64_t            age = 0;
    healthcode_data_e  what;

    what = healthcode_data_age(healthcode_tracker_data(&side->t), DATE, &age);

    return (what == HEALTHCODE_DATA_AT) ? age : -1 - (int64_t) what;
}

#define UNKNOWN  (-1 - (int64_t) HEALTHCODE_DATA_UNKNOWN)
#define NONE     (-1 - (int64_t) HEALTHCODE_DATA_NONE)


/* Not what a store says that then proves nothing, or not this time. */
static void
test_believes_the_data_of_a_proven_store(void **state)
{
    (void) state;
    assert_int_equal(age_of(&one), UNKNOWN);

    greet(&one, "peer");
    flush(&one, 1);
    assert_int_equal(come(&one, HELLO DONE TRACKED PUSHES CLOCK
                          DATA("1699999990") MASTER INFO, 1), ON);
    assert_int_equal(age_of(&one), UNKNOWN);
    assert_int_equal(come(&one, META, 1), PROVEN);
    assert_int_equal(age_of(&one), 10);
    assert_int_equal(one.notes[HEALTHCODE_TRACKER_NOTE_DATA], 1);

    /* it grows older while the store is down */
    healthcode_tracker_disconnect(&one.t);
    assert_int_equal(age_of(&one), 10);

    greet(&one, "peer");
    flush(&one, 2);
    assert_int_equal(come(&one, HELLO DONE TRACKED PUSHES CLOCK
                          DATA("1700000000") MASTER INFO "%0\r\n", 2), BROKEN);
    assert_int_equal(age_of(&one), 10);
    assert_int_equal(one.notes[HEALTHCODE_TRACKER_NOTE_DATA], 1);

    healthcode_tracker_disconnect(&one.t);
    go_live(&one, 3);
    assert_int_equal(age_of(&one), NONE);

    healthcode_tracker_disconnect(&one.t);
    greet(&one, "peer");
    flush(&one, 4);
    assert_int_equal(come(&one, HELLO DONE TRACKED PUSHES CLOCK
                          "-NOPERM x\r\n" MASTER INFO META, 4), PROVEN);
    assert_int_equal(age_of(&one), UNKNOWN);
}


static void
test_reads_the_data_each_second(void **state)
{
    (void) state;
    assert_int_equal(age_of(&one), NONE);

    assert_true(healthcode_tracker_beat(&one.t, 600));
    flush(&one, 600);
    assert_int_equal(come(&one, MASTER META, 600), ON);
    assert_int_equal(age_of(&one), NONE);

    assert_true(healthcode_tracker_beat(&one.t, 1100));
    flush(&one, 1100);
    assert_int_equal(come(&one, MASTER META INFO CLOCK DATA("1699999999")
                          TRACKED STATS("1"), 1100), ON);
    assert_int_equal(age_of(&one), 1);

    /* of a store that is another one now nothing is taken */
    assert_true(healthcode_tracker_beat(&one.t, 2100));
    flush(&one, 2100);
    assert_int_equal(come(&one, MASTER OTHER INFO CLOCK DATA("1700000000")
                          TRACKED STATS("1"), 2100), BROKEN);
    assert_int_equal(age_of(&one), 1);
}


static void
test_takes_a_touch_for_no_change_of_flags(void **state)
{
    (void) state;
    learn(&one, 'a', 110);
    assert_int_equal(come(&one, PUSH("healthcode:data:{c}", "19"), 111), ON);
    assert_true(finds(&one, 'a', 112));

    /* nor does it end a handshake */
    healthcode_tracker_disconnect(&one.t);
    greet(&one, "peer");
    flush(&one, 200);
    assert_int_equal(come(&one, HELLO DONE TRACKED PUSHES TIME
                          PUSH("healthcode:data:{c}", "19") MASTER INFO META,
                          200),
                     PROVEN);
}


/* ---- how much its server tracks ---- */

/* A heartbeat at now, whose INFO stats is answered by stats. */
static int
count(side_t *side, const char *instance, const char *stats, uint64_t now)
{
    assert_true(healthcode_tracker_beat(&side->t, now));
    flush(side, now);
    assert_int_equal(come(side, MASTER, now), ON);
    assert_int_equal(come(side, instance, now), ON);
    assert_int_equal(come(side, INFO TIME TRACKED, now), ON);

    return come(side, stats, now);
}


/* What it says; 99: nothing. */
static uint64_t
keys_of(const side_t *side)
{
    bool      has;
    uint64_t  keys = 99;

    has = healthcode_tracker_keys(&side->t, &keys);
    assert_int_equal(has, keys != 99);

    return keys;
}


static void
test_says_how_many_keys_are_tracked(void **state)
{
    (void) state;
    beat(&one, 600);
    assert_int_equal(keys_of(&one), 99);

    assert_int_equal(count(&one, META, STATS("7"), 1100), ON);
    assert_int_equal(keys_of(&one), 7);
    beat(&one, 1400);
    assert_int_equal(keys_of(&one), 7);
    assert_int_equal(count(&one, META, STATS("0"), 2100), ON);
    assert_int_equal(keys_of(&one), 0);
}


/* What is not said ends nothing. */
static void
test_needs_no_number_of_keys(void **state)
{
    static const char *const  rows[] = {
        "-NOPERM x\r\n", "-ERR x\r\n", "_\r\n", "*0\r\n", "$0\r\n\r\n",
        INFO, STATS("x"),
    };
    uint64_t  now = 100;

    (void) state;
    learn(&one, 'a', 110);

    for (size_t i = 0; i < test_count(rows); i++) {
        now += 1000;
        test_row(count(&one, META, STATS("7"), now) == ON, i, rows[i]);
        assert_int_equal(keys_of(&one), 7);

        now += 1000;
        test_row(count(&one, META, rows[i], now) == ON, i, rows[i]);
        assert_int_equal(keys_of(&one), 99);
        learn(&one, 'a', now);
        test_row(finds(&one, 'a', now + LEASE - 1), i, rows[i]);
    }
}


static void
test_forgets_the_keys_of_a_store_that_is_gone(void **state)
{
    (void) state;
    assert_int_equal(count(&one, META, STATS("7"), 1100), ON);
    healthcode_tracker_disconnect(&one.t);
    assert_int_equal(keys_of(&one), 99);

    go_live(&one, 1200);
    assert_int_equal(keys_of(&one), 99);
    assert_int_equal(count(&one, META, STATS("7"), 2200), ON);
    assert_int_equal(count(&one, OTHER, STATS("8"), 3200), BROKEN);
    assert_int_equal(keys_of(&one), 99);
    healthcode_tracker_disconnect(&one.t);

    go_live(&one, 3300);
    assert_int_equal(count(&one, META, STATS("7"), 4300), ON);
    assert_true(healthcode_tracker_beat(&one.t, 5300));
    flush(&one, 5300);
    healthcode_tracker_leave(&one.t);
    assert_int_equal(come(&one, MASTER META INFO TIME TRACKED STATS("8"),
                          5300), LEFT);
    assert_int_equal(keys_of(&one), 99);
}


/* ---- leases ---- */

static void
test_believes_nothing_without_a_heartbeat(void **state)
{
    (void) state;
    go_live(&one, 100);
    learn(&one, 'a', 100);
    assert_false(finds(&one, 'a', 101));

    beat(&one, 102);
    assert_true(finds(&one, 'a', 103));
    assert_int_equal(one.counters.hits, 1);
    assert_int_equal(one.counters.misses, 1);
    assert_int_equal(one.counters.stored, 1);
}


static void
test_counts_a_lease_from_the_question(void **state)
{
    (void) state;
    learn(&one, 'a', 110);
    assert_true(finds(&one, 'a', 100 + LEASE - 1));
    assert_false(finds(&one, 'a', 100 + LEASE));

    assert_true(healthcode_tracker_beat(&one.t, 800));
    flush(&one, 800);
    assert_int_equal(come(&one, MASTER META, 1700), ON);
    assert_true(finds(&one, 'a', 1799));
    assert_false(finds(&one, 'a', 1800));
}


static void
test_lets_an_entry_grow_old(void **state)
{
    (void) state;
    learn(&one, 'a', 110);

    for (uint64_t now = 110; now < 7000; now += 500) {
        assert_true(healthcode_tracker_beat(&one.t, now));
        flush(&one, now);
        assert_int_equal(come(&one, one.t.memory == now
                              ? MASTER META INFO TIME TRACKED STATS("1")
                              : MASTER META, now), ON);
        assert_int_equal(finds(&one, 'a', now), now < 110 + MAX_AGE);
    }
}


static void
test_asks_for_the_memory_each_second(void **state)
{
    healthcode_lookup_t  *lookup;

    (void) state;
    assert_int_equal(healthcode_tracker_period(&one.t), LEASE / 4);
    assert_int_equal(healthcode_tracker_silence(&one.t), TIMEOUT);

    for (uint64_t now = 200; now < 1400; now += 100) {
        assert_true(healthcode_tracker_beat(&one.t, now));
        flush(&one, now);
        lookup = healthcode_pipeline_first(&one.t.pipeline);
        assert_int_equal(lookup->asks_memory, now == 1100);
        assert_int_equal(come(&one, lookup->asks_memory
                              ? MASTER META INFO TIME TRACKED STATS("1")
                              : MASTER META, now), ON);
    }

    /* the handshake has told the time as well */
    assert_int_equal(one.notes[HEALTHCODE_TRACKER_NOTE_CLOCK], 2);
}


/* ---- what ends it ---- */

static void
test_leaves_a_store_that_is_no_longer_what_it_was(void **state)
{
    static const struct {
        bool                  memory;
        const char           *replies;
        healthcode_reason_e   reason;
    } rows[] = {
        { false, SLAVE META, HEALTHCODE_REASON_STORE_NOT_MASTER },
        { false, MASTER OTHER, HEALTHCODE_REASON_STORE_UNAVAILABLE },
        { false, MASTER "%0\r\n", HEALTHCODE_REASON_STORE_UNPROVEN },
        { false, "-LOADING x\r\n" META, HEALTHCODE_REASON_STORE_UNAVAILABLE },
        { true, MASTER META "$1\r\nx\r\n" TIME TRACKED STATS("1"),
          HEALTHCODE_REASON_STORE_EVICTING },
        { true, MASTER META INFO TIME "%0\r\n" STATS("1"),
          HEALTHCODE_REASON_STORE_UNAVAILABLE },
    };
    uint64_t  epoch;

    (void) state;

    for (size_t i = 0; i < test_count(rows); i++) {
        close_side(&one);
        open_side(&one, &handshake, 0, LEASE);
        go_live(&one, 100);
        beat(&one, 100);
        learn(&one, 'a', 100);
        epoch = healthcode_memo_epoch(&one.t.memo);

        assert_true(healthcode_tracker_beat(&one.t, rows[i].memory ? 1100
                                                                   : 200));
        flush(&one, 200);
        one.t.reason = HEALTHCODE_REASON_COUNT;
        test_row(come(&one, rows[i].replies, 200) == BROKEN, i,
                 rows[i].replies);
        test_row(one.t.reason == rows[i].reason, i, one.t.what);
        test_row(one.t.what[0], i, "says nothing");

        healthcode_tracker_disconnect(&one.t);
        test_row(healthcode_memo_epoch(&one.t.memo) == epoch + 1, i, "epoch");
        test_row(!finds(&one, 'a', 201), i, "finds");
    }
}


static void
test_leaves_another_store_that_a_read_finds(void **state)
{
    (void) state;
    learn(&one, 'a', 110);
    ask(&one, 'b', 120);
    flush(&one, 120);
    assert_int_equal(come(&one, NOBODY META NILS OTHER, 120), BROKEN);

    /* what was read before its proof may be of an empty store */
    assert_int_equal(one.told, HEALTHCODE_REASON_STORE_UNAVAILABLE);
    assert_int_equal(one.nflags, 99);
    assert_false(finds(&one, 'a', 121));
    assert_false(finds(&one, 'b', 121));
}


/* A part says nothing that is not proved by this store, after it was read. */
static void
test_believes_no_part_without_its_proof(void **state)
{
    enum { UNPROVEN = HEALTHCODE_REASON_STORE_UNPROVEN,
           PEPPER = HEALTHCODE_REASON_STORE_PEPPER,
           UNAVAILABLE = HEALTHCODE_REASON_STORE_UNAVAILABLE };

    static const struct {
        const char  *bytes;
        int          reason;
        bool         is_apart;              /* unless it is of the controls */
    } rows[] = {
        { "%0\r\n", UNPROVEN, true },
        { "-WRONGTYPE x\r\n", UNPROVEN, true },
        { OTHER_PEPPER, PEPPER, true },
        { "_\r\n", UNAVAILABLE, false },
        { OTHER, UNAVAILABLE, false },
    };
    static const healthcode_region_t  region = 151;
    bool                      is_apart;
    char                      bytes[1024];
    healthcode_lookup_t      *lookup;
    healthcode_risk_query_t   query;
    healthcode_risk_answer_t  answer;

    (void) state;

    for (size_t i = 0; i < test_count(rows); i++) {
        for (int bad = 0; bad < 6; bad++) {
            close_side(&one);
            open_side(&one, &handshake, 0, LEASE);
            go_live(&one, 100);
            beat(&one, 100);
            learn(&one, 'b', 110);

            query = query_of('a');
            query.regions = &region;
            query.nregions = 1;
            assert_int_equal(healthcode_tracker_ask(&one.t, &query, 110, done,
                                                    &one, &lookup),
                             HEALTHCODE_REASON_OK);
            flush(&one, 110);

            snprintf(bytes, sizeof(bytes), NOBODY "%s*1\r\n_\r\n%s" NILS "%s",
                     bad % 3 == 0 ? rows[i].bytes : META,
                     bad % 3 == 1 ? rows[i].bytes : META,
                     bad % 3 == 2 ? rows[i].bytes : META);
            one.told = HEALTHCODE_REASON_COUNT;

            is_apart = bad < 2 && rows[i].is_apart;

            if (is_apart) {
                assert_int_equal(come(&one, bytes, 111), ON);
                test_row((int) one.told == rows[i].reason, i, bytes);
                assert_false(one.t.handshake.reads);

            } else if (bad < 3) {
                assert_int_equal(come(&one, bytes, 111), BROKEN);
                test_row((int) one.t.reason == rows[i].reason, i, bytes);
                assert_int_not_equal(one.told, HEALTHCODE_REASON_OK);

            } else {
                healthcode_tracker_leave(&one.t);
                assert_int_equal(come(&one, bytes, 111), LEFT);
                test_row((int) one.told == rows[i].reason, i, bytes);
                assert_int_equal(one.nflags, 99);
            }

            /* who is of another partition stays known */
            assert_int_equal(one.notes[HEALTHCODE_TRACKER_NOTE_APART],
                             is_apart);
            assert_false(finds(&one, 'a', 112));
            test_row(finds(&one, 'b', 112) == is_apart, i, bytes);
            assert_false(healthcode_answers_find(one.t.memo.answers, &query,
                                                 &answer));
        }
    }
}


/* Who asks for one part learns nothing about the others. */
static void
test_keeps_the_parts_that_were_asked(void **state)
{
    healthcode_lookup_t      *lookup;
    healthcode_risk_query_t   query = query_of('a');
    healthcode_risk_answer_t  answer;

    (void) state;

    query.parts = HEALTHCODE_RISK_HOLDER;
    assert_int_equal(healthcode_tracker_ask(&one.t, &query, 110, done, &one,
                                            &lookup), HEALTHCODE_REASON_OK);
    flush(&one, 110);
    assert_int_equal(come(&one, NOBODY META, 111), ON);
    assert_int_equal(one.told, HEALTHCODE_REASON_OK);
    assert_int_equal(one.counters.stored, 1);
    assert_false(finds(&one, 'a', 112));
    query.parts = 0;
    assert_false(healthcode_answers_find(one.t.memo.answers, &query, &answer));

    query.parts = HEALTHCODE_RISK_CONTROLS;
    assert_int_equal(healthcode_tracker_ask(&one.t, &query, 112, done, &one,
                                            &lookup), HEALTHCODE_REASON_OK);
    flush(&one, 112);
    assert_int_equal(come(&one, NILS META, 113), ON);
    assert_int_equal(one.told, HEALTHCODE_REASON_OK);
    assert_int_equal(one.counters.stored, 1);
    assert_true(finds(&one, 'a', 114));

    /* a control that cannot be read says nothing of a holder */
    query = query_of('a');
    query.parts = HEALTHCODE_RISK_CONTROLS;
    assert_int_equal(healthcode_tracker_ask(&one.t, &query, 115, done, &one,
                                            &lookup), HEALTHCODE_REASON_OK);
    flush(&one, 115);
    assert_int_equal(come(&one, "*0\r\n" META, 116), ON);
    assert_int_equal(one.told, HEALTHCODE_REASON_STORE_UNAVAILABLE);
    assert_true(finds(&one, 'a', 117));
}


/* It has lost all of them, so nothing is noted of one. */
static void
test_a_store_without_proofs_is_no_partition(void **state)
{
    (void) state;
    ask(&one, 'a', 110);
    flush(&one, 110);
    assert_int_equal(come(&one, NOBODY "%0\r\n" NILS "%0\r\n", 111), BROKEN);
    assert_int_equal(one.t.reason, HEALTHCODE_REASON_STORE_UNPROVEN);
    assert_int_equal(one.notes[HEALTHCODE_TRACKER_NOTE_APART], 0);
}


/* Also if something changed in between, while it is left, without a cache. */
static void
test_believes_no_read_that_another_store_proves(void **state)
{
    healthcode_handshake_t  hello = handshake;

    (void) state;
    ask(&one, 'a', 110);
    flush(&one, 110);
    assert_int_equal(come(&one, NOBODY META NILS PUSH_ALL OTHER, 111), BROKEN);
    assert_int_equal(one.told, HEALTHCODE_REASON_STORE_UNAVAILABLE);

    close_side(&one);
    open_side(&one, &handshake, 0, LEASE);
    go_live(&one, 120);
    ask(&one, 'a', 120);
    ask(&one, 'b', 120);
    flush(&one, 120);
    healthcode_tracker_leave(&one.t);
    assert_int_equal(come(&one, NOBODY META NILS OTHER, 121), ON);
    assert_int_equal(one.told, HEALTHCODE_REASON_STORE_UNAVAILABLE);
    assert_int_equal(come(&one, NOBODY META NILS META, 121), LEFT);
    assert_int_equal(one.told, HEALTHCODE_REASON_OK);

    hello.tracking = false;
    open_side(&two, &hello, 1, 0);
    greet(&two, "peer");
    flush(&two, 130);
    assert_int_equal(come(&two, HELLO TIME MASTER INFO META, 130), PROVEN);
    ask(&two, 'a', 130);
    flush(&two, 130);
    assert_int_equal(come(&two, NOBODY META NILS OTHER, 131), BROKEN);
    assert_int_equal(two.told, HEALTHCODE_REASON_STORE_UNAVAILABLE);
    close_side(&two);
}


static void
test_tells_an_error_of_one_holder_from_one_of_all(void **state)
{
    (void) state;

    /* one holder's: flagged, or no answer; the store stays */
    ask(&one, 'a', 110);
    flush(&one, 110);
    assert_int_equal(come(&one, "-WRONGTYPE x\r\n" META NILS META, 110), ON);
    assert_int_equal(one.told, HEALTHCODE_REASON_OK);
    assert_false(finds(&one, 'a', 111));
    assert_int_equal(one.notes[HEALTHCODE_TRACKER_NOTE_ERROR], 1);

    ask(&one, 'a', 112);
    flush(&one, 112);
    assert_int_equal(come(&one, NOBODY META "-WRONGTYPE x\r\n" META, 112), ON);
    assert_int_equal(one.told, HEALTHCODE_REASON_STORE_UNAVAILABLE);
    assert_int_equal(one.nflags, 99);
    assert_false(finds(&one, 'a', 113));

    /* the log has one line of them in a second */
    assert_int_equal(one.notes[HEALTHCODE_TRACKER_NOTE_ERROR], 1);
    assert_false(one.t.handshake.reads);

    ask(&one, 'a', 114);
    flush(&one, 114);
    assert_int_equal(come(&one, "-NOPERM x\r\n", 114), BROKEN);
    assert_int_equal(one.t.reason, HEALTHCODE_REASON_STORE_AUTH);
    assert_true(one.t.handshake.reads);
}


static void
test_refuses_what_nobody_asked_for(void **state)
{
    static const char *const  rows[] = {
        "+OK\r\n", MASTER, META, PUSH("other", "5"), ">1\r\n+x\r\n",
        ">2\r\n$10\r\ninvalidate\r\n*0\r\n",
        ">2\r\n$7\r\nmessage\r\n*1\r\n$1\r\nx\r\n"
    };

    (void) state;

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(come(&one, rows[i], 110) == BROKEN, i, rows[i]);
    }
}


/* ---- pushes ---- */

/* Whose sentinels have been silent until then. */
static void
test_believes_nothing_that_comes_too_late(void **state)
{
    unsigned  times;

    (void) state;
    learn(&one, 'a', 110);
    times = one.times;
    healthcode_tracker_believe(&one.t, 500);

    ask(&one, 'b', 300);
    ask(&one, 'c', 300);
    flush(&one, 300);
    assert_int_equal(come(&one, NOBODY META NILS META, 499), ON);
    assert_int_equal(one.times, times + 1);

    assert_int_equal(come(&one, NOBODY META NILS META, 500), BROKEN);
    assert_int_equal(one.t.reason, HEALTHCODE_REASON_STORE_TIMEOUT);
    assert_int_equal(one.times, times + 1);
}


/* Another server would answer the next one in its place. */
static void
test_what_was_to_be_written_ends_with_what_was_sent(void **state)
{
    (void) state;
    ask(&one, 'a', 110);
    healthcode_tracker_disconnect(&one.t);
    assert_false(healthcode_pipeline_has_unsent(&one.t.pipeline));

    healthcode_pipeline_abandon(&one.t.pipeline,
                                HEALTHCODE_REASON_STORE_TIMEOUT);
    assert_int_equal(one.told, HEALTHCODE_REASON_STORE_TIMEOUT);
    assert_int_equal(one.t.pipeline.pending, 0);
}


static void
test_forgets_what_is_pushed(void **state)
{
    static const struct {
        const char  *push;
        bool         a, b;         /* are found after it */
    } rows[] = {
        { PUSH_A, false, true },
        { PUSH("healthcode:control:{c}", "22"), false, false },
        { PUSH("healthcode:push:{c}", "19"), true, true },
        { PUSH("healthcode:region:{r}", "21"), true, true },   /* none asked */
        { PUSH("healthcode:meta:{c}", "19"), false, false },
        { PUSH("healthcode:meta:{r}", "19"), false, false },
        { PUSH("healthcode:meta:{ff}", "20"), false, false },
        { PUSH_ALL, false, false },
    };

    (void) state;

    for (size_t i = 0; i < test_count(rows); i++) {
        beat(&one, 110 + i);
        learn(&one, 'a', 110 + i);
        learn(&one, 'b', 110 + i);
        test_row(finds(&one, 'a', 111 + i) && finds(&one, 'b', 111 + i), i,
                 "before");
        test_row(come(&one, rows[i].push, 111 + i) == ON, i, rows[i].push);
        test_row(finds(&one, 'a', 111 + i) == rows[i].a, i, rows[i].push);
        test_row(finds(&one, 'b', 111 + i) == rows[i].b, i, rows[i].push);
    }

    assert_int_equal(one.counters.forgotten, 1);
    assert_int_equal(one.counters.epochs, 4);
}


static void
test_keeps_nothing_that_was_half_read_when_it_changed(void **state)
{
    (void) state;
    ask(&one, 'a', 110);
    ask(&one, 'b', 110);
    flush(&one, 110);
    assert_int_equal(come(&one, NOBODY META PUSH_A NILS META, 111), ON);
    assert_int_equal(one.times, 1);
    assert_false(finds(&one, 'a', 112));

    /* what is read after it is */
    assert_int_equal(come(&one, NOBODY META NILS META, 112), ON);
    assert_true(finds(&one, 'b', 112));
}


static void
test_keeps_nothing_of_another_epoch(void **state)
{
    healthcode_risk_query_t   query = query_of('a');
    healthcode_risk_answer_t  answer;

    (void) state;
    ask(&one, 'a', 110);
    assert_true(healthcode_tracker_beat(&one.t, 110));
    flush(&one, 110);
    assert_int_equal(come(&one, PUSH_ALL, 111), ON);
    assert_int_equal(come(&one, NOBODY META NILS META MASTER META, 112), ON);
    assert_int_equal(one.told, HEALTHCODE_REASON_OK);
    assert_false(finds(&one, 'a', 113));
    assert_false(healthcode_answers_find(one.t.memo.answers, &query, &answer));
    assert_false(healthcode_tracker_is_fresh(&one.t, 113));

    beat(&one, 114);
    assert_true(healthcode_tracker_is_fresh(&one.t, 115));
    assert_false(finds(&one, 'a', 115));
    learn(&one, 'a', 116);
    assert_true(finds(&one, 'a', 117));
}


static void
test_keeps_no_flagged_holder(void **state)
{
    (void) state;
    ask(&one, 'a', 110);
    flush(&one, 110);
    assert_int_equal(come(&one, FLAGGED META NILS META, 110), ON);
    assert_int_equal(one.nflags, 1);
    assert_false(finds(&one, 'a', 111));

    ask(&one, 'b', 111);
    flush(&one, 111);
    assert_int_equal(come(&one, NOBODY META REVOKED META, 111), ON);
    /* it is found, and the key is judged */
    assert_false(finds(&one, 'b', 112));
    assert_int_equal(one.counters.hits, 1);
}


/* ---- leaving, losing ---- */

static void
test_answers_but_keeps_nothing_while_it_leaves(void **state)
{
    (void) state;
    learn(&one, 'a', 110);
    ask(&one, 'b', 110);
    assert_true(healthcode_tracker_beat(&one.t, 110));
    flush(&one, 110);

    healthcode_tracker_leave(&one.t);
    assert_false(finds(&one, 'a', 111));
    ask(&one, 'c', 111);

    assert_int_equal(come(&one, PUSH_ALL PUSH_A, 111), ON);
    assert_int_equal(come(&one, NOBODY META NILS META, 111), ON);
    assert_int_equal(one.times, 2);
    assert_false(finds(&one, 'b', 112));

    /* whatever the heartbeat says of it */
    assert_int_equal(come(&one, SLAVE OTHER, 112), LEFT);
    assert_int_equal(one.t.pipeline.pending, 1);
}


/* Its lease is that of the heartbeat at 100; nothing is kept after it. */
static void
test_what_was_read_outlives_its_connection_for_a_lease(void **state)
{
    uint64_t  epoch = healthcode_memo_epoch(&one.t.memo);

    (void) state;
    learn(&one, 'a', 110);
    ask(&one, 'b', 111);
    flush(&one, 111);
    assert_int_equal(come(&one, NOBODY META NILS, 111), ON);
    healthcode_tracker_disconnect(&one.t);
    healthcode_pipeline_fail(&one.t.pipeline,
                             HEALTHCODE_REASON_STORE_UNAVAILABLE);

    assert_int_equal(healthcode_memo_epoch(&one.t.memo), epoch);
    assert_true(finds(&one, 'a', 1099));
    assert_false(finds(&one, 'a', 1100));
    assert_false(finds(&one, 'b', 112));
    assert_false(finds_stale(&one, 'b', 112, 500));

    /* nor while another one is made, wherever that leads */
    greet(&one, "another");
    flush(&one, 200);
    assert_int_equal(come(&one, HELLO DONE TRACKED, 200), ON);
    assert_true(finds(&one, 'a', 1099));
    assert_int_equal(one.counters.epochs, 0);

    healthcode_tracker_disconnect(&one.t);
    assert_true(finds_stale(&one, 'a', 1599, 500));
    assert_false(finds_stale(&one, 'a', 1600, 500));
    assert_int_equal(one.counters.hits, 2);
}


/* It stands as long after max_age as after the lease. */
static void
test_what_is_stale_was_not_too_old(void **state)
{
    (void) state;
    learn(&one, 'a', 110);
    assert_true(healthcode_tracker_beat(&one.t, 110 + MAX_AGE));
    flush(&one, 110 + MAX_AGE);
    assert_int_equal(come(&one, MASTER META INFO TIME TRACKED STATS("1"),
                          110 + MAX_AGE), ON);
    healthcode_tracker_disconnect(&one.t);

    assert_false(finds(&one, 'a', 110 + MAX_AGE));
    assert_true(finds_stale(&one, 'a', 110 + MAX_AGE + 499, 500));
    assert_false(finds_stale(&one, 'a', 110 + MAX_AGE + 500, 500));
}


/* Soon after the machine has started all times are small. */
static void
test_a_store_that_is_live_again_ends_what_was_read(void **state)
{
    (void) state;
    learn(&one, 'a', 110);
    healthcode_tracker_disconnect(&one.t);
    go_live(&one, 120);
    assert_int_equal(one.counters.epochs, 1);
    assert_false(finds(&one, 'a', 121));
    assert_false(finds_stale(&one, 'a', 121, 100000));

    learn(&one, 'b', 121);
    assert_false(finds_stale(&one, 'b', 121, 100000));
    beat(&one, 122);
    assert_false(finds_stale(&one, 'a', 123, 100000));
    assert_true(finds_stale(&one, 'b', 123, 100000));
}


/* Whatever the store says that it should not, now or when it is met again. */
static void
test_what_a_store_says_ends_what_was_read(void **state)
{
    static const struct {
        const char  *live, *greeting;
    } rows[] = {
        { PUSH_ALL, "" },
        { PUSH("healthcode:meta:{c}", "19"), "" },
        { PUSH("healthcode:meta:{ff}", "20"), "" },
        { PUSH("healthcode:control:{c}", "22"), "" },
        { PUSH_A, "" },
        { SLAVE META, "" },
        { MASTER OTHER, "" },
        { MASTER "%0\r\n", "" },
        { "-LOADING x\r\n" "-LOADING x\r\n", "" },
        { MASTER META DONE, "" },
        { "", "-WRONGPASS x\r\n" },
        { "", "-NOAUTH x\r\n" },
        { "", "-LOADING x\r\n" },
        { "", HELLO "-NOPERM x\r\n" },
        { "", HELLO DONE TRACKED PUSHES TIME SLAVE },
        { "", HELLO DONE TRACKED PUSHES TIME MASTER
              "$28\r\n\r\nmaxmemory_policy:allkeys\r\n\r\n" },
        { "", HELLO DONE TRACKED PUSHES TIME MASTER INFO "%0\r\n" },
        { "", HELLO DONE TRACKED PUSH_ALL },
        { "", HELLO DONE TRACKED PUSH("healthcode:meta:{c}", "19") },
        { "", GREETING },
    };

    (void) state;

    for (size_t i = 0; i < test_count(rows); i++) {
        close_side(&one);
        open_side(&one, &handshake, 0, LEASE);
        go_live(&one, 100);
        beat(&one, 100);
        learn(&one, 'a', 110);
        assert_true(finds_stale(&one, 'a', 111, 5000));

        assert_true(healthcode_tracker_beat(&one.t, 120));
        flush(&one, 120);
        (void) come(&one, rows[i].live, 120);
        healthcode_tracker_disconnect(&one.t);
        healthcode_pipeline_fail(&one.t.pipeline,
                                 HEALTHCODE_REASON_STORE_UNAVAILABLE);
        test_row(rows[i].live[0] || finds(&one, 'a', 121), i, "live");

        greet(&one, "peer");
        flush(&one, 130);
        (void) come(&one, rows[i].greeting, 130);
        healthcode_tracker_disconnect(&one.t);
        test_row(!finds(&one, 'a', 131), i, rows[i].live);
        test_row(!finds_stale(&one, 'a', 131, 5000), i, rows[i].greeting);
    }

    learn_and_leave();
    assert_false(finds_stale(&one, 'a', 151, 5000));

    /* what came is not a reply at all */
    go_live(&one, 160);
    beat(&one, 160);
    learn(&one, 'a', 161);
    healthcode_tracker_lose(&one.t);
    healthcode_tracker_disconnect(&one.t);
    assert_false(finds_stale(&one, 'a', 162, 5000));
}


/* The owner has heard of nothing; who reads the flag ends what was stored. */
static void
test_a_flag_that_is_read_ends_what_another_has_read(void **state)
{
    static const struct {
        const char  *answer;
        bool         known;
    } rows[] = {
        { NOBODY META NILS META, true },
        { FLAGGED META NILS META, false },
        { "-WRONGTYPE x\r\n" META NILS META, false },
        { NOBODY META "-WRONGTYPE x\r\n" META, false },
        { NOBODY META "*0\r\n" META, false },
        { NOBODY META NILS PUSH_ALL META, false },
        { NOBODY META PUSH("healthcode:risk:{62}:" B, "53") NILS META, true },
        { FLAGGED META PUSH("healthcode:risk:{62}:" B, "53") NILS META, false },
    };

    (void) state;

    for (size_t i = 0; i < test_count(rows); i++) {
        memset(memory, 0, sizeof(memory));
        close_side(&one);
        open_side(&one, &handshake, 0, LEASE);
        open_side(&two, &handshake, 1, LEASE);
        go_live(&one, 100);
        beat(&one, 100);
        learn(&one, 'a', 110);
        go_live(&two, 120);
        beat(&two, 120);

        /* it knows nothing of the controls */
        assert_false(finds_stale(&two, 'a', 121, 500));
        learn(&two, 'b', 121);
        assert_true(finds_stale(&two, 'a', 122, 500));
        assert_true(finds(&two, 'a', 122));

        ask(&two, 'a', 1120);
        flush(&two, 1120);
        assert_int_equal(come(&two, MASTER META INFO TIME TRACKED STATS("1"),
                              1121), ON);
        (void) come(&two, rows[i].answer, 1121);
        healthcode_tracker_disconnect(&two.t);
        test_row(finds_stale(&two, 'a', 1122, 500) == rows[i].known, i,
                 rows[i].answer);
        close_side(&two);
    }
}


/*
 * Also if nobody reads on, since the flag has no proof; and when only this has
 * none (the first two).
 */
static void
test_a_read_that_breaks_ends_what_another_has_read(void **state)
{
    static const char  *const rows[] = {
        FLAGGED "%0\r\n", FLAGGED "-WRONGTYPE x\r\n",
        FLAGGED "-NOPERM x\r\n", NOBODY "-LOADING x\r\n",
        FLAGGED META "-NOPERM x\r\n", FLAGGED META NILS "%0\r\n",
        FLAGGED OTHER NILS META, "-NOPERM x\r\n"
    };

    (void) state;

    for (size_t i = 0; i < test_count(rows); i++) {
        memset(memory, 0, sizeof(memory));
        close_side(&one);
        open_side(&one, &handshake, 0, LEASE);
        open_side(&two, &handshake, 1, LEASE);
        go_live(&one, 100);
        beat(&one, 100);
        learn(&one, 'a', 110);
        learn(&one, 'b', 110);
        go_live(&two, 120);
        beat(&two, 120);

        ask(&two, 'a', 121);
        flush(&two, 121);
        test_row(come(&two, rows[i], 122) == (i < 2 ? ON : BROKEN), i,
                 rows[i]);
        test_row(!finds(&one, 'a', 123), i, rows[i]);
        test_row(!finds_stale(&one, 'a', 1123, 500), i, rows[i]);
        test_row(finds(&one, 'b', 123), i, rows[i]);
        close_side(&two);
    }
}


/* It has ended before whoever asked hears of it. */
static void
test_who_is_refused_finds_nothing_stale(void **state)
{
    static const char *const  last[] = { "-NOPERM x\r\n", "-LOADING x\r\n",
                                         "-MASTERDOWN x\r\n", "%0\r\n", OTHER };

    (void) state;

    for (size_t i = 0; i < test_count(last); i++) {
        close_side(&one);
        open_side(&one, &handshake, 0, LEASE);
        go_live(&one, 100);
        beat(&one, 100);
        learn(&one, 'a', 110);
        ask(&one, 'b', 120);
        flush(&one, 120);
        assert_int_equal(come(&one, NOBODY META NILS, 120), ON);
        one.looks = true;
        (void) come(&one, last[i], 120);
        test_row(one.told != HEALTHCODE_REASON_OK, i, last[i]);
        test_row(one.told == HEALTHCODE_REASON_STORE_UNPROVEN || !one.found, i,
                 last[i]);
    }
}


static void
test_says_once_that_the_epochs_are_spent(void **state)
{
    (void) state;
    leases[0] = (HEALTHCODE_LEASE_EPOCH_LAST - 1)
                << HEALTHCODE_LEASE_UNTIL_BITS;
    assert_int_equal(come(&one, PUSH_ALL, 110), ON);
    assert_int_equal(come(&one, PUSH_ALL, 110), ON);
    assert_int_equal(one.notes[HEALTHCODE_TRACKER_NOTE_SPENT], 1);

    beat(&one, 111);
    learn(&one, 'a', 111);
    assert_false(finds(&one, 'a', 112));
}


/* ---- two owners of one zone ---- */

static void
test_believes_another_owner_of_the_same_store(void **state)
{
    static const struct {
        const char  *peer, *greeting, *user;
        unsigned     database;
        uint64_t     lease;
        bool         found;
    } rows[] = {
        { "peer", GREETING, "", 0, LEASE, true },
        { "other", GREETING, "", 0, LEASE, false },
        { "peer", HELLO DONE TRACKED PUSHES TIME MASTER INFO OTHER, "", 0,
          LEASE, false },
        { "peer", GREETING, "gate", 0, LEASE, false },
        { "peer", HELLO DONE DONE TRACKED PUSHES TIME MASTER INFO META, "", 1,
          LEASE, false },
        { "peer", GREETING, "", 0, LEASE + 1, false },
    };
    healthcode_handshake_t  hello;

    (void) state;
    learn(&one, 'a', 110);

    for (size_t i = 0; i < test_count(rows); i++) {
        hello = handshake;
        hello.user = healthcode_str_from(rows[i].user, strlen(rows[i].user));
        hello.database = rows[i].database;
        open_side(&two, &hello, 1, rows[i].lease);
        greet(&two, rows[i].peer);
        flush(&two, 110);
        assert_int_equal(come(&two, rows[i].greeting, 110), PROVEN);

        /* it knows nothing of the controls, and has no lease of its own yet */
        assert_false(finds(&two, 'a', 111));
        assert_true(healthcode_tracker_beat(&two.t, 111));
        flush(&two, 111);
        assert_int_equal(come(&two, MASTER, 111), ON);
        assert_int_equal(come(&two, i == 2 ? OTHER : META, 111), ON);
        ask(&two, 'b', 111);
        flush(&two, 111);
        assert_int_equal(come(&two, i == 2 ? NOBODY OTHER NILS OTHER
                                           : NOBODY META NILS META, 111), ON);

        test_row(finds(&two, 'a', 112) == rows[i].found, i, rows[i].peer);
        close_side(&two);
    }
}


/* ---- without a cache ---- */

static void
test_without_a_cache_it_only_answers(void **state)
{
    healthcode_handshake_t  hello = handshake;

    (void) state;
    hello.tracking = false;
    open_side(&two, &hello, 1, 0);
    greet(&two, "peer");
    flush(&two, 1);
    assert_int_equal(come(&two, HELLO TIME MASTER INFO META, 1), PROVEN);
    assert_int_equal(healthcode_tracker_period(&two.t), 1000);
    assert_int_equal(healthcode_tracker_wait(&two.t, 1), 1000);

    learn(&two, 'a', 2);
    assert_false(finds(&two, 'a', 3));

    assert_true(healthcode_tracker_beat(&two.t, 4));
    flush(&two, 4);
    assert_int_equal(healthcode_pipeline_first(&two.t.pipeline)->expected, 5);
    assert_int_equal(come(&two, MASTER META INFO TIME, 5), ON);

    assert_int_equal(come(&two, PUSH_ALL, 6), BROKEN);
    close_side(&two);
}


static void
test_silence_is_a_second_with_a_cache(void **state)
{
    uint64_t  left;

    (void) state;
    one.t.pipeline.timeout = 5000;
    assert_int_equal(healthcode_tracker_silence(&one.t), 1000);
    ask(&one, 'a', 110);
    flush(&one, 110);
    assert_false(healthcode_tracker_is_silent(&one.t, 1109, &left));
    assert_int_equal(left, 1);
    assert_true(healthcode_tracker_is_silent(&one.t, 1110, &left));
}


/* ---- nobody stands here ---- */

/* A heartbeat if one is due at now, answered well; whether it was. */
static bool
tick(side_t *side, uint64_t now)
{
    bool                  more = healthcode_memo_is_on(&side->t.memo);
    healthcode_lookup_t  *first;

    assert_true(healthcode_tracker_tick(&side->t, now));
    flush(side, now);
    first = healthcode_pipeline_first(&side->t.pipeline);

    if (first == NULL) {
        return false;
    }

    assert_true(first->is_heartbeat);
    side->t.pipeline.heard = now;
    assert_int_equal(come(side, !first->asks_memory ? MASTER META
                                : more ? MASTER META INFO TIME TRACKED
                                         STATS("1")
                                       : MASTER META INFO TIME, now), ON);

    while (side->nreplies) {
        freeReplyObject(side->replies[--side->nreplies]);
    }

    return true;
}


/* How many heartbeats there are from *now to until, when each timer is over. */
static unsigned
ticks(side_t *side, uint64_t *now, uint64_t until)
{
    unsigned  n = 0;

    while (*now < until) {
        n += tick(side, *now);
        *now += healthcode_tracker_wait(&side->t, *now);
    }

    return n;
}


/* Somebody has, at 110; the time, when that is long ago. */
static uint64_t
rest(side_t *side)
{
    uint64_t  now = 110;

    learn(side, 'a', now);
    side->t.pipeline.heard = now;
    (void) ticks(side, &now, 4000);

    return 4000;
}


static void
test_asks_hardly_where_nobody_stands(void **state)
{
    uint64_t  now = 10000;

    (void) state;
    assert_int_equal(healthcode_tracker_wait(&one.t, 100), LEASE / 4);
    one.t.stood = now;

    /* eight in two leases, with that at once; then one in half a minute */
    assert_int_equal(ticks(&one, &now, 12000), 8);
    assert_int_equal(one.t.beaten, 11750);
    assert_int_equal(ticks(&one, &now, 11750 + 30000), 0);
    assert_int_equal(now, 11750 + 30000);
    assert_int_equal(ticks(&one, &now, 11750 + 90000), 2);
    assert_int_equal(healthcode_tracker_wait(&one.t, now - 10000), 10000);

    /* and for all once in two minutes */
    assert_in_range(one.t.memory, 11000, 11750);
    assert_int_equal(ticks(&one, &now, 11750 + 121000), 2);
    assert_int_equal(one.t.memory, 11750 + 120000);
}


static void
test_sees_a_hit_by_its_counter(void **state)
{
    uint64_t  now = 1000;

    (void) state;
    learn(&one, 'a', 110);
    beat(&one, 900);

    /* looked for while the lease is fresh, though nobody asks */
    one.t.stood = 1000;
    assert_int_equal(ticks(&one, &now, 3151), 8);
    assert_int_equal(now, 3400);
    assert_true(finds(&one, 'a', 3200));
    assert_int_equal(ticks(&one, &now, 4000), 3);
    assert_true(finds(&one, 'a', 4100));
    assert_int_equal(ticks(&one, &now, 5000), 4);
    assert_int_equal(ticks(&one, &now, 40000), 5);
}


/* Only what it then says of its role begins a lease, from when it was asked. */
static void
test_the_first_read_carries_the_role(void **state)
{
    uint64_t              now = rest(&one);
    uint64_t              epoch = healthcode_memo_epoch(&one.t.memo);
    healthcode_lookup_t  *first;

    (void) state;
    assert_false(finds(&one, 'a', now));
    assert_true(healthcode_tracker_wait(&one.t, now) > 20000);

    ask(&one, 'b', now);
    ask(&one, 'c', now);
    ask(&one, 'b', now);
    assert_int_equal(healthcode_tracker_wait(&one.t, now), LEASE / 4);
    flush(&one, now);
    first = healthcode_pipeline_first(&one.t.pipeline);
    assert_true(first->is_heartbeat);
    assert_true(first->asks_memory);
    assert_int_equal(come(&one, MASTER META INFO TIME TRACKED STATS("1"),
                          now + 50), ON);
    assert_int_equal(one.times, 1);
    assert_int_equal(come(&one, NOBODY META NILS META, now + 50), ON);
    assert_int_equal(come(&one, NOBODY META NILS META, now + 50), ON);
    assert_int_equal(one.times, 4);
    assert_null(healthcode_pipeline_first(&one.t.pipeline));

    /* what was known before is still of this epoch */
    assert_int_equal(healthcode_memo_epoch(&one.t.memo), epoch);
    assert_true(finds(&one, 'a', now + LEASE - 1));
    assert_true(finds(&one, 'b', now + LEASE - 1));
    assert_false(finds(&one, 'a', now + LEASE));
}


static void
test_no_read_renews_without_the_role(void **state)
{
    uint64_t  now = 110;

    (void) state;
    learn(&one, 'a', now);

    for (now = 120; now < 340; now += 10) {
        learn(&one, 'b', now);
    }

    assert_true(finds(&one, 'a', 100 + LEASE - 1));
    assert_false(finds(&one, 'a', 100 + LEASE));
}


static void
test_answers_no_read_of_a_former_master(void **state)
{
    uint64_t  now = rest(&one);

    (void) state;
    ask(&one, 'b', now);
    flush(&one, now);
    one.t.reason = HEALTHCODE_REASON_COUNT;
    assert_int_equal(come(&one, SLAVE META INFO TIME TRACKED STATS("1"), now),
                     BROKEN);
    assert_int_equal(one.t.reason, HEALTHCODE_REASON_STORE_NOT_MASTER);
    assert_int_equal(one.told, HEALTHCODE_REASON_COUNT);
    assert_false(finds(&one, 'a', now + 1));
}


/* It ends what it ends; the first read sees the rest. */
static void
test_a_push_while_nobody_stands(void **state)
{
    static const struct {
        const char  *push;
        bool         found;
    } rows[] = {
        { PUSH("healthcode:data:{c}", "19"), true },
        { PUSH_A, false },
        { PUSH_ALL, false },
        { PUSH("healthcode:meta:{c}", "19"), false },
    };
    uint64_t  now;

    (void) state;

    for (size_t i = 0; i < test_count(rows); i++) {
        close_side(&one);
        open_side(&one, &handshake, 0, LEASE);
        go_live(&one, 100);
        beat(&one, 100);
        now = rest(&one);

        assert_int_equal(come(&one, rows[i].push, now), ON);
        assert_int_equal(one.t.state, HEALTHCODE_TRACKER_LIVE);
        ask(&one, 'b', now + 1);
        flush(&one, now + 1);
        assert_int_equal(come(&one, MASTER META INFO TIME TRACKED STATS("1"),
                              now + 2), ON);
        assert_int_equal(come(&one, NOBODY META NILS META, now + 2), ON);
        test_row(finds(&one, 'b', now + 3), i, rows[i].push);
        test_row(finds(&one, 'a', now + 3) == rows[i].found, i, rows[i].push);
    }
}


static void
test_without_a_cache_nobody_stands_either(void **state)
{
    uint64_t                now = 20000;
    healthcode_handshake_t  hello = handshake;

    (void) state;
    hello.tracking = false;
    open_side(&two, &hello, 1, 0);
    greet(&two, "peer");
    flush(&two, now);
    assert_int_equal(come(&two, HELLO TIME MASTER INFO META, now), PROVEN);

    assert_int_equal(ticks(&two, &now, 50000), 0);
    assert_int_equal(ticks(&two, &now, 50001), 1);

    ask(&two, 'a', 60000);
    flush(&two, 60000);
    assert_true(healthcode_pipeline_first(&two.t.pipeline)->is_heartbeat);
    assert_int_equal(healthcode_tracker_wait(&two.t, 60000), 1000);
    assert_int_equal(come(&two, MASTER META INFO TIME, 60000), ON);
    assert_int_equal(come(&two, NOBODY META NILS META, 60000), ON);
    assert_int_equal(two.told, HEALTHCODE_REASON_OK);

    now = 61000;
    assert_int_equal(ticks(&two, &now, 90000), 1);
    close_side(&two);
}


static void
test_who_is_not_taken_asks_for_no_role(void **state)
{
    uint64_t                 now = rest(&one);
    healthcode_lookup_t     *lookup;
    healthcode_risk_query_t  query = query_of('z');

    (void) state;
    one.t.pipeline.pending = 8;
    assert_int_equal(healthcode_tracker_ask(&one.t, &query, now, done, &one,
                                            &lookup),
                     HEALTHCODE_REASON_STORE_BUSY);
    assert_false(healthcode_pipeline_has_unsent(&one.t.pipeline));
    one.t.pipeline.pending = 0;
}


/* ---- a connection that was silent ---- */

static void
test_a_silent_connection_may_have_been_dead(void **state)
{
    static const struct {
        const char  *what;
        uint64_t     heard, now;
        bool         idle;
    } rows[] = {
        { "a byte has come",              5001, 8000, false },
        { "silent for a lease",           4000, 5100, false },
        { "for more, when it was asked",  3999, 5100, true },
        { "asked for long",               4000, 9900, false },
    };

    (void) state;
    one.t.pipeline.heard = 4000;
    assert_false(healthcode_tracker_was_idle(&one.t, 4000 + LEASE));
    assert_true(healthcode_tracker_was_idle(&one.t, 4001 + LEASE));
    assert_int_equal(healthcode_tracker_silence(&one.t), TIMEOUT);

    ask(&one, 'a', 5000);
    flush(&one, 5000);

    for (size_t i = 0; i < test_count(rows); i++) {
        one.t.pipeline.heard = rows[i].heard;
        test_row(healthcode_tracker_was_idle(&one.t, rows[i].now)
                 == rows[i].idle, i, rows[i].what);
        test_row(healthcode_tracker_silence(&one.t)
                 == (rows[i].idle ? TIMEOUT / 2 : TIMEOUT), i, rows[i].what);
    }

    /* one that is left, or down, is another matter */
    one.t.pipeline.heard = 3999;
    healthcode_tracker_leave(&one.t);
    assert_false(healthcode_tracker_was_idle(&one.t, 5100));
    healthcode_tracker_disconnect(&one.t);
    assert_false(healthcode_tracker_was_idle(&one.t, 5100));
}


/* ---- another password ---- */

static const healthcode_handshake_t  with_password = {
    .tracking = true, .is_gate = true, .pepper_check = CHECK,
    .password = { (const uint8_t *) "old-one", 7 }
};

#define AUTH(password)  "*2\r\n$4\r\nAUTH\r\n$7\r\n" password "\r\n"


/* One that has a password, and is live with a lease from 100 on. */
static int
setup_password(void **state)
{
    setup(state);
    close_side(&one);
    open_side(&one, &with_password, 0, LEASE);
    go_live(&one, 100);
    beat(&one, 100);

    return 0;
}


static bool
writes(const side_t *side, const char *text)
{
    const healthcode_redis_buf_t  *out = &side->t.pipeline.out;

    return memmem(out->data, out->len, text, strlen(text)) != NULL;
}


static unsigned
auths_said(const side_t *side)
{
    return side->notes[HEALTHCODE_TRACKER_NOTE_AUTH];
}


static void
test_asks_for_another_password_in_order(void **state)
{
    uint64_t  epoch;

    (void) state;
    learn(&one, 'a', 110);
    epoch = healthcode_memo_epoch(&one.t.memo);

    ask(&one, 'b', 111);
    assert_true(healthcode_tracker_auth(&one.t, healthcode_str("new-one")));
    assert_true(writes(&one, AUTH("new-one")));
    flush(&one, 111);
    assert_int_equal(one.t.pipeline.pending, 1);
    assert_int_equal(auths_said(&one), 0);

    assert_int_equal(come(&one, NOBODY META NILS META DONE, 112), ON);
    assert_int_equal(one.told, HEALTHCODE_REASON_OK);
    assert_int_equal(auths_said(&one), 1);

    /* what was known is, and what is pushed counts */
    assert_true(epoch == healthcode_memo_epoch(&one.t.memo));
    assert_true(finds(&one, 'a', 113));
    assert_true(finds(&one, 'b', 113));
    assert_int_equal(come(&one, PUSH_A, 114), ON);
    assert_false(finds(&one, 'a', 115));
    assert_true(finds(&one, 'b', 115));

    /* the next connection begins with it, and has nothing new to say */
    healthcode_tracker_disconnect(&one.t);
    greet(&one, "peer");
    assert_true(writes(&one, "new-one"));
    assert_false(writes(&one, "old-one"));
    flush(&one, 116);
    assert_int_equal(come(&one, GREETING, 116), PROVEN);
    assert_int_equal(auths_said(&one), 1);
}


static void
test_says_once_of_two_passwords_that_they_are_in_use(void **state)
{
    (void) state;
    assert_true(healthcode_tracker_auth(&one.t, healthcode_str("new-one")));
    assert_true(healthcode_tracker_auth(&one.t, healthcode_str("newest!")));
    flush(&one, 110);
    assert_int_equal(come(&one, DONE, 111), ON);
    assert_int_equal(auths_said(&one), 0);
    assert_int_equal(come(&one, DONE, 111), ON);
    assert_int_equal(auths_said(&one), 1);
}


/* A wrong one is an outage, by the same words wherever it is refused. */
static void
test_leaves_a_store_that_refuses_another_password(void **state)
{
    char  what[HEALTHCODE_REFUSAL_SIZE];

    (void) state;
    learn(&one, 'a', 110);
    assert_true(healthcode_tracker_auth(&one.t, healthcode_str("new-one")));
    flush(&one, 111);
    assert_int_equal(come(&one, "-WRONGPASS new-one is not old-one\r\n", 112),
                     BROKEN);
    assert_int_equal(one.t.reason, HEALTHCODE_REASON_STORE_AUTH);
    assert_string_equal(one.t.what, "its new password is refused: WRONGPASS "
                        "*** is not ***; check \"user\" and "
                        "\"password_file\" of the store, and that Redis has "
                        "this user, switched on");
    assert_int_equal(auths_said(&one), 0);
    snprintf(what, sizeof(what), "%s", one.t.what);

    healthcode_tracker_disconnect(&one.t);
    healthcode_pipeline_fail(&one.t.pipeline, one.t.reason);
    assert_false(finds(&one, 'a', 113));

    greet(&one, "peer");
    flush(&one, 113);
    assert_int_equal(come(&one, "-WRONGPASS new-one is not old-one\r\n", 113),
                     BROKEN);
    assert_string_equal(one.t.what, what);

    /* and taken there */
    healthcode_tracker_disconnect(&one.t);
    go_live(&one, 114);
    assert_int_equal(auths_said(&one), 1);
    assert_int_equal(one.t.auths, 0);

    /* what it has taken is not new any more */
    healthcode_tracker_disconnect(&one.t);
    greet(&one, "peer");
    flush(&one, 115);
    assert_int_equal(come(&one, "-WRONGPASS x\r\n", 115), BROKEN);
    assert_non_null(strstr(one.t.what, "HELLO 3 is refused: WRONGPASS x"));

    /* a number does not answer AUTH */
    healthcode_tracker_disconnect(&one.t);
    go_live(&one, 116);
    assert_true(healthcode_tracker_auth(&one.t, healthcode_str("newest!")));
    flush(&one, 116);
    assert_int_equal(come(&one, ":1\r\n", 117), BROKEN);
    assert_int_equal(one.t.reason, HEALTHCODE_REASON_STORE_UNAVAILABLE);
}


static void
test_asks_for_another_password_once_the_handshake_is_over(void **state)
{
    (void) state;
    healthcode_tracker_disconnect(&one.t);
    greet(&one, "peer");
    assert_true(writes(&one, "old-one"));
    flush(&one, 110);
    ask(&one, 'a', 110);
    assert_true(healthcode_tracker_auth(&one.t, healthcode_str("new-one")));
    assert_int_equal(one.t.pipeline.out.len, 0);
    assert_int_equal(come(&one, GREETING, 111), PROVEN);
    assert_int_equal(auths_said(&one), 0);
    assert_true(writes(&one, AUTH("new-one")));
    flush(&one, 111);
    assert_int_equal(come(&one, NOBODY META NILS META, 112), ON);
    assert_int_equal(one.told, HEALTHCODE_REASON_OK);
    assert_int_equal(come(&one, DONE, 112), ON);
    assert_int_equal(auths_said(&one), 1);

    /* of one that is lost meanwhile the next one has it */
    healthcode_tracker_disconnect(&one.t);
    greet(&one, "peer");
    flush(&one, 113);
    assert_true(healthcode_tracker_auth(&one.t, healthcode_str("newest!")));
    healthcode_tracker_disconnect(&one.t);
    greet(&one, "peer");
    assert_true(writes(&one, "newest!"));
    flush(&one, 114);
    assert_int_equal(come(&one, GREETING, 114), PROVEN);
    assert_int_equal(one.t.pipeline.out.len, 0);
    assert_int_equal(auths_said(&one), 2);
}


static void
test_leaves_a_store_by_the_password_that_it_has(void **state)
{
    (void) state;
    ask(&one, 'a', 110);
    assert_true(healthcode_tracker_auth(&one.t, healthcode_str("new-one")));
    flush(&one, 110);
    healthcode_tracker_leave(&one.t);
    assert_int_equal(come(&one, NOBODY META NILS META, 111), ON);
    assert_int_equal(one.told, HEALTHCODE_REASON_OK);
    assert_int_equal(come(&one, "-WRONGPASS x\r\n", 111), LEFT);

    /* one that comes now is for the next one */
    assert_true(healthcode_tracker_auth(&one.t, healthcode_str("newest!")));
    assert_int_equal(one.t.pipeline.out.len, 0);
    healthcode_tracker_disconnect(&one.t);
    go_live(&one, 112);
    assert_int_equal(auths_said(&one), 1);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(
            test_asks_for_another_password_in_order, setup_password, teardown),
        cmocka_unit_test_setup_teardown(
            test_says_once_of_two_passwords_that_they_are_in_use,
            setup_password, teardown),
        cmocka_unit_test_setup_teardown(
            test_leaves_a_store_that_refuses_another_password, setup_password,
            teardown),
        cmocka_unit_test_setup_teardown(
            test_believes_nothing_that_comes_too_late, setup_live, teardown),
        cmocka_unit_test_setup_teardown(
            test_what_was_to_be_written_ends_with_what_was_sent, setup_live,
            teardown),
        cmocka_unit_test_setup_teardown(
            test_asks_for_another_password_once_the_handshake_is_over,
            setup_password, teardown),
        cmocka_unit_test_setup_teardown(
            test_leaves_a_store_by_the_password_that_it_has, setup_password,
            teardown),
        cmocka_unit_test_setup_teardown(
            test_believes_no_store_that_proves_less, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_holds_lookups_until_it_is_live, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_says_less_once, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_believes_the_data_of_a_proven_store, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_reads_the_data_each_second, setup_live, teardown),
        cmocka_unit_test_setup_teardown(
            test_takes_a_touch_for_no_change_of_flags, setup_live, teardown),
        cmocka_unit_test_setup_teardown(
            test_needs_no_number_of_keys, setup_live, teardown),
        cmocka_unit_test_setup_teardown(
            test_forgets_the_keys_of_a_store_that_is_gone, setup_live,
            teardown),
        cmocka_unit_test_setup_teardown(
            test_says_how_many_keys_are_tracked, setup_live, teardown),
        cmocka_unit_test_setup_teardown(
            test_says_once_that_it_lets_everybody_in, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_lives_with_a_store_that_says_less, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_believes_nothing_without_a_heartbeat, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_counts_a_lease_from_the_question, setup_live, teardown),
        cmocka_unit_test_setup_teardown(
            test_lets_an_entry_grow_old, setup_live, teardown),
        cmocka_unit_test_setup_teardown(
            test_asks_for_the_memory_each_second, setup_live, teardown),
        cmocka_unit_test_setup_teardown(
            test_leaves_a_store_that_is_no_longer_what_it_was, setup,
            teardown),
        cmocka_unit_test_setup_teardown(
            test_leaves_another_store_that_a_read_finds, setup_live,
            teardown),
        cmocka_unit_test_setup_teardown(
            test_believes_no_part_without_its_proof, setup_live, teardown),
        cmocka_unit_test_setup_teardown(
            test_keeps_the_parts_that_were_asked, setup_live, teardown),
        cmocka_unit_test_setup_teardown(
            test_a_store_without_proofs_is_no_partition, setup_live, teardown),
        cmocka_unit_test_setup_teardown(
            test_believes_no_read_that_another_store_proves, setup_live,
            teardown),
        cmocka_unit_test_setup_teardown(
            test_tells_an_error_of_one_holder_from_one_of_all, setup_live,
            teardown),
        cmocka_unit_test_setup_teardown(
            test_refuses_what_nobody_asked_for, setup_live, teardown),
        cmocka_unit_test_setup_teardown(
            test_forgets_what_is_pushed, setup_live, teardown),
        cmocka_unit_test_setup_teardown(
            test_keeps_nothing_that_was_half_read_when_it_changed, setup_live,
            teardown),
        cmocka_unit_test_setup_teardown(
            test_keeps_nothing_of_another_epoch, setup_live, teardown),
        cmocka_unit_test_setup_teardown(
            test_keeps_no_flagged_holder, setup_live, teardown),
        cmocka_unit_test_setup_teardown(
            test_answers_but_keeps_nothing_while_it_leaves, setup_live,
            teardown),
        cmocka_unit_test_setup_teardown(
            test_what_was_read_outlives_its_connection_for_a_lease, setup_live,
            teardown),
        cmocka_unit_test_setup_teardown(
            test_what_is_stale_was_not_too_old, setup_live, teardown),
        cmocka_unit_test_setup_teardown(
            test_a_store_that_is_live_again_ends_what_was_read, setup_live,
            teardown),
        cmocka_unit_test_setup_teardown(
            test_what_a_store_says_ends_what_was_read, setup_live, teardown),
        cmocka_unit_test_setup_teardown(
            test_a_flag_that_is_read_ends_what_another_has_read, setup_live,
            teardown),
        cmocka_unit_test_setup_teardown(
            test_a_read_that_breaks_ends_what_another_has_read, setup_live,
            teardown),
        cmocka_unit_test_setup_teardown(
            test_who_is_refused_finds_nothing_stale, setup_live, teardown),
        cmocka_unit_test_setup_teardown(
            test_says_once_that_the_epochs_are_spent, setup_live, teardown),
        cmocka_unit_test_setup_teardown(
            test_believes_another_owner_of_the_same_store, setup_live,
            teardown),
        cmocka_unit_test_setup_teardown(
            test_without_a_cache_it_only_answers, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_silence_is_a_second_with_a_cache, setup_live, teardown),
        cmocka_unit_test_setup_teardown(
            test_asks_hardly_where_nobody_stands, setup_live, teardown),
        cmocka_unit_test_setup_teardown(
            test_sees_a_hit_by_its_counter, setup_live, teardown),
        cmocka_unit_test_setup_teardown(
            test_the_first_read_carries_the_role, setup_live, teardown),
        cmocka_unit_test_setup_teardown(
            test_no_read_renews_without_the_role, setup_live, teardown),
        cmocka_unit_test_setup_teardown(
            test_answers_no_read_of_a_former_master, setup_live, teardown),
        cmocka_unit_test_setup_teardown(
            test_a_push_while_nobody_stands, setup_live, teardown),
        cmocka_unit_test_setup_teardown(
            test_without_a_cache_nobody_stands_either, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_who_is_not_taken_asks_for_no_role, setup_live, teardown),
        cmocka_unit_test_setup_teardown(
            test_a_silent_connection_may_have_been_dead, setup_live, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
