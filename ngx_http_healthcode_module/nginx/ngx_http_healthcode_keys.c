/*
 * The keys of issuers while nginx serves: new sets take the place of old ones,
 * locations are asked before they are stale, requests wait for a key that may
 * be on its way.  Reads no file itself.  docs/request-path.md, "Keys".
 */

#include "ngx_http_healthcode_fetch.h"
#include "ngx_http_healthcode_keys.h"


/* Milliseconds: between looks at what is due, and at what is waited for. */
#define NGX_HTTP_HEALTHCODE_KEYS_LOOK     1000
#define NGX_HTTP_HEALTHCODE_KEYS_TICK     20

/* Milliseconds that a fetch may take, that its worker may hold it, and that a
   request waits for keys. */
#define NGX_HTTP_HEALTHCODE_KEYS_TIMEOUT  10000
#define NGX_HTTP_HEALTHCODE_KEYS_CLAIM    15000
#define NGX_HTTP_HEALTHCODE_KEYS_WAIT     2000

/* Of worker_connections, so many may wait for keys: strangers can. */
#define NGX_HTTP_HEALTHCODE_KEYS_SHARE    4

/* How a text was given to the reader. */
#define NGX_HTTP_HEALTHCODE_KEYS_SHARED   1
#define NGX_HTTP_HEALTHCODE_KEYS_FETCHED  2


struct ngx_http_healthcode_keys_all_s {
    ngx_uint_t                     n;
    ngx_http_healthcode_keys_t    *keys;
    healthcode_code_digest_t      *identities;
    ngx_http_healthcode_main_conf_t  *mcf;
    ngx_http_healthcode_reader_t  *reader;
    ngx_event_t                    look;       /* cancelable */
    ngx_event_t                    tick;       /* while somebody waits */
    ngx_uint_t                     waiting;    /* records */
    ngx_uint_t                     waiting_max;
    ngx_log_t                     *log;
};


static void ngx_http_healthcode_keys_identify(ngx_http_healthcode_keys_t *keys);
static void ngx_http_healthcode_keys_look(ngx_event_t *ev);
static void ngx_http_healthcode_keys_tick(ngx_event_t *ev);
static void ngx_http_healthcode_keys_take_shared(
    ngx_http_healthcode_keys_t *keys);
static ngx_uint_t ngx_http_healthcode_keys_fetch(
    ngx_http_healthcode_keys_t *keys);
static void ngx_http_healthcode_keys_fetched(void *data,
    ngx_http_healthcode_fetch_answer_t *answer);
static void ngx_http_healthcode_keys_missed(ngx_http_healthcode_keys_t *keys,
    ngx_uint_t status);
static void ngx_http_healthcode_keys_read(void *data,
    ngx_http_healthcode_reader_result_t *result);
static void ngx_http_healthcode_keys_swap(ngx_http_healthcode_keys_t *keys,
    healthcode_keyring_t *keyring);
static void ngx_http_healthcode_keys_closed(ngx_http_healthcode_keys_t *keys,
    ngx_http_healthcode_reader_result_t *result);
static void ngx_http_healthcode_keys_broken(ngx_http_healthcode_keys_t *keys,
    ngx_http_healthcode_reader_result_t *result);
static void ngx_http_healthcode_keys_shown(ngx_http_healthcode_keys_t *keys,
    ngx_http_healthcode_reader_result_t *result);
static ngx_uint_t ngx_http_healthcode_keys_is_coming(
    ngx_http_healthcode_keys_t *keys);
static ngx_uint_t ngx_http_healthcode_keys_could_help(
    ngx_http_healthcode_record_t *record, healthcode_reason_e reason);
static void ngx_http_healthcode_keys_wake(ngx_http_healthcode_keys_t *keys,
    ngx_uint_t all);


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
                                  all->n * sizeof(healthcode_code_digest_t));
    if (all->keys == NULL || all->identities == NULL) {
        return NGX_ERROR;
    }

    all->mcf = mcf;

    for (i = 0; i < all->n; i++) {
        ngx_http_healthcode_zone_refresh(issuer[i]);

        keys = &all->keys[i];
        keys->issuer = issuer[i];
        keys->number = i;
        keys->keyring = issuer[i]->keys.keyring;
        keys->since = ngx_time();
        keys->all = all;
        ngx_queue_init(&keys->waiting);

        issuer[i]->live = keys;
        ngx_http_healthcode_keys_identify(keys);
    }

    all->reader = ngx_http_healthcode_reader_create(cycle, &mcf->issuers,
                                            ngx_http_healthcode_keys_read, all);
    if (all->reader == NULL) {
        return NGX_ERROR;
    }

    mcf->keys = all;

    all->tick.handler = ngx_http_healthcode_keys_tick;
    all->tick.data = all;
    all->tick.log = cycle->log;

    all->look.handler = ngx_http_healthcode_keys_look;
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

        all->keys[i].issuer->live = NULL;
    }

    mcf->keys = NULL;
}


