/*
 * One worker's connections to the nodes of a Redis Cluster, and to a server
 * that tells which nodes there are.  Which map counts and what a read waits for
 * is decided in redis/.  Knows no: request, holder.
 * docs/connection.md, "Cluster".
 */

#include "ngx_http_healthcode_clock.h"
#include "ngx_http_healthcode_cluster.h"
#include "ngx_http_healthcode_notes.h"
#include "ngx_http_healthcode_rotate.h"
#include "ngx_http_healthcode_state.h"


/* Milliseconds between questions for a map that reads wait for. */
#define NGX_HTTP_HEALTHCODE_CLUSTER_WAIT   50

/* Milliseconds for which a map holds without a cache: two heartbeats. */
#define NGX_HTTP_HEALTHCODE_CLUSTER_HOLDS  2000

#define NGX_HTTP_HEALTHCODE_CLUSTER_ROWS                                      \
    (NGX_HTTP_HEALTHCODE_CONNECTION_DESTROYED + 1)


typedef struct {
    ngx_http_healthcode_store_t           store;    /* its address alone */
    ngx_http_healthcode_client_t         *client;
    healthcode_cluster_node_t            *core;
    ngx_pool_t                           *pool;
    ngx_addr_t                            addr;
    ngx_sockaddr_t                        sockaddr;
    char                                  text[HEALTHCODE_CLUSTER_TEXT];
    ngx_uint_t                            has_number;   /* of its lease */
} ngx_http_healthcode_cluster_client_t;


struct ngx_http_healthcode_cluster_s {
    ngx_http_healthcode_store_t          *store;
    ngx_log_t                            *log;
    healthcode_cluster_t                  core;
    healthcode_reads_t                    reads;

    /* who tells the map while no node does */
    ngx_http_healthcode_connection_row_t  rows[
                                          NGX_HTTP_HEALTHCODE_CLUSTER_ROWS];
    ngx_http_healthcode_connection_t      scout;
    ngx_http_healthcode_store_t           scouted;  /* the store, for it */

    ngx_event_t                           settle;   /* posted */
    ngx_event_t                           wait;     /* while reads wait */
    ngx_connection_t                      dummy;    /* both log its fd */
    uint64_t                              changes;  /* of the map, settled */

    ngx_http_healthcode_password_t       *password; /* NULL: that of store */
    ngx_http_healthcode_password_t       *former;
};


static void ngx_http_healthcode_cluster_changed(void *data);
static void ngx_http_healthcode_cluster_agreed(void *data);
static healthcode_reason_e ngx_http_healthcode_cluster_ask(void *data,
    healthcode_cluster_node_t *node, const healthcode_risk_query_t *query,
    healthcode_lookup_done_pt done, void *lookups,
    healthcode_lookup_t **lookup);
static healthcode_reason_e ngx_http_healthcode_cluster_asking(void *data,
    healthcode_cluster_node_t *node, const healthcode_risk_query_t *query,
    healthcode_lookup_done_pt done, void *lookups,
    healthcode_lookup_t **lookup);
static healthcode_reason_e ngx_http_healthcode_cluster_call(void *data,
    healthcode_cluster_node_t *node, const healthcode_call_t *call,
    healthcode_lookup_t **lookup);
static healthcode_reason_e ngx_http_healthcode_cluster_calling(void *data,
    healthcode_cluster_node_t *node, const healthcode_call_t *call,
    healthcode_lookup_t **lookup);
static void ngx_http_healthcode_cluster_flush(void *data,
    healthcode_cluster_node_t *node);
static healthcode_reason_e ngx_http_healthcode_cluster_want(void *data);
static void ngx_http_healthcode_cluster_waits(void *data);
static uint64_t ngx_http_healthcode_cluster_clock(void *data);
static ngx_int_t ngx_http_healthcode_cluster_scout(
    ngx_http_healthcode_cluster_t *cluster);
static const char *ngx_http_healthcode_cluster_said(void *data,
    const redisReply *reply);
