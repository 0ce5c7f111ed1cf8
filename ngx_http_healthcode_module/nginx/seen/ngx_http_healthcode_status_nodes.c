/*
 * How the nodes of a store's cluster stand, for healthcode_status.  Changes
 * nothing.
 * Knows no: header, token, verdict.
 * docs/monitoring/metrics.md, "State of stores".
 */

#include "../store/ngx_http_healthcode_ask.h"
#include "ngx_http_healthcode_status_format.h"


static const ngx_http_healthcode_store_t *ngx_http_healthcode_status_nodes_at(
    const ngx_http_healthcode_store_t *store, ngx_uint_t i);


static const healthcode_exposition_t  ngx_http_healthcode_status_node = {
    "healthcode_store_node_up", "gauge",
    "0 while a node of the store's cluster is down for a worker, otherwise 1."
};


/* Node number i of store, as the worker that answers knows them; or NULL. */
static const ngx_http_healthcode_store_t *
ngx_http_healthcode_status_nodes_at(const ngx_http_healthcode_store_t *store,
    ngx_uint_t i)
{
    return store->cluster ? ngx_http_healthcode_cluster_node(store->cluster, i)
                          : NULL;
}


void
ngx_http_healthcode_status_nodes(const ngx_array_t *stores,
    healthcode_sink_t *text)
{
    uint8_t                               name[HEALTHCODE_SERIES_ISSUER];
    uint8_t                               address[HEALTHCODE_SERIES_ISSUER];
    ngx_uint_t                            i, n;
    healthcode_str_t                      values[2];
    static const char *const              labels[] = { "store", "node" };
    ngx_http_healthcode_store_t         **store = stores->elts;
    const ngx_http_healthcode_store_t    *node;
    ngx_http_healthcode_status_state_t    state;

    healthcode_exposition_metric(text, &ngx_http_healthcode_status_node);

    for (i = 0; i < stores->nelts; i++) {

        values[0] = ngx_http_healthcode_status_label(&store[i]->name, name);

        for (n = 0;
             (node = ngx_http_healthcode_status_nodes_at(store[i], n)) != NULL;
             n++)
        {
            ngx_http_healthcode_status_state(node, &state);

            values[1] = ngx_http_healthcode_status_label(&node->node, address);
            healthcode_exposition_sample(text,
                                         &ngx_http_healthcode_status_node,
                                         labels, values, 2, state.is_up);
        }
    }
}


void
ngx_http_healthcode_status_json_nodes(const ngx_http_healthcode_store_t *store,
    healthcode_json_writer_t *json)
{
    ngx_uint_t                           i;
    const ngx_http_healthcode_store_t   *node;
    ngx_http_healthcode_status_state_t   state;

    healthcode_json_writer_name(json, "nodes");

    if (!store->is_cluster) {
        healthcode_json_writer_word(json, healthcode_str("null"));
        return;
    }

    healthcode_json_writer_open(json, '[');

    for (i = 0;
         (node = ngx_http_healthcode_status_nodes_at(store, i)) != NULL;
         i++)
    {
        ngx_http_healthcode_status_state(node, &state);

        healthcode_json_writer_open(json, '{');
        healthcode_json_writer_name(json, "node");
        healthcode_json_writer_string(json,
                                      ngx_http_healthcode_view(&node->node));
        healthcode_json_writer_name(json, "up");
        healthcode_json_writer_word(json, state.is_up
                                          ? healthcode_str("true")
                                          : healthcode_str("false"));
        healthcode_json_writer_name(json, "reason");

        if (state.is_up) {
            healthcode_json_writer_word(json, healthcode_str("null"));

        } else {
            healthcode_json_writer_string(json,
                                      healthcode_reason_word(state.reason));
        }

        healthcode_json_writer_known(json, "since", state.since, state.since);
        healthcode_json_writer_member(json, "workers_up", state.workers_up);
        healthcode_json_writer_member(json, "workers_down",
                                      state.workers_down);
        healthcode_json_writer_known(json, "lease_age_ms", state.has_beaten,
                                     state.age);
        healthcode_json_writer_close(json, '}');
    }

    healthcode_json_writer_close(json, ']');
}