const healthcode_keyring_t *
ngx_http_healthcode_keys_now(const ngx_http_healthcode_issuer_t *issuer)
{
    return issuer->live ? issuer->live->keyring : NULL;
}


const healthcode_code_digest_t *
ngx_http_healthcode_keys_identities(const ngx_http_healthcode_main_conf_t *mcf)
{
    return mcf->keys ? mcf->keys->identities : NULL;
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

    ngx_memzero(identity, sizeof(healthcode_code_digest_t));

    if (keys->keyring == NULL || mcf->digest == NULL) {
        return;
    }

    if (mcf->pepper) {
        pepper = healthcode_str_from(mcf->pepper_check, HEALTHCODE_HOLDER_HEX);
    }

    if (healthcode_issuer_identity(&keys->issuer->core, keys->keyring, pepper,
                                   mcf->digest, digest))
    {
        ngx_memcpy(identity, digest, sizeof(healthcode_code_digest_t));
    }
}


/* ---- from a location ---- */

static void
ngx_http_healthcode_keys_look(ngx_event_t *ev)
{
    ngx_uint_t                        i;
    ngx_atomic_uint_t                 due;
    ngx_http_healthcode_keys_t       *keys;
    ngx_http_healthcode_keys_all_t   *all = ev->data;

    for (i = 0; i < all->n; i++) {

        keys = &all->keys[i];

        if (keys->issuer->keys.location.len == 0) {
            continue;
        }

        ngx_http_healthcode_keys_take_shared(keys);

        due = keys->issuer->slot->due;

        if (due == 0 || (ngx_msec_int_t) (ngx_current_msec - due) >= 0) {
            (void) ngx_http_healthcode_keys_fetch(keys);
        }
    }

    ngx_add_timer(ev, NGX_HTTP_HEALTHCODE_KEYS_LOOK);
}


/* Has the reader read what another worker has fetched. */
static void
ngx_http_healthcode_keys_take_shared(ngx_http_healthcode_keys_t *keys)
{
    u_char             *text;
    size_t              len;
    ngx_atomic_uint_t   version;

    if (keys->given
        || !ngx_http_healthcode_zone_has_news(keys->issuer, keys->version))
    {
        return;
    }

    text = ngx_http_healthcode_zone_text(keys->issuer, &len, &version);

    if (text
        && ngx_http_healthcode_reader_give(keys->all->reader, keys->number,
                                           NGX_HTTP_HEALTHCODE_KEYS_SHARED,
                                           text, len)
           == NGX_OK)
    {
        keys->version = version;
        keys->given++;
    }
}


/* Whether a fetch began. */
static ngx_uint_t
ngx_http_healthcode_keys_fetch(ngx_http_healthcode_keys_t *keys)
{
    ngx_http_healthcode_keys_conf_t  *conf = &keys->issuer->keys;

    if (ngx_exiting || ngx_terminate || keys->fetching
        || !ngx_http_healthcode_zone_claim(keys->issuer->slot,
                                     (ngx_msec_t) conf->min_interval * 1000,
                                     NGX_HTTP_HEALTHCODE_KEYS_CLAIM))
    {
        return 0;
    }

    keys->fetching = 1;

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, keys->all->log, 0,
                   "healthcode: keys of issuer \"%V\": ask location \"%V\"",
                   &keys->issuer->name, &conf->location);

    if (ngx_http_healthcode_fetch(conf->ctx, &conf->location, &conf->args,
                                  NGX_HTTP_HEALTHCODE_KEYS_TIMEOUT,
                                  ngx_http_healthcode_keys_fetched, keys)
        != NGX_OK)
    {
        ngx_http_healthcode_keys_missed(keys, 0);
        return 0;
    }

    return 1;
}


