/*
 * TLS with a store that has failed -> words for a log, and what to do about
 * it; for a gate and for the command.  Knows no: nginx, socket, log, clock.
 * docs/connection.md, "TLS".
 */

#ifndef HEALTHCODE_TLS_H
#define HEALTHCODE_TLS_H

#include "../core/healthcode_str.h"


/* A handshake that has failed; all zero: the server closed it. */
typedef struct {
    long           verify;      /* of the server's certificate, X509_V_... */
    unsigned long  error;       /* of OpenSSL, the first one; 0: none */
    const char    *said;        /* OpenSSL's words, NULL or with a NUL */
} healthcode_tls_failure_t;


/* Words that the one who reads the cause has to write, such as "ssl_name". */
typedef enum {
    HEALTHCODE_TLS_NONE,
    HEALTHCODE_TLS_ON,              /* speaks TLS at all */
    HEALTHCODE_TLS_NAME,
    HEALTHCODE_TLS_TRUSTED,
    HEALTHCODE_TLS_CERTIFICATE,
    HEALTHCODE_TLS_DEPTH,
    HEALTHCODE_TLS_WORDS
} healthcode_tls_word_e;


/*
 * Files in which systems keep the authorities that all programs trust, where
 * OpenSSL's own is not there; the last one is NULL.
 */
extern const char *const  healthcode_tls_authorities[];

/*
 * The first error of OpenSSL in a line of len bytes that has its text, as in
 * "(SSL: error:0A000086:SSL routines::certificate verify failed)"; 0 if there
 * is none but those of the system.  Copies its words into said, of size bytes,
 * with a NUL: those before a parenthesis or the next error, each byte that is
 * not printable as "?".
 */
unsigned long healthcode_tls_error(const char *line, size_t len, char *said,
    size_t size);

/*
 * Writes the cause of a failure, and behind a semicolon what to do, into text,
 * of size bytes, with a NUL; it is cut if it does not fit.  words are those of
 * the reader, one for each healthcode_tls_word_e but _NONE; name is the one
 * that the certificate has to be for.
 */
void healthcode_tls_cause(const healthcode_tls_failure_t *failure,
    const char *const words[HEALTHCODE_TLS_WORDS], const char *name,
    char *text, size_t size);

#endif
