/*
 * The directive healthcode_source: where the code is, and the patterns that
 * take it out.
 * Knows no: request, connection, token.
 * docs/directives.md, "healthcode_source".
 */

#ifndef NGX_HTTP_HEALTHCODE_CONF_SOURCE_H
#define NGX_HTTP_HEALTHCODE_CONF_SOURCE_H

#include "../ngx_http_healthcode.h"


char *ngx_http_healthcode_conf_source(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/*
 * Reads the kind and the name of a source, the first two words behind the
 * directive.  NGX_CONF_OK, NGX_CONF_ERROR if it is logged, or what is wrong.
 */
char *ngx_http_healthcode_conf_source_read(ngx_conf_t *cf,
    ngx_http_healthcode_source_t *source);

/*
 * Then sets what follows from the name: its case, the variables of nginx.
 * NGX_OK, or NGX_ERROR without memory.
 */
ngx_int_t ngx_http_healthcode_conf_source_finish(ngx_conf_t *cf,
    ngx_http_healthcode_source_t *source);

/*
 * While a location is merged: if no line names a source, the one that all such
 * locations share.  NGX_OK, or NGX_ERROR without memory.
 */
ngx_int_t ngx_http_healthcode_conf_source_default(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf, ngx_http_healthcode_loc_conf_t *conf);

/*
 * Then gathers the sources of one kind, as the surgery on strings takes them:
 * the location's, and those of all gates; and notes whether a code or the
 * temperature may be in a body.  NGX_OK, or NGX_ERROR without memory.
 */
ngx_int_t ngx_http_healthcode_conf_source_gather(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf, ngx_http_healthcode_loc_conf_t *conf);

/*
 * Gives nginx's variables that may hold a code as it came an index.  NGX_OK, or
 * NGX_ERROR without memory.
 */
ngx_int_t ngx_http_healthcode_conf_source_variables(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf);

#endif
