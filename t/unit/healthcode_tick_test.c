/*
 * Tests of healthcode_tick.c: the edges of what counts, early, fresh, offline
 * and old; clocks apart; and what cannot be a tick.
 * docs/redis-keys.md, "healthcode:tick".
 */

#include "test.h"
#include "resp.h"

#include "../../ngx_http_healthcode_module/redis/healthcode_tick.h"


#define NOW  INT64_C(1790000000000)

enum { FRESH = HEALTHCODE_TICK_FRESH, OFFLINE = HEALTHCODE_TICK_OFFLINE,
       OLD = HEALTHCODE_TICK_OLD, FORMER = HEALTHCODE_TICK_FORMER,
       EARLY = HEALTHCODE_TICK_EARLY };


static redisReply *
reply_of(const char *bytes)
{
    redisReply  *reply = NULL;

    if (resp_read(bytes, strlen(bytes), &reply, 1) != 1) {
        print_error("no reply: %s\n", bytes);
        fail();
    }

    return reply;
}


static void
test_counts_until_its_lag_is_over(void **state)
{
    /* tick less now, the gate's clock less the server's; lag is 2000 */
    static const struct {
        int  tick, apart, offline, judged;
    } rows[] = {
        { 0, 0, 0, FRESH }, { -1, 0, 0, FRESH }, { -1999, 0, 0, FRESH },
        { -2000, 0, 0, OLD }, { -2001, 0, 0, OLD }, { -86400000, 0, 0, OLD },

        /* ahead: as far as clocks may be apart */
        { 1, 0, 0, FRESH }, { 1000, 0, 0, FRESH }, { 1001, 0, 0, EARLY },
        { 3600000, 0, 0, EARLY }, { 1001, 0, 600000, EARLY },

        /* our clock is ahead of that of the server: the tick seems older */
        { -2000, 1, 0, FRESH }, { -2499, 500, 0, FRESH },
        { -2500, 500, 0, OLD }, { 500, 500, 0, FRESH }, { 501, 500, 0, EARLY },

        /* it is behind: the tick seems younger */
        { -1999, -1, 0, OLD }, { -1500, -500, 0, OLD },
        { -1499, -500, 0, FRESH }, { 1500, -500, 0, FRESH },
        { 1501, -500, 0, EARLY },

        /* offline, and then not any more */
        { -1999, 0, 1000, FRESH }, { -2000, 0, 1000, OFFLINE },
        { -2999, 0, 1000, OFFLINE }, { -3000, 0, 1000, OLD },
        { -3000, 1, 1000, OFFLINE }, { -2999, -1, 1000, OLD },
        { -2000, 0, 1, OFFLINE }, { -2001, 0, 1, OLD },
    };
    char                     what[80];
    healthcode_tick_seen_t   seen = { .started = 0 };
    healthcode_tick_terms_t  terms = { .lag = 2000 };

    for (size_t i = 0; i < test_count(rows); i++) {
        snprintf(what, sizeof(what), "%d by clocks %d apart, offline %d",
                 rows[i].tick, rows[i].apart, rows[i].offline);

        seen.apart = rows[i].apart;
        terms.offline = rows[i].offline;

        test_row((int) healthcode_tick_judge(&terms, &seen, NOW + rows[i].tick,
                                             NOW)
                 == rows[i].judged, i, what);
    }

    (void) state;
}


static void
test_takes_any_number_without_a_wrap(void **state)
{
    static const struct {
        int64_t  tick, now;
        int      judged;
    } rows[] = {
        { 0, NOW, OLD }, { 1, NOW, OLD },
        { INT64_C(999999999999999), NOW, EARLY }, { 0, 0, FRESH },
        { 0, INT64_C(999999999999999), OLD }, { NOW, 0, EARLY },
        { NOW, -1, EARLY }, { 0, -1000, FRESH }, { 0, -1001, EARLY },
    };
    healthcode_tick_seen_t   seen = { .started = INT64_MAX };
    healthcode_tick_terms_t  terms = { .lag = 2000, .offline = 0 };

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row((int) healthcode_tick_judge(&terms, &seen, rows[i].tick,
                                             rows[i].now)
                 == rows[i].judged, i, "any");
    }

    (void) state;
}


