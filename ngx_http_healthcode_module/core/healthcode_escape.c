/*
 * The percent-encoding of URIs and forms (RFC 3986 section 2.1), read.
 * Knows no: nginx, token, request.  docs/request-path.md, "Source".
 */

#include "healthcode_escape.h"


static int healthcode_escape_hex(uint8_t c);


size_t
healthcode_escape_next(healthcode_str_t text, size_t i, uint8_t *byte)
{
    int  high, low;

    *byte = text.data[i];

    if (*byte == '%' && text.len - i > 2) {
        high = healthcode_escape_hex(text.data[i + 1]);
        low = healthcode_escape_hex(text.data[i + 2]);

        if (high >= 0 && low >= 0) {
            *byte = (uint8_t) (high * 16 + low);
            return i + 3;
        }
    }

    return i + 1;
}


static int
healthcode_escape_hex(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    c |= 0x20;

    return (c >= 'a' && c <= 'f') ? c - 'a' + 10 : -1;
}
