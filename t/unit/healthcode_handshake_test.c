/*
 * Tests of healthcode_handshake.c: each answer by which a store is not
 * believed, with its sentence; the exact bytes of the commands.
 * docs/redis-keys.md, "Handshake".
 */

#include "test.h"
#include "resp.h"

#include "../../ngx_http_healthcode_module/redis/healthcode_handshake.h"


#define CHECK  "39666bb05d87d8254e6b2233776bf348"
#define HELLO  "%2\r\n$6\r\nserver\r\n$5\r\nredis\r\n$5\r\nproto\r\n:3\r\n"
#define META                                                                  \
    "%3\r\n$6\r\nschema\r\n$1\r\n1\r\n$8\r\ninstance\r\n$3\r\nabc\r\n"        \
    "$12\r\npepper_check\r\n$32\r\n" CHECK "\r\n"
#define MASTER  "*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n"

#define NOT_MASTER  "it is not a master; name the master as \"server\""
#define EVICTING                                                              \
    "its maxmemory-policy may evict flags; set it to noeviction, or write "   \
    "\"evicting_ok on;\" in the store"
#define UNPROVEN                                                              \
    "it has no valid healthcode:meta; run \"healthcode store init\", or "     \
    "check the address and the database number"


enum { STEP_HELLO, STEP_SELECT, STEP_TRACKING, STEP_ROLE, STEP_INFO,
       STEP_META };

static healthcode_handshake_t  handshake = { .pepper_check = CHECK };

static char  *error;


