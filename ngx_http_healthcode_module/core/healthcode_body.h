/*
 * What a body says that it is: a form, JSON, or something else.
 * Knows no: nginx, token, request.  docs/request-path.md, "Bodies".
 */

#ifndef HEALTHCODE_BODY_H
#define HEALTHCODE_BODY_H

#include "healthcode_str.h"


typedef enum {
    HEALTHCODE_BODY_OTHER = 0,
    HEALTHCODE_BODY_UNTYPED,    /* it does not say; it may be either */
    HEALTHCODE_BODY_FORM,       /* application/x-www-form-urlencoded */
    HEALTHCODE_BODY_JSON        /* application/json, ...+json (RFC 6839),
                                   text/json, text/plain */
} healthcode_body_e;


/*
 * The type that the value of a Content-Type header names, without regard to
 * case and to parameters (RFC 9110 section 8.3.1).  _UNTYPED if it is empty, or
 * its data NULL.
 */
healthcode_body_e healthcode_body_type(healthcode_str_t content_type);

/* Whether it names one of these n types, which have no parameters. */
bool healthcode_body_is_one_of(healthcode_str_t content_type,
    const healthcode_str_t *types, size_t n);

/* Whether word is a media type without parameters, "TYPE/SUBTYPE". */
bool healthcode_body_is_type(healthcode_str_t word);

#endif
