/*
 * Holders without a flag, and which owner has read that.  The module stores
 * absence alone: a holder with a flag is read from the store each time.  The
 * clock is an argument.  Knows no: nginx, connection, request.  docs/cache.md.
 */

#ifndef HEALTHCODE_ABSENCE_H
#define HEALTHCODE_ABSENCE_H

#include "healthcode_holder.h"
#include "healthcode_lease.h"
#include "healthcode_table.h"


/* Of 8 bytes each: what an entry takes. */
#define HEALTHCODE_ABSENCE_WORDS  6


/* Milliseconds of a clock that all processes share and nobody sets back. */
typedef uint64_t (*healthcode_clock_pt)(void *data);


/* Holders of all stores, and the leases of all owners, in shared memory. */
typedef struct {
    healthcode_table_t  table;
    uint64_t           *leases;
    unsigned            nleases;
} healthcode_absence_t;


/*
 * One worker's connection to one store.  live: it has proved itself and is
 * tracked, so that a change of what was read on it is pushed to it, in order.
 * counts: it has been, and nothing but its connection has ended since, so that
 * what was stored may be used for as long as its lease says.
 */
typedef struct {
    healthcode_absence_t  *absence;
    unsigned               number;    /* of its lease */
    uint64_t               length;    /* of its lease, ms */
    uint64_t               max_age;   /* of an entry, ms */
    uint64_t               store;     /* which one, and which data in it */
    bool                   live;
    bool                   counts;
} healthcode_owner_t;


/* What one process counts, in shared memory; nobody else writes it. */
typedef struct {
    uint64_t  hits;
    uint64_t  misses;
    uint64_t  stored;
    uint64_t  evicted;      /* living ones that had to make room */
    uint64_t  forgotten;    /* changed in the store */
    uint64_t  epochs;       /* times that all of an owner's died */
} healthcode_absence_counters_t;

_Static_assert(sizeof(healthcode_absence_counters_t) == 48
               && offsetof(healthcode_absence_counters_t, hits) == 0
               && offsetof(healthcode_absence_counters_t, misses) == 8
               && offsetof(healthcode_absence_counters_t, stored) == 16
               && offsetof(healthcode_absence_counters_t, evicted) == 24
               && offsetof(healthcode_absence_counters_t, forgotten) == 32
               && offsetof(healthcode_absence_counters_t, epochs) == 40,
               "counters are laid out otherwise: see healthcode_table.h");


/*
 * Lays the table of absence over memory (see healthcode_table_init()); its
 * leases are set by the caller.
 */
bool healthcode_absence_table(healthcode_absence_t *absence, void *memory,
    size_t bytes);

/* Has the processor fetch where holder mostly is. */
void healthcode_absence_prefetch(const healthcode_absence_t *absence,
    const uint8_t *holder);

/* An owner that begins, in the place of one that may be dead: all of it set
   but store, live and counts. */
void healthcode_owner_start(healthcode_owner_t *owner);

/*
 * It has a connection that is tracked, to a store that has proved itself, and
 * has stored nothing in this epoch.
 */
void healthcode_owner_live(healthcode_owner_t *owner, uint64_t store);

/*
 * Its connection is gone: nothing is stored or renewed.  What was stored stays
 * good until its lease ends: of what the store has acknowledged before it
 * answered the heartbeat that renewed the lease, all was pushed before that
 * answer, on the same connection; and the lease is no longer than the time in
 * which the rest may be missed.
 */
void healthcode_owner_part(healthcode_owner_t *owner);

/*
 * The store is not the one that it was, or has said that it proves nothing, or
 * is about to be read anew: nothing that was stored counts any more.
 */
void healthcode_owner_lose(healthcode_owner_t *owner);

/* Everything in the store may have changed: likewise, but it stays live. */
void healthcode_owner_renounce(healthcode_owner_t *owner);

/*
 * Whether its lease lasts at the time now, ms: the store has proved itself not
 * long ago, and has not said otherwise since, connection or not.
 */
bool healthcode_owner_is_fresh(const healthcode_owner_t *owner, uint64_t now);

/*
 * Whether its epoch is the last one, in which nothing is ever fresh: it keeps
 * nothing any more (see healthcode_lease_renounce()).
 */
bool healthcode_owner_is_spent(const healthcode_owner_t *owner);

/* The epoch now, to be noted when a read or a heartbeat is sent. */
uint64_t healthcode_owner_epoch(const healthcode_owner_t *owner);

/*
 * The store has proved itself in answer to what was sent at the time sent, ms,
 * in epoch: for the length of the lease since then, and no longer than until,
 * ms, what was stored is fresh.
 */
void healthcode_owner_renew(healthcode_owner_t *owner, uint64_t epoch,
    uint64_t sent, uint64_t until);

/*
 * A read that was sent in epoch, and answered at the time now, ms, found no
 * flag of holder, HEALTHCODE_HOLDER_LEN bytes.  True: a living entry had to
 * make room.
 */
bool healthcode_owner_store(healthcode_owner_t *owner, uint64_t epoch,
    const uint8_t *holder, uint64_t now);

/* A flag of holder was set or cleared; whether there was an entry. */
bool healthcode_owner_forget(healthcode_owner_t *owner, const uint8_t *holder);

/*
 * A flag of holder was read in the owner's store: likewise, if anybody has
 * stored otherwise of this store.
 */
bool healthcode_owner_refute(healthcode_owner_t *owner, const uint8_t *holder);

/*
 * Whether holder is known to have no flag in the owner's store, whoever has
 * read it; and whether the owner's own lease is fresh, under which it keeps
 * the rest of what is asked.  The clock is read last.
 */
bool healthcode_owner_finds(const healthcode_owner_t *owner,
    const uint8_t *holder, healthcode_clock_pt clock, void *data);

/*
 * Likewise, where the rest is kept by n other owners: their leases are fresh as
 * well, by the same clock.
 */
bool healthcode_owner_finds_with(const healthcode_owner_t *owner,
    const uint8_t *holder, const healthcode_owner_t *const *others, size_t n,
    healthcode_clock_pt clock, void *data);

#endif
