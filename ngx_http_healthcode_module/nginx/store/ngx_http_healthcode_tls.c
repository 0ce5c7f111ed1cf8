/*
 * TLS on a connection to a server, by nginx's OpenSSL layer: its handshake, its
 * session, its end.  Knows no: store, holder, request, hiredis, timer, clock.
 * docs/connection.md, "TLS".
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "ngx_http_healthcode_tls.h"


#if (NGX_SSL)

/* An nginx without TLS has none of these, and still has to load the module. */
#pragma weak ngx_ssl_create_connection
#pragma weak ngx_ssl_get_session
#pragma weak ngx_ssl_handshake
#pragma weak ngx_ssl_set_session
#pragma weak ngx_ssl_shutdown


static void ngx_http_healthcode_tls_write_log(ngx_log_t *log, ngx_uint_t level,
    u_char *line, size_t len);


ngx_uint_t
ngx_http_healthcode_tls_is_there(void)
{
    return ngx_ssl_handshake != NULL;
}


ngx_int_t
ngx_http_healthcode_tls_begin(ngx_http_healthcode_tls_t *tls,
    ngx_connection_t *c, ngx_ssl_t *ssl, const ngx_str_t *name,
    ngx_connection_handler_pt keep, ngx_log_t *log)
{
    ngx_memzero(&tls->failure, sizeof(healthcode_tls_failure_t));

    tls->is_on = 0;
    tls->is_heard = 0;
    tls->is_old = 0;

    tls->log = *log;
    tls->log.log_level = NGX_LOG_INFO;
    tls->log.writer = ngx_http_healthcode_tls_write_log;
    tls->log.wdata = tls;
    tls->log.next = NULL;
    tls->alerts = log;

    c->log = &tls->log;
    c->read->log = &tls->log;
    c->write->log = &tls->log;

    c->pool = ngx_create_pool(256, c->log);

    if (c->pool == NULL
        || ngx_ssl_create_connection(ssl, c, NGX_SSL_CLIENT) != NGX_OK)
    {
        return NGX_ERROR;
    }

    tls->is_on = 1;
    c->ssl->save_session = keep;

    if ((name->len
         && SSL_set_tlsext_host_name(c->ssl->connection, (char *) name->data)
            == 0)
        || ngx_ssl_set_session(c, tls->session) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


/*
 * nginx takes errors out of OpenSSL's queue to write them into the log, so this
 * log is where they are found.
 */
static void
ngx_http_healthcode_tls_write_log(ngx_log_t *log, ngx_uint_t level,
    u_char *line, size_t len)
{
    ngx_http_healthcode_tls_t  *tls = log->wdata;

    if (level <= NGX_LOG_ALERT) {
        ngx_log_error(level, tls->alerts, 0, "%*s", len, line);
    }

    if (tls->failure.error == 0) {
        tls->failure.error = healthcode_tls_error((char *) line, len, tls->said,
                                                  sizeof(tls->said));
        tls->failure.said = tls->failure.error ? tls->said : NULL;
    }
}


ngx_int_t
ngx_http_healthcode_tls_handshake(ngx_http_healthcode_tls_t *tls,
    ngx_connection_t *c)
{
    ngx_int_t  rc;

    rc = ngx_ssl_handshake(c);

    tls->is_heard = BIO_number_read(SSL_get_rbio(c->ssl->connection)) != 0;

    if (rc == NGX_AGAIN) {
        return NGX_AGAIN;
    }

    if (rc != NGX_OK) {
        tls->failure.verify = SSL_get_verify_result(c->ssl->connection);
        ngx_http_healthcode_tls_forget(tls);
        return NGX_ERROR;
    }

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, tls->alerts, 0,
                   "healthcode: TLS: %s, %s, session reused: %d",
                   SSL_get_version(c->ssl->connection),
                   SSL_get_cipher_name(c->ssl->connection),
                   SSL_session_reused(c->ssl->connection));

    return NGX_OK;
}


void
ngx_http_healthcode_tls_keep(ngx_http_healthcode_tls_t *tls,
    ngx_connection_t *c)
{
    ngx_http_healthcode_tls_forget(tls);

    /* a server sends tickets when it likes to */

    if (!tls->is_old) {
        tls->session = ngx_ssl_get_session(c);
    }
}


ngx_int_t
ngx_http_healthcode_tls_replace(ngx_http_healthcode_tls_t *tls,
    ngx_ssl_t *ssl, const healthcode_tls_files_t *files)
{
    int  taken = 1;

    ERR_clear_error();

    if (files->certificate) {
        taken = SSL_CTX_use_cert_and_key(ssl->ctx, files->certificate,
                                         files->key, files->chain, 1);
    }

    ERR_clear_error();

    if (taken != 1) {
        return NGX_ERROR;
    }

    SSL_CTX_set1_cert_store(ssl->ctx, files->trusted);

    ngx_http_healthcode_tls_outdate(tls);

    return NGX_OK;
}


void
ngx_http_healthcode_tls_outdate(ngx_http_healthcode_tls_t *tls)
{
    tls->is_old = 1;
    ngx_http_healthcode_tls_forget(tls);
}


void
ngx_http_healthcode_tls_forget(ngx_http_healthcode_tls_t *tls)
{
    if (tls->session) {
        ngx_ssl_free_session(tls->session);
        tls->session = NULL;
    }
}


void
ngx_http_healthcode_tls_end(ngx_http_healthcode_tls_t *tls,
    ngx_connection_t *c)
{
    tls->is_on = 0;

    if (c->ssl) {
        c->ssl->no_wait_shutdown = 1;
        c->ssl->no_send_shutdown |= !c->write->ready;

        (void) ngx_ssl_shutdown(c);
    }

    if (c->ssl) {
        SSL_free(c->ssl->connection);
        c->ssl = NULL;
    }

    if (c->pool) {
        ngx_destroy_pool(c->pool);
        c->pool = NULL;
    }
}

#else

ngx_uint_t
ngx_http_healthcode_tls_is_there(void)
{
    return 0;
}


/* No store has TLS: the configuration refuses it. */
ngx_int_t
ngx_http_healthcode_tls_begin(ngx_http_healthcode_tls_t *tls,
    ngx_connection_t *c, ngx_ssl_t *ssl, const ngx_str_t *name,
    ngx_connection_handler_pt keep, ngx_log_t *log)
{
    return NGX_ERROR;
}


ngx_int_t
ngx_http_healthcode_tls_handshake(ngx_http_healthcode_tls_t *tls,
    ngx_connection_t *c)
{
    return NGX_ERROR;
}


void
ngx_http_healthcode_tls_keep(ngx_http_healthcode_tls_t *tls,
    ngx_connection_t *c)
{
}


ngx_int_t
ngx_http_healthcode_tls_replace(ngx_http_healthcode_tls_t *tls,
    ngx_ssl_t *ssl, const healthcode_tls_files_t *files)
{
    return NGX_ERROR;
}


void
ngx_http_healthcode_tls_outdate(ngx_http_healthcode_tls_t *tls)
{
}


void
ngx_http_healthcode_tls_forget(ngx_http_healthcode_tls_t *tls)
{
}


void
ngx_http_healthcode_tls_end(ngx_http_healthcode_tls_t *tls,
    ngx_connection_t *c)
{
}

#endif
