/*
 * What each worker says of each store: up or down, since when, and what the
 * last heartbeat told; and what all of them say together.  In memory of the
 * caller, which processes share without a lock.  Times are arguments.
 * Knows no: clock, nginx, process, request, verdict.
 * docs/monitoring/metrics.md, "State of stores".
 */

#include "healthcode_reason.h"
#include "healthcode_standing.h"


/* Words of the head; the rest is 0. */
#define HEALTHCODE_STANDING_HEAD_LAYOUT  0
#define HEALTHCODE_STANDING_HEAD_PLACES  1
#define HEALTHCODE_STANDING_HEAD_NEWEST  2
#define HEALTHCODE_STANDING_HEAD_WORDS   8

/* A claim: the process, and the time at which it was here last. */
#define HEALTHCODE_STANDING_PROCESS_BITS  24
#define HEALTHCODE_STANDING_PROCESS                                           \
    ((UINT64_C(1) << HEALTHCODE_STANDING_PROCESS_BITS) - 1)

/* Words of a row. */
#define HEALTHCODE_STANDING_STORE          0
#define HEALTHCODE_STANDING_CONFIGURATION  1
#define HEALTHCODE_STANDING_STATE          2
#define HEALTHCODE_STANDING_SINCE          3
#define HEALTHCODE_STANDING_BEAT           4
#define HEALTHCODE_STANDING_AHEAD          5
#define HEALTHCODE_STANDING_KEYS           6
#define HEALTHCODE_STANDING_LEAD           7
#define HEALTHCODE_STANDING_MASTER         8
#define HEALTHCODE_STANDING_EPOCH         10
#define HEALTHCODE_STANDING_NAMED         11
#define HEALTHCODE_STANDING_TICK_AGE      12
#define HEALTHCODE_STANDING_CHECKSUM      15
#define HEALTHCODE_STANDING_WORDS         16

/* Of _STATE; the reason is above them. */
#define HEALTHCODE_STANDING_UP      UINT64_C(1)
#define HEALTHCODE_STANDING_TIMED   UINT64_C(2)
#define HEALTHCODE_STANDING_KEYED   UINT64_C(4)
#define HEALTHCODE_STANDING_REPLICA UINT64_C(8)
#define HEALTHCODE_STANDING_OFFLINE UINT64_C(16)
#define HEALTHCODE_STANDING_REASON  8

/* Bits of _LEAD below each of its numbers; the port is above them. */
#define HEALTHCODE_STANDING_LEN        8
#define HEALTHCODE_STANDING_SENTINELS  16
#define HEALTHCODE_STANDING_REACHABLE  24
#define HEALTHCODE_STANDING_AGREEING   32
#define HEALTHCODE_STANDING_PORT       40

/* A row that somebody writes is read again so often. */
#define HEALTHCODE_STANDING_TRIES   8

_Static_assert(HEALTHCODE_STANDING_HEAD_WORDS == 8
               && HEALTHCODE_STANDING_PROCESS_BITS == 24
               && HEALTHCODE_STANDING_WORDS == 16
               && HEALTHCODE_STANDING_CHECKSUM == 15,
               "the memory is laid out otherwise: change the layout's number");


static bool healthcode_standing_claim(const healthcode_standings_t *standings,
    healthcode_standing_seat_t *seat, uint64_t process, uint64_t now);
static bool healthcode_standing_is_dead(uint64_t claim, uint64_t now);
static void healthcode_standing_pack(uint64_t row[HEALTHCODE_STANDING_WORDS],
    const healthcode_standing_t *standing);
static void healthcode_standing_unpack(
    const uint64_t row[HEALTHCODE_STANDING_WORDS],
    healthcode_standing_t *standing);
static void healthcode_standing_pack_lead(
    uint64_t row[HEALTHCODE_STANDING_WORDS],
    const healthcode_standing_lead_t *lead);
static void healthcode_standing_unpack_lead(
    const uint64_t row[HEALTHCODE_STANDING_WORDS],
    healthcode_standing_lead_t *lead);
static uint64_t healthcode_standing_checksum(
    const uint64_t row[HEALTHCODE_STANDING_WORDS], uint64_t process);
static bool healthcode_standing_take(const healthcode_standings_t *standings,
    size_t place, uint64_t now, uint64_t row[HEALTHCODE_STANDING_WORDS]);
static void healthcode_standing_add(healthcode_standing_sum_t *sum,
    const healthcode_standing_t *standing);
static void healthcode_standing_add_lead(healthcode_standing_lead_t *all,
    const healthcode_standing_lead_t *lead);


uint64_t
healthcode_standing_layout(void)
{
    return healthcode_reason_hash(HEALTHCODE_STANDING_LAYOUT);
}


