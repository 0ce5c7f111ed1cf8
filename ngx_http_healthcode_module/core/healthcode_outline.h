/*
 * JSON as HTML that needs no script: lists and tables with the names of its
 * members; and JSON as text that an HTML page may enclose.
 * Knows no: nginx, memory, request.
 * docs/monitoring/page.md, "Without script".
 */

#ifndef HEALTHCODE_OUTLINE_H
#define HEALTHCODE_OUTLINE_H

#include "healthcode_str.h"


/*
 * Writes json, an object, as HTML.  A member that is an array of objects
 * becomes a table, with the names of the first object as heads; what is in a
 * cell becomes one line; everything else becomes a list of names and values.
 * Members called time, since, counting_since and sunset are Unix seconds, shown
 * as dates.  Strings become text: no byte of them is markup, and characters
 * that are not seen, or are not UTF-8, are "?".
 *
 * Writes what fits into size bytes (dst may be NULL if size is 0), without a
 * NUL.  Returns the bytes of all of it: more than size where it was cut.  What
 * is not JSON gives HTML as well formed, of whatever is found in it.
 */
size_t healthcode_outline_html(healthcode_str_t json, uint8_t *dst,
    size_t size);

/*
 * Writes json so that it may stand in a script element as data: the same
 * values, without any <, > or &.  Returns as above.
 */
size_t healthcode_outline_data(healthcode_str_t json, uint8_t *dst,
    size_t size);

#endif
