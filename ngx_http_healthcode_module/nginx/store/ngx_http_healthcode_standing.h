/*
 * What this worker says of a store to all, and what all say of it.
 * Knows no: request, holder, socket.
 * docs/monitoring/metrics.md, "State of stores".
 */

#ifndef NGX_HTTP_HEALTHCODE_STANDING_H
#define NGX_HTTP_HEALTHCODE_STANDING_H

#include "ngx_http_healthcode_connection.h"


typedef struct {
    ngx_http_healthcode_connection_t  *connection;
    ngx_event_t                        timer;    /* says it again */
    ngx_connection_t                   dummy;    /* timer logs its fd */
    healthcode_standing_seat_t         seat;
    healthcode_standing_t              said;
    unsigned                           is_said:1;
} ngx_http_healthcode_standing_t;


/* One that has not said anything, all zero before. */
void ngx_http_healthcode_standing_init(ngx_http_healthcode_standing_t *standing,
    ngx_http_healthcode_connection_t *connection);

/* Says how the store stands, now and each second from now on. */
void ngx_http_healthcode_standing_say(ngx_http_healthcode_standing_t *standing);

/* This worker says nothing any more. */
void ngx_http_healthcode_standing_end(ngx_http_healthcode_standing_t *standing);

/*
 * What all workers say of store, and *now, the time by which to read its
 * milliseconds.  0: none has said anything, or there is no shared memory.
 */
ngx_uint_t ngx_http_healthcode_standing_sum(
    const ngx_http_healthcode_store_t *store, healthcode_standing_sum_t *sum,
    uint64_t *now);

#endif
