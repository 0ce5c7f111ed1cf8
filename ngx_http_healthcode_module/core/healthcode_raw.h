/*
 * Surgery on a text of any kind: finds what patterns take for codes.
 * Knows no: nginx, token, request.  docs/request-path.md, "Bodies".
 */

#ifndef HEALTHCODE_RAW_H
#define HEALTHCODE_RAW_H

#include "healthcode_cut.h"
#include "healthcode_source.h"


/* In more places than these a pattern must not match: nobody has so many. */
#define HEALTHCODE_RAW_PLACES  8


/*
 * Finds all that the patterns of the sources take for codes in text, each where
 * it stands: their first groups, from left to right, as they are written there.
 * What is empty, or stars alone, carries none.  found has room for
 * HEALTHCODE_RAW_PLACES of each of count sources, which is not 0.  Returns how
 * many there are, in the order of the text.
 *
 * If a pattern reached a limit, matches in more places, or text is longer than
 * HEALTHCODE_SOURCE_VALUE_MAX, nobody knows what it carries: one is found then,
 * an _ERROR with all of text in it.
 */
size_t healthcode_raw_find(const healthcode_source_t *sources, size_t count,
    healthcode_str_t text, healthcode_cut_t *found);

#endif