static void ngx_http_healthcode_cluster_scouted(
    ngx_http_healthcode_connection_t *scout);
static void ngx_http_healthcode_cluster_unheard(
    ngx_http_healthcode_connection_t *scout, ngx_err_t err);
static void ngx_http_healthcode_cluster_scout_live(void *data);
static void ngx_http_healthcode_cluster_scout_lost(void *data);
static void ngx_http_healthcode_cluster_scout_failed(void *data,
    healthcode_reason_e reason);
static void ngx_http_healthcode_cluster_settle_handler(ngx_event_t *ev);
static void ngx_http_healthcode_cluster_settle(
    ngx_http_healthcode_cluster_t *cluster);
static void ngx_http_healthcode_cluster_look(
    ngx_http_healthcode_cluster_t *cluster);
static void ngx_http_healthcode_cluster_add(
    ngx_http_healthcode_cluster_t *cluster,
    const healthcode_cluster_master_t *master);
static ngx_int_t ngx_http_healthcode_cluster_address(
    ngx_http_healthcode_cluster_client_t *node,
    const healthcode_cluster_address_t *address);
static void ngx_http_healthcode_cluster_drop(
    healthcode_cluster_node_t *core);
static void ngx_http_healthcode_cluster_wait_handler(ngx_event_t *ev);
static void ngx_http_healthcode_cluster_password_take(void *data, void *made);
static void *ngx_http_healthcode_cluster_password_make(
    const healthcode_str_t *texts, ngx_uint_t *which, const char **error);
static void ngx_http_healthcode_cluster_password_drop(void *made);
static ngx_http_healthcode_password_t *ngx_http_healthcode_cluster_copy(
    const ngx_http_healthcode_password_t *password);
static void *ngx_http_healthcode_cluster_tls_make(
    const healthcode_str_t *texts, ngx_uint_t *which, const char **error);
static void ngx_http_healthcode_cluster_tls_take(void *data, void *made);
static void ngx_http_healthcode_cluster_tls_drop(void *made);


static const healthcode_cluster_handlers_t
    ngx_http_healthcode_cluster_handlers =
{
    .changed = ngx_http_healthcode_cluster_changed,
    .agreed = ngx_http_healthcode_cluster_agreed
};


static const healthcode_reads_handlers_t
    ngx_http_healthcode_cluster_reads_handlers =
{
    .ask = ngx_http_healthcode_cluster_ask,
    .asking = ngx_http_healthcode_cluster_asking,
    .flush = ngx_http_healthcode_cluster_flush,
    .want = ngx_http_healthcode_cluster_want,
    .waits = ngx_http_healthcode_cluster_waits,
    .clock = ngx_http_healthcode_cluster_clock
};


static const healthcode_route_handlers_t
    ngx_http_healthcode_cluster_route_handlers =
{
    .call = ngx_http_healthcode_cluster_call,
    .calling = ngx_http_healthcode_cluster_calling
};


/* Of the scout, which is not among the nodes, a map is all that is heard. */
static const healthcode_tracker_hooks_t
    ngx_http_healthcode_cluster_scout_hooks =
{
    .said = ngx_http_healthcode_cluster_said
};


static const ngx_http_healthcode_connection_handlers_t
    ngx_http_healthcode_cluster_scout_handlers =
{
    .live = ngx_http_healthcode_cluster_scout_live,
    .lost = ngx_http_healthcode_cluster_scout_lost,
    .failed = ngx_http_healthcode_cluster_scout_failed
};


const ngx_http_healthcode_credential_kind_t
    ngx_http_healthcode_cluster_password =
{
    .what = "password",
    .make = ngx_http_healthcode_cluster_password_make,
    .take = ngx_http_healthcode_cluster_password_take,
    .drop = ngx_http_healthcode_cluster_password_drop
};


