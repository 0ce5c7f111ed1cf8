/*
 * What the mutators of fuzz targets share: chance that a seed decides, and one
 * edit that never leaves its room.  Knows no target.
 * CONTRIBUTING.md, "Fuzzing".
 */

#ifndef HEALTHCODE_FUZZ_MUTATE_H
#define HEALTHCODE_FUZZ_MUTATE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>


/* libFuzzer's own mutation of bytes; replay.c has a smaller one. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);

/* What libFuzzer, or replay.c, calls where a target has it. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
    unsigned seed);


/* The input in its room: a mutation changes size, and never max. */
typedef struct {
    uint8_t   *data;
    size_t     size;
    size_t     max;
    uint64_t   chance;    /* a seed */
} mutate_t;


/* A number below n, or 0; by splitmix64. */
static inline size_t
mutate_pick(mutate_t *m, size_t n)
{
    uint64_t  z = (m->chance += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);

    return n ? (size_t) ((z ^ (z >> 31)) % n) : 0;
}


/*
 * Puts len bytes, which are not in data, in the place of the cut ones at at.
 * False, and nothing is changed, if there is no room.
 */
static inline bool
mutate_put(mutate_t *m, size_t at, size_t cut, const void *bytes, size_t len)
{
    if (at > m->size || cut > m->size - at || len > m->max
        || m->size - cut > m->max - len)
    {
        return false;
    }

    memmove(m->data + at + len, m->data + at + cut, m->size - at - cut);

    if (len) {
        memcpy(m->data + at, bytes, len);
    }

    m->size += len - cut;

    return true;
}


/* libFuzzer's mutation of the cut bytes at at alone, in place of them. */
static inline bool
mutate_bytes(mutate_t *m, size_t at, size_t cut)
{
    size_t   n;
    uint8_t  bytes[512];

    if (cut > sizeof(bytes)) {
        return false;
    }

    memcpy(bytes, m->data + at, cut);
    n = LLVMFuzzerMutate(bytes, cut, sizeof(bytes));

    return mutate_put(m, at, cut, bytes, n);
}


/* A length near a power of two, where buffers end. */
static inline size_t
mutate_length(mutate_t *m, unsigned bits)
{
    size_t  n = (size_t) 1 << mutate_pick(m, bits);

    return n + mutate_pick(m, 3) - 1;
}


/* What the next edit puts in. */
typedef struct {
    char    text[16384];
    size_t  len;
} mutate_made_t;


/* If it does not fit, less of it: broken text is fine, too. */
static inline void
mutate_make(mutate_made_t *made, const void *bytes, size_t len)
{
    if (len > sizeof(made->text) - made->len) {
        len = sizeof(made->text) - made->len;
    }

    memcpy(made->text + made->len, bytes, len);
    made->len += len;
}


static inline void
mutate_make_text(mutate_made_t *made, const char *text)
{
    mutate_make(made, text, strlen(text));
}


static inline void
mutate_make_times(mutate_made_t *made, const char *text, size_t n)
{
    while (n--) {
        mutate_make_text(made, text);
    }
}


/* One edit of what follows the first skip bytes; false: none was made. */
typedef bool (*mutate_edit_pt)(mutate_t *m, size_t skip);


/*
 * The size of what was made of size bytes; if nothing was done, or nothing is
 * left, which libFuzzer does not take, it mutates them itself.
 */
static inline size_t
mutate_end(const mutate_t *m, size_t size, bool done)
{
    return (done && m->size) ? m->size
                             : LLVMFuzzerMutate(m->data, size, m->max);
}


/* Up to three edits, except one time in n; returns the new size. */
static inline size_t
mutate_by(mutate_edit_pt edit, mutate_t *m, size_t skip, size_t n)
{
    bool    done = false;
    size_t  size = m->size;

    if (skip < size && mutate_pick(m, n)) {

        for (size_t i = mutate_pick(m, 3) + 1; i; i--) {
            done = edit(m, skip) || done;
        }
    }

    return mutate_end(m, size, done);
}


/*
 * Mutates what follows the first skip bytes as JSON, value by value; now and
 * then, and if it is not JSON, all bytes as libFuzzer does.  Returns the new
 * size, at most max.
 */
size_t mutate_json(uint8_t *data, size_t skip, size_t size, size_t max,
    unsigned seed);

/* Likewise as replies of Redis (RESP3). */
size_t mutate_resp(uint8_t *data, size_t skip, size_t size, size_t max,
    unsigned seed);

#endif
