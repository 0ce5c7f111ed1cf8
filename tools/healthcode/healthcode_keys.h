/*
 * The names of a store's keys, schema 2: each has the tag of its partition.
 * Knows no connection.  docs/redis-keys.md, "Keys".
 */

#ifndef HEALTHCODE_KEYS_H
#define HEALTHCODE_KEYS_H

#include "core/healthcode_holder.h"


#define HEALTHCODE_KEYS_REGION   "healthcode:region:{r}"
#define HEALTHCODE_KEYS_CONTROL  "healthcode:control:{c}"
#define HEALTHCODE_KEYS_DATA     "healthcode:data:{c}"
#define HEALTHCODE_KEYS_ERASED   "healthcode:audit:{c}:erased"
#define HEALTHCODE_KEYS_PUSH     "healthcode:push:{c}"
#define HEALTHCODE_KEYS_META     "healthcode:meta:{c}"

/* The partitions of holders, and those of regions and of controls. */
#define HEALTHCODE_KEYS_PARTS    256
#define HEALTHCODE_KEYS_PROOFS   (HEALTHCODE_KEYS_PARTS + 2)

#define HEALTHCODE_KEYS_TAG_MAX  4      /* "{xx}" */
#define HEALTHCODE_KEYS_MAX      64


/* How the store names one holder, and the keys of it; each with a NUL. */
typedef struct {
    char  holder[HEALTHCODE_HOLDER_HEX + 1];
    char  risk[HEALTHCODE_KEYS_MAX];
    char  audit[HEALTHCODE_KEYS_MAX];
} healthcode_keys_holder_t;


/* The names of all proofs; the keys view them. */
typedef struct {
    char               names[HEALTHCODE_KEYS_PROOFS][HEALTHCODE_KEYS_MAX];
    healthcode_str_t   keys[HEALTHCODE_KEYS_PROOFS];
} healthcode_keys_proofs_t;


/* Writes the name and the keys of holder, HEALTHCODE_HOLDER_LEN bytes. */
void healthcode_keys_holder(const uint8_t *holder,
    healthcode_keys_holder_t *keys);

/*
 * Writes the name of proof n of HEALTHCODE_KEYS_PROOFS, the last of which is
 * HEALTHCODE_KEYS_META, into name of HEALTHCODE_KEYS_MAX bytes; returns its tag
 * there, with braces.
 */
const char *healthcode_keys_proof(unsigned n, char *name);

/* Writes all of them, in this order; *all must not be copied. */
void healthcode_keys_proofs(healthcode_keys_proofs_t *all);

/*
 * Likewise the name of the proof of the partition that key belongs to, which
 * has a tag.
 */
const char *healthcode_keys_proof_of(const char *key, char *name);

#endif
