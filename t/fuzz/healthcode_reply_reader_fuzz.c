/*
 * Fuzzes healthcode_reply_reader.c and healthcode_reply_scan.c: any bytes, in
 * pieces whose length is the first byte; a byte 0x01 stands for many.  What it
 * reads, hiredis alone reads as well, and the same, except what is too long.
 * docs/connection.md.
 */

#include "fuzz.h"
#include "mutate.h"
#include "../unit/resp.h"

#include "../../ngx_http_healthcode_module/redis/healthcode_reply_reader.h"


#define REPLIES_MAX  64

/* So many bytes for each 0x01, and bytes of all in all. */
#define RUN          4096
#define STREAM_MAX   (64 * RUN)


static char  stream[STREAM_MAX];


static size_t
expand(const uint8_t *data, size_t size)
{
    size_t  len = 0, n;

    for (size_t i = 0; i < size; i++) {
        n = (data[i] == 1) ? RUN : 1;

        if (len + n > STREAM_MAX) {
            break;
        }

        memset(stream + len, data[i], n);
        len += n;
    }

    return len;
}


/* A is ours.  What is skipped was long, or came late in a long reply. */
static void
check_same(const redisReply *a, const redisReply *b)
{
    char  text[32];

    if (a->type == REDIS_REPLY_BIGNUM && b->type != REDIS_REPLY_BIGNUM) {
        fuzz_must(b->type == REDIS_REPLY_STRING);
        fuzz_must(b->len && b->len <= HEALTHCODE_REPLY_SKIP_MAX);
        snprintf(text, sizeof(text), "%zu", b->len);
        fuzz_must(strcmp(a->str, text) == 0);
        return;
    }

    fuzz_must(b->type != REDIS_REPLY_STRING
              || b->len <= HEALTHCODE_REPLY_BULK_MAX);
    fuzz_must(a->type == b->type && a->integer == b->integer);
    fuzz_must(a->len == b->len && a->elements == b->elements);
    fuzz_must(a->len == 0 || memcmp(a->str, b->str, a->len) == 0);

    for (size_t i = 0; i < a->elements; i++) {
        check_same(a->element[i], b->element[i]);
    }
}


size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    return mutate_resp(data, 1, size, max, seed);
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

    step = (data[0] == 255) ? STREAM_MAX : 1 + (size_t) data[0];
    data++;
    size--;

    size = expand(data, size);
    expected = resp_read(stream, size, replies, REPLIES_MAX);
    reader = healthcode_reply_reader_create();

    for (i = 0; i < size && rc != HEALTHCODE_REPLY_READER_BROKEN; i += n) {
        n = (size - i < step) ? size - i : step;

        if (!healthcode_reply_reader_feed(reader, stream + i, n)) {
            break;
        }

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
