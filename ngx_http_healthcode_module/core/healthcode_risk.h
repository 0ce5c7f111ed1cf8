/*
 * Flags, regions and controls + policy -> risk.  Operators and their programs
 * wrote every value here: what cannot be read counts as set.  The time is an
 * argument.  Knows no: clock, hiredis, request.  docs/request-path.md, "Risk";
 * docs/redis-keys.md.
 */

#ifndef HEALTHCODE_RISK_H
#define HEALTHCODE_RISK_H

#include "healthcode_claims.h"
#include "healthcode_holder.h"
#include "healthcode_revocation.h"


/* Bytes of flag names that are kept for logs and variables. */
#define HEALTHCODE_RISK_NAMES_MAX  256

/* A region of six digits is asked for by 6, 4 and 2 of them. */
#define HEALTHCODE_RISK_PREFIXES_MAX  (3 * HEALTHCODE_CLAIMS_REGIONS_MAX)

/* Flags that a holder may have, those that are over among them. */
#define HEALTHCODE_RISK_FLAGS_MAX    64

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


/*
 * Parts of a question, a set, in the order asked: each can be asked by itself,
 * and is proved by itself.
 */
#define HEALTHCODE_RISK_HOLDER    0x1
#define HEALTHCODE_RISK_REGIONS   0x2
#define HEALTHCODE_RISK_CONTROLS  0x4

/*
 * What is asked of one code and its holder; the views and the regions belong
 * to the caller.
 */
typedef struct {
    unsigned                    parts;         /* set of them; 0: all */
    uint8_t                     holder[HEALTHCODE_HOLDER_LEN];
    healthcode_str_t            iss;
    healthcode_str_t            thumbprint;    /* of the key that signed */
    const healthcode_region_t  *regions;
    size_t                      nregions;
} healthcode_risk_query_t;


/* By what the answer is judged. */
typedef struct {
    const healthcode_risk_policy_t       *policy;
    int64_t                               iat;       /* of the code */
    int64_t                               now;       /* Unix seconds */
    const healthcode_revocation_names_t  *code;      /* how a store names it;
                                                        NULL: nobody can tell */
} healthcode_risk_terms_t;


/* Values that were read.  All zero stands for values that are not there. */
typedef struct {
    unsigned  level;       /* HEALTHCODE_RISK_LEVEL_*, or 0 */
    int64_t   until;       /* Unix seconds */
} healthcode_risk_region_t;

typedef struct {
    int64_t   suspended;   /* the issuer is, until, Unix seconds */
    int64_t   revoked;     /* the key is, until */
    int64_t   before;      /* codes with an earlier iat are called back */
} healthcode_risk_control_t;

/* The answers to a query, except the flags of its holder; by its parts. */
typedef struct {
    healthcode_risk_control_t  control;
    healthcode_risk_region_t   regions[HEALTHCODE_RISK_PREFIXES_MAX];
} healthcode_risk_answer_t;


/* A field of a holder's hash; the views are the reader's. */
typedef struct {
    healthcode_str_t  name;
    healthcode_str_t  until;
} healthcode_risk_flag_t;

/*
 * What a store has answered to one query: facts, judged by nobody yet, so that
 * one reading serves all who asked the same.
 */
typedef struct {
    unsigned                  parts;        /* that it holds: no other counts */
    bool                      is_offline;   /* by a replica that is cut off */
    bool                      unreadable;   /* not all flags could be read */
    size_t                    nflags;
    healthcode_risk_flag_t    flags[HEALTHCODE_RISK_FLAGS_MAX];
    healthcode_risk_answer_t  answer;
} healthcode_risk_reading_t;


/* What was found.  Start with nothing; findings only ever add up. */
typedef struct {
    bool    key_revoked;
    bool    issuer_suspended;
    bool    code_revoked;
    bool    issued_before;
    bool    flagged;                         /* a flag that the policy denies */
    bool    region;                          /* a level that it denies */
    size_t  names_len;
    char    names[HEALTHCODE_RISK_NAMES_MAX];   /* active flags, "a,b" */
} healthcode_risk_t;


