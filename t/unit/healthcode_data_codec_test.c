/*
 * Tests of healthcode_data_codec.c: replies that say nothing, or not all; the
 * same sources as RESP3 and RESP2 have them.  docs/redis-keys.md,
 * "healthcode:data".
 */

#include "test.h"
#include "resp.h"

#include "../../ngx_http_healthcode_module/redis/healthcode_data_codec.h"


#define NOW     1700000000
#define A       "$1\r\na\r\n$10\r\n1699999990\r\n"
#define B       "$1\r\nb\r\n$10\r\n1699999980\r\n"
#define BAD     "$1\r\nB\r\n$10\r\n1699999980\r\n"

#define UNKNOWN     HEALTHCODE_DATA_UNKNOWN
#define NONE        HEALTHCODE_DATA_NONE
#define UNREADABLE  HEALTHCODE_DATA_UNREADABLE
#define AT          HEALTHCODE_DATA_AT


static void
test_says_what_a_reply_says(void **state)
{
    static const struct {
        const char          *bytes;
        healthcode_data_e    what;
        unsigned             n;
        int64_t              age;
    } rows[] = {
        { "-NOPERM x\r\n", UNKNOWN, 0, -1 },
        { "-ERR unknown command\r\n", UNKNOWN, 0, -1 },
        { "+OK\r\n", UNKNOWN, 0, -1 }, { ":1\r\n", UNKNOWN, 0, -1 },
        { "_\r\n", UNKNOWN, 0, -1 }, { "%0\r\n", UNKNOWN, 0, -1 },
        { "$1\r\na\r\n", UNKNOWN, 0, -1 },
        { "%1\r\n" A, UNKNOWN, 0, -1 },
        { "*1\r\n:1\r\n", UNKNOWN, 0, -1 },
        { "*1\r\n$1\r\na\r\n", UNKNOWN, 0, -1 },
        { "*1\r\n*1\r\n$1\r\na\r\n", UNKNOWN, 0, -1 },
        { "*1\r\n*2\r\n$1\r\na\r\n:5\r\n", UNKNOWN, 0, -1 },
        { "*1\r\n*2\r\n:5\r\n$1\r\na\r\n", UNKNOWN, 0, -1 },
        { "*2\r\n*2\r\n" A "*2\r\n$1\r\nb\r\n_\r\n", UNKNOWN, 0, -1 },
        { "*3\r\n" A "$1\r\nb\r\n", UNKNOWN, 0, -1 },

        { "-WRONGTYPE x\r\n", UNREADABLE, 0, -1 },
        { "*1\r\n*2\r\n" BAD, UNREADABLE, 0, -1 },
        { "*2\r\n*2\r\n" A "*2\r\n" BAD, UNREADABLE, 1, -1 },
        { "*1\r\n*2\r\n$1\r\na\r\n$1\r\nx\r\n", UNREADABLE, 1, -1 },
        /* a bulk that was too long stands there as a big number */
        { "*1\r\n*2\r\n$1\r\na\r\n(1\r\n", UNREADABLE, 1, -1 },
        { "*1\r\n*2\r\n(1\r\n$10\r\n1699999980\r\n", UNREADABLE, 0, -1 },

        { "*0\r\n", NONE, 0, -1 },
        { "*1\r\n*2\r\n" A, AT, 1, 10 },
        { "*2\r\n" A, AT, 1, 10 },
        { "*2\r\n*2\r\n" A "*2\r\n" B, AT, 2, 20 },
        { "*2\r\n*2\r\n" B "*2\r\n" A, AT, 2, 20 },
        { "*4\r\n" A B, AT, 2, 20 },
    };
    int64_t            age;
    redisReply        *reply = NULL;
    healthcode_data_t  data;

    memset(&data, 0xff, sizeof(data));

    for (size_t i = 0; i < test_count(rows); i++) {
        assert_int_equal(resp_read(rows[i].bytes, strlen(rows[i].bytes),
                                   &reply, 1), 1);

        /* nothing remains of the one before */
        healthcode_data_codec_read(reply, &data);
        freeReplyObject(reply);

        age = -1;
        test_row(healthcode_data_age(&data, NOW, &age) == rows[i].what, i,
                 rows[i].bytes);
        test_row(data.n == rows[i].n && age == rows[i].age, i, rows[i].bytes);
    }

    (void) state;
}


static void
test_asks_for_one_more_than_there_may_be(void **state)
{
    healthcode_redis_buf_t  buf = { .data = NULL };

    assert_true(healthcode_data_codec_format(&buf));
    test_str_equal(healthcode_str_from(buf.data, buf.len),
                   "*4\r\n$10\r\nHRANDFIELD\r\n$19\r\nhealthcode:data:{c}\r\n"
                   "$2\r\n17\r\n$10\r\nWITHVALUES\r\n");
    healthcode_redis_buf_free(&buf);
    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_says_what_a_reply_says),
        cmocka_unit_test(test_asks_for_one_more_than_there_may_be),
    };

    return cmocka_run_group_tests_name("data_codec", tests, NULL, NULL);
}
