/*
 * What the files that fill a set of keys share.
 * Nobody else may look into a set.  docs/token-format.md, "Keys".
 */

#ifndef HEALTHCODE_KEYRING_PRIVATE_H
#define HEALTHCODE_KEYRING_PRIVATE_H

#include "healthcode_index.h"
#include "healthcode_keyring.h"


/* No place in the text. */
#define HEALTHCODE_KEYRING_NOWHERE  SIZE_MAX


/* The first keys of some kind, and how many there are of it. */
typedef struct {
    size_t                   n;
    const healthcode_key_t  *keys[HEALTHCODE_KEYRING_TRIES_MAX];
} healthcode_keyring_list_t;


struct healthcode_keyring_s {
    size_t                             nkeys;
    size_t                             nalloc;
    unsigned                           algorithms;   /* of the keys */
    bool                               is_private;   /* one was a private key */
    healthcode_key_t                  *keys;
    healthcode_key_scratch_t           scratch[HEALTHCODE_ALGORITHM_COUNT];
    uint8_t                            generation[EVP_MAX_MD_SIZE];

    /* once it is finished */
    healthcode_index_t                *kids;
    healthcode_keyring_list_t          all[HEALTHCODE_ALGORITHM_COUNT];
    healthcode_keyring_list_t          nameless[HEALTHCODE_ALGORITHM_COUNT];

    /* while it is filled */
    const healthcode_keyring_rules_t  *rules;
    EVP_MD_CTX                        *sum;
    healthcode_str_t                   text;
    char                              *error;
    size_t                             error_size;
};


/*
 * Writes the error: the line of the byte at offset of the text, unless that is
 * HEALTHCODE_KEYRING_NOWHERE; the key, unless kid is NULL; and what is wrong.
 * Returns false.
 */
bool healthcode_keyring_fail(healthcode_keyring_t *keyring, size_t offset,
    const char *kid, const char *what);

/* Likewise of the text as a whole. */
bool healthcode_keyring_fail_whole(healthcode_keyring_t *keyring,
    const char *what);

/*
 * A new key, of which algorithm, kid (copied; NULL: none) and scratch are set;
 * NULL where there is no memory.
 */
healthcode_key_t *healthcode_keyring_push(healthcode_keyring_t *keyring,
    const healthcode_algorithm_t *algorithm, const char *kid);

#endif
