/*
 * Fuzzes healthcode_text.c: text of any bytes, into a buffer of any size.  What
 * is written shows nothing that misleads, reads back as the text, and is the
 * beginning of the whole where it was cut.
 * docs/operations.md, "Text of others".
 */

#include "fuzz.h"

#include "../../ngx_http_healthcode_module/core/healthcode_text.h"


static unsigned
digit(char c)
{
    return (unsigned) ((c <= '9') ? c - '0' : c - 'a' + 10);
}


/* The text that was escaped. */
static size_t
unescape(const char *text, size_t len, uint8_t *dst)
{
    size_t  n = 0;

    for (size_t i = 0; i < len; i++) {

        if (text[i] != '\\') {
            dst[n++] = (uint8_t) text[i];
            continue;
        }

        fuzz_must(i + 3 < len && text[i + 1] == 'x');
        dst[n++] = (uint8_t) (digit(text[i + 2]) << 4 | digit(text[i + 3]));
        i += 3;
    }

    return n;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char              *whole, *part;
    size_t             all, cut, len;
    uint8_t           *back;
    healthcode_str_t   text, rest;

    if (size > 4096) {
        return 0;
    }

    cut = fuzz_byte(&data, &size);
    text = guard(0, data, size);

    all = healthcode_text_escape(text, NULL, 0);
    fuzz_must(all >= size && all <= 4 * size);

    whole = (char *) guard_room(1, all + 1);
    fuzz_must(healthcode_text_escape(text, whole, all + 1) == all);
    fuzz_must(whole[all] == '\0');

    back = guard_room(2, size);
    fuzz_must(unescape(whole, all, back) == size);
    fuzz_must(size == 0 || memcmp(back, data, size) == 0);

    for (rest = healthcode_str_from(whole, all); rest.len; ) {
        fuzz_must(healthcode_text_first(rest, &len) <= HEALTHCODE_TEXT_BLANK);
        fuzz_must(len >= 1 && len <= rest.len);
        rest = healthcode_str_from(rest.data + len, rest.len - len);
    }

    part = (char *) guard_room(3, cut);
    fuzz_must(healthcode_text_escape(text, part, cut) == all);

    if (cut) {
        len = strlen(part);
        fuzz_must(len < cut && len <= all && memcmp(part, whole, len) == 0);
        fuzz_must(len == all || cut - len <= 16);
    }

    return 0;
}
