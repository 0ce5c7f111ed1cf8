/*
 * The results of the stages -> allow or deny, always with one reason.
 * Knows nothing of how the results came about.
 * docs/request-path.md, "Verdict".
 */

#ifndef HEALTHCODE_VERDICT_H
#define HEALTHCODE_VERDICT_H

#include "healthcode_reason.h"


typedef enum {
    HEALTHCODE_LIVE_UNKNOWN = 0,   /* nobody asked: a fault */
    HEALTHCODE_LIVE_OFF,           /* the configuration says not to ask */
    HEALTHCODE_LIVE_READ,          /* the store answered and proved itself */
    HEALTHCODE_LIVE_OUTAGE         /* it did not */
} healthcode_live_e;


/* All zero is a fault and denies. */
typedef struct {
    healthcode_reason_e  code;           /* of token, signature and claims */
    healthcode_live_e    live;
    healthcode_reason_e  risk;           /* LIVE_READ: the finding or _OK;
                                            LIVE_OUTAGE: which outage */
    bool                 outage_allow;   /* the location says so in words */
} healthcode_evidence_t;


typedef struct {
    bool                 allow;
    healthcode_reason_e  reason;   /* under an allowed outage still it */
} healthcode_verdict_t;


/* Decides.  Any combination that is not listed as a pass denies. */
healthcode_verdict_t healthcode_verdict_decide(
    const healthcode_evidence_t *evidence);

#endif
