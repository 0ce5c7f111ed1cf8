/*
 * What counts once -> the call of mark.lua; its reply -> whether it did.
 * Knows no: nginx, socket, clock, request.  docs/redis-keys.md,
 * "healthcode:mark".
 */

#ifndef HEALTHCODE_MARK_H
#define HEALTHCODE_MARK_H

#include <hiredis/hiredis.h>

#include "../core/healthcode_holder.h"
#include "../core/healthcode_reason.h"
#include "healthcode_call.h"


/* Digits by which a request is known. */
#define HEALTHCODE_MARK_OWNER     32

/* Seconds; what mark.lua takes, and no more. */
#define HEALTHCODE_MARK_LIFE_MAX  3600


/* Views are the caller's. */
typedef struct {
    healthcode_str_t  instance;     /* that the proof must name */
    healthcode_str_t  owner;        /* HEALTHCODE_MARK_OWNER of 0-9a-f */
    uint8_t           digest[HEALTHCODE_HOLDER_LEN];   /* of what counts */
    unsigned          life;         /* s, 1 to HEALTHCODE_MARK_LIFE_MAX */
} healthcode_mark_t;


/*
 * Appends EVALSHA of the script with this SHA-1, HEALTHCODE_SCRIPT_SHA digits.
 * False, and the buffer as it was, if there is no memory.
 */
bool healthcode_mark_format(const healthcode_mark_t *mark, const char *sha,
    healthcode_redis_buf_t *buf);

/*
 * Reads the reply to the call.  HEALTHCODE_REASON_OK only if it says so in
 * words: it is the first time, or the same owner asks again.  _REPLAYED: it is
 * not.  Else it is not known: _STORE_UNPROVEN, if the store has another proof;
 * _STORE_NOT_MASTER; _STORE_AUTH, if a right is missing; _STORE_UNAVAILABLE.
 */
healthcode_reason_e healthcode_mark_read(const redisReply *reply);

#endif
