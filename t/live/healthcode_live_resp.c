/*
 * Where a message of RESP3 ends, and whether it is an invalidation; enough to
 * leave such messages out of a stream.  Keeps no values.
 * docs/benchmarks.md, "Live".
 */

#include "healthcode_live.h"


#define LIVE_RESP_DEPTH  8


static long live_resp_skip(const char *data, size_t len, unsigned depth);


long
live_resp_length(const char *data, size_t len)
{
    return live_resp_skip(data, len, 0);
}


bool
live_resp_is_invalidation(const char *data, size_t len)
{
    static const char  push[] = ">2\r\n$10\r\ninvalidate\r\n";

    return len >= sizeof(push) - 1 && memcmp(data, push, sizeof(push) - 1) == 0;
}


static long
live_resp_skip(const char *data, size_t len, unsigned depth)
{
    long         n, used, part;
    const char  *end;

    end = len ? memchr(data, '\n', len) : NULL;

    if (end == NULL) {
        return 0;
    }

    used = end - data + 1;
    n = strtol(data + 1, NULL, 10);

    switch (data[0]) {

    case '+': case '-': case ':': case '_': case '#': case ',': case '(':
        return used;

    case '$': case '=': case '!':
        used += (n < 0) ? 0 : n + 2;
        return ((size_t) used <= len) ? used : 0;

    case '%': case '|':
        n *= 2;
        break;

    case '*': case '~': case '>':
        break;

    default:
        return -1;
    }

    /* an attribute stands before the message that it belongs to */
    n += (data[0] == '|');

    if (depth == LIVE_RESP_DEPTH) {
        return -1;
    }

    while (n-- > 0) {
        part = live_resp_skip(data + used, len - (size_t) used, depth + 1);

        if (part <= 0) {
            return part;
        }

        used += part;
    }

    return used;
}
