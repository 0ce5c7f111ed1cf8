/*
 * Signed bytes + key -> valid or not (RFC 7515 section 5.2, RFC 7518
 * section 3).  Chooses no key and reads no token.
 * docs/token-format.md, "Signature".
 */

#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>

#include "healthcode_signature.h"


/* A DER sequence of two integers of part_len bytes, with room to spare. */
#define HEALTHCODE_SIGNATURE_DER_MAX  160


static bool healthcode_signature_hmac(const healthcode_key_t *key,
    healthcode_str_t text, healthcode_str_t signature);
static bool healthcode_signature_ecdsa(const healthcode_key_t *key,
    healthcode_str_t text, healthcode_str_t signature);
static bool healthcode_signature_eddsa(const healthcode_key_t *key,
    healthcode_str_t text, healthcode_str_t signature);
static size_t healthcode_signature_to_der(healthcode_str_t signature,
    uint8_t *der);


bool
healthcode_signature_verify(const healthcode_key_t *key, healthcode_str_t text,
    healthcode_str_t signature)
{
    bool  valid = false;

    switch (key->algorithm->family) {

    case HEALTHCODE_ALGORITHM_HMAC:
        valid = healthcode_signature_hmac(key, text, signature);
        break;

    case HEALTHCODE_ALGORITHM_ECDSA:
        valid = healthcode_signature_ecdsa(key, text, signature);
        break;

    case HEALTHCODE_ALGORITHM_EDDSA:
        valid = healthcode_signature_eddsa(key, text, signature);
        break;
    }

    if (!valid) {
        /* An error left here would be blamed on nginx's next TLS record. */
        ERR_clear_error();
    }

    return valid;
}


static bool
healthcode_signature_hmac(const healthcode_key_t *key, healthcode_str_t text,
    healthcode_str_t signature)
{
    size_t   len;
    uint8_t  mac[EVP_MAX_MD_SIZE];

    /* A NULL key starts over with the key that the context was made with. */
    if (EVP_MAC_init(key->mac, NULL, 0, NULL) != 1
        || EVP_MAC_update(key->mac, text.data, text.len) != 1
        || EVP_MAC_final(key->mac, mac, &len, sizeof(mac)) != 1)
    {
        return false;
    }

    return len == key->algorithm->part_len && signature.len == len
           && CRYPTO_memcmp(mac, signature.data, len) == 0;
}


static bool
healthcode_signature_ecdsa(const healthcode_key_t *key, healthcode_str_t text,
    healthcode_str_t signature)
{
    size_t    der_len;
    uint8_t   der[HEALTHCODE_SIGNATURE_DER_MAX], digest[EVP_MAX_MD_SIZE];
    unsigned  digest_len;

    if (signature.len != 2 * key->algorithm->part_len) {
        return false;
    }

    der_len = healthcode_signature_to_der(signature, der);

    if (der_len == 0
        || EVP_DigestInit_ex2(key->md, key->digest, NULL) != 1
        || EVP_DigestUpdate(key->md, text.data, text.len) != 1
        || EVP_DigestFinal_ex(key->md, digest, &digest_len) != 1)
    {
        return false;
    }

    /* A malformed signature returns -1: only 1 is success. */
    return EVP_PKEY_verify(key->verify, der, der_len, digest, digest_len) == 1;
}


static bool
healthcode_signature_eddsa(const healthcode_key_t *key, healthcode_str_t text,
    healthcode_str_t signature)
{
    if (signature.len != 2 * key->algorithm->part_len) {
        return false;
    }

    /* A used context takes another key only after a reset. */
    return EVP_MD_CTX_reset(key->md) == 1
           && EVP_DigestVerifyInit(key->md, NULL, NULL, NULL, key->pkey) == 1
           && EVP_DigestVerify(key->md, signature.data, signature.len,
                               text.data, text.len) == 1;
}


/*
 * r || s (RFC 7518 section 3.4) -> the DER that OpenSSL reads, of at most
 * HEALTHCODE_SIGNATURE_DER_MAX bytes; returns its length, 0 on failure.
 */
static size_t
healthcode_signature_to_der(healthcode_str_t signature, uint8_t *der)
{
    int         len = 0, half = (int) (signature.len / 2);
    BIGNUM     *r, *s;
    ECDSA_SIG  *sig;

    r = BN_bin2bn(signature.data, half, NULL);
    s = BN_bin2bn(signature.data + half, half, NULL);
    sig = ECDSA_SIG_new();

    if (r && s && sig && ECDSA_SIG_set0(sig, r, s) == 1) {
        r = NULL;
        s = NULL;
        len = i2d_ECDSA_SIG(sig, NULL);

        if (len > 0 && len <= HEALTHCODE_SIGNATURE_DER_MAX) {
            len = i2d_ECDSA_SIG(sig, &der);
        } else {
            len = 0;
        }
    }

    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(sig);

    return (len > 0) ? (size_t) len : 0;
}
