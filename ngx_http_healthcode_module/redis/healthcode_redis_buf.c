/*
 * Bytes on their way to Redis: a buffer that grows.  Knows no: nginx, socket,
 * request.  docs/redis-keys.md.
 */

#include <stdlib.h>
#include <string.h>

#include "healthcode_redis_buf.h"


#define HEALTHCODE_REDIS_BUF_MIN     4096

/* "$", a length, and the line ends around an argument */
#define HEALTHCODE_REDIS_BUF_PREFIX  32


static bool healthcode_redis_buf_reserve(healthcode_redis_buf_t *buf,
    size_t len);
static char *healthcode_redis_buf_prefix(char *p, char type, size_t number);


/*
 * The same bytes as redisFormatCommandArgv(), which a unit test holds it to:
 * hiredis formats through printf or sds, and that was a sixth of all user
 * instructions of a request.
 */
bool
healthcode_redis_buf_command(healthcode_redis_buf_t *buf, size_t argc,
    const char **argv, const size_t *argvlen)
{
    char    *p;
    size_t   i, len = HEALTHCODE_REDIS_BUF_PREFIX;

    for (i = 0; i < argc; i++) {
        len += HEALTHCODE_REDIS_BUF_PREFIX + argvlen[i];
    }

    if (!healthcode_redis_buf_reserve(buf, len)) {
        return false;
    }

    p = healthcode_redis_buf_prefix(buf->data + buf->len, '*', argc);

    for (i = 0; i < argc; i++) {
        p = healthcode_redis_buf_prefix(p, '$', argvlen[i]);
        memcpy(p, argv[i], argvlen[i]);
        p += argvlen[i];
        *p++ = '\r';
        *p++ = '\n';
    }

    buf->len = (size_t) (p - buf->data);

    return true;
}


static char *
healthcode_redis_buf_prefix(char *p, char type, size_t number)
{
    char    digits[24];
    size_t  n = sizeof(digits);

    do {
        digits[--n] = (char) ('0' + number % 10);
        number /= 10;
    } while (number);

    *p++ = type;
    memcpy(p, digits + n, sizeof(digits) - n);
    p += sizeof(digits) - n;
    *p++ = '\r';
    *p++ = '\n';

    return p;
}


bool
healthcode_redis_buf_append(healthcode_redis_buf_t *buf, const char *bytes,
    size_t len)
{
    if (len == 0) {
        return true;
    }

    if (!healthcode_redis_buf_reserve(buf, len)) {
        return false;
    }

    memcpy(buf->data + buf->len, bytes, len);
    buf->len += len;

    return true;
}


static bool
healthcode_redis_buf_reserve(healthcode_redis_buf_t *buf, size_t len)
{
    char    *data;
    size_t   size;

    if (buf->size - buf->len >= len) {
        return true;
    }

    size = buf->size * 2 + HEALTHCODE_REDIS_BUF_MIN + len;

    data = realloc(buf->data, size);
    if (data == NULL) {
        return false;
    }

    buf->data = data;
    buf->size = size;

    return true;
}


void
healthcode_redis_buf_consume(healthcode_redis_buf_t *buf, size_t n)
{
    buf->len -= n;

    if (buf->len) {
        memmove(buf->data, buf->data + n, buf->len);
    }
}


void
healthcode_redis_buf_free(healthcode_redis_buf_t *buf)
{
    free(buf->data);
    memset(buf, 0, sizeof(healthcode_redis_buf_t));
}
