/*
 * Files whole: keys, peppers, passwords, codes.
 * Knows not what is in them.  docs/operations.md, "Files".
 */

#ifndef HEALTHCODE_FILE_H
#define HEALTHCODE_FILE_H

#include <sys/types.h>

#include "healthcode_output.h"


/* Bytes of a file that the command reads at most. */
#define HEALTHCODE_FILE_MAX  (4 * 1024 * 1024)


/*
 * Reads the file that the option name gives, "-" being standard input.  The
 * caller frees *text, which has a NUL after its bytes, by
 * healthcode_file_free().  False where it cannot be read, which has been said.
 */
bool healthcode_file_read(const char *name, const char *path,
    healthcode_str_t *text);
void healthcode_file_free(healthcode_str_t *text);

/*
 * Writes text to path, whole or not at all.  An existing file is an error
 * unless overwrite says otherwise; it is replaced, so that it gets mode, too.
 */
bool healthcode_file_write(const char *name, const char *path, mode_t mode,
    healthcode_str_t text, bool overwrite);

/* Whether nothing is there yet; where something is, that has been said. */
bool healthcode_file_is_new(const char *name, const char *path);

/* text without one newline at its end. */
healthcode_str_t healthcode_file_trim(healthcode_str_t text);

#endif
