/*
 * Proofs of DPoP (RFC 9449): that who shows a code which is bound to a key has
 * the key, and has signed this very request with it.  The time is an argument.
 * Knows no: clock, connection, location, hiredis.
 * docs/token-format.md, "Proofs of DPoP".
 */

#ifndef HEALTHCODE_DPOP_H
#define HEALTHCODE_DPOP_H

#include "healthcode_digest.h"
#include "healthcode_holder.h"
#include "healthcode_key.h"
#include "healthcode_token.h"
#include "healthcode_uri.h"


/*
 * The key of a proof is built for one request, so it must not be dear: a longer
 * proof is refused, and an RSA key of more bits.
 */
#define HEALTHCODE_DPOP_MAX      4096
#define HEALTHCODE_DPOP_RSA_MAX  4096

/* Seconds between a gate's clock and "iat", in either direction. */
#define HEALTHCODE_DPOP_WINDOW   60

/*
 * Seconds that a proof is remembered from when it is first accepted: as long as
 * any gate can accept it, if their clocks differ by a window at most.
 */
#define HEALTHCODE_DPOP_MARK     (3 * HEALTHCODE_DPOP_WINDOW)

/* Bytes of JSON in a proof. */
#define HEALTHCODE_DPOP_JSON     (HEALTHCODE_DPOP_MAX / 4 * 3)

/* A longer path of a request has no proof, even if much of it is escaped. */
#define HEALTHCODE_DPOP_PATH     8192


/* Large but touched only as far as the proof is long; nothing needs freeing. */
typedef struct {
    healthcode_token_memory_t  token;
    alignas(16) uint8_t        payload[healthcode_json_memory(
                                           HEALTHCODE_DPOP_JSON)];
    alignas(16) uint8_t        jwk[healthcode_json_write_memory(
                                       HEALTHCODE_DPOP_JSON)];
    uint8_t                    htu[healthcode_uri_memory(
                                       HEALTHCODE_DPOP_JSON)];
    uint8_t                    path[healthcode_uri_memory(
                                        HEALTHCODE_DPOP_PATH)];
} healthcode_dpop_memory_t;


/* What the proof has to be for. */
typedef struct {
    healthcode_str_t  method;   /* as it came */
    healthcode_str_t  origin;   /* as healthcode_uri_origin() writes it */
    healthcode_str_t  path;     /* as it came, without what follows "?" */
    healthcode_str_t  code;     /* as it came */
    healthcode_str_t  jkt;      /* thumbprint of the key that the code names */
    int64_t           now;      /* Unix seconds */
} healthcode_dpop_request_t;


/*
 * What is wrong with text, the value of the only "DPoP" of a request, as the
 * proof for it (RFC 9449 section 4.3): constant, as in "has no \"jti\"".  NULL:
 * nothing, and *jti is its "jti", a view into memory.  Whether it was shown
 * before is not judged here.  The key is built only if the rest holds, and
 * computes only if its thumbprint is jkt.  digest computes "ath".  Leaves
 * OpenSSL's error queue empty.
 */
const char *healthcode_dpop_fault(healthcode_str_t text,
    const healthcode_dpop_request_t *request, healthcode_digest_t *digest,
    healthcode_dpop_memory_t *memory, healthcode_str_t *jti);

/*
 * The names of the algorithms that a proof may be signed with, a blank between
 * each two, for the "algs" of a challenge (RFC 9449 section 7.1): constant.
 */
const char *healthcode_dpop_algorithms(void);

/*
 * Writes the HEALTHCODE_HOLDER_LEN bytes by which the store remembers a proof:
 * those of its key and its "jti".  They are not those of anything else that
 * has a digest under the pepper.  False, and nothing written, if OpenSSL fails.
 */
bool healthcode_dpop_mark(healthcode_pepper_t *pepper, healthcode_str_t jkt,
    healthcode_str_t jti, uint8_t *out);

#endif
