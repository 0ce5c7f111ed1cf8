/*
 * Tests of healthcode_reply_reader.c: hiredis's own replies are the oracle,
 * whole and in pieces; and what must not take memory without end.
 * docs/connection.md.
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
        "*-2\r\n", "$\r\n", "$-\r\n", "$--1\r\n", "$+1\r\n", "$ 1\r\n",
        "$01\r\nx\r\n", "$1\n", "$1\rx\n", "$1x\r\n", "$?\r\n", "*?\r\n",
        "=1048577\r\n", "$1048577\r\n", "$9999999999\r\n",
        "$99999999999\r\n", "$18446744073709551617\r\n", "*01\r\n+a\r\n",
        "!3\r\nERR\r\n",
#if HIREDIS_MAJOR == 1 && HIREDIS_MINOR < 4
        "|1\r\n",            /* an attribute, which later ones read */
#endif
    };
    redisReply                 *reply = NULL;
    healthcode_reply_reader_t  *reader;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        reader = healthcode_reply_reader_create();

        if (healthcode_reply_reader_feed(reader, bad[i], strlen(bad[i]))
            && healthcode_reply_reader_next(reader, &reply)
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
    redisReply                 *reply = NULL;
    healthcode_reply_reader_e   rc = HEALTHCODE_REPLY_READER_MORE;
    healthcode_reply_reader_t  *reader = healthcode_reply_reader_create();

    while (rc == HEALTHCODE_REPLY_READER_MORE
           && healthcode_reply_reader_feed(reader, "*1\r\n", 4))
    {
        rc = healthcode_reply_reader_next(reader, &reply);
        fed += 4;
    }

    assert_true(fed <= HEALTHCODE_REPLY_BYTES_MAX);
    assert_int_not_equal(rc, HEALTHCODE_REPLY_READER_REPLY);
    healthcode_reply_reader_free(reader);

    (void) state;
}


