/*
 * The percent-encoding of URIs and forms (RFC 3986 section 2.1), read.
 * Knows no: nginx, token, request.  docs/request-path.md, "Source".
 */

#ifndef HEALTHCODE_ESCAPE_H
#define HEALTHCODE_ESCAPE_H

#include "healthcode_str.h"


/*
 * Reads into *byte the byte of text at i, or the one that an escape there
 * stands for; i is less than text.len.  An invalid escape is a '%' like any
 * other byte.  Returns where the next one begins.
 */
size_t healthcode_escape_next(healthcode_str_t text, size_t i, uint8_t *byte);

#endif
