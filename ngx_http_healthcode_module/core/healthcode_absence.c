/*
 * Holders without a flag, and which owner has read that.  The module stores
 * absence alone: a holder with a flag is read from the store each time.  The
 * clock is an argument.  Knows no: nginx, connection, request.  docs/cache.md.
 */

#include "healthcode_absence.h"
#include "healthcode_atomic.h"


/* The words of an entry; a checksum is the last one. */
enum {
    HEALTHCODE_ABSENCE_HOLDER = 0,    /* two words */
    HEALTHCODE_ABSENCE_STORE = 2,
    HEALTHCODE_ABSENCE_OWNER,         /* and its epoch */
    HEALTHCODE_ABSENCE_STORED         /* when, ms */
};

_Static_assert(HEALTHCODE_ABSENCE_WORDS == 6
               && HEALTHCODE_HOLDER_LEN == 2 * sizeof(uint64_t)
               && HEALTHCODE_ABSENCE_HOLDER == 0
               && HEALTHCODE_ABSENCE_STORE == 2
               && HEALTHCODE_ABSENCE_OWNER == 3
               && HEALTHCODE_ABSENCE_STORED == 4,
               "an entry is laid out otherwise: see healthcode_table.h");

/* Holder and store: two entries that agree in these are one. */
#define HEALTHCODE_ABSENCE_SAME  3


/* By what entries are judged when one has to make room. */
typedef struct {
    const healthcode_absence_t  *absence;
    uint64_t                     oldest;
} healthcode_absence_worth_t;


/* Owners that keep the rest of what is asked. */
typedef struct {
    const healthcode_owner_t *const  *owners;
    size_t                            n;
} healthcode_absence_others_t;


static uint64_t healthcode_absence_worth(const uint64_t *entry, void *data);
static bool healthcode_absence_is_fresh(const healthcode_owner_t *owner,
    const uint64_t *place, const uint64_t *entry,
    const healthcode_absence_others_t *others, healthcode_clock_pt clock,
    void *data);
static uint64_t healthcode_absence_until(
    const healthcode_absence_others_t *others);
static uint64_t *healthcode_owner_lease(const healthcode_owner_t *owner);


bool
healthcode_absence_table(healthcode_absence_t *absence, void *memory,
    size_t bytes)
{
    return healthcode_table_init(&absence->table, memory, bytes,
                                 HEALTHCODE_ABSENCE_WORDS,
                                 HEALTHCODE_ABSENCE_STORE);
}


void
healthcode_absence_prefetch(const healthcode_absence_t *absence,
    const uint8_t *holder)
{
    uint64_t  key[2];

    memcpy(key, holder, HEALTHCODE_HOLDER_LEN);

    healthcode_table_prefetch(&absence->table, key);
}


void
healthcode_owner_start(healthcode_owner_t *owner)
{
    owner->live = false;
    healthcode_lease_renounce(healthcode_owner_lease(owner));
    owner->counts = false;
}


void
healthcode_owner_live(healthcode_owner_t *owner, uint64_t store)
{
    owner->store = store;
    owner->live = true;
    owner->counts = true;
}


void
healthcode_owner_part(healthcode_owner_t *owner)
{
    owner->live = false;
}


void
healthcode_owner_lose(healthcode_owner_t *owner)
{
    owner->live = false;
    healthcode_lease_renounce(healthcode_owner_lease(owner));
    owner->counts = false;
}


void
healthcode_owner_renounce(healthcode_owner_t *owner)
{
    healthcode_lease_renounce(healthcode_owner_lease(owner));
}


bool
healthcode_owner_is_fresh(const healthcode_owner_t *owner, uint64_t now)
{
    return owner->counts
           && now < healthcode_lease_until(
                        healthcode_atomic_load(healthcode_owner_lease(owner)));
}


bool
healthcode_owner_is_spent(const healthcode_owner_t *owner)
{
    return healthcode_owner_epoch(owner) == HEALTHCODE_LEASE_EPOCH_LAST;
}


uint64_t
healthcode_owner_epoch(const healthcode_owner_t *owner)
{
    return healthcode_lease_epoch(
               healthcode_atomic_load(healthcode_owner_lease(owner)));
}


void
healthcode_owner_renew(healthcode_owner_t *owner, uint64_t epoch,
    uint64_t sent, uint64_t until)
{
    uint64_t  end = sent + owner->length;

    if (owner->live && epoch == healthcode_owner_epoch(owner)) {
        healthcode_lease_extend(healthcode_owner_lease(owner),
                                end < until ? end : until);
    }
}


bool
healthcode_owner_store(healthcode_owner_t *owner, uint64_t epoch,
    const uint8_t *holder, uint64_t now)
{
    uint64_t                    entry[HEALTHCODE_ABSENCE_WORDS];
    healthcode_absence_worth_t  worth;

    if (!owner->live || epoch != healthcode_owner_epoch(owner)) {
        return false;
    }

    memcpy(entry, holder, HEALTHCODE_HOLDER_LEN);
    entry[HEALTHCODE_ABSENCE_STORE] = owner->store;
    entry[HEALTHCODE_ABSENCE_OWNER] =
        (uint64_t) owner->number << HEALTHCODE_LEASE_EPOCH_BITS | epoch;
    entry[HEALTHCODE_ABSENCE_STORED] = now;

    worth.absence = owner->absence;
    worth.oldest = (now > owner->max_age) ? now - owner->max_age : 0;

    return healthcode_table_put(&owner->absence->table, entry,
                                HEALTHCODE_ABSENCE_SAME,
                                healthcode_absence_worth, &worth);
}


