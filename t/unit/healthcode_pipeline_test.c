/*
 * Tests of healthcode_pipeline.c: replies find their own lookups whatever has
 * become of those; who joins whom; when a lookup is late, a store silent.
 * docs/connection.md.
 */

#include "test.h"
#include "resp.h"

#include "../../ngx_http_healthcode_module/redis/healthcode_outage.h"
#include "../../ngx_http_healthcode_module/redis/healthcode_pipeline.h"


#define THUMB    "0123456789012345678901234567890123456789012"
#define OTHER    "x123456789012345678901234567890123456789012"

#define TIMEOUT  100u
#define LEASE    1000u
#define PENDING  4

#define NONE     HEALTHCODE_REASON_COUNT
#define OK       HEALTHCODE_REASON_OK
#define LATE     HEALTHCODE_REASON_STORE_TIMEOUT
#define DOWN     HEALTHCODE_REASON_STORE_UNAVAILABLE


/* Who asks, and the answer it got. */
typedef struct {
    healthcode_lookup_t  *lookup;
    healthcode_reason_e   told;
    unsigned              times;
    const healthcode_risk_reading_t  *first;      /* of the replies */
} asker_t;

static healthcode_pipeline_t  p;
static redisReply             replies[64];
static healthcode_risk_reading_t  readings[64];    /* by the first reply */
static healthcode_region_t    here = 510000, there = 110000;


static void
done(void *data, healthcode_reason_e reason,
    const healthcode_risk_reading_t *got)
{
    asker_t  *asker = data;

    asker->told = reason;
    asker->times++;
    asker->first = got;
}


/* A question: holder "a", "b", ... of the issuer, by the key. */
static healthcode_risk_query_t
query_of(char holder)
{
    healthcode_risk_query_t  query = {
        .iss = healthcode_str("https://a.test"),
        .thumbprint = healthcode_str(THUMB)
    };

    memset(query.holder, holder, HEALTHCODE_HOLDER_LEN);

    return query;
}


static asker_t
ask_query(const healthcode_risk_query_t *query, bool live, uint64_t now,
    asker_t *asker)
{
    *asker = (asker_t) { .told = NONE };

    assert_int_equal(healthcode_pipeline_ask(&p, query, live, now, done, asker,
                                             &asker->lookup),
                     OK);

    return *asker;
}


static void
ask(asker_t *asker, char holder, uint64_t now)
{
    healthcode_risk_query_t  query = query_of(holder);

    (void) ask_query(&query, true, now, asker);
}


/* Everything is written at now, in epoch 7. */
static void
send_all(uint64_t now)
{
    assert_true(healthcode_pipeline_send(&p, now, 7));
    healthcode_pipeline_wrote(&p, p.out.len, now);
}


/* The next reply, number i of all; whether it was the last of a lookup. */
static bool
reply(unsigned i)
{
    bool                  last;
    healthcode_lookup_t  *lookup = healthcode_pipeline_first(&p);

    assert_non_null(lookup);
    last = healthcode_pipeline_reply(lookup, &replies[i]);

    if (last) {
        healthcode_pipeline_done(lookup, OK,
                                 &readings[lookup->replies[0] - replies]);
    }

    return last;
}


/* All replies to the next lookup, from number i on. */
static void
answer(unsigned i)
{
    unsigned  n = healthcode_pipeline_first(&p)->expected;

    while (n--) {
        assert_int_equal(reply(i++), n == 0);
    }
}


static int
setup(void **state)
{
    (void) state;
    healthcode_pipeline_init(&p, TIMEOUT, LEASE, PENDING);
    return 0;
}


static int
teardown(void **state)
{
    (void) state;
    healthcode_pipeline_fail(&p, DOWN);
    assert_int_equal(p.pending, 0);
    healthcode_pipeline_free(&p);
    return 0;
}


/* ---- order ---- */

static void
test_matches_replies_in_the_order_sent(void **state)
{
    static asker_t  a, b;

    (void) state;
    ask(&a, 'a', 1);
    ask(&b, 'b', 1);
    assert_int_equal(p.pending, 2);
    send_all(1);

    answer(0);
    assert_int_equal(a.told, OK);
    assert_ptr_equal(a.first, &readings[0]);
    assert_int_equal(b.told, NONE);

    answer(10);
    assert_int_equal(b.told, OK);
    assert_ptr_equal(b.first, &readings[10]);

    assert_int_equal(a.times, 1);
    assert_int_equal(b.times, 1);
    assert_int_equal(p.pending, 0);
    assert_null(healthcode_pipeline_first(&p));
}


