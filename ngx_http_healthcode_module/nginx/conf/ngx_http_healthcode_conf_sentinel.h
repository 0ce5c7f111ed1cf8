/*
 * Sentinels of a store: the lines of healthcode_store that begin with
 * "sentinel", and lines "server", which name them then.
 * Knows no: request, connection, location.
 * docs/directives.md, "sentinel".
 */

#ifndef NGX_HTTP_HEALTHCODE_CONF_SENTINEL_H
#define NGX_HTTP_HEALTHCODE_CONF_SENTINEL_H

#include "../ngx_http_healthcode.h"


/* Handlers of lines; conf is the store. */
char *ngx_http_healthcode_conf_sentinel(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_healthcode_conf_sentinel_password_file(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);

/*
 * Where a line "server" that is not the first one goes; all zero.  NULL: no
 * memory.
 */
ngx_http_healthcode_server_t *ngx_http_healthcode_conf_sentinel_server(
    ngx_conf_t *cf, ngx_http_healthcode_store_t *store);

/*
 * When all lines of the store are read: makes sentinels of its servers if there
 * is a "sentinel", or says what is wrong, behind the name of the block.
 */
char *ngx_http_healthcode_conf_sentinel_finish(ngx_conf_t *cf,
    ngx_http_healthcode_store_t *store);

/* Whether the name of a server of the store is resolved while nginx serves. */
ngx_uint_t ngx_http_healthcode_conf_sentinel_resolves(
    const ngx_http_healthcode_store_t *store);

#endif
