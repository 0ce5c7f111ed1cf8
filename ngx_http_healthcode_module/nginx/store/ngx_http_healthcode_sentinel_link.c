/*
 * One worker's connection to one sentinel: it goes from state to state, asks
 * and hears, fails, and tries again.  Decides nothing about the master.
 * Knows no: request, holder.  docs/connection.md, "Sentinel".
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "ngx_http_healthcode_clock.h"
#include "ngx_http_healthcode_sentinel_link.h"


/* Within the time that it may be silent a sentinel is asked so many times. */
#define NGX_HTTP_HEALTHCODE_SENTINEL_LINK_TIMES  4


static void ngx_http_healthcode_sentinel_link_timer_handler(ngx_event_t *ev);
static void ngx_http_healthcode_sentinel_link_resolved(void *data,
    ngx_int_t state);
static void ngx_http_healthcode_sentinel_link_renewed(void *data,
    ngx_int_t state);
static void ngx_http_healthcode_sentinel_link_connect(
    ngx_http_healthcode_sentinel_link_t *link);
static void ngx_http_healthcode_sentinel_link_connected(void *data);
static void ngx_http_healthcode_sentinel_link_secured(void *data,
    ngx_int_t rc);
static void ngx_http_healthcode_sentinel_link_greet(
    ngx_http_healthcode_sentinel_link_t *link);
static void ngx_http_healthcode_sentinel_link_flush(
    ngx_http_healthcode_sentinel_link_t *link);
static void ngx_http_healthcode_sentinel_link_write(void *data);
static ngx_int_t ngx_http_healthcode_sentinel_link_received(void *data,
    u_char *bytes, size_t n);
static ngx_int_t ngx_http_healthcode_sentinel_link_reply(
    ngx_http_healthcode_sentinel_link_t *link, redisReply *reply);
static void ngx_http_healthcode_sentinel_link_up(
    ngx_http_healthcode_sentinel_link_t *link);
static void ngx_http_healthcode_sentinel_link_lost(void *data, ngx_err_t err);
static void ngx_http_healthcode_sentinel_link_unused(void *data);
static void ngx_http_healthcode_sentinel_link_late(
    ngx_http_healthcode_sentinel_link_t *link);
static void ngx_http_healthcode_sentinel_link_fail(
    ngx_http_healthcode_sentinel_link_t *link, const char *cause);
static void ngx_http_healthcode_sentinel_link_close(
    ngx_http_healthcode_sentinel_link_t *link);


static const ngx_http_healthcode_resolve_handlers_t
    ngx_http_healthcode_sentinel_link_resolver =
{
    .resolved = ngx_http_healthcode_sentinel_link_resolved,
    .renewed = ngx_http_healthcode_sentinel_link_renewed
};


static const ngx_http_healthcode_transport_handlers_t
    ngx_http_healthcode_sentinel_link_transport =
{
    .connected = ngx_http_healthcode_sentinel_link_connected,
    .secured = ngx_http_healthcode_sentinel_link_secured,
    .writable = ngx_http_healthcode_sentinel_link_write,
    .received = ngx_http_healthcode_sentinel_link_received,
    .lost = ngx_http_healthcode_sentinel_link_lost,
    .unused = ngx_http_healthcode_sentinel_link_unused
};


ngx_int_t
ngx_http_healthcode_sentinel_link_init(
    ngx_http_healthcode_sentinel_link_t *link,
    const ngx_http_healthcode_store_t *store,
    const ngx_http_healthcode_server_t *server,
    const healthcode_sentinel_terms_t *terms,
    const ngx_http_healthcode_sentinel_link_handlers_t *handlers, void *data,
    ngx_uint_t number, ngx_log_t *log)
{
    link->handlers = handlers;
    link->data = data;
    link->number = number;
    link->store = store;
    link->server = server;
    link->log = log;
    link->dummy.fd = (ngx_socket_t) -1;
    link->dummy.data = link;

    link->timer.handler = ngx_http_healthcode_sentinel_link_timer_handler;
    link->timer.data = &link->dummy;
    link->timer.log = log;
    link->timer.cancelable = 1;

    healthcode_sentinel_link_init(&link->core, terms);
    ngx_http_healthcode_outage_init(&link->outage, store, log);
    ngx_http_healthcode_transport_init(&link->transport,
                                  &ngx_http_healthcode_sentinel_link_transport,
                                       link, log);
    ngx_http_healthcode_resolve_init(&link->resolve, &link->addresses,
                                     server->naddrs ? NULL
                                                    : store->sentinel.resolver,
                                     store->resolver_timeout,
                                  &ngx_http_healthcode_sentinel_link_resolver,
                                     link, log);

    return ngx_http_healthcode_address_list_init(&link->addresses, server, log);
}


