/*
 * Space, subject and pepper -> the pseudonym by which the store knows a holder.
 * Knows no: token, claims, hiredis.  docs/redis-keys.md, "Holder".
 */

#ifndef HEALTHCODE_HOLDER_H
#define HEALTHCODE_HOLDER_H

#include "healthcode_str.h"


#define HEALTHCODE_HOLDER_LEN      16   /* bytes */
#define HEALTHCODE_HOLDER_HEX      32   /* its digits in Redis, without a NUL */
#define HEALTHCODE_PEPPER_CHECK    32   /* digits, without a NUL */
#define HEALTHCODE_PEPPER_MIN      16   /* bytes */


typedef struct healthcode_pepper_s  healthcode_pepper_t;


/*
 * Keys the hash with pepper, HEALTHCODE_PEPPER_MIN bytes at least; the bytes
 * are not needed after the call.  The caller owns and frees the result; NULL
 * if it is too short or OpenSSL fails.  One thread uses it at a time.
 */
healthcode_pepper_t *healthcode_pepper_create(healthcode_str_t pepper);
void healthcode_pepper_free(healthcode_pepper_t *pepper);

/*
 * Writes the first HEALTHCODE_HOLDER_LEN bytes of the HMAC-SHA-256 over the
 * nparts parts, one after the other, to out.  False, and nothing written, if
 * OpenSSL fails.
 */
bool healthcode_pepper_digest(healthcode_pepper_t *pepper,
    const healthcode_str_t *parts, size_t nparts, uint8_t *out);

/*
 * Writes the first HEALTHCODE_HOLDER_LEN bytes of HMAC-SHA-256(pepper, space ||
 * 0x00 || sub) to holder; with kind, unless kind.data is NULL, those of
 * space || ":" || kind || 0x00 || sub.  Since a kind has no ":" (see
 * healthcode_claims_kind_fault), the last one before the 0x00 parts the two:
 * only the space "a:b" without a kind is the space "a" with the kind "b".
 * False, and nothing written, if OpenSSL fails.
 */
bool healthcode_holder_derive(healthcode_pepper_t *pepper,
    healthcode_str_t space, healthcode_str_t kind, healthcode_str_t sub,
    uint8_t *holder);

/*
 * Converts the HEALTHCODE_HOLDER_HEX digits that stand for a holder in Redis,
 * in the variable and in what the command prints to HEALTHCODE_HOLDER_LEN
 * bytes, and back.  False, and nothing of use written, if hex is not that many
 * of 0-9a-f.
 */
bool healthcode_holder_parse(healthcode_str_t hex, uint8_t *bytes);
void healthcode_holder_format(const uint8_t *bytes, char *hex);

/*
 * Writes the first HEALTHCODE_PEPPER_CHECK digits of HMAC-SHA-256(pepper,
 * "healthcode check"), by which a store proves that it was made with this
 * pepper.  False, and nothing written, if OpenSSL fails.
 */
bool healthcode_pepper_check(healthcode_pepper_t *pepper, char *hex);

#endif
