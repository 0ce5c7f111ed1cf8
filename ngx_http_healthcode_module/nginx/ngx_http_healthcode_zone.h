/*
 * What the workers of this machine share of each issuer's keys: counters, who
 * fetches, and the text that was fetched last.  Survives a reload.
 * docs/request-path.md, "Keys".
 */

#ifndef NGX_HTTP_HEALTHCODE_ZONE_H
#define NGX_HTTP_HEALTHCODE_ZONE_H

#include "ngx_http_healthcode.h"


/* Bytes of a text that can be shared, by the size of the zone. */
#define NGX_HTTP_HEALTHCODE_ZONE_TEXT_MAX  (256 * 1024)


/* Written without a lock, except the text.  Times are ngx_current_msec. */
struct ngx_http_healthcode_zone_slot_s {
    ngx_atomic_t   name;           /* a hash of the issuer and its location */
    ngx_atomic_t   loads;          /* key sets that took the place of others */
    ngx_atomic_t   failures;       /* key sets that could not be read */
    ngx_atomic_t   fetches;        /* answers of the location that were good */
    ngx_atomic_t   misses;         /* and those that were not */
    ngx_atomic_t   broken;         /* a hash of what was logged as broken */
    ngx_atomic_t   announced;      /* and of the keys that were, as new */
    ngx_atomic_t   closed;         /* and of a file that workers may not read */

    ngx_atomic_t   started;        /* when the last fetch was */
    ngx_atomic_t   busy;           /* until when one is under way; 0: none */
    ngx_atomic_t   due;            /* when the next one should start */
    ngx_atomic_t   missed;         /* the last one failed */

    ngx_atomic_t   version;        /* of the text; 0: there is none */
    u_char        *text;
    size_t         len;

    /* the texts that the last good set was read from, under the lock */
    u_char        *kept;           /* NULL: none */
    size_t         kept_len;
    ngx_atomic_t   kept_of;        /* a hash of the sources */
    ngx_atomic_t   reload;         /* times that a configuration took it */
};

/*
 * Another build may have written it, and nothing in the zone says so: who
 * changes a place here changes the name of the zone, too, by which nginx finds
 * it again (ngx_http_healthcode_zone_add()).
 */
#define ngx_http_healthcode_zone_is_at(member, n)                             \
    (offsetof(ngx_http_healthcode_zone_slot_t, member)                        \
     == (n) * sizeof(ngx_atomic_t))

_Static_assert(ngx_http_healthcode_zone_is_at(name, 0)
               && ngx_http_healthcode_zone_is_at(loads, 1)
               && ngx_http_healthcode_zone_is_at(failures, 2)
               && ngx_http_healthcode_zone_is_at(fetches, 3)
               && ngx_http_healthcode_zone_is_at(misses, 4)
               && ngx_http_healthcode_zone_is_at(broken, 5)
               && ngx_http_healthcode_zone_is_at(announced, 6)
               && ngx_http_healthcode_zone_is_at(closed, 7)
               && ngx_http_healthcode_zone_is_at(started, 8)
               && ngx_http_healthcode_zone_is_at(busy, 9)
               && ngx_http_healthcode_zone_is_at(due, 10)
               && ngx_http_healthcode_zone_is_at(missed, 11)
               && ngx_http_healthcode_zone_is_at(version, 12)
               && ngx_http_healthcode_zone_is_at(text, 13)
               && ngx_http_healthcode_zone_is_at(len, 14)
               && ngx_http_healthcode_zone_is_at(kept, 15)
               && ngx_http_healthcode_zone_is_at(kept_len, 16)
               && ngx_http_healthcode_zone_is_at(kept_of, 17)
               && ngx_http_healthcode_zone_is_at(reload, 18)
               && sizeof(ngx_http_healthcode_zone_slot_t)
                  == 19 * sizeof(ngx_atomic_t)
               && sizeof(ngx_atomic_t) == sizeof(void *),
               "a slot is laid out otherwise: see above");


/*
 * Adds the zone to the configuration, with a slot for each of issuers, an
 * array of pointers, which get theirs before a worker starts.
 */
ngx_int_t ngx_http_healthcode_zone_add(ngx_conf_t *cf, ngx_array_t *issuers);

/*
 * Once nothing can keep the configuration of issuers from taking the place of
 * the last one: keeps the texts of their keys, or takes the keys of those whose
 * files are broken from what was kept.  Not before: where a reload fails, the
 * workers that go on keep newer ones.
 */
void ngx_http_healthcode_zone_commit(ngx_array_t *issuers);

/*
 * Whether the caller may fetch now: nobody else does, and the last one began
 * at least interval milliseconds ago.  It then has the fetch for timeout
 * milliseconds, and ends it by _done().
 */
ngx_uint_t ngx_http_healthcode_zone_claim(
    ngx_http_healthcode_zone_slot_t *slot, ngx_msec_t interval,
    ngx_msec_t timeout);

/*
 * Ends a fetch; the next one is due in after milliseconds.  Does nothing where
 * a reload has given the slot to another issuer.
 */
void ngx_http_healthcode_zone_done(const ngx_http_healthcode_issuer_t *issuer,
    ngx_uint_t failed, ngx_msec_t after);

/* Whether a fetch may be under way in any worker. */
ngx_uint_t ngx_http_healthcode_zone_is_busy(
    ngx_http_healthcode_zone_slot_t *slot);

/* Whether the shared text is another one than that of version. */
ngx_uint_t ngx_http_healthcode_zone_has_news(
    const ngx_http_healthcode_issuer_t *issuer, ngx_atomic_uint_t version);

/*
 * Shares text with the other workers under a new *version; NGX_ERROR where it
 * does not fit, NGX_DECLINED where a reload has given the slot to another.
 */
ngx_int_t ngx_http_healthcode_zone_publish(
    const ngx_http_healthcode_issuer_t *issuer, healthcode_str_t text,
    ngx_atomic_uint_t *version);

/* A copy of the shared text from malloc(), NULL where there is none. */
u_char *ngx_http_healthcode_zone_text(
    const ngx_http_healthcode_issuer_t *issuer, size_t *len,
    ngx_atomic_uint_t *version);

/*
 * Keeps texts, from which this process has read the keys of issuer that it has
 * now, for a reload that finds the files broken.  Where they cannot be kept
 * (they are given up, or too many for the zone) no older ones are, either: a
 * key may have been taken out since.  Does nothing where a reload has been,
 * whose workers may have newer keys.
 */
void ngx_http_healthcode_zone_keep(const ngx_http_healthcode_issuer_t *issuer,
    const healthcode_bundle_t *texts);

/*
 * In a worker that begins: where other workers have kept newer keys of issuer
 * since the configuration was read, takes these.  It may stand in for a worker
 * that died, and the files may be broken by now.  Where they had newer ones
 * that could not be kept it has none until it has read the files.
 */
void ngx_http_healthcode_zone_refresh(ngx_http_healthcode_issuer_t *issuer);

/* Sets *mark to hash; whether it was another before: the first to say so. */
ngx_uint_t ngx_http_healthcode_zone_mark(ngx_atomic_t *mark, uint64_t hash);

#endif