size_t
healthcode_standing_size(size_t places)
{
    /* place 0 is nobody's; all rows begin where a line of memory does */
    places = (places + 1 + 7) / 8 * 8;

    return sizeof(uint64_t)
           * (HEALTHCODE_STANDING_HEAD_WORDS
              + places * (1 + HEALTHCODE_STANDING_WORDS));
}


bool
healthcode_standing_init(healthcode_standings_t *standings, void *memory,
    size_t bytes)
{
    size_t    places;
    uint64_t  layout, *head = memory;

    if (bytes < healthcode_standing_size(1)) {
        return false;
    }

    places = (bytes / sizeof(uint64_t) - HEALTHCODE_STANDING_HEAD_WORDS)
             / (1 + HEALTHCODE_STANDING_WORDS) / 8 * 8;

    layout = healthcode_atomic_load(&head[HEALTHCODE_STANDING_HEAD_LAYOUT]);

    if (layout == 0) {
        healthcode_atomic_store(&head[HEALTHCODE_STANDING_HEAD_PLACES], places);
        healthcode_atomic_store(&head[HEALTHCODE_STANDING_HEAD_LAYOUT],
                                healthcode_standing_layout());

    } else if (layout != healthcode_standing_layout()
               || healthcode_atomic_load(&head[HEALTHCODE_STANDING_HEAD_PLACES])
                  != places)
    {
        return false;
    }

    standings->head = head;
    standings->places = places;
    standings->claims = head + HEALTHCODE_STANDING_HEAD_WORDS;
    standings->rows = standings->claims + places;

    return true;
}


uint64_t
healthcode_standing_begin(const healthcode_standings_t *standings)
{
    uint64_t  *word = &standings->head[HEALTHCODE_STANDING_HEAD_NEWEST];
    uint64_t   last = healthcode_atomic_load(word);

    while (!healthcode_atomic_replace(word, &last, last + 1)) {
        /* another nginx, before or after an upgrade, was faster */
    }

    return last + 1;
}


/* ---- one worker ---- */

bool
healthcode_standing_say(const healthcode_standings_t *standings,
    healthcode_standing_seat_t *seat, uint64_t configuration, uint64_t process,
    uint64_t store, const healthcode_standing_t *standing, uint64_t now)
{
    uint64_t   row[HEALTHCODE_STANDING_WORDS] = { 0 };
    uint64_t  *to;

    process &= HEALTHCODE_STANDING_PROCESS;

    if (!healthcode_standing_claim(standings, seat, process, now)) {
        return false;
    }

    row[HEALTHCODE_STANDING_STORE] = store;
    row[HEALTHCODE_STANDING_CONFIGURATION] = configuration;
    healthcode_standing_pack(row, standing);
    row[HEALTHCODE_STANDING_CHECKSUM] = healthcode_standing_checksum(row,
                                                                     process);

    to = standings->rows + seat->place * HEALTHCODE_STANDING_WORDS;

    for (size_t i = 0; i < HEALTHCODE_STANDING_WORDS; i++) {
        healthcode_atomic_store(&to[i], row[i]);
    }

    return true;
}


/*
 * The place of seat, if it is still its own, or one that nobody living has.  A
 * worker that was stopped for longer than a life may find its place taken, even
 * while it writes: of a row that two have written the checksum is wrong until
 * one of them writes it again.
 */
static bool
healthcode_standing_claim(const healthcode_standings_t *standings,
    healthcode_standing_seat_t *seat, uint64_t process, uint64_t now)
{
    uint64_t  claim, mine;

    mine = now << HEALTHCODE_STANDING_PROCESS_BITS | process;
    claim = seat->claim;

    if (seat->place
        && healthcode_atomic_replace(&standings->claims[seat->place], &claim,
                                     mine))
    {
        seat->claim = mine;
        return true;
    }

    for (size_t place = 1; place < standings->places; place++) {

        claim = healthcode_atomic_load(&standings->claims[place]);

        if (healthcode_standing_is_dead(claim, now)
            && healthcode_atomic_replace(&standings->claims[place], &claim,
                                         mine))
        {
            seat->place = place;
            seat->claim = mine;
            return true;
        }
    }

    seat->place = 0;

    return false;
}


/* A time that lies ahead is that of a process whose clock is read later. */
static bool
healthcode_standing_is_dead(uint64_t claim, uint64_t now)
{
    return (claim >> HEALTHCODE_STANDING_PROCESS_BITS)
           + HEALTHCODE_STANDING_LIFE < now
           || claim == 0;
}


