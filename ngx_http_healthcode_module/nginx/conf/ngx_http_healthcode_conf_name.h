/*
 * healthcode_name, and by what names the requests of a gate are counted.
 * Knows no: request, connection, file.
 * docs/directives.md, "healthcode_name".
 */

#ifndef NGX_HTTP_HEALTHCODE_CONF_NAME_H
#define NGX_HTTP_HEALTHCODE_CONF_NAME_H

#include "../ngx_http_healthcode.h"


char *ngx_http_healthcode_conf_name(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/*
 * While a location is merged: it inherits a name that a line gives; without one
 * it is called as the location is.  The server is the one that is being merged.
 */
void ngx_http_healthcode_conf_name_merge(ngx_conf_t *cf,
    const ngx_http_healthcode_loc_conf_t *prev,
    ngx_http_healthcode_loc_conf_t *conf);

#endif
