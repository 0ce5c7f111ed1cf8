/*
 * What a gate asks of a store: what this worker knows of a holder, else a live
 * read.  Knows no: request, socket.
 * docs/connection.md.
 */

#ifndef NGX_HTTP_HEALTHCODE_CLIENT_H
#define NGX_HTTP_HEALTHCODE_CLIENT_H

#include "ngx_http_healthcode_connection.h"

#include "../../core/healthcode_data.h"
#include "../../redis/healthcode_pipeline.h"


/* What has changed: it is live, or down; data is that of _watch(). */
typedef void (*ngx_http_healthcode_client_changed_pt)(void *data);


/*
 * The client of this worker, in memory of pool, which connects when _start() is
 * called; NULL: no memory.
 */
ngx_http_healthcode_client_t *ngx_http_healthcode_client_create(
    ngx_pool_t *pool, ngx_log_t *log, ngx_http_healthcode_store_t *store);
void ngx_http_healthcode_client_start(ngx_http_healthcode_client_t *client);

/* Before _start(): changed is called, and must not destroy the client. */
void ngx_http_healthcode_client_watch(ngx_http_healthcode_client_t *client,
    ngx_http_healthcode_client_changed_pt changed, void *data);

/* Its connection's rules, and the connection. */
ngx_http_healthcode_connection_t *ngx_http_healthcode_client_connection(
    ngx_http_healthcode_client_t *client);

/* Writes what was asked of its tracker, at the end of this turn. */
void ngx_http_healthcode_client_flush(ngx_http_healthcode_client_t *client);

/* Closes it for good; every lookup under way ends as unavailable. */
void ngx_http_healthcode_client_destroy(ngx_http_healthcode_client_t *client);

/* 0: the store is down for this worker, so that a lookup would not be begun. */
ngx_uint_t ngx_http_healthcode_client_is_up(
    const ngx_http_healthcode_client_t *client);

/*
 * Who feeds the store, as it said when it last proved itself, each second: for
 * as long as the client lives.
 */
const healthcode_data_t *ngx_http_healthcode_client_data(
    const ngx_http_healthcode_client_t *client);

/*
 * Whether the store's cache answers query in full: the holder has no flag, and
 * everything else that query asks for is cached.  1: the answers are added to
 * risk by terms, and *decided is the time of CLOCK_BOOTTIME at which they held.
 * 0: ask the store.
 */
ngx_uint_t ngx_http_healthcode_client_find(
    ngx_http_healthcode_client_t *client, const healthcode_risk_query_t *query,
    const healthcode_risk_terms_t *terms, healthcode_risk_t *risk,
    struct timespec *decided);

/*
 * Likewise for an outage: whether it would have answered since over ms ago.
 * 1: *decided is the time at which it was no longer ago than that.
 */
ngx_uint_t ngx_http_healthcode_client_find_stale(
    ngx_http_healthcode_client_t *client, const healthcode_risk_query_t *query,
    const healthcode_risk_terms_t *terms, uint64_t over,
    healthcode_risk_t *risk, struct timespec *decided);

/*
 * Starts a live read, or joins one of the same question that is not sent yet
 * or, if the store has a cache, is under way.  The commands of one turn of the
 * event loop leave in one write.  HEALTHCODE_REASON_OK: *lookup is under way;
 * done will be called, never from within this call, and not if the lookup is
 * cancelled (healthcode_pipeline_cancel()).  Otherwise nothing was started and
 * the reason is an outage, or _FAULT: no memory.
 */
healthcode_reason_e ngx_http_healthcode_client_ask(
    ngx_http_healthcode_client_t *client, const healthcode_risk_query_t *query,
    healthcode_lookup_done_pt done, void *data, healthcode_lookup_t **lookup);

/* Likewise of a node to which a tag moves, as healthcode_tracker_asking(). */
healthcode_reason_e ngx_http_healthcode_client_asking(
    ngx_http_healthcode_client_t *client, const healthcode_risk_query_t *query,
    healthcode_lookup_done_pt done, void *data, healthcode_lookup_t **lookup);

/*
 * Calls a script, behind all that was asked on the worker's connection: what is
 * asked of this client once it has answered was not known before it.  *call is
 * the asker's, see healthcode_call.h.  Returns likewise; *lookup is cancelled
 * likewise.  A script that the store does not know is loaded, and called once
 * more; any other call whose reply is lost stays lost.
 */
healthcode_reason_e ngx_http_healthcode_client_call(
    ngx_http_healthcode_client_t *client, const healthcode_call_t *call,
    healthcode_lookup_t **lookup);

/* Likewise of a node to which the keys move: healthcode_tracker_calling(). */
healthcode_reason_e ngx_http_healthcode_client_calling(
    ngx_http_healthcode_client_t *client, const healthcode_call_t *call,
    healthcode_lookup_t **lookup);

#endif
