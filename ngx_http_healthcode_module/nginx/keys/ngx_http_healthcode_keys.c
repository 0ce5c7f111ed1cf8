/*
 * The keys of issuers while nginx serves, in this worker: a new set replaces
 * the old one between two events.
 * Knows no: request, location, verdict.  docs/keys.md.
 */

#include "ngx_http_healthcode_keys.h"
#include "ngx_http_healthcode_keys_kept.h"
#include "ngx_http_healthcode_keys_private.h"


/* Milliseconds between two looks at what is waited for, and of one wait. */
#define NGX_HTTP_HEALTHCODE_KEYS_TICK   20
#define NGX_HTTP_HEALTHCODE_KEYS_WAIT   2000

/* One of so many worker_connections may wait for keys: strangers can. */
#define NGX_HTTP_HEALTHCODE_KEYS_SHARE  4


static void ngx_http_healthcode_keys_identify(ngx_http_healthcode_keys_t *keys);
static void ngx_http_healthcode_keys_read(void *data,
    ngx_http_healthcode_watch_result_t *result);
static void ngx_http_healthcode_keys_swap(ngx_http_healthcode_keys_t *keys,
    ngx_http_healthcode_watch_result_t *result);
static void ngx_http_healthcode_keys_tick(ngx_event_t *ev);


ngx_int_t
ngx_http_healthcode_keys_create(ngx_cycle_t *cycle,
    ngx_http_healthcode_main_conf_t *mcf)
{
    ngx_uint_t                        i;
    ngx_http_healthcode_keys_t       *keys;
    ngx_http_healthcode_issuer_t    **issuer = mcf->issuers.elts;
    ngx_http_healthcode_keys_all_t   *all;

    all = ngx_pcalloc(cycle->pool, sizeof(ngx_http_healthcode_keys_all_t));
    if (all == NULL) {
        return NGX_ERROR;
    }

    all->n = mcf->issuers.nelts;
    all->log = cycle->log;
    all->waiting_max = cycle->connection_n / NGX_HTTP_HEALTHCODE_KEYS_SHARE;
    all->keys = ngx_pcalloc(cycle->pool,
                            all->n * sizeof(ngx_http_healthcode_keys_t));
    all->identities = ngx_pcalloc(cycle->pool,
                                  all->n * sizeof(healthcode_known_digest_t));
    if (all->keys == NULL || all->identities == NULL) {
        return NGX_ERROR;
    }

    all->mcf = mcf;

    for (i = 0; i < all->n; i++) {
        ngx_http_healthcode_keys_kept_refresh(issuer[i]);

        keys = &all->keys[i];
        keys->issuer = issuer[i];
        keys->number = i;
        keys->keyring = issuer[i]->keys.keyring;
        keys->since = ngx_time();
        keys->all = all;
        ngx_queue_init(&keys->waiting);

        issuer[i]->current = keys;
        ngx_http_healthcode_keys_identify(keys);
    }

    all->reader = ngx_http_healthcode_reader_create(cycle, &mcf->issuers,
                                                &mcf->credentials,
                                                ngx_http_healthcode_keys_read,
                                                all);
    if (all->reader == NULL) {
        return NGX_ERROR;
    }

    mcf->keys = all;

    all->tick.handler = ngx_http_healthcode_keys_tick;
    all->tick.data = all;
    all->tick.log = cycle->log;

    all->look.handler = ngx_http_healthcode_keys_refresh_look;
    all->look.data = all;
    all->look.log = cycle->log;
    all->look.cancelable = 1;

    ngx_add_timer(&all->look, 1);

    return NGX_OK;
}


void
ngx_http_healthcode_keys_destroy(ngx_http_healthcode_main_conf_t *mcf)
{
    ngx_uint_t                       i;
    ngx_http_healthcode_keys_all_t  *all = mcf->keys;

    if (all == NULL) {
        return;
    }

    ngx_http_healthcode_reader_destroy(all->reader);

    for (i = 0; i < all->n; i++) {
        if (all->keys[i].owned) {
            healthcode_keyring_free(all->keys[i].keyring);
        }

        all->keys[i].issuer->current = NULL;
    }

    mcf->keys = NULL;
}


const healthcode_keyring_t *
ngx_http_healthcode_keys_now(const ngx_http_healthcode_issuer_t *issuer)
{
    return issuer->current ? issuer->current->keyring : NULL;
}


const healthcode_known_digest_t *
ngx_http_healthcode_keys_identities(const ngx_http_healthcode_main_conf_t *mcf)
{
    return mcf->keys ? mcf->keys->identities : NULL;
}


void
ngx_http_healthcode_keys_facts(const ngx_http_healthcode_issuer_t *issuer,
    ngx_http_healthcode_keys_facts_t *facts)
{
    ngx_http_healthcode_keys_slot_t  *slot = issuer->slot;

    ngx_memzero(facts, sizeof(ngx_http_healthcode_keys_facts_t));

    if (issuer->current) {
        facts->keyring = issuer->current->keyring;
        facts->since = issuer->current->since;
    }

    if (slot) {
        facts->loads = slot->loads;
        facts->failures = slot->failures;
        facts->fetches = slot->fetches;
        facts->misses = slot->misses;
    }
}


