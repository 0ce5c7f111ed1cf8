/*
 * The block healthcode_store: its lines, and what they have to be together.
 * Knows no: request, connection, holder.
 * docs/directives.md, "healthcode_store".
 */

#include "../store/ngx_http_healthcode_rotate.h"
#include "ngx_http_healthcode_conf_block.h"
#include "ngx_http_healthcode_conf_cache.h"
#include "ngx_http_healthcode_conf_cluster.h"
#include "ngx_http_healthcode_conf_credential.h"
#include "ngx_http_healthcode_conf_file.h"
#include "ngx_http_healthcode_conf_less.h"
#include "ngx_http_healthcode_conf_replica.h"
#include "ngx_http_healthcode_conf_sentinel.h"
#include "ngx_http_healthcode_conf_server.h"
#include "ngx_http_healthcode_conf_ssl.h"
#include "ngx_http_healthcode_conf_store.h"
#include "ngx_http_healthcode_conf_words.h"


#define NGX_HTTP_HEALTHCODE_DATABASE_MAX  65535


/* Whether "resolver" has no addresses; Angie has a list, nginx an array. */
#if (NGX_HTTP_HEALTHCODE_RESOLVER_LIST)
#define ngx_http_healthcode_conf_asks_nobody(resolver)                        \
    ((resolver)->connections == NULL)
#else
#define ngx_http_healthcode_conf_asks_nobody(resolver)                        \
    ((resolver)->connections.nelts == 0)
#endif


