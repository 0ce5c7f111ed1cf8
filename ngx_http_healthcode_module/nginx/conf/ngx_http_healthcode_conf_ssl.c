/*
 * TLS of a store: the lines of healthcode_store that begin with "ssl", and the
 * context of OpenSSL that they make.  Knows no: request, connection, location.
 * docs/directives.md, "ssl".
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "../store/ngx_http_healthcode_rotate.h"
#include "../store/ngx_http_healthcode_tls.h"
#include "ngx_http_healthcode_conf_credential.h"
#include "ngx_http_healthcode_conf_file.h"
#include "ngx_http_healthcode_conf_ssl.h"


/* Certificates between that of the server and that of its CA. */
#define NGX_HTTP_HEALTHCODE_SSL_DEPTH  5

/* These are OpenSSL's, for all but TLS 1.3. */
#define NGX_HTTP_HEALTHCODE_SSL_CIPHERS  "DEFAULT"


#if (NGX_SSL)

/* An nginx without TLS has none of these, and still has to load the module. */
#pragma weak ngx_ssl_certificate
#pragma weak ngx_ssl_ciphers
#pragma weak ngx_ssl_cleanup_ctx
#pragma weak ngx_ssl_client_session_cache
#pragma weak ngx_ssl_create
#pragma weak ngx_ssl_trusted_certificate


static char *ngx_http_healthcode_conf_ssl_make(ngx_conf_t *cf,
    ngx_http_healthcode_store_t *store);
static char *ngx_http_healthcode_conf_ssl_default_name(ngx_conf_t *cf,
    ngx_http_healthcode_store_t *store);
static char *ngx_http_healthcode_conf_ssl_system(ngx_conf_t *cf,
    ngx_http_healthcode_store_t *store);
static ngx_int_t ngx_http_healthcode_conf_ssl_watch(ngx_conf_t *cf,
    ngx_http_healthcode_store_t *store);
static char *ngx_http_healthcode_conf_ssl_create(ngx_conf_t *cf,
    ngx_http_healthcode_store_tls_t *tls);
static ngx_int_t ngx_http_healthcode_conf_ssl_expect(
    ngx_http_healthcode_store_tls_t *tls);
static char *ngx_http_healthcode_conf_ssl_certificate(ngx_conf_t *cf,
    ngx_http_healthcode_store_tls_t *tls);

#endif

static ngx_uint_t ngx_http_healthcode_conf_ssl_has_lines(
    const ngx_http_healthcode_store_tls_t *tls);
static ngx_uint_t ngx_http_healthcode_conf_ssl_is_near(
    const ngx_http_healthcode_server_t *server);


/* ---- lines ---- */

char *
ngx_http_healthcode_conf_ssl(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t                    *value = cf->args->elts;
    ngx_http_healthcode_store_t  *store = conf;

    if (store->tls.enabled != NGX_CONF_UNSET) {
        return "is duplicate";
    }

    store->tls.enabled = (ngx_strcasecmp(value[1].data, (u_char *) "on") == 0);

    if (!store->tls.enabled
        && ngx_strcasecmp(value[1].data, (u_char *) "off") != 0)
    {
        return "invalid value; write \"on\" or \"off\"";
    }

    if (store->tls.enabled && !ngx_http_healthcode_tls_is_there()) {
        return "needs nginx's TLS, which this nginx was built without; take "
               "the line out, or build nginx --with-http_ssl_module";
    }

    return NGX_CONF_OK;
}


char *
ngx_http_healthcode_conf_ssl_text(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_str_t  *value = cf->args->elts;

    if (value[1].len == 0) {
        return "has an empty value; leave it out";
    }

    return ngx_conf_set_str_slot(cf, cmd, conf);
}


