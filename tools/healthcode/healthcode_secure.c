/*
 * TLS under hiredis, for one blocking connection to a store.  Knows no flags.
 * docs/operations.md, "TLS to Redis".
 */

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include <hiredis/sds.h>

#include "healthcode_options.h"
#include "healthcode_secure.h"
#include "redis/healthcode_refusal.h"
#include "redis/healthcode_tls.h"


#define HEALTHCODE_SECURE_SAID  256


/* In privctx of the context of hiredis. */
typedef struct {
    redisContextFuncs         funcs;
    const redisContextFuncs  *plain;
    SSL                      *ssl;
    char                     *name;
    char                      cause[HEALTHCODE_REFUSAL_SIZE];  /* "": none */
} healthcode_secure_t;


static bool healthcode_secure_is_address(const char *host);
static SSL_CTX *healthcode_secure_context(
    const healthcode_secure_options_t *options, const char *name);
static bool healthcode_secure_files(SSL_CTX *ctx,
    const healthcode_secure_options_t *options);
static bool healthcode_secure_failed(const char *what, const char *file);
static bool healthcode_secure_handshake(redisContext *redis);
static void healthcode_secure_note(healthcode_secure_t *secure, int rc);
static ssize_t healthcode_secure_read(redisContext *redis, char *data,
    size_t size);
static ssize_t healthcode_secure_write(redisContext *redis);
static ssize_t healthcode_secure_end(redisContext *redis, int rc);
static void healthcode_secure_close(redisContext *redis);
static void healthcode_secure_free(void *data);


bool
healthcode_secure_check(const healthcode_secure_options_t *options,
    bool is_tls, const char *host)
{
    const char  *name = options->name ? options->name : host;

    if (!is_tls) {
        if (options->cacert || options->cert || options->key || options->name) {
            healthcode_output_usage("--redis: there is no TLS in this URL; "
                                    "write rediss://, or leave --cacert, "
                                    "--cert, --key and --ssl-name out");
            return false;
        }

        return true;
    }

    if ((options->cert == NULL) != (options->key == NULL)) {
        healthcode_output_usage("--cert and --key: write both, or neither");
        return false;
    }

    /* of OpenSSL a dot at the beginning stands for all names below */

    if (name[0] == '.' || (name[0] && name[strlen(name) - 1] == '.')) {
        healthcode_output_usage("--ssl-name: this name has a dot at its "
                                "beginning or end; write it without");
        return false;
    }

    if (options->name == NULL && healthcode_secure_is_address(host)) {
        healthcode_output_usage("--ssl-name is missing: this URL has an "
                                "address; write the name that the certificate "
                                "of the server is for");
        return false;
    }

    return true;
}


static bool
healthcode_secure_is_address(const char *host)
{
    struct in_addr  address;

    return strchr(host, ':') || inet_pton(AF_INET, host, &address) == 1;
}


bool
healthcode_secure_start(redisContext *redis,
    const healthcode_secure_options_t *options, const char *host)
{
    SSL_CTX              *ctx;
    const char           *name = options->name ? options->name : host;
    healthcode_secure_t  *secure;

    ctx = healthcode_secure_context(options, name);
    if (ctx == NULL) {
        return false;
    }

    secure = calloc(1, sizeof(healthcode_secure_t));

    if (secure) {
        secure->ssl = SSL_new(ctx);
        secure->name = strdup(name);
    }

    SSL_CTX_free(ctx);

    if (secure == NULL || secure->ssl == NULL || secure->name == NULL
        || SSL_set_fd(secure->ssl, redis->fd) != 1
        || (!healthcode_secure_is_address(name)
            && SSL_set_tlsext_host_name(secure->ssl, name) != 1))
    {
        healthcode_secure_free(secure);
        healthcode_output_failed("no memory");
        return false;
    }

    secure->plain = redis->funcs;
    secure->funcs = *redis->funcs;
    secure->funcs.close = healthcode_secure_close;
    secure->funcs.free_privctx = healthcode_secure_free;
    secure->funcs.read = healthcode_secure_read;
    secure->funcs.write = healthcode_secure_write;

    redis->privctx = secure;
    redis->funcs = &secure->funcs;

    return healthcode_secure_handshake(redis);
}


/* NULL, with a message printed: a file cannot be used. */
static SSL_CTX *
healthcode_secure_context(const healthcode_secure_options_t *options,
    const char *name)
{
    SSL_CTX            *ctx = SSL_CTX_new(TLS_client_method());
    X509_VERIFY_PARAM  *param;

    if (ctx == NULL) {
        healthcode_output_failed("OpenSSL has no TLS");
        return NULL;
    }

    param = SSL_CTX_get0_param(ctx);

    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
    SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE
                          | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER
                          | SSL_MODE_AUTO_RETRY);
    X509_VERIFY_PARAM_set_hostflags(param,
                                    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);

    if ((X509_VERIFY_PARAM_set1_ip_asc(param, name) != 1
         && X509_VERIFY_PARAM_set1_host(param, name, strlen(name)) != 1)
        || !healthcode_secure_files(ctx, options))
    {
        SSL_CTX_free(ctx);
        return NULL;
    }

    return ctx;
}