void
ngx_http_healthcode_sentinel_link_destroy(
    ngx_http_healthcode_sentinel_link_t *link)
{
    ngx_http_healthcode_sentinel_link_close(link);
    ngx_http_healthcode_transport_destroy(&link->transport);
    ngx_http_healthcode_address_list_free(&link->addresses);
}


static ngx_msec_t
ngx_http_healthcode_sentinel_link_period(
    const ngx_http_healthcode_sentinel_link_t *link)
{
    return link->store->sentinel.silence
           / NGX_HTTP_HEALTHCODE_SENTINEL_LINK_TIMES;
}


/* ---- from state to state ---- */

void
ngx_http_healthcode_sentinel_link_start(
    ngx_http_healthcode_sentinel_link_t *link)
{
    ngx_http_healthcode_address_list_begin(&link->addresses,
                                           ngx_http_healthcode_clock());

    if (ngx_http_healthcode_resolve_is_due(&link->resolve)) {
        link->state = NGX_HTTP_HEALTHCODE_SENTINEL_LINK_RESOLVING;
        ngx_http_healthcode_resolve_start(&link->resolve);
        return;
    }

    ngx_http_healthcode_sentinel_link_connect(link);
}


static void
ngx_http_healthcode_sentinel_link_resolved(void *data, ngx_int_t state)
{
    ngx_http_healthcode_cause_t           cause;
    ngx_http_healthcode_sentinel_link_t  *link = data;

    if (state == NGX_OK) {
        ngx_http_healthcode_sentinel_link_connect(link);
        return;
    }

    ngx_http_healthcode_outage_unresolved(&cause, state, link->server,
                                          link->resolve.nempty
                                          ? link->resolve.empty : NULL);
    ngx_http_healthcode_sentinel_link_fail(link, cause.text);
}


/* A sentinel that has moved closes its connections: nobody asks again. */
static void
ngx_http_healthcode_sentinel_link_renewed(void *data, ngx_int_t state)
{
}


static void
ngx_http_healthcode_sentinel_link_unreached(
    ngx_http_healthcode_sentinel_link_t *link, ngx_err_t err)
{
    ngx_http_healthcode_cause_t  cause;

    ngx_http_healthcode_outage_unreached(&cause, err,
                         ngx_http_healthcode_address_is_unix(&link->address));
    ngx_http_healthcode_sentinel_link_fail(link, cause.text);
}


static void
ngx_http_healthcode_sentinel_link_connect(
    ngx_http_healthcode_sentinel_link_t *link)
{
    ngx_int_t                       rc;
    ngx_http_healthcode_address_t  *address = &link->address;

    ngx_http_healthcode_address_list_next(&link->addresses, address);

    link->state = NGX_HTTP_HEALTHCODE_SENTINEL_LINK_CONNECTING;
    link->is_heard = 0;
    link->reader = healthcode_reply_reader_create();

    if (link->reader == NULL) {
        ngx_http_healthcode_sentinel_link_unreached(link, NGX_ENOMEM);
        return;
    }

    rc = ngx_http_healthcode_transport_connect(&link->transport,
                                               &address->sockaddr.sockaddr,
                                               address->socklen,
                                               &address->name);
    if (rc == NGX_ERROR) {
        ngx_http_healthcode_sentinel_link_unreached(link,
                                                    link->transport.error);
        return;
    }

    ngx_add_timer(&link->timer, link->store->connect_timeout);

    if (rc == NGX_OK) {
        ngx_http_healthcode_sentinel_link_connected(link);
    }
}


