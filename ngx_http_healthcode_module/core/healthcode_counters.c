/*
 * A table of named counters in memory of the caller, which processes share
 * without a lock and without pointers.  A name is some bytes; the caller says
 * what it means.  Knows no: clock, nginx, process, request, verdict.
 * docs/monitoring/metrics.md, "How they are kept".
 */

#include "healthcode_counters.h"


/* Words of the head: the layout, the places, when it began; the rest is 0. */
#define HEALTHCODE_COUNTERS_HEAD_LAYOUT  0
#define HEALTHCODE_COUNTERS_HEAD_PLACES  1
#define HEALTHCODE_COUNTERS_HEAD_SINCE   2
#define HEALTHCODE_COUNTERS_HEAD_WORDS   8

/* Of a name: the first byte is its length, what is behind it is 0. */
#define HEALTHCODE_COUNTERS_NAME_WORDS   32

/* Bytes of a place: its word of the index, its name, its cells. */
#define HEALTHCODE_COUNTERS_PLACE                                             \
    (sizeof(uint64_t) * (1 + HEALTHCODE_COUNTERS_NAME_WORDS                   \
                         + HEALTHCODE_COUNTERS_STRIPES))

/* Of the index: the name at this place is whole. */
#define HEALTHCODE_COUNTERS_NAMED        UINT64_C(1)

/* Nobody is counted at place 0 but who has no place. */
#define HEALTHCODE_COUNTERS_NOWHERE      0

/* A name stands no farther than this from where its hash says. */
#define HEALTHCODE_COUNTERS_PROBES       64

_Static_assert(HEALTHCODE_COUNTERS_NAME_WORDS * sizeof(uint64_t)
               == HEALTHCODE_COUNTERS_NAME + 1
               && HEALTHCODE_COUNTERS_STRIPES == 64
               && HEALTHCODE_COUNTERS_HEAD_WORDS == 8,
               "the memory is laid out otherwise: change the layout's number");


static size_t healthcode_counters_place(const healthcode_counters_t *counters,
    healthcode_str_t name);
static uint64_t healthcode_counters_hash(healthcode_str_t name);
static void healthcode_counters_name(const healthcode_counters_t *counters,
    size_t place, healthcode_str_t name);
static uint64_t healthcode_counters_sum(const healthcode_counters_t *counters,
    size_t place);


size_t
healthcode_counters_size(size_t counters)
{
    /* one is for the overflow; all rows begin where a line of memory does */
    size_t  places = (counters + 1 + 7) / 8 * 8;

    return HEALTHCODE_COUNTERS_HEAD_WORDS * sizeof(uint64_t)
           + places * HEALTHCODE_COUNTERS_PLACE;
}


bool
healthcode_counters_init(healthcode_counters_t *counters, void *memory,
    size_t bytes, uint64_t now)
{
    size_t     places;
    uint64_t   layout, *head = memory;

    if (bytes < healthcode_counters_size(1)) {
        return false;
    }

    places = (bytes - HEALTHCODE_COUNTERS_HEAD_WORDS * sizeof(uint64_t))
             / HEALTHCODE_COUNTERS_PLACE / 8 * 8;

    layout = healthcode_atomic_load(&head[HEALTHCODE_COUNTERS_HEAD_LAYOUT]);

    if (layout == 0) {
        healthcode_atomic_store(&head[HEALTHCODE_COUNTERS_HEAD_PLACES], places);
        healthcode_atomic_store(&head[HEALTHCODE_COUNTERS_HEAD_SINCE], now);
        healthcode_atomic_store(&head[HEALTHCODE_COUNTERS_HEAD_LAYOUT],
                                HEALTHCODE_COUNTERS_LAYOUT);

    } else if (layout != HEALTHCODE_COUNTERS_LAYOUT
               || healthcode_atomic_load(&head[HEALTHCODE_COUNTERS_HEAD_PLACES])
                  != places)
    {
        return false;
    }

    counters->head = head;
    counters->places = places;
    counters->index = head + HEALTHCODE_COUNTERS_HEAD_WORDS;
    counters->names = counters->index + places;
    counters->cells = counters->names
                      + places * HEALTHCODE_COUNTERS_NAME_WORDS;

    return true;
}


uint64_t
healthcode_counters_since(const healthcode_counters_t *counters)
{
    return healthcode_atomic_load(
               &counters->head[HEALTHCODE_COUNTERS_HEAD_SINCE]);
}


uint64_t *
healthcode_counters_cell(const healthcode_counters_t *counters,
    healthcode_str_t name, unsigned stripe, bool *fits)
{
    size_t  place;

    place = healthcode_counters_place(counters, name);
    stripe %= HEALTHCODE_COUNTERS_STRIPES;

    *fits = (place != HEALTHCODE_COUNTERS_NOWHERE);

    return counters->cells + stripe * counters->places + place;
}


