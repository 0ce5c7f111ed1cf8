/*
 * A worker's event loop with a cluster: its nodes that come and go, who scouts
 * for a map, reads that wait for one; as nginx/store/ has them.  Knows no rule:
 * those are redis/'s.  CONTRIBUTING.md, "The model".
 */

#include <string.h>

#include "model_cluster.h"


/* Milliseconds between questions for a map that reads wait for. */
#define MODEL_CLUSTER_WAIT  50


static void model_cluster_changed(void *data);
static void model_cluster_agreed(void *data);
static healthcode_reason_e model_cluster_ask_node(void *data,
    healthcode_cluster_node_t *node, const healthcode_risk_query_t *query,
    healthcode_lookup_done_pt done, void *lookups,
    healthcode_lookup_t **lookup);
static healthcode_reason_e model_cluster_asking(void *data,
    healthcode_cluster_node_t *node, const healthcode_risk_query_t *query,
    healthcode_lookup_done_pt done, void *lookups,
    healthcode_lookup_t **lookup);
static void model_cluster_flush(void *data, healthcode_cluster_node_t *node);
static healthcode_reason_e model_cluster_want(void *data);
static void model_cluster_waits(void *data);
static const char *model_cluster_said(void *data, const redisReply *reply);
static void model_cluster_settle(model_cluster_t *cluster);
static void model_cluster_look(model_cluster_t *cluster);
static void model_cluster_add(model_cluster_t *cluster,
    const healthcode_cluster_master_t *master);
static void model_cluster_drop(healthcode_cluster_node_t *core);
static void model_cluster_wait(model_cluster_t *cluster);


static const healthcode_cluster_handlers_t  model_cluster_handlers = {
    .changed = model_cluster_changed, .agreed = model_cluster_agreed
};

static const healthcode_reads_handlers_t  model_cluster_reads_handlers = {
    .ask = model_cluster_ask_node, .asking = model_cluster_asking,
    .flush = model_cluster_flush, .want = model_cluster_want,
    .waits = model_cluster_waits, .clock = model_clock
};

static const healthcode_tracker_hooks_t  model_cluster_scout_hooks = {
    .said = model_cluster_said
};

static model_cluster_t  model_clusters[MODEL_WORKERS];


void
model_cluster_start(model_worker_t *worker)
{
    model_client_t   *scout;
    model_cluster_t  *cluster = &model_clusters[worker->number];

    model_cluster_end(worker);
    worker->writes = -1;
    model_ask_begin(worker);

    cluster->worker = worker;
    cluster->is_made = true;
    worker->is_made = true;

    healthcode_cluster_init(&cluster->core, model.terms.lease,
                            &model_cluster_handlers, cluster);
    healthcode_reads_init(&cluster->reads, &cluster->core,
                          2 * model.terms.lease, MODEL_LOOKUPS,
                          &model_cluster_reads_handlers, cluster);

    for (unsigned i = 0; i <= MODEL_NODES; i++) {
        cluster->clients[i].cluster = cluster;
    }

    scout = model_cluster_scout(cluster);
    cluster->seed = model_roll(model.terms.nodes);
    model_client_init(scout, cluster->seed);
    scout->tracker.hooks = &model_cluster_scout_hooks;
    scout->tracker.hooks_data = scout;
    model_client_connect(scout);
}


void
model_cluster_end(model_worker_t *worker)
{
    model_cluster_t  *cluster = &model_clusters[worker->number];

    if (!cluster->is_made) {
        return;
    }

    worker->is_made = false;
    model_memory_free(worker->number);
    memset(cluster, 0, sizeof(model_cluster_t));
}


/* The connection number i of all workers; NULL: it is not open. */
model_link_t *
model_cluster_link(unsigned i)
{
    model_client_t  *client;

    client = &model_clusters[i / (MODEL_NODES + 1)]
             .clients[i % (MODEL_NODES + 1)];

    return (client->is_used && client->link.open) ? &client->link : NULL;
}


/* ---- a turn ---- */