static void
ngx_http_healthcode_keys_fetched(void *data,
    ngx_http_healthcode_fetch_answer_t *answer)
{
    time_t                            fresh;
    ngx_http_healthcode_keys_t       *keys = data;
    ngx_http_healthcode_keys_conf_t  *conf = &keys->issuer->keys;

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, keys->all->log, 0,
                   "healthcode: keys of issuer \"%V\": answer %ui of %uz bytes",
                   &keys->issuer->name, answer->status, answer->len);

    /* what could not be shared would be keys of this worker alone */

    if (answer->text == NULL
        || answer->len > NGX_HTTP_HEALTHCODE_ZONE_TEXT_MAX)
    {
        free(answer->text);
        ngx_http_healthcode_keys_missed(keys, answer->status);
        return;
    }

    fresh = (answer->max_age && answer->max_age < conf->refresh)
            ? answer->max_age : conf->refresh;

    /* again before it is stale */
    keys->after = ngx_max((ngx_msec_t) fresh * 750,
                          (ngx_msec_t) conf->min_interval * 1000);

    if (ngx_http_healthcode_reader_give(keys->all->reader, keys->number,
                                        NGX_HTTP_HEALTHCODE_KEYS_FETCHED,
                                        answer->text, answer->len)
        != NGX_OK)
    {
        ngx_http_healthcode_keys_missed(keys, answer->status);
        return;
    }

    keys->given++;
}


static void
ngx_http_healthcode_keys_missed(ngx_http_healthcode_keys_t *keys,
    ngx_uint_t status)
{
    const char                    *why;
    ngx_http_healthcode_issuer_t  *issuer = keys->issuer;

    if (issuer->slot->missed != status + 1) {

        if (status == 0) {
            why = "it does not answer in 10 seconds";

        } else if (status == NGX_HTTP_OK) {
            why = "its answer is empty, breaks off, or is larger than "
                  "subrequest_output_buffer_size or 256k";

        } else {
            why = "its answer is not 200; where it is 500, "
                  "subrequest_output_buffer_size may be too small";
        }

        ngx_log_error(NGX_LOG_ERR, keys->all->log, 0,
                      "healthcode: keys of issuer \"%V\" cannot be fetched "
                      "from \"%V\": %s (status %ui); %s", &issuer->name,
                      &issuer->keys.location, why, status,
                      keys->keyring ? "the old ones stay"
                                    : "there are none yet");
    }

    keys->fetching = 0;
    ngx_http_healthcode_zone_done(issuer, status + 1,
                                (ngx_msec_t) issuer->keys.min_interval * 1000);
    ngx_http_healthcode_keys_wake(keys, 1);
}


/* ---- from the reader ---- */

static void
ngx_http_healthcode_keys_read(void *data,
    ngx_http_healthcode_reader_result_t *result)
{
    ngx_http_healthcode_keys_t      *keys;
    ngx_http_healthcode_keys_all_t  *all = data;

    keys = &all->keys[result->issuer];

    ngx_log_debug4(NGX_LOG_DEBUG_HTTP, all->log, 0,
                   "healthcode: keys of issuer \"%V\": read: %i, given: %ui, "
                   "closed: %ui", &keys->issuer->name, result->rc,
                   result->given, result->closed);

    if (result->closed) {
        ngx_http_healthcode_keys_closed(keys, result);
        return;
    }

    if (result->given) {
        keys->given--;
        keys->told |= (result->rc != NGX_ERROR);
    }

    if (result->rc == NGX_OK) {
        ngx_http_healthcode_keys_swap(keys, result->keyring);

        /* after a reload that is for its workers to do */
        if (!ngx_exiting) {
            ngx_http_healthcode_zone_keep(keys->issuer, &result->texts);
        }
    }

    if (result->rc == NGX_ERROR) {
        ngx_http_healthcode_keys_broken(keys, result);

    } else {
        keys->issuer->slot->broken = 0;
    }

    if (result->given == NGX_HTTP_HEALTHCODE_KEYS_FETCHED) {
        ngx_http_healthcode_keys_shown(keys, result);
    }

    ngx_http_healthcode_keys_wake(keys, 1);
}


