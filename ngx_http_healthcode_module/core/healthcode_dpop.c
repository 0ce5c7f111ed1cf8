/*
 * Proofs of DPoP (RFC 9449): that who shows a code which is bound to a key has
 * the key, and has signed this very request with it.  The time is an argument.
 * Knows no: clock, connection, location, hiredis.
 * docs/token-format.md, "Proofs of DPoP".
 */

#include "healthcode_dpop.h"
#include "healthcode_family.h"
#include "healthcode_signature.h"


/* A later time is not a time: the end of the year 9999. */
#define HEALTHCODE_DPOP_TIME_MAX  253402300799


static const char *healthcode_dpop_header_fault(
    const healthcode_token_t *token, const healthcode_algorithm_t **row);
static const char *healthcode_dpop_claims_fault(yyjson_val *claims,
    const healthcode_dpop_request_t *request, healthcode_digest_t *digest,
    healthcode_dpop_memory_t *memory, healthcode_str_t *jti);
static bool healthcode_dpop_is_method(yyjson_val *claims,
    healthcode_str_t method);
static bool healthcode_dpop_is_uri(yyjson_val *claims,
    const healthcode_dpop_request_t *request,
    healthcode_dpop_memory_t *memory);
static bool healthcode_dpop_is_hash(yyjson_val *claims, healthcode_str_t code,
    healthcode_digest_t *digest);
static const char *healthcode_dpop_key_fault(const healthcode_token_t *token,
    const healthcode_algorithm_t *row, healthcode_str_t jkt,
    healthcode_dpop_memory_t *memory);
static const char *healthcode_dpop_signature_fault(
    const healthcode_token_t *token, const healthcode_key_t *key,
    healthcode_str_t jkt);


const char *
healthcode_dpop_fault(healthcode_str_t text,
    const healthcode_dpop_request_t *request, healthcode_digest_t *digest,
    healthcode_dpop_memory_t *memory, healthcode_str_t *jti)
{
    yyjson_val                    *claims;
    const char                    *fault;
    healthcode_str_t               found = { NULL, 0 };
    healthcode_token_t             token;
    const healthcode_algorithm_t  *row;

    if (text.len > HEALTHCODE_DPOP_MAX) {
        return "is longer than 4096 bytes";
    }

    switch (healthcode_token_parse(text, &memory->token, &token)) {

    case HEALTHCODE_REASON_OK:
        break;

    case HEALTHCODE_REASON_UNSUPPORTED:
        return "asks for an extension, by \"crit\", \"zip\" or \"b64\"";

    default:
        return healthcode_token_fault(text, &memory->token);
    }

    claims = healthcode_json_read(token.payload, memory->payload,
                                  sizeof(memory->payload));

    fault = healthcode_dpop_header_fault(&token, &row);

    if (fault == NULL) {
        fault = healthcode_dpop_claims_fault(claims, request, digest, memory,
                                             &found);
    }

    if (fault == NULL) {
        fault = healthcode_dpop_key_fault(&token, row, request->jkt, memory);
    }

    if (fault == NULL) {
        *jti = found;
    }

    return fault;
}


static const char *
healthcode_dpop_header_fault(const healthcode_token_t *token,
    const healthcode_algorithm_t **row)
{
    if (!healthcode_token_type_is(token, healthcode_str("dpop+jwt"))) {
        return "has another \"typ\" than \"dpop+jwt\"";
    }

    /* a shared secret proves nothing: who checks it could have made it */

    *row = healthcode_algorithm_find(token->alg);

    return (*row && (*row)->family->load_secret == NULL)
           ? NULL : "is signed with an algorithm that has no public key, or "
                    "that is not known here";
}


static const char *
healthcode_dpop_claims_fault(yyjson_val *claims,
    const healthcode_dpop_request_t *request, healthcode_digest_t *digest,
    healthcode_dpop_memory_t *memory, healthcode_str_t *jti)
{
    int64_t  iat;

    if (claims == NULL) {
        return "has a payload that is not a strict JSON object";
    }

    if (healthcode_json_string(claims, "jti", jti) != 1 || jti->len == 0) {
        return "has no \"jti\"";
    }

    if (healthcode_json_integer(claims, "iat", 0, HEALTHCODE_DPOP_TIME_MAX,
                                &iat) != 1)
    {
        return "has no \"iat\", or one that is not a whole number of seconds";
    }

    if (!healthcode_dpop_is_method(claims, request->method)) {
        return "has an \"htm\" that is not the method of the request";
    }

    if (!healthcode_dpop_is_uri(claims, request, memory)) {
        return "has an \"htu\" that is not the URI of the request";
    }

    if (iat > request->now + HEALTHCODE_DPOP_WINDOW) {
        return "has an \"iat\" that lies ahead; compare the clocks";
    }

    if (iat < request->now - HEALTHCODE_DPOP_WINDOW) {
        return "has an \"iat\" that is too long ago";
    }

    return healthcode_dpop_is_hash(claims, request->code, digest)
           ? NULL : "has an \"ath\" that is not the hash of the code";
}


