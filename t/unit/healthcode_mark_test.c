/*
 * Tests of healthcode_mark.c: the bytes of the call, and replies that say that
 * something counts, or do not.  t/82-mark-script.t has the script.
 * docs/redis-keys.md, "healthcode:mark".
 */

#include "test.h"
#include "resp.h"

#include "../../ngx_http_healthcode_module/redis/healthcode_mark.h"


#define SHA    "0123456789abcdef0123456789abcdef01234567"
#define OWNER  "00112233445566778899aabbccddeeff"


static void
test_calls_the_script_with_one_key(void **state)
{
    static const char        want[] =
        "*8\r\n$7\r\nEVALSHA\r\n$40\r\n" SHA "\r\n$1\r\n1\r\n"
        "$53\r\nhealthcode:mark:{c4}:c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4\r\n"
        "$5\r\nproof\r\n$32\r\n" OWNER "\r\n$3\r\n180\r\n"
        "$20\r\nhealthcode:meta:{c4}\r\n";
    healthcode_mark_t        mark;
    healthcode_redis_buf_t   buf;

    memset(&buf, 0, sizeof(buf));
    memset(mark.digest, 0xc4, sizeof(mark.digest));
    mark.instance = guard_text(0, "proof");
    mark.owner = guard_text(1, OWNER);
    mark.life = 180;

    assert_true(healthcode_mark_format(&mark, SHA, &buf));

    if (buf.len != sizeof(want) - 1 || memcmp(buf.data, want, buf.len) != 0) {
        print_error("%.*s\nis not\n%s\n", (int) buf.len, buf.data, want);
        fail();
    }

    healthcode_redis_buf_free(&buf);
    (void) state;
}


static void
test_says_what_a_reply_says(void **state)
{
    static const struct {
        const char           *bytes;
        healthcode_reason_e   reason;
    } rows[] = {
        { "*1\r\n$6\r\nmarked\r\n", HEALTHCODE_REASON_OK },
        { "*1\r\n$8\r\nreplayed\r\n", HEALTHCODE_REASON_REPLAYED },
        { "*1\r\n$8\r\nunproven\r\n", HEALTHCODE_REASON_STORE_UNPROVEN },
        { "-READONLY You can't write against a read only replica.\r\n",
          HEALTHCODE_REASON_STORE_NOT_MASTER },
        { "-NOPERM this user has no permissions to run evalsha\r\n",
          HEALTHCODE_REASON_STORE_AUTH },
        { "-ERR The user executing the script can't run this command\r\n",
          HEALTHCODE_REASON_STORE_AUTH },
        { "-NOSCRIPT No matching script.\r\n",
          HEALTHCODE_REASON_STORE_UNAVAILABLE },
        { "-WRONGTYPE Operation against a key\r\n",
          HEALTHCODE_REASON_STORE_UNAVAILABLE },
        { "-marked\r\n", HEALTHCODE_REASON_STORE_UNAVAILABLE },
        { "$6\r\nmarked\r\n", HEALTHCODE_REASON_STORE_UNAVAILABLE },
        { "+marked\r\n", HEALTHCODE_REASON_STORE_UNAVAILABLE },
        { ":1\r\n", HEALTHCODE_REASON_STORE_UNAVAILABLE },
        { "_\r\n", HEALTHCODE_REASON_STORE_UNAVAILABLE },
        { "*0\r\n", HEALTHCODE_REASON_STORE_UNAVAILABLE },
        { "*1\r\n_\r\n", HEALTHCODE_REASON_STORE_UNAVAILABLE },
        { "*1\r\n:1\r\n", HEALTHCODE_REASON_STORE_UNAVAILABLE },
        { "*1\r\n*1\r\n$6\r\nmarked\r\n",
          HEALTHCODE_REASON_STORE_UNAVAILABLE },
        { "*1\r\n$5\r\nmarke\r\n", HEALTHCODE_REASON_STORE_UNAVAILABLE },
        { "*1\r\n$7\r\nmarked \r\n", HEALTHCODE_REASON_STORE_UNAVAILABLE },
        { "*1\r\n$6\r\nMARKED\r\n", HEALTHCODE_REASON_STORE_UNAVAILABLE },
        { "*2\r\n$6\r\nmarked\r\n$6\r\nmarked\r\n",
          HEALTHCODE_REASON_STORE_UNAVAILABLE },
    };
    redisReply  *reply = NULL;

    for (size_t i = 0; i < test_count(rows); i++) {
        assert_int_equal(resp_read(rows[i].bytes, strlen(rows[i].bytes),
                                   &reply, 1), 1);
        test_row(healthcode_mark_read(reply) == rows[i].reason, i,
                 rows[i].bytes);
        freeReplyObject(reply);
    }

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_calls_the_script_with_one_key),
        cmocka_unit_test(test_says_what_a_reply_says),
    };

    return cmocka_run_group_tests_name("mark", tests, NULL, NULL);
}
