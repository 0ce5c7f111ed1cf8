/*
 * Tests of healthcode_handshake.c: each answer by which a store is not
 * believed, with its sentence; the exact bytes of the commands.
 * docs/redis-keys.md, "Handshake".
 */

#include "test.h"
#include "resp.h"

#include "../../ngx_http_healthcode_module/core/healthcode_risk.h"
#include "../../ngx_http_healthcode_module/redis/healthcode_handshake.h"


#define CHECK  "39666bb05d87d8254e6b2233776bf348"
#define HELLO  "%2\r\n$6\r\nserver\r\n$5\r\nredis\r\n$5\r\nproto\r\n:3\r\n"
#define META                                                                  \
    "%3\r\n$6\r\nschema\r\n$1\r\n2\r\n$8\r\ninstance\r\n$3\r\nabc\r\n"        \
    "$12\r\npepper_check\r\n$32\r\n" CHECK "\r\n"
#define META2                                                                 \
    "*6\r\n$6\r\nschema\r\n$1\r\n2\r\n$8\r\ninstance\r\n$3\r\nabc\r\n"        \
    "$12\r\npepper_check\r\n$32\r\n" CHECK "\r\n"
#define INFO_OK  "$32\r\n# M\r\nmaxmemory_policy:noeviction\r\n"
#define MASTER  "*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n"

#define NOT_MASTER  "it is not a master; name the master as \"server\""
#define EVICTING                                                              \
    "its maxmemory-policy may evict flags; set it to noeviction, or write "   \
    "\"evicting_ok on;\" in the store"
#define NO_VALID(key)                                                         \
    "it has no valid " key "; check the address and the database number; "    \
    "if Redis lost its data, load the flags first, then run "                 \
    "\"healthcode store init\""
#define UNPROVEN  NO_VALID("healthcode:meta:{c}")
#define ANOTHER_PEPPER                                                        \
    "it was initialised with another pepper; check the pepper file, the "     \
    "address and the database number"
#define STRANGER                                                              \
    " is answered by something else: a proxy, or no Redis; name Redis "       \
    "itself as \"server\""
#define ERROR_SIZE  HEALTHCODE_REFUSAL_SIZE


enum { STEP_HELLO, STEP_SELECT, STEP_TRACKING, STEP_TRACKED, STEP_GET,
       STEP_INCR, STEP_TIME, STEP_DATA, STEP_ROLE, STEP_INFO, STEP_RISK,
       STEP_RISK_META, STEP_REGION, STEP_REGION_META, STEP_CONTROL,
       STEP_META };

static healthcode_handshake_t  handshake = { .pepper_check = CHECK };

static char  *error;


/* The number of the reply to a step, of which some are not asked. */
static unsigned
number(unsigned step)
{
    unsigned  n = step;

    n -= (step > STEP_CONTROL && !handshake.reads) ? 5 : 0;
    n -= (step > STEP_DATA && !handshake.is_gate) ? 2 : 0;
    n -= (step > STEP_INCR && !handshake.tracking) ? 4 : 0;
    n -= (step > STEP_SELECT && handshake.database == 0) ? 1 : 0;

    return n;
}


/* Judges the bytes of one reply as the answer to a step. */
static healthcode_reason_e
judge(unsigned step, const char *bytes)
{
    redisReply           *reply = NULL;
    healthcode_reason_e   reason;

    if (resp_read(bytes, strlen(bytes), &reply, 1) != 1) {
        print_error("no reply: %s\n", bytes);
        fail();
    }

    error = (char *) guard_room(0, ERROR_SIZE);
    error[0] = '\0';
    reason = healthcode_handshake_read(&handshake, number(step), reply, error,
                                       ERROR_SIZE);
    freeReplyObject(reply);

    assert_true(reason == HEALTHCODE_REASON_OK
                || healthcode_reason_is_outage(reason));
    assert_true(reason == HEALTHCODE_REASON_OK
                || memchr(error, '\0', ERROR_SIZE) != NULL);
    return reason;
}


/* INFO's text, as RESP2 or RESP3 has it. */
static healthcode_reason_e
judge_info(const char *text, bool verbatim)
{
    char  bytes[1024];

    if (verbatim) {
        snprintf(bytes, sizeof(bytes), "=%zu\r\ntxt:%s\r\n", strlen(text) + 4,
                 text);
    } else {
        snprintf(bytes, sizeof(bytes), "$%zu\r\n%s\r\n", strlen(text), text);
    }

    return judge(STEP_INFO, bytes);
}


/* With and without a database, and so on, which shift the steps. */
static bool
set_up(unsigned n)
{
    handshake.database = n & 1 ? 7 : 0;
    handshake.tracking = n & 2;
    handshake.is_gate = n & 4;
    handshake.reads = n & 8;

    return n < 16;
}


#define for_each_setup  for (unsigned n = 0; set_up(n); n++)


/* What refuses the proof, or says that it is a replica, has failed to prove. */
static void
test_takes_a_refusal_for_what_it_is(void **state)
{
    static const struct {
        unsigned              step;
        const char           *bytes;
        healthcode_reason_e   reason;
        const char           *error;
    } rows[] = {
        { STEP_META, "-WRONGTYPE a\r\n", HEALTHCODE_REASON_STORE_UNPROVEN,
          "HGETALL healthcode:meta:{c} is refused: WRONGTYPE a" },
        { STEP_META, "-\r\n", HEALTHCODE_REASON_STORE_UNPROVEN,
          "HGETALL healthcode:meta:{c} is refused: " },
        { STEP_META, "-NOPERM a\r\n", HEALTHCODE_REASON_STORE_AUTH,
          "HGETALL healthcode:meta:{c} is refused: NOPERM a" },
        { STEP_META, "-LOADING a\r\n", HEALTHCODE_REASON_STORE_UNAVAILABLE,
          "HGETALL healthcode:meta:{c} is refused: LOADING a" },
        { STEP_META, "-MASTERDOWN a\r\n", HEALTHCODE_REASON_STORE_NOT_MASTER,
          NOT_MASTER },
        { STEP_ROLE, "-READONLY a\r\n", HEALTHCODE_REASON_STORE_NOT_MASTER,
          NOT_MASTER },
    };

    for_each_setup {
        for (size_t i = 0; i < test_count(rows); i++) {
            test_row(judge(rows[i].step, rows[i].bytes) == rows[i].reason, i,
                     rows[i].bytes);
            test_row(strncmp(error, rows[i].error, strlen(rows[i].error)) == 0,
                     i, error);
        }
    }

    (void) state;
}


/* Whether it refuses the user, whose name, password or right is wrong. */
static bool
is_auth(const char *bytes)
{
    return strncmp(bytes, "-WRONGPASS", 10) == 0
           || strncmp(bytes, "-NOAUTH", 7) == 0
           || strncmp(bytes, "-NOPERM", 7) == 0
           || strncmp(bytes, "-DENIED", 7) == 0
           || strncmp(bytes, "-ERR AUTH", 9) == 0;
}


