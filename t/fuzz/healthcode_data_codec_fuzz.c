/*
 * Fuzzes healthcode_data_codec.c and healthcode_data.c: replies about sources,
 * through hiredis's own reader, at any time.  Whatever they say, data are never
 * younger than their oldest source.  docs/redis-keys.md, "healthcode:data".
 */

#include "fuzz.h"
#include "mutate.h"
#include "../unit/resp.h"

#include "../../ngx_http_healthcode_module/redis/healthcode_data_codec.h"


#define NOW  1700000000


/* Each source by itself, as its digits say. */
static void
check_source(const healthcode_data_source_t *source, int64_t now, int64_t age)
{
    fuzz_must(healthcode_data_is_name(healthcode_str_from(source->name,
                                                          source->len)));
    fuzz_must(source->time > 0);
    fuzz_must(source->time <= now + HEALTHCODE_DATA_AHEAD);
    fuzz_must(now - source->time <= age);
}


static void
check(const healthcode_data_t *data, int64_t now)
{
    int64_t            age = -1;
    healthcode_data_e  what = healthcode_data_age(data, now, &age);

    fuzz_must(data->n <= HEALTHCODE_DATA_SOURCES);

    if (what != HEALTHCODE_DATA_AT) {
        fuzz_must(age == -1);
        fuzz_must(healthcode_data_is_old(data, INT64_MAX, now));
        return;
    }

    fuzz_must(data->is_known && !data->is_cut && data->n);
    fuzz_must(age >= 0);
    fuzz_must(!healthcode_data_is_old(data, age, now));
    fuzz_must(age == 0 || healthcode_data_is_old(data, age - 1, now));
    fuzz_must(healthcode_data_oldest(data, now) == &data->sources[0]);

    for (unsigned i = 0; i < data->n; i++) {
        check_source(&data->sources[i], now, age);
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
    int64_t            now = NOW + (int8_t) fuzz_byte(&data, &size);
    redisReply        *reply;
    healthcode_data_t  read;

    if (size > 8192 || resp_read(data, size, &reply, 1) == 0) {
        return 0;
    }

    memset(&read, 0xa5, sizeof(read));
    healthcode_data_codec_read(reply, &read);
    freeReplyObject(reply);
    check(&read, now);

    return 0;
}
