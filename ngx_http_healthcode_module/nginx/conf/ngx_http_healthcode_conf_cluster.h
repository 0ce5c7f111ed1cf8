/*
 * Stores of a Redis Cluster: "cluster on", and lines "server", which name some
 * of its nodes.
 * Knows no: request, connection.
 * docs/directives.md, "cluster".
 */

#ifndef NGX_HTTP_HEALTHCODE_CONF_CLUSTER_H
#define NGX_HTTP_HEALTHCODE_CONF_CLUSTER_H

#include "../ngx_http_healthcode.h"


/*
 * The block of a store with "cluster on" has ended: its server is all that were
 * written.  NGX_CONF_OK, or what is wrong.
 */
char *ngx_http_healthcode_conf_cluster_finish(ngx_conf_t *cf,
    ngx_http_healthcode_store_t *store);

/* Files that change are taken by all nodes; when all lines have been read. */
void ngx_http_healthcode_conf_cluster_credentials(
    ngx_http_healthcode_store_t *store);

#endif
