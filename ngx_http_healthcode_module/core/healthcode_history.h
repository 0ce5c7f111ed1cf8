/*
 * Sums of the last hour by minute: at the end of each minute somebody writes
 * down the totals, and a minute is the difference of two.  In memory of the
 * caller, which processes share without a lock.  Times are arguments.
 * Knows no: clock, nginx, process, request, verdict.
 * docs/monitoring/metrics.md, "The last hour".
 */

#ifndef HEALTHCODE_HISTORY_H
#define HEALTHCODE_HISTORY_H

#include "healthcode_atomic.h"
#include "healthcode_str.h"


/* The layout of the memory, as HEALTHCODE_COUNTERS_LAYOUT. */
#define HEALTHCODE_HISTORY_LAYOUT   UINT64_C(0x6865616c74684801)

/* Words that are kept of a minute, at most; what they are is the caller's. */
#define HEALTHCODE_HISTORY_VALUES   120

/* The minutes that can be read: sixty, and the one that runs. */
#define HEALTHCODE_HISTORY_MINUTES  61

/* Seconds: who began to write totals and has not ended by then was killed. */
#define HEALTHCODE_HISTORY_AGAIN    2


typedef struct {
    uint64_t  *head;
    uint64_t  *rows;
} healthcode_history_t;


/* What happened from time on, Unix seconds, for a minute. */
typedef struct {
    uint64_t   time;
    uint64_t   values[HEALTHCODE_HISTORY_VALUES];
} healthcode_history_minute_t;


/* Bytes of memory. */
size_t healthcode_history_size(void);

/*
 * Lays history over bytes of memory, aligned to 64, which the caller owns; all
 * zero is empty, otherwise what is there stays.  False, and nothing is changed:
 * another layout or size.
 */
bool healthcode_history_init(healthcode_history_t *history, void *memory,
    size_t bytes);

/*
 * Whether the totals of now, Unix seconds, are to be written down: a minute has
 * ended since they were, the clock was set back, or whoever did has not ended.
 * Costs the reading of two words.
 */
bool healthcode_history_is_due(const healthcode_history_t *history,
    uint64_t now);

/*
 * Writes the totals of now down if that is due, and nobody else does.  values
 * are n words that only grow.  meaning is a number that says what they are:
 * those of another meaning are not read.
 */
void healthcode_history_note(const healthcode_history_t *history,
    uint64_t meaning, const uint64_t *values, size_t n, uint64_t now);

/*
 * Writes minutes to out, the oldest first and the running one last, by the
 * totals of now.  Returns how many; 0: nothing was written down.  The minutes
 * add up to what was counted since the first of them: what happened in one
 * whose end nobody wrote down is in the one before.
 */
size_t healthcode_history_read(const healthcode_history_t *history,
    uint64_t meaning, const uint64_t *values, size_t n, uint64_t now,
    healthcode_history_minute_t out[HEALTHCODE_HISTORY_MINUTES]);

#endif
