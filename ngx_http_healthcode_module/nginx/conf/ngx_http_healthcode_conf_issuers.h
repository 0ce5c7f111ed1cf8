/*
 * The directive healthcode_issuers: which issuers a location accepts.
 * Knows no: request, connection, token, key.
 * docs/directives.md, "healthcode_issuers".
 */

#ifndef NGX_HTTP_HEALTHCODE_CONF_ISSUERS_H
#define NGX_HTTP_HEALTHCODE_CONF_ISSUERS_H

#include "../ngx_http_healthcode.h"


char *ngx_http_healthcode_conf_issuers(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/*
 * While a location is merged, once all issuers are known: finds those that it
 * names, or takes all, and indexes them by "iss".  NGX_OK, or NGX_ERROR, which
 * is logged.
 */
ngx_int_t ngx_http_healthcode_conf_issuers_link(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf, ngx_http_healthcode_loc_conf_t *conf);

#endif
