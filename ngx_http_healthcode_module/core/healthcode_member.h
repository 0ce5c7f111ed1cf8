/*
 * Surgery on a JSON text: finds the strings that carry codes.
 * Knows no: nginx, token, request.  docs/request-path.md, "Bodies".
 */

#ifndef HEALTHCODE_MEMBER_H
#define HEALTHCODE_MEMBER_H

#include "healthcode_cut.h"
#include "healthcode_json.h"
#include "healthcode_source.h"


/*
 * Finds the strings of text to which the names of the sources, JSON pointers,
 * point, and which carry codes, as healthcode_source_match() says of each,
 * unescaped.  memory is as for healthcode_json_read(); found has room for
 * count, which is not 0.  Returns how many there are, in the order of the text,
 * each from quote to quote.
 *
 * Text that is not JSON has none.  Of JSON that others may read in other ways,
 * such as with a name twice, nobody knows: one is found then, an _ERROR with
 * nothing in it.
 */
size_t healthcode_member_find(const healthcode_source_t *sources, size_t count,
    healthcode_str_t text, void *memory, size_t size,
    healthcode_cut_t *found);

#endif
