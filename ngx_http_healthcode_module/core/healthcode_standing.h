/*
 * What each worker says of each store: up or down, since when, and what the
 * last heartbeat told; and what all of them say together.  In memory of the
 * caller, which processes share without a lock.  Times are arguments.
 * Knows no: clock, nginx, process, request, verdict.
 * docs/monitoring/metrics.md, "State of stores".
 */

#ifndef HEALTHCODE_STANDING_H
#define HEALTHCODE_STANDING_H

#include "healthcode_atomic.h"
#include "healthcode_str.h"


/* The layout of the memory, as HEALTHCODE_COUNTERS_LAYOUT. */
#define HEALTHCODE_STANDING_LAYOUT   UINT64_C(0x6865616c74685303)

/*
 * Milliseconds: what a worker has said counts for so long.  It says it again
 * each second, so whoever does not has died or does not run.
 */
#define HEALTHCODE_STANDING_LIFE     5000
#define HEALTHCODE_STANDING_PERIOD   1000


typedef struct {
    uint64_t  *head;
    uint64_t  *claims;     /* a word a place: 0, or who has it, since when */
    uint64_t  *rows;
    size_t     places;
} healthcode_standings_t;


/* What sentinels say of the master of a store; all zero: it has none. */
typedef struct {
    unsigned   sentinels;  /* that are configured; below 256 */
    unsigned   reachable;  /* of these, that have answered lately */
    unsigned   agreeing;   /* of these, that name the master */
    uint8_t    master[16]; /* its address */
    uint8_t    len;        /* 4: IPv4, 16: IPv6, 0: none is named */
    uint16_t   port;
    uint64_t   epoch;      /* of the configuration that names it */
    uint64_t   since;      /* Unix seconds: named */
} healthcode_standing_lead_t;


/* What one worker says of one store. */
typedef struct {
    bool       is_up;
    unsigned   reason;     /* why it is down; below 256 */
    uint64_t   since;      /* Unix seconds: up, or down */
    uint64_t   beat;       /* ms: the last good heartbeat; 0: none yet */
    bool       is_timed;
    int64_t    ahead;      /* ms: the store's clock; if is_timed */
    bool       has_keys;
    uint64_t   keys;       /* that its server tracks; if has_keys */
    bool       is_replica;
    bool       is_offline; /* it is cut off, and goes on */
    int64_t    tick_age;   /* ms: when the tick of a replica was last read */
    healthcode_standing_lead_t  lead;
} healthcode_standing_t;


/* Whose: all zero before the first word of a worker on a store. */
typedef struct {
    size_t     place;      /* 0: none yet */
    uint64_t   claim;
} healthcode_standing_seat_t;


/* What living workers of the newest configuration say. */
typedef struct {
    unsigned               up, down;   /* so many workers; none: not known */
    healthcode_standing_t  standing;   /* down if one of them says so */
} healthcode_standing_sum_t;


/*
 * The number that stands in memory which is laid out so: of
 * HEALTHCODE_STANDING_LAYOUT, and of the list of reasons, since a row has the
 * number of one.
 */
uint64_t healthcode_standing_layout(void);

/* Bytes of memory for so many pairs of a worker and a store. */
size_t healthcode_standing_size(size_t places);

/*
 * Lays standings over bytes of memory, aligned to 64, which the caller owns;
 * all zero is empty, otherwise what is there stays.  False, and nothing is
 * changed: another layout or size, or no room.
 */
bool healthcode_standing_init(healthcode_standings_t *standings, void *memory,
    size_t bytes);

/* A new configuration: its number, larger than all before. */
uint64_t healthcode_standing_begin(const healthcode_standings_t *standings);

/*
 * A worker says what standing is at now, ms of a clock that all processes
 * share and nobody sets back.  seat is its own, of this store; process is a
 * number that no other living process has; store is a hash of its name.
 * False: there is no room; it may be said again.
 */
bool healthcode_standing_say(const healthcode_standings_t *standings,
    healthcode_standing_seat_t *seat, uint64_t configuration, uint64_t process,
    uint64_t store, const healthcode_standing_t *standing, uint64_t now);

/* A worker ends: what it said does not count any more. */
void healthcode_standing_leave(const healthcode_standings_t *standings,
    healthcode_standing_seat_t *seat);

/* Whether both name one master in one epoch. */
bool healthcode_standing_is_lead(const healthcode_standing_lead_t *a,
    const healthcode_standing_lead_t *b);

/*
 * What the workers say of a store at now.  Down since the first of them said
 * so, for the reason of that one; up since the last one has been; the youngest
 * heartbeat; the oldest tick, and whether one goes on offline; the clock by the
 * worker to which the answer came fastest; the most keys; the fewest sentinels;
 * the master of the highest epoch that is named to one of them, since the first
 * of them heard so.
 */
void healthcode_standing_sum(const healthcode_standings_t *standings,
    uint64_t store, uint64_t now, healthcode_standing_sum_t *sum);

#endif
