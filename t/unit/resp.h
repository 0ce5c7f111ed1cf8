/*
 * Real bytes of RESP -> replies, through hiredis's own reader, as on a
 * connection.  For tests and fuzz targets; knows no command.
 * docs/redis-keys.md.
 */

#ifndef HEALTHCODE_RESP_H
#define HEALTHCODE_RESP_H

#include <hiredis/hiredis.h>
#include <stdlib.h>


/* As the gate has it: hiredis would make room for as many as are announced. */
#define RESP_ELEMENTS_MAX  512


/*
 * Reads replies out of bytes into replies, max at most; returns their number.
 * The caller frees each with freeReplyObject().
 */
static inline size_t
resp_read(const void *bytes, size_t len, redisReply **replies, size_t max)
{
    void         *reply;
    size_t        n = 0;
    redisReader  *reader = redisReaderCreate();

    if (reader == NULL) {
        abort();
    }

    reader->maxelements = RESP_ELEMENTS_MAX;

    if (redisReaderFeed(reader, bytes, len) != REDIS_OK) {
        abort();
    }

    while (n < max && redisReaderGetReply(reader, &reply) == REDIS_OK
           && reply != NULL)
    {
        replies[n++] = reply;
    }

    redisReaderFree(reader);

    return n;
}

#endif
