/*
 * What a store must answer at each step of the handshake, and the sentence that
 * says what to do if it does not.  Knows no: nginx, socket, clock.
 * docs/redis-keys.md, "Handshake".
 */

#include <stdio.h>

#include "healthcode_handshake_private.h"
#include "healthcode_risk_codec.h"


const healthcode_handshake_row_t
    healthcode_handshake_rows[HEALTHCODE_HANDSHAKE_STEPS] = {
    [HEALTHCODE_HANDSHAKE_HELLO]    = { "HELLO 3", "+hello +auth",
        "write \"protocol resp2;\" in the store", true },
    [HEALTHCODE_HANDSHAKE_AUTH]     = { .command = "AUTH", .right = "+auth" },
    [HEALTHCODE_HANDSHAKE_SELECT]   = { "SELECT", "+select",
        "keep the flags in database 0, and write no \"database\"", false },
    [HEALTHCODE_HANDSHAKE_TRACKING] = { "CLIENT TRACKING",
        "+client|tracking", "leave \"cache\" out of the store", false },
    [HEALTHCODE_HANDSHAKE_TRACKED]  = { "CLIENT TRACKINGINFO",
        "+client|trackinginfo", "leave \"cache\" out of the store", false },
    [HEALTHCODE_HANDSHAKE_GET]      = { .command = "GET healthcode:push:{c}",
                                        .right = "+get" },
    [HEALTHCODE_HANDSHAKE_INCR]     = { .command = "INCR healthcode:push:{c}",
                                        .right = "+incr" },
    [HEALTHCODE_HANDSHAKE_TICK]     = {
        .command = "GET " HEALTHCODE_TICK_KEY, .right = "+get" },
    [HEALTHCODE_HANDSHAKE_TIME]     = { .command = "TIME", .right = "+time" },
    [HEALTHCODE_HANDSHAKE_DATA]     = {
        .command = "HRANDFIELD healthcode:data:{c}", .right = "+hrandfield" },
    [HEALTHCODE_HANDSHAKE_ROLE]     = { "ROLE", "+role",
        "write \"role unchecked;\" in the store, which then believes a master "
        "that another one has replaced", true },
    [HEALTHCODE_HANDSHAKE_MAP]      = { .command = "CLUSTER SLOTS",
                                        .right = "+cluster|slots" },
    [HEALTHCODE_HANDSHAKE_INFO]     = { "INFO memory", "+info",
        "write \"evicting_ok on;\" in the store, if its \"maxmemory-policy\" "
        "is \"noeviction\", which nobody looks at then", false },
    [HEALTHCODE_HANDSHAKE_SERVER]   = { "INFO server", "+info",
        "leave \"offline\" out of \"replica\" in the store", false },
    [HEALTHCODE_HANDSHAKE_STATS]    = { .command = "INFO stats",
                                        .right = "+info" },
    [HEALTHCODE_HANDSHAKE_PASSWORD] = { .command = "its new password",
                                        .right = "+auth" },
    [HEALTHCODE_HANDSHAKE_RISK]     = { .command = "HRANDFIELD",
                                        .right = "+hrandfield" },
    [HEALTHCODE_HANDSHAKE_RISK_META] = {
        .command = "HGETALL healthcode:meta:{xx}", .right = "+hgetall" },
    [HEALTHCODE_HANDSHAKE_REGION]   = { .command = "HMGET",
                                        .right = "+hmget" },
    [HEALTHCODE_HANDSHAKE_REGION_META] = {
        .command = "HGETALL healthcode:meta:{r}", .right = "+hgetall" },
    [HEALTHCODE_HANDSHAKE_CONTROL]  = { .command = "HMGET",
                                        .right = "+hmget" },
    [HEALTHCODE_HANDSHAKE_META]     = {
        .command = "HGETALL healthcode:meta:{c}", .right = "+hgetall" },
};


static bool healthcode_handshake_may_fail(healthcode_handshake_step_e step,
    const redisReply *reply);
static void healthcode_handshake_grant(
    const healthcode_handshake_t *handshake, healthcode_handshake_step_e step,
    const redisReply *reply, char *error, size_t size);
static void healthcode_handshake_instead(
    const healthcode_handshake_t *handshake, healthcode_handshake_step_e step,
    const redisReply *reply, char *error, size_t size);
static healthcode_reason_e healthcode_handshake_expect(bool as_asked,
    healthcode_handshake_step_e step, char *error, size_t size);
static healthcode_reason_e healthcode_handshake_read_hello(
    const healthcode_handshake_t *handshake, const redisReply *reply,
    char *error, size_t size);
