/*
 * Leases: how long what an owner has stored is valid.  An owner is one worker's
 * connection to one store; its lease is one word, which all workers read and it
 * alone writes.  The time is an argument.  Knows no: connection, holder,
 * request.  docs/cache.md.
 */

#ifndef HEALTHCODE_LEASE_H
#define HEALTHCODE_LEASE_H

#include <stdbool.h>
#include <stdint.h>


/*
 * The words are read together, as one: the epoch, and the millisecond before
 * which entries of this epoch are fresh, of the clock that all owners share.
 */
#define HEALTHCODE_LEASE_EPOCH_BITS  24
#define HEALTHCODE_LEASE_UNTIL_BITS  40
#define HEALTHCODE_LEASE_EPOCH_LAST  ((UINT64_C(1)                            \
                                      << HEALTHCODE_LEASE_EPOCH_BITS) - 1)

_Static_assert(HEALTHCODE_LEASE_EPOCH_BITS == 24
               && HEALTHCODE_LEASE_UNTIL_BITS == 40,
               "a lease is laid out otherwise: see healthcode_table.h");


static inline uint64_t
healthcode_lease_epoch(uint64_t lease)
{
    return lease >> HEALTHCODE_LEASE_UNTIL_BITS;
}


static inline uint64_t
healthcode_lease_until(uint64_t lease)
{
    return lease & ((UINT64_C(1) << HEALTHCODE_LEASE_UNTIL_BITS) - 1);
}


/*
 * Begins a new epoch, in which nothing is stored yet and nothing is fresh: all
 * that the owner has stored is dead at once.  The last epoch, after 16 million
 * of them, stays, and can never be fresh.
 */
void healthcode_lease_renounce(uint64_t *lease);

/* Makes this epoch's entries fresh before until, or for as long as they are. */
void healthcode_lease_extend(uint64_t *lease, uint64_t until);

#endif
