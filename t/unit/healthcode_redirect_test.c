/*
 * Tests of healthcode_redirect.c: which answers lead to another node, and to
 * which.  docs/operations.md, "Cluster".
 */

#include "test.h"
#include "resp.h"

#include "../../ngx_http_healthcode_module/redis/healthcode_redirect.h"


enum { NONE = HEALTHCODE_REDIRECT_NONE, BROKEN = HEALTHCODE_REDIRECT_BROKEN,
       MOVED = HEALTHCODE_REDIRECT_MOVED, ASK = HEALTHCODE_REDIRECT_ASK,
       TRYAGAIN = HEALTHCODE_REDIRECT_TRYAGAIN,
       DOWN = HEALTHCODE_REDIRECT_DOWN, LOADING = HEALTHCODE_REDIRECT_LOADING,
       READONLY = HEALTHCODE_REDIRECT_READONLY };


/* What the bytes of a reply are, asked of a host. */
static int
kind(const char *bytes, const char *asked, healthcode_redirect_t *to)
{
    int          rc;
    redisReply  *reply = NULL;

    assert_int_equal(resp_read(bytes, strlen(bytes), &reply, 1), 1);
    rc = (int) healthcode_redirect_read(reply, guard_text(0, asked), to);
    freeReplyObject(reply);

    return rc;
}


static void
test_where_a_slot_is(void **state)
{
    static const struct {
        const char  *said;
        int          kind;
        unsigned     slot;
        const char  *text;
    } rows[] = {
        { "MOVED 3999 127.0.0.1:6381", MOVED, 3999, "127.0.0.1:6381" },
        { "MOVED 0 127.0.0.1:1", MOVED, 0, "127.0.0.1:1" },
        { "MOVED 16383 node-7.example:65535", MOVED, 16383,
          "node-7.example:65535" },
        { "MOVED 3999 ::1:6381", MOVED, 3999, "[::1]:6381" },
        { "MOVED 3999 [::1]:6381", MOVED, 3999, "[::1]:6381" },
        { "MOVED 3999 2001:db8::7:6381", MOVED, 3999, "[2001:db8::7]:6381" },
        { "MOVED 3999 :6381", MOVED, 3999, "10.0.0.9:6381" },
        { "ASK 3999 127.0.0.1:6381", ASK, 3999, "127.0.0.1:6381" },
        { "ASK 3999 :6381", ASK, 3999, "10.0.0.9:6381" },

        { "MOVED", BROKEN, 0, NULL },
        { "MOVED ", BROKEN, 0, NULL },
        { "MOVED 3999", BROKEN, 0, NULL },
        { "MOVED 3999 ", BROKEN, 0, NULL },
        { "MOVED 3999 127.0.0.1", BROKEN, 0, NULL },
        { "MOVED 3999 127.0.0.1:", BROKEN, 0, NULL },
        { "MOVED 3999 127.0.0.1:0", BROKEN, 0, NULL },
        { "MOVED 3999 127.0.0.1:65536", BROKEN, 0, NULL },
        { "MOVED 3999 127.0.0.1:123456", BROKEN, 0, NULL },
        { "MOVED 3999 127.0.0.1:6381 ", BROKEN, 0, NULL },
        { "MOVED 3999 127.0.0.1:6381@16381", BROKEN, 0, NULL },
        { "MOVED 3999 127.0.0.1:-1", BROKEN, 0, NULL },
        { "MOVED 16384 127.0.0.1:6381", BROKEN, 0, NULL },
        { "MOVED 99999999999999999999 127.0.0.1:6381", BROKEN, 0, NULL },
        { "MOVED -1 127.0.0.1:6381", BROKEN, 0, NULL },
        { "MOVED +1 127.0.0.1:6381", BROKEN, 0, NULL },
        { "MOVED  127.0.0.1:6381", BROKEN, 0, NULL },
        { "MOVED  3999 127.0.0.1:6381", BROKEN, 0, NULL },
        { "MOVED 3999  127.0.0.1:6381", BROKEN, 0, NULL },
        { "MOVED 3999 ?:6381", BROKEN, 0, NULL },
        { "MOVED 3999 a b:6381", BROKEN, 0, NULL },
        { "MOVED 39:99 6381", BROKEN, 0, NULL },
        { "MOVED :", BROKEN, 0, NULL },
        { "ASK", BROKEN, 0, NULL },
        { "ASK 3999 ?:6381", BROKEN, 0, NULL },

        { "", NONE, 0, NULL },
        { " ", NONE, 0, NULL },
        { "moved 3999 127.0.0.1:6381", NONE, 0, NULL },
        { "MOVEDON 3999 127.0.0.1:6381", NONE, 0, NULL },
        { "ASKING 3999 127.0.0.1:6381", NONE, 0, NULL },
        { "ERR MOVED 3999 127.0.0.1:6381", NONE, 0, NULL },
    };
    char                   bytes[128], text[HEALTHCODE_CLUSTER_TEXT];
    healthcode_redirect_t  to;

    for (size_t i = 0; i < test_count(rows); i++) {
        memset(&to, 0xa5, sizeof(to));
        snprintf(bytes, sizeof(bytes), "-%s\r\n", rows[i].said);

        test_row(kind(bytes, "10.0.0.9", &to) == rows[i].kind, i,
                 rows[i].said);

        if (rows[i].text == NULL) {
            test_row(to.slot == 0xa5a5, i, rows[i].said);
            continue;
        }

        test_row(to.slot == rows[i].slot, i, rows[i].said);
        test_row(strcmp(healthcode_cluster_address_text(&to.address, text),
                        rows[i].text) == 0, i, rows[i].said);
    }

    (void) state;
}


static void
test_an_empty_host_is_the_one_that_was_asked(void **state)
{
    healthcode_redirect_t  to;

    assert_int_equal(kind("-ASK 1 :7\r\n", "::1", &to), ASK);
    assert_string_equal(to.address.host, "::1");

    /* by a unix socket no host is asked */
    assert_int_equal(kind("-ASK 1 :7\r\n", "", &to), BROKEN);
    assert_int_equal(kind("-MOVED 1 a:7\r\n", "", &to), MOVED);

    (void) state;
}


static void
test_who_does_not_answer_now(void **state)
{
    static const struct {
        const char  *bytes;
        int          kind;
    } rows[] = {
        { "-TRYAGAIN Multiple keys request during rehashing of slot\r\n",
          TRYAGAIN },
        { "-CLUSTERDOWN The cluster is down\r\n", DOWN },
        { "-CLUSTERDOWN Hash slot not served\r\n", DOWN },
        { "-LOADING Redis is loading the dataset in memory\r\n", LOADING },
        { "-READONLY You can't write against a read only replica.\r\n",
          READONLY },
        { "-MASTERDOWN Link with MASTER is down\r\n", READONLY },
        { "-TRYAGAIN\r\n", TRYAGAIN },
        { "-CROSSSLOT Keys in request don't hash to the same slot\r\n", NONE },
        { "-ERR This instance has cluster support disabled\r\n", NONE },

        /* of a value nothing is said */
        { "+MOVED 3999 127.0.0.1:6381\r\n", NONE },
        { "$11\r\nCLUSTERDOWN\r\n", NONE },
        { "_\r\n", NONE },
        { "*0\r\n", NONE },
    };
    healthcode_redirect_t  to;

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(kind(rows[i].bytes, "a", &to) == rows[i].kind, i,
                 rows[i].bytes);
    }

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_where_a_slot_is),
        cmocka_unit_test(test_an_empty_host_is_the_one_that_was_asked),
        cmocka_unit_test(test_who_does_not_answer_now),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
