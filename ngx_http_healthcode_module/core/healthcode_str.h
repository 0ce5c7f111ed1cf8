/*
 * A view of bytes that someone else owns; not NUL-terminated.
 * Knows no other part of the module.  docs/token-format.md.
 */

#ifndef HEALTHCODE_STR_H
#define HEALTHCODE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>


typedef struct {
    const uint8_t  *data;   /* NULL: absent */
    size_t          len;
} healthcode_str_t;


#define healthcode_str(literal)                                               \
    ((healthcode_str_t) { (const uint8_t *) literal, sizeof(literal) - 1 })


static inline healthcode_str_t
healthcode_str_from(const void *data, size_t len)
{
    return (healthcode_str_t) { data, len };
}


/* Whether the bytes are the same; not constant-time, so never for secrets. */
static inline bool
healthcode_str_equal(healthcode_str_t a, healthcode_str_t b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}


/* What a hash begins with. */
#define HEALTHCODE_STR_HASH  UINT64_C(0xcbf29ce484222325)


/* FNV-1a of the bytes, going on from hash; never for what a stranger stores. */
static inline uint64_t
healthcode_str_hash(uint64_t hash, healthcode_str_t str)
{
    for (size_t i = 0; i < str.len; i++) {
        hash = (hash ^ str.data[i]) * UINT64_C(0x100000001b3);
    }

    return hash;
}


/* Whether the bytes are the same but for the case of ASCII letters. */
static inline bool
healthcode_str_equal_nocase(healthcode_str_t a, healthcode_str_t b)
{
    if (a.len != b.len) {
        return false;
    }

    for (size_t i = 0; i < a.len; i++) {
        uint8_t  x = a.data[i], y = b.data[i];

        x |= (x >= 'A' && x <= 'Z') ? 0x20 : 0;
        y |= (y >= 'A' && y <= 'Z') ? 0x20 : 0;

        if (x != y) {
            return false;
        }
    }

    return true;
}

#endif
