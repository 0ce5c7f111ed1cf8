/*
 * What the command says: errors that name the argument, times, text of others.
 * Knows no subcommand and no store.  docs/operations.md, "The command".
 */

#ifndef HEALTHCODE_OUTPUT_H
#define HEALTHCODE_OUTPUT_H

#include <stdio.h>

#include "core/healthcode_str.h"


typedef enum {
    HEALTHCODE_EXIT_OK = 0,
    HEALTHCODE_EXIT_NO = 1,       /* the answer is no */
    HEALTHCODE_EXIT_USAGE = 2,    /* an argument is wrong */
    HEALTHCODE_EXIT_FAILED = 3    /* could not */
} healthcode_exit_e;


#define HEALTHCODE_OUTPUT_TIME_MAX  64


/* Adds a word to the name that errors begin with; the word must live on. */
void healthcode_output_name(const char *word);

/*
 * From now on errors and warnings go to file, each a line without the name
 * before it; NULL: to standard error, as at first.  file must be open until
 * the next call.
 */
void healthcode_output_to(FILE *file);

/*
 * Each writes one line to standard error, after the name of the command, and
 * returns the exit code of its kind.
 */
healthcode_exit_e healthcode_output_usage(const char *format, ...)
    __attribute__((format(printf, 1, 2)));
healthcode_exit_e healthcode_output_no(const char *format, ...)
    __attribute__((format(printf, 1, 2)));
healthcode_exit_e healthcode_output_failed(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* Likewise, but only a warning. */
void healthcode_output_warn(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/*
 * Writes text that a stranger wrote: what could move the cursor of a terminal,
 * turn or hide the text around it, or is not UTF-8, comes out as \xHH, as
 * does a backslash.  Errors and warnings are escaped like this, too.
 */
void healthcode_output_text(FILE *file, healthcode_str_t text);
void healthcode_output_string(FILE *file, const char *text);

/*
 * Formats Unix seconds as RFC 3339 in UTC into text of
 * HEALTHCODE_OUTPUT_TIME_MAX bytes, and returns text.
 */
const char *healthcode_output_time(char *text, int64_t seconds);

/* Likewise an "until", 0 of which is in words. */
const char *healthcode_output_until(char *text, int64_t until);

#endif
