/*
 * Asks the location of an issuer's keys before they are stale, one worker for
 * all, and takes what another worker has fetched.
 * Knows no: request, location, verdict, key.  docs/keys.md, "A location".
 */

#include "ngx_http_healthcode_fetch.h"
#include "ngx_http_healthcode_keys_private.h"
#include "ngx_http_healthcode_keys_shared.h"
#include "../../core/healthcode_refresh.h"


/* Milliseconds between two looks at what is due. */
#define NGX_HTTP_HEALTHCODE_KEYS_LOOK     1000

/* Milliseconds that a fetch may take, and that its worker may hold it. */
#define NGX_HTTP_HEALTHCODE_KEYS_TIMEOUT  10000
#define NGX_HTTP_HEALTHCODE_KEYS_CLAIM    15000


static void ngx_http_healthcode_keys_refresh_fetched(void *data,
    ngx_http_healthcode_fetch_answer_t *answer);
static void ngx_http_healthcode_keys_refresh_missed(
    ngx_http_healthcode_keys_t *keys, ngx_uint_t status);


void
ngx_http_healthcode_keys_refresh_look(ngx_event_t *ev)
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

        ngx_http_healthcode_keys_refresh_take(keys);

        due = keys->issuer->slot->due;

        if (due == 0 || (ngx_msec_int_t) (ngx_current_msec - due) >= 0) {
            (void) ngx_http_healthcode_keys_refresh_start(keys);
        }
    }

    ngx_add_timer(ev, NGX_HTTP_HEALTHCODE_KEYS_LOOK);
}


void
ngx_http_healthcode_keys_refresh_take(ngx_http_healthcode_keys_t *keys)
{
    u_char             *text;
    size_t              len;
    ngx_atomic_uint_t   version;

    if (keys->given
        || !ngx_http_healthcode_keys_shared_has_news(keys->issuer,
                                                     keys->version))
    {
        return;
    }

    text = ngx_http_healthcode_keys_shared_text(keys->issuer, &len, &version);

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


ngx_uint_t
ngx_http_healthcode_keys_refresh_start(ngx_http_healthcode_keys_t *keys)
{
    ngx_http_healthcode_keys_conf_t  *conf = &keys->issuer->keys;

    if (ngx_exiting || ngx_terminate || keys->fetching
        || !ngx_http_healthcode_keys_shared_claim(keys->issuer->slot,
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
                                  ngx_http_healthcode_keys_refresh_fetched,
                                  keys)
        != NGX_OK)
    {
        ngx_http_healthcode_keys_refresh_missed(keys, 0);
        return 0;
    }

    return 1;
}


static void
ngx_http_healthcode_keys_refresh_fetched(void *data,
    ngx_http_healthcode_fetch_answer_t *answer)
{
    ngx_http_healthcode_keys_t       *keys = data;
    ngx_http_healthcode_keys_conf_t  *conf = &keys->issuer->keys;

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, keys->all->log, 0,
                   "healthcode: keys of issuer \"%V\": answer %ui of %uz bytes",
                   &keys->issuer->name, answer->status, answer->len);

    /* what could not be shared would be keys of this worker alone */

    if (answer->text == NULL
        || answer->len > NGX_HTTP_HEALTHCODE_KEYS_TEXT_MAX)
    {
        free(answer->text);
        ngx_http_healthcode_keys_refresh_missed(keys, answer->status);
        return;
    }

    keys->after = (ngx_msec_t) healthcode_refresh_after(answer->max_age,
                                                        conf->refresh,
                                                        conf->min_interval);

    if (ngx_http_healthcode_reader_give(keys->all->reader, keys->number,
                                        NGX_HTTP_HEALTHCODE_KEYS_FETCHED,
                                        answer->text, answer->len)
        != NGX_OK)
    {
        ngx_http_healthcode_keys_refresh_missed(keys, answer->status);
        return;
    }

    keys->given++;
}


static void
ngx_http_healthcode_keys_refresh_missed(ngx_http_healthcode_keys_t *keys,
    ngx_uint_t status)
{
    ngx_http_healthcode_issuer_t  *issuer = keys->issuer;

    ngx_http_healthcode_keys_report_missed(keys, status);

    keys->fetching = 0;
    ngx_http_healthcode_keys_shared_done(issuer, status + 1,
                                (ngx_msec_t) issuer->keys.min_interval * 1000);
    ngx_http_healthcode_keys_wait_wake(keys, 1);
}


void
ngx_http_healthcode_keys_refresh_done(ngx_http_healthcode_keys_t *keys,
    ngx_http_healthcode_watch_result_t *result)
{
    ngx_http_healthcode_issuer_t  *issuer = keys->issuer;

    keys->fetching = 0;

    if (result->rc == NGX_ERROR) {
        ngx_http_healthcode_keys_shared_done(issuer, NGX_HTTP_OK + 1,
                                (ngx_msec_t) issuer->keys.min_interval * 1000);
        return;
    }

    if (result->text.data
        && (result->rc == NGX_OK || issuer->slot->version == 0)
        && ngx_http_healthcode_keys_shared_publish(issuer, result->text,
                                                   &keys->version)
           == NGX_ERROR)
    {
        ngx_log_error(NGX_LOG_ERR, keys->all->log, 0,
                      "healthcode: no shared memory for keys \"%V\" of issuer "
                      "\"%V\", so that other workers cannot have them; have "
                      "the issuer drop old ones", &issuer->keys.location,
                      &issuer->name);
    }

    ngx_http_healthcode_keys_shared_done(issuer, 0, keys->after);
}


ngx_uint_t
ngx_http_healthcode_keys_refresh_is_coming(ngx_http_healthcode_keys_t *keys)
{
    return keys->given || keys->fetching
           || ngx_http_healthcode_keys_shared_has_news(keys->issuer,
                                                       keys->version)
           || ngx_http_healthcode_keys_shared_is_busy(keys->issuer->slot);
}
