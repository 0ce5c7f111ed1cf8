/*
 * Bytes from Redis -> replies, by hiredis's reader, in memory of a fixed size.
 * Knows no: nginx, socket, clock.  docs/connection.md.
 */

#ifndef HEALTHCODE_REPLY_READER_H
#define HEALTHCODE_REPLY_READER_H

#include <hiredis/hiredis.h>

#include "healthcode_reply_scan.h"


typedef struct healthcode_reply_reader_s  healthcode_reply_reader_t;

typedef enum {
    HEALTHCODE_REPLY_READER_BROKEN = 0,   /* no RESP, or too much of it */
    HEALTHCODE_REPLY_READER_MORE,         /* more bytes are needed */
    HEALTHCODE_REPLY_READER_REPLY
} healthcode_reply_reader_e;


/*
 * Makes a reader; the caller owns and frees it, and with it every reply.  NULL
 * if there is no memory.
 */
healthcode_reply_reader_t *healthcode_reply_reader_create(void);
void healthcode_reply_reader_free(healthcode_reply_reader_t *reader);

/*
 * Takes in len bytes, which are copied, except bulks that are too long
 * (healthcode_reply_scan.h).  False if they are not RESP, one reply is too
 * long, or there is no memory; the reader must not be used any more then.
 */
bool healthcode_reply_reader_feed(healthcode_reply_reader_t *reader,
    const void *data, size_t len);

/*
 * The next whole reply, on _REPLY in *reply, which lives until the reader is
 * reset or freed; freeReplyObject() is not for it.  After _BROKEN the reader
 * is of no more use.
 */
healthcode_reply_reader_e healthcode_reply_reader_next(
    healthcode_reply_reader_t *reader, redisReply **reply);

/* Whether a bulk stood here that was too long: what it says is not known. */
static inline bool
healthcode_reply_reader_is_skipped(const redisReply *reply)
{
    return reply->type == REDIS_REPLY_BIGNUM;
}

/*
 * Gives all replies back, so that their memory serves the next ones.  Only
 * after _next() has returned _REPLY, and before it is called again.
 */
void healthcode_reply_reader_reset(healthcode_reply_reader_t *reader);

#endif
