/*
 * What a variable says inside a text of a certain kind: escaped, so that it is
 * one value there and cannot begin another.
 * Knows no: clock, nginx, memory, request.
 * docs/directives.md, "healthcode_reply".
 */

#ifndef HEALTHCODE_QUOTE_H
#define HEALTHCODE_QUOTE_H

#include "healthcode_sink.h"


typedef enum {
    /* lines of text: a value with a control character, "<!" or "!--" is left
       out whole */
    HEALTHCODE_QUOTE_PLAIN = 0,

    /* RFC 3986: %XX for all but letters, digits and "-._~" */
    HEALTHCODE_QUOTE_FORM,

    /*
     * HTML and XML: text, or an attribute in quotes; a control that is not a
     * blank, and a byte that is not UTF-8, is U+FFFD
     */
    HEALTHCODE_QUOTE_HTML,

    /*
     * inside a string of JSON, as healthcode_json_writer_text() writes it, but
     * "<" as \u003c
     */
    HEALTHCODE_QUOTE_JSON,

    /*
     * a value of JSON: a number, true, false and null are these; an empty one
     * is null; any other is a string
     */
    HEALTHCODE_QUOTE_JSON_VALUE,

    /* scripts: no value is written, since any could be a part of the program */
    HEALTHCODE_QUOTE_NEVER
} healthcode_quote_e;


/* The kind of a text by its media type, with or without parameters. */
healthcode_quote_e healthcode_quote_of(healthcode_str_t type);

/* Adds a value of any bytes. */
void healthcode_quote(healthcode_sink_t *sink, healthcode_quote_e escape,
    healthcode_str_t value);

/*
 * Where a text of JSON is once bytes have been read: inside of a string or not.
 * is_string is false at its beginning, is_escape too.
 */
typedef struct {
    bool  is_string;
    bool  is_escape;     /* a backslash was the last byte */
} healthcode_quote_place_t;

void healthcode_quote_read(healthcode_quote_place_t *place,
    healthcode_str_t text);

#endif
