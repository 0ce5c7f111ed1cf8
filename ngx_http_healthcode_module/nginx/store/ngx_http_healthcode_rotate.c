/*
 * What a connection does when the files of its password, of that of its
 * sentinels, or of its TLS, have changed.
 * Knows no: request, holder, hiredis, timer.
 * docs/connection.md, "Credentials".
 */

#include "ngx_http_healthcode_lead.h"
#include "ngx_http_healthcode_rotate.h"


static void *ngx_http_healthcode_rotate_password_make(
    const healthcode_str_t *texts, ngx_uint_t *which, const char **error);
static void ngx_http_healthcode_rotate_password_take(void *data, void *made);
static void ngx_http_healthcode_rotate_password_drop(void *made);
static void ngx_http_healthcode_rotate_sentinel_take(void *data, void *made);
static void *ngx_http_healthcode_rotate_tls_make(
    const healthcode_str_t *texts, ngx_uint_t *which, const char **error);
static void ngx_http_healthcode_rotate_tls_take(void *data, void *made);
static void ngx_http_healthcode_rotate_tls_drop(void *made);


const ngx_http_healthcode_credential_kind_t
    ngx_http_healthcode_rotate_password =
{
    .what = "password",
    .make = ngx_http_healthcode_rotate_password_make,
    .take = ngx_http_healthcode_rotate_password_take,
    .drop = ngx_http_healthcode_rotate_password_drop
};


const ngx_http_healthcode_credential_kind_t
    ngx_http_healthcode_rotate_sentinel =
{
    .what = "password of the sentinels",
    .make = ngx_http_healthcode_rotate_password_make,
    .take = ngx_http_healthcode_rotate_sentinel_take,
    .drop = ngx_http_healthcode_rotate_password_drop
};


const ngx_http_healthcode_credential_kind_t  ngx_http_healthcode_rotate_tls = {
    .what = "certificates",
    .make = ngx_http_healthcode_rotate_tls_make,
    .take = ngx_http_healthcode_rotate_tls_take,
    .drop = ngx_http_healthcode_rotate_tls_drop
};


void
ngx_http_healthcode_rotate_init(ngx_http_healthcode_connection_t *connection,
    ngx_http_healthcode_store_t *store)
{
    if (store->password_files) {
        store->password_files->data = connection;
    }

    if (store->tls.files) {
        store->tls.files->data = connection;
    }

    if (store->sentinel.password_files) {
        store->sentinel.password_files->data = connection->lead;
    }
}


void
ngx_http_healthcode_rotate_destroy(
    ngx_http_healthcode_connection_t *connection)
{
    ngx_http_healthcode_rotate_password_drop(connection->password);
    ngx_http_healthcode_rotate_password_drop(connection->former);

    connection->password = NULL;
    connection->former = NULL;

    if (connection->lead) {
        ngx_http_healthcode_rotate_password_drop(connection->lead->password);
        ngx_http_healthcode_rotate_password_drop(connection->lead->former);

        connection->lead->password = NULL;
        connection->lead->former = NULL;
    }
}


/* ---- the password ---- */

static void *
ngx_http_healthcode_rotate_password_make(const healthcode_str_t *texts,
    ngx_uint_t *which, const char **error)
{
    healthcode_str_t                 text = healthcode_str_chomp(texts[0]);
    ngx_http_healthcode_password_t  *password;

    *which = 0;

    if (text.len == 0) {
        *error = "it is empty";
        return NULL;
    }

    password = malloc(sizeof(ngx_http_healthcode_password_t) + text.len);

    if (password == NULL) {
        *error = "there is no memory";
        return NULL;
    }

    password->len = text.len;
    ngx_memcpy(password->data, text.data, text.len);

    return password;
}


/* Errors that come until the next one but one may repeat it. */
static void
ngx_http_healthcode_rotate_password_take(void *data, void *made)
{
    ngx_http_healthcode_password_t    *password = made;
    ngx_http_healthcode_connection_t  *connection = data;

    ngx_http_healthcode_rotate_password_drop(connection->former);

    connection->former = connection->password;
    connection->password = password;

    if (!healthcode_tracker_auth(&connection->tracker,
                                 healthcode_str_from(password->data,
                                                     password->len)))
    {
        ngx_http_healthcode_connection_unreached(connection, NGX_ENOMEM);
        return;
    }

    if (ngx_http_healthcode_connection_is_live(connection)) {
        ngx_http_healthcode_connection_flush(connection);
    }
}


static void
ngx_http_healthcode_rotate_password_drop(void *made)
{
    ngx_http_healthcode_password_t  *password = made;

    if (password) {
        ngx_explicit_memzero(password->data, password->len);
        free(password);
    }
}


/* What one of them refuses is its own outage, and the others' vote stands. */
static void
ngx_http_healthcode_rotate_sentinel_take(void *data, void *made)
{
    ngx_http_healthcode_lead_t      *lead = data;
    ngx_http_healthcode_password_t  *password = made;

    ngx_http_healthcode_rotate_password_drop(lead->former);

    lead->former = lead->password;
    lead->password = password;

    ngx_http_healthcode_sentinel_auth(&lead->sentinel,
                                      healthcode_str_from(password->data,
                                                          password->len));
}


/* ---- TLS ---- */

static void *
ngx_http_healthcode_rotate_tls_make(const healthcode_str_t *texts,
    ngx_uint_t *which, const char **error)
{
    unsigned                 file = 0;
    healthcode_tls_files_t  *files;

    files = malloc(sizeof(healthcode_tls_files_t));

    if (files == NULL) {
        *which = 0;
        *error = "there is no memory";
        return NULL;
    }

    *error = healthcode_tls_files_read(files, texts, &file);

    if (*error) {
        *which = file;
        free(files);
        return NULL;
    }

    return files;
}


/*
 * The connection that lives goes on; the next one is verified by these, also
 * where the server would resume the session of this one.
 */
static void
ngx_http_healthcode_rotate_tls_take(void *data, void *made)
{
    ngx_http_healthcode_connection_t   *connection = data;
    const ngx_http_healthcode_store_t  *store = connection->store;

    if (ngx_http_healthcode_tls_replace(&connection->wire.transport.tls,
                                        store->tls.ssl, made)
        == NGX_OK)
    {
        if (connection->lead) {
            ngx_http_healthcode_sentinel_outdate(&connection->lead->sentinel);
        }

        ngx_log_error(NGX_LOG_NOTICE, connection->log, 0,
                      "healthcode: store \"%V\" at %V: its new certificates "
                      "are in use from its next connection on", &store->name,
                      &store->server.text);

    } else {
        ngx_log_error(NGX_LOG_ERR, connection->log, 0,
                      "healthcode: store \"%V\" at %V: OpenSSL does not take "
                      "its new certificates, which may be too weak; what it "
                      "had stays", &store->name, &store->server.text);
    }

    ngx_http_healthcode_rotate_tls_drop(made);
}


static void
ngx_http_healthcode_rotate_tls_drop(void *made)
{
    healthcode_tls_files_free(made);
    free(made);
}
