/*
 * Another password of the user, while a connection is being made or lives: when
 * it is sent, and what its reply means.  Knows no: nginx, socket, request.
 * docs/connection.md, "Credentials".
 */

#include "healthcode_tracker_private.h"


static bool healthcode_tracker_auth_send(healthcode_tracker_t *tracker);
static void healthcode_tracker_auth_done(healthcode_tracker_t *tracker);


bool
healthcode_tracker_auth(healthcode_tracker_t *tracker,
    healthcode_str_t password)
{
    tracker->handshake.former = tracker->handshake.password;
    tracker->handshake.password = password;

    tracker->is_auth_unsaid = true;

    if (tracker->state == HEALTHCODE_TRACKER_GREETING) {
        tracker->is_auth_due = true;
        return true;
    }

    return tracker->state != HEALTHCODE_TRACKER_LIVE
           || healthcode_tracker_auth_send(tracker);
}


bool
healthcode_tracker_logged_in(healthcode_tracker_t *tracker)
{
    if (tracker->is_auth_due) {
        tracker->is_auth_due = false;
        return healthcode_tracker_auth_send(tracker);
    }

    if (tracker->is_auth_unsaid) {
        healthcode_tracker_auth_done(tracker);
    }

    return true;
}


/* Behind all that was asked; what is known and tracked stays. */
static bool
healthcode_tracker_auth_send(healthcode_tracker_t *tracker)
{
    if (!healthcode_pipeline_auth(&tracker->pipeline, &tracker->handshake)) {
        return false;
    }

    tracker->handshake.is_new = true;
    tracker->auths++;

    return true;
}


static void
healthcode_tracker_auth_done(healthcode_tracker_t *tracker)
{
    tracker->handshake.is_new = false;
    tracker->is_auth_unsaid = false;

    healthcode_tracker_say(tracker, HEALTHCODE_TRACKER_NOTE_AUTH, 0);
}


healthcode_reason_e
healthcode_tracker_authed(healthcode_tracker_t *tracker,
    const redisReply *reply)
{
    healthcode_reason_e  reason;

    reason = healthcode_handshake_auth_read(&tracker->handshake, reply,
                                            tracker->what,
                                            sizeof(tracker->what));

    if (reason == HEALTHCODE_REASON_OK && --tracker->auths == 0) {
        healthcode_tracker_auth_done(tracker);
    }

    return reason;
}
