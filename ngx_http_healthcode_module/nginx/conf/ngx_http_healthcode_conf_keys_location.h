/*
 * The line keys_location of healthcode_issuer, and the location that it names:
 * internal, never gated, and there.
 * Knows no: request, connection.  docs/directives.md, "keys_location".
 */

#ifndef NGX_HTTP_HEALTHCODE_CONF_KEYS_LOCATION_H
#define NGX_HTTP_HEALTHCODE_CONF_KEYS_LOCATION_H

#include "../ngx_http_healthcode.h"


char *ngx_http_healthcode_conf_keys_location(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/*
 * While a location is merged, before its rules: if it has the keys of an
 * issuer it must be internal, and it is never gated.  NGX_OK, or NGX_ERROR,
 * which is logged.
 */
ngx_int_t ngx_http_healthcode_conf_keys_location_merge(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf, ngx_http_healthcode_loc_conf_t *conf);

/*
 * Once all locations are merged: NGX_ERROR, which is logged, if an issuer has
 * not found its own.
 */
ngx_int_t ngx_http_healthcode_conf_keys_location_check(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf);

#endif