static void
test_keeps_the_place_of_who_has_left(void **state)
{
    static asker_t  a, b;

    (void) state;
    ask(&a, 'a', 1);
    ask(&b, 'b', 1);
    send_all(1);
    healthcode_pipeline_cancel(a.lookup);

    answer(0);
    assert_int_equal(a.times, 0);
    assert_int_equal(b.times, 0);

    answer(10);
    assert_ptr_equal(b.first, &readings[10]);
}


static void
test_keeps_the_place_of_who_was_late(void **state)
{
    static asker_t  a, b;
    uint64_t  left;

    (void) state;
    ask(&a, 'a', 1);
    send_all(1);
    ask(&b, 'b', 50);
    send_all(50);

    assert_true(healthcode_pipeline_expire(&p, 1 + TIMEOUT, &left));
    assert_int_equal(a.told, LATE);
    assert_int_equal(p.late, 1);
    assert_null(a.first);
    assert_int_equal(left, 49);

    answer(0);
    assert_int_equal(a.times, 1);
    answer(10);
    assert_ptr_equal(b.first, &readings[10]);
}


static void
test_puts_a_heartbeat_in_the_order(void **state)
{
    static asker_t  a, b;
    healthcode_handshake_t  handshake = { .pepper_check = THUMB };
    healthcode_lookup_t    *beat;

    (void) state;
    ask(&a, 'a', 1);
    assert_true(healthcode_pipeline_beat(&p, &handshake, true));
    ask(&b, 'b', 1);
    assert_int_equal(p.pending, 2);
    send_all(1);

    answer(0);
    beat = healthcode_pipeline_first(&p);
    assert_true(beat->is_heartbeat);
    assert_true(beat->asks_memory);
    assert_int_equal(beat->expected,
                     healthcode_handshake_again(&handshake, true));
    assert_int_equal(beat->epoch, 7);
    assert_int_equal(beat->sent, 1);

    answer(10);
    assert_int_equal(p.pending, 1);
    answer(20);
    assert_ptr_equal(b.first, &readings[20]);
}


static void
test_takes_no_more_than_it_may(void **state)
{
    static asker_t  askers[PENDING], more;
    healthcode_risk_query_t  query;

    (void) state;

    for (int i = 0; i < PENDING; i++) {
        ask(&askers[i], (char) ('a' + i), 1);
    }

    query = query_of('z');
    assert_int_equal(healthcode_pipeline_ask(&p, &query, true, 1, done, &more,
                                             &more.lookup),
                     HEALTHCODE_REASON_STORE_BUSY);

    /* who joins takes no place */
    ask(&more, 'a', 1);
    assert_int_equal(p.pending, PENDING);
}


/* ---- joining ---- */

static void
test_joins_one_question(void **state)
{
    static asker_t  a, b, c;

    (void) state;
    ask(&a, 'a', 1);
    ask(&b, 'a', 1);
    assert_true(b.lookup->is_joined);
    assert_int_equal(p.pending, 1);
    send_all(1);
    ask(&c, 'a', LEASE);
    assert_true(c.lookup->is_joined);

    answer(0);
    assert_ptr_equal(a.first, &readings[0]);
    assert_ptr_equal(b.first, &readings[0]);
    assert_ptr_equal(c.first, &readings[0]);
    assert_int_equal(a.times + b.times + c.times, 3);
}


/* Questions that differ from the first one, each in one thing. */
static void
test_joins_no_other_question(void **state)
{
    static asker_t  a, other;
    healthcode_region_t      both[] = { here, there };
    healthcode_risk_query_t  first = query_of('a'), rows[9];

    (void) state;
    first.regions = &here;
    first.nregions = 1;

    for (size_t i = 0; i < test_count(rows); i++) {
        rows[i] = first;
    }

    rows[0].holder[HEALTHCODE_HOLDER_LEN - 1] = 'b';
    rows[1].iss = healthcode_str("https://b.test");
    rows[2].thumbprint = healthcode_str(OTHER);
    rows[3].regions = &there;
    rows[4].nregions = 0;
    rows[5].regions = both;
    rows[5].nregions = 2;

    /* in parts */
    rows[7].parts = HEALTHCODE_RISK_HOLDER | HEALTHCODE_RISK_CONTROLS;
    rows[8].parts = HEALTHCODE_RISK_HOLDER;

    /* a malformed thumbprint joins nothing, not even its like */
    rows[6].thumbprint = healthcode_str("short");

    for (size_t i = 0; i < test_count(rows); i++) {
        (void) ask_query(&first, true, 1, &a);
        (void) ask_query(&rows[i], true, 1, &other);
        test_row(!other.lookup->is_joined, i, "joined");

        if (i == 6) {
            (void) ask_query(&rows[i], true, 1, &a);
            test_row(!a.lookup->is_joined, i, "joined its like");
        }

        healthcode_pipeline_fail(&p, DOWN);
    }
}


