/*
 * A passage -> the call of passage.lua; its reply -> what became of it.
 * Knows no: nginx, socket, clock, request.  docs/redis-keys.md,
 * "healthcode:hall".
 */

#ifndef HEALTHCODE_PASSAGE_H
#define HEALTHCODE_PASSAGE_H

#include <hiredis/hiredis.h>

#include "../core/healthcode_holder.h"
#include "../core/healthcode_reason.h"
#include "healthcode_call.h"


/* What passage.lua takes, and no more. */
#define HEALTHCODE_PASSAGE_RETRY_MAX   60000        /* ms */
#define HEALTHCODE_PASSAGE_HOLD_MAX    600000       /* ms */
#define HEALTHCODE_PASSAGE_RETURN_MAX  86400        /* s */
#define HEALTHCODE_PASSAGE_LIFE_MAX    99999999     /* s */


typedef enum {
    HEALTHCODE_PASSAGE_ENTER = 0,
    HEALTHCODE_PASSAGE_LEAVE,
    HEALTHCODE_PASSAGE_CONFIRM,
    HEALTHCODE_PASSAGE_ANNUL
} healthcode_passage_what_e;


/* Digests are those of healthcode_hall.h; views are the caller's. */
typedef struct {
    healthcode_passage_what_e  what;
    healthcode_str_t           instance;    /* that the proof must name */
    uint8_t                    hall[HEALTHCODE_HOLDER_LEN];
    uint8_t                    passage[HEALTHCODE_HOLDER_LEN];

    /* of _ENTER and _LEAVE */
    bool                       once_holder;     /* else once a code */
    bool                       annuls;  /* what is unconfirmed; else confirms */
    uint8_t                    holder[HEALTHCODE_HOLDER_LEN];
    uint8_t                    code[HEALTHCODE_HOLDER_LEN];
    uint32_t                   retry;   /* ms; 0: there is no nonce */
    uint32_t                   hold;    /* ms */
    uint32_t                   again;   /* s, "return"; 0: nobody */
    int64_t                    until;   /* Unix s: no gate accepts the code */
    int64_t                    now;     /* Unix s, by the clock of until */
} healthcode_passage_t;


typedef enum {
    HEALTHCODE_PASSAGE_FAILED = 0,  /* the reason is one of a store */
    HEALTHCODE_PASSAGE_NO_SCRIPT,   /* likewise, unless it is loaded */
    HEALTHCODE_PASSAGE_REFUSED,     /* _REPLAYED, _INSIDE or _OUTSIDE */
    HEALTHCODE_PASSAGE_PASSED,
    HEALTHCODE_PASSAGE_AGAIN,       /* a retry of one that has passed */
    HEALTHCODE_PASSAGE_DONE,        /* confirmed or annulled, now or before */
    HEALTHCODE_PASSAGE_FINAL,       /* the opposite was */
    HEALTHCODE_PASSAGE_UNKNOWN
} healthcode_passage_outcome_e;


typedef struct {
    healthcode_passage_outcome_e  outcome;
    healthcode_reason_e           reason;   /* _OK from _PASSED on */
    uint32_t                      inside;   /* people; 0 if it failed */
} healthcode_passage_result_t;


/*
 * Appends EVALSHA of the script with this SHA-1, HEALTHCODE_SCRIPT_SHA digits.
 * What is more than passage.lua takes is as much as it takes, and a code lives
 * for a second at least.  False, and the buffer as it was, if there is no
 * memory.
 */
bool healthcode_passage_format(const healthcode_passage_t *passage,
    const char *sha, healthcode_redis_buf_t *buf);

/*
 * Reads the reply to the call into *result, all of it.  Only a reply that says
 * so in words is _PASSED, _AGAIN or _DONE; whatever does not answer what was
 * asked is _FAILED: _STORE_UNPROVEN, if the store has another proof;
 * _STORE_NOT_MASTER; _STORE_AUTH, if a right is missing; else
 * _STORE_UNAVAILABLE.
 */
void healthcode_passage_read(healthcode_passage_what_e what,
    const redisReply *reply, healthcode_passage_result_t *result);

#endif