static void
test_names_the_command_that_is_refused(void **state)
{
    static const struct {
        unsigned     step;
        const char  *bytes, *error;
    } rows[] = {
        { STEP_HELLO, "-WRONGPASS invalid\r\n",
          "HELLO 3 is refused: WRONGPASS invalid" },
        { STEP_HELLO, "-NOPROTO sorry\r\n",
          "HELLO 3 is refused: NOPROTO sorry" },
        { STEP_HELLO, "-ERR unknown command 'HELLO'\r\n",
          "HELLO 3 is refused: ERR unknown command 'HELLO'" },
        { STEP_HELLO, "-NOAUTH a\r\n", "HELLO 3 is refused: NOAUTH a" },
        { STEP_HELLO, "-DENIED a\r\n", "HELLO 3 is refused: DENIED a" },
        { STEP_HELLO, "-ERR AUTH a\r\n", "HELLO 3 is refused: ERR AUTH a" },
        { STEP_HELLO, "-LOADING a\r\n", "HELLO 3 is refused: LOADING a" },
        { STEP_ROLE, "-NOPERM a\r\n", "ROLE is refused: NOPERM a" },
        { STEP_INFO, "-NOPERM a\r\n", "INFO memory is refused: NOPERM a" },
        { STEP_META, "-NOPERM a\r\n",
          "HGETALL healthcode:meta:{c} is refused: NOPERM a" },
        { STEP_INFO, "-WRONGTYPE a\r\n",
          "INFO memory is refused: WRONGTYPE a" },
        { STEP_INFO, "-\r\n", "INFO memory is refused: " },
    };

    for_each_setup {
        for (size_t i = 0; i < test_count(rows); i++) {
            test_row(judge(rows[i].step, rows[i].bytes)
                     == (is_auth(rows[i].bytes)
                         ? HEALTHCODE_REASON_STORE_AUTH
                         : HEALTHCODE_REASON_STORE_UNAVAILABLE),
                     i, rows[i].bytes);
            assert_int_equal(strncmp(error, rows[i].error,
                                     strlen(rows[i].error)), 0);
            test_row(error[strlen(rows[i].error)]
                     == (handshake.is_gate && strchr("\rW", rows[i].bytes[1])
                         == NULL ? ';' : '\0')
                     || strstr(rows[i].bytes, "WRONGPASS"), i, error);
        }
    }

    set_up(0);
    handshake.tracking = true;
    assert_int_equal(judge(STEP_TRACKING, "-NOPERM a\r\n"),
                     HEALTHCODE_REASON_STORE_AUTH);
    assert_string_equal(error, "CLIENT TRACKING is refused: NOPERM a");
    handshake.database = 99;
    assert_int_equal(judge(STEP_TRACKING, "-ERR unknown subcommand\r\n"),
                     HEALTHCODE_REASON_STORE_UNAVAILABLE);
    assert_string_equal(error, "CLIENT TRACKING is refused: ERR unknown "
                        "subcommand");
    assert_int_equal(judge(STEP_SELECT, "-ERR DB index is out of range\r\n"),
                     HEALTHCODE_REASON_STORE_UNAVAILABLE);
    assert_string_equal(error, "SELECT is refused: ERR DB index is out of "
                        "range");
    set_up(0);

    (void) state;
}


static void
test_refuses_what_is_not_a_master(void **state)
{
    static const char  *const rows[] = {
        "*5\r\n$5\r\nslave\r\n$9\r\n127.0.0.1\r\n:6379\r\n$9\r\nconnected\r\n"
        ":1\r\n",
        "*2\r\n$8\r\nsentinel\r\n*0\r\n",
        "*3\r\n$7\r\nmaster2\r\n:0\r\n*0\r\n",
        "*3\r\n$5\r\nmaste\r\n:0\r\n*0\r\n",
        "*3\r\n$6\r\nMASTER\r\n:0\r\n*0\r\n",
        "*0\r\n", "*-1\r\n", "_\r\n", "$6\r\nmaster\r\n", "+master\r\n",
        "*1\r\n:1\r\n", "*1\r\n_\r\n", "*1\r\n*1\r\n$6\r\nmaster\r\n",
        "%1\r\n$6\r\nmaster\r\n:0\r\n", ":0\r\n",
    };

    for_each_setup {
        for (size_t i = 0; i < test_count(rows); i++) {
            test_row(judge(STEP_ROLE, rows[i])
                     == HEALTHCODE_REASON_STORE_NOT_MASTER, i, rows[i]);
            assert_string_equal(error, NOT_MASTER);
        }

        assert_int_equal(judge(STEP_ROLE, MASTER), HEALTHCODE_REASON_OK);
    }

    (void) state;
}


static void
test_refuses_policies_that_evict(void **state)
{
    static const char  *const rows[] = {
        "# Memory\r\nmaxmemory_policy:allkeys-lru\r\n",
        "# Memory\r\nmaxmemory_policy:allkeys-lfu\r\n",
        "# Memory\r\nmaxmemory_policy:allkeys-random\r\n",
        "# Memory\r\nmaxmemory_policy:volatile-lru\r\n",
        "# Memory\r\nmaxmemory_policy:volatile-lfu\r\n",
        "# Memory\r\nmaxmemory_policy:volatile-random\r\n",
        "# Memory\r\nmaxmemory_policy:volatile-ttl\r\n",
        "# Memory\r\nmaxmemory_policy:\r\n",
        "# Memory\r\nmaxmemory_policy:NOEVICTION\r\n",
        "# Memory\r\nmaxmemory_policy:noevictions\r\n",
        "# Memory\r\nmaxmemory_policy:noeviction-but\r\n",
        "# Memory\r\nmaxmemory_policy: noeviction\r\n",
        "# Memory\r\nmaxmemory_policy:noeviction \r\n",
        "# Memory\r\nxmaxmemory_policy:noeviction\r\n",
        "# Memory\r\nused_memory:1\r\n",
        "# Memory\r\n", "", "noeviction",
        "# Memory\r\nmaxmemory_policy:allkeys-lru\r\nx:noeviction\r\n",
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        for (int verbatim = 0; verbatim < 2; verbatim++) {
            test_row(judge_info(rows[i], verbatim)
                     == HEALTHCODE_REASON_STORE_EVICTING, i, rows[i]);
            assert_string_equal(error, EVICTING);
        }
    }

    for (int verbatim = 0; verbatim < 2; verbatim++) {
        assert_int_equal(judge_info("# Memory\r\nused_memory:1\r\n"
                                    "maxmemory_policy:noeviction\r\nx:1\r\n",
                                    verbatim), HEALTHCODE_REASON_OK);
        assert_int_equal(judge_info("# Memory\nmaxmemory_policy:noeviction",
                                    verbatim), HEALTHCODE_REASON_OK);
    }

    /* no text at all */
    assert_int_equal(judge(STEP_INFO, "_\r\n"),
                     HEALTHCODE_REASON_STORE_EVICTING);
    assert_int_equal(judge(STEP_INFO, "*0\r\n"),
                     HEALTHCODE_REASON_STORE_EVICTING);
    assert_int_equal(judge(STEP_INFO, ":1\r\n"),
                     HEALTHCODE_REASON_STORE_EVICTING);

    (void) state;
}


static void
test_refuses_a_store_that_proves_nothing(void **state)
{
    static const struct {
        const char           *bytes;
        healthcode_reason_e   reason;
        const char           *error;
    } rows[] = {
        { "%0\r\n", HEALTHCODE_REASON_STORE_UNPROVEN, UNPROVEN },
        { "*0\r\n", HEALTHCODE_REASON_STORE_UNPROVEN, UNPROVEN },
        { "%1\r\n$6\r\nschema\r\n$1\r\n1\r\n",
          HEALTHCODE_REASON_STORE_UNPROVEN, UNPROVEN },
        { "_\r\n", HEALTHCODE_REASON_STORE_UNAVAILABLE, UNPROVEN },
        { "$2\r\nok\r\n", HEALTHCODE_REASON_STORE_UNAVAILABLE, UNPROVEN },
        { "%3\r\n$6\r\nschema\r\n$1\r\n2\r\n$8\r\ninstance\r\n$3\r\nabc\r\n"
          "$12\r\npepper_check\r\n$32\r\n49666bb05d87d8254e6b2233776bf348\r\n",
          HEALTHCODE_REASON_STORE_PEPPER,
          ANOTHER_PEPPER },
    };

    for_each_setup {
        for (size_t i = 0; i < test_count(rows); i++) {
            test_row(judge(STEP_META, rows[i].bytes) == rows[i].reason, i,
                     rows[i].bytes);
            assert_string_equal(error, rows[i].error);
        }

        assert_int_equal(judge(STEP_META, META), HEALTHCODE_REASON_OK);
    }

    (void) state;
}


