/*
 * The lookups of one connection, from the question to the answer: sent in one
 * write, matched to replies in their order, joined, late, cancelled, failed.
 * Each time is an argument, in ms of a clock that nobody sets (CLOCK_BOOTTIME).
 * Knows no: clock, socket, request.  docs/connection.md.
 */

#ifndef HEALTHCODE_PIPELINE_H
#define HEALTHCODE_PIPELINE_H

#include "../core/healthcode_list.h"

#include "healthcode_breaker.h"
#include "healthcode_call.h"
#include "healthcode_handshake.h"
#include "healthcode_question.h"
#include "healthcode_redirect.h"
#include "healthcode_risk_codec.h"
#include "healthcode_tick.h"


/* The most replies that one lookup waits for. */
#define HEALTHCODE_LOOKUP_REPLIES_MAX                                         \
    (HEALTHCODE_RISK_REPLIES_MAX > HEALTHCODE_HANDSHAKE_AGAIN_MAX             \
     ? HEALTHCODE_RISK_REPLIES_MAX : HEALTHCODE_HANDSHAKE_AGAIN_MAX)

/* Lookups that may be joined are found by their holder, in so many lists. */
#define HEALTHCODE_PIPELINE_LISTS        256


typedef struct healthcode_pipeline_s  healthcode_pipeline_t;

/*
 * Called once, when a lookup ends.  HEALTHCODE_REASON_OK: reading is what was
 * answered, and lives until the function returns; otherwise reading is NULL and
 * reason is an outage.  It may ask again.
 */
typedef void (*healthcode_lookup_done_pt)(void *data,
    healthcode_reason_e reason, const healthcode_risk_reading_t *reading);


/*
 * One lookup, or one call, heartbeat or AUTH; its memory is the pipeline's.
 */
typedef struct healthcode_lookup_s {
    healthcode_list_t           link;         /* in the order sent */
    healthcode_pipeline_t      *pipeline;
    healthcode_lookup_done_pt   done;         /* NULL: nobody waits */
    void                       *data;
    uint64_t                    due;          /* ms: its time is over */
    uint64_t                    sent;         /* ms: just before the write */
    uint64_t                    since;        /* ms: it waits for replies */
    uint64_t                    epoch;        /* of the owner, when sent */
    uint64_t                    end;          /* of its bytes, among all */
    unsigned                    expected;     /* replies */
    unsigned                    received;
    redisReply                 *replies[HEALTHCODE_LOOKUP_REPLIES_MAX];

    healthcode_list_t           peer;         /* those it is found among */
    healthcode_list_t           joined;       /* who wait for it, too */

    bool                        is_heartbeat; /* or AUTH: nobody waits */
    bool                        asks_memory;  /* a heartbeat does */
    bool                        is_auth;      /* it is AUTH */
    bool                        is_held;      /* until the store is live */
    bool                        is_sent;
    bool                        is_again;     /* it was, once before */
    bool                        has_tick;     /* the first reply is one */
    bool                        is_ticked;    /* which has come */
    int64_t                     tick;         /* then: what it says; 0: it
                                                 proves nothing */

    bool                        is_joined;    /* to another */
    bool                        is_joinable;
    bool                        is_behind;    /* one that may be stale */
    bool                        is_keepable;  /* what it will have read */

    const healthcode_call_t    *call;         /* it is one; or NULL */
    bool                        is_asking;    /* of a tag on its way here */
    healthcode_redirect_e       turned;       /* of what it was answered first
                                                 that another node has */
    bool                        is_waiting;   /* for a live store */
    bool                        is_loading;   /* its script, first */

    healthcode_question_t       question;     /* last: is not cleared */
} healthcode_lookup_t;


struct healthcode_pipeline_s {
    uint64_t                    timeout;      /* ms for which a lookup waits */
    uint64_t                    lease;        /* ms; 0: nothing is tracked */
    size_t                      max_pending;  /* lookups */
    bool                        has_ticks;    /* of a replica: all that is read
                                                 is read behind its tick */

    healthcode_redis_buf_t      out;          /* to be written */
    uint64_t                    written;      /* bytes, before those */
    bool                        is_stuck;     /* the socket is full */
    healthcode_redis_buf_t      held;         /* to follow a handshake */

