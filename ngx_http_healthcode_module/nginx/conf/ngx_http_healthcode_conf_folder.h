/*
 * The directive healthcode_page: a folder with pages for people who are
 * refused; and the pages that are built in.
 * Knows no: request, connection.
 * docs/pages.md.
 */

#ifndef NGX_HTTP_HEALTHCODE_CONF_FOLDER_H
#define NGX_HTTP_HEALTHCODE_CONF_FOLDER_H

#include "../ngx_http_healthcode.h"


char *ngx_http_healthcode_conf_folder(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/*
 * While a gate is merged: the pages that are built in, if no line names others.
 * NGX_OK, or NGX_ERROR: no memory.
 */
ngx_int_t ngx_http_healthcode_conf_folder_default(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf,
    ngx_http_healthcode_loc_conf_t *conf);

#endif
