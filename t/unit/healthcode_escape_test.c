/*
 * Tests of healthcode_escape.c: bytes and escapes, also broken ones.
 * Knows no request.  docs/request-path.md, "Source".
 */

#include "test.h"

#include "../../ngx_http_healthcode_module/core/healthcode_escape.h"


static void
test_reads_bytes_and_escapes(void **state)
{
    static const struct {
        const char  *text;
        size_t       next;
        uint8_t      byte;
    } rows[] = {
        { "a", 1, 'a' }, { "+", 1, '+' }, { "%", 1, '%' }, { "%4", 1, '%' },
        { "%41", 3, 'A' }, { "%4a%", 3, 'J' }, { "%4A", 3, 'J' },
        { "%00", 3, 0 }, { "%ff", 3, 0xff }, { "%FF", 3, 0xff },
        { "%4g", 1, '%' }, { "%g4", 1, '%' }, { "%%41", 1, '%' },
        { "%/0", 1, '%' }, { "%:0", 1, '%' }, { "%@0", 1, '%' },
        { "%`0", 1, '%' },
    };
    uint8_t  byte;

    for (size_t i = 0; i < test_count(rows); i++) {
        test_row(healthcode_escape_next(guard_text(0, rows[i].text), 0, &byte)
                 == rows[i].next && byte == rows[i].byte, i, rows[i].text);
    }

    assert_int_equal(healthcode_escape_next(guard_text(0, "a%41"), 1, &byte),
                     4);
    assert_int_equal(byte, 'A');

    (void) state;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_reads_bytes_and_escapes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
