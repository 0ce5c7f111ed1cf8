/*
 * Tests of healthcode_bundle.c: lengths that lie, texts that do not fit, then
 * what comes back.  docs/keys.md.
 */

#include "test.h"

#include "../../ngx_http_healthcode_module/core/healthcode_bundle.h"


/* Bytes of others: each length of what is left, against a guard page. */
static void
test_reads_no_text_that_is_not_whole(void **state)
{
    uint8_t           bytes[12] = { 0 };
    uint64_t          len;
    healthcode_str_t  rest, text;

    static const uint64_t  lies[] = {
        5, 6, UINT64_C(1) << 32, UINT64_MAX - 7, UINT64_MAX - 8, UINT64_MAX
    };

    for (size_t n = 0; n < 8; n++) {
        rest = guard(0, bytes, n);
        test_row(!healthcode_bundle_next(&rest, &text), n, "cut");
        test_row(rest.len == n, n, "unchanged");
    }

    for (size_t i = 0; i < test_count(lies); i++) {
        len = lies[i];
        memcpy(bytes, &len, sizeof(len));
        rest = guard(0, bytes, sizeof(bytes));
        test_row(!healthcode_bundle_next(&rest, &text), i, "a lie");
        test_row(rest.len == sizeof(bytes), i, "unchanged");
    }

    (void) state;
}


static void
test_gives_up_what_does_not_fit(void **state)
{
    healthcode_bundle_t  bundle;

    for (size_t max = 0; max < 40; max++) {
        memset(&bundle, 0, sizeof(bundle));
        bundle.max = max;

        test_row(healthcode_bundle_add(&bundle, healthcode_str("twelve bytes"))
                 == (max >= 20), max, "the first");
        test_row(healthcode_bundle_add(&bundle, healthcode_str("four"))
                 == (max >= 32), max, "the second");
        test_row((bundle.bytes != NULL) == (max >= 32), max, "bytes");
        test_row(bundle.is_over == (max < 32), max, "given up");
        test_row(healthcode_bundle_add(&bundle, healthcode_str(""))
                 == (max >= 40), max, "and nothing after it");

        healthcode_bundle_free(&bundle);
        assert_true(bundle.bytes == NULL && bundle.len == 0 && bundle.is_over);
        healthcode_bundle_free(&bundle);
    }

    (void) state;
}


static void
test_gives_back_what_was_added(void **state)
{
    healthcode_bundle_t  bundle = { .max = 1000 };
    healthcode_str_t     rest, text;

    static const char *const  texts[] = { "one", "", "three three", "", "5" };

    rest = healthcode_str_from(bundle.bytes, bundle.len);
    assert_false(healthcode_bundle_next(&rest, &text));

    for (size_t i = 0; i < test_count(texts); i++) {
        assert_true(healthcode_bundle_add(&bundle,
                        healthcode_str_from(texts[i], strlen(texts[i]))));
    }

    rest = guard(0, bundle.bytes, bundle.len);

    for (size_t i = 0; i < test_count(texts); i++) {
        test_row(healthcode_bundle_next(&rest, &text), i, texts[i]);
        test_row(healthcode_str_equal(text, healthcode_str_from(texts[i],
                                                       strlen(texts[i]))),
                 i, texts[i]);
    }

    assert_false(healthcode_bundle_next(&rest, &text));
    assert_int_equal(rest.len, 0);

    healthcode_bundle_free(&bundle);

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_reads_no_text_that_is_not_whole),
        cmocka_unit_test(test_gives_up_what_does_not_fit),
        cmocka_unit_test(test_gives_back_what_was_added),
    };

    return cmocka_run_group_tests_name("bundle", tests, NULL, NULL);
}
