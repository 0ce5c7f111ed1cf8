/*
 * The set of keys of one issuer: filled, closed, searched.  Knows no: token,
 * claims, file.  docs/token-format.md, "Keys".
 */

#include <stdlib.h>

#include "healthcode_keyring_private.h"


static void healthcode_keyring_sort(healthcode_keyring_t *keyring);
static void healthcode_keyring_list(healthcode_keyring_list_t *list,
    const healthcode_key_t *key);


healthcode_keyring_t *
healthcode_keyring_new(const healthcode_keyring_rules_t *rules)
{
    healthcode_keyring_t  *keyring;

    keyring = calloc(1, sizeof(healthcode_keyring_t));
    if (keyring == NULL) {
        return NULL;
    }

    keyring->rules = rules;
    keyring->sum = EVP_MD_CTX_new();

    if (keyring->sum == NULL
        || EVP_DigestInit_ex2(keyring->sum, EVP_sha256(), NULL) != 1)
    {
        healthcode_keyring_free(keyring);
        return NULL;
    }

    return keyring;
}


void
healthcode_keyring_free(healthcode_keyring_t *keyring)
{
    if (keyring == NULL) {
        return;
    }

    for (size_t i = 0; i < keyring->nkeys; i++) {
        healthcode_key_free(&keyring->keys[i]);
    }

    for (size_t i = 0; i < HEALTHCODE_ALGORITHM_COUNT; i++) {
        healthcode_key_scratch_free(&keyring->scratch[i]);
    }

    healthcode_index_free(keyring->kids);
    EVP_MD_CTX_free(keyring->sum);
    free(keyring->keys);
    free(keyring);
}


bool
healthcode_keyring_is_private(const healthcode_keyring_t *keyring)
{
    return keyring->is_private;
}


bool
healthcode_keyring_finish(healthcode_keyring_t *keyring, char *error,
    size_t size)
{
    size_t             n = keyring->nkeys;
    healthcode_str_t  *kids;

    keyring->error = error;
    keyring->error_size = size;

    if (keyring->nkeys == 0) {
        return healthcode_keyring_fail_empty(keyring);
    }

    /* first all kids, then the aliases */
    kids = malloc(2 * n * sizeof(healthcode_str_t));

    for (size_t i = 0; kids && i < n; i++) {
        kids[i] = keyring->keys[i].kid;
        kids[n + i] = keyring->keys[i].alias;
    }

    keyring->kids = kids ? healthcode_index_create(kids, 2 * n) : NULL;
    free(kids);

    if (keyring->kids == NULL
        || EVP_DigestFinal_ex(keyring->sum, keyring->generation, NULL) != 1)
    {
        return healthcode_keyring_fail_whole(keyring, "no memory");
    }

    healthcode_keyring_sort(keyring);
    keyring->rules = NULL;

    return true;
}


static void
healthcode_keyring_sort(healthcode_keyring_t *keyring)
{
    size_t             n;
    healthcode_key_t  *key;

    for (size_t i = 0; i < keyring->nkeys; i++) {
        key = &keyring->keys[i];
        n = healthcode_algorithm_index(key->algorithm);

        keyring->algorithms |= healthcode_algorithm_bit(key->algorithm);
        healthcode_keyring_list(&keyring->all[n], key);

        if (key->kid.data == NULL) {
            healthcode_keyring_list(&keyring->nameless[n], key);
        }
    }
}


static void
healthcode_keyring_list(healthcode_keyring_list_t *list,
    const healthcode_key_t *key)
{
    if (list->n < HEALTHCODE_KEYRING_TRIES_MAX) {
        list->keys[list->n] = key;
    }

    list->n++;
}


