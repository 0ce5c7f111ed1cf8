/*
 * The directive healthcode_require: each line is one rule about a claim.
 * Knows no: request, connection, token, claims.
 * docs/directives.md, "healthcode_require".
 */

#ifndef NGX_HTTP_HEALTHCODE_CONF_REQUIRE_H
#define NGX_HTTP_HEALTHCODE_CONF_REQUIRE_H

#include "../ngx_http_healthcode.h"


char *ngx_http_healthcode_conf_require(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

#endif
