/*
 * An error reply of Redis -> words for a log, without secrets, and what to do
 * about it.  Knows no: nginx, socket, log.  docs/connection.md, "Outage".
 */

#include <errno.h>
#include <stdio.h>

#include "healthcode_refusal.h"


#define HEALTHCODE_REFUSAL_HOLDER  "healthcode:risk:{"

/* What no holder's key has, and may follow one. */
#define HEALTHCODE_REFUSAL_ENDS    "'\"`,;"

/* Bytes that one byte of an error, or what ends it, takes at most. */
#define HEALTHCODE_REFUSAL_ESCAPE  4


static size_t healthcode_refusal_len(const redisReply *reply);
static size_t healthcode_refusal_skip(const char *data, size_t len,
    const healthcode_str_t *secrets);
static bool healthcode_refusal_begins(const char *data, size_t len,
    const char *with);


size_t
healthcode_refusal_text(const redisReply *reply,
    const healthcode_str_t *secrets, char *text, size_t size)
{
    size_t       i, skip, n = 0, len = healthcode_refusal_len(reply);
    const char  *data = reply->str;

    for (i = 0; i < len; i += skip ? skip : 1) {

        if (n + 2 * HEALTHCODE_REFUSAL_ESCAPE > size) {
            break;
        }

        skip = healthcode_refusal_skip(data + i, len - i, secrets);

        if (skip) {
            n += (size_t) snprintf(text + n, size - n, "***");

        } else if (data[i] >= ' ' && data[i] < 0x7f) {
            text[n++] = data[i];

        } else {
            n += (size_t) snprintf(text + n, size - n, "\\x%02x",
                                   (unsigned) (uint8_t) data[i]);
        }
    }

    if (size) {
        snprintf(text + n, size - n, "%s", i < len ? "..." : "");
        n += strlen(text + n);
    }

    return n;
}


/* The length of what comes before the arguments, if they are repeated. */
static size_t
healthcode_refusal_len(const redisReply *reply)
{
    size_t  len;

    for (len = 0; len < reply->len; len++) {
        if (healthcode_refusal_begins(reply->str + len, reply->len - len,
                                      "with args"))
        {
            while (len && strchr(", ", reply->str[len - 1])) {
                len--;
            }

            break;
        }
    }

    return len;
}


/* How many bytes at data nobody may read in a log. */
static size_t
healthcode_refusal_skip(const char *data, size_t len,
    const healthcode_str_t *secrets)
{
    size_t            i, n = 0;
    healthcode_str_t  secret;

    /* one may begin with the other */

    for (i = 0; i < HEALTHCODE_REFUSAL_SECRETS; i++) {

        secret = secrets[i];

        if (secret.len > n && len >= secret.len
            && memcmp(data, secret.data, secret.len) == 0)
        {
            n = secret.len;
        }
    }

    if (n) {
        return n;
    }

    if (!healthcode_refusal_begins(data, len, HEALTHCODE_REFUSAL_HOLDER)) {
        return 0;
    }

    for (n = 0;
         n < len && data[n] > ' ' && !strchr(HEALTHCODE_REFUSAL_ENDS, data[n]);
         n++)
    {
        /* void */
    }

    return n;
}


static bool
healthcode_refusal_begins(const char *data, size_t len, const char *with)
{
    return healthcode_str_begins(healthcode_str_from(data, len), with);
}


const char *
healthcode_refusal_advice(const redisReply *reply)
{
    static const struct {
        const char  *begins, *advice;
    } rows[] = {
        { "WRONGPASS", "check \"user\" and \"password_file\" of the store, and "
          "that Redis has this user, switched on" },
        { "NOAUTH", "write \"user\" and \"password_file\" into the store" },
        { "LOADING", "wait until Redis has read its data" },
        { "MASTERDOWN", "let it answer without its master: write "
          "\"replica-serve-stale-data yes\" in its redis.conf" },
        { "BUSY ", "wait until its script has ended, or end it: \"SCRIPT "
          "KILL\"" },
        { "DENIED", "give Redis a user with a password for the gate, and write "
          "\"user\" and \"password_file\" into the store" },
        { "NOPROTO", "it is a proxy, or a Redis before 6.2; name the server "
          "itself" },
        { "ERR max number of clients", "raise \"maxclients\" in redis.conf: "
          "each worker of each gate is one" },
        { "ERR DB index", "check \"database\" of the store" },
        { "ERR AUTH", "write the \"user\" whose password it is into the store, "
          "or no \"password_file\"" },
        { "ERR unknown command", "it is a proxy, or a Redis before 6.2; name "
          "the server itself" },
        { "ERR unknown subcommand", "it is a proxy, or a Redis before 6.2; "
          "name the server itself" },
        { "ERR Unknown subcommand", "it is a proxy, or a Redis before 6.2; "
          "name the server itself" },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (healthcode_refusal_begins(reply->str, reply->len, rows[i].begins)) {
            return rows[i].advice;
        }
    }

    return healthcode_refusal_is_node(reply)
           ? "write \"cluster on;\" in the store, or name a server without "
             "\"cluster-enabled\""
           : NULL;
}