static void
healthcode_standing_pack(uint64_t row[HEALTHCODE_STANDING_WORDS],
    const healthcode_standing_t *standing)
{
    row[HEALTHCODE_STANDING_STATE] =
        (standing->is_up ? HEALTHCODE_STANDING_UP : 0)
        | (standing->is_timed ? HEALTHCODE_STANDING_TIMED : 0)
        | (standing->has_keys ? HEALTHCODE_STANDING_KEYED : 0)
        | (standing->is_replica ? HEALTHCODE_STANDING_REPLICA : 0)
        | (standing->is_offline ? HEALTHCODE_STANDING_OFFLINE : 0)
        | (uint64_t) (uint8_t) standing->reason << HEALTHCODE_STANDING_REASON;
    row[HEALTHCODE_STANDING_SINCE] = standing->since;
    row[HEALTHCODE_STANDING_BEAT] = standing->beat;
    row[HEALTHCODE_STANDING_AHEAD] = (uint64_t) standing->ahead;
    row[HEALTHCODE_STANDING_KEYS] = standing->keys;
    row[HEALTHCODE_STANDING_TICK_AGE] = (uint64_t) standing->tick_age;

    healthcode_standing_pack_lead(row, &standing->lead);
}


static void
healthcode_standing_unpack(const uint64_t row[HEALTHCODE_STANDING_WORDS],
    healthcode_standing_t *standing)
{
    uint64_t  state = row[HEALTHCODE_STANDING_STATE];

    standing->is_up = (state & HEALTHCODE_STANDING_UP) != 0;
    standing->is_timed = (state & HEALTHCODE_STANDING_TIMED) != 0;
    standing->has_keys = (state & HEALTHCODE_STANDING_KEYED) != 0;
    standing->reason = (unsigned) (state >> HEALTHCODE_STANDING_REASON);
    standing->since = row[HEALTHCODE_STANDING_SINCE];
    standing->beat = row[HEALTHCODE_STANDING_BEAT];
    standing->ahead = (int64_t) row[HEALTHCODE_STANDING_AHEAD];
    standing->keys = row[HEALTHCODE_STANDING_KEYS];
    standing->is_replica = (state & HEALTHCODE_STANDING_REPLICA) != 0;
    standing->is_offline = (state & HEALTHCODE_STANDING_OFFLINE) != 0;
    standing->tick_age = (int64_t) row[HEALTHCODE_STANDING_TICK_AGE];

    healthcode_standing_unpack_lead(row, &standing->lead);
}


static void
healthcode_standing_pack_lead(uint64_t row[HEALTHCODE_STANDING_WORDS],
    const healthcode_standing_lead_t *lead)
{
    row[HEALTHCODE_STANDING_LEAD] =
        (uint64_t) lead->len << HEALTHCODE_STANDING_LEN
        | (uint64_t) (uint8_t) lead->sentinels << HEALTHCODE_STANDING_SENTINELS
        | (uint64_t) (uint8_t) lead->reachable << HEALTHCODE_STANDING_REACHABLE
        | (uint64_t) (uint8_t) lead->agreeing << HEALTHCODE_STANDING_AGREEING
        | (uint64_t) lead->port << HEALTHCODE_STANDING_PORT;

    memcpy(&row[HEALTHCODE_STANDING_MASTER], lead->master,
           sizeof(lead->master));

    row[HEALTHCODE_STANDING_EPOCH] = lead->epoch;
    row[HEALTHCODE_STANDING_NAMED] = lead->since;
}


static void
healthcode_standing_unpack_lead(const uint64_t row[HEALTHCODE_STANDING_WORDS],
    healthcode_standing_lead_t *lead)
{
    uint64_t  numbers = row[HEALTHCODE_STANDING_LEAD];

    lead->len = (uint8_t) (numbers >> HEALTHCODE_STANDING_LEN);
    lead->sentinels = (uint8_t) (numbers >> HEALTHCODE_STANDING_SENTINELS);
    lead->reachable = (uint8_t) (numbers >> HEALTHCODE_STANDING_REACHABLE);
    lead->agreeing = (uint8_t) (numbers >> HEALTHCODE_STANDING_AGREEING);
    lead->port = (uint16_t) (numbers >> HEALTHCODE_STANDING_PORT);

    memcpy(lead->master, &row[HEALTHCODE_STANDING_MASTER],
           sizeof(lead->master));

    lead->epoch = row[HEALTHCODE_STANDING_EPOCH];
    lead->since = row[HEALTHCODE_STANDING_NAMED];
}


/*
 * Of the row as this process writes it: what another one left at the place, or
 * a killed one left half written, has another.
 */
static uint64_t
healthcode_standing_checksum(const uint64_t row[HEALTHCODE_STANDING_WORDS],
    uint64_t process)
{
    uint64_t  sum = process + 1;

    for (size_t i = 0; i < HEALTHCODE_STANDING_CHECKSUM; i++) {
        sum = (sum ^ row[i]) * UINT64_C(0xff51afd7ed558ccd);
        sum ^= sum >> 33;
    }

    return sum;
}


