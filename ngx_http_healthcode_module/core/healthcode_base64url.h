/*
 * Strict base64url without padding (RFC 4648 section 5, RFC 7515 section 2).
 * Knows no: token, key, JSON.  docs/token-format.md, "Encoding".
 */

#ifndef HEALTHCODE_BASE64URL_H
#define HEALTHCODE_BASE64URL_H

#include "healthcode_str.h"


#define healthcode_base64url_decoded_len(len)  ((len) / 4 * 3 + 2)
#define healthcode_base64url_encoded_len(len)  (((len) * 4 + 2) / 3)


/*
 * Decodes src into dst, which holds healthcode_base64url_decoded_len(src.len)
 * bytes; *len is the number written.  Padding, white space, any byte outside
 * the alphabet, a length of 4n+1 and non-zero trailing bits are refused: then
 * false is returned and neither dst nor *len means anything.
 * Not constant-time.
 */
bool healthcode_base64url_decode(healthcode_str_t src, uint8_t *dst,
    size_t *len);

/*
 * Encodes src into dst, which holds healthcode_base64url_encoded_len(src.len)
 * bytes; returns that number.  No NUL is added.
 */
size_t healthcode_base64url_encode(healthcode_str_t src, char *dst);

#endif