const ngx_http_healthcode_credential_kind_t  ngx_http_healthcode_cluster_tls = {
    .what = "certificates",
    .make = ngx_http_healthcode_cluster_tls_make,
    .take = ngx_http_healthcode_cluster_tls_take,
    .drop = ngx_http_healthcode_cluster_tls_drop
};


ngx_http_healthcode_cluster_t *
ngx_http_healthcode_cluster_create(ngx_cycle_t *cycle,
    ngx_http_healthcode_store_t *store)
{
    ngx_http_healthcode_cluster_t  *cluster;

    cluster = ngx_pcalloc(cycle->pool, sizeof(ngx_http_healthcode_cluster_t));
    if (cluster == NULL) {
        return NULL;
    }

    cluster->store = store;
    cluster->log = cycle->log;
    cluster->dummy.fd = (ngx_socket_t) -1;
    cluster->dummy.data = cluster;

    cluster->settle.handler = ngx_http_healthcode_cluster_settle_handler;
    cluster->settle.data = &cluster->dummy;
    cluster->settle.log = cycle->log;

    /* not cancelable, as that of lookups */
    cluster->wait.handler = ngx_http_healthcode_cluster_wait_handler;
    cluster->wait.data = &cluster->dummy;
    cluster->wait.log = cycle->log;

    healthcode_cluster_init(&cluster->core,
                            store->cache ? store->lease
                                         : NGX_HTTP_HEALTHCODE_CLUSTER_HOLDS,
                            &ngx_http_healthcode_cluster_handlers, cluster);
    healthcode_reads_init(&cluster->reads, &cluster->core, store->timeout,
                          (size_t) store->max_pending,
                          &ngx_http_healthcode_cluster_reads_handlers,
                          cluster);

    if (ngx_http_healthcode_cluster_scout(cluster) != NGX_OK) {
        return NULL;
    }

    if (store->password_files) {
        store->password_files->data = cluster;
    }

    if (store->tls.files) {
        store->tls.files->data = cluster;
    }

    ngx_http_healthcode_connection_start(&cluster->scout);

    return cluster;
}


void
ngx_http_healthcode_cluster_destroy(ngx_http_healthcode_cluster_t *cluster)
{
    ngx_uint_t                  i;
    healthcode_cluster_node_t  *node;

    healthcode_waiters_fail(&cluster->reads.waiters,
                            HEALTHCODE_REASON_STORE_UNAVAILABLE);

    for (i = 0; i < HEALTHCODE_CLUSTER_NODES; i++) {

        node = healthcode_cluster_at(&cluster->core, i);

        if (node) {
            ngx_http_healthcode_cluster_drop(node);
        }
    }

    ngx_http_healthcode_connection_destroy(&cluster->scout);
    ngx_http_healthcode_rotate_destroy(&cluster->scout);
    healthcode_reads_free(&cluster->reads);

    if (cluster->settle.posted) {
        ngx_delete_posted_event(&cluster->settle);
    }

    if (cluster->wait.timer_set) {
        ngx_del_timer(&cluster->wait);
    }

    ngx_http_healthcode_rotate_password.drop(cluster->password);
    ngx_http_healthcode_rotate_password.drop(cluster->former);
}


healthcode_reads_t *
ngx_http_healthcode_cluster_reads(ngx_http_healthcode_cluster_t *cluster)
{
    return &cluster->reads;
}


healthcode_reason_e
ngx_http_healthcode_cluster_route(ngx_http_healthcode_cluster_t *cluster,
    const healthcode_call_t *call, healthcode_route_t *route)
{
    return healthcode_route_call(route, &cluster->reads,
                                 &ngx_http_healthcode_cluster_route_handlers,
                                 call);
}


ngx_uint_t
ngx_http_healthcode_cluster_is_up(ngx_http_healthcode_cluster_t *cluster)
{
    ngx_uint_t  i, n = 0;

    for (i = 0; i < HEALTHCODE_CLUSTER_NODES; i++) {

        if (healthcode_cluster_at(&cluster->core, i) == NULL) {
            continue;
        }

        n++;

        if (!ngx_http_healthcode_client_is_up(
                ngx_http_healthcode_cluster_client(cluster, i)))
        {
            return 0;
        }
    }

    return n != 0 && n == cluster->core.map.n && cluster->core.map.out == 0;
}


