/*
 * Names -> their numbers, by hash: the time does not grow with their number.
 * Knows no: key, token, nginx.  docs/token-format.md, "Issuers and keys".
 */

#include <stdlib.h>

#include "healthcode_index.h"


struct healthcode_index_s {
    size_t             n;
    size_t             mask;      /* of slots, a power of two less one */
    size_t             len_max;   /* a longer name is not looked for */
    size_t            *slots;     /* a number, or NONE */
    size_t            *next;      /* of each number */
    healthcode_str_t  *names;
};


static size_t healthcode_index_slot(const healthcode_index_t *index,
    healthcode_str_t name);
static void healthcode_index_add(healthcode_index_t *index, size_t i);


healthcode_index_t *
healthcode_index_create(const healthcode_str_t *names, size_t n)
{
    size_t               slots = 8;
    healthcode_index_t  *index;

    while (slots < 2 * n) {
        slots *= 2;
    }

    index = calloc(1, sizeof(healthcode_index_t));
    if (index == NULL) {
        return NULL;
    }

    index->n = n;
    index->mask = slots - 1;
    index->slots = malloc(slots * sizeof(size_t));
    index->next = malloc((n + 1) * sizeof(size_t));
    index->names = malloc((n + 1) * sizeof(healthcode_str_t));

    if (index->slots == NULL || index->next == NULL || index->names == NULL) {
        healthcode_index_free(index);
        return NULL;
    }

    for (size_t i = 0; i < slots; i++) {
        index->slots[i] = HEALTHCODE_INDEX_NONE;
    }

    /* the last one first, so that a chain goes upwards */
    for (size_t i = n; i-- > 0; /* void */) {
        index->names[i] = names[i];
        healthcode_index_add(index, i);
    }

    return index;
}


void
healthcode_index_free(healthcode_index_t *index)
{
    if (index == NULL) {
        return;
    }

    free(index->slots);
    free(index->next);
    free(index->names);
    free(index);
}


static void
healthcode_index_add(healthcode_index_t *index, size_t i)
{
    size_t            *slot;
    healthcode_str_t   name = index->names[i];

    index->next[i] = HEALTHCODE_INDEX_NONE;

    if (name.data == NULL) {
        return;
    }

    if (name.len > index->len_max) {
        index->len_max = name.len;
    }

    slot = &index->slots[healthcode_index_slot(index, name)];
    index->next[i] = *slot;
    *slot = i;
}


/*
 * The slot that holds the name, or the free one where it would be.  The names
 * come from the configuration and from issuers; a stranger can only look for
 * one, so nobody can crowd a slot.
 */
static size_t
healthcode_index_slot(const healthcode_index_t *index, healthcode_str_t name)
{
    size_t    i, slot;
    uint64_t  hash = healthcode_str_hash(0, name);

    slot = (size_t) (hash ^ (hash >> 32)) & index->mask;

    while ((i = index->slots[slot]) != HEALTHCODE_INDEX_NONE
           && !healthcode_str_equal(index->names[i], name))
    {
        slot = (slot + 1) & index->mask;
    }

    return slot;
}


size_t
healthcode_index_first(const healthcode_index_t *index, healthcode_str_t name)
{
    if (name.data == NULL || name.len > index->len_max) {
        return HEALTHCODE_INDEX_NONE;
    }

    return index->slots[healthcode_index_slot(index, name)];
}


size_t
healthcode_index_next(const healthcode_index_t *index, size_t i)
{
    return (i < index->n) ? index->next[i] : HEALTHCODE_INDEX_NONE;
}