void
model_cluster_turn(model_worker_t *worker)
{
    unsigned          n;
    model_client_t   *client;
    model_cluster_t  *cluster = &model_clusters[worker->number];

    model_arm(MODEL_IDLE);
    worker->cached = model_clock(worker);

    for (unsigned i = 0; i <= MODEL_NODES; i++) {

        client = &cluster->clients[i];

        if (client->is_used && model_chance(model.terms.read)) {
            model_client_read(client);
        }
    }

    model_cluster_settle(cluster);

    for (unsigned i = 0; i <= MODEL_NODES; i++) {

        client = &cluster->clients[i];

        if (client->is_used) {
            model_client_timers(client);
        }
    }

    model_cluster_wait(cluster);

    for (n = model_glue_asks(worker); n; n--) {
        model_ask(worker, model_chance(128)
                          ? model.stores[worker->store].hot
                          : model_roll(model.terms.holders));
    }

    model_cluster_settle(cluster);

    for (unsigned i = 0; i <= MODEL_NODES; i++) {

        client = &cluster->clients[i];

        if (client->is_used) {
            model_arm(MODEL_SENDING);
            model_client_write(client);
            model_arm(MODEL_IDLE);
        }
    }
}


bool
model_cluster_find(model_worker_t *worker,
    const healthcode_risk_query_t *query, const healthcode_risk_terms_t *terms,
    healthcode_risk_t *risk)
{
    return healthcode_reads_find(&model_clusters[worker->number].reads, query,
                                 terms, risk, model_clock, worker);
}


bool
model_cluster_find_stale(model_worker_t *worker,
    const healthcode_risk_query_t *query, const healthcode_risk_terms_t *terms,
    uint64_t over, healthcode_risk_t *risk)
{
    return healthcode_reads_find_stale(&model_clusters[worker->number].reads,
                                       query, terms, over, risk, model_clock,
                                       worker);
}


healthcode_reason_e
model_cluster_ask(model_worker_t *worker, const healthcode_risk_query_t *query,
    model_ask_t *ask, healthcode_lookup_done_pt done)
{
    healthcode_read_t  *read;

    return healthcode_reads_ask(&model_clusters[worker->number].reads, query,
                                done, ask, &read);
}


/* ---- what redis/ calls ---- */

static void
model_cluster_changed(void *data)
{
    model_cluster_t  *cluster = data;

    model.count.maps++;
    model_trace("worker %u has another map, with %u masters: %c %c %c",
                cluster->worker->number, (unsigned) cluster->core.map.n,
                cluster->core.map.masters[0].address.host[7],
                cluster->core.map.masters[1].address.host[7],
                cluster->core.map.masters[2].address.host[7]);
    cluster->is_due = true;
}


static void
model_cluster_agreed(void *data)
{
    model_cluster_t  *cluster = data;

    cluster->is_due = cluster->is_due || cluster->reads.waiters.n > 0;
}


static healthcode_reason_e
model_cluster_ask_node(void *data, healthcode_cluster_node_t *node,
    const healthcode_risk_query_t *query, healthcode_lookup_done_pt done,
    void *lookups, healthcode_lookup_t **lookup)
{
    model_client_t       *client = node->data;
    healthcode_reason_e   reason;

    (void) data;

    if (!client->link.open && !client->is_moving) {

        if (!healthcode_tracker_is_fresh(&client->tracker, model_clock(NULL))
            && client->reason != HEALTHCODE_REASON_OK)
        {
            return client->reason;
        }

        model_client_connect(client);
    }

    reason = healthcode_tracker_ask(&client->tracker, query, model_clock(NULL),
                                    done, lookups, lookup);

    if (reason == HEALTHCODE_REASON_OK) {
        model_client_wake(client);
    }

    return reason;
}


static healthcode_reason_e
model_cluster_asking(void *data, healthcode_cluster_node_t *node,
    const healthcode_risk_query_t *query, healthcode_lookup_done_pt done,
    void *lookups, healthcode_lookup_t **lookup)
{
    model_client_t  *client = node->data;

    (void) data;
    model.count.followed++;

    return healthcode_tracker_asking(&client->tracker, query,
                                     model_clock(NULL), done, lookups, lookup);
}


/* What there is leaves at the end of each turn. */
static void
model_cluster_flush(void *data, healthcode_cluster_node_t *node)
{
    (void) data;
    model_client_wake(node->data);
}


static healthcode_reason_e
model_cluster_want(void *data)
{
    model_cluster_t  *cluster = data;
    model_client_t   *scout = model_cluster_scout(cluster);

    return scout->link.open ? HEALTHCODE_REASON_OK
                            : HEALTHCODE_REASON_STORE_UNAVAILABLE;
}


static void
model_cluster_waits(void *data)
{
    model_cluster_t  *cluster = data;

    model.count.waits++;

    if (cluster->wait == 0) {
        cluster->wait = cluster->worker->cached + MODEL_CLUSTER_WAIT;
    }
}


