/*
 * The block healthcode_store: its lines, and what they have to be together.
 * Knows no request and no location.  README.md, "healthcode_store".
 */

#include "ngx_http_healthcode_conf.h"


#define NGX_HTTP_HEALTHCODE_DATABASE_MAX  65535


static char *ngx_http_healthcode_conf_server(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static char *ngx_http_healthcode_conf_password(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static char *ngx_http_healthcode_conf_store_finish(ngx_conf_t *cf,
    ngx_http_healthcode_store_t *store);


static ngx_command_t  ngx_http_healthcode_store_commands[] = {

    { ngx_string("server"),
      NGX_CONF_TAKE1|NGX_CONF_TAKE2,
      ngx_http_healthcode_conf_server,
      0,
      0,
      NULL },

    { ngx_string("user"),
      NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      0,
      offsetof(ngx_http_healthcode_store_t, user),
      NULL },

    { ngx_string("password_file"),
      NGX_CONF_TAKE1,
      ngx_http_healthcode_conf_password,
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
        return "cannot be named \"off\", which means no store; give it another "
               "name";
    }

    if (!ngx_http_healthcode_conf_is_printable(&value[1])) {
        return "needs a name without blanks or control characters";
    }

    stores = mcf->stores.elts;

    for (i = 0; i < mcf->stores.nelts; i++) {
        if (ngx_http_healthcode_conf_is_name(&stores[i]->name, &value[1])) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "store \"%V\" is there already; give this one "
                               "another name", &value[1]);
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
    store->timeout = NGX_CONF_UNSET_MSEC;
    store->connect_timeout = NGX_CONF_UNSET_MSEC;
    store->max_pending = NGX_CONF_UNSET;
    store->evicting_ok = NGX_CONF_UNSET;

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
    if (store->url.url.len == 0) {
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
    store->handshake.evicting_ok = (store->evicting_ok != 0);

    if (store->password.len) {
        store->handshake.password = ngx_http_healthcode_view(&store->password);
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_healthcode_conf_server(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t                    *value = cf->args->elts;
    ngx_http_healthcode_store_t  *store = conf;

    if (store->url.url.len) {
        return "is duplicate; a store has one server";
    }

    if (cf->args->nelts == 3) {

        if (ngx_strcmp(value[2].data, "resolve") != 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%V\" is no parameter of \"server\"; write "
                               "\"resolve\" or nothing", &value[2]);
            return NGX_CONF_ERROR;
        }

        store->resolve = 1;
    }

    store->url.url = value[1];
    store->url.default_port = 6379;
    store->url.no_resolve = store->resolve;

    if (ngx_parse_url(cf->pool, &store->url) != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "server \"%V\" cannot be used: %s; write "
                           "\"HOST:PORT\" or \"unix:PATH\"", &value[1],
                           store->url.err ? store->url.err : "no address");
        return NGX_CONF_ERROR;
    }

    /* an address needs no name to be resolved */
    if (store->url.naddrs) {
        store->resolve = 0;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_healthcode_conf_password(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_str_t                    *value = cf->args->elts;
    ngx_file_info_t               info;
    healthcode_str_t              password;
    ngx_http_healthcode_store_t  *store = conf;

    if (store->password.data) {
        return "is duplicate";
    }

    if (ngx_http_healthcode_conf_read_file(cf, &value[1], &store->password,
                                           &info)
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    ngx_http_healthcode_conf_secret(cf, &value[1], ngx_file_access(&info));

    password = healthcode_pepper_trim(
                   ngx_http_healthcode_view(&store->password));
    store->password.len = password.len;

    if (store->password.len == 0) {
        return "names an empty file; write the password into it";
    }

    return NGX_CONF_OK;
}
