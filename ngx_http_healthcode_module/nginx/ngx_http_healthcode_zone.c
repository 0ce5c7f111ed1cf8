/*
 * What the workers of this machine share of each issuer's keys: counters, who
 * fetches, and the text that was fetched last.  Survives a reload.
 * docs/request-path.md, "Keys".
 */

#include "ngx_http_healthcode_load.h"
#include "ngx_http_healthcode_zone.h"


/* Slots, or twice as many and so on for a configuration that needs more: the
   zone of another size is another zone, and what was in it is lost. */
#define NGX_HTTP_HEALTHCODE_ZONE_SLOTS  64

/* Bytes of the texts that are kept of all issuers. */
#define NGX_HTTP_HEALTHCODE_ZONE_KEPT   (8 * 1024 * 1024)


typedef struct {
    ngx_uint_t                       n;
    size_t                           kept;      /* bytes, of all slots */
    ngx_http_healthcode_zone_slot_t  slots[1];
} ngx_http_healthcode_zone_t;

_Static_assert(offsetof(ngx_http_healthcode_zone_t, kept)
               == sizeof(ngx_atomic_t)
               && offsetof(ngx_http_healthcode_zone_t, slots)
                  == 2 * sizeof(ngx_atomic_t),
               "the zone is laid out otherwise: see its header");


static ngx_int_t ngx_http_healthcode_zone_init(ngx_shm_zone_t *zone,
    void *data);
static ngx_uint_t ngx_http_healthcode_zone_slots(ngx_array_t *issuers);
static ngx_http_healthcode_zone_slot_t *ngx_http_healthcode_zone_slot(
    ngx_slab_pool_t *pool, ngx_array_t *issuers, ngx_uint_t i);
static ngx_http_healthcode_zone_slot_t *ngx_http_healthcode_zone_find(
    ngx_http_healthcode_zone_t *shared, ngx_atomic_uint_t name);
static ngx_http_healthcode_zone_slot_t *ngx_http_healthcode_zone_abandoned(
    ngx_http_healthcode_zone_t *shared, ngx_array_t *issuers);
static void ngx_http_healthcode_zone_recall(
    ngx_http_healthcode_issuer_t *issuer);
static void ngx_http_healthcode_zone_forget(ngx_slab_pool_t *pool,
    ngx_http_healthcode_zone_slot_t *slot);
static ngx_atomic_uint_t ngx_http_healthcode_zone_sources(
    const ngx_http_healthcode_issuer_t *issuer);
static ngx_uint_t ngx_http_healthcode_zone_is_mine(
    const ngx_http_healthcode_issuer_t *issuer);
static ngx_atomic_uint_t ngx_http_healthcode_zone_name(
    const ngx_http_healthcode_issuer_t *issuer);


ngx_int_t
ngx_http_healthcode_zone_add(ngx_conf_t *cf, ngx_array_t *issuers)
{
    size_t                          size;
    ngx_str_t                       name = ngx_string("healthcode keys 2");
    ngx_uint_t                      i, n;
    ngx_shm_zone_t                 *zone;
    ngx_http_healthcode_issuer_t  **issuer = issuers->elts;

    /* no healthcode_zone has a name with a blank */
    n = ngx_http_healthcode_zone_slots(issuers);
    size = 16 * ngx_pagesize + n * sizeof(ngx_http_healthcode_zone_slot_t)
           + NGX_HTTP_HEALTHCODE_ZONE_KEPT + n * ngx_pagesize;

    for (i = 0; i < issuers->nelts; i++) {
        if (issuer[i]->keys.location.len) {
            /* for each slot, so that an issuer more is no other size: the
               text that is there, and the one that takes its place; memory
               that nobody writes to, here and above, costs none */
            size += n * 2 * (NGX_HTTP_HEALTHCODE_ZONE_TEXT_MAX + ngx_pagesize);
            break;
        }
    }

    zone = ngx_shared_memory_add(cf, &name, size, &ngx_http_healthcode_module);
    if (zone == NULL) {
        return NGX_ERROR;
    }

    zone->init = ngx_http_healthcode_zone_init;
    zone->data = issuers;

    return NGX_OK;
}


