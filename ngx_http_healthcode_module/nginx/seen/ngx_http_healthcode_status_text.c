/*
 * An answer of healthcode_status in any format: reads what it is written from,
 * and finds its size.  Changes nothing.
 * Knows no: header, token, verdict.  docs/directives.md, "healthcode_status".
 */

#include "ngx_http_healthcode_status_format.h"


/* The size of an answer is that of the one before, and this many bytes. */
#define NGX_HTTP_HEALTHCODE_STATUS_MORE  512


static ngx_int_t ngx_http_healthcode_status_facts(ngx_http_request_t *r,
    ngx_http_healthcode_status_facts_t *facts);


ngx_buf_t *
ngx_http_healthcode_status_text(ngx_http_request_t *r,
    ngx_http_healthcode_status_write_pt write)
{
    ngx_buf_t                           *b;
    healthcode_sink_t                    sink;
    ngx_http_healthcode_status_facts_t   facts;

    if (ngx_http_healthcode_status_facts(r, &facts) != NGX_OK) {
        return NULL;
    }

    /* the first time only to see how long it is; numbers grow meanwhile */

    ngx_memzero(&sink, sizeof(sink));

    for ( ;; ) {
        sink.len = 0;
        write(&facts, &sink);

        if (sink.len <= sink.size) {
            break;
        }

        sink.size = sink.len + NGX_HTTP_HEALTHCODE_STATUS_MORE;
        sink.data = ngx_pnalloc(r->pool, sink.size);

        if (sink.data == NULL) {
            return NULL;
        }
    }

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NULL;
    }

    b->pos = sink.data;
    b->last = sink.data + sink.len;
    b->memory = 1;

    return b;
}


/* The minutes add up with the rows, of which their totals are made. */
static ngx_int_t
ngx_http_healthcode_status_facts(ngx_http_request_t *r,
    ngx_http_healthcode_status_facts_t *facts)
{
    ngx_uint_t                         i;
    healthcode_minute_t                totals;
    healthcode_history_minute_t       *minute;
    ngx_http_healthcode_counts_row_t  *row = NULL;

    facts->mcf = ngx_http_get_module_main_conf(r, ngx_http_healthcode_module);
    facts->now = ngx_time();

    if (ngx_http_healthcode_counts_read(r, &row, &facts->n) != NGX_OK) {
        return NGX_ERROR;
    }

    minute = ngx_palloc(r->pool, HEALTHCODE_HISTORY_MINUTES
                                 * sizeof(healthcode_history_minute_t));
    if (minute == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(&totals, sizeof(totals));

    for (i = 0; i < facts->n; i++) {
        healthcode_minute_add(&totals, &row[i].series, row[i].sum);
    }

    facts->row = row;
    facts->minute = minute;
    facts->minutes = ngx_http_healthcode_minutes_read(facts->mcf, &totals,
                                                      minute);

    return NGX_OK;
}
