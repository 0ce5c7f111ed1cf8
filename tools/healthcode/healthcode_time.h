/*
 * What people write for a time -> Unix seconds.
 * Knows no clock: the time is given.  docs/operations.md, "Times".
 */

#ifndef HEALTHCODE_TIME_H
#define HEALTHCODE_TIME_H

#include "core/healthcode_str.h"


/*
 * Reads Unix seconds, what healthcode_date_parse() reads, or a distance from
 * now ("+2h", "-15m"; units s m h d w).  False if text has another form,
 * or lies outside the years 1970 to 9999; *seconds is unchanged then.
 */
bool healthcode_time_parse(healthcode_str_t text, int64_t now,
    int64_t *seconds);

/* The same for the option or argument name, which is named if it fails. */
bool healthcode_time_option(const char *name, const char *text, int64_t now,
    int64_t *seconds);

/* Until when: 0, or a time after now; NULL is 0.  Otherwise likewise. */
bool healthcode_time_until(const char *name, const char *text, int64_t now,
    int64_t *until);

#endif