static void
ngx_http_healthcode_sentinel_link_connected(void *data)
{
    ngx_http_healthcode_sentinel_link_t    *link = data;
    const ngx_http_healthcode_store_tls_t  *tls = &link->store->tls;

    if (ngx_http_healthcode_transport_test(&link->transport) != NGX_OK) {
        ngx_http_healthcode_sentinel_link_unreached(link,
                                                    link->transport.error);
        return;
    }

    if (tls->ssl == NULL) {
        ngx_http_healthcode_sentinel_link_greet(link);
        return;
    }

    link->state = NGX_HTTP_HEALTHCODE_SENTINEL_LINK_SECURING;
    ngx_http_healthcode_transport_secure(&link->transport, tls->ssl,
                                         &tls->sni);
}


static void
ngx_http_healthcode_sentinel_link_secured(void *data, ngx_int_t rc)
{
    ngx_http_healthcode_cause_t           cause;
    ngx_http_healthcode_sentinel_link_t  *link = data;

    if (rc == NGX_OK) {
        ngx_http_healthcode_sentinel_link_greet(link);
        return;
    }

    ngx_http_healthcode_outage_insecure(&cause, &link->transport.tls.failure,
                                        &link->store->tls.name);
    ngx_http_healthcode_sentinel_link_fail(link, cause.text);
}


static void
ngx_http_healthcode_sentinel_link_greet(
    ngx_http_healthcode_sentinel_link_t *link)
{
    link->state = NGX_HTTP_HEALTHCODE_SENTINEL_LINK_OPEN;

    if (!healthcode_sentinel_link_greet(&link->core,
                                        ngx_http_healthcode_clock()))
    {
        ngx_http_healthcode_sentinel_link_unreached(link, NGX_ENOMEM);
        return;
    }

    ngx_http_healthcode_sentinel_link_flush(link);
}


/* ---- what is asked ---- */

void
ngx_http_healthcode_sentinel_link_ask(ngx_http_healthcode_sentinel_link_t *link)
{
    if (link->state != NGX_HTTP_HEALTHCODE_SENTINEL_LINK_OPEN) {
        return;
    }

    if (!healthcode_sentinel_link_ask(&link->core,
                                      ngx_http_healthcode_clock()))
    {
        ngx_http_healthcode_sentinel_link_unreached(link, NGX_ENOMEM);
        return;
    }

    ngx_http_healthcode_sentinel_link_flush(link);
}


void
ngx_http_healthcode_sentinel_link_auth(
    ngx_http_healthcode_sentinel_link_t *link)
{
    if (!healthcode_sentinel_link_auth(&link->core)) {
        ngx_http_healthcode_sentinel_link_unreached(link, NGX_ENOMEM);
        return;
    }

    if (link->state == NGX_HTTP_HEALTHCODE_SENTINEL_LINK_OPEN) {
        ngx_http_healthcode_sentinel_link_flush(link);
    }
}


/* At the end of this turn: never from within receiving. */
static void
ngx_http_healthcode_sentinel_link_flush(
    ngx_http_healthcode_sentinel_link_t *link)
{
    ngx_post_event(link->transport.connection->write, &ngx_posted_events);
}


static void
ngx_http_healthcode_sentinel_link_write(void *data)
{
    size_t                                sent;
    ngx_int_t                             rc;
    healthcode_redis_buf_t               *out;
    ngx_http_healthcode_sentinel_link_t  *link = data;

    out = &link->core.out;

    rc = ngx_http_healthcode_transport_send(&link->transport, out->data,
                                            out->len, &sent);

    healthcode_redis_buf_consume(out, sent);

    if (rc != NGX_OK) {
        ngx_http_healthcode_transport_break(&link->transport);
    }
}


/* ---- what is answered ---- */

