/*
 * Tests of healthcode_passage.c: the bytes of each call, and replies that are
 * an answer to what was asked, or are not.  t/80-passage-script.t has the
 * script.  docs/redis-keys.md, "healthcode:hall".
 */

#include "test.h"
#include "resp.h"

#include "../../ngx_http_healthcode_module/redis/healthcode_passage.h"


#define SHA     "0123456789abcdef0123456789abcdef01234567"
#define KEY(n, name)                                                          \
    "$" n "\r\nhealthcode:hall:{c4}:c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4:" name   \
    "\r\n"
#define CALL(n)                                                               \
    "*" n "\r\n$7\r\nEVALSHA\r\n$40\r\n" SHA "\r\n$1\r\n7\r\n"                \
    KEY("59", "codes") KEY("60", "inside")       \
    KEY("58", "left") KEY("58", "held") KEY("61", "holders")                  \
    KEY("62", "passages") KEY("59", "ended")
#define META    "$20\r\nhealthcode:meta:{c4}\r\n"
#define ID      "$32\r\nd1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1\r\n"
#define WHO     "$32\r\nabababababababababababababababab\r\n"                 \
                "$32\r\n0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f\r\n" ID

#define NOW     1700000000

#define ENTER    HEALTHCODE_PASSAGE_ENTER
#define LEAVE    HEALTHCODE_PASSAGE_LEAVE
#define CONFIRM  HEALTHCODE_PASSAGE_CONFIRM
#define ANNUL    HEALTHCODE_PASSAGE_ANNUL


static healthcode_passage_t
passage(healthcode_passage_what_e what)
{
    healthcode_passage_t  p;

    memset(&p, 0, sizeof(p));
    memset(p.hall, 0xc4, sizeof(p.hall));
    memset(p.passage, 0xd1, sizeof(p.passage));
    memset(p.holder, 0xab, sizeof(p.holder));
    memset(p.code, 0x0f, sizeof(p.code));

    p.what = what;
    p.instance = guard_text(0, "proof");
    p.retry = 3000;
    p.hold = 10000;
    p.until = NOW + 900;
    p.now = NOW;

    return p;
}


static void
check_format(const healthcode_passage_t *p, const char *want)
{
    healthcode_redis_buf_t  buf;

    memset(&buf, 0, sizeof(buf));

    assert_true(healthcode_passage_format(p, SHA, &buf));

    if (buf.len != strlen(want) || memcmp(buf.data, want, buf.len) != 0) {
        print_error("%.*s\nis not\n%s\n", (int) buf.len, buf.data, want);
        fail();
    }

    healthcode_redis_buf_free(&buf);
}


static void
test_formats_each_call(void **state)
{
    healthcode_passage_t  p = passage(ENTER);

    check_format(&p, CALL("22") "$5\r\nenter\r\n$5\r\nproof\r\n"
                 "$4\r\ncode\r\n" WHO "$4\r\n3000\r\n$5\r\n10000\r\n"
                 "$7\r\nconfirm\r\n$1\r\n0\r\n$3\r\n900\r\n" META);

    p = passage(LEAVE);
    p.once_holder = true;
    p.annuls = true;
    p.retry = 0;
    p.hold = 1;
    p.again = 3600;

    check_format(&p, CALL("22") "$5\r\nleave\r\n$5\r\nproof\r\n"
                 "$6\r\nholder\r\n" WHO "$1\r\n0\r\n$1\r\n1\r\n"
                 "$5\r\nannul\r\n$4\r\n3600\r\n$3\r\n900\r\n" META);

    p = passage(CONFIRM);
    check_format(&p, CALL("14") "$7\r\nconfirm\r\n$5\r\nproof\r\n" ID META);

    p = passage(ANNUL);
    p.instance = guard_text(0, "");
    check_format(&p, CALL("14") "$5\r\nannul\r\n$0\r\n\r\n" ID META);

    (void) state;
}


