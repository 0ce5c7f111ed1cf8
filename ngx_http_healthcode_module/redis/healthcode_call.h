/*
 * A script that is called on a store: who asks formats the call and reads the
 * reply.  What is written once is never repeated.
 * Knows no: nginx, socket, clock, request.  docs/connection.md, "Calls".
 */

#ifndef HEALTHCODE_CALL_H
#define HEALTHCODE_CALL_H

#include <hiredis/hiredis.h>

#include "../core/healthcode_reason.h"
#include "healthcode_redis_buf.h"


/* Digits of SHA-1. */
#define HEALTHCODE_SCRIPT_SHA  40


/* A script, constant. */
typedef struct {
    healthcode_str_t    text;
    char                sha[HEALTHCODE_SCRIPT_SHA + 1];
    const char         *rights;      /* of a user that calls it, for the log */
} healthcode_call_script_t;


/*
 * One call.  It is the asker's, with all that format() looks at, and stays as
 * it is until done() is called or the call is cancelled.
 */
typedef struct healthcode_call_s {
    const healthcode_call_script_t  *script;
    size_t                           tag;    /* of all its keys, for a cluster:
                                                the first byte of their
                                                digest */

    /*
     * Appends EVALSHA, one command; instance is that of the proof of the store
     * that is asked, and the script is to look at it.  It may be called more
     * than once.  False, and the buffer as it was: there is no memory.
     */
    bool                      (*format)(void *data, healthcode_str_t instance,
                                    healthcode_redis_buf_t *buf);

    /*
     * Called once.  HEALTHCODE_REASON_OK: reply is what was answered, an error
     * too, and lives until the function returns.  Otherwise reply is NULL, and
     * reason is an outage, or _FAULT; whether the script was run is not known.
     * It may ask again.
     */
    void                      (*done)(void *data, healthcode_reason_e reason,
                                    const redisReply *reply);
    void                       *data;
} healthcode_call_t;


/* Appends SCRIPT LOAD; false, and the buffer as it was: there is no memory. */
bool healthcode_call_format_load(const healthcode_call_script_t *script,
    healthcode_redis_buf_t *buf);

/* Whether the store does not know the script: nothing was done. */
bool healthcode_call_is_unknown(const redisReply *reply);

#endif