/* Older versions have nothing that a store would need. */
char *
ngx_http_healthcode_conf_ssl_protocols(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
#if (NGX_SSL)
    ngx_str_t                    *value = cf->args->elts;
    ngx_uint_t                    i;
    ngx_http_healthcode_store_t  *store = conf;

    if (store->tls.protocols) {
        return "is duplicate";
    }

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_strcasecmp(value[i].data, (u_char *) "TLSv1.2") == 0) {
            store->tls.protocols |= NGX_SSL_TLSv1_2;

        } else if (ngx_strcasecmp(value[i].data, (u_char *) "TLSv1.3") == 0) {
            store->tls.protocols |= NGX_SSL_TLSv1_3;

        } else {
            return "invalid value; write \"TLSv1.2\", \"TLSv1.3\" or both";
        }
    }

#endif

    return NGX_CONF_OK;
}


/* ---- the block ---- */

static ngx_uint_t
ngx_http_healthcode_conf_ssl_has_lines(
    const ngx_http_healthcode_store_tls_t *tls)
{
    return tls->name.len || tls->trusted.len || tls->certificate.len
           || tls->key.len || tls->ciphers.len || tls->protocols
           || tls->depth != NGX_CONF_UNSET;
}


char *
ngx_http_healthcode_conf_ssl_finish(ngx_conf_t *cf,
    ngx_http_healthcode_store_t *store)
{
    ngx_http_healthcode_store_tls_t  *tls = &store->tls;

    ngx_conf_init_value(tls->enabled, 0);

    if (!tls->enabled) {
        return ngx_http_healthcode_conf_ssl_has_lines(tls)
               ? "has lines of TLS without \"ssl on\"; write \"ssl on;\", or "
                 "take them out"
               : NGX_CONF_OK;
    }

#if (NGX_SSL)
    return ngx_http_healthcode_conf_ssl_make(cf, store);
#else
    return NGX_CONF_ERROR;
#endif
}


#if (NGX_SSL)

