/*
 * Which line of several says what a reader hears of a verdict.
 * Knows no: clock, nginx, memory, request, token.
 * docs/directives.md, "healthcode_reply".
 */

#ifndef HEALTHCODE_REPLY_H
#define HEALTHCODE_REPLY_H

#include "healthcode_reason.h"


typedef enum {
    HEALTHCODE_REPLY_ALLOW = 0,    /* every allow, whatever its reason */
    HEALTHCODE_REPLY_DENY,         /* every deny */
    HEALTHCODE_REPLY_BUSY,         /* of these, what is worth another try */
    HEALTHCODE_REPLY_REASON        /* a deny for this reason alone */
} healthcode_reply_e;


/* For which verdicts a line is. */
typedef struct {
    healthcode_reply_e   kind;
    healthcode_reason_e  reason;   /* of HEALTHCODE_REPLY_REASON; else _FAULT */
} healthcode_reply_t;


/*
 * Reads "allow", "deny", "busy" or the word of a reason but "ok", which is
 * not one of a deny.  False, and nothing written, if it is another word.
 */
bool healthcode_reply_read(healthcode_str_t word, healthcode_reply_t *reply);

/*
 * The number of the line that counts for a deny: that of the reason, or else
 * busy, or else deny.  n: none of the n lines does.
 */
size_t healthcode_reply_deny(const healthcode_reply_t *lines, size_t n,
    healthcode_reason_e reason);

/* The number of the line for an allow, likewise. */
size_t healthcode_reply_allow(const healthcode_reply_t *lines, size_t n);

/*
 * The HTTP status of a refusal that a line, or nobody, gives status: where
 * others go by it, a status of 2xx would let the request on, and the reason's
 * own is taken.
 */
unsigned healthcode_reply_status(unsigned status, healthcode_reason_e reason,
    bool others_go_by_it);

#endif
