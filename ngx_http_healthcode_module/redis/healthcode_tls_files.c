/*
 * Texts of the files by which TLS is spoken -> certificates and a key that a
 * context of OpenSSL takes in place of others, while connections live.
 * Knows no: nginx, socket, log, clock.  docs/connection.md, "Credentials".
 */

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "healthcode_tls_files.h"


static BIO *healthcode_tls_files_bio(healthcode_str_t text);
static const char *healthcode_tls_files_trusted(healthcode_tls_files_t *files,
    BIO *bio);
static const char *healthcode_tls_files_certificate(
    healthcode_tls_files_t *files, BIO *bio);
static const char *healthcode_tls_files_key(healthcode_tls_files_t *files,
    BIO *bio);
static bool healthcode_tls_files_is_end(void);
static int healthcode_tls_files_nobody(char *buf, int size, int rwflag,
    void *data);


const char *
healthcode_tls_files_read(healthcode_tls_files_t *files,
    const healthcode_str_t texts[HEALTHCODE_TLS_FILES], unsigned *which)
{
    BIO         *bio;
    unsigned     i;
    const char  *error = NULL;

    static const char *(*const  read[HEALTHCODE_TLS_FILES])(
        healthcode_tls_files_t *files, BIO *bio) =
    {
        [HEALTHCODE_TLS_FILES_TRUSTED] = healthcode_tls_files_trusted,
        [HEALTHCODE_TLS_FILES_CERTIFICATE] = healthcode_tls_files_certificate,
        [HEALTHCODE_TLS_FILES_KEY] = healthcode_tls_files_key
    };

    memset(files, 0, sizeof(healthcode_tls_files_t));
    ERR_clear_error();

    for (i = 0; error == NULL && i < HEALTHCODE_TLS_FILES; i++) {

        if (texts[i].data == NULL) {
            continue;
        }

        *which = i;

        bio = healthcode_tls_files_bio(texts[i]);
        error = bio ? read[i](files, bio) : "there is no memory";
        BIO_free(bio);
    }

    ERR_clear_error();

    if (error) {
        healthcode_tls_files_free(files);
    }

    return error;
}


void
healthcode_tls_files_free(healthcode_tls_files_t *files)
{
    X509_STORE_free(files->trusted);
    X509_free(files->certificate);
    sk_X509_pop_free(files->chain, X509_free);
    EVP_PKEY_free(files->key);

    memset(files, 0, sizeof(healthcode_tls_files_t));
}


static BIO *
healthcode_tls_files_bio(healthcode_str_t text)
{
    return text.len > INT_MAX ? NULL : BIO_new_mem_buf(text.data,
                                                       (int) text.len);
}


/* All of the file, or none: half of a bundle would refuse good servers. */
static const char *
healthcode_tls_files_trusted(healthcode_tls_files_t *files, BIO *bio)
{
    int      n = 0;
    bool     added = true;
    X509    *certificate;

    files->trusted = X509_STORE_new();
    if (files->trusted == NULL) {
        return "there is no memory";
    }

    while (added
           && (certificate = PEM_read_bio_X509_AUX(bio, NULL,
                                            healthcode_tls_files_nobody, NULL)))
    {
        added = (X509_STORE_add_cert(files->trusted, certificate) == 1);
        n += added;
        X509_free(certificate);
    }

    if (n == 0 || !added || !healthcode_tls_files_is_end()) {
        return "it is not a file of certificates in PEM, or not a whole one";
    }

    return NULL;
}


static const char *
healthcode_tls_files_certificate(healthcode_tls_files_t *files, BIO *bio)
{
    bool   added = true;
    X509  *certificate;

    files->certificate = PEM_read_bio_X509_AUX(bio, NULL,
                                             healthcode_tls_files_nobody, NULL);
    files->chain = sk_X509_new_null();

    if (files->certificate == NULL || files->chain == NULL) {
        return "it is not a certificate in PEM";
    }

    while (added
           && (certificate = PEM_read_bio_X509(bio, NULL,
                                            healthcode_tls_files_nobody, NULL)))
    {
        added = (sk_X509_push(files->chain, certificate) > 0);

        if (!added) {
            X509_free(certificate);
        }
    }

    if (!added || !healthcode_tls_files_is_end()) {
        return "a certificate behind the first one is not whole";
    }

    return NULL;
}


static const char *
healthcode_tls_files_key(healthcode_tls_files_t *files, BIO *bio)
{
    files->key = PEM_read_bio_PrivateKey(bio, NULL,
                                         healthcode_tls_files_nobody, NULL);

    if (files->key == NULL) {
        return "it is not a private key in PEM without a passphrase";
    }

    if (files->certificate == NULL
        || X509_check_private_key(files->certificate, files->key) != 1)
    {
        return "it is not the key of the certificate: one of both is of "
               "before, or they do not belong together";
    }

    return NULL;
}


/* Whether the last read found no more, and not one that is broken. */
static bool
healthcode_tls_files_is_end(void)
{
    unsigned long  error = ERR_peek_last_error();

    ERR_clear_error();

    return ERR_GET_LIB(error) == ERR_LIB_PEM
           && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}


/* A worker has no terminal. */
static int
healthcode_tls_files_nobody(char *buf, int size, int rwflag, void *data)
{
    (void) buf;
    (void) size;
    (void) rwflag;
    (void) data;

    return 0;
}
