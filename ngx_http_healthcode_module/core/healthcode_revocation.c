/*
 * Codes of a holder that a store calls back, one by one or all that were issued
 * before a time.  Knows no: clock, claims, hiredis, request.
 * docs/redis-keys.md, "Revoked codes".
 */

#include "healthcode_revocation.h"


#define HEALTHCODE_REVOCATION_PREFIX                                          \
    (sizeof(HEALTHCODE_REVOCATION_CODE) - 1)


healthcode_revocation_e
healthcode_revocation_kind(healthcode_str_t field)
{
    if (healthcode_str_equal(field,
                             healthcode_str(HEALTHCODE_REVOCATION_BEFORE)))
    {
        return HEALTHCODE_REVOCATION_IS_BEFORE;
    }

    if (field.len >= HEALTHCODE_REVOCATION_PREFIX
        && memcmp(field.data, HEALTHCODE_REVOCATION_CODE,
                  HEALTHCODE_REVOCATION_PREFIX) == 0)
    {
        return HEALTHCODE_REVOCATION_IS_CODE;
    }

    return HEALTHCODE_REVOCATION_IS_FLAG;
}


/*
 * A subject space and a subject have one NUL between them, and these two or
 * three, one of them in front: a code's digest is never a holder's.  Strings of
 * a payload have none, so an "iss" ends before its "jti".
 */
bool
healthcode_revocation_text(healthcode_pepper_t *pepper,
    healthcode_str_t signed_text, uint8_t *out)
{
    healthcode_str_t  parts[] = { healthcode_str("\0text\0"), signed_text };

    return healthcode_pepper_digest(pepper, parts, 2, out);
}


bool
healthcode_revocation_jti(healthcode_pepper_t *pepper, healthcode_str_t iss,
    healthcode_str_t jti, uint8_t *out)
{
    healthcode_str_t  parts[] = {
        healthcode_str("\0jti\0"), iss, healthcode_str("\0"), jti
    };

    return healthcode_pepper_digest(pepper, parts, 4, out);
}


bool
healthcode_revocation_names(healthcode_pepper_t *pepper,
    healthcode_str_t signed_text, healthcode_str_t iss, healthcode_str_t jti,
    healthcode_revocation_names_t *names)
{
    names->has_jti = (jti.data != NULL);

    return healthcode_revocation_text(pepper, signed_text, names->text)
           && (!names->has_jti
               || healthcode_revocation_jti(pepper, iss, jti, names->jti));
}


bool
healthcode_revocation_parse(healthcode_str_t field, uint8_t *digest)
{
    healthcode_str_t  hex;

    hex = healthcode_str_from(field.data + HEALTHCODE_REVOCATION_PREFIX,
                              field.len - HEALTHCODE_REVOCATION_PREFIX);

    return healthcode_holder_parse(hex, digest);
}


bool
healthcode_revocation_is_of(healthcode_str_t field,
    const healthcode_revocation_names_t *names)
{
    uint8_t  digest[HEALTHCODE_HOLDER_LEN];

    if (names == NULL || !healthcode_revocation_parse(field, digest)) {
        return true;
    }

    return memcmp(digest, names->text, HEALTHCODE_HOLDER_LEN) == 0
           || (names->has_jti
               && memcmp(digest, names->jti, HEALTHCODE_HOLDER_LEN) == 0);
}


void
healthcode_revocation_field(const uint8_t *digest, char *field)
{
    memcpy(field, HEALTHCODE_REVOCATION_CODE, HEALTHCODE_REVOCATION_PREFIX);
    healthcode_holder_format(digest, field + HEALTHCODE_REVOCATION_PREFIX);
}
