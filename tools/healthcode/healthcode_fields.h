/*
 * What "healthcode region" and "healthcode control" share: one hash, whose
 * fields scripts write.  Does not know what they mean.  docs/redis-keys.md.
 */

#ifndef HEALTHCODE_FIELDS_H
#define HEALTHCODE_FIELDS_H

#include "healthcode_connection.h"
#include "healthcode_script.h"


/* Start with all zero; redis is to be closed, whatever happened. */
typedef struct {
    healthcode_connection_options_t   connection;
    const char                       *until;
    const char                       *iss;      /* has to be known; or NULL */
    healthcode_connection_t           redis;
} healthcode_fields_t;

typedef void (*healthcode_fields_print_pt)(healthcode_str_t field,
    healthcode_str_t value, int64_t now);


/*
 * Connects, checks the issuer if there is one, and the proof of the partition
 * of the script's first key; runs script, which returns the field's old value;
 * *was_set says whether there was one, if it is not NULL.
 */
healthcode_exit_e healthcode_fields_write(healthcode_fields_t *fields,
    const healthcode_script_t *script, bool *was_set);

/* Waits for the replicas of --wait. */
healthcode_exit_e healthcode_fields_finish(healthcode_fields_t *fields);

/* The whole verb "list": prints each field of the hash key, sorted. */
healthcode_exit_e healthcode_fields_list(int argc, char **argv,
    const char *key, healthcode_fields_print_pt print);

/*
 * Prints the last word of value, which is Unix seconds or 0, as a time, and
 * what cannot be read as it is, with a newline.
 */
void healthcode_fields_print_last(healthcode_str_t value);

#endif
