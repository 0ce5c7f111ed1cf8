/*
 * Surgery on a path that has a code in it: what a log may show of it.  Knows
 * no: nginx, token, request.  docs/request-path.md, "Source".
 */

#ifndef HEALTHCODE_PATH_H
#define HEALTHCODE_PATH_H

#include "healthcode_source.h"


/* What was overwritten with stars. */
typedef enum {
    HEALTHCODE_PATH_NOTHING = 0,
    HEALTHCODE_PATH_CODE,       /* the codes */
    HEALTHCODE_PATH_WHOLE       /* all of the path but its first '/' */
} healthcode_path_e;


/*
 * Finds what the sources take for codes in path, which is decoded, and
 * overwrites these bytes with stars in masked, a copy of it.
 */
healthcode_path_e healthcode_path_hide(const healthcode_source_t *sources,
    size_t count, healthcode_str_t path, uint8_t *masked);

/*
 * Likewise for the path of target as it came: a URI, with or without a scheme
 * and a host, up to its first '?' or '#'.  The path is percent-decoded once
 * before the sources look at it; scratch has target.len bytes, and so has
 * masked, a copy of target.
 *
 * path is what became of it, decoded and normalised, or its data is NULL.  If a
 * source finds a code there, but not the same one in target, nobody knows which
 * bytes of target it was made of: all of its path is overwritten.  So it is if
 * a pattern gives up.
 */
healthcode_path_e healthcode_path_mask(const healthcode_source_t *sources,
    size_t count, healthcode_str_t path, healthcode_str_t target,
    uint8_t *scratch, uint8_t *masked);

#endif
