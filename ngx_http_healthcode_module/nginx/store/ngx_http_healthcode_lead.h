/*
 * A connection to a store that goes where sentinels lead it, or nowhere.
 * Knows no: request, holder.  docs/connection.md, "Sentinel".
 */

#ifndef NGX_HTTP_HEALTHCODE_LEAD_H
#define NGX_HTTP_HEALTHCODE_LEAD_H

#include "ngx_http_healthcode_connection.h"
#include "ngx_http_healthcode_sentinel.h"


struct ngx_http_healthcode_lead_s {
    ngx_http_healthcode_connection_t  *connection;
    ngx_http_healthcode_sentinel_t     sentinel;
    ngx_http_healthcode_server_t       server;      /* that they name */

    ngx_http_healthcode_password_t    *password;    /* NULL: that of store */
    ngx_http_healthcode_password_t    *former;      /* likewise, or none */
    char                               text[HEALTHCODE_SENTINEL_TEXT];
};


/*
 * Has connection, which is down, led by the sentinels of its store from now on;
 * does nothing if that has none.  NGX_OK, or NGX_ERROR: no memory.
 */
ngx_int_t ngx_http_healthcode_lead_begin(
    ngx_http_healthcode_connection_t *connection, ngx_pool_t *pool);

/*
 * What the sentinels of connection say now, into said, all zero if it has none;
 * since is that of said if the master is still the same, or that of before, or
 * else now.
 */
void ngx_http_healthcode_lead_say(
    const ngx_http_healthcode_connection_t *connection,
    const healthcode_standing_lead_t *before, healthcode_standing_lead_t *said);

/* The sentinels are left, if there are any; connection is destroyed. */
void ngx_http_healthcode_lead_end(ngx_http_healthcode_connection_t *connection);

/* The state in which a connection waits to be led; when it has waited. */
void ngx_http_healthcode_lead_wait(
    ngx_http_healthcode_connection_t *connection);
void ngx_http_healthcode_lead_late(
    ngx_http_healthcode_connection_t *connection);

#endif
