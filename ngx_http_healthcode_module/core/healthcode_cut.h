/*
 * Pieces of a text that carry codes, and what is left of it without them.
 * Knows no: nginx, token, request.  docs/request-path.md, "Bodies".
 */

#ifndef HEALTHCODE_CUT_H
#define HEALTHCODE_CUT_H

#include "healthcode_pattern.h"


/* A piece that carries a code for one source, as offsets into the text. */
typedef struct {
    healthcode_pattern_e  found;    /* _MATCH, or _ERROR */
    healthcode_str_t      code;     /* if it is a match */
    size_t                start;
    size_t                end;
} healthcode_cut_t;


/*
 * Puts cut among these n, which are in the order of their starts; there is room
 * for one more.
 */
void healthcode_cut_insert(healthcode_cut_t *cuts, size_t n,
    const healthcode_cut_t *cut);

/*
 * Writes text without these n pieces, in the order of their starts, into left,
 * and returns how many bytes that are: never more than text has.  Pieces may
 * overlap.  With left NULL it only counts.  Everything else stays byte for
 * byte.
 */
size_t healthcode_cut_left(healthcode_str_t text, const healthcode_cut_t *cuts,
    size_t n, uint8_t *left);

#endif
