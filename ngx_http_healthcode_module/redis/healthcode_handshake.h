/*
 * What a connection asks first, and what a store must answer before a gate
 * believes it.  Knows no: nginx, socket, clock.  docs/redis-keys.md,
 * "Handshake".
 */

#ifndef HEALTHCODE_HANDSHAKE_H
#define HEALTHCODE_HANDSHAKE_H

#include <hiredis/hiredis.h>

#include "../core/healthcode_reason.h"
#include "healthcode_redis_buf.h"
#include "healthcode_refusal.h"
#include "healthcode_slot.h"
#include "healthcode_tick.h"


typedef struct {
    healthcode_str_t  user;           /* empty: "default" */
    healthcode_str_t  password;       /* data is NULL: no AUTH */
    healthcode_str_t  former;         /* the one before it; or empty */
    bool              is_new;         /* the password was not taken yet */
    unsigned          database;
    bool              evicting_ok;    /* its policy is not asked for */
    bool              role_unchecked; /* nor is its role */
    bool              resp2;          /* AUTH in place of HELLO 3 */
    bool              is_guarded;     /* by something else than a password */
    bool              tracking;       /* changes of what is read are pushed */
    bool              is_gate;        /* clocks are compared; its advice */
    bool              reads;          /* a read was refused: try that, too */
    bool              is_node;        /* of a cluster: it says its map */
    bool              is_scout;       /* that is all it is asked */
    size_t            proof;          /* of a node: by the proof of this tag */
    healthcode_tick_terms_t  tick;    /* lag is 0: it has to be a master */
    const char       *pepper_check;   /* 32 hex digits */
} healthcode_handshake_t;


/*
 * How many replies the handshake gets; the last one is that for the proof by
 * which the connection is known.
 */
unsigned healthcode_handshake_replies(const healthcode_handshake_t *handshake);

/*
 * Appends HELLO 3 (with AUTH), or of resp2 AUTH if there is a password; SELECT;
 * with tracking CLIENT TRACKING ON, CLIENT TRACKINGINFO, GET and INCR of
 * healthcode:push:{c}; of a gate TIME and HRANDFIELD healthcode:data:{c}; ROLE
 * and INFO memory, unless they are not asked for; with reads a live read of
 * nobody, up to its last command; and HGETALL healthcode:meta:{c}, which is
 * then tracked.  False, and the buffer as it was, if there is no memory.
 */
bool healthcode_handshake_format(const healthcode_handshake_t *handshake,
    healthcode_redis_buf_t *buf);

/*
 * Judges reply number i.  HEALTHCODE_REASON_OK, or the reason why the store
 * cannot be used: then error, of size bytes, HEALTHCODE_REFUSAL_SIZE are
 * enough, holds a sentence that says what to do.
 */
healthcode_reason_e healthcode_handshake_read(
    const healthcode_handshake_t *handshake, unsigned i,
    const redisReply *reply, char *error, size_t size);

/*
 * Likewise the tick of a replica, which comes before what it bounds: *tick is
 * what it says, Unix milliseconds.
 */
healthcode_reason_e healthcode_handshake_tick(
    const healthcode_handshake_t *handshake, const redisReply *reply,
    int64_t *tick, char *error, size_t size);

/* Whether reply number i is a tick, or says since when the server runs. */
bool healthcode_handshake_is_tick(const healthcode_handshake_t *handshake,
    unsigned i);
bool healthcode_handshake_is_server(const healthcode_handshake_t *handshake,
    unsigned i);

/* What reply number i proves of the store. */
typedef enum {
    HEALTHCODE_HANDSHAKE_PROOF_ROLE,
    HEALTHCODE_HANDSHAKE_PROOF_POLICY,
    HEALTHCODE_HANDSHAKE_PROOF_META,
    HEALTHCODE_HANDSHAKE_PROOF_NONE
} healthcode_handshake_proof_e;

healthcode_handshake_proof_e healthcode_handshake_proof(
    const healthcode_handshake_t *handshake, unsigned i);

/* Whether reply number i is that to TIME, which says nothing of the store. */
bool healthcode_handshake_is_time(const healthcode_handshake_t *handshake,
    unsigned i);