/* What is not asked makes no difference, nor how it is said that all is. */
static void
test_joins_one_part_of_two_questions(void **state)
{
    static asker_t  a, b, other;
    healthcode_risk_query_t  query = query_of('a'), like = query_of('b');

    (void) state;
    query.regions = &here;
    query.nregions = 1;
    like.regions = &here;
    like.nregions = 1;

    for (unsigned parts = 1; parts < 8; parts++) {
        query.parts = parts;
        like.parts = parts;
        (void) ask_query(&query, true, 1, &a);
        (void) ask_query(&like, true, 1, &b);
        assert_int_equal(b.lookup->is_joined,
                         !(parts & HEALTHCODE_RISK_HOLDER));
        assert_int_equal(a.lookup->expected,
                         2 * __builtin_popcount(parts));

        /* a malformed thumbprint is in nobody's way if it is not asked */
        like.thumbprint = healthcode_str("short");
        memset(like.holder, 'a', HEALTHCODE_HOLDER_LEN);
        (void) ask_query(&like, true, 1, &other);
        assert_int_equal(other.lookup->is_joined,
                         !(parts & HEALTHCODE_RISK_CONTROLS));

        like = query_of('b');
        like.regions = &here;
        like.nregions = 1;
        healthcode_pipeline_fail(&p, DOWN);
    }

    query.parts = 0;
    (void) ask_query(&query, true, 1, &a);
    query.parts = HEALTHCODE_RISK_HOLDER | HEALTHCODE_RISK_REGIONS
                  | HEALTHCODE_RISK_CONTROLS;
    (void) ask_query(&query, true, 1, &b);
    assert_true(b.lookup->is_joined);

    /* a holder that is all zero is one */
    memset(query.holder, 0, HEALTHCODE_HOLDER_LEN);
    query.parts = HEALTHCODE_RISK_CONTROLS;
    (void) ask_query(&query, true, 1, &a);
    query.parts |= HEALTHCODE_RISK_HOLDER;
    (void) ask_query(&query, true, 1, &b);
    assert_false(b.lookup->is_joined);

    /* nothing is asked */
    query.parts = HEALTHCODE_RISK_REGIONS;
    query.nregions = 0;
    other.lookup = NULL;
    assert_int_equal(healthcode_pipeline_ask(&p, &query, true, 1, done, &other,
                                             &other.lookup),
                     HEALTHCODE_REASON_FAULT);
    assert_null(other.lookup);
    assert_int_equal(p.pending, 3);
}


static void
test_joins_what_was_sent_for_less_than_a_lease(void **state)
{
    static asker_t  a, b;

    (void) state;
    ask(&a, 'a', 1);
    send_all(5);

    ask(&b, 'a', 5 + LEASE - 1);
    assert_true(b.lookup->is_joined);
    assert_false(b.lookup->is_behind);
    ask(&b, 'a', 5 + LEASE);
    assert_false(b.lookup->is_joined);
    assert_true(b.lookup->is_behind);
    ask(&a, 'b', 5 + LEASE);
    assert_false(a.lookup->is_behind);
}


static void
test_joins_nothing_sent_without_a_lease(void **state)
{
    static asker_t  a, b, c;

    (void) state;
    p.lease = 0;
    ask(&a, 'a', 1);
    ask(&b, 'a', 1);
    assert_true(b.lookup->is_joined);

    send_all(1);
    ask(&c, 'a', 1);
    assert_false(c.lookup->is_joined);
    assert_false(c.lookup->is_behind);
}


/* Nobody waits for it, so that no timer runs. */
static void
test_joins_no_tombstone(void **state)
{
    static asker_t  a, b, c;

    (void) state;
    ask(&a, 'a', 1);
    send_all(1);
    healthcode_pipeline_cancel(a.lookup);
    ask(&b, 'a', 1);
    assert_false(b.lookup->is_joined);
    assert_false(b.lookup->is_behind);

    /* not sent yet: it will be asked in any case */
    healthcode_pipeline_cancel(b.lookup);
    ask(&c, 'a', 1);
    assert_true(c.lookup->is_joined);
    send_all(1);

    answer(0);
    answer(10);
    assert_int_equal(a.times + b.times, 0);
    assert_ptr_equal(c.first, &readings[10]);
}


