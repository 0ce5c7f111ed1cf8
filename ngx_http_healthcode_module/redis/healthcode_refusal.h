/*
 * An error that Redis answers -> words for a log, without secrets, and what to
 * do about it.  Knows no connection.  docs/request-path.md, "Outage".
 */

#ifndef HEALTHCODE_REFUSAL_H
#define HEALTHCODE_REFUSAL_H

#include <hiredis/hiredis.h>

#include "../core/healthcode_str.h"


/* Bytes of a text that fits whatever is said here and in the handshake. */
#define HEALTHCODE_REFUSAL_SIZE  768


/*
 * Writes the text of an error reply into text, of size bytes, with a NUL, and
 * returns its length.  Bytes that are not printable ASCII become \xHH.  Left
 * out are the arguments of the command, from "with args" on; each place where
 * secret stands; and what stands in the braces of a holder's key.  A longer
 * text ends in "...".
 */
size_t healthcode_refusal_text(const redisReply *reply,
    healthcode_str_t secret, char *text, size_t size);

/*
 * What to do about an error reply, for those who run a gate; NULL: nothing is
 * known.  Not of NOPERM, whose advice depends on what was asked.
 */
const char *healthcode_refusal_advice(const redisReply *reply);

/* Whether the user lacks a right, and not to a command but to its keys. */
bool healthcode_refusal_is_right(const redisReply *reply);
bool healthcode_refusal_is_right_to_keys(const redisReply *reply);

/*
 * Whether the next command will be answered likewise: it is the server that
 * refuses, or the user, and not one key that is of a wrong type.
 */
bool healthcode_refusal_is_lasting(const redisReply *reply);

/*
 * What a server says first, the len bytes at data, that is no reply of Redis
 * -> what it seems to be, and what to do; never NULL.
 */
const char *healthcode_refusal_stranger(const uint8_t *data, size_t len);

/*
 * What to do where connect() fails with this errno, to a unix socket or an
 * address; never NULL.
 */
const char *healthcode_refusal_connect(int err, bool is_unix);

#endif
