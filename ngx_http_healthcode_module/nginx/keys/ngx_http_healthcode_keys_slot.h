/*
 * A slot of shared memory for each issuer, found again by a reload: counters,
 * who fetches, the text fetched last, the texts of the last good set.
 * Knows no: request, location, verdict, key.  docs/keys.md, "The parts".
 */

#ifndef NGX_HTTP_HEALTHCODE_KEYS_SLOT_H
#define NGX_HTTP_HEALTHCODE_KEYS_SLOT_H

#include "../ngx_http_healthcode.h"


/* Largest text that workers share, in bytes; the zone has room for these. */
#define NGX_HTTP_HEALTHCODE_KEYS_TEXT_MAX  (256 * 1024)

/* Bytes of the kept texts of all issuers together. */
#define NGX_HTTP_HEALTHCODE_KEYS_KEPT_MAX  (8 * 1024 * 1024)


/*
 * Written without a lock, except text and kept with their lengths, which the
 * mutex of the pool protects.  Times are ngx_current_msec.
 */
struct ngx_http_healthcode_keys_slot_s {
    ngx_atomic_t   name;           /* hash of the issuer and its location */
    ngx_atomic_t   loads;          /* key sets that replaced others */
    ngx_atomic_t   failures;       /* key sets that could not be read */
    ngx_atomic_t   fetches;        /* good answers of the location */
    ngx_atomic_t   misses;         /* bad answers, or none in time */
    ngx_atomic_t   broken;         /* mark: what was logged as broken */
    ngx_atomic_t   announced;      /* mark: the set that was logged as new */
    ngx_atomic_t   closed;         /* mark: a file that workers may not read */

    ngx_atomic_t   started;        /* when the last fetch started; 0: never */
    ngx_atomic_t   busy;           /* until when a fetch may run; 0: none */
    ngx_atomic_t   due;            /* when the next fetch should start */
    ngx_atomic_t   missed;         /* the last fetch failed */

    ngx_atomic_t   version;        /* of the text; 0: there is none */
    u_char        *text;
    size_t         len;

    u_char        *kept;           /* texts of the last good set; NULL: none */
    size_t         kept_len;
    ngx_atomic_t   kept_of;        /* hash of files and directory of these */
    ngx_atomic_t   reload;         /* how many configurations took the slot */
};

/*
 * A reload may find a slot that an older build of this module wrote, and
 * nothing in the zone says which.  Whoever changes this layout also changes the
 * name of the zone, in ngx_http_healthcode_keys_slots_add().
 */
#define ngx_http_healthcode_keys_slot_is_at(member, n)                        \
    (offsetof(ngx_http_healthcode_keys_slot_t, member)                        \
     == (n) * sizeof(ngx_atomic_t))

_Static_assert(ngx_http_healthcode_keys_slot_is_at(name, 0)
               && ngx_http_healthcode_keys_slot_is_at(loads, 1)
               && ngx_http_healthcode_keys_slot_is_at(failures, 2)
               && ngx_http_healthcode_keys_slot_is_at(fetches, 3)
               && ngx_http_healthcode_keys_slot_is_at(misses, 4)
               && ngx_http_healthcode_keys_slot_is_at(broken, 5)
               && ngx_http_healthcode_keys_slot_is_at(announced, 6)
               && ngx_http_healthcode_keys_slot_is_at(closed, 7)
               && ngx_http_healthcode_keys_slot_is_at(started, 8)
               && ngx_http_healthcode_keys_slot_is_at(busy, 9)
               && ngx_http_healthcode_keys_slot_is_at(due, 10)
               && ngx_http_healthcode_keys_slot_is_at(missed, 11)
               && ngx_http_healthcode_keys_slot_is_at(version, 12)
               && ngx_http_healthcode_keys_slot_is_at(text, 13)
               && ngx_http_healthcode_keys_slot_is_at(len, 14)
               && ngx_http_healthcode_keys_slot_is_at(kept, 15)
               && ngx_http_healthcode_keys_slot_is_at(kept_len, 16)
               && ngx_http_healthcode_keys_slot_is_at(kept_of, 17)
               && ngx_http_healthcode_keys_slot_is_at(reload, 18)
               && sizeof(ngx_http_healthcode_keys_slot_t)
                  == 19 * sizeof(ngx_atomic_t)
               && sizeof(ngx_atomic_t) == sizeof(void *),
               "a slot has another layout: see above");


/* The zone: its slots, and how many bytes of texts they keep together. */
typedef struct {
    ngx_uint_t                       n;
    size_t                           kept;
    ngx_http_healthcode_keys_slot_t  slots[1];
} ngx_http_healthcode_keys_slots_t;

_Static_assert(offsetof(ngx_http_healthcode_keys_slots_t, kept)
               == sizeof(ngx_atomic_t)
               && offsetof(ngx_http_healthcode_keys_slots_t, slots)
                  == 2 * sizeof(ngx_atomic_t),
               "the zone has another layout: see above");


/*
 * Adds the zone to the configuration.  Before a worker starts, each of issuers,
 * an array of pointers, gets its slot: the one that it had before the reload,
 * or a free one.  NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_http_healthcode_keys_slots_add(ngx_conf_t *cf,
    ngx_array_t *issuers);

/*
 * Whether issuer, of this process, still has its slot; a reload may have given
 * it to another issuer, whose keys must not be replaced.
 */
ngx_uint_t ngx_http_healthcode_keys_slot_is_mine(
    const ngx_http_healthcode_issuer_t *issuer);

/* Wipes and frees the kept texts of slot; the caller holds the mutex. */
void ngx_http_healthcode_keys_slot_forget(ngx_slab_pool_t *pool,
    ngx_http_healthcode_keys_slot_t *slot);

/*
 * Sets *mark to hash.  True if it was another before: of all workers that see
 * the same, one alone logs it.
 */
ngx_uint_t ngx_http_healthcode_keys_slot_mark(ngx_atomic_t *mark,
    uint64_t hash);


static ngx_inline ngx_slab_pool_t *
ngx_http_healthcode_keys_slot_pool(const ngx_http_healthcode_issuer_t *issuer)
{
    return (ngx_slab_pool_t *) issuer->zone->shm.addr;
}

#endif
