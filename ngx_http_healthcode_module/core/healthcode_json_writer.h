/*
 * Writes JSON, RFC 8259: values of objects and arrays, with the commas between
 * them.
 * Knows no: clock, nginx, memory, request.
 * docs/directives.md, "healthcode_status".
 */

#ifndef HEALTHCODE_JSON_WRITER_H
#define HEALTHCODE_JSON_WRITER_H

#include "healthcode_sink.h"


/* A text that is written; more: a value stands before the next one. */
typedef struct {
    healthcode_sink_t  *sink;
    bool                  more;
} healthcode_json_writer_t;


/* Begins an object or an array, with '{' or '[', and ends it. */
void healthcode_json_writer_open(healthcode_json_writer_t *json, char bracket);
void healthcode_json_writer_close(healthcode_json_writer_t *json, char bracket);

/* The next value, or the next member, begins in a line of its own. */
void healthcode_json_writer_line(healthcode_json_writer_t *json);

/* Begins a member; its value follows.  name needs no escape. */
void healthcode_json_writer_name(healthcode_json_writer_t *json,
    const char *name);
void healthcode_json_writer_name_of(healthcode_json_writer_t *json,
    healthcode_str_t name);

/*
 * Adds a string of any characters.  A byte that is not UTF-8 becomes U+FFFD;
 * controls, a quote and a backslash are written as escapes.
 */
void healthcode_json_writer_string(healthcode_json_writer_t *json,
    healthcode_str_t string);

/* Adds the characters of such a string alone, without quotes around them. */
void healthcode_json_writer_text(healthcode_sink_t *sink,
    healthcode_str_t string);

/* Adds a number; one with a sign; us microseconds as seconds. */
void healthcode_json_writer_number(healthcode_json_writer_t *json,
    uint64_t number);
void healthcode_json_writer_signed(healthcode_json_writer_t *json,
    int64_t number);
void healthcode_json_writer_seconds(healthcode_json_writer_t *json,
    uint64_t us);

/* Adds a member that is a number; or null if that is not known. */
void healthcode_json_writer_member(healthcode_json_writer_t *json,
    const char *name, uint64_t number);
void healthcode_json_writer_known(healthcode_json_writer_t *json,
    const char *name, bool is_known, uint64_t number);

/* Adds a value as it is: true, false, null, or the digits of a number. */
void healthcode_json_writer_word(healthcode_json_writer_t *json,
    healthcode_str_t word);

#endif
