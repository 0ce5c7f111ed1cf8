/*
 * What is said first on a connection, and what a store must answer before a
 * gate believes it.  Knows no connection.  docs/redis-keys.md, "Handshake".
 */

#include <stdio.h>

#include "healthcode_handshake.h"
#include "healthcode_risk_codec.h"


#define HEALTHCODE_HANDSHAKE_ERROR_MAX  128


typedef enum {
    HEALTHCODE_HANDSHAKE_HELLO,
    HEALTHCODE_HANDSHAKE_SELECT,
    HEALTHCODE_HANDSHAKE_TRACKING,
    HEALTHCODE_HANDSHAKE_ROLE,
    HEALTHCODE_HANDSHAKE_INFO,
    HEALTHCODE_HANDSHAKE_META
} healthcode_handshake_step_e;


static bool healthcode_handshake_format_hello(
    const healthcode_handshake_t *handshake, healthcode_redis_buf_t *buf);
static bool healthcode_handshake_format_select(
    const healthcode_handshake_t *handshake, healthcode_redis_buf_t *buf);
static bool healthcode_handshake_format_tracking(healthcode_redis_buf_t *buf);
static bool healthcode_handshake_format_words(healthcode_redis_buf_t *buf,
    const char *one, const char *two);
static healthcode_handshake_step_e healthcode_handshake_step(
    const healthcode_handshake_t *handshake, unsigned i);
static healthcode_reason_e healthcode_handshake_judge(
    const healthcode_handshake_t *handshake, healthcode_handshake_step_e step,
    const redisReply *reply, char *error, size_t size);
static healthcode_reason_e healthcode_handshake_read_role(
    const redisReply *reply, char *error, size_t size);
static healthcode_reason_e healthcode_handshake_read_info(
    const healthcode_handshake_t *handshake, const redisReply *reply,
    char *error, size_t size);
static healthcode_reason_e healthcode_handshake_read_meta(
    const healthcode_handshake_t *handshake, const redisReply *reply,
    char *error, size_t size);


unsigned
healthcode_handshake_replies(const healthcode_handshake_t *handshake)
{
    return 4u + (handshake->database != 0) + handshake->tracking;
}


bool
healthcode_handshake_format(const healthcode_handshake_t *handshake,
    healthcode_redis_buf_t *buf)
{
    size_t  len = buf->len;

    if (healthcode_handshake_format_hello(handshake, buf)
        && (handshake->database == 0
            || healthcode_handshake_format_select(handshake, buf))
        && (!handshake->tracking
            || healthcode_handshake_format_tracking(buf))
        && healthcode_handshake_format_words(buf, "ROLE", NULL)
        && healthcode_handshake_format_words(buf, "INFO", "memory")
        && healthcode_risk_codec_format_meta(buf))
    {
        return true;
    }

    buf->len = len;

    return false;
}


static bool
healthcode_handshake_format_hello(const healthcode_handshake_t *handshake,
    healthcode_redis_buf_t *buf)
{
    size_t       lens[] = { 5, 1, 4, 7, handshake->password.len };
    const char  *args[] = {
        "HELLO", "3", "AUTH", "default",
        (const char *) handshake->password.data
    };

    if (handshake->user.len) {
        args[3] = (const char *) handshake->user.data;
        lens[3] = handshake->user.len;
    }

    return healthcode_redis_buf_command(buf,
                                        handshake->password.data ? 5 : 2,
                                        args, lens);
}


static bool
healthcode_handshake_format_select(const healthcode_handshake_t *handshake,
    healthcode_redis_buf_t *buf)
{
    char  number[16];

    snprintf(number, sizeof(number), "%u", handshake->database);

    return healthcode_handshake_format_words(buf, "SELECT", number);
}


/* The default mode: BCAST may let a later answer overtake a change. */
static bool
healthcode_handshake_format_tracking(healthcode_redis_buf_t *buf)
{
    size_t       lens[] = { 6, 8, 2 };
    const char  *args[] = { "CLIENT", "TRACKING", "ON" };

    return healthcode_redis_buf_command(buf, 3, args, lens);
}


static bool
healthcode_handshake_format_words(healthcode_redis_buf_t *buf, const char *one,
    const char *two)
{
    size_t       lens[] = { strlen(one), two ? strlen(two) : 0 };
    const char  *args[] = { one, two };

    return healthcode_redis_buf_command(buf, two ? 2 : 1, args, lens);
}


static healthcode_handshake_step_e
healthcode_handshake_step(const healthcode_handshake_t *handshake, unsigned i)
{
    if (i >= HEALTHCODE_HANDSHAKE_SELECT && handshake->database == 0) {
        i++;
    }

    if (i >= HEALTHCODE_HANDSHAKE_TRACKING && !handshake->tracking) {
        i++;
    }

    return (healthcode_handshake_step_e) i;
}


healthcode_reason_e
healthcode_handshake_read(const healthcode_handshake_t *handshake, unsigned i,
    const redisReply *reply, char *error, size_t size)
{
    if (i >= healthcode_handshake_replies(handshake)) {
        snprintf(error, size, "a reply too many");
        return HEALTHCODE_REASON_STORE_UNAVAILABLE;
    }

    return healthcode_handshake_judge(handshake,
                                      healthcode_handshake_step(handshake, i),
                                      reply, error, size);
}