static const redisReply *healthcode_handshake_value(const redisReply *map,
    const char *name);
static bool healthcode_handshake_is_text(const redisReply *reply,
    const char *text);
static bool healthcode_handshake_is_tracked(const redisReply *reply);
static healthcode_reason_e healthcode_handshake_read_role(
    const healthcode_handshake_t *handshake, const redisReply *reply,
    char *error, size_t size);
static healthcode_reason_e healthcode_handshake_read_replica(
    const redisReply *reply, char *error, size_t size);
static healthcode_reason_e healthcode_handshake_replica(char *error,
    size_t size);
static healthcode_reason_e healthcode_handshake_read_info(
    const healthcode_handshake_t *handshake, const redisReply *reply,
    char *error, size_t size);
static healthcode_reason_e healthcode_handshake_read_meta(
    const healthcode_handshake_t *handshake, healthcode_handshake_step_e step,
    const redisReply *reply, char *error, size_t size);
static bool healthcode_handshake_is_meta(healthcode_handshake_step_e step);


healthcode_reason_e
healthcode_handshake_judge(const healthcode_handshake_t *handshake,
    healthcode_handshake_step_e step, const redisReply *reply, char *error,
    size_t size)
{
    int64_t  tick;

    if (reply->type == REDIS_REPLY_ERROR
        && !healthcode_handshake_may_fail(step, reply))
    {
        return healthcode_handshake_refused(handshake, step, reply, error,
                                            size);
    }

    switch (step) {

    case HEALTHCODE_HANDSHAKE_HELLO:
        return healthcode_handshake_read_hello(handshake, reply, error, size);

    case HEALTHCODE_HANDSHAKE_AUTH:
    case HEALTHCODE_HANDSHAKE_SELECT:
    case HEALTHCODE_HANDSHAKE_TRACKING:
    case HEALTHCODE_HANDSHAKE_PASSWORD:
        return healthcode_handshake_expect(reply->type == REDIS_REPLY_STATUS
                             && healthcode_handshake_is_text(reply, "OK"),
                                           step, error, size);

    case HEALTHCODE_HANDSHAKE_TRACKED:
        return healthcode_handshake_expect(reply->type == REDIS_REPLY_ERROR
                                    || healthcode_handshake_is_tracked(reply),
                                    step, error, size);

    case HEALTHCODE_HANDSHAKE_ROLE:
        return healthcode_handshake_read_role(handshake, reply, error, size);

    case HEALTHCODE_HANDSHAKE_INFO:
        return healthcode_handshake_read_info(handshake, reply, error, size);

    case HEALTHCODE_HANDSHAKE_TICK:
        return healthcode_handshake_tick(handshake, reply, &tick, error, size);

    case HEALTHCODE_HANDSHAKE_RISK_META:
    case HEALTHCODE_HANDSHAKE_REGION_META:
    case HEALTHCODE_HANDSHAKE_META:
        return healthcode_handshake_read_meta(handshake, step, reply, error,
                                              size);

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
    case HEALTHCODE_HANDSHAKE_DATA:
    case HEALTHCODE_HANDSHAKE_STATS:
        return true;

    case HEALTHCODE_HANDSHAKE_TRACKED:
        return healthcode_refusal_is_right(reply);

    case HEALTHCODE_HANDSHAKE_TICK:
    case HEALTHCODE_HANDSHAKE_RISK:
    case HEALTHCODE_HANDSHAKE_REGION:
    case HEALTHCODE_HANDSHAKE_CONTROL:
        return !healthcode_refusal_is_lasting(reply);

    default:
        return false;
    }
}


