/*
 * Text that grows up to a size, which the caller owns: what does not fit is
 * counted, and not written.
 * Knows no: clock, nginx, memory, request.  docs/monitoring/metrics.md.
 */

#include "healthcode_sink.h"


static void healthcode_sink_fraction(healthcode_sink_t *sink, uint64_t number,
    uint64_t unit);


void
healthcode_sink_byte(healthcode_sink_t *sink, uint8_t byte)
{
    if (sink->len < sink->size) {
        sink->data[sink->len] = byte;
    }

    sink->len++;
}


void
healthcode_sink_bytes(healthcode_sink_t *sink, healthcode_str_t bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        healthcode_sink_byte(sink, bytes.data[i]);
    }
}


void
healthcode_sink_string(healthcode_sink_t *sink, const char *string)
{
    while (*string) {
        healthcode_sink_byte(sink, (uint8_t) *string++);
    }
}


void
healthcode_sink_number(healthcode_sink_t *sink, uint64_t number)
{
    char    digits[sizeof("18446744073709551615")];
    size_t  i = sizeof(digits) - 1;

    digits[i] = '\0';

    do {
        digits[--i] = (char) ('0' + number % 10);
        number /= 10;
    } while (number);

    healthcode_sink_string(sink, digits + i);
}


void
healthcode_sink_seconds(healthcode_sink_t *sink, uint64_t us)
{
    healthcode_sink_fraction(sink, us, 1000000);
}


void
healthcode_sink_milliseconds(healthcode_sink_t *sink, int64_t ms)
{
    if (ms < 0) {
        healthcode_sink_byte(sink, '-');
    }

    healthcode_sink_fraction(sink, ms < 0 ? -(uint64_t) ms : (uint64_t) ms,
                             1000);
}


/* number / unit, with as many digits behind the point as unit has zeros. */
static void
healthcode_sink_fraction(healthcode_sink_t *sink, uint64_t number,
    uint64_t unit)
{
    healthcode_sink_number(sink, number / unit);
    healthcode_sink_byte(sink, '.');

    while (unit > 1) {
        number %= unit;
        unit /= 10;
        healthcode_sink_byte(sink, (uint8_t) ('0' + number / unit));
    }
}
