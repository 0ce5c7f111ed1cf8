/*
 * Where the words of some counters are, which one worker remembers instead of
 * their names.  Knows no: clock, nginx, process, request.
 * docs/monitoring/metrics.md, "How they are kept".
 */

#ifndef HEALTHCODE_CELLS_H
#define HEALTHCODE_CELLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>


/* Counters that are remembered; a power of two. */
#define HEALTHCODE_CELLS  256


/* A counter: two places in memory and a number; one is NULL: none. */
typedef struct {
    const void  *one;
    const void  *two;
    uintptr_t    three;
    uint64_t    *word;
} healthcode_cell_t;


/* All zero: nothing is remembered. */
typedef struct {
    healthcode_cell_t  known[HEALTHCODE_CELLS];
} healthcode_cells_t;


static inline healthcode_cell_t *
healthcode_cells_place(healthcode_cells_t *cells, const void *one,
    const void *two, uintptr_t three)
{
    uintptr_t  hash;

    hash = (uintptr_t) one / 8 + (uintptr_t) two * 7 + three * 37;

    return &cells->known[(hash ^ hash >> 8) % HEALTHCODE_CELLS];
}


/*
 * Where the word of a counter is remembered.  one is not NULL; what one and two
 * point to is not read, but they mean the same for as long as cells last.
 * *is_new: the caller writes the word there, NULL among others.  Two counters
 * that have one place take it from each other.
 */
static inline uint64_t **
healthcode_cells_find(healthcode_cells_t *cells, const void *one,
    const void *two, uintptr_t three, bool *is_new)
{
    healthcode_cell_t  *cell = healthcode_cells_place(cells, one, two, three);

    *is_new = (cell->one != one || cell->two != two || cell->three != three);

    if (*is_new) {
        *cell = (healthcode_cell_t) { one, two, three, NULL };
    }

    return &cell->word;
}

#endif
