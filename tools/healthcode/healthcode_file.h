/*
 * Files whole: keys, peppers, passwords, codes.
 * Does not know what is in them.  docs/operations.md, "Files".
 */

#ifndef HEALTHCODE_FILE_H
#define HEALTHCODE_FILE_H

#include "healthcode_output.h"


/* Bytes of a file that the command reads at most. */
#define HEALTHCODE_FILE_MAX  (4 * 1024 * 1024)


/*
 * Reads the file that the option name gives, "-" being standard input.  The
 * caller frees *text, which has a NUL after its bytes, by
 * healthcode_file_free().  False if it cannot be read, with a message printed.
 */
bool healthcode_file_read(const char *name, const char *path,
    healthcode_str_t *text);
void healthcode_file_free(healthcode_str_t *text);

/* Whether nothing is there yet; prints a message if something is. */
bool healthcode_file_is_new(const char *name, const char *path);

#endif
