/*
 * The tick of a store that is a replica: until when what it says counts.  The
 * centre writes its own time into the master once a second, and replication
 * brings it here behind all that was acknowledged before.  Times are arguments.
 * Knows no: nginx, clock, socket.  docs/redis-keys.md, "healthcode:tick".
 */

#ifndef HEALTHCODE_TICK_H
#define HEALTHCODE_TICK_H

#include <hiredis/hiredis.h>

#include "../core/healthcode_str.h"
#include "healthcode_redis_buf.h"


#define HEALTHCODE_TICK_KEY    "healthcode:tick:{c}"

/* Milliseconds by which a tick may lie ahead: clocks are set, not equal. */
#define HEALTHCODE_TICK_AHEAD  1000


/* What a store is configured to, in ms. */
typedef struct {
    int64_t  lag;        /* 0: its server is a master, and has no tick */
    int64_t  offline;    /* for how long after that it counts; 0: not at all */
} healthcode_tick_terms_t;


/*
 * Facts about the server, in ms; at first all zero but started, which is
 * INT64_MAX.  Wall times are Unix milliseconds by the gate's clock.
 */
typedef struct {
    int64_t  apart;      /* the gate's clock less that of the server */
    int64_t  started;    /* wall: the server runs since then, at the latest */
    int64_t  highest;    /* the latest tick that was read and not too early */
} healthcode_tick_seen_t;


typedef enum {
    HEALTHCODE_TICK_FRESH = 0,
    HEALTHCODE_TICK_OFFLINE,      /* older than lag; counts, and is said */
    HEALTHCODE_TICK_OLD,
    HEALTHCODE_TICK_FORMER,       /* older than lag, and maybe out of a file:
                                     flags may be missing that were here */
    HEALTHCODE_TICK_EARLY         /* it lies ahead: somebody's clock is wrong */
} healthcode_tick_e;


/* Appends GET of the key.  False: no memory. */
bool healthcode_tick_format(healthcode_redis_buf_t *buf);

/*
 * Reads the reply to GET of the key into *tick, Unix milliseconds.  False: it
 * is missing, an error or no number of at most 15 digits, and proves nothing.
 */
bool healthcode_tick_read(const redisReply *reply, int64_t *tick);

/*
 * By how much the gate's clock is ahead of the server's, whose answer to TIME
 * is us, microseconds; sent is when it was asked, wall: more is never claimed
 * than was measured, nor more than lag, either way.
 */
int64_t healthcode_tick_apart(const healthcode_tick_terms_t *terms,
    uint64_t us, int64_t sent);

/*
 * Reads the answer to INFO server, which came at now, wall: *started is the
 * latest time at which the server may have been started.  False: it does not
 * say, and *started is INT64_MAX.
 */
bool healthcode_tick_started(const redisReply *info, int64_t now,
    int64_t *started);

/*
 * What an answer that was read behind tick is worth at now, wall.  The edges:
 * fresh while now < tick + lag + apart; offline while now < that + offline, if
 * the server has run since before the tick, and has not shown a later one.
 */
healthcode_tick_e healthcode_tick_judge(const healthcode_tick_terms_t *terms,
    const healthcode_tick_seen_t *seen, int64_t tick, int64_t now);

/* A tick that _judge() has not called early. */
void healthcode_tick_note(healthcode_tick_seen_t *seen, int64_t tick);

/*
 * Until when an answer behind tick is fresh, in ms of the clock by which it is
 * now at the moment that is wall.  0: it is not.
 */
uint64_t healthcode_tick_until(const healthcode_tick_terms_t *terms,
    const healthcode_tick_seen_t *seen, int64_t tick, int64_t wall,
    uint64_t now);

/* A constant sentence for the log about anything but _FRESH and _OFFLINE. */
const char *healthcode_tick_text(healthcode_tick_e tick);

#endif
