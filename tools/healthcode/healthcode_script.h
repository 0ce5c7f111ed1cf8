/*
 * The scripts of redis-scripts/, which the binary carries, and their calls.
 * Does not know what they do.  docs/redis-keys.md, "Scripts".
 */

#ifndef HEALTHCODE_SCRIPT_H
#define HEALTHCODE_SCRIPT_H

#include "healthcode_connection.h"


#define HEALTHCODE_SCRIPT_ARGS_MAX  12
#define HEALTHCODE_SCRIPT_KEYS_MAX  258
#define HEALTHCODE_SCRIPT_SHA_LEN   40


/* Written into the build from redis-scripts/; ends with a NULL name. */
typedef struct {
    const char  *name;      /* "flag-set" */
    const char  *source;
} healthcode_script_source_t;

extern const healthcode_script_source_t  healthcode_script_sources[];


/*
 * One call: the keys first, some of which may be in an array of their own, then
 * the arguments; the views are the caller's.
 */
typedef struct {
    const char              *source;
    char                     sha[HEALTHCODE_SCRIPT_SHA_LEN + 1];
    unsigned                 nkeys;
    bool                     has_parts;    /* its keys can be written alone */
    unsigned                 nfirst;
    const healthcode_str_t  *first;
    unsigned                 n;
    healthcode_str_t         args[HEALTHCODE_SCRIPT_ARGS_MAX];
} healthcode_script_t;


/* Starts a call of the script with this name and nkeys keys. */
void healthcode_script_init(healthcode_script_t *script, const char *name,
    unsigned nkeys);

/* Sets the first n, HEALTHCODE_SCRIPT_KEYS_MAX at most; they live on. */
void healthcode_script_keys(healthcode_script_t *script,
    const healthcode_str_t *keys, unsigned n);

/* Adds a key or an argument; text must live until the call. */
void healthcode_script_add(healthcode_script_t *script, healthcode_str_t text);
void healthcode_script_add_text(healthcode_script_t *script, const char *text);

/*
 * Puts the call into the connection's output, by EVALSHA, or with its source
 * by EVAL.  False if there is no memory.
 */
bool healthcode_script_append(const healthcode_script_t *script,
    healthcode_connection_t *connection, bool with_source);

/* Its first key, which decides which node of a cluster is asked. */
const char *healthcode_script_key(const healthcode_script_t *script);

/* Whether the server does not have the script, so that it must be sent. */
bool healthcode_script_is_unknown(const redisReply *reply);

/*
 * Runs the call by EVALSHA, and by EVAL if the server does not know it; while a
 * store is migrated, with what it changes of schema 1.  The reply, which may be
 * an error, is the caller's; NULL: there is none; then
 * healthcode_connection_failed() says why.  With has_parts ASK and TRYAGAIN of
 * a cluster are replies, too.
 */
redisReply *healthcode_script_call(const healthcode_script_t *script,
    healthcode_connection_t *connection);

/* Likewise, but by SCRIPT LOAD and EVALSHA, as a gate does. */
redisReply *healthcode_script_load(const healthcode_script_t *script,
    healthcode_connection_t *connection);

/*
 * As healthcode_script_call(), but NULL for an error, too, and with a message
 * printed.
 */
redisReply *healthcode_script_run(const healthcode_script_t *script,
    healthcode_connection_t *connection);

#endif
