/*
 * Tests of healthcode_call.c and of calls in healthcode_pipeline.c: a script is
 * called once, loaded if the store does not know it, and never repeated.
 * docs/connection.md, "Calls".
 */

#include "test.h"
#include "resp.h"

#include "../../ngx_http_healthcode_module/redis/healthcode_pipeline.h"


#define TIMEOUT  100u
#define PENDING  2

#define NONE     HEALTHCODE_REASON_COUNT
#define OK       HEALTHCODE_REASON_OK
#define LATE     HEALTHCODE_REASON_STORE_TIMEOUT
#define DOWN     HEALTHCODE_REASON_STORE_UNAVAILABLE
#define BUSY     HEALTHCODE_REASON_STORE_BUSY
#define FAULT    HEALTHCODE_REASON_FAULT

#define ONE      healthcode_str("one")
#define TWO      healthcode_str("two")


/* Who calls, and the answer it got. */
typedef struct {
    healthcode_call_t     call;
    healthcode_lookup_t  *lookup;
    healthcode_reason_e   told;
    unsigned              times;
    char                  said[16];
    bool                  fails;       /* to format */
} caller_t;

static healthcode_pipeline_t  p;
static const healthcode_call_script_t  script = {
    .text = healthcode_str("return 1"), .sha = "abc"
};


static bool
format(void *data, healthcode_str_t instance, healthcode_redis_buf_t *buf)
{
    caller_t  *caller = data;

    return !caller->fails
           && healthcode_redis_buf_append(buf, "<", 1)
           && healthcode_redis_buf_append(buf, (const char *) instance.data,
                                          instance.len)
           && healthcode_redis_buf_append(buf, ">", 1);
}


static void
done(void *data, healthcode_reason_e reason, const redisReply *reply)
{
    caller_t  *caller = data;

    caller->told = reason;
    caller->times++;
    snprintf(caller->said, sizeof(caller->said), "%s",
             reply ? reply->str : "-");
}


static healthcode_reason_e
call(caller_t *caller, bool live, uint64_t now)
{
    *caller = (caller_t) {
        .told = NONE, .fails = caller->fails,
        .call = { .script = &script, .format = format, .done = done,
                  .data = caller }
    };

    return healthcode_pipeline_call(&p, &caller->call, live, ONE, now,
                                    &caller->lookup);
}


static void
send_all(const char *want, uint64_t now)
{
    test_str_equal(healthcode_str_from(p.out.data, p.out.len), want);
    assert_true(healthcode_pipeline_send(&p, now, 7));
    healthcode_pipeline_wrote(&p, p.out.len, now);
}


/*
 * The next reply; whether the lookup was to be called once more.  Replies stand
 * until the last one of a lookup has come.
 */
static bool
answer(const char *bytes, bool live)
{
    bool                  again = false;
    redisReply           *reply = NULL;
    healthcode_lookup_t  *lookup = healthcode_pipeline_first(&p);
    static redisReply    *former;

    assert_non_null(lookup);
    assert_int_equal(resp_read(bytes, strlen(bytes), &reply, 1), 1);

    if (healthcode_pipeline_reply(lookup, reply)) {

        again = healthcode_call_is_unknown(reply)
                && healthcode_pipeline_load(lookup, live, TWO);

        if (!again) {
            healthcode_pipeline_done(lookup, OK, NULL);
        }

        freeReplyObject(former);
        freeReplyObject(reply);
        former = NULL;

    } else {
        former = reply;
    }

    return again;
}


static void
check(const caller_t *caller, healthcode_reason_e told, const char *said)
{
    assert_int_equal(caller->times, 1);
    assert_int_equal(caller->told, told);
    assert_string_equal(caller->said, said);
}


static int
setup(void **state)
{
    (void) state;
    healthcode_pipeline_init(&p, TIMEOUT, 0, PENDING);

    return 0;
}


static int
teardown(void **state)
{
    (void) state;
    healthcode_pipeline_fail(&p, DOWN);
    assert_int_equal(p.pending, 0);
    healthcode_pipeline_free(&p);

    return 0;
}


static void
test_answers_a_call(void **state)
{
    caller_t  a = { .fails = false }, b = a, c = a;

    assert_int_equal(call(&a, true, 0), OK);
    assert_int_equal(call(&b, true, 0), OK);
    assert_int_equal(call(&c, true, 0), BUSY);
    send_all("<one><one>", 1);

    assert_false(answer("+yes\r\n", true));
    assert_false(answer("-ERR no\r\n", true));
    check(&a, OK, "yes");
    check(&b, OK, "ERR no");
    assert_int_equal(p.pending, 0);

    c.fails = true;
    assert_int_equal(call(&c, true, 2), FAULT);
    assert_int_equal(p.out.len, 0);
    assert_int_equal(p.pending, 0);

    (void) state;
}


