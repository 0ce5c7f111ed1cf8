/*
 * Files of public keys, read for every algorithm that they could be for.
 * Knows no code.  docs/token-format.md, "Inspecting a code".
 */

#include <stdlib.h>

#include "healthcode_file.h"
#include "healthcode_keyset.h"


#define HEALTHCODE_KEYSET_ERROR_MAX  512


static bool healthcode_keyset_alias(healthcode_keyset_t *keyset,
    const char *text);
static bool healthcode_keyset_read_file(const healthcode_keyset_t *keyset,
    healthcode_keyset_file_t *file);
static void healthcode_keyset_remark(const healthcode_keyring_t *keyring,
    const char *path);


bool
healthcode_keyset_rules(healthcode_keyset_t *keyset,
    const healthcode_list_t *aliases, const char *sm2_id)
{
    size_t                         i;
    const healthcode_algorithm_t  *row;
    healthcode_algorithm_set_t    *set = &keyset->rules.algorithms;

    for (i = 0; (row = healthcode_algorithm_at(i)) != NULL; i++) {
        set->bits |= healthcode_algorithm_bit(row);
    }

    set->aliases = keyset->aliases;

    for (i = 0; i < aliases->n; i++) {
        if (!healthcode_keyset_alias(keyset, aliases->items[i])) {
            return false;
        }
    }

    if (sm2_id && strlen(sm2_id) > HEALTHCODE_KEY_SM2_ID_MAX) {
        healthcode_output_usage("--sm2-id: write at most %d bytes",
                                HEALTHCODE_KEY_SM2_ID_MAX);
        return false;
    }

    if (sm2_id) {
        keyset->rules.sm2_id = healthcode_str_from(sm2_id, strlen(sm2_id));
    }

    return true;
}


/* NAME=ALG */
static bool
healthcode_keyset_alias(healthcode_keyset_t *keyset, const char *text)
{
    const char                    *equals = strrchr(text, '=');
    healthcode_str_t               name;
    healthcode_algorithm_set_t    *set = &keyset->rules.algorithms;
    healthcode_algorithm_alias_t  *alias = &keyset->aliases[set->naliases];

    if (equals == NULL || equals == text) {
        healthcode_output_usage("--alg-alias: \"%s\" names no alias; write "
                                "NAME=ALG, as in SM2-SM3=SGD_SM3_SM2", text);
        return false;
    }

    name = healthcode_str_from(text, (size_t) (equals - text));

    if (healthcode_algorithm_find(name)) {
        healthcode_output_usage("--alg-alias: \"%.*s\" is an algorithm already;"
                                " leave it out", (int) name.len, text);
        return false;
    }

    if (!healthcode_options_algorithm("--alg-alias", equals + 1,
                                      &alias->algorithm))
    {
        return false;
    }

    alias->name = name;
    set->naliases++;

    return true;
}


bool
healthcode_keyset_read(healthcode_keyset_t *keyset,
    const healthcode_list_t *paths)
{
    healthcode_keyset_file_t  *file;

    for (size_t i = 0; i < paths->n; i++) {
        file = &keyset->files[keyset->nfiles];
        file->path = paths->items[i];

        if (!healthcode_file_read("--keys", file->path, &file->text)) {
            return false;
        }

        keyset->nfiles++;

        if (!healthcode_keyset_read_file(keyset, file)) {
            return false;
        }
    }

    return true;
}


/*
 * Once as a gate reads it, which says what is wrong, and once for each
 * algorithm, so that each has a ring of its own.  A file of which one key can
 * be used is a key set.
 */
static bool
healthcode_keyset_read_file(const healthcode_keyset_t *keyset,
    healthcode_keyset_file_t *file)
{
    char                           error[HEALTHCODE_KEYSET_ERROR_MAX];
    size_t                         i;
    healthcode_keyring_rules_t     rules = keyset->rules;
    const healthcode_algorithm_t  *row;

    file->all = healthcode_keyring_create(file->text, &rules, error,
                                          sizeof(error));

    if (file->all == NULL) {
        healthcode_output_failed("--keys: \"%s\" is not a key set: %s",
                                 file->path, error);
        return false;
    }

    healthcode_keyset_remark(file->all, file->path);

    for (i = 0; (row = healthcode_algorithm_at(i)) != NULL; i++) {
        rules.algorithms.bits = healthcode_algorithm_bit(row);
        file->rings[i] = healthcode_keyring_create(file->text, &rules, error,
                                                   sizeof(error));
    }

    return true;
}


