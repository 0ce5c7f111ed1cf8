/*
 * One worker's connections to the sentinels of a store, and which master they
 * name together.  Knows no: request, holder.  docs/connection.md, "Sentinel".
 */

#ifndef NGX_HTTP_HEALTHCODE_SENTINEL_H
#define NGX_HTTP_HEALTHCODE_SENTINEL_H

#include "ngx_http_healthcode_sentinel_link.h"

#include "../../redis/healthcode_sentinel.h"


/* What it calls above it; data is that of _init(). */
typedef struct {
    /* core.master is named from now on. */
    void  (*named)(void *data);

    /* It is named still, until another time. */
    void  (*kept)(void *data);

    /* No majority names one any more. */
    void  (*silent)(void *data);
} ngx_http_healthcode_sentinel_handlers_t;


typedef struct {
    const ngx_http_healthcode_sentinel_handlers_t  *handlers;
    void                                           *data;
    ngx_log_t                                      *log;

    healthcode_sentinel_t                           core;
    healthcode_sentinel_terms_t                     terms;   /* of links */
    ngx_http_healthcode_sentinel_link_t            *links;   /* core.n */
    ngx_event_t                                     timer;   /* of silence */
    ngx_connection_t                                dummy;   /* it logs its
                                                                fd */
} ngx_http_healthcode_sentinel_t;


/*
 * All sentinels of store, all zero before, from pool; nobody is connected to
 * yet.  NGX_OK, or NGX_ERROR: no memory.
 */
ngx_int_t ngx_http_healthcode_sentinel_init(
    ngx_http_healthcode_sentinel_t *sentinel,
    const ngx_http_healthcode_store_t *store,
    const ngx_http_healthcode_sentinel_handlers_t *handlers, void *data,
    ngx_pool_t *pool, ngx_log_t *log);

/* Connects to all of them. */
void ngx_http_healthcode_sentinel_start(
    ngx_http_healthcode_sentinel_t *sentinel);

/* What TLS with them rests on was replaced: it resumes no session of before. */
void ngx_http_healthcode_sentinel_outdate(
    ngx_http_healthcode_sentinel_t *sentinel);

/* Another password, which lives until the next one but one, counts for all. */
void ngx_http_healthcode_sentinel_auth(ngx_http_healthcode_sentinel_t *sentinel,
    healthcode_str_t password);

/* Closes all of them for good. */
void ngx_http_healthcode_sentinel_destroy(
    ngx_http_healthcode_sentinel_t *sentinel);

/* Why no master is named, as healthcode_sentinel_cause(). */
void ngx_http_healthcode_sentinel_cause(
    const ngx_http_healthcode_sentinel_t *sentinel,
    ngx_http_healthcode_cause_t *cause);

#endif
