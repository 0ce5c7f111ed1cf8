/*
 * JSON as HTML that needs no script: lists and tables with the names of its
 * members; and JSON as text that an HTML page may enclose.
 * Knows no: nginx, memory, request.
 * docs/monitoring/page.md, "Without script".
 */

#include "healthcode_date.h"
#include "healthcode_outline.h"
#include "healthcode_text.h"


#define HEALTHCODE_OUTLINE_DIGITS  15


/* What is written so far; len goes on where size ends. */
typedef struct {
    uint8_t  *dst;
    size_t    size;
    size_t    len;
} healthcode_outline_t;


static void healthcode_outline_object(healthcode_outline_t *out,
    healthcode_str_t *json);
static void healthcode_outline_table(healthcode_outline_t *out,
    healthcode_str_t *json, healthcode_str_t name);
static void healthcode_outline_heads(healthcode_outline_t *out,
    healthcode_str_t json);
static void healthcode_outline_cells(healthcode_outline_t *out,
    healthcode_str_t *json);
static void healthcode_outline_value(healthcode_outline_t *out,
    healthcode_str_t *json, healthcode_str_t name);
static bool healthcode_outline_date(healthcode_outline_t *out,
    healthcode_str_t value, healthcode_str_t name);
static healthcode_str_t healthcode_outline_next(healthcode_str_t *json);
static bool healthcode_outline_is(healthcode_str_t token, uint8_t byte);
static healthcode_str_t healthcode_outline_name(healthcode_str_t *json);
static void healthcode_outline_string(healthcode_outline_t *out,
    healthcode_str_t token);
static size_t healthcode_outline_escape(healthcode_str_t text, uint8_t *byte);
static unsigned healthcode_outline_hex(uint8_t digit);
static void healthcode_outline_character(healthcode_outline_t *out,
    healthcode_str_t character);
static void healthcode_outline_add(healthcode_outline_t *out,
    healthcode_str_t text);

#define healthcode_outline_markup(out, literal)                               \
    healthcode_outline_add(out, healthcode_str(literal))


size_t
healthcode_outline_html(healthcode_str_t json, uint8_t *dst, size_t size)
{
    healthcode_outline_t  out = { dst, size, 0 };

    if (healthcode_outline_is(healthcode_outline_next(&json), '{')) {
        healthcode_outline_object(&out, &json);
    }

    return out.len;
}


size_t
healthcode_outline_data(healthcode_str_t json, uint8_t *dst, size_t size)
{
    healthcode_outline_t  out = { dst, size, 0 };

    for (size_t i = 0; i < json.len; i++) {

        switch (json.data[i]) {
        case '<':
            healthcode_outline_markup(&out, "\\u003c");
            break;
        case '>':
            healthcode_outline_markup(&out, "\\u003e");
            break;
        case '&':
            healthcode_outline_markup(&out, "\\u0026");
            break;
        default:
            healthcode_outline_add(&out, healthcode_str_from(&json.data[i], 1));
        }
    }

    return out.len;
}


/* Of a whole text, behind its first brace. */
static void
healthcode_outline_object(healthcode_outline_t *out, healthcode_str_t *json)
{
    bool              in_list = false;
    healthcode_str_t  name, ahead, first;

    for ( ;; ) {
        name = healthcode_outline_name(json);

        if (name.data == NULL) {
            break;
        }

        ahead = *json;
        first = healthcode_outline_next(&ahead);

        if (healthcode_outline_is(first, '[')
            && healthcode_outline_is(healthcode_outline_next(&ahead), '{'))
        {
            if (in_list) {
                healthcode_outline_markup(out, "</dl>\n");
                in_list = false;
            }

            (void) healthcode_outline_next(json);
            healthcode_outline_table(out, json, name);
            continue;
        }

        if (!in_list) {
            healthcode_outline_markup(out, "<dl>\n");
            in_list = true;
        }

        healthcode_outline_markup(out, "<dt>");
        healthcode_outline_string(out, name);
        healthcode_outline_markup(out, "</dt><dd>");
        healthcode_outline_value(out, json, name);
        healthcode_outline_markup(out, "</dd>\n");
    }

    if (in_list) {
        healthcode_outline_markup(out, "</dl>\n");
    }
}


/*
 * Of an array of objects, behind its bracket.  Whoever has a keyboard scrolls a
 * table that is too wide.
 */