static char *ngx_http_healthcode_conf_server(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static char *ngx_http_healthcode_conf_password_file(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static char *ngx_http_healthcode_conf_store_finish(ngx_conf_t *cf,
    ngx_http_healthcode_store_t *store);
static ngx_int_t ngx_http_healthcode_conf_store_resolver(ngx_conf_t *cf,
    ngx_http_healthcode_store_t *store);


static ngx_command_t  ngx_http_healthcode_store_commands[] = {

    { ngx_string("server"),
      NGX_CONF_1MORE,
      ngx_http_healthcode_conf_server,
      0,
      0,
      NULL },

    { ngx_string("cluster"),
      NGX_CONF_TAKE1,
      ngx_conf_set_flag_slot,
      0,
      offsetof(ngx_http_healthcode_store_t, is_cluster),
      NULL },

    { ngx_string("replica"),
      NGX_CONF_1MORE,
      ngx_http_healthcode_conf_replica,
      0,
      0,
      NULL },

    { ngx_string("sentinel"),
      NGX_CONF_TAKE1,
      ngx_http_healthcode_conf_sentinel,
      0,
      0,
      NULL },

    { ngx_string("sentinel_user"),
      NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      0,
      offsetof(ngx_http_healthcode_store_t, sentinel.user),
      NULL },

    { ngx_string("sentinel_password_file"),
      NGX_CONF_TAKE1,
      ngx_http_healthcode_conf_sentinel_password_file,
      0,
      0,
      NULL },

    { ngx_string("sentinel_silence"),
      NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      0,
      offsetof(ngx_http_healthcode_store_t, sentinel.silence),
      NULL },

    { ngx_string("user"),
      NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      0,
      offsetof(ngx_http_healthcode_store_t, user),
      NULL },

    { ngx_string("password_file"),
      NGX_CONF_TAKE1,
      ngx_http_healthcode_conf_password_file,
      0,
      0,
      NULL },

    { ngx_string("database"),
      NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      0,
      offsetof(ngx_http_healthcode_store_t, database),
      NULL },

    { ngx_string("timeout"),
      NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      0,
      offsetof(ngx_http_healthcode_store_t, timeout),
      NULL },

    { ngx_string("connect_timeout"),
      NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      0,
      offsetof(ngx_http_healthcode_store_t, connect_timeout),
      NULL },

    { ngx_string("max_pending"),
      NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      0,
      offsetof(ngx_http_healthcode_store_t, max_pending),
      NULL },

    { ngx_string("evicting_ok"),
      NGX_CONF_TAKE1,
      ngx_conf_set_flag_slot,
      0,
      offsetof(ngx_http_healthcode_store_t, evicting_ok),
      NULL },

    { ngx_string("role"),
      NGX_CONF_TAKE1,
      ngx_http_healthcode_conf_role,
      0,
      0,
      NULL },

    { ngx_string("protocol"),
      NGX_CONF_TAKE1,
      ngx_http_healthcode_conf_protocol,
      0,
      0,
      NULL },

    { ngx_string("ssl"),
      NGX_CONF_TAKE1,
      ngx_http_healthcode_conf_ssl,
      0,
      0,
      NULL },

    { ngx_string("ssl_name"),
      NGX_CONF_TAKE1,
      ngx_http_healthcode_conf_ssl_text,
      0,
      offsetof(ngx_http_healthcode_store_t, tls.name),
      NULL },

    { ngx_string("ssl_trusted_certificate"),
      NGX_CONF_TAKE1,
      ngx_http_healthcode_conf_ssl_text,
      0,
      offsetof(ngx_http_healthcode_store_t, tls.trusted),
      NULL },

    { ngx_string("ssl_certificate"),
      NGX_CONF_TAKE1,
      ngx_http_healthcode_conf_ssl_text,
      0,
      offsetof(ngx_http_healthcode_store_t, tls.certificate),
      NULL },

    { ngx_string("ssl_certificate_key"),
      NGX_CONF_TAKE1,
      ngx_http_healthcode_conf_ssl_text,
      0,
      offsetof(ngx_http_healthcode_store_t, tls.key),
      NULL },

    { ngx_string("ssl_protocols"),
      NGX_CONF_1MORE,
      ngx_http_healthcode_conf_ssl_protocols,
      0,
      0,
      NULL },

    { ngx_string("ssl_ciphers"),
      NGX_CONF_TAKE1,
      ngx_http_healthcode_conf_ssl_text,
      0,
      offsetof(ngx_http_healthcode_store_t, tls.ciphers),
      NULL },

    { ngx_string("ssl_verify_depth"),
      NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      0,
      offsetof(ngx_http_healthcode_store_t, tls.depth),
      NULL },

    { ngx_string("cache"),
      NGX_CONF_1MORE,
      ngx_http_healthcode_conf_cache,
      0,
      0,
      NULL },

      ngx_null_command
};


char *
ngx_http_healthcode_conf_store(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char                              *rv;
    ngx_uint_t                         i;
    ngx_str_t                         *value = cf->args->elts;
    ngx_http_healthcode_store_t       *store, **stores, **p;
    ngx_http_healthcode_main_conf_t   *mcf = conf;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        return "has the invalid name \"off\", which means no store; give it "
               "another name";
    }

    if (!ngx_http_healthcode_conf_is_printable(&value[1])) {
        return "has an invalid name; write one without blanks or control "
               "characters";
    }

    stores = mcf->stores.elts;

    for (i = 0; i < mcf->stores.nelts; i++) {
        if (ngx_http_healthcode_conf_is_name(&stores[i]->name, &value[1])) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "duplicate store \"%V\"; give this one another "
                               "name", &value[1]);
            return NGX_CONF_ERROR;
        }
    }

    store = ngx_pcalloc(cf->pool, sizeof(ngx_http_healthcode_store_t));
    p = ngx_array_push(&mcf->stores);

    if (store == NULL || p == NULL) {
        return NGX_CONF_ERROR;
    }

    *p = store;

    store->name = value[1];
    ngx_http_healthcode_conf_refer(cf, &value[1], &store->block);
    store->number = mcf->stores.nelts - 1;
    store->database = NGX_CONF_UNSET;
    store->is_cluster = NGX_CONF_UNSET;
    store->timeout = NGX_CONF_UNSET_MSEC;
    store->connect_timeout = NGX_CONF_UNSET_MSEC;
    store->max_pending = NGX_CONF_UNSET;
    store->evicting_ok = NGX_CONF_UNSET;
    store->role_unchecked = NGX_CONF_UNSET;
    store->resp2 = NGX_CONF_UNSET;
    store->max_tracked = NGX_CONF_UNSET;
    store->sentinel.silence = NGX_CONF_UNSET_MSEC;
    store->tls.enabled = NGX_CONF_UNSET;
    store->tls.depth = NGX_CONF_UNSET;

    rv = ngx_http_healthcode_conf_block(cf, ngx_http_healthcode_store_commands,
                                        store, "healthcode_store");
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    return ngx_http_healthcode_conf_finished(cf, "healthcode_store",
                                             &store->name,
                            ngx_http_healthcode_conf_store_finish(cf, store));
}


