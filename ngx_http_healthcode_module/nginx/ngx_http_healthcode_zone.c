/*
 * What the workers of this machine share of each issuer's keys: counters, who
 * fetches, and the text that was fetched last.  Survives a reload.
 * docs/request-path.md, "Keys".
 */

#include "ngx_http_healthcode_conf.h"
#include "ngx_http_healthcode_load.h"
#include "ngx_http_healthcode_zone.h"


/* Slots that a reload can find again; the configuration may need more. */
#define NGX_HTTP_HEALTHCODE_ZONE_SLOTS  64


typedef struct {
    ngx_uint_t                       n;
    ngx_http_healthcode_zone_slot_t  slots[1];
} ngx_http_healthcode_zone_t;


static ngx_int_t ngx_http_healthcode_zone_init(ngx_shm_zone_t *zone,
    void *data);
static ngx_shm_zone_t *ngx_http_healthcode_zone_before(ngx_shm_zone_t *zone);
static void ngx_http_healthcode_zone_inherit(ngx_slab_pool_t *pool,
    ngx_shm_zone_t *before, ngx_http_healthcode_issuer_t *issuer);
static ngx_http_healthcode_zone_slot_t *ngx_http_healthcode_zone_find(
    ngx_http_healthcode_zone_t *shared, ngx_atomic_uint_t name);
static ngx_http_healthcode_zone_slot_t *ngx_http_healthcode_zone_slot(
    ngx_slab_pool_t *pool, ngx_array_t *issuers, ngx_uint_t i);
static ngx_atomic_uint_t ngx_http_healthcode_zone_name(
    const ngx_http_healthcode_issuer_t *issuer);


static ngx_str_t  ngx_http_healthcode_zone_keys =
    ngx_string("healthcode_keys");


ngx_int_t
ngx_http_healthcode_zone_add(ngx_conf_t *cf, ngx_array_t *issuers)
{
    size_t                          size;
    ngx_uint_t                      i;
    ngx_shm_zone_t                 *zone;
    ngx_http_healthcode_issuer_t  **issuer = issuers->elts;

    size = 16 * ngx_pagesize
           + ngx_max(issuers->nelts, NGX_HTTP_HEALTHCODE_ZONE_SLOTS)
             * sizeof(ngx_http_healthcode_zone_slot_t);

    for (i = 0; i < issuers->nelts; i++) {
        if (issuer[i]->keys.location.len) {
            /* the text that is there, and the one that takes its place */
            size += 2 * (NGX_HTTP_HEALTHCODE_ZONE_TEXT_MAX + ngx_pagesize);
        }
    }

    zone = ngx_shared_memory_add(cf, &ngx_http_healthcode_zone_keys, size,
                                 &ngx_http_healthcode_module);
    if (zone == NULL) {
        return NGX_ERROR;
    }

    zone->init = ngx_http_healthcode_zone_init;
    zone->data = issuers;

    return NGX_OK;
}


/* Gives each issuer the slot that its name had before the reload. */
static ngx_int_t
ngx_http_healthcode_zone_init(ngx_shm_zone_t *zone, void *data)
{
    ngx_uint_t                       i, n;
    ngx_array_t                     *issuers = zone->data;
    ngx_shm_zone_t                  *before = NULL;
    ngx_slab_pool_t                 *pool;
    ngx_http_healthcode_zone_t      *shared;
    ngx_http_healthcode_issuer_t   **issuer = issuers->elts;

    pool = (ngx_slab_pool_t *) zone->shm.addr;
    shared = pool->data;

    if (shared == NULL) {
        n = ngx_max(issuers->nelts, NGX_HTTP_HEALTHCODE_ZONE_SLOTS);

        shared = ngx_slab_calloc(pool, sizeof(ngx_http_healthcode_zone_t)
                                 + n * sizeof(ngx_http_healthcode_zone_slot_t));
        if (shared == NULL) {
            return NGX_ERROR;
        }

        shared->n = n;
        pool->data = shared;
        before = ngx_http_healthcode_zone_before(zone);
    }

    for (i = 0; i < issuers->nelts; i++) {

        issuer[i]->zone = zone;
        issuer[i]->slot = ngx_http_healthcode_zone_slot(pool, issuers, i);

        if (issuer[i]->slot == NULL) {
            return NGX_ERROR;
        }

        if (before) {
            ngx_http_healthcode_zone_inherit(pool, before, issuer[i]);
        }
    }

    return NGX_OK;
}


