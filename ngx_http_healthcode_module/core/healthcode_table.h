/*
 * A fixed table of entries in memory of the caller, which processes share
 * without a lock, and without pointers.  An entry stands in one of two sets of
 * a few places; a torn one, of a writer that was overtaken or killed, does not
 * count.  The caller says what an entry means.  Knows no: nginx, token, holder.
 * docs/cache.md.
 */

#ifndef HEALTHCODE_TABLE_H
#define HEALTHCODE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>


#define HEALTHCODE_TABLE_WAYS       8
#define HEALTHCODE_TABLE_WORDS_MAX  24
#define HEALTHCODE_TABLE_KEY_MAX    5

/*
 * Another build of this module may have written a zone, so its layout must not
 * change by accident: static assertions hold the places of all words in it,
 * here, of leases, of entries and of what nginx's side puts before the tables.
 * No assertion sees the checksum of an entry, or how its key finds its set.  If
 * you change any of these, change NGX_HTTP_HEALTHCODE_CACHE_LAYOUT, too: a zone
 * of another layout is refused with a message, and never read.
 */
_Static_assert(HEALTHCODE_TABLE_WAYS == 8,
               "a set is laid out otherwise: see above");


/*
 * Of an entry the first words are its key, of which the first two say where it
 * may stand and are evenly distributed, as a hash is; the last is a checksum.
 */
typedef struct {
    uint64_t  *memory;
    size_t     sets;
    unsigned   words;     /* of an entry, the checksum included */
    unsigned   key;       /* of them, the key: 2 to HEALTHCODE_TABLE_KEY_MAX */
} healthcode_table_t;


/*
 * How long an entry is worth keeping, to be compared with others': 0 is dead.
 */
typedef uint64_t (*healthcode_table_worth_pt)(const uint64_t *entry,
    void *data);


/*
 * Lays table over bytes of memory, aligned to 8, which the caller owns; memory
 * that is all zero is an empty table, and what another process has put there
 * is found.  False if not one set fits.
 */
bool healthcode_table_init(healthcode_table_t *table, void *memory,
    size_t bytes, unsigned words, unsigned key);

/* How many entries there is room for. */
size_t healthcode_table_size(const healthcode_table_t *table);

/*
 * Copies the next sound entry that has key into entry, table->words long, and
 * returns its place; NULL if there is no more.  *looked counts the places
 * that were looked at, and starts at 0.
 */
const uint64_t *healthcode_table_next(const healthcode_table_t *table,
    const uint64_t *key, unsigned *looked, uint64_t *entry);

/*
 * Has the processor fetch where an entry mostly is whose key begins with the
 * word *key, for a search that comes a little later.
 */
void healthcode_table_prefetch(const healthcode_table_t *table,
    const uint64_t *key);

/* Whether the entry at place still equals entry, a copy of it. */
bool healthcode_table_is_at(const healthcode_table_t *table,
    const uint64_t *place, const uint64_t *entry);

/*
 * Stores entry and fills in its checksum.  It replaces, in this order: the
 * entry whose first same words are equal, key among them; an entry of no worth;
 * the entry of least worth.  True: an entry that was worth something was
 * evicted.
 */
bool healthcode_table_put(healthcode_table_t *table, uint64_t *entry,
    unsigned same, healthcode_table_worth_pt worth, void *data);

/* Deletes every entry that has key, sound or not; whether there was one. */
bool healthcode_table_delete(healthcode_table_t *table, const uint64_t *key);

#endif
