/*
 * The keys of issuers while nginx serves: new sets take the place of old ones,
 * locations are asked before they are stale, requests wait for a key that may
 * be on its way.  Reads no file itself.  docs/request-path.md, "Keys".
 */

#ifndef NGX_HTTP_HEALTHCODE_KEYS_H
#define NGX_HTTP_HEALTHCODE_KEYS_H

#include "ngx_http_healthcode_reader.h"
#include "ngx_http_healthcode_zone.h"


/* Bytes of a generation that logs and the status show. */
#define NGX_HTTP_HEALTHCODE_KEYS_GENERATION_SHOWN  8


typedef struct ngx_http_healthcode_keys_all_s  ngx_http_healthcode_keys_all_t;


/* The keys of one issuer, in this worker. */
struct ngx_http_healthcode_keys_s {
    ngx_http_healthcode_issuer_t    *issuer;
    ngx_uint_t                       number;
    healthcode_keyring_t            *keyring;    /* NULL: not there yet */
    ngx_uint_t                       owned;      /* or the configuration's */
    time_t                           since;      /* when they were read */

    ngx_atomic_uint_t                version;    /* of the shared text, read */
    ngx_uint_t                       given;      /* texts at the reader */
    ngx_uint_t                       fetching;   /* this worker does */
    ngx_uint_t                       told;       /* a text of the location is
                                                    among the keys */
    ngx_msec_t                       after;      /* the next fetch after it */

    ngx_queue_t                      waiting;    /* records */
    ngx_http_healthcode_keys_all_t  *all;
};


/* Starts it in a worker; NGX_ERROR is logged. */
ngx_int_t ngx_http_healthcode_keys_create(ngx_cycle_t *cycle,
    ngx_http_healthcode_main_conf_t *mcf);
void ngx_http_healthcode_keys_destroy(ngx_http_healthcode_main_conf_t *mcf);

/* The keys of issuer now, until the event loop turns; NULL: none yet. */
const healthcode_keyring_t *ngx_http_healthcode_keys_now(
    const ngx_http_healthcode_issuer_t *issuer);

/*
 * By the issuers' numbers, digests of all by which each accepts a code now;
 * all zero where it has no keys.  NULL in a process that serves nothing.
 */
const healthcode_code_digest_t *ngx_http_healthcode_keys_identities(
    const ngx_http_healthcode_main_conf_t *mcf);

/*
 * Whether keys that are on their way, or that may be asked for now, could
 * change reason, by which record's code was refused.  NGX_AGAIN: the request
 * is suspended, and its phases run again when they are there, or after a
 * while; for 2 seconds a policy in all.  NGX_OK: they could not; *reason may
 * be another one, for a key that cannot be looked for now.
 */
ngx_int_t ngx_http_healthcode_keys_wait(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record, healthcode_reason_e *reason);
void ngx_http_healthcode_keys_cancel(ngx_http_healthcode_record_t *record);

#endif