/*
 * The zone of the configuration that this one takes the place of, where nginx
 * makes another, because more issuers need a larger one; or NULL.
 */
static ngx_shm_zone_t *
ngx_http_healthcode_zone_before(ngx_shm_zone_t *zone)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_shm_zone_t   *z;

    for (part = (ngx_list_part_t *) &ngx_cycle->shared_memory.part;
         part;
         part = part->next)
    {
        z = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (&z[i] != zone && z[i].tag == zone->tag && z[i].shm.addr
                && ngx_http_healthcode_conf_is_name(&z[i].shm.name,
                                                    &zone->shm.name))
            {
                return &z[i];
            }
        }
    }

    return NULL;
}


/* The keys of an issuer that cannot be asked now must not be lost. */
static void
ngx_http_healthcode_zone_inherit(ngx_slab_pool_t *pool, ngx_shm_zone_t *before,
    ngx_http_healthcode_issuer_t *issuer)
{
    u_char                           *text;
    ngx_slab_pool_t                  *old;
    ngx_http_healthcode_zone_slot_t  *from, *to = issuer->slot;

    old = (ngx_slab_pool_t *) before->shm.addr;
    from = old->data ? ngx_http_healthcode_zone_find(old->data, to->name)
                     : NULL;

    if (from == NULL) {
        return;
    }

    ngx_shmtx_lock(&old->mutex);

    text = from->text ? ngx_slab_alloc(pool, from->len) : NULL;

    *to = *from;
    to->text = text;
    to->busy = 0;

    if (text) {
        ngx_memcpy(text, from->text, from->len);
    } else {
        to->version = 0;
        to->due = 0;
    }

    ngx_shmtx_unlock(&old->mutex);
}


/*
 * The slot of issuer number i; else one that no issuer of this configuration
 * has.  Workers of the last one may still count there for a moment.
 */
static ngx_http_healthcode_zone_slot_t *
ngx_http_healthcode_zone_slot(ngx_slab_pool_t *pool, ngx_array_t *issuers,
    ngx_uint_t i)
{
    ngx_uint_t                         n, k;
    ngx_atomic_uint_t                  name;
    ngx_http_healthcode_zone_t        *shared = pool->data;
    ngx_http_healthcode_issuer_t     **issuer = issuers->elts;
    ngx_http_healthcode_zone_slot_t   *slot;

    name = ngx_http_healthcode_zone_name(issuer[i]);
    slot = ngx_http_healthcode_zone_find(shared, name);

    if (slot) {
        return slot;
    }

    for (n = 0; n < shared->n; n++) {

        slot = &shared->slots[n];

        for (k = 0; slot->name && k < issuers->nelts; k++) {
            if (slot->name == ngx_http_healthcode_zone_name(issuer[k])) {
                break;
            }
        }

        if (slot->name == 0 || k == issuers->nelts) {
            if (slot->text) {
                ngx_slab_free(pool, slot->text);
            }

            ngx_memzero(slot, sizeof(ngx_http_healthcode_zone_slot_t));
            slot->name = name;

            return slot;
        }
    }

    return NULL;
}


static ngx_http_healthcode_zone_slot_t *
ngx_http_healthcode_zone_find(ngx_http_healthcode_zone_t *shared,
    ngx_atomic_uint_t name)
{
    ngx_uint_t  n;

    for (n = 0; n < shared->n; n++) {
        if (shared->slots[n].name == name) {
            return &shared->slots[n];
        }
    }

    return NULL;
}


/* Another location of the same issuer must not find the text of the last. */
static ngx_atomic_uint_t
ngx_http_healthcode_zone_name(const ngx_http_healthcode_issuer_t *issuer)
{
    uint64_t  hash = 0;

    hash = ngx_http_healthcode_load_hash(hash, issuer->name.data,
                                         issuer->name.len);
    hash = ngx_http_healthcode_load_hash(hash, "", 1);
    hash = ngx_http_healthcode_load_hash(hash, issuer->iss.data,
                                         issuer->iss.len);
    hash = ngx_http_healthcode_load_hash(hash, "", 1);
    hash = ngx_http_healthcode_load_hash(hash, issuer->keys.location.data,
                                         issuer->keys.location.len);
    hash = ngx_http_healthcode_load_hash(hash, issuer->keys.args.data,
                                         issuer->keys.args.len);

    return (ngx_atomic_uint_t) hash | 1;
}


