/*
 * The memory that lasts, divided among what workers count and say in it.
 * Knows no: request, location.
 * docs/monitoring/metrics.md, "How they are kept".
 */

#include "ngx_http_healthcode_lasting.h"
#include "ngx_http_healthcode_memory.h"


/* Series that there is room for; and pairs of a worker and a store. */
#define NGX_HTTP_HEALTHCODE_MEMORY_SERIES     4096
#define NGX_HTTP_HEALTHCODE_MEMORY_STANDINGS  4096


/* A part, aligned to a line of memory. */
#define ngx_http_healthcode_memory_part(size)  ngx_align(size, 64)


typedef struct {
    healthcode_counters_t    counters;
    healthcode_standings_t   standings;
    healthcode_history_t     history;
} ngx_http_healthcode_memory_t;


static ngx_uint_t ngx_http_healthcode_memory_lay(
    ngx_http_healthcode_memory_t *memory, u_char *p);
static size_t ngx_http_healthcode_memory_size(void);


void
ngx_http_healthcode_memory_init(ngx_cycle_t *cycle,
    ngx_http_healthcode_main_conf_t *mcf)
{
    u_char                         name[sizeof("healthcode-counters-")
                                        + 4 * NGX_INT64_LEN], *p;
    ngx_uint_t                     i;
    ngx_http_healthcode_store_t  **store = mcf->stores.elts;
    ngx_http_healthcode_memory_t  *memory;

    /*
     * memory of another layout, or with numbers of other reasons, has another
     * name: counting begins anew
     */
    *ngx_sprintf(name, "healthcode-counters-%xL-%xL-%xL-%xL",
                 HEALTHCODE_COUNTERS_LAYOUT, HEALTHCODE_STANDING_LAYOUT,
                 HEALTHCODE_HISTORY_LAYOUT, healthcode_reason_hash(0))
        = '\0';

    p = ngx_http_healthcode_lasting_map(cycle, (char *) name,
                                        ngx_http_healthcode_memory_size());
    memory = ngx_palloc(cycle->pool, sizeof(ngx_http_healthcode_memory_t));

    if (p == NULL || memory == NULL
        || !ngx_http_healthcode_memory_lay(memory, p))
    {
        ngx_log_error(NGX_LOG_ALERT, cycle->log, ngx_errno,
                      "healthcode: requests are not counted: no shared memory");
        return;
    }

    mcf->counters = &memory->counters;
    mcf->standings = &memory->standings;
    mcf->history = &memory->history;
    mcf->configuration = healthcode_standing_begin(mcf->standings);

    for (i = 0; i < mcf->stores.nelts; i++) {
        store[i]->standings = mcf->standings;
        store[i]->configuration = mcf->configuration;
    }
}


static ngx_uint_t
ngx_http_healthcode_memory_lay(ngx_http_healthcode_memory_t *memory, u_char *p)
{
    size_t  counters, standings;

    counters = healthcode_counters_size(NGX_HTTP_HEALTHCODE_MEMORY_SERIES);
    standings = healthcode_standing_size(NGX_HTTP_HEALTHCODE_MEMORY_STANDINGS);

    if (!healthcode_counters_init(&memory->counters, p, counters, time(NULL))) {
        return 0;
    }

    p += ngx_http_healthcode_memory_part(counters);

    if (!healthcode_standing_init(&memory->standings, p, standings)) {
        return 0;
    }

    p += ngx_http_healthcode_memory_part(standings);

    return healthcode_history_init(&memory->history, p,
                                   healthcode_history_size());
}


static size_t
ngx_http_healthcode_memory_size(void)
{
    return ngx_http_healthcode_memory_part(
               healthcode_counters_size(NGX_HTTP_HEALTHCODE_MEMORY_SERIES))
           + ngx_http_healthcode_memory_part(
               healthcode_standing_size(NGX_HTTP_HEALTHCODE_MEMORY_STANDINGS))
           + ngx_http_healthcode_memory_part(healthcode_history_size());
}
