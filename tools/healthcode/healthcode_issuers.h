/*
 * Which issuers a store has heard of, so that a misspelled one is noticed.
 * Knows no gates.  docs/redis-keys.md, "Issuers that are known".
 */

#ifndef HEALTHCODE_ISSUERS_H
#define HEALTHCODE_ISSUERS_H

#include "healthcode_connection.h"


/*
 * Whether the store of connection has heard of issuer iss, which the option or
 * argument name gives.  Otherwise HEALTHCODE_EXIT_USAGE, and a message that
 * names the nearest one.
 */
healthcode_exit_e healthcode_issuers_check(healthcode_connection_t *connection,
    const char *name, const char *iss);

#endif
