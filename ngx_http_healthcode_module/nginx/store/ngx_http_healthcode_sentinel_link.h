/*
 * One worker's connection to one sentinel: it goes from state to state, asks
 * and hears, fails, and tries again.  Decides nothing about the master.
 * Knows no: request, holder.  docs/connection.md, "Sentinel".
 */

#ifndef NGX_HTTP_HEALTHCODE_SENTINEL_LINK_H
#define NGX_HTTP_HEALTHCODE_SENTINEL_LINK_H

#include "ngx_http_healthcode_outage.h"
#include "ngx_http_healthcode_resolve.h"
#include "ngx_http_healthcode_transport.h"

#include "../../redis/healthcode_reply_reader.h"
#include "../../redis/healthcode_sentinel_link.h"


/* What a link calls above it; data and number are those of _init(). */
typedef struct {
    /* It has said who is master. */
    void  (*word)(void *data, ngx_uint_t number,
                  const healthcode_sentinel_word_t *word);

    /* It says that another one is: all are to be asked. */
    void  (*changed)(void *data);
} ngx_http_healthcode_sentinel_link_handlers_t;


typedef enum {
    NGX_HTTP_HEALTHCODE_SENTINEL_LINK_DOWN = 0,     /* waits to try again */
    NGX_HTTP_HEALTHCODE_SENTINEL_LINK_RESOLVING,
    NGX_HTTP_HEALTHCODE_SENTINEL_LINK_CONNECTING,
    NGX_HTTP_HEALTHCODE_SENTINEL_LINK_SECURING,     /* TLS */
    NGX_HTTP_HEALTHCODE_SENTINEL_LINK_OPEN          /* asked, now and then */
} ngx_http_healthcode_sentinel_link_state_e;


typedef struct {
    const ngx_http_healthcode_sentinel_link_handlers_t  *handlers;
    void                                                *data;
    ngx_uint_t                                           number;

    ngx_http_healthcode_sentinel_link_state_e            state;
    const ngx_http_healthcode_store_t                   *store;
    const ngx_http_healthcode_server_t                  *server;
    ngx_log_t                                           *log;

    ngx_http_healthcode_address_list_t                   addresses;
    ngx_http_healthcode_address_t                        address;
    ngx_http_healthcode_resolve_t                        resolve;
    ngx_http_healthcode_transport_t                      transport;
    healthcode_reply_reader_t                           *reader;   /* or NULL */
    healthcode_sentinel_link_t                           core;
    ngx_http_healthcode_outage_t                         outage;

    ngx_event_t                                          timer;    /* of a
                                                                      state */
    ngx_connection_t                                     dummy;    /* it logs
                                                                      its fd */
    unsigned                                             is_heard:1;
} ngx_http_healthcode_sentinel_link_t;


/*
 * One that is down, all zero before, to the sentinel at server, which is one of
 * store, by terms, which outlive it.  NGX_OK, or NGX_ERROR: no memory.
 */
ngx_int_t ngx_http_healthcode_sentinel_link_init(
    ngx_http_healthcode_sentinel_link_t *link,
    const ngx_http_healthcode_store_t *store,
    const ngx_http_healthcode_server_t *server,
    const healthcode_sentinel_terms_t *terms,
    const ngx_http_healthcode_sentinel_link_handlers_t *handlers, void *data,
    ngx_uint_t number, ngx_log_t *log);

/* Connects now. */
void ngx_http_healthcode_sentinel_link_start(
    ngx_http_healthcode_sentinel_link_t *link);

/* Asks now, if it is open. */
void ngx_http_healthcode_sentinel_link_ask(
    ngx_http_healthcode_sentinel_link_t *link);

/* Its terms have another password: it says so now, or when it is open. */
void ngx_http_healthcode_sentinel_link_auth(
    ngx_http_healthcode_sentinel_link_t *link);

/* Closes it for good. */
void ngx_http_healthcode_sentinel_link_destroy(
    ngx_http_healthcode_sentinel_link_t *link);

#endif
