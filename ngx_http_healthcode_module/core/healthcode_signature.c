/*
 * Signed bytes + key -> valid or not (RFC 7515 section 5.2, RFC 7518 section
 * 3).  The caller chooses the key.  Knows no: token, claims, file.
 * docs/token-format.md, "Signature".
 */

#include <openssl/err.h>

#include "healthcode_family.h"
#include "healthcode_signature.h"


bool
healthcode_signature_verify(const healthcode_key_t *key, healthcode_str_t text,
    healthcode_str_t signature)
{
    /* RFC 8017 section 8.2.2: a shorter number would be another text */
    if (signature.len != key->signature_len) {
        return false;
    }

    if (key->algorithm->family->verify(key, text, signature)) {
        return true;
    }

    /* An error left here would be blamed on nginx's next TLS record. */
    ERR_clear_error();

    return false;
}