/* Between two events, so that no request sees half of it. */
static void
ngx_http_healthcode_keys_swap(ngx_http_healthcode_keys_t *keys,
    healthcode_keyring_t *keyring)
{
    u_char                            hex[2 *
                                 NGX_HTTP_HEALTHCODE_KEYS_GENERATION_SHOWN];
    uint64_t                          mark;
    const uint8_t                    *generation;
    healthcode_keyring_t             *old = keys->owned ? keys->keyring : NULL;
    ngx_http_healthcode_zone_slot_t  *slot = keys->issuer->slot;

    keys->keyring = keyring;
    keys->owned = 1;
    keys->since = ngx_time();

    ngx_http_healthcode_keys_identify(keys);

    if (old) {
        ngx_http_healthcode_reader_drop(keys->all->reader, old);
    }

    generation = healthcode_keyring_generation(keyring);
    mark = ngx_http_healthcode_load_hash(0, generation,
                                         HEALTHCODE_KEYRING_GENERATION_LEN);

    if (ngx_http_healthcode_zone_mark(&slot->announced, mark)) {

        (void) ngx_atomic_fetch_add(&slot->loads, 1);

        (void) ngx_hex_dump(hex, (u_char *) generation, sizeof(hex) / 2);

        ngx_log_error(NGX_LOG_NOTICE, keys->all->log, 0,
                      "healthcode: issuer \"%V\" has new keys: %uz, "
                      "generation %*s", &keys->issuer->name,
                      healthcode_keyring_count(keyring), sizeof(hex), hex);
    }
}


/* Once for the machine, however many workers see it; so is what is broken. */
static void
ngx_http_healthcode_keys_closed(ngx_http_healthcode_keys_t *keys,
    ngx_http_healthcode_reader_result_t *result)
{
    if (ngx_http_healthcode_zone_mark(&keys->issuer->slot->closed,
                                      result->hash))
    {
        ngx_log_error(NGX_LOG_WARN, keys->all->log, 0,
                      "healthcode: keys \"%s\" of issuer \"%V\" were read by "
                      "the master, but %s; until then a change of it counts "
                      "after a reload only", result->file,
                      &keys->issuer->name, result->error);
    }
}


static void
ngx_http_healthcode_keys_broken(ngx_http_healthcode_keys_t *keys,
    ngx_http_healthcode_reader_result_t *result)
{
    ngx_str_t                         place;
    ngx_http_healthcode_zone_slot_t  *slot = keys->issuer->slot;

    if (!ngx_http_healthcode_zone_mark(&slot->broken, result->hash)) {
        return;
    }

    (void) ngx_atomic_fetch_add(&slot->failures, 1);

    if (result->file[0]) {
        place.data = (u_char *) result->file;
        place.len = ngx_strlen(result->file);
    } else {
        place = keys->issuer->keys.location;
    }

    ngx_log_error(NGX_LOG_ERR, keys->all->log, 0,
                  "healthcode: new keys \"%V\" of issuer \"%V\" cannot be "
                  "used: %s; %s", &place, &keys->issuer->name, result->error,
                  keys->keyring ? "the old ones stay" : "there are none yet");
}


/* Ends the fetch, and shows the others a text that is good. */
static void
ngx_http_healthcode_keys_shown(ngx_http_healthcode_keys_t *keys,
    ngx_http_healthcode_reader_result_t *result)
{
    ngx_http_healthcode_issuer_t  *issuer = keys->issuer;

    keys->fetching = 0;

    if (result->rc == NGX_ERROR) {
        ngx_http_healthcode_zone_done(issuer, NGX_HTTP_OK + 1,
                                (ngx_msec_t) issuer->keys.min_interval * 1000);
        return;
    }

    if (result->text.data
        && (result->rc == NGX_OK || issuer->slot->version == 0)
        && ngx_http_healthcode_zone_publish(issuer, result->text,
                                            &keys->version)
           == NGX_ERROR)
    {
        ngx_log_error(NGX_LOG_ERR, keys->all->log, 0,
                      "healthcode: no shared memory for keys \"%V\" of issuer "
                      "\"%V\", so that other workers cannot have them; have "
                      "the issuer drop old ones", &issuer->keys.location,
                      &issuer->name);
    }

    ngx_http_healthcode_zone_done(issuer, 0, keys->after);
}


/* ---- requests that wait ---- */