/* What the script would refuse is brought to what it takes. */
static void
test_keeps_within_bounds(void **state)
{
    static const struct {
        int64_t      until, now;
        const char  *life;
    } rows[] = {
        { NOW + 1, NOW, "$1\r\n1\r\n" },
        { NOW, NOW, "$1\r\n1\r\n" },
        { NOW - 1, NOW, "$1\r\n1\r\n" },
        { INT64_MIN, NOW, "$1\r\n1\r\n" },
        { INT64_MIN, INT64_MAX, "$1\r\n1\r\n" },
        { NOW + 99999999, NOW, "$8\r\n99999999\r\n" },
        { NOW + 100000000, NOW, "$8\r\n99999999\r\n" },
        { INT64_MAX, NOW, "$8\r\n99999999\r\n" },
        { INT64_MAX, INT64_MIN, "$8\r\n99999999\r\n" },
        { INT64_MAX, -1, "$8\r\n99999999\r\n" },
    };
    char                  want[2048];
    healthcode_passage_t  p = passage(ENTER);

    p.retry = UINT32_MAX;
    p.hold = HEALTHCODE_PASSAGE_HOLD_MAX + 1;
    p.again = HEALTHCODE_PASSAGE_RETURN_MAX + 1;

    for (size_t i = 0; i < test_count(rows); i++) {
        p.until = rows[i].until;
        p.now = rows[i].now;

        (void) snprintf(want, sizeof(want), "%s%s" META,
                        CALL("22") "$5\r\nenter\r\n$5\r\nproof\r\n"
                        "$4\r\ncode\r\n" WHO "$5\r\n60000\r\n$6\r\n600000\r\n"
                        "$7\r\nconfirm\r\n$5\r\n86400\r\n", rows[i].life);
        check_format(&p, want);
    }

    (void) state;
}


#define REPLY(n, word, inside)  "*2\r\n$" n "\r\n" word "\r\n:" inside "\r\n"

