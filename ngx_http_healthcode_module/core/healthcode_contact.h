/*
 * Where a refused person can turn to: what there is, and which of it may be a
 * link.
 * Knows no: clock, nginx, memory, request, token.
 * docs/directives.md, "healthcode_contact".
 */

#ifndef HEALTHCODE_CONTACT_H
#define HEALTHCODE_CONTACT_H

#include "healthcode_reason.h"


typedef enum {
    HEALTHCODE_CONTACT_RENEW = 0,      /* where codes are opened */
    HEALTHCODE_CONTACT_CORRECTION,     /* where a result is contested */
    HEALTHCODE_CONTACT_HOTLINE,
    HEALTHCODE_CONTACT_LANE,           /* the manual lane */
    HEALTHCODE_CONTACT_COUNT
} healthcode_contact_e;


typedef enum {
    HEALTHCODE_CONTACT_TEXT = 0,
    HEALTHCODE_CONTACT_LINK,           /* http, https, tel or mailto */
    HEALTHCODE_CONTACT_REFUSED         /* like a link, but of another scheme, or
                                          broken: never one */
} healthcode_contact_kind_e;


/* The contact of a word; false, and nothing written: there is none. */
bool healthcode_contact_find(healthcode_str_t word,
    healthcode_contact_e *contact);

/* What a contact is called in text for a person; constant. */
healthcode_str_t healthcode_contact_label(healthcode_contact_e contact,
    healthcode_language_e language);

/*
 * What a value is.  A link has one of the four schemes (RFC 3986 section 3.1,
 * in any case), something behind it, and no blank or control character.
 */
healthcode_contact_kind_e healthcode_contact_kind(healthcode_str_t value);

/* The part of a value that people read: without "tel:" or "mailto:". */
healthcode_str_t healthcode_contact_shown(healthcode_str_t value);

#endif
