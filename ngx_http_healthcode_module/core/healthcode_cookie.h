/*
 * Surgery on a Cookie header: finds the cookies of a name, leaves them out,
 * masks them.  Knows no: nginx, token, request.  docs/request-path.md,
 * "Source".
 */

#ifndef HEALTHCODE_COOKIE_H
#define HEALTHCODE_COOKIE_H

#include "healthcode_source.h"


/* One cookie of a header (RFC 6265 section 4.2.1): views into it. */
typedef struct {
    healthcode_str_t  name;    /* data is NULL: it has no '=' */
    healthcode_str_t  value;   /* quotes are part of it; without blanks
                                  around it */
    healthcode_str_t  piece;   /* all between two ';', with its blanks */
} healthcode_cookie_t;


/*
 * Takes the next cookie off the front of *rest, which is a header at first.
 * false: there is none left, and *cookie is as before.  What has blanks alone
 * between two ';' is skipped.
 */
bool healthcode_cookie_next(healthcode_str_t *rest,
    healthcode_cookie_t *cookie);

/*
 * The first cookie of the source's name in header that carries a code, as
 * healthcode_source_match() says; RFC 6265 section 5.4 sends the most
 * specific first.  With several headers the first that does not say
 * HEALTHCODE_PATTERN_NO_MATCH counts.  Names are compared exactly.
 */
healthcode_pattern_e healthcode_cookie_find(healthcode_str_t header,
    const healthcode_source_t *source, healthcode_str_t *code);

/* Whether a cookie of the name, with this value, is to go; NULL: each is. */
typedef bool (*healthcode_cookie_is_ours_pt)(void *data,
    healthcode_str_t value);

/*
 * Writes header without those cookies of name that are ours into left, and
 * returns how many bytes that are: never more than header has.  With left
 * NULL it only counts; is_ours must then say the same again.  If none is
 * ours, left is header.  Otherwise the other cookies stand in it byte for byte,
 * with the blanks and the ';' that they had between them; 0: there are none.
 */
size_t healthcode_cookie_left(healthcode_str_t header, healthcode_str_t name,
    healthcode_cookie_is_ours_pt is_ours, void *data, uint8_t *left);

/*
 * Overwrites the values of those cookies of name that are ours with stars,
 * in the len bytes of header.  Returns how many bytes.
 */
size_t healthcode_cookie_mask(uint8_t *header, size_t len,
    healthcode_str_t name, healthcode_cookie_is_ours_pt is_ours, void *data);

#endif
