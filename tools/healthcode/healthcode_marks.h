/*
 * Whether a store remembers who has passed a hall, come what may.
 * Judges no proof.  docs/operations.md, "Passage: once, in, out, and back".
 */

#ifndef HEALTHCODE_MARKS_H
#define HEALTHCODE_MARKS_H

#include "healthcode_rights.h"


/*
 * Prints what a mark rests on: disk, replicas, clock; and, if *runs says that
 * the user has the rights, whether passage.lua runs, which *runs says then.
 * *last: nothing is known by which a crash loses marks; what cannot be looked
 * at is only a warning.  Prints a message on failure.
 */
healthcode_exit_e healthcode_marks_check(healthcode_connection_t *connection,
    const healthcode_rights_gates_t *gates, bool *runs, bool *last);

#endif