/*
 * Two that find an empty place for one name both win it, since they claim it
 * with the same word.  Whoever finds a name that is not whole writes it, too:
 * the same words, so that it does not matter who is first, or is killed.
 */
static size_t
healthcode_counters_place(const healthcode_counters_t *counters,
    healthcode_str_t name)
{
    size_t    place;
    uint64_t  hash, word;

    if (name.len == 0 || name.len > HEALTHCODE_COUNTERS_NAME) {
        return HEALTHCODE_COUNTERS_NOWHERE;
    }

    hash = healthcode_counters_hash(name);

    for (size_t i = 0;
         i < HEALTHCODE_COUNTERS_PROBES && i < counters->places - 1;
         i++)
    {
        place = 1 + (size_t) (((hash >> 1) + i) % (counters->places - 1));
        word = healthcode_atomic_load(&counters->index[place]);

        if (word == 0
            && healthcode_atomic_replace(&counters->index[place], &word, hash))
        {
            word = hash;
        }

        if ((word & ~HEALTHCODE_COUNTERS_NAMED) != hash) {
            continue;
        }

        if (word == hash) {
            healthcode_counters_name(counters, place, name);
        }

        return place;
    }

    return HEALTHCODE_COUNTERS_NOWHERE;
}


/* Never 0, and without the bit that says that the name is whole. */
static uint64_t
healthcode_counters_hash(healthcode_str_t name)
{
    uint64_t  hash = healthcode_str_hash(0, name);

    /* MurmurHash3's finaliser */
    hash = (hash ^ (hash >> 33)) * UINT64_C(0xff51afd7ed558ccd);
    hash = (hash ^ (hash >> 33)) * UINT64_C(0xc4ceb9fe1a85ec53);
    hash = (hash ^ (hash >> 33)) & ~HEALTHCODE_COUNTERS_NAMED;

    return hash ? hash : ~HEALTHCODE_COUNTERS_NAMED;
}


static void
healthcode_counters_name(const healthcode_counters_t *counters, size_t place,
    healthcode_str_t name)
{
    uint8_t    bytes[HEALTHCODE_COUNTERS_NAME + 1] = { 0 };
    uint64_t   words[HEALTHCODE_COUNTERS_NAME_WORDS];
    uint64_t  *to = counters->names + place * HEALTHCODE_COUNTERS_NAME_WORDS;

    bytes[0] = (uint8_t) name.len;
    memcpy(bytes + 1, name.data, name.len);
    memcpy(words, bytes, sizeof(bytes));

    for (size_t i = 0; i < HEALTHCODE_COUNTERS_NAME_WORDS; i++) {
        healthcode_atomic_store(&to[i], words[i]);
    }

    healthcode_atomic_store(&counters->index[place],
                            healthcode_counters_hash(name)
                            | HEALTHCODE_COUNTERS_NAMED);
}


bool
healthcode_counters_read(const healthcode_counters_t *counters, size_t place,
    uint8_t name[HEALTHCODE_COUNTERS_NAME], size_t *len, uint64_t *sum)
{
    uint8_t          bytes[HEALTHCODE_COUNTERS_NAME + 1];
    uint64_t         words[HEALTHCODE_COUNTERS_NAME_WORDS];
    const uint64_t  *from;

    if ((healthcode_atomic_load(&counters->index[place])
         & HEALTHCODE_COUNTERS_NAMED)
        == 0)
    {
        return false;
    }

    from = counters->names + place * HEALTHCODE_COUNTERS_NAME_WORDS;

    for (size_t i = 0; i < HEALTHCODE_COUNTERS_NAME_WORDS; i++) {
        words[i] = healthcode_atomic_load(&from[i]);
    }

    memcpy(bytes, words, sizeof(words));

    *len = bytes[0];
    memcpy(name, bytes + 1, bytes[0]);
    *sum = healthcode_counters_sum(counters, place);

    return true;
}


uint64_t
healthcode_counters_overflow(const healthcode_counters_t *counters)
{
    return healthcode_counters_sum(counters, HEALTHCODE_COUNTERS_NOWHERE);
}


static uint64_t
healthcode_counters_sum(const healthcode_counters_t *counters, size_t place)
{
    uint64_t  sum = 0;

    for (size_t i = 0; i < HEALTHCODE_COUNTERS_STRIPES; i++) {
        sum += healthcode_atomic_load(
                   &counters->cells[i * counters->places + place]);
    }

    return sum;
}
