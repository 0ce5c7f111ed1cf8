/*
 * The steps of the handshake, for the file that orders them and the one that
 * judges their replies; no other file includes it.  Knows no: nginx, socket,
 * clock.  docs/redis-keys.md, "Handshake".
 */

#ifndef HEALTHCODE_HANDSHAKE_PRIVATE_H
#define HEALTHCODE_HANDSHAKE_PRIVATE_H

#include "healthcode_handshake.h"


/* In this order; which of them are asked depends. */
typedef enum {
    HEALTHCODE_HANDSHAKE_HELLO = 0,
    HEALTHCODE_HANDSHAKE_AUTH,        /* in place of it */
    HEALTHCODE_HANDSHAKE_SELECT,
    HEALTHCODE_HANDSHAKE_TRACKING,
    HEALTHCODE_HANDSHAKE_TRACKED,
    HEALTHCODE_HANDSHAKE_GET,
    HEALTHCODE_HANDSHAKE_INCR,
    HEALTHCODE_HANDSHAKE_TICK,        /* in place of both */
    HEALTHCODE_HANDSHAKE_TIME,
    HEALTHCODE_HANDSHAKE_DATA,
    HEALTHCODE_HANDSHAKE_ROLE,
    HEALTHCODE_HANDSHAKE_MAP,
    HEALTHCODE_HANDSHAKE_INFO,
    HEALTHCODE_HANDSHAKE_SERVER,
    HEALTHCODE_HANDSHAKE_STATS,       /* never at first */
    HEALTHCODE_HANDSHAKE_PASSWORD,    /* likewise */
    HEALTHCODE_HANDSHAKE_RISK,        /* each with its proof behind it */
    HEALTHCODE_HANDSHAKE_RISK_META,
    HEALTHCODE_HANDSHAKE_REGION,
    HEALTHCODE_HANDSHAKE_REGION_META,
    HEALTHCODE_HANDSHAKE_CONTROL,
    HEALTHCODE_HANDSHAKE_META,
    HEALTHCODE_HANDSHAKE_STEPS
} healthcode_handshake_step_e;


/*
 * The command, for the log; the right that it takes; and what to write if that
 * cannot be had, NULL: nothing helps.
 */
typedef struct {
    const char  *command, *right, *instead;
    bool         is_cache_lost;       /* by what is written instead */
} healthcode_handshake_row_t;


extern const healthcode_handshake_row_t
    healthcode_handshake_rows[HEALTHCODE_HANDSHAKE_STEPS];


/*
 * Judges the reply to step, as healthcode_handshake_read() does the one with a
 * number.
 */
healthcode_reason_e healthcode_handshake_judge(
    const healthcode_handshake_t *handshake, healthcode_handshake_step_e step,
    const redisReply *reply, char *error, size_t size);

/*
 * Writes a sentence about the error reply to step into error, of size bytes;
 * of a gate with the right to give, or other advice.
 * HEALTHCODE_REASON_STORE_AUTH: its user is refused; _STORE_UNAVAILABLE.
 */
healthcode_reason_e healthcode_handshake_refused(
    const healthcode_handshake_t *handshake, healthcode_handshake_step_e step,
    const redisReply *reply, char *error, size_t size);

#endif
