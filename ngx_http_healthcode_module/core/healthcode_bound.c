/*
 * Codes that are bound to a key, by the claim "cnf" (RFC 7800): which client
 * certificate a code names (RFC 8705), and whether a certificate is that one.
 * Knows no: connection, location, clock, request.
 * docs/token-format.md, "Bound codes".
 */

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "healthcode_base64url.h"
#include "healthcode_bound.h"


/* Characters of base64url of HEALTHCODE_BOUND_LEN bytes. */
#define HEALTHCODE_BOUND_CHARS  43


const char *
healthcode_bound_fault(yyjson_val *cnf, const uint8_t *certificate)
{
    size_t             len;
    uint8_t            named[HEALTHCODE_BOUND_LEN];
    yyjson_val        *value = yyjson_obj_get(cnf, "x5t#S256");
    healthcode_str_t   text = healthcode_json_text(value);

    if (value == NULL || yyjson_obj_size(cnf) != 1) {
        return "binds the code to a key that no gate checks; a gate checks "
               "x5t#S256, if nothing else stands beside it";
    }

    if (text.len != HEALTHCODE_BOUND_CHARS
        || !healthcode_base64url_decode(text, named, &len))
    {
        return "has an x5t#S256 that is not the base64url of a SHA-256";
    }

    if (certificate == NULL) {
        return "names a client certificate, and none was shown here, or the "
               "location does not check it (healthcode_bound tls)";
    }

    return (memcmp(named, certificate, HEALTHCODE_BOUND_LEN) == 0)
           ? NULL : "names another client certificate";
}


bool
healthcode_bound_thumbprint(healthcode_str_t pem, uint8_t *certificate)
{
    BIO      *bio;
    long      len;
    char     *name = NULL, *header = NULL;
    bool      made = false;
    uint8_t  *der = NULL;

    if (pem.len == 0 || pem.len > INT_MAX) {
        return false;
    }

    bio = BIO_new_mem_buf(pem.data, (int) pem.len);

    if (bio && PEM_read_bio(bio, &name, &header, &der, &len) == 1
        && strcmp(name, PEM_STRING_X509) == 0
        && len > 0)
    {
        made = healthcode_certificate_hash(healthcode_str_from(der,
                                                               (size_t) len),
                                           certificate);
    }

    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_free(der);
    BIO_free(bio);
    ERR_clear_error();

    return made;
}
