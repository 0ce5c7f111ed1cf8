/*
 * The directives healthcode_risk, healthcode_deny and healthcode_region_deny:
 * which store a location asks, and what it denies.
 * Knows no: request, connection, holder.
 * docs/directives.md, "healthcode_risk".
 */

#ifndef NGX_HTTP_HEALTHCODE_CONF_RISK_H
#define NGX_HTTP_HEALTHCODE_CONF_RISK_H

#include "../ngx_http_healthcode.h"


char *ngx_http_healthcode_conf_risk(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_healthcode_conf_deny(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_healthcode_conf_region_deny(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/*
 * While a location is merged, once all stores are known: finds the store that
 * it names, or takes the only one.  NGX_OK, also if it has none; NGX_ERROR is
 * logged.
 */
ngx_int_t ngx_http_healthcode_conf_risk_link(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf, ngx_http_healthcode_loc_conf_t *conf);

/*
 * While a location is merged: if no line names flags, the national set, which
 * all such locations share.  NGX_OK, or NGX_ERROR without memory.
 */
ngx_int_t ngx_http_healthcode_conf_deny_default(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf, ngx_http_healthcode_loc_conf_t *conf);

#endif
