/*
 * The directive healthcode_data_max_age: how old the data of a store may be.
 * Knows no: request, connection, clock.
 * docs/directives.md, "healthcode_data_max_age".
 */

#ifndef NGX_HTTP_HEALTHCODE_CONF_DATA_H
#define NGX_HTTP_HEALTHCODE_CONF_DATA_H

#include "../ngx_http_healthcode.h"


char *ngx_http_healthcode_conf_data_max_age(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/*
 * While a location is merged, once its store is linked: adds its limit to those
 * of the store, of which the log speaks.  NGX_OK, or NGX_ERROR without memory.
 */
ngx_int_t ngx_http_healthcode_conf_data_link(ngx_conf_t *cf,
    ngx_http_healthcode_loc_conf_t *conf);

#endif
