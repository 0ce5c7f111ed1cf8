/*
 * How many people are inside a hall, and when the store said so: one word, so
 * that whoever reads it has both of one answer.
 * Knows no: clock, nginx, memory, request.
 * docs/monitoring/metrics.md, "Halls".
 */

#ifndef HEALTHCODE_INSIDE_H
#define HEALTHCODE_INSIDE_H

#include <stdbool.h>
#include <stdint.h>


#define HEALTHCODE_INSIDE_BITS  32


typedef struct {
    uint32_t  people;
    uint64_t  time;       /* Unix seconds */
} healthcode_inside_t;


/* The word; never 0.  A time that 32 bits do not hold is the nearest one. */
static inline uint64_t
healthcode_inside_word(const healthcode_inside_t *inside)
{
    uint64_t  time = inside->time;

    if (time == 0) {
        time = 1;

    } else if (time > UINT32_MAX) {
        time = UINT32_MAX;
    }

    return time << HEALTHCODE_INSIDE_BITS | inside->people;
}


/* False, and nothing is written: the word is 0, nobody has said anything. */
static inline bool
healthcode_inside_read(uint64_t word, healthcode_inside_t *inside)
{
    if (word == 0) {
        return false;
    }

    inside->people = (uint32_t) word;
    inside->time = word >> HEALTHCODE_INSIDE_BITS;

    return true;
}

#endif
