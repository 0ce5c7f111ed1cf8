/*
 * Counters by a store or an issuer, and times in buckets.  A live read adds to
 * three of them, so a worker remembers where they are.
 * Knows no: request, connection, location.
 * docs/monitoring/metrics.md, "Stores".
 */

#include "ngx_http_healthcode_tally.h"
#include "../../core/healthcode_cells.h"
#include "../../core/healthcode_histogram.h"


/* Whose words hold what is set, whoever sets it. */
#define NGX_HTTP_HEALTHCODE_TALLY_SET  0


/* This worker's. */
struct ngx_http_healthcode_tally_s {
    healthcode_counters_t  *counters;
    healthcode_cells_t      cells;
};


static void ngx_http_healthcode_tally_add(ngx_http_healthcode_tally_t *tally,
    healthcode_series_e what, const ngx_str_t *name, healthcode_str_t word,
    uint64_t n);
static uint64_t *ngx_http_healthcode_tally_cell(
    const healthcode_counters_t *counters, healthcode_series_e what,
    const ngx_str_t *name, healthcode_str_t word, ngx_uint_t stripe);


ngx_int_t
ngx_http_healthcode_tally_init_process(ngx_cycle_t *cycle,
    ngx_http_healthcode_main_conf_t *mcf)
{
    ngx_uint_t                     i;
    ngx_http_healthcode_store_t  **store = mcf->stores.elts;
    ngx_http_healthcode_tally_t   *tally;

    if (mcf->counters == NULL) {
        return NGX_OK;
    }

    tally = ngx_pcalloc(cycle->pool, sizeof(ngx_http_healthcode_tally_t));
    if (tally == NULL) {
        return NGX_ERROR;
    }

    tally->counters = mcf->counters;
    mcf->tally = tally;

    for (i = 0; i < mcf->stores.nelts; i++) {
        store[i]->tally = tally;
    }

    return NGX_OK;
}


void
ngx_http_healthcode_tally(ngx_http_healthcode_tally_t *tally,
    healthcode_series_e what, const ngx_str_t *name, healthcode_str_t word)
{
    ngx_http_healthcode_tally_add(tally, what, name, word, 1);
}


void
ngx_http_healthcode_tally_time(ngx_http_healthcode_tally_t *tally,
    healthcode_series_e what, const ngx_str_t *name, uint64_t us)
{
    ngx_http_healthcode_tally_add(tally, what, name,
        healthcode_histogram_bound(healthcode_histogram_bucket(us)), 1);
    ngx_http_healthcode_tally_add(tally, what, name,
                                  healthcode_str(HEALTHCODE_SERIES_SUM), us);
}


static void
ngx_http_healthcode_tally_add(ngx_http_healthcode_tally_t *tally,
    healthcode_series_e what, const ngx_str_t *name, healthcode_str_t word,
    uint64_t n)
{
    bool        is_new;
    uint64_t  **cell;

    if (tally == NULL) {
        return;
    }

    cell = healthcode_cells_find(&tally->cells, name->data, word.data, what,
                                 &is_new);

    if (is_new) {
        *cell = ngx_http_healthcode_tally_cell(tally->counters, what, name,
                                               word, ngx_worker);
    }

    if (*cell) {
        healthcode_counters_add(*cell, n);
    }
}


void
ngx_http_healthcode_tally_inside(ngx_http_healthcode_tally_t *tally,
    const ngx_str_t *store, const ngx_str_t *hall, uint32_t people)
{
    bool                  is_new;
    uint64_t            **cell;
    healthcode_inside_t   inside = { people, (uint64_t) ngx_time() };

    if (tally == NULL) {
        return;
    }

    cell = healthcode_cells_find(&tally->cells, store->data, hall->data,
                                 HEALTHCODE_SERIES_INSIDE, &is_new);

    if (is_new) {
        *cell = ngx_http_healthcode_tally_cell(tally->counters,
                                               HEALTHCODE_SERIES_INSIDE, store,
                                               ngx_http_healthcode_view(hall),
                                               NGX_HTTP_HEALTHCODE_TALLY_SET);
    }

    if (*cell) {
        healthcode_counters_set(*cell, healthcode_inside_word(&inside));
    }
}


/*
 * The word of a stripe for a counter, which is made if there is none yet.
 * NULL: there is no room; the overflow is of requests alone.
 */
static uint64_t *
ngx_http_healthcode_tally_cell(const healthcode_counters_t *counters,
    healthcode_series_e what, const ngx_str_t *name, healthcode_str_t word,
    ngx_uint_t stripe)
{
    bool                 fits;
    size_t               len;
    uint8_t              label[HEALTHCODE_SERIES_ISSUER];
    uint8_t              second[HEALTHCODE_SERIES_HALL];
    uint8_t              text[HEALTHCODE_COUNTERS_NAME];
    uint64_t            *cell;
    healthcode_series_t  series;

    series.what = what;
    series.n = word.len ? 2 : 1;
    series.values[0] = healthcode_str_from(label,
        healthcode_series_value(ngx_http_healthcode_view(name), label,
                                sizeof(label)));
    series.values[1] = healthcode_str_from(second,
        healthcode_series_value(word, second, sizeof(second)));

    len = healthcode_series_write(&series, text);
    cell = healthcode_counters_cell(counters, healthcode_str_from(text, len),
                                    (unsigned) stripe, &fits);

    return fits ? cell : NULL;
}


ngx_uint_t
ngx_http_healthcode_tally_elapsed(const struct timespec *since)
{
    struct timespec  now;

    clock_gettime(CLOCK_MONOTONIC, &now);

    return (ngx_uint_t) ((now.tv_sec - since->tv_sec) * 1000000
                         + (now.tv_nsec - since->tv_nsec) / 1000);
}
