/*
 * Text + private key -> signature (RFC 7515 section 5.1, RFC 7518 section 3).
 * Knows no claims and no files.  docs/token-format.md, "Signature".
 */

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include "healthcode_jwk.h"


static bool healthcode_jwk_sign_prepare(const healthcode_jwk_t *jwk,
    healthcode_str_t sm2_id, EVP_PKEY_CTX *ctx);


size_t
healthcode_jwk_sign(const healthcode_jwk_t *jwk, healthcode_str_t text,
    healthcode_str_t sm2_id, uint8_t *signature)
{
    size_t                         len = HEALTHCODE_JWK_SIGNATURE_MAX;
    uint8_t                        made[HEALTHCODE_JWK_SIGNATURE_MAX];
    EVP_MD_CTX                    *md = EVP_MD_CTX_new();
    EVP_PKEY_CTX                  *ctx = NULL;
    const healthcode_algorithm_t  *row = jwk->algorithm;

    if (md == NULL
        || EVP_DigestSignInit_ex(md, &ctx, row->digest, NULL, NULL, jwk->pkey,
                                 NULL) != 1
        || !healthcode_jwk_sign_prepare(jwk, sm2_id, ctx)
        || EVP_DigestSign(md, made, &len, text.data, text.len) != 1)
    {
        len = 0;
    }

    EVP_MD_CTX_free(md);
    ERR_clear_error();

    if (row->family == &healthcode_family_ecdsa
        || row->family == &healthcode_family_sm2)
    {
        return healthcode_jwk_from_der(healthcode_str_from(made, len),
                                       row->part_len, signature);
    }

    memcpy(signature, made, len);

    return len;
}


/* What OpenSSL would choose in another way by itself. */
static bool
healthcode_jwk_sign_prepare(const healthcode_jwk_t *jwk,
    healthcode_str_t sm2_id, EVP_PKEY_CTX *ctx)
{
    const healthcode_family_t  *family = jwk->algorithm->family;

    if (family == &healthcode_family_pss) {
        return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1
               && EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST)
                  == 1;
    }

    return family != &healthcode_family_sm2
           || EVP_PKEY_CTX_set1_id(ctx, sm2_id.data, (int) sm2_id.len) == 1;
}


size_t
healthcode_jwk_from_der(healthcode_str_t der, size_t part_len,
    uint8_t *signature)
{
    int             n = (int) part_len;
    bool            ok;
    ECDSA_SIG      *sig;
    const uint8_t  *p = der.data;

    sig = der.len ? d2i_ECDSA_SIG(NULL, &p, (long) der.len) : NULL;

    ok = sig && p == der.data + der.len
         && BN_bn2binpad(ECDSA_SIG_get0_r(sig), signature, n) == n
         && BN_bn2binpad(ECDSA_SIG_get0_s(sig), signature + n, n) == n;

    ECDSA_SIG_free(sig);
    ERR_clear_error();

    return ok ? 2 * part_len : 0;
}
