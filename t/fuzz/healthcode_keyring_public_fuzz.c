/*
 * Fuzzes healthcode_keyring_public.c: a private JWK is seen whatever stands
 * around it and however its names are spelled, and nothing is called private
 * without a name or a line that says so.  docs/token-format.md, "Keys".
 */

#include "fuzz.h"
#include "mutate.h"

#include <stdbool.h>

#include "../../ngx_http_healthcode_module/core/healthcode_certificate.h"
#include "../../ngx_http_healthcode_module/core/healthcode_keyring.h"


#define HEAD       2        /* bytes that say how a private JWK is written */
#define ROOM       40000
#define COUNT(a)   (sizeof(a) / sizeof((a)[0]))


static const char *const  names[] = { "d", "p", "q", "dp", "dq", "qi" };


static void
append(char *text, size_t *len, const void *bytes, size_t n)
{
    fuzz_must(n <= ROOM - *len);
    memcpy(text + *len, bytes, n);
    *len += n;
}


/* A private JWK; how picks the member, its escapes, and blanks behind it. */
static void
append_private(char *text, size_t *len, uint8_t how)
{
    char         escape[16];
    const char  *name = names[(how & 7) % COUNT(names)];

    append(text, len, "{\"kty\":\"EC\",\"", 13);

    for (unsigned bit = 8; *name; name++, bit <<= 1) {
        if (how & bit) {
            snprintf(escape, sizeof(escape), "\\u%04x", (unsigned) *name);
            append(text, len, escape, 6);
        } else {
            append(text, len, name, 1);
        }
    }

    append(text, len, "\" \t\r\n", (how & 32) ? 5 : 1);
    append(text, len, ":\"AQ\"}", (how & 64) ? 6 : 2);   /* null is not a key */
}


/* Whether something in text may be taken for a private key, read naively. */
static bool
has_a_trace(healthcode_str_t text)
{
    char      quoted[16];
    char     *plain = malloc(text.len + 1);
    bool      trace;
    size_t    n = 0;
    unsigned  code;

    fuzz_must(plain != NULL);

    for (size_t i = 0; i < text.len; i++) {
        plain[n] = (char) text.data[i];

        if (text.len - i >= 6 && memcmp(text.data + i, "\\u00", 4) == 0) {
            memcpy(quoted, text.data + i + 4, 2);
            quoted[2] = '\0';

            if (sscanf(quoted, "%2x", &code) == 1 && code >= ' ') {
                plain[n] = (char) code;
                i += 5;
            }
        }

        n++;
    }

    trace = memmem(plain, n, "PRIVATE KEY", 11) != NULL
            || healthcode_certificate_inside(text);

    for (size_t i = 0; i < COUNT(names); i++) {
        snprintf(quoted, sizeof(quoted), "\"%s\"", names[i]);
        trace |= memmem(plain, n, quoted, strlen(quoted)) != NULL;
    }

    free(plain);

    return trace;
}


/* Whether the set that reads text has seen a private key; it takes none. */
static bool
is_private(healthcode_str_t text)
{
    bool                        taken, private;
    char                        error[96] = "";
    healthcode_keyring_t       *keyring;
    healthcode_keyring_rules_t  rules = { .algorithms.bits = ~0u };

    keyring = healthcode_keyring_new(&rules);
    fuzz_must(keyring != NULL);

    taken = healthcode_keyring_add(keyring, text, error, sizeof(error));
    private = healthcode_keyring_is_private(keyring);
    healthcode_keyring_free(keyring);

    fuzz_must(!taken || !private);
    fuzz_must(taken || error[0]);

    return private;
}


/* Behind the bytes that say how. */
size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    return mutate_json(data, HEAD, size, max, seed);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char  text[ROOM];
    size_t       len = 0, before;
    uint8_t      how = fuzz_byte(&data, &size);
    uint8_t      place = fuzz_byte(&data, &size);

    if (size > 16384) {
        return 0;
    }

    if (is_private(guard(0, data, size))) {
        fuzz_must(has_a_trace(healthcode_str_from(data, size)));
    }

    before = size * place / 256;
    append(text, &len, data, before);
    append_private(text, &len, how);
    append(text, &len, data + before, size - before);
    fuzz_must(is_private(guard(0, text, len)));

    return 0;
}
