/*
 * What is said first on a connection, and what a store must answer before a
 * gate believes it.  Knows no connection.  docs/redis-keys.md, "Handshake".
 */

#include <stdio.h>

#include "healthcode_handshake.h"
#include "healthcode_risk_codec.h"


/* In this order; which of them are asked depends. */
typedef enum {
    HEALTHCODE_HANDSHAKE_HELLO = 0,
    HEALTHCODE_HANDSHAKE_SELECT,
    HEALTHCODE_HANDSHAKE_TRACKING,
    HEALTHCODE_HANDSHAKE_TRACKED,
    HEALTHCODE_HANDSHAKE_GET,
    HEALTHCODE_HANDSHAKE_INCR,
    HEALTHCODE_HANDSHAKE_TIME,
    HEALTHCODE_HANDSHAKE_ROLE,
    HEALTHCODE_HANDSHAKE_INFO,
    HEALTHCODE_HANDSHAKE_RISK,
    HEALTHCODE_HANDSHAKE_REGION,
    HEALTHCODE_HANDSHAKE_CONTROL,
    HEALTHCODE_HANDSHAKE_META,
    HEALTHCODE_HANDSHAKE_STEPS
} healthcode_handshake_step_e;


/* The command, for the log, and the right that it takes. */
static const struct {
    const char  *command, *right;
} healthcode_handshake_steps[HEALTHCODE_HANDSHAKE_STEPS] = {
    [HEALTHCODE_HANDSHAKE_HELLO]    = { "HELLO 3", "+hello +auth" },
    [HEALTHCODE_HANDSHAKE_SELECT]   = { "SELECT", "+select" },
    [HEALTHCODE_HANDSHAKE_TRACKING] = { "CLIENT TRACKING",
                                        "+client|tracking" },
    [HEALTHCODE_HANDSHAKE_TRACKED]  = { "CLIENT TRACKINGINFO",
                                        "+client|trackinginfo" },
    [HEALTHCODE_HANDSHAKE_GET]      = { "GET healthcode:push", "+get" },
    [HEALTHCODE_HANDSHAKE_INCR]     = { "INCR healthcode:push", "+incr" },
    [HEALTHCODE_HANDSHAKE_TIME]     = { "TIME", "+time" },
    [HEALTHCODE_HANDSHAKE_ROLE]     = { "ROLE", "+role" },
    [HEALTHCODE_HANDSHAKE_INFO]     = { "INFO memory", "+info" },
    [HEALTHCODE_HANDSHAKE_RISK]     = { "HRANDFIELD", "+hrandfield" },
    [HEALTHCODE_HANDSHAKE_REGION]   = { "HMGET", "+hmget" },
    [HEALTHCODE_HANDSHAKE_CONTROL]  = { "HMGET", "+hmget" },
    [HEALTHCODE_HANDSHAKE_META]     = { "HGETALL healthcode:meta",
                                        "+hgetall" },
};


static bool healthcode_handshake_asks(const healthcode_handshake_t *handshake,
    healthcode_handshake_step_e step);
static healthcode_handshake_step_e healthcode_handshake_step(
    const healthcode_handshake_t *handshake, unsigned i);
static bool healthcode_handshake_format_step(
    const healthcode_handshake_t *handshake, healthcode_handshake_step_e step,
    healthcode_redis_buf_t *buf);
static bool healthcode_handshake_format_hello(
    const healthcode_handshake_t *handshake, healthcode_redis_buf_t *buf);
static bool healthcode_handshake_format_select(
    const healthcode_handshake_t *handshake, healthcode_redis_buf_t *buf);
static bool healthcode_handshake_format_proof(
    const healthcode_handshake_t *handshake, healthcode_redis_buf_t *buf);
static bool healthcode_handshake_format_words(healthcode_redis_buf_t *buf,
    const char *one, const char *two, const char *three);
static healthcode_reason_e healthcode_handshake_judge(
    const healthcode_handshake_t *handshake, healthcode_handshake_step_e step,
    const redisReply *reply, char *error, size_t size);
static bool healthcode_handshake_may_fail(healthcode_handshake_step_e step,
    const redisReply *reply);
static healthcode_reason_e healthcode_handshake_refused(
    const healthcode_handshake_t *handshake, healthcode_handshake_step_e step,
    const redisReply *reply, char *error, size_t size);
static void healthcode_handshake_grant(
    const healthcode_handshake_t *handshake, healthcode_handshake_step_e step,
    const redisReply *reply, char *error, size_t size);
