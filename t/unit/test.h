/*
 * What every unit test includes: cmocka with the headers that it wants first,
 * the wall of guard.h, and a few words.  Knows no unit.
 * docs/request-path.md, "Tests".
 */

#ifndef HEALTHCODE_TEST_H
#define HEALTHCODE_TEST_H

#include "guard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>


#define test_count(table)  (sizeof(table) / sizeof((table)[0]))


/* Whether the bytes of a view are those of a C string; says so if not. */
#define test_str_equal(view, text)                                            \
    test_str_equal_at(view, text, __FILE__, __LINE__)

static inline void
test_str_equal_at(healthcode_str_t view, const char *text, const char *file,
    int line)
{
    if (view.data == NULL || view.len != strlen(text)
        || memcmp(view.data, text, view.len) != 0)
    {
        print_error("\"%.*s\" is not \"%s\"\n", (int) view.len,
                    view.data ? (const char *) view.data : "", text);
        _fail(file, line);
    }
}


/* Fails with the number and the text of a row of a table. */
#define test_row(condition, i, what)                                          \
    do {                                                                      \
        if (!(condition)) {                                                   \
            print_error("row %zu, %s: not (%s)\n", (size_t) (i), what,        \
                        #condition);                                          \
            _fail(__FILE__, __LINE__);                                        \
        }                                                                     \
    } while (0)


/* The CPU time in us that the unit takes for a text. */
typedef double (*test_cost_pt)(healthcode_str_t text);

/*
 * Fails where a text of len bytes, first and then n pieces over and over, each
 * alone, costs much more than 32 times what one of a 32nd costs; text has room.
 */
static inline void
test_is_linear(const char *const *pieces, size_t n, const char *first,
    char *text, size_t len, test_cost_pt cost)
{
    double  small, large;

    for (size_t i = 0; i < n; i++) {

        for (size_t at = 0; at < len; at++) {
            text[at] = pieces[i][at % strlen(pieces[i])];
        }

        memcpy(text, first, strlen(first));
        small = cost(guard(0, text, len / 32));
        large = cost(guard(0, text, len));

        /* the square would cost 1,024 times as much */
        test_row(large < 200 * (small + 20), i, pieces[i]);
    }
}

#endif
