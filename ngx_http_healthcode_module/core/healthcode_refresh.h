/*
 * Which files of a folder are keys; when keys are read again: files that have
 * changed, once they rest; those of a location, before its answer is stale.
 * Knows no: nginx, clock, file, key.  docs/keys.md.
 */

#ifndef HEALTHCODE_REFRESH_H
#define HEALTHCODE_REFRESH_H

#include <stdbool.h>
#include <stdint.h>


/* Files that never rest are read after so many looks all the same. */
#define HEALTHCODE_REFRESH_LOOKS  4


/*
 * Files that are looked at again and again.  A stamp is a number that changes
 * if one of them does.  To begin: read and seen are the stamp of what was read.
 */
typedef struct {
    uint64_t   read;        /* of what was read */
    uint64_t   seen;        /* of the last look */
    unsigned   restless;    /* looks in a row that saw a change */
} healthcode_refresh_files_t;


/* What names of key files end in, as messages list it. */
#define HEALTHCODE_REFRESH_ENDINGS                                            \
    ".json, .jwk, .jwks, .pem, .crt, .cer or .der"

/*
 * Whether a file of this name, without its folder, is read where all key files
 * of the folder are: it ends in one of these and does not begin with a dot.
 */
bool healthcode_refresh_takes(const char *name);

/*
 * Whether the files, which have this stamp now, are to be read now; they then
 * count as read.  A file that is being written may look like a smaller whole
 * one: a change is read once the next look sees the same.
 */
bool healthcode_refresh_look(healthcode_refresh_files_t *files,
    uint64_t stamp);

/*
 * Milliseconds from a good answer of a location to the next question: three
 * quarters of the shorter of refresh and max_age, but not less than
 * min_interval.  All in seconds; max_age is that of the answer (RFC 9111
 * section 5.2.2.1), 0: it has none.
 */
int64_t healthcode_refresh_after(int64_t max_age, int64_t refresh,
    int64_t min_interval);

#endif
