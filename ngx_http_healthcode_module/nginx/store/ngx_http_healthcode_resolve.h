/*
 * The name of a server, resolved while nginx serves: for a connection that is
 * to be made, and again when the answer is old.  Knows no: store, request,
 * hiredis.  docs/connection.md, "Names".
 */

#ifndef NGX_HTTP_HEALTHCODE_RESOLVE_H
#define NGX_HTTP_HEALTHCODE_RESOLVE_H

#include "ngx_http_healthcode_address.h"


/*
 * What it calls above it; data is that of _init().  state is NGX_OK: the list
 * has the answer; a state of the resolver; or NGX_ERROR: no memory.
 */
typedef struct {
    void       (*resolved)(void *data, ngx_int_t state);   /* of _start() */
    void       (*renewed)(void *data, ngx_int_t state);    /* of _renew() */
} ngx_http_healthcode_resolve_handlers_t;


typedef struct {
    const ngx_http_healthcode_resolve_handlers_t  *handlers;
    void                                          *data;

    ngx_http_healthcode_address_list_t            *list;
    ngx_resolver_t                                *resolver;
    ngx_msec_t                                     timeout;

    ngx_resolver_ctx_t                            *ctx;     /* or NULL */
    ngx_event_t                                    renew;
    time_t                                         valid;   /* until then */

    /* of SRV records, in the last answer */
    ngx_uint_t                                     ntargets;
    ngx_uint_t                                     nempty;  /* no address */
    ngx_int_t                                      empty_state;
    u_char                                         empty[256];   /* the first
                                                               one; a NUL */
    ngx_connection_t                               dummy;   /* renew logs its
                                                               fd */
} ngx_http_healthcode_resolve_t;


/* resolver is NULL if the list is not to be resolved; it stays as it is. */
void ngx_http_healthcode_resolve_init(ngx_http_healthcode_resolve_t *resolve,
    ngx_http_healthcode_address_list_t *list, ngx_resolver_t *resolver,
    ngx_msec_t timeout, const ngx_http_healthcode_resolve_handlers_t *handlers,
    void *data, ngx_log_t *log);

/* Asks for the addresses; calls resolved(), perhaps from within this call. */
void ngx_http_healthcode_resolve_start(ngx_http_healthcode_resolve_t *resolve);

/* Asks again once the answer is old, and calls renewed(). */
void ngx_http_healthcode_resolve_renew(ngx_http_healthcode_resolve_t *resolve);

/* Asks no more. */
void ngx_http_healthcode_resolve_stop(ngx_http_healthcode_resolve_t *resolve);


static ngx_inline ngx_uint_t
ngx_http_healthcode_resolve_is_due(
    const ngx_http_healthcode_resolve_t *resolve)
{
    return resolve->resolver != NULL;
}

#endif
