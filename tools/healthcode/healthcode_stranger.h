/*
 * Whether a store lets somebody in who has no password.  Judges no store.
 * docs/redis-keys.md, "A server that lets everybody in".
 */

#ifndef HEALTHCODE_STRANGER_H
#define HEALTHCODE_STRANGER_H

#include "healthcode_connection.h"


/*
 * Prints what a stranger may do there, and what to write against it: without a
 * password, and with a wrong one of the user of connection.  Nothing of a unix
 * socket, whose file has rights, nor if a certificate was shown.  Prints a
 * message on failure.
 */
healthcode_exit_e healthcode_stranger_check(
    const healthcode_connection_options_t *options,
    const healthcode_connection_t *connection);

#endif
