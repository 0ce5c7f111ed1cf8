/*
 * Fuzzes healthcode_tracking.c: what a store pushes, through hiredis's own
 * reader.  Every change is reported, as what it is, and no other one.
 * docs/cache.md.
 */

#include "fuzz.h"
#include "mutate.h"
#include "../unit/resp.h"

#include "../../ngx_http_healthcode_module/redis/healthcode_tracking.h"


#define PUSHES_MAX  16


static bool
is(const redisReply *reply, const char *text)
{
    return reply->type == REDIS_REPLY_STRING && reply->len == strlen(text)
           && memcmp(reply->str, text, reply->len) == 0;
}


/* A key that is named with the holder that was read out of it. */
static bool
is_of(const redisReply *key, const uint8_t *holder)
{
    char  text[sizeof("healthcode:risk:{xx}:") + HEALTHCODE_HOLDER_HEX];

    snprintf(text, sizeof(text), "healthcode:risk:{%02x}:%02x%02x%02x%02x%02x"
             "%02x%02x%02x%02x%02x%02x%02x%02x%02x%02x%02x", holder[0],
             holder[0], holder[1], holder[2], holder[3], holder[4], holder[5],
             holder[6], holder[7], holder[8], holder[9], holder[10], holder[11],
             holder[12], holder[13], holder[14], holder[15]);

    return is(key, text);
}


/* Whether a script of a gate reads it: a key of a hall, or a mark. */
static bool
is_of_script(const redisReply *key)
{
    return key->type == REDIS_REPLY_STRING && key->len > 16
           && (memcmp(key->str, "healthcode:hall:", 16) == 0
               || memcmp(key->str, "healthcode:mark:", 16) == 0);
}


/* One of regions, of controls, or of holders. */
static bool
is_proof(const redisReply *key)
{
    return is(key, "healthcode:meta:{r}") || is(key, "healthcode:meta:{c}")
           || (key->type == REDIS_REPLY_STRING && key->len == 20
               && memcmp(key->str, "healthcode:meta:{", 17) == 0
               && strspn(key->str + 17, "0123456789abcdef") == 2
               && key->str[19] == '}');
}


/* By which a connection proves that changes are pushed. */
static bool
is_push(const redisReply *key)
{
    return is(key, "healthcode:push:{r}") || is(key, "healthcode:push:{c}")
           || (key->type == REDIS_REPLY_STRING && key->len == 20
               && memcmp(key->str, "healthcode:push:{", 17) == 0
               && strspn(key->str + 17, "0123456789abcdef") == 2
               && key->str[19] == '}');
}


/* Whether a gate reads a key: no part of the module is asked. */
static bool
is_read(const redisReply *key)
{
    return is(key, "healthcode:region:{r}") || is(key, "healthcode:control:{c}")
           || is(key, "healthcode:tick:{c}") || is(key, "healthcode:data:{c}")
           || is_push(key)
           || is_proof(key) || is_of_script(key)
           || (key->type == REDIS_REPLY_STRING && key->len == 53
               && memcmp(key->str, "healthcode:risk:{", 17) == 0
               && memcmp(key->str + 19, "}:", 2) == 0
               && strspn(key->str + 21, "0123456789abcdef") == 32
               && key->str[17] == key->str[21]
               && key->str[18] == key->str[22]);
}


static void
check_change(const redisReply *push, size_t i)
{
    uint8_t                *holder = guard_room(0, HEALTHCODE_HOLDER_LEN);
    const redisReply       *key, *keys = push->element[1];
    healthcode_tracking_e   change;

    change = healthcode_tracking_change(push, i, holder);

    if (keys->type == REDIS_REPLY_NIL) {
        fuzz_must(change == HEALTHCODE_TRACKING_ALL);
        return;
    }

    key = keys->element[i];
    fuzz_must((change != HEALTHCODE_TRACKING_BROKEN) == is_read(key));

    switch (change) {

    case HEALTHCODE_TRACKING_BROKEN:
        break;

    case HEALTHCODE_TRACKING_ALL:
        fuzz_must(false);
        break;

    case HEALTHCODE_TRACKING_META:
        fuzz_must(is_proof(key));
        break;

    case HEALTHCODE_TRACKING_PUSH:
        fuzz_must(is_push(key));
        break;

    case HEALTHCODE_TRACKING_TICK:
        fuzz_must(is(key, "healthcode:tick:{c}"));
        break;

    case HEALTHCODE_TRACKING_DATA:
        fuzz_must(is(key, "healthcode:data:{c}"));
        break;

    case HEALTHCODE_TRACKING_REGIONS:
        fuzz_must(is(key, "healthcode:region:{r}"));
        break;

    case HEALTHCODE_TRACKING_CONTROLS:
        fuzz_must(is(key, "healthcode:control:{c}"));
        break;

    case HEALTHCODE_TRACKING_HALL:
        fuzz_must(is_of_script(key));
        break;

    case HEALTHCODE_TRACKING_HOLDER:
        fuzz_must(is_of(key, holder));
        break;
    }
}


static void
check(const redisReply *push)
{
    size_t  n = healthcode_tracking_changes(push);

    if (push->type == REDIS_REPLY_PUSH && push->elements == 2
        && is(push->element[0], "invalidate"))
    {
        fuzz_must(n == (push->element[1]->type == REDIS_REPLY_NIL ? 1
                        : push->element[1]->type == REDIS_REPLY_ARRAY
                        ? push->element[1]->elements : 0));
    } else {
        fuzz_must(n == 0);
    }

    for (size_t i = 0; i < n; i++) {
        check_change(push, i);
    }
}


/* A number is that of a line of its own, written without anything else. */
static void
check_keys(const redisReply *info)
{
    char      line[64];
    uint64_t  keys = 7;

    if (!healthcode_tracking_keys(info, &keys)) {
        fuzz_must(keys == 7);
        return;
    }

    fuzz_must(info->type == REDIS_REPLY_STRING
              || info->type == REDIS_REPLY_VERB);
    fuzz_must(keys < UINT64_C(1000000000000000000));

    /* as it would be written, except for zeros before it */
    snprintf(line, sizeof(line), "%llu", (unsigned long long) keys);
    fuzz_must(strstr(info->str, "\ntracking_total_keys:") != NULL);
    fuzz_must(strstr(info->str, line) != NULL);
}


size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    return mutate_resp(data, 0, size, max, seed);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t       n;
    redisReply  *replies[PUSHES_MAX];

    if (size > 8192) {
        return 0;
    }

    n = resp_read(data, size, replies, PUSHES_MAX);

    while (n) {
        check(replies[--n]);
        check_keys(replies[n]);
        freeReplyObject(replies[n]);
    }

    return 0;
}
