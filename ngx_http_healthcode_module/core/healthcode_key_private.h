/*
 * What the files that make a key share.
 * Nobody else needs it.  docs/token-format.md, "Keys".
 */

#ifndef HEALTHCODE_KEY_PRIVATE_H
#define HEALTHCODE_KEY_PRIVATE_H

#include "healthcode_key.h"


/* Bytes of a coordinate, of any curve of the table. */
#define HEALTHCODE_KEY_PART_MAX  66


/*
 * Writes the parameter of key that OpenSSL calls name into dst, of part_len
 * bytes; false where there is none, or it is larger.
 */
bool healthcode_key_number(const healthcode_key_t *key, const char *name,
    uint8_t *dst);

/*
 * Sets the thumbprint of a key whose pkey is there: SHA-256 of the required
 * members, in order, without blanks (RFC 7638 section 3).  False where OpenSSL
 * fails.
 */
bool healthcode_key_thumbprint(healthcode_key_t *key);

/* Likewise of these members, with a NUL after them. */
bool healthcode_key_thumbprint_of(healthcode_key_t *key,
    const char *canonical);

#endif
