/*
 * The timer by which a live store is asked again whether it is what it was.
 * Knows no: request, holder, socket.
 * docs/connection.md, "States".
 */

#ifndef NGX_HTTP_HEALTHCODE_HEARTBEAT_H
#define NGX_HTTP_HEALTHCODE_HEARTBEAT_H

#include "ngx_http_healthcode_connection.h"


typedef struct {
    ngx_http_healthcode_connection_t  *connection;
    ngx_event_t                        timer;
    ngx_connection_t                   dummy;    /* timer logs its fd */
} ngx_http_healthcode_heartbeat_t;


/* One of connection that is stopped. */
void ngx_http_healthcode_heartbeat_init(
    ngx_http_healthcode_heartbeat_t *heartbeat,
    ngx_http_healthcode_connection_t *connection);

/* The connection is live; a lookup was asked of it; it is not live any more. */
void ngx_http_healthcode_heartbeat_start(
    ngx_http_healthcode_heartbeat_t *heartbeat);
void ngx_http_healthcode_heartbeat_wake(
    ngx_http_healthcode_heartbeat_t *heartbeat);
void ngx_http_healthcode_heartbeat_stop(
    ngx_http_healthcode_heartbeat_t *heartbeat);

#endif
