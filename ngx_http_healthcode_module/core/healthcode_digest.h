/*
 * SHA-256 (FIPS 180-4) with a context that is made once, since making it costs
 * more than hashing a code.  Knows not what is hashed.
 * docs/request-path.md, "The cache".
 */

#ifndef HEALTHCODE_DIGEST_H
#define HEALTHCODE_DIGEST_H

#include "healthcode_str.h"


#define HEALTHCODE_DIGEST_LEN  32


typedef struct healthcode_digest_s  healthcode_digest_t;


/*
 * The caller owns and frees the result; NULL where OpenSSL fails.  One thread
 * uses it at a time.
 */
healthcode_digest_t *healthcode_digest_create(void);
void healthcode_digest_free(healthcode_digest_t *digest);

/*
 * Writes the HEALTHCODE_DIGEST_LEN bytes of text's SHA-256 to out.  False, and
 * nothing of use written, where OpenSSL fails.
 */
bool healthcode_digest_text(healthcode_digest_t *digest, healthcode_str_t text,
    void *out);

/*
 * Copies the first 128 bytes of beginning, or 64, with what they come to, so
 * that a text that begins with them takes less: for what many texts begin with,
 * and what may stay in memory until digest is freed.  Of less nothing is kept,
 * nor where OpenSSL fails or has no SHA256_Init().  There is room for 128
 * beginnings, each in the one place that it chooses, where the last one stays.
 */
void healthcode_digest_keep(healthcode_digest_t *digest,
    healthcode_str_t beginning);

/*
 * SHA-256 of parts, each with its length before it, so that no two lists of
 * parts are one text; results as of one text.
 */
bool healthcode_digest_parts(healthcode_digest_t *digest,
    const healthcode_str_t *parts, size_t n, void *out);

#endif
