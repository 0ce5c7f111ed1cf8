/*
 * A script that is called on a store: its text for a store that does not know
 * it.  Knows no: nginx, socket, clock, request.
 * docs/connection.md, "Calls".
 */

#include <string.h>

#include "healthcode_call.h"


bool
healthcode_call_format_load(const healthcode_call_script_t *script,
    healthcode_redis_buf_t *buf)
{
    const char  *text[] = { "SCRIPT", "LOAD",
                            (const char *) script->text.data };
    size_t       len[] = { 6, 4, script->text.len };

    return healthcode_redis_buf_command(buf, 3, text, len);
}


bool
healthcode_call_is_unknown(const redisReply *reply)
{
    static const char  word[] = "NOSCRIPT";

    return reply->type == REDIS_REPLY_ERROR && reply->len >= sizeof(word) - 1
           && memcmp(reply->str, word, sizeof(word) - 1) == 0;
}
