/*
 * Tests of healthcode_tracking.c: pushes that invalidate nothing, keys that no
 * gate reads, then each change, as bytes of RESP3 that Redis sends.
 * docs/cache.md.
 */

#include "test.h"
#include "resp.h"

#include "../../ngx_http_healthcode_module/redis/healthcode_tracking.h"


#define HOLDER  "47a32820104a14e01f5e15974b5cf3b6"
#define PUSH    ">2\r\n$10\r\ninvalidate\r\n"
#define ONE     PUSH "*1\r\n"

enum { BROKEN = HEALTHCODE_TRACKING_BROKEN, ALL = HEALTHCODE_TRACKING_ALL,
       META = HEALTHCODE_TRACKING_META, WHOSE = HEALTHCODE_TRACKING_HOLDER,
       REGIONS = HEALTHCODE_TRACKING_REGIONS,
       CONTROLS = HEALTHCODE_TRACKING_CONTROLS,
       PUSHED = HEALTHCODE_TRACKING_PUSH, DATA = HEALTHCODE_TRACKING_DATA,
       HALL = HEALTHCODE_TRACKING_HALL };

static const uint8_t  whose[HEALTHCODE_HOLDER_LEN] = {
    0x47, 0xa3, 0x28, 0x20, 0x10, 0x4a, 0x14, 0xe0,
    0x1f, 0x5e, 0x15, 0x97, 0x4b, 0x5c, 0xf3, 0xb6
};


/* The only reply in bytes. */
static redisReply *
push_of(const char *bytes, size_t len)
{
    redisReply  *push = NULL;

    if (resp_read(bytes, len, &push, 1) != 1) {
        print_error("no reply: %s\n", bytes);
        fail();
    }

    return push;
}


/* What a push of this one key says; a holder is the one above, or none. */
static int
change_of_key(const char *key, size_t len)
{
    int          change;
    char         bytes[512];
    size_t       n;
    uint8_t     *holder = guard_room(0, HEALTHCODE_HOLDER_LEN);
    redisReply  *push;

    n = (size_t) sprintf(bytes, ONE "$%zu\r\n", len);
    memcpy(bytes + n, key, len);
    memcpy(bytes + n + len, "\r\n", 2);
    push = push_of(bytes, n + len + 2);

    assert_int_equal(healthcode_tracking_changes(push), 1);
    change = (int) healthcode_tracking_change(push, 0, holder);
    freeReplyObject(push);

    if (change == WHOSE) {
        assert_memory_equal(holder, whose, sizeof(whose));
    }

    return change;
}


static void
test_counts_nothing_in_what_is_no_invalidation(void **state)
{
    static const char  *const rows[] = {
        "+OK\r\n", "_\r\n", ":1\r\n", "-ERR no\r\n", "$10\r\ninvalidate\r\n",
        "*0\r\n", "%0\r\n", ">0\r\n", ">1\r\n$10\r\ninvalidate\r\n",

        /* not pushed */
        "*2\r\n$10\r\ninvalidate\r\n*1\r\n$21\r\nhealthcode:region:{r}\r\n",
        "~2\r\n$10\r\ninvalidate\r\n*1\r\n$21\r\nhealthcode:region:{r}\r\n",
        "%1\r\n$10\r\ninvalidate\r\n*1\r\n$21\r\nhealthcode:region:{r}\r\n",

        /* another name */
        ">2\r\n$9\r\ninvalidat\r\n_\r\n",
        ">2\r\n$11\r\ninvalidates\r\n_\r\n",
        ">2\r\n$10\r\nInvalidate\r\n_\r\n",
        ">2\r\n$0\r\n\r\n_\r\n", ">2\r\n_\r\n_\r\n", ">2\r\n:1\r\n_\r\n",
        ">2\r\n+invalidate\r\n_\r\n", ">2\r\n*1\r\n$10\r\ninvalidate\r\n_\r\n",
        ">2\r\n$22\r\ntracking-redir-broken!\r\n:7\r\n",
        ">3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nb\r\n",
        ">3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n",

        /* another shape */
        ">3\r\n$10\r\ninvalidate\r\n*1\r\n$21\r\nhealthcode:region:{r}\r\n"
        "_\r\n",
        PUSH "*0\r\n", PUSH "%0\r\n",
        PUSH "~1\r\n$21\r\nhealthcode:region:{r}\r\n",
        PUSH "$21\r\nhealthcode:region:{r}\r\n", PUSH ":1\r\n", PUSH "-ERR\r\n",
        PUSH "#t\r\n", PUSH "+OK\r\n",
        PUSH ">1\r\n$21\r\nhealthcode:region:{r}\r\n",
        PUSH "%1\r\n$21\r\nhealthcode:region:{r}\r\n_\r\n",
    };
    static const char  with_nul[] = ">2\r\n$11\r\ninvalidate\0\r\n_\r\n";
    redisReply        *push;

    push = push_of(with_nul, sizeof(with_nul) - 1);
    assert_int_equal(healthcode_tracking_changes(push), 0);
    freeReplyObject(push);

    for (size_t i = 0; i < test_count(rows); i++) {
        push = push_of(rows[i], strlen(rows[i]));
        test_row(healthcode_tracking_changes(push) == 0, i, rows[i]);
        freeReplyObject(push);
    }

    (void) state;
}


