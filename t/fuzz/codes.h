/*
 * The codes that the target of whole requests knows, with the keys that signed
 * them: who makes one pass that is not among them has broken the gate.  Signed
 * and checked by OpenSSL alone.  CONTRIBUTING.md, "Fuzzing".
 */

#ifndef HEALTHCODE_FUZZ_CODES_H
#define HEALTHCODE_FUZZ_CODES_H

#include "../../ngx_http_healthcode_module/core/healthcode_reason.h"


/* When they are judged, Unix seconds; and when all of them have expired. */
#define CODES_NOW    1700000000
#define CODES_LATER  1700000805

#define CODES_MAX  1024


/* Two issuers: north has two keys, south has one, without a kid. */
typedef enum {
    CODES_NORTH_SECRET = 0,    /* HS256, "n1" */
    CODES_NORTH_POINT,         /* ES256, "n2" */
    CODES_SOUTH_SECRET         /* HS256 */
} codes_key_e;


typedef struct {
    const char           *header;
    const char           *payload;
    codes_key_e           key;
    healthcode_reason_e   reason;      /* what a gate must say; _OK: allowed */
    healthcode_reason_e   withdrawn;   /* likewise without the key "n1" */
    char                  text[CODES_MAX];
    size_t                signed_len;  /* header "." payload */
} code_t;


/* All of them, made once, and always the same bytes; *n is how many. */
const code_t *codes(size_t *n);

/* The JWK set of an issuer; north's without its first key. */
const char *codes_jwks_north(void);
const char *codes_jwks_rest(void);
const char *codes_jwks_south(void);

/*
 * The code that has the signed part of text, if its signature in text holds by
 * the key of that code; NULL if there is none.
 */
const code_t *codes_find(healthcode_str_t text);

#endif
