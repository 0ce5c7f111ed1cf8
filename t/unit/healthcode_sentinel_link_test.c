/*
 * Tests of healthcode_sentinel_link.c: what a sentinel is asked, and what its
 * replies and messages mean, hostile ones first.
 * docs/connection.md, "Sentinel".
 */

#include "test.h"
#include "resp.h"

#include "../../ngx_http_healthcode_module/redis/healthcode_sentinel_link.h"


enum { BROKEN = HEALTHCODE_SENTINEL_LINK_BROKEN,
       GOES_ON = HEALTHCODE_SENTINEL_LINK_GOES_ON,
       TAKEN = HEALTHCODE_SENTINEL_LINK_TAKEN,
       WORD = HEALTHCODE_SENTINEL_LINK_WORD,
       CHANGED = HEALTHCODE_SENTINEL_LINK_CHANGED };

#define HELLO   "%2\r\n$5\r\nproto\r\n:3\r\n$4\r\nmode\r\n$8\r\nsentinel\r\n"
#define JOINED  ">3\r\n$9\r\nsubscribe\r\n$14\r\n+switch-master\r\n:1\r\n"
#define FIELDS  "$4\r\nname\r\n$4\r\ncity\r\n$5\r\nflags\r\n$6\r\nmaster\r\n"  \
                "$12\r\nconfig-epoch\r\n$1\r\n7\r\n"
#define MASTER  "%3\r\n" FIELDS
#define AT      "*2\r\n$9\r\n127.0.0.1\r\n$4\r\n6379\r\n"
#define SAID(channel, text)  ">3\r\n$7\r\nmessage\r\n" channel text
#define SWITCH  "$14\r\n+switch-master\r\n"


static const healthcode_sentinel_terms_t  terms = {
    .name = { (const uint8_t *) "city", 4 },
    .password = { (const uint8_t *) "hush", 4 },
    .user_word = "sentinel_user", .file_word = "sentinel_password_file"
};

static healthcode_sentinel_link_t  one;
static healthcode_sentinel_word_t  word;


static int
reply(const char *bytes)
{
    int          rc = -1;
    size_t       n;
    redisReply  *replies[8];

    n = resp_read(bytes, strlen(bytes), replies, test_count(replies));

    if (n == 0) {
        print_error("no reply: %s\n", bytes);
        fail();
    }

    for (size_t i = 0; i < n; i++) {
        rc = (int) healthcode_sentinel_link_reply(&one, replies[i], 900,
                                                  &word);
        freeReplyObject(replies[i]);
    }

    return rc;
}


static void
begin(const char *bytes)
{
    healthcode_sentinel_link_close(&one);
    healthcode_sentinel_link_init(&one, &terms);
    memset(&word, 0, sizeof(word));
    assert_true(healthcode_sentinel_link_greet(&one, 500));

    if (bytes) {
        assert_int_equal(reply(bytes), GOES_ON);
    }
}


static void
test_asks_in_order(void **state)
{
    static const char  wanted[] =
        "*5\r\n$5\r\nHELLO\r\n$1\r\n3\r\n$4\r\nAUTH\r\n$7\r\ndefault\r\n"
        "$4\r\nhush\r\n"
        "*2\r\n$9\r\nSUBSCRIBE\r\n$14\r\n+switch-master\r\n"
        "*3\r\n$8\r\nSENTINEL\r\n$6\r\nMASTER\r\n$4\r\ncity\r\n"
        "*3\r\n$8\r\nSENTINEL\r\n$23\r\nGET-MASTER-ADDR-BY-NAME\r\n"
        "$4\r\ncity\r\n";
    healthcode_sentinel_terms_t  other = terms;

    begin(NULL);
    assert_true(one.out.len == sizeof(wanted) - 1);
    assert_memory_equal(one.out.data, wanted, one.out.len);

    healthcode_sentinel_link_close(&one);
    other.user = healthcode_str("gate");
    healthcode_sentinel_link_init(&one, &other);
    assert_true(healthcode_sentinel_link_greet(&one, 500));
    assert_memory_equal(one.out.data + 32, "$4\r\ngate\r\n$4\r\nhush", 18);

    healthcode_sentinel_link_close(&one);
    other.password = healthcode_str_from(NULL, 0);
    healthcode_sentinel_link_init(&one, &other);
    assert_true(healthcode_sentinel_link_greet(&one, 500));
    assert_memory_equal(one.out.data, "*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n*2",
                        24);

    /* asked once, it need not publish */

    healthcode_sentinel_link_close(&one);
    other.is_once = true;
    healthcode_sentinel_link_init(&one, &other);
    assert_true(healthcode_sentinel_link_greet(&one, 500));
    assert_memory_equal(one.out.data + 22, "*3\r\n$8\r\nSENTINEL", 16);
    assert_int_equal(reply(HELLO MASTER AT), WORD);

    (void) state;
}


