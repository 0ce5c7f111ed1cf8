/*
 * Tests of healthcode_route.c: a script is called where its keys are, follows
 * them when they move, and never is done twice; what a node says that has not
 * the tag any more, or no proof of it, is worth nothing.
 * docs/connection.md, "Cluster".
 */

#include "city.h"


#define OK        HEALTHCODE_REASON_OK
#define OUT       HEALTHCODE_REASON_STORE_UNAVAILABLE
#define LATE      HEALTHCODE_REASON_STORE_TIMEOUT
#define BUSY      HEALTHCODE_REASON_STORE_BUSY
#define FAULT     HEALTHCODE_REASON_FAULT


/* Who calls, and what was heard. */
typedef struct {
    healthcode_route_t    route;
    healthcode_call_t     call;
    unsigned              n;         /* keys */
    bool                  is_full;   /* there is no memory */
    healthcode_reason_e   reason;
    char                  said[64];
    unsigned              times;
} caller_t;


static const healthcode_call_script_t  script = {
    .text = { (const uint8_t *) "return 1", 8 },
    .sha = "0123456789012345678901234567890123456789", .rights = "+evalsha"
};

static caller_t  someone;


static healthcode_reason_e
call_node(void *data, healthcode_cluster_node_t *core,
    const healthcode_call_t *call, healthcode_lookup_t **lookup)
{
    node_t  *node = core->data;

    (void) data;

    return node->is_open ? healthcode_tracker_call(&node->t, call, ms, lookup)
                         : LATE;
}


static healthcode_reason_e
call_target(void *data, healthcode_cluster_node_t *core,
    const healthcode_call_t *call, healthcode_lookup_t **lookup)
{
    node_t  *node = core->data;

    (void) data;

    return healthcode_tracker_calling(&node->t, call, ms, lookup);
}


static const healthcode_route_handlers_t  handlers = {
    .call = call_node, .calling = call_target
};


static bool
format(void *data, healthcode_str_t instance, healthcode_redis_buf_t *buf)
{
    char             n[2], key[64];
    const caller_t  *caller = data;
    const char      *text[] = { "EVALSHA", script.sha, n, key,
                                (const char *) instance.data };
    size_t           len[] = { 7, HEALTHCODE_SCRIPT_SHA, 1, 0, instance.len };

    snprintf(n, sizeof(n), "%u", caller->n % 10);
    snprintf(key, sizeof(key), "healthcode:mark:{%02x}:", (unsigned)
             caller->call.tag);
    len[3] = strlen(key);

    return !caller->is_full && healthcode_redis_buf_command(buf, 5, text, len);
}


static void
heard(void *data, healthcode_reason_e reason, const redisReply *reply)
{
    caller_t  *caller = data;

    caller->times++;
    caller->reason = reason;
    caller->said[0] = '\0';
    assert_int_equal(reply != NULL, reason == OK);

    if (reply) {
        reply = (reply->type == REDIS_REPLY_ARRAY) ? reply->element[0] : reply;
        snprintf(caller->said, sizeof(caller->said), "%s", reply->str);
    }
}


/* A script of n keys of this tag. */
static healthcode_reason_e
call(caller_t *caller, size_t tag, unsigned n)
{
    memset(caller, 0, sizeof(caller_t));

    caller->n = n;
    caller->reason = HEALTHCODE_REASON_COUNT;
    caller->call.script = &script;
    caller->call.tag = tag;
    caller->call.format = format;
    caller->call.done = heard;
    caller->call.data = caller;

    return healthcode_route_call(&caller->route, &reads, &handlers,
                                 &caller->call);
}


/* And what comes of it at this moment: a word of the script, or of a reason. */
static const char *
calls_of(size_t tag, unsigned n)
{
    if (call(&someone, tag, n) != OK) {
        return "refused";
    }

    run();
    assert_true(someone.times < 2);

    return someone.times == 0 ? "waits" : someone.reason == OK ? someone.said
           : someone.reason == LATE ? "late" : "out";
}


#define said(tag, n, text)  assert_string_equal(calls_of(tag, n), text)


static void
up(void)
{
    scout(0);
    tick(ms + 250);
    assert_int_equal(healthcode_cluster_live(&cluster), 3);
}


static void
map_comes(void)
{
    ms += 60;
    healthcode_reads_doubt(&reads);
    run();
}


/* Each at its node, which gets the text once. */
static void
test_where(void **state)
{
    (void) state;

    up();

    for (size_t tag = 0; tag < 6; tag++) {
        said(tag, 1, "marked");
        said(tag, 1, "replayed");
        assert_int_equal(nodes[tag % 3].keys[tag], 1);
    }

    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(nodes[i].calls, 4);
        assert_int_equal(nodes[i].loads, 1);
    }
}


/* A node without the proof of the tag, though it is live by another one. */
static void
test_unproven(void **state)
{
    (void) state;

    up();
    nodes[0].proofs[3] = false;
    said(3, 1, "unproven");
    assert_int_equal(nodes[0].keys[3], 0);
    said(6, 1, "marked");
}


