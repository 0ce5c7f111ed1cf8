/*
 * Fuzzes healthcode_raw.c: a text of any kind.  What is found is what another
 * hand finds byte by byte, and what is left is the text without these bytes.
 * docs/request-path.md, "Bodies".
 */

#include "fuzz.h"

#include "../../ngx_http_healthcode_module/core/healthcode_raw.h"


#define SOURCES  2
#define MAX      4096


static healthcode_source_t  sources[SOURCES];


static void
set_up(void)
{
    char         error[256];
    const char  *patterns[SOURCES] = {
        "(?:^|\\t)cardno=([^\\t\\r\\n]*)", "\"qr\":\"([^\"]*)\""
    };

    for (size_t i = 0; i < SOURCES && sources[i].pattern == NULL; i++) {
        sources[i].pattern = healthcode_pattern_create(
            healthcode_str_from(patterns[i], strlen(patterns[i])), error,
            sizeof(error));
        fuzz_must(sources[i].pattern != NULL);
    }
}


static bool
begins(healthcode_str_t text, size_t at, const char *word)
{
    size_t  len = strlen(word);

    return text.len - at >= len && memcmp(text.data + at, word, len) == 0;
}


/* The next field "cardno", from *at on: where its value begins and ends. */
static bool
next_field(healthcode_str_t text, size_t *at, size_t *start, size_t *end)
{
    size_t  i;

    for (i = *at; i < text.len; i++) {
        if ((i == 0 && begins(text, i, "cardno="))
            || begins(text, i, "\tcardno="))
        {
            break;
        }
    }

    if (i == text.len) {
        return false;
    }

    *start = *end = i + (text.data[i] == '\t') + strlen("cardno=");

    while (*end < text.len && memchr("\t\r\n", text.data[*end], 3) == NULL) {
        (*end)++;
    }

    *at = *end;
    return true;
}


/* Likewise the next "qr", which ends with a quote; that may begin the next. */
static bool
next_quoted(healthcode_str_t text, size_t *at, size_t *start, size_t *end)
{
    const uint8_t  *quote;

    for (size_t i = *at; i < text.len; i++) {
        if (!begins(text, i, "\"qr\":\"")) {
            continue;
        }

        *start = i + strlen("\"qr\":\"");
        quote = (*start < text.len)
                ? memchr(text.data + *start, '"', text.len - *start) : NULL;

        if (quote == NULL) {
            return false;
        }

        *end = (size_t) (quote - text.data);
        *at = *end;
        return true;
    }

    return false;
}


static bool
is_code(healthcode_str_t text, size_t start, size_t end)
{
    while (start < end && text.data[start] == '*') {
        start++;
    }

    return start < end;
}


/* Marks the bytes that codes are, and counts codes; SIZE_MAX: too many. */
static size_t
expect(healthcode_str_t text, bool *marks)
{
    bool    is_there;
    size_t  n = 0, at, start = 0, end = 0, places;

    for (size_t i = 0; i < SOURCES; i++) {
        at = places = 0;

        for ( ;; ) {
            is_there = i ? next_quoted(text, &at, &start, &end)
                         : next_field(text, &at, &start, &end);
            if (!is_there) {
                break;
            }

            if (++places > HEALTHCODE_RAW_PLACES) {
                return SIZE_MAX;
            }

            if (is_code(text, start, end)) {
                memset(marks + start, 1, end - start);
                n++;
            }
        }
    }

    return n;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t             n, len, want;
    uint8_t           *room;
    static bool        marks[MAX];
    healthcode_str_t   text;
    healthcode_cut_t   found[SOURCES * HEALTHCODE_RAW_PLACES];

    if (size > MAX) {
        return 0;
    }

    set_up();
    text = guard(0, data, size);
    memset(marks, 0, sizeof(marks));

    want = expect(text, marks);
    n = healthcode_raw_find(sources, SOURCES, text, found);
    len = healthcode_cut_left(text, found, n, NULL);
    room = guard_room(1, len);
    fuzz_must(healthcode_cut_left(text, found, n, room) == len);

    if (n == 1 && found[0].found == HEALTHCODE_PATTERN_ERROR) {
        fuzz_must(want == SIZE_MAX && len == 0);
        return 0;
    }

    fuzz_must(n == want);

    for (size_t i = 0; i < n; i++) {
        fuzz_must(found[i].found == HEALTHCODE_PATTERN_MATCH);
        fuzz_must(found[i].code.data == text.data + found[i].start
                  && found[i].code.len == found[i].end - found[i].start);
    }

    for (size_t i = 0; i < size; i++) {
        if (!marks[i]) {
            fuzz_must(len > 0 && *room == text.data[i]);
            room++;
            len--;
        }
    }

    fuzz_must(len == 0);

    return 0;
}
