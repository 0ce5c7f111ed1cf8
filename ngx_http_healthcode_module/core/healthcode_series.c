/*
 * The name of a counter: what it counts, and the values of its labels, as bytes
 * for healthcode_counters.h, and read back.
 * Knows no: nginx, memory, request.  docs/monitoring/metrics.md.
 */

#include "healthcode_series.h"
#include "healthcode_text.h"


size_t
healthcode_series_value(healthcode_str_t text, uint8_t *out, size_t max)
{
    size_t             len, n = 0;
    const uint8_t     *from;
    healthcode_text_e  kind;

    if (text.len == 0) {
        text = healthcode_str("-");
    }

    while (text.len) {

        kind = healthcode_text_first(text, &len);
        from = text.data;

        text.data += len;
        text.len -= len;

        if (kind != HEALTHCODE_TEXT_SHOWN && kind != HEALTHCODE_TEXT_BLANK) {
            from = (const uint8_t *) "?";
            len = 1;
        }

        if (len > max - n) {
            break;
        }

        memcpy(out + n, from, len);
        n += len;
    }

    return n;
}


size_t
healthcode_series_write(const healthcode_series_t *series,
    uint8_t name[HEALTHCODE_COUNTERS_NAME])
{
    size_t  n = 1;

    for (unsigned i = 0; i < series->n; i++) {
        n += 1 + series->values[i].len;
    }

    if (n > HEALTHCODE_COUNTERS_NAME) {
        return 0;
    }

    *name++ = (uint8_t) series->what;

    for (unsigned i = 0; i < series->n; i++) {
        *name++ = (uint8_t) series->values[i].len;

        for (size_t k = 0; k < series->values[i].len; k++) {
            *name++ = series->values[i].data[k];
        }
    }

    return n;
}


bool
healthcode_series_read(healthcode_str_t name, healthcode_series_t *series)
{
    size_t               len;
    healthcode_series_t  found = { .n = 0 };

    if (name.len == 0) {
        return false;
    }

    found.what = (healthcode_series_e) name.data[0];
    name.data++;
    name.len--;

    while (name.len) {

        len = name.data[0];

        if (len >= name.len || found.n == HEALTHCODE_SERIES_LABELS) {
            return false;
        }

        found.values[found.n++] = healthcode_str_from(name.data + 1, len);
        name.data += 1 + len;
        name.len -= 1 + len;
    }

    *series = found;

    return true;
}
