/*
 * A partition that has lost its proof, while the store has not: what is read of
 * it says nothing, and others go on.  Knows no: nginx, socket, request.
 * docs/redis-keys.md, "Partitions, and a proof of each".
 */

#include <stdio.h>

#include "healthcode_slot.h"
#include "healthcode_tracker_private.h"


/* That of the controls is asked for everybody. */
bool
healthcode_tracker_apart(healthcode_tracker_t *tracker,
    const healthcode_lookup_t *lookup, healthcode_reason_e reason)
{
    size_t    tag = HEALTHCODE_SLOT_REGIONS;
    unsigned  part = healthcode_risk_codec_part(lookup->question.parts,
                                                lookup->received);

    if (!healthcode_handshake_is_unproven(reason)
        || part == HEALTHCODE_RISK_CONTROLS)
    {
        return false;
    }

    if (part == HEALTHCODE_RISK_HOLDER) {
        tag = lookup->question.holder[0];
    }

    tracker->apart = reason;
    (void) healthcode_slot_name(tag, tracker->apart_tag);

    /* before who asked hears of it; nobody reads on */
    healthcode_tracker_refute(tracker, lookup);

    return true;
}


void
healthcode_tracker_apart_say(healthcode_tracker_t *tracker, int64_t date)
{
    char                 what[HEALTHCODE_REFUSAL_SIZE];
    healthcode_reason_e  reason = tracker->apart;

    tracker->apart = HEALTHCODE_REASON_OK;

    if (reason == HEALTHCODE_REASON_OK || tracker->complained == date) {
        return;
    }

    tracker->complained = date;

    if (reason == HEALTHCODE_REASON_STORE_PEPPER) {
        snprintf(what, sizeof(what), "its healthcode:meta:{%s} is of another "
                 "pepper; load what was there, delete it, then run "
                 "\"healthcode store init --missing\"", tracker->apart_tag);

    } else {
        snprintf(what, sizeof(what), "its healthcode:meta:{%s} proves nothing; "
                 "load what was there, then run \"healthcode store init "
                 "--missing\"", tracker->apart_tag);
    }

    healthcode_tracker_say_text(tracker, HEALTHCODE_TRACKER_NOTE_APART, what);
}