static healthcode_reason_e healthcode_handshake_expect(bool as_asked,
    healthcode_handshake_step_e step, char *error, size_t size);
static healthcode_reason_e healthcode_handshake_read_hello(
    const redisReply *reply, char *error, size_t size);
static const redisReply *healthcode_handshake_value(const redisReply *map,
    const char *name);
static bool healthcode_handshake_is_text(const redisReply *reply,
    const char *text);
static bool healthcode_handshake_is_tracked(const redisReply *reply);
static healthcode_reason_e healthcode_handshake_read_role(
    const redisReply *reply, char *error, size_t size);
static healthcode_reason_e healthcode_handshake_read_info(
    const healthcode_handshake_t *handshake, const redisReply *reply,
    char *error, size_t size);
static healthcode_reason_e healthcode_handshake_read_meta(
    const healthcode_handshake_t *handshake, const redisReply *reply,
    char *error, size_t size);


/* ---- what is asked ---- */

static bool
healthcode_handshake_asks(const healthcode_handshake_t *handshake,
    healthcode_handshake_step_e step)
{
    switch (step) {

    case HEALTHCODE_HANDSHAKE_SELECT:
        return handshake->database != 0;

    case HEALTHCODE_HANDSHAKE_TRACKING:
    case HEALTHCODE_HANDSHAKE_TRACKED:
    case HEALTHCODE_HANDSHAKE_GET:
    case HEALTHCODE_HANDSHAKE_INCR:
        return handshake->tracking;

    case HEALTHCODE_HANDSHAKE_TIME:
        return handshake->is_gate;

    case HEALTHCODE_HANDSHAKE_RISK:
    case HEALTHCODE_HANDSHAKE_REGION:
    case HEALTHCODE_HANDSHAKE_CONTROL:
        return handshake->reads;

    default:
        return true;
    }
}


unsigned
healthcode_handshake_replies(const healthcode_handshake_t *handshake)
{
    unsigned  step, n = 0;

    for (step = 0; step < HEALTHCODE_HANDSHAKE_STEPS; step++) {
        n += healthcode_handshake_asks(handshake, step);
    }

    return n;
}


/* The step that reply number i answers; _STEPS: there is none. */
static healthcode_handshake_step_e
healthcode_handshake_step(const healthcode_handshake_t *handshake, unsigned i)
{
    unsigned  step;

    for (step = 0; step < HEALTHCODE_HANDSHAKE_STEPS; step++) {
        if (healthcode_handshake_asks(handshake, step) && i-- == 0) {
            break;
        }
    }

    return step;
}


bool
healthcode_handshake_format(const healthcode_handshake_t *handshake,
    healthcode_redis_buf_t *buf)
{
    size_t    len = buf->len;
    unsigned  step;

    for (step = 0; step < HEALTHCODE_HANDSHAKE_RISK; step++) {
        if (healthcode_handshake_asks(handshake, step)
            && !healthcode_handshake_format_step(handshake, step, buf))
        {
            buf->len = len;
            return false;
        }
    }

    if (!healthcode_handshake_format_proof(handshake, buf)) {
        buf->len = len;
        return false;
    }

    return true;
}


static bool
healthcode_handshake_format_step(const healthcode_handshake_t *handshake,
    healthcode_handshake_step_e step, healthcode_redis_buf_t *buf)
{
    switch (step) {

    case HEALTHCODE_HANDSHAKE_HELLO:
        return healthcode_handshake_format_hello(handshake, buf);

    case HEALTHCODE_HANDSHAKE_SELECT:
        return healthcode_handshake_format_select(handshake, buf);

    case HEALTHCODE_HANDSHAKE_TRACKING:
        /* The default mode: BCAST may let a later answer overtake a change. */
        return healthcode_handshake_format_words(buf, "CLIENT", "TRACKING",
                                                 "ON");

    case HEALTHCODE_HANDSHAKE_TRACKED:
        return healthcode_handshake_format_words(buf, "CLIENT", "TRACKINGINFO",
                                                 NULL);

    case HEALTHCODE_HANDSHAKE_GET:
        return healthcode_handshake_format_words(buf, "GET", "healthcode:push",
                                                 NULL);

    case HEALTHCODE_HANDSHAKE_INCR:
        return healthcode_handshake_format_words(buf, "INCR",
                                                 "healthcode:push", NULL);

    case HEALTHCODE_HANDSHAKE_INFO:
        return healthcode_handshake_format_words(buf, "INFO", "memory", NULL);

    case HEALTHCODE_HANDSHAKE_META:
        return healthcode_risk_codec_format_meta(buf);

    default:
        /* TIME, ROLE */
        return healthcode_handshake_format_words(buf,
                               healthcode_handshake_steps[step].command, NULL,
                               NULL);
    }
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

    return healthcode_handshake_format_words(buf, "SELECT", number, NULL);
}


