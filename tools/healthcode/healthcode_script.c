/*
 * The scripts of redis-scripts/, which the binary carries, and their calls.
 * Does not know what they do.  docs/redis-keys.md, "Scripts".
 */

#include <openssl/evp.h>
#include <stdlib.h>

#include "healthcode_former.h"
#include "healthcode_nodes.h"
#include "healthcode_script.h"


#define HEALTHCODE_SCRIPT_WORDS_MAX                                           \
    (3 + HEALTHCODE_SCRIPT_KEYS_MAX + HEALTHCODE_SCRIPT_ARGS_MAX)


/* Bytes of the number of keys, with a NUL. */
#define HEALTHCODE_SCRIPT_NUMBER     12


static const char *healthcode_script_find(const char *name);
static int healthcode_script_words(const healthcode_script_t *script,
    bool with_source, char *nkeys, const char **args, size_t *lens);


/* A script that is not there was left out of the build: nothing can go on. */
static const char *
healthcode_script_find(const char *name)
{
    const healthcode_script_source_t  *source;

    for (source = healthcode_script_sources; source->name; source++) {
        if (strcmp(source->name, name) == 0) {
            return source->source;
        }
    }

    abort();
}


/* EVALSHA names a script by its SHA-1; nothing here rests on that hash. */
void
healthcode_script_init(healthcode_script_t *script, const char *name,
    unsigned nkeys)
{
    uint8_t  digest[EVP_MAX_MD_SIZE];

    memset(script, 0, sizeof(healthcode_script_t));
    script->source = healthcode_script_find(name);
    script->nkeys = nkeys;

    if (EVP_Digest(script->source, strlen(script->source), digest, NULL,
                   EVP_sha1(), NULL) != 1)
    {
        /* without SHA-1 no script has this name, so each goes by EVAL */
        memset(digest, 0, sizeof(digest));
    }

    for (size_t i = 0; i < HEALTHCODE_SCRIPT_SHA_LEN / 2; i++) {
        snprintf(script->sha + 2 * i, 3, "%02x", digest[i]);
    }
}


void
healthcode_script_keys(healthcode_script_t *script,
    const healthcode_str_t *keys, unsigned n)
{
    if (n > HEALTHCODE_SCRIPT_KEYS_MAX) {
        abort();
    }

    script->first = keys;
    script->nfirst = n;
}


void
healthcode_script_add(healthcode_script_t *script, healthcode_str_t text)
{
    if (script->n == HEALTHCODE_SCRIPT_ARGS_MAX) {
        abort();
    }

    script->args[script->n++] = text;
}


void
healthcode_script_add_text(healthcode_script_t *script, const char *text)
{
    healthcode_script_add(script, healthcode_str_from(text, strlen(text)));
}


/* The command, by EVALSHA, or with its source by EVAL; returns argc. */
static int
healthcode_script_words(const healthcode_script_t *script, bool with_source,
    char *nkeys, const char **args, size_t *lens)
{
    int  n = 3;

    snprintf(nkeys, HEALTHCODE_SCRIPT_NUMBER, "%u", script->nkeys);

    args[0] = with_source ? "EVAL" : "EVALSHA";
    args[1] = with_source ? script->source : script->sha;
    args[2] = nkeys;

    for (int i = 0; i < 3; i++) {
        lens[i] = strlen(args[i]);
    }

    for (unsigned i = 0; i < script->nfirst; i++) {
        args[n] = (const char *) script->first[i].data;
        lens[n++] = script->first[i].len;
    }

    for (unsigned i = 0; i < script->n; i++) {
        args[n] = (const char *) script->args[i].data;
        lens[n++] = script->args[i].len;
    }

    return n;
}


bool
healthcode_script_append(const healthcode_script_t *script,
    healthcode_connection_t *connection, bool with_source)
{
    int          n;
    char         nkeys[HEALTHCODE_SCRIPT_NUMBER];
    size_t       lens[HEALTHCODE_SCRIPT_WORDS_MAX];
    const char  *args[HEALTHCODE_SCRIPT_WORDS_MAX];

    n = healthcode_script_words(script, with_source, nkeys, args, lens);

    return redisAppendCommandArgv(connection->redis, n, args, lens) == REDIS_OK;
}


const char *
healthcode_script_key(const healthcode_script_t *script)
{
    return (const char *) (script->nfirst ? script->first[0].data
                                          : script->args[0].data);
}


bool
healthcode_script_is_unknown(const redisReply *reply)
{
    return reply->type == REDIS_REPLY_ERROR
           && strncmp(reply->str, "NOSCRIPT", 8) == 0;
}


redisReply *
healthcode_script_call(const healthcode_script_t *script,
    healthcode_connection_t *connection)
{
    int                           n;
    char                          nkeys[HEALTHCODE_SCRIPT_NUMBER];
    size_t                        lens[HEALTHCODE_SCRIPT_WORDS_MAX];
    redisReply                   *reply = NULL;
    const char                   *args[HEALTHCODE_SCRIPT_WORDS_MAX];
    healthcode_connection_how_e   how;

    if (connection->former != HEALTHCODE_FORMER_NONE
        && healthcode_former_has(script))
    {
        return healthcode_former_call(script, connection);
    }

    how = script->has_parts ? HEALTHCODE_CONNECTION_PARTS
                            : HEALTHCODE_CONNECTION_WRITES;

    for (int with_source = 0; with_source < 2; with_source++) {

        freeReplyObject(reply);

        n = healthcode_script_words(script, with_source, nkeys, args, lens);
        reply = healthcode_connection_ask(connection,
                                          healthcode_script_key(script), n,
                                          args, lens, how);

        if (reply == NULL || !healthcode_script_is_unknown(reply)) {
            break;
        }
    }

    return reply;
}


redisReply *
healthcode_script_load(const healthcode_script_t *script,
    healthcode_connection_t *connection)
{
    redisReply  *reply;

    if (connection->cluster
        && healthcode_nodes_route(connection, healthcode_script_key(script))
           == -1)
    {
        return NULL;
    }

    reply = redisCommand(connection->redis, "SCRIPT LOAD %s", script->source);

    if (reply == NULL || reply->type == REDIS_REPLY_ERROR) {
        return reply;
    }

    freeReplyObject(reply);
    reply = NULL;

    if (!healthcode_script_append(script, connection, false)
        || redisGetReply(connection->redis, (void **) &reply) != REDIS_OK)
    {
        return NULL;
    }

    return reply;
}


redisReply *
healthcode_script_run(const healthcode_script_t *script,
    healthcode_connection_t *connection)
{
    redisReply  *reply = healthcode_script_call(script, connection);

    if (reply == NULL || reply->type == REDIS_REPLY_ERROR) {
        healthcode_connection_failed(connection, reply);
        freeReplyObject(reply);
        return NULL;
    }

    return reply;
}
