/*
 * A day of the local time zone, and its hours: 23 or 25 of them where clocks
 * change.  Knows no file and no current time.
 * docs/monitoring/log.md, "A gate's day".
 */

#ifndef HEALTHCODE_DAY_H
#define HEALTHCODE_DAY_H

#include "core/healthcode_str.h"


/* Hours that a day may have, with parts of such before and after a change. */
#define HEALTHCODE_DAY_HOURS  30

#define HEALTHCODE_DAY_LABEL  sizeof("23:59+14:00")
#define HEALTHCODE_DAY_TIME   sizeof("9999-12-31T23:59:59+14:00")
#define HEALTHCODE_DAY_DATE   sizeof("9999-12-31")


typedef struct {
    int64_t   start;        /* Unix seconds */
    unsigned  minute;       /* of the day, by the clock: 8:00 is 480 */
    int       offset;       /* of that clock, minutes east of UTC */
} healthcode_day_hour_t;

typedef struct {
    int64_t                start;
    int64_t                end;         /* where the next day begins */
    bool                   changes;     /* the clock does, on this day */
    unsigned               n;
    healthcode_day_hour_t  hours[HEALTHCODE_DAY_HOURS];
} healthcode_day_t;


/*
 * Reads YYYY-MM-DD, a day of the zone of the environment (TZ), of the years
 * 1970 to 9999.  False, and *day is unchanged, if it is not a date, or the
 * zone has left this day out.
 */
bool healthcode_day_read(const char *text, healthcode_day_t *day);

/* The number of the hour in which time is; -1: it is on another day. */
int healthcode_day_hour(const healthcode_day_t *day, int64_t time);

/* Each writes into text of its size, and returns text. */
const char *healthcode_day_label(char text[HEALTHCODE_DAY_LABEL],
    const healthcode_day_t *day, unsigned hour);
const char *healthcode_day_date(char text[HEALTHCODE_DAY_DATE], int64_t time);
const char *healthcode_day_time(char text[HEALTHCODE_DAY_TIME], int64_t time);

#endif
