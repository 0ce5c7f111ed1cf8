/*
 * The texts of the last good set of each issuer, kept in shared memory: for a
 * reload that finds the files broken, for a worker in the place of a dead one.
 * Knows no: request, location, verdict.
 * docs/keys.md, "Broken at a start or a reload".
 */

#ifndef NGX_HTTP_HEALTHCODE_KEYS_KEPT_H
#define NGX_HTTP_HEALTHCODE_KEYS_KEPT_H

#include "ngx_http_healthcode_keys_slot.h"


/*
 * In the master, once nothing can stop this configuration from replacing the
 * last one: keeps the texts of the keys of each issuer, or, if its files are
 * broken, takes the keys that were kept.  Not earlier: if a reload fails, the
 * workers go on, and what they keep is newer.
 */
void ngx_http_healthcode_keys_kept_commit(ngx_array_t *issuers);

/*
 * Keeps texts, from which this process has read the keys of issuer that it has
 * now.  If they cannot be kept (they are given up, or too large for the zone),
 * older ones go all the same: a key may have been taken out since.  Does
 * nothing after a reload, whose workers may have newer keys.
 */
void ngx_http_healthcode_keys_kept_put(
    const ngx_http_healthcode_issuer_t *issuer,
    const healthcode_bundle_t *texts);

/*
 * In a worker that starts, maybe in the place of one that died: if other
 * workers have kept newer keys of issuer since the configuration was read,
 * takes these.  If they had newer keys that could not be kept, issuer has none
 * until this worker has read the files.
 */
void ngx_http_healthcode_keys_kept_refresh(
    ngx_http_healthcode_issuer_t *issuer);

#endif
