/*
 * Fuzzes healthcode_temperature.c: values, each behind its length.  What they
 * come to is what a list of all readings says, also within JSON.
 * docs/directives.md, "healthcode_temperature".
 */

#include <stdio.h>

#include "fuzz.h"

#include <stdalign.h>

#include "../../ngx_http_healthcode_module/core/healthcode_temperature.h"


/* The tenths that value is written for, or 0. */
static unsigned
oracle(healthcode_str_t value)
{
    char      text[16];
    unsigned  tenths;

    for (tenths = 300; tenths <= 450; tenths++) {

        (void) snprintf(text, sizeof(text), "%u.%u", tenths / 10, tenths % 10);

        if (value.len == 4 && memcmp(value.data, text, 4) == 0) {
            return tenths;
        }

        text[2] = ',';

        if (value.len == 4 && memcmp(value.data, text, 4) == 0) {
            return tenths;
        }

        if (value.len == 2 && tenths % 10 == 0
            && memcmp(value.data, text, 2) == 0)
        {
            return tenths;
        }
    }

    return 0;
}


/* What value comes to in JSON, between a colon and end. */
static healthcode_temperature_t
in_json(const char *colon, healthcode_str_t value, const char *end)
{
    static alignas(16) uint8_t  memory[healthcode_json_memory(16)];

    char                       text[16];
    size_t                     len;
    healthcode_temperature_t   shown = { 0, false };

    len = (size_t) snprintf(text, sizeof(text), "{\"t\"%s", colon);
    memcpy(text + len, value.data, value.len);
    len += value.len;
    memcpy(text + len, end, strlen(end));
    len += strlen(end);

    healthcode_temperature_add_json(&shown, healthcode_str("/t"),
                                    guard(1, text, len), memory,
                                    sizeof(memory));

    return shown;
}


/* value without the blanks of JSON around it, and then without quotes. */
static healthcode_str_t
trim(healthcode_str_t value)
{
    const char  *blanks = " \t\r\n";

    while (value.len && memchr(blanks, value.data[0], 4)) {
        value = healthcode_str_from(value.data + 1, value.len - 1);
    }

    while (value.len && memchr(blanks, value.data[value.len - 1], 4)) {
        value.len--;
    }

    return (value.len >= 2 && value.data[0] == '"'
            && value.data[value.len - 1] == '"')
           ? healthcode_str_from(value.data + 1, value.len - 2) : value;
}


static void
check_json(healthcode_str_t value)
{
    unsigned                  wanted = oracle(value);
    healthcode_temperature_t  shown;

    shown = in_json(":\"", value, "\"}");
    fuzz_must(shown.tenths == wanted);
    fuzz_must(shown.is_shown || wanted == 0);

    shown = in_json(":", value, "}");
    fuzz_must(shown.tenths == 0 || shown.tenths == oracle(trim(value)));

    if (wanted && memchr(value.data, ',', value.len) == NULL) {
        fuzz_must(shown.tenths == wanted);
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t                     len;
    unsigned                   max = 300 + fuzz_byte(&data, &size) % 151u;
    unsigned                   tenths, wanted, all = 0, n = 0;
    healthcode_str_t           value;
    healthcode_reason_e        reason;
    healthcode_temperature_t   shown = { 0, false };

    for ( /* void */ ; size > 0; n++) {

        len = fuzz_byte(&data, &size) % 6u;
        len = (len < size) ? len : size;
        value = guard(0, data, len);
        data += len;
        size -= len;

        tenths = 7;
        wanted = oracle(value);

        fuzz_must(healthcode_temperature_read(value, &tenths)
                  == (wanted != 0));
        fuzz_must(tenths == (wanted ? wanted : 7));

        check_json(value);

        healthcode_temperature_add(&shown, value);
        all = (n == 0 || all == wanted) ? wanted : 0;

        fuzz_must(shown.is_shown && shown.tenths == all);
    }

    reason = healthcode_temperature_judge(&shown, max);

    fuzz_must((reason == HEALTHCODE_REASON_OK) == (all != 0 && all <= max));
    fuzz_must((reason == HEALTHCODE_REASON_TEMPERATURE) == (all > max));

    return 0;
}
