/*
 * A slot of shared memory for each issuer, found again by a reload: counters,
 * who fetches, the text fetched last, the texts of the last good set.
 * Knows no: request, location, verdict, key.  docs/keys.md, "The parts".
 */

#include "ngx_http_healthcode_keys_slot.h"


/* Slots, or twice as many and so on for a configuration that needs more: the
   zone of another size is another zone, and what was in it is lost. */
#define NGX_HTTP_HEALTHCODE_KEYS_SLOTS  64


static ngx_uint_t ngx_http_healthcode_keys_slots_count(ngx_array_t *issuers);
static ngx_int_t ngx_http_healthcode_keys_slots_init(ngx_shm_zone_t *zone,
    void *data);
static ngx_http_healthcode_keys_slot_t *ngx_http_healthcode_keys_slots_give(
    ngx_slab_pool_t *pool, ngx_array_t *issuers, ngx_uint_t i);
static ngx_http_healthcode_keys_slot_t *ngx_http_healthcode_keys_slots_find(
    ngx_http_healthcode_keys_slots_t *all, ngx_atomic_uint_t name);
static ngx_http_healthcode_keys_slot_t *
    ngx_http_healthcode_keys_slots_abandoned(
    ngx_http_healthcode_keys_slots_t *all, ngx_array_t *issuers);
static ngx_atomic_uint_t ngx_http_healthcode_keys_slot_name(
    const ngx_http_healthcode_issuer_t *issuer);


ngx_int_t
ngx_http_healthcode_keys_slots_add(ngx_conf_t *cf, ngx_array_t *issuers)
{
    size_t                          size;
    ngx_str_t                       name = ngx_string("healthcode keys 2");
    ngx_uint_t                      i, n;
    ngx_shm_zone_t                 *zone;
    ngx_http_healthcode_issuer_t  **issuer = issuers->elts;

    /* no healthcode_zone has a name with a blank */
    n = ngx_http_healthcode_keys_slots_count(issuers);
    size = 16 * ngx_pagesize + n * sizeof(ngx_http_healthcode_keys_slot_t)
           + NGX_HTTP_HEALTHCODE_KEYS_KEPT_MAX + n * ngx_pagesize;

    for (i = 0; i < issuers->nelts; i++) {
        if (issuer[i]->keys.location.len) {
            /* for each slot, so that one more issuer does not change the
               size: the text and the one that replaces it; memory that nobody
               writes to, here and above, costs nothing */
            size += n * 2 * (NGX_HTTP_HEALTHCODE_KEYS_TEXT_MAX + ngx_pagesize);
            break;
        }
    }

    zone = ngx_shared_memory_add(cf, &name, size, &ngx_http_healthcode_module);
    if (zone == NULL) {
        return NGX_ERROR;
    }

    zone->init = ngx_http_healthcode_keys_slots_init;
    zone->data = issuers;

    return NGX_OK;
}


static ngx_uint_t
ngx_http_healthcode_keys_slots_count(ngx_array_t *issuers)
{
    ngx_uint_t  n = NGX_HTTP_HEALTHCODE_KEYS_SLOTS;

    while (n < issuers->nelts) {
        n *= 2;
    }

    return n;
}


/* Gives each issuer the slot that its name had before the reload. */
static ngx_int_t
ngx_http_healthcode_keys_slots_init(ngx_shm_zone_t *zone, void *data)
{
    ngx_uint_t                          i, n;
    ngx_array_t                        *issuers = zone->data;
    ngx_slab_pool_t                    *pool;
    ngx_http_healthcode_issuer_t      **issuer = issuers->elts;
    ngx_http_healthcode_keys_slots_t   *all;

    pool = (ngx_slab_pool_t *) zone->shm.addr;
    all = pool->data;

    if (all == NULL) {
        n = ngx_http_healthcode_keys_slots_count(issuers);

        all = ngx_slab_calloc(pool, sizeof(ngx_http_healthcode_keys_slots_t)
                                 + n * sizeof(ngx_http_healthcode_keys_slot_t));
        if (all == NULL) {
            return NGX_ERROR;
        }

        all->n = n;
        pool->data = all;
        pool->log_nomem = 0;
    }

    for (i = 0; i < issuers->nelts; i++) {

        ngx_shmtx_lock(&pool->mutex);

        issuer[i]->zone = zone;
        issuer[i]->slot = ngx_http_healthcode_keys_slots_give(pool, issuers, i);

        ngx_shmtx_unlock(&pool->mutex);

        if (issuer[i]->slot == NULL) {
            return NGX_ERROR;
        }

        /* the location may lead elsewhere now */
        issuer[i]->slot->due = 0;
    }

    return NGX_OK;
}