/* ---- moved ---- */

static void
test_moved(void **state)
{
    (void) state;

    up();
    said(0, 1, "marked");
    said(3, 1, "marked");
    own_all(0, 1);
    own_all(3, 1);
    nodes[1].proofs[0] = true;
    nodes[1].proofs[3] = true;
    nodes[1].keys[3] = 1;
    nodes[0].keys[3] = 0;
    nodes[0].keys[0] = 0;
    tick(ms);

    said(3, 1, "replayed");
    said(0, 1, "marked");
    assert_int_equal(nodes[1].keys[0], 1);
    assert_int_equal(nodes[0].keys[0], 0);
}


/* A worker that does not know yet: who says so has done nothing. */
static void
test_moved_is_followed(void **state)
{
    unsigned  before;

    (void) state;

    up();
    said(3, 1, "marked");
    before = nodes[0].calls;
    own_all(0, 1);
    nodes[1].proofs[0] = true;
    said(0, 1, "waits");
    assert_int_equal(nodes[0].keys[0], 0);
    map_comes();
    assert_int_equal(someone.times, 1);
    assert_string_equal(someone.said, "marked");
    assert_int_equal(nodes[0].calls, before);
    assert_int_equal(nodes[1].keys[0], 1);
}


/* Sent in vain once, and once more. */
static void
test_moved_in_vain(void **state)
{
    (void) state;

    up();
    nodes[0].owners[0] = 1;
    said(0, 1, "waits");
    map_comes();
    assert_int_equal(someone.times, 1);
    assert_int_equal(someone.reason, OUT);
    assert_int_equal(nodes[0].keys[0] + nodes[1].keys[0] + nodes[2].keys[0],
                     0);
}


/*
 * It was asked, and then its tag has gone to who took over: what it says is
 * not known there, and is not asked for again.
 */
static void
test_moved_meanwhile(void **state)
{
    (void) state;

    up();
    nodes[0].has_script = true;
    assert_int_equal(call(&someone, 0, 1), OK);
    serve(&nodes[0]);
    own_all(0, 1);
    nodes[1].proofs[0] = true;
    ms += 1;

    for (size_t i = 1; i < 3; i++) {
        assert_true(healthcode_tracker_beat(&nodes[i].t, ms));
        serve(&nodes[i]);
        (void) hear(&nodes[i]);
    }

    settle();
    assert_true(healthcode_cluster_is_agreed(&cluster, ms));
    (void) hear(&nodes[0]);
    assert_int_equal(someone.times, 1);
    assert_int_equal(someone.reason, OUT);
    run();
    assert_int_equal(someone.times, 1);
    assert_int_equal(nodes[1].keys[0], 0);
}


/* ---- on its way ---- */

/* A mark: where the proof is, so that it is found there by whoever passes. */
static void
test_ask(void **state)
{
    (void) state;

    up();
    said(3, 1, "marked");
    migrate(0, 0, 1);
    migrate(3, 0, 1);
    said(3, 1, "replayed");
    said(0, 1, "unproven");
    assert_int_equal(nodes[1].keys[0], 0);

    nodes[0].proofs[0] = false;
    nodes[1].proofs[0] = true;
    said(0, 1, "marked");
    said(0, 1, "replayed");
    assert_int_equal(nodes[1].keys[0], 1);
    assert_int_equal(nodes[0].keys[0], 0);
    assert_false(nodes[1].asking);
}


/* A hall: only where all of its keys are. */
static void
test_ask_halves(void **state)
{
    (void) state;

    up();
    nodes[0].has_script = nodes[1].has_script = true;
    nodes[0].keys[0] = 7;
    migrate(0, 0, 1);
    said(0, 7, "replayed");

    nodes[0].keys[0] = 4;
    nodes[1].keys[0] = 3;
    nodes[1].proofs[0] = true;
    assert_non_null(strstr(calls_of(0, 7), "TRYAGAIN"));
    assert_int_equal(nodes[0].calls, 1);
    assert_int_equal(nodes[1].calls, 0);

    nodes[0].keys[0] = 0;
    nodes[1].keys[0] = 7;
    said(0, 7, "replayed");
    assert_int_equal(nodes[1].calls, 1);

    /* of a hall that is new nobody knows whether it is */
    migrate(3, 0, 1);
    nodes[1].proofs[3] = true;
    assert_non_null(strstr(calls_of(3, 7), "TRYAGAIN"));
}


/* The target is not connected to, is out, or sends on. */
static void
test_ask_nobody(void **state)
{
    (void) state;

    up();
    migrate(0, 0, 3);
    said(0, 1, "out");
    assert_int_equal(nodes[3].asked, 0);

    migrate(0, 0, 1);
    nodes[1].proofs[0] = true;
    nodes[1].is_deaf = true;
    node_closed(&nodes[1]);
    said(0, 1, "out");

    city_end(NULL);
    city_begin(NULL);
    up();
    migrate(0, 0, 1);
    nodes[1].owners[0] = 1;
    nodes[1].ask[0] = 2;
    said(0, 1, "out");

    /* ... or knows nothing of it: as if it had moved there */
    nodes[1].owners[0] = 0;
    nodes[1].ask[0] = -1;
    nodes[1].import[0] = false;
    said(0, 1, "waits");
    map_comes();
    assert_int_equal(someone.times, 0);
    ms += TIMEOUT;
    (void) healthcode_waiters_expire(&reads.waiters, ms, &ms);
    assert_int_equal(someone.reason, LATE);
}