static void
test_goes_on_for_those_who_joined(void **state)
{
    static asker_t  a, b, c;

    (void) state;
    ask(&a, 'a', 1);
    ask(&b, 'a', 1);
    ask(&c, 'a', 1);
    send_all(1);
    healthcode_pipeline_cancel(a.lookup);
    healthcode_pipeline_cancel(b.lookup);

    answer(0);
    assert_int_equal(a.times, 0);
    assert_int_equal(b.times, 0);
    assert_ptr_equal(c.first, &readings[0]);
}


/* ---- pushes ---- */

static void
test_spoils_what_is_half_read(void **state)
{
    static asker_t  a, b, c;

    (void) state;
    ask(&a, 'a', 1);
    ask(&b, 'b', 1);
    send_all(1);

    assert_false(healthcode_pipeline_is_partial(&p));
    healthcode_pipeline_spoil(&p);
    assert_true(a.lookup->is_keepable);

    assert_false(reply(0));
    assert_true(healthcode_pipeline_is_partial(&p));
    healthcode_pipeline_spoil(&p);
    assert_false(a.lookup->is_keepable);
    assert_true(b.lookup->is_keepable);

    ask(&c, 'a', 2);
    assert_false(c.lookup->is_joined);
    ask(&c, 'b', 2);
    assert_true(c.lookup->is_joined);
}


static void
test_leaves_what_was_sent(void **state)
{
    static asker_t  a, b, c;

    (void) state;
    ask(&a, 'a', 1);
    send_all(1);
    ask(&b, 'b', 1);
    healthcode_pipeline_leave(&p);

    assert_false(a.lookup->is_keepable);
    assert_true(b.lookup->is_keepable);
    ask(&c, 'a', 1);
    assert_false(c.lookup->is_joined);

    answer(0);
    assert_int_equal(a.told, OK);
    healthcode_pipeline_abandon(&p, DOWN);
    assert_int_equal(b.told, NONE);
}


/* ---- held until the store is live ---- */

static void
test_holds_until_it_is_live(void **state)
{
    static asker_t  a, b;
    healthcode_risk_query_t  query = query_of('a');

    (void) state;
    (void) ask_query(&query, false, 1, &a);
    assert_int_equal(p.out.len, 0);
    assert_true(p.held.len > 0);

    /* a handshake has gone before */
    p.written = 1000;
    healthcode_pipeline_release(&p);
    assert_int_equal(p.held.len, 0);
    assert_int_equal(a.lookup->end, 1000 + p.out.len);
    ask(&b, 'b', 1);
    assert_int_equal(b.lookup->end, 1000 + p.out.len);

    /* inside its own timeout, which has begun before */
    send_all(90);
    assert_int_equal(a.lookup->due, 1 + TIMEOUT);
    assert_int_equal(b.lookup->due, 90 + TIMEOUT);
    assert_int_equal(a.lookup->sent, 90);
}


static void
test_gives_a_whole_timeout_to_those_who_are_sent_late(void **state)
{
    static asker_t  a;
    healthcode_risk_query_t  query = query_of('a');

    (void) state;
    (void) ask_query(&query, false, 1, &a);
    healthcode_pipeline_release(&p);
    healthcode_pipeline_unhold(&p);
    send_all(150);
    assert_int_equal(a.lookup->due, 150 + TIMEOUT);
}


static void
test_writes_nothing_of_a_connection_that_is_gone(void **state)
{
    static asker_t  a, b;
    healthcode_risk_query_t  query = query_of('b');

    (void) state;
    ask(&a, 'a', 1);
    (void) ask_query(&query, false, 1, &b);
    healthcode_pipeline_send(&p, 1, 7);
    healthcode_pipeline_wrote(&p, 1, 1);
    assert_true(p.is_stuck);

    healthcode_pipeline_disconnect(&p);
    assert_int_equal(p.out.len, 0);
    assert_int_equal(p.written, 0);
    assert_false(p.is_stuck);
    assert_true(p.held.len > 0);

    healthcode_pipeline_fail(&p, DOWN);
    assert_int_equal(p.held.len, 0);
    assert_int_equal(a.told, DOWN);
    assert_int_equal(b.told, DOWN);
    assert_null(a.first);
}


/* ---- late, and silent ---- */

