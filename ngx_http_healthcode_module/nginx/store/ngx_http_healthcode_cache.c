/*
 * healthcode_zone: the memory that workers share for verified codes and for
 * holders without flags, and its counters.  Knows no: store, request, token.
 * docs/cache.md.
 */

#include "../ngx_http_healthcode.h"


/* What the memory is laid out as; another one is another number. */
#define NGX_HTTP_HEALTHCODE_CACHE_LAYOUT  UINT64_C(0x6865616c7468002)

/* Of each process, and of all. */
#define NGX_HTTP_HEALTHCODE_CACHE_OWN                                         \
    (NGX_HTTP_HEALTHCODE_CACHE_STORES + NGX_HTTP_HEALTHCODE_CACHE_NODES)
#define NGX_HTTP_HEALTHCODE_CACHE_OWNERS                                      \
    (NGX_MAX_PROCESSES * NGX_HTTP_HEALTHCODE_CACHE_OWN)


/* At the start of the memory; the tables follow. */
typedef struct {
    uint64_t                         layout;
    uint64_t                         spare[7];
    uint64_t                         leases[NGX_HTTP_HEALTHCODE_CACHE_OWNERS];
    ngx_http_healthcode_counters_t   counters[NGX_MAX_PROCESSES];
} ngx_http_healthcode_cache_head_t;

_Static_assert(offsetof(ngx_http_healthcode_cache_head_t, layout) == 0
               && offsetof(ngx_http_healthcode_cache_head_t, leases) == 64
               && offsetof(ngx_http_healthcode_cache_head_t, counters)
                  == 64 + 8 * NGX_HTTP_HEALTHCODE_CACHE_OWNERS
               && sizeof(ngx_http_healthcode_cache_head_t)
                  == 64 + 8 * NGX_HTTP_HEALTHCODE_CACHE_OWNERS
                     + 128 * NGX_MAX_PROCESSES
               && NGX_HTTP_HEALTHCODE_CACHE_OWN == 48,
               "the zone is laid out otherwise: see healthcode_table.h");


static ngx_int_t ngx_http_healthcode_cache_init(ngx_shm_zone_t *zone,
    void *data);
static u_char *ngx_http_healthcode_cache_memory(ngx_slab_pool_t *pool,
    size_t *size);


/* A bit a node: this process has it. */
static uint32_t  ngx_http_healthcode_cache_nodes;

_Static_assert(NGX_HTTP_HEALTHCODE_CACHE_NODES == 32, "a bit each");


ngx_http_healthcode_cache_t *
ngx_http_healthcode_cache_create(ngx_conf_t *cf, ngx_str_t *name, size_t size)
{
    ngx_http_healthcode_cache_t  *cache;

    cache = ngx_pcalloc(cf->pool, sizeof(ngx_http_healthcode_cache_t));
    if (cache == NULL) {
        return NULL;
    }

    cache->name = *name;
    cache->size = size;

    cache->zone = ngx_shared_memory_add(cf, &cache->name, cache->size,
                                        &ngx_http_healthcode_module);
    if (cache->zone == NULL) {
        return NULL;
    }

    cache->zone->init = ngx_http_healthcode_cache_init;
    cache->zone->data = cache;

    return cache;
}



/*
 * A zone of the same name and size stays over a reload, with all that is in
 * it, while workers of the last configuration still use it.
 */
static ngx_int_t
ngx_http_healthcode_cache_init(ngx_shm_zone_t *zone, void *data)
{
    size_t                             size, holders;
    u_char                            *p;
    ngx_slab_pool_t                   *pool;
    ngx_http_healthcode_cache_t       *cache = zone->data;
    ngx_http_healthcode_cache_head_t  *head;

    pool = (ngx_slab_pool_t *) zone->shm.addr;

    p = ngx_http_healthcode_cache_memory(pool, &size);

    if (p == NULL) {
        ngx_log_error(NGX_LOG_EMERG, zone->shm.log, 0,
                      "healthcode_zone \"%V\" cannot be used: its memory is "
                      "laid out otherwise, or there is none; restart nginx",
                      &cache->name);
        return NGX_ERROR;
    }

    head = (ngx_http_healthcode_cache_head_t *) p;

    p += sizeof(ngx_http_healthcode_cache_head_t);
    size -= sizeof(ngx_http_healthcode_cache_head_t);

    /* as many holders as codes */
    holders = size * HEALTHCODE_ABSENCE_WORDS
              / (HEALTHCODE_ABSENCE_WORDS + HEALTHCODE_KNOWN_WORDS)
              / NGX_HTTP_HEALTHCODE_CACHE_LINE * NGX_HTTP_HEALTHCODE_CACHE_LINE;

    cache->counters = head->counters;
    cache->absence.leases = head->leases;
    cache->absence.nleases = NGX_HTTP_HEALTHCODE_CACHE_OWNERS;

    if (!healthcode_absence_table(&cache->absence, p, holders)
        || !healthcode_known_table(&cache->codes, p + holders, size - holders))
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* All the memory that the zone has; NULL: it is laid out otherwise. */
static u_char *
ngx_http_healthcode_cache_memory(ngx_slab_pool_t *pool, size_t *size)
{
    ngx_http_healthcode_cache_head_t  *head = pool->data;

    if (head == NULL) {

        head = ngx_slab_alloc(pool, pool->pfree * ngx_pagesize);
        if (head == NULL) {
            return NULL;
        }

        /* what is in the tables need not be zero: it has no right checksum */
        ngx_memzero(head, sizeof(ngx_http_healthcode_cache_head_t));

        head->layout = NGX_HTTP_HEALTHCODE_CACHE_LAYOUT;
        pool->data = head;
    }

    *size = pool->end - (u_char *) head;

    return (head->layout == NGX_HTTP_HEALTHCODE_CACHE_LAYOUT) ? (u_char *) head
                                                              : NULL;
}


ngx_uint_t
ngx_http_healthcode_cache_owner(ngx_uint_t store)
{
    return ngx_process_slot * NGX_HTTP_HEALTHCODE_CACHE_OWN + store;
}


ngx_int_t
ngx_http_healthcode_cache_take(void)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_HEALTHCODE_CACHE_NODES; i++) {

        if (!(ngx_http_healthcode_cache_nodes & (uint32_t) 1 << i)) {
            ngx_http_healthcode_cache_nodes |= (uint32_t) 1 << i;
            return NGX_HTTP_HEALTHCODE_CACHE_STORES + i;
        }
    }

    return NGX_ERROR;
}


void
ngx_http_healthcode_cache_give(ngx_uint_t number)
{
    ngx_http_healthcode_cache_nodes &=
        ~((uint32_t) 1 << (number - NGX_HTTP_HEALTHCODE_CACHE_STORES));
}


ngx_http_healthcode_counters_t *
ngx_http_healthcode_cache_counters(const ngx_http_healthcode_cache_t *cache)
{
    return &cache->counters[ngx_process_slot];
}


void
ngx_http_healthcode_cache_sum(const ngx_http_healthcode_cache_t *cache,
    ngx_http_healthcode_counters_t *sum)
{
    uint64_t        *to = (uint64_t *) sum;
    ngx_uint_t       i, n;
    const uint64_t  *from;

    ngx_memzero(sum, sizeof(ngx_http_healthcode_counters_t));

    for (i = 0; i < NGX_MAX_PROCESSES; i++) {

        from = (const uint64_t *) &cache->counters[i];

        for (n = 0; n < sizeof(*sum) / sizeof(uint64_t); n++) {
            to[n] += from[n];
        }
    }
}