healthcode_reason_e
healthcode_handshake_refused(const healthcode_handshake_t *handshake,
    healthcode_handshake_step_e step, const redisReply *reply, char *error,
    size_t size)
{
    int                   n;
    char                  text[HEALTHCODE_REFUSAL_SIZE / 2];
    const char           *advice = healthcode_refusal_advice(reply);
    healthcode_reason_e   reason = HEALTHCODE_REASON_STORE_UNAVAILABLE;

    if (healthcode_refusal_is_auth(reply)) {
        reason = HEALTHCODE_REASON_STORE_AUTH;

    } else if (healthcode_handshake_is_meta(step)
               && !healthcode_refusal_is_lasting(reply))
    {
        /* what is there proves nothing: a key of another type */
        reason = HEALTHCODE_REASON_STORE_UNPROVEN;
    }

    /* as its role says: a failure of proof, whichever command comes first */
    if (healthcode_refusal_is_replica(reply) && handshake->tick.lag == 0) {
        return healthcode_handshake_replica(error, size);
    }

    healthcode_handshake_text(handshake, reply, text, sizeof(text));

    /* one cause, whether it is refused by AUTH or on the next connection */

    if ((step == HEALTHCODE_HANDSHAKE_HELLO
         || step == HEALTHCODE_HANDSHAKE_AUTH)
        && handshake->is_new && reason == HEALTHCODE_REASON_STORE_AUTH)
    {
        step = HEALTHCODE_HANDSHAKE_PASSWORD;
    }

    n = snprintf(error, size, "%s is refused: %s",
                 healthcode_handshake_rows[step].command, text);

    if (n < 0 || (size_t) n >= size || !handshake->is_gate) {
        return reason;
    }

    if (healthcode_refusal_is_right(reply)) {
        healthcode_handshake_grant(handshake, step, reply, error + n,
                                   size - (size_t) n);

    } else if (advice) {

        if (handshake->is_node && healthcode_refusal_is_node(reply)) {
            advice = "\"CLUSTER INFO\" and \"CLUSTER NODES\" of this node "
                     "say what is missing";
        }

        snprintf(error + n, size - (size_t) n, "; %s", advice);
    }

    healthcode_handshake_instead(handshake, step, reply, error, size);

    return reason;
}


void
healthcode_handshake_text(const healthcode_handshake_t *handshake,
    const redisReply *reply, char *text, size_t size)
{
    const healthcode_str_t  secrets[HEALTHCODE_REFUSAL_SECRETS] = {
        handshake->password, handshake->former
    };

    (void) healthcode_refusal_text(reply, secrets, text, size);
}


static void
healthcode_handshake_grant(const healthcode_handshake_t *handshake,
    healthcode_handshake_step_e step, const redisReply *reply, char *error,
    size_t size)
{
    const char        *right = healthcode_handshake_rows[step].right;
    healthcode_str_t   user = handshake->user;

    if (user.len == 0) {
        user = healthcode_str("default");
    }

    if (healthcode_refusal_is_right_to_keys(reply)) {
        right = (step == HEALTHCODE_HANDSHAKE_INCR)
                ? "~healthcode:push:*"
                : "%R~healthcode:*\", with Redis 6 \"~healthcode:*";
    }

    snprintf(error, size, "; give the right: \"ACL SETUSER %.*s %s\"",
             (int) user.len, (const char *) user.data, right);
}


/* What a store does without that nobody can let do this. */
static void
healthcode_handshake_instead(const healthcode_handshake_t *handshake,
    healthcode_handshake_step_e step, const redisReply *reply, char *error,
    size_t size)
{
    size_t                             n = strlen(error);
    const healthcode_handshake_row_t  *row = &healthcode_handshake_rows[step];

    if (row->instead == NULL || !healthcode_refusal_is_command(reply)
        || healthcode_handshake_may_fail(step, reply))
    {
        return;
    }

    snprintf(error + n, size - n, ", or %s%s", row->instead,
             row->is_cache_lost && handshake->tracking
             ? ", and leave \"cache\" out of it" : "");
}


healthcode_reason_e
healthcode_handshake_silent(char *error, size_t size)
{
    snprintf(error, size, "it says OK to CLIENT TRACKING and does not push "
             "what has changed: a proxy, or no Redis; name Redis itself as "
             "\"server\", or leave \"cache\" out of the store");

    return HEALTHCODE_REASON_STORE_UNAVAILABLE;
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
             healthcode_handshake_rows[step].command);

    return HEALTHCODE_REASON_STORE_UNAVAILABLE;
}


