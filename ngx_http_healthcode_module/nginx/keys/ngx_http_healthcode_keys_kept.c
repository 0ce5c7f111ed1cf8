/*
 * The texts of the last good set of each issuer, kept in shared memory: for a
 * reload that finds the files broken, for a worker in the place of a dead one.
 * Knows no: request, location, verdict.
 * docs/keys.md, "Broken at a start or a reload".
 */

#include "ngx_http_healthcode_keys_kept.h"
#include "ngx_http_healthcode_load.h"


static void ngx_http_healthcode_keys_kept_take(
    ngx_http_healthcode_issuer_t *issuer);
static ngx_atomic_uint_t ngx_http_healthcode_keys_kept_sources(
    const ngx_http_healthcode_issuer_t *issuer);
static uint64_t ngx_http_healthcode_keys_kept_hash(
    const ngx_http_healthcode_keys_slot_t *slot);


void
ngx_http_healthcode_keys_kept_commit(ngx_array_t *issuers)
{
    ngx_uint_t                       i;
    ngx_slab_pool_t                 *pool;
    ngx_http_healthcode_issuer_t   **issuer = issuers->elts;

    for (i = 0; i < issuers->nelts; i++) {

        issuer[i]->keys.reload = ++issuer[i]->slot->reload;

        if (issuer[i]->keys.keyring) {
            ngx_http_healthcode_keys_kept_put(issuer[i],
                                              &issuer[i]->keys.texts);
            healthcode_bundle_free(&issuer[i]->keys.texts);

        } else if (issuer[i]->keys.broken) {
            ngx_http_healthcode_keys_kept_take(issuer[i]);
        }

        /* a worker of the last configuration may drop it meanwhile */

        pool = ngx_http_healthcode_keys_slot_pool(issuer[i]);

        ngx_shmtx_lock(&pool->mutex);

        if (issuer[i]->slot->kept) {
            issuer[i]->keys.kept =
                ngx_http_healthcode_keys_kept_hash(issuer[i]->slot);
        }

        issuer[i]->keys.loads = issuer[i]->slot->loads;

        ngx_shmtx_unlock(&pool->mutex);
    }
}


void
ngx_http_healthcode_keys_kept_put(
    const ngx_http_healthcode_issuer_t *issuer,
    const healthcode_bundle_t *texts)
{
    size_t                             room;
    ngx_slab_pool_t                   *pool;
    ngx_http_healthcode_keys_slot_t   *slot = issuer->slot;
    ngx_http_healthcode_keys_slots_t  *all;

    pool = ngx_http_healthcode_keys_slot_pool(issuer);
    all = pool->data;

    ngx_shmtx_lock(&pool->mutex);

    if (!ngx_http_healthcode_keys_slot_is_mine(issuer)
        || slot->reload != issuer->keys.reload
        || (slot->kept_of == ngx_http_healthcode_keys_kept_sources(issuer)
            && slot->kept && slot->kept_len == texts->len
            && ngx_memcmp(slot->kept, texts->bytes, texts->len) == 0))
    {
        ngx_shmtx_unlock(&pool->mutex);
        return;
    }

    ngx_http_healthcode_keys_slot_forget(pool, slot);

    room = NGX_HTTP_HEALTHCODE_KEYS_KEPT_MAX - all->kept;

    if (texts->bytes && texts->len <= room) {
        slot->kept = ngx_slab_alloc_locked(pool, texts->len);
    }

    if (slot->kept) {
        ngx_memcpy(slot->kept, texts->bytes, texts->len);
        slot->kept_len = texts->len;
        slot->kept_of = ngx_http_healthcode_keys_kept_sources(issuer);
        all->kept += texts->len;
    }

    ngx_shmtx_unlock(&pool->mutex);
}


void
ngx_http_healthcode_keys_kept_refresh(
    ngx_http_healthcode_issuer_t *issuer)
{
    ngx_uint_t                        is_newer, is_lost;
    ngx_slab_pool_t                  *pool;
    ngx_http_healthcode_keys_slot_t  *slot = issuer->slot;

    pool = ngx_http_healthcode_keys_slot_pool(issuer);

    ngx_shmtx_lock(&pool->mutex);

    is_newer = slot->kept && slot->reload == issuer->keys.reload
               && ngx_http_healthcode_keys_kept_hash(slot)
                  != issuer->keys.kept;

    is_lost = !slot->kept && slot->loads != issuer->keys.loads;

    ngx_shmtx_unlock(&pool->mutex);

    if (is_newer) {
        ngx_http_healthcode_keys_kept_take(issuer);
    }

    if (is_lost) {
        /* no key rather than one that was taken out: the files will tell */
        healthcode_keyring_free(issuer->keys.keyring);
        issuer->keys.keyring = NULL;
        issuer->keys.stamp = 0;
    }
}


/* Takes the keys that workers have now, if the same files gave them. */
static void
ngx_http_healthcode_keys_kept_take(ngx_http_healthcode_issuer_t *issuer)
{
    size_t                            len = 0;
    u_char                           *copy = NULL;
    ngx_slab_pool_t                  *pool;
    ngx_http_healthcode_load_t        load;
    ngx_http_healthcode_keys_slot_t  *slot = issuer->slot;

    pool = ngx_http_healthcode_keys_slot_pool(issuer);

    ngx_shmtx_lock(&pool->mutex);

    if (slot->kept
        && slot->kept_of == ngx_http_healthcode_keys_kept_sources(issuer))
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
ngx_http_healthcode_keys_kept_sources(
    const ngx_http_healthcode_issuer_t *issuer)
{
    uint64_t     hash;
    ngx_str_t   *file;
    ngx_uint_t   i;

    hash = healthcode_str_hash(0, ngx_http_healthcode_view(&issuer->keys.dir));

    if (issuer->keys.files) {
        file = issuer->keys.files->elts;

        for (i = 0; i < issuer->keys.files->nelts; i++) {
            hash = healthcode_str_hash(hash, healthcode_str_from("", 1));
            hash = healthcode_str_hash(hash,
                                       ngx_http_healthcode_view(&file[i]));
        }
    }

    return (ngx_atomic_uint_t) hash | 1;
}


/* Under the lock. */
static uint64_t
ngx_http_healthcode_keys_kept_hash(const ngx_http_healthcode_keys_slot_t *slot)
{
    return healthcode_str_hash(0, healthcode_str_from(slot->kept,
                                                      slot->kept_len));
}
