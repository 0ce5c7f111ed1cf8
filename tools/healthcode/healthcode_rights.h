/*
 * The rights of a gate in Redis, and whether the user of a connection has them.
 * Judges no store.  docs/redis-keys.md, "The gate's Redis user".
 */

#ifndef HEALTHCODE_RIGHTS_H
#define HEALTHCODE_RIGHTS_H

#include "healthcode_connection.h"


/* What the gates of a store ask for, and do without. */
typedef struct {
    bool  no_cache;
    bool  evicting_ok;
    bool  role_unchecked;
    bool  passage;          /* some have a hall */
    bool  cluster;          /* the store is one */
} healthcode_rights_gates_t;


/*
 * Prints the rights of such a gate, with Redis 7 or later: the words that
 * follow "ACL SETUSER gate on >PASSWORD".
 */
void healthcode_rights_print(const healthcode_rights_gates_t *gates);

/*
 * Tries each command of such a gate, and prints what is refused and the line
 * that allows it.  *ok: nothing is refused.  Prints a message on failure.
 */
healthcode_exit_e healthcode_rights_check(healthcode_connection_t *connection,
    const healthcode_rights_gates_t *gates, bool *ok);

#endif
