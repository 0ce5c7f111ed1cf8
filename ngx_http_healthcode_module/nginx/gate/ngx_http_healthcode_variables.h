/*
 * $healthcode_*: all of them are declared.
 * Knows no: header, request, store.  docs/variables.md.
 */

#ifndef NGX_HTTP_HEALTHCODE_VARIABLES_H
#define NGX_HTTP_HEALTHCODE_VARIABLES_H

#include "../ngx_http_healthcode.h"


ngx_int_t ngx_http_healthcode_variables_add(ngx_conf_t *cf);

#endif
