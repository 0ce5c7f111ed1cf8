/*
 * Strict base64url without padding (RFC 4648 section 5, RFC 7515 section 2).
 * Knows no: token, key, JSON.  docs/token-format.md, "Encoding".
 */

#include "healthcode_base64url.h"


#define NO  0x80

static const uint8_t  healthcode_base64url_values[256] = {
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, 62, NO, NO,
    52, 53, 54, 55, 56, 57, 58, 59, 60, 61, NO, NO, NO, NO, NO, NO,
    NO,  0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14,
    15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, NO, NO, NO, NO, 63,
    NO, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
    41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
};


bool
healthcode_base64url_decode(healthcode_str_t src, uint8_t *dst, size_t *len)
{
    const uint8_t  *value = healthcode_base64url_values;
    const uint8_t  *p = src.data, *end = src.data + src.len / 4 * 4;
    const uint8_t  *start = dst;
    uint8_t         foreign = 0;
    uint32_t        bits;

    for ( /* void */ ; p != end; p += 4) {
        foreign |= value[p[0]] | value[p[1]] | value[p[2]] | value[p[3]];
        bits = (uint32_t) value[p[0]] << 18 | (uint32_t) value[p[1]] << 12
               | (uint32_t) value[p[2]] << 6 | value[p[3]];

        *dst++ = (uint8_t) (bits >> 16);
        *dst++ = (uint8_t) (bits >> 8);
        *dst++ = (uint8_t) bits;
    }

    switch (src.len % 4) {

    case 0:
        break;

    case 2:
        foreign |= value[p[0]] | value[p[1]];
        bits = (uint32_t) value[p[0]] << 6 | value[p[1]];

        foreign |= (bits & 0x0f) ? NO : 0;
        *dst++ = (uint8_t) (bits >> 4);
        break;

    case 3:
        foreign |= value[p[0]] | value[p[1]] | value[p[2]];
        bits = (uint32_t) value[p[0]] << 12 | (uint32_t) value[p[1]] << 6
               | value[p[2]];

        foreign |= (bits & 0x03) ? NO : 0;
        *dst++ = (uint8_t) (bits >> 10);
        *dst++ = (uint8_t) (bits >> 2);
        break;

    default:
        return false;
    }

    if (foreign & NO) {
        return false;
    }

    *len = (size_t) (dst - start);

    return true;
}


size_t
healthcode_base64url_encode(healthcode_str_t src, char *dst)
{
    static const char  alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                    "abcdefghijklmnopqrstuvwxyz0123456789-_";
    const char         *start = dst;
    unsigned            nbits = 0;
    uint32_t            bits = 0;

    for (size_t i = 0; i < src.len; i++) {
        bits = bits << 8 | src.data[i];

        for (nbits += 8; nbits >= 6; nbits -= 6) {
            *dst++ = alphabet[bits >> (nbits - 6) & 0x3f];
        }
    }

    if (nbits) {
        *dst++ = alphabet[bits << (6 - nbits) & 0x3f];
    }

    return (size_t) (dst - start);
}
