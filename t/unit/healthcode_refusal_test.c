/*
 * Tests of healthcode_refusal.c: no secret and no control byte of an error
 * reaches a log; what is advised; a server that is not Redis.
 * docs/connection.md, "Outage".
 */

#include "test.h"
#include "resp.h"

#include <errno.h>

#include "../../ngx_http_healthcode_module/redis/healthcode_refusal.h"


static const healthcode_str_t  none[HEALTHCODE_REFUSAL_SECRETS];


static redisReply *
error_of(const char *bytes)
{
    redisReply  *reply = NULL;

    if (resp_read(bytes, strlen(bytes), &reply, 1) != 1) {
        print_error("no reply: %s\n", bytes);
        fail();
    }

    return reply;
}


static void
test_leaves_out_what_nobody_may_read(void **state)
{
    static const struct {
        const char  *bytes, *text;
    } rows[] = {
        { "-ERR unknown command 'HELLO', with args beginning with: '3' 'AUTH' "
          "'gate' 's3cret'\r\n", "ERR unknown command 'HELLO'" },
        { "-ERR unknown command `HELLO`, with args beginning with: `3`, \r\n",
          "ERR unknown command `HELLO`" },
        { "-ERR bad: AUTH gate s3cret now\r\n", "ERR bad: AUTH gate *** now" },
        { "-s3crets3cret\r\n", "******" },
        /* the one of before begins with the one of now */
        { "-ERR was s3cret-and-longer! now s3cret\r\n",
          "ERR was ***! now ***" },
        { "-ERR s3cret-and-long\r\n", "ERR ***-and-long" },
        { "-s3cres3cre\r\n", "s3cres3cre" },
        { "-ERR healthcode:risk:{47}:47a3282010: no\r\n", "ERR *** no" },
        { "-ERR 'healthcode:risk:{47}:47a32820', `healthcode:risk:{47a`\r\n",
          "ERR '***', `***`" },
        { "-ERR healthcode:risk:{47}:47a32820\r\n", "ERR ***" },
        { "-ERR healthcode:risk:{47\r\n", "ERR ***" },
        { "-ERR healthcode:risk:\r\n", "ERR healthcode:risk:" },
        { "-ERR \x1b[2J\t\x7f\x80\xff x\r\n",
          "ERR \\x1b[2J\\x09\\x7f\\x80\\xff x" },
        { "-NOPERM this user has no permissions to run the 'hmget' command\r\n",
          "NOPERM this user has no permissions to run the 'hmget' command" },
        { "-with args\r\n", "" }, { "-\r\n", "" },
    };
    const healthcode_str_t  secrets[HEALTHCODE_REFUSAL_SECRETS] = {
        healthcode_str("s3cret"), healthcode_str("s3cret-and-longer")
    };
    char        *text;
    size_t       n;
    redisReply  *reply = NULL;

    for (size_t i = 0; i < test_count(rows); i++) {
        reply = error_of(rows[i].bytes);
        text = (char *) guard_room(0, HEALTHCODE_REFUSAL_SIZE);
        n = healthcode_refusal_text(reply, secrets, text,
                                    HEALTHCODE_REFUSAL_SIZE);
        assert_string_equal(text, rows[i].text);
        assert_int_equal(n, strlen(text));

        /* a text that is cut never shows half of a secret as a whole */
        for (size_t size = 0; size < 80; size++) {
            text = (char *) guard_room(0, size);
            n = healthcode_refusal_text(reply, secrets, text,
                                        size);
            test_row(size ? n < size && strlen(text) == n : n == 0, i,
                     rows[i].bytes);
            test_row(size == 0 || strstr(text, "s3cret") == NULL, i, text);
        }

        freeReplyObject(reply);
    }

    (void) state;
}


static void
test_ends_a_long_text_in_dots(void **state)
{
    char         text[64];
    redisReply  *reply = error_of("-ERR 0123456789012345678901234567890123456"
                                  "789012345678901234567890123456789\r\n");

    healthcode_refusal_text(reply, none, text, sizeof(text));
    assert_string_equal(text + strlen(text) - 3, "...");
    freeReplyObject(reply);

    (void) state;
}


