/*
 * Fuzzes healthcode_markup.c: a page of any bytes, and a value of any bytes in
 * it.  Wherever a value may stand, all that comes behind it stands where it
 * would stand without.
 * docs/pages.md, "Variables".
 */

#include "fuzz.h"

#include "../../ngx_http_healthcode_module/core/healthcode_markup.h"
#include "../../ngx_http_healthcode_module/core/healthcode_quote.h"


/* As it stands in a page, in a slot of the guard. */
static healthcode_str_t
escape(healthcode_str_t value)
{
    healthcode_sink_t  sink = { NULL, 0, 0 };

    healthcode_quote(&sink, HEALTHCODE_QUOTE_HTML, value);
    sink.size = sink.len;
    sink.data = guard_room(1, sink.size);
    sink.len = 0;
    healthcode_quote(&sink, HEALTHCODE_QUOTE_HTML, value);

    return healthcode_str_from(sink.data, sink.len);
}


static bool
may_stand(healthcode_markup_e place)
{
    return place == HEALTHCODE_MARKUP_TEXT || place == HEALTHCODE_MARKUP_VALUE;
}


/* From byte i on of the page, with the value before it and without. */
static void
follow(healthcode_markup_t with, healthcode_markup_t without,
    healthcode_str_t page, size_t i)
{
    for ( /* void */ ; i < page.len; i++) {
        healthcode_str_t  byte = { page.data + i, 1 };

        fuzz_must(healthcode_markup_place(&with)
                  == healthcode_markup_place(&without));

        healthcode_markup_read(&with, byte);
        healthcode_markup_read(&without, byte);
    }

    fuzz_must(healthcode_markup_place(&with)
              == healthcode_markup_place(&without));
}


/* The first line is the value. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    healthcode_str_t     value, page;
    healthcode_markup_t  without = { 0 }, with;

    if (size > GUARD_ROOM / 16) {
        return 0;
    }

    value = escape(fuzz_line(&data, &size));

    if (size > 512) {
        size = 512;
    }

    page = healthcode_str_from(memcpy(guard_room(0, size), data, size), size);

    for (size_t i = 0; i <= page.len; i++) {

        if (may_stand(healthcode_markup_place(&without))) {

            with = without;
            healthcode_markup_read(&with, value);

            follow(with, without, page, i);
        }

        if (i < page.len) {
            healthcode_str_t  byte = { page.data + i, 1 };

            healthcode_markup_read(&without, byte);
        }
    }

    return 0;
}
