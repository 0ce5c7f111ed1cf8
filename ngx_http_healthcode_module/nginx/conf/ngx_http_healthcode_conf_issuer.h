/*
 * The block healthcode_issuer: its lines, and what they have to be together.
 * Knows no: request, connection, location.
 * docs/directives.md, "healthcode_issuer".
 */

#ifndef NGX_HTTP_HEALTHCODE_CONF_ISSUER_H
#define NGX_HTTP_HEALTHCODE_CONF_ISSUER_H

#include "../ngx_http_healthcode.h"


char *ngx_http_healthcode_conf_issuer(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

#endif
