/*
 * What the workers of this machine share of an issuer's location: who fetches
 * now, when the next fetch is due, and the text fetched last.
 * Knows no: request, location, verdict, key.  docs/keys.md, "A location".
 */

#ifndef NGX_HTTP_HEALTHCODE_KEYS_SHARED_H
#define NGX_HTTP_HEALTHCODE_KEYS_SHARED_H

#include "ngx_http_healthcode_keys_slot.h"


/*
 * Whether the caller may fetch now: no other worker does, and the last fetch
 * started at least interval ms ago.  If so, the caller has the fetch for
 * timeout ms, and ends it by _done().
 */
ngx_uint_t ngx_http_healthcode_keys_shared_claim(
    ngx_http_healthcode_keys_slot_t *slot, ngx_msec_t interval,
    ngx_msec_t timeout);

/*
 * Ends a fetch; failed is 0 or why; the next one is due in after ms.  Does
 * nothing if a reload has given the slot to another issuer.
 */
void ngx_http_healthcode_keys_shared_done(
    const ngx_http_healthcode_issuer_t *issuer, ngx_uint_t failed,
    ngx_msec_t after);

/* Whether any worker may be fetching. */
ngx_uint_t ngx_http_healthcode_keys_shared_is_busy(
    ngx_http_healthcode_keys_slot_t *slot);

/* Whether there is a shared text of another version than this one. */
ngx_uint_t ngx_http_healthcode_keys_shared_has_news(
    const ngx_http_healthcode_issuer_t *issuer, ngx_atomic_uint_t version);

/*
 * Shares a copy of text with the other workers, under a new *version.
 * NGX_OK; NGX_ERROR: it does not fit; NGX_DECLINED: a reload has given the slot
 * to another issuer.
 */
ngx_int_t ngx_http_healthcode_keys_shared_publish(
    const ngx_http_healthcode_issuer_t *issuer, healthcode_str_t text,
    ngx_atomic_uint_t *version);

/*
 * A copy of the shared text, of *len bytes from malloc(), which the caller
 * owns, and its *version; NULL: there is none, or no memory.
 */
u_char *ngx_http_healthcode_keys_shared_text(
    const ngx_http_healthcode_issuer_t *issuer, size_t *len,
    ngx_atomic_uint_t *version);

#endif
