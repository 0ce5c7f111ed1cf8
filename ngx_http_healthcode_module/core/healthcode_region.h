/*
 * A division code, which is the name of a province, a prefecture or a county,
 * as a number.  Knows no: token, claims, store.  docs/token-format.md,
 * "Claims".
 */

#ifndef HEALTHCODE_REGION_H
#define HEALTHCODE_REGION_H

#include "healthcode_str.h"


/* Characters of the longest one. */
#define HEALTHCODE_REGION_LEN  6


/*
 * The digits with a 1 before them: 151, 15101 and 1510114 are "51", "5101" and
 * "510114".  So no two codes have one number, and none is 0.  The prefix of a
 * region is a hundredth of it; all of them, the longest first, are
 *
 *     for (code = region; code >= 100; code /= 100)
 */
typedef uint32_t  healthcode_region_t;


/* The region of this text; 0 if it is not 2, 4 or 6 digits. */
healthcode_region_t healthcode_region_parse(healthcode_str_t text);

/*
 * Writes the digits of region, HEALTHCODE_REGION_LEN at most and without a
 * NUL; returns how many there are.
 */
size_t healthcode_region_format(healthcode_region_t region, char *text);

/* Whether a number that anybody may have written is one of a region. */
bool healthcode_region_is_sound(healthcode_region_t region);

#endif
