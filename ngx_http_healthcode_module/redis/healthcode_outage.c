/*
 * Whether the log needs another line about a store: once when it goes down or
 * the cause changes, once when it is up, and never a flood.  Knows no clock, no
 * connection.  docs/request-path.md, "Outage".
 */

#include <stdio.h>

#include "healthcode_outage.h"


static bool healthcode_outage_spend(healthcode_outage_t *outage, uint64_t now);


bool
healthcode_outage_down(healthcode_outage_t *outage, uint64_t now,
    const char *cause)
{
    char  said[HEALTHCODE_REFUSAL_SIZE];

    snprintf(said, sizeof(said), "%s", cause);

    if ((outage->down && strcmp(outage->cause, said) == 0)
        || !healthcode_outage_spend(outage, now))
    {
        return false;
    }

    if (!outage->down) {
        outage->down = true;
        outage->since = now;
    }

    memcpy(outage->cause, said, sizeof(said));

    return true;
}


bool
healthcode_outage_up(healthcode_outage_t *outage, uint64_t now,
    uint64_t *lasted)
{
    if (!outage->down || !healthcode_outage_spend(outage, now)) {
        return false;
    }

    outage->down = false;
    *lasted = now - outage->since;

    return true;
}


/* Each line that was written is forgotten after a while, one at a time. */
static bool
healthcode_outage_spend(healthcode_outage_t *outage, uint64_t now)
{
    uint64_t  n = (now - outage->refilled) / HEALTHCODE_OUTAGE_EVERY;

    if (outage->spent == 0 || n >= outage->spent) {
        outage->spent = 0;
        outage->refilled = now;

    } else {
        outage->spent -= (unsigned) n;
        outage->refilled += n * HEALTHCODE_OUTAGE_EVERY;
    }

    if (outage->spent == HEALTHCODE_OUTAGE_LINES) {
        return false;
    }

    outage->spent++;

    return true;
}
