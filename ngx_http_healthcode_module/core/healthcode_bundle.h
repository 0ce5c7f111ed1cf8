/*
 * Several texts as one: those that a set of keys was read from, so that it can
 * be read once more.  They may be secret: memory is wiped before it is freed.
 * Knows no: nginx, file, token.  docs/keys.md.
 */

#ifndef HEALTHCODE_BUNDLE_H
#define HEALTHCODE_BUNDLE_H

#include "healthcode_str.h"


/* All zero but max: empty.  bytes is from malloc(). */
typedef struct {
    uint8_t  *bytes;     /* NULL: empty, or given up */
    size_t    len;
    size_t    max;       /* bytes that it may take */
    bool      is_over;   /* given up */
} healthcode_bundle_t;


/*
 * Adds text.  A bundle that would take more than max, or for which there is no
 * memory, is given up as a whole: then and from then on false is returned,
 * and there are no bytes.
 */
bool healthcode_bundle_add(healthcode_bundle_t *bundle, healthcode_str_t text);

/* Wipes and frees the bytes; the bundle is given up. */
void healthcode_bundle_free(healthcode_bundle_t *bundle);

/*
 * The next text of bytes, which begins where the last one ended; false: there
 * is no more, or what is left is not a whole text; nothing is changed.
 */
bool healthcode_bundle_next(healthcode_str_t *bytes, healthcode_str_t *text);

#endif
