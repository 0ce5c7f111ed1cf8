/*
 * A division code, which is the name of a province, a prefecture or a county,
 * as a number.  Knows no: token, claims, store.  docs/token-format.md,
 * "Claims".
 */

#include "healthcode_region.h"


healthcode_region_t
healthcode_region_parse(healthcode_str_t text)
{
    healthcode_region_t  region = 1;

    if (text.len != 2 && text.len != 4 && text.len != 6) {
        return 0;
    }

    for (size_t i = 0; i < text.len; i++) {

        if (text.data[i] < '0' || text.data[i] > '9') {
            return 0;
        }

        region = region * 10 + (healthcode_region_t) (text.data[i] - '0');
    }

    return region;
}


size_t
healthcode_region_format(healthcode_region_t region, char *text)
{
    size_t  len = (region < 1000) ? 2 : (region < 100000) ? 4 : 6;

    for (size_t i = len; i > 0; i--) {
        text[i - 1] = (char) ('0' + region % 10);
        region /= 10;
    }

    return len;
}


bool
healthcode_region_is_sound(healthcode_region_t region)
{
    return region / 100 == 1 || region / 10000 == 1 || region / 1000000 == 1;
}
