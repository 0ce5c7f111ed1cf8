/*
 * The results of the stages -> allow or deny, always with one reason.  How the
 * results came about has no effect.  Knows no: token, claims, store.
 * docs/request-path.md, "Verdict".
 */

#ifndef HEALTHCODE_VERDICT_H
#define HEALTHCODE_VERDICT_H

#include "healthcode_reason.h"


typedef enum {
    HEALTHCODE_STORE_UNKNOWN = 0,  /* nobody asked: a fault */
    HEALTHCODE_STORE_OFF,          /* the location has no store */
    HEALTHCODE_STORE_READ,         /* the store answered and proved itself */
    HEALTHCODE_STORE_OUTAGE        /* it did not */
} healthcode_store_e;


/* Classes of outages of a store, one bit each: those that let codes pass. */
enum {
    HEALTHCODE_OUTAGE_TIMEOUT = 1,
    HEALTHCODE_OUTAGE_REFUSED = 2,
    HEALTHCODE_OUTAGE_AUTH = 4,
    HEALTHCODE_OUTAGE_PROOF = 8,
    HEALTHCODE_OUTAGE_ANY = 15
};


/*
 * For how long, in ms, a location believes in an outage what the cache of its
 * store knew: by class of the outage; 0: not at all.  There is no other class:
 * a store that refuses the gate or its proof may have lost what it had.
 */
typedef struct {
    uint64_t             timeout;
    uint64_t             refused;
} healthcode_stale_t;


/* All zero is a fault and denies. */
typedef struct {
    healthcode_reason_e  code;           /* of token, signature and claims; then
                                            of a second condition */
    healthcode_store_e   store;
    healthcode_reason_e  risk;           /* STORE_READ: the finding or _OK;
                                            STORE_OUTAGE: which outage */
    bool                 data_old;       /* too old for the location: counts
                                            where the store was read and has
                                            found nothing, or was known to */
    unsigned             outage_allow;   /* HEALTHCODE_OUTAGE_*: the location
                                            names them */
    healthcode_stale_t   outage_stale;   /* of the location */
    bool                 is_offline;     /* STORE_READ: by a replica that is cut
                                            off from its centre, and counts */
    bool                 was_absent;     /* STORE_OUTAGE: no longer ago than
                                            that, nothing was found */
} healthcode_evidence_t;


typedef struct {
    bool                 allow;
    healthcode_reason_e  reason;   /* under an allowed outage still it */
    bool                 stale;    /* allowed by what the cache knew */
    bool                 offline;  /* by what a replica had that is cut off */
} healthcode_verdict_t;


/* Decides.  Any combination that is not listed as a pass denies. */
healthcode_verdict_t healthcode_verdict_decide(
    const healthcode_evidence_t *evidence);

/*
 * Of what a passage makes of a verdict, by the same evidence: passage is _OK if
 * it is reserved, or why it was refused, or in which outage.  Only what was an
 * allow is one then.
 */
healthcode_verdict_t healthcode_verdict_passage(
    const healthcode_evidence_t *evidence, const healthcode_verdict_t *before,
    healthcode_reason_e passage);

/*
 * The bit of a class of outage by its word, as a location names it: "timeout",
 * "refused", "auth", "proof".  0: there is no such class, or it is "busy",
 * which anybody can bring about, so that no location may let it pass.
 */
unsigned healthcode_verdict_outage_find(healthcode_str_t word);

/* The word of one bit, a constant string; empty for anything else. */
healthcode_str_t healthcode_verdict_outage_word(unsigned bit);

/*
 * For how long, in ms, a location that says so believes in an outage for reason
 * what the cache knew; 0: not at all, as for any other reason.
 */
uint64_t healthcode_verdict_stale(const healthcode_stale_t *stale,
    healthcode_reason_e reason);

/*
 * By what class of outage a verdict passed without an answer of the store: its
 * word, a constant string; "stale", if by what the cache knew; "offline", if a
 * replica answered that was cut off from its centre; empty if the store
 * answered, or if the verdict is a deny.
 */
healthcode_str_t healthcode_verdict_degraded(
    const healthcode_verdict_t *verdict);

/* What a guard sees of a verdict: green for every allow, never for a deny. */
healthcode_colour_e healthcode_verdict_colour(
    const healthcode_verdict_t *verdict);

#endif
