/*
 * One connection's protocol: what a store must prove first and again and again,
 * what its replies answer and its pushes change, when it is believed.  The glue
 * carries bytes, times and log lines; the model does so, too.  Knows no: nginx,
 * socket, request.  docs/connection.md, docs/cache.md.
 */

#ifndef HEALTHCODE_TRACKER_H
#define HEALTHCODE_TRACKER_H

#include "../core/healthcode_data.h"

#include "healthcode_memo.h"
#include "healthcode_pipeline.h"
#include "healthcode_skew.h"
#include "healthcode_slot.h"


/*
 * Times: now is in ms of CLOCK_BOOTTIME, which all workers share; date is in
 * Unix seconds.
 */


typedef enum {
    HEALTHCODE_TRACKER_DOWN = 0,      /* not connected, or not yet */
    HEALTHCODE_TRACKER_GREETING,      /* the store proves itself */
    HEALTHCODE_TRACKER_LIVE,
    HEALTHCODE_TRACKER_LEAVING        /* for another address */
} healthcode_tracker_state_e;


/* What a reply comes to. */
typedef enum {
    HEALTHCODE_TRACKER_BROKEN = 0,    /* close: reason and what say why */
    HEALTHCODE_TRACKER_GOES_ON,
    HEALTHCODE_TRACKER_PROVEN,        /* it is live now */
    HEALTHCODE_TRACKER_LEFT           /* nobody waits on what is to be left */
} healthcode_tracker_e;


/* What is worth a line in a log; which members are set is said here. */
typedef enum {
    HEALTHCODE_TRACKER_NOTE_EPOCH,    /* epoch has begun */
    HEALTHCODE_TRACKER_NOTE_SPENT,    /* it is the last one; once */
    HEALTHCODE_TRACKER_NOTE_OWNER,    /* is live in epoch */
    HEALTHCODE_TRACKER_NOTE_RENEWED,  /* the lease of epoch, sent at number */
    HEALTHCODE_TRACKER_NOTE_AGAIN,    /* a good heartbeat; number: memory */
    HEALTHCODE_TRACKER_NOTE_PUSH,     /* of number changes */
    HEALTHCODE_TRACKER_NOTE_LOOKUP,   /* has ended; number is the reason */
    HEALTHCODE_TRACKER_NOTE_SKEW,     /* changed; ahead, in seconds */
    HEALTHCODE_TRACKER_NOTE_DATA,     /* read, see healthcode_tracker_data() */
    HEALTHCODE_TRACKER_NOTE_CLOCK,    /* of the store: number, us since 1970 */
    HEALTHCODE_TRACKER_NOTE_AUTH,     /* the new password is in use */
    HEALTHCODE_TRACKER_NOTE_LESS,     /* text: a proof that cannot be had */
    HEALTHCODE_TRACKER_NOTE_OPEN,     /* it asks nobody for a password; once */
    HEALTHCODE_TRACKER_NOTE_OFFLINE,  /* number is 1: a replica is cut off and
                                         goes on; 0: it is not any more */
    HEALTHCODE_TRACKER_NOTE_ERROR,    /* text, in answer to one lookup alone */
    HEALTHCODE_TRACKER_NOTE_APART,    /* text: a partition has no proof */
    HEALTHCODE_TRACKER_NOTE_CALL      /* text, in answer to a call; advice: the
                                         rights for it, if it lacks one */
} healthcode_tracker_note_e;

typedef struct {
    healthcode_tracker_note_e  kind;
    uint64_t                   epoch;
    uint64_t                   number;
    int64_t                    ahead;
    const char                *text;
    const char                *advice;       /* or NULL */
} healthcode_tracker_note_t;

/*
 * What the map of a cluster adds to the rules of a node's connection; data is
 * hooks_data.  Each may renounce or renew any tracker of the cluster.
 */
typedef struct {
    /* The node has said its map; NULL, or what is wrong with it. */
    const char  *(*said)(void *data, const redisReply *map);

    /* It has proved itself again, asked in epoch at sent: renews the lease. */
    void         (*beaten)(void *data, uint64_t epoch, uint64_t sent);

    /* It has proved to be instance; NULL, or why it is not used. */
    const char  *(*proven)(void *data, healthcode_str_t instance);

    /* The tag by whose proof it proves itself, or the next one. */
    size_t       (*proof)(void *data, bool is_next);
} healthcode_tracker_hooks_t;


