/*
 * The line "replica" of a store: its server is a replica beside the gate.
 * Knows no: request, connection, holder.
 * docs/directives.md, "replica".
 */

#ifndef NGX_HTTP_HEALTHCODE_CONF_REPLICA_H
#define NGX_HTTP_HEALTHCODE_CONF_REPLICA_H

#include "../ngx_http_healthcode.h"


/* The handler of "replica". */
char *ngx_http_healthcode_conf_replica(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/*
 * All lines of the block are known.  What is wrong with them beside a replica,
 * or NGX_CONF_OK.
 */
char *ngx_http_healthcode_conf_replica_finish(
    const ngx_http_healthcode_store_t *store);

/*
 * Whether what directive needs cannot be written into the store of conf, which
 * it has: NGX_OK, or NGX_ERROR after a message.
 */
ngx_int_t ngx_http_healthcode_conf_replica_check(ngx_conf_t *cf,
    ngx_http_healthcode_loc_conf_t *conf, const char *directive);

#endif
