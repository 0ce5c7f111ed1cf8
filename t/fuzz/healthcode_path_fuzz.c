/*
 * Fuzzes healthcode_path.c: a line with a path as nginx has made it, and the
 * target that came.  What is masked is what another hand says that decodes the
 * target with a map.  docs/request-path.md, "Source".
 */

#include "fuzz.h"

#include "../../ngx_http_healthcode_module/core/healthcode_path.h"


#define SOURCES  2
#define MAX      4096


static healthcode_source_t  sources[SOURCES];
static size_t               map[MAX + 1];   /* where a decoded byte was */


static void
set_up(void)
{
    char         error[256];
    const char  *patterns[SOURCES] = { "^/e/([^/]+)", "/c=(.*)$" };

    for (size_t i = 0; i < SOURCES && sources[i].pattern == NULL; i++) {
        sources[i].pattern = healthcode_pattern_create(
            healthcode_str_from(patterns[i], strlen(patterns[i])), error,
            sizeof(error));
        fuzz_must(sources[i].pattern != NULL);
    }
}


static int
digit(uint8_t c)
{
    const char  *digits = "0123456789abcdef0123456789ABCDEF", *p;

    p = c ? strchr(digits, c) : NULL;

    return p ? (int) ((p - digits) % 16) : -1;
}


/* The path of the target, decoded; map says where each byte was. */
static size_t
decode(healthcode_str_t target, size_t *begin, uint8_t *out)
{
    size_t           end, i, n = 0;
    const uint8_t   *p = target.data;

    for (end = 0; end < target.len && p[end] != '?' && p[end] != '#'; end++) {
        /* void */
    }

    i = 0;

    if (end && p[0] != '/') {
        while (i < end && p[i] != '/') { i++; }

        if (i + 1 < end && p[i + 1] == '/') {
            i += 2;
        }

        while (i < end && p[i] != '/') { i++; }
    }

    for (*begin = i; i < end; n++) {
        map[n] = i;
        out[n] = p[i];

        if (p[i] == '%' && i + 2 < end && digit(p[i + 1]) >= 0
            && digit(p[i + 2]) >= 0)
        {
            out[n] = (uint8_t) (16 * digit(p[i + 1]) + digit(p[i + 2]));
            i += 2;
        }

        i++;
    }

    map[n] = i;

    return n;
}


static healthcode_path_e
oracle(healthcode_str_t path, healthcode_str_t target, uint8_t *want)
{
    size_t                 begin, n, at;
    healthcode_str_t       came, code, known;
    static uint8_t         plain[MAX];
    healthcode_path_e      result = HEALTHCODE_PATH_NOTHING;
    healthcode_pattern_e   found;

    n = decode(target, &begin, plain);
    came = healthcode_str_from(plain, n);

    for (size_t i = 0; n && i < SOURCES; i++) {
        code = known = healthcode_str_from(NULL, 0);
        found = healthcode_source_match(&sources[i], came, &code);

        if (path.data != NULL) {
            (void) healthcode_source_match(&sources[i], path, &known);

            if (known.len && !healthcode_str_equal(known, code)) {
                memset(want + begin + 1, '*', map[n] - begin - 1);
                return HEALTHCODE_PATH_WHOLE;
            }
        }

        if (found == HEALTHCODE_PATTERN_MATCH) {
            at = (size_t) (code.data - plain);
            memset(want + map[at], '*', map[at + code.len] - map[at]);
            result = HEALTHCODE_PATH_CODE;
        }
    }

    return result;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    healthcode_str_t    line, path, target, masked, code;
    static uint8_t      want[MAX];

    if (size > MAX) {
        return 0;
    }

    set_up();
    line = fuzz_line(&data, &size);
    target = guard(0, data, size);

    if (size) {
        memcpy(want, data, size);
    }

    path = line.len ? guard(3, line.data, line.len)
                    : healthcode_str_from(NULL, 0);
    masked = guard(1, data, size);

    fuzz_must(healthcode_path_mask(sources, SOURCES, path, target,
                                   guard_room(2, size),
                                   (uint8_t *) (uintptr_t) masked.data)
              == oracle(path, target, want));
    fuzz_must(healthcode_str_equal(masked, healthcode_str_from(want, size)));

    /* a decoded path in which codes are hidden carries none */
    masked = guard(1, data, size);
    (void) healthcode_path_hide(sources, 1, target,
                                (uint8_t *) (uintptr_t) masked.data);
    fuzz_must(healthcode_source_match(&sources[0], masked, &code)
              == HEALTHCODE_PATTERN_NO_MATCH);

    return 0;
}