/* Where a lookup that has just ended is to be asked; while done() is called. */
typedef struct {
    healthcode_redirect_e  kind;
    healthcode_redirect_t  to;          /* of _MOVED and _ASK */
    bool                   is_read;     /* what was asked is there, and not
                                           its proof alone */
    bool                   is_proven;   /* the tag was proved here */
} healthcode_tracker_turn_t;


/* Must not call the tracker. */
typedef void (*healthcode_tracker_note_pt)(void *data,
    const healthcode_tracker_note_t *note);


typedef struct {
    healthcode_tracker_state_e   state;
    healthcode_handshake_t       handshake;
    healthcode_pipeline_t        pipeline;
    healthcode_memo_t            memo;
    healthcode_str_t             peer;         /* the address, its bytes */
    uint64_t                     until;        /* ms: it is believed */
    uint8_t                     *instance;     /* that the store has proved */
    size_t                       instance_len;

    healthcode_reason_e          reason;       /* why it is _BROKEN */
    char                         what[HEALTHCODE_REFUSAL_SIZE];

    unsigned                     greeted;      /* replies of the handshake */
    uint64_t                     memory;       /* ms: last asked for */
    uint64_t                     beaten;       /* ms: role last asked for */
    uint64_t                     stood;        /* ms: somebody did, here */
    uint64_t                     hits;         /* when that was looked at */
    int64_t                      complained;   /* s: last _NOTE_ERROR */
    healthcode_reason_e          apart;        /* of a part; to be noted */
    char                         apart_tag[HEALTHCODE_SLOT_NAME];
    healthcode_skew_e            skew;
    int64_t                      wall;         /* ms: Unix time less now, */
    uint64_t                     between;      /* or less, by so much at most */
    uint64_t                     asked;        /* ms: its handshake */
    healthcode_tick_seen_t       ticks;        /* of a replica */
    int64_t                      tick;         /* the last one, of this
                                                  connection; 0: none */
    int64_t                      age;          /* ms: of the tick, when it was
                                                  last judged */
    healthcode_data_t            store_data;      /* as it was last proven */
    healthcode_data_t            greeting_data;   /* not proven yet */
    uint64_t                     keys;         /* tracked; if has_keys */

    bool                         is_first_due;    /* heartbeat, of it live */
    unsigned                     auths;        /* AUTH without its reply */
    bool                         is_auth_due;  /* the handshake has another
                                                  password */
    bool                         is_auth_unsaid;   /* _NOTE_AUTH follows */
    bool                         is_push_due;
    bool                         is_pushed;
    bool                         is_moved;     /* a change of the tick has been
                                                  pushed since it was read */
    bool                         is_offline;   /* by the tick, when it was last
                                                  judged */
    bool                         is_less_noted;
    bool                         is_open_noted;
    bool                         is_spent_noted;
    bool                         has_keys;

    healthcode_tracker_note_pt   note;
    void                        *data;

    const healthcode_tracker_hooks_t  *hooks;   /* NULL: of no cluster */
    void                        *hooks_data;
    healthcode_str_t             host;         /* of the node, as in a map */
    healthcode_tracker_turn_t    turn;
} healthcode_tracker_t;


/* What the store proved last; a view of the tracker's. */
static inline healthcode_str_t
healthcode_tracker_instance(const healthcode_tracker_t *tracker)
{
    return healthcode_str_from(tracker->instance, tracker->instance_len);
}


/*
 * One that is down and keeps nothing.  timeout is that of the pipeline, in ms;
 * what handshake has views of outlives the tracker.
 */
void healthcode_tracker_init(healthcode_tracker_t *tracker,
    const healthcode_handshake_t *handshake, uint64_t timeout,
    size_t max_pending, healthcode_tracker_note_pt note, void *data);

/* It has a cache, see healthcode_memo_init().  False: no memory. */
bool healthcode_tracker_own(healthcode_tracker_t *tracker,
    const healthcode_memo_terms_t *terms);

/* All lookups have ended. */
void healthcode_tracker_free(healthcode_tracker_t *tracker);


/* ---- the connection ---- */

/*
 * A connection is being made to the server at peer, the bytes of its address,
 * which stand there for as long as the connection does.
 */