void
healthcode_standing_leave(const healthcode_standings_t *standings,
    healthcode_standing_seat_t *seat)
{
    if (seat->place) {
        (void) healthcode_atomic_replace(&standings->claims[seat->place],
                                         &seat->claim, 0);
        seat->place = 0;
    }
}


/* ---- all workers ---- */

void
healthcode_standing_sum(const healthcode_standings_t *standings, uint64_t store,
    uint64_t now, healthcode_standing_sum_t *sum)
{
    uint64_t               newest = 0;
    uint64_t               row[HEALTHCODE_STANDING_WORDS];
    healthcode_standing_t  standing;

    memset(sum, 0, sizeof(healthcode_standing_sum_t));

    for (size_t place = 1; place < standings->places; place++) {

        if (!healthcode_standing_take(standings, place, now, row)
            || row[HEALTHCODE_STANDING_STORE] != store
            || row[HEALTHCODE_STANDING_CONFIGURATION] < newest)
        {
            continue;
        }

        if (row[HEALTHCODE_STANDING_CONFIGURATION] > newest) {
            newest = row[HEALTHCODE_STANDING_CONFIGURATION];
            memset(sum, 0, sizeof(healthcode_standing_sum_t));
        }

        healthcode_standing_unpack(row, &standing);
        healthcode_standing_add(sum, &standing);
    }
}


/* What a living worker has at place.  False: nothing, or it is not whole. */
static bool
healthcode_standing_take(const healthcode_standings_t *standings, size_t place,
    uint64_t now, uint64_t row[HEALTHCODE_STANDING_WORDS])
{
    uint64_t         claim;
    const uint64_t  *from = standings->rows + place * HEALTHCODE_STANDING_WORDS;

    for (unsigned tries = 0; tries < HEALTHCODE_STANDING_TRIES; tries++) {

        claim = healthcode_atomic_load(&standings->claims[place]);

        if (healthcode_standing_is_dead(claim, now)) {
            return false;
        }

        for (size_t i = 0; i < HEALTHCODE_STANDING_WORDS; i++) {
            row[i] = healthcode_atomic_load(&from[i]);
        }

        if (row[HEALTHCODE_STANDING_CHECKSUM]
            == healthcode_standing_checksum(row, claim
                                                 & HEALTHCODE_STANDING_PROCESS))
        {
            return true;
        }
    }

    return false;
}


static void
healthcode_standing_add(healthcode_standing_sum_t *sum,
    const healthcode_standing_t *standing)
{
    bool                    counts;
    healthcode_standing_t  *all = &sum->standing;

    if (sum->up + sum->down == 0) {
        all->lead = standing->lead;
    }

    healthcode_standing_add_lead(&all->lead, &standing->lead);

    if (standing->is_up) {
        counts = (sum->down == 0
                  && (sum->up == 0 || standing->since > all->since));
        sum->up++;

    } else {
        counts = (sum->down == 0 || standing->since < all->since);
        sum->down++;
    }

    if (counts) {
        all->since = standing->since;
        all->reason = standing->reason;
    }

    all->is_up = (sum->down == 0);

    if (standing->beat > all->beat) {
        all->beat = standing->beat;
    }

    /* an answer that waited for its reader makes the store look behind */

    if (standing->is_timed
        && (!all->is_timed || standing->ahead > all->ahead))
    {
        all->is_timed = true;
        all->ahead = standing->ahead;
    }

    if (standing->has_keys
        && (!all->has_keys || standing->keys > all->keys))
    {
        all->has_keys = true;
        all->keys = standing->keys;
    }

    all->is_offline |= standing->is_offline;

    if (standing->is_replica
        && (!all->is_replica || standing->tick_age > all->tick_age))
    {
        all->is_replica = true;
        all->tick_age = standing->tick_age;
    }
}


/* The way to each sentinel is the same for all workers, until it is not. */
static void
healthcode_standing_add_lead(healthcode_standing_lead_t *all,
    const healthcode_standing_lead_t *lead)
{
    unsigned  reachable = all->reachable, agreeing = all->agreeing;

    if (lead->reachable < reachable) {
        reachable = lead->reachable;
    }

    if (lead->agreeing < agreeing) {
        agreeing = lead->agreeing;
    }

    if (lead->len
        && (all->len == 0 || lead->epoch > all->epoch
            || (healthcode_standing_is_lead(all, lead)
                && lead->since < all->since)))
    {
        *all = *lead;
    }

    all->reachable = reachable;
    all->agreeing = agreeing;
}


bool
healthcode_standing_is_lead(const healthcode_standing_lead_t *a,
    const healthcode_standing_lead_t *b)
{
    return a->len && a->len == b->len && a->port == b->port
           && a->epoch == b->epoch
           && memcmp(a->master, b->master, a->len) == 0;
}
