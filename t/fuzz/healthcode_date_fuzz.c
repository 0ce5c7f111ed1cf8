/*
 * Fuzzes healthcode_date.c: text that may be a date.  What is read lies in its
 * years and can be written; what is not read changes nothing.
 * docs/operations.md, "Times".
 */

#include "fuzz.h"

#include "../../ngx_http_healthcode_module/core/healthcode_date.h"


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char              *text;
    int64_t            seconds = -7, again = -7;
    healthcode_str_t   date;

    if (size > 4096) {
        return 0;
    }

    date = guard(0, data, size);
    text = (char *) guard_room(1, HEALTHCODE_DATE_IMF_LEN + 1);

    if (!healthcode_date_parse(date, &seconds)) {
        fuzz_must(seconds == -7);
        return 0;
    }

    fuzz_must(seconds >= 0 && seconds <= HEALTHCODE_DATE_MAX);
    fuzz_must(date.len == 10 || date.len >= 20);
    fuzz_must(healthcode_date_parse(date, &again) && again == seconds);
    fuzz_must(healthcode_date_format(seconds, text));
    fuzz_must(strlen(text) == HEALTHCODE_DATE_IMF_LEN);
    fuzz_must(memcmp(text + 25, " GMT", 4) == 0);

    /* a date alone is the first second of its day */
    if (date.len == 10) {
        fuzz_must(seconds % 86400 == 0);
        fuzz_must(memcmp(text + 17, "00:00:00", 8) == 0);
        fuzz_must(memcmp(text + 12, date.data, 4) == 0);
    }

    return 0;
}
