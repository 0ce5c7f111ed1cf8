/*
 * Calls of passage.lua about one hall after another: keys, proof, reply.
 * Knows no options.  docs/redis-keys.md, "healthcode:hall".
 */

#include "healthcode_hall_call.h"
#include "healthcode_script.h"


static void healthcode_hall_call_script(const healthcode_hall_call_t *call,
    const char *what, const char *first, const char *second,
    healthcode_script_t *script);


healthcode_exit_e
healthcode_hall_call_open(healthcode_hall_call_t *call,
    healthcode_connection_t *redis)
{
    call->redis = redis;

    if (redis->former == HEALTHCODE_FORMER_ALONE) {
        return healthcode_output_failed("nothing was done: the store is of "
                                        "schema 1; run \"healthcode store "
                                        "migrate\" first");
    }

    return redis->instance.data
           ? HEALTHCODE_EXIT_OK
           : healthcode_output_failed("the proof of the store is gone; run "
                                      "\"healthcode store check\"");
}


void
healthcode_hall_call_digest(healthcode_hall_call_t *call, const uint8_t *digest)
{
    static const char *const  kinds[HEALTHCODE_HALL_KEYS] = {
        "codes", "inside", "left", "held", "holders", "passages", "ended"
    };

    char  hall[HEALTHCODE_HOLDER_HEX + 1] = "";

    healthcode_holder_format(digest, hall);

    for (size_t i = 0; i < HEALTHCODE_HALL_KEYS; i++) {
        snprintf(call->keys[i], sizeof(call->keys[i]),
                 "healthcode:hall:{%.2s}:%s:%s", hall, hall, kinds[i]);
    }

    (void) healthcode_keys_proof_of(call->keys[0], call->proof);
}


healthcode_exit_e
healthcode_hall_call_name(healthcode_hall_call_t *call, const char *name)
{
    uint8_t  digest[HEALTHCODE_HOLDER_LEN];

    if (!healthcode_hall_name(call->redis->pepper,
                              healthcode_str_from(name, strlen(name)), digest))
    {
        return healthcode_output_failed("OpenSSL has no HMAC-SHA-256");
    }

    healthcode_hall_call_digest(call, digest);

    return HEALTHCODE_EXIT_OK;
}


redisReply *
healthcode_hall_call_ask(healthcode_hall_call_t *call, const char *what,
    const char *first, const char *second)
{
    redisReply           *reply;
    healthcode_script_t   script;

    healthcode_hall_call_script(call, what, first, second, &script);
    reply = healthcode_script_run(&script, call->redis);

    if (reply == NULL) {
        return NULL;
    }

    if (reply->type != REDIS_REPLY_ARRAY || reply->elements < 2
        || reply->element[1]->type != REDIS_REPLY_INTEGER
        || reply->element[0]->type != REDIS_REPLY_STRING)
    {
        (void) healthcode_output_failed("the store has another proof than "
                                        "before; run it again");
        freeReplyObject(reply);
        return NULL;
    }

    return reply;
}


redisReply *
healthcode_hall_call_try(healthcode_hall_call_t *call, const char *what)
{
    healthcode_script_t  script;

    healthcode_hall_call_script(call, what, NULL, NULL, &script);

    return healthcode_script_load(&script, call->redis);
}


static void
healthcode_hall_call_script(const healthcode_hall_call_t *call,
    const char *what, const char *first, const char *second,
    healthcode_script_t *script)
{
    healthcode_script_init(script, "passage", HEALTHCODE_HALL_KEYS);

    for (size_t i = 0; i < HEALTHCODE_HALL_KEYS; i++) {
        healthcode_script_add_text(script, call->keys[i]);
    }

    healthcode_script_add_text(script, what);
    healthcode_script_add(script, call->redis->instance);

    if (first) {
        healthcode_script_add_text(script, first);
    }

    if (second) {
        healthcode_script_add_text(script, second);
    }

    healthcode_script_add_text(script, call->proof);
}
