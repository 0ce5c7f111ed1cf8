/*
 * What the files of a tracker share: the connection with what it carries, and
 * what proves its store.  No other file includes it.  Knows no: nginx, socket,
 * request.  docs/connection.md.
 */

#ifndef HEALTHCODE_TRACKER_PRIVATE_H
#define HEALTHCODE_TRACKER_PRIVATE_H

#include "healthcode_tracker.h"


/* ---- notes and failures ---- */

void healthcode_tracker_say(healthcode_tracker_t *tracker,
    healthcode_tracker_note_e kind, uint64_t number);
void healthcode_tracker_say_text(healthcode_tracker_t *tracker,
    healthcode_tracker_note_e kind, const char *text);

/* _BROKEN, for HEALTHCODE_REASON_STORE_UNAVAILABLE and what. */
healthcode_tracker_e healthcode_tracker_refuse(healthcode_tracker_t *tracker,
    const char *what);


/* ---- what proves the store ---- */

/* As healthcode_tracker_beat(), with the memory policy every so many ms. */
bool healthcode_tracker_beat_for(healthcode_tracker_t *tracker, uint64_t now,
    uint64_t every);

/* The next reply of the handshake. */
healthcode_tracker_e healthcode_tracker_greeting(
    healthcode_tracker_t *tracker, const redisReply *reply, uint64_t now,
    int64_t date);

/*
 * Judges reply, the next one to lookup, a live read: an error may be one
 * holder's, or mean that the store is out, which the reason and tracker->what
 * then say.
 */
healthcode_reason_e healthcode_tracker_judge(healthcode_tracker_t *tracker,
    healthcode_lookup_t *lookup, const redisReply *reply, int64_t date);

/*
 * The store is live, by the password of its handshake: asks it to take another
 * one that has come meanwhile, or says that this one is in use.  False: no
 * memory.
 */
bool healthcode_tracker_logged_in(healthcode_tracker_t *tracker);

/* The reply to AUTH.  Returns likewise. */
healthcode_reason_e healthcode_tracker_authed(healthcode_tracker_t *tracker,
    const redisReply *reply);

/* Lookup, a heartbeat, has all its replies, and ends.  Returns likewise. */
healthcode_reason_e healthcode_tracker_beaten(healthcode_tracker_t *tracker,
    healthcode_lookup_t *lookup, uint64_t now, int64_t date);

/* Whether meta is that of the store which is live.  Returns likewise. */
healthcode_reason_e healthcode_tracker_same(healthcode_tracker_t *tracker,
    const redisReply *meta);

/* Whoever has stored the holder may have heard of no change since. */
void healthcode_tracker_refute(healthcode_tracker_t *tracker,
    const healthcode_lookup_t *lookup);


/* ---- a partition that has lost its proof ---- */

/*
 * Whether reason, of the next reply to lookup, says so: that lookup alone is to
 * fail, since each other one has proofs of its own.
 */
bool healthcode_tracker_apart(healthcode_tracker_t *tracker,
    const healthcode_lookup_t *lookup, healthcode_reason_e reason);

/* The store has proved itself since: notes it, once a second. */
void healthcode_tracker_apart_say(healthcode_tracker_t *tracker,
    int64_t date);


/* ---- how old what a replica says is ---- */

/* The reply to GET of the tick, before those of lookup that it bounds. */
healthcode_tracker_e healthcode_tracker_ticked(healthcode_tracker_t *tracker,
    healthcode_lookup_t *lookup, const redisReply *reply);

/* Likewise, in the handshake; it was judged and is good. */
void healthcode_tracker_ticked_first(healthcode_tracker_t *tracker,
    const redisReply *reply);

/* Since when the server runs, by the answer to INFO server, which came now. */
void healthcode_tracker_started(healthcode_tracker_t *tracker,
    const redisReply *reply, uint64_t now);

/* The server's clock was us, microseconds, in answer to what was sent then. */
void healthcode_tracker_timed(healthcode_tracker_t *tracker, uint64_t us,
    uint64_t sent);

/*
 * Whether what was read behind tick counts now; of a master: always.  Returns
 * a reason likewise; tracker->is_offline, whether it does so because the store
 * may go on while it is cut off.
 */
healthcode_reason_e healthcode_tracker_timely(healthcode_tracker_t *tracker,
    int64_t tick, uint64_t now);

/* Until when a lease may last by what lookup, a heartbeat, has read; ms. */
uint64_t healthcode_tracker_until(const healthcode_tracker_t *tracker,
    const healthcode_lookup_t *lookup);

#endif
