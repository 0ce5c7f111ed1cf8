/*
 * What a variable says inside a text of a certain kind: escaped, so that it is
 * one value there and cannot begin another.
 * Knows no: clock, nginx, memory, request.
 * docs/directives.md, "healthcode_reply".
 */

#include "healthcode_quote.h"
#include "healthcode_json.h"
#include "healthcode_json_writer.h"
#include "healthcode_text.h"


static bool healthcode_quote_is_type(healthcode_str_t type, const char *name);
static bool healthcode_quote_has_suffix(healthcode_str_t type,
    const char *suffix);
static bool healthcode_quote_is_script(healthcode_str_t type);
static void healthcode_quote_plain(healthcode_sink_t *sink,
    healthcode_str_t value);
static bool healthcode_quote_is_at(healthcode_str_t value, size_t at,
    const char *text);
static void healthcode_quote_form(healthcode_sink_t *sink,
    healthcode_str_t value);
static void healthcode_quote_html(healthcode_sink_t *sink,
    healthcode_str_t value);
static void healthcode_quote_html_character(healthcode_sink_t *sink,
    uint8_t byte);
static void healthcode_quote_json(healthcode_sink_t *sink,
    healthcode_str_t value);
static void healthcode_quote_json_value(healthcode_sink_t *sink,
    healthcode_str_t value);


healthcode_quote_e
healthcode_quote_of(healthcode_str_t type)
{
    size_t  len = 0;

    while (len < type.len && type.data[len] != ';' && type.data[len] != ' '
           && type.data[len] != '\t')
    {
        len++;
    }

    type.len = len;

    /* also "x-json" and "x-ndjson", which have no "+" */

    if (healthcode_quote_has_suffix(type, "json")) {
        return HEALTHCODE_QUOTE_JSON;
    }

    if (healthcode_quote_is_script(type)) {
        return HEALTHCODE_QUOTE_NEVER;
    }

    if (healthcode_quote_is_type(type, "application/x-www-form-urlencoded")) {
        return HEALTHCODE_QUOTE_FORM;
    }

    return (healthcode_quote_is_type(type, "text/html")
            || healthcode_quote_is_type(type, "text/xml")
            || healthcode_quote_is_type(type, "application/xml")
            || healthcode_quote_has_suffix(type, "+xml"))
           ? HEALTHCODE_QUOTE_HTML : HEALTHCODE_QUOTE_PLAIN;
}


static bool
healthcode_quote_is_type(healthcode_str_t type, const char *name)
{
    return healthcode_str_equal_nocase(type, healthcode_str_from(name,
                                                               strlen(name)));
}


/* RFC 9239 section 6, "text/javascript1.5" among them. */
static bool
healthcode_quote_is_script(healthcode_str_t type)
{
    healthcode_str_t  rest;

    static const char *const  names[] = {
        "javascript", "ecmascript", "jscript", "livescript"
    };

    for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++) {

        rest = type;

        while (rest.len >= strlen(names[n])) {

            if (healthcode_quote_is_type(healthcode_str_from(rest.data,
                                                             strlen(names[n])),
                                         names[n]))
            {
                return true;
            }

            rest.data++;
            rest.len--;
        }
    }

    return false;
}


static bool
healthcode_quote_has_suffix(healthcode_str_t type, const char *suffix)
{
    size_t  len = strlen(suffix);

    if (type.len < len) {
        return false;
    }

    type.data += type.len - len;
    type.len = len;

    return healthcode_quote_is_type(type, suffix);
}


void
healthcode_quote(healthcode_sink_t *sink, healthcode_quote_e escape,
    healthcode_str_t value)
{
    switch (escape) {

    case HEALTHCODE_QUOTE_FORM:
        healthcode_quote_form(sink, value);
        break;

    case HEALTHCODE_QUOTE_HTML:
        healthcode_quote_html(sink, value);
        break;

    case HEALTHCODE_QUOTE_JSON:
        healthcode_quote_json(sink, value);
        break;

    case HEALTHCODE_QUOTE_JSON_VALUE:
        healthcode_quote_json_value(sink, value);
        break;

    case HEALTHCODE_QUOTE_PLAIN:
        healthcode_quote_plain(sink, value);
        break;

    default: /* HEALTHCODE_QUOTE_NEVER */
        break;
    }
}


/*
 * A line may be a field of whoever reads it, so no value begins another; nor a
 * command of nginx's SSI, "<!--#", of which it may have the end.
 */