static ngx_int_t
ngx_http_healthcode_sentinel_link_received(void *data, u_char *bytes, size_t n)
{
    redisReply                           *reply;
    healthcode_reply_reader_e             rc;
    ngx_http_healthcode_sentinel_link_t  *link = data;

    if (!healthcode_reply_reader_feed(link->reader, bytes, n)) {
        ngx_http_healthcode_sentinel_link_fail(link, "a reply is too long");
        return NGX_ERROR;
    }

    for ( ;; ) {

        rc = healthcode_reply_reader_next(link->reader, &reply);

        if (rc == HEALTHCODE_REPLY_READER_MORE) {
            link->is_heard = 1;
            break;
        }

        if (rc == HEALTHCODE_REPLY_READER_BROKEN) {
            ngx_http_healthcode_sentinel_link_fail(link, link->is_heard
                                        ? "it does not speak RESP3"
                                        : healthcode_refusal_stranger(bytes,
                                                                      n));
            return NGX_ERROR;
        }

        if (ngx_http_healthcode_sentinel_link_reply(link, reply) != NGX_OK) {
            return NGX_ERROR;
        }

        healthcode_reply_reader_reset(link->reader);
    }

    if (link->core.out.len) {
        ngx_http_healthcode_sentinel_link_flush(link);
    }

    return NGX_OK;
}


/* NGX_OK: the next one; NGX_ERROR: the link was closed. */
static ngx_int_t
ngx_http_healthcode_sentinel_link_reply(
    ngx_http_healthcode_sentinel_link_t *link, redisReply *reply)
{
    healthcode_sentinel_word_t  word;

    switch (healthcode_sentinel_link_reply(&link->core, reply,
                                           ngx_http_healthcode_clock(), &word))
    {

    case HEALTHCODE_SENTINEL_LINK_GOES_ON:
        return NGX_OK;

    case HEALTHCODE_SENTINEL_LINK_TAKEN:
        ngx_log_error(NGX_LOG_NOTICE, link->log, 0,
                      "healthcode: store \"%V\": the sentinel at %V takes the "
                      "new password", &link->store->name, &link->server->text);
        return NGX_OK;

    case HEALTHCODE_SENTINEL_LINK_WORD:
        ngx_http_healthcode_sentinel_link_up(link);
        link->handlers->word(link->data, link->number, &word);
        return NGX_OK;

    case HEALTHCODE_SENTINEL_LINK_CHANGED:
        link->handlers->changed(link->data);
        return NGX_OK;

    default:
        ngx_http_healthcode_sentinel_link_fail(link, link->core.what);
        return NGX_ERROR;
    }
}


static void
ngx_http_healthcode_sentinel_link_up(ngx_http_healthcode_sentinel_link_t *link)
{
    uint64_t    lasted;
    ngx_msec_t  period = ngx_http_healthcode_sentinel_link_period(link);

    if (healthcode_outage_up(&link->outage.lines, ngx_current_msec, &lasted)) {
        ngx_log_error(NGX_LOG_NOTICE, link->log, 0,
                      "healthcode: store \"%V\": the sentinel at %V is up; it "
                      "was down for %uL s", &link->store->name,
                      &link->server->text, (lasted + 999) / 1000);
    }

    ngx_http_healthcode_address_list_serves(&link->addresses, &link->address);

    link->outage.failures = 0;
    ngx_http_healthcode_transport_log(&link->transport);

    /* all workers of all gates must not ask at once */

    ngx_add_timer(&link->timer,
                  period - (ngx_msec_t) ngx_random() % (period / 4 + 1));
}


/* ---- timers, failures ---- */

static void
ngx_http_healthcode_sentinel_link_timer_handler(ngx_event_t *ev)
{
    ngx_connection_t                     *dummy = ev->data;
    ngx_http_healthcode_sentinel_link_t  *link = dummy->data;

    if (link->state == NGX_HTTP_HEALTHCODE_SENTINEL_LINK_DOWN) {
        ngx_http_healthcode_sentinel_link_start(link);
        return;
    }

    if (link->state == NGX_HTTP_HEALTHCODE_SENTINEL_LINK_OPEN
        && !healthcode_sentinel_link_is_due(&link->core))
    {
        ngx_add_timer(&link->timer,
                      ngx_http_healthcode_sentinel_link_period(link));
        ngx_http_healthcode_sentinel_link_ask(link);
        return;
    }

    ngx_http_healthcode_sentinel_link_late(link);
}