/* Warns of the keys that a gate skips. */
static void
healthcode_keyset_remark(const healthcode_keyring_t *keyring, const char *path)
{
    char                                text[HEALTHCODE_KEYSET_ERROR_MAX];
    size_t                              i;
    const healthcode_keyring_remark_t  *remark;

    for (i = 0; (remark = healthcode_keyring_remark_at(keyring, i)); i++) {
        healthcode_keyring_remark_text(remark, text, sizeof(text));
        healthcode_output_warn("--keys: a gate %s %s\"%s\": %s",
                               remark->is_skipped ? "skips" : "accepts",
                               remark->line ? "a key of " : "", path, text);
    }

    if (healthcode_keyring_remarks(keyring) > i) {
        healthcode_output_warn("--keys: \"%s\" has %zu more such keys", path,
                               healthcode_keyring_remarks(keyring) - i);
    }
}


void
healthcode_keyset_free(healthcode_keyset_t *keyset)
{
    for (size_t i = 0; i < keyset->nfiles; i++) {
        for (size_t n = 0; n < HEALTHCODE_ALGORITHM_COUNT; n++) {
            healthcode_keyring_free(keyset->files[i].rings[n]);
        }

        healthcode_keyring_free(keyset->files[i].all);
        healthcode_file_free(&keyset->files[i].text);
    }

    keyset->nfiles = 0;
}


healthcode_keyring_t *
healthcode_keyset_ring(const healthcode_keyset_t *keyset,
    const healthcode_algorithm_t *algorithm)
{
    bool                         ok;
    char                         error[HEALTHCODE_KEYSET_ERROR_MAX];
    size_t                       i, n = 0;
    healthcode_keyring_t        *ring;
    healthcode_keyring_rules_t   rules = keyset->rules;

    /* some algorithm that there are keys for, if not this one */
    if (algorithm) {
        n = healthcode_algorithm_index(algorithm);
    }

    if (algorithm == NULL || healthcode_keyset_at(keyset, algorithm, 0) == NULL)
    {
        for (n = 0; keyset->files[0].rings[n] == NULL; n++) { /* void */ }
    }

    rules.algorithms.bits =
                         healthcode_algorithm_bit(healthcode_algorithm_at(n));

    ring = healthcode_keyring_new(&rules);
    ok = ring != NULL;

    for (i = 0; ok && i < keyset->nfiles; i++) {
        ok = keyset->files[i].rings[n] == NULL
             || healthcode_keyring_add(ring, keyset->files[i].text, error,
                                       sizeof(error));
    }

    if (!ok || !healthcode_keyring_finish(ring, error, sizeof(error))) {
        healthcode_keyring_free(ring);
        return NULL;
    }

    return ring;
}


const healthcode_key_t *
healthcode_keyset_at(const healthcode_keyset_t *keyset,
    const healthcode_algorithm_t *algorithm, size_t i)
{
    size_t                       n, row = healthcode_algorithm_index(algorithm);
    const healthcode_key_t      *key;
    const healthcode_keyring_t  *ring;

    for (size_t f = 0; f < keyset->nfiles; f++) {
        ring = keyset->files[f].rings[row];

        for (n = 0; ring && (key = healthcode_keyring_at(ring, n)); n++) {
            if (i-- == 0) {
                return key;
            }
        }
    }

    return NULL;
}


unsigned
healthcode_keyset_algorithms(const healthcode_keyset_t *keyset)
{
    unsigned                       bits = 0;
    const healthcode_algorithm_t  *row;

    for (size_t i = 0; (row = healthcode_algorithm_at(i)) != NULL; i++) {
        if (healthcode_keyset_at(keyset, row, 0)) {
            bits |= healthcode_algorithm_bit(row);
        }
    }

    return bits;
}
