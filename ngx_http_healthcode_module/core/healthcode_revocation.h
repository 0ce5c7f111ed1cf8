/*
 * Codes of a holder that a store calls back, one by one or all that were issued
 * before a time: fields of the holder's hash beside the flags.  Knows no:
 * clock, claims, hiredis, request.  docs/redis-keys.md, "Revoked codes".
 */

#ifndef HEALTHCODE_REVOCATION_H
#define HEALTHCODE_REVOCATION_H

#include "healthcode_holder.h"


#define HEALTHCODE_REVOCATION_BEFORE  "before"
#define HEALTHCODE_REVOCATION_CODE    "code:"    /* a digest follows */

/* "code:" and the digits of a digest, without a NUL. */
#define HEALTHCODE_REVOCATION_FIELD                                           \
    (sizeof(HEALTHCODE_REVOCATION_CODE) - 1 + HEALTHCODE_HOLDER_HEX)


/* What a field of a holder's hash is about, by its name alone. */
typedef enum {
    HEALTHCODE_REVOCATION_IS_FLAG = 0,
    HEALTHCODE_REVOCATION_IS_CODE,      /* also if its digest is unreadable */
    HEALTHCODE_REVOCATION_IS_BEFORE
} healthcode_revocation_e;


/*
 * The two digests by which a store may name one code: either of them revokes
 * it.
 */
typedef struct {
    bool     has_jti;
    uint8_t  text[HEALTHCODE_HOLDER_LEN];
    uint8_t  jti[HEALTHCODE_HOLDER_LEN];       /* only if has_jti */
} healthcode_revocation_names_t;


/* No flag can have a name that is not _IS_FLAG. */
healthcode_revocation_e healthcode_revocation_kind(healthcode_str_t field);

/*
 * Writes the HEALTHCODE_HOLDER_LEN bytes of a code's digest to out.  _text():
 * of signed_text, "header.payload" as it was received (RFC 7515 section 5.2),
 * never the signature, which may have a second form.  _jti(): of the issuer
 * and the code's "jti" (RFC 7519 section 4.1.7).  False, and nothing written,
 * if OpenSSL fails.
 */
bool healthcode_revocation_text(healthcode_pepper_t *pepper,
    healthcode_str_t signed_text, uint8_t *out);
bool healthcode_revocation_jti(healthcode_pepper_t *pepper,
    healthcode_str_t iss, healthcode_str_t jti, uint8_t *out);

/*
 * Both, for one code; jti.data is NULL if the code has none.  False, and *names
 * of no use, if OpenSSL fails.
 */
bool healthcode_revocation_names(healthcode_pepper_t *pepper,
    healthcode_str_t signed_text, healthcode_str_t iss, healthcode_str_t jti,
    healthcode_revocation_names_t *names);

/*
 * Reads the digest of field, an _IS_CODE, HEALTHCODE_HOLDER_LEN bytes.  False,
 * and nothing of use written, if it is not 32 of 0-9a-f.
 */
bool healthcode_revocation_parse(healthcode_str_t field, uint8_t *digest);

/*
 * Whether field, an _IS_CODE, names this code.  True as well if nobody can
 * tell: its digest is not 32 of 0-9a-f, or names is NULL.
 */
bool healthcode_revocation_is_of(healthcode_str_t field,
    const healthcode_revocation_names_t *names);

/*
 * Writes the HEALTHCODE_REVOCATION_FIELD characters of the field that names the
 * code of this digest, without a NUL.
 */
void healthcode_revocation_field(const uint8_t *digest, char *field);

#endif
