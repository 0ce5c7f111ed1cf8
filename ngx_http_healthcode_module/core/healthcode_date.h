/*
 * Dates: RFC 3339 text <-> Unix seconds -> the date of an HTTP header.  The
 * time zone of the machine has no effect.  Knows no: clock, nginx.
 * docs/operations.md, "Times".
 */

#ifndef HEALTHCODE_DATE_H
#define HEALTHCODE_DATE_H

#include "healthcode_str.h"


#define HEALTHCODE_DATE_MAX  253402300799   /* s; end of year 9999 */

/* Characters of "Fri, 01 Jan 2027 00:00:00 GMT". */
#define HEALTHCODE_DATE_IMF_LEN  29

/* Characters of "2027-01-01T00:00:00Z". */
#define HEALTHCODE_DATE_LEN  20


/*
 * Reads a date-time of RFC 3339 section 5.6 ("2027-01-01T08:00:00+08:00",
 * "...Z"), or a full-date alone ("2027-01-01"), which is midnight UTC.  A
 * fraction of a second is passed over.  True: *seconds, Unix time of 0 to
 * HEALTHCODE_DATE_MAX, is written.  False: anything else, a day that its
 * month does not have, and second 60, which Unix time does not have.
 */
bool healthcode_date_parse(healthcode_str_t text, int64_t *seconds);

/*
 * Writes Unix seconds as an IMF-fixdate (RFC 9110 section 5.6.7) and a NUL
 * into text of HEALTHCODE_DATE_IMF_LEN + 1 bytes.  False, and nothing is
 * written, for seconds below 0 or above HEALTHCODE_DATE_MAX.
 */
bool healthcode_date_format(int64_t seconds, char *text);

/*
 * The same as a date-time of RFC 3339 in UTC, "2027-01-01T00:00:00Z", for text
 * of HEALTHCODE_DATE_LEN + 1 bytes.  No time_t is asked, which has 32 bits on
 * some machines and ends in 2038 there.
 */
bool healthcode_date_write(int64_t seconds, char *text);

#endif
