/*
 * What people write for a time -> Unix seconds.
 * Knows no clock: the time is given.  docs/operations.md, "Times".
 */

#include "core/healthcode_date.h"
#include "healthcode_output.h"
#include "healthcode_time.h"


#define HEALTHCODE_TIME_DIGITS_MAX  12


static bool healthcode_time_digits(healthcode_str_t *text, size_t min,
    size_t max, int64_t *number);
static bool healthcode_time_distance(healthcode_str_t text, int64_t *seconds);


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
        if (!healthcode_date_parse(text, &n)) {
            return false;
        }
    }

    if (n < 0 || n > HEALTHCODE_DATE_MAX) {
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


bool
healthcode_time_option(const char *name, const char *text, int64_t now,
    int64_t *seconds)
{
    if (healthcode_time_parse(healthcode_str_from(text, strlen(text)), now,
                              seconds))
    {
        return true;
    }

    healthcode_output_usage("%s: invalid time \"%s\"; write Unix seconds, "
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
