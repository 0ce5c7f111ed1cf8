/*
 * Fuzzes healthcode_passage.c: replies to a passage, through hiredis's own
 * reader.  Whatever they say, only two words of a whole reply let somebody
 * through, and only to a first message.  docs/redis-keys.md,
 * "healthcode:hall".
 */

#include "fuzz.h"
#include "mutate.h"
#include "../unit/resp.h"

#include "../../ngx_http_healthcode_module/redis/healthcode_passage.h"


#define SHA  "0123456789abcdef0123456789abcdef01234567"


/* Whether a reply is {word, a number}, read by its bytes. */
static bool
is_reply(const redisReply *reply, const char *word)
{
    const redisReply  *first;

    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2
        || reply->element[1]->type != REDIS_REPLY_INTEGER)
    {
        return false;
    }

    first = reply->element[0];

    return first->str != NULL && first->type != REDIS_REPLY_ERROR
           && strcmp(first->str, word) == 0;
}


static void
check(healthcode_passage_what_e what, const redisReply *reply)
{
    bool                         is_first, passes, is_done;
    healthcode_passage_result_t  result;

    memset(&result, 0xa5, sizeof(result));
    healthcode_passage_read(what, reply, &result);

    is_first = what == HEALTHCODE_PASSAGE_ENTER
               || what == HEALTHCODE_PASSAGE_LEAVE;
    passes = result.outcome == HEALTHCODE_PASSAGE_PASSED
             || result.outcome == HEALTHCODE_PASSAGE_AGAIN;
    is_done = result.outcome >= HEALTHCODE_PASSAGE_DONE;

    fuzz_must(result.outcome <= HEALTHCODE_PASSAGE_UNKNOWN);
    fuzz_must((result.reason == HEALTHCODE_REASON_OK) == (passes || is_done));
    fuzz_must(!passes || is_first);
    fuzz_must(!is_done || !is_first);
    fuzz_must(!passes || is_reply(reply, "passed") || is_reply(reply, "again"));
    fuzz_must(result.outcome != HEALTHCODE_PASSAGE_DONE
              || is_reply(reply, "done"));

    if (passes || is_done) {
        fuzz_must(result.inside == reply->element[1]->integer);

    } else if (result.outcome == HEALTHCODE_PASSAGE_REFUSED) {
        fuzz_must(healthcode_reason_status(result.reason) == 403);

    } else {
        fuzz_must(healthcode_reason_is_outage(result.reason));
        fuzz_must(result.inside == 0);
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
    uint8_t      what = fuzz_byte(&data, &size);
    redisReply  *reply;

    if (size > 8192 || resp_read(data, size, &reply, 1) == 0) {
        return 0;
    }

    check((healthcode_passage_what_e) (what % 4), reply);
    freeReplyObject(reply);

    return 0;
}
