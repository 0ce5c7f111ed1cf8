/*
 * Codes that are bound to a key, by the claim "cnf" (RFC 7800): which client
 * certificate (RFC 8705) or which key (RFC 9449) a code names, and whether that
 * one was proved.
 * Knows no: connection, location, clock, request.
 * docs/token-format.md, "Bound codes".
 */

#ifndef HEALTHCODE_BOUND_H
#define HEALTHCODE_BOUND_H

#include "healthcode_certificate.h"
#include "healthcode_json.h"


/* Bytes of a thumbprint. */
#define HEALTHCODE_BOUND_LEN  HEALTHCODE_CERTIFICATE_HASH


/*
 * What keeps a code with this cnf from whoever shows it.  certificate: the
 * HEALTHCODE_BOUND_LEN bytes of the thumbprint of the certificate whose key
 * the client has proved to have, or NULL.  jkt: the thumbprint (RFC 7638) of
 * the key by which the client has signed a proof of this request; data is NULL:
 * it has not.  NULL: nothing, since cnf has the member "x5t#S256" alone (RFC
 * 8705 section 3.1), and it is certificate, or "jkt" alone (RFC 9449 section
 * 6.1), and it is jkt; else constant, as in "cnf names another client
 * certificate".  A member that is not known is never ignored: it may be a
 * second key.  Not constant-time: a thumbprint is public.
 */
const char *healthcode_bound_fault(yyjson_val *cnf, const uint8_t *certificate,
    healthcode_str_t jkt);

/*
 * Whether cnf has the member "jkt" alone, and it is a thumbprint; then *jkt is
 * a view of it in cnf's memory.
 */
bool healthcode_bound_jkt(yyjson_val *cnf, healthcode_str_t *jkt);

/*
 * Writes the SHA-256 of the DER of the first certificate in pem, text with
 * "-----BEGIN CERTIFICATE-----", to certificate.  False, and nothing written,
 * if pem does not begin with a certificate, or OpenSSL fails.
 */
bool healthcode_bound_thumbprint(healthcode_str_t pem, uint8_t *certificate);

#endif
