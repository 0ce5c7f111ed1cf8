/*
 * Names of a hall, of a passage and of what passes, as the store has them:
 * digests under the pepper.  Knows no: hiredis, clock, request.
 * docs/redis-keys.md, "healthcode:hall".
 */

#ifndef HEALTHCODE_HALL_H
#define HEALTHCODE_HALL_H

#include "healthcode_revocation.h"


/*
 * Each writes HEALTHCODE_HOLDER_LEN bytes to out; false, and nothing written,
 * if OpenSSL fails.  No digest of one kind is one of another kind, or a
 * holder's.
 */

bool healthcode_hall_name(healthcode_pepper_t *pepper, healthcode_str_t name,
    uint8_t *out);

/*
 * What passes once: the code by its issuer and "jti", and if it has none
 * (jti.data is NULL) by what was signed, "header.payload" as it was received.
 */
bool healthcode_hall_code(healthcode_pepper_t *pepper,
    healthcode_str_t signed_text, healthcode_str_t iss, healthcode_str_t jti,
    uint8_t *out);

/*
 * One passage of a code, HEALTHCODE_HOLDER_LEN bytes that _hall_code() wrote.
 * Two are the same only if lane, code and nonce are.
 */
bool healthcode_hall_passage(healthcode_pepper_t *pepper, const uint8_t *code,
    healthcode_str_t lane, healthcode_str_t nonce, uint8_t *out);

#endif
