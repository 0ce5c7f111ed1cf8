/*
 * Text + private key -> signature (RFC 7515 section 5.1, RFC 7518 section 3).
 * Knows no claims and no files.  docs/token-format.md, "Signature".
 */

#include <openssl/ec.h>
#include <openssl/err.h>

#include "healthcode_jwk.h"


static size_t healthcode_jwk_from_der(const uint8_t *der, size_t len,
    size_t part_len, uint8_t *signature);


size_t
healthcode_jwk_sign(const healthcode_jwk_t *jwk, healthcode_str_t text,
    uint8_t *signature)
{
    size_t       len = HEALTHCODE_JWK_SIGNATURE_MAX;
    uint8_t      made[HEALTHCODE_JWK_SIGNATURE_MAX];
    EVP_MD_CTX  *md = EVP_MD_CTX_new();

    if (md == NULL
        || EVP_DigestSignInit_ex(md, NULL, jwk->algorithm->digest, NULL, NULL,
                                 jwk->pkey, NULL) != 1
        || EVP_DigestSign(md, made, &len, text.data, text.len) != 1)
    {
        len = 0;
    }

    EVP_MD_CTX_free(md);
    ERR_clear_error();

    if (jwk->algorithm->family == HEALTHCODE_ALGORITHM_ECDSA) {
        return healthcode_jwk_from_der(made, len, jwk->algorithm->part_len,
                                        signature);
    }

    memcpy(signature, made, len);

    return len;
}


/* The DER that OpenSSL writes -> r || s. */
static size_t
healthcode_jwk_from_der(const uint8_t *der, size_t len, size_t part_len,
    uint8_t *signature)
{
    int         n = (int) part_len;
    bool        ok;
    ECDSA_SIG  *sig;

    sig = len ? d2i_ECDSA_SIG(NULL, &der, (long) len) : NULL;

    ok = sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), signature, n) == n
         && BN_bn2binpad(ECDSA_SIG_get0_s(sig), signature + n, n) == n;

    ECDSA_SIG_free(sig);

    return ok ? 2 * part_len : 0;
}