static void
test_is_not_offline_by_what_a_file_had(void **state)
{
    /* tick, start and the latest tick seen, less now */
    static const struct {
        int64_t  tick, started, highest;
        int      judged;
    } rows[] = {
        { -5000, -6001, -5000, OFFLINE }, { -5000, -6000, -5000, FORMER },
        { -5000, -5000, -5000, FORMER }, { -5000, -10, -5000, FORMER },
        { -5000, -86400000, -5000, OFFLINE },
        { -5000, INT64_MAX - NOW, -5000, FORMER },

        /* it went back */
        { -5000, -86400000, -4999, FORMER },
        { -5000, -86400000, -5001, OFFLINE },
        { -5000, -86400000, -NOW, OFFLINE },

        /* neither matters while the tick is young: its own time bounds it */
        { -1000, -10, -500, FRESH }, { -1000, INT64_MAX - NOW, 0, FRESH },

        /* nor once it is too old */
        { -602000, -86400000, -NOW, OLD },
    };
    healthcode_tick_seen_t   seen = { .apart = 0 };
    healthcode_tick_terms_t  terms = { .lag = 2000, .offline = 600000 };

    for (size_t i = 0; i < test_count(rows); i++) {
        seen.started = NOW + rows[i].started;
        seen.highest = NOW + rows[i].highest;

        test_row((int) healthcode_tick_judge(&terms, &seen, NOW + rows[i].tick,
                                             NOW)
                 == rows[i].judged, i, "file");
    }

    (void) state;
}


static void
test_bounds_a_lease(void **state)
{
    /* tick less now, clocks apart; until less boot, 0: never */
    static const struct {
        int  tick, apart, until;
    } rows[] = {
        { 0, 0, 2000 }, { -1, 0, 1999 }, { -1999, 0, 1 }, { -2000, 0, 0 },
        { -2001, 0, 0 }, { -86400000, 0, 0 }, { 1000, 0, 3000 },
        { -2000, 1, 1 }, { -1999, -1, 0 }, { -500, 300, 1800 },
    };
    uint64_t                 until, boot = 5000;
    healthcode_tick_seen_t   seen = { .started = 0 };
    healthcode_tick_terms_t  terms = { .lag = 2000, .offline = 600000 };

    for (size_t i = 0; i < test_count(rows); i++) {
        seen.apart = rows[i].apart;

        until = healthcode_tick_until(&terms, &seen, NOW + rows[i].tick, NOW,
                                      boot);

        test_row(until == (rows[i].until ? boot + (uint64_t) rows[i].until : 0),
                 i, "lease");
    }

    (void) state;
}


static void
test_measures_clocks_apart_up_to_the_lag(void **state)
{
    /* the gate's clock when it asked, less the server's: ms */
    static const struct {
        int64_t  sent;
        int64_t  apart;
    } rows[] = {
        { 0, 0 }, { 1, 1 }, { -1, -1 }, { 1999, 1999 }, { -1999, -1999 },
        { 2000, 2000 }, { -2000, -2000 }, { 2001, 2000 }, { -2001, -2000 },
        { 86400000, 2000 }, { -86400000, -2000 },
    };
    healthcode_tick_terms_t  terms = { .lag = 2000 };

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(healthcode_tick_apart(&terms, (uint64_t) NOW * 1000 + 999,
                                       NOW + rows[i].sent)
                 == rows[i].apart, i, "apart");
    }

    assert_int_equal(healthcode_tick_apart(&terms, 0, NOW), 2000);
    assert_int_equal(healthcode_tick_apart(&terms, INT64_MAX, NOW), -2000);

    (void) state;
}


static void
test_notes_the_latest(void **state)
{
    healthcode_tick_seen_t  seen = { .started = 0 };

    healthcode_tick_note(&seen, 7);
    assert_int_equal(seen.highest, 7);
    healthcode_tick_note(&seen, 6);
    assert_int_equal(seen.highest, 7);
    healthcode_tick_note(&seen, 8);
    assert_int_equal(seen.highest, 8);

    (void) state;
}


