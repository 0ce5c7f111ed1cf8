/*
 * The results of the stages -> allow or deny, always with one reason.
 * Knows nothing of how the results came about.
 * docs/request-path.md, "Verdict".
 */

#include "healthcode_verdict.h"


static bool healthcode_verdict_live_passes(
    const healthcode_evidence_t *evidence, healthcode_reason_e *reason);
static bool healthcode_verdict_may_open(healthcode_reason_e outage);


healthcode_verdict_t
healthcode_verdict_decide(const healthcode_evidence_t *evidence)
{
    healthcode_verdict_t  verdict = { .reason = HEALTHCODE_REASON_FAULT };

    if (evidence->code != HEALTHCODE_REASON_OK) {
        verdict.reason = evidence->code;
        return verdict;
    }

    if (!healthcode_verdict_live_passes(evidence, &verdict.reason)) {
        return verdict;
    }

    verdict.allow = true;

    return verdict;
}


static bool
healthcode_verdict_live_passes(const healthcode_evidence_t *evidence,
    healthcode_reason_e *reason)
{
    switch (evidence->live) {

    case HEALTHCODE_LIVE_OFF:
        *reason = HEALTHCODE_REASON_OK;
        return true;

    case HEALTHCODE_LIVE_READ:
        *reason = evidence->risk;
        return evidence->risk == HEALTHCODE_REASON_OK;

    case HEALTHCODE_LIVE_OUTAGE:
        if (!healthcode_reason_is_outage(evidence->risk)) {
            return false;
        }

        *reason = evidence->risk;
        return evidence->outage_allow
               && healthcode_verdict_may_open(evidence->risk);

    case HEALTHCODE_LIVE_UNKNOWN:
        break;
    }

    return false;
}


/*
 * Whether an outage may let a code pass where the location says so.  A gate
 * that is asked too much is no outage: whoever is flagged could see to it.
 */
static bool
healthcode_verdict_may_open(healthcode_reason_e outage)
{
    switch (healthcode_reason_class(outage)) {

    case HEALTHCODE_CLASS_STORE_TIMEOUT:
    case HEALTHCODE_CLASS_STORE_REFUSED:
    case HEALTHCODE_CLASS_STORE_AUTH:
    case HEALTHCODE_CLASS_STORE_PROOF:
        return true;

    default:
        return false;
    }
}
