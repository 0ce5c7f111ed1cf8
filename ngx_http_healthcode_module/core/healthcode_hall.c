/*
 * Names of a hall, of a passage and of what passes, as the store has them:
 * digests under the pepper.  Knows no: hiredis, clock, request.
 * docs/redis-keys.md, "healthcode:hall".
 */

#include <string.h>

#include "healthcode_hall.h"


/* A space has at least one character, so no holder begins like this. */
#define HEALTHCODE_HALL_NAME     "\0hall\0"
#define HEALTHCODE_HALL_PASSAGE  "\0passage\0"

#define healthcode_hall_literal(text)                                         \
    { (const uint8_t *) (text), sizeof(text) - 1 }


bool
healthcode_hall_name(healthcode_pepper_t *pepper, healthcode_str_t name,
    uint8_t *out)
{
    const healthcode_str_t  parts[] = {
        healthcode_hall_literal(HEALTHCODE_HALL_NAME), name
    };

    return healthcode_pepper_digest(pepper, parts, 2, out);
}


bool
healthcode_hall_code(healthcode_pepper_t *pepper, healthcode_str_t signed_text,
    healthcode_str_t iss, healthcode_str_t jti, uint8_t *out)
{
    return jti.data ? healthcode_revocation_jti(pepper, iss, jti, out)
                    : healthcode_revocation_text(pepper, signed_text, out);
}


bool
healthcode_hall_passage(healthcode_pepper_t *pepper, const uint8_t *code,
    healthcode_str_t lane, healthcode_str_t nonce, uint8_t *out)
{
    /* the code has one length, the lane says its own: one way to read it */
    uint8_t                 len[8];
    const healthcode_str_t  parts[] = {
        healthcode_hall_literal(HEALTHCODE_HALL_PASSAGE),
        { code, HEALTHCODE_HOLDER_LEN },
        { len, sizeof(len) }, lane, nonce
    };

    for (size_t i = 0; i < sizeof(len); i++) {
        len[i] = (uint8_t) ((uint64_t) lane.len >> (56 - 8 * i));
    }

    return healthcode_pepper_digest(pepper, parts, 5, out);
}
