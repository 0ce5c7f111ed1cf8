/*
 * Certificates (RFC 5280) as keys of a set: blocks of PEM, files of DER, "x5c"
 * of a JWK (RFC 7517 section 4.7).  The time is an argument.  Knows no: token,
 * claims, file, clock.  docs/token-format.md, "Certificates".
 */

#include <openssl/crypto.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include "healthcode_certificate.h"
#include "healthcode_keyring_private.h"


static bool healthcode_keyring_is_over(healthcode_keyring_t *keyring,
    const healthcode_certificate_t *certificate);
static bool healthcode_keyring_leaf(yyjson_val *jwk, healthcode_str_t *der);


bool
healthcode_keyring_load_certificate(healthcode_keyring_t *keyring,
    const healthcode_keyring_public_t *at, healthcode_str_t der)
{
    const char                   *wrong;
    healthcode_certificate_t      certificate;
    healthcode_keyring_public_t   named = *at;

    wrong = healthcode_certificate_read(der, &certificate);

    if (wrong) {
        return healthcode_keyring_skip(keyring, at->offset, at->name, wrong);
    }

    /* as a JWK for another use, or another algorithm */
    if ((!certificate.signs && at->offset != HEALTHCODE_KEYRING_NOWHERE)
        || !healthcode_keyring_fits_any(keyring->rules->algorithms.bits,
                                        certificate.pkey)
        || at->bits == 0)
    {
        healthcode_certificate_free(&certificate);
        return true;
    }

    if (!certificate.signs) {
        wrong = "the key usage of its certificate permits no signatures of "
                "codes";

    } else if (!healthcode_keyring_fits_any(at->bits, certificate.pkey)) {
        wrong = "the certificate in its \"x5c\" has another \"kty\" or \"alg\" "
                "than it";

    } else if (healthcode_keyring_is_over(keyring, &certificate)) {
        wrong = "its certificate has expired; ask the issuer for a new one";
    }

    if (wrong) {
        healthcode_certificate_free(&certificate);
        return healthcode_keyring_skip(keyring, at->offset, at->name, wrong);
    }

    if (named.kid == NULL) {
        named.kid = certificate.x5t;
        named.alias = certificate.short_kid;
    }

    return healthcode_keyring_load_public(keyring, &named, certificate.pkey);
}


/*
 * Whether certificate has ended; then this is part of the generation, so that
 * workers which have read one text before and after it do not take their keys
 * for the same.
 */
static bool
healthcode_keyring_is_over(healthcode_keyring_t *keyring,
    const healthcode_certificate_t *certificate)
{
    if (keyring->rules->now > 0
        && keyring->rules->now <= certificate->not_after)
    {
        return false;
    }

    (void) EVP_DigestUpdate(keyring->sum, "expired", sizeof("expired"));

    return true;
}


/*
 * RFC 5208, RFC 5915 and RFC 8017 begin a private key with a version of one
 * byte, and an encrypted one is what X509_SIG is.
 */
bool
healthcode_keyring_der_is_public(healthcode_keyring_t *keyring)
{
    X509_SIG          *sealed = NULL;
    const uint8_t     *p = keyring->text.data;
    healthcode_str_t   text = keyring->text;

    if (healthcode_certificate_inside(text) == HEALTHCODE_CERTIFICATE_SEQUENCE
        && text.len <= INT32_MAX)
    {
        sealed = d2i_X509_SIG(NULL, &p, (long) text.len);
    }

    if (healthcode_certificate_inside(text) != HEALTHCODE_CERTIFICATE_NUMBER
        && sealed == NULL)
    {
        return true;
    }

    X509_SIG_free(sealed);

    return healthcode_keyring_refuse(keyring, HEALTHCODE_KEYRING_NOWHERE, NULL,
                                     "it is a private key; write only its "
                                     "public half here");
}


bool
healthcode_keyring_read_der(healthcode_keyring_t *keyring)
{
    EVP_PKEY                     *pkey;
    const uint8_t                *p = keyring->text.data;
    healthcode_keyring_public_t   at = { .offset = HEALTHCODE_KEYRING_NOWHERE };

    at.bits = keyring->rules->algorithms.bits;

    if (keyring->text.len > INT32_MAX) {
        return healthcode_keyring_fail_whole(keyring, "it is too large");
    }

    pkey = d2i_PUBKEY(NULL, &p, (long) keyring->text.len);

    if (pkey == NULL || p != keyring->text.data + keyring->text.len) {
        EVP_PKEY_free(pkey);
        return healthcode_keyring_load_certificate(keyring, &at, keyring->text);
    }

    return healthcode_keyring_load_public(keyring, &at, pkey);
}


bool
healthcode_keyring_has_x5c_alone(yyjson_val *jwk)
{
    size_t  i;

    static const char *const  members[] = { "n", "e", "crv", "x", "y", "k" };

    for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        if (healthcode_keyring_member(jwk, members[i])) {
            return false;
        }
    }

    return yyjson_obj_get(jwk, "x5c") != NULL;
}


bool
healthcode_keyring_load_x5c(healthcode_keyring_t *keyring,
    const healthcode_keyring_public_t *at, yyjson_val *jwk)
{
    bool              ok;
    healthcode_str_t  der;

    if (!healthcode_keyring_leaf(jwk, &der)) {
        return healthcode_keyring_skip(keyring, at->offset, at->name, "its "
                                       "\"x5c\" is not an array of "
                                       "certificates in base64");
    }

    ok = healthcode_keyring_load_certificate(keyring, at, der);
    free((void *) (uintptr_t) der.data);

    return ok;
}


const char *
healthcode_keyring_check_x5c(const healthcode_key_t *key, yyjson_val *jwk)
{
    bool                       same;
    const char                *wrong;
    healthcode_str_t           der;
    healthcode_certificate_t   certificate;

    if (!healthcode_keyring_leaf(jwk, &der)) {
        return NULL;
    }

    wrong = healthcode_certificate_read(der, &certificate);
    free((void *) (uintptr_t) der.data);

    if (wrong) {
        return NULL;
    }

    same = key->pkey && EVP_PKEY_eq(key->pkey, certificate.pkey) == 1;
    healthcode_certificate_free(&certificate);

    return same ? NULL : "its \"x5c\" has another key than its other members";
}


/*
 * Decodes the first certificate of "x5c", which the caller frees.  False: there
 * is not one, or no memory.
 */
static bool
healthcode_keyring_leaf(yyjson_val *jwk, healthcode_str_t *der)
{
    size_t             len;
    uint8_t           *data;
    healthcode_str_t   text;

    text = healthcode_json_text(yyjson_arr_get_first(yyjson_obj_get(jwk,
                                                                    "x5c")));
    data = malloc(healthcode_certificate_decoded_len(text.len) + 1);

    len = data ? healthcode_certificate_decode(text, data) : 0;

    if (len == 0) {
        free(data);
        return false;
    }

    *der = healthcode_str_from(data, len);

    return true;
}