static void
test_ends_the_wait_of_all_who_are_late(void **state)
{
    static asker_t  a, b, c, d;
    uint64_t  left = 77;

    (void) state;
    ask(&a, 'a', 1);
    ask(&b, 'a', 1);
    ask(&c, 'c', 1);
    send_all(1);
    ask(&d, 'd', 2);

    assert_true(healthcode_pipeline_expire(&p, TIMEOUT, &left));
    assert_int_equal(left, 1);
    assert_int_equal(a.told, NONE);

    healthcode_pipeline_cancel(c.lookup);
    assert_true(healthcode_pipeline_expire(&p, 1 + TIMEOUT, &left));
    assert_int_equal(left, 1);
    assert_int_equal(a.told, LATE);
    assert_int_equal(b.told, LATE);
    assert_int_equal(c.times, 0);
    assert_int_equal(d.told, NONE);

    assert_false(healthcode_pipeline_expire(&p, 2 + TIMEOUT, &left));
    assert_int_equal(d.told, LATE);
    assert_int_equal(a.times, 1);
}


/* What is held is late before what the socket had no room for. */
static void
test_ends_the_wait_of_both_who_are_late(void **state)
{
    static asker_t           a, b;
    uint64_t                 left;
    healthcode_risk_query_t  query = query_of('b');

    (void) state;
    ask(&a, 'a', 1);
    assert_true(healthcode_pipeline_send(&p, 1, 7));
    healthcode_pipeline_wrote(&p, 1, 1);
    (void) ask_query(&query, false, 20, &b);
    healthcode_pipeline_wrote(&p, p.out.len, 90);

    assert_true(healthcode_pipeline_expire(&p, 19 + TIMEOUT, &left));
    assert_int_equal(left, 1);
    assert_true(healthcode_pipeline_expire(&p, 20 + TIMEOUT, &left));
    assert_int_equal(b.told, LATE);
    assert_int_equal(a.told, NONE);
    assert_int_equal(left, 70);
}


/* The one who asked first has left; whoever joined is late all the same. */
static void
test_tells_those_who_joined_that_they_are_late(void **state)
{
    static asker_t  a, b, c;
    uint64_t        left;

    (void) state;
    ask(&a, 'a', 1);
    ask(&b, 'a', 1);
    send_all(1);
    healthcode_pipeline_cancel(a.lookup);

    ask(&c, 'a', 2);
    assert_true(c.lookup->is_joined);
    assert_false(healthcode_pipeline_expire(&p, 1 + TIMEOUT, &left));
    assert_int_equal(b.told, LATE);
    assert_int_equal(c.told, LATE);
}


/* A heartbeat between them, whose bytes the socket had no room for either. */
static void
test_waits_behind_a_heartbeat_as_well(void **state)
{
    static asker_t          a, b;
    healthcode_handshake_t  handshake = { .pepper_check = THUMB };

    (void) state;
    ask(&a, 'a', 1);
    assert_true(healthcode_pipeline_beat(&p, &handshake, false));
    ask(&b, 'b', 1);
    assert_true(healthcode_pipeline_send(&p, 1, 7));
    healthcode_pipeline_wrote(&p, 1, 1);
    healthcode_pipeline_wrote(&p, p.out.len, 50);

    assert_int_equal(a.lookup->due, 50 + TIMEOUT);
    assert_int_equal(b.lookup->due, 50 + TIMEOUT);
}


/* The time of what the socket had no room for begins when it has. */
static void
test_waits_from_when_the_socket_has_room(void **state)
{
    static asker_t  a, b;

    (void) state;
    ask(&a, 'a', 1);
    ask(&b, 'b', 1);
    assert_true(healthcode_pipeline_send(&p, 1, 7));
    healthcode_pipeline_wrote(&p, (size_t) a.lookup->end, 1);
    assert_true(p.is_stuck);

    healthcode_pipeline_wrote(&p, 0, 40);
    assert_int_equal(b.lookup->due, 1 + TIMEOUT);

    healthcode_pipeline_wrote(&p, p.out.len, 50);
    assert_false(p.is_stuck);
    assert_int_equal(a.lookup->due, 1 + TIMEOUT);
    assert_int_equal(a.lookup->since, 1);
    assert_int_equal(b.lookup->due, 50 + TIMEOUT);
    assert_int_equal(b.lookup->since, 50);

    /* a lease counts from before the write */
    assert_int_equal(b.lookup->sent, 1);
}


