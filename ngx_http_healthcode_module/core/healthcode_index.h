/*
 * Names -> their numbers, by hash: the time does not grow with their number.
 * Knows no: key, token, nginx.  docs/token-format.md, "Issuers and keys".
 */

#ifndef HEALTHCODE_INDEX_H
#define HEALTHCODE_INDEX_H

#include "healthcode_str.h"


/* No such name, or no other of it. */
#define HEALTHCODE_INDEX_NONE  SIZE_MAX


typedef struct healthcode_index_s  healthcode_index_t;


/*
 * Indexes n names; those whose data is NULL are left out.  The views are
 * copied, the bytes are the caller's and have to outlive the index, which the
 * caller owns and frees.  NULL if there is no memory.
 */
healthcode_index_t *healthcode_index_create(const healthcode_str_t *names,
    size_t n);
void healthcode_index_free(healthcode_index_t *index);

/* The lowest number with this name, or HEALTHCODE_INDEX_NONE. */
size_t healthcode_index_first(const healthcode_index_t *index,
    healthcode_str_t name);

/* The next higher number with the name of number i, likewise. */
size_t healthcode_index_next(const healthcode_index_t *index, size_t i);

#endif
