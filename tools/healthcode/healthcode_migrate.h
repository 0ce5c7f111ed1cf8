/*
 * The verb "migrate" of "healthcode store".
 * Knows no flags.  docs/operations.md, "From schema 1".
 */

#ifndef HEALTHCODE_MIGRATE_H
#define HEALTHCODE_MIGRATE_H

#include "healthcode_options.h"


/* Gets the words after its name and returns an exit code. */
healthcode_exit_e healthcode_migrate(int argc, char **argv);

#endif
