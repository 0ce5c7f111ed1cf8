/*
 * Whether the clock of a store and that of the gate agree: Redis deletes by its
 * own.  Knows no clock, no connection.  docs/redis-keys.md, "Clocks".
 */

#include "healthcode_skew.h"


/* Digits of a time that can be subtracted from another. */
#define HEALTHCODE_SKEW_DIGITS  15


static bool healthcode_skew_time(const redisReply *reply, int64_t *time);


healthcode_skew_e
healthcode_skew_read(healthcode_skew_e last, const redisReply *reply,
    int64_t now, int64_t *ahead)
{
    int64_t  apart, time;

    *ahead = 0;

    if (!healthcode_skew_time(reply, &time)) {
        return HEALTHCODE_SKEW_UNKNOWN;
    }

    *ahead = time - now;
    apart = *ahead < 0 ? -*ahead : *ahead;

    if (apart > HEALTHCODE_SKEW_MAX
        || (last == HEALTHCODE_SKEW_APART && apart > HEALTHCODE_SKEW_OVER))
    {
        return HEALTHCODE_SKEW_APART;
    }

    return HEALTHCODE_SKEW_FINE;
}


/* ["1700000000", "123456"]: seconds and microseconds */
static bool
healthcode_skew_time(const redisReply *reply, int64_t *time)
{
    int64_t            value = 0;
    const redisReply  *seconds;

    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2) {
        return false;
    }

    seconds = reply->element[0];

    if (seconds->type != REDIS_REPLY_STRING || seconds->len == 0
        || seconds->len > HEALTHCODE_SKEW_DIGITS)
    {
        return false;
    }

    for (size_t i = 0; i < seconds->len; i++) {

        if (seconds->str[i] < '0' || seconds->str[i] > '9') {
            return false;
        }

        value = value * 10 + (seconds->str[i] - '0');
    }

    *time = value;

    return true;
}