/* ---- maps that do not count ---- */

static void
test_no_map(void **state)
{
    static caller_t  all[9];
    uint64_t         left = 0;

    (void) state;

    for (size_t i = 0; i < 9; i++) {
        assert_int_equal(call(&all[i], 0, 1), i < 8 ? OK : BUSY);
    }

    healthcode_route_cancel(&all[3].route);
    assert_int_equal(call(&all[8], 1, 1), OK);
    ms += TIMEOUT - 1;
    assert_true(healthcode_waiters_expire(&reads.waiters, ms, &left));
    assert_int_equal(left, 1);
    ms++;
    assert_false(healthcode_waiters_expire(&reads.waiters, ms, &left));
    assert_int_equal(all[0].reason, LATE);
    assert_int_equal(all[3].times, 0);

    assert_int_equal(call(&all[0], 0, 1), OK);
    up();
    assert_string_equal(all[0].said, "marked");

    city_end(NULL);
    city_begin(NULL);
    assert_int_equal(call(&all[0], 0, 1), OK);
    healthcode_waiters_fail(&reads.waiters, OUT);
    assert_int_equal(all[0].reason, OUT);
    is_wanted = false;
    assert_int_equal(call(&all[0], 0, 1), OUT);
}


/* A tag that nobody has. */
static void
test_nobody(void **state)
{
    (void) state;

    own_all(0, -1);
    up();
    said(0, 1, "refused");
    said(3, 1, "marked");
}


/* Most masters are silent: who is alone may have been replaced. */
static void
test_alone(void **state)
{
    (void) state;

    up();
    nodes[1].is_deaf = nodes[2].is_deaf = true;
    tick(ms + LEASE);
    said(0, 1, "waits");
    assert_int_equal(nodes[0].keys[0], 0);
    assert_int_equal(nodes[0].calls, 0);
    nodes[1].is_deaf = nodes[2].is_deaf = false;
    run();
    assert_string_equal(someone.said, "marked");
    assert_int_equal(nodes[0].calls, 1);
}


/* ... so what it says then is worth nothing. */
static void
test_alone_meanwhile(void **state)
{
    (void) state;

    up();
    nodes[0].has_script = true;
    assert_int_equal(call(&someone, 0, 1), OK);
    serve(&nodes[0]);
    ms += LEASE;
    (void) hear(&nodes[0]);
    assert_int_equal(someone.times, 1);
    assert_int_equal(someone.reason, OUT);
}


/* ---- ends ---- */

/* It was sent, and its connection ends: it may have been done. */
static void
test_lost(void **state)
{
    (void) state;

    up();
    assert_int_equal(call(&someone, 0, 1), OK);
    serve(&nodes[0]);
    node_closed(&nodes[0]);
    assert_int_equal(someone.times, 1);
    assert_int_equal(someone.reason, OUT);
    run();
    tick(ms + 250);
    assert_int_equal(someone.times, 1);
    assert_int_equal(nodes[0].loads, 0);
}


static void
test_cancel(void **state)
{
    (void) state;

    up();
    nodes[0].has_script = true;
    assert_int_equal(call(&someone, 0, 1), OK);
    serve(&nodes[0]);
    healthcode_route_cancel(&someone.route);
    run();
    assert_int_equal(someone.times, 0);
    said(0, 1, "replayed");

    own_all(0, 1);
    said(0, 1, "waits");
    healthcode_route_cancel(&someone.route);
    map_comes();
    assert_int_equal(someone.times, 0);
    assert_int_equal(reads.waiters.n, 0);
}


static void
test_no_memory(void **state)
{
    (void) state;

    up();
    assert_int_equal(call(&someone, 3, 1), OK);
    run();
    migrate(0, 0, 1);
    assert_int_equal(call(&someone, 0, 1), OK);
    serve(&nodes[0]);
    someone.is_full = true;
    (void) hear(&nodes[0]);
    (void) hear(&nodes[0]);
    assert_int_equal(someone.times, 1);
    assert_int_equal(someone.reason, FAULT);
}


int
main(void)
{
#define test(name) cmocka_unit_test_setup_teardown(name, city_begin, city_end)

    const struct CMUnitTest  tests[] = {
        test(test_where), test(test_unproven), test(test_moved),
        test(test_moved_is_followed), test(test_moved_in_vain),
        test(test_moved_meanwhile), test(test_ask), test(test_ask_halves),
        test(test_ask_nobody), test(test_no_map), test(test_nobody),
        test(test_alone), test(test_alone_meanwhile), test(test_lost),
        test(test_cancel), test(test_no_memory)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