    healthcode_list_t           sent;         /* in this order */
    healthcode_list_t           unsent;       /* none of it is written */
    healthcode_list_t           waiting;      /* calls: to be formatted when
                                                 the store is live */
    healthcode_list_t           spare;
    size_t                      pending;      /* lookups, heartbeats apart */
    uint64_t                    heard;        /* ms: when bytes were read */
    size_t                      late;         /* lookups, since it began */
    healthcode_breaker_t        breaker;

    healthcode_list_t           lists[HEALTHCODE_PIPELINE_LISTS];
};


/* An empty one; _free() it when all lookups have ended. */
void healthcode_pipeline_init(healthcode_pipeline_t *pipeline,
    uint64_t timeout, uint64_t lease, size_t max_pending);
void healthcode_pipeline_free(healthcode_pipeline_t *pipeline);


/* ---- asking ---- */

/*
 * Asks query, or joins a lookup of the same question.  is_live: the store has
 * proved itself; otherwise the commands are held until healthcode_pipeline_
 * release().  HEALTHCODE_REASON_OK: *lookup is under way and done will be
 * called, never from within this call.  _STORE_BUSY: max_pending are under way.
 * _STORE_TIMEOUT: the last ones were late, and nobody is to wait.  _FAULT: no
 * memory, or a query that cannot be formatted.
 */
healthcode_reason_e healthcode_pipeline_ask(healthcode_pipeline_t *pipeline,
    const healthcode_risk_query_t *query, bool is_live, uint64_t now,
    healthcode_lookup_done_pt done, void *data, healthcode_lookup_t **lookup);

/*
 * Asks a live node of a cluster for query, which has one part, of a tag that is
 * on its way to it; own is the tag of a proof of its own.  Nobody joins it.
 * Returns likewise, and *lookup.
 */
healthcode_reason_e healthcode_pipeline_asking(healthcode_pipeline_t *pipeline,
    const healthcode_risk_query_t *query, size_t own, uint64_t now,
    healthcode_lookup_done_pt done, void *data, healthcode_lookup_t **lookup);

/*
 * Calls a script, or has the call wait until _release_calls().  instance is
 * that of the live store.  Returns likewise, and *lookup; nobody joins it.
 */
healthcode_reason_e healthcode_pipeline_call(healthcode_pipeline_t *pipeline,
    const healthcode_call_t *call, bool is_live, healthcode_str_t instance,
    uint64_t now, healthcode_lookup_t **lookup);

/*
 * Likewise of a live node of a cluster, whose keys are on their way to it:
 * ASKING stands before the call.
 */
healthcode_reason_e healthcode_pipeline_calling(
    healthcode_pipeline_t *pipeline, const healthcode_call_t *call,
    healthcode_str_t instance, uint64_t now, healthcode_lookup_t **lookup);

/*
 * The store does not know the script of a call that has all its replies, so
 * that nothing was done: calls it once more, with its text before, in the time
 * that is left; or has it wait, likewise.  False: the call ends with what was
 * replied, since nobody waits for it, it was loaded before, or there is no
 * memory.
 */
bool healthcode_pipeline_load(healthcode_lookup_t *lookup, bool is_live,
    healthcode_str_t instance);

/*
 * Ends a lookup whose asker has left: done will not be called.  Its place in
 * the order stays, so that later replies find their own lookups.  What is not
 * written yet of a call never is.
 */
void healthcode_pipeline_cancel(healthcode_lookup_t *lookup);

/*
 * Asks what may change under a connection, as healthcode_handshake_again_
 * format() does, with memory or without; only of a store that is live.  False:
 * no memory.
 */
bool healthcode_pipeline_beat(healthcode_pipeline_t *pipeline,
    const healthcode_handshake_t *handshake, bool memory);

/* Likewise AUTH, as healthcode_handshake_auth_format() does. */
bool healthcode_pipeline_auth(healthcode_pipeline_t *pipeline,
    const healthcode_handshake_t *handshake);

/* Whether something is to be sent. */
static inline bool
healthcode_pipeline_has_unsent(const healthcode_pipeline_t *pipeline)
{
    return !healthcode_list_is_empty(&pipeline->unsent);
}


/* ---- writing ---- */

/*
 * The connection is gone: what was to be written on it is not any more.  What
 * is held stays.  What was sent stays too, and has to be abandoned or failed
 * before another connection answers.
 */
void healthcode_pipeline_disconnect(healthcode_pipeline_t *pipeline);

/*
 * All that is to be sent is being written at the time now, in epoch.  Whether
 * there was something.
 */
bool healthcode_pipeline_send(healthcode_pipeline_t *pipeline, uint64_t now,
    uint64_t epoch);