static healthcode_reason_e
healthcode_handshake_read_hello(const healthcode_handshake_t *handshake,
    const redisReply *reply, char *error, size_t size)
{
    bool               is_node;
    const redisReply  *mode;

    if (reply->type != REDIS_REPLY_MAP) {
        return healthcode_handshake_expect(false, HEALTHCODE_HANDSHAKE_HELLO,
                                           error, size);
    }

    mode = healthcode_handshake_value(reply, "mode");

    is_node = mode && healthcode_handshake_is_text(mode, "cluster");

    if (handshake->is_node || handshake->is_scout) {

        if (is_node) {
            return HEALTHCODE_REASON_OK;
        }

        snprintf(error, size, "it is not in cluster mode; take \"cluster on\" "
                 "out of the store, or name nodes of a Redis Cluster");

        return HEALTHCODE_REASON_STORE_UNAVAILABLE;
    }

    if (mode == NULL || healthcode_handshake_is_text(mode, "standalone")) {
        return HEALTHCODE_REASON_OK;
    }

    if (healthcode_handshake_is_text(mode, "sentinel")) {
        snprintf(error, size, "it is a sentinel, which has no flags; name the "
                 "master that it watches as \"server\"");

    } else {
        snprintf(error, size, "%s", handshake->is_gate
                 ? "it is in cluster mode, where a node has only some of the "
                   "flags; write \"cluster on;\" in the store, or name a "
                   "server without \"cluster-enabled\""
                 : "it is in cluster mode, where a node has only some of the "
                   "flags; name a server without \"cluster-enabled\"");
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
healthcode_handshake_read_role(const healthcode_handshake_t *handshake,
    const redisReply *reply, char *error, size_t size)
{
    if (handshake->tick.lag) {
        return healthcode_handshake_read_replica(reply, error, size);
    }

    if (reply->type == REDIS_REPLY_ARRAY && reply->elements > 0
        && healthcode_handshake_is_text(reply->element[0], "master"))
    {
        return HEALTHCODE_REASON_OK;
    }

    return healthcode_handshake_replica(error, size);
}


/*
 * Whether it is connected says nothing of its master's master: the tick does,
 * also of one that was made a master, which nobody feeds then.
 */
static healthcode_reason_e
healthcode_handshake_read_replica(const redisReply *reply, char *error,
    size_t size)
{
    bool  is_array = (reply->type == REDIS_REPLY_ARRAY);

    if (is_array && reply->elements > 0
        && healthcode_handshake_is_text(reply->element[0], "master"))
    {
        return HEALTHCODE_REASON_OK;
    }

    if (!is_array || reply->elements < 4
        || !healthcode_handshake_is_text(reply->element[0], "slave"))
    {
        snprintf(error, size, "it is neither a replica nor a master; name the "
                 "replica as \"server\"");
        return HEALTHCODE_REASON_STORE_NOT_MASTER;
    }

    if (healthcode_handshake_is_text(reply->element[3], "sync")) {
        snprintf(error, size, "it is reading all data anew from its master; "
                 "wait until it has them");
        return HEALTHCODE_REASON_STORE_UNAVAILABLE;
    }

    return HEALTHCODE_REASON_OK;
}


healthcode_reason_e
healthcode_handshake_tick(const healthcode_handshake_t *handshake,
    const redisReply *reply, int64_t *tick, char *error, size_t size)
{
    if (reply->type == REDIS_REPLY_ERROR
        && healthcode_refusal_is_lasting(reply))
    {
        return healthcode_handshake_refused(handshake,
                                            HEALTHCODE_HANDSHAKE_TICK, reply,
                                            error, size);
    }

    if (healthcode_tick_read(reply, tick)) {
        return HEALTHCODE_REASON_OK;
    }

    snprintf(error, size, "its tick is missing or cannot be read, so that "
             "nobody knows how old it is; run \"healthcode store tick\" at "
             "the centre");

    return HEALTHCODE_REASON_STORE_UNPROVEN;
}


static healthcode_reason_e
healthcode_handshake_replica(char *error, size_t size)
{
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
    healthcode_handshake_step_e step, const redisReply *reply, char *error,
    size_t size)
{
    char                  tag[HEALTHCODE_SLOT_NAME];
    char                  own[sizeof("healthcode:meta:{xx}")];
    const char           *key = healthcode_handshake_rows[step].command
                                + sizeof("HGETALL ") - 1;
    healthcode_reason_e   reason;

    if (handshake->is_node && step == HEALTHCODE_HANDSHAKE_META) {
        snprintf(own, sizeof(own), "healthcode:meta:{%s}",
                 healthcode_slot_name(handshake->proof, tag));
        key = own;
    }

    reason = healthcode_risk_codec_meta(reply, handshake->pepper_check);

    if (reason == HEALTHCODE_REASON_STORE_PEPPER) {
        snprintf(error, size, "it was initialised with another pepper; check "
                 "the pepper file, the address and the database number");

    } else if (reason != HEALTHCODE_REASON_OK) {
        snprintf(error, size, "it has no valid %s; check the address and the "
                 "database number; if Redis lost its data, load the flags "
                 "first, then run \"healthcode store init\"", key);
    }

    return reason;
}


static bool
healthcode_handshake_is_meta(healthcode_handshake_step_e step)
{
    return step == HEALTHCODE_HANDSHAKE_RISK_META
           || step == HEALTHCODE_HANDSHAKE_REGION_META
           || step == HEALTHCODE_HANDSHAKE_META;
}
