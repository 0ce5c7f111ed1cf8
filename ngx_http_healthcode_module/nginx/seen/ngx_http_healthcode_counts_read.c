/*
 * All counters, read and sorted for a page that shows them.
 * Changes nothing.
 * Knows no: connection, header, token, verdict.
 * docs/monitoring/metrics.md, "Requests".
 */

#include "ngx_http_healthcode_counts.h"


static ngx_int_t ngx_http_healthcode_counts_read_row(ngx_http_request_t *r,
    const healthcode_counters_t *counters, size_t place,
    ngx_http_healthcode_counts_row_t *row);
static void ngx_http_healthcode_counts_read_rest(uint64_t sum,
    ngx_http_healthcode_counts_row_t *row);
static int ngx_libc_cdecl ngx_http_healthcode_counts_read_compare(
    const void *one, const void *two);


ngx_int_t
ngx_http_healthcode_counts_read(ngx_http_request_t *r,
    ngx_http_healthcode_counts_row_t **rows, ngx_uint_t *n)
{
    size_t                             place;
    uint64_t                           rest;
    ngx_int_t                          rc;
    healthcode_counters_t             *counters;
    ngx_http_healthcode_main_conf_t   *mcf;
    ngx_http_healthcode_counts_row_t  *row;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_healthcode_module);

    counters = mcf->counters;
    *n = 0;

    if (counters == NULL) {
        return NGX_OK;
    }

    /*
     * For all places, of which others may be taken while we read: a counter
     * that an answer leaves out looks as if it had begun anew.  One more is for
     * those that have no place.
     */
    row = ngx_palloc(r->pool, (counters->places + 1)
                              * sizeof(ngx_http_healthcode_counts_row_t));
    if (row == NULL) {
        return NGX_ERROR;
    }

    for (place = 0; place < counters->places; place++) {

        rc = ngx_http_healthcode_counts_read_row(r, counters, place, &row[*n]);

        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }

        *n += (rc == NGX_OK);
    }

    ngx_qsort(row, *n, sizeof(ngx_http_healthcode_counts_row_t),
              ngx_http_healthcode_counts_read_compare);

    rest = healthcode_counters_overflow(counters);

    if (rest) {
        ngx_http_healthcode_counts_read_rest(rest, &row[(*n)++]);
    }

    *rows = row;

    return NGX_OK;
}


/* NGX_OK, NGX_DECLINED: nothing is counted there, or NGX_ERROR. */
static ngx_int_t
ngx_http_healthcode_counts_read_row(ngx_http_request_t *r,
    const healthcode_counters_t *counters, size_t place,
    ngx_http_healthcode_counts_row_t *row)
{
    size_t    len;
    uint8_t   name[HEALTHCODE_COUNTERS_NAME], *copy;
    uint64_t  sum;

    if (!healthcode_counters_read(counters, place, name, &len, &sum)) {
        return NGX_DECLINED;
    }

    copy = ngx_pnalloc(r->pool, len);
    if (copy == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(copy, name, len);

    if (!healthcode_series_read(healthcode_str_from(copy, len), &row->series)) {
        return NGX_DECLINED;
    }

    row->sum = sum;

    return NGX_OK;
}


static void
ngx_http_healthcode_counts_read_rest(uint64_t sum,
    ngx_http_healthcode_counts_row_t *row)
{
    ngx_uint_t  i;

    row->series.what = HEALTHCODE_SERIES_REQUESTS;
    row->series.n = 5;

    for (i = 0; i < row->series.n; i++) {
        row->series.values[i] = healthcode_str("other");
    }

    row->sum = sum;
}


static int ngx_libc_cdecl
ngx_http_healthcode_counts_read_compare(const void *one, const void *two)
{
    ngx_int_t                                rc;
    ngx_uint_t                               i;
    const healthcode_str_t                  *x, *y;
    const ngx_http_healthcode_counts_row_t  *a = one, *b = two;

    if (a->series.what != b->series.what || a->series.n != b->series.n) {
        return (a->series.what != b->series.what)
               ? (int) a->series.what - (int) b->series.what
               : (int) a->series.n - (int) b->series.n;
    }

    for (i = 0; i < a->series.n; i++) {
        x = &a->series.values[i];
        y = &b->series.values[i];

        rc = ngx_memn2cmp((u_char *) x->data, (u_char *) y->data, x->len,
                          y->len);
        if (rc) {
            return (int) rc;
        }
    }

    return 0;
}


/* Rows of one label stand together, since they are sorted. */
ngx_uint_t
ngx_http_healthcode_counts_times(const ngx_http_healthcode_counts_row_t *row,
    ngx_uint_t n, healthcode_series_e what, ngx_uint_t *i,
    ngx_http_healthcode_counts_times_t *times)
{
    unsigned    bucket;
    ngx_uint_t  k = *i;

    while (k < n && (row[k].series.what != what || row[k].series.n != 2)) {
        k++;
    }

    *i = k;

    if (k == n) {
        return 0;
    }

    ngx_memzero(times, sizeof(ngx_http_healthcode_counts_times_t));
    times->label = row[k].series.values[0];

    for ( /* void */ ;
         k < n && row[k].series.what == what && row[k].series.n == 2
         && healthcode_str_equal(row[k].series.values[0], times->label);
         k++)
    {
        bucket = healthcode_histogram_find(row[k].series.values[1]);

        if (bucket < HEALTHCODE_HISTOGRAM_BUCKETS) {
            times->counts[bucket] = row[k].sum;
        } else {
            times->sum = row[k].sum;
        }
    }

    *i = k;

    return 1;
}
