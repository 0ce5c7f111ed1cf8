/*
 * Whether a store lets somebody in who has no password.  Judges no store.
 * docs/redis-keys.md, "A server that lets everybody in".
 */

#include <openssl/rand.h>

#include "healthcode_stranger.h"


#define HEALTHCODE_STRANGER_PASSWORD  16    /* bytes, of a wrong one */


static bool healthcode_stranger_is_in(redisContext *redis);
static bool healthcode_stranger_takes_any(redisContext *redis,
    const char *user);
static void healthcode_stranger_say(const char *what, const char *user,
    const char *advice);


healthcode_exit_e
healthcode_stranger_check(const healthcode_connection_options_t *options,
    const healthcode_connection_t *connection)
{
    bool           open, any;
    redisContext  *redis;

    if (connection->is_unix || options->secure.cert) {
        return HEALTHCODE_EXIT_OK;
    }

    redis = healthcode_connection_stranger(options, connection);

    if (redis == NULL) {
        return HEALTHCODE_EXIT_FAILED;
    }

    open = healthcode_stranger_is_in(redis);
    any = connection->has_password
          && healthcode_stranger_takes_any(redis, connection->user);

    if (open) {
        healthcode_stranger_say("it lets everybody in without a password, as "
                                "the user ", "default",
                                "resetpass >PASSWORD, or off");
    }

    if (any) {
        healthcode_stranger_say("it takes any password of the user ",
                                connection->user, "resetpass >PASSWORD");
    }

    if (!open && !any) {
        puts("ok   access   it lets nobody in without a password");
    }

    redisFree(redis);

    return HEALTHCODE_EXIT_OK;
}


/* A user without a right is in, too; a connection that breaks is not. */
static bool
healthcode_stranger_is_in(redisContext *redis)
{
    bool         in;
    redisReply  *reply = redisCommand(redis, "PING");

    if (reply == NULL) {
        return false;
    }

    in = reply->type != REDIS_REPLY_ERROR || healthcode_refusal_is_right(reply);
    freeReplyObject(reply);

    return in;
}


static bool
healthcode_stranger_takes_any(redisContext *redis, const char *user)
{
    bool         taken = false;
    uint8_t      password[HEALTHCODE_STRANGER_PASSWORD];
    redisReply  *reply;

    if (redis->err || RAND_bytes(password, sizeof(password)) != 1) {
        return false;
    }

    reply = redisCommand(redis, "AUTH %s %b", user, password,
                         sizeof(password));

    if (reply) {
        taken = reply->type == REDIS_REPLY_STATUS;
        freeReplyObject(reply);
    }

    return taken;
}


static void
healthcode_stranger_say(const char *what, const char *user, const char *advice)
{
    printf("warn access   %s", what);
    healthcode_output_string(stdout, user);
    fputs("; write: ACL SETUSER ", stdout);
    healthcode_output_string(stdout, user);
    printf(" %s\n", advice);
}