static void
test_calls_a_store_silent(void **state)
{
    static const struct {
        const char  *what;
        uint64_t     heard, now, silence;
        bool         silent;
        uint64_t     left;
    } rows[] = {
        { "at once",                  0,   10,  50, false, 50 },
        { "a moment before",          0,   59,  50, false, 1 },
        { "silent",                   0,   60,  50, true,  0 },
        { "a byte came",              40,  60,  50, false, 30 },
        { "long after that",          40,  90,  50, true,  0 },
        { "bytes, but no answer",     505, 509, 50, false, 1 },
        { "for five timeouts",        505, 510, 50, true,  0 },
    };

    static asker_t  a;
    uint64_t  left;

    (void) state;
    assert_false(healthcode_pipeline_is_silent(&p, 1000, 50, &left));
    assert_int_equal(left, 0);

    ask(&a, 'a', 1);
    assert_false(healthcode_pipeline_is_silent(&p, 1000, 50, &left));
    send_all(10);

    for (size_t i = 0; i < test_count(rows); i++) {
        p.heard = rows[i].heard;
        test_row(healthcode_pipeline_is_silent(&p, rows[i].now,
                                               rows[i].silence, &left)
                 == rows[i].silent, i, rows[i].what);
        test_row(left == rows[i].left, i, rows[i].what);
    }
}


/* Who asks again when told waits for the next connection. */
static healthcode_risk_query_t  again;

static void
ask_again(void *data, healthcode_reason_e reason,
    const healthcode_risk_reading_t *got)
{
    asker_t  *asker = data;

    done(asker, reason, got);
    assert_int_equal(healthcode_pipeline_ask(&p, &again, false, 1, done, asker,
                                             &asker->lookup),
                     OK);
}

static void
test_may_be_asked_while_it_tells(void **state)
{
    static asker_t  a = { .told = NONE }, b;

    (void) state;
    again = query_of('a');
    assert_int_equal(healthcode_pipeline_ask(&p, &again, true, 1, ask_again, &a,
                                             &a.lookup),
                     OK);
    ask(&b, 'b', 1);
    send_all(1);

    /* in its own place, if there are no others */
    p.max_pending = 2;
    healthcode_pipeline_abandon(&p, DOWN);
    assert_int_equal(a.told, DOWN);
    assert_int_equal(b.told, DOWN);
    assert_int_equal(p.pending, 1);
    assert_true(healthcode_pipeline_has_unsent(&p));
    assert_true(p.held.len > 0);
}


/* ---- asked again on the next connection ---- */

/* The connection is gone, and the next one is made at now. */
static void
go_on(uint64_t now)
{
    healthcode_pipeline_disconnect(&p);
    healthcode_pipeline_again(&p, DOWN);
    healthcode_pipeline_release(&p);
    send_all(now);
}


static void
test_asks_again_what_somebody_waits_for(void **state)
{
    static asker_t          a, b, left, same;
    healthcode_handshake_t  handshake = { .pepper_check = THUMB };

    (void) state;
    assert_true(healthcode_pipeline_beat(&p, &handshake, false));
    ask(&a, 'a', 1);
    ask(&left, 'l', 1);
    ask(&same, 'a', 1);
    send_all(1);
    healthcode_pipeline_cancel(left.lookup);
    ask(&b, 'b', 2);

    healthcode_pipeline_disconnect(&p);
    healthcode_pipeline_again(&p, DOWN);
    assert_null(healthcode_pipeline_first(&p));
    assert_int_equal(p.pending, 2);
    assert_int_equal(p.out.len, 0);
    assert_int_equal(a.told, NONE);

    /* in their order, and of no time that they had before */
    healthcode_pipeline_release(&p);
    assert_int_equal(b.lookup->end, p.out.len);
    send_all(50);
    assert_int_equal(a.lookup->sent, 50);
    assert_int_equal(a.lookup->since, 50);
    answer(0);
    answer(10);
    assert_int_equal(a.told, OK);
    assert_ptr_equal(a.first, &readings[0]);
    assert_ptr_equal(same.first, &readings[0]);
    assert_ptr_equal(b.first, &readings[10]);
    assert_int_equal(left.times, 0);
    assert_int_equal(p.pending, 0);
}


/* Its time is the one that it had. */
static void
test_gives_no_more_time_to_what_is_asked_again(void **state)
{
    static asker_t  a;
    uint64_t        left;

    (void) state;
    ask(&a, 'a', 1);
    send_all(1);
    healthcode_pipeline_disconnect(&p);
    healthcode_pipeline_again(&p, DOWN);
    healthcode_pipeline_release(&p);
    healthcode_pipeline_unhold(&p);
    assert_true(healthcode_pipeline_send(&p, 60, 7));
    healthcode_pipeline_wrote(&p, 1, 60);
    healthcode_pipeline_wrote(&p, p.out.len, 61);
    assert_int_equal(a.lookup->due, 1 + TIMEOUT);

    assert_true(healthcode_pipeline_expire(&p, TIMEOUT, &left));
    assert_false(healthcode_pipeline_expire(&p, 1 + TIMEOUT, &left));
    assert_int_equal(a.told, LATE);
}


