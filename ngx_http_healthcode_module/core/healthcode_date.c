/*
 * Dates: RFC 3339 text <-> Unix seconds -> the date of an HTTP header.  The
 * time zone of the machine has no effect.  Knows no: clock, nginx.
 * docs/operations.md, "Times".
 */

#include <stdio.h>

#include "healthcode_date.h"


#define HEALTHCODE_DATE_DAY  86400

/* Days from the first one of year 1 to that of 1970. */
#define HEALTHCODE_DATE_1970  719162


static bool healthcode_date_day(healthcode_str_t *text, int64_t *day);
static bool healthcode_date_time(healthcode_str_t *text, int64_t *seconds);
static bool healthcode_date_fraction(healthcode_str_t *text);
static bool healthcode_date_zone(healthcode_str_t *text, int64_t *offset);
static bool healthcode_date_digits(healthcode_str_t *text, size_t count,
    int64_t *number);
static bool healthcode_date_byte(healthcode_str_t *text, const char *bytes);
static bool healthcode_date_split(int64_t seconds, int *y, int *m, int *d);
static bool healthcode_date_is_leap(int64_t year);
static int64_t healthcode_date_before_year(int64_t year);
static int64_t healthcode_date_before_month(int64_t year, int64_t month);


bool
healthcode_date_parse(healthcode_str_t text, int64_t *seconds)
{
    int64_t  day, n, time = 0;

    if (!healthcode_date_day(&text, &day)
        || (text.len && !healthcode_date_time(&text, &time)) || text.len)
    {
        return false;
    }

    n = day * HEALTHCODE_DATE_DAY + time;

    if (n < 0 || n > HEALTHCODE_DATE_MAX) {
        return false;
    }

    *seconds = n;

    return true;
}


/* Takes YYYY-MM-DD off the front of text: days since 1970-01-01. */
static bool
healthcode_date_day(healthcode_str_t *text, int64_t *day)
{
    int64_t  y, m, d;

    if (!healthcode_date_digits(text, 4, &y)
        || !healthcode_date_byte(text, "-")
        || !healthcode_date_digits(text, 2, &m)
        || !healthcode_date_byte(text, "-")
        || !healthcode_date_digits(text, 2, &d))
    {
        return false;
    }

    if (m < 1 || m > 12 || d < 1
        || d > healthcode_date_before_month(y, m + 1)
               - healthcode_date_before_month(y, m))
    {
        return false;
    }

    *day = healthcode_date_before_year(y) + healthcode_date_before_month(y, m)
           + d - 1;

    return true;
}


/* Takes Thh:mm:ss and a zone off the front of text: seconds since midnight. */
static bool
healthcode_date_time(healthcode_str_t *text, int64_t *seconds)
{
    int64_t  h, m, s, offset;

    if (!healthcode_date_byte(text, "Tt ")
        || !healthcode_date_digits(text, 2, &h)
        || !healthcode_date_byte(text, ":")
        || !healthcode_date_digits(text, 2, &m)
        || !healthcode_date_byte(text, ":")
        || !healthcode_date_digits(text, 2, &s)
        || h > 23 || m > 59 || s > 59
        || !healthcode_date_fraction(text)
        || !healthcode_date_zone(text, &offset))
    {
        return false;
    }

    *seconds = h * 3600 + m * 60 + s - offset;

    return true;
}


/* Takes a dot and digits off the front of text, if there is a dot. */
static bool
healthcode_date_fraction(healthcode_str_t *text)
{
    size_t   n = 0;
    int64_t  digit;

    if (!healthcode_date_byte(text, ".")) {
        return true;
    }

    while (healthcode_date_digits(text, 1, &digit)) {
        n++;
    }

    return n > 0;
}


