/*
 * Texts of the files by which TLS is spoken -> certificates and a key that a
 * context of OpenSSL takes in place of others, while connections live.
 * Knows no: nginx, socket, log, clock.  docs/connection.md, "Credentials".
 */

#ifndef HEALTHCODE_TLS_FILES_H
#define HEALTHCODE_TLS_FILES_H

#include <openssl/x509.h>

#include "../core/healthcode_str.h"


/* The files, by their numbers. */
enum {
    HEALTHCODE_TLS_FILES_TRUSTED = 0,
    HEALTHCODE_TLS_FILES_CERTIFICATE,
    HEALTHCODE_TLS_FILES_KEY,
    HEALTHCODE_TLS_FILES
};


typedef struct {
    X509_STORE      *trusted;
    X509            *certificate;     /* of ours; NULL: there is none */
    STACK_OF(X509)  *chain;           /* behind it */
    EVP_PKEY        *key;
} healthcode_tls_files_t;


/*
 * Reads texts in PEM: the authorities, our certificate with its chain, and its
 * key; the data of both is NULL if we show none.  NULL, and the caller
 * frees files by _free(); or what is wrong, for people: *which is the number of
 * the text, and files is empty.  Asks nobody for a passphrase.
 */
const char *healthcode_tls_files_read(healthcode_tls_files_t *files,
    const healthcode_str_t texts[HEALTHCODE_TLS_FILES], unsigned *which);
void healthcode_tls_files_free(healthcode_tls_files_t *files);

#endif