/* What was verified with other keys, or by other rules, is found no more. */
static void
ngx_http_healthcode_keys_identify(ngx_http_healthcode_keys_t *keys)
{
    uint8_t                           digest[HEALTHCODE_DIGEST_LEN];
    uint64_t                         *identity;
    healthcode_str_t                  pepper = { NULL, 0 };
    ngx_http_healthcode_main_conf_t  *mcf = keys->all->mcf;

    identity = keys->all->identities[keys->number];

    ngx_memzero(identity, sizeof(healthcode_known_digest_t));

    if (keys->keyring == NULL || mcf->digest == NULL) {
        return;
    }

    if (mcf->pepper) {
        pepper = healthcode_str_from(mcf->pepper_check,
                                     HEALTHCODE_PEPPER_CHECK);
    }

    if (healthcode_issuer_identity(&keys->issuer->core, keys->keyring, pepper,
                                   mcf->digest, digest))
    {
        ngx_memcpy(identity, digest, sizeof(healthcode_known_digest_t));
    }
}


static void
ngx_http_healthcode_keys_read(void *data,
    ngx_http_healthcode_watch_result_t *result)
{
    ngx_http_healthcode_keys_t      *keys;
    ngx_http_healthcode_keys_all_t  *all = data;

    keys = &all->keys[result->issuer];

    ngx_log_debug4(NGX_LOG_DEBUG_HTTP, all->log, 0,
                   "healthcode: keys of issuer \"%V\": read: %i, given: %ui, "
                   "closed: %ui", &keys->issuer->name, result->rc,
                   result->given, result->closed);

    if (result->closed) {
        ngx_http_healthcode_keys_report_closed(keys, result);
        return;
    }

    if (result->given) {
        keys->given--;
        keys->answered |= (result->rc != NGX_ERROR);
    }

    if (result->rc == NGX_OK) {
        ngx_http_healthcode_keys_swap(keys, result);

        /* after a reload that is for its workers to do */
        if (!ngx_exiting) {
            ngx_http_healthcode_keys_kept_put(keys->issuer, &result->texts);
        }
    }

    if (result->rc == NGX_ERROR) {
        ngx_http_healthcode_keys_report_broken(keys, result);

    } else {
        keys->issuer->slot->broken = 0;
    }

    if (result->given == NGX_HTTP_HEALTHCODE_KEYS_FETCHED) {
        ngx_http_healthcode_keys_refresh_done(keys, result);
    }

    ngx_http_healthcode_keys_wait_wake(keys, 1);
}


/* Between two events, so that no request sees half of it. */
static void
ngx_http_healthcode_keys_swap(ngx_http_healthcode_keys_t *keys,
    ngx_http_healthcode_watch_result_t *result)
{
    healthcode_keyring_t  *old = keys->owned ? keys->keyring : NULL;

    keys->keyring = result->keyring;
    keys->owned = 1;
    keys->since = ngx_time();

    ngx_http_healthcode_keys_identify(keys);

    if (old) {
        ngx_http_healthcode_reader_drop(keys->all->reader, old);
    }

    ngx_http_healthcode_keys_report_new(keys, result);
}


ngx_uint_t
ngx_http_healthcode_keys_are_complete(
    const ngx_http_healthcode_issuer_t *issuer)
{
    return issuer->keys.location.len == 0 || issuer->current == NULL
           || issuer->current->answered;
}


ngx_int_t
ngx_http_healthcode_keys_wait(const ngx_http_healthcode_issuer_t *issuer,
    ngx_http_healthcode_keys_waiter_t *waiter)
{
    ngx_uint_t                       first = !waiter->began;
    ngx_http_healthcode_keys_t      *keys = issuer->current;
    ngx_http_healthcode_keys_all_t  *all;

    if (keys == NULL || issuer->keys.location.len == 0) {
        return NGX_OK;
    }

    all = keys->all;

    if (first) {
        waiter->began = 1;
        waiter->until = ngx_current_msec + NGX_HTTP_HEALTHCODE_KEYS_WAIT;
        ngx_http_healthcode_keys_refresh_take(keys);
    }

    /* other keys may have come than those that it waits for */

    if ((ngx_msec_int_t) (waiter->until - ngx_current_msec) > 0
        && all->waiting < all->waiting_max
        && (ngx_http_healthcode_keys_refresh_is_coming(keys)
            || (first && ngx_http_healthcode_keys_refresh_start(keys))))
    {
        if (all->waiting == 0) {
            ngx_add_timer(&all->tick, NGX_HTTP_HEALTHCODE_KEYS_TICK);
        }

        ngx_http_healthcode_keys_wait_add(keys, waiter);

        return NGX_AGAIN;
    }

    /* who cannot know whether there is such a key does not say that there is
       none */

    return (issuer->slot->missed || ngx_exiting
            || ngx_http_healthcode_keys_refresh_is_coming(keys))
           ? NGX_DECLINED : NGX_OK;
}


static void
ngx_http_healthcode_keys_tick(ngx_event_t *ev)
{
    ngx_uint_t                       i;
    ngx_http_healthcode_keys_t      *keys;
    ngx_http_healthcode_keys_all_t  *all = ev->data;

    for (i = 0; i < all->n; i++) {

        keys = &all->keys[i];

        if (!ngx_queue_empty(&keys->waiting)) {
            ngx_http_healthcode_keys_refresh_take(keys);
            ngx_http_healthcode_keys_wait_wake(keys,
                           !ngx_http_healthcode_keys_refresh_is_coming(keys));
        }
    }

    if (all->waiting) {
        ngx_add_timer(ev, NGX_HTTP_HEALTHCODE_KEYS_TICK);
    }
}
