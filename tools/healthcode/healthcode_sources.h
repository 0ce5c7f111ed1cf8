/*
 * The verbs of "healthcode store" about who feeds it, and when.
 * Knows no flags.  docs/redis-keys.md, "healthcode:data".
 */

#ifndef HEALTHCODE_SOURCES_H
#define HEALTHCODE_SOURCES_H

#include "healthcode_options.h"


/* Each gets the words after its name and returns an exit code. */
healthcode_exit_e healthcode_sources_touch(int argc, char **argv);
healthcode_exit_e healthcode_sources_untouch(int argc, char **argv);
healthcode_exit_e healthcode_sources_list(int argc, char **argv);

#endif
