/*
 * A body temperature as readers write it: "36", "36.5" or "36,5", in degrees
 * Celsius.  What is not one is never a normal one.
 * Knows no: nginx, token, request, header.
 * docs/directives.md, "healthcode_temperature".
 */

#include "healthcode_temperature.h"


static bool healthcode_temperature_digit(uint8_t c, unsigned *tenths);


bool
healthcode_temperature_read(healthcode_str_t text, unsigned *tenths)
{
    unsigned  read = 0;

    if ((text.len != 2 && text.len != 4)
        || !healthcode_temperature_digit(text.data[0], &read)
        || !healthcode_temperature_digit(text.data[1], &read))
    {
        return false;
    }

    if (text.len == 2) {
        read *= 10;

    } else if ((text.data[2] != '.' && text.data[2] != ',')
               || !healthcode_temperature_digit(text.data[3], &read))
    {
        return false;
    }

    if (read < HEALTHCODE_TEMPERATURE_LOWEST
        || read > HEALTHCODE_TEMPERATURE_HIGHEST)
    {
        return false;
    }

    *tenths = read;

    return true;
}


static bool
healthcode_temperature_digit(uint8_t c, unsigned *tenths)
{
    if (c < '0' || c > '9') {
        return false;
    }

    *tenths = *tenths * 10 + (c - '0');

    return true;
}


void
healthcode_temperature_add(healthcode_temperature_t *shown,
    healthcode_str_t value)
{
    unsigned  tenths = 0;

    (void) healthcode_temperature_read(value, &tenths);

    if (!shown->is_shown) {
        shown->is_shown = true;
        shown->tenths = tenths;

    } else if (shown->tenths != tenths) {
        shown->tenths = 0;
    }
}


void
healthcode_temperature_add_json(healthcode_temperature_t *shown,
    healthcode_str_t pointer, healthcode_str_t text, void *memory, size_t size)
{
    yyjson_val        *root, *value;
    healthcode_str_t   written = { NULL, 0 };

    /* a double would take 36.50000000000000001 for 36.5 */

    root = healthcode_json_read_written(text, memory, size);

    if (root == NULL) {

        if (healthcode_json_is_loose(text, memory, size)) {
            healthcode_temperature_add(shown, written);
        }

        return;
    }

    value = healthcode_json_at(root, pointer);
    written = healthcode_json_written(value);

    if (value == NULL || yyjson_is_null(value)
        || (yyjson_is_str(value) && written.len == 0))
    {
        return;
    }

    healthcode_temperature_add(shown, written);
}


healthcode_reason_e
healthcode_temperature_judge(const healthcode_temperature_t *shown,
    unsigned max)
{
    if (shown->tenths == 0) {
        return HEALTHCODE_REASON_TEMPERATURE_MISSING;
    }

    return (shown->tenths > max) ? HEALTHCODE_REASON_TEMPERATURE
                                 : HEALTHCODE_REASON_OK;
}