static ngx_uint_t
ngx_http_healthcode_zone_slots(ngx_array_t *issuers)
{
    ngx_uint_t  n = NGX_HTTP_HEALTHCODE_ZONE_SLOTS;

    while (n < issuers->nelts) {
        n *= 2;
    }

    return n;
}


/* Gives each issuer the slot that its name had before the reload. */
static ngx_int_t
ngx_http_healthcode_zone_init(ngx_shm_zone_t *zone, void *data)
{
    ngx_uint_t                       i, n;
    ngx_array_t                     *issuers = zone->data;
    ngx_slab_pool_t                 *pool;
    ngx_http_healthcode_zone_t      *shared;
    ngx_http_healthcode_issuer_t   **issuer = issuers->elts;

    pool = (ngx_slab_pool_t *) zone->shm.addr;
    shared = pool->data;

    if (shared == NULL) {
        n = ngx_http_healthcode_zone_slots(issuers);

        shared = ngx_slab_calloc(pool, sizeof(ngx_http_healthcode_zone_t)
                                 + n * sizeof(ngx_http_healthcode_zone_slot_t));
        if (shared == NULL) {
            return NGX_ERROR;
        }

        shared->n = n;
        pool->data = shared;
        pool->log_nomem = 0;
    }

    for (i = 0; i < issuers->nelts; i++) {

        ngx_shmtx_lock(&pool->mutex);

        issuer[i]->zone = zone;
        issuer[i]->slot = ngx_http_healthcode_zone_slot(pool, issuers, i);

        ngx_shmtx_unlock(&pool->mutex);

        if (issuer[i]->slot == NULL) {
            return NGX_ERROR;
        }

        /* the location may lead elsewhere now */
        issuer[i]->slot->due = 0;
    }

    return NGX_OK;
}


void
ngx_http_healthcode_zone_commit(ngx_array_t *issuers)
{
    ngx_uint_t                       i;
    ngx_slab_pool_t                 *pool;
    ngx_http_healthcode_issuer_t   **issuer = issuers->elts;

    for (i = 0; i < issuers->nelts; i++) {

        issuer[i]->keys.reload = ++issuer[i]->slot->reload;

        if (issuer[i]->keys.keyring) {
            ngx_http_healthcode_zone_keep(issuer[i], &issuer[i]->keys.texts);
            healthcode_bundle_free(&issuer[i]->keys.texts);

        } else if (issuer[i]->keys.broken) {
            ngx_http_healthcode_zone_recall(issuer[i]);
        }

        /* workers of the last configuration may give it up meanwhile */

        pool = (ngx_slab_pool_t *) issuer[i]->zone->shm.addr;

        ngx_shmtx_lock(&pool->mutex);

        if (issuer[i]->slot->kept) {
            issuer[i]->keys.kept =
                ngx_http_healthcode_load_hash(0, issuer[i]->slot->kept,
                                              issuer[i]->slot->kept_len);
        }

        issuer[i]->keys.loads = issuer[i]->slot->loads;

        ngx_shmtx_unlock(&pool->mutex);
    }
}


/*
 * The slot of issuer number i, under the lock: its own, a free one, or else
 * one that no issuer of this configuration has.  Workers of the last one may
 * still count there, but their texts are no longer let in: another issuer's
 * keys would become this one's.
 */
