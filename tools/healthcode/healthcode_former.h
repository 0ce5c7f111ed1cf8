/*
 * A store that is migrated from schema 1: its keys and proof of before, and
 * scripts that change both in one step.  Knows no options.
 * docs/operations.md, "From schema 1".
 */

#ifndef HEALTHCODE_FORMER_H
#define HEALTHCODE_FORMER_H

#include "healthcode_keys.h"
#include "healthcode_script.h"


#define HEALTHCODE_FORMER_META    "healthcode:meta"

/* The field of proofs of schema 2 while schema 1 is written as well. */
#define HEALTHCODE_FORMER_FIELD   "former"
#define HEALTHCODE_FORMER_SCHEMA  "1"


/* The proof of schema 1. */
typedef enum {
    HEALTHCODE_FORMER_ABSENT,
    HEALTHCODE_FORMER_OURS,
    HEALTHCODE_FORMER_PEPPER,     /* of another pepper, if one was given */
    HEALTHCODE_FORMER_OTHER,      /* it proves nothing */
    HEALTHCODE_FORMER_REFUSED     /* the user may not read it */
} healthcode_former_proof_e;


/* Reads it.  Prints a message if the connection fails. */
healthcode_exit_e healthcode_former_look(healthcode_connection_t *connection,
    healthcode_former_proof_e *proof);

/* Whether a proof of schema 2 says that schema 1 is written as well. */
bool healthcode_former_is_named(const redisReply *meta);

/*
 * Writes into name, of HEALTHCODE_KEYS_MAX bytes, the key of schema 1 in whose
 * place key is; false: in that of none.
 */
bool healthcode_former_name(const char *key, char *name);

/*
 * Likewise the key of schema 2 in the place of name, which may be any text, and
 * whether both are hashes that are taken over field by field.
 */
bool healthcode_former_place(const char *name, size_t len, char *key,
    bool *has_fields);

/* What is read for key: itself, or that of schema 1, written into name. */
const char *healthcode_former_read(const healthcode_connection_t *connection,
    const char *key, char *name);

/* Whether both have keys that the script changes. */
bool healthcode_former_has(const healthcode_script_t *script);

/*
 * Runs the script together with what it changes of schema 1.  The reply, which
 * may be an error, is the caller's; NULL, without a message, if the connection
 * broke or there is no memory.
 */
redisReply *healthcode_former_call(const healthcode_script_t *script,
    healthcode_connection_t *connection);

#endif
