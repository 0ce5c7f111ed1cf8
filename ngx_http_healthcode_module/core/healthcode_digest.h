/*
 * SHA-256 (FIPS 180-4) with a context that is made once, since making it costs
 * more than hashing a code.  Knows no: token, key, nginx.  docs/cache.md.
 */

#ifndef HEALTHCODE_DIGEST_H
#define HEALTHCODE_DIGEST_H

#include "healthcode_str.h"


#define HEALTHCODE_DIGEST_LEN  32


typedef struct healthcode_digest_s  healthcode_digest_t;


/*
 * The caller owns and frees the result; NULL if OpenSSL fails.  One thread
 * uses it at a time.
 */
healthcode_digest_t *healthcode_digest_create(void);
void healthcode_digest_free(healthcode_digest_t *digest);

/*
 * Writes the HEALTHCODE_DIGEST_LEN bytes of text's SHA-256 to out.  False, and
 * nothing of use written, if OpenSSL fails.
 */
bool healthcode_digest_text(healthcode_digest_t *digest, healthcode_str_t text,
    void *out);

/*
 * Caches the SHA-256 state after the first 128 (or 64) bytes of beginning, so
 * that later texts with this beginning hash faster; a copy of these bytes stays
 * in memory until digest is freed.  Nothing is cached if beginning is shorter,
 * or OpenSSL fails or has no SHA256_Init().  There are 128 places; a beginning
 * has one of them and replaces the one that was there.
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
