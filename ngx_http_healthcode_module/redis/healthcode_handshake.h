/*
 * What is said first on a connection, and what a store must answer before a
 * gate believes it.  Knows no connection.  docs/redis-keys.md, "Handshake".
 */

#ifndef HEALTHCODE_HANDSHAKE_H
#define HEALTHCODE_HANDSHAKE_H

#include <hiredis/hiredis.h>

#include "../core/healthcode_reason.h"
#include "healthcode_redis_buf.h"


typedef struct {
    healthcode_str_t  user;           /* empty: "default" */
    healthcode_str_t  password;       /* data is NULL: no AUTH */
    unsigned          database;
    bool              evicting_ok;    /* the policy may drop flags */
    bool              tracking;       /* changes of what is read are pushed */
    const char       *pepper_check;   /* 32 hex digits */
} healthcode_handshake_t;


/* How many replies the handshake gets. */
unsigned healthcode_handshake_replies(const healthcode_handshake_t *handshake);

/*
 * Appends HELLO 3 (with AUTH), SELECT, CLIENT TRACKING ON, ROLE, INFO memory
 * and HGETALL healthcode:meta, which is then tracked.  False, and the buffer as
 * it was, where there is no memory.
 */
bool healthcode_handshake_format(const healthcode_handshake_t *handshake,
    healthcode_redis_buf_t *buf);

/*
 * Judges reply number i.  HEALTHCODE_REASON_OK, or the reason why the store
 * cannot be used: then error, of size bytes, holds a sentence that says what
 * to do.
 */
healthcode_reason_e healthcode_handshake_read(
    const healthcode_handshake_t *handshake, unsigned i,
    const redisReply *reply, char *error, size_t size);

/*
 * What may change under a connection: appends ROLE; with tracking, under which
 * nobody else reads it, HGETALL healthcode:meta; and where memory says so INFO
 * memory.  _again_read() judges their healthcode_handshake_again() replies
 * likewise, and points *meta to the one of them; NULL: it was not asked, or
 * what came before it is wrong.
 */
#define HEALTHCODE_HANDSHAKE_AGAIN_MAX  3

unsigned healthcode_handshake_again(const healthcode_handshake_t *handshake,
    bool memory);
bool healthcode_handshake_again_format(const healthcode_handshake_t *handshake,
    bool memory, healthcode_redis_buf_t *buf);
healthcode_reason_e healthcode_handshake_again_read(
    const healthcode_handshake_t *handshake, bool memory,
    redisReply *const *replies, const redisReply **meta, char *error,
    size_t size);

/*
 * The bytes of an error reply that may go into a log: what follows them can
 * be the arguments of the command, a password among them.
 */
size_t healthcode_handshake_error_len(const redisReply *reply);

#endif
