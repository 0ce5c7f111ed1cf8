/*
 * The payload of a code (RFC 7519 section 4.1) and the rules of time, audience
 * and status.  The time is an argument.  Knows no: clock, signature, request.
 * docs/token-format.md, "Claims".
 */

#ifndef HEALTHCODE_CLAIMS_H
#define HEALTHCODE_CLAIMS_H

#include <stdalign.h>

#include "healthcode_bound.h"
#include "healthcode_json.h"
#include "healthcode_reason.h"
#include "healthcode_region.h"
#include "healthcode_token.h"


#define HEALTHCODE_CLAIMS_REGIONS_MAX  64
#define HEALTHCODE_CLAIMS_FAULTS_MAX   10
#define HEALTHCODE_CLAIMS_DIGITS_MAX   24    /* of an integer, with a NUL */
#define HEALTHCODE_CLAIMS_TIME_MAX     253402300799   /* end of year 9999 */
#define HEALTHCODE_CLAIMS_KIND_MAX     64    /* bytes */


typedef struct {
    alignas(16) uint8_t  json[healthcode_json_memory(HEALTHCODE_TOKEN_MAX
                                                     / 4 * 3)];
    char                 digits[HEALTHCODE_CLAIMS_DIGITS_MAX];
    char                 kind_digits[HEALTHCODE_CLAIMS_DIGITS_MAX];
} healthcode_claims_memory_t;


/* In which claims an issuer's codes say what, and what has to stand there. */
typedef struct {
    const healthcode_str_t  *subjects;       /* the first that is there */
    size_t                   nsubjects;
    bool                     subject_digits; /* an integer is its digits */
    healthcode_str_t         kind;           /* data is NULL: subjects are of
                                                one kind */
    healthcode_str_t         status;         /* data is NULL: not looked at */
    const healthcode_str_t  *normal;         /* any of these passes */
    size_t                   nnormal;
    healthcode_str_t         regions;
} healthcode_claims_names_t;


/*
 * Views into the memory given to the parser.  Times are Unix seconds.  Until
 * the signature holds, a stranger wrote all of it.
 */
typedef struct {
    healthcode_str_t     iss;
    healthcode_str_t     sub;
    healthcode_str_t     kind;       /* of sub; data is NULL: not looked at */
    healthcode_str_t     jti;        /* data is NULL: absent */
    healthcode_str_t     status;     /* data is NULL: absent, or foreign */
    bool                 is_normal;  /* status is absent or one that passes */
    bool                 is_foreign; /* status is an object, which is another
                                        mechanism's */
    int64_t              iat;
    int64_t              exp;
    int64_t              nbf;        /* 0: absent, which changes nothing */
    yyjson_val          *aud;        /* a string, an array of them, or NULL */
    yyjson_val          *cnf;        /* NULL: absent, so bound to no key */
    yyjson_val          *object;     /* the whole payload */
    size_t               nregions;
    healthcode_region_t  regions[HEALTHCODE_CLAIMS_REGIONS_MAX];
} healthcode_claims_t;


/* What makes a payload malformed: a claim and what is wrong with it. */
typedef struct {
    healthcode_str_t     claim;      /* "payload": all of it */
    const char          *what;       /* as in "exp is missing"; constant */
} healthcode_claims_fault_t;


/* All that does, in the order in which the claims are read. */
typedef struct {
    size_t                     n;
    healthcode_claims_fault_t  faults[HEALTHCODE_CLAIMS_FAULTS_MAX];
} healthcode_claims_faults_t;


/* What rules are about, however it was read. */
typedef struct {
    int64_t  iat;
    int64_t  exp;
    int64_t  nbf;
    bool     audience;     /* it is meant for a place of the policy */
    bool     bound;        /* to a key that nobody has proved to have */
    bool     normal;       /* the status is absent or one that passes */
    bool     foreign;      /* else: it is of a mechanism unknown here */
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
    const uint8_t           *certificate;   /* thumbprint of the one whose key
                                               was proved; NULL: none was */
    healthcode_str_t         jkt;           /* thumbprint of the key of a proof
                                               that holds; data is NULL: there
                                               is none */
} healthcode_claims_policy_t;


/* What an issuer says that names nothing else: sub, status normal, regions. */
const healthcode_claims_names_t *healthcode_claims_usual(void);

/*
 * The object of payload, the decoded second part of a code, in memory; NULL: no
 * strict JSON.  *iss is a view into it; its len is 0 if there is none.
 */
yyjson_val *healthcode_claims_open(healthcode_str_t payload,
    healthcode_claims_memory_t *memory, healthcode_str_t *iss);

/*
 * Reads object, as healthcode_claims_open() has returned it, for an issuer of
 * these names; memory is the same.  HEALTHCODE_REASON_OK:
 * *claims is written.  _MALFORMED, and *faults is written, with views into
 * memory: not strict JSON; iss or sub missing or empty; iat or exp missing; a
 * time that is not a number without a fraction (RFC 7519 section 2,
 * NumericDate) from 0 to HEALTHCODE_CLAIMS_TIME_MAX; a claim of another type
 * than RFC 7519 gives it; regions that are not division codes of 2, 4 or 6
 * digits, or more than HEALTHCODE_CLAIMS_REGIONS_MAX of them; a kind that
 * is missing, or is not a string, or an integer of 0 on, that
 * healthcode_claims_kind_fault() accepts.  null in nbf, aud, jti and cnf is
 * read as absent.  sub, kind, status and regions stand for the claims that
 * names names.
 */
healthcode_reason_e healthcode_claims_read(yyjson_val *object,
    healthcode_claims_memory_t *memory, const healthcode_claims_names_t *names,
    healthcode_claims_t *claims, healthcode_claims_faults_t *faults);

/*
 * What is wrong with kind as the kind of a subject: 1 to
 * HEALTHCODE_CLAIMS_KIND_MAX bytes of characters that are seen, without ":".
 * NULL: nothing; else constant, as in "id_type is empty".
 */
const char *healthcode_claims_kind_fault(healthcode_str_t kind);

/* Both: opens payload and reads it. */
healthcode_reason_e healthcode_claims_parse(healthcode_str_t payload,
    healthcode_claims_memory_t *memory, const healthcode_claims_names_t *names,
    healthcode_claims_t *claims, healthcode_claims_faults_t *faults);

/*
 * Judges claims at now, Unix seconds.  In this order: _LIFETIME,
 * _NOT_YET_VALID, _EXPIRED, _TOO_OLD, _AUDIENCE, _BOUND (see
 * healthcode_bound_fault), _STATUS or _STATUS_UNSUPPORTED; or
 * HEALTHCODE_REASON_OK.
 */
healthcode_reason_e healthcode_claims_check(const healthcode_claims_t *claims,
    const healthcode_claims_policy_t *policy, int64_t now);

/* Likewise, of facts that were read from claims; audience is for policy. */
healthcode_reason_e healthcode_claims_judge(
    const healthcode_claims_facts_t *facts,
    const healthcode_claims_policy_t *policy, int64_t now);

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