static healthcode_reason_e
healthcode_handshake_judge(const healthcode_handshake_t *handshake,
    healthcode_handshake_step_e step, const redisReply *reply, char *error,
    size_t size)
{
    bool  as_asked = true;

    static const char  *const commands[] = {
        "HELLO 3", "SELECT", "CLIENT TRACKING", "ROLE", "INFO memory",
        "HGETALL healthcode:meta"
    };

    if (reply->type == REDIS_REPLY_ERROR) {
        snprintf(error, size, "%s is refused: %.*s", commands[step],
                 (int) healthcode_handshake_error_len(reply), reply->str);
        return HEALTHCODE_REASON_STORE_UNAVAILABLE;
    }

    switch (step) {

    case HEALTHCODE_HANDSHAKE_ROLE:
        return healthcode_handshake_read_role(reply, error, size);

    case HEALTHCODE_HANDSHAKE_INFO:
        return healthcode_handshake_read_info(handshake, reply, error, size);

    case HEALTHCODE_HANDSHAKE_META:
        return healthcode_handshake_read_meta(handshake, reply, error, size);

    case HEALTHCODE_HANDSHAKE_HELLO:
        as_asked = reply->type == REDIS_REPLY_MAP;
        break;

    case HEALTHCODE_HANDSHAKE_SELECT:
    case HEALTHCODE_HANDSHAKE_TRACKING:
        as_asked = reply->type == REDIS_REPLY_STATUS
                   && strcmp(reply->str, "OK") == 0;
        break;
    }

    if (!as_asked) {
        snprintf(error, size, "%s is answered by something else",
                 commands[step]);
        return HEALTHCODE_REASON_STORE_UNAVAILABLE;
    }

    return HEALTHCODE_REASON_OK;
}


unsigned
healthcode_handshake_again(const healthcode_handshake_t *handshake,
    bool memory)
{
    return 1u + handshake->tracking + memory;
}


bool
healthcode_handshake_again_format(const healthcode_handshake_t *handshake,
    bool memory, healthcode_redis_buf_t *buf)
{
    size_t  len = buf->len;

    if (healthcode_handshake_format_words(buf, "ROLE", NULL)
        && (!handshake->tracking || healthcode_risk_codec_format_meta(buf))
        && (!memory
            || healthcode_handshake_format_words(buf, "INFO", "memory")))
    {
        return true;
    }

    buf->len = len;

    return false;
}


healthcode_reason_e
healthcode_handshake_again_read(const healthcode_handshake_t *handshake,
    bool memory, redisReply *const *replies, const redisReply **meta,
    char *error, size_t size)
{
    healthcode_reason_e  reason;

    *meta = NULL;

    reason = healthcode_handshake_judge(handshake, HEALTHCODE_HANDSHAKE_ROLE,
                                        *replies++, error, size);

    if (reason == HEALTHCODE_REASON_OK && handshake->tracking) {
        *meta = *replies++;
        reason = healthcode_handshake_judge(handshake,
                                            HEALTHCODE_HANDSHAKE_META, *meta,
                                            error, size);
    }

    if (reason == HEALTHCODE_REASON_OK && memory) {
        reason = healthcode_handshake_judge(handshake,
                                            HEALTHCODE_HANDSHAKE_INFO,
                                            *replies, error, size);
    }

    return reason;
}


size_t
healthcode_handshake_error_len(const redisReply *reply)
{
    size_t  len = 0;

    while (len < reply->len && len < HEALTHCODE_HANDSHAKE_ERROR_MAX
           && reply->str[len] >= ' ' && reply->str[len] < 0x7f
           && strchr(",'`\"", reply->str[len]) == NULL)
    {
        len++;
    }

    return len;
}


static healthcode_reason_e
healthcode_handshake_read_role(const redisReply *reply, char *error,
    size_t size)
{
    if (reply->type == REDIS_REPLY_ARRAY && reply->elements > 0
        && reply->element[0]->type == REDIS_REPLY_STRING
        && strcmp(reply->element[0]->str, "master") == 0)
    {
        return HEALTHCODE_REASON_OK;
    }

    snprintf(error, size, "it is not a master; name the master as \"server\"");

    return HEALTHCODE_REASON_STORE_NOT_MASTER;
}


static healthcode_reason_e
healthcode_handshake_read_info(const healthcode_handshake_t *handshake,
    const redisReply *reply, char *error, size_t size)
{
    const char  *policy = NULL;
    const char  *field = "\nmaxmemory_policy:";
    const char  *safe = "noeviction";

    if (handshake->evicting_ok) {
        return HEALTHCODE_REASON_OK;
    }

    if (reply->type == REDIS_REPLY_STRING || reply->type == REDIS_REPLY_VERB) {
        policy = strstr(reply->str, field);
    }

    if (policy) {
        policy += strlen(field);

        if (strcspn(policy, "\r\n") == strlen(safe)
            && memcmp(policy, safe, strlen(safe)) == 0)
        {
            return HEALTHCODE_REASON_OK;
        }
    }

    snprintf(error, size, "its maxmemory-policy may evict flags; set it to "
             "noeviction, or write \"evicting_ok on;\" in the store");

    return HEALTHCODE_REASON_STORE_EVICTING;
}


static healthcode_reason_e
healthcode_handshake_read_meta(const healthcode_handshake_t *handshake,
    const redisReply *reply, char *error, size_t size)
{
    healthcode_reason_e  reason;

    reason = healthcode_risk_codec_meta(reply, handshake->pepper_check);

    if (reason == HEALTHCODE_REASON_STORE_PEPPER) {
        snprintf(error, size, "it was initialised with another pepper");

    } else if (reason != HEALTHCODE_REASON_OK) {
        snprintf(error, size, "it has no valid healthcode:meta; run "
                 "\"healthcode store init\", or check the address and the "
                 "database number");
    }

    return reason;
}
