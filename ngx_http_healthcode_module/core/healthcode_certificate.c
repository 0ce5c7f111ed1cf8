/*
 * One X.509 certificate (RFC 5280), as DER -> the public key in it, from when
 * to when it is valid, and the names by which codes call its key.  Verifies no
 * chain.  Knows no: token, claims, file, clock, JSON.
 * docs/token-format.md, "Certificates".
 */

#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "healthcode_base64url.h"
#include "healthcode_certificate.h"


/* Of a length in DER: the other bits say how many bytes of it follow. */
#define HEALTHCODE_CERTIFICATE_LONG    0x80u

static const char *healthcode_certificate_fill(X509 *x509, healthcode_str_t der,
    healthcode_certificate_t *certificate);
static bool healthcode_certificate_signs(X509 *x509);
static bool healthcode_certificate_names(healthcode_str_t der,
    healthcode_certificate_t *certificate);
static bool healthcode_certificate_time(const ASN1_TIME *time,
    int64_t *seconds);


const char *
healthcode_certificate_read(healthcode_str_t der,
    healthcode_certificate_t *certificate)
{
    X509                      *x509;
    const char                *wrong;
    const uint8_t             *p = der.data;
    healthcode_certificate_t   made = { .pkey = NULL };

    if (der.len > INT32_MAX) {
        return "it is too large";
    }

    x509 = d2i_X509(NULL, &p, (long) der.len);

    if (x509 == NULL) {
        return "it is not an X.509 certificate in DER";
    }

    wrong = (p == der.data + der.len)
            ? healthcode_certificate_fill(x509, der, &made)
            : "bytes follow the certificate; write each into a file of its own "
              "or as PEM";

    X509_free(x509);

    if (wrong) {
        healthcode_certificate_free(&made);
        return wrong;
    }

    *certificate = made;

    return NULL;
}


void
healthcode_certificate_free(healthcode_certificate_t *certificate)
{
    EVP_PKEY_free(certificate->pkey);
    certificate->pkey = NULL;
}


static const char *
healthcode_certificate_fill(X509 *x509, healthcode_str_t der,
    healthcode_certificate_t *certificate)
{
    if (!healthcode_certificate_time(X509_get0_notBefore(x509),
                                     &certificate->not_before)
        || !healthcode_certificate_time(X509_get0_notAfter(x509),
                                        &certificate->not_after))
    {
        return "its times of validity cannot be read";
    }

    certificate->pkey = X509_get_pubkey(x509);

    if (certificate->pkey == NULL) {
        return "its public key is broken or of an unknown type";
    }

    certificate->signs = healthcode_certificate_signs(x509);

    return healthcode_certificate_names(der, certificate) ? NULL
                                                          : "OpenSSL fails";
}


/*
 * RFC 5280 section 4.2.1.3: of an authority these bits need not be set, of a
 * key for encryption they are not.
 */
static bool
healthcode_certificate_signs(X509 *x509)
{
    /* all bits, if there is no such extension */
    return (X509_get_key_usage(x509) & (KU_DIGITAL_SIGNATURE
                                        | KU_NON_REPUDIATION))
           != 0;
}


static bool
healthcode_certificate_names(healthcode_str_t der,
    healthcode_certificate_t *certificate)
{
    size_t   n;
    uint8_t  hash[HEALTHCODE_CERTIFICATE_HASH];

    if (!healthcode_certificate_hash(der, hash)) {
        return false;
    }

    n = healthcode_base64url_encode(healthcode_str_from(hash, sizeof(hash)),
                                    certificate->x5t);
    certificate->x5t[n] = '\0';

    /* with a NUL */
    (void) EVP_EncodeBlock((uint8_t *) certificate->short_kid, hash,
                           HEALTHCODE_CERTIFICATE_SHORT);

    return true;
}


bool
healthcode_certificate_hash(healthcode_str_t der, uint8_t *hash)
{
    size_t   n;
    uint8_t  made[EVP_MAX_MD_SIZE];

    if (EVP_Q_digest(NULL, "SHA256", NULL, der.data, der.len, made, &n) != 1) {
        return false;
    }

    memcpy(hash, made, HEALTHCODE_CERTIFICATE_HASH);

    return true;
}


static bool
healthcode_certificate_time(const ASN1_TIME *time, int64_t *seconds)
{
    int         days, rest, ok;
    ASN1_TIME  *epoch = ASN1_TIME_set(NULL, 0);

    ok = epoch && ASN1_TIME_diff(&days, &rest, epoch, time) == 1;
    ASN1_TIME_free(epoch);

    if (ok) {
        *seconds = (int64_t) days * 86400 + rest;
    }

    return ok;
}


/*
 * No text has a byte from 0x80 on after its first "0", and few of those that
 * begin with "0" and a letter have as many bytes as it counts; broken DER is
 * still DER if its length takes bytes of its own.  A public key of PKCS #1
 * begins with a number, too, but a long one.
 */
uint8_t
healthcode_certificate_inside(healthcode_str_t text)
{
    size_t   at = 2;
    uint8_t  len, tag;

    if (text.len < 3 || text.data[0] != HEALTHCODE_CERTIFICATE_SEQUENCE) {
        return 0;
    }

    len = text.data[1];

    if (len & HEALTHCODE_CERTIFICATE_LONG) {
        at += len & (HEALTHCODE_CERTIFICATE_LONG - 1);

    } else if (len + at != text.len) {
        return 0;
    }

    tag = (at < text.len) ? text.data[at] : 0;

    if (tag == HEALTHCODE_CERTIFICATE_NUMBER) {
        return (at + 1 < text.len && text.data[at + 1] == 1) ? tag : 0;
    }

    return (tag == HEALTHCODE_CERTIFICATE_SEQUENCE) ? tag : 0;
}


size_t
healthcode_certificate_decode(healthcode_str_t text, uint8_t *der)
{
    int     n;
    size_t  i, padding = 0;

    while (padding < 2 && padding < text.len
           && text.data[text.len - 1 - padding] == '=')
    {
        padding++;
    }

    /* OpenSSL itself skips blanks and lets "=" stand anywhere */
    for (i = 0; i < text.len - padding; i++) {
        if (memchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                   "0123456789+/", text.data[i], 64)
            == NULL)
        {
            return 0;
        }
    }

    if (text.len == 0 || text.len % 4 || text.len > INT32_MAX) {
        return 0;
    }

    n = EVP_DecodeBlock(der, text.data, (int) text.len);

    return (n > (int) padding) ? (size_t) n - padding : 0;
}
