/*
 * Whether the Redis user of a connection may do what a gate does.
 * Judges no store.  docs/redis-keys.md, "The gate's Redis user".
 */

#ifndef HEALTHCODE_RIGHTS_H
#define HEALTHCODE_RIGHTS_H

#include "healthcode_connection.h"


/*
 * Tries each command of a gate, those of a "cache" if cache, and prints what
 * is refused and the line that allows it.  *ok is whether nothing is.  A
 * failure has been said.
 */
healthcode_exit_e healthcode_rights_check(healthcode_connection_t *connection,
    bool cache, bool *ok);

#endif
