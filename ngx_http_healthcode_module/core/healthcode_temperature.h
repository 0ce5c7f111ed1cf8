/*
 * A body temperature as readers write it: "36", "36.5" or "36,5", in degrees
 * Celsius.  What is not one is never a normal one.
 * Knows no: nginx, token, request, header.
 * docs/directives.md, "healthcode_temperature".
 */

#ifndef HEALTHCODE_TEMPERATURE_H
#define HEALTHCODE_TEMPERATURE_H

#include "healthcode_json.h"
#include "healthcode_reason.h"


/* What a living person may have, in tenths of a degree. */
#define HEALTHCODE_TEMPERATURE_LOWEST   300
#define HEALTHCODE_TEMPERATURE_HIGHEST  450


/* What was shown together; all zero: nothing was. */
typedef struct {
    unsigned  tenths;      /* of a degree; 0: there is not one reading */
    bool      is_shown;    /* something was, also if it is not a reading */
} healthcode_temperature_t;


/*
 * Reads all of text: two digits, and one more behind a point or a comma, from
 * HEALTHCODE_TEMPERATURE_LOWEST to _HIGHEST, into *tenths.  False: it is
 * anything else, and nothing is written.
 */
bool healthcode_temperature_read(healthcode_str_t text, unsigned *tenths);

/*
 * Adds one more value that was shown.  The same reading twice is one; two that
 * differ, and a value that is not a reading, leave none for good.
 */
void healthcode_temperature_add(healthcode_temperature_t *shown,
    healthcode_str_t value);

/*
 * Adds the string or number of a JSON text, each as it is written, to which
 * pointer (RFC 6901) leads; memory is as for healthcode_json_read().  Nothing
 * is added by text that is not a JSON object, by a pointer that leads nowhere,
 * and by null and "".  Any other value is not a reading, and neither is JSON
 * that others may read in other ways, such as with a name twice.
 */
void healthcode_temperature_add_json(healthcode_temperature_t *shown,
    healthcode_str_t pointer, healthcode_str_t text, void *memory, size_t size);

/*
 * HEALTHCODE_REASON_OK if there is one reading of at most max tenths, else
 * _TEMPERATURE, or _TEMPERATURE_MISSING if there is not one.
 */
healthcode_reason_e healthcode_temperature_judge(
    const healthcode_temperature_t *shown, unsigned max);

#endif