const healthcode_data_t *
ngx_http_healthcode_cluster_data(ngx_http_healthcode_cluster_t *cluster)
{
    healthcode_cluster_node_t  *node;

    node = healthcode_cluster_node(&cluster->core, HEALTHCODE_SLOT_CONTROLS);

    return node ? healthcode_tracker_data(node->tracker) : NULL;
}


const ngx_http_healthcode_store_t *
ngx_http_healthcode_cluster_node(ngx_http_healthcode_cluster_t *cluster,
    ngx_uint_t i)
{
    ngx_uint_t                             k;
    healthcode_cluster_node_t             *node;
    ngx_http_healthcode_cluster_client_t  *client;

    for (k = 0; k < HEALTHCODE_CLUSTER_NODES; k++) {

        node = healthcode_cluster_at(&cluster->core, k);

        if (node && i-- == 0) {
            client = node->data;
            return &client->store;
        }
    }

    return NULL;
}


ngx_http_healthcode_client_t *
ngx_http_healthcode_cluster_client(ngx_http_healthcode_cluster_t *cluster,
    ngx_uint_t i)
{
    ngx_http_healthcode_cluster_client_t  *node;

    node = healthcode_cluster_at(&cluster->core, i)->data;

    return node->client;
}


/* ---- what redis/ calls ---- */

static void
ngx_http_healthcode_cluster_changed(void *data)
{
    ngx_http_healthcode_cluster_t  *cluster = data;

    ngx_post_event(&cluster->settle, &ngx_posted_events);
}


static void
ngx_http_healthcode_cluster_agreed(void *data)
{
    ngx_http_healthcode_cluster_t  *cluster = data;

    if (cluster->reads.waiters.n) {
        ngx_post_event(&cluster->settle, &ngx_posted_events);
    }
}


static healthcode_reason_e
ngx_http_healthcode_cluster_ask(void *data, healthcode_cluster_node_t *node,
    const healthcode_risk_query_t *query, healthcode_lookup_done_pt done,
    void *lookups, healthcode_lookup_t **lookup)
{
    ngx_http_healthcode_cluster_client_t  *client = node->data;

    return ngx_http_healthcode_client_ask(client->client, query, done, lookups,
                                          lookup);
}


static healthcode_reason_e
ngx_http_healthcode_cluster_asking(void *data,
    healthcode_cluster_node_t *node, const healthcode_risk_query_t *query,
    healthcode_lookup_done_pt done, void *lookups, healthcode_lookup_t **lookup)
{
    ngx_http_healthcode_cluster_client_t  *client = node->data;

    return ngx_http_healthcode_client_asking(client->client, query, done,
                                             lookups, lookup);
}


static healthcode_reason_e
ngx_http_healthcode_cluster_call(void *data, healthcode_cluster_node_t *node,
    const healthcode_call_t *call, healthcode_lookup_t **lookup)
{
    ngx_http_healthcode_cluster_client_t  *client = node->data;

    return ngx_http_healthcode_client_call(client->client, call, lookup);
}


static healthcode_reason_e
ngx_http_healthcode_cluster_calling(void *data,
    healthcode_cluster_node_t *node, const healthcode_call_t *call,
    healthcode_lookup_t **lookup)
{
    ngx_http_healthcode_cluster_client_t  *client = node->data;

    return ngx_http_healthcode_client_calling(client->client, call, lookup);
}


static void
ngx_http_healthcode_cluster_flush(void *data, healthcode_cluster_node_t *node)
{
    ngx_http_healthcode_cluster_client_t  *client = node->data;

    ngx_http_healthcode_client_flush(client->client);
}


static healthcode_reason_e
ngx_http_healthcode_cluster_want(void *data)
{
    ngx_http_healthcode_cluster_t  *cluster = data;

    return ngx_http_healthcode_connection_want(&cluster->scout);
}


