/*
 * Two files that belong together, both written or none.
 * Does not know what is in them.  docs/operations.md, "Files".
 */

#ifndef HEALTHCODE_PAIR_H
#define HEALTHCODE_PAIR_H

#include <sys/types.h>

#include "healthcode_output.h"


/* A file to write. */
typedef struct {
    const char        *name;    /* the option that names it */
    const char        *path;
    mode_t             mode;
    healthcode_str_t   text;
} healthcode_pair_t;


/*
 * Whether two paths name one file, however they are spelt: one inode, also
 * through links, or one name in one folder if nothing is there yet.
 */
bool healthcode_pair_is_one(const char *a, const char *b);

/*
 * Writes both files, each whole and with its mode.  An existing file is an
 * error unless overwrite says otherwise; then it is replaced, and stays until
 * both new ones are on disk.  False: a message is printed, and what was there
 * before is there again.
 */
bool healthcode_pair_write(const healthcode_pair_t pair[2], bool overwrite);

#endif
