/*
 * Fuzzes healthcode_reply_reader.c: any bytes, in pieces whose length is the
 * first byte.  What it reads, hiredis alone reads as well, and the same.
 * docs/request-path.md, "Redis".
 */

#include "fuzz.h"
#include "../unit/resp.h"

#include "../../ngx_http_healthcode_module/redis/healthcode_reply_reader.h"


#define REPLIES_MAX  64


static void
check_same(const redisReply *a, const redisReply *b)
{
    fuzz_must(a->type == b->type && a->integer == b->integer);
    fuzz_must(a->len == b->len && a->elements == b->elements);
    fuzz_must(a->len == 0 || memcmp(a->str, b->str, a->len) == 0);

    for (size_t i = 0; i < a->elements; i++) {
        check_same(a->element[i], b->element[i]);
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t                      i, n, read = 0, expected, step;
    redisReply                 *replies[REPLIES_MAX], *reply;
    healthcode_reply_reader_e   rc = HEALTHCODE_REPLY_READER_MORE;
    healthcode_reply_reader_t  *reader;

    if (size < 2 || size > 8192) {
        return 0;
    }

    step = 1 + (size_t) data[0];
    data++;
    size--;

    expected = resp_read(data, size, replies, REPLIES_MAX);
    reader = healthcode_reply_reader_create();

    for (i = 0; i < size && rc != HEALTHCODE_REPLY_READER_BROKEN; i += n) {
        n = (size - i < step) ? size - i : step;
        fuzz_must(healthcode_reply_reader_feed(reader, data + i, n));

        while (read < REPLIES_MAX
               && (rc = healthcode_reply_reader_next(reader, &reply))
                  == HEALTHCODE_REPLY_READER_REPLY)
        {
            fuzz_must(read < expected);
            check_same(reply, replies[read++]);
            healthcode_reply_reader_reset(reader);
        }
    }

    healthcode_reply_reader_free(reader);

    for (i = 0; i < expected; i++) {
        freeReplyObject(replies[i]);
    }

    return 0;
}