/* Judges the bytes of one reply as the answer to a step. */
static healthcode_reason_e
judge(unsigned step, const char *bytes)
{
    redisReply           *reply;
    healthcode_reason_e   reason;

    if (resp_read(bytes, strlen(bytes), &reply, 1) != 1) {
        print_error("no reply: %s\n", bytes);
        fail();
    }

    if (step > STEP_TRACKING && !handshake.tracking) {
        step--;
    }

    if (step > STEP_HELLO && handshake.database == 0) {
        step--;
    }

    error = (char *) guard_room(0, 256);
    reason = healthcode_handshake_read(&handshake, step, reply, error, 256);
    freeReplyObject(reply);

    assert_true(reason == HEALTHCODE_REASON_OK
                || healthcode_reason_is_outage(reason));
    assert_true(reason == HEALTHCODE_REASON_OK
                || memchr(error, '\0', 256) != NULL);
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


/* With and without a database, and tracking, which shift the steps. */
static bool
set_up(unsigned n)
{
    handshake.database = n & 1 ? 7 : 0;
    handshake.tracking = n & 2;

    return n < 4;
}


#define for_each_setup  for (unsigned n = 0; set_up(n); n++)


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
          "HELLO 3 is refused: ERR unknown command " },
        { STEP_HELLO, "-NOAUTH a\r\n", "HELLO 3 is refused: NOAUTH a" },
        { STEP_HELLO, "-LOADING a\r\n", "HELLO 3 is refused: LOADING a" },
        { STEP_ROLE, "-NOPERM a\r\n", "ROLE is refused: NOPERM a" },
        { STEP_INFO, "-NOPERM a\r\n", "INFO memory is refused: NOPERM a" },
        { STEP_META, "-NOPERM a\r\n",
          "HGETALL healthcode:meta is refused: NOPERM a" },
        { STEP_META, "-WRONGTYPE a\r\n",
          "HGETALL healthcode:meta is refused: WRONGTYPE a" },
        { STEP_META, "-\r\n", "HGETALL healthcode:meta is refused: " },
    };

    for_each_setup {
        for (size_t i = 0; i < test_count(rows); i++) {
            test_row(judge(rows[i].step, rows[i].bytes)
                     == HEALTHCODE_REASON_STORE_UNAVAILABLE, i, rows[i].bytes);
            assert_string_equal(error, rows[i].error);
        }
    }

    handshake.tracking = true;
    assert_int_equal(judge(STEP_TRACKING, "-NOPERM a\r\n"),
                     HEALTHCODE_REASON_STORE_UNAVAILABLE);
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
            handshake.evicting_ok = false;
            test_row(judge_info(rows[i], verbatim)
                     == HEALTHCODE_REASON_STORE_EVICTING, i, rows[i]);
            assert_string_equal(error, EVICTING);

            handshake.evicting_ok = true;
            test_row(judge_info(rows[i], verbatim) == HEALTHCODE_REASON_OK, i,
                     rows[i]);
        }
    }

    handshake.evicting_ok = false;

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
        { "%1\r\n$6\r\nschema\r\n$1\r\n2\r\n",
          HEALTHCODE_REASON_STORE_UNPROVEN, UNPROVEN },
        { "_\r\n", HEALTHCODE_REASON_STORE_UNAVAILABLE, UNPROVEN },
        { "$2\r\nok\r\n", HEALTHCODE_REASON_STORE_UNAVAILABLE, UNPROVEN },
        { "%3\r\n$6\r\nschema\r\n$1\r\n1\r\n$8\r\ninstance\r\n$3\r\nabc\r\n"
          "$12\r\npepper_check\r\n$32\r\n49666bb05d87d8254e6b2233776bf348\r\n",
          HEALTHCODE_REASON_STORE_PEPPER,
          "it was initialised with another pepper" },
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
        assert_string_equal(error, "HELLO 3 is answered by something else");
    }

    for_each_setup {
        for (size_t i = 1; handshake.database && i < test_count(rows); i++) {
            test_row(judge(STEP_SELECT, rows[i])
                     == HEALTHCODE_REASON_STORE_UNAVAILABLE, i, rows[i]);
            assert_string_equal(error, "SELECT is answered by something else");
        }

        for (size_t i = 1; handshake.tracking && i < test_count(rows); i++) {
            test_row(judge(STEP_TRACKING, rows[i])
                     == HEALTHCODE_REASON_STORE_UNAVAILABLE, i, rows[i]);
            assert_string_equal(error, "CLIENT TRACKING is answered by "
                                "something else");
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
    redisReply  *reply;

    for_each_setup {
        assert_int_equal(judge(STEP_META + 1, META),
                         HEALTHCODE_REASON_STORE_UNAVAILABLE);
        assert_string_equal(error, "a reply too many");
        assert_int_equal(judge(1000, META),
                         HEALTHCODE_REASON_STORE_UNAVAILABLE);

        assert_int_equal(resp_read(META, strlen(META), &reply, 1), 1);

        for (unsigned i = 0; i < 3; i++) {
            error = (char *) guard_room(0, 256);
            assert_int_equal(healthcode_handshake_read(&handshake,
                                                       UINT32_MAX - i, reply,
                                                       error, 256),
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
    char         bytes[600];
    redisReply  *reply;

    memset(bytes, 'x', sizeof(bytes));
    bytes[0] = '-';
    memcpy(bytes + 500, "\r\n", 3);
    assert_int_equal(resp_read(bytes, 502, &reply, 1), 1);

    for (size_t size = 1; size < 256; size += 5) {
        error = (char *) guard_room(0, size);
        assert_int_equal(healthcode_handshake_read(&handshake, 0, reply, error,
                                                   size),
                         HEALTHCODE_REASON_STORE_UNAVAILABLE);
        assert_non_null(memchr(error, '\0', size));
        assert_true(strlen(error) <= strlen("HELLO 3 is refused: ") + 128);
    }

    freeReplyObject(reply);

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
        }
    }

    (void) state;
}


/* Each reply where another step's belongs: what is left out is not assumed. */
static void
test_takes_no_reply_for_that_of_another_step(void **state)
{
    static const char  *const replies[] = {
        HELLO, "+OK\r\n", "+OK\r\n", MASTER,
        "$32\r\n# M\r\nmaxmemory_policy:noeviction\r\n", META
    };

    for_each_setup {
        for (unsigned step = STEP_HELLO; step <= STEP_META; step++) {

            if ((step == STEP_SELECT && handshake.database == 0)
                || (step == STEP_TRACKING && !handshake.tracking))
            {
                continue;
            }

            for (unsigned of = STEP_HELLO; of <= STEP_META; of++) {
                /* any map is a greeting */
                test_row((judge(step, replies[of]) == HEALTHCODE_REASON_OK)
                         == (strcmp(replies[of], replies[step]) == 0
                             || (step == STEP_HELLO && of == STEP_META)), of,
                         replies[step]);
            }
        }
    }

    (void) state;
}


#define TRACKING                                                              \
    "*3\r\n$6\r\nCLIENT\r\n$8\r\nTRACKING\r\n$2\r\nON\r\n"
#define TAIL                                                                  \
    "*1\r\n$4\r\nROLE\r\n*2\r\n$4\r\nINFO\r\n$6\r\nmemory\r\n"                \
    "*2\r\n$7\r\nHGETALL\r\n$15\r\nhealthcode:meta\r\n"

static void
test_writes_these_bytes(void **state)
{
    static const struct {
        const char  *user, *password;
        unsigned     database;
        bool         tracking;
        const char  *bytes;
    } rows[] = {
        { "", NULL, 0, false, "*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n" TAIL },
        { "", NULL, 15, false, "*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n"
          "*2\r\n$6\r\nSELECT\r\n$2\r\n15\r\n" TAIL },
        { "", "p w", 0, false, "*5\r\n$5\r\nHELLO\r\n$1\r\n3\r\n$4\r\nAUTH\r\n"
          "$7\r\ndefault\r\n$3\r\np w\r\n" TAIL },
        { "", NULL, 0, true, "*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n" TRACKING TAIL },
        { "", NULL, 15, true, "*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n"
          "*2\r\n$6\r\nSELECT\r\n$2\r\n15\r\n" TRACKING TAIL },
        { "gate", "p w", 1, true, "*5\r\n$5\r\nHELLO\r\n$1\r\n3\r\n"
          "$4\r\nAUTH\r\n$4\r\ngate\r\n$3\r\np w\r\n"
          "*2\r\n$6\r\nSELECT\r\n$1\r\n1\r\n" TRACKING TAIL },
        { "gate", "", 0, false, "*5\r\n$5\r\nHELLO\r\n$1\r\n3\r\n$4\r\nAUTH\r\n"
          "$4\r\ngate\r\n$0\r\n\r\n" TAIL },
        { "gate", "x\r\n", 4294967295, false, "*5\r\n$5\r\nHELLO\r\n$1\r\n3\r\n"
          "$4\r\nAUTH\r\n$4\r\ngate\r\n$3\r\nx\r\n\r\n"
          "*2\r\n$6\r\nSELECT\r\n$10\r\n4294967295\r\n" TAIL },
    };
    healthcode_handshake_t  h;
    healthcode_redis_buf_t  buf = { NULL, 0, 0 };

    for (size_t i = 0; i < test_count(rows); i++) {
        memset(&h, 0, sizeof(h));
        h.pepper_check = CHECK;
        h.user = guard_text(1, rows[i].user);
        h.database = rows[i].database;
        h.tracking = rows[i].tracking;

        if (rows[i].password) {
            h.password = guard_text(2, rows[i].password);
        }

        assert_true(healthcode_handshake_format(&h, &buf));
        test_str_equal(healthcode_str_from(buf.data, buf.len), rows[i].bytes);
        assert_int_equal(healthcode_handshake_replies(&h),
                         4 + (rows[i].database != 0) + rows[i].tracking);
        healthcode_redis_buf_free(&buf);
    }

    (void) state;
}


/* Redis before 6, or with HELLO renamed, repeats the arguments. */
static void
test_keeps_the_password_out_of_what_it_says(void **state)
{
    static const char        bytes[] = "-ERR unknown command 'HELLO', with "
                                       "args beginning with: '3' 'AUTH' "
                                       "'gate' 'sesame'\r\n";
    char                     what[256];
    redisReply              *reply;
    healthcode_handshake_t   asked_by = { .pepper_check = "" };

    assert_int_equal(resp_read(bytes, sizeof(bytes) - 1, &reply, 1), 1);
    assert_int_equal(healthcode_handshake_read(&asked_by, 0, reply, what,
                                               sizeof(what)),
                     HEALTHCODE_REASON_STORE_UNAVAILABLE);
    assert_non_null(strstr(what, "HELLO 3 is refused: ERR unknown command"));
    assert_null(strstr(what, "sesame"));
    assert_null(strstr(what, "gate"));
    freeReplyObject(reply);

    (void) state;
}


#define NOEVICTION  "$32\r\n# M\r\nmaxmemory_policy:noeviction\r\n"
#define ALLKEYS     "$33\r\n# M\r\nmaxmemory_policy:allkeys-lru\r\n"
#define SLAVE       "*1\r\n$5\r\nslave\r\n"
#define PEPPER                                                                \
    "%3\r\n$6\r\nschema\r\n$1\r\n1\r\n$8\r\ninstance\r\n$3\r\nabc\r\n"        \
    "$12\r\npepper_check\r\n$32\r\n49666bb05d87d8254e6b2233776bf348\r\n"

/* Only what was asked is looked at, and all of it. */
static void
test_judges_again_what_was_asked_again(void **state)
{
    enum { OK = HEALTHCODE_REASON_OK,
           NOT = HEALTHCODE_REASON_STORE_NOT_MASTER,
           EVICTS = HEALTHCODE_REASON_STORE_EVICTING,
           UNPROVED = HEALTHCODE_REASON_STORE_UNPROVEN,
           ANOTHER = HEALTHCODE_REASON_STORE_PEPPER,
           NONE = HEALTHCODE_REASON_STORE_UNAVAILABLE };

    static const struct {
        bool         tracking, memory, evicting_ok;
        const char  *bytes;
        int          reason;
        const char  *error;
    } rows[] = {
        { false, false, false, SLAVE, NOT, NOT_MASTER },
        { false, false, false, "-ERR no\r\n", NONE, "ROLE is refused: ERR no" },
        { false, false, false, "_\r\n", NOT, NOT_MASTER },
        { false, false, false, META, NOT, NOT_MASTER },
        { false, true, false, SLAVE NOEVICTION, NOT, NOT_MASTER },
        { false, true, false, NOEVICTION MASTER, NOT, NOT_MASTER },
        { false, true, false, MASTER ALLKEYS, EVICTS, EVICTING },
        { false, true, false, MASTER "-NOPERM x\r\n", NONE,
          "INFO memory is refused: NOPERM x" },
        { false, true, false, MASTER META, EVICTS, EVICTING },
        { true, false, false, SLAVE META, NOT, NOT_MASTER },
        { true, false, false, META MASTER, NOT, NOT_MASTER },
        { true, false, false, MASTER "%0\r\n", UNPROVED, UNPROVEN },
        { true, false, false, MASTER "*0\r\n", UNPROVED, UNPROVEN },
        { true, false, false, MASTER "_\r\n", NONE, UNPROVEN },
        { true, false, false, MASTER "-LOADING x\r\n", NONE,
          "HGETALL healthcode:meta is refused: LOADING x" },
        { true, false, false, MASTER NOEVICTION, NONE, UNPROVEN },
        { true, false, false, MASTER PEPPER, ANOTHER,
          "it was initialised with another pepper" },
        { true, true, false, SLAVE META NOEVICTION, NOT, NOT_MASTER },
        { true, true, false, SLAVE PEPPER ALLKEYS, NOT, NOT_MASTER },
        { true, true, false, MASTER PEPPER ALLKEYS, ANOTHER,
          "it was initialised with another pepper" },
        { true, true, true, MASTER "%0\r\n" NOEVICTION, UNPROVED, UNPROVEN },
        { true, true, false, MASTER META ALLKEYS, EVICTS, EVICTING },
        { true, true, false, MASTER META MASTER, EVICTS, EVICTING },
        { true, true, false, MASTER NOEVICTION META, NONE, UNPROVEN },

        { false, false, false, MASTER, OK, "" },
        { false, true, false, MASTER NOEVICTION, OK, "" },
        { false, true, true, MASTER ALLKEYS, OK, "" },
        { true, false, false, MASTER META, OK, "" },
        { true, true, false, MASTER META NOEVICTION, OK, "" },
        { true, true, true, MASTER META ALLKEYS, OK, "" },
    };
    unsigned                 n;
    redisReply              *replies[HEALTHCODE_HANDSHAKE_AGAIN_MAX];
    const redisReply        *meta;
    healthcode_handshake_t   asked_by = { .pepper_check = CHECK };

    for (size_t i = 0; i < test_count(rows); i++) {
        asked_by.tracking = rows[i].tracking;
        asked_by.evicting_ok = rows[i].evicting_ok;

        n = healthcode_handshake_again(&asked_by, rows[i].memory);
        assert_true(n <= HEALTHCODE_HANDSHAKE_AGAIN_MAX);
        test_row(n == 1u + rows[i].tracking + rows[i].memory, i,
                 rows[i].bytes);
        test_row(resp_read(rows[i].bytes, strlen(rows[i].bytes), replies, n)
                 == n, i, rows[i].bytes);

        error = (char *) guard_room(0, 256);
        error[0] = '\0';
        meta = (const redisReply *) &handshake;
        test_row((int) healthcode_handshake_again_read(&asked_by,
                                                       rows[i].memory, replies,
                                                       &meta, error, 256)
                 == rows[i].reason, i, rows[i].bytes);
        assert_string_equal(error, rows[i].error);

        if (rows[i].reason == OK) {
            test_row(meta == (rows[i].tracking ? replies[1] : NULL), i,
                     rows[i].bytes);
        } else {
            test_row(meta == NULL || meta == replies[1], i, rows[i].bytes);
        }

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
        const char  *bytes;
    } rows[] = {
        { false, false, "*1\r\n$4\r\nROLE\r\n" },
        { false, true, "*1\r\n$4\r\nROLE\r\n"
          "*2\r\n$4\r\nINFO\r\n$6\r\nmemory\r\n" },
        { true, false, "*1\r\n$4\r\nROLE\r\n"
          "*2\r\n$7\r\nHGETALL\r\n$15\r\nhealthcode:meta\r\n" },
        { true, true, "*1\r\n$4\r\nROLE\r\n"
          "*2\r\n$7\r\nHGETALL\r\n$15\r\nhealthcode:meta\r\n"
          "*2\r\n$4\r\nINFO\r\n$6\r\nmemory\r\n" },
    };
    healthcode_handshake_t  asked_by = { .pepper_check = CHECK };
    healthcode_redis_buf_t  buf = { NULL, 0, 0 };

    for (size_t i = 0; i < test_count(rows); i++) {
        asked_by.tracking = rows[i].tracking;

        /* whatever the store may do else, which is no matter here */
        asked_by.database = (unsigned) i;
        asked_by.evicting_ok = i & 1;
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
        cmocka_unit_test(test_names_the_command_that_is_refused),
        cmocka_unit_test(test_refuses_what_is_not_a_master),
        cmocka_unit_test(test_refuses_policies_that_evict),
        cmocka_unit_test(test_refuses_a_store_that_proves_nothing),
        cmocka_unit_test(test_refuses_greetings_of_another_shape),
        cmocka_unit_test(test_refuses_a_reply_too_many),
        cmocka_unit_test(test_cuts_long_errors_short),
        cmocka_unit_test(test_believes_a_store_that_proves_itself),
        cmocka_unit_test(test_takes_no_reply_for_that_of_another_step),
        cmocka_unit_test(test_writes_these_bytes),
    };

    return cmocka_run_group_tests_name("handshake", tests, NULL, NULL);
}
