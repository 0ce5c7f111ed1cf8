/*
 * Sums of the last hour by minute: at the end of each minute somebody writes
 * down the totals, and a minute is the difference of two.  In memory of the
 * caller, which processes share without a lock.  Times are arguments.
 * Knows no: clock, nginx, process, request, verdict.
 * docs/monitoring/metrics.md, "The last hour".
 */

#include "healthcode_history.h"


/*
 * Words of the head; the rest is 0.  _LAST: the minute at whose beginning
 * totals were written last, and the second of it at which this was begun.
 */
#define HEALTHCODE_HISTORY_HEAD_LAYOUT  0
#define HEALTHCODE_HISTORY_HEAD_LAST    1
#define HEALTHCODE_HISTORY_HEAD_WORDS   8

#define HEALTHCODE_HISTORY_BEGUN_BITS   8
#define HEALTHCODE_HISTORY_BEGUN                                              \
    ((UINT64_C(1) << HEALTHCODE_HISTORY_BEGUN_BITS) - 1)

/* Words of a row: the minute, the meaning, the values, the checksum. */
#define HEALTHCODE_HISTORY_MINUTE       0
#define HEALTHCODE_HISTORY_MEANING      1
#define HEALTHCODE_HISTORY_FIRST        2
#define HEALTHCODE_HISTORY_CHECKSUM     127
#define HEALTHCODE_HISTORY_WORDS        128

/* A minute has the row of its number. */
#define HEALTHCODE_HISTORY_ROWS         64

/* The last row is read so often before it counts as not written. */
#define HEALTHCODE_HISTORY_TRIES        100

_Static_assert(HEALTHCODE_HISTORY_FIRST + HEALTHCODE_HISTORY_VALUES
               <= HEALTHCODE_HISTORY_CHECKSUM
               && HEALTHCODE_HISTORY_MINUTES < HEALTHCODE_HISTORY_ROWS,
               "a row is too short, or there are too few");
_Static_assert(HEALTHCODE_HISTORY_HEAD_WORDS == 8
               && HEALTHCODE_HISTORY_WORDS == 128
               && HEALTHCODE_HISTORY_ROWS == 64,
               "the memory is laid out otherwise: change the layout's number");


static uint64_t *healthcode_history_row(const healthcode_history_t *history,
    uint64_t minute);
static uint64_t healthcode_history_checksum(const uint64_t *row);
static bool healthcode_history_take(const healthcode_history_t *history,
    uint64_t minute, uint64_t row[HEALTHCODE_HISTORY_WORDS]);
static bool healthcode_history_wait(const healthcode_history_t *history,
    uint64_t minute, bool is_last, uint64_t row[HEALTHCODE_HISTORY_WORDS]);
static void healthcode_history_minute(healthcode_history_minute_t *out,
    uint64_t minute, const uint64_t *from, const uint64_t *to, size_t n);


size_t
healthcode_history_size(void)
{
    return sizeof(uint64_t)
           * (HEALTHCODE_HISTORY_HEAD_WORDS
              + HEALTHCODE_HISTORY_ROWS * HEALTHCODE_HISTORY_WORDS);
}


bool
healthcode_history_init(healthcode_history_t *history, void *memory,
    size_t bytes)
{
    uint64_t  layout, *head = memory;

    if (bytes != healthcode_history_size()) {
        return false;
    }

    layout = healthcode_atomic_load(&head[HEALTHCODE_HISTORY_HEAD_LAYOUT]);

    if (layout == 0) {
        healthcode_atomic_store(&head[HEALTHCODE_HISTORY_HEAD_LAYOUT],
                                HEALTHCODE_HISTORY_LAYOUT);

    } else if (layout != HEALTHCODE_HISTORY_LAYOUT) {
        return false;
    }

    history->head = head;
    history->rows = head + HEALTHCODE_HISTORY_HEAD_WORDS;

    return true;
}


static uint64_t *
healthcode_history_row(const healthcode_history_t *history, uint64_t minute)
{
    return history->rows
           + minute % HEALTHCODE_HISTORY_ROWS * HEALTHCODE_HISTORY_WORDS;
}


/* ---- writing down ---- */

bool
healthcode_history_is_due(const healthcode_history_t *history, uint64_t now)
{
    uint64_t  last, row[HEALTHCODE_HISTORY_WORDS];

    last = healthcode_atomic_load(&history->head[HEALTHCODE_HISTORY_HEAD_LAST]);

    if (last >> HEALTHCODE_HISTORY_BEGUN_BITS != now / 60) {
        return true;
    }

    return now % 60 > (last & HEALTHCODE_HISTORY_BEGUN)
                      + HEALTHCODE_HISTORY_AGAIN
           && healthcode_atomic_load(healthcode_history_row(history, now / 60))
              != now / 60
           && !healthcode_history_take(history, now / 60, row);
}


/*
 * Whoever replaces the word of the head writes the row, first of all a 0 for
 * the minute and last the minute itself: a row that was not written to its end
 * is not read.  A clock that was set back finds a later minute
 * there, and goes on from its own; rows of later minutes are not read.
 */