static void
test_hears_who_is_master(void **state)
{
    static const struct {
        const char  *master, *text;
        uint64_t     epoch;
    } rows[] = {
        { MASTER AT, "127.0.0.1:6379", 7 },
        { "*6\r\n" FIELDS AT, "127.0.0.1:6379", 7 },
        { MASTER "*2\r\n$3\r\n::1\r\n$5\r\n65535\r\n", "[::1]:65535", 7 },
        { "%3\r\n+name\r\n+city\r\n+flags\r\n+s_down,o_down,master\r\n"
          "+config-epoch\r\n+999999999999999999\r\n" AT, "127.0.0.1:6379",
          UINT64_C(999999999999999999) },
        { "%3\r\n+name\r\n+city\r\n+flags\r\n+master,failover_in_progress\r\n"
          "+config-epoch\r\n+0\r\n" AT, "127.0.0.1:6379", 0 },
    };
    char  text[HEALTHCODE_SENTINEL_TEXT];

    for (size_t i = 0; i < test_count(rows); i++) {
        begin(HELLO JOINED);
        test_row(reply(rows[i].master) == WORD, i, rows[i].master);
        test_row(word.epoch == rows[i].epoch, i, rows[i].master);
        test_row(word.asked == 500, i, rows[i].master);
        test_row(strcmp(healthcode_sentinel_text(&word.master, text),
                        rows[i].text) == 0, i, rows[i].master);
        test_row(!healthcode_sentinel_link_is_due(&one), i, rows[i].master);
    }

    (void) state;
}