static bool
healthcode_date_zone(healthcode_str_t *text, int64_t *offset)
{
    bool     west;
    int64_t  hours, minutes;

    if (healthcode_date_byte(text, "Zz")) {
        *offset = 0;
        return true;
    }

    west = text->len && text->data[0] == '-';

    if (!healthcode_date_byte(text, "+-")
        || !healthcode_date_digits(text, 2, &hours)
        || !healthcode_date_byte(text, ":")
        || !healthcode_date_digits(text, 2, &minutes)
        || hours > 23 || minutes > 59)
    {
        return false;
    }

    *offset = (hours * 60 + minutes) * (west ? -60 : 60);

    return true;
}


/* Takes exactly count digits off the front of text. */
static bool
healthcode_date_digits(healthcode_str_t *text, size_t count, int64_t *number)
{
    int64_t  n = 0;

    if (text->len < count) {
        return false;
    }

    for (size_t i = 0; i < count; i++) {

        if (text->data[i] < '0' || text->data[i] > '9') {
            return false;
        }

        n = n * 10 + (text->data[i] - '0');
    }

    *number = n;
    *text = healthcode_str_from(text->data + count, text->len - count);

    return true;
}


/* Takes one byte off the front of text, if it is one of bytes. */
static bool
healthcode_date_byte(healthcode_str_t *text, const char *bytes)
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
healthcode_date_is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}


/* Days from 1970-01-01 to the first one of a year of our calendar. */
static int64_t
healthcode_date_before_year(int64_t year)
{
    int64_t  n = year - 1;

    return n * 365 + n / 4 - n / 100 + n / 400 - HEALTHCODE_DATE_1970;
}


/* Days of the year before a month; month 13 is the next year. */
static int64_t
healthcode_date_before_month(int64_t year, int64_t month)
{
    static const int16_t  days[] = {
        0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365
    };

    return days[month - 1] + (month > 2 && healthcode_date_is_leap(year));
}


bool
healthcode_date_format(int64_t seconds, char *text)
{
    int       year, month, day;
    char      line[64];      /* as long as any int may be, for gcc */
    unsigned  second;

    static const char  weekdays[] = "SunMonTueWedThuFriSat";
    static const char  months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

    if (!healthcode_date_split(seconds, &year, &month, &day)) {
        return false;
    }

    second = (unsigned) (seconds % HEALTHCODE_DATE_DAY);

    snprintf(line, sizeof(line),
             "%.3s, %02d %.3s %04d %02u:%02u:%02u GMT",
             &weekdays[(seconds / HEALTHCODE_DATE_DAY + 4) % 7 * 3], day,
             &months[(month - 1) * 3], year,
             second / 3600, second / 60 % 60, second % 60);
    memcpy(text, line, HEALTHCODE_DATE_IMF_LEN + 1);

    return true;
}


bool
healthcode_date_write(int64_t seconds, char *text)
{
    int       year, month, day;
    char      line[64];      /* as long as any int may be, for gcc */
    unsigned  second;

    if (!healthcode_date_split(seconds, &year, &month, &day)) {
        return false;
    }

    second = (unsigned) (seconds % HEALTHCODE_DATE_DAY);

    snprintf(line, sizeof(line), "%04d-%02d-%02dT%02u:%02u:%02uZ",
             year, month, day, second / 3600, second / 60 % 60, second % 60);
    memcpy(text, line, HEALTHCODE_DATE_LEN + 1);

    return true;
}


/* The day of these Unix seconds; false if they lie outside of our years. */
static bool
healthcode_date_split(int64_t seconds, int *y, int *m, int *d)
{
    int64_t  day, year, month = 1;

    if (seconds < 0 || seconds > HEALTHCODE_DATE_MAX) {
        return false;
    }

    day = seconds / HEALTHCODE_DATE_DAY;

    /* no year is longer than 366 days: a first guess, never too late */
    year = 1970 + day / 366;

    while (healthcode_date_before_year(year + 1) <= day) {
        year++;
    }

    day -= healthcode_date_before_year(year);

    while (healthcode_date_before_month(year, month + 1) <= day) {
        month++;
    }

    *y = (int) year;
    *m = (int) month;
    *d = (int) (day - healthcode_date_before_month(year, month) + 1);

    return true;
}
