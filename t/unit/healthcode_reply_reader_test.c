/*
 * Tests of healthcode_reply_reader.c: hiredis's own replies are the oracle,
 * whole and in pieces; and what must not take memory without end.
 * docs/request-path.md, "Redis".
 */

#include "test.h"
#include "resp.h"

#include "../../ngx_http_healthcode_module/redis/healthcode_reply_reader.h"


static const char *const  good[] = {
    "$-1\r\n", "$0\r\n\r\n", "$5\r\na\r\nbc\r\n", "+OK\r\n", "-ERR no\r\n",
    ":-17\r\n", "*0\r\n", "*-1\r\n", "%0\r\n", "_\r\n", "#t\r\n", "#f\r\n",
    ",1.5\r\n", "=8\r\ntxt:abcd\r\n", "(12345678901234567890\r\n",
    "%2\r\n$1\r\na\r\n$1\r\n1\r\n$1\r\nb\r\n*2\r\n:1\r\n$-1\r\n",
    "*3\r\n$-1\r\n$3\r\nlow\r\n$-1\r\n", "~1\r\n+x\r\n", ">1\r\n+x\r\n",
    "*2\r\n*2\r\n*1\r\n:1\r\n:2\r\n%1\r\n$1\r\nk\r\n$1\r\nv\r\n",
};


static void
assert_same(const redisReply *a, const redisReply *b)
{
    assert_int_equal(a->type, b->type);
    assert_int_equal(a->integer, b->integer);
    assert_int_equal(a->len, b->len);
    assert_int_equal(a->elements, b->elements);
    assert_true((a->str == NULL) == (b->str == NULL));

    if (a->str) {
        assert_memory_equal(a->str, b->str, a->len + 1);
    }

    if (a->type == REDIS_REPLY_VERB) {
        assert_string_equal(a->vtype, b->vtype);
    }

    if (a->type == REDIS_REPLY_DOUBLE) {
        assert_true(a->dval > b->dval - 1e-9 && a->dval < b->dval + 1e-9);
    }

    for (size_t i = 0; i < a->elements; i++) {
        assert_same(a->element[i], b->element[i]);
    }
}


static void
test_refuses_what_is_no_resp(void **state)
{
    static const char *const   bad[] = {
        "x\r\n", "*x\r\n", ":\r\n", "$-2\r\n", "GET / HTTP",
        "*513\r\n", "%513\r\n", "*1999999999\r\n", "#x\r\n", ",x\r\n",
    };
    redisReply                 *reply;
    healthcode_reply_reader_t  *reader;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        reader = healthcode_reply_reader_create();
        assert_true(healthcode_reply_reader_feed(reader, bad[i],
                                                 strlen(bad[i])));

        if (healthcode_reply_reader_next(reader, &reply)
            != HEALTHCODE_REPLY_READER_BROKEN)
        {
            fail_msg("row %zu: %s", i, bad[i]);
        }

        healthcode_reply_reader_free(reader);
    }

    (void) state;
}


/* hiredis 1.2 crashes on millions of these, in its own free function. */
static void
test_refuses_what_nests_without_end(void **state)
{
    size_t                      fed = 0;
    redisReply                 *reply;
    healthcode_reply_reader_e   rc = HEALTHCODE_REPLY_READER_MORE;
    healthcode_reply_reader_t  *reader = healthcode_reply_reader_create();

    while (rc == HEALTHCODE_REPLY_READER_MORE
           && healthcode_reply_reader_feed(reader, "*1\r\n", 4))
    {
        rc = healthcode_reply_reader_next(reader, &reply);
        fed += 4;
    }

    assert_true(fed <= HEALTHCODE_REPLY_READER_BYTES_MAX);
    assert_int_not_equal(rc, HEALTHCODE_REPLY_READER_REPLY);
    healthcode_reply_reader_free(reader);

    (void) state;
}


