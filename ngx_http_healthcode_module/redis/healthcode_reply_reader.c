/*
 * Bytes from Redis -> replies, by hiredis's reader, in memory of a fixed size.
 * Knows no: nginx, socket, clock.  docs/connection.md.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "healthcode_reply_reader.h"


/*
 * hiredis allocates two blocks a value, and what an array announces before it
 * arrives.  All replies of one live read fit into this several times over.
 */
#define HEALTHCODE_REPLY_READER_MEMORY  (512 * 1024)
#define HEALTHCODE_REPLY_READER_ALIGN   16


struct healthcode_reply_reader_s {
    redisReader              *hiredis;
    healthcode_reply_scan_t   scan;
    size_t                    used;
    char                     *memory;
};


static bool healthcode_reply_reader_pass(void *data, const char *bytes,
    size_t len);
static void *healthcode_reply_reader_string(const redisReadTask *task,
    char *str, size_t len);
static void *healthcode_reply_reader_array(const redisReadTask *task,
    size_t elements);
static void *healthcode_reply_reader_integer(const redisReadTask *task,
    long long value);
static void *healthcode_reply_reader_double(const redisReadTask *task,
    double value, char *str, size_t len);
static void *healthcode_reply_reader_nil(const redisReadTask *task);
static void *healthcode_reply_reader_bool(const redisReadTask *task, int value);
static void healthcode_reply_reader_keep(void *reply);


/* hiredis takes no const, and writes nothing to it. */
static const redisReplyObjectFunctions  healthcode_reply_reader_functions = {
    healthcode_reply_reader_string,
    healthcode_reply_reader_array,
    healthcode_reply_reader_integer,
    healthcode_reply_reader_double,
    healthcode_reply_reader_nil,
    healthcode_reply_reader_bool,
    healthcode_reply_reader_keep
};


healthcode_reply_reader_t *
healthcode_reply_reader_create(void)
{
    healthcode_reply_reader_t  *reader;

    reader = calloc(1, sizeof(healthcode_reply_reader_t));
    if (reader == NULL) {
        return NULL;
    }

    reader->memory = malloc(HEALTHCODE_REPLY_READER_MEMORY);
    reader->hiredis = redisReaderCreateWithFunctions(
                          (redisReplyObjectFunctions *) (uintptr_t)
                              &healthcode_reply_reader_functions);

    if (reader->memory == NULL || reader->hiredis == NULL) {
        healthcode_reply_reader_free(reader);
        return NULL;
    }

    reader->hiredis->maxelements = HEALTHCODE_REPLY_ELEMENTS_MAX;
    reader->hiredis->maxbuf = 0;    /* keep the buffer: feeding is bounded */
    reader->hiredis->privdata = reader;

    return reader;
}


void
healthcode_reply_reader_free(healthcode_reply_reader_t *reader)
{
    if (reader) {
        redisReaderFree(reader->hiredis);
        free(reader->memory);
        free(reader);
    }
}


bool
healthcode_reply_reader_feed(healthcode_reply_reader_t *reader,
    const void *data, size_t len)
{
    /* bounded before hiredis, which crashes on what nests without end */
    return healthcode_reply_scan(&reader->scan, data, len,
                                 healthcode_reply_reader_pass, reader);
}


static bool
healthcode_reply_reader_pass(void *data, const char *bytes, size_t len)
{
    healthcode_reply_reader_t  *reader = data;

    return redisReaderFeed(reader->hiredis, bytes, len) == REDIS_OK;
}


healthcode_reply_reader_e
healthcode_reply_reader_next(healthcode_reply_reader_t *reader,
    redisReply **reply)
{
    void  *object;

    if (redisReaderGetReply(reader->hiredis, &object) != REDIS_OK) {
        return HEALTHCODE_REPLY_READER_BROKEN;
    }

    if (object == NULL) {
        return HEALTHCODE_REPLY_READER_MORE;
    }

    *reply = object;

    return HEALTHCODE_REPLY_READER_REPLY;
}


void
healthcode_reply_reader_reset(healthcode_reply_reader_t *reader)
{
    reader->used = 0;
}


static void *
healthcode_reply_reader_alloc(healthcode_reply_reader_t *reader, size_t len)
{
    void  *memory;

    if (len > HEALTHCODE_REPLY_READER_MEMORY - reader->used) {
        return NULL;
    }

    memory = reader->memory + reader->used;

    len = (len + HEALTHCODE_REPLY_READER_ALIGN - 1)
          / HEALTHCODE_REPLY_READER_ALIGN * HEALTHCODE_REPLY_READER_ALIGN;
    reader->used = (len > HEALTHCODE_REPLY_READER_MEMORY - reader->used)
                   ? HEALTHCODE_REPLY_READER_MEMORY : reader->used + len;

    return memory;
}


/*
 * A reply of the task's type, put where the task belongs, with room for len
 * bytes behind it; NULL if the memory is used up.
 */
static redisReply *
healthcode_reply_reader_make(const redisReadTask *task, size_t len)
{
    redisReply  *parent, *reply;

    reply = healthcode_reply_reader_alloc(task->privdata,
                                          sizeof(redisReply) + len);
    if (reply == NULL) {
        return NULL;
    }

    memset(reply, 0, sizeof(redisReply));
    reply->type = task->type;

    if (task->parent) {
        parent = task->parent->obj;
        parent->element[task->idx] = reply;
    }

    return reply;
}


static void *
healthcode_reply_reader_string(const redisReadTask *task, char *str, size_t len)
{
    redisReply  *reply;

    reply = healthcode_reply_reader_make(task, len + 1);
    if (reply == NULL) {
        return NULL;
    }

    if (task->type == REDIS_REPLY_VERB && len >= 4) {
        memcpy(reply->vtype, str, 3);   /* "txt:" stands before the text */
        str += 4;
        len -= 4;
    }

    reply->str = (char *) (reply + 1);
    reply->len = len;
    memcpy(reply->str, str, len);
    reply->str[len] = '\0';

    return reply;
}


static void *
healthcode_reply_reader_array(const redisReadTask *task, size_t elements)
{
    redisReply  *reply;

    reply = healthcode_reply_reader_make(task,
                                         elements * sizeof(redisReply *));
    if (reply == NULL) {
        return NULL;
    }

    reply->elements = elements;
    reply->element = (redisReply **) (reply + 1);
    memset(reply->element, 0, elements * sizeof(redisReply *));

    return reply;
}


static void *
healthcode_reply_reader_integer(const redisReadTask *task, long long value)
{
    redisReply  *reply;

    reply = healthcode_reply_reader_make(task, 0);

    if (reply) {
        reply->integer = value;
    }

    return reply;
}


static void *
healthcode_reply_reader_double(const redisReadTask *task, double value,
    char *str, size_t len)
{
    redisReply  *reply;

    reply = healthcode_reply_reader_string(task, str, len);

    if (reply) {
        reply->dval = value;
    }

    return reply;
}


static void *
healthcode_reply_reader_nil(const redisReadTask *task)
{
    redisReply  *reply;

    reply = healthcode_reply_reader_make(task, 0);

    if (reply) {
        /* RESP2 has it as a string or an array of length -1 */
        reply->type = REDIS_REPLY_NIL;
    }

    return reply;
}


static void *
healthcode_reply_reader_bool(const redisReadTask *task, int value)
{
    return healthcode_reply_reader_integer(task, value != 0);
}


/* What is made lives until the reader is reset. */
static void
healthcode_reply_reader_keep(void *reply)
{
    (void) reply;
}
