/*
 * Sentinels of a store: the lines of healthcode_store that begin with
 * "sentinel", and lines "server", which name them then.
 * Knows no: request, connection, location.
 * docs/directives.md, "sentinel".
 */

#include "../store/ngx_http_healthcode_rotate.h"
#include "ngx_http_healthcode_conf_credential.h"
#include "ngx_http_healthcode_conf_file.h"
#include "ngx_http_healthcode_conf_sentinel.h"
#include "ngx_http_healthcode_conf_words.h"


#define NGX_HTTP_HEALTHCODE_SENTINEL_PORT     26379
#define NGX_HTTP_HEALTHCODE_SENTINEL_SILENCE  10000

/* Milliseconds in which one can be asked a few times. */
#define NGX_HTTP_HEALTHCODE_SENTINEL_MIN      1000


static char *ngx_http_healthcode_conf_sentinel_make(ngx_conf_t *cf,
    ngx_http_healthcode_store_t *store);
static char *ngx_http_healthcode_conf_sentinel_ports(ngx_conf_t *cf,
    ngx_array_t *servers);
static ngx_int_t ngx_http_healthcode_conf_sentinel_differ(ngx_conf_t *cf,
    ngx_array_t *servers);
static ngx_uint_t ngx_http_healthcode_conf_sentinel_is_same(
    const ngx_http_healthcode_server_t *a,
    const ngx_http_healthcode_server_t *b);
static void ngx_http_healthcode_conf_sentinel_advise(ngx_conf_t *cf,
    ngx_http_healthcode_store_t *store);


/* ---- lines ---- */

char *
ngx_http_healthcode_conf_sentinel(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_str_t                    *value = cf->args->elts;
    ngx_http_healthcode_store_t  *store = conf;

    if (store->sentinel.name.len) {
        return "is duplicate; a store has one master";
    }

    if (!ngx_http_healthcode_conf_is_printable(&value[1])) {
        return "has an invalid name; write that of the line \"sentinel "
               "monitor\" in the configuration of the sentinels";
    }

    store->sentinel.name = value[1];

    return NGX_CONF_OK;
}


