/*
 * What a gate asks of a store: of its one server, or of a cluster.
 * Knows no: request, socket.  docs/connection.md.
 */

#ifndef NGX_HTTP_HEALTHCODE_ASK_H
#define NGX_HTTP_HEALTHCODE_ASK_H

#include "ngx_http_healthcode_cluster.h"


/* What is under way; the others are NULL. */
typedef struct {
    healthcode_lookup_t  *lookup;
    healthcode_read_t    *read;     /* of a cluster */
    healthcode_route_t   *route;    /* likewise, a call */
} ngx_http_healthcode_asked_t;


/* This worker connects to store; NGX_OK, or NGX_ERROR: no memory. */
ngx_int_t ngx_http_healthcode_ask_open(ngx_cycle_t *cycle,
    ngx_http_healthcode_store_t *store);

/* Closes what was opened, for good; all lookups end as unavailable. */
void ngx_http_healthcode_ask_close(ngx_http_healthcode_store_t *store);

/* 0: the store, or a node of its cluster, is down for this worker. */
ngx_uint_t ngx_http_healthcode_ask_is_up(
    const ngx_http_healthcode_store_t *store);

/* As ngx_http_healthcode_client_data(); NULL: it has not said. */
const healthcode_data_t *ngx_http_healthcode_ask_data(
    const ngx_http_healthcode_store_t *store);

/* As ngx_http_healthcode_client_find() and _find_stale(). */
ngx_uint_t ngx_http_healthcode_ask_find(
    const ngx_http_healthcode_store_t *store,
    const healthcode_risk_query_t *query, const healthcode_risk_terms_t *terms,
    healthcode_risk_t *risk, struct timespec *decided);
ngx_uint_t ngx_http_healthcode_ask_find_stale(
    const ngx_http_healthcode_store_t *store,
    const healthcode_risk_query_t *query, const healthcode_risk_terms_t *terms,
    uint64_t over, healthcode_risk_t *risk, struct timespec *decided);

/* As ngx_http_healthcode_client_ask(); *asked is what is under way. */
healthcode_reason_e ngx_http_healthcode_ask(
    const ngx_http_healthcode_store_t *store,
    const healthcode_risk_query_t *query, healthcode_lookup_done_pt done,
    void *data, ngx_http_healthcode_asked_t *asked);

/*
 * As ngx_http_healthcode_client_call(); of a cluster at the node of call->tag,
 * by *route, which is the asker's as *call is.  *asked likewise.
 */
healthcode_reason_e ngx_http_healthcode_ask_call(
    const ngx_http_healthcode_store_t *store, const healthcode_call_t *call,
    healthcode_route_t *route, ngx_http_healthcode_asked_t *asked);

#endif