static bool
healthcode_secure_files(SSL_CTX *ctx,
    const healthcode_secure_options_t *options)
{
    if (options->cacert == NULL) {
        SSL_CTX_set_default_verify_paths(ctx);

    } else if (SSL_CTX_load_verify_locations(ctx, options->cacert, NULL) != 1) {
        return healthcode_secure_failed("--cacert", options->cacert);
    }

    if (options->cert == NULL) {
        return true;
    }

    if (SSL_CTX_use_certificate_chain_file(ctx, options->cert) != 1) {
        return healthcode_secure_failed("--cert", options->cert);
    }

    if (SSL_CTX_use_PrivateKey_file(ctx, options->key, SSL_FILETYPE_PEM) != 1) {
        return healthcode_secure_failed("--key", options->key);
    }

    return true;
}


static bool
healthcode_secure_failed(const char *what, const char *file)
{
    char  said[HEALTHCODE_SECURE_SAID];

    ERR_error_string_n(ERR_peek_last_error(), said, sizeof(said));

    healthcode_output_failed("%s: %s cannot be used (%s); write a file in PEM, "
                             "and a key that belongs to its certificate", what,
                             file, said);
    return false;
}


static bool
healthcode_secure_handshake(redisContext *redis)
{
    int                   rc;
    healthcode_secure_t  *secure = redis->privctx;

    ERR_clear_error();

    rc = SSL_connect(secure->ssl);

    if (rc == 1) {
        return true;
    }

    if (SSL_get_error(secure->ssl, rc) == SSL_ERROR_WANT_READ) {
        healthcode_output_failed("--redis: the handshake of TLS does not end "
                                 "in --timeout; is it a port with TLS, and "
                                 "does Redis run?");
        return false;
    }

    healthcode_secure_note(secure, rc);
    healthcode_output_failed("--redis: %s", secure->cause);

    return false;
}


/* Keeps the cause of what has just failed, if it is one of TLS. */
static void
healthcode_secure_note(healthcode_secure_t *secure, int rc)
{
    char                      said[HEALTHCODE_SECURE_SAID];
    healthcode_tls_failure_t  failure = { .said = said };

    static const char *const  words[HEALTHCODE_TLS_WORDS] = {
        [HEALTHCODE_TLS_ON] = "rediss://",
        [HEALTHCODE_TLS_NAME] = "--ssl-name",
        [HEALTHCODE_TLS_TRUSTED] = "--cacert",
        [HEALTHCODE_TLS_CERTIFICATE] = "--cert",
        [HEALTHCODE_TLS_DEPTH] = "ssl_verify_depth"
    };

    failure.error = ERR_peek_error();
    ERR_error_string_n(failure.error, said, sizeof(said));

    if (!SSL_is_init_finished(secure->ssl)) {
        failure.verify = SSL_get_verify_result(secure->ssl);

    } else if (SSL_get_error(secure->ssl, rc) != SSL_ERROR_SSL) {
        return;
    }

    healthcode_tls_cause(&failure, words, secure->name, secure->cause,
                         sizeof(secure->cause));
}


const char *
healthcode_secure_cause(const redisContext *redis)
{
    const healthcode_secure_t  *secure = redis->privctx;

    return (secure && secure->cause[0]) ? secure->cause : NULL;
}


/* ---- what hiredis calls ---- */

static ssize_t
healthcode_secure_read(redisContext *redis, char *data, size_t size)
{
    int                   n;
    healthcode_secure_t  *secure = redis->privctx;

    ERR_clear_error();

    n = SSL_read(secure->ssl, data, (int) size);

    return (n > 0) ? n : healthcode_secure_end(redis, n);
}


static ssize_t
healthcode_secure_write(redisContext *redis)
{
    int                   n;
    char                  byte;
    healthcode_secure_t  *secure = redis->privctx;

    ERR_clear_error();

    n = SSL_write(secure->ssl, redis->obuf, (int) sdslen(redis->obuf));

    if (n > 0) {
        return n;
    }

    /* what the server said before it closed the connection is the cause */

    if (SSL_get_error(secure->ssl, n) == SSL_ERROR_SYSCALL
        && healthcode_secure_read(redis, &byte, 1) == -1)
    {
        return -1;
    }

    return healthcode_secure_end(redis, n);
}


/* As hiredis tells the end of a connection, or of its patience. */
static ssize_t
healthcode_secure_end(redisContext *redis, int rc)
{
    int                   error = errno;
    healthcode_secure_t  *secure = redis->privctx;

    healthcode_secure_note(secure, rc);

    switch (SSL_get_error(secure->ssl, rc)) {

    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        redis->err = REDIS_ERR_IO;
        snprintf(redis->errstr, sizeof(redis->errstr), "%s", strerror(EAGAIN));
        break;

    case SSL_ERROR_SYSCALL:
        redis->err = error ? REDIS_ERR_IO : REDIS_ERR_EOF;
        snprintf(redis->errstr, sizeof(redis->errstr), "%s",
                 error ? strerror(error) : "Server closed the connection");
        break;

    default:
        redis->err = REDIS_ERR_EOF;
        snprintf(redis->errstr, sizeof(redis->errstr),
                 "Server closed the connection");
    }

    return -1;
}


static void
healthcode_secure_close(redisContext *redis)
{
    healthcode_secure_t  *secure = redis->privctx;

    if (redis->err == 0 && SSL_is_init_finished(secure->ssl)) {
        (void) SSL_shutdown(secure->ssl);
    }

    secure->plain->close(redis);
}


static void
healthcode_secure_free(void *data)
{
    healthcode_secure_t  *secure = data;

    if (secure) {
        SSL_free(secure->ssl);
        free(secure->name);
        free(secure);
    }
}
