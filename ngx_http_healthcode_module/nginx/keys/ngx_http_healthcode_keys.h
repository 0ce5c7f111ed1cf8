/*
 * The keys of issuers while nginx serves, in this worker: a new set replaces
 * the old one between two events.
 * Knows no: request, location, verdict.  docs/keys.md.
 */

#ifndef NGX_HTTP_HEALTHCODE_KEYS_H
#define NGX_HTTP_HEALTHCODE_KEYS_H

#include "../ngx_http_healthcode.h"
#include "ngx_http_healthcode_keys_wait.h"


/* Bytes of a generation that logs and the status show. */
#define NGX_HTTP_HEALTHCODE_KEYS_GENERATION_SHOWN  8


/* What healthcode_status says: the keys of this worker, counters of all. */
typedef struct {
    const healthcode_keyring_t  *keyring;    /* NULL: none yet */
    time_t                       since;      /* they were read, Unix seconds */
    ngx_atomic_uint_t            loads;      /* sets that replaced others */
    ngx_atomic_uint_t            failures;   /* sets that could not be used */
    ngx_atomic_uint_t            fetches;    /* good answers of the location */
    ngx_atomic_uint_t            misses;     /* bad ones, or none in time */
} ngx_http_healthcode_keys_facts_t;


/* Starts it in a worker; NGX_ERROR is logged. */
ngx_int_t ngx_http_healthcode_keys_create(ngx_cycle_t *cycle,
    ngx_http_healthcode_main_conf_t *mcf);
void ngx_http_healthcode_keys_destroy(ngx_http_healthcode_main_conf_t *mcf);

/* The keys of issuer, valid until the event loop goes on; NULL: none yet. */
const healthcode_keyring_t *ngx_http_healthcode_keys_now(
    const ngx_http_healthcode_issuer_t *issuer);

/*
 * Digests of all by which each issuer accepts a code now, by the issuers'
 * numbers; all zero for one without keys.  NULL in a process that serves
 * nothing.
 */
const healthcode_known_digest_t *ngx_http_healthcode_keys_identities(
    const ngx_http_healthcode_main_conf_t *mcf);

/* Writes facts about issuer, also in a process that serves nothing. */
void ngx_http_healthcode_keys_facts(const ngx_http_healthcode_issuer_t *issuer,
    ngx_http_healthcode_keys_facts_t *facts);

/* Whether keys of all its sources are here: its location, too, has answered. */
ngx_uint_t ngx_http_healthcode_keys_are_complete(
    const ngx_http_healthcode_issuer_t *issuer);

/*
 * Has waiter wait for other keys of issuer than those of now, for 2 seconds in
 * all until _cancel().  NGX_AGAIN: some are on their way, or are asked for now,
 * and the waiter's handler will be called.  NGX_OK: there are no others.
 * NGX_DECLINED: nobody can know now; too many wait, the location does not
 * answer well, or the waiter has waited for 2 seconds.
 */
ngx_int_t ngx_http_healthcode_keys_wait(
    const ngx_http_healthcode_issuer_t *issuer,
    ngx_http_healthcode_keys_waiter_t *waiter);

#endif
