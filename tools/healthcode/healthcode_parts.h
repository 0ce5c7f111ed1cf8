/*
 * A flag of a holder and its audit entry: in one step, or one after the other
 * while their slot of a cluster is on its way.
 * Knows no options.  docs/operations.md, "Cluster".
 */

#ifndef HEALTHCODE_PARTS_H
#define HEALTHCODE_PARTS_H

#include "healthcode_keys.h"
#include "healthcode_script.h"


/* What is written; the texts are the caller's. */
typedef struct {
    const healthcode_keys_holder_t  *keys;
    const char                      *field;
    const char                      *until;   /* NULL: it is cleared */
    const char                      *by;      /* NULL: without an entry */
    const char                      *reason;
} healthcode_parts_t;


/*
 * Sets or clears the field.  *reply, which is the caller's, is what flag-set or
 * flag-clear has answered; NULL: nothing has, and
 * healthcode_connection_failed() says why.  Fails, with a message printed, if
 * the flag is set and there is no entry of it.
 */
healthcode_exit_e healthcode_parts_write(const healthcode_parts_t *parts,
    healthcode_connection_t *connection, redisReply **reply);

/*
 * The script that does so in one step; and its keys and arguments, if it was
 * started before (healthcode_script_init()).
 */
void healthcode_parts_script(const healthcode_parts_t *parts,
    healthcode_script_t *script);
void healthcode_parts_add(const healthcode_parts_t *parts,
    healthcode_script_t *script);

/* Likewise, but one key after the other, as of a slot that is on its way. */
healthcode_exit_e healthcode_parts_write_alone(const healthcode_parts_t *parts,
    healthcode_connection_t *connection, redisReply **reply);

#endif
