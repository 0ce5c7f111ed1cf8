/*
 * What a connection asks first, and again while it lasts: which commands, in
 * which order, and which reply answers which of them.  Knows no: nginx, socket,
 * clock.  docs/redis-keys.md, "Handshake".
 */

#include <stdio.h>

#include "healthcode_data_codec.h"
#include "healthcode_handshake_private.h"
#include "healthcode_redirect.h"
#include "healthcode_risk_codec.h"


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
static bool healthcode_handshake_format_push(
    const healthcode_handshake_t *handshake, const char *command,
    healthcode_redis_buf_t *buf);
static bool healthcode_handshake_format_meta(
    const healthcode_handshake_t *handshake, healthcode_redis_buf_t *buf);
static bool healthcode_handshake_format_words(healthcode_redis_buf_t *buf,
    const char *one, const char *two, const char *three);
static bool healthcode_handshake_asks_again(
    const healthcode_handshake_t *handshake, healthcode_handshake_step_e step,
    bool memory);


/* In this order, those of them that are asked again. */
static const healthcode_handshake_step_e
    healthcode_handshake_again_steps[HEALTHCODE_HANDSHAKE_AGAIN_MAX] = {
    HEALTHCODE_HANDSHAKE_MAP,
    HEALTHCODE_HANDSHAKE_ROLE, HEALTHCODE_HANDSHAKE_META,
    HEALTHCODE_HANDSHAKE_INFO, HEALTHCODE_HANDSHAKE_TIME,
    HEALTHCODE_HANDSHAKE_DATA, HEALTHCODE_HANDSHAKE_TRACKED,
    HEALTHCODE_HANDSHAKE_STATS
};


/* ---- what is asked ---- */

