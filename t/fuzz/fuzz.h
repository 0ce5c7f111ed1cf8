/*
 * What every fuzz target includes: the entry point that libFuzzer and
 * replay.c call, and a property that must hold.  Knows no parser.
 * docs/request-path.md, "Tests".
 */

#ifndef HEALTHCODE_FUZZ_H
#define HEALTHCODE_FUZZ_H

#include "../unit/guard.h"

#include <stdio.h>


/* A property; on failure libFuzzer, or replay.c, keeps the input. */
#define fuzz_must(condition)                                                  \
    do {                                                                      \
        if (!(condition)) {                                                   \
            fprintf(stderr, "%s:%d: not (%s)\n", __FILE__, __LINE__,          \
                    #condition);                                              \
            abort();                                                          \
        }                                                                     \
    } while (0)


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


/* Whether a view lies inside size bytes at memory. */
static inline bool
fuzz_lies_in(healthcode_str_t view, const void *memory, size_t size)
{
    const uint8_t  *start = memory;

    return view.data >= start && view.len <= size
           && (size_t) (view.data - start) <= size - view.len;
}


/* Takes a byte off the front of the input; 0 if it is empty. */
static inline uint8_t
fuzz_byte(const uint8_t **data, size_t *size)
{
    if (*size == 0) {
        return 0;
    }

    (*size)--;

    return *(*data)++;
}


/* Takes a line off the front of the input, without its newline. */
static inline healthcode_str_t
fuzz_line(const uint8_t **data, size_t *size)
{
    const uint8_t     *end = *size ? memchr(*data, '\n', *size) : NULL;
    healthcode_str_t   line;

    line = healthcode_str_from(*data, end ? (size_t) (end - *data) : *size);
    *size -= line.len + (end != NULL);
    *data += line.len + (end != NULL);

    return line;
}

#endif