ngx_uint_t
ngx_http_healthcode_zone_claim(ngx_http_healthcode_zone_slot_t *slot,
    ngx_msec_t interval, ngx_msec_t timeout)
{
    ngx_atomic_uint_t  busy = slot->busy, now = ngx_current_msec;

    if (busy && (ngx_msec_int_t) (busy - now) > 0) {
        return 0;
    }

    if (slot->started
        && (ngx_msec_int_t) (now - slot->started) < (ngx_msec_int_t) interval)
    {
        return 0;
    }

    /* | 1: zero stands for never */
    if (!ngx_atomic_cmp_set(&slot->busy, busy, (now + timeout) | 1)) {
        return 0;
    }

    /* another may have begun and ended since the look at the interval */
    if (slot->started
        && (ngx_msec_int_t) (now - slot->started) < (ngx_msec_int_t) interval)
    {
        slot->busy = 0;
        return 0;
    }

    slot->started = now | 1;

    return 1;
}


void
ngx_http_healthcode_zone_done(ngx_http_healthcode_zone_slot_t *slot,
    ngx_uint_t failed, ngx_msec_t after)
{
    (void) ngx_atomic_fetch_add(failed ? &slot->misses : &slot->fetches, 1);

    slot->missed = failed;
    slot->due = (ngx_current_msec + after) | 1;

    ngx_memory_barrier();

    slot->busy = 0;
}


ngx_uint_t
ngx_http_healthcode_zone_is_busy(ngx_http_healthcode_zone_slot_t *slot)
{
    ngx_atomic_uint_t  busy = slot->busy;

    return busy && (ngx_msec_int_t) (busy - ngx_current_msec) > 0;
}


ngx_int_t
ngx_http_healthcode_zone_publish(const ngx_http_healthcode_issuer_t *issuer,
    healthcode_str_t text, ngx_atomic_uint_t *version)
{
    u_char                           *copy = NULL, *old;
    ngx_slab_pool_t                  *pool;
    ngx_http_healthcode_zone_slot_t  *slot = issuer->slot;

    pool = (ngx_slab_pool_t *) issuer->zone->shm.addr;

    ngx_shmtx_lock(&pool->mutex);

    if (text.len <= NGX_HTTP_HEALTHCODE_ZONE_TEXT_MAX) {
        copy = ngx_slab_alloc_locked(pool, text.len);
    }

    if (copy) {
        ngx_memcpy(copy, text.data, text.len);

        old = slot->text;
        slot->text = copy;
        slot->len = text.len;
        *version = ++slot->version;

        if (old) {
            ngx_slab_free_locked(pool, old);
        }
    }

    ngx_shmtx_unlock(&pool->mutex);

    return copy ? NGX_OK : NGX_ERROR;
}


u_char *
ngx_http_healthcode_zone_text(const ngx_http_healthcode_issuer_t *issuer,
    size_t *len, ngx_atomic_uint_t *version)
{
    u_char                           *copy = NULL;
    ngx_slab_pool_t                  *pool;
    ngx_http_healthcode_zone_slot_t  *slot = issuer->slot;

    pool = (ngx_slab_pool_t *) issuer->zone->shm.addr;

    ngx_shmtx_lock(&pool->mutex);

    if (slot->text) {
        copy = malloc(slot->len + 1);
    }

    if (copy) {
        ngx_memcpy(copy, slot->text, slot->len);
        *len = slot->len;
        *version = slot->version;
    }

    ngx_shmtx_unlock(&pool->mutex);

    return copy;
}


ngx_uint_t
ngx_http_healthcode_zone_mark(ngx_atomic_t *mark, uint64_t hash)
{
    ngx_atomic_uint_t  old = *mark, new = (ngx_atomic_uint_t) hash | 1;

    return old != new && ngx_atomic_cmp_set(mark, old, new);
}
