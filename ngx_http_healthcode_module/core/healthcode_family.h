/*
 * What is done with the keys of one family of algorithms, as a row of
 * functions; each family has a file of its own, healthcode_family_*.c.  Knows
 * no: token, claims, file.  docs/token-format.md, "Keys".
 */

#ifndef HEALTHCODE_FAMILY_H
#define HEALTHCODE_FAMILY_H

#include "healthcode_key.h"


/* Bytes of a coordinate, of any curve of the table. */
#define HEALTHCODE_FAMILY_PART_MAX       66

/* Characters of the longest member, which is a modulus, and padding. */
#define HEALTHCODE_FAMILY_MEMBER_MAX     (HEALTHCODE_KEY_RSA_MAX / 3 + 8)

/* The decoder wants two bytes more than it writes. */
#define HEALTHCODE_FAMILY_SLACK          2

/* Characters of the members of which a thumbprint is made, with a NUL. */
#define HEALTHCODE_FAMILY_CANONICAL_MAX  (HEALTHCODE_KEY_RSA_MAX / 4)

/* The longest signature or coordinate in base64url, with a NUL, and more. */
#define HEALTHCODE_FAMILY_TEXT_MAX       128


/*
 * A family of public keys has no load_secret; one of shared secrets has that
 * and verify alone.  Each function may leave errors in OpenSSL's queue.
 */
struct healthcode_family_s {

    /*
     * The members of a JWK -> the pkey of key, and its note if one is not
     * written as it should be.  NULL, or a sentence that says what is wrong.
     * The key need not be on its curve: check() says that.
     */
    const char  *(*load)(healthcode_key_t *key, yyjson_val *jwk);

    /*
     * NULL, or a sentence that says why key, whose pkey is set, is weak or
     * none.  Without this function whatever OpenSSL takes is good.
     */
    const char  *(*check)(const healthcode_key_t *key);

    /*
     * Makes of key, whose pkey is good, what verify() needs, signature_len
     * included; sm2_id names the signer of SM2.  False: OpenSSL fails.
     */
    bool         (*prepare)(healthcode_key_t *key, healthcode_str_t sm2_id);

    /*
     * Writes the required members of key, whose pkey is set, in order and
     * without blanks (RFC 7638 section 3) into text, of
     * HEALTHCODE_FAMILY_CANONICAL_MAX bytes.  False: OpenSSL fails.
     */
    bool         (*members)(const healthcode_key_t *key, char *text);

    /*
     * A JWK that holds a shared secret -> key, with all that verify() needs and
     * its thumbprint.  NULL, or a sentence that says what is wrong.
     */
    const char  *(*load_secret)(healthcode_key_t *key, yyjson_val *jwk);

    /*
     * Whether signature, of key->signature_len bytes, is key's over text.  A
     * message authentication code is compared in constant time.
     */
    bool         (*verify)(const healthcode_key_t *key, healthcode_str_t text,
                           healthcode_str_t signature);
};


/* ---- what families share ---- */

/* What a member is; the first two are decoded. */
typedef enum {
    HEALTHCODE_FAMILY_BASE64URL,    /* as RFC 7518 has it, without padding */
    HEALTHCODE_FAMILY_BASE64,       /* with padding, or with + and / */
    HEALTHCODE_FAMILY_MISSING,      /* or empty, or not a string */
    HEALTHCODE_FAMILY_INVALID,      /* neither of these encodings */
    HEALTHCODE_FAMILY_LONG          /* more than max bytes */
} healthcode_family_member_e;

/*
 * Decodes the member name, of HEALTHCODE_FAMILY_MEMBER_MAX characters at most,
 * into dst of max bytes and HEALTHCODE_FAMILY_SLACK more; *len is how many.
 */
healthcode_family_member_e healthcode_family_member(yyjson_val *jwk,
    const char *name, uint8_t *dst, size_t max, size_t *len);

/* The note of a key one of whose members is HEALTHCODE_FAMILY_BASE64. */
extern const char  healthcode_family_base64_note[];

/* The public key of params, of the type that OpenSSL calls so, or NULL. */
EVP_PKEY *healthcode_family_public(const char *type, OSSL_PARAM *params);

/*
 * Writes the parameter of key that OpenSSL calls name into dst, of part_len
 * bytes; false if there is none, or it is larger.
 */
bool healthcode_family_number(const healthcode_key_t *key, const char *name,
    uint8_t *dst);

/* Writes base64url of bytes into text, with a NUL. */
void healthcode_family_encode(const uint8_t *bytes, size_t len, char *text);

/*
 * Sets the thumbprint of key to the SHA-256 of canonical, which ends with a
 * NUL.  False: OpenSSL fails.
 */
bool healthcode_family_thumbprint(healthcode_key_t *key, const char *canonical);

/*
 * Makes key->verify, for signatures over a digest, which the caller has to name
 * to it.  False: OpenSSL fails.
 */
bool healthcode_family_prepare_digest(healthcode_key_t *key);

/*
 * Whether signature, in the form that OpenSSL reads, is key's over the digest
 * of its prefix and text.
 */
bool healthcode_family_verify_digest(const healthcode_key_t *key,
    healthcode_str_t text, healthcode_str_t signature);


/* ---- points: ECDSA and SM2 share these ---- */

/* load(), check(), members() and verify() of a row; of x and y, of r || s. */
const char *healthcode_family_load_point(healthcode_key_t *key,
    yyjson_val *jwk);
const char *healthcode_family_check_point(const healthcode_key_t *key);
bool healthcode_family_members_point(const healthcode_key_t *key, char *text);
bool healthcode_family_verify_pair(const healthcode_key_t *key,
    healthcode_str_t text, healthcode_str_t signature);

#endif
