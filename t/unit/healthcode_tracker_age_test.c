/*
 * Tests of healthcode_tracker_age.c: a replica counts by its tick, which is
 * read before what it bounds; what it has pushed, and what it goes on with
 * while it is cut off.  docs/connection.md, "A replica".
 */

#include "test.h"
#include "resp.h"

#include "../../ngx_http_healthcode_module/redis/healthcode_tracker.h"


#define CHECK    "39666bb05d87d8254e6b2233776bf348"
#define THUMB    "0123456789012345678901234567890123456789012"

#define LEASE    1000u
#define LAG      2000
#define OFFLINE  10000
#define DATE     1700000000

/* Wall less now: a tick of "1700000000500" is of now 500. */
#define WALL     INT64_C(1700000000000)

#define DONE     "+OK\r\n"
#define OPENING  "%1\r\n$4\r\nmode\r\n$10\r\nstandalone\r\n" DONE \
                 "%1\r\n$5\r\nflags\r\n~1\r\n$2\r\non\r\n"
#define CLOCK    "*2\r\n$10\r\n1700000000\r\n$1\r\n0\r\n"
#define NO_DATA  "*0\r\n"
#define MASTER   "*1\r\n$6\r\nmaster\r\n"
#define ROLE(state)                                                           \
    "*5\r\n$5\r\nslave\r\n$9\r\n127.0.0.1\r\n:6379\r\n$" state "\r\n:17\r\n"
#define SLAVE    ROLE("9\r\nconnected")
#define INFO     "$31\r\n\r\nmaxmemory_policy:noeviction\r\n\r\n"
#define UPTIME(s)                                                             \
    "$33\r\n# Server\r\nuptime_in_seconds:" s "\r\n\r\n"
#define META     "%3\r\n$6\r\nschema\r\n$1\r\n2\r\n$8\r\ninstance\r\n"   \
    "$3\r\nabc\r\n$12\r\npepper_check\r\n$32\r\n" CHECK "\r\n"
#define NONE     "_\r\n"

/* ms of now, four digits */
#define TICK(ms) "$13\r\n170000000" ms "\r\n"
#define MOVED    ">2\r\n$10\r\ninvalidate\r\n*1\r\n$19\r\n" \
                 "healthcode:tick:{c}\r\n"
#define ALL      ">2\r\n$10\r\ninvalidate\r\n_\r\n"
#define READ     "*0\r\n" META "*3\r\n_\r\n_\r\n_\r\n" META

enum { BROKEN = HEALTHCODE_TRACKER_BROKEN, ON = HEALTHCODE_TRACKER_GOES_ON,
       PROVEN = HEALTHCODE_TRACKER_PROVEN,
       UNPROVEN = HEALTHCODE_REASON_STORE_UNPROVEN,
       LATE = HEALTHCODE_REASON_STORE_TIMEOUT };


typedef struct {
    healthcode_tracker_t           t;
    healthcode_absence_counters_t  counters;
    healthcode_reason_e            told;
    bool                           is_offline;
    unsigned                       offline, online;    /* notes */
    redisReply                    *replies[256];
    size_t                         nreplies;
    uint64_t                       stopped;   /* ms, between two clocks */
} side_t;

static side_t                 one;
static healthcode_absence_t   absence;
static uint64_t               memory[64 * HEALTHCODE_ABSENCE_WORDS];
static uint64_t               leases[1];
static healthcode_digest_t   *digest;
static uint64_t               clock_ms;

static const healthcode_risk_policy_t  policy = { .deny = NULL };
static const healthcode_risk_terms_t   terms = { .policy = &policy,
                                                 .iat = DATE, .now = DATE };


static void
note(void *data, const healthcode_tracker_note_t *said)
{
    side_t  *side = data;

    if (said->kind == HEALTHCODE_TRACKER_NOTE_OFFLINE) {
        side->offline += (said->number == 1);
        side->online += (said->number == 0);
    }
}