/* Each announces far more than it sends. */
static void
test_refuses_what_takes_more_memory_than_there_is(void **state)
{
    redisReply                 *reply;
    healthcode_reply_reader_e   rc = HEALTHCODE_REPLY_READER_MORE;
    healthcode_reply_reader_t  *reader = healthcode_reply_reader_create();

    for (int i = 0; i < 1000 && rc == HEALTHCODE_REPLY_READER_MORE; i++) {
        assert_true(healthcode_reply_reader_feed(reader, "*512\r\n", 6));
        rc = healthcode_reply_reader_next(reader, &reply);
    }

    assert_int_equal(rc, HEALTHCODE_REPLY_READER_BROKEN);
    healthcode_reply_reader_free(reader);

    (void) state;
}


static void
test_takes_64_kib_and_not_a_byte_more(void **state)
{
    char                       *text = calloc(1, 70000);
    size_t                      n;
    redisReply                 *reply;
    healthcode_reply_reader_t  *reader = healthcode_reply_reader_create();

    n = HEALTHCODE_REPLY_READER_BYTES_MAX - 10;
    sprintf(text, "$%zu\r\n", n);
    assert_int_equal(strlen(text), 8);
    memset(text + 8, 'x', n);
    memcpy(text + 8 + n, "\r\n", 2);

    for (int i = 0; i < 50; i++) {
        assert_true(healthcode_reply_reader_feed(reader, text, n + 10));
        assert_int_equal(healthcode_reply_reader_next(reader, &reply),
                         HEALTHCODE_REPLY_READER_REPLY);
        assert_int_equal(reply->len, n);
        healthcode_reply_reader_reset(reader);
    }

    assert_true(healthcode_reply_reader_feed(reader, text, 9));
    assert_int_equal(healthcode_reply_reader_next(reader, &reply),
                     HEALTHCODE_REPLY_READER_MORE);
    assert_false(healthcode_reply_reader_feed(reader, text + 9, n + 2));

    healthcode_reply_reader_free(reader);
    free(text);

    (void) state;
}


static void
test_reads_what_hiredis_reads_cut_anywhere(void **state)
{
    size_t                      cut, len;
    redisReply                 *expected, *reply;
    healthcode_reply_reader_e   rc;
    healthcode_reply_reader_t  *reader = healthcode_reply_reader_create();

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        len = strlen(good[i]);
        assert_int_equal(resp_read(good[i], len, &expected, 1), 1);

        for (cut = 0; cut <= len; cut++) {
            assert_true(healthcode_reply_reader_feed(reader, good[i], cut));
            rc = healthcode_reply_reader_next(reader, &reply);

            if (cut < len) {
                assert_int_equal(rc, HEALTHCODE_REPLY_READER_MORE);
                assert_true(healthcode_reply_reader_feed(reader, good[i] + cut,
                                                         len - cut));
                rc = healthcode_reply_reader_next(reader, &reply);
            }

            assert_int_equal(rc, HEALTHCODE_REPLY_READER_REPLY);
            assert_same(reply, expected);
            healthcode_reply_reader_reset(reader);
        }

        freeReplyObject(expected);
    }

    healthcode_reply_reader_free(reader);

    (void) state;
}


static void
test_keeps_replies_until_they_are_given_back(void **state)
{
    size_t                      i, n = sizeof(good) / sizeof(good[0]);
    redisReply                 *expected, *replies[32];
    healthcode_reply_reader_t  *reader = healthcode_reply_reader_create();

    for (i = 0; i < n; i++) {
        assert_true(healthcode_reply_reader_feed(reader, good[i],
                                                 strlen(good[i])));
    }

    for (i = 0; i < n; i++) {
        assert_int_equal(healthcode_reply_reader_next(reader, &replies[i]),
                         HEALTHCODE_REPLY_READER_REPLY);
    }

    for (i = 0; i < n; i++) {
        resp_read(good[i], strlen(good[i]), &expected, 1);
        assert_same(replies[i], expected);
        freeReplyObject(expected);
    }

    healthcode_reply_reader_free(reader);

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_refuses_what_is_no_resp),
        cmocka_unit_test(test_refuses_what_nests_without_end),
        cmocka_unit_test(test_refuses_what_takes_more_memory_than_there_is),
        cmocka_unit_test(test_takes_64_kib_and_not_a_byte_more),
        cmocka_unit_test(test_reads_what_hiredis_reads_cut_anywhere),
        cmocka_unit_test(test_keeps_replies_until_they_are_given_back),
    };

    return cmocka_run_group_tests_name("reply_reader", tests, NULL, NULL);
}