#define KEY(literal)  { literal, sizeof(literal) - 1 }

/* Nobody says that it will be, so who pushes it is not understood. */
static void
test_breaks_at_keys_that_no_gate_reads(void **state)
{
    static const struct {
        const char  *key;
        size_t       len;
    } rows[] = {
        KEY(""), KEY("a"), KEY("healthcode"), KEY("healthcode:"),
        KEY("healthcode:region:{r"), KEY("healthcode:region:{r} "),
        KEY("healthcode:region:{r}s"), KEY("healthcode:region:{r}\0"),
        KEY("healthcode:region:{r\0"), KEY(" healthcode:region:{r}"),
        KEY("Healthcode:region:{r}"), KEY("healthcode:Region:{r}"),
        KEY("xealthcode:region:{r}"), KEY("healthcode:region:{c}"),
        KEY("healthcode:region:(r)"), KEY("healthcode:region:{R}"),
        KEY("healthcode:control:{c"), KEY("healthcode:control:{c}s"),
        KEY("healthcode:contrxl:{c}"), KEY("healthcode:control:{r}"),
        KEY("healthcode:control:{c}\0"), KEY("healthcode:push:{g}"),
        KEY("healthcode:data:{r}"),

        /* those of a store that is to be migrated */
        KEY("healthcode:region"), KEY("healthcode:control"),
        KEY("healthcode:meta"), KEY("healthcode:push"), KEY("healthcode:data"),
        KEY("healthcode:risk:{" HOLDER "}"),

        KEY("healthcode:meta:{"), KEY("healthcode:meta:{}"),
        KEY("healthcode:meta:{4}"), KEY("healthcode:meta:{x}"),
        KEY("healthcode:meta:{47"), KEY("healthcode:meta:{47}0"),
        KEY("healthcode:meta:{47}\0"), KEY("healthcode:meta:{474}"),
        KEY("healthcode:meta:(47}"), KEY("healthcode:meta:{47)"),
        KEY("healthcode:meta:{4g}"), KEY("healthcode:meta:{g4}"),
        KEY("healthcode:meta:{4/}"), KEY("healthcode:meta:{4:}"),
        KEY("healthcode:meta:{`4}"), KEY("healthcode:meta:{A0}"),
        KEY("healthcode:meta:{0A}"), KEY("healthcode:meta:{\0000}"),
        KEY("healthcode:mexa:{47}"), KEY("xealthcode:meta:{47}"),
        KEY("healthcode:META:{47}"), KEY("healthcode:meta:{rr}"),
        KEY("healthcode:meta:{c}c"), KEY("healthcode:meta:{C}"),

        KEY("healthcode:used:{47}:" HOLDER),
        KEY("healthcode:audit:{47}:" HOLDER),

        KEY("healthcode:risk:"), KEY("healthcode:risk:{}"),
        KEY("healthcode:risk:{47}"), KEY("healthcode:risk:{47}:"),
        KEY("healthcode:risk:{" HOLDER), KEY("healthcode:risk:" HOLDER "}"),
        KEY("healthcode:risk:" HOLDER), KEY("healthcode:risk:{47}" HOLDER),
        KEY("healthcode:risk:(47}:" HOLDER),
        KEY("healthcode:risk:{47):" HOLDER),
        KEY("healthcode:risk:{47}}" HOLDER),
        KEY("healthcode:risk:{47}:" HOLDER "}"),
        KEY("healthcode:risk:{47}:" HOLDER "\0"),
        KEY("healthcode:risk:{47}:" HOLDER "0"),
        KEY("healthcode:risk:{7a}:7a32820104a14e01f5e15974b5cf3b6"),
        KEY("healthcode:risk:{47}:47A32820104A14E01F5E15974B5CF3B6"),
        KEY("healthcode:risk:{47}:47a32820104a14e01f5e15974b5cf3bg"),
        KEY("healthcode:risk:{/7}:/7a32820104a14e01f5e15974b5cf3b6"),
        KEY("healthcode:risk:{4:}:4:a32820104a14e01f5e15974b5cf3b6"),
        KEY("healthcode:risk:{47}:47`32820104a14e01f5e15974b5cf3b6"),
        KEY("healthcode:risk:{47}:47a32820104a14e0 f5e15974b5cf3b6"),
        KEY("healthcode:risk:{47}:47a32820104a14e0\0f5e15974b5cf3b6"),
        KEY("healthcode:risk: {47}:" HOLDER),
        KEY("healthcode:Risk:{47}:" HOLDER),
        KEY("xealthcode:risk:{47}:" HOLDER),
        KEY("healthcode:rask:{47}:" HOLDER),

        /* of another partition */
        KEY("healthcode:risk:{46}:" HOLDER),
        KEY("healthcode:risk:{57}:" HOLDER),
        KEY("healthcode:risk:{74}:" HOLDER),
        KEY("healthcode:risk:{00}:" HOLDER),
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(change_of_key(rows[i].key, rows[i].len) == BROKEN, i,
                 rows[i].key);
    }

    (void) state;
}