static void
test_asks_nothing_a_third_time(void **state)
{
    static asker_t  a, b;

    (void) state;
    ask(&a, 'a', 1);
    send_all(1);
    ask(&b, 'b', 2);
    go_on(3);

    /* it was not sent the first time */
    healthcode_pipeline_disconnect(&p);
    healthcode_pipeline_again(&p, DOWN);
    assert_int_equal(a.told, DOWN);
    assert_int_equal(a.times, 1);
    assert_int_equal(b.told, NONE);
    assert_int_equal(p.pending, 1);

    healthcode_pipeline_release(&p);
    send_all(4);
    answer(0);
    assert_int_equal(b.told, OK);
}


/* A key without a thumbprint would be asked for by another one. */
static void
test_asks_nothing_again_that_has_no_question(void **state)
{
    static asker_t           a;
    healthcode_risk_query_t  query = query_of('a');

    (void) state;
    query.thumbprint = healthcode_str("short");
    (void) ask_query(&query, true, 1, &a);
    send_all(1);
    healthcode_pipeline_disconnect(&p);
    healthcode_pipeline_again(&p, DOWN);
    assert_int_equal(a.told, DOWN);
    assert_int_equal(p.pending, 0);
}


static void
test_may_be_asked_while_it_holds(void **state)
{
    static asker_t  a = { .told = NONE }, b;

    (void) state;
    again = query_of('c');
    again.thumbprint = healthcode_str("short");
    assert_int_equal(healthcode_pipeline_ask(&p, &again, true, 1, ask_again, &a,
                                             &a.lookup), OK);
    again = query_of('c');
    ask(&b, 'b', 1);
    send_all(1);
    go_on(2);
    assert_int_equal(a.told, DOWN);
    assert_int_equal(p.pending, 2);
    answer(0);
    answer(10);
    assert_int_equal(a.told, OK);
    assert_ptr_equal(a.first, &readings[0]);
    assert_ptr_equal(b.first, &readings[10]);
}


/* ---- the breaker ---- */

/* What a question of this holder gets at now. */
static healthcode_reason_e
try(char holder, uint64_t now)
{
    static asker_t           asker;
    healthcode_risk_query_t  query = query_of(holder);

    return healthcode_pipeline_ask(&p, &query, true, now, done, &asker,
                                   &asker.lookup);
}


/* Each asks when the one before is late; when the last one is. */
static uint64_t
be_late(unsigned times)
{
    uint64_t  now = 1000, left;

    while (times--) {
        assert_int_equal(try('a', now), OK);
        send_all(now);
        now += TIMEOUT;
        assert_false(healthcode_pipeline_expire(&p, now, &left));
    }

    return now;
}


static void
test_nobody_waits_for_a_store_that_is_late(void **state)
{
    uint64_t  now, left;

    p.max_pending = 100;

    now = be_late(HEALTHCODE_BREAKER_LATE);
    assert_int_equal(try('b', now), LATE);
    assert_int_equal(p.pending, HEALTHCODE_BREAKER_LATE);

    /* one that joins waits as well */

    assert_int_equal(try('a', now), LATE);

    /* one is let through, and is answered */

    now += HEALTHCODE_OUTAGE_MIN;
    assert_int_equal(try('b', now), OK);
    assert_int_equal(try('c', now), LATE);
    send_all(now);

    for (unsigned i = 0; i < HEALTHCODE_BREAKER_LATE; i++) {
        p.heard = now + TIMEOUT - 1;
        assert_true(p.breaker.is_open);
        healthcode_pipeline_answered(healthcode_pipeline_first(&p));
        answer(0);
    }

    assert_true(p.breaker.is_open);
    healthcode_pipeline_answered(healthcode_pipeline_first(&p));
    answer(0);
    assert_int_equal(try('c', now + 1), OK);
    send_all(now + 1);

    /* an answer that nobody waits for is one, if it came in time */

    assert_false(healthcode_pipeline_expire(&p, now + 1 + TIMEOUT, &left));
    assert_int_equal(p.breaker.late, 1);
    p.heard = now + 1 + TIMEOUT;
    healthcode_pipeline_answered(healthcode_pipeline_first(&p));
    assert_int_equal(p.breaker.late, 1);
    p.heard--;
    healthcode_pipeline_answered(healthcode_pipeline_first(&p));
    assert_int_equal(p.breaker.late, 0);
    answer(0);

    (void) state;
}


