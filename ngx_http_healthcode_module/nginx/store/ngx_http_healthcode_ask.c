/*
 * What a gate asks of a store: of its one server, or of a cluster.
 * Knows no: request, socket.  docs/connection.md.
 */

#include "ngx_http_healthcode_ask.h"
#include "ngx_http_healthcode_clock.h"


static uint64_t ngx_http_healthcode_ask_clock(void *data);


ngx_int_t
ngx_http_healthcode_ask_open(ngx_cycle_t *cycle,
    ngx_http_healthcode_store_t *store)
{
    if (store->is_cluster) {
        store->cluster = ngx_http_healthcode_cluster_create(cycle, store);
        return store->cluster ? NGX_OK : NGX_ERROR;
    }

    store->client = ngx_http_healthcode_client_create(cycle->pool, cycle->log,
                                                      store);
    if (store->client == NULL) {
        return NGX_ERROR;
    }

    ngx_http_healthcode_client_start(store->client);

    return NGX_OK;
}


void
ngx_http_healthcode_ask_close(ngx_http_healthcode_store_t *store)
{
    if (store->cluster) {
        ngx_http_healthcode_cluster_destroy(store->cluster);
    }

    if (store->client) {
        ngx_http_healthcode_client_destroy(store->client);
    }
}


ngx_uint_t
ngx_http_healthcode_ask_is_up(const ngx_http_healthcode_store_t *store)
{
    return (store->client && ngx_http_healthcode_client_is_up(store->client))
           || (store->cluster
               && ngx_http_healthcode_cluster_is_up(store->cluster));
}


const healthcode_data_t *
ngx_http_healthcode_ask_data(const ngx_http_healthcode_store_t *store)
{
    if (store->cluster) {
        return ngx_http_healthcode_cluster_data(store->cluster);
    }

    return store->client ? ngx_http_healthcode_client_data(store->client)
                         : NULL;
}


ngx_uint_t
ngx_http_healthcode_ask_find(const ngx_http_healthcode_store_t *store,
    const healthcode_risk_query_t *query, const healthcode_risk_terms_t *terms,
    healthcode_risk_t *risk, struct timespec *decided)
{
    if (store->client) {
        return ngx_http_healthcode_client_find(store->client, query, terms,
                                               risk, decided);
    }

    return store->cluster
           && healthcode_reads_find(
                  ngx_http_healthcode_cluster_reads(store->cluster), query,
                  terms, risk, ngx_http_healthcode_ask_clock, decided);
}


ngx_uint_t
ngx_http_healthcode_ask_find_stale(const ngx_http_healthcode_store_t *store,
    const healthcode_risk_query_t *query, const healthcode_risk_terms_t *terms,
    uint64_t over, healthcode_risk_t *risk, struct timespec *decided)
{
    if (store->client) {
        return ngx_http_healthcode_client_find_stale(store->client, query,
                                                     terms, over, risk,
                                                     decided);
    }

    return store->cluster
           && healthcode_reads_find_stale(
                  ngx_http_healthcode_cluster_reads(store->cluster), query,
                  terms, over, risk, ngx_http_healthcode_ask_clock, decided);
}


static uint64_t
ngx_http_healthcode_ask_clock(void *data)
{
    return ngx_http_healthcode_clock_read(data);
}


healthcode_reason_e
ngx_http_healthcode_ask(const ngx_http_healthcode_store_t *store,
    const healthcode_risk_query_t *query, healthcode_lookup_done_pt done,
    void *data, ngx_http_healthcode_asked_t *asked)
{
    ngx_memzero(asked, sizeof(ngx_http_healthcode_asked_t));

    if (store->cluster) {
        return healthcode_reads_ask(
                   ngx_http_healthcode_cluster_reads(store->cluster), query,
                   done, data, &asked->read);
    }

    return store->client
           ? ngx_http_healthcode_client_ask(store->client, query, done, data,
                                            &asked->lookup)
           : HEALTHCODE_REASON_STORE_UNAVAILABLE;
}


healthcode_reason_e
ngx_http_healthcode_ask_call(const ngx_http_healthcode_store_t *store,
    const healthcode_call_t *call, healthcode_route_t *route,
    ngx_http_healthcode_asked_t *asked)
{
    ngx_memzero(asked, sizeof(ngx_http_healthcode_asked_t));

    if (store->cluster) {
        asked->route = route;
        return ngx_http_healthcode_cluster_route(store->cluster, call, route);
    }

    return store->client
           ? ngx_http_healthcode_client_call(store->client, call,
                                             &asked->lookup)
           : HEALTHCODE_REASON_STORE_UNAVAILABLE;
}
