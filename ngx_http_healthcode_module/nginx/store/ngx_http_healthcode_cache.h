/*
 * healthcode_zone: the memory that workers share for verified codes and for
 * holders without flags, and its counters.  Knows no: store, request, token.
 * docs/cache.md.
 */

#ifndef NGX_HTTP_HEALTHCODE_CACHE_H
#define NGX_HTTP_HEALTHCODE_CACHE_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "../../core/healthcode_absence.h"
#include "../../core/healthcode_known.h"


/* Stores that have their cache in zones, and nodes of clusters among them. */
#define NGX_HTTP_HEALTHCODE_CACHE_STORES  16
#define NGX_HTTP_HEALTHCODE_CACHE_NODES   32


/* Bytes that a processor reads at once. */
#define NGX_HTTP_HEALTHCODE_CACHE_LINE    64


typedef struct ngx_http_healthcode_cache_s  ngx_http_healthcode_cache_t;


/* Of one process: nobody else writes them.  Two cache lines. */
typedef struct {
    healthcode_absence_counters_t  holders;
    uint64_t                       codes_hits;
    uint64_t                       codes_misses;
    uint64_t                       codes_stored;
    uint64_t                       codes_evicted;
    uint64_t                       holders_stale;   /* passed in an outage */
    uint64_t                       spare[5];
} ngx_http_healthcode_counters_t;

_Static_assert(sizeof(ngx_http_healthcode_counters_t) == 16 * sizeof(uint64_t)
               && offsetof(ngx_http_healthcode_counters_t, holders) == 0
               && offsetof(ngx_http_healthcode_counters_t, codes_hits) == 48
               && offsetof(ngx_http_healthcode_counters_t, codes_misses) == 56
               && offsetof(ngx_http_healthcode_counters_t, codes_stored) == 64
               && offsetof(ngx_http_healthcode_counters_t, codes_evicted) == 72
               && offsetof(ngx_http_healthcode_counters_t, holders_stale) == 80,
               "counters are laid out otherwise: see healthcode_table.h; what "
               "is new takes a spare word");


struct ngx_http_healthcode_cache_s {
    ngx_str_t                        name;
    size_t                           size;
    ngx_shm_zone_t                  *zone;

    /* over the zone, in each process */
    healthcode_absence_t             absence;
    healthcode_table_t               codes;
    ngx_http_healthcode_counters_t  *counters;    /* of each process slot */
};


/*
 * A zone of shared memory by that name, of so many bytes; it is freed with
 * cf->pool.  Its memory is there once nginx has read its configuration.  NULL
 * without memory, or, logged, if nginx has such a zone of another size or of
 * another module.
 */
ngx_http_healthcode_cache_t *ngx_http_healthcode_cache_create(ngx_conf_t *cf,
    ngx_str_t *name, size_t size);

/*
 * The number under which this process owns its entries of a store; of a node
 * the number is that of _take().
 */
ngx_uint_t ngx_http_healthcode_cache_owner(ngx_uint_t store);

/*
 * A number for a node of a cluster, which no other one of this process has, in
 * any zone, until it is given back; NGX_ERROR: there is none left.
 */
ngx_int_t ngx_http_healthcode_cache_take(void);
void ngx_http_healthcode_cache_give(ngx_uint_t number);

/* The counters of this process. */
ngx_http_healthcode_counters_t *ngx_http_healthcode_cache_counters(
    const ngx_http_healthcode_cache_t *cache);

/* The sums of those of all processes since the zone was made. */
void ngx_http_healthcode_cache_sum(const ngx_http_healthcode_cache_t *cache,
    ngx_http_healthcode_counters_t *sum);

#endif
