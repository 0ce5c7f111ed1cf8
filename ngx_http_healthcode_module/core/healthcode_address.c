/*
 * Whether the beginning of a link says to which site it leads, whatever is
 * written behind it.
 * Knows no: clock, nginx, memory, request.
 * docs/pages.md, "Variables"; the URL standard, section 4.4.
 */

#include "healthcode_address.h"


static healthcode_address_e healthcode_address_slash(
    healthcode_address_e address);
static healthcode_address_e healthcode_address_other(
    healthcode_address_e address, uint8_t c);


healthcode_address_e
healthcode_address_read(healthcode_address_e address, uint8_t c)
{
    if (address == HEALTHCODE_ADDRESS_SETTLED
        || address == HEALTHCODE_ADDRESS_UNKNOWN)
    {
        return address;
    }

    switch (c) {

    case '&':
        return HEALTHCODE_ADDRESS_UNKNOWN;

    case '?':
    case '#':
        return HEALTHCODE_ADDRESS_SETTLED;

    case '/':
    case '\\':
        return healthcode_address_slash(address);

    default:
        /* browsers drop blanks, some of them anywhere */
        return (c <= ' ') ? address : healthcode_address_other(address, c);
    }
}


static healthcode_address_e
healthcode_address_slash(healthcode_address_e address)
{
    switch (address) {

    case HEALTHCODE_ADDRESS_START:
        return HEALTHCODE_ADDRESS_SLASH;

    case HEALTHCODE_ADDRESS_SLASH:
    case HEALTHCODE_ADDRESS_SLASHES:
        return HEALTHCODE_ADDRESS_SLASHES;

    default:
        return HEALTHCODE_ADDRESS_SETTLED;
    }
}


static healthcode_address_e
healthcode_address_other(healthcode_address_e address, uint8_t c)
{
    switch (address) {

    case HEALTHCODE_ADDRESS_SLASH:
        return HEALTHCODE_ADDRESS_SETTLED;

    case HEALTHCODE_ADDRESS_SLASHES:
        return HEALTHCODE_ADDRESS_HOST;

    case HEALTHCODE_ADDRESS_START:
    case HEALTHCODE_ADDRESS_SEGMENT:
        return (c == ':') ? HEALTHCODE_ADDRESS_SLASHES
                          : HEALTHCODE_ADDRESS_SEGMENT;

    default:
        return address;
    }
}