static void
test_refuses_greetings_of_another_shape(void **state)
{
    static const char  *const rows[] = {
        "+OK\r\n", "_\r\n", ":3\r\n", "$5\r\nhello\r\n", "*0\r\n", "#t\r\n",
        "+PONG\r\n", "$2\r\nOK\r\n", "+ok\r\n", "+OK \r\n", "+O\r\n",
        "+\r\n", "*1\r\n+OK\r\n", "*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n",
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(judge(STEP_HELLO, rows[i])
                 == HEALTHCODE_REASON_STORE_UNAVAILABLE, i, rows[i]);
        assert_string_equal(error, "HELLO 3" STRANGER);
    }

    for_each_setup {
        for (size_t i = 1; handshake.database && i < test_count(rows); i++) {
            test_row(judge(STEP_SELECT, rows[i])
                     == HEALTHCODE_REASON_STORE_UNAVAILABLE, i, rows[i]);
            assert_string_equal(error, "SELECT" STRANGER);
        }

        for (size_t i = 1; handshake.tracking && i < test_count(rows); i++) {
            test_row(judge(STEP_TRACKING, rows[i])
                     == HEALTHCODE_REASON_STORE_UNAVAILABLE, i, rows[i]);
            assert_string_equal(error, "CLIENT TRACKING" STRANGER);
        }
    }

    handshake.database = 7;
    assert_int_equal(judge(STEP_SELECT, HELLO),
                     HEALTHCODE_REASON_STORE_UNAVAILABLE);
    set_up(0);

    (void) state;
}


static void
test_refuses_a_reply_too_many(void **state)
{
    redisReply  *reply = NULL;

    for_each_setup {
        assert_int_equal(judge(STEP_META + 1, META),
                         HEALTHCODE_REASON_STORE_UNAVAILABLE);
        assert_string_equal(error, "a reply too many");
        assert_int_equal(judge(1000, META),
                         HEALTHCODE_REASON_STORE_UNAVAILABLE);

        assert_int_equal(resp_read(META, strlen(META), &reply, 1), 1);

        for (unsigned i = 0; i < 3; i++) {
            error = (char *) guard_room(0, ERROR_SIZE);
            assert_int_equal(healthcode_handshake_read(&handshake,
                                                       UINT32_MAX - i, reply,
                                                       error, ERROR_SIZE),
                             HEALTHCODE_REASON_STORE_UNAVAILABLE);
            assert_string_equal(error, "a reply too many");
        }

        freeReplyObject(reply);
    }

    (void) state;
}


static void
test_cuts_long_errors_short(void **state)
{
    char         bytes[2000];
    redisReply  *reply = NULL;

    memset(bytes, 'x', sizeof(bytes));
    memcpy(bytes, "-WRONGPASS ", 11);
    memcpy(bytes + 1900, "\r\n", 3);
    assert_int_equal(resp_read(bytes, 1902, &reply, 1), 1);

    for (int is_gate = 0; is_gate < 2; is_gate++) {
        handshake.is_gate = is_gate;

        for (size_t size = 1; size < 900; size += 5) {
            error = (char *) guard_room(0, size);
            assert_int_equal(healthcode_handshake_read(&handshake, 0, reply,
                                                       error, size),
                             HEALTHCODE_REASON_STORE_AUTH);
            assert_non_null(memchr(error, '\0', size));
        }

        /* what to do is not cut away by what was said */
        assert_true((strstr(error, "password_file") != NULL) == is_gate);
        assert_non_null(strstr(error, "xxx..."));
    }

    freeReplyObject(reply);
    set_up(0);

    (void) state;
}


#define TRACKED                                                               \
    "%3\r\n$5\r\nflags\r\n~1\r\n$2\r\non\r\n$8\r\nredirect\r\n:0\r\n" \
    "$8\r\nprefixes\r\n*0\r\n"
#define FLAGS(flags)  "%1\r\n$5\r\nflags\r\n" flags

/* OK to CLIENT TRACKING does not prove that it is on. */
static void
test_refuses_tracking_that_is_not_on(void **state)
{
    static const char  *const rows[] = {
        "+OK\r\n", "_\r\n", "*0\r\n", "%0\r\n", META, HELLO,
        "-ERR unknown subcommand 'TRACKINGINFO'\r\n",
        "-ERR Unknown subcommand or wrong number of arguments\r\n",
        FLAGS("~0\r\n"), FLAGS("*0\r\n"), FLAGS("_\r\n"), FLAGS("$2\r\non\r\n"),
        FLAGS("~1\r\n$3\r\noff\r\n"), FLAGS("~1\r\n:1\r\n"),
        FLAGS("~2\r\n$2\r\non\r\n$5\r\nbcast\r\n"),
        FLAGS("~2\r\n$5\r\noptin\r\n$2\r\non\r\n"),
        FLAGS("~2\r\n$2\r\non\r\n$15\r\nbroken_redirect\r\n"),
        "*2\r\n$5\r\nflags\r\n~1\r\n$2\r\non\r\n",
    };

    for_each_setup {
        for (size_t i = 0; handshake.tracking && i < test_count(rows); i++) {
            test_row(judge(STEP_TRACKED, rows[i])
                     == HEALTHCODE_REASON_STORE_UNAVAILABLE, i, rows[i]);
        }

        if (handshake.tracking) {
            assert_int_equal(judge(STEP_TRACKED, TRACKED),
                             HEALTHCODE_REASON_OK);
            assert_int_equal(judge(STEP_TRACKED,
                                   FLAGS("*1\r\n$2\r\non\r\n")),
                             HEALTHCODE_REASON_OK);
            assert_int_equal(judge(STEP_TRACKED, "-NOPERM x\r\n"),
                             HEALTHCODE_REASON_OK);
        }
    }

    set_up(0);

    (void) state;
}


/* What may be missing, and what is then said. */
static void
test_waits_for_a_push_only_where_one_is_due(void **state)
{
    static const struct {
        unsigned     step;
        const char  *bytes;
        bool         due;
        const char  *less;
    } rows[] = {
        { STEP_INCR, ":1\r\n", true, NULL },
        { STEP_INCR, ":9223372036854775807\r\n", true, NULL },
        { STEP_INCR, "-NOPERM User gate has no permissions to run the 'incr' "
          "command\r\n", false, "INCR healthcode:push:{c} is refused: NOPERM "
          "User gate has no permissions to run the 'incr' command; give the "
          "right: \"ACL SETUSER default +incr\"" },
        { STEP_INCR, "-NOPERM No permissions to access a key\r\n", false,
          "INCR healthcode:push:{c} is refused: NOPERM No permissions to "
          "access a key; give the right: \"ACL SETUSER default "
          "~healthcode:push:*\"" },
        { STEP_INCR, "-OOM command not allowed\r\n", false, NULL },
        { STEP_INCR, "-MISCONF no\r\n", false, NULL },
        { STEP_INCR, "+OK\r\n", false, NULL },
        { STEP_GET, ":1\r\n", false, NULL },
        { STEP_GET, "$1\r\n1\r\n", false, NULL },
        { STEP_GET, "-NOPERM x\r\n", false, NULL },
        { STEP_TIME, ":1\r\n", false, NULL },
        { STEP_TIME, "-NOPERM x\r\n", false, NULL },
        { STEP_DATA, "*0\r\n", false, NULL },
        { STEP_DATA, ":1\r\n", false, NULL },
        { STEP_DATA, "-NOPERM x\r\n", false, NULL },
        { STEP_DATA, "-WRONGTYPE x\r\n", false, NULL },
        { STEP_TRACKED, "-NOPERM x\r\n", false, "CLIENT TRACKINGINFO is "
          "refused: NOPERM x; give the right: \"ACL SETUSER default "
          "+client|trackinginfo\"" },
        { STEP_TRACKED, TRACKED, false, NULL },
    };
    bool         less;
    unsigned     i;
    redisReply  *reply = NULL;

    for_each_setup {
        for (size_t row = 0; row < test_count(rows); row++) {

            if (!handshake.tracking || !handshake.is_gate) {
                continue;
            }

            i = number(rows[row].step);
            error = (char *) guard_room(0, ERROR_SIZE);
            resp_read(rows[row].bytes, strlen(rows[row].bytes), &reply, 1);
            less = healthcode_handshake_is_less(&handshake, i, reply, error,
                                                ERROR_SIZE);
            test_row(less == (rows[row].less != NULL), row, rows[row].bytes);
            test_row(healthcode_handshake_is_push_due(&handshake, i, reply)
                     == rows[row].due, row, rows[row].bytes);
            test_row(healthcode_handshake_is_time(&handshake, i)
                     == (rows[row].step == STEP_TIME), row, rows[row].bytes);
            test_row(healthcode_handshake_is_data(&handshake, i)
                     == (rows[row].step == STEP_DATA), row, rows[row].bytes);

            if (less) {
                assert_string_equal(error, rows[row].less);
            }

            test_row(judge(rows[row].step, rows[row].bytes)
                     == HEALTHCODE_REASON_OK, row, rows[row].bytes);
            freeReplyObject(reply);
        }
    }

    error = (char *) guard_room(0, ERROR_SIZE);
    assert_int_equal(healthcode_handshake_silent(error, ERROR_SIZE),
                     HEALTHCODE_REASON_STORE_UNAVAILABLE);
    assert_non_null(strstr(error, "does not push"));
    set_up(0);

    (void) state;
}


