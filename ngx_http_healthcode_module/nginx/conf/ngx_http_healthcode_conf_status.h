/*
 * Locations of healthcode_status: "nginx -t" names those that are open to all.
 * Refuses nothing.
 * Knows no: request, connection.  docs/directives.md, "healthcode_status".
 */

#ifndef NGX_HTTP_HEALTHCODE_CONF_STATUS_H
#define NGX_HTTP_HEALTHCODE_CONF_STATUS_H

#include "../ngx_http_healthcode.h"


/*
 * While a location is merged, before its values are: notes that it has a line
 * healthcode_status.  NGX_OK, or NGX_ERROR: no memory.
 */
ngx_int_t ngx_http_healthcode_conf_status_note(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf, ngx_http_healthcode_loc_conf_t *conf);

/*
 * Once all locations are merged: finds those that are open.  NGX_OK, or
 * NGX_ERROR: no memory.
 */
ngx_int_t ngx_http_healthcode_conf_status_find(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf);

/* When modules are initialized: warns of what was found. */
void ngx_http_healthcode_conf_status_warn(ngx_cycle_t *cycle,
    ngx_http_healthcode_main_conf_t *mcf);

#endif