/* The answer may be here, and only this worker is late. */
static void
ngx_http_healthcode_sentinel_link_late(
    ngx_http_healthcode_sentinel_link_t *link)
{
    ngx_msec_t                   waits;
    ngx_atomic_uint_t            number;
    ngx_http_healthcode_cause_t  cause;

    waits = ngx_max(link->store->connect_timeout,
                    link->is_heard
                    ? ngx_http_healthcode_sentinel_link_period(link) : 0);
    number = link->transport.connection->number;

    if (link->state != NGX_HTTP_HEALTHCODE_SENTINEL_LINK_CONNECTING) {
        ngx_http_healthcode_transport_drain(&link->transport);
    }

    if (link->transport.connection == NULL
        || link->transport.connection->number != number
        || (link->state == NGX_HTTP_HEALTHCODE_SENTINEL_LINK_OPEN
            && link->timer.timer_set))
    {
        return;
    }

    (void) ngx_snprintf((u_char *) cause.text, sizeof(cause.text),
                        "it does not answer in %M ms; %s%Z", waits,
                        (link->state
                         == NGX_HTTP_HEALTHCODE_SENTINEL_LINK_SECURING
                         && !link->transport.tls.is_heard)
                        ? "does it speak TLS? name its \"tls-port\""
                        : "is it stopped or busy, or the way to it?");
    ngx_http_healthcode_sentinel_link_fail(link, cause.text);
}


static void
ngx_http_healthcode_sentinel_link_lost(void *data, ngx_err_t err)
{
    ngx_http_healthcode_cause_t           cause;
    ngx_http_healthcode_sentinel_link_t  *link = data;

    if (link->transport.tls.failure.error) {
        ngx_http_healthcode_sentinel_link_secured(link, NGX_ERROR);
        return;
    }

    ngx_http_healthcode_outage_lost(&cause, err, 0);
    ngx_http_healthcode_sentinel_link_fail(link, cause.text);
}


/* The worker is leaving: for as long as it has requests they need a master. */
static void
ngx_http_healthcode_sentinel_link_unused(void *data)
{
}


static void
ngx_http_healthcode_sentinel_link_fail(
    ngx_http_healthcode_sentinel_link_t *link,
    const char *cause)
{
    ngx_uint_t  level;

    level = healthcode_outage_down(&link->outage.lines, ngx_current_msec, cause)
            ? NGX_LOG_WARN : NGX_LOG_INFO;

    ngx_log_error(level, link->log, 0,
                  "healthcode: store \"%V\": the sentinel at %V is down: %s",
                  &link->store->name, &link->server->text, cause);

    ngx_http_healthcode_address_list_fails(&link->addresses, &link->address,
                                           ngx_http_healthcode_clock());
    ngx_http_healthcode_outage_count(&link->outage,
                                     HEALTHCODE_REASON_STORE_UNAVAILABLE, 0);
    ngx_http_healthcode_sentinel_link_close(link);

    ngx_add_timer(&link->timer,
                  ngx_http_healthcode_outage_wait(&link->outage));
}


static void
ngx_http_healthcode_sentinel_link_close(
    ngx_http_healthcode_sentinel_link_t *link)
{
    link->state = NGX_HTTP_HEALTHCODE_SENTINEL_LINK_DOWN;

    if (link->timer.timer_set) {
        ngx_del_timer(&link->timer);
    }

    ngx_http_healthcode_resolve_stop(&link->resolve);
    ngx_http_healthcode_transport_close(&link->transport);
    healthcode_sentinel_link_close(&link->core);

    healthcode_reply_reader_free(link->reader);
    link->reader = NULL;
}
