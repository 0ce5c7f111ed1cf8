/*
 * The block healthcode_store: its lines, and what they have to be together.
 * Knows no: request, connection, holder.
 * docs/directives.md, "healthcode_store".
 */

#ifndef NGX_HTTP_HEALTHCODE_CONF_STORE_H
#define NGX_HTTP_HEALTHCODE_CONF_STORE_H

#include "../ngx_http_healthcode.h"


char *ngx_http_healthcode_conf_store(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/*
 * Gives each store the pepper's check, its zone and its resolver, once all of
 * the http block is known.  NGX_OK, or NGX_ERROR, which is logged.
 */
ngx_int_t ngx_http_healthcode_conf_store_link(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf);

#endif
