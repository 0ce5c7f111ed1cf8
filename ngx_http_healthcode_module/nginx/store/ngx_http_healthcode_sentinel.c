/*
 * One worker's connections to the sentinels of a store, and which master they
 * name together.  Knows no: request, holder.  docs/connection.md, "Sentinel".
 */

#include "ngx_http_healthcode_clock.h"
#include "ngx_http_healthcode_sentinel.h"


static void ngx_http_healthcode_sentinel_word(void *data, ngx_uint_t number,
    const healthcode_sentinel_word_t *word);
static void ngx_http_healthcode_sentinel_ask(void *data);
static void ngx_http_healthcode_sentinel_judge(
    ngx_http_healthcode_sentinel_t *sentinel);
static void ngx_http_healthcode_sentinel_timer_handler(ngx_event_t *ev);


static const ngx_http_healthcode_sentinel_link_handlers_t
    ngx_http_healthcode_sentinel_links =
{
    .word = ngx_http_healthcode_sentinel_word,
    .changed = ngx_http_healthcode_sentinel_ask
};


ngx_int_t
ngx_http_healthcode_sentinel_init(ngx_http_healthcode_sentinel_t *sentinel,
    const ngx_http_healthcode_store_t *store,
    const ngx_http_healthcode_sentinel_handlers_t *handlers, void *data,
    ngx_pool_t *pool, ngx_log_t *log)
{
    ngx_uint_t                           i, n;
    const ngx_http_healthcode_server_t  *servers;

    n = store->sentinel.servers->nelts;
    servers = store->sentinel.servers->elts;

    sentinel->terms = store->sentinel.terms;
    sentinel->handlers = handlers;
    sentinel->data = data;
    sentinel->log = log;
    sentinel->dummy.fd = (ngx_socket_t) -1;
    sentinel->dummy.data = sentinel;

    sentinel->timer.handler = ngx_http_healthcode_sentinel_timer_handler;
    sentinel->timer.data = &sentinel->dummy;
    sentinel->timer.log = log;
    sentinel->timer.cancelable = 1;

    healthcode_sentinel_init(&sentinel->core, n, store->sentinel.silence);

    sentinel->links = ngx_pcalloc(pool,
                            n * sizeof(ngx_http_healthcode_sentinel_link_t));
    if (sentinel->links == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < n; i++) {
        if (ngx_http_healthcode_sentinel_link_init(&sentinel->links[i], store,
                                          &servers[i], &sentinel->terms,
                                          &ngx_http_healthcode_sentinel_links,
                                          sentinel, i, log)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


void
ngx_http_healthcode_sentinel_start(ngx_http_healthcode_sentinel_t *sentinel)
{
    ngx_uint_t  i;

    for (i = 0; i < sentinel->core.n; i++) {
        ngx_http_healthcode_sentinel_link_start(&sentinel->links[i]);
    }
}


void
ngx_http_healthcode_sentinel_outdate(ngx_http_healthcode_sentinel_t *sentinel)
{
    ngx_uint_t  i;

    for (i = 0; i < sentinel->core.n; i++) {
        ngx_http_healthcode_tls_outdate(&sentinel->links[i].transport.tls);
    }
}


void
ngx_http_healthcode_sentinel_auth(ngx_http_healthcode_sentinel_t *sentinel,
    healthcode_str_t password)
{
    ngx_uint_t  i;

    sentinel->terms.former = sentinel->terms.password;
    sentinel->terms.password = password;

    for (i = 0; i < sentinel->core.n; i++) {
        ngx_http_healthcode_sentinel_link_auth(&sentinel->links[i]);
    }
}


void
ngx_http_healthcode_sentinel_destroy(ngx_http_healthcode_sentinel_t *sentinel)
{
    ngx_uint_t  i;

    for (i = 0; i < sentinel->core.n; i++) {
        ngx_http_healthcode_sentinel_link_destroy(&sentinel->links[i]);
    }

    if (sentinel->timer.timer_set) {
        ngx_del_timer(&sentinel->timer);
    }
}


void
ngx_http_healthcode_sentinel_cause(
    const ngx_http_healthcode_sentinel_t *sentinel,
    ngx_http_healthcode_cause_t *cause)
{
    healthcode_sentinel_cause(&sentinel->core, ngx_http_healthcode_clock(),
                              cause->text, sizeof(cause->text));
}


static void
ngx_http_healthcode_sentinel_word(void *data, ngx_uint_t number,
    const healthcode_sentinel_word_t *word)
{
    ngx_http_healthcode_sentinel_t  *sentinel = data;

    healthcode_sentinel_hear(&sentinel->core, number, word);
    ngx_http_healthcode_sentinel_judge(sentinel);
}


static void
ngx_http_healthcode_sentinel_ask(void *data)
{
    ngx_uint_t                       i;
    ngx_http_healthcode_sentinel_t  *sentinel = data;

    for (i = 0; i < sentinel->core.n; i++) {
        ngx_http_healthcode_sentinel_link_ask(&sentinel->links[i]);
    }
}


static void
ngx_http_healthcode_sentinel_judge(ngx_http_healthcode_sentinel_t *sentinel)
{
    uint64_t               left;
    healthcode_sentinel_e  rc;

    rc = healthcode_sentinel_judge(&sentinel->core, ngx_http_healthcode_clock(),
                                   &left);

    if (sentinel->timer.timer_set) {
        ngx_del_timer(&sentinel->timer);
    }

    if (left) {
        ngx_time_update();
        ngx_add_timer(&sentinel->timer, (ngx_msec_t) left);
    }

    if (rc == HEALTHCODE_SENTINEL_NEW) {
        sentinel->handlers->named(sentinel->data);

    } else if (rc == HEALTHCODE_SENTINEL_SAME) {
        sentinel->handlers->kept(sentinel->data);

    } else if (rc == HEALTHCODE_SENTINEL_LOST) {
        sentinel->handlers->silent(sentinel->data);
        ngx_http_healthcode_sentinel_ask(sentinel);
    }
}


static void
ngx_http_healthcode_sentinel_timer_handler(ngx_event_t *ev)
{
    ngx_connection_t                *dummy = ev->data;
    ngx_http_healthcode_sentinel_t  *sentinel = dummy->data;

    ngx_http_healthcode_sentinel_judge(sentinel);
}
