/*
 * A day of the local time zone, and its hours: 23 or 25 of them where clocks
 * change.  Knows no file and no current time.
 * docs/monitoring/log.md, "A gate's day".
 */

#include <stdio.h>
#include <time.h>

#include "core/healthcode_date.h"
#include "healthcode_day.h"


/* No clock is so far from UTC, in seconds. */
#define HEALTHCODE_DAY_AWAY  (26 * 3600)


static bool healthcode_day_clock(int64_t seconds, struct tm *clock);
static int64_t healthcode_day_begin(int64_t date);
static int64_t healthcode_day_number(const struct tm *clock);
static bool healthcode_day_divide(healthcode_day_t *day);


bool
healthcode_day_read(const char *text, healthcode_day_t *day)
{
    char              whole[sizeof("9999-12-31T00:00:00Z")];
    int64_t           date;
    healthcode_day_t  found = { .n = 0 };

    if (strlen(text) != sizeof("9999-12-31") - 1) {
        return false;
    }

    snprintf(whole, sizeof(whole), "%sT00:00:00Z", text);

    if (!healthcode_date_parse(healthcode_str_from(whole, strlen(whole)),
                               &date))
    {
        return false;
    }

    found.start = healthcode_day_begin(date);
    found.end = healthcode_day_begin(date + 86400);

    if (found.start == found.end || !healthcode_day_divide(&found)) {
        return false;
    }

    *day = found;

    return true;
}


static bool
healthcode_day_clock(int64_t seconds, struct tm *clock)
{
    time_t  time = (time_t) seconds;

    return (int64_t) time == seconds && localtime_r(&time, clock) != NULL;
}


/*
 * The first second whose local date is that of date, a midnight of UTC, or a
 * later one: midnight itself may be left out, and may come twice.
 */
static int64_t
healthcode_day_begin(int64_t date)
{
    int64_t    before = date - HEALTHCODE_DAY_AWAY;
    int64_t    after = date + HEALTHCODE_DAY_AWAY, middle;
    struct tm  clock;

    while (after - before > 1) {
        middle = before + (after - before) / 2;

        if (healthcode_day_clock(middle, &clock)
            && healthcode_day_number(&clock) >= date / 86400)
        {
            after = middle;
        } else {
            before = middle;
        }
    }

    return after;
}


/* Days from 1970-01-01 to the date of a clock. */
static int64_t
healthcode_day_number(const struct tm *clock)
{
    struct tm  date = { .tm_year = clock->tm_year, .tm_mon = clock->tm_mon,
                        .tm_mday = clock->tm_mday };

    return (int64_t) timegm(&date) / 86400;
}


/* An hour ends where the clock shows another one, or is changed. */
static bool
healthcode_day_divide(healthcode_day_t *day)
{
    int                     offset, hour = -1;
    int64_t                 time;
    struct tm               clock;
    healthcode_day_hour_t  *last = NULL;

    for (time = day->start; time < day->end; time += 60) {

        if (!healthcode_day_clock(time, &clock)) {
            return false;
        }

        offset = (int) (clock.tm_gmtoff / 60);

        if (last && clock.tm_hour == hour && offset == last->offset) {
            continue;
        }

        if (day->n == HEALTHCODE_DAY_HOURS) {
            return false;
        }

        day->changes = day->changes || (last && offset != last->offset);

        last = &day->hours[day->n++];
        last->start = time;
        last->minute = (unsigned) (clock.tm_hour * 60 + clock.tm_min);
        last->offset = offset;
        hour = clock.tm_hour;
    }

    return true;
}


int
healthcode_day_hour(const healthcode_day_t *day, int64_t time)
{
    int  i;

    if (time < day->start || time >= day->end) {
        return -1;
    }

    for (i = (int) day->n - 1; i > 0 && time < day->hours[i].start; i--) {
        /* void */
    }

    return i;
}


const char *
healthcode_day_label(char text[HEALTHCODE_DAY_LABEL],
    const healthcode_day_t *day, unsigned hour)
{
    int                           len;
    unsigned                      away;
    const healthcode_day_hour_t  *of = &day->hours[hour];

    len = snprintf(text, HEALTHCODE_DAY_LABEL, "%02u:%02u",
                   of->minute / 60 % 24, of->minute % 60);

    if (day->changes) {
        away = (unsigned) (of->offset < 0 ? -of->offset : of->offset);
        snprintf(text + len, HEALTHCODE_DAY_LABEL - (size_t) len,
                 "%c%02u:%02u", of->offset < 0 ? '-' : '+', away / 60 % 100,
                 away % 60);
    }

    return text;
}


const char *
healthcode_day_date(char text[HEALTHCODE_DAY_DATE], int64_t time)
{
    struct tm  clock;

    if (!healthcode_day_clock(time, &clock)
        || strftime(text, HEALTHCODE_DAY_DATE, "%Y-%m-%d", &clock) == 0)
    {
        strcpy(text, "-");
    }

    return text;
}


const char *
healthcode_day_time(char text[HEALTHCODE_DAY_TIME], int64_t time)
{
    size_t     len;
    struct tm  clock;

    if (!healthcode_day_clock(time, &clock)) {
        strcpy(text, "-");
        return text;
    }

    len = strftime(text, HEALTHCODE_DAY_TIME, "%Y-%m-%dT%H:%M:%S%z", &clock);

    if (len == 0) {
        strcpy(text, "-");
        return text;
    }

    /* +0800 -> +08:00 */
    memmove(text + len - 1, text + len - 2, 3);
    text[len - 2] = ':';

    return text;
}