static void
test_advises(void **state)
{
    static const struct {
        const char  *bytes, *advice;
        bool         is_right, to_keys, is_lasting;
    } rows[] = {
        { "-WRONGPASS invalid username-password pair\r\n", "password_file",
          false, false, true },
        { "-NOAUTH Authentication required.\r\n", "\"user\"", false, false,
          true },
        { "-LOADING Redis is loading the dataset in memory\r\n", "wait", false,
          false, true },
        { "-DENIED Redis is running in protected mode\r\n", "password", false,
          false, true },
        { "-MASTERDOWN Link with MASTER is down\r\n",
          "replica-serve-stale-data", false, false,
          true },
        { "-READONLY You can't write against a read only replica.\r\n", NULL,
          false, false, true },
        { "-BUSY Redis is busy running a script.\r\n", "SCRIPT KILL", false,
          false, true },
        { "-BUSYKEY Target key name already exists.\r\n", NULL, false, false,
          false },
        { "-MOVED 3999 127.0.0.1:6381\r\n", "cluster-enabled", false, false,
          true },
        { "-ASK 3999 127.0.0.1:6381\r\n", "cluster-enabled", false, false,
          true },
        { "-CLUSTERDOWN Hash slot not served\r\n", "cluster-enabled", false,
          false, true },
        { "-ERR max number of clients reached\r\n", "maxclients", false, false,
          true },
        { "-ERR unknown command 'HELLO'\r\n", "proxy", false, false, true },
        { "-NOPROTO unsupported protocol version\r\n", "proxy", false, false,
          true },
        { "-ERR DB index is out of range\r\n", "database", false, false, true },
        { "-ERR AUTH <password> called without any password configured\r\n",
          "password_file", false, false, true },
        { "-NOPERM this user has no permissions to run the 'hmget' command\r\n",
          NULL, true, false, true },
        { "-NOPERM User gate has no permissions to run the 'hmget' command\r\n",
          NULL, true, false, true },
        { "-NOPERM this user has no permissions to access one of the keys used "
          "as arguments\r\n", NULL, true, true, true },
        { "-NOPERM No permissions to access a key\r\n", NULL, true, true,
          true },
        { "-WRONGTYPE Operation against a key\r\n", NULL, false, false, false },
        { "-ERR no\r\n", NULL, false, false, false },
        { "-\r\n", NULL, false, false, false },
        { "-XNOPERM access key\r\n", NULL, false, false, false },
    };
    const char  *advice;
    redisReply  *reply = NULL;

    for (size_t i = 0; i < test_count(rows); i++) {
        reply = error_of(rows[i].bytes);
        advice = healthcode_refusal_advice(reply);

        test_row((advice == NULL) == (rows[i].advice == NULL), i,
                 rows[i].bytes);
        test_row(advice == NULL || strstr(advice, rows[i].advice), i, advice);
        test_row(healthcode_refusal_is_right(reply) == rows[i].is_right, i,
                 rows[i].bytes);
        test_row(healthcode_refusal_is_right_to_keys(reply) == rows[i].to_keys,
                 i, rows[i].bytes);
        test_row(healthcode_refusal_is_lasting(reply) == rows[i].is_lasting, i,
                 rows[i].bytes);
        freeReplyObject(reply);
    }

    reply = error_of("+NOPERM access key\r\n");
    assert_false(healthcode_refusal_is_right(reply));
    assert_false(healthcode_refusal_is_lasting(reply));
    freeReplyObject(reply);

    (void) state;
}


static void
test_tells_strangers_apart(void **state)
{
    static const struct {
        const char  *bytes;
        size_t       len;
        const char  *what;
    } rows[] = {
        { "\x15\x03\x03\x00\x02\x02\x46", 7, "speaks TLS" },
        { "\x15\x03", 2, "speaks TLS" },
        { "\x16\x03\x01\x00", 4, "speaks TLS" },
        { "\x15\x02", 2, "RESP3" }, { "\x15", 1, "RESP3" },
        { "\x17\x03", 2, "RESP3" },
        { "HTTP/1.1 400 Bad Request\r\n", 26, "HTTP" },
        { "HTTP/", 5, "HTTP" }, { "HTTP", 4, "RESP3" },
        { "SSH-2.0-OpenSSH_9.2\r\n", 21, "RESP3" }, { "", 0, "RESP3" },
        { "\0\0\0", 3, "RESP3" },
    };
    const char        *what;
    healthcode_str_t   bytes;

    for (size_t i = 0; i < test_count(rows); i++) {
        bytes = guard(0, rows[i].bytes, rows[i].len);
        what = healthcode_refusal_stranger(bytes.data, bytes.len);
        test_row(strstr(what, rows[i].what) != NULL, i, what);
    }

    (void) state;
}


static void
test_says_what_to_do_about_a_connect(void **state)
{
    static const struct {
        int          err;
        bool         is_unix;
        const char  *what;
    } rows[] = {
        { ECONNREFUSED, false, "\"port\"" },
        { ECONNREFUSED, true, "unixsocket" }, { ENOENT, true, "unixsocket" },
        { EACCES, true, "unixsocketperm" }, { EPERM, false, "firewall" },
        { EAGAIN, true, "tcp-backlog" }, { ETIMEDOUT, false, "the way to it" },
        { EHOSTUNREACH, false, "the way to it" }, { 0, true, "the way to it" },
    };
    const char  *what;

    for (size_t i = 0; i < test_count(rows); i++) {
        what = healthcode_refusal_connect(rows[i].err, rows[i].is_unix);
        test_row(strstr(what, rows[i].what) != NULL, i, what);
    }

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_leaves_out_what_nobody_may_read),
        cmocka_unit_test(test_ends_a_long_text_in_dots),
        cmocka_unit_test(test_advises),
        cmocka_unit_test(test_tells_strangers_apart),
        cmocka_unit_test(test_says_what_to_do_about_a_connect),
    };

    return cmocka_run_group_tests_name("refusal", tests, NULL, NULL);
}