#define MODE(mode)  "%2\r\n$6\r\nserver\r\n$5\r\nredis\r\n$4\r\nmode\r\n" mode

static void
test_refuses_servers_that_hold_a_part_or_nothing(void **state)
{
    static const struct {
        const char  *bytes, *error;
    } rows[] = {
        { MODE("$7\r\ncluster\r\n"), "it is in cluster mode, where a node has "
          "only some of the flags; " },
        { MODE("$8\r\nsentinel\r\n"), "it is a sentinel, which has no flags; "
          "name the master that it watches as \"server\"" },
        { MODE("+cluster\r\n"), NULL }, { MODE("$0\r\n\r\n"), NULL },
        { MODE("$11\r\nstandalone2\r\n"), NULL },
        { MODE("$9\r\nstandalon\r\n"), NULL },
        { MODE("_\r\n"), NULL }, { MODE(":1\r\n"), NULL },
    };

    for_each_setup {
        for (size_t i = 0; i < test_count(rows); i++) {
            test_row(judge(STEP_HELLO, rows[i].bytes)
                     == HEALTHCODE_REASON_STORE_UNAVAILABLE, i, rows[i].bytes);

            /* what else to write differs for gates */

            if (rows[i].error) {
                assert_memory_equal(error, rows[i].error,
                                    strlen(rows[i].error));
                assert_true((strstr(error, "\"cluster on;\"") != NULL)
                            == (i == 0 && handshake.is_gate));
            }
        }

        assert_int_equal(judge(STEP_HELLO, MODE("$10\r\nstandalone\r\n")),
                         HEALTHCODE_REASON_OK);
    }

    (void) state;
}


/* The same words, whether a read or the handshake was refused. */
static void
test_says_which_right_a_read_lacks(void **state)
{
    enum { OK = HEALTHCODE_REASON_OK,
           AUTH = HEALTHCODE_REASON_STORE_AUTH,
           NONE = HEALTHCODE_REASON_STORE_UNAVAILABLE,
           LOST = HEALTHCODE_REASON_STORE_UNPROVEN,
           H = HEALTHCODE_RISK_HOLDER, R = HEALTHCODE_RISK_REGIONS,
           C = HEALTHCODE_RISK_CONTROLS };

    static const struct {
        unsigned     i, parts, step;
        const char  *bytes;
        int          reason;
        const char  *error;
    } rows[] = {
        { 0, H | C, STEP_RISK, "-NOPERM run 'hrandfield'\r\n", AUTH,
          "HRANDFIELD is refused: NOPERM run 'hrandfield'; give the right: "
          "\"ACL SETUSER gate +hrandfield\"" },
        { 0, H | R | C, STEP_RISK,
          "-NOPERM No permissions to access a key\r\n", AUTH,
          "HRANDFIELD is refused: NOPERM No permissions to "
          "access a key; give the right: \"ACL SETUSER gate "
          "%R~healthcode:*\", with Redis 6 \"~healthcode:*\"" },
        { 2, H | R | C, STEP_REGION, "-NOPERM x\r\n", AUTH,
          "HMGET is refused: NOPERM x; give the right: "
          "\"ACL SETUSER gate +hmget\"" },
        { 4, H | R | C, STEP_CONTROL, "-NOPERM x\r\n", AUTH,
          "HMGET is refused: NOPERM x; give the right: "
          "\"ACL SETUSER gate +hmget\"" },
        { 2, H | C, STEP_CONTROL, "-MOVED 1 127.0.0.1:1\r\n", NONE,
          "HMGET is refused: MOVED 1 127.0.0.1:1; write "
          "\"cluster on;\" in the store, or name a server without "
          "\"cluster-enabled\"" },
        { 3, H | C, STEP_META, "-NOPERM x\r\n", AUTH,
          "HGETALL healthcode:meta:{c} is refused: NOPERM x; give the right: "
          "\"ACL SETUSER gate +hgetall\"" },
        { 1, H | R | C, STEP_RISK_META, "-NOPERM x\r\n", AUTH,
          "HGETALL healthcode:meta:{xx} is refused: NOPERM x; give the "
          "right: \"ACL SETUSER gate +hgetall\"" },
        { 3, H | R | C, STEP_REGION_META, "-NOPERM x\r\n", AUTH,
          "HGETALL healthcode:meta:{r} is refused: NOPERM x; give the right: "
          "\"ACL SETUSER gate +hgetall\"" },
        { 5, H | R | C, STEP_META, "-WRONGTYPE x\r\n", LOST,
          "HGETALL healthcode:meta:{c} is refused: WRONGTYPE x" },
        { 1, H | C, STEP_RISK_META, "-WRONGTYPE x\r\n", LOST,
          "HGETALL healthcode:meta:{xx} is refused: WRONGTYPE x" },
        { 3, H | R | C, STEP_REGION_META, "-WRONGTYPE x\r\n", LOST,
          "HGETALL healthcode:meta:{r} is refused: WRONGTYPE x" },
        { 3, H | C, STEP_META, "%0\r\n", LOST, UNPROVEN },
        { 5, H | R | C, STEP_META, "_\r\n", NONE, UNPROVEN },
        { 5, H | R | C, STEP_META, META, OK, "" },
        { 1, H | C, STEP_RISK_META, "%0\r\n", LOST,
          NO_VALID("healthcode:meta:{xx}") },
        { 1, H, STEP_RISK_META, META, OK, "" },
        { 3, H | R | C, STEP_REGION_META, "%0\r\n", LOST,
          NO_VALID("healthcode:meta:{r}") },
        { 3, H | R | C, STEP_REGION_META, META, OK, "" },

        /* parts by themselves */
        { 1, R, STEP_REGION_META, "%0\r\n", LOST,
          NO_VALID("healthcode:meta:{r}") },
        { 1, C, STEP_META, "%0\r\n", LOST, UNPROVEN },
        { 3, R | C, STEP_META, "%0\r\n", LOST, UNPROVEN },
        { 0, R, STEP_REGION, "%0\r\n", OK, "" },
        { 0, C, STEP_CONTROL, "%0\r\n", OK, "" },

        /* what is one holder's, or is judged where it is used */
        { 0, H | C, STEP_RISK, "-WRONGTYPE x\r\n", OK, "" },
        { 2, H | R | C, STEP_REGION, "-WRONGTYPE x\r\n", OK, "" },
        { 4, H | R | C, STEP_CONTROL, "-ERR x\r\n", OK, "" },
        { 0, H | C, STEP_RISK, "%0\r\n", OK, "" },
        { 2, H | C, STEP_CONTROL, "*3\r\n_\r\n_\r\n_\r\n", OK, "" },
    };
    bool         is_apart;
    redisReply  *reply = NULL;

    set_up(4 + 8);
    handshake.user = healthcode_str("gate");

    for (size_t i = 0; i < test_count(rows); i++) {
        error = (char *) guard_room(0, ERROR_SIZE);
        error[0] = '\0';
        resp_read(rows[i].bytes, strlen(rows[i].bytes), &reply, 1);
        test_row((int) healthcode_handshake_read_live(&handshake,
                                                      rows[i].parts, rows[i].i,
                                                      reply, error, ERROR_SIZE)
                 == rows[i].reason, i, rows[i].bytes);
        assert_string_equal(error, rows[i].error);
        freeReplyObject(reply);

        /* a partition without its proof does not refuse the handshake */
        is_apart = rows[i].reason == LOST && rows[i].step != STEP_META;
        test_row((int) judge(rows[i].step, rows[i].bytes)
                 == (is_apart ? OK : rows[i].reason), i, rows[i].bytes);
        assert_string_equal(error, rows[i].error);
    }

    handshake.user = healthcode_str("");
    set_up(0);

    (void) state;
}


