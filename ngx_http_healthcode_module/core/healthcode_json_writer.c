/*
 * Writes JSON, RFC 8259: values of objects and arrays, with the commas between
 * them.
 * Knows no: clock, nginx, memory, request.
 * docs/directives.md, "healthcode_status".
 */

#include "healthcode_json_writer.h"
#include "healthcode_text.h"


static void healthcode_json_writer_begin(healthcode_json_writer_t *json);
static void healthcode_json_writer_escape(healthcode_sink_t *sink,
    uint8_t byte);


void
healthcode_json_writer_open(healthcode_json_writer_t *json, char bracket)
{
    healthcode_json_writer_begin(json);
    healthcode_sink_byte(json->sink, (uint8_t) bracket);

    json->more = false;
}


void
healthcode_json_writer_close(healthcode_json_writer_t *json, char bracket)
{
    healthcode_sink_byte(json->sink, (uint8_t) bracket);

    json->more = true;
}


static void
healthcode_json_writer_begin(healthcode_json_writer_t *json)
{
    if (json->more) {
        healthcode_sink_byte(json->sink, ',');
    }

    json->more = true;
}


void
healthcode_json_writer_line(healthcode_json_writer_t *json)
{
    healthcode_json_writer_begin(json);
    healthcode_sink_byte(json->sink, '\n');

    json->more = false;
}


void
healthcode_json_writer_name(healthcode_json_writer_t *json, const char *name)
{
    healthcode_json_writer_name_of(json,
                                   healthcode_str_from(name, strlen(name)));
}


void
healthcode_json_writer_name_of(healthcode_json_writer_t *json,
    healthcode_str_t name)
{
    healthcode_json_writer_begin(json);
    healthcode_sink_byte(json->sink, '"');
    healthcode_sink_bytes(json->sink, name);
    healthcode_sink_string(json->sink, "\":");

    json->more = false;
}


void
healthcode_json_writer_string(healthcode_json_writer_t *json,
    healthcode_str_t string)
{
    healthcode_json_writer_begin(json);
    healthcode_sink_byte(json->sink, '"');
    healthcode_json_writer_text(json->sink, string);
    healthcode_sink_byte(json->sink, '"');
}


void
healthcode_json_writer_text(healthcode_sink_t *sink, healthcode_str_t string)
{
    size_t             len;
    healthcode_text_e  kind;

    while (string.len) {

        kind = healthcode_text_first(string, &len);

        if (kind == HEALTHCODE_TEXT_INVALID) {
            healthcode_sink_string(sink, "\\ufffd");

        } else if (len == 1) {
            healthcode_json_writer_escape(sink, string.data[0]);

        } else {
            healthcode_sink_bytes(sink, healthcode_str_from(string.data, len));
        }

        string.data += len;
        string.len -= len;
    }
}


/* A character of ASCII, as it is or as an escape. */
static void
healthcode_json_writer_escape(healthcode_sink_t *sink, uint8_t byte)
{
    static const char  digits[] = "0123456789abcdef";

    if (byte == '"' || byte == '\\') {
        healthcode_sink_byte(sink, '\\');
        healthcode_sink_byte(sink, byte);

    } else if (byte < ' ' || byte == 0x7f) {
        healthcode_sink_string(sink, "\\u00");
        healthcode_sink_byte(sink, (uint8_t) digits[byte >> 4]);
        healthcode_sink_byte(sink, (uint8_t) digits[byte & 15]);

    } else {
        healthcode_sink_byte(sink, byte);
    }
}


void
healthcode_json_writer_number(healthcode_json_writer_t *json, uint64_t number)
{
    healthcode_json_writer_begin(json);
    healthcode_sink_number(json->sink, number);
}


void
healthcode_json_writer_signed(healthcode_json_writer_t *json, int64_t number)
{
    healthcode_json_writer_begin(json);

    if (number < 0) {
        healthcode_sink_byte(json->sink, '-');
    }

    healthcode_sink_number(json->sink, number < 0 ? -(uint64_t) number
                                                      : (uint64_t) number);
}


void
healthcode_json_writer_seconds(healthcode_json_writer_t *json, uint64_t us)
{
    healthcode_json_writer_begin(json);
    healthcode_sink_seconds(json->sink, us);
}


void
healthcode_json_writer_member(healthcode_json_writer_t *json, const char *name,
    uint64_t number)
{
    healthcode_json_writer_name(json, name);
    healthcode_json_writer_number(json, number);
}


void
healthcode_json_writer_known(healthcode_json_writer_t *json, const char *name,
    bool is_known, uint64_t number)
{
    healthcode_json_writer_name(json, name);

    if (is_known) {
        healthcode_json_writer_number(json, number);

    } else {
        healthcode_json_writer_word(json, healthcode_str("null"));
    }
}


void
healthcode_json_writer_word(healthcode_json_writer_t *json,
    healthcode_str_t word)
{
    healthcode_json_writer_begin(json);
    healthcode_sink_bytes(json->sink, word);
}
