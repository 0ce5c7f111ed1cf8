/*
 * The directive healthcode_pepper_file.
 * Knows no: request, connection, location.
 * docs/directives.md, "healthcode_pepper_file".
 */

#ifndef NGX_HTTP_HEALTHCODE_CONF_PEPPER_H
#define NGX_HTTP_HEALTHCODE_CONF_PEPPER_H

#include "../ngx_http_healthcode.h"


char *ngx_http_healthcode_conf_pepper_file(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

#endif
