/*
 * What people write for a time -> Unix seconds.
 * Knows no clock: the time is given.  docs/operations.md, "Times".
 */

#include <time.h>

#include "core/healthcode_claims.h"
#include "healthcode_output.h"
#include "healthcode_time.h"


#define HEALTHCODE_TIME_DIGITS_MAX  12


static bool healthcode_time_digits(healthcode_str_t *text, size_t min,
    size_t max, int64_t *number);
static bool healthcode_time_byte(healthcode_str_t *text, const char *bytes);
static bool healthcode_time_distance(healthcode_str_t text, int64_t *seconds);
static bool healthcode_time_rfc3339(healthcode_str_t text, int64_t *seconds);
static bool healthcode_time_zone(healthcode_str_t *text, int64_t *offset);
static bool healthcode_time_from_parts(const int64_t *parts, int64_t *seconds);


bool
healthcode_time_parse(healthcode_str_t text, int64_t now, int64_t *seconds)
{
    int64_t           n;
    healthcode_str_t  rest = text;

    if (text.len && (text.data[0] == '+' || text.data[0] == '-')) {
        if (!healthcode_time_distance(text, &n)) {
            return false;
        }

        n += now;

    } else if (!healthcode_time_digits(&rest, 1, HEALTHCODE_TIME_DIGITS_MAX, &n)
               || rest.len)
    {
        if (!healthcode_time_rfc3339(text, &n)) {
            return false;
        }
    }

    if (n < 0 || n > HEALTHCODE_CLAIMS_TIME_MAX) {
        return false;
    }

    *seconds = n;

    return true;
}


/* Takes min to max digits off the front of text. */
static bool
healthcode_time_digits(healthcode_str_t *text, size_t min, size_t max,
    int64_t *number)
{
    size_t   i;
    int64_t  n = 0;

    for (i = 0; i < text->len && i < max; i++) {

        if (text->data[i] < '0' || text->data[i] > '9') {
            break;
        }

        n = n * 10 + (text->data[i] - '0');
    }

    if (i < min) {
        return false;
    }

    *number = n;
    *text = healthcode_str_from(text->data + i, text->len - i);

    return true;
}


/* Takes one byte off the front of text, if it is one of bytes. */
static bool
healthcode_time_byte(healthcode_str_t *text, const char *bytes)
{
    if (text->len == 0 || text->data[0] == '\0'
        || strchr(bytes, text->data[0]) == NULL)
    {
        return false;
    }

    *text = healthcode_str_from(text->data + 1, text->len - 1);

    return true;
}


static bool
healthcode_time_distance(healthcode_str_t text, int64_t *seconds)
{
    int64_t           n, unit;
    healthcode_str_t  rest;

    rest = healthcode_str_from(text.data + 1, text.len - 1);

    if (!healthcode_time_digits(&rest, 1, 9, &n) || rest.len > 1) {
        return false;
    }

    switch (rest.len ? rest.data[0] : 's') {
    case 's': unit = 1; break;
    case 'm': unit = 60; break;
    case 'h': unit = 3600; break;
    case 'd': unit = 86400; break;
    case 'w': unit = 604800; break;
    default: return false;
    }

    *seconds = (text.data[0] == '-') ? -n * unit : n * unit;

    return true;
}


/* RFC 3339 section 5.6; a fraction of a second is passed over. */
static bool
healthcode_time_rfc3339(healthcode_str_t text, int64_t *seconds)
{
    int64_t  parts[6], fraction, offset, n;

    static const struct {
        size_t       digits;
        const char  *after;
    } shape[] = {
        { 4, "-" }, { 2, "-" }, { 2, "Tt " }, { 2, ":" }, { 2, ":" },
        { 2, NULL },
    };

    for (size_t i = 0; i < 6; i++) {
        if (!healthcode_time_digits(&text, shape[i].digits, shape[i].digits,
                                    &parts[i])
            || (shape[i].after && !healthcode_time_byte(&text, shape[i].after)))
        {
            return false;
        }
    }

    if (healthcode_time_byte(&text, ".")
        && !healthcode_time_digits(&text, 1, 9, &fraction))
    {
        return false;
    }

    if (!healthcode_time_zone(&text, &offset) || text.len
        || !healthcode_time_from_parts(parts, &n))
    {
        return false;
    }

    *seconds = n - offset;

    return true;
}


static bool
healthcode_time_zone(healthcode_str_t *text, int64_t *offset)
{
    bool     west;
    int64_t  hours, minutes;

    if (healthcode_time_byte(text, "Zz")) {
        *offset = 0;
        return true;
    }

    west = text->len && text->data[0] == '-';

    if (!healthcode_time_byte(text, "+-")
        || !healthcode_time_digits(text, 2, 2, &hours)
        || !healthcode_time_byte(text, ":")
        || !healthcode_time_digits(text, 2, 2, &minutes)
        || hours > 23 || minutes > 59)
    {
        return false;
    }

    *offset = (hours * 60 + minutes) * (west ? -60 : 60);

    return true;
}


/* timegm() turns 30 February into a day of March: such a date is refused. */
static bool
healthcode_time_from_parts(const int64_t *parts, int64_t *seconds)
{
    int64_t    n;
    struct tm  tm = {
        .tm_year = (int) parts[0] - 1900, .tm_mon = (int) parts[1] - 1,
        .tm_mday = (int) parts[2], .tm_hour = (int) parts[3],
        .tm_min = (int) parts[4], .tm_sec = (int) parts[5]
    };

    if (parts[3] > 23 || parts[4] > 59 || parts[5] > 59) {
        return false;
    }

    n = timegm(&tm);

    if (tm.tm_mon != (int) parts[1] - 1 || tm.tm_mday != (int) parts[2]) {
        return false;
    }

    *seconds = n;

    return true;
}


bool
healthcode_time_option(const char *name, const char *text, int64_t now,
    int64_t *seconds)
{
    if (healthcode_time_parse(healthcode_str_from(text, strlen(text)), now,
                              seconds))
    {
        return true;
    }

    healthcode_output_usage("%s: \"%s\" is no time; write Unix seconds, "
                            "RFC 3339 as 2026-03-01T08:00:00+08:00, or a "
                            "distance from now as +2h or +14d", name, text);
    return false;
}


bool
healthcode_time_until(const char *name, const char *text, int64_t now,
    int64_t *until)
{
    int64_t  seconds = 0;

    if (text && !healthcode_time_option(name, text, now, &seconds)) {
        return false;
    }

    if (seconds && seconds <= now) {
        healthcode_output_usage("%s: \"%s\" lies in the past, so it would "
                                "change nothing; write a later time, or 0 for "
                                "\"until cleared\"", name, text);
        return false;
    }

    *until = seconds;

    return true;
}