/* A live read ends with the proof. */
static bool
healthcode_handshake_format_proof(const healthcode_handshake_t *handshake,
    healthcode_redis_buf_t *buf)
{
    healthcode_region_t      region = healthcode_region_parse(
                                          healthcode_str("11"));
    healthcode_risk_query_t  nobody = {
        .iss = healthcode_str("-"), .thumbprint = healthcode_str("-"),
        .regions = &region, .nregions = 1
    };

    memset(nobody.holder, '0', HEALTHCODE_HOLDER_HEX);

    return handshake->reads ? healthcode_risk_codec_format(&nobody, buf)
                            : healthcode_risk_codec_format_meta(buf);
}


static bool
healthcode_handshake_format_words(healthcode_redis_buf_t *buf, const char *one,
    const char *two, const char *three)
{
    const char  *args[] = { one, two, three };
    size_t       n, lens[3];

    for (n = 0; n < 3 && args[n]; n++) {
        lens[n] = strlen(args[n]);
    }

    return healthcode_redis_buf_command(buf, n, args, lens);
}


/* ---- what is answered ---- */

healthcode_reason_e
healthcode_handshake_read(const healthcode_handshake_t *handshake, unsigned i,
    const redisReply *reply, char *error, size_t size)
{
    healthcode_handshake_step_e  step = healthcode_handshake_step(handshake,
                                                                  i);

    if (step == HEALTHCODE_HANDSHAKE_STEPS) {
        snprintf(error, size, "a reply too many");
        return HEALTHCODE_REASON_STORE_UNAVAILABLE;
    }

    return healthcode_handshake_judge(handshake, step, reply, error, size);
}


bool
healthcode_handshake_is_time(const healthcode_handshake_t *handshake,
    unsigned i)
{
    return healthcode_handshake_step(handshake, i)
           == HEALTHCODE_HANDSHAKE_TIME;
}


bool
healthcode_handshake_is_push_due(const healthcode_handshake_t *handshake,
    unsigned i, const redisReply *reply)
{
    return healthcode_handshake_step(handshake, i) == HEALTHCODE_HANDSHAKE_INCR
           && reply->type == REDIS_REPLY_INTEGER;
}


healthcode_reason_e
healthcode_handshake_silent(char *error, size_t size)
{
    snprintf(error, size, "it says OK to CLIENT TRACKING and does not push "
             "what has changed: a proxy, or no Redis; name Redis itself as "
             "\"server\", or leave \"cache\" out of the store");

    return HEALTHCODE_REASON_STORE_UNAVAILABLE;
}


bool
healthcode_handshake_is_less(const healthcode_handshake_t *handshake,
    unsigned i, const redisReply *reply, char *error, size_t size)
{
    healthcode_handshake_step_e  step = healthcode_handshake_step(handshake,
                                                                  i);

    if ((step != HEALTHCODE_HANDSHAKE_TRACKED
         && step != HEALTHCODE_HANDSHAKE_INCR)
        || !healthcode_refusal_is_right(reply))
    {
        return false;
    }

    (void) healthcode_handshake_refused(handshake, step, reply, error, size);

    return true;
}


static healthcode_reason_e
healthcode_handshake_judge(const healthcode_handshake_t *handshake,
    healthcode_handshake_step_e step, const redisReply *reply, char *error,
    size_t size)
{
    if (reply->type == REDIS_REPLY_ERROR
        && !healthcode_handshake_may_fail(step, reply))
    {
        return healthcode_handshake_refused(handshake, step, reply, error,
                                            size);
    }

    switch (step) {

    case HEALTHCODE_HANDSHAKE_HELLO:
        return healthcode_handshake_read_hello(reply, error, size);

    case HEALTHCODE_HANDSHAKE_SELECT:
    case HEALTHCODE_HANDSHAKE_TRACKING:
        return healthcode_handshake_expect(reply->type == REDIS_REPLY_STATUS
                                           && strcmp(reply->str, "OK") == 0,
                                           step, error, size);

    case HEALTHCODE_HANDSHAKE_TRACKED:
        return healthcode_handshake_expect(reply->type == REDIS_REPLY_ERROR
                                    || healthcode_handshake_is_tracked(reply),
                                    step, error, size);

    case HEALTHCODE_HANDSHAKE_ROLE:
        return healthcode_handshake_read_role(reply, error, size);

    case HEALTHCODE_HANDSHAKE_INFO:
        return healthcode_handshake_read_info(handshake, reply, error, size);

    case HEALTHCODE_HANDSHAKE_META:
        return healthcode_handshake_read_meta(handshake, reply, error, size);

    default:
        return HEALTHCODE_REASON_OK;
    }
}


