/*
 * What follows the address of a server: that its name is resolved while nginx
 * serves, and by which SRV records.  Knows no: request, connection,
 * holder.  docs/directives.md, "server".
 */

#ifndef NGX_HTTP_HEALTHCODE_CONF_SERVER_H
#define NGX_HTTP_HEALTHCODE_CONF_SERVER_H

#include "../ngx_http_healthcode.h"


/*
 * Reads the words of the line behind the address: the service of server, and
 * whether to resolve.  NGX_CONF_OK, or what to do instead, or NGX_CONF_ERROR,
 * which is logged.
 */
char *ngx_http_healthcode_conf_server_words(ngx_conf_t *cf,
    ngx_http_healthcode_server_t *server, ngx_flag_t *resolve);

/*
 * Whether url can have SRV records, which have the ports, and are looked up
 * while nginx serves.  NGX_CONF_OK, or what to do instead.
 */
char *ngx_http_healthcode_conf_server_service(ngx_conf_t *cf,
    const ngx_url_t *url, ngx_flag_t resolve);

#endif
