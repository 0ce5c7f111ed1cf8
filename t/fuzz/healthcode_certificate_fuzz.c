/*
 * Fuzzes healthcode_certificate.c: what is read is what OpenSSL itself reads,
 * whole; base64 that is decoded encodes to the same text.  Knows no keyring.
 * docs/token-format.md, "Certificates".
 */

#include "fuzz.h"

#include <openssl/err.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <time.h>

#include "../../ngx_http_healthcode_module/core/healthcode_base64url.h"
#include "../../ngx_http_healthcode_module/core/healthcode_certificate.h"


static void
check_certificate(const healthcode_certificate_t *certificate,
    healthcode_str_t der)
{
    X509           *x509;
    size_t          len;
    uint8_t         hash[SHA256_DIGEST_LENGTH];
    uint8_t         x5t[HEALTHCODE_CERTIFICATE_X5T_LEN + 8];
    struct tm       tm;
    const uint8_t  *p = der.data;

    x509 = d2i_X509(NULL, &p, (long) der.len);
    fuzz_must(x509 && p == der.data + der.len);
    fuzz_must(EVP_PKEY_eq(X509_get0_pubkey(x509), certificate->pkey) == 1);

    fuzz_must(ASN1_TIME_to_tm(X509_get0_notBefore(x509), &tm) == 1
              && timegm(&tm) == certificate->not_before);
    fuzz_must(ASN1_TIME_to_tm(X509_get0_notAfter(x509), &tm) == 1
              && timegm(&tm) == certificate->not_after);
    X509_free(x509);

    SHA256(der.data, der.len, hash);
    fuzz_must(strlen(certificate->x5t) == HEALTHCODE_CERTIFICATE_X5T_LEN);
    fuzz_must(healthcode_base64url_decode(
                  healthcode_str_from(certificate->x5t,
                                      HEALTHCODE_CERTIFICATE_X5T_LEN),
                  x5t, &len));
    fuzz_must(len == sizeof(hash) && memcmp(x5t, hash, len) == 0);

    fuzz_must(strlen(certificate->short_kid)
              == HEALTHCODE_CERTIFICATE_SHORT_LEN);
    fuzz_must(EVP_DecodeBlock(x5t, (const uint8_t *) certificate->short_kid,
                              HEALTHCODE_CERTIFICATE_SHORT_LEN)
              == HEALTHCODE_CERTIFICATE_SHORT + 1);
    fuzz_must(memcmp(x5t, hash, HEALTHCODE_CERTIFICATE_SHORT) == 0);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t                     n;
    uint8_t                   *der, *text;
    const char                *wrong;
    healthcode_str_t           src;
    healthcode_certificate_t   certificate;

    if (size > 16384) {
        return 0;
    }

    src = guard(0, data, size);
    wrong = healthcode_certificate_read(src, &certificate);

    if (wrong) {
        fuzz_must(wrong[0]);

    } else {
        check_certificate(&certificate, src);
        healthcode_certificate_free(&certificate);
        fuzz_must(certificate.pkey == NULL);
    }

    ERR_clear_error();

    /* the same bytes as text */
    der = guard_room(1, healthcode_certificate_decoded_len(size));
    n = healthcode_certificate_decode(src, der);

    if (n) {
        fuzz_must(n <= healthcode_certificate_decoded_len(size));
        text = malloc(size + 1);
        fuzz_must((size_t) EVP_EncodeBlock(text, der, (int) n) == size);

        /* all but the last character of it, whose lowest bits are dropped */
        fuzz_must(memcmp(text, data, size - 3) == 0);
        free(text);
    }

    return 0;
}
