/*
 * One X.509 certificate (RFC 5280), as DER -> the public key in it, from when
 * to when it is valid, and the names by which codes call its key.  Verifies no
 * chain.  Knows no: token, claims, file, clock, JSON.
 * docs/token-format.md, "Certificates".
 */

#ifndef HEALTHCODE_CERTIFICATE_H
#define HEALTHCODE_CERTIFICATE_H

#include <openssl/evp.h>

#include "healthcode_str.h"


/* Characters of a base64url SHA-256: "x5t#S256" of RFC 7517 section 4.9. */
#define HEALTHCODE_CERTIFICATE_X5T_LEN    43

/* Bytes of a SHA-256, by which codes name a certificate. */
#define HEALTHCODE_CERTIFICATE_HASH       32

/* Bytes of a SHA-256 of which lists of health passes make a kid. */
#define HEALTHCODE_CERTIFICATE_SHORT      8

/* Characters of these in base64, with padding. */
#define HEALTHCODE_CERTIFICATE_SHORT_LEN  12

/* Tags of DER. */
#define HEALTHCODE_CERTIFICATE_NUMBER     0x02
#define HEALTHCODE_CERTIFICATE_SEQUENCE   0x30

/* Bytes that a certificate in base64 of len characters has at most. */
#define healthcode_certificate_decoded_len(len)  ((len) / 4 * 3)


/* What a certificate says of its key. */
typedef struct {
    EVP_PKEY  *pkey;          /* of the subject */
    int64_t    not_before;    /* Unix seconds: the first that is valid, */
    int64_t    not_after;     /* and the last */
    bool       signs;         /* its key usage, if it has one, permits
                                 signatures of other things than certificates */
    char       x5t[HEALTHCODE_CERTIFICATE_X5T_LEN + 1];
    char       short_kid[HEALTHCODE_CERTIFICATE_SHORT_LEN + 1];
} healthcode_certificate_t;


/*
 * Reads der, which is the DER of one certificate and nothing else, into
 * *certificate, whose pkey the caller owns and frees by
 * healthcode_certificate_free().  Neither its signature nor who has issued it
 * is looked at: the file that it comes from is trusted, as with a bare public
 * key.  NULL: done; else a constant sentence that says what is wrong with it,
 * and nothing is written.  May leave errors in OpenSSL's queue.
 */
const char *healthcode_certificate_read(healthcode_str_t der,
    healthcode_certificate_t *certificate);
void healthcode_certificate_free(healthcode_certificate_t *certificate);

/*
 * Writes the SHA-256 of der, a certificate, into hash, which holds
 * HEALTHCODE_CERTIFICATE_HASH bytes.  False: OpenSSL fails, and nothing is
 * written.
 */
bool healthcode_certificate_hash(healthcode_str_t der, uint8_t *hash);

/*
 * The first tag inside of the sequence that text begins with, if text looks
 * like DER and not like text: HEALTHCODE_CERTIFICATE_SEQUENCE, as in a
 * certificate and in a public key; HEALTHCODE_CERTIFICATE_NUMBER, as in private
 * keys, whose first number, of one byte, is their version.  0 for anything
 * else.
 */
uint8_t healthcode_certificate_inside(healthcode_str_t text);

/*
 * Decodes text, a member of "x5c": base64 with padding (RFC 7517 section 4.7),
 * not base64url, into der, which holds
 * healthcode_certificate_decoded_len(text.len) bytes.  Returns how many it has
 * written, 0 if text is empty or has another form.
 */
size_t healthcode_certificate_decode(healthcode_str_t text, uint8_t *der);

#endif
