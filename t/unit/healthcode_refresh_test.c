/*
 * Tests of healthcode_refresh.c: files that are being written, that rest, that
 * never rest; answers with and without a max-age, and far too short ones.
 * docs/keys.md.
 */

#include "test.h"

#include "../../ngx_http_healthcode_module/core/healthcode_refresh.h"


/* Each row is a look: the stamp, and whether it is to be read then. */
static void
test_reads_what_rests(void **state)
{
    static const struct {
        uint64_t  stamp;
        bool      read;
    } looks[] = {
        { 1, false },                                  /* nothing changes */
        { 1, false },
        { 2, false }, { 2, true },                     /* it rests at once */
        { 2, false }, { 2, false },
        { 3, false }, { 4, false }, { 4, true },       /* it is being written */
        { 5, false }, { 6, false }, { 7, false },      /* it never rests */
        { 8, true },
        { 9, false }, { 10, false }, { 11, false },
        { 12, true }, { 12, false },
        { 13, false }, { 12, false }, { 12, false },   /* and back again */
        { 0, false }, { 0, true }, { 0, false },       /* all are gone */
    };

    healthcode_refresh_files_t  files = { .read = 1, .seen = 1 };

    for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++) {
        test_row(healthcode_refresh_look(&files, looks[i].stamp)
                 == looks[i].read, i, "a look");
    }

    (void) state;
}


/* The master could not tell what it had read: the first look that rests. */
static void
test_reads_what_was_not_known(void **state)
{
    healthcode_refresh_files_t  files = { 0 };

    assert_false(healthcode_refresh_look(&files, 7));
    assert_true(healthcode_refresh_look(&files, 7));
    assert_false(healthcode_refresh_look(&files, 7));

    (void) state;
}


static void
test_asks_before_an_answer_is_stale(void **state)
{
    static const struct {
        int64_t  max_age, refresh, min_interval, after;
    } rows[] = {
        { 0, 3600, 60, 2700000 },          /* no max-age */
        { 600, 3600, 60, 450000 },         /* a shorter one */
        { 7200, 3600, 60, 2700000 },       /* a longer one */
        { 3600, 3600, 60, 2700000 },
        { 1, 3600, 60, 60000 },            /* too short: the least */
        { 80, 3600, 60, 60000 },           /* three quarters are the least */
        { 81, 3600, 60, 60750 },
        { 0, 5, 5, 5000 },
        { INT64_C(2147483647), INT64_C(315360000), 1,
          INT64_C(236520000000) },         /* ten years */
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        test_row(healthcode_refresh_after(rows[i].max_age, rows[i].refresh,
                                          rows[i].min_interval)
                 == rows[i].after, i, "milliseconds");
    }

    (void) state;
}


static void
test_knows_the_names_of_key_files(void **state)
{
    static const struct {
        const char  *name;
        bool         is_one;
    } rows[] = {
        { "a.json", true }, { "a.jwk", true }, { "a.jwks", true },
        { "a.pem", true }, { "a.crt", true }, { "a.cer", true },
        { "a.der", true }, { "a.b.pem", true },
        { ".a.pem", false }, { ".pem", false }, { "a.PEM", false },
        { "a.pem~", false }, { "a.p12", false }, { "a.key", false },
        { "a.", false }, { "a", false }, { "", false }, { "pem", false },
        { "a.pem.bak", false }, { "a.crl", false }, { "a.csr", false },
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(healthcode_refresh_takes(rows[i].name) == rows[i].is_one,
                 i, rows[i].name);
    }

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_knows_the_names_of_key_files),
        cmocka_unit_test(test_reads_what_rests),
        cmocka_unit_test(test_reads_what_was_not_known),
        cmocka_unit_test(test_asks_before_an_answer_is_stale),
    };

    return cmocka_run_group_tests_name("refresh", tests, NULL, NULL);
}
