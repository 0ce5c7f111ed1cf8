/*
 * Error pages of a gate that are gated themselves, so that nobody who is
 * refused would see them: "nginx -t" says so.  Refuses nothing.
 * Knows no: request, connection.  docs/request-path.md, "Once per request".
 */

#ifndef NGX_HTTP_HEALTHCODE_CONF_PAGES_H
#define NGX_HTTP_HEALTHCODE_CONF_PAGES_H

#include "ngx_http_healthcode_conf_where.h"


/*
 * While a location is merged: notes that it is a gate.  NGX_OK, or NGX_ERROR
 * without memory.
 */
ngx_int_t ngx_http_healthcode_conf_pages_note(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf, ngx_http_healthcode_loc_conf_t *conf);

/*
 * Once all locations are merged and nginx can find them: warns of each
 * error_page for a status of a refusal that leads to a gate.  NGX_OK, or
 * NGX_ERROR without memory.
 */
ngx_int_t ngx_http_healthcode_conf_pages_warn(ngx_conf_t *cf,
    ngx_http_healthcode_main_conf_t *mcf);

#endif