static char *
ngx_http_healthcode_conf_ssl_make(ngx_conf_t *cf,
    ngx_http_healthcode_store_t *store)
{
    char                             *rv = NGX_CONF_OK;
    ngx_http_healthcode_store_tls_t  *tls = &store->tls;

    ngx_conf_init_value(tls->depth, NGX_HTTP_HEALTHCODE_SSL_DEPTH);

    if (tls->protocols == 0) {
        tls->protocols = NGX_SSL_TLSv1_2|NGX_SSL_TLSv1_3;
    }

    if (tls->ciphers.len == 0) {
        ngx_str_set(&tls->ciphers, NGX_HTTP_HEALTHCODE_SSL_CIPHERS);
    }

    if (tls->name.len == 0) {
        rv = ngx_http_healthcode_conf_ssl_default_name(cf, store);
    }

    /* of OpenSSL a dot at the beginning stands for all names below */

    if (rv == NGX_CONF_OK
        && (tls->name.data[0] == '.'
            || tls->name.data[tls->name.len - 1] == '.'))
    {
        return "has \"ssl on\", and a name with a dot at its beginning or "
               "end; write \"ssl_name NAME;\" without it";
    }

    if (rv == NGX_CONF_OK && tls->trusted.len == 0) {
        rv = ngx_http_healthcode_conf_ssl_system(cf, store);
    }

    if (rv == NGX_CONF_OK
        && ngx_http_healthcode_conf_ssl_watch(cf, store) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    return (rv == NGX_CONF_OK) ? ngx_http_healthcode_conf_ssl_create(cf, tls)
                               : rv;
}


/* A key that OpenSSL has from elsewhere is not looked at. */
static ngx_int_t
ngx_http_healthcode_conf_ssl_watch(ngx_conf_t *cf,
    ngx_http_healthcode_store_t *store)
{
    ngx_str_t                         names[] = { ngx_null_string,
                                                  ngx_null_string,
                                                  ngx_null_string };
    ngx_http_healthcode_store_tls_t  *tls = &store->tls;

    names[HEALTHCODE_TLS_FILES_TRUSTED] = tls->trusted;

    if (tls->certificate.len && tls->key.len
        && ngx_strncmp(tls->key.data, "engine:", 7) != 0
        && ngx_strncmp(tls->key.data, "store:", 6) != 0)
    {
        names[HEALTHCODE_TLS_FILES_CERTIFICATE] = tls->certificate;
        names[HEALTHCODE_TLS_FILES_KEY] = tls->key;
    }

    return ngx_http_healthcode_conf_credential_add(cf, store,
                                              &ngx_http_healthcode_rotate_tls,
                                              names, &tls->files);
}


/* That of the server: anybody may have an address tomorrow. */
static char *
ngx_http_healthcode_conf_ssl_default_name(ngx_conf_t *cf,
    ngx_http_healthcode_store_t *store)
{
    ngx_str_t                        *host = &store->server.host;
    ngx_http_healthcode_store_tls_t  *tls = &store->tls;

    if (store->sentinel.name.len) {
        return "has \"ssl on\", and a \"sentinel\", which names the master "
               "by its address; write \"ssl_name NAME;\", which the "
               "certificates of both are for";
    }

    if (store->is_cluster) {
        return "has \"ssl on\", and a cluster, which names its nodes by their "
               "addresses; write \"ssl_name NAME;\", which the certificates "
               "of all are for";
    }

    if ((store->server.naddrs
         && store->server.addrs[0].sockaddr->sa_family == AF_UNIX)
        || ngx_strlchr(host->data, host->data + host->len, ':')
        || ngx_inet_addr(host->data, host->len) != INADDR_NONE)
    {
        return "has \"ssl on\", and an address as \"server\"; write "
               "\"ssl_name NAME;\", the name that its certificate is for";
    }

    tls->name.len = host->len;
    tls->name.data = ngx_pnalloc(cf->pool, host->len + 1);

    if (tls->name.data == NULL) {
        return NGX_CONF_ERROR;
    }

    (void) ngx_cpystrn(tls->name.data, host->data, host->len + 1);

    return NGX_CONF_OK;
}


static char *
ngx_http_healthcode_conf_ssl_system(ngx_conf_t *cf,
    ngx_http_healthcode_store_t *store)
{
    ngx_uint_t        i;
    const char       *file = X509_get_default_cert_file();
    ngx_file_info_t   info;

    for (i = 0;
         file && ngx_file_info((u_char *) file, &info) == NGX_FILE_ERROR;
         i++)
    {
        file = healthcode_tls_authorities[i];
    }

    if (file == NULL) {
        return "has \"ssl on\", and this system has no file of authorities; "
               "write \"ssl_trusted_certificate FILE;\"";
    }

    store->tls.trusted.data = (u_char *) file;
    store->tls.trusted.len = ngx_strlen(file);

    ngx_log_error(NGX_LOG_NOTICE, cf->log, 0,
                  "healthcode: store \"%V\" trusts all authorities of this "
                  "system, those in \"%V\" (there is no "
                  "ssl_trusted_certificate) in %V:%ui", &store->name,
                  &store->tls.trusted, &store->block.file, store->block.line);

    return NGX_CONF_OK;
}


static char *
ngx_http_healthcode_conf_ssl_create(ngx_conf_t *cf,
    ngx_http_healthcode_store_tls_t *tls)
{
    ngx_ssl_t           *ssl;
    ngx_pool_cleanup_t  *cleanup;

    ssl = ngx_pcalloc(cf->pool, sizeof(ngx_ssl_t));
    cleanup = ngx_pool_cleanup_add(cf->pool, 0);

    if (ssl == NULL || cleanup == NULL) {
        return NGX_CONF_ERROR;
    }

    ssl->log = cf->log;

    if (ngx_ssl_create(ssl, tls->protocols, NULL) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    cleanup->handler = ngx_ssl_cleanup_ctx;
    cleanup->data = ssl;
    tls->ssl = ssl;

    if (ngx_ssl_ciphers(cf, ssl, &tls->ciphers, 0) != NGX_OK) {
        return "has \"ssl_ciphers\" that cannot be used, as the line before "
               "says; write what \"openssl ciphers\" takes, or take it out";
    }

    if (ngx_ssl_trusted_certificate(cf, ssl, &tls->trusted, tls->depth)
        != NGX_OK)
    {
        return "has an \"ssl_trusted_certificate\" that cannot be used, as "
               "the line before says; write a file of certificates in PEM";
    }

    if (ngx_ssl_client_session_cache(cf, ssl, 1) != NGX_OK
        || ngx_http_healthcode_conf_ssl_expect(tls) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    return ngx_http_healthcode_conf_ssl_certificate(cf, tls);
}


/*
 * The certificate of the server has to hold and to be for the name, or the
 * handshake ends there: nginx's own callback would let each go on.
 */
static ngx_int_t
ngx_http_healthcode_conf_ssl_expect(ngx_http_healthcode_store_tls_t *tls)
{
    SSL_CTX            *ctx = tls->ssl->ctx;
    const char         *name = (const char *) tls->name.data;
    X509_VERIFY_PARAM  *param = SSL_CTX_get0_param(ctx);

    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);

    /* what is left of a write may stand elsewhere by the next one */

    (void) SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE
                                 |SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);

    if (X509_VERIFY_PARAM_set1_ip_asc(param, name) == 1) {
        return NGX_OK;
    }

    tls->sni = tls->name;

    X509_VERIFY_PARAM_set_hostflags(param,
                                    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);

    return X509_VERIFY_PARAM_set1_host(param, name, tls->name.len) == 1
           ? NGX_OK : NGX_ERROR;
}


static char *
ngx_http_healthcode_conf_ssl_certificate(ngx_conf_t *cf,
    ngx_http_healthcode_store_tls_t *tls)
{
    ngx_file_info_t  info;

    if (tls->certificate.len == 0 && tls->key.len == 0) {
        return NGX_CONF_OK;
    }

    if (tls->certificate.len == 0 || tls->key.len == 0) {
        return "has one of \"ssl_certificate\" and \"ssl_certificate_key\"; "
               "write both";
    }

    if (ngx_ssl_certificate(cf, tls->ssl, &tls->certificate, &tls->key, NULL)
        != NGX_OK)
    {
        return "has an \"ssl_certificate\" or \"ssl_certificate_key\" that "
               "cannot be used, as the line before says; write two files in "
               "PEM that belong together";
    }

    /* nginx has made a whole name of it */

    if (ngx_file_info(tls->key.data, &info) != NGX_FILE_ERROR) {
        ngx_http_healthcode_conf_file_secret(cf, &tls->key,
                                             ngx_file_access(&info));
    }

    return NGX_CONF_OK;
}

#endif


/* ---- advice ---- */

void
ngx_http_healthcode_conf_ssl_advise(ngx_conf_t *cf,
    ngx_http_healthcode_store_t *store)
{
    if ((store->password.len == 0 && store->sentinel.password.len == 0)
        || store->tls.ssl
        || ngx_http_healthcode_conf_ssl_is_near(
               store->sentinel.servers ? store->sentinel.servers->elts
                                       : &store->server))
    {
        return;
    }

    ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                  "healthcode: store \"%V\" at %V gets its password, and all "
                  "flags, as plain text; write \"ssl on;\", if more than this "
                  "machine can read what goes there, in %V:%ui", &store->name,
                  &store->server.text, &store->block.file, store->block.line);
}


/* Whether it is this machine. */
static ngx_uint_t
ngx_http_healthcode_conf_ssl_is_near(
    const ngx_http_healthcode_server_t *server)
{
    ngx_uint_t            i;
    struct sockaddr      *sa;
    struct sockaddr_in   *sin;
#if (NGX_HAVE_INET6)
    struct sockaddr_in6  *sin6;
#endif

    for (i = 0; i < server->naddrs; i++) {

        sa = server->addrs[i].sockaddr;

        if (sa->sa_family == AF_INET) {
            sin = (struct sockaddr_in *) sa;

            if (ntohl(sin->sin_addr.s_addr) >> 24 != 127) {
                return 0;
            }
        }

#if (NGX_HAVE_INET6)
        if (sa->sa_family == AF_INET6) {
            sin6 = (struct sockaddr_in6 *) sa;

            if (!IN6_IS_ADDR_LOOPBACK(&sin6->sin6_addr)) {
                return 0;
            }
        }
#endif
    }

    return server->naddrs != 0;
}
