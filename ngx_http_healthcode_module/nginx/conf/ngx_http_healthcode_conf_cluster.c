/*
 * Stores of a Redis Cluster: "cluster on", and lines "server", which name some
 * of its nodes.
 * Knows no: request, connection.
 * docs/directives.md, "cluster".
 */

#include "../store/ngx_http_healthcode_cluster.h"
#include "ngx_http_healthcode_conf_cluster.h"


static char *ngx_http_healthcode_conf_cluster_servers(ngx_conf_t *cf,
    ngx_http_healthcode_store_t *store);
static char *ngx_http_healthcode_conf_cluster_join(ngx_conf_t *cf,
    ngx_http_healthcode_store_t *store);


char *
ngx_http_healthcode_conf_cluster_finish(ngx_conf_t *cf,
    ngx_http_healthcode_store_t *store)
{
    ngx_http_healthcode_store_sentinel_t  *sentinel = &store->sentinel;

    if (sentinel->name.len || sentinel->user.len || sentinel->password.len
        || sentinel->silence != NGX_CONF_UNSET_MSEC)
    {
        return "has \"cluster on\" and lines of sentinels, which a cluster "
               "does without; leave these out";
    }

    if (store->database != NGX_CONF_UNSET && store->database != 0) {
        return "has \"cluster on\" and a \"database\", but a cluster has "
               "database 0 alone; leave \"database\" out";
    }

    if ((store->role_unchecked != NGX_CONF_UNSET && store->role_unchecked)
        || (store->resp2 != NGX_CONF_UNSET && store->resp2))
    {
        return "has \"cluster on\", and \"role unchecked\" or \"protocol "
               "resp2\", which nodes of a cluster do without; leave these out";
    }

    return (sentinel->servers == NULL)
           ? NGX_CONF_OK : ngx_http_healthcode_conf_cluster_servers(cf, store);
}


/* Several are one with all of their addresses: they are asked in turn. */
static char *
ngx_http_healthcode_conf_cluster_servers(ngx_conf_t *cf,
    ngx_http_healthcode_store_t *store)
{
    ngx_uint_t                     i;
    ngx_array_t                   *servers = store->sentinel.servers;
    ngx_http_healthcode_server_t  *server = servers->elts;

    for (i = 0; i < servers->nelts; i++) {
        if (server[i].naddrs == 0) {
            return "has several lines \"server\", of which one is resolved "
                   "while nginx serves; write that one alone: a name may have "
                   "many addresses";
        }
    }

    return ngx_http_healthcode_conf_cluster_join(cf, store);
}


static char *
ngx_http_healthcode_conf_cluster_join(ngx_conf_t *cf,
    ngx_http_healthcode_store_t *store)
{
    u_char                        *p;
    size_t                         len = 0;
    ngx_uint_t                     i, n = 0;
    ngx_addr_t                    *addrs;
    ngx_array_t                   *servers = store->sentinel.servers;
    ngx_http_healthcode_server_t  *server = servers->elts;

    for (i = 0; i < servers->nelts; i++) {
        n += server[i].naddrs;
        len += server[i].text.len + sizeof(", ") - 1;
    }

    addrs = ngx_palloc(cf->pool, n * sizeof(ngx_addr_t));
    p = ngx_pnalloc(cf->pool, len);

    if (addrs == NULL || p == NULL) {
        return NGX_CONF_ERROR;
    }

    store->server.text.data = p;
    store->server.addrs = addrs;
    store->server.naddrs = n;

    for (i = 0; i < servers->nelts; i++) {

        if (i) {
            p = ngx_cpymem(p, ", ", 2);
        }

        p = ngx_cpymem(p, server[i].text.data, server[i].text.len);
        ngx_memcpy(addrs, server[i].addrs,
                   server[i].naddrs * sizeof(ngx_addr_t));
        addrs += server[i].naddrs;
    }

    store->server.text.len = p - store->server.text.data;
    store->sentinel.servers = NULL;

    return NGX_CONF_OK;
}


void
ngx_http_healthcode_conf_cluster_credentials(
    ngx_http_healthcode_store_t *store)
{
    if (!store->is_cluster) {
        return;
    }

    if (store->password_files) {
        store->password_files->kind = &ngx_http_healthcode_cluster_password;
    }

    if (store->tls.files) {
        store->tls.files->kind = &ngx_http_healthcode_cluster_tls;
    }
}
