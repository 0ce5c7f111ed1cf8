/*
 * Text that a stranger wrote, for a terminal or a log: what its characters are,
 * and the text with those that mislead as escapes.  Knows no: nginx, log, file.
 * docs/operations.md, "Text of others".
 */

#include "healthcode_text.h"


typedef struct {
    uint32_t  first;
    uint32_t  last;
} healthcode_text_range_t;


static bool healthcode_text_decode(healthcode_str_t text, uint32_t *code,
    size_t *len);
static bool healthcode_text_is_in(const healthcode_text_range_t *ranges,
    size_t n, uint32_t code);


static const healthcode_text_range_t  healthcode_text_blanks[] = {
    { 0x0020, 0x0020 }, { 0x00a0, 0x00a0 }, { 0x1680, 0x1680 },
    { 0x2000, 0x200a }, { 0x202f, 0x202f }, { 0x205f, 0x205f },
    { 0x3000, 0x3000 },
};

/*
 * Default_Ignorable_Code_Point of Unicode 15, among them the marks, overrides
 * and isolates of direction; the separators of lines and paragraphs; the
 * anchors of annotations.
 */
static const healthcode_text_range_t  healthcode_text_hidden[] = {
    { 0x00ad, 0x00ad }, { 0x034f, 0x034f }, { 0x061c, 0x061c },
    { 0x115f, 0x1160 }, { 0x17b4, 0x17b5 }, { 0x180b, 0x180f },
    { 0x200b, 0x200f }, { 0x2028, 0x202e }, { 0x2060, 0x206f },
    { 0x3164, 0x3164 }, { 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff },
    { 0xffa0, 0xffa0 }, { 0xfff0, 0xfffb }, { 0x1bca0, 0x1bca3 },
    { 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff },
};


healthcode_text_e
healthcode_text_first(healthcode_str_t text, size_t *len)
{
    uint32_t  code;

    if (!healthcode_text_decode(text, &code, len)) {
        *len = 1;
        return HEALTHCODE_TEXT_INVALID;
    }

    if (code < 0x20 || (code >= 0x7f && code < 0xa0)) {
        return HEALTHCODE_TEXT_CONTROL;
    }

    if (healthcode_text_is_in(healthcode_text_blanks,
                              sizeof(healthcode_text_blanks)
                              / sizeof(healthcode_text_blanks[0]), code))
    {
        return HEALTHCODE_TEXT_BLANK;
    }

    return healthcode_text_is_in(healthcode_text_hidden,
                                 sizeof(healthcode_text_hidden)
                                 / sizeof(healthcode_text_hidden[0]), code)
           ? HEALTHCODE_TEXT_HIDDEN : HEALTHCODE_TEXT_SHOWN;
}


/* RFC 3629: the shortest form alone, no surrogates, U+10FFFF at most. */
static bool
healthcode_text_decode(healthcode_str_t text, uint32_t *code, size_t *len)
{
    size_t    n;
    uint8_t   byte = text.data[0];
    uint32_t  value;

    static const uint32_t  least[] = { 0, 0, 0x80, 0x800, 0x10000 };

    n = (byte < 0x80) ? 1
        : (byte >= 0xc0 && byte < 0xe0) ? 2
        : (byte >= 0xe0 && byte < 0xf0) ? 3
        : (byte >= 0xf0 && byte < 0xf8) ? 4 : 0;

    if (n == 0 || n > text.len) {
        return false;
    }

    value = (n == 1) ? byte : byte & (0x7fu >> n);

    for (size_t i = 1; i < n; i++) {
        byte = text.data[i];

        if ((byte & 0xc0) != 0x80) {
            return false;
        }

        value = value << 6 | (byte & 0x3fu);
    }

    if (value < least[n] || value > 0x10ffff
        || (value >= 0xd800 && value <= 0xdfff))
    {
        return false;
    }

    *code = value;
    *len = n;

    return true;
}


static bool
healthcode_text_is_in(const healthcode_text_range_t *ranges, size_t n,
    uint32_t code)
{
    for (size_t i = 0; i < n && code >= ranges[i].first; i++) {
        if (code <= ranges[i].last) {
            return true;
        }
    }

    return false;
}


size_t
healthcode_text_escape(healthcode_str_t text, char *dst, size_t size)
{
    bool               fits = size > 0;
    size_t             i, n, len, used = 0, all = 0;
    healthcode_text_e  kind;

    static const char  hex[] = "0123456789abcdef";

    while (text.len) {
        kind = healthcode_text_first(text, &len);

        if (text.data[0] == '\\' || kind > HEALTHCODE_TEXT_BLANK) {
            n = 4 * len;
        } else {
            n = len;
        }

        fits = fits && n < size - used;

        for (i = 0; fits && i < len; i++) {

            if (n == len) {
                dst[used++] = (char) text.data[i];
                continue;
            }

            dst[used++] = '\\';
            dst[used++] = 'x';
            dst[used++] = hex[text.data[i] >> 4];
            dst[used++] = hex[text.data[i] & 0xf];
        }

        all += n;
        text = healthcode_str_from(text.data + len, text.len - len);
    }

    if (size) {
        dst[used] = '\0';
    }

    return all;
}