static bool
healthcode_handshake_asks(const healthcode_handshake_t *handshake,
    healthcode_handshake_step_e step)
{
    if (handshake->is_scout && step > HEALTHCODE_HANDSHAKE_AUTH
        && step != HEALTHCODE_HANDSHAKE_MAP)
    {
        return false;
    }

    switch (step) {

    case HEALTHCODE_HANDSHAKE_HELLO:
        return !handshake->resp2;

    case HEALTHCODE_HANDSHAKE_AUTH:
        return handshake->resp2 && handshake->password.data;

    case HEALTHCODE_HANDSHAKE_SELECT:
        return handshake->database != 0;

    case HEALTHCODE_HANDSHAKE_TRACKING:
    case HEALTHCODE_HANDSHAKE_TRACKED:
        return handshake->tracking;

    case HEALTHCODE_HANDSHAKE_GET:
    case HEALTHCODE_HANDSHAKE_INCR:
        /* a replica lets nobody write; its tick is pushed soon */
        return handshake->tracking && handshake->tick.lag == 0;

    case HEALTHCODE_HANDSHAKE_TICK:
        return handshake->tick.lag != 0;

    case HEALTHCODE_HANDSHAKE_SERVER:
        return handshake->tick.offline != 0;

    case HEALTHCODE_HANDSHAKE_TIME:
    case HEALTHCODE_HANDSHAKE_DATA:
        return handshake->is_gate;

    case HEALTHCODE_HANDSHAKE_ROLE:
        return !handshake->role_unchecked;

    case HEALTHCODE_HANDSHAKE_MAP:
        return handshake->is_node || handshake->is_scout;

    case HEALTHCODE_HANDSHAKE_INFO:
        return !handshake->evicting_ok;

    case HEALTHCODE_HANDSHAKE_STATS:
    case HEALTHCODE_HANDSHAKE_PASSWORD:
        return false;

    case HEALTHCODE_HANDSHAKE_RISK:
    case HEALTHCODE_HANDSHAKE_RISK_META:
    case HEALTHCODE_HANDSHAKE_REGION:
    case HEALTHCODE_HANDSHAKE_REGION_META:
    case HEALTHCODE_HANDSHAKE_CONTROL:
        return handshake->reads && !handshake->is_node;

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

    if (!handshake->is_scout
        && !healthcode_handshake_format_proof(handshake, buf))
    {
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

    case HEALTHCODE_HANDSHAKE_AUTH:
        return healthcode_handshake_auth_format(handshake, buf);

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
        return healthcode_handshake_format_push(handshake, "GET", buf);

    case HEALTHCODE_HANDSHAKE_INCR:
        return healthcode_handshake_format_push(handshake, "INCR", buf);

    case HEALTHCODE_HANDSHAKE_TICK:
        return healthcode_tick_format(buf);

    case HEALTHCODE_HANDSHAKE_SERVER:
        return healthcode_handshake_format_words(buf, "INFO", "server", NULL);

    case HEALTHCODE_HANDSHAKE_DATA:
        return healthcode_data_codec_format(buf);

    case HEALTHCODE_HANDSHAKE_INFO:
        return healthcode_handshake_format_words(buf, "INFO", "memory", NULL);

    case HEALTHCODE_HANDSHAKE_STATS:
        return healthcode_handshake_format_words(buf, "INFO", "stats", NULL);

    case HEALTHCODE_HANDSHAKE_MAP:
        return healthcode_handshake_format_words(buf, "CLUSTER", "SLOTS",
                                                 NULL);

    case HEALTHCODE_HANDSHAKE_META:
        return healthcode_handshake_format_meta(handshake, buf);

    default:
        /* TIME, ROLE */
        return healthcode_handshake_format_words(buf,
                               healthcode_handshake_rows[step].command, NULL,
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


/* A password alone is the default user's, also where no user is known. */
bool
healthcode_handshake_auth_format(const healthcode_handshake_t *handshake,
    healthcode_redis_buf_t *buf)
{
    size_t        n = 0, lens[3] = { 4 };
    const char   *args[3] = { "AUTH" };

    const healthcode_str_t  words[] = { handshake->user, handshake->password };

    for (size_t i = words[0].len ? 0 : 1; i < 2; i++) {
        n++;
        args[n] = (const char *) words[i].data;
        lens[n] = words[i].len;
    }

    return healthcode_redis_buf_command(buf, n + 1, args, lens);
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

    return handshake->reads && !handshake->is_node
           ? healthcode_risk_codec_format(&nobody, buf)
                            : healthcode_handshake_format_meta(handshake, buf);
}


/* Likewise, a node of a cluster has the keys of its own tags alone. */
static bool
healthcode_handshake_format_push(const healthcode_handshake_t *handshake,
    const char *command, healthcode_redis_buf_t *buf)
{
    char  name[HEALTHCODE_SLOT_NAME];
    char  key[sizeof("healthcode:push:{xx}")];

    snprintf(key, sizeof(key), "healthcode:push:{%s}",
             healthcode_slot_name(handshake->is_node
                                  ? handshake->proof
                                  : HEALTHCODE_SLOT_CONTROLS, name));

    return healthcode_handshake_format_words(buf, command, key, NULL);
}


/* A node of a cluster has the proofs of its own tags alone. */
static bool
healthcode_handshake_format_meta(const healthcode_handshake_t *handshake,
    healthcode_redis_buf_t *buf)
{
    return handshake->is_node
           ? healthcode_risk_codec_format_proof(handshake->proof, buf)
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
    healthcode_reason_e          reason;
    healthcode_handshake_step_e  step = healthcode_handshake_step(handshake,
                                                                  i);

    if (step == HEALTHCODE_HANDSHAKE_STEPS) {
        snprintf(error, size, "a reply too many");
        return HEALTHCODE_REASON_STORE_UNAVAILABLE;
    }

    reason = healthcode_handshake_judge(handshake, step, reply, error, size);

    /* a partition that has lost its proof is out alone: reads will say so */

    if ((step == HEALTHCODE_HANDSHAKE_RISK_META
         || step == HEALTHCODE_HANDSHAKE_REGION_META)
        && healthcode_handshake_is_unproven(reason))
    {
        return HEALTHCODE_REASON_OK;
    }

    return reason;
}


healthcode_handshake_proof_e
healthcode_handshake_proof(const healthcode_handshake_t *handshake, unsigned i)
{
    switch (healthcode_handshake_step(handshake, i)) {

    case HEALTHCODE_HANDSHAKE_ROLE:
        return HEALTHCODE_HANDSHAKE_PROOF_ROLE;

    case HEALTHCODE_HANDSHAKE_INFO:
        return HEALTHCODE_HANDSHAKE_PROOF_POLICY;

    case HEALTHCODE_HANDSHAKE_META:
        return HEALTHCODE_HANDSHAKE_PROOF_META;

    default:
        return HEALTHCODE_HANDSHAKE_PROOF_NONE;
    }
}


bool
healthcode_handshake_is_time(const healthcode_handshake_t *handshake,
    unsigned i)
{
    return healthcode_handshake_step(handshake, i)
           == HEALTHCODE_HANDSHAKE_TIME;
}


bool
healthcode_handshake_is_map(const healthcode_handshake_t *handshake,
    unsigned i)
{
    return healthcode_handshake_step(handshake, i) == HEALTHCODE_HANDSHAKE_MAP;
}


bool
healthcode_handshake_is_tick(const healthcode_handshake_t *handshake,
    unsigned i)
{
    return healthcode_handshake_step(handshake, i)
           == HEALTHCODE_HANDSHAKE_TICK;
}


bool
healthcode_handshake_is_server(const healthcode_handshake_t *handshake,
    unsigned i)
{
    return healthcode_handshake_step(handshake, i)
           == HEALTHCODE_HANDSHAKE_SERVER;
}


bool
healthcode_handshake_is_data(const healthcode_handshake_t *handshake,
    unsigned i)
{
    return healthcode_handshake_step(handshake, i)
           == HEALTHCODE_HANDSHAKE_DATA;
}


bool
healthcode_handshake_is_push_due(const healthcode_handshake_t *handshake,
    unsigned i, const redisReply *reply)
{
    return healthcode_handshake_step(handshake, i) == HEALTHCODE_HANDSHAKE_INCR
           && reply->type == REDIS_REPLY_INTEGER;
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


/* ---- what is asked again ---- */

static bool
healthcode_handshake_asks_again(const healthcode_handshake_t *handshake,
    healthcode_handshake_step_e step, bool memory)
{
    switch (step) {

    case HEALTHCODE_HANDSHAKE_ROLE:
    case HEALTHCODE_HANDSHAKE_MAP:
    case HEALTHCODE_HANDSHAKE_META:
        return healthcode_handshake_asks(handshake, step);

    case HEALTHCODE_HANDSHAKE_INFO:
        return memory && healthcode_handshake_asks(handshake, step);

    case HEALTHCODE_HANDSHAKE_TRACKED:
    case HEALTHCODE_HANDSHAKE_STATS:
        return memory && handshake->tracking;

    default:
        /* TIME and DATA: only gates ask again */
        return memory;
    }
}


unsigned
healthcode_handshake_again(const healthcode_handshake_t *handshake,
    bool memory)
{
    unsigned  i, n = 0;

    for (i = 0; i < HEALTHCODE_HANDSHAKE_AGAIN_MAX; i++) {
        n += healthcode_handshake_asks_again(handshake,
                                   healthcode_handshake_again_steps[i], memory);
    }

    return n;
}


bool
healthcode_handshake_again_format(const healthcode_handshake_t *handshake,
    bool memory, healthcode_redis_buf_t *buf)
{
    size_t                       i, len = buf->len;
    healthcode_handshake_step_e  step;

    for (i = 0; i < HEALTHCODE_HANDSHAKE_AGAIN_MAX; i++) {
        step = healthcode_handshake_again_steps[i];

        if (healthcode_handshake_asks_again(handshake, step, memory)
            && !healthcode_handshake_format_step(handshake, step, buf))
        {
            buf->len = len;
            return false;
        }
    }

    return true;
}


/* What comes first is judged first. */
healthcode_reason_e
healthcode_handshake_again_read(const healthcode_handshake_t *handshake,
    bool memory, redisReply *const *replies, healthcode_handshake_seen_t *seen,
    char *error, size_t size)
{
    const redisReply             *reply;
    healthcode_reason_e           reason = HEALTHCODE_REASON_OK;
    healthcode_handshake_step_e   step;

    memset(seen, 0, sizeof(healthcode_handshake_seen_t));

    for (size_t i = 0; i < HEALTHCODE_HANDSHAKE_AGAIN_MAX; i++) {
        step = healthcode_handshake_again_steps[i];

        if (!healthcode_handshake_asks_again(handshake, step, memory)) {
            continue;
        }

        reply = *replies++;

        switch (step) {

        case HEALTHCODE_HANDSHAKE_META:
            seen->meta = reply;
            seen->is_moved = healthcode_handshake_is_moved(handshake, reply);
            break;

        case HEALTHCODE_HANDSHAKE_MAP:
            seen->map = reply;
            break;

        case HEALTHCODE_HANDSHAKE_TIME:
            seen->time = reply;
            break;

        case HEALTHCODE_HANDSHAKE_DATA:
            seen->data = healthcode_handshake_is_moved(handshake, reply)
                         ? NULL : reply;
            break;

        case HEALTHCODE_HANDSHAKE_STATS:
            seen->stats = reply;
            break;

        default:
            break;
        }

        if (step == HEALTHCODE_HANDSHAKE_META && seen->is_moved) {
            continue;
        }

        if (reason == HEALTHCODE_REASON_OK) {
            reason = healthcode_handshake_judge(handshake, step, reply, error,
                                                size);
        }
    }

    return reason;
}


/* ---- another password ---- */

healthcode_reason_e
healthcode_handshake_auth_read(const healthcode_handshake_t *handshake,
    const redisReply *reply, char *error, size_t size)
{
    return healthcode_handshake_judge(handshake, HEALTHCODE_HANDSHAKE_PASSWORD,
                                      reply, error, size);
}


/* Of a node: it has not, or not all of, what was asked; others have. */
bool
healthcode_handshake_is_moved(const healthcode_handshake_t *handshake,
    const redisReply *reply)
{
    healthcode_redirect_t  to;

    if (!handshake->is_node) {
        return false;
    }

    switch (healthcode_redirect_read(reply, healthcode_str("-"), &to)) {

    case HEALTHCODE_REDIRECT_MOVED:
    case HEALTHCODE_REDIRECT_ASK:
    case HEALTHCODE_REDIRECT_BROKEN:
    case HEALTHCODE_REDIRECT_TRYAGAIN:
        return true;

    default:
        return false;
    }
}


/* What is asked for is followed by its proof. */
healthcode_reason_e
healthcode_handshake_read_live(const healthcode_handshake_t *handshake,
    unsigned parts, unsigned i, const redisReply *reply, char *error,
    size_t size)
{
    unsigned                     part = healthcode_risk_codec_part(parts, i);
    bool                         is_proof = healthcode_risk_codec_is_proof(i);
    healthcode_handshake_step_e  step;

    switch (part) {

    case HEALTHCODE_RISK_HOLDER:
        step = HEALTHCODE_HANDSHAKE_RISK;
        break;

    case HEALTHCODE_RISK_REGIONS:
        step = HEALTHCODE_HANDSHAKE_REGION;
        break;

    default:
        step = HEALTHCODE_HANDSHAKE_CONTROL;
        break;
    }

    if (is_proof) {
        step++;

    } else if (reply->type != REDIS_REPLY_ERROR) {
        return HEALTHCODE_REASON_OK;
    }

    return healthcode_handshake_judge(handshake, step, reply, error, size);
}
