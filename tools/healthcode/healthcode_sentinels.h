/*
 * Which master the sentinels of a URL name: each is asked once, and the same
 * majority counts as for a gate.  Knows no flags.
 * docs/operations.md, "Sentinel".
 */

#ifndef HEALTHCODE_SENTINELS_H
#define HEALTHCODE_SENTINELS_H

#include "healthcode_output.h"
#include "healthcode_secure.h"
#include "healthcode_url.h"


/*
 * Sets host and port of url to those of its master.  user and password_file may
 * be NULL; timeout is in ms.  Prints a message on failure, and returns the exit
 * code.
 */
healthcode_exit_e healthcode_sentinels_find(
    const healthcode_secure_options_t *secure, const char *user,
    const char *password_file, int64_t timeout, healthcode_url_t *url);

#endif
