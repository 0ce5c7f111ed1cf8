/*
 * What is said first on a connection, and what a store must answer before a
 * gate believes it.  Knows no connection.  docs/redis-keys.md, "Handshake".
 */

#ifndef HEALTHCODE_HANDSHAKE_H
#define HEALTHCODE_HANDSHAKE_H

#include <hiredis/hiredis.h>

#include "../core/healthcode_reason.h"
#include "healthcode_redis_buf.h"
#include "healthcode_refusal.h"


typedef struct {
    healthcode_str_t  user;           /* empty: "default" */
    healthcode_str_t  password;       /* data is NULL: no AUTH */
    unsigned          database;
    bool              evicting_ok;    /* the policy may drop flags */
    bool              tracking;       /* changes of what is read are pushed */
    bool              is_gate;        /* clocks are compared; its advice */
    bool              reads;          /* a read was refused: try that, too */
    const char       *pepper_check;   /* 32 hex digits */
} healthcode_handshake_t;


/* How many replies the handshake gets; the last three are the proofs. */
unsigned healthcode_handshake_replies(const healthcode_handshake_t *handshake);

/*
 * Appends HELLO 3 (with AUTH); SELECT; with tracking CLIENT TRACKING ON, CLIENT
 * TRACKINGINFO, GET and INCR of healthcode:push; of a gate TIME; ROLE and INFO
 * memory; with reads a live read of nobody, up to its last command; and
 * HGETALL healthcode:meta, which is then tracked.  False, and the buffer as it
 * was, where there is no memory.
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

/* Whether reply number i is that to TIME, which says nothing of the store. */
bool healthcode_handshake_is_time(const healthcode_handshake_t *handshake,
    unsigned i);

/*
 * Whether reply number i obliges the store to push a change of healthcode:push
 * before the last reply of the handshake.  A store that does not is refused
 * with the error of _silent().
 */
bool healthcode_handshake_is_push_due(const healthcode_handshake_t *handshake,
    unsigned i, const redisReply *reply);
healthcode_reason_e healthcode_handshake_silent(char *error, size_t size);

/*
 * Whether reply number i says that the user lacks a right without which less
 * can be proved, which is no reason to refuse the store: then error says so.
 */
bool healthcode_handshake_is_less(const healthcode_handshake_t *handshake,
    unsigned i, const redisReply *reply, char *error, size_t size);

/*
 * What may change under a connection: appends ROLE, HGETALL healthcode:meta,
 * and where memory says so INFO memory, TIME, and with tracking CLIENT
 * TRACKINGINFO.  _again_read() judges their healthcode_handshake_again()
 * replies likewise.  *seen is those of them that have more to say, in any case.
 */
#define HEALTHCODE_HANDSHAKE_AGAIN_MAX  5

typedef struct {
    const redisReply  *meta;
    const redisReply  *time;          /* NULL: it was not asked */
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
 * Judges reply number i of the n to a live read: whether the store refuses all
 * of them, or has lost its proof, which the last one is.  What a reply says of
 * one holder is left to others.
 */
healthcode_reason_e healthcode_handshake_read_live(
    const healthcode_handshake_t *handshake, unsigned i, unsigned n,
    const redisReply *reply, char *error, size_t size);

#endif
