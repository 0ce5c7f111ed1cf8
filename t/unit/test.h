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

#endif
