/*
 * Signed bytes + key -> valid or not (RFC 7515 section 5.2, RFC 7518 section
 * 3).  The caller chooses the key.  Knows no: token, claims, file.
 * docs/token-format.md, "Signature".
 */

#ifndef HEALTHCODE_SIGNATURE_H
#define HEALTHCODE_SIGNATURE_H

#include "healthcode_keyring.h"


/*
 * Whether signature is key's over text.  Any fault reads as not valid.
 * A message authentication code is compared in constant time; the rest
 * handles public data only.  Leaves OpenSSL's error queue empty.
 */
bool healthcode_signature_verify(const healthcode_key_t *key,
    healthcode_str_t text, healthcode_str_t signature);

#endif
