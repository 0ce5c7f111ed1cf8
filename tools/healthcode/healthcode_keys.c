/*
 * The names of a store's keys, schema 2: each has the tag of its partition.
 * Knows no connection.  docs/redis-keys.md, "Keys".
 */

#include <stdio.h>
#include <string.h>

#include "healthcode_keys.h"


#define HEALTHCODE_KEYS_PROOF  "healthcode:meta:"


void
healthcode_keys_holder(const uint8_t *holder, healthcode_keys_holder_t *keys)
{
    healthcode_holder_format(holder, keys->holder);
    keys->holder[HEALTHCODE_HOLDER_HEX] = '\0';

    snprintf(keys->risk, sizeof(keys->risk), "healthcode:risk:{%.2s}:%s",
             keys->holder, keys->holder);
    snprintf(keys->audit, sizeof(keys->audit), "healthcode:audit:{%.2s}:%s",
             keys->holder, keys->holder);
}


const char *
healthcode_keys_proof(unsigned n, char *name)
{
    if (n < HEALTHCODE_KEYS_PARTS) {
        snprintf(name, HEALTHCODE_KEYS_MAX, HEALTHCODE_KEYS_PROOF "{%02x}", n);
    } else {
        snprintf(name, HEALTHCODE_KEYS_MAX, HEALTHCODE_KEYS_PROOF "{%c}",
                 n == HEALTHCODE_KEYS_PARTS ? 'r' : 'c');
    }

    return name + sizeof(HEALTHCODE_KEYS_PROOF) - 1;
}


void
healthcode_keys_proofs(healthcode_keys_proofs_t *all)
{
    for (unsigned i = 0; i < HEALTHCODE_KEYS_PROOFS; i++) {
        (void) healthcode_keys_proof(i, all->names[i]);
        all->keys[i] = healthcode_str_from(all->names[i],
                                           strlen(all->names[i]));
    }
}


const char *
healthcode_keys_proof_of(const char *key, char *name)
{
    const char  *tag = strchr(key, '{');
    size_t       len = tag ? strcspn(tag, "}") + 1 : 0;

    snprintf(name, HEALTHCODE_KEYS_MAX, HEALTHCODE_KEYS_PROOF "%.*s",
             len > HEALTHCODE_KEYS_TAG_MAX ? HEALTHCODE_KEYS_TAG_MAX
                                           : (int) len, tag ? tag : "");

    return name + sizeof(HEALTHCODE_KEYS_PROOF) - 1;
}
