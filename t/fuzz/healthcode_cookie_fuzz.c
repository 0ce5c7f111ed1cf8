/*
 * Fuzzes healthcode_cookie.c: a Cookie header.  Which cookie counts, what is
 * left and what is masked is what another hand says that splits at ';' first.
 * docs/request-path.md, "Source".
 */

#include "fuzz.h"

#include "../../ngx_http_healthcode_module/core/healthcode_cookie.h"


#define NAME    "hc"
#define PIECES  4096


/* The bytes between two ';', without blanks around them. */
typedef struct {
    const uint8_t  *start, *end;      /* with them */
    const uint8_t  *first, *last;     /* without */
    const uint8_t  *value;            /* NULL: not of the name */
} piece_t;


static piece_t   pieces[PIECES];
static size_t    count;


static bool
is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}


static void
split(healthcode_str_t header)
{
    piece_t        *piece;
    const uint8_t  *p = header.data, *end = p + header.len;

    count = 0;

    for ( ;; ) {
        piece = &pieces[count++];
        piece->start = p;

        while (p < end && *p != ';') {
            p++;
        }

        piece->end = p;

        for (piece->first = piece->start;
             piece->first < p && is_blank(*piece->first);
             piece->first++)
        {
            /* void */
        }

        for (piece->last = p;
             piece->last > piece->first && is_blank(piece->last[-1]);
             piece->last--)
        {
            /* void */
        }

        piece->value = NULL;

        if (piece->last - piece->first >= 3
            && piece->first[0] == NAME[0] && piece->first[1] == NAME[1]
            && piece->first[2] == '=')
        {
            piece->value = piece->first + 3;
        }

        if (p++ == end) {
            return;
        }
    }
}


/* Ours: a value of an even length, or each. */
static bool
is_even(void *data, healthcode_str_t value)
{
    (void) data;

    return value.len % 2 == 0;
}


static bool
is_ours(const piece_t *piece, bool each)
{
    return piece->value != NULL
           && (each || (piece->last - piece->value) % 2 == 0);
}


static size_t
oracle_left(healthcode_str_t header, bool each, uint8_t *left)
{
    bool            chosen = false;
    size_t          n = 0;
    const uint8_t  *p;

    for (size_t i = 0; i < count; i++) {
        if (is_ours(&pieces[i], each)) {
            chosen = true;
        }
    }

    if (!chosen) {
        memcpy(left, header.data, header.len);
        return header.len;
    }

    for (size_t i = 0; i < count; i++) {

        if (is_ours(&pieces[i], each) || pieces[i].first == pieces[i].last) {
            continue;
        }

        p = pieces[i].start;

        if (n == 0) {
            p = pieces[i].first;

        } else {
            left[n++] = ';';
        }

        while (p < pieces[i].end) {
            left[n++] = *p++;
        }
    }

    return n;
}


static void
check_left(healthcode_str_t header, bool each)
{
    size_t           n, want;
    uint8_t         *room;
    static uint8_t   left[65536];

    want = oracle_left(header, each, left);

    n = healthcode_cookie_left(header, healthcode_str(NAME),
                               each ? NULL : is_even, NULL, NULL);
    fuzz_must(n == want && n <= header.len);

    room = guard_room(1, n);
    n = healthcode_cookie_left(header, healthcode_str(NAME),
                               each ? NULL : is_even, NULL, room);
    fuzz_must(n == want && (n == 0 || memcmp(room, left, n) == 0));
}


static void
check_mask(healthcode_str_t header, bool each)
{
    size_t             n = 0;
    healthcode_str_t   masked = guard(2, header.data, header.len);
    uint8_t           *room = guard_room(3, header.len);

    if (header.len > 0) {
        memcpy(room, header.data, header.len);
    }

    for (size_t i = 0; i < count; i++) {
        if (is_ours(&pieces[i], each)) {
            for (const uint8_t *p = pieces[i].value; p < pieces[i].last; p++) {
                room[p - header.data] = '*';
                n++;
            }
        }
    }

    fuzz_must(healthcode_cookie_mask((uint8_t *) masked.data, masked.len,
                                     healthcode_str(NAME),
                                     each ? NULL : is_even, NULL) == n);
    fuzz_must(healthcode_str_equal(masked,
                                   healthcode_str_from(room, header.len)));
}


static void
check_find(healthcode_str_t header, const healthcode_source_t *source)
{
    healthcode_str_t      code = healthcode_str("before"), want, value;
    healthcode_pattern_e  found, wanted = HEALTHCODE_PATTERN_NO_MATCH;

    want = code;

    for (size_t i = 0;
         i < count && wanted == HEALTHCODE_PATTERN_NO_MATCH;
         i++)
    {
        if (pieces[i].value != NULL) {
            value = healthcode_str_from(pieces[i].value,
                        (size_t) (pieces[i].last - pieces[i].value));
            wanted = healthcode_source_match(source, value, &want);
        }
    }

    found = healthcode_cookie_find(header, source, &code);

    fuzz_must(found == wanted);
    fuzz_must(code.data == want.data && code.len == want.len);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char                          error[256];
    healthcode_str_t              header;
    healthcode_source_t           whole = { healthcode_str(NAME), NULL, false };
    healthcode_source_t           part = whole;
    static healthcode_pattern_t  *pattern;

    if (pattern == NULL) {
        pattern = healthcode_pattern_create(healthcode_str("^v1:(.*)$"), error,
                                            sizeof(error));
    }

    if (size >= PIECES) {
        return 0;
    }

    part.pattern = pattern;

    header = guard(0, data, size);
    split(header);

    for (int each = 0; each < 2; each++) {
        check_left(header, each);
        check_mask(header, each);
    }

    check_find(header, &whole);
    check_find(header, &part);

    return 0;
}
