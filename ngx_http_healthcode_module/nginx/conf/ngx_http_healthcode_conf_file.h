/*
 * Files that lines name: read whole, and named if they hold a secret that
 * everybody may read.
 * Knows no: request, connection, location.  docs/directives.md.
 */

#ifndef NGX_HTTP_HEALTHCODE_CONF_FILE_H
#define NGX_HTTP_HEALTHCODE_CONF_FILE_H

#include "../ngx_http_healthcode.h"


/*
 * Reads a file into text, which lives in cf->pool and ends with a NUL that is
 * not counted, and what the file is into info.  A relative name begins at the
 * directory of the configuration.  NGX_OK; NGX_ERROR is logged.
 */
ngx_int_t ngx_http_healthcode_conf_file_read(ngx_conf_t *cf, ngx_str_t *name,
    ngx_str_t *text, ngx_file_info_t *info);

/*
 * Warns of a file with a secret if mode, its permission bits, lets everybody
 * read it.
 */
void ngx_http_healthcode_conf_file_secret(ngx_conf_t *cf, ngx_str_t *name,
    ngx_uint_t mode);

#endif
