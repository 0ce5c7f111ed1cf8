/*
 * healthcode_status, a directive of a location.
 * Knows no: header, request, verdict.
 * docs/directives.md, "healthcode_status".
 */

#ifndef NGX_HTTP_HEALTHCODE_STATUS_H
#define NGX_HTTP_HEALTHCODE_STATUS_H

#include "../ngx_http_healthcode.h"


char *ngx_http_healthcode_status(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

#endif