static void
test_waits_for_a_live_store(void **state)
{
    caller_t  a = { .fails = false }, b = a;

    assert_int_equal(call(&a, false, 0), OK);
    assert_int_equal(call(&b, false, 0), OK);
    assert_int_equal(p.out.len, 0);

    /* who leaves is not asked for */
    healthcode_pipeline_cancel(a.lookup);
    assert_int_equal(p.pending, 1);

    healthcode_pipeline_release(&p);
    healthcode_pipeline_release_calls(&p, TWO);
    send_all("<two>", 60);
    assert_false(answer("+yes\r\n", true));
    check(&b, OK, "yes");
    assert_int_equal(a.times, 0);

    /* what cannot be formatted then is nobody else's */
    assert_int_equal(call(&a, false, 70), OK);
    assert_int_equal(call(&b, false, 70), OK);
    a.fails = true;
    healthcode_pipeline_release(&p);
    healthcode_pipeline_release_calls(&p, TWO);
    check(&a, FAULT, "-");
    send_all("<two>", 71);
    assert_false(answer("+yes\r\n", true));
    check(&b, OK, "yes");

    (void) state;
}


static void
test_is_late_while_it_waits(void **state)
{
    caller_t  a = { .fails = false }, b = a;
    uint64_t  left = 0;

    assert_int_equal(call(&a, false, 0), OK);
    assert_int_equal(call(&b, false, 40), OK);
    assert_true(healthcode_pipeline_expire(&p, 99, &left));
    assert_int_equal(left, 1);
    assert_true(healthcode_pipeline_expire(&p, 100, &left));
    assert_int_equal(left, 40);
    check(&a, LATE, "-");
    assert_int_equal(p.pending, 1);

    /* it is not asked any more, and its time is not that of the next one */
    healthcode_pipeline_release(&p);
    healthcode_pipeline_release_calls(&p, TWO);
    send_all("<two>", 120);
    assert_true(healthcode_pipeline_expire(&p, 139, &left));
    assert_int_equal(left, 1);
    assert_false(healthcode_pipeline_expire(&p, 140, &left));
    check(&b, LATE, "-");

    /* its place in the order stays */
    assert_int_equal(p.pending, 1);
    assert_false(answer("+late\r\n", true));
    check(&b, LATE, "-");

    (void) state;
}


static void
test_loads_a_script_that_is_not_known(void **state)
{
    caller_t          a = { .fails = false };
    static const char
        load[] = "*3\r\n$6\r\nSCRIPT\r\n$4\r\nLOAD\r\n$8\r\nreturn 1\r\n"
                 "<two>",
        unknown[] = "-NOSCRIPT No matching script.\r\n";

    assert_int_equal(call(&a, true, 0), OK);
    send_all("<one>", 10);
    assert_true(answer(unknown, true));
    assert_int_equal(a.times, 0);
    assert_int_equal(p.pending, 1);

    /* in the time that it has left */
    send_all(load, 60);
    assert_int_equal(a.lookup->due, 110);
    assert_false(answer("$3\r\nabc\r\n", true));
    assert_false(answer("+yes\r\n", true));
    check(&a, OK, "yes");

    /* once: then it is what it says; what refuses the text says why */
    assert_int_equal(call(&a, true, 200), OK);
    send_all("<one>", 200);
    assert_true(answer(unknown, true));
    send_all(load, 201);
    assert_false(answer("-NOPERM load\r\n", true));
    assert_false(answer(unknown, true));
    check(&a, OK, "NOPERM load");

    /* a connection that is left: on the next one */
    assert_int_equal(call(&a, true, 300), OK);
    send_all("<one>", 300);
    assert_true(answer(unknown, false));
    assert_int_equal(p.out.len, 0);
    healthcode_pipeline_release(&p);
    healthcode_pipeline_release_calls(&p, TWO);
    send_all(load, 310);
    assert_false(answer("$3\r\nabc\r\n", true));
    assert_false(answer("+yes\r\n", true));
    check(&a, OK, "yes");

    /* nobody waits */
    assert_int_equal(call(&a, true, 400), OK);
    send_all("<one>", 400);
    healthcode_pipeline_cancel(a.lookup);
    assert_false(answer(unknown, true));
    assert_int_equal(a.times, 0);
    assert_int_equal(p.pending, 0);

    (void) state;
}


static void
test_repeats_nothing_that_was_written(void **state)
{
    caller_t  a = { .fails = false }, b = a;

    /* as after a connection that was idle for long */
    assert_int_equal(call(&a, true, 0), OK);
    send_all("<one>", 0);
    assert_int_equal(call(&b, false, 1), OK);
    healthcode_pipeline_disconnect(&p);
    healthcode_pipeline_again(&p, DOWN);
    check(&a, DOWN, "-");
    assert_int_equal(b.times, 0);

    healthcode_pipeline_release(&p);
    healthcode_pipeline_release_calls(&p, TWO);
    send_all("<two>", 2);
    healthcode_pipeline_abandon(&p, DOWN);
    check(&b, DOWN, "-");

    /* with the connection that is lost all ends, also what waits */
    assert_int_equal(call(&a, true, 3), OK);
    assert_int_equal(call(&b, false, 3), OK);
    healthcode_pipeline_disconnect(&p);
    healthcode_pipeline_fail(&p, DOWN);
    check(&a, DOWN, "-");
    check(&b, DOWN, "-");

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_answers_a_call, setup, teardown),
        cmocka_unit_test_setup_teardown(test_waits_for_a_live_store, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_is_late_while_it_waits, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_loads_a_script_that_is_not_known,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_repeats_nothing_that_was_written,
                                        setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
