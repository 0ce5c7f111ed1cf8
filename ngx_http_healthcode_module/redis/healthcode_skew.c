/*
 * Whether the clock of a store and that of the gate agree: Redis deletes by its
 * own.  Both times are arguments.  Knows no: nginx, clock, socket.
 * docs/redis-keys.md, "Clocks".
 */

#include "healthcode_skew.h"


/* Digits of a time that can be subtracted from another. */
#define HEALTHCODE_SKEW_DIGITS    15

/* Of microseconds behind the seconds. */
#define HEALTHCODE_SKEW_FRACTION  6


static bool healthcode_skew_time(const redisReply *reply, int64_t *time);
static bool healthcode_skew_number(const redisReply *reply, size_t digits,
    int64_t *number);


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


bool
healthcode_skew_clock(const redisReply *reply, uint64_t *us)
{
    int64_t  time, fraction;

    if (!healthcode_skew_time(reply, &time)
        || !healthcode_skew_number(reply->element[1], HEALTHCODE_SKEW_FRACTION,
                                   &fraction)
        || time >= INT64_MAX / 1000000)
    {
        return false;
    }

    *us = (uint64_t) time * 1000000 + (uint64_t) fraction;

    return true;
}


/* ["1700000000", "123456"]: seconds and microseconds */
static bool
healthcode_skew_time(const redisReply *reply, int64_t *time)
{
    return reply->type == REDIS_REPLY_ARRAY && reply->elements == 2
           && healthcode_skew_number(reply->element[0], HEALTHCODE_SKEW_DIGITS,
                                     time);
}


static bool
healthcode_skew_number(const redisReply *reply, size_t digits, int64_t *number)
{
    int64_t  value = 0;

    if (reply->type != REDIS_REPLY_STRING || reply->len == 0
        || reply->len > digits)
    {
        return false;
    }

    for (size_t i = 0; i < reply->len; i++) {

        if (reply->str[i] < '0' || reply->str[i] > '9') {
            return false;
        }

        value = value * 10 + (reply->str[i] - '0');
    }

    *number = value;

    return true;
}
