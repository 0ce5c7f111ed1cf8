/*
 * Bytes on their way to Redis: a buffer that grows.  Knows no: nginx, socket,
 * request.  docs/redis-keys.md.
 */

#ifndef HEALTHCODE_REDIS_BUF_H
#define HEALTHCODE_REDIS_BUF_H

#include <stdbool.h>
#include <stddef.h>


/* All zero is empty.  Owned by whoever holds it; freed by _free(). */
typedef struct {
    char    *data;
    size_t   len;
    size_t   size;
} healthcode_redis_buf_t;


/*
 * Appends one command of argc arguments in RESP.  False, and the buffer as it
 * was, if there is no memory.
 */
bool healthcode_redis_buf_command(healthcode_redis_buf_t *buf, size_t argc,
    const char **argv, const size_t *argvlen);

/* Appends bytes that are RESP already; false likewise. */
bool healthcode_redis_buf_append(healthcode_redis_buf_t *buf,
    const char *bytes, size_t len);

/* Drops the first n bytes, which have been sent. */
void healthcode_redis_buf_consume(healthcode_redis_buf_t *buf, size_t n);

void healthcode_redis_buf_free(healthcode_redis_buf_t *buf);

#endif
