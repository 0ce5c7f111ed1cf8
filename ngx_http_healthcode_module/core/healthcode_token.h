/*
 * The text of a code taken apart: JWS compact serialisation (RFC 7515 sections
 * 3.1 and 7.1), judged by RFC 8725.  Knows no: key, claims, request.
 * docs/token-format.md, "Token".
 */

#ifndef HEALTHCODE_TOKEN_H
#define HEALTHCODE_TOKEN_H

#include <stdalign.h>

#include "healthcode_base64url.h"
#include "healthcode_index.h"
#include "healthcode_json.h"
#include "healthcode_reason.h"


/* A longer text is malformed. */
#define HEALTHCODE_TOKEN_MAX  8192


/*
 * Where the parts of one code live.  Large but touched only as far as the
 * code is long; nothing in it needs freeing.
 */
typedef struct {
    uint8_t                 parts[HEALTHCODE_TOKEN_MAX];
    alignas(16) uint8_t     header[healthcode_json_memory(HEALTHCODE_TOKEN_MAX
                                                          / 4 * 3)];
} healthcode_token_memory_t;


/* The views point into the text and into the memory given to the parser. */
typedef struct {
    healthcode_str_t  signed_text;   /* header "." payload, as received */
    healthcode_str_t  payload;       /* decoded, not looked into */
    healthcode_str_t  signature;     /* decoded; may be empty */
    healthcode_str_t  alg;
    healthcode_str_t  kid;           /* data is NULL: absent */
    healthcode_str_t  typ;           /* data is NULL: absent */
    bool              plain;         /* the header has no other members */
    yyjson_val       *header;        /* all of it */
} healthcode_token_t;


/*
 * Takes text apart and reads its header.  HEALTHCODE_REASON_OK: *token is
 * written.  _MALFORMED: not three parts of strict base64url, too long, or a
 * header that is not strict JSON with a string "alg".  _UNSUPPORTED: "crit",
 * "zip", or a "b64" that is not true (RFC 7515 section 4.1.11, RFC 7797).
 * "jku", "jwk", "x5u" and "x5c" are ignored: a code cannot bring its own key.
 */
healthcode_reason_e healthcode_token_parse(healthcode_str_t text,
    healthcode_token_memory_t *memory, healthcode_token_t *token);

/*
 * What is wrong with a text that healthcode_token_parse() has refused as
 * _MALFORMED, as in "is longer than 8192 bytes": constant, and never a byte of
 * text.  memory is overwritten.
 */
const char *healthcode_token_fault(healthcode_str_t text,
    healthcode_token_memory_t *memory);

/*
 * Decodes the payload of text alone into dst, which holds
 * healthcode_base64url_decoded_len(text.len) bytes; *payload views it there.
 * False if text is not a code.  Only for a code that was judged before: nothing
 * else of it is looked at.
 */
bool healthcode_token_payload(healthcode_str_t text, uint8_t *dst,
    healthcode_str_t *payload);

/*
 * What was signed of text: all before its last dot; all of it if it has none.
 */
healthcode_str_t healthcode_token_signed(healthcode_str_t text);

/*
 * Whether the token's "typ" is type, by RFC 7515 section 4.1.9: without
 * regard to ASCII case, and to "application/" before a name with no slash.
 */
bool healthcode_token_type_is(const healthcode_token_t *token,
    healthcode_str_t type);

/* What is wrong with a "typ" that is not of the issuer's types: constant. */
const char *healthcode_token_type_fault(const healthcode_token_t *token);

/*
 * Whether text is a JWS that was made for gates: its header says "typ"
 * "healthcode+jwt", or its payload an "iss" of issuers.  Its signature, and
 * whatever else may be wrong with it, do not count, nor how long it is; one
 * that breaks off is known by its header.  False for everything else, which
 * belongs to the application, such as the bearer token of another service.
 */
bool healthcode_token_is_ours(healthcode_str_t text,
    const healthcode_index_t *issuers, healthcode_token_memory_t *memory);

#endif