static void
healthcode_outline_table(healthcode_outline_t *out, healthcode_str_t *json,
    healthcode_str_t name)
{
    healthcode_str_t  token;

    healthcode_outline_markup(out, "<table tabindex=\"0\">\n<caption>");
    healthcode_outline_string(out, name);
    healthcode_outline_markup(out, "</caption>\n<thead><tr>");
    healthcode_outline_heads(out, *json);
    healthcode_outline_markup(out, "</tr></thead>\n<tbody>\n");

    do {
        token = healthcode_outline_next(json);

        if (healthcode_outline_is(token, '{')) {
            healthcode_outline_markup(out, "<tr>");
            healthcode_outline_cells(out, json);
            healthcode_outline_markup(out, "</tr>\n");
        }

    } while (token.len && !healthcode_outline_is(token, ']'));

    healthcode_outline_markup(out, "</tbody>\n</table>\n");
}


/* The names of the object that comes next. */
static void
healthcode_outline_heads(healthcode_outline_t *out, healthcode_str_t json)
{
    healthcode_str_t      name;
    healthcode_outline_t  nowhere = { NULL, 0, 0 };

    (void) healthcode_outline_next(&json);

    for ( ;; ) {
        name = healthcode_outline_name(&json);

        if (name.data == NULL) {
            return;
        }

        healthcode_outline_markup(out, "<th scope=\"col\">");
        healthcode_outline_string(out, name);
        healthcode_outline_markup(out, "</th>");
        healthcode_outline_value(&nowhere, &json, name);
    }
}


/* The values of an object, behind its brace; the first one names the row. */
static void
healthcode_outline_cells(healthcode_outline_t *out, healthcode_str_t *json)
{
    bool              is_first = true;
    healthcode_str_t  name;

    for ( ;; ) {
        name = healthcode_outline_name(json);

        if (name.data == NULL) {
            return;
        }

        if (is_first) {
            healthcode_outline_markup(out, "<th scope=\"row\">");
            healthcode_outline_value(out, json, name);
            healthcode_outline_markup(out, "</th>");
            is_first = false;
            continue;
        }

        healthcode_outline_markup(out, "<td>");
        healthcode_outline_value(out, json, name);
        healthcode_outline_markup(out, "</td>");
    }
}


/* The next value, however deep it is, as one line. */
static void
healthcode_outline_value(healthcode_outline_t *out, healthcode_str_t *json,
    healthcode_str_t name)
{
    size_t            depth = 0;
    healthcode_str_t  token, ahead;

    do {
        token = healthcode_outline_next(json);

        if (token.len == 0) {
            return;
        }

        switch (token.data[0]) {

        case '{':
        case '[':
            depth++;
            break;

        case '}':
        case ']':
            depth -= depth ? 1 : 0;
            break;

        case ',':
            healthcode_outline_markup(out, ", ");
            break;

        case ':':
            healthcode_outline_markup(out, " ");
            break;

        case '"':
            ahead = *json;
            if (depth
                && healthcode_outline_is(healthcode_outline_next(&ahead), ':'))
            {
                name = token;
            }

            healthcode_outline_string(out, token);
            break;

        default:
            if (!healthcode_outline_date(out, token, name)) {
                healthcode_outline_string(out, token);
            }
        }

    } while (depth);
}


static bool
healthcode_outline_date(healthcode_outline_t *out, healthcode_str_t value,
    healthcode_str_t name)
{
    char                           text[HEALTHCODE_DATE_LEN + 1];
    size_t                         i;
    int64_t                        seconds = 0;
    static const healthcode_str_t  names[] = {
        { (const uint8_t *) "\"time\"", 6 },
        { (const uint8_t *) "\"since\"", 7 },
        { (const uint8_t *) "\"counting_since\"", 16 },
        { (const uint8_t *) "\"sunset\"", 8 }
    };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (healthcode_str_equal(name, names[i])) {
            break;
        }
    }

    if (i == sizeof(names) / sizeof(names[0])
        || value.len > HEALTHCODE_OUTLINE_DIGITS)
    {
        return false;
    }

    for (i = 0; i < value.len; i++) {
        if (value.data[i] < '0' || value.data[i] > '9') {
            return false;
        }

        seconds = seconds * 10 + (value.data[i] - '0');
    }

    if (!healthcode_date_write(seconds, text)) {
        return false;
    }

    healthcode_outline_add(out, healthcode_str_from(text,
                                                    HEALTHCODE_DATE_LEN));
    return true;
}


/*
 * Takes the next token: a string with its quotes, one of {}[],: or a word such
 * as a number; empty at the end.
 */