static void
ngx_http_healthcode_cluster_waits(void *data)
{
    ngx_http_healthcode_cluster_t  *cluster = data;

    if (!cluster->wait.timer_set) {
        ngx_add_timer(&cluster->wait, NGX_HTTP_HEALTHCODE_CLUSTER_WAIT);
    }
}


static uint64_t
ngx_http_healthcode_cluster_clock(void *data)
{
    return ngx_http_healthcode_clock();
}


/* ---- the scout ---- */

/* It asks the servers of the configuration in turn. */
static ngx_int_t
ngx_http_healthcode_cluster_scout(ngx_http_healthcode_cluster_t *cluster)
{
    ngx_http_healthcode_store_t           *store = &cluster->scouted;
    ngx_http_healthcode_connection_t      *scout = &cluster->scout;
    ngx_http_healthcode_connection_row_t  *live;

    *store = *cluster->store;
    store->cache = NULL;
    store->handshake.is_node = false;
    store->handshake.is_scout = true;
    store->handshake.tracking = false;

    ngx_memcpy(cluster->rows, ngx_http_healthcode_state_rows,
               sizeof(cluster->rows));

    live = &cluster->rows[NGX_HTTP_HEALTHCODE_CONNECTION_LIVE];
    live->begin = ngx_http_healthcode_cluster_scouted;
    live->late = NULL;
    live->lost = ngx_http_healthcode_cluster_unheard;

    if (ngx_http_healthcode_connection_init(scout, store, cluster->rows,
                               &ngx_http_healthcode_cluster_scout_handlers,
                               cluster, ngx_http_healthcode_notes_write,
                               cluster->log)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    scout->tracker.hooks = &ngx_http_healthcode_cluster_scout_hooks;
    scout->tracker.hooks_data = cluster;

    return NGX_OK;
}


static const char *
ngx_http_healthcode_cluster_said(void *data, const redisReply *reply)
{
    u_char                          text[NGX_SOCKADDR_STRLEN];
    const char                     *error;
    healthcode_str_t                host;
    healthcode_cluster_map_t        map;
    ngx_http_healthcode_cluster_t  *cluster = data;
    ngx_http_healthcode_address_t  *address = &cluster->scout.address;

    host.data = text;
    host.len = ngx_http_healthcode_address_is_unix(address)
               ? 0 : ngx_sock_ntop(&address->sockaddr.sockaddr,
                                   address->socklen, text,
                                   NGX_SOCKADDR_STRLEN, 0);

    error = healthcode_cluster_map_read(&map, reply, host);

    if (error) {
        return error;
    }

    if (map.n == 0) {
        return "it names no master of a slot; is it a node of the cluster?";
    }

    (void) healthcode_cluster_scouted(&cluster->core, &map);

    return NULL;
}


/* It has said all; the connection is closed when it has been read. */
static void
ngx_http_healthcode_cluster_scouted(ngx_http_healthcode_connection_t *scout)
{
    ngx_http_healthcode_cluster_t  *cluster = scout->data;

    ngx_http_healthcode_connection_stop_timer(scout);
    ngx_http_healthcode_address_list_serves(&scout->addresses,
                                            &scout->address);
    scout->outage.failures = 0;

    ngx_post_event(&cluster->settle, &ngx_posted_events);
}


static void
ngx_http_healthcode_cluster_unheard(ngx_http_healthcode_connection_t *scout,
    ngx_err_t err)
{
    ngx_http_healthcode_connection_disconnect(scout);
}


static void
ngx_http_healthcode_cluster_scout_live(void *data)
{
    /* void */
}


static void
ngx_http_healthcode_cluster_scout_lost(void *data)
{
    /* void */
}


static void
ngx_http_healthcode_cluster_scout_failed(void *data, healthcode_reason_e reason)
{
    ngx_http_healthcode_cluster_t  *cluster = data;

    if (!cluster->core.has_map) {
        healthcode_waiters_fail(&cluster->reads.waiters, reason);
    }
}


/* ---- nodes come and go ---- */

static void
ngx_http_healthcode_cluster_settle_handler(ngx_event_t *ev)
{
    ngx_connection_t  *dummy = ev->data;

    ngx_http_healthcode_cluster_settle(dummy->data);
}


static void
ngx_http_healthcode_cluster_settle(ngx_http_healthcode_cluster_t *cluster)
{
    healthcode_cluster_t               *core = &cluster->core;
    size_t                              from = 0;
    healthcode_cluster_node_t          *node;
    const healthcode_cluster_master_t  *master;

    if (ngx_http_healthcode_connection_is_live(&cluster->scout)) {
        ngx_http_healthcode_connection_disconnect(&cluster->scout);
    }

    if (core->has_map && cluster->changes != core->changes) {

        cluster->changes = core->changes;

        ngx_log_error(NGX_LOG_NOTICE, cluster->log, 0,
                      "healthcode: store \"%V\": its cluster has another "
                      "map, with %uz masters", &cluster->store->name,
                      core->map.n);

        while ((node = healthcode_cluster_extra(core))) {
            ngx_http_healthcode_cluster_drop(node);
        }

        while ((master = healthcode_cluster_missing(core, &from))) {
            ngx_http_healthcode_cluster_add(cluster, master);
        }

        if (core->map.n > HEALTHCODE_CLUSTER_NODES) {
            ngx_log_error(NGX_LOG_ERR, cluster->log, 0,
                          "healthcode: store \"%V\": its cluster has %uz "
                          "masters with flags, and a worker connects to %d of "
                          "them; who has flags at another one does not pass",
                          &cluster->store->name, core->map.n,
                          HEALTHCODE_CLUSTER_NODES);
        }

        healthcode_cluster_settled(core);
        healthcode_reads_doubt(&cluster->reads);
    }

    ngx_http_healthcode_cluster_look(cluster);

    healthcode_reads_wake(&cluster->reads);
}


/* The servers of the configuration are asked where no node can be. */
static void
ngx_http_healthcode_cluster_look(ngx_http_healthcode_cluster_t *cluster)
{
    ngx_uint_t                             i;
    healthcode_cluster_node_t             *node;
    ngx_http_healthcode_connection_t      *scout = &cluster->scout;
    ngx_http_healthcode_cluster_client_t  *client;

    if (healthcode_cluster_live(&cluster->core)) {

        if (scout->state == NGX_HTTP_HEALTHCODE_CONNECTION_DOWN) {
            ngx_http_healthcode_connection_stop_timer(scout);
            scout->outage.failures = 0;
        }

        ngx_http_healthcode_connection_say_up(scout);
        return;
    }

    if (scout->state != NGX_HTTP_HEALTHCODE_CONNECTION_DOWN
        || scout->timer.timer_set)
    {
        return;
    }

    for (i = 0; i < HEALTHCODE_CLUSTER_NODES; i++) {

        node = healthcode_cluster_at(&cluster->core, i);

        if (node == NULL) {
            continue;
        }

        client = node->data;

        if (ngx_http_healthcode_client_is_up(client->client)) {
            return;
        }
    }

    ngx_http_healthcode_connection_start(scout);
}


/* Without it, who has flags there does not pass. */
static void
ngx_http_healthcode_cluster_add(ngx_http_healthcode_cluster_t *cluster,
    const healthcode_cluster_master_t *master)
{
    ngx_int_t                              number = 0;
    ngx_pool_t                            *pool;
    ngx_http_healthcode_store_t           *store;
    ngx_http_healthcode_connection_t      *connection;
    ngx_http_healthcode_cluster_client_t  *node;

    pool = ngx_create_pool(NGX_DEFAULT_POOL_SIZE, cluster->log);
    if (pool == NULL) {
        return;
    }

    node = ngx_pcalloc(pool, sizeof(ngx_http_healthcode_cluster_client_t));
    if (node == NULL) {
        goto failed;
    }

    node->pool = pool;
    store = &node->store;
    *store = *cluster->store;

    if (ngx_http_healthcode_cluster_address(node, &master->address) != NGX_OK) {
        ngx_log_error(NGX_LOG_ERR, cluster->log, 0,
                      "healthcode: store \"%V\": a node of its cluster is at "
                      "%s, a name that nobody resolves; write \"resolve\" "
                      "behind its \"server\"", &store->name, node->text);
        goto failed;
    }

    if (store->cache) {

        number = ngx_http_healthcode_cache_take();

        if (number == NGX_ERROR) {
            ngx_log_error(NGX_LOG_ERR, cluster->log, 0,
                          "healthcode: store \"%V\": its cluster has more "
                          "masters than a worker keeps leases for, which are "
                          "%d", &store->name,
                          NGX_HTTP_HEALTHCODE_CACHE_NODES);
            goto failed;
        }

        node->has_number = 1;
        store->number = (ngx_uint_t) number;
    }

    if (cluster->password) {
        store->handshake.password = healthcode_str_from(
                                        cluster->password->data,
                                        cluster->password->len);
    }

    node->client = ngx_http_healthcode_client_create(pool, cluster->log, store);

    if (node->client == NULL) {
        goto failed;
    }

    ngx_http_healthcode_client_watch(node->client,
                                     ngx_http_healthcode_cluster_changed,
                                     cluster);

    connection = ngx_http_healthcode_client_connection(node->client);

    node->core = healthcode_cluster_add(&cluster->core, master,
                                        &connection->tracker, node);

    ngx_http_healthcode_client_start(node->client);

    return;

failed:

    if (node && node->has_number) {
        ngx_http_healthcode_cache_give((ngx_uint_t) number);
    }

    ngx_destroy_pool(pool);
}


/* An IP address, or a name if the store has a resolver. */
static ngx_int_t
ngx_http_healthcode_cluster_address(ngx_http_healthcode_cluster_client_t *node,
    const healthcode_cluster_address_t *address)
{
    ngx_int_t                     rc;
    ngx_http_healthcode_store_t  *store = &node->store;

    (void) healthcode_cluster_address_text(address, node->text);

    store->node.data = (u_char *) node->text;
    store->node.len = ngx_strlen(node->text);
    store->password_files = NULL;
    store->tls.files = NULL;
    store->cluster = NULL;

    ngx_memzero(&store->server, sizeof(ngx_http_healthcode_server_t));
    store->server.text = store->node;
    store->server.host.len = ngx_strlen(address->host);
    store->server.host.data = ngx_pnalloc(node->pool, store->server.host.len);
    store->server.port = address->port;

    if (store->server.host.data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(store->server.host.data, address->host, store->server.host.len);

    ngx_memzero(&node->addr, sizeof(ngx_addr_t));

    rc = ngx_parse_addr(node->pool, &node->addr, store->server.host.data,
                        store->server.host.len);

    if (rc == NGX_OK) {
        ngx_inet_set_port(node->addr.sockaddr, address->port);
        node->addr.name = store->node;

        store->server.addrs = &node->addr;
        store->server.naddrs = 1;
        store->resolver = NULL;

        return NGX_OK;
    }

    return store->resolver ? NGX_OK : NGX_ERROR;
}


static void
ngx_http_healthcode_cluster_drop(healthcode_cluster_node_t *core)
{
    ngx_http_healthcode_cluster_client_t  *node = core->data;

    /* what it was asked goes to another node, if its tag has moved */

    healthcode_cluster_drop(core);

    ngx_http_healthcode_client_destroy(node->client);

    if (node->has_number) {
        ngx_http_healthcode_cache_give(node->store.number);
    }

    ngx_destroy_pool(node->pool);
}


/* ---- reads that wait ---- */

static void
ngx_http_healthcode_cluster_wait_handler(ngx_event_t *ev)
{
    uint64_t                        left;
    ngx_connection_t               *dummy = ev->data;
    ngx_http_healthcode_cluster_t  *cluster = dummy->data;

    healthcode_reads_doubt(&cluster->reads);
    healthcode_reads_wake(&cluster->reads);

    if (healthcode_waiters_expire(&cluster->reads.waiters,
                                  ngx_http_healthcode_clock(), &left)
        && !cluster->wait.timer_set)
    {
        ngx_time_update();
        ngx_add_timer(&cluster->wait,
                      (left < NGX_HTTP_HEALTHCODE_CLUSTER_WAIT)
                      ? (ngx_msec_t) left : NGX_HTTP_HEALTHCODE_CLUSTER_WAIT);
    }
}


/* ---- credentials ---- */

static void *
ngx_http_healthcode_cluster_password_make(const healthcode_str_t *texts,
    ngx_uint_t *which, const char **error)
{
    return ngx_http_healthcode_rotate_password.make(texts, which, error);
}


static void
ngx_http_healthcode_cluster_password_drop(void *made)
{
    ngx_http_healthcode_rotate_password.drop(made);
}


/* Each node takes it for itself, and those that come. */
static void
ngx_http_healthcode_cluster_password_take(void *data, void *made)
{
    ngx_uint_t                             i;
    healthcode_cluster_node_t             *core;
    ngx_http_healthcode_cluster_t         *cluster = data;
    ngx_http_healthcode_password_t        *copy;
    ngx_http_healthcode_cluster_client_t  *node;

    ngx_http_healthcode_rotate_password.drop(cluster->former);

    cluster->former = cluster->password;
    cluster->password = made;

    for (i = 0; i <= HEALTHCODE_CLUSTER_NODES; i++) {

        core = healthcode_cluster_at(&cluster->core, i);

        if (core == NULL && i < HEALTHCODE_CLUSTER_NODES) {
            continue;
        }

        copy = ngx_http_healthcode_cluster_copy(cluster->password);

        if (copy == NULL) {
            ngx_log_error(NGX_LOG_ERR, cluster->log, 0,
                          "healthcode: store \"%V\": there is no memory for "
                          "its new password", &cluster->store->name);
            return;
        }

        if (core == NULL) {
            ngx_http_healthcode_rotate_password.take(&cluster->scout, copy);
            continue;
        }

        node = core->data;

        ngx_http_healthcode_rotate_password.take(
                   ngx_http_healthcode_client_connection(node->client), copy);
    }
}


static ngx_http_healthcode_password_t *
ngx_http_healthcode_cluster_copy(const ngx_http_healthcode_password_t *password)
{
    size_t                           size;
    ngx_http_healthcode_password_t  *copy;

    size = sizeof(ngx_http_healthcode_password_t) + password->len;
    copy = malloc(size);

    if (copy) {
        ngx_memcpy(copy, password, size);
    }

    return copy;
}


static void *
ngx_http_healthcode_cluster_tls_make(const healthcode_str_t *texts,
    ngx_uint_t *which, const char **error)
{
    return ngx_http_healthcode_rotate_tls.make(texts, which, error);
}


static void
ngx_http_healthcode_cluster_tls_drop(void *made)
{
    ngx_http_healthcode_rotate_tls.drop(made);
}


/* All connections have one context of OpenSSL. */
static void
ngx_http_healthcode_cluster_tls_take(void *data, void *made)
{
    ngx_uint_t                      i;
    ngx_http_healthcode_cluster_t  *cluster = data;

    ngx_http_healthcode_rotate_tls.take(&cluster->scout, made);

    for (i = 0; i < HEALTHCODE_CLUSTER_NODES; i++) {
        if (healthcode_cluster_at(&cluster->core, i)) {
            ngx_http_healthcode_tls_outdate(
                &ngx_http_healthcode_client_connection(
                     ngx_http_healthcode_cluster_client(cluster, i))
                ->wire.transport.tls);
        }
    }
}
