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
static bool healthcode_signature_digest(const healthcode_key_t *key,
    healthcode_str_t text, healthcode_str_t signature);
static bool healthcode_signature_pair(const healthcode_key_t *key,
    healthcode_str_t text, healthcode_str_t signature);
static bool healthcode_signature_whole(const healthcode_key_t *key,
    healthcode_str_t text, healthcode_str_t signature);
static size_t healthcode_signature_to_der(healthcode_str_t signature,
    uint8_t *der);


bool
healthcode_signature_verify(const healthcode_key_t *key, healthcode_str_t text,
    healthcode_str_t signature)
{
    bool  valid = false;

    /* RFC 8017 section 8.2.2: a shorter number would be another text */
    if (signature.len != key->signature_len) {
        return false;
    }

    switch (key->algorithm->family) {

    case HEALTHCODE_ALGORITHM_HMAC:
        valid = healthcode_signature_hmac(key, text, signature);
        break;

    case HEALTHCODE_ALGORITHM_RSA:
    case HEALTHCODE_ALGORITHM_RSA_PSS:
        valid = healthcode_signature_digest(key, text, signature);
        break;

    case HEALTHCODE_ALGORITHM_ECDSA:
    case HEALTHCODE_ALGORITHM_SM2:
        valid = healthcode_signature_pair(key, text, signature);
        break;

    case HEALTHCODE_ALGORITHM_EDDSA:
        valid = healthcode_signature_whole(key, text, signature);
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

    return len == signature.len
           && CRYPTO_memcmp(mac, signature.data, len) == 0;
}


/* Of text, with what SM2 puts before it, as OpenSSL reads a signature. */
static bool
healthcode_signature_digest(const healthcode_key_t *key, healthcode_str_t text,
    healthcode_str_t signature)
{
    uint8_t     digest[EVP_MAX_MD_SIZE];
    unsigned    len;
    EVP_MD_CTX  *md = key->scratch->md;

    if (EVP_DigestInit_ex2(md, key->scratch->digest, NULL) != 1
        || EVP_DigestUpdate(md, key->prefix, key->prefix_len) != 1
        || EVP_DigestUpdate(md, text.data, text.len) != 1
        || EVP_DigestFinal_ex(md, digest, &len) != 1)
    {
        return false;
    }

    /* A malformed signature returns -1: only 1 is success. */
    return EVP_PKEY_verify(key->verify, signature.data, signature.len, digest,
                           len) == 1;
}


static bool
healthcode_signature_pair(const healthcode_key_t *key, healthcode_str_t text,
    healthcode_str_t signature)
{
    size_t   len;
    uint8_t  der[HEALTHCODE_SIGNATURE_DER_MAX];

    len = healthcode_signature_to_der(signature, der);

    return len && healthcode_signature_digest(key, text,
                                              healthcode_str_from(der, len));
}


static bool
healthcode_signature_whole(const healthcode_key_t *key, healthcode_str_t text,
    healthcode_str_t signature)
{
    EVP_MD_CTX  *md = key->scratch->md;

    /*
     * A copy of the key's template, since making one fetches the algorithm
     * again; a used context takes a copy only after a reset.
     */
    return EVP_MD_CTX_reset(md) == 1
           && EVP_MD_CTX_copy_ex(md, key->whole) == 1
           && EVP_DigestVerify(md, signature.data, signature.len, text.data,
                               text.len) == 1;
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
