/*
 * Strict JSON (RFC 8259, I-JSON of RFC 7493) over caller's memory, by yyjson.
 * Knows no token and no claim.  docs/token-format.md, "JSON".
 */

#ifndef HEALTHCODE_JSON_H
#define HEALTHCODE_JSON_H

#include <yyjson.h>

#include "healthcode_str.h"


/* More members in one object than this make the text unreadable. */
#define HEALTHCODE_JSON_MEMBERS_MAX  64

/* Bytes of memory with which any text of len bytes can be read. */
#define healthcode_json_memory(len)  ((len) * 13 + 1024)

/* Bytes of memory with which any value of such a text can be written. */
#define healthcode_json_write_memory(len)  ((len) * 16 + 4096)

/* Longer digits are no number. */
#define HEALTHCODE_JSON_NUMBER_MAX  4096


/*
 * Reads text into memory (aligned as malloc aligns); the value returned, and
 * every string in it, lives there and needs no freeing.  Returns NULL where
 * the text is not one JSON object, has a name twice in any object (RFC 8725
 * section 2.6), more than HEALTHCODE_JSON_MEMBERS_MAX members in one, invalid
 * UTF-8, a NUL in any string, or a number that does not fit a double; or
 * where memory is smaller than healthcode_json_memory(text.len).
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
 * The offset in text of the first member of object, where root is what text
 * was read as and object is in it; 0 where it has no member.
 */
size_t healthcode_json_offset(healthcode_str_t text, yyjson_val *root,
    yyjson_val *object);

/* The number of the line, from 1, that the byte at offset of text is in. */
size_t healthcode_json_line(healthcode_str_t text, size_t offset);

/*
 * The bytes of a string, in the document's memory and with a NUL behind them;
 * data is NULL and len 0 where value is no string, or NULL.  yyjson's own
 * accessors ask no type: the "length" of an array is how many items it has.
 */
static inline healthcode_str_t
healthcode_json_text(yyjson_val *value)
{
    return yyjson_is_str(value)
           ? healthcode_str_from(yyjson_get_str(value), yyjson_get_len(value))
           : healthcode_str_from(NULL, 0);
}

/*
 * Whether value is written as an integer (1.0 is not) that 64 bits hold; then
 * it is in *number, which is else unchanged.
 */
bool healthcode_json_whole(yyjson_val *value, int64_t *number);

/*
 * A string member: 1 and a view into the object's memory in *value;
 * 0 where there is no such member (*value unchanged); -1 where it is no string.
 */
int healthcode_json_string(yyjson_val *object, const char *name,
    healthcode_str_t *value);

/*
 * An integer member, likewise; -1 also where it is not written as an integer
 * (1.0 is not) or lies outside [min, max].
 */
int healthcode_json_integer(yyjson_val *object, const char *name,
    int64_t min, int64_t max, int64_t *value);

/*
 * Reads text as one JSON number and nothing around it.  False, and nothing
 * written, where it is none, does not fit a double, or is longer than
 * HEALTHCODE_JSON_NUMBER_MAX.  An integer outside of 64 bits is read as a
 * double.
 */
bool healthcode_json_number(healthcode_str_t text, yyjson_val *number);

/*
 * Whether two numbers are equal: integers exactly, else as doubles.  What is
 * no number equals none.
 */
bool healthcode_json_same_number(yyjson_val *a, yyjson_val *b);

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