static bool
healthcode_dpop_is_method(yyjson_val *claims, healthcode_str_t method)
{
    healthcode_str_t  htm;

    return healthcode_json_string(claims, "htm", &htm) == 1
           && healthcode_str_equal(htm, method);
}


static bool
healthcode_dpop_is_uri(yyjson_val *claims,
    const healthcode_dpop_request_t *request, healthcode_dpop_memory_t *memory)
{
    size_t             len, of_path;
    uint8_t           *htu = memory->htu;
    healthcode_str_t   text, rest;

    if (healthcode_json_string(claims, "htu", &text) != 1
        || request->path.len > HEALTHCODE_DPOP_PATH
        || !healthcode_uri_origin(text, htu, &len, &rest)
        || !healthcode_str_equal(healthcode_str_from(htu, len),
                                 request->origin))
    {
        return false;
    }

    len = healthcode_uri_path(rest, htu);
    of_path = healthcode_uri_path(request->path, memory->path);

    return len && healthcode_str_equal(healthcode_str_from(htu, len),
                                       healthcode_str_from(memory->path,
                                                           of_path));
}


static bool
healthcode_dpop_is_hash(yyjson_val *claims, healthcode_str_t code,
    healthcode_digest_t *digest)
{
    char              text[healthcode_base64url_encoded_len(
                               HEALTHCODE_DIGEST_LEN)];
    size_t            len;
    uint8_t           hash[HEALTHCODE_DIGEST_LEN];
    healthcode_str_t  ath;

    if (healthcode_json_string(claims, "ath", &ath) != 1
        || !healthcode_digest_text(digest, code, hash))
    {
        return false;
    }

    len = healthcode_base64url_encode(healthcode_str_from(hash, sizeof(hash)),
                                      text);

    return healthcode_str_equal(ath, healthcode_str_from(text, len));
}


/*
 * Builds the key of the proof as those of an issuer are built, from a set that
 * has no other: what is private, weak, broken or for another use is refused.
 */
static const char *
healthcode_dpop_key_fault(const healthcode_token_t *token,
    const healthcode_algorithm_t *row, healthcode_str_t jkt,
    healthcode_dpop_memory_t *memory)
{
    char                        error[128];
    yyjson_val                 *jwk = yyjson_obj_get(token->header, "jwk");
    const char                 *fault = "has a \"jwk\" that is not a public "
                                        "key for its \"alg\"";
    healthcode_str_t            text;
    healthcode_keyring_t       *keyring;
    healthcode_keyring_rules_t  rules = {
        .algorithms = { .bits = healthcode_algorithm_bit(row) }
    };

    /* not a set of keys, and not a certificate's: RFC 9449 section 4.2 */

    if (yyjson_obj_get(jwk, "kty") == NULL || yyjson_obj_get(jwk, "keys")
        || yyjson_obj_get(jwk, "x5c"))
    {
        return jwk ? fault : "has no \"jwk\"";
    }

    keyring = healthcode_keyring_new(&rules);

    if (keyring == NULL
        || !healthcode_json_write(jwk, memory->jwk, sizeof(memory->jwk), &text))
    {
        fault = "cannot be checked: no memory";

    } else if (healthcode_keyring_add(keyring, text, error, sizeof(error))
               && healthcode_keyring_finish(keyring, error, sizeof(error)))
    {
        fault = healthcode_dpop_signature_fault(token,
                                        healthcode_keyring_at(keyring, 0), jkt);

    } else if (healthcode_keyring_is_private(keyring)) {
        fault = "has a private key in its \"jwk\"";
    }

    healthcode_keyring_free(keyring);

    return fault;
}


static const char *
healthcode_dpop_signature_fault(const healthcode_token_t *token,
    const healthcode_key_t *key, healthcode_str_t jkt)
{
    if (!healthcode_str_equal(healthcode_str_from(key->thumbprint,
                                                  HEALTHCODE_THUMBPRINT_LEN),
                              jkt))
    {
        return "is signed with another key than the code names";
    }

    if (key->signature_len > HEALTHCODE_DPOP_RSA_MAX / 8) {
        return "is signed with an RSA key of more than 4096 bits";
    }

    return healthcode_signature_verify(key, token->signed_text,
                                       token->signature)
           ? NULL : "has a signature that does not hold";
}


const char *
healthcode_dpop_algorithms(void)
{
    return "RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA "
           "Ed25519 SGD_SM3_SM2";
}


/*
 * A thumbprint has one length, so that there is one way to read the rest.  A
 * space has at least one character, so no holder begins like this.
 */
bool
healthcode_dpop_mark(healthcode_pepper_t *pepper, healthcode_str_t jkt,
    healthcode_str_t jti, uint8_t *out)
{
    healthcode_str_t  parts[] = { healthcode_str("\0proof\0"), jkt, jti };

    return healthcode_pepper_digest(pepper, parts, 3, out);
}
