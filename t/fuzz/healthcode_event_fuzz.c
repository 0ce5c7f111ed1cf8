/*
 * Fuzzes healthcode_event.c: a line of a log, which is read; and labels and a
 * kid of any bytes, which are written, and read back as what they are.
 * docs/monitoring/log.md.
 */

#include "fuzz.h"

#include "../../ngx_http_healthcode_module/core/healthcode_event.h"
#include "../../ngx_http_healthcode_module/core/healthcode_text.h"


#define LINE_MAX_LEN  4096
#define ROOM          (8 * LINE_MAX_LEN)

static uint64_t  memory[healthcode_json_memory(ROOM) / sizeof(uint64_t) + 1];


static bool
has_nul(healthcode_str_t text)
{
    return text.len && memchr(text.data, 0, text.len);
}


/* Whether text is UTF-8, of which each character is written as what it is. */
static bool
is_text(healthcode_str_t text)
{
    size_t  len;

    for ( ; text.len; text.data += len, text.len -= len) {
        if (healthcode_text_first(text, &len) == HEALTHCODE_TEXT_INVALID) {
            return false;
        }
    }

    return true;
}


static bool
is_same(healthcode_str_t read, healthcode_str_t written)
{
    return !is_text(written) || healthcode_str_equal(read, written);
}


static void
reads(healthcode_str_t line)
{
    healthcode_event_t          event;
    healthcode_event_verdict_e  verdict;

    if (!healthcode_event_read(line, memory, sizeof(memory), &event)) {
        return;
    }

    fuzz_must(event.time >= 0);
    fuzz_must(healthcode_event_verdict(event.verdict, &verdict));
    fuzz_must(fuzz_lies_in(event.gate, memory, sizeof(memory)));
    fuzz_must(fuzz_lies_in(event.reason, memory, sizeof(memory)));
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t              len, n;
    uint8_t            *out;
    yyjson_val         *object;
    healthcode_str_t    line, kid;
    healthcode_event_t  event, again;

    if (size == 0 || size > LINE_MAX_LEN) {
        return 0;
    }

    reads(guard(0, data, size));

    memset(&event, 0, sizeof(event));
    event.time = fuzz_byte(&data, &size) * INT64_C(100000123);
    event.verdict = healthcode_event_word(fuzz_byte(&data, &size)
                                          % HEALTHCODE_EVENT_VERDICTS);
    event.gate = fuzz_line(&data, &size);
    event.server = healthcode_str("-");
    event.issuer = fuzz_line(&data, &size);
    event.reason = healthcode_str("ok");
    event.kid = healthcode_str_from(data, size);

    len = healthcode_event_write(&event, NULL, 0);
    out = guard_room(1, len);
    fuzz_must(healthcode_event_write(&event, out, len) == len);
    line = healthcode_str_from(out, len);

    for (n = 0; n < len; n++) {
        fuzz_must(out[n] >= 0x20 && out[n] != 0x7f);
    }

    /* strict JSON has no NUL, not even as an escape */

    if (has_nul(event.gate) || has_nul(event.issuer) || has_nul(event.kid)) {
        return 0;
    }

    fuzz_must(healthcode_event_read(line, memory, sizeof(memory), &again));
    fuzz_must(again.time == event.time);
    fuzz_must(healthcode_str_equal(again.verdict, event.verdict));
    fuzz_must(is_same(again.gate, event.gate));
    fuzz_must(is_same(again.issuer, event.issuer));

    object = healthcode_json_read(line, memory, sizeof(memory));
    fuzz_must(healthcode_json_string(object, "kid", &kid) == 1);
    fuzz_must(is_same(kid, event.kid));

    return 0;
}
