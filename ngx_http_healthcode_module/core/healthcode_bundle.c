/*
 * Several texts as one: those that a set of keys was read from, so that it can
 * be read once more.  They may be secret: memory is wiped before it is freed.
 * Knows no: nginx, file, token.  docs/keys.md.
 */

#include <stdlib.h>

#include "healthcode_bundle.h"


/* Bytes before a text: its length, in the order of this machine. */
#define HEALTHCODE_BUNDLE_HEAD  sizeof(uint64_t)


bool
healthcode_bundle_add(healthcode_bundle_t *bundle, healthcode_str_t text)
{
    size_t     left = bundle->max - bundle->len;
    uint8_t   *bytes = NULL;
    uint64_t   len = text.len;

    if (!bundle->is_over && left >= HEALTHCODE_BUNDLE_HEAD
        && left - HEALTHCODE_BUNDLE_HEAD >= text.len)
    {
        bytes = malloc(bundle->len + HEALTHCODE_BUNDLE_HEAD + text.len);
    }

    if (bytes == NULL) {
        healthcode_bundle_free(bundle);
        return false;
    }

    if (bundle->len) {
        memcpy(bytes, bundle->bytes, bundle->len);
    }

    memcpy(bytes + bundle->len, &len, HEALTHCODE_BUNDLE_HEAD);

    if (text.len) {
        memcpy(bytes + bundle->len + HEALTHCODE_BUNDLE_HEAD, text.data,
               text.len);
    }

    len = bundle->len + HEALTHCODE_BUNDLE_HEAD + text.len;

    healthcode_bundle_free(bundle);

    bundle->bytes = bytes;
    bundle->len = (size_t) len;
    bundle->is_over = false;

    return true;
}


void
healthcode_bundle_free(healthcode_bundle_t *bundle)
{
    /* volatile, or a compiler may leave out what nobody reads */
    volatile uint8_t  *byte = bundle->bytes;

    for (size_t i = 0; i < bundle->len; i++) {
        byte[i] = 0;
    }

    free(bundle->bytes);

    bundle->bytes = NULL;
    bundle->len = 0;
    bundle->is_over = true;
}


bool
healthcode_bundle_next(healthcode_str_t *bytes, healthcode_str_t *text)
{
    uint64_t  len;

    if (bytes->len < HEALTHCODE_BUNDLE_HEAD) {
        return false;
    }

    memcpy(&len, bytes->data, HEALTHCODE_BUNDLE_HEAD);

    if (len > bytes->len - HEALTHCODE_BUNDLE_HEAD) {
        return false;
    }

    *text = healthcode_str_from(bytes->data + HEALTHCODE_BUNDLE_HEAD,
                                (size_t) len);
    *bytes = healthcode_str_from(text->data + text->len,
                                 bytes->len - HEALTHCODE_BUNDLE_HEAD
                                 - text->len);
    return true;
}
