/*
 * TLS with a store that has failed -> words for a log, and what to do about
 * it; for a gate and for the command.  Knows no: nginx, socket, log, clock.
 * docs/connection.md, "TLS".
 */

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <stdio.h>

#include "healthcode_tls.h"


/* Debian; Fedora; SUSE; Alpine. */
const char *const  healthcode_tls_authorities[] = {
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
    NULL
};


/* OpenSSL's number of an alert that the other end has sent. */
#define HEALTHCODE_TLS_ALERT(alert)  (SSL_AD_REASON_OFFSET + (alert))

/* An error in OpenSSL's text: these bytes, then eight digits. */
#define HEALTHCODE_TLS_MARK          "error:"
#define HEALTHCODE_TLS_MARK_LEN      (sizeof(HEALTHCODE_TLS_MARK) - 1)
#define HEALTHCODE_TLS_ERROR         (HEALTHCODE_TLS_MARK_LEN + 8)

/* Set in an error that is a number of errno, since OpenSSL 3.0. */
#define HEALTHCODE_TLS_SYSTEM        0x80000000UL


/* A cause, and behind a semicolon what to do, with words in braces. */
typedef struct {
    long         number;        /* 0: the last row */
    const char  *text;
} healthcode_tls_row_t;


#define HEALTHCODE_TLS_CA                                                     \
    "its certificate is of a CA that is not trusted here; name the file of "  \
    "its CA in \"{trusted}\", or is it another server?"

#define HEALTHCODE_TLS_OTHER                                                  \
    "its certificate is for another name than \"{it}\"; write a name that is "\
    "in it as \"{name}\", or is it another server?"

#define HEALTHCODE_TLS_WEAK                                                   \
    "its certificate, or one that has signed it, is too weak for OpenSSL "    \
    "here; make one with a key of 2048 bits (RSA) or 256 (EC) and SHA-256"

#define HEALTHCODE_TLS_PLAIN                                                  \
    "it does not speak TLS there; name its \"tls-port\" as server, or take "  \
    "\"{on}\" out"

#define HEALTHCODE_TLS_VERSION                                                \
    "it speaks no version of TLS that is taken here, as TLS 1.0 alone would " \
    "be; take \"tls-protocols\" out of redis.conf"


/* Of the certificate of the server. */
static const healthcode_tls_row_t  healthcode_tls_verify[] = {

    { X509_V_ERR_CERT_HAS_EXPIRED, "its certificate, or one that has signed "
      "it, has expired; renew it, or compare the clocks" },
    { X509_V_ERR_CERT_NOT_YET_VALID, "its certificate, or one that has signed "
      "it, is not valid yet; compare the clocks" },
    { X509_V_ERR_HOSTNAME_MISMATCH, HEALTHCODE_TLS_OTHER },
    { X509_V_ERR_IP_ADDRESS_MISMATCH, HEALTHCODE_TLS_OTHER },
    { X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, HEALTHCODE_TLS_CA },
    { X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, HEALTHCODE_TLS_CA },
    { X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, HEALTHCODE_TLS_CA },
    { X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, HEALTHCODE_TLS_CA },
    { X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, HEALTHCODE_TLS_CA },
    { X509_V_ERR_CERT_SIGNATURE_FAILURE, HEALTHCODE_TLS_CA },
    { X509_V_ERR_CERT_UNTRUSTED, HEALTHCODE_TLS_CA },
    { X509_V_ERR_CERT_CHAIN_TOO_LONG, "between its certificate and its CA are "
      "too many others; raise \"{depth}\"" },
    { X509_V_ERR_INVALID_PURPOSE, "its certificate is not one for servers; "
      "make one with \"serverAuth\" as its extended key usage, or with none" },
    { X509_V_ERR_INVALID_CA, "its certificate is signed by one that is not a "
      "CA; make that with \"CA:TRUE\" in its basic constraints" },
    { X509_V_ERR_EE_KEY_TOO_SMALL, HEALTHCODE_TLS_WEAK },
    { X509_V_ERR_CA_KEY_TOO_SMALL, HEALTHCODE_TLS_WEAK },
    { X509_V_ERR_CA_MD_TOO_WEAK, HEALTHCODE_TLS_WEAK },

    { 0, "its certificate does not hold ({said}); look at it with \"openssl "
      "x509 -text\"" }
};


