/*
 * Where in a page of HTML a byte stands, so that a value that is escaped there
 * stays one: text, an attribute in quotes, or a place where it would not.
 * Knows no: clock, nginx, memory, request.
 * docs/pages.md, "Variables"; HTML section 13.2.5.
 */

#ifndef HEALTHCODE_MARKUP_H
#define HEALTHCODE_MARKUP_H

#include "healthcode_address.h"


typedef enum {
    /* an escaped value is text here */
    HEALTHCODE_MARKUP_TEXT = 0,        /* between tags */
    HEALTHCODE_MARKUP_VALUE,           /* an attribute, in quotes */

    /* it may say where a link leads to, so only what is known to be safe */
    HEALTHCODE_MARKUP_ADDRESS,         /* likewise, before what settles it */

    /* escaping does not help */
    HEALTHCODE_MARKUP_CODE,            /* an attribute that is itself a
                                          language, or a command */
    HEALTHCODE_MARKUP_TAG,             /* in a tag, and not in quotes */
    HEALTHCODE_MARKUP_COMMENT,
    HEALTHCODE_MARKUP_STYLE,           /* in such an element */
    HEALTHCODE_MARKUP_SCRIPT
} healthcode_markup_e;


/* How long a name is that counts, with a NUL. */
#define HEALTHCODE_MARKUP_NAME  32

/*
 * How far a page has been read; all zero at its beginning.  No member is for
 * other files.
 */
typedef struct {
    unsigned              state;
    unsigned              count;               /* in that state */
    bool                  is_end;              /* of an element */
    healthcode_address_e  address;             /* if the value is one */
    char                  element[HEALTHCODE_MARKUP_NAME];
    char                  attribute[HEALTHCODE_MARKUP_NAME];
} healthcode_markup_t;


/* Reads bytes of a page, without a value that will stand between them. */
void healthcode_markup_read(healthcode_markup_t *markup, healthcode_str_t text);

/* Where the byte that comes next stands, or the first one of a value. */
healthcode_markup_e healthcode_markup_place(const healthcode_markup_t *markup);

#endif
