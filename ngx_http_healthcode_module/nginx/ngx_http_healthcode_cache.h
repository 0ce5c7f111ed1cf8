/*
 * healthcode_zone: the memory that workers share for verified codes and for
 * holders without flags, and its counters.  Knows no code and no store.
 * docs/request-path.md, "The cache".
 */

#ifndef NGX_HTTP_HEALTHCODE_CACHE_H
#define NGX_HTTP_HEALTHCODE_CACHE_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "../core/healthcode_absence.h"
#include "../core/healthcode_code.h"


/* Stores that have their cache in zones. */
#define NGX_HTTP_HEALTHCODE_CACHE_STORES  16


/* Bytes that a processor reads at once. */
#define NGX_HTTP_HEALTHCODE_CACHE_LINE    64

/* Where there is none that goes on while the machine sleeps. */
#ifndef CLOCK_BOOTTIME
#define CLOCK_BOOTTIME  CLOCK_MONOTONIC
#endif


typedef struct ngx_http_healthcode_cache_s  ngx_http_healthcode_cache_t;


/* Of one process: nobody else writes them.  Two cache lines. */
typedef struct {
    uint64_t   holders_hits;
    uint64_t   holders_misses;
    uint64_t   holders_stored;
    uint64_t   holders_evicted;      /* living ones that had to make room */
    uint64_t   holders_forgotten;    /* changed in the store */
    uint64_t   epochs;               /* times that all of an owner's died */
    uint64_t   codes_hits;
    uint64_t   codes_misses;
    uint64_t   codes_stored;
    uint64_t   codes_evicted;
    uint64_t   spare[6];
} ngx_http_healthcode_counters_t;

_Static_assert(sizeof(ngx_http_healthcode_counters_t) == 16 * sizeof(uint64_t)
               && offsetof(ngx_http_healthcode_counters_t, holders_hits) == 0
               && offsetof(ngx_http_healthcode_counters_t, holders_misses) == 8
               && offsetof(ngx_http_healthcode_counters_t, holders_stored) == 16
               && offsetof(ngx_http_healthcode_counters_t, holders_evicted)
                  == 24
               && offsetof(ngx_http_healthcode_counters_t, holders_forgotten)
                  == 32
               && offsetof(ngx_http_healthcode_counters_t, epochs) == 40
               && offsetof(ngx_http_healthcode_counters_t, codes_hits) == 48
               && offsetof(ngx_http_healthcode_counters_t, codes_misses) == 56
               && offsetof(ngx_http_healthcode_counters_t, codes_stored) == 64
               && offsetof(ngx_http_healthcode_counters_t, codes_evicted) == 72,
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
 * The clock of leases, in ms, read now: nginx's own is that of the last event,
 * and this worker may have been stopped since.  *now is the same time.
 */
static ngx_inline uint64_t
ngx_http_healthcode_clock_read(struct timespec *now)
{
    (void) clock_gettime(CLOCK_BOOTTIME, now);

    return (uint64_t) now->tv_sec * 1000 + (uint64_t) now->tv_nsec / 1000000;
}


static ngx_inline uint64_t
ngx_http_healthcode_clock(void)
{
    struct timespec  now;

    return ngx_http_healthcode_clock_read(&now);
}


/* The number under which this process owns its entries of a store. */
ngx_uint_t ngx_http_healthcode_cache_owner(ngx_uint_t store);

/* The counters of this process. */
ngx_http_healthcode_counters_t *ngx_http_healthcode_cache_counters(
    const ngx_http_healthcode_cache_t *cache);

/* The sums of those of all processes since the zone was made. */
void ngx_http_healthcode_cache_sum(const ngx_http_healthcode_cache_t *cache,
    ngx_http_healthcode_counters_t *sum);

#endif