static void
test_says_what_a_reply_says(void **state)
{
    static const struct {
        healthcode_passage_what_e     what;
        const char                   *bytes;
        healthcode_passage_outcome_e  outcome;
        healthcode_reason_e           reason;
        uint32_t                      inside;
    } rows[] = {
        { ENTER, REPLY("6", "passed", "0"), HEALTHCODE_PASSAGE_PASSED,
          HEALTHCODE_REASON_OK, 0 },
        { LEAVE, REPLY("6", "passed", "7"), HEALTHCODE_PASSAGE_PASSED,
          HEALTHCODE_REASON_OK, 7 },
        { LEAVE, REPLY("5", "again", "4294967295"), HEALTHCODE_PASSAGE_AGAIN,
          HEALTHCODE_REASON_OK, UINT32_MAX },
        { ENTER, "*2\r\n+passed\r\n:1\r\n", HEALTHCODE_PASSAGE_PASSED,
          HEALTHCODE_REASON_OK, 1 },
        { ENTER, REPLY("8", "replayed", "3"), HEALTHCODE_PASSAGE_REFUSED,
          HEALTHCODE_REASON_REPLAYED, 3 },
        { ENTER, REPLY("6", "inside", "3"), HEALTHCODE_PASSAGE_REFUSED,
          HEALTHCODE_REASON_INSIDE, 3 },
        { LEAVE, REPLY("7", "outside", "3"), HEALTHCODE_PASSAGE_REFUSED,
          HEALTHCODE_REASON_OUTSIDE, 3 },
        { CONFIRM, REPLY("4", "done", "3"), HEALTHCODE_PASSAGE_DONE,
          HEALTHCODE_REASON_OK, 3 },
        { ANNUL, REPLY("5", "final", "3"), HEALTHCODE_PASSAGE_FINAL,
          HEALTHCODE_REASON_OK, 3 },
        { ANNUL, REPLY("7", "unknown", "3"), HEALTHCODE_PASSAGE_UNKNOWN,
          HEALTHCODE_REASON_OK, 3 },

        { ENTER, "*1\r\n$8\r\nunproven\r\n", HEALTHCODE_PASSAGE_FAILED,
          HEALTHCODE_REASON_STORE_UNPROVEN, 0 },
        { CONFIRM, "*1\r\n$8\r\nunproven\r\n", HEALTHCODE_PASSAGE_FAILED,
          HEALTHCODE_REASON_STORE_UNPROVEN, 0 },
        { ENTER, "-NOSCRIPT No matching script. Please use EVAL.\r\n",
          HEALTHCODE_PASSAGE_NO_SCRIPT, HEALTHCODE_REASON_STORE_UNAVAILABLE,
          0 },
        { ENTER, "-READONLY You can't write against a read only replica.\r\n",
          HEALTHCODE_PASSAGE_FAILED, HEALTHCODE_REASON_STORE_NOT_MASTER, 0 },
        { ENTER, "-NOPERM this user has no permissions to run evalsha\r\n",
          HEALTHCODE_PASSAGE_FAILED, HEALTHCODE_REASON_STORE_AUTH, 0 },
        { ENTER, "-ERR The user executing the script can't run this command "
          "or subcommand script: x, on @user_script:1.\r\n",
          HEALTHCODE_PASSAGE_FAILED, HEALTHCODE_REASON_STORE_AUTH, 0 },
        { ENTER, "-ERR ACL failure in script: User gate has no permissions to "
          "run the 'zadd' command script: x, on @user_script:1.\r\n",
          HEALTHCODE_PASSAGE_FAILED, HEALTHCODE_REASON_STORE_AUTH, 0 },
    };

    /* none of these is an answer */
    static const struct {
        healthcode_passage_what_e  what;
        const char                *bytes;
    } others[] = {
        { ENTER, "-ERR healthcode passage: retry is no time\r\n" },
        { ENTER, "-OOM command not allowed\r\n" }, { ENTER, "-\r\n" },
        { ENTER, "-passed\r\n" }, { ENTER, "+passed\r\n" },
        { ENTER, "$6\r\npassed\r\n" }, { ENTER, ":1\r\n" }, { ENTER, "_\r\n" },
        { ENTER, "$-1\r\n" }, { ENTER, "*0\r\n" }, { ENTER, "*-1\r\n" },
        { ENTER, "%1\r\n$6\r\npassed\r\n:1\r\n" },
        { ENTER, "~2\r\n$6\r\npassed\r\n:1\r\n" },
        { ENTER, "*1\r\n$6\r\npassed\r\n" },
        { ENTER, "*1\r\n:1\r\n" }, { ENTER, "*1\r\n_\r\n" },
        { ENTER, "*1\r\n-unproven\r\n" },
        { ENTER, "*2\r\n$8\r\nunproven\r\n:0\r\n" },
        { ENTER, "*3\r\n$6\r\npassed\r\n:1\r\n:1\r\n" },
        { ENTER, "*2\r\n:1\r\n$6\r\npassed\r\n" },
        { ENTER, "*2\r\n$6\r\npassed\r\n$1\r\n1\r\n" },
        { ENTER, "*2\r\n-passed\r\n:1\r\n" },
        { ENTER, "*2\r\n*1\r\n$6\r\npassed\r\n:1\r\n" },
        { ENTER, "*2\r\n_\r\n:1\r\n" },
        { ENTER, REPLY("6", "passed", "-1") },
        { ENTER, REPLY("6", "passed", "4294967296") },
        { ENTER, REPLY("6", "Passed", "1") },
        { ENTER, REPLY("7", "passed ", "1") },
        { ENTER, REPLY("7", "passed\0", "1") },
        { ENTER, REPLY("5", "passe", "1") }, { ENTER, REPLY("0", "", "1") },
        { ENTER, REPLY("4", "done", "1") }, { LEAVE, REPLY("4", "done", "1") },
        { ENTER, REPLY("5", "final", "1") },
        { CONFIRM, REPLY("6", "passed", "1") },
        { ANNUL, REPLY("5", "again", "1") },
        { ANNUL, REPLY("8", "replayed", "1") },
        { ENTER, "*4\r\n$4\r\nshow\r\n:1\r\n:1\r\n:1\r\n" },
    };
    redisReply                   *reply = NULL;
    healthcode_passage_result_t   result;

    for (size_t i = 0; i < test_count(rows); i++) {
        assert_int_equal(resp_read(rows[i].bytes, strlen(rows[i].bytes),
                                   &reply, 1), 1);
        memset(&result, 0xa5, sizeof(result));
        healthcode_passage_read(rows[i].what, reply, &result);
        freeReplyObject(reply);

        test_row(result.outcome == rows[i].outcome, i, rows[i].bytes);
        test_row(result.reason == rows[i].reason, i, rows[i].bytes);
        test_row(result.inside == rows[i].inside, i, rows[i].bytes);
    }

    for (size_t i = 0; i < test_count(others); i++) {
        if (resp_read(others[i].bytes, strlen(others[i].bytes), &reply, 1)
            == 0)
        {
            continue;
        }

        memset(&result, 0xa5, sizeof(result));
        healthcode_passage_read(others[i].what, reply, &result);
        freeReplyObject(reply);

        test_row(result.outcome == HEALTHCODE_PASSAGE_FAILED, i,
                 others[i].bytes);
        test_row(result.reason == HEALTHCODE_REASON_STORE_UNAVAILABLE, i,
                 others[i].bytes);
        test_row(result.inside == 0, i, others[i].bytes);
    }

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_formats_each_call),
        cmocka_unit_test(test_keeps_within_bounds),
        cmocka_unit_test(test_says_what_a_reply_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
