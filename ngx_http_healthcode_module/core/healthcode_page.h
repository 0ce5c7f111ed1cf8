/*
 * Which page a refused person sees, what its files are called, and after how
 * long one asks again.
 * Knows no: clock, nginx, memory, request, token.
 * docs/pages.md.
 */

#ifndef HEALTHCODE_PAGE_H
#define HEALTHCODE_PAGE_H

#include "healthcode_contact.h"


/*
 * The kinds of pages.  All reasons of a kind have one colour, which is red for
 * _HOLDER and yellow for _CONDITION alone.
 */
typedef enum {
    HEALTHCODE_PAGE_RENEW = 0,     /* the code was good: a fresh one helps */
    HEALTHCODE_PAGE_CODE,          /* no code, or one that is of no use here */
    HEALTHCODE_PAGE_HOLDER,
    HEALTHCODE_PAGE_CONDITION,     /* the code is good: something else is not */
    HEALTHCODE_PAGE_BUSY,          /* worth another try */
    HEALTHCODE_PAGE_OTHER,
    HEALTHCODE_PAGE_COUNT
} healthcode_page_e;


/* Seconds after which to ask again: a program, and a page of a person. */
#define HEALTHCODE_PAGE_RETRY    1
#define HEALTHCODE_PAGE_REFRESH  10

/* The longest language that a file may have, in bytes. */
#define HEALTHCODE_PAGE_LANGUAGE  8


/* The page for a deny; of what is not a reason, _OTHER. */
healthcode_page_e healthcode_page_of(healthcode_reason_e reason);

/* Whether a contact helps who sees a page of a kind. */
bool healthcode_page_shows(healthcode_page_e kind,
    healthcode_contact_e contact);

/* The word of a kind in names of files; constant. */
healthcode_str_t healthcode_page_word(healthcode_page_e kind);

/*
 * Reads the name of a file, "KIND.LANG.html": LANG is 2 to 8 small letters, the
 * first subtag of RFC 5646.  *language is a part of name.  False, and nothing
 * written, if it is another name.
 */
bool healthcode_page_read(healthcode_str_t name, healthcode_page_e *kind,
    healthcode_str_t *language);

#endif
