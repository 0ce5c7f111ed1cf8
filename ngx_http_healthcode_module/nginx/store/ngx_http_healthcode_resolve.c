/*
 * The name of a server, resolved while nginx serves: for a connection that is
 * to be made, and again when the answer is old.  Knows no: store, request,
 * hiredis.  docs/connection.md, "Names".
 */

#include "ngx_http_healthcode_clock.h"
#include "ngx_http_healthcode_resolve.h"


/* Milliseconds: a name is asked for again no sooner. */
#define NGX_HTTP_HEALTHCODE_RESOLVE_MIN  1000


static ngx_int_t ngx_http_healthcode_resolve_ask(
    ngx_http_healthcode_resolve_t *resolve, ngx_resolver_handler_pt handler);
static ngx_int_t ngx_http_healthcode_resolve_answer(
    ngx_http_healthcode_resolve_t *resolve, ngx_resolver_ctx_t *ctx);
static void ngx_http_healthcode_resolve_targets(
    ngx_http_healthcode_resolve_t *resolve, const ngx_resolver_ctx_t *ctx);
static void ngx_http_healthcode_resolve_handler(ngx_resolver_ctx_t *ctx);
static void ngx_http_healthcode_resolve_renew_handler(ngx_event_t *ev);
static void ngx_http_healthcode_resolve_renewed_handler(
    ngx_resolver_ctx_t *ctx);


void
ngx_http_healthcode_resolve_init(ngx_http_healthcode_resolve_t *resolve,
    ngx_http_healthcode_address_list_t *list, ngx_resolver_t *resolver,
    ngx_msec_t timeout, const ngx_http_healthcode_resolve_handlers_t *handlers,
    void *data, ngx_log_t *log)
{
    ngx_memzero(resolve, sizeof(ngx_http_healthcode_resolve_t));

    resolve->handlers = handlers;
    resolve->data = data;
    resolve->list = list;
    resolve->resolver = resolver;
    resolve->timeout = timeout;
    resolve->dummy.fd = (ngx_socket_t) -1;
    resolve->dummy.data = resolve;

    resolve->renew.handler = ngx_http_healthcode_resolve_renew_handler;
    resolve->renew.data = &resolve->dummy;
    resolve->renew.log = log;
    resolve->renew.cancelable = 1;
}


void
ngx_http_healthcode_resolve_stop(ngx_http_healthcode_resolve_t *resolve)
{
    if (resolve->ctx) {
        ngx_resolve_name_done(resolve->ctx);
        resolve->ctx = NULL;
    }

    if (resolve->renew.timer_set) {
        ngx_del_timer(&resolve->renew);
    }
}


/* NGX_OK: handler will be called, or was; NGX_ERROR: no memory. */
static ngx_int_t
ngx_http_healthcode_resolve_ask(ngx_http_healthcode_resolve_t *resolve,
    ngx_resolver_handler_pt handler)
{
    ngx_resolver_ctx_t                  *ctx, temp;
    const ngx_http_healthcode_server_t  *server = resolve->list->server;

    ngx_memzero(&temp, sizeof(ngx_resolver_ctx_t));
    temp.name = server->host;

    ctx = ngx_resolve_start(resolve->resolver, &temp);

    if (ctx == NULL || ctx == NGX_NO_RESOLVER) {
        return NGX_ERROR;
    }

    ctx->name = server->host;
    ctx->service = server->service;
    ctx->handler = handler;
    ctx->data = resolve;
    ctx->timeout = resolve->timeout;
    ctx->cancelable = 1;

    resolve->ctx = ctx;

    if (ngx_resolve_name(ctx) != NGX_OK) {
        /* the resolver has freed ctx */
        resolve->ctx = NULL;
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* Takes the answer into the list and ends ctx; its state, or NGX_ERROR. */
static ngx_int_t
ngx_http_healthcode_resolve_answer(ngx_http_healthcode_resolve_t *resolve,
    ngx_resolver_ctx_t *ctx)
{
    ngx_int_t  state = ctx->state;

    resolve->ctx = NULL;
    resolve->valid = ctx->valid;

    ngx_http_healthcode_resolve_targets(resolve, ctx);

    if (state == NGX_OK && ctx->naddrs == 0) {
        state = NGX_RESOLVE_NXDOMAIN;
    }

    if (state == NGX_OK) {
        state = ngx_http_healthcode_address_list_resolved(resolve->list,
                                                          ctx->addrs,
                                                          ctx->naddrs);
        ngx_http_healthcode_address_list_begin(resolve->list,
                                               ngx_http_healthcode_clock());
    }

    ngx_resolve_name_done(ctx);

    return state;
}


/* Which targets of SRV records have no address. */
static void
ngx_http_healthcode_resolve_targets(ngx_http_healthcode_resolve_t *resolve,
    const ngx_resolver_ctx_t *ctx)
{
    ngx_uint_t                      i;
    const ngx_resolver_srv_name_t  *srv;

    resolve->ntargets = ctx->nsrvs;
    resolve->nempty = 0;

    for (i = 0; i < ctx->nsrvs; i++) {

        srv = &ctx->srvs[i];

        if (srv->naddrs == 0 && resolve->nempty++ == 0) {
            resolve->empty_state = srv->state;
            ngx_snprintf(resolve->empty, sizeof(resolve->empty), "%V%Z",
                         &srv->name);
        }
    }
}


/* ---- to connect ---- */

void
ngx_http_healthcode_resolve_start(ngx_http_healthcode_resolve_t *resolve)
{
    if (ngx_http_healthcode_resolve_ask(resolve,
                                        ngx_http_healthcode_resolve_handler)
        != NGX_OK)
    {
        resolve->handlers->resolved(resolve->data, NGX_ERROR);
    }
}


static void
ngx_http_healthcode_resolve_handler(ngx_resolver_ctx_t *ctx)
{
    ngx_int_t                       state;
    ngx_http_healthcode_resolve_t  *resolve = ctx->data;

    state = ngx_http_healthcode_resolve_answer(resolve, ctx);

    resolve->handlers->resolved(resolve->data, state);
}


/* ---- while it is connected ---- */

/*
 * The resolver does not ask again in the last second of its answer.  A part of
 * a second by chance: many gates have had the same answer, and move together.
 */
void
ngx_http_healthcode_resolve_renew(ngx_http_healthcode_resolve_t *resolve)
{
    ngx_msec_int_t  left;

    if (resolve->resolver) {
        left = (ngx_msec_int_t) (resolve->valid - ngx_time() + 1) * 1000;

        ngx_add_timer(&resolve->renew,
                      (ngx_msec_t) ngx_max(left,
                                           NGX_HTTP_HEALTHCODE_RESOLVE_MIN)
                      + (ngx_msec_t) ngx_random() % 1000);
    }
}


static void
ngx_http_healthcode_resolve_renew_handler(ngx_event_t *ev)
{
    ngx_connection_t               *dummy = ev->data;
    ngx_http_healthcode_resolve_t  *resolve = dummy->data;

    if (ngx_http_healthcode_resolve_ask(resolve,
                                    ngx_http_healthcode_resolve_renewed_handler)
        != NGX_OK)
    {
        ngx_http_healthcode_resolve_renew(resolve);
    }
}


static void
ngx_http_healthcode_resolve_renewed_handler(ngx_resolver_ctx_t *ctx)
{
    ngx_int_t                       state;
    ngx_http_healthcode_resolve_t  *resolve = ctx->data;

    state = ngx_http_healthcode_resolve_answer(resolve, ctx);

    resolve->handlers->renewed(resolve->data, state);
}
