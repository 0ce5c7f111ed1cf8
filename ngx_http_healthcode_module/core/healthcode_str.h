/*
 * A view of bytes that someone else owns; not NUL-terminated.  Knows no: nginx,
 * memory, token.  docs/token-format.md.
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


/* Whether the first bytes are those of with, which ends in a NUL. */
static inline bool
healthcode_str_begins(healthcode_str_t text, const char *with)
{
    size_t  len = strlen(with);

    return len == 0
           || (text.len >= len && memcmp(text.data, with, len) == 0);
}


/* Without one newline at the end, which editors put behind a secret. */
static inline healthcode_str_t
healthcode_str_chomp(healthcode_str_t text)
{
    if (text.len && text.data[text.len - 1] == '\n') {
        text.len--;
    }

    return text;
}


/* Blanks that headers may have between things: RFC 9110 section 5.6.3, OWS. */
static inline bool
healthcode_str_is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}


/* Without such blanks at both ends. */
static inline healthcode_str_t
healthcode_str_trim(healthcode_str_t text)
{
    while (text.len && healthcode_str_is_blank(text.data[0])) {
        text.data++;
        text.len--;
    }

    while (text.len && healthcode_str_is_blank(text.data[text.len - 1])) {
        text.len--;
    }

    return text;
}


/* Puts bytes at n of out, or nowhere if it is NULL; returns where they end. */
static inline size_t
healthcode_str_put(healthcode_str_t bytes, uint8_t *out, size_t n)
{
    if (out != NULL && bytes.len > 0) {
        memcpy(out + n, bytes.data, bytes.len);
    }

    return n + bytes.len;
}


/*
 * FNV-1a of the bytes, going on from hash; 0 to begin.  Never for what a
 * stranger stores.
 */
static inline uint64_t
healthcode_str_hash(uint64_t hash, healthcode_str_t str)
{
    hash = hash ? hash : UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < str.len; i++) {
        hash = (hash ^ str.data[i]) * UINT64_C(0x100000001b3);
    }

    return hash;
}


/* Whether the bytes are the same except for the case of ASCII letters. */
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