/* The key counts from here on, so that freeing the set frees its parts. */
healthcode_key_t *
healthcode_keyring_push(healthcode_keyring_t *keyring,
    const healthcode_algorithm_t *algorithm, const char *kid)
{
    size_t                     n;
    uint8_t                   *copy;
    healthcode_key_t          *key, *keys;
    healthcode_key_scratch_t  *scratch;

    scratch = &keyring->scratch[healthcode_algorithm_index(algorithm)];

    if (!healthcode_key_scratch_prepare(scratch, algorithm)) {
        return NULL;
    }

    if (keyring->nkeys == keyring->nalloc) {
        n = keyring->nalloc ? keyring->nalloc * 2 : 4;

        keys = realloc(keyring->keys, n * sizeof(healthcode_key_t));
        if (keys == NULL) {
            return NULL;
        }

        keyring->keys = keys;
        keyring->nalloc = n;
    }

    key = &keyring->keys[keyring->nkeys++];
    memset(key, 0, sizeof(healthcode_key_t));
    key->algorithm = algorithm;
    key->scratch = scratch;

    if (kid) {
        n = strlen(kid);

        copy = malloc(n + 1);
        if (copy == NULL) {
            return NULL;
        }

        memcpy(copy, kid, n + 1);
        key->kid = healthcode_str_from(copy, n);
    }

    return key;
}


bool
healthcode_keyring_alias(healthcode_keyring_t *keyring, const char *alias)
{
    size_t             n = strlen(alias);
    uint8_t           *copy = malloc(n + 1);
    healthcode_key_t  *key = &keyring->keys[keyring->nkeys - 1];

    if (copy) {
        memcpy(copy, alias, n + 1);
        key->alias = healthcode_str_from(copy, n);
    }

    return copy != NULL;
}


void
healthcode_keyring_settle(healthcode_keyring_t *keyring, const char *why,
    const char **wrong)
{
    if (why == NULL) {
        return;
    }

    healthcode_key_free(&keyring->keys[--keyring->nkeys]);

    if (*wrong == NULL) {
        *wrong = why;
    }
}


healthcode_str_t
healthcode_keyring_sm2_id(const healthcode_keyring_t *keyring)
{
    return keyring->rules->sm2_id.data ? keyring->rules->sm2_id
                                       : healthcode_str(HEALTHCODE_KEY_SM2_ID);
}


size_t
healthcode_keyring_count(const healthcode_keyring_t *keyring)
{
    return keyring->nread;
}


const healthcode_key_t *
healthcode_keyring_at(const healthcode_keyring_t *keyring, size_t i)
{
    return (i < keyring->nkeys) ? &keyring->keys[i] : NULL;
}


size_t
healthcode_keyring_number(const healthcode_keyring_t *keyring,
    const healthcode_key_t *key)
{
    return (size_t) (key - keyring->keys);
}


unsigned
healthcode_keyring_algorithms(const healthcode_keyring_t *keyring)
{
    return keyring->algorithms;
}


size_t
healthcode_keyring_nameless(const healthcode_keyring_t *keyring,
    const healthcode_algorithm_t *algorithm)
{
    return keyring->nameless[healthcode_algorithm_index(algorithm)].n;
}


const uint8_t *
healthcode_keyring_generation(const healthcode_keyring_t *keyring)
{
    return keyring->generation;
}


size_t
healthcode_keyring_candidates(const healthcode_keyring_t *keyring,
    const healthcode_algorithm_t *algorithm, healthcode_str_t kid,
    const healthcode_key_t *keys[HEALTHCODE_KEYRING_TRIES_MAX])
{
    size_t                            i, n = 0;
    size_t                            row;
    const healthcode_key_t           *key;
    const healthcode_keyring_list_t  *list;

    row = healthcode_algorithm_index(algorithm);
    list = kid.data ? &keyring->nameless[row] : &keyring->all[row];

    for (i = healthcode_index_first(keyring->kids, kid);
         i != HEALTHCODE_INDEX_NONE && n < HEALTHCODE_KEYRING_TRIES_MAX;
         i = healthcode_index_next(keyring->kids, i))
    {
        key = &keyring->keys[i < keyring->nkeys ? i : i - keyring->nkeys];

        if (key->algorithm == algorithm) {
            keys[n++] = key;
        }
    }

    for (i = 0; i < list->n && n < HEALTHCODE_KEYRING_TRIES_MAX; i++) {
        keys[n++] = list->keys[i];
    }

    return n;
}