static void
test_breaks_at_keys_that_are_no_text(void **state)
{
    static const char  *const rows[] = {
        ONE "_\r\n", ONE "$-1\r\n", ONE ":1\r\n", ONE "#t\r\n", ONE ",1.5\r\n",
        ONE "+healthcode:meta:{c}\r\n", ONE "-healthcode:meta:{c}\r\n",
        ONE "*0\r\n", ONE "*-1\r\n", ONE "%0\r\n",
        ONE "*1\r\n$19\r\nhealthcode:meta:{c}\r\n",
        ONE "=23\r\ntxt:healthcode:meta:{c}\r\n",
        ONE "+healthcode:risk:{47}:" HOLDER "\r\n",
        ONE "*1\r\n$53\r\nhealthcode:risk:{47}:" HOLDER "\r\n",
    };
    redisReply  *push;

    for (size_t i = 0; i < test_count(rows); i++) {
        push = push_of(rows[i], strlen(rows[i]));
        test_row(healthcode_tracking_changes(push) == 1, i, rows[i]);
        test_row((int) healthcode_tracking_change(push, 0,
                                   guard_room(0, HEALTHCODE_HOLDER_LEN))
                 == BROKEN, i, rows[i]);
        freeReplyObject(push);
    }

    (void) state;
}


static void
test_reads_nothing_out_of_a_part_of_the_bytes(void **state)
{
    static const char  *const rows[] = {
        ONE "$53\r\nhealthcode:risk:{47}:" HOLDER "\r\n", PUSH "_\r\n",
    };
    redisReply  *push;

    for (size_t i = 0; i < test_count(rows); i++) {
        for (size_t len = 0; len < strlen(rows[i]); len++) {
            assert_int_equal(resp_read(rows[i], len, &push, 1), 0);
        }
    }

    (void) state;
}


