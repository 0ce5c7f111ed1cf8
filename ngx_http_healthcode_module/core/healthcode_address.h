/*
 * Whether the beginning of a link says to which site it leads, whatever is
 * written behind it.
 * Knows no: clock, nginx, memory, request.
 * docs/pages.md, "Variables"; the URL standard, section 4.4.
 */

#ifndef HEALTHCODE_ADDRESS_H
#define HEALTHCODE_ADDRESS_H

#include "healthcode_str.h"


/* How far a link has been read.  What differs in what may follow. */
typedef enum {
    HEALTHCODE_ADDRESS_START = 0,
    HEALTHCODE_ADDRESS_SLASH,          /* "/": another one begins a host */
    HEALTHCODE_ADDRESS_SLASHES,        /* "//", or behind a scheme */
    HEALTHCODE_ADDRESS_SEGMENT,        /* a scheme, or a name of this site */
    HEALTHCODE_ADDRESS_HOST,
    HEALTHCODE_ADDRESS_SETTLED,
    HEALTHCODE_ADDRESS_UNKNOWN         /* a reference of HTML stands in it */
} healthcode_address_e;


/*
 * Where a link is behind the byte c, as it stands in an attribute of HTML.  Of
 * a link that has an "&" before it is settled nothing is known, as that may be
 * any character.
 */
healthcode_address_e healthcode_address_read(healthcode_address_e address,
    uint8_t c);

#endif