static healthcode_str_t
healthcode_outline_next(healthcode_str_t *json)
{
    size_t            len = 0;
    healthcode_str_t  token;

    while (json->len && strchr(" \t\r\n", json->data[0]) && json->data[0]) {
        json->data++;
        json->len--;
    }

    if (json->len == 0) {
        return healthcode_str_from(NULL, 0);
    }

    if (json->data[0] == '"') {

        for (len = 1; len < json->len && json->data[len] != '"'; len++) {
            if (json->data[len] == '\\' && len + 1 < json->len) {
                len++;
            }
        }

        len += (len < json->len) ? 1 : 0;

    } else {
        while (len < json->len
               && (json->data[len] == '\0'
                   || strchr("{}[],:\" \t\r\n", json->data[len]) == NULL))
        {
            len++;
        }

        len += len ? 0 : 1;
    }

    token = healthcode_str_from(json->data, len);
    json->data += len;
    json->len -= len;

    return token;
}


static bool
healthcode_outline_is(healthcode_str_t token, uint8_t byte)
{
    return token.len && token.data[0] == byte;
}


/*
 * Takes the name of the next member and its colon; data is NULL at the end of
 * the object, which is taken as well.
 */
static healthcode_str_t
healthcode_outline_name(healthcode_str_t *json)
{
    healthcode_str_t  token;

    do {
        token = healthcode_outline_next(json);
    } while (healthcode_outline_is(token, ','));

    if (!healthcode_outline_is(token, '"')) {
        return healthcode_str_from(NULL, 0);
    }

    (void) healthcode_outline_next(json);

    return token;
}


/* The characters of a token, without quotes and escapes. */
static void
healthcode_outline_string(healthcode_outline_t *out, healthcode_str_t token)
{
    size_t            len;
    uint8_t           byte;
    healthcode_str_t  character;

    if (healthcode_outline_is(token, '"')) {
        token.data++;
        token.len -= (token.len > 1 && token.data[token.len - 2] == '"')
                     ? 2 : 1;
    }

    while (token.len) {

        len = healthcode_outline_escape(token, &byte);

        if (len) {
            character = healthcode_str_from(&byte, 1);

        } else {
            (void) healthcode_text_first(token, &len);
            character = healthcode_str_from(token.data, len);
        }

        healthcode_outline_character(out, character);

        token.data += len;
        token.len -= len;
    }
}


/*
 * The length of the escape that text begins with, and what it stands for, a
 * blank or "?" where that is not a character of ASCII; 0: there is no escape.
 */
static size_t
healthcode_outline_escape(healthcode_str_t text, uint8_t *byte)
{
    unsigned  value = 0;

    if (text.len < 2 || text.data[0] != '\\') {
        return 0;
    }

    *byte = strchr("\"\\/", text.data[1]) ? text.data[1] : ' ';

    if (text.data[1] != 'u' || text.len < 6) {
        return 2;
    }

    for (size_t i = 2; i < 6; i++) {
        value = value * 16 + healthcode_outline_hex(text.data[i]);
    }

    *byte = (value < 0x80) ? (uint8_t) value : '?';

    return 6;
}


static unsigned
healthcode_outline_hex(uint8_t digit)
{
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }

    digit |= 0x20;

    return (digit >= 'a' && digit <= 'f') ? digit - 'a' + 10U : 0;
}


static void
healthcode_outline_character(healthcode_outline_t *out,
    healthcode_str_t character)
{
    size_t             len;
    healthcode_text_e  is = healthcode_text_first(character, &len);

    if (is != HEALTHCODE_TEXT_SHOWN && is != HEALTHCODE_TEXT_BLANK) {
        healthcode_outline_markup(out, "?");
        return;
    }

    switch (character.data[0]) {
    case '<':
        healthcode_outline_markup(out, "&lt;");
        break;
    case '>':
        healthcode_outline_markup(out, "&gt;");
        break;
    case '&':
        healthcode_outline_markup(out, "&amp;");
        break;
    case '"':
        healthcode_outline_markup(out, "&quot;");
        break;
    default:
        healthcode_outline_add(out, character);
    }
}


static void
healthcode_outline_add(healthcode_outline_t *out, healthcode_str_t text)
{
    if (out->len < out->size) {
        memcpy(out->dst + out->len, text.data,
               text.len < out->size - out->len ? text.len
                                               : out->size - out->len);
    }

    out->len += text.len;
}