static ngx_http_healthcode_zone_slot_t *
ngx_http_healthcode_zone_slot(ngx_slab_pool_t *pool, ngx_array_t *issuers,
    ngx_uint_t i)
{
    ngx_atomic_uint_t                  name;
    ngx_http_healthcode_zone_t        *shared = pool->data;
    ngx_http_healthcode_issuer_t     **issuer = issuers->elts;
    ngx_http_healthcode_zone_slot_t   *slot;

    name = ngx_http_healthcode_zone_name(issuer[i]);

    slot = ngx_http_healthcode_zone_find(shared, name);
    if (slot) {
        return slot;
    }

    slot = ngx_http_healthcode_zone_find(shared, 0);

    if (slot == NULL) {
        slot = ngx_http_healthcode_zone_abandoned(shared, issuers);
    }

    if (slot) {
        if (slot->text) {
            ngx_slab_free_locked(pool, slot->text);
        }

        ngx_http_healthcode_zone_forget(pool, slot);

        ngx_memzero(slot, sizeof(ngx_http_healthcode_zone_slot_t));
        slot->name = name;
    }

    return slot;
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


static ngx_http_healthcode_zone_slot_t *
ngx_http_healthcode_zone_abandoned(ngx_http_healthcode_zone_t *shared,
    ngx_array_t *issuers)
{
    ngx_uint_t                       n, k;
    ngx_http_healthcode_issuer_t   **issuer = issuers->elts;

    for (n = 0; n < shared->n; n++) {

        for (k = 0; k < issuers->nelts; k++) {
            if (shared->slots[n].name
                == ngx_http_healthcode_zone_name(issuer[k]))
            {
                break;
            }
        }

        if (k == issuers->nelts) {
            return &shared->slots[n];
        }
    }

    return NULL;
}


/* Whether a reload has left issuer, of this worker, its slot. */
static ngx_uint_t
ngx_http_healthcode_zone_is_mine(const ngx_http_healthcode_issuer_t *issuer)
{
    return issuer->slot->name == ngx_http_healthcode_zone_name(issuer);
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
    hash = ngx_http_healthcode_load_hash(hash, "", 1);
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
ngx_http_healthcode_zone_done(const ngx_http_healthcode_issuer_t *issuer,
    ngx_uint_t failed, ngx_msec_t after)
{
    ngx_http_healthcode_zone_slot_t  *slot = issuer->slot;

    if (!ngx_http_healthcode_zone_is_mine(issuer)) {
        return;
    }

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


ngx_uint_t
ngx_http_healthcode_zone_has_news(const ngx_http_healthcode_issuer_t *issuer,
    ngx_atomic_uint_t version)
{
    return issuer->slot->version != version
           && ngx_http_healthcode_zone_is_mine(issuer);
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

    if (!ngx_http_healthcode_zone_is_mine(issuer)) {
        ngx_shmtx_unlock(&pool->mutex);
        return NGX_DECLINED;
    }

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

    if (slot->text && ngx_http_healthcode_zone_is_mine(issuer)) {
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


void
ngx_http_healthcode_zone_keep(const ngx_http_healthcode_issuer_t *issuer,
    const healthcode_bundle_t *texts)
{
    size_t                            room;
    ngx_slab_pool_t                  *pool;
    ngx_http_healthcode_zone_t       *shared;
    ngx_http_healthcode_zone_slot_t  *slot = issuer->slot;

    pool = (ngx_slab_pool_t *) issuer->zone->shm.addr;
    shared = pool->data;

    ngx_shmtx_lock(&pool->mutex);

    if (!ngx_http_healthcode_zone_is_mine(issuer)
        || slot->reload != issuer->keys.reload
        || (slot->kept_of == ngx_http_healthcode_zone_sources(issuer)
            && slot->kept && slot->kept_len == texts->len
            && ngx_memcmp(slot->kept, texts->bytes, texts->len) == 0))
    {
        ngx_shmtx_unlock(&pool->mutex);
        return;
    }

    ngx_http_healthcode_zone_forget(pool, slot);

    room = NGX_HTTP_HEALTHCODE_ZONE_KEPT - shared->kept;

    if (texts->bytes && texts->len <= room) {
        slot->kept = ngx_slab_alloc_locked(pool, texts->len);
    }

    if (slot->kept) {
        ngx_memcpy(slot->kept, texts->bytes, texts->len);
        slot->kept_len = texts->len;
        slot->kept_of = ngx_http_healthcode_zone_sources(issuer);
        shared->kept += texts->len;
    }

    ngx_shmtx_unlock(&pool->mutex);
}


void
ngx_http_healthcode_zone_refresh(ngx_http_healthcode_issuer_t *issuer)
{
    ngx_uint_t                        is_newer, is_lost;
    ngx_slab_pool_t                  *pool;
    ngx_http_healthcode_zone_slot_t  *slot = issuer->slot;

    pool = (ngx_slab_pool_t *) issuer->zone->shm.addr;

    ngx_shmtx_lock(&pool->mutex);

    is_newer = slot->kept && slot->reload == issuer->keys.reload
               && ngx_http_healthcode_load_hash(0, slot->kept, slot->kept_len)
                  != issuer->keys.kept;

    is_lost = !slot->kept && slot->loads != issuer->keys.loads;

    ngx_shmtx_unlock(&pool->mutex);

    if (is_newer) {
        ngx_http_healthcode_zone_recall(issuer);
    }

    if (is_lost) {
        /* none, rather than one that was taken out: the files say which */
        healthcode_keyring_free(issuer->keys.keyring);
        issuer->keys.keyring = NULL;
        issuer->keys.stamp = 0;
    }
}


/* They may hold secrets. */
static void
ngx_http_healthcode_zone_forget(ngx_slab_pool_t *pool,
    ngx_http_healthcode_zone_slot_t *slot)
{
    size_t                       len = slot->kept_len;
    u_char                      *kept = slot->kept;
    ngx_http_healthcode_zone_t  *shared = pool->data;

    if (kept == NULL) {
        return;
    }

    shared->kept -= len;

    /* first out of sight: this process may be killed while it wipes */

    slot->kept = NULL;
    slot->kept_len = 0;

    ngx_memory_barrier();

    ngx_explicit_memzero(kept, len);
    ngx_slab_free_locked(pool, kept);
}


/* Takes the keys that workers have now, if they are from the same sources. */
static void
ngx_http_healthcode_zone_recall(ngx_http_healthcode_issuer_t *issuer)
{
    size_t                            len = 0;
    u_char                           *copy = NULL;
    ngx_slab_pool_t                  *pool;
    ngx_http_healthcode_load_t        load;
    ngx_http_healthcode_zone_slot_t  *slot = issuer->slot;

    pool = (ngx_slab_pool_t *) issuer->zone->shm.addr;

    ngx_shmtx_lock(&pool->mutex);

    if (slot->kept
        && slot->kept_of == ngx_http_healthcode_zone_sources(issuer))
    {
        len = slot->kept_len;
        copy = malloc(len);
    }

    if (copy) {
        ngx_memcpy(copy, slot->kept, len);
    }

    ngx_shmtx_unlock(&pool->mutex);

    if (copy == NULL) {
        return;
    }

    if (ngx_http_healthcode_load_again(issuer, healthcode_str_from(copy, len),
                                       &load)
        == NGX_OK)
    {
        healthcode_keyring_free(issuer->keys.keyring);
        issuer->keys.keyring = load.keyring;
        healthcode_bundle_free(&load.texts);

        ngx_log_error(NGX_LOG_WARN, issuer->zone->shm.log, 0,
                      "healthcode: issuer \"%V\" keeps the keys that it had: "
                      "%uz", &issuer->name,
                      healthcode_keyring_count(load.keyring));
    }

    ngx_explicit_memzero(copy, len);
    free(copy);
}


/* Keys of other files are not those that the new ones were to bring. */
static ngx_atomic_uint_t
ngx_http_healthcode_zone_sources(const ngx_http_healthcode_issuer_t *issuer)
{
    uint64_t     hash;
    ngx_str_t   *file;
    ngx_uint_t   i;

    hash = ngx_http_healthcode_load_hash(0, issuer->keys.dir.data,
                                         issuer->keys.dir.len);

    if (issuer->keys.files) {
        file = issuer->keys.files->elts;

        for (i = 0; i < issuer->keys.files->nelts; i++) {
            hash = ngx_http_healthcode_load_hash(hash, "", 1);
            hash = ngx_http_healthcode_load_hash(hash, file[i].data,
                                                 file[i].len);
        }
    }

    return (ngx_atomic_uint_t) hash | 1;
}


ngx_uint_t
ngx_http_healthcode_zone_mark(ngx_atomic_t *mark, uint64_t hash)
{
    ngx_atomic_uint_t  old = *mark, new = (ngx_atomic_uint_t) hash | 1;

    return old != new && ngx_atomic_cmp_set(mark, old, new);
}
