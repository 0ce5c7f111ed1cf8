/*
 * A connection to a store that goes where sentinels lead it, or nowhere.
 * Knows no: request, holder.  docs/connection.md, "Sentinel".
 */

#include "ngx_http_healthcode_clock.h"
#include "ngx_http_healthcode_lead.h"


static void ngx_http_healthcode_lead_named(void *data);
static void ngx_http_healthcode_lead_kept(void *data);
static void ngx_http_healthcode_lead_silent(void *data);
static ngx_int_t ngx_http_healthcode_lead_list(
    ngx_http_healthcode_lead_t *lead);


static const ngx_http_healthcode_sentinel_handlers_t
    ngx_http_healthcode_lead_handlers =
{
    .named = ngx_http_healthcode_lead_named,
    .kept = ngx_http_healthcode_lead_kept,
    .silent = ngx_http_healthcode_lead_silent
};


ngx_int_t
ngx_http_healthcode_lead_begin(ngx_http_healthcode_connection_t *connection,
    ngx_pool_t *pool)
{
    ngx_http_healthcode_lead_t  *lead;

    if (connection->store->sentinel.name.len == 0) {
        return NGX_OK;
    }

    lead = ngx_pcalloc(pool, sizeof(ngx_http_healthcode_lead_t));
    if (lead == NULL) {
        return NGX_ERROR;
    }

    lead->connection = connection;

    if (ngx_http_healthcode_sentinel_init(&lead->sentinel, connection->store,
                                          &ngx_http_healthcode_lead_handlers,
                                          lead, pool, connection->log)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    connection->lead = lead;
    ngx_http_healthcode_sentinel_start(&lead->sentinel);

    return NGX_OK;
}


void
ngx_http_healthcode_lead_end(ngx_http_healthcode_connection_t *connection)
{
    if (connection->lead) {
        ngx_http_healthcode_sentinel_destroy(&connection->lead->sentinel);
    }
}


void
ngx_http_healthcode_lead_say(const ngx_http_healthcode_connection_t *connection,
    const healthcode_standing_lead_t *before, healthcode_standing_lead_t *said)
{
    uint64_t                      now = ngx_http_healthcode_clock();
    const healthcode_sentinel_t  *core;
    healthcode_standing_lead_t    lead;

    ngx_memzero(&lead, sizeof(healthcode_standing_lead_t));

    if (connection->lead) {

        core = &connection->lead->sentinel.core;

        lead.sentinels = (unsigned) core->n;
        lead.reachable = (unsigned) healthcode_sentinel_speaking(core, now);

        if (core->is_named) {
            lead.agreeing = (unsigned) healthcode_sentinel_votes(core, now);
            lead.len = core->master.len;
            lead.port = core->master.port;
            ngx_memcpy(lead.master, core->master.bytes, sizeof(lead.master));
            lead.epoch = core->epoch;
            lead.since = healthcode_standing_is_lead(&lead, said)
                         ? said->since
                         : healthcode_standing_is_lead(&lead, before)
                           ? before->since : (uint64_t) ngx_time();
        }
    }

    *said = lead;
}


/* ---- waiting to be led ---- */

/* Nobody waits for sentinels that have fallen silent. */
void
ngx_http_healthcode_lead_wait(ngx_http_healthcode_connection_t *connection)
{
    const healthcode_sentinel_t  *core = &connection->lead->sentinel.core;

    if (core->is_named) {
        ngx_http_healthcode_connection_next(connection);

    } else if (core->was_named || connection->outage.failures) {
        ngx_http_healthcode_lead_late(connection);

    } else {
        ngx_http_healthcode_connection_wait(connection,
                                            connection->store->connect_timeout);
    }
}


void
ngx_http_healthcode_lead_late(ngx_http_healthcode_connection_t *connection)
{
    ngx_http_healthcode_cause_t  cause;

    ngx_http_healthcode_sentinel_cause(&connection->lead->sentinel, &cause);
    ngx_http_healthcode_connection_fail(connection,
                                        HEALTHCODE_REASON_STORE_TIMEOUT,
                                        cause.text);
}


/* ---- what they say ---- */

static void
ngx_http_healthcode_lead_named(void *data)
{
    ngx_http_healthcode_lead_t         *lead = data;
    const healthcode_sentinel_t        *core = &lead->sentinel.core;
    ngx_http_healthcode_connection_t   *connection = lead->connection;
    const ngx_http_healthcode_store_t  *store = connection->store;

    ngx_http_healthcode_lead_kept(lead);

    (void) healthcode_sentinel_text(&core->master, lead->text);

    ngx_log_error(NGX_LOG_NOTICE, connection->log, 0,
                  "healthcode: store \"%V\": %uz of %uz sentinels name the "
                  "master %s, in configuration epoch %uL; connecting there",
                  &store->name,
                  healthcode_sentinel_votes(core, ngx_http_healthcode_clock()),
                  core->n, lead->text, core->epoch);

    healthcode_tracker_lose(&connection->tracker);

    if (ngx_http_healthcode_lead_list(lead) != NGX_OK) {
        ngx_http_healthcode_connection_fail(connection,
                                            HEALTHCODE_REASON_STORE_UNAVAILABLE,
                                            "there is no memory");
        return;
    }

    switch (connection->state) {

    case NGX_HTTP_HEALTHCODE_CONNECTION_DOWN:
        ngx_http_healthcode_connection_start(connection);
        return;

    case NGX_HTTP_HEALTHCODE_CONNECTION_NAMING:
        ngx_http_healthcode_connection_stop_timer(connection);
        ngx_http_healthcode_connection_next(connection);
        return;

    default:

        /*
         * Not by LEAVING: what was asked of the one before is not answered
         * any more, for it may not know what its successor has acknowledged.
         */

        ngx_http_healthcode_connection_go(connection,
                                       NGX_HTTP_HEALTHCODE_CONNECTION_MOVING);
    }
}


static void
ngx_http_healthcode_lead_kept(void *data)
{
    ngx_http_healthcode_lead_t  *lead = data;

    healthcode_tracker_believe(&lead->connection->tracker,
                               lead->sentinel.core.until);
}


/* The one that they named is a master no longer, as far as anybody knows. */
static void
ngx_http_healthcode_lead_silent(void *data)
{
    ngx_http_healthcode_lead_t  *lead = data;

    ngx_http_healthcode_lead_late(lead->connection);
}


/* The addresses of the store are that one. */
static ngx_int_t
ngx_http_healthcode_lead_list(ngx_http_healthcode_lead_t *lead)
{
    ngx_sockaddr_t                        sockaddr;
    ngx_resolver_addr_t                   addr;
    ngx_http_healthcode_server_t         *server = &lead->server;
    ngx_http_healthcode_address_list_t   *list = &lead->connection->addresses;
    const healthcode_sentinel_address_t  *master;

    master = &lead->sentinel.core.master;

    ngx_memzero(&sockaddr, sizeof(ngx_sockaddr_t));
    ngx_memzero(&addr, sizeof(ngx_resolver_addr_t));

    addr.sockaddr = &sockaddr.sockaddr;

    if (master->len == sizeof(struct in_addr)) {
        sockaddr.sockaddr_in.sin_family = AF_INET;
        ngx_memcpy(&sockaddr.sockaddr_in.sin_addr, master->bytes, master->len);
        addr.socklen = sizeof(struct sockaddr_in);
    }

#if (NGX_HAVE_INET6)
    if (master->len == sizeof(struct in6_addr)) {
        sockaddr.sockaddr_in6.sin6_family = AF_INET6;
        ngx_memcpy(&sockaddr.sockaddr_in6.sin6_addr, master->bytes,
                   master->len);
        addr.socklen = sizeof(struct sockaddr_in6);
    }
#endif

    server->text.data = (u_char *) lead->text;
    server->text.len = ngx_strlen(lead->text);
    server->port = master->port;
    list->server = server;

    if (ngx_http_healthcode_address_list_resolved(list, &addr, 1) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_http_healthcode_address_list_begin(list, ngx_http_healthcode_clock());

    return NGX_OK;
}
