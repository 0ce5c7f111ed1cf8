/*
 * Leases: how long what an owner has stored is valid.  An owner is one worker's
 * connection to one store; its lease is one word, which all workers read and it
 * alone writes.  The time is an argument.  Knows no: connection, holder,
 * request.  docs/cache.md.
 */

#include "healthcode_atomic.h"
#include "healthcode_lease.h"


void
healthcode_lease_renounce(uint64_t *lease)
{
    uint64_t  epoch = healthcode_lease_epoch(healthcode_atomic_load(lease));

    if (epoch < HEALTHCODE_LEASE_EPOCH_LAST) {
        epoch++;
    }

    healthcode_atomic_store(lease, epoch << HEALTHCODE_LEASE_UNTIL_BITS);
}


void
healthcode_lease_extend(uint64_t *lease, uint64_t until)
{
    uint64_t  word = healthcode_atomic_load(lease);
    uint64_t  epoch = healthcode_lease_epoch(word);

    /* an epoch that could come again must not be believed now */
    if (epoch == HEALTHCODE_LEASE_EPOCH_LAST) {
        return;
    }

    if (healthcode_lease_until(word) < until
        && until >> HEALTHCODE_LEASE_UNTIL_BITS == 0)
    {
        healthcode_atomic_store(lease, (epoch << HEALTHCODE_LEASE_UNTIL_BITS)
                                       | until);
    }
}
