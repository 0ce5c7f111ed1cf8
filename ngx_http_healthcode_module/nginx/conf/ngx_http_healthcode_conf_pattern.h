/*
 * Patterns that lines have: compiled, and freed with the configuration.
 * Knows no: request, connection, location.
 * docs/directives.md, "healthcode_source".
 */

#ifndef NGX_HTTP_HEALTHCODE_CONF_PATTERN_H
#define NGX_HTTP_HEALTHCODE_CONF_PATTERN_H

#include "../ngx_http_healthcode.h"


typedef healthcode_pattern_t *(*ngx_http_healthcode_pattern_create_pt)(
    healthcode_str_t expression, char *error, size_t size);


/*
 * Compiles expression by create; the pattern is freed with cf->pool.  NULL is
 * logged.
 */
healthcode_pattern_t *ngx_http_healthcode_conf_pattern(ngx_conf_t *cf,
    ngx_str_t *expression, ngx_http_healthcode_pattern_create_pt create);

#endif
