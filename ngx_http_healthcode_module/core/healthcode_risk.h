/*
 * Flags, regions and controls + policy -> risk.  Every value here was written
 * by an operator or a program of theirs: what cannot be read counts as set.
 * Knows no Redis and no clock: the time is given.
 * docs/request-path.md, "Risk"; docs/redis-keys.md.
 */

#ifndef HEALTHCODE_RISK_H
#define HEALTHCODE_RISK_H

#include "healthcode_reason.h"


/* Bytes of flag names that are kept for logs and variables. */
#define HEALTHCODE_RISK_NAMES_MAX  256

/* The flags of the national service, in the order of its notice. */
#define HEALTHCODE_RISK_NATIONAL                                              \
    "confirmed", "suspected", "contact", "cotravel", "entry", "quarantine",   \
    "revoked"


typedef enum {
    HEALTHCODE_RISK_LEVEL_LOW = 0x1,
    HEALTHCODE_RISK_LEVEL_MEDIUM = 0x2,
    HEALTHCODE_RISK_LEVEL_HIGH = 0x4
} healthcode_risk_level_e;


typedef struct {
    const healthcode_str_t  *deny;           /* names of flags */
    size_t                   ndeny;
    unsigned                 region_deny;    /* set of levels */
} healthcode_risk_policy_t;


/* What was found.  Start with nothing; findings only ever add up. */
typedef struct {
    bool    key_revoked;
    bool    issuer_suspended;
    bool    issued_before;
    bool    flagged;                         /* a flag that the policy denies */
    bool    region;                          /* a level that it denies */
    size_t  names_len;
    char    names[HEALTHCODE_RISK_NAMES_MAX];   /* active flags, "a,b" */
} healthcode_risk_t;


/* Makes it nothing; the names need no clearing, since they have a length. */
static inline void
healthcode_risk_clear(healthcode_risk_t *risk)
{
    memset(risk, 0, offsetof(healthcode_risk_t, names));
}

/*
 * Whether until, Unix seconds in decimal or "0" for "until cleared", lies
 * after now.  What is not that (empty, signed, longer than 12 digits) is
 * still active.
 */
bool healthcode_risk_is_active(healthcode_str_t until, int64_t now);

/* Adds one field of a holder's hash: the flag name and its until. */
void healthcode_risk_add_flag(healthcode_risk_t *risk,
    const healthcode_risk_policy_t *policy, healthcode_str_t name,
    healthcode_str_t until, int64_t now);

/*
 * Reads a region's value, "LEVEL UNTIL".  0 where it has run out; else the
 * level, which is HEALTHCODE_RISK_LEVEL_HIGH where it cannot be read.
 */
unsigned healthcode_risk_region_level(healthcode_str_t value, int64_t now);

/*
 * Whether a control "before" value, Unix seconds, refuses a code issued at
 * iat.  A value that cannot be read refuses every code.
 */
bool healthcode_risk_is_before(healthcode_str_t before, int64_t iat);

/*
 * The level with this name, 0 where there is none.
 */
unsigned healthcode_risk_level_find(healthcode_str_t name);

/*
 * The gravest finding: _KEY_REVOKED, _ISSUER_SUSPENDED, _ISSUED_BEFORE,
 * _FLAGGED, _REGION; or HEALTHCODE_REASON_OK where there is none.
 */
healthcode_reason_e healthcode_risk_reason(const healthcode_risk_t *risk);

#endif
