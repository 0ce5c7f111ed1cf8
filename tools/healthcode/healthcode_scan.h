/*
 * What SCAN and HSCAN find, a page at a time: one command looks at a few names,
 * and others wait for no more.  Knows no options.
 */

#ifndef HEALTHCODE_SCAN_H
#define HEALTHCODE_SCAN_H

#include "healthcode_connection.h"


#define HEALTHCODE_SCAN_START  "0"
#define HEALTHCODE_SCAN_SIZE   24      /* of a cursor's text */


/*
 * The next page, whose element[1] is what was found, an array; the caller frees
 * it.  argv is SCAN or HSCAN with cursor, which is _START at first, and has the
 * next one afterwards.  NULL, with a message printed: there is none.
 */
redisReply *healthcode_scan_page(healthcode_connection_t *connection, int argc,
    const char **argv, char cursor[HEALTHCODE_SCAN_SIZE]);

/* Whether that was the last one; all that is there all the time has come. */
bool healthcode_scan_is_over(const char *cursor);

#endif