/* What follows HELLO and SUBSCRIBE; what is said about it. */
static void
test_believes_nothing_else(void **state)
{
    static const struct {
        const char  *bytes, *what;
    } rows[] = {
        { "-ERR No such master with that name\r\n", "no master \"city\"" },
        { "-NOPERM User default has no permissions\r\n",
          "\"ACL SETUSER default +sentinel|master\"" },
        { "-NOAUTH Authentication required.\r\n", "check \"sentinel_user\"" },
        { "-ERR unknown command\r\n", "name a sentinel of Redis 6.2" },
        { "-\r\n", "SENTINEL MASTER is refused" },
        { "_\r\n", "something else" }, { ":1\r\n", "something else" },
        { "+OK\r\n", "something else" }, { "*0\r\n", "something else" },
        { "%0\r\n", "something else" },
        { "*1\r\n$4\r\nname\r\n", "something else" },
        { "*5\r\n$4\r\nname\r\n$4\r\ncity\r\n$5\r\nflags\r\n$6\r\nmaster\r\n"
          "$12\r\nconfig-epoch\r\n", "something else" },
        { "%2\r\n+name\r\n+city\r\n+config-epoch\r\n+7\r\n",
          "something else" },
        { "%3\r\n+name\r\n+town\r\n+flags\r\n+master\r\n+config-epoch\r\n"
          "+7\r\n", "something else" },
        { "%3\r\n+name\r\n+city\r\n+flags\r\n+slave\r\n+config-epoch\r\n"
          "+7\r\n", "something else" },
        { "%3\r\n+name\r\n+city\r\n+flags\r\n+masters\r\n+config-epoch\r\n"
          "+7\r\n", "something else" },
        { "%3\r\n+name\r\n+city\r\n+flags\r\n+master\r\n+config-epoch\r\n"
          ":7\r\n", "something else" },
        { "%3\r\n+name\r\n+city\r\n+flags\r\n+master\r\n+config-epoch\r\n"
          "+-7\r\n", "something else" },
        { "%3\r\n+name\r\n+city\r\n+flags\r\n+master\r\n+config-epoch\r\n"
          "+9999999999999999999\r\n", "something else" },
        { "%3\r\n+name\r\n+city\r\n+flags\r\n+master\r\n+config-epoch\r\n"
          "$0\r\n\r\n", "something else" },
        { MASTER "_\r\n", "something else" },
        { MASTER "*-1\r\n", "something else" },
        { MASTER "*1\r\n$9\r\n127.0.0.1\r\n", "something else" },
        { MASTER "*3\r\n+127.0.0.1\r\n+1\r\n+1\r\n", "something else" },
        { MASTER "%1\r\n+127.0.0.1\r\n+1\r\n", "something else" },
        { MASTER "*2\r\n:1\r\n:1\r\n", "by no address" },
        { MASTER "*2\r\n+redis-1.example\r\n+6379\r\n", "by no address" },
        { MASTER "*2\r\n+127.0.0.1\r\n+0\r\n", "by no address" },
        { MASTER "*2\r\n+0.0.0.0\r\n+6379\r\n", "by no address" },
        { MASTER "-NOPERM no\r\n", "+sentinel|get-master-addr-by-name" },
        { MASTER AT ":1\r\n", "nobody asked" },
        { ">2\r\n+invalidate\r\n_\r\n", "nobody asked" },
        { ">3\r\n+message\r\n+other\r\n+x\r\n", "nobody asked" },
        { ">3\r\n+subscribe\r\n+switch-master\r\n:1\r\n", "nobody asked" },
        { JOINED, "nobody asked" },
        { SAID(SWITCH, ":1\r\n"), "something else" },
        { ">0\r\n", "nobody asked" },
        { ">3\r\n:1\r\n:2\r\n:3\r\n", "nobody asked" },
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        begin(HELLO JOINED);
        test_row(reply(rows[i].bytes) == BROKEN, i, rows[i].bytes);
        test_row(strstr(one.what, rows[i].what) != NULL, i, one.what);
    }

    (void) state;
}


static void
test_greets_a_sentinel_alone(void **state)
{
    static const struct {
        const char  *bytes, *what;
    } rows[] = {
        { "%1\r\n+mode\r\n+standalone\r\n", "it is not a sentinel" },
        { "%1\r\n+proto\r\n:3\r\n", "it is not a sentinel" },
        { "+OK\r\n", "not a sentinel" }, { "_\r\n", "not a sentinel" },
        { "-WRONGPASS invalid, hush\r\n", "check \"sentinel_user\" and "
          "\"sentinel_password_file\"" },
        { "-NOAUTH HELLO must be called\r\n", "check \"sentinel_user\"" },
        { "-ERR unknown command `HELLO`\r\n", "Redis 6.2 or later" },
        { "-NOPERM this user\r\n", "+hello +auth" },
        { JOINED, "nobody asked" },
        { HELLO "-NOPERM no access to channel\r\n",
          "+subscribe &+switch-master" },
        { HELLO MASTER, "something else" },
        { HELLO SAID(SWITCH, "+city a 1 b 2\r\n"), "nobody asked" },
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        begin(NULL);
        test_row(reply(rows[i].bytes) == BROKEN, i, rows[i].bytes);
        test_row(strstr(one.what, rows[i].what) != NULL, i, one.what);
        test_row(strstr(one.what, "hush") == NULL, i, one.what);
    }

    (void) state;
}