static void
test_reads_a_number_and_nothing_else(void **state)
{
    static const char  *const bad[] = {
        "_\r\n", "-ERR no\r\n", "-LOADING\r\n", ":1790000000000\r\n",
        "+1790000000000\r\n", "*0\r\n", "%0\r\n", "$0\r\n\r\n", "$1\r\n \r\n",
        "$2\r\n-1\r\n", "$2\r\n+1\r\n", "$3\r\n1.5\r\n", "$2\r\n1 \r\n",
        "$2\r\n 1\r\n", "$16\r\n1000000000000000\r\n", "$4\r\nnull\r\n",
    };
    static const struct {
        const char  *bytes;
        int64_t      tick;
    } good[] = {
        { "$1\r\n0\r\n", 0 }, { "$13\r\n1790000000000\r\n", NOW },
        { "$15\r\n999999999999999\r\n", INT64_C(999999999999999) },
        { "$3\r\n007\r\n", 7 },
    };
    int64_t      tick;
    redisReply  *reply = NULL;

    for (size_t i = 0; i < test_count(bad); i++) {
        tick = 77;
        reply = reply_of(bad[i]);
        test_row(!healthcode_tick_read(reply, &tick) && tick == 77, i, bad[i]);
        freeReplyObject(reply);
    }

    for (size_t i = 0; i < test_count(good); i++) {
        reply = reply_of(good[i].bytes);
        test_row(healthcode_tick_read(reply, &tick) && tick == good[i].tick, i,
                 good[i].bytes);
        freeReplyObject(reply);
    }

    (void) state;
}


static void
test_reads_since_when_the_server_runs(void **state)
{
    static const struct {
        const char  *bytes;
        int64_t      started;
    } rows[] = {
        { "$33\r\n# Server\r\nuptime_in_seconds:100\r\n\r\n", NOW - 99000 },
        { "=37\r\ntxt:# Server\r\nuptime_in_seconds:100\r\n\r\n",
          NOW - 99000 },
        { "$31\r\n# Server\r\nuptime_in_seconds:0\r\n\r\n", NOW + 1000 },
        { "$30\r\n# Server\r\nuptime_in_seconds:\r\n\r\n", INT64_MAX },
        { "$31\r\n# Server\r\nuptime_in_seconds:x\r\n\r\n", INT64_MAX },
        { "$32\r\n# Server\r\nuptime_in_seconds:-1\r\n\r\n", INT64_MAX },
        { "$21\r\nuptime_in_seconds:1\r\n\r\n", INT64_MAX },
        { "$0\r\n\r\n", INT64_MAX }, { "_\r\n", INT64_MAX },
        { "-NOPERM no\r\n", INT64_MAX }, { ":1\r\n", INT64_MAX },
    };
    int64_t      started;
    redisReply  *reply = NULL;

    for (size_t i = 0; i < test_count(rows); i++) {
        started = 77;
        reply = reply_of(rows[i].bytes);
        test_row(healthcode_tick_started(reply, NOW, &started)
                 == (rows[i].started != INT64_MAX), i, rows[i].bytes);
        test_row(started == rows[i].started, i, rows[i].bytes);
        freeReplyObject(reply);
    }

    (void) state;
}


static void
test_says_what_to_do(void **state)
{
    assert_non_null(strstr(healthcode_tick_text(HEALTHCODE_TICK_EARLY),
                           "ahead"));
    assert_non_null(strstr(healthcode_tick_text(HEALTHCODE_TICK_OLD),
                           "too old"));
    assert_non_null(strstr(healthcode_tick_text(HEALTHCODE_TICK_FORMER),
                           "started anew"));

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_counts_until_its_lag_is_over),
        cmocka_unit_test(test_takes_any_number_without_a_wrap),
        cmocka_unit_test(test_is_not_offline_by_what_a_file_had),
        cmocka_unit_test(test_bounds_a_lease),
        cmocka_unit_test(test_measures_clocks_apart_up_to_the_lag),
        cmocka_unit_test(test_notes_the_latest),
        cmocka_unit_test(test_reads_a_number_and_nothing_else),
        cmocka_unit_test(test_reads_since_when_the_server_runs),
        cmocka_unit_test(test_says_what_to_do),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