/* Other failures, by OpenSSL's number. */
static const healthcode_tls_row_t  healthcode_tls_errors[] = {

    { SSL_R_WRONG_VERSION_NUMBER, HEALTHCODE_TLS_PLAIN },
    { SSL_R_PACKET_LENGTH_TOO_LONG, HEALTHCODE_TLS_PLAIN },
    { SSL_R_UNKNOWN_PROTOCOL, HEALTHCODE_TLS_PLAIN },
#ifdef SSL_R_BAD_RECORD_TYPE
    { SSL_R_BAD_RECORD_TYPE, HEALTHCODE_TLS_PLAIN },
#endif

    { SSL_R_UNSUPPORTED_PROTOCOL, HEALTHCODE_TLS_VERSION },
    { SSL_R_WRONG_SSL_VERSION, HEALTHCODE_TLS_VERSION },
    { HEALTHCODE_TLS_ALERT(SSL_AD_PROTOCOL_VERSION), HEALTHCODE_TLS_VERSION },

    { HEALTHCODE_TLS_ALERT(SSL_AD_CERTIFICATE_REQUIRED), "it asks for a "
      "certificate of ours; write \"{certificate}\", or \"tls-auth-clients "
      "no\" into redis.conf" },

    /* the TLS 1.2 of OpenSSL says so where a certificate is missing, too */
    { HEALTHCODE_TLS_ALERT(SSL_AD_HANDSHAKE_FAILURE), "it finds nothing in "
      "common with us; compare the ciphers, and if it asks for a certificate, "
      "write \"{certificate}\"" },

    { HEALTHCODE_TLS_ALERT(SSL_AD_INSUFFICIENT_SECURITY), "it takes none of "
      "our ciphers; compare \"tls-ciphers\" in redis.conf" },
    { HEALTHCODE_TLS_ALERT(SSL_AD_UNRECOGNIZED_NAME), "it does not know the "
      "name \"{it}\"; write one that it knows as \"{name}\"" },
    { HEALTHCODE_TLS_ALERT(SSL_AD_UNKNOWN_CA), "it does not trust the CA of "
      "our certificate; compare \"{certificate}\" with \"tls-ca-cert-file\" "
      "in redis.conf" },
    { HEALTHCODE_TLS_ALERT(SSL_AD_CERTIFICATE_EXPIRED), "it says that our "
      "certificate has expired; renew \"{certificate}\", or compare the "
      "clocks" },

    { 0, "TLS with it has failed ({said}); look into its log" }
};


/* The server went away before TLS was agreed upon. */
static const char  healthcode_tls_ended[] =
    "it closed the connection in the handshake of TLS; look into its log, and "
    "if it does not speak TLS there, name its \"tls-port\" as server";


/* Words of the reader, as they stand in braces. */
static const char *const  healthcode_tls_braces[HEALTHCODE_TLS_WORDS] = {
    [HEALTHCODE_TLS_ON] = "{on}",
    [HEALTHCODE_TLS_NAME] = "{name}",
    [HEALTHCODE_TLS_TRUSTED] = "{trusted}",
    [HEALTHCODE_TLS_CERTIFICATE] = "{certificate}",
    [HEALTHCODE_TLS_DEPTH] = "{depth}"
};


static const char *healthcode_tls_text(
    const healthcode_tls_failure_t *failure);
static const char *healthcode_tls_find(const healthcode_tls_row_t *row,
    long number);
static const char *healthcode_tls_brace(const char *p, size_t len,
    const char *const words[HEALTHCODE_TLS_WORDS]);
static unsigned long healthcode_tls_number(const char *p);
static int healthcode_tls_digit(char c);
static void healthcode_tls_copy(const char *p, size_t len, char *said,
    size_t size);


