/*
 * What counts once -> the call of mark.lua; its reply -> whether it did.
 * Knows no: nginx, socket, clock, request.  docs/redis-keys.md,
 * "healthcode:mark".
 */

#include <stdio.h>
#include <string.h>

#include "healthcode_mark.h"
#include "healthcode_refusal.h"


#define HEALTHCODE_MARK_META  "healthcode:meta:{xx}"
#define HEALTHCODE_MARK_KEY   "healthcode:mark:{xx}:"

/* Where the tag stands in both. */
#define HEALTHCODE_MARK_TAG   (sizeof("healthcode:mark:{") - 1)
#define HEALTHCODE_MARK_HEAD  (sizeof(HEALTHCODE_MARK_KEY) - 1)


bool
healthcode_mark_format(const healthcode_mark_t *mark, const char *sha,
    healthcode_redis_buf_t *buf)
{
    char         key[HEALTHCODE_MARK_HEAD + HEALTHCODE_HOLDER_HEX];
    char         meta[] = HEALTHCODE_MARK_META;
    char         life[16];
    const char  *text[] = { "EVALSHA", sha, "1", key,
                            (const char *) mark->instance.data,
                            (const char *) mark->owner.data, life,
                            meta };
    size_t       len[] = { 7, HEALTHCODE_SCRIPT_SHA, 1, sizeof(key),
                           mark->instance.len, mark->owner.len, 0,
                           sizeof(HEALTHCODE_MARK_META) - 1 };

    memcpy(key, HEALTHCODE_MARK_KEY, HEALTHCODE_MARK_HEAD);
    healthcode_holder_format(mark->digest, key + HEALTHCODE_MARK_HEAD);
    memcpy(key + HEALTHCODE_MARK_TAG, key + HEALTHCODE_MARK_HEAD, 2);
    memcpy(meta + HEALTHCODE_MARK_TAG, key + HEALTHCODE_MARK_HEAD, 2);

    (void) snprintf(life, sizeof(life), "%u", mark->life);
    len[6] = strlen(life);

    return healthcode_redis_buf_command(buf, sizeof(text) / sizeof(text[0]),
                                        text, len);
}


healthcode_reason_e
healthcode_mark_read(const redisReply *reply)
{
    static const struct {
        healthcode_str_t     word;
        healthcode_reason_e  reason;
    } rows[] = {
        { { (const uint8_t *) "marked", 6 }, HEALTHCODE_REASON_OK },
        { { (const uint8_t *) "replayed", 8 }, HEALTHCODE_REASON_REPLAYED },
        { { (const uint8_t *) "unproven", 8 },
          HEALTHCODE_REASON_STORE_UNPROVEN },
    };
    const redisReply  *word;

    if (reply->type == REDIS_REPLY_ERROR) {

        if (healthcode_refusal_is_replica(reply)) {
            return HEALTHCODE_REASON_STORE_NOT_MASTER;
        }

        return healthcode_refusal_is_auth(reply)
               ? HEALTHCODE_REASON_STORE_AUTH
               : HEALTHCODE_REASON_STORE_UNAVAILABLE;
    }

    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 1) {
        return HEALTHCODE_REASON_STORE_UNAVAILABLE;
    }

    word = reply->element[0];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {

        if (word->type == REDIS_REPLY_STRING
            && healthcode_str_equal(healthcode_str_from(word->str, word->len),
                                    rows[i].word))
        {
            return rows[i].reason;
        }
    }

    return HEALTHCODE_REASON_STORE_UNAVAILABLE;
}