/* Of the scout a map is all that is heard. */
static const char *
model_cluster_said(void *data, const redisReply *reply)
{
    const char                    *error;
    model_client_t                *scout = data;
    healthcode_cluster_map_t       map;
    healthcode_cluster_address_t   address;

    model_redirect_address(&address, scout->server);
    error = healthcode_cluster_map_read(&map, reply,
                healthcode_str_from(address.host, strlen(address.host)));

    if (error == NULL) {
        model.count.scouted += healthcode_cluster_scouted(
                                   &scout->cluster->core, &map);
    }

    return error;
}


/* ---- nodes come and go ---- */

static void
model_cluster_settle(model_cluster_t *cluster)
{
    size_t                              from = 0;
    model_client_t                     *scout = model_cluster_scout(cluster);
    healthcode_cluster_t               *core = &cluster->core;
    healthcode_cluster_node_t          *node;
    const healthcode_cluster_master_t  *master;

    if (!cluster->is_due) {
        return;
    }

    cluster->is_due = false;

    if (scout->tracker.state == HEALTHCODE_TRACKER_LIVE
        || (scout->link.open && scout->reason == HEALTHCODE_REASON_FAULT))
    {
        model_link_close(&scout->link);
        healthcode_tracker_disconnect(&scout->tracker);
    }

    if (core->has_map && cluster->changes != core->changes) {

        cluster->changes = core->changes;

        while ((node = healthcode_cluster_extra(core))) {
            model_cluster_drop(node);
        }

        while ((master = healthcode_cluster_missing(core, &from))) {
            model_cluster_add(cluster, master);
        }

        healthcode_cluster_settled(core);
        healthcode_reads_doubt(&cluster->reads);
    }

    model_cluster_look(cluster);
    healthcode_reads_wake(&cluster->reads);
}


/* Servers that are written are asked where no node can be. */
static void
model_cluster_look(model_cluster_t *cluster)
{
    model_client_t  *scout = model_cluster_scout(cluster);

    if (healthcode_cluster_live(&cluster->core)) {
        scout->again = MODEL_NEVER;
        return;
    }

    if (scout->link.open || scout->again != MODEL_NEVER) {
        return;
    }

    for (unsigned i = 0; i < MODEL_NODES; i++) {
        if (cluster->clients[i].is_used && cluster->clients[i].link.open) {
            return;
        }
    }

    scout->again = cluster->worker->cached;
}


static void
model_cluster_add(model_cluster_t *cluster,
    const healthcode_cluster_master_t *master)
{
    unsigned                 i = 0;
    model_client_t          *client;
    model_worker_t          *worker = cluster->worker;
    healthcode_memo_terms_t  terms = {
        .absence = &model.absence, .lease = model.terms.lease,
        .max_age = model.terms.max_age, .digest = model.digest,
        .counters = &worker->counters
    };

    while (cluster->clients[i].is_used) {
        i++;
    }

    client = &cluster->clients[i];
    terms.number = worker->number + MODEL_WORKERS * (i + 1);

    model_client_init(client, model_redirect_server(&master->address));
    model.wrong = healthcode_tracker_own(&client->tracker, &terms)
                  ? model.wrong : "there is no memory";
    client->core = healthcode_cluster_add(&cluster->core, master,
                                          &client->tracker, client);
    model_client_connect(client);
}


static void
model_cluster_drop(healthcode_cluster_node_t *core)
{
    model_client_t  *client = core->data;

    /* what it was asked goes to another node, if its tag has moved */

    healthcode_cluster_drop(core);

    model_link_close(&client->link);
    healthcode_tracker_disconnect(&client->tracker);
    client->cluster->is_due = true;
    healthcode_pipeline_fail(&client->tracker.pipeline,
                             HEALTHCODE_REASON_STORE_UNAVAILABLE);
    healthcode_tracker_lose(&client->tracker);
    healthcode_tracker_free(&client->tracker);
    client->is_used = false;
}


/* The timer of reads that wait. */
static void
model_cluster_wait(model_cluster_t *cluster)
{
    uint64_t  left;

    if (cluster->wait == 0 || cluster->wait > cluster->worker->cached) {
        return;
    }

    cluster->wait = 0;
    healthcode_reads_doubt(&cluster->reads);
    healthcode_reads_wake(&cluster->reads);

    if (healthcode_waiters_expire(&cluster->reads.waiters, model_clock(NULL),
                                  &left)
        && cluster->wait == 0)
    {
        cluster->wait = cluster->worker->cached
                        + (left < MODEL_CLUSTER_WAIT ? left
                                                     : MODEL_CLUSTER_WAIT);
    }
}
