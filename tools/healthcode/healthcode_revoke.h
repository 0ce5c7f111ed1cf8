/*
 * Codes of one holder, called back one by one or by their age.
 * Knows no issuers' controls.  docs/redis-keys.md, "Revoked codes".
 */

#ifndef HEALTHCODE_REVOKE_H
#define HEALTHCODE_REVOKE_H

#include "healthcode_flag.h"


/* The verbs "revoke-code" and "restore-code" of "healthcode control". */
healthcode_exit_e healthcode_revoke_code(int argc, char **argv);
healthcode_exit_e healthcode_revoke_restore(int argc, char **argv);

/*
 * Refuses the codes of the holder of sub that were issued before *before, Unix
 * seconds; NULL: no longer.
 */
healthcode_exit_e healthcode_revoke_before(healthcode_flag_options_t *options,
    const char *sub, const int64_t *before);

#endif
