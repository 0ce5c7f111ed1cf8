/*
 * healthcode_gate, a directive of a location.
 * Knows no: header, request, verdict.
 * docs/directives.md, "healthcode_gate".
 */

#ifndef NGX_HTTP_HEALTHCODE_CONTENT_H
#define NGX_HTTP_HEALTHCODE_CONTENT_H

#include "../ngx_http_healthcode.h"


char *ngx_http_healthcode_content_gate(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

#endif