void
healthcode_history_note(const healthcode_history_t *history, uint64_t meaning,
    const uint64_t *values, size_t n, uint64_t now)
{
    uint64_t   last, row[HEALTHCODE_HISTORY_WORDS] = { 0 };
    uint64_t  *to = healthcode_history_row(history, now / 60);
    uint64_t  *word = &history->head[HEALTHCODE_HISTORY_HEAD_LAST];

    last = healthcode_atomic_load(word);

    if (n > HEALTHCODE_HISTORY_VALUES
        || !healthcode_history_is_due(history, now)
        || !healthcode_atomic_replace(word, &last,
                         now / 60 << HEALTHCODE_HISTORY_BEGUN_BITS | now % 60))
    {
        return;
    }

    row[HEALTHCODE_HISTORY_MINUTE] = now / 60;
    row[HEALTHCODE_HISTORY_MEANING] = meaning;
    memcpy(row + HEALTHCODE_HISTORY_FIRST, values, n * sizeof(uint64_t));
    row[HEALTHCODE_HISTORY_CHECKSUM] = healthcode_history_checksum(row);

    healthcode_atomic_store(&to[HEALTHCODE_HISTORY_MINUTE], 0);

    for (size_t i = HEALTHCODE_HISTORY_WORDS; i > 0; i--) {
        healthcode_atomic_store(&to[i - 1], row[i - 1]);
    }
}


/* Two that write one row at once, one of them held up, leave another sum. */
static uint64_t
healthcode_history_checksum(const uint64_t *row)
{
    uint64_t  sum = 1;

    for (size_t i = 0; i < HEALTHCODE_HISTORY_CHECKSUM; i++) {
        sum = (sum ^ row[i]) * UINT64_C(0xff51afd7ed558ccd);
        sum ^= sum >> 33;
    }

    return sum;
}


/* ---- reading ---- */

size_t
healthcode_history_read(const healthcode_history_t *history, uint64_t meaning,
    const uint64_t *values, size_t n, uint64_t now,
    healthcode_history_minute_t out[HEALTHCODE_HISTORY_MINUTES])
{
    size_t     count = 0;
    uint64_t   minute = now / 60, last, at;
    uint64_t   from[HEALTHCODE_HISTORY_WORDS], to[HEALTHCODE_HISTORY_WORDS];

    if (n > HEALTHCODE_HISTORY_VALUES) {
        return 0;
    }

    last = healthcode_atomic_load(&history->head[HEALTHCODE_HISTORY_HEAD_LAST])
           >> HEALTHCODE_HISTORY_BEGUN_BITS;

    at = minute - (minute < HEALTHCODE_HISTORY_MINUTES - 1
                   ? minute : HEALTHCODE_HISTORY_MINUTES - 1);

    for ( /* void */ ; at <= minute && at <= last; at++) {

        if (!healthcode_history_wait(history, at, at == last, to)
            || to[HEALTHCODE_HISTORY_MEANING] != meaning)
        {
            if (count) {
                healthcode_history_minute(&out[count++], at, NULL, NULL, n);
            }

            continue;
        }

        if (count) {
            healthcode_history_minute(
                &out[from[HEALTHCODE_HISTORY_MINUTE] - out[0].time / 60],
                from[HEALTHCODE_HISTORY_MINUTE],
                from + HEALTHCODE_HISTORY_FIRST, to + HEALTHCODE_HISTORY_FIRST,
                n);
        }

        healthcode_history_minute(&out[count++], at, NULL, NULL, n);
        memcpy(from, to, sizeof(from));
    }

    if (count == 0) {
        return 0;
    }

    healthcode_history_minute(
        &out[from[HEALTHCODE_HISTORY_MINUTE] - out[0].time / 60],
        from[HEALTHCODE_HISTORY_MINUTE], from + HEALTHCODE_HISTORY_FIRST,
        values, n);

    for ( /* void */ ; at <= minute; at++) {
        healthcode_history_minute(&out[count++], at, NULL, NULL, n);
    }

    return count;
}


/* A row that is whole.  False: there is none of this minute. */
static bool
healthcode_history_take(const healthcode_history_t *history, uint64_t minute,
    uint64_t row[HEALTHCODE_HISTORY_WORDS])
{
    const uint64_t  *from = healthcode_history_row(history, minute);

    for (size_t i = 0; i < HEALTHCODE_HISTORY_WORDS; i++) {
        row[i] = healthcode_atomic_load(&from[i]);
    }

    return row[HEALTHCODE_HISTORY_MINUTE] == minute
           && row[HEALTHCODE_HISTORY_CHECKSUM]
              == healthcode_history_checksum(row);
}


/* Of a row that may be being written, which takes a microsecond. */
static bool
healthcode_history_wait(const healthcode_history_t *history, uint64_t minute,
    bool is_last, uint64_t row[HEALTHCODE_HISTORY_WORDS])
{
    unsigned  tries = is_last ? HEALTHCODE_HISTORY_TRIES : 1;

    while (tries && !healthcode_history_take(history, minute, row)) {
        tries--;
    }

    return tries != 0;
}


/* What was counted from from to to; from is NULL: nothing. */
static void
healthcode_history_minute(healthcode_history_minute_t *out, uint64_t minute,
    const uint64_t *from, const uint64_t *to, size_t n)
{
    memset(out, 0, sizeof(healthcode_history_minute_t));
    out->time = minute * 60;

    for (size_t i = 0; from && i < n; i++) {
        out->values[i] = (to[i] > from[i]) ? to[i] - from[i] : 0;
    }
}
