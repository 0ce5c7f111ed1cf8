/*
 * The tick of a store that is a replica: until when what it says counts.
 * Times are arguments.  Knows no: nginx, clock, socket.
 * docs/redis-keys.md, "healthcode:tick".
 */

#include "healthcode_tick.h"


/* Digits of a number of which sums fit into 64 bits. */
#define HEALTHCODE_TICK_DIGITS  15


static bool healthcode_tick_number(const char *text, size_t len,
    int64_t *number);
static int64_t healthcode_tick_end(const healthcode_tick_terms_t *terms,
    const healthcode_tick_seen_t *seen, int64_t tick);


bool
healthcode_tick_format(healthcode_redis_buf_t *buf)
{
    static const char  command[] = "*2\r\n$3\r\nGET\r\n$19\r\n"
                                   HEALTHCODE_TICK_KEY "\r\n";

    _Static_assert(sizeof(HEALTHCODE_TICK_KEY) - 1 == 19, "its length");

    return healthcode_redis_buf_append(buf, command, sizeof(command) - 1);
}


bool
healthcode_tick_read(const redisReply *reply, int64_t *tick)
{
    return reply->type == REDIS_REPLY_STRING
           && healthcode_tick_number(reply->str, reply->len, tick);
}


static bool
healthcode_tick_number(const char *text, size_t len, int64_t *number)
{
    int64_t  value = 0;

    if (len == 0 || len > HEALTHCODE_TICK_DIGITS) {
        return false;
    }

    for (size_t i = 0; i < len; i++) {

        if (text[i] < '0' || text[i] > '9') {
            return false;
        }

        value = value * 10 + (text[i] - '0');
    }

    *number = value;

    return true;
}


int64_t
healthcode_tick_apart(const healthcode_tick_terms_t *terms, uint64_t us,
    int64_t sent)
{
    int64_t  apart = sent - (int64_t) (us / 1000);

    if (apart > terms->lag) {
        return terms->lag;
    }

    return (apart < -terms->lag) ? -terms->lag : apart;
}


/*
 * Redis subtracts whole seconds, of now and of when it was started: that may
 * have been a second later than it sounds.
 */
bool
healthcode_tick_started(const redisReply *info, int64_t now, int64_t *started)
{
    int64_t      seconds;
    const char  *field = "\nuptime_in_seconds:", *p;

    *started = INT64_MAX;

    if (info->type != REDIS_REPLY_STRING && info->type != REDIS_REPLY_VERB) {
        return false;
    }

    p = strstr(info->str, field);

    if (p == NULL
        || !healthcode_tick_number(p + strlen(field),
                                   strcspn(p + strlen(field), "\r\n"),
                                   &seconds))
    {
        return false;
    }

    *started = now - seconds * 1000 + 1000;

    return true;
}


/* Wall: it is not fresh from then on. */
static int64_t
healthcode_tick_end(const healthcode_tick_terms_t *terms,
    const healthcode_tick_seen_t *seen, int64_t tick)
{
    return tick + terms->lag + seen->apart;
}


healthcode_tick_e
healthcode_tick_judge(const healthcode_tick_terms_t *terms,
    const healthcode_tick_seen_t *seen, int64_t tick, int64_t now)
{
    int64_t  end = healthcode_tick_end(terms, seen, tick);
    int64_t  written = tick + seen->apart;

    if (written > now + HEALTHCODE_TICK_AHEAD) {
        return HEALTHCODE_TICK_EARLY;
    }

    if (now < end) {
        return HEALTHCODE_TICK_FRESH;
    }

    if (now - end >= terms->offline) {
        return HEALTHCODE_TICK_OLD;
    }

    /* what a file had is not all that was here before the way was cut */

    if (tick < seen->highest
        || written - HEALTHCODE_TICK_AHEAD <= seen->started)
    {
        return HEALTHCODE_TICK_FORMER;
    }

    return HEALTHCODE_TICK_OFFLINE;
}


void
healthcode_tick_note(healthcode_tick_seen_t *seen, int64_t tick)
{
    if (seen->highest < tick) {
        seen->highest = tick;
    }
}


uint64_t
healthcode_tick_until(const healthcode_tick_terms_t *terms,
    const healthcode_tick_seen_t *seen, int64_t tick, int64_t wall,
    uint64_t now)
{
    int64_t  left = healthcode_tick_end(terms, seen, tick) - wall;

    return (left > 0) ? now + (uint64_t) left : 0;
}


const char *
healthcode_tick_text(healthcode_tick_e tick)
{
    switch (tick) {

    case HEALTHCODE_TICK_EARLY:
        return "its tick lies more than a second ahead of our clock; set the "
               "clocks of the gate and of \"healthcode store tick\"";

    case HEALTHCODE_TICK_FORMER:
        return "its tick is old, and it was started anew, or has shown a later "
               "one: flags may be missing; look at the way to the centre";

    default:
        return "its tick is too old; look at the way from this replica to the "
               "centre, at \"healthcode store tick\" there, and at the clocks";
    }
}
