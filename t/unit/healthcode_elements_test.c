/*
 * Tests of healthcode_elements.c: which elements a header has, what is left of
 * it, and what is masked.  Knows no token.  docs/request-path.md, "Source".
 */

#include "test.h"

#include "../../ngx_http_healthcode_module/core/healthcode_elements.h"


/* Elements that begin with "x" are ours. */
static bool
is_ours(void *data, healthcode_str_t element)
{
    (void) data;

    return element.data[0] == 'x';
}


static void
test_takes_elements_one_by_one(void **state)
{
    static const struct {
        const char  *header, *elements;   /* with "|" behind each */
    } rows[] = {
        { "", "" },
        { ",", "" },
        { " , ,\t,", "" },
        { "a", "a|" },
        { " a ", "a|" },
        { "a,b", "a|b|" },
        { "a, b ,\tc", "a|b|c|" },
        { ",a,,b,", "a|b|" },
        { "a b", "a b|" },
        { "\"a,b\"", "\"a|b\"|" },
        { "a;q=1,b", "a;q=1|b|" },
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        char              text[64];
        size_t            n = 0;
        healthcode_str_t  rest = guard_text(0, rows[i].header);
        healthcode_str_t  element = healthcode_str("before");

        while (healthcode_elements_next(&rest, &element)) {
            memcpy(text + n, element.data, element.len);
            n += element.len;
            text[n++] = '|';
        }

        text[n] = '\0';
        test_row(strcmp(text, rows[i].elements) == 0, i, text);
        assert_int_equal(rest.len, 0);
    }

    (void) state;
}


static void
test_leaves_ours_out(void **state)
{
    static const struct {
        const char  *header, *left, *masked;
    } rows[] = {
        { "", "", "" },
        { "a", "a", "a" },
        { " a ,, b", " a ,, b", " a ,, b" },
        { "x1", "", "**" },
        { " x1 ", "", " ** " },
        { "x1,a", "a", "**,a" },
        { "x1, a", "a", "**, a" },
        { "a,x1", "a", "a,**" },
        { "a, x1", "a", "a, **" },
        { "a, x1, b", "a, b", "a, **, b" },
        { "a,x1,b", "a,b", "a,**,b" },
        { "x1, a, x2, b, x3", "a, b", "**, a, **, b, **" },
        { "x1,x2", "", "**,**" },
        { "a , x1 ,b", "a,b", "a , ** ,b" },
        { ",,x1,,a", "a", ",,**,,a" },
        { "ax, x", "ax", "ax, *" },
    };

    for (size_t i = 0; i < test_count(rows); i++) {
        char              left[64];
        size_t            n, len = strlen(rows[i].header);
        healthcode_str_t  header = guard_text(0, rows[i].header);

        n = healthcode_elements_left(header, is_ours, NULL, NULL);
        test_row(n == strlen(rows[i].left), i, "counted");
        assert_int_equal(healthcode_elements_left(header, is_ours, NULL,
                                              (uint8_t *) left), n);
        test_row(memcmp(left, rows[i].left, n) == 0, i, rows[i].left);

        memcpy(left, rows[i].header, len);
        (void) healthcode_elements_mask((uint8_t *) left, len, is_ours, NULL);
        test_row(memcmp(left, rows[i].masked, len) == 0, i, rows[i].masked);
    }

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_takes_elements_one_by_one),
        cmocka_unit_test(test_leaves_ours_out),
    };

    return cmocka_run_group_tests_name("elements", tests, NULL, NULL);
}