bool
healthcode_refusal_is_node(const redisReply *reply)
{
    static const char *const  begin[] = { "MOVED", "ASK", "CLUSTERDOWN" };

    for (size_t i = 0; i < sizeof(begin) / sizeof(begin[0]); i++) {
        if (healthcode_refusal_begins(reply->str, reply->len, begin[i])) {
            return true;
        }
    }

    return false;
}


bool
healthcode_refusal_is_auth(const redisReply *reply)
{
    /* the last are NOPERM of a command in a script, by Redis 7.0 and later */
    static const char *const  begin[] = {
        "WRONGPASS", "NOAUTH", "NOPERM", "DENIED", "ERR AUTH",
        "ERR The user executing the script", "ERR ACL failure in script"
    };

    for (size_t i = 0; i < sizeof(begin) / sizeof(begin[0]); i++) {
        if (healthcode_refusal_begins(reply->str, reply->len, begin[i])) {
            return reply->type == REDIS_REPLY_ERROR;
        }
    }

    return false;
}


bool
healthcode_refusal_is_right(const redisReply *reply)
{
    return reply->type == REDIS_REPLY_ERROR
           && healthcode_refusal_begins(reply->str, reply->len, "NOPERM");
}


/* Redis 6.2 and 7 say "access one of the keys", "access a key". */
bool
healthcode_refusal_is_right_to_keys(const redisReply *reply)
{
    return healthcode_refusal_is_right(reply)
           && strstr(reply->str, "access") != NULL
           && strstr(reply->str, "key") != NULL;
}


bool
healthcode_refusal_is_command(const redisReply *reply)
{
    static const char *const  begin[] = {
        "ERR unknown command", "ERR unknown subcommand",
        "ERR Unknown subcommand", "NOPROTO"
    };

    for (size_t i = 0; i < sizeof(begin) / sizeof(begin[0]); i++) {
        if (healthcode_refusal_begins(reply->str, reply->len, begin[i])) {
            return reply->type == REDIS_REPLY_ERROR;
        }
    }

    return healthcode_refusal_is_right(reply)
           && !healthcode_refusal_is_right_to_keys(reply);
}


bool
healthcode_refusal_is_replica(const redisReply *reply)
{
    return reply->type == REDIS_REPLY_ERROR
           && (healthcode_refusal_begins(reply->str, reply->len, "MASTERDOWN")
               || healthcode_refusal_begins(reply->str, reply->len,
                                            "READONLY"));
}


bool
healthcode_refusal_is_lasting(const redisReply *reply)
{
    return reply->type == REDIS_REPLY_ERROR
           && (healthcode_refusal_is_right(reply)
               || healthcode_refusal_is_replica(reply)
               || healthcode_refusal_advice(reply) != NULL);
}


const char *
healthcode_refusal_stranger(const uint8_t *data, size_t len)
{
    /* RFC 8446, 5.1: an alert or a handshake, of a version 3.x */
    if (len >= 2 && (data[0] == 0x15 || data[0] == 0x16) && data[1] == 3) {
        return "it speaks TLS; write \"ssl on\" into the store, or name a port "
               "without TLS";
    }

    if (healthcode_refusal_begins((const char *) data, len, "HTTP/")) {
        return "it answers in HTTP: a web server or a proxy; name Redis itself "
               "as \"server\"";
    }

    return "it does not speak RESP3: a proxy, or no Redis at all; name Redis "
           "6.2 or later itself as \"server\"";
}


const char *
healthcode_refusal_connect(int err, bool is_unix)
{
    if (err == EACCES || err == EPERM) {
        return is_unix ? "let nginx's workers open it: \"unixsocketperm\" and "
                         "the rights of its directory"
                       : "a firewall of this machine forbids it";
    }

    if (err == ECONNREFUSED || err == ENOENT) {
        return is_unix ? "start Redis, or check \"unixsocket\" in redis.conf "
                         "and the path in \"server\""
                       : "start Redis, or check \"bind\" and \"port\" in "
                         "redis.conf and the address in \"server\"";
    }

    if (err == EAGAIN) {
        return "raise \"tcp-backlog\" in redis.conf";
    }

    return "check the address in \"server\", the way to it and its firewall";
}