/* The right; and what to write if it is not given, and what is lost. */
static void
test_says_what_to_write_where_a_right_is_not_given(void **state)
{
    static const struct {
        unsigned     step;
        const char  *bytes, *error;
        bool         no_cache;
    } rows[] = {
        { STEP_HELLO, "-ERR unknown command 'HELLO'\r\n", "HELLO 3 is refused: "
          "ERR unknown command 'HELLO'; it is a proxy, or a Redis before 6.2; "
          "name the server itself, or write \"protocol resp2;\" in the store",
          true },
        { STEP_HELLO, "-NOPROTO sorry\r\n", "HELLO 3 is refused: NOPROTO "
          "sorry; it is a proxy, or a Redis before 6.2; name the server "
          "itself, or write \"protocol resp2;\" in the store", true },
        { STEP_HELLO, "-NOPERM x\r\n", "HELLO 3 is refused: NOPERM x; give the "
          "right: \"ACL SETUSER default +hello +auth\", or write \"protocol "
          "resp2;\" in the store", true },
        { STEP_SELECT, "-NOPERM x\r\n", "SELECT is refused: NOPERM x; give the "
          "right: \"ACL SETUSER default +select\", or keep the flags in "
          "database 0, and write no \"database\"", false },
        { STEP_TRACKING, "-NOPERM x\r\n", "CLIENT TRACKING is refused: NOPERM "
          "x; give the right: \"ACL SETUSER default +client|tracking\", or "
          "leave \"cache\" out of the store", false },
        { STEP_TRACKED, "-ERR unknown subcommand 'T'\r\n", "CLIENT "
          "TRACKINGINFO is refused: ERR unknown subcommand 'T'; it is a "
          "proxy, or a Redis before 6.2; name the server itself, or leave "
          "\"cache\" out of the store", false },
        { STEP_ROLE, "-NOPERM x\r\n", "ROLE is refused: NOPERM x; give the "
          "right: \"ACL SETUSER default +role\", or write \"role unchecked;\" "
          "in the store, which then believes a master that another one has "
          "replaced", true },
        { STEP_ROLE, "-ERR unknown command 'ROLE'\r\n", "ROLE is refused: ERR "
          "unknown command 'ROLE'; it is a proxy, or a Redis before 6.2; name "
          "the server itself, or write \"role unchecked;\" in the store, which "
          "then believes a master that another one has replaced", true },
        { STEP_INFO, "-NOPERM x\r\n", "INFO memory is refused: NOPERM x; give "
          "the right: \"ACL SETUSER default +info\", or write \"evicting_ok "
          "on;\" in the store, if its \"maxmemory-policy\" is \"noeviction\", "
          "which nobody looks at then", false },

        /* no line helps */
        { STEP_META, "-NOPERM x\r\n", "HGETALL healthcode:meta:{c} is refused: "
          "NOPERM x; give the right: \"ACL SETUSER default +hgetall\"", false },
        { STEP_HELLO, "-LOADING x\r\n", "HELLO 3 is refused: LOADING x; wait "
          "until Redis has read its data", false },
        { STEP_ROLE, "-ERR x\r\n", "ROLE is refused: ERR x", false },
    };
    char  whole[ERROR_SIZE];

    for_each_setup {
        for (size_t i = 0; i < test_count(rows); i++) {

            if (!handshake.is_gate
                || (rows[i].step == STEP_SELECT && handshake.database == 0)
                || (!handshake.tracking && (rows[i].step == STEP_TRACKING
                                            || rows[i].step == STEP_TRACKED)))
            {
                continue;
            }

            snprintf(whole, sizeof(whole), "%s%s", rows[i].error,
                     rows[i].no_cache && handshake.tracking
                     ? ", and leave \"cache\" out of it" : "");
            (void) judge(rows[i].step, rows[i].bytes);
            assert_string_equal(error, whole);
        }
    }

    set_up(0);

    (void) state;
}


/* What is not asked for moves no reply to another's place. */
static void
test_knows_each_proof_by_its_place(void **state)
{
    enum { ROLE_IS = HEALTHCODE_HANDSHAKE_PROOF_ROLE,
           POLICY = HEALTHCODE_HANDSHAKE_PROOF_POLICY,
           META_IS = HEALTHCODE_HANDSHAKE_PROOF_META,
           NONE = HEALTHCODE_HANDSHAKE_PROOF_NONE };

    static const struct {
        bool  evicting_ok, role_unchecked, resp2;
        int   proofs[5];
    } rows[] = {
        { false, false, false, { NONE, ROLE_IS, POLICY, META_IS, NONE } },
        { true, false, false, { NONE, ROLE_IS, META_IS, NONE, NONE } },
        { false, true, false, { NONE, POLICY, META_IS, NONE, NONE } },
        { true, true, false, { NONE, META_IS, NONE, NONE, NONE } },
        { false, false, true, { ROLE_IS, POLICY, META_IS, NONE, NONE } },
        { true, true, true, { META_IS, NONE, NONE, NONE, NONE } },
    };
    healthcode_handshake_t  h = { .pepper_check = CHECK };

    for (size_t i = 0; i < test_count(rows); i++) {
        h.evicting_ok = rows[i].evicting_ok;
        h.role_unchecked = rows[i].role_unchecked;
        h.resp2 = rows[i].resp2;

        for (unsigned n = 0; n < 5; n++) {
            test_row((int) healthcode_handshake_proof(&h, n)
                     == rows[i].proofs[n], i, "proof");
        }
    }

    (void) state;
}


