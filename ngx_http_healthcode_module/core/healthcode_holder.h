/*
 * Space + subject + pepper -> the pseudonym under which a holder is known to
 * the store.  Knows no code and no store.  docs/redis-keys.md, "Holder".
 */

#ifndef HEALTHCODE_HOLDER_H
#define HEALTHCODE_HOLDER_H

#include "healthcode_str.h"


#define HEALTHCODE_HOLDER_LEN      16   /* bytes */
#define HEALTHCODE_HOLDER_HEX      32   /* characters, without a NUL */
#define HEALTHCODE_PEPPER_MIN      16   /* bytes */


typedef struct healthcode_pepper_s  healthcode_pepper_t;


/*
 * Keys the hash with pepper, HEALTHCODE_PEPPER_MIN bytes at least; the bytes
 * are not needed after the call.  The caller owns and frees the result; NULL
 * where it is too short or OpenSSL fails.  One thread uses it at a time.
 */
healthcode_pepper_t *healthcode_pepper_create(healthcode_str_t pepper);
void healthcode_pepper_free(healthcode_pepper_t *pepper);

/* The bytes of a pepper file without one trailing newline. */
healthcode_str_t healthcode_pepper_trim(healthcode_str_t file);

/*
 * Writes the HEALTHCODE_HOLDER_HEX digits of HMAC-SHA-256(pepper, space ||
 * 0x00 || sub), first half.  False, and nothing written, where OpenSSL fails.
 */
bool healthcode_holder_derive(healthcode_pepper_t *pepper,
    healthcode_str_t space, healthcode_str_t sub, char *hex);

/*
 * The HEALTHCODE_HOLDER_LEN bytes of HEALTHCODE_HOLDER_HEX digits, and back.
 * False, and nothing of use written, where hex is not that many of 0-9a-f.
 */
bool healthcode_holder_parse(healthcode_str_t hex, uint8_t *bytes);
void healthcode_holder_format(const uint8_t *bytes, char *hex);

/*
 * Writes the digits of HMAC-SHA-256(pepper, "healthcode check") likewise, by
 * which a store proves that it was made with this pepper.
 */
bool healthcode_pepper_check(healthcode_pepper_t *pepper, char *hex);

#endif