static void
test_a_switch_is_asked_after(void **state)
{
    begin(HELLO JOINED);
    assert_int_equal(reply(MASTER AT), WORD);

    assert_int_equal(reply(SAID(SWITCH, "+town 10.0.0.1 1 10.0.0.2 2\r\n")),
                     GOES_ON);
    assert_int_equal(reply(SAID(SWITCH, "+citymore 10.0.0.1 1 10.0.0.2 2\r\n")),
                     GOES_ON);
    assert_int_equal(reply(SAID(SWITCH, "+city\r\n")), GOES_ON);
    assert_int_equal(reply(SAID(SWITCH, "+city 10.0.0.1 1 10.0.0.2 2\r\n")),
                     CHANGED);

    (void) state;
}


/* What is being answered may be from before the switch. */
static void
test_one_that_is_asked_is_asked_once_more(void **state)
{
    begin(HELLO JOINED);
    one.out.len = 0;

    assert_true(healthcode_sentinel_link_ask(&one, 600));
    assert_true(one.out.len == 0);
    assert_int_equal(reply(MASTER AT), WORD);
    assert_true(word.asked == 500);
    assert_true(one.out.len != 0);
    assert_true(healthcode_sentinel_link_is_due(&one));

    assert_int_equal(reply(MASTER AT), WORD);
    assert_true(word.asked == 900);
    assert_false(healthcode_sentinel_link_is_due(&one));

    healthcode_sentinel_link_close(&one);
    assert_true(one.out.data == NULL);

    (void) state;
}


/* ---- another password ---- */

#define AUTH(password)                                                        \
    "*3\r\n$4\r\nAUTH\r\n$7\r\ndefault\r\n$4\r\n" password "\r\n"


/* Whether bytes are all that is to be written; they are then. */
static bool
is_written(const char *bytes)
{
    bool  is = one.out.len == strlen(bytes)
               && (one.out.len == 0
                   || memcmp(one.out.data, bytes, one.out.len) == 0);

    healthcode_redis_buf_consume(&one.out, one.out.len);

    return is;
}


static bool
change(healthcode_sentinel_terms_t *other, const char *password)
{
    one.terms = other;
    other->former = other->password;
    other->password = healthcode_str_from(password, strlen(password));

    return healthcode_sentinel_link_auth(&one);
}


static void
test_another_password_is_said_at_once(void **state)
{
    healthcode_sentinel_terms_t  other = terms;

    begin(HELLO JOINED);
    assert_int_equal(reply(MASTER AT), WORD);
    healthcode_redis_buf_consume(&one.out, one.out.len);

    assert_true(change(&other, "loud"));
    assert_true(is_written(AUTH("loud")));
    assert_int_equal(reply("+OK\r\n"), TAKEN);

    /* one at a time */

    assert_true(change(&other, "wild"));
    assert_true(change(&other, "mild"));
    assert_true(is_written(AUTH("wild")));
    assert_int_equal(reply("+OK\r\n"), GOES_ON);
    assert_true(is_written(AUTH("mild")));
    assert_int_equal(reply("+OK\r\n"), TAKEN);

    /* asked before its reply */

    assert_true(change(&other, "calm"));
    assert_true(healthcode_sentinel_link_ask(&one, 700));
    assert_int_equal(reply("+OK\r\n"), TAKEN);
    assert_int_equal(reply(MASTER AT), WORD);
    assert_true(word.asked == 700);
    assert_int_equal(reply("+OK\r\n"), BROKEN);

    (void) state;
}