void healthcode_tracker_connect(healthcode_tracker_t *tracker,
    healthcode_str_t peer);

/*
 * Until then, in ms, the server is the one that counts: what it says later is
 * not believed.  Without this it is believed for ever.
 */
static inline void
healthcode_tracker_believe(healthcode_tracker_t *tracker, uint64_t until)
{
    tracker->until = until;
}

/*
 * By the gate's clock it was wall, Unix ms, at some time from now to after, for
 * a process may be stopped in between: of a replica to be called before
 * _greet() and before _reply(), with the now of these.
 */
static inline void
healthcode_tracker_clock(healthcode_tracker_t *tracker, uint64_t now,
    int64_t wall, uint64_t after)
{
    tracker->wall = wall - (int64_t) now;
    tracker->between = after - now;
    tracker->asked = (tracker->state == HEALTHCODE_TRACKER_DOWN)
                     ? now : tracker->asked;
}

/* Whether the store has a tick by which it is judged. */
static inline bool
healthcode_tracker_is_replica(const healthcode_tracker_t *tracker)
{
    return tracker->handshake.tick.lag != 0;
}

/* It is made: the handshake is to be written.  False: no memory. */
bool healthcode_tracker_greet(healthcode_tracker_t *tracker);

/*
 * The next reply or push, in the order they came.  It has to stand until
 * healthcode_pipeline_is_partial() says that no reply is waited with.
 */
healthcode_tracker_e healthcode_tracker_reply(healthcode_tracker_t *tracker,
    redisReply *reply, uint64_t now, int64_t date);

/*
 * Tags of a live node move: all that was read so far is dead, as after a push
 * of FLUSHALL; and the lease of what is read from then on is renewed by what
 * was sent at sent in epoch, no further than until.
 */
void healthcode_tracker_renounce(healthcode_tracker_t *tracker);
void healthcode_tracker_renew(healthcode_tracker_t *tracker, uint64_t epoch,
    uint64_t sent, uint64_t until);

/*
 * The live store is to be left for another address: who has asked is answered,
 * nothing is kept any more.
 */
void healthcode_tracker_leave(healthcode_tracker_t *tracker);

/*
 * The user has another password from now on: a live store is asked to take it,
 * in order with all that is asked, and what is known and tracked stays; others
 * get it with their next handshake.  Both this one and the one before it stand
 * until the next call but one.  False: no memory.
 */
bool healthcode_tracker_auth(healthcode_tracker_t *tracker,
    healthcode_str_t password);

/*
 * The connection is gone; its lookups stay (healthcode_pipeline_fail()), and
 * those that were to be written on it count as sent.  What was kept is good
 * until the lease ends, and stale after that, until a store is live again or
 * healthcode_tracker_lose() is called.
 */
void healthcode_tracker_disconnect(healthcode_tracker_t *tracker);

/*
 * Whether a live connection that ends at now, or does not answer, had been
 * silent for over a lease when its oldest question was sent, and not a byte has
 * come since.  Then it may have been dead for long, which is not an outage:
 * after _disconnect() healthcode_pipeline_again() holds what was asked for
 * another one.
 */
bool healthcode_tracker_was_idle(const healthcode_tracker_t *tracker,
    uint64_t now);

/* As healthcode_owner_is_fresh(); false without a cache. */
static inline bool
healthcode_tracker_is_fresh(const healthcode_tracker_t *tracker, uint64_t now)
{
    return healthcode_memo_is_on(&tracker->memo)
           && healthcode_owner_is_fresh(&tracker->memo.owner, now);
}

/*
 * Nothing that was kept counts any more: what came is not of this store, or
 * nobody will hear what it says.  _reply() does so where it is _BROKEN.
 */
void healthcode_tracker_lose(healthcode_tracker_t *tracker);


/* ---- lookups ---- */

/*
 * As healthcode_pipeline_ask(); until the store is live they are held.  One
 * that is asked when a heartbeat is due carries it, and waits for its answer:
 * the timer of heartbeats has to be set anew, by healthcode_tracker_wait().
 */
healthcode_reason_e healthcode_tracker_ask(healthcode_tracker_t *tracker,
    const healthcode_risk_query_t *query, uint64_t now,
    healthcode_lookup_done_pt done, void *data, healthcode_lookup_t **lookup);

