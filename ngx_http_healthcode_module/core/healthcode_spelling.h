/*
 * Which known name somebody may have meant who wrote another one.  Knows
 * no: nginx, configuration.  docs/directives.md.
 */

#ifndef HEALTHCODE_SPELLING_H
#define HEALTHCODE_SPELLING_H

#include "healthcode_str.h"


/* Longer words are compared with nothing. */
#define HEALTHCODE_SPELLING_MAX  64


/*
 * How many letters have to be put in, left out or replaced, or swapped with
 * the next one, to make b of a; case counts nothing.  SIZE_MAX where one of
 * them is longer than HEALTHCODE_SPELLING_MAX bytes.
 */
size_t healthcode_spelling_distance(healthcode_str_t a, healthcode_str_t b);

/*
 * Whether name is nearer to word than the last one was, and near enough: one
 * letter in three may differ, and one of two.  *best is the least distance
 * until now, SIZE_MAX to begin, and is written where true is returned.
 */
bool healthcode_spelling_is_nearer(healthcode_str_t word,
    healthcode_str_t name, size_t *best);

#endif