unsigned long
healthcode_tls_error(const char *line, size_t len, char *said, size_t size)
{
    size_t         i;
    unsigned long  error;

    for (i = 0; i + HEALTHCODE_TLS_ERROR <= len; i++) {

        error = healthcode_tls_number(line + i);

        /* the peer may have said why before it closed the connection */

        if (error && !(error & HEALTHCODE_TLS_SYSTEM)) {
            healthcode_tls_copy(line + i, len - i, said, size);
            return error;
        }
    }

    return 0;
}


/* The error that HEALTHCODE_TLS_ERROR bytes say; 0: none. */
static unsigned long
healthcode_tls_number(const char *p)
{
    int            digit;
    size_t         i;
    unsigned long  error = 0;

    if (memcmp(p, HEALTHCODE_TLS_MARK, HEALTHCODE_TLS_MARK_LEN) != 0) {
        return 0;
    }

    for (i = HEALTHCODE_TLS_MARK_LEN; i < HEALTHCODE_TLS_ERROR; i++) {

        digit = healthcode_tls_digit(p[i]);
        if (digit == -1) {
            return 0;
        }

        error = error * 16 + (unsigned long) digit;
    }

    return error;
}


static int
healthcode_tls_digit(char c)
{
    static const char   digits[] = "0123456789abcdef0123456789ABCDEF";
    const char         *p = memchr(digits, c, sizeof(digits) - 1);

    return p ? (int) ((p - digits) % 16) : -1;
}


static void
healthcode_tls_copy(const char *p, size_t len, char *said, size_t size)
{
    size_t  i;

    for (i = 0; i < len && i + 1 < size && p[i] != ')'; i++) {

        if (i && len - i >= HEALTHCODE_TLS_MARK_LEN + 1
            && memcmp(p + i, " " HEALTHCODE_TLS_MARK,
                      HEALTHCODE_TLS_MARK_LEN + 1) == 0)
        {
            break;
        }

        said[i] = (p[i] >= ' ' && p[i] < 0x7f) ? p[i] : '?';
    }

    said[i] = '\0';
}


void
healthcode_tls_cause(const healthcode_tls_failure_t *failure,
    const char *const words[HEALTHCODE_TLS_WORDS], const char *name,
    char *text, size_t size)
{
    size_t       len, n = 0;
    const char  *p, *word;

    text[0] = '\0';

    for (p = healthcode_tls_text(failure); *p && n + 1 < size; p += len) {

        len = (*p == '{') ? strcspn(p, "}") + 1 : strcspn(p, "{");
        word = NULL;

        if (strncmp(p, "{it}", len) == 0) {
            word = name;

        } else if (strncmp(p, "{said}", len) == 0) {
            word = failure->said ? failure->said : "?";

        } else if (*p == '{') {
            word = healthcode_tls_brace(p, len, words);
        }

        snprintf(text + n, size - n, "%.*s", word ? (int) strlen(word)
                                                  : (int) len,
                 word ? word : p);
        n += strlen(text + n);
    }
}


static const char *
healthcode_tls_text(const healthcode_tls_failure_t *failure)
{
    if (failure->verify != X509_V_OK) {
        return healthcode_tls_find(healthcode_tls_verify, failure->verify);
    }

    if (failure->error == 0) {
        return healthcode_tls_ended;
    }

    return healthcode_tls_find(healthcode_tls_errors,
                               ERR_GET_LIB(failure->error) == ERR_LIB_SSL
                               ? ERR_GET_REASON(failure->error) : 0);
}


static const char *
healthcode_tls_find(const healthcode_tls_row_t *row, long number)
{
    while (row->number && row->number != number) {
        row++;
    }

    return row->text;
}


/* NULL: no word of the reader. */
static const char *
healthcode_tls_brace(const char *p, size_t len,
    const char *const words[HEALTHCODE_TLS_WORDS])
{
    int  i;

    for (i = HEALTHCODE_TLS_NONE + 1; i < HEALTHCODE_TLS_WORDS; i++) {
        if (strncmp(p, healthcode_tls_braces[i], len) == 0) {
            return words[i];
        }
    }

    return NULL;
}
