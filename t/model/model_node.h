/*
 * What the files of the model that make a cluster do; model.h includes it.
 * Knows no rule.  CONTRIBUTING.md, "The model".
 */

#ifndef MODEL_NODE_H
#define MODEL_NODE_H

#include "model.h"


/* model_node.c: a cluster; whether link's server answers by turning away */
void model_node_begin(model_store_t *store);
void model_node_turn(model_store_t *store);
bool model_node_turns(model_link_t *link, const model_message_t *command,
    model_message_t *reply);
void model_node_push(unsigned server, unsigned key);
void model_node_push_all(unsigned server);
void model_node_cut(unsigned server, bool half);
void model_node_finish(unsigned server);
bool model_node_has(const model_server_t *server, unsigned key);
bool model_node_is_out(const model_server_t *server);
uint64_t model_store_proof(const model_server_t *server, unsigned part);
void model_store_link(model_link_t *link);
void model_store_serve(model_link_t *link);

/* model_map.c: who has which partition, and who knows */
void model_map_begin(model_store_t *store);
void model_map_turn(model_store_t *store);
unsigned model_map_owner(const model_store_t *store, unsigned part);
bool model_map_is_settled(const model_store_t *store);
void model_map_move(model_store_t *store, unsigned part, unsigned server);
void model_map_promote(model_store_t *store, unsigned from, unsigned to);
void model_map_spread(model_store_t *store, unsigned actor);
void model_map_hide(model_store_t *store, unsigned part);
void model_map_flagged(model_store_t *store, unsigned key, bool flag);

/* model_shift.c: what an adversary, and operators, do to a cluster */
void model_shift(model_store_t *store);
void model_shift_calm(model_store_t *store);

/* model_loss.c: what is lost, and loaded again */
void model_loss_empty(model_store_t *store);
void model_loss_restore(model_store_t *store);
void model_loss_lose(model_store_t *store);
void model_loss_link(void);
bool model_loss_is_whole(const model_server_t *server, unsigned part);

/* model_writer.c */
void model_writer_turn(model_store_t *store);

/* model_memory.c: all that a worker of a cluster had is gone */
void model_memory_free(unsigned worker);

/* model_cluster.c: the event loop of a worker of a cluster */
void model_cluster_start(model_worker_t *worker);
void model_cluster_end(model_worker_t *worker);
void model_cluster_turn(model_worker_t *worker);
model_link_t *model_cluster_link(unsigned i);
bool model_cluster_find(model_worker_t *worker,
    const healthcode_risk_query_t *query,
    const healthcode_risk_terms_t *terms, healthcode_risk_t *risk);
bool model_cluster_find_stale(model_worker_t *worker,
    const healthcode_risk_query_t *query,
    const healthcode_risk_terms_t *terms, uint64_t over,
    healthcode_risk_t *risk);
healthcode_reason_e model_cluster_ask(model_worker_t *worker,
    const healthcode_risk_query_t *query, model_ask_t *ask,
    healthcode_lookup_done_pt done);

#endif