/* Errors of what proves more than has to be proved, or reads nobody. */
static bool
healthcode_handshake_may_fail(healthcode_handshake_step_e step,
    const redisReply *reply)
{
    switch (step) {

    case HEALTHCODE_HANDSHAKE_GET:
    case HEALTHCODE_HANDSHAKE_INCR:
    case HEALTHCODE_HANDSHAKE_TIME:
        return true;

    case HEALTHCODE_HANDSHAKE_TRACKED:
        return healthcode_refusal_is_right(reply);

    case HEALTHCODE_HANDSHAKE_RISK:
    case HEALTHCODE_HANDSHAKE_REGION:
    case HEALTHCODE_HANDSHAKE_CONTROL:
        return !healthcode_refusal_is_lasting(reply);

    default:
        return false;
    }
}


static healthcode_reason_e
healthcode_handshake_refused(const healthcode_handshake_t *handshake,
    healthcode_handshake_step_e step, const redisReply *reply, char *error,
    size_t size)
{
    int          n;
    char         text[HEALTHCODE_REFUSAL_SIZE / 2];
    const char  *advice = healthcode_refusal_advice(reply);

    (void) healthcode_refusal_text(reply, handshake->password, text,
                                   sizeof(text));

    n = snprintf(error, size, "%s is refused: %s",
                 healthcode_handshake_steps[step].command, text);

    if (n < 0 || (size_t) n >= size || !handshake->is_gate) {
        return HEALTHCODE_REASON_STORE_UNAVAILABLE;
    }

    if (healthcode_refusal_is_right(reply)) {
        healthcode_handshake_grant(handshake, step, reply, error + n,
                                   size - (size_t) n);

    } else if (advice) {
        snprintf(error + n, size - (size_t) n, "; %s", advice);
    }

    return HEALTHCODE_REASON_STORE_UNAVAILABLE;
}


static void
healthcode_handshake_grant(const healthcode_handshake_t *handshake,
    healthcode_handshake_step_e step, const redisReply *reply, char *error,
    size_t size)
{
    const char        *right = healthcode_handshake_steps[step].right;
    healthcode_str_t   user = handshake->user;

    if (user.len == 0) {
        user = healthcode_str("default");
    }

    if (healthcode_refusal_is_right_to_keys(reply)) {
        right = (step == HEALTHCODE_HANDSHAKE_INCR)
                ? "~healthcode:push"
                : "%R~healthcode:*\", with Redis 6 \"~healthcode:*";
    }

    snprintf(error, size, "; give the right: \"ACL SETUSER %.*s %s\"",
             (int) user.len, (const char *) user.data, right);
}


static healthcode_reason_e
healthcode_handshake_expect(bool as_asked, healthcode_handshake_step_e step,
    char *error, size_t size)
{
    if (as_asked) {
        return HEALTHCODE_REASON_OK;
    }

    snprintf(error, size, "%s is answered by something else: a proxy, or no "
             "Redis; name Redis itself as \"server\"",
             healthcode_handshake_steps[step].command);

    return HEALTHCODE_REASON_STORE_UNAVAILABLE;
}


static healthcode_reason_e
healthcode_handshake_read_hello(const redisReply *reply, char *error,
    size_t size)
{
    const redisReply  *mode;

    if (reply->type != REDIS_REPLY_MAP) {
        return healthcode_handshake_expect(false, HEALTHCODE_HANDSHAKE_HELLO,
                                           error, size);
    }

    mode = healthcode_handshake_value(reply, "mode");

    if (mode == NULL || healthcode_handshake_is_text(mode, "standalone")) {
        return HEALTHCODE_REASON_OK;
    }

    if (healthcode_handshake_is_text(mode, "sentinel")) {
        snprintf(error, size, "it is a sentinel, which has no flags; name the "
                 "master that it watches as \"server\"");

    } else {
        snprintf(error, size, "it is in cluster mode, where a node has only "
                 "some of the flags; name a server without "
                 "\"cluster-enabled\"");
    }

    return HEALTHCODE_REASON_STORE_UNAVAILABLE;
}