/* A reply to AUTH must not answer a question, nor the other way round. */
static void
test_another_password_follows_what_is_asked(void **state)
{
    healthcode_sentinel_terms_t  other = terms;

    begin(NULL);
    healthcode_redis_buf_consume(&one.out, one.out.len);

    assert_true(change(&other, "loud"));
    assert_true(healthcode_sentinel_link_ask(&one, 600));
    assert_true(is_written(""));

    /* HELLO had the one before it */

    assert_int_equal(reply(HELLO JOINED), GOES_ON);
    assert_int_equal(reply(MASTER AT), WORD);
    assert_true(one.out.len > strlen(AUTH("loud")));
    assert_memory_equal(one.out.data, AUTH("loud"), strlen(AUTH("loud")));

    /* two more, of which the last one counts */

    assert_true(change(&other, "wild"));
    assert_true(change(&other, "calm"));
    healthcode_redis_buf_consume(&one.out, one.out.len);
    assert_int_equal(reply("+OK\r\n"), GOES_ON);
    assert_true(is_written(""));
    assert_int_equal(reply(MASTER AT), WORD);
    assert_true(is_written(AUTH("calm")));
    assert_int_equal(reply("+OK\r\n"), TAKEN);
    assert_false(healthcode_sentinel_link_is_due(&one));

    (void) state;
}


static void
test_another_password_is_that_of_the_next_greeting(void **state)
{
    healthcode_sentinel_terms_t  other = terms;

    other.user = healthcode_str("gate");
    begin(HELLO JOINED);
    healthcode_sentinel_link_close(&one);

    assert_true(change(&other, "loud"));
    assert_true(is_written(""));
    assert_true(healthcode_sentinel_link_greet(&one, 500));
    assert_memory_equal(one.out.data + 32, "$4\r\ngate\r\n$4\r\nloud", 18);
    assert_int_equal(reply(HELLO), TAKEN);
    assert_int_equal(reply(JOINED), GOES_ON);
    assert_int_equal(reply(MASTER AT), WORD);

    /* one that was under way is not waited for */

    assert_true(change(&other, "calm"));
    healthcode_sentinel_link_close(&one);
    assert_true(healthcode_sentinel_link_greet(&one, 500));
    assert_int_equal(reply(HELLO), TAKEN);
    assert_int_equal(reply(JOINED), GOES_ON);
    assert_int_equal(reply(MASTER AT), WORD);

    (void) state;
}


static void
test_another_password_that_is_refused(void **state)
{
    static const struct {
        const char  *bytes, *what;
    } rows[] = {
        { "-WRONGPASS invalid, hush and loud\r\n",
          "AUTH is refused: WRONGPASS invalid, *** and ***; check" },
        { "-ERR\r\n", "AUTH is refused: ERR" },
        { "+QUEUED\r\n", "something else" },
        { MASTER, "something else" }, { AT, "something else" },
        { "_\r\n", "something else" },
    };
    healthcode_sentinel_terms_t  other;

    for (size_t i = 0; i < test_count(rows); i++) {
        other = terms;
        begin(HELLO JOINED);
        assert_int_equal(reply(MASTER AT), WORD);
        assert_true(change(&other, "loud"));
        test_row(reply(rows[i].bytes) == BROKEN, i, rows[i].bytes);
        test_row(strstr(one.what, rows[i].what) != NULL, i, one.what);
    }

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_asks_in_order),
        cmocka_unit_test(test_hears_who_is_master),
        cmocka_unit_test(test_believes_nothing_else),
        cmocka_unit_test(test_greets_a_sentinel_alone),
        cmocka_unit_test(test_a_switch_is_asked_after),
        cmocka_unit_test(test_one_that_is_asked_is_asked_once_more),
        cmocka_unit_test(test_another_password_is_said_at_once),
        cmocka_unit_test(test_another_password_follows_what_is_asked),
        cmocka_unit_test(test_another_password_is_that_of_the_next_greeting),
        cmocka_unit_test(test_another_password_that_is_refused),
    };
    int  failed = cmocka_run_group_tests_name("sentinel_link", tests, NULL,
                                              NULL);

    healthcode_sentinel_link_close(&one);

    return failed;
}
