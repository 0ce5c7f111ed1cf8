/*
 * Tests of healthcode_redis_buf.c: the bytes of a command, growing, and
 * sending piece by piece.  Knows no command of ours.
 * docs/redis-keys.md.
 */

#include "test.h"

#include <hiredis/hiredis.h>

#include "../../ngx_http_healthcode_module/redis/healthcode_redis_buf.h"


static void
append(healthcode_redis_buf_t *buf, const char *a, size_t len)
{
    const char    *argv[] = { "SET", a };
    const size_t   lens[] = { 3, len };

    assert_true(healthcode_redis_buf_command(buf, 2, argv, lens));
}


static void
test_takes_nothing_from_an_empty_buffer(void **state)
{
    healthcode_redis_buf_t  buf = { NULL, 0, 0 };

    healthcode_redis_buf_consume(&buf, 0);
    assert_int_equal(buf.len, 0);
    healthcode_redis_buf_free(&buf);
    healthcode_redis_buf_free(&buf);
    assert_null(buf.data);

    (void) state;
}


static void
test_writes_commands_one_after_another(void **state)
{
    static const char       expected[] = "*2\r\n$3\r\nSET\r\n$5\r\na\0\r\nb\r\n"
                                         "*2\r\n$3\r\nSET\r\n$0\r\n\r\n";
    healthcode_redis_buf_t  buf = { NULL, 0, 0 };

    append(&buf, "a\0\r\nb", 5);
    append(&buf, "", 0);
    assert_int_equal(buf.len, sizeof(expected) - 1);
    assert_memory_equal(buf.data, expected, sizeof(expected) - 1);
    healthcode_redis_buf_free(&buf);
    assert_null(buf.data);
    assert_int_equal(buf.len, 0);
    assert_int_equal(buf.size, 0);

    (void) state;
}


/* hiredis is the oracle: what it would send is what leaves. */
static void
test_writes_what_hiredis_would(void **state)
{
    char                   *expected, text[2000];
    size_t                  len, lens[4] = { 5, 0, 0, 1 };
    const char             *argv[4] = { "HMGET", text, text, "\n" };
    long long               n;
    healthcode_redis_buf_t  buf = { NULL, 0, 0 };

    memset(text, 'x', sizeof(text));

    for (len = 0; len < sizeof(text); len++) {
        lens[1] = len;
        lens[2] = sizeof(text) - len;

        for (int argc = 1; argc <= 4; argc++) {
            n = redisFormatCommandArgv(&expected, argc, argv, lens);
            buf.len = 0;
            assert_true(healthcode_redis_buf_command(&buf, (size_t) argc, argv,
                                                     lens));
            assert_int_equal(buf.len, n);
            assert_memory_equal(buf.data, expected, (size_t) n);
            redisFreeCommand(expected);
        }
    }

    healthcode_redis_buf_free(&buf);

    (void) state;
}


static void
test_appends_bytes_as_they_are(void **state)
{
    healthcode_str_t        bytes;
    healthcode_redis_buf_t  buf = { NULL, 0, 0 };

    assert_true(healthcode_redis_buf_append(&buf, "", 0));
    assert_int_equal(buf.len, 0);

    for (size_t len = 1; len < 20000; len += 777) {
        bytes = healthcode_str_from(guard_room(0, len), len);
        assert_true(healthcode_redis_buf_append(&buf, (const char *) bytes.data,
                                                len));
        assert_true(buf.len >= len && buf.len <= buf.size);
        assert_memory_equal(buf.data + buf.len - len, bytes.data, len);
    }

    append(&buf, "x", 1);
    assert_memory_equal(buf.data + buf.len - 7, "$1\r\nx\r\n", 7);
    healthcode_redis_buf_free(&buf);

    (void) state;
}


static void
test_keeps_what_is_not_sent_yet(void **state)
{
    char                    text[300], all[200000];
    size_t                  n, got = 0, put = 0;
    uint32_t                seed = 7;
    healthcode_redis_buf_t  buf = { NULL, 0, 0 };

    for (unsigned i = 0; i < 400; i++) {
        n = (size_t) snprintf(text, sizeof(text), "%u-%0*u", i, (int) (i % 200),
                              i);
        append(&buf, text, n);
        put += (size_t) snprintf(all + put, sizeof(all) - put,
                                 "*2\r\n$3\r\nSET\r\n$%zu\r\n%s\r\n", n, text);

        seed = seed * 1664525 + 1013904223;
        n = (seed >> 8) % (buf.len + 1);
        assert_memory_equal(buf.data, all + got, n);
        healthcode_redis_buf_consume(&buf, n);
        got += n;
        assert_int_equal(buf.len, put - got);
    }

    assert_memory_equal(buf.data, all + got, buf.len);
    healthcode_redis_buf_consume(&buf, buf.len);
    assert_int_equal(buf.len, 0);
    append(&buf, "x", 1);
    assert_memory_equal(buf.data, "*2\r\n", 4);
    healthcode_redis_buf_free(&buf);

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_takes_nothing_from_an_empty_buffer),
        cmocka_unit_test(test_writes_commands_one_after_another),
        cmocka_unit_test(test_writes_what_hiredis_would),
        cmocka_unit_test(test_appends_bytes_as_they_are),
        cmocka_unit_test(test_keeps_what_is_not_sent_yet),
    };

    return cmocka_run_group_tests_name("redis_buf", tests, NULL, NULL);
}
