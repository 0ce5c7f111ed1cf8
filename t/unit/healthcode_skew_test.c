/*
 * Tests of healthcode_skew.c: when two clocks are apart, when they agree again,
 * and invalid times.  docs/redis-keys.md, "Clocks".
 */

#include "test.h"
#include "resp.h"

#include "../../ngx_http_healthcode_module/redis/healthcode_skew.h"


#define NOW  1790000000

enum { FINE = HEALTHCODE_SKEW_FINE, APART = HEALTHCODE_SKEW_APART,
       UNKNOWN = HEALTHCODE_SKEW_UNKNOWN };


static int
skew(int last, const char *bytes, int64_t *ahead)
{
    redisReply         *reply = NULL;
    healthcode_skew_e   now;

    if (resp_read(bytes, strlen(bytes), &reply, 1) != 1) {
        print_error("no reply: %s\n", bytes);
        fail();
    }

    *ahead = 77;
    now = healthcode_skew_read(last, reply, NOW, ahead);
    freeReplyObject(reply);

    return (int) now;
}


static void
test_compares_two_clocks(void **state)
{
    static const struct {
        int  last, ahead, skew;
    } rows[] = {
        { FINE, 0, FINE }, { FINE, 60, FINE }, { FINE, -60, FINE },
        { FINE, 61, APART }, { FINE, -61, APART }, { FINE, 86400, APART },
        { UNKNOWN, 0, FINE }, { UNKNOWN, 61, APART }, { UNKNOWN, 60, FINE },

        /* no line to and fro at the border */
        { APART, 61, APART }, { APART, 60, APART }, { APART, 31, APART },
        { APART, -31, APART }, { APART, 30, FINE }, { APART, -30, FINE },
    };
    char     bytes[64];
    int64_t  ahead;

    for (size_t i = 0; i < test_count(rows); i++) {
        snprintf(bytes, sizeof(bytes), "*2\r\n$10\r\n%d\r\n$1\r\n1\r\n",
                 NOW + rows[i].ahead);
        test_row(skew(rows[i].last, bytes, &ahead) == rows[i].skew, i, bytes);
        test_row(ahead == rows[i].ahead, i, bytes);
    }

    (void) state;
}


static void
test_reads_no_time_out_of_anything_else(void **state)
{
    static const char  *const rows[] = {
        "-NOPERM no\r\n", "_\r\n", ":1790000000\r\n", "+1790000000\r\n",
        "*0\r\n", "*1\r\n$10\r\n1790000000\r\n",
        "*3\r\n$10\r\n1790000000\r\n$1\r\n1\r\n$1\r\n1\r\n",
        "*2\r\n:1790000000\r\n$1\r\n1\r\n", "*2\r\n$0\r\n\r\n$1\r\n1\r\n",
        "*2\r\n$11\r\n-1790000000\r\n$1\r\n1\r\n",
        "*2\r\n$10\r\n179000000x\r\n$1\r\n1\r\n",
        "*2\r\n$10\r\n 179000000\r\n$1\r\n1\r\n",
        "*2\r\n$16\r\n1790000000000000\r\n$1\r\n1\r\n",
        "*2\r\n$30\r\n999999999999999999999999999999\r\n$1\r\n1\r\n",
        "%1\r\n$10\r\n1790000000\r\n$1\r\n1\r\n",
    };
    int64_t  ahead;

    for (size_t i = 0; i < test_count(rows); i++) {
        for (int last = FINE; last <= UNKNOWN; last++) {
            test_row(skew(last, rows[i], &ahead) == UNKNOWN, i, rows[i]);
            test_row(ahead == 0, i, rows[i]);
        }
    }

    assert_int_equal(skew(FINE, "*2\r\n$15\r\n999999999999999\r\n$1\r\n1\r\n",
                          &ahead), APART);
    assert_true(ahead == 999999999999999 - (int64_t) NOW);

    (void) state;
}


static void
test_reads_microseconds(void **state)
{
    static const struct {
        const char  *bytes;
        uint64_t     us;      /* 0: none */
    } rows[] = {
        { "*2\r\n$10\r\n1790000000\r\n$6\r\n123456\r\n",
          UINT64_C(1790000000123456) },
        { "*2\r\n$10\r\n1790000000\r\n$1\r\n7\r\n",
          UINT64_C(1790000000000007) },
        { "*2\r\n$10\r\n1790000000\r\n$7\r\n1234567\r\n", 0 },
        { "*2\r\n$10\r\n1790000000\r\n$1\r\nx\r\n", 0 },
        { "*2\r\n$10\r\n1790000000\r\n:7\r\n", 0 },
        { "*2\r\n$15\r\n999999999999999\r\n$1\r\n1\r\n", 0 },
        { "-NOPERM no\r\n", 0 },
    };
    uint64_t     us;
    redisReply  *reply = NULL;

    for (size_t i = 0; i < test_count(rows); i++) {
        us = 0;
        assert_int_equal(resp_read(rows[i].bytes, strlen(rows[i].bytes),
                                   &reply, 1), 1);
        test_row(healthcode_skew_clock(reply, &us) == (rows[i].us != 0)
                 && us == rows[i].us, i, rows[i].bytes);
        freeReplyObject(reply);
    }

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_compares_two_clocks),
        cmocka_unit_test(test_reads_no_time_out_of_anything_else),
        cmocka_unit_test(test_reads_microseconds),
    };

    return cmocka_run_group_tests_name("skew", tests, NULL, NULL);
}
