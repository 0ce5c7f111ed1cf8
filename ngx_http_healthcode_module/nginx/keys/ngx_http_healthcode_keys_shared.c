/*
 * What the workers of this machine share of an issuer's location: who fetches
 * now, when the next fetch is due, and the text fetched last.
 * Knows no: request, location, verdict, key.  docs/keys.md, "A location".
 */

#include "ngx_http_healthcode_keys_shared.h"


ngx_uint_t
ngx_http_healthcode_keys_shared_claim(ngx_http_healthcode_keys_slot_t *slot,
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

    /* | 1: zero means never */
    if (!ngx_atomic_cmp_set(&slot->busy, busy, (now + timeout) | 1)) {
        return 0;
    }

    /* another fetch may have started and ended since the check above */
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
ngx_http_healthcode_keys_shared_done(
    const ngx_http_healthcode_issuer_t *issuer, ngx_uint_t failed,
    ngx_msec_t after)
{
    ngx_http_healthcode_keys_slot_t  *slot = issuer->slot;

    if (!ngx_http_healthcode_keys_slot_is_mine(issuer)) {
        return;
    }

    (void) ngx_atomic_fetch_add(failed ? &slot->misses : &slot->fetches, 1);

    slot->missed = failed;
    slot->due = (ngx_current_msec + after) | 1;

    ngx_memory_barrier();

    slot->busy = 0;
}


ngx_uint_t
ngx_http_healthcode_keys_shared_is_busy(ngx_http_healthcode_keys_slot_t *slot)
{
    ngx_atomic_uint_t  busy = slot->busy;

    return busy && (ngx_msec_int_t) (busy - ngx_current_msec) > 0;
}


ngx_uint_t
ngx_http_healthcode_keys_shared_has_news(
    const ngx_http_healthcode_issuer_t *issuer, ngx_atomic_uint_t version)
{
    return issuer->slot->version != version
           && ngx_http_healthcode_keys_slot_is_mine(issuer);
}


ngx_int_t
ngx_http_healthcode_keys_shared_publish(
    const ngx_http_healthcode_issuer_t *issuer, healthcode_str_t text,
    ngx_atomic_uint_t *version)
{
    u_char                           *copy = NULL, *old;
    ngx_slab_pool_t                  *pool;
    ngx_http_healthcode_keys_slot_t  *slot = issuer->slot;

    pool = ngx_http_healthcode_keys_slot_pool(issuer);

    ngx_shmtx_lock(&pool->mutex);

    if (!ngx_http_healthcode_keys_slot_is_mine(issuer)) {
        ngx_shmtx_unlock(&pool->mutex);
        return NGX_DECLINED;
    }

    if (text.len <= NGX_HTTP_HEALTHCODE_KEYS_TEXT_MAX) {
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
ngx_http_healthcode_keys_shared_text(
    const ngx_http_healthcode_issuer_t *issuer, size_t *len,
    ngx_atomic_uint_t *version)
{
    u_char                           *copy = NULL;
    ngx_slab_pool_t                  *pool;
    ngx_http_healthcode_keys_slot_t  *slot = issuer->slot;

    pool = ngx_http_healthcode_keys_slot_pool(issuer);

    ngx_shmtx_lock(&pool->mutex);

    if (slot->text && ngx_http_healthcode_keys_slot_is_mine(issuer)) {
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