/* Its connection is closed in the moment in which they are late. */
static void
test_a_silent_connection_is_late_as_well(void **state)
{
    uint64_t  now = 1000;

    for (unsigned i = 0; i < HEALTHCODE_BREAKER_LATE; i++, now += TIMEOUT) {
        assert_int_equal(p.breaker.late, i);
        assert_int_equal(try('a', now), OK);
        assert_int_equal(try('b', now), OK);
        send_all(now);
        healthcode_pipeline_fail(&p, LATE);
    }

    assert_int_equal(try('a', now), LATE);

    /* not so what was never sent, or ended for another reason */

    healthcode_breaker_answered(&p.breaker);
    assert_int_equal(try('a', now), OK);
    healthcode_pipeline_fail(&p, LATE);
    assert_int_equal(try('a', now), OK);
    send_all(now);
    healthcode_pipeline_fail(&p, DOWN);
    assert_int_equal(p.breaker.late, 0);

    (void) state;
}


/* Load of one's own making never becomes an outage. */
static void
test_too_many_are_busy_though_it_is_late(void **state)
{
    uint64_t  now;

    p.max_pending = HEALTHCODE_BREAKER_LATE;

    now = be_late(HEALTHCODE_BREAKER_LATE);
    assert_int_equal(try('b', now), HEALTHCODE_REASON_STORE_BUSY);
    assert_int_equal(try('b', now + HEALTHCODE_OUTAGE_MIN),
                     HEALTHCODE_REASON_STORE_BUSY);

    /* which is nobody who was let through */

    p.max_pending++;
    assert_int_equal(try('b', now + HEALTHCODE_OUTAGE_MIN), OK);

    (void) state;
}


static void
test_a_heartbeat_in_time_forgets_what_was_late(void **state)
{
    uint64_t                now, idle = HEALTHCODE_BREAKER_IDLE;
    healthcode_lookup_t    *beat;
    healthcode_handshake_t  handshake = { .is_gate = true };

    now = be_late(1);
    answer(0);
    assert_int_equal(p.breaker.late, 1);

    assert_true(healthcode_pipeline_beat(&p, &handshake, false));
    send_all(now + idle);
    beat = healthcode_pipeline_first(&p);
    p.heard = now + idle + TIMEOUT + 1;
    healthcode_pipeline_answered(beat);
    assert_int_equal(p.breaker.late, 1);
    p.heard--;
    healthcode_pipeline_answered(beat);
    assert_int_equal(p.breaker.late, 0);

    (void) state;
}


int
main(void)
{
#define row(f)  cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest  tests[] = {
        row(test_matches_replies_in_the_order_sent),
        row(test_keeps_the_place_of_who_has_left),
        row(test_keeps_the_place_of_who_was_late),
        row(test_puts_a_heartbeat_in_the_order),
        row(test_takes_no_more_than_it_may),
        row(test_joins_one_question),
        row(test_joins_no_other_question),
        row(test_joins_one_part_of_two_questions),
        row(test_joins_what_was_sent_for_less_than_a_lease),
        row(test_joins_nothing_sent_without_a_lease),
        row(test_joins_no_tombstone),
        row(test_goes_on_for_those_who_joined),
        row(test_spoils_what_is_half_read),
        row(test_leaves_what_was_sent),
        row(test_holds_until_it_is_live),
        row(test_gives_a_whole_timeout_to_those_who_are_sent_late),
        row(test_writes_nothing_of_a_connection_that_is_gone),
        row(test_ends_the_wait_of_all_who_are_late),
        row(test_ends_the_wait_of_both_who_are_late),
        row(test_tells_those_who_joined_that_they_are_late),
        row(test_waits_from_when_the_socket_has_room),
        row(test_waits_behind_a_heartbeat_as_well),
        row(test_calls_a_store_silent),
        row(test_may_be_asked_while_it_tells),
        row(test_nobody_waits_for_a_store_that_is_late),
        row(test_a_silent_connection_is_late_as_well),
        row(test_too_many_are_busy_though_it_is_late),
        row(test_a_heartbeat_in_time_forgets_what_was_late),
        row(test_asks_again_what_somebody_waits_for),
        row(test_gives_no_more_time_to_what_is_asked_again),
        row(test_asks_nothing_a_third_time),
        row(test_asks_nothing_again_that_has_no_question),
        row(test_may_be_asked_while_it_holds),
    };
#undef row

    return cmocka_run_group_tests(tests, NULL, NULL);
}