static char *
ngx_http_healthcode_conf_store_finish(ngx_conf_t *cf,
    ngx_http_healthcode_store_t *store)
{
    char  *rv;

    ngx_conf_init_value(store->is_cluster, 0);

    rv = ngx_http_healthcode_conf_replica_finish(store);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    rv = store->is_cluster
         ? ngx_http_healthcode_conf_cluster_finish(cf, store)
         : ngx_http_healthcode_conf_sentinel_finish(cf, store);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    if (store->server.text.len == 0) {
        return "has no \"server\"; write \"server 127.0.0.1:6379;\" or "
               "\"server unix:PATH;\"";
    }

    if (store->user.len && store->password.len == 0) {
        return "has a \"user\" without a \"password_file\"; write the file "
               "that holds the user's password";
    }

    ngx_conf_init_value(store->database, 0);
    ngx_conf_init_msec_value(store->timeout, 100);
    ngx_conf_init_msec_value(store->connect_timeout, 200);
    ngx_conf_init_value(store->max_pending, 10000);
    ngx_conf_init_value(store->evicting_ok, 0);

    if (store->timeout == 0 || store->connect_timeout == 0) {
        return "has a timeout of 0, in which nothing can answer; write "
               "\"timeout 100ms; connect_timeout 200ms;\"";
    }

    if (store->max_pending == 0) {
        return "has a \"max_pending\" of 0, with which nobody could ask; write "
               "\"max_pending 10000;\"";
    }

    if (store->database > NGX_HTTP_HEALTHCODE_DATABASE_MAX) {
        return "has a \"database\" that no Redis has; write its number, 0 if "
               "in doubt";
    }

    store->handshake.user = ngx_http_healthcode_view(&store->user);
    store->handshake.database = (unsigned) store->database;
    store->handshake.is_gate = true;
    store->handshake.is_node = (store->is_cluster != 0);
    store->handshake.evicting_ok = (store->evicting_ok != 0);

    if (store->password.len) {
        store->handshake.password = ngx_http_healthcode_view(&store->password);
    }

    /* its file has rights; a certificate of ours may be asked for */
    store->handshake.is_guarded =
        (ngx_strncasecmp(store->server.text.data, (u_char *) "unix:", 5) == 0
         || store->tls.certificate.len);

    rv = ngx_http_healthcode_conf_less_finish(store);

    return (rv == NGX_CONF_OK) ? ngx_http_healthcode_conf_ssl_finish(cf, store)
                               : rv;
}


