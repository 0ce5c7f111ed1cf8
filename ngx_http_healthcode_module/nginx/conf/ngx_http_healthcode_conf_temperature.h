/*
 * The directive healthcode_temperature: where the reading is, and its limit.
 * Knows no: request, connection, token.
 * docs/directives.md, "healthcode_temperature".
 */

#ifndef NGX_HTTP_HEALTHCODE_CONF_TEMPERATURE_H
#define NGX_HTTP_HEALTHCODE_CONF_TEMPERATURE_H

#include "../ngx_http_healthcode.h"


char *ngx_http_healthcode_conf_temperature(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

#endif