char *
ngx_http_healthcode_conf_sentinel_password_file(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf)
{
    ngx_str_t                             *value = cf->args->elts;
    ngx_str_t                              names[] = { value[1],
                                                       ngx_null_string,
                                                       ngx_null_string };
    ngx_file_info_t                        info;
    ngx_http_healthcode_store_t           *store = conf;
    ngx_http_healthcode_store_sentinel_t  *sentinel = &store->sentinel;

    if (sentinel->password.data) {
        return "is duplicate";
    }

    if (ngx_http_healthcode_conf_credential_add(cf, store,
                                       &ngx_http_healthcode_rotate_sentinel,
                                       names, &sentinel->password_files)
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (ngx_http_healthcode_conf_file_read(cf, &value[1], &sentinel->password,
                                           &info)
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    ngx_http_healthcode_conf_file_secret(cf, &value[1], ngx_file_access(&info));

    sentinel->password.len = healthcode_str_chomp(
                      ngx_http_healthcode_view(&sentinel->password)).len;

    if (sentinel->password.len == 0) {
        return "names an empty file; write the password into it";
    }

    return NGX_CONF_OK;
}


ngx_http_healthcode_server_t *
ngx_http_healthcode_conf_sentinel_server(ngx_conf_t *cf,
    ngx_http_healthcode_store_t *store)
{
    ngx_array_t                   *servers = store->sentinel.servers;
    ngx_http_healthcode_server_t  *server;

    if (servers == NULL) {
        servers = ngx_array_create(cf->pool, 3,
                                   sizeof(ngx_http_healthcode_server_t));
        if (servers == NULL) {
            return NULL;
        }

        server = ngx_array_push(servers);
        if (server == NULL) {
            return NULL;
        }

        *server = store->server;
        store->sentinel.servers = servers;
    }

    server = ngx_array_push(servers);

    if (server) {
        ngx_memzero(server, sizeof(ngx_http_healthcode_server_t));
    }

    return server;
}


/* ---- the block ---- */

char *
ngx_http_healthcode_conf_sentinel_finish(ngx_conf_t *cf,
    ngx_http_healthcode_store_t *store)
{
    ngx_http_healthcode_store_sentinel_t  *sentinel = &store->sentinel;

    if (sentinel->name.len == 0) {

        if (sentinel->user.len || sentinel->password.len
            || sentinel->silence != NGX_CONF_UNSET_MSEC)
        {
            return "has lines of sentinels without \"sentinel\"; write "
                   "\"sentinel NAME;\", the name of the master, or take them "
                   "out";
        }

        if (sentinel->servers) {
            return "has several lines \"server\"; write one, or \"sentinel "
                   "NAME;\" if they are the sentinels of its master, or "
                   "\"cluster on;\" if they are nodes of a Redis Cluster";
        }

        return NGX_CONF_OK;
    }

    if (store->server.text.len == 0) {
        return "has a \"sentinel\" and no \"server\"; write a line \"server "
               "HOST:26379;\" for each sentinel";
    }

    if (sentinel->user.len && sentinel->password.len == 0) {
        return "has a \"sentinel_user\" without a \"sentinel_password_file\"; "
               "write the file that holds the user's password";
    }

    ngx_conf_init_msec_value(sentinel->silence,
                             NGX_HTTP_HEALTHCODE_SENTINEL_SILENCE);

    if (sentinel->silence < NGX_HTTP_HEALTHCODE_SENTINEL_MIN) {
        return "has a \"sentinel_silence\" below a second, in which a healthy "
               "sentinel can be late; write \"sentinel_silence 10s;\"";
    }

    return ngx_http_healthcode_conf_sentinel_make(cf, store);
}


/* Its servers are sentinels, and its own one is whom they name. */
static char *
ngx_http_healthcode_conf_sentinel_make(ngx_conf_t *cf,
    ngx_http_healthcode_store_t *store)
{
    char                                  *rv;
    u_char                                *p;
    healthcode_sentinel_terms_t           *terms;
    ngx_http_healthcode_store_sentinel_t  *sentinel = &store->sentinel;

    if (sentinel->servers == NULL) {

        if (ngx_http_healthcode_conf_sentinel_server(cf, store) == NULL) {
            return NGX_CONF_ERROR;
        }

        sentinel->servers->nelts = 1;
    }

    if (sentinel->servers->nelts > HEALTHCODE_SENTINEL_MAX) {
        return "has more than 15 sentinels; name 3 or 5 of them";
    }

    rv = ngx_http_healthcode_conf_sentinel_ports(cf, sentinel->servers);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    if (ngx_http_healthcode_conf_sentinel_differ(cf, sentinel->servers)
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    terms = &sentinel->terms;
    terms->name = ngx_http_healthcode_view(&sentinel->name);
    terms->user = ngx_http_healthcode_view(&sentinel->user);
    terms->user_word = "sentinel_user";
    terms->file_word = "sentinel_password_file";

    if (sentinel->password.len) {
        terms->password = ngx_http_healthcode_view(&sentinel->password);
    }

    p = ngx_pnalloc(cf->pool, sizeof("sentinel ") + sentinel->name.len);
    if (p == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(&store->server, sizeof(ngx_http_healthcode_server_t));
    store->server.text.data = p;
    store->server.text.len = ngx_sprintf(p, "sentinel %V", &sentinel->name)
                             - p;

    ngx_http_healthcode_conf_sentinel_advise(cf, store);

    return NGX_CONF_OK;
}


/* A line "server" without a port was read as that of a Redis. */
static char *
ngx_http_healthcode_conf_sentinel_ports(ngx_conf_t *cf, ngx_array_t *servers)
{
    u_char                        *p;
    ngx_uint_t                     i, j;
    ngx_addr_t                    *addr;
    ngx_http_healthcode_server_t  *server = servers->elts;

    for (i = 0; i < servers->nelts; i++, server++) {

        if (!server->no_port) {
            continue;
        }

        server->port = NGX_HTTP_HEALTHCODE_SENTINEL_PORT;

        for (j = 0; j < server->naddrs; j++) {

            addr = &server->addrs[j];
            ngx_inet_set_port(addr->sockaddr, server->port);

            p = ngx_pnalloc(cf->pool, NGX_SOCKADDR_STRLEN);
            if (p == NULL) {
                return NGX_CONF_ERROR;
            }

            addr->name.data = p;
            addr->name.len = ngx_sock_ntop(addr->sockaddr, addr->socklen, p,
                                           NGX_SOCKADDR_STRLEN, 1);
        }
    }

    return NGX_CONF_OK;
}


/* A sentinel that is named twice would be two of the majority. */
static ngx_int_t
ngx_http_healthcode_conf_sentinel_differ(ngx_conf_t *cf, ngx_array_t *servers)
{
    ngx_uint_t                     i, j;
    ngx_http_healthcode_server_t  *server = servers->elts;

    for (i = 0; i < servers->nelts; i++) {
        for (j = 0; j < i; j++) {
            if (ngx_http_healthcode_conf_sentinel_is_same(&server[i],
                                                          &server[j]))
            {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "duplicate sentinel \"%V\", which would "
                                   "count twice; write each of them once",
                                   &server[i].text);
                return NGX_ERROR;
            }
        }
    }

    return NGX_OK;
}


static ngx_uint_t
ngx_http_healthcode_conf_sentinel_is_same(
    const ngx_http_healthcode_server_t *a,
    const ngx_http_healthcode_server_t *b)
{
    ngx_uint_t  i, j;

    if (a->port == b->port && a->host.len == b->host.len
        && ngx_strncasecmp(a->host.data, b->host.data, a->host.len) == 0
        && (a->naddrs == 0 || b->naddrs == 0))
    {
        return 1;
    }

    for (i = 0; i < a->naddrs; i++) {
        for (j = 0; j < b->naddrs; j++) {
            if (ngx_cmp_sockaddr(a->addrs[i].sockaddr, a->addrs[i].socklen,
                                 b->addrs[j].sockaddr, b->addrs[j].socklen, 1)
                == NGX_OK)
            {
                return 1;
            }
        }
    }

    return 0;
}


static void
ngx_http_healthcode_conf_sentinel_advise(ngx_conf_t *cf,
    ngx_http_healthcode_store_t *store)
{
    ngx_uint_t  n = store->sentinel.servers->nelts;

    if (n > 2) {
        return;
    }

    ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                       "healthcode: store \"%V\" has %ui of its sentinels, and "
                       "is out when one of them is; write a line \"server\" "
                       "for three or more", &store->name, n);
}


ngx_uint_t
ngx_http_healthcode_conf_sentinel_resolves(
    const ngx_http_healthcode_store_t *store)
{
    ngx_uint_t                           i;
    const ngx_http_healthcode_server_t  *server;

    if (store->sentinel.servers == NULL) {
        return store->server.naddrs == 0;
    }

    server = store->sentinel.servers->elts;

    for (i = 0; i < store->sentinel.servers->nelts; i++) {
        if (server[i].naddrs == 0) {
            return 1;
        }
    }

    return 0;
}
