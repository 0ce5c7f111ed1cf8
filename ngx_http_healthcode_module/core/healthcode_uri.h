/*
 * URIs of http and https in one spelling, by which two can be compared:
 * normalisation by syntax and by scheme (RFC 3986 sections 6.2.2 and 6.2.3).
 * Knows no: nginx, request, token.  docs/token-format.md, "Proofs of DPoP".
 */

#ifndef HEALTHCODE_URI_H
#define HEALTHCODE_URI_H

#include "healthcode_str.h"


/* Bytes that either function writes at most for a text of len bytes. */
#define healthcode_uri_memory(len)  ((len) + 1)


/*
 * Writes the origin of uri, scheme "://" host and perhaps ":" port, to dst;
 * *len is its length, and *rest what follows it in uri.  Scheme and host are
 * in lower case; an empty port and that of the scheme are left out.  False,
 * and nothing of use written: uri does not begin with "http://" or "https://",
 * has a user, no host, a host with other characters than letters, digits and
 * "-._~", or in brackets hexadecimal digits and ":.", or a port that is not 1
 * to 65535 without a leading zero.
 */
bool healthcode_uri_origin(healthcode_str_t uri, uint8_t *dst, size_t *len,
    healthcode_str_t *rest);

/*
 * Writes the path of text, which is all of a URI that follows its origin, or
 * the target of a request, to dst; returns its length.  What follows "?" or
 * "#" is left out; "/" stands for an empty path; letters, digits and "-._~" are
 * not escaped, escapes have capital letters, and "." and ".." are gone.  An
 * escape that is not one is left as is.  0, and nothing of use written: text
 * begins with something else, such as the "*" of OPTIONS, or has a control
 * character or a blank.
 */
size_t healthcode_uri_path(healthcode_str_t text, uint8_t *dst);

#endif
