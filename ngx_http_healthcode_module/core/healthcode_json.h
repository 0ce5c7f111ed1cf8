/*
 * Strict JSON (RFC 8259, I-JSON of RFC 7493) in memory of the caller, by
 * yyjson.  Knows no: token, claims, key.  docs/token-format.md, "JSON".
 */

#ifndef HEALTHCODE_JSON_H
#define HEALTHCODE_JSON_H

#include <yyjson.h>

#include "healthcode_str.h"


/* More members in one object than this make the text unreadable. */
#define HEALTHCODE_JSON_MEMBERS_MAX  1024

/* Up to so many names are compared in pairs; more are sorted first. */
#define HEALTHCODE_JSON_PAIRS_MAX  24

/* Bytes of memory with which any text of len bytes can be read. */
#define healthcode_json_memory(len)  ((len) * 13 + 1024)

/* Bytes of memory with which any value of such a text can be written. */
#define healthcode_json_write_memory(len)  ((len) * 16 + 4096)

/* A longer text of digits is not a number. */
#define HEALTHCODE_JSON_NUMBER_MAX  4096


/*
 * Reads text into memory (aligned as malloc aligns); the value returned, and
 * every string in it, lives there and needs no freeing.  Returns NULL if
 * the text is not one JSON object, has a name twice in any object (RFC 8725
 * section 2.6), more than HEALTHCODE_JSON_MEMBERS_MAX members in one, invalid
 * UTF-8, a NUL in any string, or a number that does not fit a double; or
 * if memory is smaller than healthcode_json_memory(text.len).
 */
yyjson_val *healthcode_json_read(healthcode_str_t text, void *memory,
    size_t size);

/*
 * The same; where NULL is returned, *offset is the byte of text at which that
 * was seen.
 */
yyjson_val *healthcode_json_read_at(healthcode_str_t text, void *memory,
    size_t size, size_t *offset);

/*
 * The same, with each number left as it is written, for
 * healthcode_json_written(): also one that does not fit a double.
 */
yyjson_val *healthcode_json_read_written(healthcode_str_t text, void *memory,
    size_t size);

/*
 * Whether text, which healthcode_json_read() refuses, is one JSON object that
 * others may read, each in its own way, such as one with a name twice.  memory
 * is as for that function.
 */
bool healthcode_json_is_loose(healthcode_str_t text, void *memory, size_t size);

/*
 * The offset in text of the first member of object, where root is what text
 * was read as and object is in it; 0 if it has no member.  If object is a
 * string, of its first byte.
 */
size_t healthcode_json_offset(healthcode_str_t text, yyjson_val *root,
    yyjson_val *object);

/* The number of the line, from 1, that the byte at offset of text is in. */
size_t healthcode_json_line(healthcode_str_t text, size_t offset);

/*
 * The bytes of a string, in the document's memory and with a NUL behind them;
 * data is NULL and len 0 if value is not a string, or NULL.  yyjson's own
 * accessors check no type: the "length" of an array is how many items it has.
 */
static inline healthcode_str_t
healthcode_json_text(yyjson_val *value)
{
    return yyjson_is_str(value)
           ? healthcode_str_from(yyjson_get_str(value), yyjson_get_len(value))
           : healthcode_str_from(NULL, 0);
}

/*
 * Likewise of a number too, as it is written, if healthcode_json_read_written()
 * has read the text.
 */
static inline healthcode_str_t
healthcode_json_written(yyjson_val *value)
{
    return yyjson_is_raw(value)
           ? healthcode_str_from(yyjson_get_raw(value), yyjson_get_len(value))
           : healthcode_json_text(value);
}

/*
 * Whether value is written as an integer (1.0 is not) that 64 bits hold; then
 * it is in *number, which is else unchanged.
 */
bool healthcode_json_whole(yyjson_val *value, int64_t *number);

/*
 * Likewise, but however it is written: 12, 12.0, 1.2e1.  A double counts if it
 * has no fraction and lies within 2^53 of zero, so that it is exact.
 */
bool healthcode_json_integral(yyjson_val *value, int64_t *number);

/*
 * The value that pointer, a JSON pointer (RFC 6901), finds in object: "/a/0"
 * is the first element of the array that is the member "a".  NULL if nothing is
 * there, or if pointer is malformed; object itself if it is empty.  The pointer
 * is read as its bytes are: no "%" is decoded.
 */
yyjson_val *healthcode_json_at(yyjson_val *object, healthcode_str_t pointer);

/* Whether text is a JSON pointer to a value within another one. */
bool healthcode_json_is_pointer(healthcode_str_t text);

/*
 * A string member: 1 and a view into the object's memory in *value;
 * 0 if there is no such member (*value unchanged); -1 if it is not a string.
 */
int healthcode_json_string(yyjson_val *object, const char *name,
    healthcode_str_t *value);

/*
 * An integer member, likewise, as healthcode_json_integral() reads it; -1 also
 * if it lies outside [min, max].
 */
int healthcode_json_integer(yyjson_val *object, const char *name,
    int64_t min, int64_t max, int64_t *value);

/*
 * Reads text as one JSON number and nothing around it.  False, and nothing
 * written, if it is not one, does not fit a double, or is longer than
 * HEALTHCODE_JSON_NUMBER_MAX.  An integer outside of 64 bits is read as a
 * double.
 */
bool healthcode_json_number(healthcode_str_t text, yyjson_val *number);

/*
 * Compares two numbers by their exact values, however each is written:
 * 9007199254740993 is greater than 9007199254740992.0.  True, and *order is -1,
 * 0 or 1 if a is less than, equal to or greater than b.  False, and *order
 * unchanged, if one of them is not a number, or is NULL.
 */
bool healthcode_json_compare(yyjson_val *a, yyjson_val *b, int *order);

/*
 * Writes value as JSON without blanks into memory (aligned as malloc aligns);
 * *text views it there.  False, and *text unchanged, where size is too small:
 * healthcode_json_write_memory(len) is enough for any value that was read
 * from len bytes, HEALTHCODE_JSON_SCALAR_MEMORY for a number or a boolean.
 */
#define HEALTHCODE_JSON_SCALAR_MEMORY  512

bool healthcode_json_write(yyjson_val *value, void *memory, size_t size,
    healthcode_str_t *text);

#endif
