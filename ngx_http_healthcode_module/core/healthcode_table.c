/*
 * A fixed table of entries in memory of the caller, which processes share
 * without a lock, and without pointers.  An entry stands in one of two sets of
 * a few places; a torn one, of a writer that was overtaken or killed, does not
 * count.  The caller says what an entry means.  Knows no: nginx, token, holder.
 * docs/cache.md.
 */

#include "healthcode_atomic.h"
#include "healthcode_table.h"


/* Words that a processor fetches at once. */
#define HEALTHCODE_TABLE_LINE  8


static uint64_t *healthcode_table_place(const healthcode_table_t *table,
    const uint64_t *key, unsigned way);
static size_t healthcode_table_set(const healthcode_table_t *table,
    uint64_t word);
static uint64_t *healthcode_table_choose(const healthcode_table_t *table,
    const uint64_t *entry, unsigned same, healthcode_table_worth_pt worth,
    void *data, bool *evicts);
static bool healthcode_table_take(const healthcode_table_t *table,
    const uint64_t *place, uint64_t *entry);
static uint64_t healthcode_table_copy(const healthcode_table_t *table,
    const uint64_t *place, uint64_t *entry);
static inline uint64_t healthcode_table_mix(uint64_t hash, uint64_t word);
static bool healthcode_table_begins(const uint64_t *entry,
    const uint64_t *words, unsigned n);


bool
healthcode_table_init(healthcode_table_t *table, void *memory, size_t bytes,
    unsigned words, unsigned key)
{
    table->memory = memory;
    table->words = words;
    table->key = key;
    table->sets = bytes / (HEALTHCODE_TABLE_WAYS * words * sizeof(uint64_t));

    return table->sets > 0;
}


size_t
healthcode_table_size(const healthcode_table_t *table)
{
    return table->sets * HEALTHCODE_TABLE_WAYS;
}


const uint64_t *
healthcode_table_next(const healthcode_table_t *table, const uint64_t *key,
    unsigned *looked, uint64_t *entry)
{
    const uint64_t  *place;

    while ((place = healthcode_table_place(table, key, *looked))) {

        (*looked)++;

        if (healthcode_atomic_load(place) != key[0]) {
            continue;
        }

        if (healthcode_table_take(table, place, entry)
            && healthcode_table_begins(entry, key, table->key))
        {
            return place;
        }
    }

    return NULL;
}


void
healthcode_table_prefetch(const healthcode_table_t *table, const uint64_t *key)
{
    const uint64_t  *place = healthcode_table_place(table, key, 0);

    for (unsigned i = 0; i < table->words; i += HEALTHCODE_TABLE_LINE) {
        __builtin_prefetch(place + i);
    }

    /* which may begin and end in the middle of one */
    __builtin_prefetch(place + table->words - 1);

    __builtin_prefetch(healthcode_table_place(table, key, 1));
    __builtin_prefetch(healthcode_table_place(table, key, 2));
}


bool
healthcode_table_is_at(const healthcode_table_t *table, const uint64_t *place,
    const uint64_t *entry)
{
    uint64_t  changed = 0;

    for (unsigned i = 0; i < table->words; i++) {
        changed |= healthcode_atomic_load(place + i) ^ entry[i];
    }

    return changed == 0;
}


bool
healthcode_table_put(healthcode_table_t *table, uint64_t *entry, unsigned same,
    healthcode_table_worth_pt worth, void *data)
{
    bool       evicts;
    uint64_t  *place;

    place = healthcode_table_choose(table, entry, same, worth, data, &evicts);

    entry[table->words - 1] = healthcode_table_copy(table, entry, entry);

    /* it is not there until it is whole */
    healthcode_atomic_store(place + table->words - 1, 0);

    for (unsigned i = 0; i < table->words; i++) {
        healthcode_atomic_store(place + i, entry[i]);
    }

    return evicts;
}


/*
 * The place of the same entry; or a dead one; or the one that is least worth
 * keeping.  A dead one of the first set, where a search begins, while half of
 * it is dead; then of the set that has more of them, which keeps sets from
 * running full while others are empty.
 */