/*
 * As healthcode_pipeline_call(); until the store is live it waits.  Behind a
 * reply of a live store something may be to be sent: a script's text.
 */
healthcode_reason_e healthcode_tracker_call(healthcode_tracker_t *tracker,
    const healthcode_call_t *call, uint64_t now, healthcode_lookup_t **lookup);

/* As healthcode_pipeline_calling(), of a live one. */
healthcode_reason_e healthcode_tracker_calling(healthcode_tracker_t *tracker,
    const healthcode_call_t *call, uint64_t now, healthcode_lookup_t **lookup);

/* As healthcode_pipeline_asking(), of a live one; done likewise. */
healthcode_reason_e healthcode_tracker_asking(healthcode_tracker_t *tracker,
    const healthcode_risk_query_t *query, uint64_t now,
    healthcode_lookup_done_pt done, void *data, healthcode_lookup_t **lookup);

/*
 * What is to be sent is being written, at now, which is read before the write.
 * Whether there was something; only of a live one.
 */
bool healthcode_tracker_send(healthcode_tracker_t *tracker, uint64_t now);

/* As healthcode_memo_find(). */
static inline bool
healthcode_tracker_find(healthcode_tracker_t *tracker,
    const healthcode_risk_query_t *query,
    const healthcode_risk_terms_t *terms, healthcode_risk_t *risk,
    healthcode_clock_pt clock, void *data)
{
    return healthcode_memo_find(&tracker->memo, query, terms, risk, clock,
                                data);
}


/* As healthcode_memo_find_stale(). */
static inline bool
healthcode_tracker_find_stale(healthcode_tracker_t *tracker,
    const healthcode_risk_query_t *query,
    const healthcode_risk_terms_t *terms, uint64_t over,
    healthcode_risk_t *risk, healthcode_clock_pt clock, void *data)
{
    return healthcode_memo_find_stale(&tracker->memo, query, terms, over, risk,
                                      clock, data);
}


/* ---- heartbeats ---- */

/*
 * The timer of heartbeats is over, or the store has become live: asks it to
 * prove itself again, if that is due.  False: no memory.
 */
bool healthcode_tracker_tick(healthcode_tracker_t *tracker, uint64_t now);

/* Milliseconds until the next _tick(), at least one. */
uint64_t healthcode_tracker_wait(const healthcode_tracker_t *tracker,
    uint64_t now);

/*
 * Somebody asks at now, of this store or of another node of its cluster: if a
 * heartbeat is due it is sent first.  False: no memory.
 */
bool healthcode_tracker_stand(healthcode_tracker_t *tracker, uint64_t now);

/* Asks a live store to prove itself again, now.  False: no memory. */
bool healthcode_tracker_beat(healthcode_tracker_t *tracker, uint64_t now);

/*
 * Who feeds the store, as it said when it last proved itself: in its handshake,
 * and each second since, if somebody stands here.  Stays while the store is
 * down, and grows older.
 */
static inline const healthcode_data_t *
healthcode_tracker_data(const healthcode_tracker_t *tracker)
{
    return &tracker->store_data;
}

/*
 * How many keys the server of the store tracks for all its clients, as it said
 * within the last seconds, or two minutes of an idle one.  False, and
 * *keys as it was: it has not said, or may not, or there is no connection.
 */
static inline bool
healthcode_tracker_keys(const healthcode_tracker_t *tracker, uint64_t *keys)
{
    if (tracker->has_keys) {
        *keys = tracker->keys;
    }

    return tracker->has_keys;
}

/* Milliseconds between heartbeats, while somebody stands here. */
uint64_t healthcode_tracker_period(const healthcode_tracker_t *tracker);

/*
 * Milliseconds for which an unanswered store may be silent; half as long on a
 * stale connection, so that there is time for another one.
 */
uint64_t healthcode_tracker_silence(const healthcode_tracker_t *tracker);

/* As healthcode_pipeline_is_silent(), by that. */
static inline bool
healthcode_tracker_is_silent(const healthcode_tracker_t *tracker,
    uint64_t now, uint64_t *left)
{
    return healthcode_pipeline_is_silent(&tracker->pipeline, now,
                                         healthcode_tracker_silence(tracker),
                                         left);
}

#endif
