/*
 * A table of named counters in memory of the caller, which processes share
 * without a lock and without pointers.  A name is some bytes; the caller says
 * what it means.  Knows no: clock, nginx, process, request, verdict.
 * docs/monitoring/metrics.md, "How they are kept".
 */

#ifndef HEALTHCODE_COUNTERS_H
#define HEALTHCODE_COUNTERS_H

#include "healthcode_atomic.h"
#include "healthcode_str.h"


/* Longest name, in bytes. */
#define HEALTHCODE_COUNTERS_NAME     255

/*
 * A counter is the sum of so many words, each in a line of memory of its own
 * stripe, so that workers with different stripes do not wait for each other.
 */
#define HEALTHCODE_COUNTERS_STRIPES  64

/*
 * The layout of the memory, which may be older than the process that uses it.
 * Change the number whenever the layout changes: counting then begins anew.
 */
#define HEALTHCODE_COUNTERS_LAYOUT   UINT64_C(0x6865616c74685001)


typedef struct {
    uint64_t  *head;
    uint64_t  *index;     /* a word a place: 0, or what is counted there */
    uint64_t  *names;
    uint64_t  *cells;     /* of the first stripe, then of the next one */
    size_t     places;
} healthcode_counters_t;


/* Bytes of memory for so many counters, rounded up to a multiple of 8. */
size_t healthcode_counters_size(size_t counters);

/*
 * Lays counters over bytes of memory, aligned to 64, which the caller owns.
 * Memory that is all zero is an empty table, which begins now (Unix seconds);
 * otherwise what is there stays.  False, and nothing is changed: another layout
 * or another size, or there is no room for one counter.
 */
bool healthcode_counters_init(healthcode_counters_t *counters, void *memory,
    size_t bytes, uint64_t now);

/* When the table began, in Unix seconds. */
uint64_t healthcode_counters_since(const healthcode_counters_t *counters);

/*
 * The word to which a process of this stripe (any number) adds for the counter
 * of this name, for as long as the memory is mapped.  Makes the counter if
 * there is none, and completes one that a killed process has begun.  Without
 * room, and for a name that is empty or too long, the word of the overflow:
 * *fits is false.  Names whose 63-bit hashes are equal are taken for one.
 */
uint64_t *healthcode_counters_cell(const healthcode_counters_t *counters,
    healthcode_str_t name, unsigned stripe, bool *fits);

/* Adds one, or n, to a word that _cell() returned. */
static inline void
healthcode_counters_count(uint64_t *cell)
{
    healthcode_atomic_add(cell, 1);
}


static inline void
healthcode_counters_add(uint64_t *cell, uint64_t n)
{
    healthcode_atomic_add(cell, n);
}


/*
 * Makes the word value, instead of adding to it.  All who set a counter have it
 * of one stripe, and nobody adds to it: its sum is what was set last.
 */
static inline void
healthcode_counters_set(uint64_t *cell, uint64_t value)
{
    healthcode_atomic_store(cell, value);
}


/*
 * Reads the counter at a place, 0 <= place < counters->places: copies its name
 * into name and sets *len and *sum.  False, and nothing is written: none there.
 * What is counted meanwhile is in the sum or in the next one.
 */
bool healthcode_counters_read(const healthcode_counters_t *counters,
    size_t place, uint8_t name[HEALTHCODE_COUNTERS_NAME], size_t *len,
    uint64_t *sum);

/* What was counted without room for its name. */
uint64_t healthcode_counters_overflow(const healthcode_counters_t *counters);

#endif