static uint64_t *
healthcode_table_choose(const healthcode_table_t *table, const uint64_t *entry,
    unsigned same, healthcode_table_worth_pt worth, void *data, bool *evicts)
{
    unsigned   way, set;
    unsigned   ndead[2] = { 0, 0 };
    uint64_t  *place, *worst = NULL, *dead[2] = { NULL, NULL };
    uint64_t   value, least = UINT64_MAX;
    uint64_t   other[HEALTHCODE_TABLE_WORDS_MAX];

    *evicts = false;

    for (way = 0; (place = healthcode_table_place(table, entry, way)); way++) {

        if (!healthcode_table_take(table, place, other)) {
            value = 0;

        } else if (healthcode_table_begins(other, entry, same)) {
            return place;

        } else {
            value = worth(other, data);
        }

        set = way / HEALTHCODE_TABLE_WAYS;

        if (value == 0) {
            dead[set] = ndead[set]++ ? dead[set] : place;

        } else if (value < least) {
            worst = place;
            least = value;
        }
    }

    if (ndead[0] || ndead[1]) {
        return (ndead[0] < HEALTHCODE_TABLE_WAYS / 2 && ndead[1] > ndead[0])
               ? dead[1] : dead[0];
    }

    *evicts = true;

    return worst;
}


bool
healthcode_table_delete(healthcode_table_t *table, const uint64_t *key)
{
    bool       whole, found = false;
    uint64_t  *place;
    uint64_t   entry[HEALTHCODE_TABLE_WORDS_MAX];

    for (unsigned way = 0;
         (place = healthcode_table_place(table, key, way));
         way++)
    {
        whole = healthcode_table_take(table, place, entry);

        if (entry[table->words - 1] == 0) {
            continue;
        }

        /*
         * The first word will do: another entry may be lost, none is kept.  And
         * what is torn may be one of key, whose first words a writer that was
         * overtaken has replaced, and another one yet may put back.
         */
        if (entry[0] == key[0] || !whole) {
            healthcode_atomic_store(place + table->words - 1, 0);
            found |= (entry[0] == key[0]);
        }
    }

    return found;
}


/*
 * An entry stands in one of two sets; NULL past the last place.  Way 0 is
 * another place of the set for each key, so that it mostly is it.
 */
static uint64_t *
healthcode_table_place(const healthcode_table_t *table, const uint64_t *key,
    unsigned way)
{
    size_t  set, other;

    set = healthcode_table_set(table, key[0]);

    if (way >= HEALTHCODE_TABLE_WAYS) {

        other = healthcode_table_set(table, key[1]);

        if (way >= 2 * HEALTHCODE_TABLE_WAYS || other == set) {
            return NULL;
        }

        set = other;
    }

    way = (unsigned) (key[0] + way) % HEALTHCODE_TABLE_WAYS;

    return table->memory + (set * HEALTHCODE_TABLE_WAYS + way) * table->words;
}


static size_t
healthcode_table_set(const healthcode_table_t *table, uint64_t word)
{
    return (size_t) (((word >> 32) * table->sets) >> 32);
}


/* Copies the entry at place, and says whether it is whole. */
static bool
healthcode_table_take(const healthcode_table_t *table, const uint64_t *place,
    uint64_t *entry)
{
    unsigned  last = table->words - 1;
    uint64_t  checksum;

    checksum = healthcode_table_copy(table, place, entry);
    entry[last] = healthcode_atomic_load(place + last);

    return entry[last] == checksum;
}


/*
 * Copies all words but the last, and returns what that has to be: it mixes them
 * in two lanes that a processor works on at once; and is never 0, which stands
 * for deleted.
 */
static uint64_t
healthcode_table_copy(const healthcode_table_t *table, const uint64_t *place,
    uint64_t *entry)
{
    unsigned  i, n = table->words - 1;
    uint64_t  hash = UINT64_C(0x9e3779b97f4a7c15);
    uint64_t  other = UINT64_C(0xc2b2ae3d27d4eb4f);

    for (i = 0; i + 1 < n; i += 2) {
        entry[i] = healthcode_atomic_load(place + i);
        entry[i + 1] = healthcode_atomic_load(place + i + 1);

        hash = healthcode_table_mix(hash, entry[i]);
        other = healthcode_table_mix(other, entry[i + 1]);
    }

    if (i < n) {
        entry[i] = healthcode_atomic_load(place + i);
        hash = healthcode_table_mix(hash, entry[i]);
    }

    hash = healthcode_table_mix(hash, other);

    return hash ? hash : 1;
}


/* A step of MurmurHash3's finaliser. */
static inline uint64_t
healthcode_table_mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0xff51afd7ed558ccd);

    return hash ^ (hash >> 32);
}


static bool
healthcode_table_begins(const uint64_t *entry, const uint64_t *words,
    unsigned n)
{
    uint64_t  changed = 0;

    for (unsigned i = 0; i < n; i++) {
        changed |= entry[i] ^ words[i];
    }

    return changed == 0;
}
