/*
 * The location that nginx takes for a URI, before there is a request, and what
 * is configured there.
 * Knows no: request, connection.  docs/request-path.md, "Once per request".
 */

#ifndef NGX_HTTP_HEALTHCODE_CONF_FIND_H
#define NGX_HTTP_HEALTHCODE_CONF_FIND_H

#include "../ngx_http_healthcode.h"


/*
 * The location of a server for uri, "/..." without arguments, or "@NAME"; the
 * server itself, if none has it.  Call it once nginx has sorted locations, in
 * postconfiguration.  NULL: none has this name, or nginx redirects to add a
 * slash.
 */
ngx_http_core_loc_conf_t *ngx_http_healthcode_conf_find(
    const ngx_http_core_srv_conf_t *server, ngx_str_t *uri);

/*
 * What is configured for a location that was found: it has that itself, and the
 * server in its ctx.
 */
ngx_http_healthcode_loc_conf_t *ngx_http_healthcode_conf_of(
    const ngx_http_core_srv_conf_t *server,
    const ngx_http_core_loc_conf_t *location);

#endif