static void
test_knows_each_key_that_a_gate_reads(void **state)
{
    static const struct {
        const char  *key;
        int          change;
    } rows[] = {
        { "healthcode:meta:{c}", META },
        { "healthcode:meta:{r}", META },
        { "healthcode:meta:{00}", META }, { "healthcode:meta:{9a}", META },
        { "healthcode:meta:{f0}", META }, { "healthcode:meta:{ff}", META },
        { "healthcode:region:{r}", REGIONS },
        { "healthcode:control:{c}", CONTROLS },
        { "healthcode:push:{c}", PUSHED },
        { "healthcode:data:{c}", DATA },
        { "healthcode:hall:{ab}:abc:inside", HALL },
        { "healthcode:hall:", BROKEN }, { "healthcode:hall", BROKEN },
        { "healthcode:mark:{c4}:c4", HALL },
        { "healthcode:risk:{47}:" HOLDER, WHOSE },
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(change_of_key(rows[i].key, strlen(rows[i].key))
                 == rows[i].change, i, rows[i].key);
    }

    (void) state;
}


/* FLUSHALL, FLUSHDB, and a table of keys that was dropped. */
static void
test_takes_null_for_all_keys(void **state)
{
    static const char  *const rows[] = {
        PUSH "_\r\n", PUSH "*-1\r\n", PUSH "$-1\r\n",
    };
    redisReply  *push;

    for (size_t i = 0; i < test_count(rows); i++) {
        push = push_of(rows[i], strlen(rows[i]));
        test_row(healthcode_tracking_changes(push) == 1, i, rows[i]);
        test_row((int) healthcode_tracking_change(push, 0,
                                   guard_room(0, HEALTHCODE_HOLDER_LEN))
                 == ALL, i, rows[i]);
        freeReplyObject(push);
    }

    (void) state;
}


/* Each key by itself: one that is broken hides none, and none hides it. */
static void
test_tells_of_every_key_of_a_list(void **state)
{
    static const char  bytes[] = PUSH "*7\r\n"
        "$53\r\nhealthcode:risk:{47}:" HOLDER "\r\n"
        "$21\r\nhealthcode:region:{r}\r\n"
        "$53\r\nhealthcode:risk:{00}:00000000000000000000000000000000\r\n"
        "$5\r\nother\r\n"
        "$22\r\nhealthcode:control:{c}\r\n"
        "$19\r\nhealthcode:meta:{c}\r\n"
        "$53\r\nhealthcode:risk:{ff}:ffffffffffffffffffffffffffffffff\r\n";
    static const struct {
        int      change;
        uint8_t  first, last;      /* of the holder */
    } rows[] = {
        { WHOSE, 0x47, 0xb6 }, { REGIONS, 0, 0 }, { WHOSE, 0, 0 },
        { BROKEN, 0, 0 }, { CONTROLS, 0, 0 }, { META, 0, 0 },
        { WHOSE, 0xff, 0xff },
    };
    uint8_t     *holder;
    redisReply  *push = push_of(bytes, sizeof(bytes) - 1);

    assert_int_equal(healthcode_tracking_changes(push), test_count(rows));

    for (size_t i = 0; i < test_count(rows); i++) {
        holder = guard_room(0, HEALTHCODE_HOLDER_LEN);
        test_row((int) healthcode_tracking_change(push, i, holder)
                 == rows[i].change, i, "of the keys");

        if (rows[i].change == WHOSE) {
            assert_int_equal(holder[0], rows[i].first);
            assert_int_equal(holder[15], rows[i].last);
        }
    }

    freeReplyObject(push);

    (void) state;
}


/* ---- how many keys are tracked ---- */