/*
 * The first n bytes of out were written by the time now.  Those that the socket
 * had no room for until then wait only from now on.
 */
void healthcode_pipeline_wrote(healthcode_pipeline_t *pipeline, size_t n,
    uint64_t now);

/* The store is live: what was held is to be written, behind what was. */
void healthcode_pipeline_release(healthcode_pipeline_t *pipeline);

/*
 * Behind _release(): calls that waited are to be written as well, for the store
 * of this instance.  Those that cannot be formatted end as _FAULT.
 */
void healthcode_pipeline_release_calls(healthcode_pipeline_t *pipeline,
    healthcode_str_t instance);

/* From now on the time of those that are held begins when they are sent. */
void healthcode_pipeline_unhold(healthcode_pipeline_t *pipeline);


/* ---- replies ---- */

/* The lookup that the next reply belongs to; NULL: nothing is unanswered. */
static inline healthcode_lookup_t *
healthcode_pipeline_first(const healthcode_pipeline_t *pipeline)
{
    return healthcode_list_is_empty(&pipeline->sent)
           ? NULL
           : healthcode_list_entry(pipeline->sent.next, healthcode_lookup_t,
                                   link);
}

/* Whether replies are kept until the rest of their lookup has come. */
static inline bool
healthcode_pipeline_is_partial(const healthcode_pipeline_t *pipeline)
{
    const healthcode_lookup_t  *first = healthcode_pipeline_first(pipeline);

    return first && first->received;
}

/* The next reply to lookup is its tick, which is not kept: see _ticked(). */
static inline bool
healthcode_lookup_awaits_tick(const healthcode_lookup_t *lookup)
{
    return lookup->has_tick && !lookup->is_ticked;
}

/* That reply has come, and says tick, Unix ms; 0: it proves nothing. */
static inline void
healthcode_lookup_ticked(healthcode_lookup_t *lookup, int64_t tick)
{
    lookup->is_ticked = true;
    lookup->tick = tick;
}

/* All may have changed: what was read before says nothing of what follows. */
void healthcode_pipeline_untick(healthcode_pipeline_t *pipeline);

/* Adds the next reply; whether it was the last one. */
bool healthcode_pipeline_reply(healthcode_lookup_t *lookup, redisReply *reply);

/* It has all its replies, which were heard in time or not. */
void healthcode_pipeline_answered(healthcode_lookup_t *lookup);

/*
 * Ends a lookup that has all its replies, for reason; reading is what all who
 * wait are handed, if reason is HEALTHCODE_REASON_OK.
 */
void healthcode_pipeline_done(healthcode_lookup_t *lookup,
    healthcode_reason_e reason, const healthcode_risk_reading_t *reading);

/*
 * Something was pushed: what the first lookup has read so far may be over, so
 * that it is neither kept nor joined.
 */
void healthcode_pipeline_spoil(healthcode_pipeline_t *pipeline);

/* Nothing that was sent is kept or joined: its connection is to be left. */
void healthcode_pipeline_leave(healthcode_pipeline_t *pipeline);


/* ---- time and failure ---- */

/*
 * Ends the wait of all whose time is over at now, as _STORE_TIMEOUT.  Whether
 * others wait: then the next one is late in *left ms.
 */
bool healthcode_pipeline_expire(healthcode_pipeline_t *pipeline, uint64_t now,
    uint64_t *left);

/*
 * Whether the store has left its oldest lookup unanswered for too long: without
 * a byte for silence ms, or for five timeouts in spite of bytes.  If not, and
 * something is unanswered, it can be so in *left ms; otherwise *left is 0.
 */
bool healthcode_pipeline_is_silent(const healthcode_pipeline_t *pipeline,
    uint64_t now, uint64_t silence, uint64_t *left);

/*
 * After _disconnect(): what somebody waits for is held, to be asked once more
 * on the next connection, in the time that it has left.  What was asked again
 * before, or cannot be, ends for reason; heartbeats just end.  A call that was
 * written may have been done, and is never repeated.
 */
void healthcode_pipeline_again(healthcode_pipeline_t *pipeline,
    healthcode_reason_e reason);

/* What was sent ends for reason; what is to be sent stays. */
void healthcode_pipeline_abandon(healthcode_pipeline_t *pipeline,
    healthcode_reason_e reason);

/* All ends for reason, and nothing is held. */
void healthcode_pipeline_fail(healthcode_pipeline_t *pipeline,
    healthcode_reason_e reason);

#endif