/* Each announces far more than it sends. */
static void
test_refuses_what_takes_more_memory_than_there_is(void **state)
{
    redisReply                 *reply = NULL;
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


/* One that is not a bulk is neither skipped nor cut. */
static void
test_takes_64_kib_and_not_a_byte_more(void **state)
{
    char                       *text = malloc(HEALTHCODE_REPLY_BYTES_MAX + 1);
    size_t                      n = HEALTHCODE_REPLY_BYTES_MAX;
    redisReply                 *reply = NULL;
    healthcode_reply_reader_t  *reader = healthcode_reply_reader_create();

    memset(text, 'x', n);
    text[0] = '+';
    memcpy(text + n - 2, "\r\n", 2);

    for (int i = 0; i < 50; i++) {
        assert_true(healthcode_reply_reader_feed(reader, text, n));
        assert_int_equal(healthcode_reply_reader_next(reader, &reply),
                         HEALTHCODE_REPLY_READER_REPLY);
        assert_int_equal(reply->len, n - 3);
        healthcode_reply_reader_reset(reader);
    }

    assert_true(healthcode_reply_reader_feed(reader, text, 9));
    assert_int_equal(healthcode_reply_reader_next(reader, &reply),
                     HEALTHCODE_REPLY_READER_MORE);
    memcpy(text + n - 2, "xx\r", 3);
    assert_true(healthcode_reply_reader_feed(reader, text + 9, n - 9));
    assert_false(healthcode_reply_reader_feed(reader, "\r\n", 2));

    healthcode_reply_reader_free(reader);
    free(text);

    (void) state;
}


/* Bytes of a stream that a test puts together. */
static struct {
    char    *data;
    size_t   len;
} stream;


static void
stream_add(const char *text)
{
    size_t  n = strlen(text);

    stream.data = realloc(stream.data, stream.len + n);
    memcpy(stream.data + stream.len, text, n);
    stream.len += n;
}


/* A bulk of n bytes, which look like RESP. */
static void
stream_add_bulk(char type, size_t n)
{
    char  header[32];

    snprintf(header, sizeof(header), "%c%zu\r\n", type, n);
    stream_add(header);
    stream.data = realloc(stream.data, stream.len + n);

    for (size_t i = 0; i < n; i++) {
        stream.data[stream.len++] = "txt:\r\n*1\r\n$1\r\n"[i % 14];
    }

    stream_add("\r\n");
}


static void
stream_free(void)
{
    free(stream.data);
    stream.data = NULL;
    stream.len = 0;
}


/*
 * Reads all of it in pieces of so many bytes, each in memory of its own; the
 * number of whole replies.
 */
static size_t
stream_read(healthcode_reply_reader_t *reader, size_t piece,
    redisReply **replies, size_t max)
{
    char                      *copy;
    bool                       fed;
    size_t                     i, n, read = 0;
    healthcode_reply_reader_e  rc;

    for (i = 0; i < stream.len; i += n) {
        n = (stream.len - i < piece) ? stream.len - i : piece;
        copy = malloc(n);
        memcpy(copy, stream.data + i, n);
        fed = healthcode_reply_reader_feed(reader, copy, n);
        free(copy);

        if (!fed) {
            return read;
        }

        do {
            assert_true(read < max);
            rc = healthcode_reply_reader_next(reader, &replies[read]);
            read += (rc == HEALTHCODE_REPLY_READER_REPLY);
        } while (rc == HEALTHCODE_REPLY_READER_REPLY);

        if (rc == HEALTHCODE_REPLY_READER_BROKEN) {
            return read;
        }
    }

    return read;
}


/* The reply behind it is whole, and so is the one that it stands in. */
static void
test_skips_a_bulk_that_is_too_long(void **state)
{
    static const struct {
        size_t  len;
        bool    skipped;
    } rows[] = {
        { HEALTHCODE_REPLY_BULK_MAX - 1, false },
        { HEALTHCODE_REPLY_BULK_MAX, false },
        { HEALTHCODE_REPLY_BULK_MAX + 1, true },
        { HEALTHCODE_REPLY_BYTES_MAX, true },
        { HEALTHCODE_REPLY_SKIP_MAX, true },
    };
    static const size_t  pieces[] = { 1, 2, 7, 4096, 16384, 2000000 };
    char                 text[16];
    redisReply          *replies[8];

    for (size_t i = 0; i < test_count(rows); i++) {
        stream_add("*3\r\n$1\r\na\r\n");
        stream_add_bulk('$', rows[i].len);
        stream_add("$1\r\nb\r\n");
        stream_add_bulk('$', rows[i].len);
        stream_add("+OK\r\n");
        snprintf(text, sizeof(text), "%zu", rows[i].len);

        for (size_t j = (rows[i].len > 99999) ? 2 : 0; j < test_count(pieces);
             j++)
        {
            healthcode_reply_reader_t  *r = healthcode_reply_reader_create();

            test_row(stream_read(r, pieces[j], replies, 8) == 3, i, text);
            assert_int_equal(replies[0]->elements, 3);
            test_str_equal(healthcode_str_from(replies[0]->element[0]->str,
                                               1), "a");
            test_row(healthcode_reply_reader_is_skipped(
                         replies[0]->element[1]) == rows[i].skipped, i, text);
            test_str_equal(healthcode_str_from(replies[0]->element[2]->str,
                                               1), "b");
            test_row(healthcode_reply_reader_is_skipped(replies[1])
                     == rows[i].skipped, i, text);
            assert_string_equal(replies[2]->str, "OK");

            if (rows[i].skipped) {
                assert_string_equal(replies[1]->str, text);
            } else {
                assert_int_equal(replies[1]->len, rows[i].len);
                assert_memory_equal(replies[1]->str, stream.data
                                    + stream.len - 7 - rows[i].len,
                                    rows[i].len);
            }

            healthcode_reply_reader_free(r);
        }

        stream_free();
    }

    (void) state;
}


/* A text with its format is of nobody's making but Redis's. */
static void
test_takes_a_text_with_its_format_as_long_as_a_reply(void **state)
{
    redisReply                 *reply, *replies[2];
    healthcode_reply_reader_t  *reader = healthcode_reply_reader_create();

    stream_add_bulk('=', HEALTHCODE_REPLY_BYTES_MAX - 10);
    assert_int_equal(stream_read(reader, 1000, replies, 2), 1);
    reply = replies[0];
    assert_int_equal(reply->type, REDIS_REPLY_VERB);
    assert_int_equal(reply->len, HEALTHCODE_REPLY_BYTES_MAX - 14);
    stream_free();

    stream_add_bulk('=', HEALTHCODE_REPLY_BYTES_MAX - 9);
    assert_int_equal(stream_read(reader, 1000, replies, 2), 0);
    stream_free();
    healthcode_reply_reader_free(reader);

    (void) state;
}


/* 130 bulks, none of them too long alone: the last ones are. */
static void
test_skips_what_makes_a_reply_too_long(void **state)
{
    size_t       skipped = 0;
    redisReply  *replies[8];

    stream_add("*130\r\n");

    for (int i = 0; i < 130; i++) {
        stream_add_bulk('$', i == 128 ? 1 : HEALTHCODE_REPLY_BULK_MAX / 2);
    }

    stream_add("$1\r\na\r\n");

    for (size_t piece = 1; piece < 100000; piece *= 9) {
        healthcode_reply_reader_t  *r = healthcode_reply_reader_create();

        assert_int_equal(stream_read(r, piece, replies, 8), 2);
        assert_int_equal(replies[0]->elements, 130);

        for (int i = 0; i < 7; i++) {
            assert_int_equal(replies[0]->element[i]->type, REDIS_REPLY_STRING);
        }

        for (skipped = 0; skipped < 130; skipped++) {
            if (!healthcode_reply_reader_is_skipped(
                    replies[0]->element[129 - skipped])
                && skipped != 1)
            {
                break;
            }
        }

        assert_int_equal(skipped, 130 - 7);
        assert_string_equal(replies[1]->str, "a");
        healthcode_reply_reader_free(r);
    }

    stream_free();

    (void) state;
}


/* Bytes that the scan passes on, and how many marks are among them. */
typedef struct {
    size_t  len;
    size_t  marks;
} passed_t;


static bool
pass(void *data, const char *bytes, size_t len)
{
    passed_t  *passed = data;

    passed->len += len;
    passed->marks += (bytes[0] == '(');

    return true;
}


/* Values of a few bytes are values: they fill a reply, and end one. */
static void
test_counts_short_values_too(void **state)
{
    int                      i;
    passed_t                 passed = { 0, 0 };
    healthcode_reply_scan_t  scan = { 0 };

    for (i = 0; i < 50000; i++) {
        stream_add(i % 2 ? "$1\r\na\r\n" : "%1\r\n_\r\n*0\r\n");
    }

    assert_true(healthcode_reply_scan(&scan, stream.data, stream.len, pass,
                                      &passed));
    assert_int_equal(passed.len, stream.len);
    assert_int_equal(scan.values, 0);
    stream_free();

    /* a number is missing, or too much */

    for (i = 0; i < 3; i++) {
        stream_add("*2\r\n$1\r\na\r\n");
        stream_add(i == 0 ? "$\r\n\r\n" : i == 1 ? "*\r\n" : "%\r\n");
        memset(&scan, 0, sizeof(scan));
        test_row(!healthcode_reply_scan(&scan, stream.data, stream.len, pass,
                                        &passed), i, "no number");
        stream_free();
    }

    /* one reply of more than 64 KiB, of 99 times 99 arrays */

    stream_add("*99\r\n");

    for (i = 0; i < 99 * 100; i++) {
        stream_add(i % 100 ? "*1\r\n*0\r\n" : "*99\r\n");
    }

    assert_true(stream.len > HEALTHCODE_REPLY_BYTES_MAX);
    memset(&scan, 0, sizeof(scan));
    assert_false(healthcode_reply_scan(&scan, stream.data, stream.len, pass,
                                       &passed));
    stream_free();

    /* a map of ten values, all of one reply: the last ones are too much */

    stream_add("%5\r\n");

    for (i = 0; i < 10; i++) {
        stream_add_bulk('$', HEALTHCODE_REPLY_BULK_MAX / 2);
    }

    memset(&scan, 0, sizeof(scan));
    passed.marks = 0;
    assert_true(healthcode_reply_scan(&scan, stream.data, stream.len, pass,
                                      &passed));
    assert_int_equal(passed.marks, 3);
    assert_int_equal(scan.values, 0);
    stream_free();

    (void) state;
}


static void
test_refuses_a_bulk_that_is_not_what_it_says(void **state)
{
    static const size_t  lens[] = { 3, HEALTHCODE_REPLY_BULK_MAX + 1 };
    static const char   *ends[] = { "x\n", "\rx", "\n\r", "$1" };
    redisReply          *replies[2];

    for (size_t i = 0; i < test_count(lens); i++) {
        for (size_t j = 0; j < test_count(ends); j++) {
            healthcode_reply_reader_t  *r = healthcode_reply_reader_create();

            stream_add_bulk('$', lens[i]);
            memcpy(stream.data + stream.len - 2, ends[j], 2);
            stream_add("+OK\r\n");
            test_row(stream_read(r, 100000, replies, 2) == 0, j, ends[j]);
            assert_false(healthcode_reply_reader_feed(r, stream.data,
                                                      stream.len));
            healthcode_reply_reader_free(r);
            stream_free();
        }
    }

    (void) state;
}


static void
test_reads_what_hiredis_reads_cut_anywhere(void **state)
{
    size_t                      cut, len;
    redisReply                 *expected = NULL, *reply;
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
    redisReply                 *expected = NULL, *replies[32];
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
        cmocka_unit_test(test_skips_a_bulk_that_is_too_long),
        cmocka_unit_test(test_takes_a_text_with_its_format_as_long_as_a_reply),
        cmocka_unit_test(test_skips_what_makes_a_reply_too_long),
        cmocka_unit_test(test_counts_short_values_too),
        cmocka_unit_test(test_refuses_a_bulk_that_is_not_what_it_says),
        cmocka_unit_test(test_reads_what_hiredis_reads_cut_anywhere),
        cmocka_unit_test(test_keeps_replies_until_they_are_given_back),
    };

    return cmocka_run_group_tests_name("reply_reader", tests, NULL, NULL);
}
