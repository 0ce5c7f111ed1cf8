/*
 * Files of public keys, read for every algorithm that they could be for.
 * Knows no code.  docs/token-format.md, "Inspecting a code".
 */

#ifndef HEALTHCODE_KEYSET_H
#define HEALTHCODE_KEYSET_H

#include "core/healthcode_keyring.h"
#include "healthcode_options.h"


/* A file, and its keys by their algorithm; a key without "alg" fits several. */
typedef struct {
    const char            *path;
    healthcode_str_t       text;
    healthcode_keyring_t  *all;      /* as a gate reads it, with its remarks */
    healthcode_keyring_t  *rings[HEALTHCODE_ALGORITHM_COUNT];  /* NULL: none */
} healthcode_keyset_file_t;


typedef struct {
    healthcode_keyring_rules_t     rules;      /* all algorithms, any alias */
    healthcode_algorithm_alias_t   aliases[HEALTHCODE_LIST_MAX];
    size_t                         nfiles;
    healthcode_keyset_file_t       files[HEALTHCODE_LIST_MAX];
} healthcode_keyset_t;


/*
 * Writes what --alg-alias (NAME=ALG each) and --sm2-id (NULL: the usual) say
 * into the rules of keyset, which is all zero.  False if it cannot be read,
 * with a message printed.  The rules view the options.
 */
bool healthcode_keyset_rules(healthcode_keyset_t *keyset,
    const healthcode_list_t *aliases, const char *sm2_id);

/*
 * Reads the files by the rules.  False, with a message printed, if one cannot
 * be read or is not a key set.  Either way healthcode_keyset_free() follows.
 */
bool healthcode_keyset_read(healthcode_keyset_t *keyset,
    const healthcode_list_t *paths);
void healthcode_keyset_free(healthcode_keyset_t *keyset);

/*
 * The keys for algorithm of all files in one ring, as a gate has them; if
 * there is none, the ring has keys for others.  NULL if there is no
 * memory; the caller frees it.
 */
healthcode_keyring_t *healthcode_keyset_ring(const healthcode_keyset_t *keyset,
    const healthcode_algorithm_t *algorithm);

/* Key number i for algorithm, or NULL past the last; belongs to keyset. */
const healthcode_key_t *healthcode_keyset_at(const healthcode_keyset_t *keyset,
    const healthcode_algorithm_t *algorithm, size_t i);

/* The set of algorithms that there are keys for. */
unsigned healthcode_keyset_algorithms(const healthcode_keyset_t *keyset);

#endif
