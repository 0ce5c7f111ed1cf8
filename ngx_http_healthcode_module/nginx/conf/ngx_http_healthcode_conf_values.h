/*
 * Values of rules that may have variables: the directive healthcode_audience,
 * and what healthcode_require compares with.
 * Knows no: request, connection, token, claims.
 * docs/directives.md, "healthcode_audience".
 */

#ifndef NGX_HTTP_HEALTHCODE_CONF_VALUES_H
#define NGX_HTTP_HEALTHCODE_CONF_VALUES_H

#include "../ngx_http_healthcode.h"


char *ngx_http_healthcode_conf_audience(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/*
 * Adds text, a value that may have variables, to *values, an array of all
 * values of the directive that is made with the first one.  NGX_OK, or
 * NGX_ERROR, which is logged.
 */
ngx_int_t ngx_http_healthcode_conf_values_add(ngx_conf_t *cf,
    ngx_array_t **values, ngx_str_t *text);

/*
 * While a location is merged, before its rules: the values of its own lines, or
 * else of the lines that it inherits, if one of these values has a variable.
 */
void ngx_http_healthcode_conf_values_merge(
    const ngx_http_healthcode_loc_conf_t *prev,
    ngx_http_healthcode_loc_conf_t *conf);

#endif