/*
 * The slot of issuer number i, under the lock: its own, a free one, or else
 * one that no issuer of this configuration has.  Workers of the last
 * configuration may still count there, but _is_mine() keeps their texts out:
 * keys of one issuer would become those of another.
 */
static ngx_http_healthcode_keys_slot_t *
ngx_http_healthcode_keys_slots_give(ngx_slab_pool_t *pool,
    ngx_array_t *issuers, ngx_uint_t i)
{
    ngx_atomic_uint_t                   name;
    ngx_http_healthcode_issuer_t      **issuer = issuers->elts;
    ngx_http_healthcode_keys_slot_t    *slot;
    ngx_http_healthcode_keys_slots_t   *all = pool->data;

    name = ngx_http_healthcode_keys_slot_name(issuer[i]);

    slot = ngx_http_healthcode_keys_slots_find(all, name);
    if (slot) {
        return slot;
    }

    slot = ngx_http_healthcode_keys_slots_find(all, 0);

    if (slot == NULL) {
        slot = ngx_http_healthcode_keys_slots_abandoned(all, issuers);
    }

    if (slot) {
        if (slot->text) {
            ngx_slab_free_locked(pool, slot->text);
        }

        ngx_http_healthcode_keys_slot_forget(pool, slot);

        ngx_memzero(slot, sizeof(ngx_http_healthcode_keys_slot_t));
        slot->name = name;
    }

    return slot;
}


static ngx_http_healthcode_keys_slot_t *
ngx_http_healthcode_keys_slots_find(ngx_http_healthcode_keys_slots_t *all,
    ngx_atomic_uint_t name)
{
    ngx_uint_t  n;

    for (n = 0; n < all->n; n++) {
        if (all->slots[n].name == name) {
            return &all->slots[n];
        }
    }

    return NULL;
}


static ngx_http_healthcode_keys_slot_t *
ngx_http_healthcode_keys_slots_abandoned(ngx_http_healthcode_keys_slots_t *all,
    ngx_array_t *issuers)
{
    ngx_uint_t                      n, k;
    ngx_http_healthcode_issuer_t  **issuer = issuers->elts;

    for (n = 0; n < all->n; n++) {

        for (k = 0; k < issuers->nelts; k++) {
            if (all->slots[n].name
                == ngx_http_healthcode_keys_slot_name(issuer[k]))
            {
                break;
            }
        }

        if (k == issuers->nelts) {
            return &all->slots[n];
        }
    }

    return NULL;
}


ngx_uint_t
ngx_http_healthcode_keys_slot_is_mine(
    const ngx_http_healthcode_issuer_t *issuer)
{
    return issuer->slot->name == ngx_http_healthcode_keys_slot_name(issuer);
}


/* Another location of the same issuer must not find the text of the last. */
static ngx_atomic_uint_t
ngx_http_healthcode_keys_slot_name(const ngx_http_healthcode_issuer_t *issuer)
{
    size_t    i;
    uint64_t  hash = 0;

    const ngx_str_t *const  parts[] = {
        &issuer->name,
        &issuer->iss,
        &issuer->keys.location,
        &issuer->keys.args
    };

    for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {

        if (i) {
            hash = healthcode_str_hash(hash, healthcode_str_from("", 1));
        }

        hash = healthcode_str_hash(hash, ngx_http_healthcode_view(parts[i]));
    }

    return (ngx_atomic_uint_t) hash | 1;
}


void
ngx_http_healthcode_keys_slot_forget(ngx_slab_pool_t *pool,
    ngx_http_healthcode_keys_slot_t *slot)
{
    size_t                             len = slot->kept_len;
    u_char                            *kept = slot->kept;
    ngx_http_healthcode_keys_slots_t  *all = pool->data;

    if (kept == NULL) {
        return;
    }

    all->kept -= len;

    /*
     * They may hold secrets.  First out of sight: this process may be killed
     * while it wipes.
     */

    slot->kept = NULL;
    slot->kept_len = 0;

    ngx_memory_barrier();

    ngx_explicit_memzero(kept, len);
    ngx_slab_free_locked(pool, kept);
}


ngx_uint_t
ngx_http_healthcode_keys_slot_mark(ngx_atomic_t *mark, uint64_t hash)
{
    ngx_atomic_uint_t  old = *mark, new = (ngx_atomic_uint_t) hash | 1;

    return old != new && ngx_atomic_cmp_set(mark, old, new);
}
