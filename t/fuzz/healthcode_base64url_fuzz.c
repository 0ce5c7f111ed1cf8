/*
 * Fuzzes healthcode_base64url.c: what is decoded encodes to the same text,
 * and any bytes come back.  Knows no other unit.
 * docs/token-format.md, "Encoding".
 */

#include "fuzz.h"

#include "../../ngx_http_healthcode_module/core/healthcode_base64url.h"


static bool
is_alphabet(healthcode_str_t text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t  c = text.data[i];

        if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')
              || (c >= '0' && c <= '9') || c == '-' || c == '_'))
        {
            return false;
        }
    }

    return true;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char              *text;
    size_t             len = SIZE_MAX, n;
    uint8_t           *bytes;
    healthcode_str_t   src;

    if (size > 65536) {
        return 0;
    }

    /* as text */
    src = guard(0, data, size);
    bytes = guard_room(1, healthcode_base64url_decoded_len(size));

    if (healthcode_base64url_decode(src, bytes, &len)) {
        fuzz_must(len <= healthcode_base64url_decoded_len(size));
        fuzz_must(is_alphabet(src));
        fuzz_must(size == healthcode_base64url_encoded_len(len));

        text = (char *) guard_room(2, size);
        n = healthcode_base64url_encode(healthcode_str_from(bytes, len), text);
        fuzz_must(n == size && memcmp(text, data, n) == 0);

    } else {
        fuzz_must(len == SIZE_MAX);
    }

    /* as bytes */
    n = healthcode_base64url_encoded_len(size);
    text = (char *) guard_room(2, n);
    fuzz_must(healthcode_base64url_encode(src, text) == n);
    fuzz_must(is_alphabet(healthcode_str_from(text, n)));

    bytes = guard_room(1, healthcode_base64url_decoded_len(n));
    fuzz_must(healthcode_base64url_decode(healthcode_str_from(text, n), bytes,
                                          &len));
    fuzz_must(len == size && (size == 0 || memcmp(bytes, data, size) == 0));

    return 0;
}