/* Whether it is that to CLUSTER SLOTS (healthcode_cluster_map_read()). */
bool healthcode_handshake_is_map(const healthcode_handshake_t *handshake,
    unsigned i);

/* Whether it says who feeds the store (healthcode_data_codec_read()). */
bool healthcode_handshake_is_data(const healthcode_handshake_t *handshake,
    unsigned i);

/*
 * Whether reply number i obliges the store to push a change of
 * healthcode:push:{c} before the last reply of the handshake.  A store that
 * does not is refused with the error of _silent().
 */
bool healthcode_handshake_is_push_due(const healthcode_handshake_t *handshake,
    unsigned i, const redisReply *reply);
healthcode_reason_e healthcode_handshake_silent(char *error, size_t size);

/*
 * Whether reply number i says that the user lacks a right without which less
 * can be proved.  The store is used all the same, and error says so.
 */
bool healthcode_handshake_is_less(const healthcode_handshake_t *handshake,
    unsigned i, const redisReply *reply, char *error, size_t size);

/*
 * Whether a store that has let us in does so with everybody who comes: nothing
 * of ours was a password, and nothing else guards it.
 */
static inline bool
healthcode_handshake_is_open(const healthcode_handshake_t *handshake)
{
    return handshake->password.data == NULL && !handshake->is_guarded;
}

/*
 * What may change under a connection: appends ROLE, HGETALL
 * healthcode:meta:{c}, and if memory says so INFO memory, TIME, HRANDFIELD
 * healthcode:data:{c}, and with tracking CLIENT TRACKINGINFO and INFO stats;
 * ROLE and INFO memory unless they are not asked for.  _again_read() judges
 * their healthcode_handshake_again() replies likewise, except that to INFO
 * stats, which proves nothing.  *seen is those of them that have more to say,
 * in any case.
 */
#define HEALTHCODE_HANDSHAKE_AGAIN_MAX  8

typedef struct {
    const redisReply  *meta;
    const redisReply  *time;          /* NULL: it was not asked */
    const redisReply  *data;          /* likewise */
    const redisReply  *stats;         /* likewise */
    const redisReply  *map;           /* likewise */
    bool               is_moved;      /* meta is on its way to another node */
} healthcode_handshake_seen_t;

unsigned healthcode_handshake_again(const healthcode_handshake_t *handshake,
    bool memory);
bool healthcode_handshake_again_format(const healthcode_handshake_t *handshake,
    bool memory, healthcode_redis_buf_t *buf);
healthcode_reason_e healthcode_handshake_again_read(
    const healthcode_handshake_t *handshake, bool memory,
    redisReply *const *replies, healthcode_handshake_seen_t *seen, char *error,
    size_t size);

/*
 * Another password, on a connection that is live: appends AUTH; false, and the
 * buffer as it was, if there is no memory.  _auth_read() judges its reply
 * likewise.
 */
bool healthcode_handshake_auth_format(const healthcode_handshake_t *handshake,
    healthcode_redis_buf_t *buf);
healthcode_reason_e healthcode_handshake_auth_read(
    const healthcode_handshake_t *handshake, const redisReply *reply,
    char *error, size_t size);

/*
 * Whether reply, of a node of a cluster, says that another one has the key, or
 * may have it: this node is well.
 */
bool healthcode_handshake_is_moved(const healthcode_handshake_t *handshake,
    const redisReply *reply);

/* The error reply, without secrets, as healthcode_refusal_text() writes it. */
void healthcode_handshake_text(const healthcode_handshake_t *handshake,
    const redisReply *reply, char *text, size_t size);

/* Whether reason, of a proof, says that what is there proves nothing. */
static inline bool
healthcode_handshake_is_unproven(healthcode_reason_e reason)
{
    return reason == HEALTHCODE_REASON_STORE_UNPROVEN
           || reason == HEALTHCODE_REASON_STORE_PEPPER;
}

/*
 * Judges reply number i to a live read of parts: whether the store refuses all
 * of them, or has lost a proof, which is what some of them are.  What a reply
 * says of one holder is left to others.
 */
healthcode_reason_e healthcode_handshake_read_live(
    const healthcode_handshake_t *handshake, unsigned parts, unsigned i,
    const redisReply *reply, char *error, size_t size);

#endif
