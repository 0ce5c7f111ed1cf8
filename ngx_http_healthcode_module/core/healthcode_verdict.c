/*
 * The results of the stages -> allow or deny, always with one reason.  How the
 * results came about has no effect.  Knows no: token, claims, store.
 * docs/request-path.md, "Verdict".
 */

#include "healthcode_verdict.h"


/* Never _STORE_BUSY, which a flagged holder could cause. */
typedef struct {
    healthcode_class_e  class;
    unsigned            bit;
    const char         *word;
} healthcode_verdict_outage_t;


static const healthcode_verdict_outage_t  healthcode_verdict_outages[] = {
    { HEALTHCODE_CLASS_STORE_TIMEOUT, HEALTHCODE_OUTAGE_TIMEOUT, "timeout" },
    { HEALTHCODE_CLASS_STORE_REFUSED, HEALTHCODE_OUTAGE_REFUSED, "refused" },
    { HEALTHCODE_CLASS_STORE_AUTH, HEALTHCODE_OUTAGE_AUTH, "auth" },
    { HEALTHCODE_CLASS_STORE_PROOF, HEALTHCODE_OUTAGE_PROOF, "proof" }
};

#define HEALTHCODE_VERDICT_OUTAGES                                            \
    (sizeof(healthcode_verdict_outages)                                       \
     / sizeof(healthcode_verdict_outages[0]))


static bool healthcode_verdict_store_passes(
    const healthcode_evidence_t *evidence, healthcode_reason_e *reason);
static const healthcode_verdict_outage_t *healthcode_verdict_outage(
    healthcode_reason_e reason);
static bool healthcode_verdict_may_open(const healthcode_evidence_t *evidence,
    healthcode_reason_e outage);
static bool healthcode_verdict_was_known(
    const healthcode_evidence_t *evidence, healthcode_reason_e outage);


healthcode_verdict_t
healthcode_verdict_decide(const healthcode_evidence_t *evidence)
{
    bool                  passes;
    healthcode_verdict_t  verdict = { .reason = HEALTHCODE_REASON_FAULT };

    if (evidence->code != HEALTHCODE_REASON_OK) {
        verdict.reason = evidence->code;
        return verdict;
    }

    passes = healthcode_verdict_store_passes(evidence, &verdict.reason);

    verdict.stale = !passes
                    && healthcode_verdict_was_known(evidence, verdict.reason);

    verdict.offline = passes && evidence->store == HEALTHCODE_STORE_READ
                      && evidence->is_offline;

    if (passes || verdict.stale) {
        verdict.allow = true;
    }

    return verdict;
}


healthcode_verdict_t
healthcode_verdict_passage(const healthcode_evidence_t *evidence,
    const healthcode_verdict_t *before, healthcode_reason_e passage)
{
    healthcode_verdict_t  verdict = *before;

    if (!before->allow || passage == HEALTHCODE_REASON_OK) {
        return *before;
    }

    /* what the cache knew says nothing of who has passed */

    verdict.allow = healthcode_verdict_may_open(evidence, passage);
    verdict.reason = passage;
    verdict.stale = false;

    return verdict;
}


healthcode_colour_e
healthcode_verdict_colour(const healthcode_verdict_t *verdict)
{
    return verdict->allow ? HEALTHCODE_COLOUR_GREEN
                          : healthcode_reason_colour(verdict->reason);
}


static bool
healthcode_verdict_store_passes(const healthcode_evidence_t *evidence,
    healthcode_reason_e *reason)
{
    switch (evidence->store) {

    case HEALTHCODE_STORE_OFF:
        *reason = HEALTHCODE_REASON_OK;
        return true;

    case HEALTHCODE_STORE_READ:

        /* a flag counts however old the data are; its absence does not */

        if (evidence->risk == HEALTHCODE_REASON_OK && evidence->data_old) {
            *reason = HEALTHCODE_REASON_DATA_OLD;
            return healthcode_verdict_may_open(evidence, *reason);
        }

        *reason = evidence->risk;
        return evidence->risk == HEALTHCODE_REASON_OK;

    case HEALTHCODE_STORE_OUTAGE:
        if (!healthcode_reason_is_outage(evidence->risk)) {
            return false;
        }

        *reason = evidence->risk;
        return healthcode_verdict_may_open(evidence, evidence->risk);

    case HEALTHCODE_STORE_UNKNOWN:
        break;
    }

    return false;
}


/* The class of outage that a reason is of; NULL: of none that may open. */
static const healthcode_verdict_outage_t *
healthcode_verdict_outage(healthcode_reason_e reason)
{
    healthcode_class_e  class = healthcode_reason_class(reason);

    for (size_t i = 0; i < HEALTHCODE_VERDICT_OUTAGES; i++) {
        if (healthcode_verdict_outages[i].class == class) {
            return &healthcode_verdict_outages[i];
        }
    }

    return NULL;
}


/* Whether an outage lets a code pass, since the location names its class. */
static bool
healthcode_verdict_may_open(const healthcode_evidence_t *evidence,
    healthcode_reason_e outage)
{
    const healthcode_verdict_outage_t  *row;

    row = healthcode_verdict_outage(outage);

    return row && (evidence->outage_allow & row->bit);
}


/*
 * Whether an outage lets a code pass whose holder was known to have no flag not
 * too long ago; with data that are too old by now that says nothing.
 */
static bool
healthcode_verdict_was_known(const healthcode_evidence_t *evidence,
    healthcode_reason_e outage)
{
    return evidence->store == HEALTHCODE_STORE_OUTAGE && evidence->was_absent
           && !evidence->data_old
           && healthcode_verdict_stale(&evidence->outage_stale, outage) > 0;
}


uint64_t
healthcode_verdict_stale(const healthcode_stale_t *stale,
    healthcode_reason_e reason)
{
    switch (healthcode_reason_class(reason)) {

    case HEALTHCODE_CLASS_STORE_TIMEOUT:
        return stale->timeout;

    case HEALTHCODE_CLASS_STORE_REFUSED:
        return stale->refused;

    default:
        return 0;
    }
}


unsigned
healthcode_verdict_outage_find(healthcode_str_t word)
{
    const healthcode_verdict_outage_t  *row = healthcode_verdict_outages;

    for (size_t i = 0; i < HEALTHCODE_VERDICT_OUTAGES; i++) {
        if (healthcode_str_equal(word, healthcode_str_from(row[i].word,
                                                    strlen(row[i].word))))
        {
            return row[i].bit;
        }
    }

    return 0;
}


healthcode_str_t
healthcode_verdict_outage_word(unsigned bit)
{
    const healthcode_verdict_outage_t  *row = healthcode_verdict_outages;

    for (size_t i = 0; i < HEALTHCODE_VERDICT_OUTAGES; i++) {
        if (row[i].bit == bit) {
            return healthcode_str_from(row[i].word, strlen(row[i].word));
        }
    }

    return healthcode_str_from(NULL, 0);
}


healthcode_str_t
healthcode_verdict_degraded(const healthcode_verdict_t *verdict)
{
    const healthcode_verdict_outage_t  *row = NULL;

    if (verdict->allow && verdict->stale) {
        return healthcode_str("stale");
    }

    if (verdict->allow) {
        row = healthcode_verdict_outage(verdict->reason);
    }

    if (verdict->allow && verdict->offline && row == NULL) {
        return healthcode_str("offline");
    }

    return row ? healthcode_str_from(row->word, strlen(row->word))
               : healthcode_str_from(NULL, 0);
}
