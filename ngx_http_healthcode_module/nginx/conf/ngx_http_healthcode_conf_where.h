/*
 * Where a message about a location points to: its name, its server, its line.
 * Knows no: request, connection.  docs/messages.md, "Where they appear".
 */

#ifndef NGX_HTTP_HEALTHCODE_CONF_WHERE_H
#define NGX_HTTP_HEALTHCODE_CONF_WHERE_H

#include "../ngx_http_healthcode.h"


/* A location, and where nginx has it. */
typedef struct {
    ngx_http_healthcode_loc_conf_t  *conf;
    ngx_http_core_loc_conf_t        *location;
    ngx_http_core_srv_conf_t        *server;
} ngx_http_healthcode_place_t;


/*
 * While a location is merged: adds it to places, of place_t.  NGX_OK, or
 * NGX_ERROR without memory.
 */
ngx_int_t ngx_http_healthcode_conf_place(ngx_conf_t *cf, ngx_array_t *places,
    ngx_http_healthcode_loc_conf_t *conf);

/* What messages call a location: its name, or "(server)". */
void ngx_http_healthcode_conf_where(ngx_http_core_loc_conf_t *clcf,
    ngx_str_t *name);

/*
 * The end of a message about a location: " in server \"NAME\" in FILE:LINE",
 * without the server if it has no name.  It lives in cf->pool; it is empty
 * without memory.  The server is the one that is being merged, or cscf.
 */
void ngx_http_healthcode_conf_at(ngx_conf_t *cf,
    const ngx_http_healthcode_loc_conf_t *conf, ngx_str_t *at);
void ngx_http_healthcode_conf_at_server(ngx_conf_t *cf,
    const ngx_http_core_srv_conf_t *cscf,
    const ngx_http_healthcode_loc_conf_t *conf, ngx_str_t *at);

#endif
