/*
 * The proofs of a store: one for each of its partitions, and all must be those
 * of one store.  Knows no flags.  docs/redis-keys.md, "healthcode:meta".
 */

#ifndef HEALTHCODE_PROOFS_H
#define HEALTHCODE_PROOFS_H

#include "healthcode_connection.h"
#include "healthcode_keys.h"


typedef enum {
    HEALTHCODE_PROOFS_FINE,
    HEALTHCODE_PROOFS_MISSING,
    HEALTHCODE_PROOFS_INVALID,     /* of another schema, or no proof */
    HEALTHCODE_PROOFS_PEPPER,      /* of another pepper, if one was given */
    HEALTHCODE_PROOFS_INSTANCE,    /* of another store than the connection */
    HEALTHCODE_PROOFS_STATES
} healthcode_proofs_e;

typedef struct {
    unsigned             counts[HEALTHCODE_PROOFS_STATES];
    healthcode_proofs_e  states[HEALTHCODE_KEYS_PROOFS];
} healthcode_proofs_t;


/* Reads all proofs; prints a message on failure. */
healthcode_exit_e healthcode_proofs_read(healthcode_connection_t *connection,
    healthcode_proofs_t *proofs);

/* Prints a line for each state that is not fine, with the first few tags. */
void healthcode_proofs_print(const healthcode_proofs_t *proofs);

/*
 * Refuses, with a message printed, unless the proof of the partition that key
 * belongs to is fine; or all of them are, if key is NULL.  A store that may
 * have no proof yet needs none.
 */
healthcode_exit_e healthcode_proofs_check(healthcode_connection_t *connection,
    const char *key);

#endif
