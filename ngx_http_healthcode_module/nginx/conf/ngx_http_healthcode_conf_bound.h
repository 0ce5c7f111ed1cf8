/*
 * The directive healthcode_bound, and what it needs of nginx's TLS.
 * Knows no: request, connection, token, claims.
 * docs/directives.md, "healthcode_bound".
 */

#ifndef NGX_HTTP_HEALTHCODE_CONF_BOUND_H
#define NGX_HTTP_HEALTHCODE_CONF_BOUND_H

#include "../ngx_http_healthcode.h"


char *ngx_http_healthcode_conf_bound(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* Warns if the server of a location asks no client for a certificate. */
void ngx_http_healthcode_conf_bound_advise(ngx_conf_t *cf,
    ngx_http_healthcode_loc_conf_t *conf);

#endif
