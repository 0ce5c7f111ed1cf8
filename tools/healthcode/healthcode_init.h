/*
 * How the proofs of a store are written, and what became of it; node by node in
 * a cluster.  Knows no flags.  docs/redis-keys.md, "healthcode:meta".
 */

#ifndef HEALTHCODE_INIT_H
#define HEALTHCODE_INIT_H

#include "healthcode_connection.h"


#define HEALTHCODE_INIT_SCHEMA    "2"
#define HEALTHCODE_INIT_INSTANCE  16     /* bytes */
#define HEALTHCODE_INIT_TEXT      128    /* of an instance that is there */


typedef struct {
    const char  *how;      /* ARGV[4] of store-init.lua */
    bool         empty;    /* a store without flags gets them, too */
    bool         missing;  /* those that are missing are written alone */
    bool         renew;
    bool         former;   /* schema 1 is written as well */
    bool         fills;    /* they are only added to others */
    char         instance[2 * HEALTHCODE_INIT_INSTANCE + 1];
} healthcode_init_t;

/* What store-init.lua returns; an instance may be cut off. */
typedef struct {
    char           word[16];
    char           instance[HEALTHCODE_INIT_TEXT];
    unsigned long  n;
} healthcode_init_done_t;


/*
 * What store-init.lua does, in a cluster, where no script has all proofs: they
 * are looked at, and written one by one, that of the controls last.  False,
 * with a message printed, if that fails.
 */
bool healthcode_init_nodes(const healthcode_init_t *init,
    healthcode_connection_t *connection, bool may_create,
    healthcode_init_done_t *done);

#endif
