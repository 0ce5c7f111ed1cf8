/*
 * Whether the log needs another line about a store: one when it goes down or
 * the cause changes, one when it is up, and never a flood; when to connect
 * again.  Time and chance are arguments.  Knows no: nginx, clock, socket.
 * docs/connection.md, "Outage".
 */

#include <stdio.h>

#include "healthcode_outage.h"


/* Stands between a command and the error that Redis answered it with. */
#define HEALTHCODE_OUTAGE_REFUSED  "refused: "


/* Each is in several causes that are one, wherever it was noticed. */
static const char *const  healthcode_outage_same[] = {
    "Redis stopped",
    "speak RESP3"
};


static const char *healthcode_outage_core(const char *cause);
static bool healthcode_outage_spend(healthcode_outage_t *outage, uint64_t now);


/*
 * The workers of many gates must not come back all at once, neither when a
 * store is up again nor when it has closed all its connections.
 */
uint64_t
healthcode_outage_wait(uint64_t failures, uint32_t chance)
{
    uint64_t  wait = HEALTHCODE_OUTAGE_MIN;

    if (failures == 0) {
        return 1 + chance % HEALTHCODE_OUTAGE_MAX;
    }

    while (failures-- > 1 && wait < HEALTHCODE_OUTAGE_MAX) {
        wait *= 2;
    }

    if (wait > HEALTHCODE_OUTAGE_MAX) {
        wait = HEALTHCODE_OUTAGE_MAX;
    }

    return wait / 2 + chance % (wait / 2 + 1);
}


bool
healthcode_outage_down(healthcode_outage_t *outage, uint64_t now,
    const char *cause)
{
    char  said[HEALTHCODE_REFUSAL_SIZE];

    snprintf(said, sizeof(said), "%s", cause);

    if ((outage->down && strcmp(healthcode_outage_core(outage->cause),
                                healthcode_outage_core(said)) == 0)
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


/*
 * What makes two causes one: of a refusal what Redis said, since it is chance
 * which command it refused first; and what a read and a handshake call silence,
 * or garbage.
 */
static const char *
healthcode_outage_core(const char *cause)
{
    const char  *refused = strstr(cause, HEALTHCODE_OUTAGE_REFUSED);

    if (refused) {
        return refused;
    }

    for (size_t i = 0; i < sizeof(healthcode_outage_same)
                           / sizeof(healthcode_outage_same[0]); i++)
    {
        if (strstr(cause, healthcode_outage_same[i])) {
            return healthcode_outage_same[i];
        }
    }

    return cause;
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