/* The parts that query asks for; 0: it asks for nothing that it names. */
static inline unsigned
healthcode_risk_parts(const healthcode_risk_query_t *query)
{
    unsigned  parts = HEALTHCODE_RISK_HOLDER | HEALTHCODE_RISK_CONTROLS
                      | (query->nregions ? HEALTHCODE_RISK_REGIONS : 0);

    return query->parts ? query->parts & parts : parts;
}

/* Makes it nothing; the names need no clearing, since they have a length. */
static inline void
healthcode_risk_clear(healthcode_risk_t *risk)
{
    memset(risk, 0, offsetof(healthcode_risk_t, names));
}

/*
 * Reads until, Unix seconds in decimal, or "0" for "until cleared", which is
 * INT64_MAX; so is what is neither (empty, signed, longer than 12 digits).
 */
int64_t healthcode_risk_until(healthcode_str_t until);

/* Whether until, likewise, lies after now. */
bool healthcode_risk_is_active(healthcode_str_t until, int64_t now);

/*
 * Adds one field of a holder's hash: the flag name and its until.  A name that
 * revokes codes (healthcode_revocation_kind()) is not a flag, whatever the
 * policy denies.
 */
void healthcode_risk_add_flag(healthcode_risk_t *risk,
    const healthcode_risk_policy_t *policy, healthcode_str_t name,
    healthcode_str_t until, int64_t now);

/*
 * Reads a region's value, "LEVEL UNTIL"; the level is
 * HEALTHCODE_RISK_LEVEL_HIGH if it cannot be read.
 */
healthcode_risk_region_t healthcode_risk_region(healthcode_str_t value);

/* The level of such a value, 0 if it has run out. */
unsigned healthcode_risk_region_level(healthcode_str_t value, int64_t now);

/*
 * Reads a control "before" value, Unix seconds; INT64_MAX, which is after
 * every iat, if it cannot be read.
 */
int64_t healthcode_risk_before(healthcode_str_t before);

/*
 * Likewise the "before" of a holder's hash; INT64_MAX for 0 as well, which is
 * an until of somebody who meant to set a flag of that name.
 */
int64_t healthcode_risk_holder_before(healthcode_str_t before);

/* Whether a control "before" value refuses a code issued at iat. */
bool healthcode_risk_is_before(healthcode_str_t before, int64_t iat);

/*
 * Adds what answer says of the issuer, the key and the regions of query, where
 * it asks for them.  The prefixes of a region stand in answer from the longest
 * on, as they are asked for; the longest one that is in force rules.
 */
void healthcode_risk_add_answer(healthcode_risk_t *risk,
    const healthcode_risk_query_t *query,
    const healthcode_risk_answer_t *answer,
    const healthcode_risk_terms_t *terms);

/*
 * Whether reading revokes single codes, so that terms have to name the code;
 * else the names are not looked at.
 */
bool healthcode_risk_asks_code(const healthcode_risk_reading_t *reading);

/*
 * Adds all that reading says of the code of terms: the answer to query, or to
 * some of its parts.  A holder whose flags could not all be read is flagged,
 * whatever the policy denies.
 */
void healthcode_risk_add_reading(healthcode_risk_t *risk,
    const healthcode_risk_query_t *query,
    const healthcode_risk_reading_t *reading,
    const healthcode_risk_terms_t *terms);

/*
 * The level with this name, 0 if there is none.
 */
unsigned healthcode_risk_level_find(healthcode_str_t name);

/*
 * The gravest finding: _KEY_REVOKED, _ISSUER_SUSPENDED, _CODE_REVOKED,
 * _ISSUED_BEFORE, _FLAGGED, _REGION; or HEALTHCODE_REASON_OK if there is none.
 */
healthcode_reason_e healthcode_risk_reason(const healthcode_risk_t *risk);

#endif