static void
done(void *data, healthcode_reason_e reason,
    const healthcode_risk_reading_t *reading)
{
    side_t  *side = data;

    side->told = reason;
    side->is_offline = reading && reading->is_offline;
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


static void
open_side(side_t *side, int64_t offline, uint64_t lease)
{
    healthcode_handshake_t   hello = {
        .tracking = (lease != 0), .is_gate = true, .pepper_check = CHECK,
        .tick = { .lag = LAG, .offline = offline }
    };
    healthcode_memo_terms_t  own = {
        .absence = &absence, .number = 0, .lease = lease, .max_age = 60000,
        .digest = digest, .counters = &side->counters
    };

    memset(side, 0, sizeof(*side));
    healthcode_tracker_init(&side->t, &hello, 400, 8, note, side);

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


static int
come(side_t *side, const char *bytes, uint64_t now)
{
    int          rc = -1;
    size_t       i, n;
    redisReply  *replies[32];

    healthcode_tracker_clock(&side->t, now,
                             WALL + (int64_t) (now + side->stopped),
                             now + side->stopped);
    n = resp_read(bytes, strlen(bytes), replies, 32);

    for (i = 0; i < n; i++) {
        side->replies[side->nreplies++] = replies[i];
        rc = (rc == BROKEN) ? BROKEN
             : (int) healthcode_tracker_reply(&side->t, replies[i], now, DATE);
    }

    return rc;
}


static void
flush(side_t *side, uint64_t now)
{
    if (side->t.state == HEALTHCODE_TRACKER_LIVE) {
        (void) healthcode_tracker_send(&side->t, now);
    }

    healthcode_pipeline_wrote(&side->t.pipeline, side->t.pipeline.out.len, now);
}


static void
greet(side_t *side, uint64_t now)
{
    healthcode_tracker_connect(&side->t, healthcode_str("peer"));
    healthcode_tracker_clock(&side->t, now, WALL + (int64_t) now, now);
    assert_true(healthcode_tracker_greet(&side->t));
    flush(side, now);
}


static int
beat(side_t *side, uint64_t now, const char *bytes)
{
    /* it asks for no memory policy */
    side->t.memory = now;
    assert_true(healthcode_tracker_beat(&side->t, now));
    flush(side, now);

    return come(side, bytes, now);
}


static void
ask(side_t *side, char holder, uint64_t now)
{
    healthcode_lookup_t      *lookup;
    healthcode_risk_query_t   query = query_of(holder);

    /* no heartbeat goes before it */
    side->t.beaten = now;
    side->told = HEALTHCODE_REASON_COUNT;
    assert_int_equal(healthcode_tracker_ask(&side->t, &query, now, done, side,
                                            &lookup),
                     HEALTHCODE_REASON_OK);
    flush(side, now);
}


static bool
finds(side_t *side, char holder, uint64_t now)
{
    healthcode_risk_t        risk;
    healthcode_risk_query_t  query = query_of(holder);

    healthcode_risk_clear(&risk);
    clock_ms = now;

    return healthcode_tracker_find(&side->t, &query, &terms, &risk, now_is,
                                   NULL);
}


#define GREETING(tick)                                                        \
    OPENING tick CLOCK NO_DATA SLAVE INFO META
#define GREETING_OFFLINE(tick, uptime)                                        \
    OPENING tick CLOCK NO_DATA SLAVE INFO UPTIME(uptime) META


static int
set_up(void **state)
{
    (void) state;

    memset(memory, 0, sizeof(memory));
    memset(leases, 0, sizeof(leases));
    assert_true(healthcode_absence_table(&absence, memory, sizeof(memory)));
    absence.leases = leases;
    absence.nleases = 1;
    digest = healthcode_digest_create();
    assert_non_null(digest);

    return 0;
}


static int
tear_down(void **state)
{
    (void) state;
    close_side(&one);
    healthcode_digest_free(digest);

    return 0;
}


/* The store is live at 0, by a tick of 0, and has pushed a change of it. */
static void
go_live(side_t *side, int64_t offline)
{
    open_side(side, offline, LEASE);
    greet(side, 0);
    assert_int_equal(come(side, offline ? GREETING_OFFLINE(TICK("0000"), "100")
                                        : GREETING(TICK("0000")), 0), PROVEN);
    assert_int_equal(come(side, MOVED, 0), ON);
}


/* ---- the handshake ---- */

static void
test_asks_for_the_tick_before_all_that_it_bounds(void **state)
{
    char                     *out, *tick, *role, *risk;
    size_t                    len;
    healthcode_lookup_t      *lookup;
    healthcode_risk_query_t   query;

    (void) state;
    open_side(&one, OFFLINE, LEASE);
    healthcode_tracker_connect(&one.t, healthcode_str("peer"));
    assert_true(healthcode_tracker_greet(&one.t));

    len = one.t.pipeline.out.len;
    out = calloc(1, len + 1);
    assert_non_null(out);
    memcpy(out, one.t.pipeline.out.data, len);
    tick = strstr(out, "healthcode:tick:{c}");
    role = strstr(out, "ROLE");
    assert_true(tick && role && tick < role);
    assert_null(strstr(out, "healthcode:push"));
    assert_null(strstr(out, "INCR"));
    assert_non_null(strstr(out, "server"));
    free(out);

    flush(&one, 0);
    assert_int_equal(come(&one, GREETING_OFFLINE(TICK("0000"), "100"), 0),
                     PROVEN);
    assert_true(healthcode_tracker_beat(&one.t, 10));
    len = one.t.pipeline.out.len;
    out = calloc(1, len + 1);
    assert_non_null(out);
    memcpy(out, one.t.pipeline.out.data, len);
    tick = strstr(out, "healthcode:tick:{c}");
    role = strstr(out, "ROLE");
    assert_true(tick && role && tick < role);
    free(out);
    flush(&one, 10);
    assert_int_equal(come(&one, TICK("0000") SLAVE META, 10), ON);

    one.t.beaten = 20;
    query = query_of('a');
    assert_int_equal(healthcode_tracker_ask(&one.t, &query, 20, done, &one,
                                            &lookup),
                     HEALTHCODE_REASON_OK);
    len = one.t.pipeline.out.len;
    out = calloc(1, len + 1);
    assert_non_null(out);
    memcpy(out, one.t.pipeline.out.data, len);
    tick = strstr(out, "healthcode:tick:{c}");
    risk = strstr(out, "HRANDFIELD");
    assert_true(tick && risk && tick < risk);
    free(out);
    flush(&one, 20);
    assert_int_equal(come(&one, TICK("0000") READ, 20), ON);
    assert_int_equal(one.told, HEALTHCODE_REASON_OK);
}


static void
test_believes_no_replica_that_proves_less(void **state)
{
    static const struct {
        const char  *bytes;
        int          rc, reason;
    } rows[] = {
        { GREETING(TICK("0000")), PROVEN, 0 },
        { OPENING TICK("0000") CLOCK NO_DATA MASTER INFO META, PROVEN, 0 },
        { OPENING TICK("0000") CLOCK NO_DATA ROLE("7\r\nconnect") INFO META,
          PROVEN, 0 },
        { OPENING TICK("0000") CLOCK NO_DATA ROLE("4\r\nsync"), BROKEN,
          HEALTHCODE_REASON_STORE_UNAVAILABLE },
        { OPENING TICK("0000") CLOCK NO_DATA "*1\r\n$5\r\nslave\r\n", BROKEN,
          HEALTHCODE_REASON_STORE_NOT_MASTER },
        { OPENING TICK("0000") CLOCK NO_DATA "*1\r\n$8\r\nsentinel\r\n",
          BROKEN, HEALTHCODE_REASON_STORE_NOT_MASTER },
        { OPENING TICK("0000") CLOCK NO_DATA "_\r\n", BROKEN,
          HEALTHCODE_REASON_STORE_NOT_MASTER },
        { OPENING NONE, BROKEN, UNPROVEN },
        { OPENING "$1\r\nx\r\n", BROKEN, UNPROVEN },
        { OPENING "*0\r\n", BROKEN, UNPROVEN },
        { OPENING "-WRONGTYPE x\r\n", BROKEN, UNPROVEN },
        { OPENING "-NOPERM x\r\n", BROKEN, HEALTHCODE_REASON_STORE_AUTH },
        { OPENING "-LOADING x\r\n", BROKEN,
          HEALTHCODE_REASON_STORE_UNAVAILABLE },
        { OPENING "-MASTERDOWN x\r\n", BROKEN,
          HEALTHCODE_REASON_STORE_UNAVAILABLE },
        { GREETING("$13\r\n1699999998001\r\n"), PROVEN, 0 },
        { GREETING("$13\r\n1699999998000\r\n"), BROKEN, LATE },
        { GREETING("$1\r\n0\r\n"), BROKEN, LATE },
        { GREETING(TICK("1000")), PROVEN, 0 },
        { GREETING(TICK("1001")), BROKEN, UNPROVEN },
        { OPENING TICK("0000") CLOCK NO_DATA SLAVE INFO "%0\r\n", BROKEN,
          UNPROVEN },
    };

    (void) state;

    for (size_t i = 0; i < test_count(rows); i++) {
        if (i) {
            close_side(&one);
        }

        open_side(&one, 0, LEASE);
        greet(&one, 0);
        test_row(come(&one, rows[i].bytes, 0) == rows[i].rc, i, rows[i].bytes);
        test_row(rows[i].rc == PROVEN
                 || (int) one.t.reason == rows[i].reason, i, one.t.what);
    }
}


/* ---- reads ---- */

static void
test_counts_a_read_by_its_tick_when_it_ends(void **state)
{
    static const struct {
        const char  *tick;
        uint64_t     now;
        int          rc, told;
    } rows[] = {
        { TICK("0000"), 1999, ON, HEALTHCODE_REASON_OK },
        { TICK("0000"), 2000, BROKEN, LATE },
        { TICK("5000"), 4000, ON, HEALTHCODE_REASON_OK },
        { TICK("5001"), 4000, BROKEN, UNPROVEN },
    };

    (void) state;

    for (size_t i = 0; i < test_count(rows); i++) {
        if (i) {
            close_side(&one);
        }

        go_live(&one, 0);
        ask(&one, 'a', 10);

        assert_int_equal(come(&one, rows[i].tick, 10), ON);
        test_row(come(&one, READ, rows[i].now) == rows[i].rc, i, "rc");
        test_row((int) one.told == rows[i].told, i, "told");
        test_row(!one.is_offline, i, "offline");
    }
}


static void
test_answers_nobody_without_a_tick(void **state)
{
    static const struct {
        const char  *tick;
        int          reason;
    } rows[] = {
        { NONE, UNPROVEN }, { "$0\r\n\r\n", UNPROVEN },
        { "-WRONGTYPE x\r\n", UNPROVEN }, { ":5\r\n", UNPROVEN },
        { "-NOPERM x\r\n", HEALTHCODE_REASON_STORE_AUTH },
        { "-LOADING x\r\n", HEALTHCODE_REASON_STORE_UNAVAILABLE },
    };

    (void) state;

    for (size_t i = 0; i < test_count(rows); i++) {
        if (i) {
            close_side(&one);
        }

        go_live(&one, OFFLINE);
        ask(&one, 'a', 10);
        test_row(come(&one, rows[i].tick, 10) == BROKEN, i, rows[i].tick);
        test_row((int) one.t.reason == rows[i].reason, i, rows[i].tick);
        test_row(one.told == HEALTHCODE_REASON_COUNT, i, rows[i].tick);
    }
}


/* What follows may be of other data than what was read before it. */
static void
test_counts_no_tick_of_other_data(void **state)
{
    (void) state;
    go_live(&one, 0);
    ask(&one, 'a', 10);
    assert_int_equal(come(&one, TICK("0000") ALL READ, 10), BROKEN);
    assert_int_equal(one.told, LATE);

    close_side(&one);
    go_live(&one, 0);
    ask(&one, 'a', 10);
    assert_int_equal(come(&one, ALL TICK("0000") READ, 10), ON);
    assert_int_equal(one.told, HEALTHCODE_REASON_OK);

    /* who is left for another address has other data all the same */
    close_side(&one);
    go_live(&one, 0);
    ask(&one, 'a', 10);
    healthcode_tracker_leave(&one.t);
    assert_int_equal(come(&one, TICK("0000") ALL READ, 10),
                     HEALTHCODE_TRACKER_LEFT);
    assert_int_equal(one.told, LATE);
}


/* ---- leases ---- */

static void
test_keeps_no_lease_beyond_the_tick(void **state)
{
    (void) state;
    go_live(&one, OFFLINE);
    assert_int_equal(beat(&one, 0, TICK("0000") SLAVE META), ON);
    ask(&one, 'a', 10);
    assert_int_equal(come(&one, TICK("0000") READ, 10), ON);
    assert_true(finds(&one, 'a', LEASE - 1));
    assert_false(finds(&one, 'a', LEASE));

    /* 500 ms are left of the lag */
    assert_int_equal(beat(&one, 1500, TICK("0000") SLAVE META), ON);
    assert_true(finds(&one, 'a', 1999));
    assert_false(finds(&one, 'a', 2000));

    /* offline there is none */
    assert_int_equal(beat(&one, 2100, TICK("0000") SLAVE META), ON);
    assert_true(one.t.is_offline);
    assert_false(finds(&one, 'a', 2100));

    /* what is known is known again with the next tick */
    assert_int_equal(come(&one, MOVED, 2200), ON);
    assert_int_equal(beat(&one, 2200, TICK("2200") SLAVE META), ON);
    assert_true(finds(&one, 'a', 2200 + LEASE - 1));
    assert_false(finds(&one, 'a', 2200 + LEASE));
}


static void
test_keeps_nothing_before_a_push(void **state)
{
    (void) state;
    open_side(&one, 0, LEASE);
    greet(&one, 0);
    assert_int_equal(come(&one, GREETING(TICK("0000")), 0), PROVEN);
    assert_int_equal(beat(&one, 0, TICK("0000") SLAVE META), ON);
    ask(&one, 'a', 10);
    assert_int_equal(come(&one, TICK("0000") READ, 10), ON);
    assert_false(finds(&one, 'a', 20));

    assert_int_equal(come(&one, MOVED, 100), ON);
    assert_int_equal(beat(&one, 110, TICK("0100") SLAVE META), ON);
    assert_true(finds(&one, 'a', 120));
}


static void
test_leaves_a_replica_that_pushes_nothing(void **state)
{
    (void) state;
    go_live(&one, 0);
    assert_int_equal(beat(&one, 10, TICK("0000") SLAVE META), ON);
    assert_int_equal(beat(&one, 20, TICK("0010")), BROKEN);
    assert_int_equal(one.t.reason, HEALTHCODE_REASON_STORE_UNAVAILABLE);
    assert_non_null(strstr(one.t.what, "does not push"));

    close_side(&one);
    go_live(&one, 0);
    ask(&one, 'a', 10);
    assert_int_equal(come(&one, TICK("0000") READ, 10), ON);
    ask(&one, 'b', 10);
    assert_int_equal(come(&one, TICK("0010"), 10), BROKEN);

    /* without a cache nothing is pushed */
    close_side(&one);
    open_side(&one, 0, 0);
    greet(&one, 0);
    assert_int_equal(come(&one, "%1\r\n$4\r\nmode\r\n$10\r\nstandalone\r\n"
                          TICK("0000") CLOCK NO_DATA SLAVE INFO META, 0),
                     PROVEN);
    ask(&one, 'a', 10);
    assert_int_equal(come(&one, TICK("0010") READ, 10), ON);
    assert_int_equal(one.told, HEALTHCODE_REASON_OK);
}


/* An owner of a longer lag would have its entries believed for that long. */
static void
test_takes_another_lag_for_another_store(void **state)
{
    uint64_t  store;

    (void) state;
    go_live(&one, 0);
    store = one.t.memo.owner.store;

    close_side(&one);
    go_live(&one, 0);
    assert_true(one.t.memo.owner.store == store);

    close_side(&one);
    open_side(&one, 0, LEASE);
    one.t.handshake.tick.lag = LAG + 1;
    greet(&one, 0);
    assert_int_equal(come(&one, GREETING(TICK("0000")), 0), PROVEN);
    assert_false(one.t.memo.owner.store == store);
}


/* ---- offline ---- */

static void
test_goes_on_offline_and_says_so(void **state)
{
    (void) state;
    go_live(&one, OFFLINE);
    ask(&one, 'a', 10);
    assert_int_equal(come(&one, TICK("0000") READ, 1999), ON);
    assert_false(one.is_offline);
    ask(&one, 'a', 2000);
    assert_int_equal(come(&one, TICK("0000") READ, 2000), ON);
    assert_int_equal(one.told, HEALTHCODE_REASON_OK);
    assert_true(one.is_offline);
    ask(&one, 'b', 2100);
    assert_int_equal(come(&one, TICK("0000") READ, 2100), ON);
    assert_int_equal(one.offline, 1);
    assert_int_equal(one.online, 0);

    assert_int_equal(come(&one, MOVED, 3000), ON);
    ask(&one, 'a', 3000);
    assert_int_equal(come(&one, TICK("3000") READ, 3000), ON);
    assert_false(one.is_offline);
    assert_int_equal(one.offline, 1);
    assert_int_equal(one.online, 1);

    ask(&one, 'a', 3100);
    assert_int_equal(come(&one, TICK("3000") READ, 3000 + LAG + OFFLINE - 1),
                     ON);
    assert_true(one.is_offline);
    ask(&one, 'a', 3200);
    assert_int_equal(come(&one, TICK("3000") READ, 3000 + LAG + OFFLINE),
                     BROKEN);
    assert_int_equal(one.told, LATE);
    assert_int_equal(one.t.reason, LATE);
}


static void
test_is_not_offline_by_a_file(void **state)
{
    static const struct {
        const char  *uptime;
        int          rc;
    } rows[] = {
        { UPTIME("100"), PROVEN }, { UPTIME("005"), PROVEN },
        { UPTIME("004"), BROKEN }, { UPTIME("000"), BROKEN },
        { "$0\r\n\r\n", BROKEN },
    };

    (void) state;

    for (size_t i = 0; i < test_count(rows); i++) {
        if (i) {
            close_side(&one);
        }

        open_side(&one, OFFLINE, LEASE);
        greet(&one, 0);
        assert_int_equal(come(&one, OPENING "$13\r\n1699999997500\r\n" CLOCK
                              NO_DATA SLAVE INFO, 0), ON);
        assert_int_equal(come(&one, rows[i].uptime, 0), ON);
        test_row(come(&one, META, 0) == rows[i].rc, i, rows[i].uptime);
        test_row(rows[i].rc == PROVEN || (int) one.t.reason == LATE, i,
                 one.t.what);
    }

    /* one that is young counts, whatever it was read from */
    close_side(&one);
    open_side(&one, OFFLINE, LEASE);
    greet(&one, 0);
    assert_int_equal(come(&one, GREETING_OFFLINE(TICK("0000"), "000"), 0),
                     PROVEN);

    /* it went back to what it had been before */
    close_side(&one);
    go_live(&one, OFFLINE);
    assert_int_equal(come(&one, MOVED, 1000), ON);
    assert_int_equal(beat(&one, 1000, TICK("1000") SLAVE META), ON);
    assert_int_equal(come(&one, MOVED, 3500), ON);
    assert_int_equal(beat(&one, 3500, TICK("0000") SLAVE META), BROKEN);
    assert_int_equal(one.t.reason, LATE);
}


/* ---- clocks ---- */

/* The server is 500 ms behind: its tick, of its time, is younger. */
static void
test_takes_the_difference_of_clocks_into_account(void **state)
{
    (void) state;
    open_side(&one, 0, LEASE);
    greet(&one, 500);
    assert_int_equal(come(&one, GREETING(TICK("0000")), 500), PROVEN);
    assert_int_equal(one.t.ticks.apart, 500);

    /* an answer that took long makes it look no further behind */
    close_side(&one);
    open_side(&one, 0, LEASE);
    greet(&one, 500);
    assert_int_equal(come(&one, GREETING(TICK("0000")), 900), PROVEN);
    assert_int_equal(one.t.ticks.apart, 500);

    /* nor does a process that was stopped between its two clocks */
    close_side(&one);
    open_side(&one, 0, LEASE);
    greet(&one, 500);
    one.stopped = 300;
    assert_int_equal(come(&one, GREETING(TICK("0000")), 500), PROVEN);
    assert_int_equal(one.t.ticks.apart, 500);
    one.stopped = 0;

    ask(&one, 'a', 1000);
    assert_int_equal(come(&one, TICK("0000") READ, 2499), ON);
    ask(&one, 'a', 1010);
    assert_int_equal(come(&one, TICK("0000") READ, 2500), BROKEN);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(
            test_asks_for_the_tick_before_all_that_it_bounds, set_up,
            tear_down),
        cmocka_unit_test_setup_teardown(
            test_believes_no_replica_that_proves_less, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            test_counts_a_read_by_its_tick_when_it_ends, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_answers_nobody_without_a_tick,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_counts_no_tick_of_other_data,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_keeps_no_lease_beyond_the_tick,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_keeps_nothing_before_a_push,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            test_leaves_a_replica_that_pushes_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            test_takes_another_lag_for_another_store, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_goes_on_offline_and_says_so,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_is_not_offline_by_a_file, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            test_takes_the_difference_of_clocks_into_account, set_up,
            tear_down),
    };

    return cmocka_run_group_tests_name("tracker_age", tests, NULL, NULL);
}
