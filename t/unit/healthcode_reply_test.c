/*
 * Tests of healthcode_reply.c: every reason there is against every set of
 * lines, so that no line answers what it is not for.  Knows no stage.
 * docs/directives.md, "healthcode_reply".
 */

#include "test.h"

#include "../../ngx_http_healthcode_module/core/healthcode_reply.h"


static void
test_reads_the_words_of_lines(void **state)
{
    healthcode_reply_t        reply;
    static const char *const  others[] = {
        "", "ok", "Deny", "denyx", "den", "all", "busy ", "store", "*", "none"
    };

    for (size_t i = 0; i < test_count(others); i++) {
        memset(&reply, 0x5a, sizeof(reply));
        test_row(!healthcode_reply_read(guard_text(0, others[i]), &reply), i,
                 others[i]);
        assert_int_equal((unsigned) reply.kind, 0x5a5a5a5a);
    }

    assert_true(healthcode_reply_read(guard_text(0, "allow"), &reply));
    assert_int_equal(reply.kind, HEALTHCODE_REPLY_ALLOW);
    assert_true(healthcode_reply_read(guard_text(0, "deny"), &reply));
    assert_int_equal(reply.kind, HEALTHCODE_REPLY_DENY);
    assert_true(healthcode_reply_read(guard_text(0, "busy"), &reply));
    assert_int_equal(reply.kind, HEALTHCODE_REPLY_BUSY);

    for (int i = 0; i < HEALTHCODE_REASON_COUNT; i++) {
        healthcode_reason_e  reason = (healthcode_reason_e) i;

        if (reason == HEALTHCODE_REASON_OK) {
            continue;
        }

        assert_true(healthcode_reply_read(healthcode_reason_word(reason),
                                          &reply));
        assert_int_equal(reply.kind, HEALTHCODE_REPLY_REASON);
        assert_int_equal(reply.reason, reason);
    }

    (void) state;
}


/* Which of the lines, by a rule written another way; n: none. */
static size_t
expected(const healthcode_reply_t *lines, size_t n, bool allow,
    healthcode_reason_e reason)
{
    size_t  found = n;

    for (size_t i = 0; i < n; i++) {
        if (lines[i].kind == (allow ? HEALTHCODE_REPLY_ALLOW
                                    : HEALTHCODE_REPLY_DENY))
        {
            found = i;
        }
    }

    for (size_t i = 0; !allow && i < n; i++) {
        if (lines[i].kind == HEALTHCODE_REPLY_BUSY
            && healthcode_reason_status(reason) == 503)
        {
            found = i;
        }
    }

    for (size_t i = 0; !allow && i < n; i++) {
        if (lines[i].kind == HEALTHCODE_REPLY_REASON
            && lines[i].reason == reason)
        {
            found = i;
        }
    }

    return found;
}


/* Each set of four lines in both orders, with two reasons. */
static void
test_the_most_exact_line_counts(void **state)
{
    static const healthcode_reply_t  all[] = {
        { HEALTHCODE_REPLY_ALLOW, HEALTHCODE_REASON_FAULT },
        { HEALTHCODE_REPLY_DENY, HEALTHCODE_REASON_FAULT },
        { HEALTHCODE_REPLY_BUSY, HEALTHCODE_REASON_FAULT },
        { HEALTHCODE_REPLY_REASON, HEALTHCODE_REASON_EXPIRED },
        { HEALTHCODE_REPLY_REASON, HEALTHCODE_REASON_STORE_BUSY },
        { HEALTHCODE_REPLY_REASON, HEALTHCODE_REASON_FAULT },
    };
    healthcode_reply_t  lines[test_count(all)];

    for (unsigned set = 0; set < 1u << test_count(all); set++) {
        for (int back = 0; back < 2; back++) {
            size_t  n = 0;

            for (size_t i = 0; i < test_count(all); i++) {
                size_t  k = back ? test_count(all) - 1 - i : i;

                if (set & 1u << k) {
                    lines[n++] = all[k];
                }
            }

            for (int i = 0; i < HEALTHCODE_REASON_COUNT; i++) {
                healthcode_reason_e  reason = (healthcode_reason_e) i;
                size_t               line;

                line = healthcode_reply_deny(lines, n, reason);

                assert_int_equal(line, expected(lines, n, false, reason));
                assert_true(line == n
                            || lines[line].kind != HEALTHCODE_REPLY_ALLOW);
            }

            assert_int_equal(healthcode_reply_allow(lines, n),
                             expected(lines, n, true, HEALTHCODE_REASON_OK));
        }
    }

    (void) state;
}


static void
test_no_refusal_lets_others_pass(void **state)
{
    for (int i = 0; i < HEALTHCODE_REASON_COUNT; i++) {
        healthcode_reason_e  reason = (healthcode_reason_e) i;
        unsigned             own = healthcode_reason_status(reason);

        if (reason == HEALTHCODE_REASON_OK) {
            own = 500;
        }

        assert_int_equal(healthcode_reply_status(0, reason, false), own);
        assert_int_equal(healthcode_reply_status(0, reason, true), own);
        assert_int_equal(healthcode_reply_status(200, reason, false), 200);

        for (unsigned status = 200; status < 600; status++) {
            assert_int_equal(healthcode_reply_status(status, reason, true),
                             status < 300 ? own : status);
        }
    }

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_reads_the_words_of_lines),
        cmocka_unit_test(test_the_most_exact_line_counts),
        cmocka_unit_test(test_no_refusal_lets_others_pass),
    };

    return cmocka_run_group_tests_name("reply", tests, NULL, NULL);
}
