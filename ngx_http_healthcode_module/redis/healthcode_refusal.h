/*
 * An error reply of Redis -> words for a log, without secrets, and what to do
 * about it.  Knows no: nginx, socket, log.  docs/connection.md, "Outage".
 */

#ifndef HEALTHCODE_REFUSAL_H
#define HEALTHCODE_REFUSAL_H

#include <hiredis/hiredis.h>

#include "../core/healthcode_str.h"


/* Bytes of a text that fits whatever is said here and in the handshake. */
#define HEALTHCODE_REFUSAL_SIZE  768


/* Passwords that nobody may read: the one of now, and the one before it. */
#define HEALTHCODE_REFUSAL_SECRETS  2

/*
 * Writes the text of an error reply into text, of size bytes, with a NUL, and
 * returns its length.  Bytes that are not printable ASCII become \xHH.  The
 * text stops before "with args", which repeats the arguments of the command.
 * "***" replaces each of the HEALTHCODE_REFUSAL_SECRETS secrets, which may be
 * empty, and a holder's key.  A longer text ends in "...".
 */
size_t healthcode_refusal_text(const redisReply *reply,
    const healthcode_str_t *secrets, char *text, size_t size);

/*
 * What to do about an error reply, for those who run a gate; NULL: nothing is
 * known.  Not of NOPERM, whose advice depends on what was asked.
 */
const char *healthcode_refusal_advice(const redisReply *reply);

/* Whether only a node of a cluster answers so. */
bool healthcode_refusal_is_node(const redisReply *reply);

/*
 * Whether the server does not let this user in, or not do what he asks for: a
 * name, a password or a right is to be mended, and the server itself is well.
 */
bool healthcode_refusal_is_auth(const redisReply *reply);

/* Whether the user lacks a right, and not to a command but to its keys. */
bool healthcode_refusal_is_right(const redisReply *reply);
bool healthcode_refusal_is_right_to_keys(const redisReply *reply);

/* Whether only a replica answers so. */
bool healthcode_refusal_is_replica(const redisReply *reply);

/*
 * Whether a command is not to be had here, whatever it is asked: the user lacks
 * the right to it, or the server does not know it.
 */
bool healthcode_refusal_is_command(const redisReply *reply);

/*
 * Whether the next command will be answered likewise: it is the server that
 * refuses, or the user, and not one key that is of a wrong type.
 */
bool healthcode_refusal_is_lasting(const redisReply *reply);

/*
 * The first len bytes, data, of a server that does not answer like Redis ->
 * what it seems to be, and what to do; never NULL.
 */
const char *healthcode_refusal_stranger(const uint8_t *data, size_t len);

/*
 * What to do if connect() fails with this errno, to a unix socket or an
 * address; never NULL.
 */
const char *healthcode_refusal_connect(int err, bool is_unix);

#endif
