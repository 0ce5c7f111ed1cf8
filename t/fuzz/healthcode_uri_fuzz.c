/*
 * Fuzzes healthcode_uri.c: a path is what another hand makes of it, segment by
 * segment, and an origin says nothing that its URI does not.
 * docs/token-format.md, "Proofs of DPoP".
 */

#include <ctype.h>

#include "fuzz.h"

#include "../../ngx_http_healthcode_module/core/healthcode_uri.h"


#define MAX  4096


/* Escapes as they should be written; with a NUL. */
static size_t
respell(healthcode_str_t text, char *out)
{
    char    hex[3] = "", c;
    size_t  n = 0;

    for (size_t i = 0; i < text.len; i++) {

        if (text.data[i] != '%' || text.len - i < 3
            || !isxdigit(text.data[i + 1]) || !isxdigit(text.data[i + 2]))
        {
            out[n++] = (char) text.data[i];
            continue;
        }

        memcpy(hex, text.data + i + 1, 2);
        c = (char) strtol(hex, NULL, 16);
        i += 2;

        if (c > 0 && (isalnum((unsigned char) c) || strchr("-._~", c))) {
            out[n++] = c;
        } else {
            n += (size_t) sprintf(out + n, "%%%02X", (unsigned char) c);
        }
    }

    out[n] = '\0';

    return n;
}


/* RFC 3986 section 5.2.4, by a stack of segments. */
static void
check_path(healthcode_str_t text)
{
    size_t             len, n = 0, end, ends[MAX + 2], top = 0;
    uint8_t           *dst;
    static char        spelled[MAX + 1], want[MAX + 2];
    healthcode_str_t   path = text;

    for (path.len = 0; path.len < text.len; path.len++) {
        if (strchr("?#", text.data[path.len]) && text.data[path.len]) {
            break;
        }
    }

    dst = guard_room(1, healthcode_uri_memory(text.len));
    len = healthcode_uri_path(text, dst);
    end = respell(path, spelled);

    for (size_t i = 0; i < path.len; i++) {
        if (path.data[i] <= ' ' || path.data[i] == 0x7f) {
            fuzz_must(len == 0);
            return;
        }
    }

    if (path.len && path.data[0] != '/') {
        fuzz_must(len == 0);
        return;
    }

    if (end == 0) {
        fuzz_must(len == 1 && dst[0] == '/');
        return;
    }

    for (char *at = spelled; *at; at += n) {

        n = 1 + strcspn(at + 1, "/");

        if ((n == 2 && at[1] == '.') || (n == 3 && !strncmp(at, "/..", 3))) {

            top -= (n == 3 && top > 0);

            if (at[n] == '\0') {
                strcpy(want + (top ? ends[top - 1] : 0), "/");
                ends[top] = (top ? ends[top - 1] : 0) + 1;
                top++;
            }

            continue;
        }

        memcpy(want + (top ? ends[top - 1] : 0), at, n);
        ends[top] = (top ? ends[top - 1] : 0) + n;
        top++;
    }

    fuzz_must(top && len == ends[top - 1] && memcmp(dst, want, len) == 0);
}


static void
check_origin(healthcode_str_t uri)
{
    size_t             len, again;
    uint8_t           *dst;
    healthcode_str_t   rest, none, origin;

    dst = guard_room(1, healthcode_uri_memory(uri.len));

    if (!healthcode_uri_origin(uri, dst, &len, &rest)) {
        return;
    }

    origin = guard(2, dst, len);
    fuzz_must(rest.data + rest.len == uri.data + uri.len);
    fuzz_must(rest.len == 0 || memchr("/?#", rest.data[0], 3));
    fuzz_must(len > 7 && len <= uri.len - rest.len);
    fuzz_must(strncmp((const char *) origin.data, "http", 4) == 0);

    for (size_t i = 0; i < len; i++) {
        fuzz_must(origin.data[i] == tolower(uri.data[i]));
        fuzz_must(isalnum(origin.data[i])
                  || memchr("-._~:/[]", origin.data[i], 8));
    }

    /* what is left out is a port that changes nothing */
    fuzz_must(len == uri.len - rest.len || uri.data[len] == ':');

    /* once is enough */
    fuzz_must(healthcode_uri_origin(origin, dst, &again, &none));
    fuzz_must(again == len && memcmp(dst, origin.data, len) == 0);
    fuzz_must(none.len == 0);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char  text[MAX + 8] = "https://";

    if (size > MAX) {
        return 0;
    }

    check_path(guard(0, data, size));
    check_origin(guard(0, data, size));

    memcpy(text + 8, data, size);
    check_origin(guard(0, text, size + 8));

    return 0;
}
