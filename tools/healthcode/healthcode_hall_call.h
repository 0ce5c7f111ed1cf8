/*
 * Calls of passage.lua about one hall after another: keys, proof, reply.
 * Knows no options.  docs/redis-keys.md, "healthcode:hall".
 */

#ifndef HEALTHCODE_HALL_CALL_H
#define HEALTHCODE_HALL_CALL_H

#include "core/healthcode_hall.h"
#include "healthcode_connection.h"
#include "healthcode_keys.h"


#define HEALTHCODE_HALL_KEYS     7
#define HEALTHCODE_HALL_KEY_MAX  128


/* Start with all zero. */
typedef struct {
    healthcode_connection_t  *redis;
    char                      keys[HEALTHCODE_HALL_KEYS]
                                  [HEALTHCODE_HALL_KEY_MAX];
    char                      proof[HEALTHCODE_KEYS_MAX];
} healthcode_hall_call_t;


/*
 * Prints a message, and fails, if the store is not proven.  The connection must
 * outlive call.
 */
healthcode_exit_e healthcode_hall_call_open(healthcode_hall_call_t *call,
    healthcode_connection_t *redis);

/* From now on it is about the hall with this digest, or with this name. */
void healthcode_hall_call_digest(healthcode_hall_call_t *call,
    const uint8_t *digest);
healthcode_exit_e healthcode_hall_call_name(healthcode_hall_call_t *call,
    const char *name);

/*
 * The reply of passage.lua: a word, how many are inside, and more; the caller
 * frees it.  first and second may be NULL.  NULL, with a message printed, if it
 * is another one.
 */
redisReply *healthcode_hall_call_ask(healthcode_hall_call_t *call,
    const char *what, const char *first, const char *second);

/*
 * Likewise, but the reply may be any, an error, too; NULL, without a message,
 * if the connection broke.
 */
redisReply *healthcode_hall_call_try(healthcode_hall_call_t *call,
    const char *what);

#endif
