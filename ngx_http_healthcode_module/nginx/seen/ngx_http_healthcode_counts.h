/*
 * As what a request counts, once: by its gate, the issuer of its code, its
 * verdict and the reason.
 * Knows no: connection, header, token.
 * docs/monitoring/metrics.md, "Requests".
 */

#ifndef NGX_HTTP_HEALTHCODE_COUNTS_H
#define NGX_HTTP_HEALTHCODE_COUNTS_H

#include "../request/ngx_http_healthcode_record.h"
#include "../../core/healthcode_event.h"
#include "../../core/healthcode_histogram.h"
#include "../../core/healthcode_series.h"


/* The labels of a request; series views the rest. */
typedef struct {
    healthcode_series_t  series;
    uint8_t              gate[HEALTHCODE_SERIES_GATE];
    uint8_t              server[HEALTHCODE_SERIES_SERVER];
    uint8_t              issuer[HEALTHCODE_SERIES_ISSUER];
} ngx_http_healthcode_counts_labels_t;


/* A counter, read: its labels view memory of the request that asked. */
typedef struct {
    healthcode_series_t  series;
    uint64_t             sum;
} ngx_http_healthcode_counts_row_t;


/* Times of one store or one issuer: how many fell into each bucket. */
typedef struct {
    healthcode_str_t     label;
    uint64_t             counts[HEALTHCODE_HISTOGRAM_BUCKETS];
    uint64_t             sum;      /* microseconds */
} ngx_http_healthcode_counts_times_t;


/* Whether it counts requests, with all their labels. */
static ngx_inline ngx_uint_t
ngx_http_healthcode_counts_is_request(
    const ngx_http_healthcode_counts_row_t *row)
{
    return row->series.what == HEALTHCODE_SERIES_REQUESTS && row->series.n == 5;
}


/* Makes what a worker counts with.  NGX_OK, or NGX_ERROR: no memory. */
ngx_int_t ngx_http_healthcode_counts_init_process(ngx_cycle_t *cycle,
    ngx_http_healthcode_main_conf_t *mcf);

/* A judgement of the request begins: until its verdict it may be aborted. */
static ngx_inline void
ngx_http_healthcode_counts_open(ngx_http_healthcode_record_t *record)
{
    record->count.is_open = 1;
}


/*
 * Notes the verdict that was reached by the rules of lcf, unless it is another
 * one that the client sees: the first refusal stands until a gate allows, and a
 * gate that only audits replaces no verdict of one that is on.
 */
void ngx_http_healthcode_counts_note(const ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record);

/* Notes that the gate failed before it could judge, which is its fault. */
void ngx_http_healthcode_counts_fault(
    const ngx_http_healthcode_loc_conf_t *lcf,
    ngx_http_healthcode_record_t *record);

/* A request that was denied goes on: another access rule has let it in. */
void ngx_http_healthcode_counts_overrule(ngx_http_healthcode_record_t *record);

/*
 * Counts the request, at its end; r is a main request, and record its own or
 * that of one of its subrequests.  A request that no gate was asked about is
 * not counted.
 */
void ngx_http_healthcode_counts_end(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record);

/*
 * As what the request counts if it ends now, or was counted.  0: no gate was
 * asked about it.
 */
ngx_uint_t ngx_http_healthcode_counts_now(
    const ngx_http_healthcode_record_t *record,
    ngx_http_healthcode_count_t *count);

/* The labels of count, whose gate is not NULL. */
void ngx_http_healthcode_counts_labels(
    const ngx_http_healthcode_count_t *count,
    ngx_http_healthcode_counts_labels_t *labels);

/*
 * Reads all counters into *rows, sorted by what they count and by their labels,
 * in the pool of r; *n is how many.  Requests that have no counter of their own
 * come last.  NGX_OK, or NGX_ERROR: no memory.
 */
ngx_int_t ngx_http_healthcode_counts_read(ngx_http_request_t *r,
    ngx_http_healthcode_counts_row_t **rows, ngx_uint_t *n);

/*
 * Reads the next times of what among n rows from *i on, which is then behind
 * them.  0: there are no more.
 */
ngx_uint_t ngx_http_healthcode_counts_times(
    const ngx_http_healthcode_counts_row_t *row, ngx_uint_t n,
    healthcode_series_e what, ngx_uint_t *i,
    ngx_http_healthcode_counts_times_t *times);

#endif