/* As RESP2 has them: AUTH and its OK, flat arrays. */
static void
test_believes_a_store_that_speaks_resp2(void **state)
{
    static const struct {
        const char  *replies[4];
        int          bad, reason;
    } rows[] = {
        { { "+OK\r\n", MASTER, INFO_OK, META2 }, 4, HEALTHCODE_REASON_OK },
        { { "-WRONGPASS x\r\n", NULL, NULL, NULL }, 0,
          HEALTHCODE_REASON_STORE_AUTH },
        { { "+PONG\r\n", NULL, NULL, NULL }, 0,
          HEALTHCODE_REASON_STORE_UNAVAILABLE },
        { { HELLO, NULL, NULL, NULL }, 0,
          HEALTHCODE_REASON_STORE_UNAVAILABLE },
        { { "+OK\r\n", "*0\r\n", NULL, NULL }, 1,
          HEALTHCODE_REASON_STORE_NOT_MASTER },
        { { "+OK\r\n", MASTER, "$-1\r\n", NULL }, 2,
          HEALTHCODE_REASON_STORE_EVICTING },
        { { "+OK\r\n", MASTER, INFO_OK, "*0\r\n" }, 3,
          HEALTHCODE_REASON_STORE_UNPROVEN },
    };
    char                     what[ERROR_SIZE];
    redisReply              *reply = NULL;
    healthcode_handshake_t   h = {
        .pepper_check = CHECK, .resp2 = true, .password = healthcode_str("p")
    };

    assert_int_equal(healthcode_handshake_replies(&h), 4);

    for (size_t i = 0; i < test_count(rows); i++) {
        for (int n = 0; n < 4 && rows[i].replies[n]; n++) {
            assert_int_equal(resp_read(rows[i].replies[n],
                                       strlen(rows[i].replies[n]), &reply, 1),
                             1);
            test_row((int) healthcode_handshake_read(&h, (unsigned) n, reply,
                                                     what, sizeof(what))
                     == (n == rows[i].bad ? rows[i].reason
                                          : HEALTHCODE_REASON_OK), i,
                     rows[i].replies[n]);
            freeReplyObject(reply);
        }
    }

    (void) state;
}


/* Who is let in without a password is not the only one. */
static void
test_knows_what_is_open_to_all(void **state)
{
    healthcode_handshake_t  h = { .pepper_check = CHECK };

    assert_true(healthcode_handshake_is_open(&h));
    h.is_guarded = true;
    assert_false(healthcode_handshake_is_open(&h));
    h.is_guarded = false;
    h.password = healthcode_str("p");
    assert_false(healthcode_handshake_is_open(&h));

    (void) state;
}


static void
test_believes_a_store_that_proves_itself(void **state)
{
    for_each_setup {
        assert_int_equal(judge(STEP_HELLO, HELLO), HEALTHCODE_REASON_OK);
        assert_int_equal(judge(STEP_ROLE, MASTER), HEALTHCODE_REASON_OK);
        assert_int_equal(judge_info("# Memory\r\nmaxmemory_policy:noeviction"
                                    "\r\n", true), HEALTHCODE_REASON_OK);
        assert_int_equal(judge(STEP_META, META), HEALTHCODE_REASON_OK);

        if (handshake.database) {
            assert_int_equal(judge(STEP_SELECT, "+OK\r\n"),
                             HEALTHCODE_REASON_OK);
        }

        if (handshake.tracking) {
            assert_int_equal(judge(STEP_TRACKING, "+OK\r\n"),
                             HEALTHCODE_REASON_OK);
            assert_int_equal(judge(STEP_TRACKED, TRACKED),
                             HEALTHCODE_REASON_OK);
        }
    }

    (void) state;
}


/* Each reply where another step's belongs: what is left out is not assumed. */
static void
test_takes_no_reply_for_that_of_another_step(void **state)
{
    static const char  *const replies[] = {
        HELLO, "+OK\r\n", "+OK\r\n", TRACKED, NULL, NULL, NULL, NULL, MASTER,
        "$32\r\n# M\r\nmaxmemory_policy:noeviction\r\n", NULL, NULL, NULL, NULL,
        NULL, META
    };

    for_each_setup {
        for (unsigned step = STEP_HELLO; step <= STEP_META; step++) {

            if (replies[step] == NULL
                || (step == STEP_SELECT && handshake.database == 0)
                || (step >= STEP_TRACKING && step <= STEP_INCR
                    && !handshake.tracking))
            {
                continue;
            }

            for (unsigned of = STEP_HELLO; of <= STEP_META; of++) {
                if (replies[of] == NULL) {
                    continue;
                }

                /* any map is a greeting */
                test_row((judge(step, replies[of]) == HEALTHCODE_REASON_OK)
                         == (strcmp(replies[of], replies[step]) == 0
                             || (step == STEP_HELLO
                                 && replies[of][0] == '%')), of,
                         replies[step]);
            }
        }
    }

    (void) state;
}


#define TRACKING                                                              \
    "*3\r\n$6\r\nCLIENT\r\n$8\r\nTRACKING\r\n$2\r\nON\r\n" \
    "*2\r\n$6\r\nCLIENT\r\n$12\r\nTRACKINGINFO\r\n" \
    "*2\r\n$3\r\nGET\r\n$19\r\nhealthcode:push:{c}\r\n" \
    "*2\r\n$4\r\nINCR\r\n$19\r\nhealthcode:push:{c}\r\n"
#define NOBODY                                                                \
    "*4\r\n$10\r\nHRANDFIELD\r\n$53\r\nhealthcode:risk:{00}:"                \
    "00000000000000000000000000000000\r\n$2\r\n65\r\n$10\r\nWITHVALUES\r\n"   \
    "*2\r\n$7\r\nHGETALL\r\n$20\r\nhealthcode:meta:{00}\r\n"                  \
    "*3\r\n$5\r\nHMGET\r\n$21\r\nhealthcode:region:{r}\r\n$2\r\n11\r\n"       \
    "*2\r\n$7\r\nHGETALL\r\n$19\r\nhealthcode:meta:{r}\r\n"                   \
    "*5\r\n$5\r\nHMGET\r\n$22\r\nhealthcode:control:{c}\r\n$8\r\n" \
    "issuer:-\r\n$5\r\nkey:-\r\n$8\r\nbefore:-\r\n"
#define TIME                                                                  \
    "*1\r\n$4\r\nTIME\r\n*4\r\n$10\r\nHRANDFIELD\r\n"                       \
    "$19\r\nhealthcode:data:{c}\r\n$2\r\n17\r\n$10\r\nWITHVALUES\r\n"
#define ROLE                                                                  \
    "*1\r\n$4\r\nROLE\r\n*2\r\n$4\r\nINFO\r\n$6\r\nmemory\r\n"
#define PROOF  "*2\r\n$7\r\nHGETALL\r\n$19\r\nhealthcode:meta:{c}\r\n"
#define TAIL                                                                  \
    "*1\r\n$4\r\nROLE\r\n*2\r\n$4\r\nINFO\r\n$6\r\nmemory\r\n"                \
    "*2\r\n$7\r\nHGETALL\r\n$19\r\nhealthcode:meta:{c}\r\n"

