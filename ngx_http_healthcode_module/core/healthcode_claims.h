/*
 * The payload of a code (RFC 7519 section 4.1) and the rules of time,
 * audience and status.  Knows no signature and no clock: the time is given.
 * docs/token-format.md, "Claims".
 */

#ifndef HEALTHCODE_CLAIMS_H
#define HEALTHCODE_CLAIMS_H

#include <stdalign.h>

#include "healthcode_json.h"
#include "healthcode_reason.h"
#include "healthcode_region.h"
#include "healthcode_token.h"


#define HEALTHCODE_CLAIMS_REGIONS_MAX  64
#define HEALTHCODE_CLAIMS_TIME_MAX     253402300799   /* end of year 9999 */


typedef struct {
    alignas(16) uint8_t  json[healthcode_json_memory(HEALTHCODE_TOKEN_MAX
                                                     / 4 * 3)];
} healthcode_claims_memory_t;


/*
 * Views into the memory given to the parser.  Times are Unix seconds.  Until
 * the signature holds, a stranger wrote all of it.
 */
typedef struct {
    healthcode_str_t     iss;
    healthcode_str_t     sub;
    healthcode_str_t     jti;        /* data is NULL: absent */
    healthcode_str_t     status;     /* data is NULL: absent */
    int64_t              iat;
    int64_t              exp;
    int64_t              nbf;        /* 0: absent, which changes nothing */
    yyjson_val          *aud;        /* a string, an array of them, or NULL */
    yyjson_val          *object;     /* the whole payload */
    size_t               nregions;
    healthcode_region_t  regions[HEALTHCODE_CLAIMS_REGIONS_MAX];
} healthcode_claims_t;


/* What rules are about, however it was read. */
typedef struct {
    int64_t  iat;
    int64_t  exp;
    int64_t  nbf;
    bool     audience;     /* it is meant for a place of the policy */
    bool     normal;       /* "status" is "normal" or absent */
} healthcode_claims_facts_t;


typedef struct {
    int64_t                  lifetime_max;  /* s; exp - iat, of the issuer */
    int64_t                  max_age;       /* s; now - iat, of the location */
    int64_t                  leeway;        /* s; for clocks that differ */
    const healthcode_str_t  *audience;      /* any of these will do; an empty
                                               one means no code */
    size_t                   naudience;     /* 0: not required */
    const uint64_t         (*digests)[2];   /* of the audience, for codes that
                                               were read before; NULL: none
                                               of those is meant for it */
} healthcode_claims_policy_t;


/*
 * Reads payload, the decoded second part of a code.  HEALTHCODE_REASON_OK:
 * *claims is written.  _MALFORMED: no strict JSON; iss or sub missing or
 * empty; iat or exp missing; a time that is no integer of 0 to
 * HEALTHCODE_CLAIMS_TIME_MAX; a claim of another type than RFC 7519 gives it;
 * regions that are not division codes of 2, 4 or 6 digits, or more than
 * HEALTHCODE_CLAIMS_REGIONS_MAX of them.
 */
healthcode_reason_e healthcode_claims_parse(healthcode_str_t payload,
    healthcode_claims_memory_t *memory, healthcode_claims_t *claims);

/*
 * Judges claims at now, Unix seconds.  In this order: _LIFETIME,
 * _NOT_YET_VALID, _EXPIRED, _TOO_OLD, _AUDIENCE, _STATUS; or
 * HEALTHCODE_REASON_OK.
 */
healthcode_reason_e healthcode_claims_check(const healthcode_claims_t *claims,
    const healthcode_claims_policy_t *policy, int64_t now);

/* Likewise, of facts that were read from claims; audience is for policy. */
healthcode_reason_e healthcode_claims_judge(
    const healthcode_claims_facts_t *facts,
    const healthcode_claims_policy_t *policy, int64_t now);

/* Whether claims say "status": "normal", or nothing of it. */
bool healthcode_claims_is_normal(const healthcode_claims_t *claims);

/*
 * The member of object that a variable's name means: the one of this name; or
 * else the only one whose name is it once letters are in lower case and every
 * byte but letters and digits is "_".  NULL: none, or several.
 */
yyjson_val *healthcode_claims_find(yyjson_val *object, healthcode_str_t name);

/*
 * What a variable has of value: a string as it is, in its own memory; else its
 * JSON, in memory (see healthcode_json_write).  False, and *text unchanged:
 * absent, null, or text with a control character, which could end the line
 * of a header or a log.
 */
bool healthcode_claims_text(yyjson_val *value, void *memory, size_t size,
    healthcode_str_t *text);

#endif