/* What INFO says; 99: nothing, and the number stays. */
static uint64_t
keys_of(const char *text, char type)
{
    bool         has;
    char         bytes[512];
    uint64_t     keys = 99;
    redisReply  *info;

    if (type == '=') {
        snprintf(bytes, sizeof(bytes), "=%zu\r\ntxt:%s\r\n", strlen(text) + 4,
                 text);
    } else {
        snprintf(bytes, sizeof(bytes), "$%zu\r\n%s\r\n", strlen(text), text);
    }

    info = push_of(bytes, strlen(bytes));
    has = healthcode_tracking_keys(info, &keys);
    freeReplyObject(info);
    assert_int_equal(has, keys != 99);

    return keys;
}


static void
test_reads_no_number_where_none_is_said(void **state)
{
    static const char  *const rows[] = {
        "", "\n", "# Stats\r\n", "tracking_total_keys:1\r\n",
        "# Stats\r\ntracking_total_items:1\r\n",
        "# Stats\r\nxtracking_total_keys:1\r\n",
        "# Stats\r\ntracking_total_keys:\r\n",
        "# Stats\r\ntracking_total_keys", "# Stats\r\ntracking_total_keys:",
        "# Stats\r\ntracking_total_keys:1",
        "# Stats\r\ntracking_total_keys: 1\r\n",
        "# Stats\r\ntracking_total_keys:-1\r\n",
        "# Stats\r\ntracking_total_keys:1.5\r\n",
        "# Stats\r\ntracking_total_keys:1 \r\n",
        "# Stats\r\ntracking_total_keys:0x1\r\n",
        "# Stats\r\ntracking_total_keys:1000000000000000000\r\n",
        "# Stats\r\ntracking_total_keys:18446744073709551617\r\n",
    };
    static const char  *const replies[] = {
        "+OK\r\n", "_\r\n", ":1\r\n", "-NOPERM no\r\n", "*0\r\n",
        "%0\r\n",
        "*1\r\n$25\r\n\r\ntracking_total_keys:1\r\n\r\n",

        /* behind a NUL nothing is read */
        "$27\r\n\n\0\r\ntracking_total_keys:1\r\n\r\n",
    };
    uint64_t     keys = 99;
    redisReply  *reply;

    (void) state;

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(keys_of(rows[i], '$') == 99, i, rows[i]);
        test_row(keys_of(rows[i], '=') == 99, i, rows[i]);
    }

    for (size_t i = 0; i < test_count(replies); i++) {
        reply = push_of(replies[i], i + 1 == test_count(replies)
                                    ? 34 : strlen(replies[i]));
        test_row(!healthcode_tracking_keys(reply, &keys) && keys == 99, i,
                 replies[i]);
        freeReplyObject(reply);
    }
}


static void
test_reads_how_many_keys_are_tracked(void **state)
{
    (void) state;
    assert_int_equal(keys_of("# Stats\r\ntracking_total_keys:0\r\n", '='), 0);
    assert_int_equal(keys_of("# Stats\r\ntotal_error_replies:3\r\n"
                             "tracking_total_keys:20414\r\n"
                             "tracking_total_items:31\r\n", '='), 20414);
    assert_int_equal(keys_of("# Stats\ntracking_total_keys:1\n", '$'), 1);
    assert_true(keys_of("# Stats\r\ntracking_total_keys:999999999999999999"
                        "\r\n", '=') == UINT64_C(999999999999999999));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_counts_nothing_in_what_is_no_invalidation),
        cmocka_unit_test(test_breaks_at_keys_that_no_gate_reads),
        cmocka_unit_test(test_breaks_at_keys_that_are_no_text),
        cmocka_unit_test(test_reads_nothing_out_of_a_part_of_the_bytes),
        cmocka_unit_test(test_knows_each_key_that_a_gate_reads),
        cmocka_unit_test(test_takes_null_for_all_keys),
        cmocka_unit_test(test_tells_of_every_key_of_a_list),
        cmocka_unit_test(test_reads_no_number_where_none_is_said),
        cmocka_unit_test(test_reads_how_many_keys_are_tracked),
    };

    return cmocka_run_group_tests_name("tracking", tests, NULL, NULL);
}