static void
test_writes_these_bytes(void **state)
{
    static const struct {
        const char  *user, *password;
        unsigned     database;
        bool         tracking;
        const char  *bytes;
        bool         is_gate, reads;
        unsigned     without;         /* 1: the policy; 2: the role; 4: HELLO */
    } rows[] = {
        { "", NULL, 0, false, "*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n" TIME TAIL,
          true, false, 0 },
        { "", NULL, 0, true, "*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n" TRACKING TIME
          ROLE NOBODY PROOF, true, true, 0 },
        { "", NULL, 0, false, "*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n" ROLE NOBODY
          PROOF, false, true, 0 },
        { "", NULL, 0, false, "*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n" TAIL,
          false, false, 0 },
        { "", NULL, 15, false, "*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n"
          "*2\r\n$6\r\nSELECT\r\n$2\r\n15\r\n" TAIL,
          false, false, 0 },
        { "", "p w", 0, false, "*5\r\n$5\r\nHELLO\r\n$1\r\n3\r\n$4\r\nAUTH\r\n"
          "$7\r\ndefault\r\n$3\r\np w\r\n" TAIL,
          false, false, 0 },
        { "", NULL, 0, true, "*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n" TRACKING TAIL,
          false, false, 0 },
        { "", NULL, 15, true, "*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n"
          "*2\r\n$6\r\nSELECT\r\n$2\r\n15\r\n" TRACKING TAIL,
          false, false, 0 },
        { "gate", "p w", 1, true, "*5\r\n$5\r\nHELLO\r\n$1\r\n3\r\n"
          "$4\r\nAUTH\r\n$4\r\ngate\r\n$3\r\np w\r\n"
          "*2\r\n$6\r\nSELECT\r\n$1\r\n1\r\n" TRACKING TAIL,
          false, false, 0 },
        { "gate", "", 0, false, "*5\r\n$5\r\nHELLO\r\n$1\r\n3\r\n$4\r\nAUTH\r\n"
          "$4\r\ngate\r\n$0\r\n\r\n" TAIL,
          false, false, 0 },
        { "gate", "x\r\n", 4294967295, false, "*5\r\n$5\r\nHELLO\r\n$1\r\n3\r\n"
          "$4\r\nAUTH\r\n$4\r\ngate\r\n$3\r\nx\r\n\r\n"
          "*2\r\n$6\r\nSELECT\r\n$10\r\n4294967295\r\n" TAIL,
          false, false, 0 },

        /* what a store does without */
        { "", NULL, 0, true, "*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n" TRACKING
          TIME "*1\r\n$4\r\nROLE\r\n" NOBODY PROOF, true, true, 1 },
        { "", NULL, 0, false, "*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n"
          "*2\r\n$4\r\nINFO\r\n$6\r\nmemory\r\n" PROOF,
          false, false, 2 },
        { "", NULL, 0, false, PROOF, false, false, 7 },
        { "gate", NULL, 0, false, TAIL, false, false, 4 },
        { "gate", "p w", 1, false, "*3\r\n$4\r\nAUTH\r\n$4\r\ngate\r\n"
          "$3\r\np w\r\n*2\r\n$6\r\nSELECT\r\n$1\r\n1\r\n" TIME TAIL,
          true, false, 4 },
        { "", "p w", 0, false, "*2\r\n$4\r\nAUTH\r\n$3\r\np w\r\n" TAIL,
          false, false, 4 },
    };
    healthcode_handshake_t  h;
    healthcode_redis_buf_t  buf = { NULL, 0, 0 };

    for (size_t i = 0; i < test_count(rows); i++) {
        memset(&h, 0, sizeof(h));
        h.pepper_check = CHECK;
        h.user = guard_text(1, rows[i].user);
        h.database = rows[i].database;
        h.tracking = rows[i].tracking;
        h.is_gate = rows[i].is_gate;
        h.reads = rows[i].reads;
        h.evicting_ok = rows[i].without & 1;
        h.role_unchecked = rows[i].without & 2;
        h.resp2 = rows[i].without & 4;

        if (rows[i].password) {
            h.password = guard_text(2, rows[i].password);
        }

        assert_true(healthcode_handshake_format(&h, &buf));
        test_str_equal(healthcode_str_from(buf.data, buf.len), rows[i].bytes);
        assert_int_equal(healthcode_handshake_replies(&h),
                         4 + (rows[i].database != 0) + 2 * rows[i].is_gate
                         + 4 * rows[i].tracking + 5 * rows[i].reads
                         - h.evicting_ok - h.role_unchecked
                         - (h.resp2 && rows[i].password == NULL));
        healthcode_redis_buf_free(&buf);
    }

    (void) state;
}


/* Redis before 6, or with HELLO renamed, repeats the arguments. */
static void
test_keeps_the_password_out_of_what_it_says(void **state)
{
    static const char  *const rows[] = {
        "-ERR unknown command 'HELLO', with args beginning with: '3' 'AUTH' "
        "'gate' 'sesame'\r\n",
        "-ERR unknown command: HELLO 3 AUTH gate sesame\r\n",
        "-ERR sesamesesame sesamesesam\r\n",
    };
    char                     what[256];
    redisReply              *reply = NULL;
    healthcode_handshake_t   asked_by = {
        .pepper_check = "", .password = healthcode_str("sesame")
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        resp_read(rows[i], strlen(rows[i]), &reply, 1);
        assert_int_equal(healthcode_handshake_read(&asked_by, 0, reply, what,
                                                   sizeof(what)),
                         HEALTHCODE_REASON_STORE_UNAVAILABLE);
        assert_non_null(strstr(what, "HELLO 3 is refused: ERR "));
        test_row(strstr(what, "sesame") == NULL, i, what);
        freeReplyObject(reply);
    }

    (void) state;
}


#define NOEVICTION  "$32\r\n# M\r\nmaxmemory_policy:noeviction\r\n"
#define ALLKEYS     "$33\r\n# M\r\nmaxmemory_policy:allkeys-lru\r\n"
#define SLAVE       "*1\r\n$5\r\nslave\r\n"
#define STATS       "$25\r\n\r\ntracking_total_keys:2\r\n\r\n"
#define NOW         "*2\r\n$10\r\n1790000000\r\n$3\r\n123\r\n" "*0\r\n"
#define PEPPER                                                                \
    "%3\r\n$6\r\nschema\r\n$1\r\n2\r\n$8\r\ninstance\r\n$3\r\nabc\r\n"        \
    "$12\r\npepper_check\r\n$32\r\n49666bb05d87d8254e6b2233776bf348\r\n"

