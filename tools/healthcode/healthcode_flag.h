/*
 * What the verbs of "healthcode flag" share.
 * Knows no connection.  docs/redis-keys.md, "healthcode:risk".
 */

#ifndef HEALTHCODE_FLAG_H
#define HEALTHCODE_FLAG_H

#include "healthcode_connection.h"
#include "healthcode_keys.h"
#include "healthcode_script.h"


#define HEALTHCODE_FLAG_TEXT_MAX  256     /* bytes of --by and --reason */


typedef struct {
    healthcode_connection_options_t  connection;
    healthcode_subject_options_t     subject;
    bool                             custom;
    const char                      *until;
    const char                      *by;
    const char                      *reason;
} healthcode_flag_options_t;


/* Rows for a table of healthcode_option_t. */
#define HEALTHCODE_FLAG_ROWS(o)                                               \
    HEALTHCODE_CONNECTION_ROWS(&(o)->connection, false),                      \
    HEALTHCODE_SUBJECT_ROWS(&(o)->subject)

#define HEALTHCODE_FLAG_WRITE_ROWS(o)                                         \
    HEALTHCODE_CONNECTION_WAIT_ROW(&(o)->connection),                         \
    { .name = "custom", .is_set = &(o)->custom },                             \
    { .name = "by", .hint = "WHO", .value = &(o)->by },                       \
    { .name = "reason", .hint = "TEXT", .value = &(o)->reason }


/*
 * NULL if name is one of the national set, or with custom a possible name;
 * else a sentence that says why not and what to write.
 */
const char *healthcode_flag_fault(healthcode_str_t name, bool custom);

/* Whether name is of a field that revokes codes, and not a flag. */
bool healthcode_flag_is_revocation(const char *name);

/*
 * Sets field, a flag or a revocation, of the holder of keys: *until is its
 * value; if until is NULL, clears it.  *changed: it was not there before; it
 * was there.  options has who and why.  Prints a message on failure, also if
 * the proof of the holder's partition is not there.
 */
healthcode_exit_e healthcode_flag_write(healthcode_connection_t *connection,
    const healthcode_flag_options_t *options,
    const healthcode_keys_holder_t *keys, const char *field,
    const int64_t *until, bool *changed);

/* Checks --by and --reason, and fills in who runs the command. */
healthcode_exit_e healthcode_flag_check(healthcode_flag_options_t *options);

#endif
