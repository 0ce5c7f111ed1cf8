/*
 * One worker's connections to the nodes of a Redis Cluster, and to a server
 * that tells which nodes there are.  Knows no: request, holder.
 * docs/connection.md, "Cluster".
 */

#ifndef NGX_HTTP_HEALTHCODE_CLUSTER_H
#define NGX_HTTP_HEALTHCODE_CLUSTER_H

#include "ngx_http_healthcode_client.h"

#include "../../redis/healthcode_route.h"


/* What a store of a cluster is entered with, of files that change. */
extern const ngx_http_healthcode_credential_kind_t
    ngx_http_healthcode_cluster_password;
extern const ngx_http_healthcode_credential_kind_t
    ngx_http_healthcode_cluster_tls;


/* That of this worker, which asks for the map at once; NULL: no memory. */
ngx_http_healthcode_cluster_t *ngx_http_healthcode_cluster_create(
    ngx_cycle_t *cycle, ngx_http_healthcode_store_t *store);

/* Closes all for good; every read under way ends as unavailable. */
void ngx_http_healthcode_cluster_destroy(
    ngx_http_healthcode_cluster_t *cluster);

/* Its reads: asked, found, cancelled as healthcode_read.h says. */
healthcode_reads_t *ngx_http_healthcode_cluster_reads(
    ngx_http_healthcode_cluster_t *cluster);

/* As healthcode_route_call(), where these reads say. */
healthcode_reason_e ngx_http_healthcode_cluster_route(
    ngx_http_healthcode_cluster_t *cluster, const healthcode_call_t *call,
    healthcode_route_t *route);

/* 0: the map is not known, or a node of it is down for this worker. */
ngx_uint_t ngx_http_healthcode_cluster_is_up(
    ngx_http_healthcode_cluster_t *cluster);

/* Who feeds the store, as the node of controls said last; NULL: not known. */
const healthcode_data_t *ngx_http_healthcode_cluster_data(
    ngx_http_healthcode_cluster_t *cluster);

/*
 * The store as node number i has it, whose address is its name; NULL: there are
 * not so many.
 */
const ngx_http_healthcode_store_t *ngx_http_healthcode_cluster_node(
    ngx_http_healthcode_cluster_t *cluster, ngx_uint_t i);

/* The client of that one. */
ngx_http_healthcode_client_t *ngx_http_healthcode_cluster_client(
    ngx_http_healthcode_cluster_t *cluster, ngx_uint_t i);

#endif
