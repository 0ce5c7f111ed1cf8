/*
 * The lines of a store whose server lets a gate do less.
 * Knows no: request, connection, holder.
 * docs/redis-keys.md, "Less than all rights".
 */

#ifndef NGX_HTTP_HEALTHCODE_CONF_LESS_H
#define NGX_HTTP_HEALTHCODE_CONF_LESS_H

#include "../ngx_http_healthcode.h"


/* Handlers of "role" and "protocol". */
char *ngx_http_healthcode_conf_role(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_healthcode_conf_protocol(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/*
 * All lines of the block are known: they become the handshake.  What is wrong
 * with them, or NGX_CONF_OK.
 */
char *ngx_http_healthcode_conf_less_finish(ngx_http_healthcode_store_t *store);

/* Warns of what is lost. */
void ngx_http_healthcode_conf_less_advise(ngx_conf_t *cf,
    ngx_http_healthcode_store_t *store);

#endif