ngx_int_t
ngx_http_healthcode_keys_wait(ngx_http_request_t *r,
    ngx_http_healthcode_record_t *record, healthcode_reason_e *reason)
{
    ngx_uint_t                       first = !record->waited;
    ngx_http_healthcode_keys_t      *keys;
    ngx_http_healthcode_keys_all_t  *all;

    if (!ngx_http_healthcode_keys_could_help(record, *reason)) {
        return NGX_OK;
    }

    keys = record->found.issuer->live;
    all = keys->all;

    if (first) {
        record->waited = 1;
        record->waits_until = ngx_current_msec + NGX_HTTP_HEALTHCODE_KEYS_WAIT;
        ngx_http_healthcode_keys_take_shared(keys);
    }

    /* other keys may have come than those that it waits for */

    if ((ngx_msec_int_t) (record->waits_until - ngx_current_msec) > 0
        && all->waiting < all->waiting_max
        && (ngx_http_healthcode_keys_is_coming(keys)
            || (first && ngx_http_healthcode_keys_fetch(keys))))
    {
        ngx_http_healthcode_suspend(r);

        ngx_log_debug2(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                       "healthcode: waits for keys of issuer \"%V\", with %ui "
                       "others", &keys->issuer->name, all->waiting);

        record->is_waiting = 1;
        ngx_queue_insert_tail(&keys->waiting, &record->waiting);

        if (all->waiting++ == 0) {
            ngx_add_timer(&all->tick, NGX_HTTP_HEALTHCODE_KEYS_TICK);
        }

        return NGX_AGAIN;
    }

    /* who cannot know whether there is such a key does not say that there is
       none */

    if (keys->issuer->slot->missed || ngx_exiting
        || ngx_http_healthcode_keys_is_coming(keys))
    {
        *reason = HEALTHCODE_REASON_KEYS_UNAVAILABLE;
    }

    return NGX_OK;
}


/*
 * A key for the algorithm, or one with this kid, may be new at the issuer.  A
 * key of a file, without a kid, fits any: until the location has answered, a
 * signature that does not hold may be of a key that is there.
 */
static ngx_uint_t
ngx_http_healthcode_keys_could_help(ngx_http_healthcode_record_t *record,
    healthcode_reason_e reason)
{
    if (record->found.issuer == NULL || record->found.issuer->live == NULL
        || record->found.issuer->keys.location.len == 0)
    {
        return 0;
    }

    return reason == HEALTHCODE_REASON_KEY
           || reason == HEALTHCODE_REASON_KEYS_UNAVAILABLE
           || (reason == HEALTHCODE_REASON_SIGNATURE
               && !record->found.issuer->live->told);
}


static ngx_uint_t
ngx_http_healthcode_keys_is_coming(ngx_http_healthcode_keys_t *keys)
{
    return keys->given || keys->fetching
           || ngx_http_healthcode_zone_has_news(keys->issuer, keys->version)
           || ngx_http_healthcode_zone_is_busy(keys->issuer->slot);
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
            ngx_http_healthcode_keys_take_shared(keys);
            ngx_http_healthcode_keys_wake(keys,
                                   !ngx_http_healthcode_keys_is_coming(keys));
        }
    }

    if (all->waiting) {
        ngx_add_timer(ev, NGX_HTTP_HEALTHCODE_KEYS_TICK);
    }
}


/* All who wait, or those who have waited long enough. */
static void
ngx_http_healthcode_keys_wake(ngx_http_healthcode_keys_t *keys, ngx_uint_t all)
{
    ngx_queue_t                   *q, *next;
    ngx_http_healthcode_record_t  *record;

    for (q = ngx_queue_head(&keys->waiting);
         q != ngx_queue_sentinel(&keys->waiting);
         q = next)
    {
        next = ngx_queue_next(q);
        record = ngx_queue_data(q, ngx_http_healthcode_record_t, waiting);

        if (all
            || (ngx_msec_int_t) (ngx_current_msec - record->waits_until) >= 0)
        {
            ngx_http_healthcode_keys_cancel(record);
            ngx_http_healthcode_found_clear(&record->found);
            ngx_http_healthcode_resume(record);
        }
    }
}


void
ngx_http_healthcode_keys_cancel(ngx_http_healthcode_record_t *record)
{
    if (record->is_waiting) {
        record->is_waiting = 0;
        record->found.issuer->live->all->waiting--;
        ngx_queue_remove(&record->waiting);
    }
}