/*
 * 0 if the entry is dead: its owner is in another epoch, or it is too old.
 * Otherwise an entry is worth more the later it was stored.
 */
static uint64_t
healthcode_absence_worth(const uint64_t *entry, void *data)
{
    uint64_t                     owner, lease;
    healthcode_absence_worth_t  *worth = data;

    owner = entry[HEALTHCODE_ABSENCE_OWNER];

    if (owner >> HEALTHCODE_LEASE_EPOCH_BITS >= worth->absence->nleases) {
        return 0;
    }

    lease = healthcode_atomic_load(worth->absence->leases
                                   + (owner >> HEALTHCODE_LEASE_EPOCH_BITS));

    if (healthcode_lease_epoch(lease) != (owner & HEALTHCODE_LEASE_EPOCH_LAST)
        || entry[HEALTHCODE_ABSENCE_STORED] <= worth->oldest)
    {
        return 0;
    }

    return entry[HEALTHCODE_ABSENCE_STORED];
}


bool
healthcode_owner_forget(healthcode_owner_t *owner, const uint8_t *holder)
{
    uint64_t  key[2];

    memcpy(key, holder, HEALTHCODE_HOLDER_LEN);

    return healthcode_table_delete(&owner->absence->table, key);
}


bool
healthcode_owner_refute(healthcode_owner_t *owner, const uint8_t *holder)
{
    unsigned  looked = 0;
    uint64_t  key[2], entry[HEALTHCODE_ABSENCE_WORDS];

    memcpy(key, holder, HEALTHCODE_HOLDER_LEN);

    while (healthcode_table_next(&owner->absence->table, key, &looked, entry)) {
        if (entry[HEALTHCODE_ABSENCE_STORE] == owner->store) {
            return healthcode_owner_forget(owner, holder);
        }
    }

    return false;
}


bool
healthcode_owner_finds(const healthcode_owner_t *owner, const uint8_t *holder,
    healthcode_clock_pt clock, void *data)
{
    return healthcode_owner_finds_with(owner, holder, NULL, 0, clock, data);
}


bool
healthcode_owner_finds_with(const healthcode_owner_t *owner,
    const uint8_t *holder, const healthcode_owner_t *const *others, size_t n,
    healthcode_clock_pt clock, void *data)
{
    unsigned                   looked = 0;
    uint64_t                   key[2], entry[HEALTHCODE_ABSENCE_WORDS];
    const uint64_t            *place;
    const healthcode_table_t  *table = &owner->absence->table;

    const healthcode_absence_others_t  rest = { others, n };

    if (!owner->counts) {
        return false;
    }

    memcpy(key, holder, HEALTHCODE_HOLDER_LEN);

    while ((place = healthcode_table_next(table, key, &looked, entry))) {

        if (entry[HEALTHCODE_ABSENCE_STORE] == owner->store
            && healthcode_absence_is_fresh(owner, place, entry, &rest, clock,
                                           data))
        {
            return true;
        }
    }

    return false;
}


/*
 * The order is the proof: whoever sees a lease that was renewed after a flag
 * was set sees the entry deleted, since its owner did that first; and with the
 * clock read last, a worker that was stopped in between sees it too late.
 */
static bool
healthcode_absence_is_fresh(const healthcode_owner_t *owner,
    const uint64_t *place, const uint64_t *entry,
    const healthcode_absence_others_t *others, healthcode_clock_pt clock,
    void *data)
{
    uint64_t                     number, lease, own, until, now;
    const healthcode_absence_t  *absence = owner->absence;

    number = entry[HEALTHCODE_ABSENCE_OWNER] >> HEALTHCODE_LEASE_EPOCH_BITS;

    if (number >= absence->nleases) {
        return false;
    }

    until = healthcode_absence_until(others);
    lease = healthcode_atomic_load(absence->leases + number);
    own = healthcode_atomic_load(healthcode_owner_lease(owner));

    if (!healthcode_table_is_at(&absence->table, place, entry)) {
        return false;
    }

    now = clock(data);

    return healthcode_lease_epoch(lease)
               == (entry[HEALTHCODE_ABSENCE_OWNER]
                   & HEALTHCODE_LEASE_EPOCH_LAST)
           && now < healthcode_lease_until(lease)
           && now < healthcode_lease_until(own)
           && now < until
           && now < entry[HEALTHCODE_ABSENCE_STORED] + owner->max_age;
}


/* When the first of their leases ends; 0: one of them does not count. */
static uint64_t
healthcode_absence_until(const healthcode_absence_others_t *others)
{
    uint64_t                   lease, until = UINT64_MAX;
    const healthcode_owner_t  *owner;

    for (size_t i = 0; i < others->n; i++) {

        owner = others->owners[i];

        lease = owner->counts
                ? healthcode_lease_until(
                      healthcode_atomic_load(healthcode_owner_lease(owner)))
                : 0;

        until = (lease < until) ? lease : until;
    }

    return until;
}


static uint64_t *
healthcode_owner_lease(const healthcode_owner_t *owner)
{
    return owner->absence->leases + owner->number;
}
