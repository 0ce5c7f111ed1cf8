/*
 * The timer by which a live store is asked again whether it is what it was.
 * Knows no: request, holder, socket.
 * docs/connection.md, "States".
 */

#include "ngx_http_healthcode_clock.h"
#include "ngx_http_healthcode_heartbeat.h"


static void ngx_http_healthcode_heartbeat_handler(ngx_event_t *ev);


void
ngx_http_healthcode_heartbeat_init(ngx_http_healthcode_heartbeat_t *heartbeat,
    ngx_http_healthcode_connection_t *connection)
{
    heartbeat->connection = connection;
    heartbeat->dummy.fd = (ngx_socket_t) -1;
    heartbeat->dummy.data = heartbeat;

    heartbeat->timer.handler = ngx_http_healthcode_heartbeat_handler;
    heartbeat->timer.data = &heartbeat->dummy;
    heartbeat->timer.log = connection->log;
    heartbeat->timer.cancelable = 1;
}


void
ngx_http_healthcode_heartbeat_start(ngx_http_healthcode_heartbeat_t *heartbeat)
{
    ngx_http_healthcode_heartbeat_handler(&heartbeat->timer);
}


/* Its timer may be set to far later, when nobody asks. */
void
ngx_http_healthcode_heartbeat_wake(ngx_http_healthcode_heartbeat_t *heartbeat)
{
    ngx_msec_t  wait;

    if (!heartbeat->timer.timer_set) {
        return;
    }

    wait = (ngx_msec_t) healthcode_tracker_wait(
                            &heartbeat->connection->tracker,
                            ngx_http_healthcode_clock());

    if ((ngx_msec_int_t) (heartbeat->timer.timer.key - ngx_current_msec)
        > (ngx_msec_int_t) wait)
    {
        ngx_del_timer(&heartbeat->timer);
        ngx_add_timer(&heartbeat->timer, wait);
    }
}


void
ngx_http_healthcode_heartbeat_stop(ngx_http_healthcode_heartbeat_t *heartbeat)
{
    if (heartbeat->timer.timer_set) {
        ngx_del_timer(&heartbeat->timer);
    }
}


static void
ngx_http_healthcode_heartbeat_handler(ngx_event_t *ev)
{
    ngx_connection_t                  *dummy = ev->data;
    healthcode_tracker_t              *tracker;
    ngx_http_healthcode_heartbeat_t   *heartbeat = dummy->data;
    ngx_http_healthcode_connection_t  *connection = heartbeat->connection;

    tracker = &connection->tracker;

    if (!ngx_http_healthcode_connection_is_live(connection)) {
        return;
    }

    if (!healthcode_tracker_tick(tracker, ngx_http_healthcode_clock())) {
        ngx_http_healthcode_connection_fail(connection,
                                            HEALTHCODE_REASON_STORE_UNAVAILABLE,
                                            "there is no memory");
        return;
    }

    if (healthcode_pipeline_has_unsent(&tracker->pipeline)) {
        ngx_http_healthcode_connection_flush(connection);
    }

    ngx_add_timer(&heartbeat->timer,
                  (ngx_msec_t) healthcode_tracker_wait(tracker,
                                                  ngx_http_healthcode_clock()));
}
