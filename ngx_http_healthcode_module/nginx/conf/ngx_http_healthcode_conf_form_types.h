/*
 * The directive healthcode_form_types: which other types of bodies are forms.
 * Knows no: request, connection, token.
 * docs/directives.md, "healthcode_form_types".
 */

#ifndef NGX_HTTP_HEALTHCODE_CONF_FORM_TYPES_H
#define NGX_HTTP_HEALTHCODE_CONF_FORM_TYPES_H

#include "../ngx_http_healthcode.h"


char *ngx_http_healthcode_conf_form_types(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

#endif