static char *
ngx_http_healthcode_conf_server(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char                          *rv;
    ngx_str_t                     *value = cf->args->elts;
    ngx_url_t                      url;
    ngx_flag_t                     resolve = 0;
    ngx_http_healthcode_server_t  *server;
    ngx_http_healthcode_store_t   *store = conf;

    server = &store->server;

    if (server->text.len) {
        server = ngx_http_healthcode_conf_sentinel_server(cf, store);

        if (server == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    rv = ngx_http_healthcode_conf_server_words(cf, server, &resolve);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    ngx_memzero(&url, sizeof(ngx_url_t));

    url.url = value[1];
    url.default_port = 6379;
    url.no_resolve = (resolve || server->service.len);

    if (ngx_parse_url(cf->pool, &url) != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid server \"%V\": %s; write "
                           "\"HOST:PORT\" or \"unix:PATH\"", &value[1],
                           url.err ? url.err : "no address");
        return NGX_CONF_ERROR;
    }

    if (server->service.len) {
        rv = ngx_http_healthcode_conf_server_service(cf, &url, resolve);
        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    /* an address needs no name to be resolved: it is there in either case */

    server->text = url.url;
    server->host = url.host;
    server->port = url.port;
    server->addrs = url.addrs;
    server->naddrs = url.naddrs;
    server->no_port = url.no_port;

    return NGX_CONF_OK;
}


static char *
ngx_http_healthcode_conf_password_file(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_str_t                    *value = cf->args->elts;
    ngx_str_t                     names[] = { value[1], ngx_null_string,
                                              ngx_null_string };
    ngx_file_info_t               info;
    healthcode_str_t              password;
    ngx_http_healthcode_store_t  *store = conf;

    if (store->password.data) {
        return "is duplicate";
    }

    if (ngx_http_healthcode_conf_credential_add(cf, store,
                                       &ngx_http_healthcode_rotate_password,
                                       names, &store->password_files)
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (ngx_http_healthcode_conf_file_read(cf, &value[1], &store->password,
                                           &info)
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    ngx_http_healthcode_conf_file_secret(cf, &value[1], ngx_file_access(&info));

    password = healthcode_str_chomp(
                   ngx_http_healthcode_view(&store->password));
    store->password.len = password.len;

    if (store->password.len == 0) {
        return "names an empty file; write the password into it";
    }

    return NGX_CONF_OK;
}


ngx_int_t
ngx_http_healthcode_conf_store_link(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf)
{
    ngx_uint_t                     i;
    ngx_http_healthcode_store_t  **stores = mcf->stores.elts;

    if (mcf->stores.nelts && mcf->pepper == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"healthcode_store\" needs the pepper that the store "
                      "was made with; write \"healthcode_pepper_file "
                      "FILE;\" in the http block in %V:%ui",
                      &stores[0]->block.file, stores[0]->block.line);
        return NGX_ERROR;
    }

    for (i = 0; i < mcf->stores.nelts; i++) {

        stores[i]->handshake.pepper_check = mcf->pepper_check;
        ngx_http_healthcode_conf_cluster_credentials(stores[i]);
        ngx_http_healthcode_conf_ssl_advise(cf, stores[i]);
        ngx_http_healthcode_conf_less_advise(cf, stores[i]);

        if (ngx_http_healthcode_conf_cache_link(cf, mcf, stores[i]) != NGX_OK
            || ngx_http_healthcode_conf_store_resolver(cf, stores[i])
               != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_healthcode_conf_store_resolver(ngx_conf_t *cf,
    ngx_http_healthcode_store_t *store)
{
    ngx_http_core_loc_conf_t  *clcf;

    if (!ngx_http_healthcode_conf_sentinel_resolves(store)) {
        return NGX_OK;
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->resolver == NULL
        || ngx_http_healthcode_conf_asks_nobody(clcf->resolver))
    {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "no resolver defined to resolve the server of store "
                      "\"%V\"; write \"resolver ADDRESS;\" in the http "
                      "block in %V:%ui", &store->name, &store->block.file,
                      store->block.line);
        return NGX_ERROR;
    }

    if (store->sentinel.name.len) {
        store->sentinel.resolver = clcf->resolver;

    } else {
        store->resolver = clcf->resolver;
    }

    store->resolver_timeout = (clcf->resolver_timeout == NGX_CONF_UNSET_MSEC)
                              ? 30000 : clcf->resolver_timeout;

    return NGX_OK;
}
