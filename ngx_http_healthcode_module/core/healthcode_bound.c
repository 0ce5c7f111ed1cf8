/*
 * Codes that are bound to a key, by the claim "cnf" (RFC 7800): which client
 * certificate (RFC 8705) or which key (RFC 9449) a code names, and whether that
 * one was proved.
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


static const char *healthcode_bound_certificate_fault(yyjson_val *value,
    const uint8_t *certificate);
static bool healthcode_bound_decode(yyjson_val *value, uint8_t *hash);


const char *
healthcode_bound_fault(yyjson_val *cnf, const uint8_t *certificate,
    healthcode_str_t jkt)
{
    yyjson_val        *value = yyjson_obj_get(cnf, "x5t#S256");
    healthcode_str_t   named;

    if (yyjson_obj_size(cnf) != 1
        || (value == NULL && yyjson_obj_get(cnf, "jkt") == NULL))
    {
        return "binds the code to a key that no gate checks; a gate checks "
               "x5t#S256 or jkt, if nothing else stands beside it";
    }

    if (value) {
        return healthcode_bound_certificate_fault(value, certificate);
    }

    if (!healthcode_bound_jkt(cnf, &named)) {
        return "has a jkt that is not the base64url of a SHA-256";
    }

    if (jkt.data == NULL) {
        return "names a key, and no proof of it was shown here, or the "
               "location does not check it (healthcode_bound dpop)";
    }

    return healthcode_str_equal(named, jkt) ? NULL : "names another key";
}


static const char *
healthcode_bound_certificate_fault(yyjson_val *value,
    const uint8_t *certificate)
{
    uint8_t  named[HEALTHCODE_BOUND_LEN];

    if (!healthcode_bound_decode(value, named)) {
        return "has an x5t#S256 that is not the base64url of a SHA-256";
    }

    if (certificate == NULL) {
        return "names a client certificate, and none was shown here, or the "
               "location does not check it (healthcode_bound tls)";
    }

    return (memcmp(named, certificate, HEALTHCODE_BOUND_LEN) == 0)
           ? NULL : "names another client certificate";
}


/* False: it is not the base64url of HEALTHCODE_BOUND_LEN bytes. */
static bool
healthcode_bound_decode(yyjson_val *value, uint8_t *hash)
{
    size_t            len;
    healthcode_str_t  text = healthcode_json_text(value);

    return text.len == HEALTHCODE_BOUND_CHARS
           && healthcode_base64url_decode(text, hash, &len);
}


bool
healthcode_bound_jkt(yyjson_val *cnf, healthcode_str_t *jkt)
{
    uint8_t      hash[HEALTHCODE_BOUND_LEN];
    yyjson_val  *value = yyjson_obj_get(cnf, "jkt");

    if (yyjson_obj_size(cnf) != 1 || !healthcode_bound_decode(value, hash)) {
        return false;
    }

    *jkt = healthcode_json_text(value);

    return true;
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