/* NULL: there is none of this name. */
static const redisReply *
healthcode_handshake_value(const redisReply *map, const char *name)
{
    for (size_t i = 0; i + 1 < map->elements; i += 2) {
        if (healthcode_handshake_is_text(map->element[i], name)) {
            return map->element[i + 1];
        }
    }

    return NULL;
}


static bool
healthcode_handshake_is_text(const redisReply *reply, const char *text)
{
    return (reply->type == REDIS_REPLY_STRING
            || reply->type == REDIS_REPLY_STATUS)
           && reply->len == strlen(text)
           && memcmp(reply->str, text, reply->len) == 0;
}


/* On, and with no option by which less would be pushed, or elsewhere. */
static bool
healthcode_handshake_is_tracked(const redisReply *reply)
{
    const redisReply  *flags;

    if (reply->type != REDIS_REPLY_MAP) {
        return false;
    }

    flags = healthcode_handshake_value(reply, "flags");

    return flags
           && (flags->type == REDIS_REPLY_SET
               || flags->type == REDIS_REPLY_ARRAY)
           && flags->elements == 1
           && healthcode_handshake_is_text(flags->element[0], "on");
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
        snprintf(error, size, "it was initialised with another pepper; check "
                 "the pepper file, the address and the database number");

    } else if (reason != HEALTHCODE_REASON_OK) {
        snprintf(error, size, "it has no valid healthcode:meta; check the "
                 "address and the database number; if Redis lost its data, "
                 "load the flags first, then run \"healthcode store init\"");
    }

    return reason;
}


/* ---- what is asked again ---- */

unsigned
healthcode_handshake_again(const healthcode_handshake_t *handshake,
    bool memory)
{
    return 2u + (memory ? 2u + handshake->tracking : 0u);
}


bool
healthcode_handshake_again_format(const healthcode_handshake_t *handshake,
    bool memory, healthcode_redis_buf_t *buf)
{
    size_t    len = buf->len;
    unsigned  i, n = healthcode_handshake_again(handshake, memory);

    static const healthcode_handshake_step_e
        steps[HEALTHCODE_HANDSHAKE_AGAIN_MAX] = {
        HEALTHCODE_HANDSHAKE_ROLE, HEALTHCODE_HANDSHAKE_META,
        HEALTHCODE_HANDSHAKE_INFO, HEALTHCODE_HANDSHAKE_TIME,
        HEALTHCODE_HANDSHAKE_TRACKED
    };

    for (i = 0; i < n; i++) {
        if (!healthcode_handshake_format_step(handshake, steps[i], buf)) {
            buf->len = len;
            return false;
        }
    }

    return true;
}


healthcode_reason_e
healthcode_handshake_again_read(const healthcode_handshake_t *handshake,
    bool memory, redisReply *const *replies, healthcode_handshake_seen_t *seen,
    char *error, size_t size)
{
    healthcode_reason_e  reason;

    seen->meta = replies[1];
    seen->time = memory ? replies[3] : NULL;

    reason = healthcode_handshake_judge(handshake, HEALTHCODE_HANDSHAKE_ROLE,
                                        replies[0], error, size);

    if (reason == HEALTHCODE_REASON_OK) {
        reason = healthcode_handshake_judge(handshake,
                                            HEALTHCODE_HANDSHAKE_META,
                                            replies[1], error, size);
    }

    if (reason == HEALTHCODE_REASON_OK && memory) {
        reason = healthcode_handshake_judge(handshake,
                                            HEALTHCODE_HANDSHAKE_INFO,
                                            replies[2], error, size);
    }

    if (reason == HEALTHCODE_REASON_OK && memory && handshake->tracking) {
        reason = healthcode_handshake_judge(handshake,
                                            HEALTHCODE_HANDSHAKE_TRACKED,
                                            replies[4], error, size);
    }

    return reason;
}


/* HRANDFIELD risk; HMGET region, which may be left out; HMGET control; meta */
healthcode_reason_e
healthcode_handshake_read_live(const healthcode_handshake_t *handshake,
    unsigned i, unsigned n, const redisReply *reply, char *error, size_t size)
{
    healthcode_handshake_step_e  step;

    step = i ? HEALTHCODE_HANDSHAKE_META + 1 + i - n
             : HEALTHCODE_HANDSHAKE_RISK;

    if (step != HEALTHCODE_HANDSHAKE_META
        && reply->type != REDIS_REPLY_ERROR)
    {
        return HEALTHCODE_REASON_OK;
    }

    return healthcode_handshake_judge(handshake, step, reply, error, size);
}
