/*
 * SUB on the command line -> the holder in the store.
 * Knows no connection.  docs/redis-keys.md, "Holder".
 */

#ifndef HEALTHCODE_SUBJECT_H
#define HEALTHCODE_SUBJECT_H

#include "core/healthcode_holder.h"
#include "healthcode_options.h"


typedef struct {
    const char        *space;     /* with the kind, if any; NULL: national */
    healthcode_str_t   kind;      /* that a code says; data is NULL: none, or
                                     in space */
    bool               hashed;    /* SUB is the holder already */
    bool               exact;     /* SUB is meant with what is not seen in it */
} healthcode_subject_options_t;


/* Rows for a table of healthcode_option_t. */
#define HEALTHCODE_SUBJECT_ROWS(o)                                            \
    { .name = "space", .hint = "NAME", .value = &(o)->space },                \
    { .name = "hashed", .is_set = &(o)->hashed },                             \
    HEALTHCODE_SUBJECT_EXACT_ROW(o)

#define HEALTHCODE_SUBJECT_EXACT_ROW(o)                                       \
    { .name = "exact", .is_set = &(o)->exact }


/*
 * What makes text another subject, or issuer, than it looks: a blank at an
 * end, a blank other than a space, a character that is not seen.  NULL, or a
 * sentence without a subject, which is never repeated.  exact allows all that
 * a code can say: what is not UTF-8, empty, longer than a code or has a NUL is
 * wrong in any case.
 */
const char *healthcode_subject_fault(healthcode_str_t text, bool exact);

/*
 * Reads the subject that the option or argument name gives: "-" is one line
 * of standard input, where no list of processes shows it.  *owned is to be
 * freed by healthcode_file_free().  A message is printed on failure.
 */
healthcode_exit_e healthcode_subject_read(const char *name, const char *text,
    bool exact, healthcode_str_t *owned, healthcode_str_t *subject);

/*
 * Writes the HEALTHCODE_HOLDER_LEN bytes of subject's holder.  False if it is
 * --hashed but no holder, or OpenSSL fails; prints no message.
 */
bool healthcode_subject_holder(const healthcode_subject_options_t *options,
    healthcode_pepper_t *pepper, healthcode_str_t subject, uint8_t *holder);

/* Both, from the argument SUB; pepper may be NULL if it is --hashed. */
healthcode_exit_e healthcode_subject_take(
    const healthcode_subject_options_t *options, healthcode_pepper_t *pepper,
    const char *text, uint8_t *holder);

/* Whether --space is what it looks like, as for a subject. */
healthcode_exit_e healthcode_subject_check_space(
    const healthcode_subject_options_t *options);

/* Likewise; and --space and --pepper-file are there if they are needed. */
healthcode_exit_e healthcode_subject_check(
    const healthcode_subject_options_t *options, const char *pepper_file);

/*
 * The keyed hash of --pepper-file, or NULL, with a message printed.  The caller
 * frees it.
 */
healthcode_pepper_t *healthcode_subject_pepper(const char *path);

#endif
