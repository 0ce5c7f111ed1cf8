/*
 * The verb "init" of "healthcode store", and what it writes.
 * Knows no flags.  docs/redis-keys.md, "Preparing a store".
 */

#ifndef HEALTHCODE_STORE_INIT_H
#define HEALTHCODE_STORE_INIT_H

#include "healthcode_init.h"


/* Gets the words after its name and returns an exit code. */
healthcode_exit_e healthcode_store_init(int argc, char **argv);

/*
 * Writes proofs with a new instance, or says what is in the way.  Prints what
 * was done, or a message.
 */
healthcode_exit_e healthcode_store_init_write(healthcode_init_t *init,
    healthcode_connection_t *connection);

#endif
