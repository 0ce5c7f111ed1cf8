/*
 * Text that a stranger wrote, for a terminal or a log: what its characters are,
 * and the text with those that mislead as escapes.  Knows no: nginx, log, file.
 * docs/operations.md, "Text of others".
 */

#ifndef HEALTHCODE_TEXT_H
#define HEALTHCODE_TEXT_H

#include "healthcode_str.h"


/* What a character is. */
typedef enum {
    HEALTHCODE_TEXT_SHOWN,      /* it is seen as itself */
    HEALTHCODE_TEXT_BLANK,      /* White_Space of Unicode, except controls */
    HEALTHCODE_TEXT_HIDDEN,     /* is not seen, or turns what is around it */
    HEALTHCODE_TEXT_CONTROL,    /* C0, DEL, C1 */
    HEALTHCODE_TEXT_INVALID     /* a byte that is not UTF-8, RFC 3629 */
} healthcode_text_e;


/*
 * What the first character of text is, which is not empty; *len is the number
 * of its bytes, 1 to 4.
 */
healthcode_text_e healthcode_text_first(healthcode_str_t text, size_t *len);

/*
 * Writes text with each byte of a hidden character, of a control and of what
 * is not UTF-8, and each backslash, as \xHH, so that it can be read back.
 * Writes what fits into size bytes, whole characters and whole escapes, and a
 * NUL (dst may be NULL if size is 0).  Returns the bytes of all of it,
 * without the NUL: size or more where it was cut.
 */
size_t healthcode_text_escape(healthcode_str_t text, char *dst, size_t size);

#endif
