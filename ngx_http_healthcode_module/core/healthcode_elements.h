/*
 * Surgery on a header that is a list (RFC 9110 section 5.6.1): finds its
 * elements, leaves some out, masks them.  Knows no: nginx, token, request.
 * docs/request-path.md, "Source".
 */

#ifndef HEALTHCODE_ELEMENTS_H
#define HEALTHCODE_ELEMENTS_H

#include "healthcode_str.h"


/* Whether an element is to go.  It must say the same again of the same one. */
typedef bool (*healthcode_elements_is_ours_pt)(void *data,
    healthcode_str_t element);


/*
 * Takes the next element, without the blanks around it, off the front of
 * *rest, which is a header at first.  false: there is none left, and *element
 * is as before.  What has blanks alone between two ',' is skipped; quotes mean
 * nothing.
 */
bool healthcode_elements_next(healthcode_str_t *rest,
    healthcode_str_t *element);

/*
 * Writes header without those elements that are ours into left, and returns
 * how many bytes that are: never more than header has.  With left NULL it only
 * counts.  If none is ours, left is header.  Otherwise the others stand in it,
 * with the blanks that they had before them and ',' between them; 0: there are
 * none.
 */
size_t healthcode_elements_left(healthcode_str_t header,
    healthcode_elements_is_ours_pt is_ours, void *data, uint8_t *left);

/*
 * Overwrites those elements that are ours with stars, in the len bytes of
 * header.  Returns how many bytes.
 */
size_t healthcode_elements_mask(uint8_t *header, size_t len,
    healthcode_elements_is_ours_pt is_ours, void *data);

#endif