static void
healthcode_quote_plain(healthcode_sink_t *sink, healthcode_str_t value)
{
    for (size_t i = 0; i < value.len; i++) {
        if (value.data[i] < ' ' || value.data[i] == 0x7f
            || healthcode_quote_is_at(value, i, "<!")
            || healthcode_quote_is_at(value, i, "!--"))
        {
            return;
        }
    }

    healthcode_sink_bytes(sink, value);
}


static bool
healthcode_quote_is_at(healthcode_str_t value, size_t at, const char *text)
{
    size_t  len = strlen(text);

    return value.len - at >= len && memcmp(value.data + at, text, len) == 0;
}


static void
healthcode_quote_form(healthcode_sink_t *sink, healthcode_str_t value)
{
    uint8_t  byte;

    static const char  digits[] = "0123456789ABCDEF";

    for (size_t i = 0; i < value.len; i++) {

        byte = value.data[i];

        if ((byte >= '0' && byte <= '9')
            || ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z')
            || byte == '-' || byte == '.' || byte == '_' || byte == '~')
        {
            healthcode_sink_byte(sink, byte);

        } else {
            healthcode_sink_byte(sink, '%');
            healthcode_sink_byte(sink, (uint8_t) digits[byte >> 4]);
            healthcode_sink_byte(sink, (uint8_t) digits[byte & 15]);
        }
    }
}


/* What XML and HTML may not have is U+FFFD, in ASCII, whatever the charset. */
static void
healthcode_quote_html(healthcode_sink_t *sink, healthcode_str_t value)
{
    size_t             len;
    healthcode_text_e  kind;

    while (value.len) {

        kind = healthcode_text_first(value, &len);

        if (kind == HEALTHCODE_TEXT_INVALID) {
            healthcode_sink_string(sink, "&#xfffd;");

        } else if (len == 1) {
            healthcode_quote_html_character(sink, value.data[0]);

        } else {
            healthcode_sink_bytes(sink, healthcode_str_from(value.data, len));
        }

        value.data += len;
        value.len -= len;
    }
}


static void
healthcode_quote_html_character(healthcode_sink_t *sink, uint8_t byte)
{
    switch (byte) {

    case '&':
        healthcode_sink_string(sink, "&amp;");
        break;

    case '<':
        healthcode_sink_string(sink, "&lt;");
        break;

    case '>':
        healthcode_sink_string(sink, "&gt;");
        break;

    case '"':
        healthcode_sink_string(sink, "&quot;");
        break;

    case '\'':
        healthcode_sink_string(sink, "&#39;");
        break;

    default:

        if (byte < ' ' && byte != '\t' && byte != '\r' && byte != '\n') {
            healthcode_sink_string(sink, "&#xfffd;");
        } else {
            healthcode_sink_byte(sink, byte);
        }
    }
}


/* "<" would begin a command of nginx's SSI, or a tag where JSON is in HTML. */
static void
healthcode_quote_json(healthcode_sink_t *sink, healthcode_str_t value)
{
    size_t  len;

    while (value.len) {

        for (len = 0; len < value.len && value.data[len] != '<'; len++) {
            /* void */
        }

        healthcode_json_writer_text(sink, healthcode_str_from(value.data, len));

        if (len < value.len) {
            healthcode_sink_string(sink, "\\u003c");
            len++;
        }

        value.data += len;
        value.len -= len;
    }
}


static void
healthcode_quote_json_value(healthcode_sink_t *sink, healthcode_str_t value)
{
    yyjson_val        number;
    healthcode_str_t  t = healthcode_str("true");
    healthcode_str_t  f = healthcode_str("false"), n = healthcode_str("null");

    if (value.len == 0) {
        healthcode_sink_bytes(sink, n);

    } else if (healthcode_str_equal(value, t) || healthcode_str_equal(value, f)
               || healthcode_str_equal(value, n)
               || healthcode_json_number(value, &number))
    {
        healthcode_sink_bytes(sink, value);

    } else {
        healthcode_sink_byte(sink, '"');
        healthcode_quote_json(sink, value);
        healthcode_sink_byte(sink, '"');
    }
}


void
healthcode_quote_read(healthcode_quote_place_t *place, healthcode_str_t text)
{
    for (size_t i = 0; i < text.len; i++) {

        if (place->is_escape) {
            place->is_escape = false;

        } else if (text.data[i] == '"') {
            place->is_string = !place->is_string;

        } else {
            place->is_escape = (text.data[i] == '\\' && place->is_string);
        }
    }
}