/* All of what was asked is looked at. */
static void
test_judges_again_what_was_asked_again(void **state)
{
    enum { OK = HEALTHCODE_REASON_OK,
           NOT = HEALTHCODE_REASON_STORE_NOT_MASTER,
           EVICTS = HEALTHCODE_REASON_STORE_EVICTING,
           UNPROVED = HEALTHCODE_REASON_STORE_UNPROVEN,
           ANOTHER = HEALTHCODE_REASON_STORE_PEPPER,
           AUTH = HEALTHCODE_REASON_STORE_AUTH,
           NONE = HEALTHCODE_REASON_STORE_UNAVAILABLE };

    static const struct {
        bool         tracking, memory;
        unsigned     without;         /* 1: the policy; 2: the role */
        const char  *bytes;
        int          reason;
        const char  *error;
    } rows[] = {
        { false, false, 0, SLAVE META, NOT, NOT_MASTER },
        { true, false, 0, META MASTER, NOT, NOT_MASTER },
        { false, false, 0, "-ERR no\r\n" META, NONE,
          "ROLE is refused: ERR no" },
        { false, false, 0, "_\r\n" META, NOT, NOT_MASTER },
        { false, false, 0, MASTER "%0\r\n", UNPROVED, UNPROVEN },
        { true, false, 0, MASTER "%0\r\n", UNPROVED, UNPROVEN },
        { true, false, 0, MASTER "*0\r\n", UNPROVED, UNPROVEN },
        { false, false, 0, MASTER "_\r\n", NONE, UNPROVEN },
        { true, false, 0, MASTER "-LOADING x\r\n", NONE,
          "HGETALL healthcode:meta:{c} is refused: LOADING x" },
        { true, false, 0, MASTER NOEVICTION, NONE, UNPROVEN },
        { false, false, 0, MASTER PEPPER, ANOTHER, ANOTHER_PEPPER },
        { false, true, 0, SLAVE META NOEVICTION NOW, NOT, NOT_MASTER },
        { false, true, 0, MASTER META ALLKEYS NOW, EVICTS, EVICTING },
        { false, true, 0, MASTER META "-NOPERM x\r\n" NOW, AUTH,
          "INFO memory is refused: NOPERM x" },
        { false, true, 0, MASTER META META NOW, EVICTS, EVICTING },
        { true, true, 0, SLAVE PEPPER ALLKEYS NOW TRACKED STATS, NOT,
          NOT_MASTER },
        { true, true, 0, MASTER PEPPER ALLKEYS NOW TRACKED STATS, ANOTHER,
          ANOTHER_PEPPER },
        { true, true, 1, MASTER "%0\r\n" NOW TRACKED STATS,
          UNPROVED, UNPROVEN },
        { true, true, 0, MASTER META ALLKEYS NOW TRACKED STATS, EVICTS,
          EVICTING },
        { true, true, 0, MASTER NOEVICTION META NOW TRACKED STATS, NONE,
          UNPROVEN },
        { true, true, 0, MASTER META NOEVICTION NOW META STATS, NONE,
          "CLIENT TRACKINGINFO" STRANGER },
        { true, true, 1, MASTER META NOW FLAGS("~0\r\n") STATS,
          NONE,
          "CLIENT TRACKINGINFO" STRANGER },

        { false, false, 0, MASTER META, OK, "" },
        { true, false, 0, MASTER META, OK, "" },
        { false, true, 0, MASTER META NOEVICTION NOW, OK, "" },
        { false, true, 1, MASTER META NOW, OK, "" },
        { false, true, 1, SLAVE META NOW, NOT, NOT_MASTER },
        { false, false, 2, META, OK, "" },
        { false, true, 2, META NOEVICTION NOW, OK, "" },
        { false, true, 3, META NOW, OK, "" },
        { false, false, 3, "%0\r\n", UNPROVED, UNPROVEN },
        { false, false, 3, PEPPER, ANOTHER, ANOTHER_PEPPER },
        { false, true, 2, META ALLKEYS NOW, EVICTS, EVICTING },
        { true, true, 0, MASTER META NOEVICTION NOW TRACKED STATS, OK, "" },
        { true, true, 1, MASTER META "-NOPERM x\r\n"
          "-NOPERM x\r\n" "-NOPERM x\r\n" "-NOPERM x\r\n", OK, "" },
        { true, true, 0, MASTER META NOEVICTION NOW TRACKED "_\r\n", OK,
          "" },
    };
    unsigned                      n, role, info;
    redisReply                   *replies[HEALTHCODE_HANDSHAKE_AGAIN_MAX];
    healthcode_handshake_t        asked_by = { .pepper_check = CHECK };
    healthcode_handshake_seen_t   seen;

    for (size_t i = 0; i < test_count(rows); i++) {
        asked_by.tracking = rows[i].tracking;
        asked_by.evicting_ok = rows[i].without & 1;
        asked_by.role_unchecked = rows[i].without & 2;
        role = !asked_by.role_unchecked;
        info = !asked_by.evicting_ok;

        n = healthcode_handshake_again(&asked_by, rows[i].memory);
        assert_true(n <= HEALTHCODE_HANDSHAKE_AGAIN_MAX);
        test_row(n == 1u + role + (rows[i].memory
                                   ? 2u + info + 2u * rows[i].tracking : 0u),
                 i, rows[i].bytes);
        test_row(resp_read(rows[i].bytes, strlen(rows[i].bytes), replies, n)
                 == n, i, rows[i].bytes);

        error = (char *) guard_room(0, ERROR_SIZE);
        error[0] = '\0';
        test_row((int) healthcode_handshake_again_read(&asked_by,
                                                       rows[i].memory, replies,
                                                       &seen, error,
                                                       ERROR_SIZE)
                 == rows[i].reason, i, rows[i].bytes);
        assert_string_equal(error, rows[i].error);

        test_row(seen.meta == replies[role], i, rows[i].bytes);
        test_row(seen.time == (rows[i].memory ? replies[role + info + 1]
                                              : NULL), i, rows[i].bytes);
        test_row(seen.data == (rows[i].memory ? replies[role + info + 2]
                                              : NULL), i, rows[i].bytes);
        test_row(seen.stats == (rows[i].memory && rows[i].tracking
                                ? replies[role + info + 4] : NULL), i,
                 rows[i].bytes);

        while (n) {
            freeReplyObject(replies[--n]);
        }
    }

    (void) state;
}


static void
test_asks_again_with_these_bytes(void **state)
{
    static const struct {
        bool         tracking, memory;
        unsigned     without;         /* 1: the policy; 2: the role */
        const char  *bytes;
    } rows[] = {
        { false, false, 0, "*1\r\n$4\r\nROLE\r\n" PROOF },
        { true, false, 0, "*1\r\n$4\r\nROLE\r\n" PROOF },
        { false, true, 0, "*1\r\n$4\r\nROLE\r\n" PROOF
          "*2\r\n$4\r\nINFO\r\n$6\r\nmemory\r\n" TIME },
        { true, true, 0, "*1\r\n$4\r\nROLE\r\n" PROOF
          "*2\r\n$4\r\nINFO\r\n$6\r\nmemory\r\n" TIME
          "*2\r\n$6\r\nCLIENT\r\n$12\r\nTRACKINGINFO\r\n"
          "*2\r\n$4\r\nINFO\r\n$5\r\nstats\r\n" },
        { true, true, 1, "*1\r\n$4\r\nROLE\r\n" PROOF TIME
          "*2\r\n$6\r\nCLIENT\r\n$12\r\nTRACKINGINFO\r\n"
          "*2\r\n$4\r\nINFO\r\n$5\r\nstats\r\n" },
        { false, true, 2, PROOF "*2\r\n$4\r\nINFO\r\n$6\r\nmemory\r\n" TIME },
        { false, false, 3, PROOF },
        { false, true, 3, PROOF TIME },
    };
    healthcode_handshake_t  asked_by = { .pepper_check = CHECK };
    healthcode_redis_buf_t  buf = { NULL, 0, 0 };

    for (size_t i = 0; i < test_count(rows); i++) {
        asked_by.tracking = rows[i].tracking;

        /* whatever the store may do else, which is no matter here */
        asked_by.database = (unsigned) i;
        asked_by.evicting_ok = rows[i].without & 1;
        asked_by.role_unchecked = rows[i].without & 2;
        asked_by.resp2 = i & 4;
        asked_by.reads = i & 1;
        asked_by.is_gate = i & 2;
        assert_true(healthcode_handshake_again_format(&asked_by,
                                                      rows[i].memory, &buf));
        test_str_equal(healthcode_str_from(buf.data, buf.len), rows[i].bytes);
        healthcode_redis_buf_free(&buf);
    }

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_keeps_the_password_out_of_what_it_says),
        cmocka_unit_test(test_judges_again_what_was_asked_again),
        cmocka_unit_test(test_asks_again_with_these_bytes),
        cmocka_unit_test(test_takes_a_refusal_for_what_it_is),
        cmocka_unit_test(test_names_the_command_that_is_refused),
        cmocka_unit_test(test_refuses_what_is_not_a_master),
        cmocka_unit_test(test_refuses_policies_that_evict),
        cmocka_unit_test(test_refuses_a_store_that_proves_nothing),
        cmocka_unit_test(test_refuses_greetings_of_another_shape),
        cmocka_unit_test(test_refuses_a_reply_too_many),
        cmocka_unit_test(test_cuts_long_errors_short),
        cmocka_unit_test(test_refuses_tracking_that_is_not_on),
        cmocka_unit_test(test_waits_for_a_push_only_where_one_is_due),
        cmocka_unit_test(test_refuses_servers_that_hold_a_part_or_nothing),
        cmocka_unit_test(test_says_which_right_a_read_lacks),
        cmocka_unit_test(test_says_what_to_write_where_a_right_is_not_given),
        cmocka_unit_test(test_knows_each_proof_by_its_place),
        cmocka_unit_test(test_believes_a_store_that_speaks_resp2),
        cmocka_unit_test(test_knows_what_is_open_to_all),
        cmocka_unit_test(test_believes_a_store_that_proves_itself),
        cmocka_unit_test(test_takes_no_reply_for_that_of_another_step),
        cmocka_unit_test(test_writes_these_bytes),
    };

    return cmocka_run_group_tests_name("handshake", tests, NULL, NULL);
}
