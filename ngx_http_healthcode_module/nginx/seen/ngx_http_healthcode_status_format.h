/*
 * The formats of healthcode_status, and what they are written from.
 * Knows no: header, token, verdict.
 * docs/directives.md, "healthcode_status".
 */

#ifndef NGX_HTTP_HEALTHCODE_STATUS_FORMAT_H
#define NGX_HTTP_HEALTHCODE_STATUS_FORMAT_H

#include "../store/ngx_http_healthcode_minutes.h"
#include "ngx_http_healthcode_counts.h"
#include "../../core/healthcode_exposition.h"
#include "../../core/healthcode_json_writer.h"


/* What one answer is written from, read once. */
typedef struct {
    const ngx_http_healthcode_main_conf_t   *mcf;
    const ngx_http_healthcode_counts_row_t  *row;
    ngx_uint_t                               n;      /* rows */
    time_t                                   now;
    const healthcode_history_minute_t       *minute;
    ngx_uint_t                               minutes;
} ngx_http_healthcode_status_facts_t;

/* How a store stands, as all workers say. */
typedef struct {
    ngx_uint_t                               is_up;
    ngx_uint_t                               reason;   /* why it is not */
    uint64_t                                 since;    /* Unix seconds; 0: that
                                                          is not known */
    ngx_uint_t                               workers_up;
    ngx_uint_t                               workers_down;
    uint64_t                                 age;      /* ms, of a heartbeat */
    int64_t                                  ahead;    /* ms: its clock */
    uint64_t                                 keys;     /* that are tracked */
    uint64_t                                 max_keys; /* 0: no limit, or none
                                                          are tracked */
    int64_t                                  tick_age; /* ms, of a replica */
    healthcode_standing_lead_t               lead;     /* by sentinels */
    unsigned                                 has_beaten:1;   /* age is known */
    unsigned                                 is_timed:1;     /* ahead is */
    unsigned                                 has_keys:1;     /* keys are */
    unsigned                                 has_tick:1;     /* tick_age is */
    unsigned                                 is_offline:1;   /* a replica is
                                                                cut off */
} ngx_http_healthcode_status_state_t;

typedef void (*ngx_http_healthcode_status_write_pt)(
    const ngx_http_healthcode_status_facts_t *facts, healthcode_sink_t *sink);


/* All of it, in a buffer of the pool of r; NULL: no memory. */
ngx_buf_t *ngx_http_healthcode_status_json(ngx_http_request_t *r);
ngx_buf_t *ngx_http_healthcode_status_prometheus(ngx_http_request_t *r);

/* Likewise; sets headers of its own, too. */
ngx_buf_t *ngx_http_healthcode_status_page(ngx_http_request_t *r);

/* Before the page can be asked for; once is enough. */
ngx_int_t ngx_http_healthcode_status_page_init(ngx_conf_t *cf);

/* What write writes of the facts of now, likewise. */
ngx_buf_t *ngx_http_healthcode_status_text(ngx_http_request_t *r,
    ngx_http_healthcode_status_write_pt write);


/*
 * How store stands, as all workers say; as this one does if none has said
 * anything.
 */
void ngx_http_healthcode_status_state(const ngx_http_healthcode_store_t *store,
    ngx_http_healthcode_status_state_t *state);


/* ---- parts of them ---- */

/* Of JSON: the members "stores" and "verify_seconds". */
void ngx_http_healthcode_status_json_stores(
    const ngx_http_healthcode_status_facts_t *facts,
    healthcode_json_writer_t *json);

/* Likewise: the member "minutes". */
void ngx_http_healthcode_status_json_minutes(
    const ngx_http_healthcode_status_facts_t *facts,
    healthcode_json_writer_t *json);

/* Of JSON, of one store: the members "data" and "data_age". */
void ngx_http_healthcode_status_json_data(
    const ngx_http_healthcode_store_t *store, time_t now,
    healthcode_json_writer_t *json);

/* Of Prometheus' format: who feeds stores, and when each did. */
void ngx_http_healthcode_status_data(const ngx_array_t *stores,
    healthcode_sink_t *text);

/* Of JSON, of one store: the member "nodes", those of its cluster. */
void ngx_http_healthcode_status_json_nodes(
    const ngx_http_healthcode_store_t *store, healthcode_json_writer_t *json);

/* Of Prometheus' format: which nodes are up. */
void ngx_http_healthcode_status_nodes(const ngx_array_t *stores,
    healthcode_sink_t *text);

/* Of JSON, of one store: the member "halls", who is inside. */
void ngx_http_healthcode_status_json_halls(
    const ngx_http_healthcode_status_facts_t *facts,
    const ngx_http_healthcode_store_t *store, healthcode_json_writer_t *json);

/* Of Prometheus' format: the same, of all stores. */
void ngx_http_healthcode_status_halls(
    const ngx_http_healthcode_status_facts_t *facts, healthcode_sink_t *text);

/* Of Prometheus' format: issuers and their keys. */
void ngx_http_healthcode_status_issuers(const ngx_array_t *issuers,
    healthcode_sink_t *text);

/* Likewise: how stores stand; and lookups, connections and times. */
void ngx_http_healthcode_status_standings(const ngx_array_t *stores,
    healthcode_sink_t *text);
void ngx_http_healthcode_status_stores(
    const ngx_http_healthcode_status_facts_t *facts, healthcode_sink_t *text);

/*
 * The label of an issuer or a store in counters and metrics, in the
 * HEALTHCODE_SERIES_ISSUER bytes of label.
 */
static ngx_inline healthcode_str_t
ngx_http_healthcode_status_label(const ngx_str_t *name, uint8_t *label)
{
    return healthcode_str_from(label,
               healthcode_series_value(ngx_http_healthcode_view(name), label,
                                       HEALTHCODE_SERIES_ISSUER));
}

#endif
