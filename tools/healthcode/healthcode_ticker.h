/*
 * healthcode store tick: writes the time into the master once a second, by
 * which gates beside a replica judge the age of their copy; and what such a
 * time says.  Knows no flags.  docs/operations.md, "A site with its own
 * replica".
 */

#ifndef HEALTHCODE_TICKER_H
#define HEALTHCODE_TICKER_H

#include "healthcode_connection.h"
#include "redis/healthcode_tick.h"


/* What its user may do, with Redis 7 or later. */
#define HEALTHCODE_TICKER_RIGHTS                                              \
    "resetkeys ~" HEALTHCODE_TICK_KEY " %R~healthcode:meta:{c} "              \
    "resetchannels -@all +role +hgetall +evalsha +eval +time +get +set"


/* The verb. */
healthcode_exit_e healthcode_ticker(int argc, char **argv);

/*
 * Prints a line about the tick of the store, if it has one: how old it is.
 * Prints a message on failure.
 */
healthcode_exit_e healthcode_ticker_check(healthcode_connection_t *connection);

#endif
